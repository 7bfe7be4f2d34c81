#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Workers that wait for the next call: whatever they did, nothing of it is left."""
import os
import pathlib
import re
import unittest

from harness import CHALLENGE, Case, HungFs, service_pid, wait_until

NAMESPACES = ('mnt', 'net', 'ipc', 'cgroup', 'pid', 'pid_for_children', 'user', 'uts')


class Task:
    """A thread of the service, by what the kernel tells of it."""

    def __init__(self, path):
        self.path = path
        self.tid = int(path.name)

    def name(self):
        return (self.path / 'comm').read_text().strip()

    def namespaces(self):
        return {name: os.readlink(self.path / 'ns' / name) for name in NAMESPACES}

    def place(self):
        return tuple((os.stat(self.path / name).st_dev, os.stat(self.path / name).st_ino)
                     for name in ('root', 'cwd'))

    def credentials(self):
        status = (self.path / 'status').read_text()
        return re.findall(r'(?m)^(?:Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp|SigBlk|Umask):.*$', status)

    def descriptors(self):
        return sorted(int(fd) for fd in os.listdir(self.path / 'fd'))


def tasks(name):
    found = []
    for path in pathlib.Path(f'/proc/{service_pid()}/task').iterdir():
        try:
            task = Task(path)
            if task.name() == name:
                found.append(task)
        except FileNotFoundError:
            pass
    return found


class Parked(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child('--mount', '--pid', '--fork', '--net', '--ipc', '--cgroup',
                                 '--propagation', 'private',
                                 prepare='mount -t tmpfs t /media; chmod 777 /media; mkdir /media/a;'
                                         'chmod 777 /media/a')
        self.pid = self.target.pid
        self.root.list(limit=1)
        wait_until(lambda: tasks('linx-spare'), 'a worker that waits')
        self.fresh = tasks('linx-spare')[0]
        root, cwd = self.fresh.place()
        self.assertEqual(root, cwd)
        self.expected = (self.fresh.namespaces(), self.fresh.place(), self.fresh.credentials(),
                         self.fresh.descriptors())

    def check(self):
        """As soon as no worker works: those that wait are like one that never did anything."""
        wait_until(lambda: not tasks('linx-worker') and tasks('linx-spare'), 'the workers at rest')
        for task in tasks('linx-spare'):
            found = (task.namespaces(), task.place(), task.credentials(), task.descriptors())
            self.assertEqual(found, self.expected)

    def test_are_used_again(self):
        for _ in range(8):
            self.root.mount('/media/a', in_=self.pid)
            self.root.umount('/media/a', in_=self.pid)
        self.check()
        before = {task.tid for task in tasks('linx-spare')}
        for _ in range(20):
            self.root.mount('/media/a', in_=self.pid)
            self.root.umount('/media/a', in_=self.pid)
            self.check()
        self.assertLessEqual(before, {task.tid for task in tasks('linx-spare')})

    def test_after_each_kind_of_call(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice, bob = self.client('alice'), self.client('bob')
        for fstype in ('tmpfs', 'proc', 'sysfs', 'mqueue', 'cgroup2'):
            self.root.mount('/media/a', fstype, fstype, in_=self.pid)
            self.root.umount('/media/a', in_=self.pid)
            self.check()
        alice.mount('/media/a', in_=self.pid)
        alice.bind('/media/a', '/media/b', in_=self.pid, create='directory')
        self.check()
        self.refused(CHALLENGE, '', bob.umount, '/media/a', in_=self.pid)
        self.refused('Resolve.ENOENT', '', self.root.umount, '/nothing', in_=self.pid)
        self.refused('Mount.EINVAL', '', self.root.mount, '/media/a', in_=self.pid, options='size=x')
        self.check()
        self.root.umount('/media', in_=self.pid, recursive=True)
        self.root.pivot_root('/media', in_=self.pid, bind_new_root=True)
        self.root.open_mountinfo(in_=self.pid)
        self.root.unwatch(self.root.watch(in_=self.pid))
        self.check()

    def test_after_one_that_was_given_up(self):
        fs = HungFs('lookup')
        self.addCleanup(fs.end)
        self.refused('Timeout', '', self.root.mount, f'{fs.point}/x', timeout=100)
        stuck = {task.tid for task in tasks('linx-worker')}
        self.assertEqual(len(stuck), 1)
        self.root.mount('/media/a', in_=self.pid)
        self.assertFalse(stuck & {task.tid for task in tasks('linx-spare')})
        fs.let_go()
        self.check()
        self.assertFalse(stuck & {task.tid for task in tasks('linx-spare')})


if __name__ == '__main__':
    unittest.main()
