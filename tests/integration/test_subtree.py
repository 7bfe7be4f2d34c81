#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unmounting a subtree: in an order that works, and what goes away by itself is gone."""
import subprocess
import sys
import unittest

from actors import HERE, as_user
from harness import Case, mountinfo, mounts_at, service_pid

PREPARE = 'mount -t tmpfs t /mnt; mount --make-private /mnt; cd /mnt; mkdir m; mount --bind m m; cd m;'


class Subtree(Case):
    def gone(self, prepare, **options):
        child = self.child(prepare=f'{PREPARE}{prepare}; cd /')
        self.client().umount('/mnt/m', in_=child.pid, recursive=True, **options)
        self.assertFalse([row for row in mountinfo(child.pid)
                          if f"{row['mount-point']}/".startswith('/mnt/m/')])

    def test_one_lives_on_an_older_sibling(self):
        for older, younger in (('a', 'y'), ('y', 'a'), ('a/b', 'y'), ('deep/er', 'b')):
            with self.subTest(f'{younger} on {older}'):
                self.gone(f'mkdir -p {older} {younger}; mount -t tmpfs o {older}; cd {older};'
                          f'truncate -s 8M img; mkfs.ext4 -q img; mount -o loop img /mnt/m/{younger}')

    def test_a_moved_one_hides_a_younger(self):
        self.gone('mkdir -p x y/z; mount -t tmpfs x x; mount -t tmpfs z y/z; mount --make-private .;'
                  'mount --move x y')

    def test_peers_within(self):
        """An unmount on one takes the same away from the other."""
        self.gone('mount --make-shared .; mkdir a b; mount -t tmpfs s a; mount --make-shared a; mkdir a/in;'
                  'mount --bind a b; mount -t tmpfs i a/in; mount -t tmpfs i b/in')

    def test_the_same_tree_within_itself(self):
        self.gone('mount --make-shared .; mkdir sub deep; mount -t tmpfs s sub; mount --rbind . deep')

    def test_a_slave_of_a_sibling(self):
        self.gone('mkdir a b; mount -t tmpfs s a; mount --make-shared a; mkdir a/in; mount --bind a b;'
                  'mount --make-slave b; mount -t tmpfs i a/in')

    def test_stacked(self):
        self.gone('mkdir a; mount -t tmpfs 1 a; mount -t tmpfs 2 a; mkdir a/x; mount -t tmpfs 3 a/x')

    def test_a_busy_one_is_told(self):
        child = self.child(prepare=PREPARE + 'mkdir a; mount -t tmpfs a a; cd /')
        holder = subprocess.Popen(['nsenter', '-t', str(child.pid), '-m', 'sh', '-c',
                                   'cd /mnt/m/a; echo; exec sleep 1000000'], stdout=subprocess.PIPE)
        holder.stdout.readline()
        try:
            self.refused('Umount.EBUSY', '/mnt/m/a', self.client().umount, '/mnt/m', in_=child.pid,
                         recursive=True)
        finally:
            holder.kill()
            holder.wait()
            holder.stdout.close()
        self.assertTrue(mounts_at('/mnt/m/a', child.pid))


class Refused(Case):
    def test_what_stands_is_said(self):
        """A user's unmount sends nothing on; where one of them is busy that has been done."""
        child = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mount --make-private /mnt; mkdir /mnt/leaf;'
                           'mount -t tmpfs l /mnt/leaf; mount --make-shared /mnt/leaf')
        with subprocess.Popen(['nsenter', '-t', str(child.pid), '-m', 'sh', '-c', 'cd /mnt/leaf; echo in; read x'],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as busy:
            self.assertEqual(busy.stdout.readline(), 'in\n')
            self.rule('if (subject.user == "alice") return polkit.Result.YES;')
            self.refused('Umount.EBUSY', 'done before it: making what is to go a slave', self.client('alice').umount,
                         '/mnt', in_=child.pid, recursive=True)
            busy.communicate('end\n')


class Nested(Case):
    def test_any_depth(self):
        """Who may do nothing cannot make the service take long for it, or end."""
        self.client('bob').list(limit=1)
        pid = service_pid()
        done = subprocess.run([*as_user('alice'), 'unshare', '-Ur', '-m', '--propagation', 'private', sys.executable,
                               HERE / 'nested.py', '5000'], text=True, capture_output=True)
        self.assertIn('org.', done.stdout, done.stderr)
        self.assertNotIn('NoReply', done.stdout)
        self.client('bob').list(limit=1)
        self.assertEqual(service_pid(), pid)


class Twice(Case):
    """The same filesystem in the same place: mount(2) says EBUSY, and so is it here."""

    def setUp(self):
        self.root = self.client()

    def test_what_there_is_one_of(self):
        target = self.child('--mount', '--propagation', 'private', '--ipc', '--net', '--cgroup',
                            prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        for fstype in ('sysfs', 'mqueue', 'cgroup2', 'debugfs', 'securityfs'):
            self.root.mount('/mnt/a', 'x', fstype, in_=target.pid)
            self.refused('MoveMount.EBUSY', 'already mounted there', self.root.mount, '/mnt/a', 'x', fstype,
                         in_=target.pid)
            self.root.umount('/mnt/a', in_=target.pid)

    def test_a_device_and_another_place(self):
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b; cd /mnt;'
                            'truncate -s 8M img; mkfs.ext4 -q img; mount -o loop img a')
        device, = (row['source'] for row in mounts_at('/mnt/a', target.pid))
        self.refused('MoveMount.EBUSY', '/mnt/a', self.root.mount, '/mnt/a', device, 'ext4',
                     in_=target.pid)
        self.root.mount('/mnt/b', device, 'ext4', in_=target.pid)
        self.root.mount('/mnt/a', in_=target.pid)
        self.root.bind('/mnt/b', '/mnt/b', in_=target.pid)  # as mount --bind
        self.assertEqual(len(mounts_at('/mnt/b', target.pid)), 2)

    def test_a_user_with_a_rule(self):
        target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        alice.mount('/mnt/a', 'x', 'sysfs', in_=target.pid)
        self.refused('MoveMount.EBUSY', 'already', alice.mount, '/mnt/a', 'x', 'sysfs', in_=target.pid)

    def test_kernel_internal_types(self):
        for fstype in ('pipefs', 'sockfs'):
            self.refused('Mount.EINVAL', "the kernel's own", self.root.mount, '/mnt', 'x', fstype)
            self.refused('Mount.EINVAL', "the kernel's own", self.root.create_mount, 'x', fstype)


if __name__ == '__main__':
    unittest.main()
