#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What new filesystems in a container show, and whose their files are."""
import os
import pathlib
import subprocess
import unittest

from harness import HELPERS, INVALID_ARGS, Case, mounts_at, table

PREPARE = 'mount -t tmpfs t /media; chmod 755 /media; mkdir /media/a'
PRIVATE = ('--mount', '--propagation', 'private')


class Shown(Case):
    def setUp(self):
        self.root = self.client()

    def seen(self, child, path='/media/a'):
        return set(os.listdir(f'/proc/{child.pid}/root{path}'))

    def processes(self, child):
        return {name for name in self.seen(child) if name.isdigit()}

    def test_proc(self):
        child = self.child('--pid', '--fork', *PRIVATE, prepare=PREPARE)
        self.root.mount('/media/a', 'proc', 'proc', in_=child.pid, options='hidepid=invisible')
        self.assertEqual(self.processes(child), {'1'})
        self.assertIn('hidepid=invisible', mounts_at('/media/a', child.pid)[0]['super-options'])

    def test_proc_of_another_process(self):
        child = self.child('--pid', '--fork', *PRIVATE, prepare=PREPARE)
        viewer = self.child(prepare=PREPARE)
        self.root.mount('/media/a', 'proc', 'proc', in_=viewer.pid, process=child.pid)
        self.assertEqual(self.processes(viewer), {'1'})

    def test_proc_with_a_namespace_descriptor(self):
        child = self.child('--pid', '--fork', *PRIVATE, prepare=PREPARE)
        where = [[f'/proc/{child.pid}/ns/mnt', None]]
        self.root.send('Mount', "('proc', '/media/a', 'proc', {'in': <@h 0>})", fds=where)
        self.refused(INVALID_ARGS, "'process' is missing", self.root.receive)
        self.root.call('Mount', "('proc', '/media/a', 'proc', {'in': <@h 0>, 'process': <@h 1>})",
                       fds=where + [[f'pidfd:{child.pid}', None]])
        self.assertEqual(self.processes(child), {'1'})

    def test_proc_by_a_child_process(self):
        """The way of kernels before 6.17, by the service's own function."""
        child = self.child('--pid', '--fork', *PRIVATE, prepare=PREPARE)
        shown = subprocess.run([HELPERS / 'proc-in-child', f'/proc/{child.pid}/ns/pid', '/mnt'],
                               check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual([name for name in shown if name.isdigit()], ['1'])

    def test_proc_by_a_child_process_of_a_dead_namespace(self):
        child = self.child('--pid', '--fork', *PRIVATE)
        held = os.open(f'/proc/{child.pid}/ns/pid', os.O_RDONLY)
        self.addCleanup(os.close, held)
        os.kill(child.pid, 9)
        child.process.wait()
        done = subprocess.run([HELPERS / 'proc-in-child', f'/proc/self/fd/{held}', '/mnt'],
                              pass_fds=[held], capture_output=True, text=True)
        self.assertIn('its first process has ended (ENOMEM)', done.stderr)

    def test_process_is_checked(self):
        child = self.child(prepare=PREPARE)
        self.refused(INVALID_ARGS, "'process' says nothing to fstype tmpfs", self.root.mount,
                     '/media/a', in_=child.pid, process=child.pid)
        dead = subprocess.Popen(['true'])
        dead.wait()
        self.refused('OpenNs.ESRCH', 'process', self.root.mount, '/media/a', 'proc', 'proc',
                     in_=child.pid, process=dead.pid)
        self.refused(INVALID_ARGS, "'process' must be", self.root.mount, '/media/a', 'proc', 'proc',
                     in_=child.pid, process='self')
        self.root.send('Mount', f"('p', '/media/a', 'proc', {{'in': <{child.pid}>, "
                       "'process': <@h 0>})", fds=[['/dev/null', None]])
        self.refused('OpenNs.EINVAL', 'pidfd', self.root.receive)

    def test_sysfs(self):
        child = self.child('--net', *PRIVATE, prepare=PREPARE)
        self.root.mount('/media/a', 'sysfs', 'sysfs', in_=child.pid)
        self.assertEqual(self.seen(child, '/media/a/class/net'), {'lo'})
        subprocess.run(['nsenter', '-t', str(child.pid), '-n', '-m', 'sh', '-c',
                        'test "$(ls /media/a/class/net)" = lo'], check=True)

    def test_sysfs_is_the_containers(self):
        """The host has an interface that the container does not see, and the other way round."""
        host = self.child('--net', *PRIVATE, prepare=PREPARE)
        subprocess.run(['nsenter', '-t', str(host.pid), '-n', HELPERS / 'make-interface', 'linx0'],
                       check=True)
        child = self.child('--net', *PRIVATE, prepare=PREPARE)
        for viewer, expected in ((host, {'lo', 'linx0'}), (child, {'lo'})):
            self.root.mount('/media/a', 'sysfs', 'sysfs', in_=viewer.pid)
            self.assertEqual(self.seen(viewer, '/media/a/class/net'), expected)

    def test_mqueue(self):
        subprocess.run(['mount', '-t', 'mqueue', 'mqueue', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '/mnt'], check=True)
        queue = pathlib.Path('/mnt/linx-host-queue')
        queue.touch()
        self.addCleanup(queue.unlink)
        child = self.child('--ipc', *PRIVATE, prepare=PREPARE)
        self.root.mount('/media/a', 'mqueue', 'mqueue', in_=child.pid)
        self.assertEqual(self.seen(child), set())
        other = self.child(prepare=PREPARE)
        self.root.mount('/media/a', 'mqueue', 'mqueue', in_=other.pid)
        self.assertIn('linx-host-queue', self.seen(other))

    def test_cgroup2(self):
        top = pathlib.Path('/run/rig/cgroup2')
        top.mkdir()
        subprocess.run(['mount', '-t', 'cgroup2', 'cgroup2', top], check=True)
        self.addCleanup(top.rmdir)
        self.addCleanup(subprocess.run, ['umount', top], check=True)
        group, other = top / f'linx-own-{os.getpid()}', top / f'linx-other-{os.getpid()}'
        for made in (group, other):
            made.mkdir()
            self.addCleanup(made.rmdir)
        (group / 'inside').mkdir()
        self.addCleanup((group / 'inside').rmdir)
        child = self.child('--cgroup', *PRIVATE, prepare=PREPARE)
        inner = subprocess.Popen(['sh', '-c', f'echo $$ > {group}/cgroup.procs; exec unshare '
                                  f'--cgroup --mount --propagation private sh -c "{PREPARE}; '
                                  'echo ready; exec sleep 1000000"'], stdout=subprocess.PIPE,
                                 text=True)
        self.addCleanup(inner.stdout.close)
        self.addCleanup(inner.wait)
        self.addCleanup(inner.kill)
        self.assertEqual(inner.stdout.readline(), 'ready\n')
        self.root.mount('/media/a', 'cgroup2', 'cgroup2', in_=inner.pid)
        names = self.seen(inner)
        self.assertIn('inside', names)
        self.assertFalse({group.name, other.name} & names)
        self.root.mount('/media/a', 'cgroup2', 'cgroup2', in_=child.pid)
        at_top = '0::/' in pathlib.Path('/proc/self/cgroup').read_text().splitlines()
        self.assertEqual({group.name, other.name} & self.seen(child),
                         {group.name, other.name} if at_top else set())


class UserNamespace(Case):
    def setUp(self):
        self.root = self.client()

    def child_of_alice(self, *more, prepare='mount -t tmpfs t /media; mkdir /media/a'):
        return self.child('--user', '--map-root-user', *PRIVATE, *more, prepare=prepare,
                          user='alice')

    def owner_inside(self, child, path):
        return subprocess.run(['nsenter', '-t', str(child.pid), '-U', '-m', 'stat', '-c', '%u %g',
                               path], check=True, capture_output=True, text=True).stdout.strip()

    def test_proc_and_sysfs_are_made_inside(self):
        child = self.child_of_alice('--pid', '--fork', '--net')
        self.root.mount('/media/a', 'proc', 'proc', in_=child.pid)
        self.assertEqual({name for name in os.listdir(f'/proc/{child.pid}/root/media/a')
                          if name.isdigit()}, {'1'})
        self.root.umount('/media/a', in_=child.pid)
        self.root.mount('/media/a', 'sysfs', 'sysfs', in_=child.pid)
        self.assertEqual(os.listdir(f'/proc/{child.pid}/root/media/a/class/net'), ['lo'])

    def test_too_revealing(self):
        """What is covered in the container's own /proc is not shown by a second one."""
        outer = self.child(prepare='mount -t tmpfs cover /proc/sys')
        inner = subprocess.Popen(['nsenter', '-t', str(outer.pid), '-m', 'unshare', '--user',
                                  '--map-root-user', '--mount', '--pid', '--fork', '--propagation',
                                  'private', 'sh', '-c', 'mount -t tmpfs t /media; echo ready; '
                                  'exec sleep 1000000'], stdout=subprocess.PIPE, text=True)
        self.addCleanup(inner.stdout.close)
        self.addCleanup(inner.wait)
        self.addCleanup(inner.kill)
        self.assertEqual(inner.stdout.readline(), 'ready\n')
        pid = int(pathlib.Path(f'/proc/{inner.pid}/task/{inner.pid}/children').read_text())
        before = table(pid)
        self.refused('Mount.EPERM', 'too revealing', self.root.mount, '/media', 'proc', 'proc', in_=pid)
        self.assertEqual(table(pid), before)
        os.kill(pid, 9)

    def test_tmpfs_by_uid_and_gid(self):
        child = self.child_of_alice()
        alice = int(subprocess.run(['id', '-u', 'alice'], capture_output=True, text=True).stdout)
        self.root.mount('/media/a', in_=child.pid)
        self.assertEqual(self.owner_inside(child, '/media/a'), '65534 65534')
        self.root.umount('/media/a', in_=child.pid)
        self.root.mount('/media/a', in_=child.pid, options=f'uid={alice},gid={alice},mode=700')
        self.assertEqual(self.owner_inside(child, '/media/a'), '0 0')

    def test_tmpfs_by_idmap(self):
        child = self.child_of_alice()
        for idmap in (child.pid, '<@h 0>'):
            self.root.call('Mount', f"('t', '/media/a', 'tmpfs', {{'in': <{child.pid}>, 'idmap': "
                           + (idmap if isinstance(idmap, str) else f'<{idmap}>') + '})',
                           fds=[[f'/proc/{child.pid}/ns/user', None]])
            self.assertEqual(self.owner_inside(child, '/media/a'), '0 0')
            self.root.umount('/media/a', in_=child.pid)

    def test_idmap_is_checked(self):
        child = self.child_of_alice()
        before = table(child.pid)
        for path, words in (('/proc/self/ns/net', 'no user namespace'), ('/dev/null', 'no pidfd')):
            self.root.send('Mount', f"('t', '/media/a', 'tmpfs', {{'in': <{child.pid}>, "
                           "'idmap': <@h 0>})", fds=[[path, None]])
            self.refused('OpenNs.EINVAL', words, self.root.receive)
        self.refused('SetAttributes.EPERM', "'idmap'", self.root.mount, '/media/a', in_=child.pid,
                     idmap=os.getpid())
        self.assertEqual(table(child.pid), before)

    def test_create_on_a_filesystem_of_mapped_ids(self):
        child = self.child_of_alice()
        self.root.mount('/media/new', in_=child.pid, create='directory')
        self.root.umount('/media/new', in_=child.pid)
        self.assertEqual(self.owner_inside(child, '/media/new'), '0 0')

    def test_create_by_a_user_without_a_number_there(self):
        child = self.child_of_alice(prepare='mount -t tmpfs -o mode=777 t /media')
        self.rule('if (subject.user == "bob") return polkit.Result.YES;')
        self.refused('Create.EOVERFLOW', 'no number', self.client('bob').mount, '/media/new',
                     in_=child.pid, create='directory')


class Paths(Case):
    """Paths as raw bytes and as descriptors."""

    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.pid = self.target.pid

    def raw(self, **paths):
        pairs = ', '.join(f"'{name}': {list(data)}".replace('[', '[byte ')
                          for name, data in paths.items())
        return f"{{'in': <{self.pid}>, 'raw': <@a{{say}} {{{pairs}}}>}}"

    def test_raw(self):
        path = b'/media/\xff\xfe'
        subprocess.run([b'nsenter', b'-t', str(self.pid).encode(), b'-m', b'mkdir', path], check=True)
        self.root.call('Mount', f"('t', '', 'tmpfs', {self.raw(target=path)})")
        rows = self.root.list(in_=self.pid, under='/media')
        self.assertEqual([bytes(row['raw']['mount-point']) for row in rows if 'raw' in row], [path])
        self.root.call('Umount', f"('', {self.raw(target=path + bytes(1))})")
        self.assertEqual(len(mounts_at('/media', self.pid)), 1)

    def test_raw_is_checked(self):
        for words, method, arguments in (
                ('\'target\' must be ""', 'Umount', f"('/media', {self.raw(target=b'/media')})"),
                ("'raw' names no argument", 'Umount', f"('/media', {self.raw(frob=b'/media')})"),
                ("'target' must be an absolute path", 'Umount', f"('', {self.raw(target=b'x')})"),
                ("'target' is empty", 'Umount', f"('', {self.raw(target=bytes(1))})"),
                ('zero byte', 'Umount', f"('', {self.raw(target=b'/a' + bytes(1) + b'b')})"),
                ("'target-fd' must be a file descriptor", 'MakeRPrivate',
                 "('', {'target-fd': <uint32 0>})"),
                ("'target-fd'", 'Umount', "('', {'target-fd': <@h 0>})")):
            with self.subTest(arguments):
                self.refused(INVALID_ARGS, words, self.root.call, method, arguments)
        self.root.send('MakeRPrivate', "('/media', {'target-fd': <@h 0>})",
                       fds=[['/media', 'O_PATH']])
        self.refused(INVALID_ARGS, '\'target\' must be ""', self.root.receive)

    def test_target_fd(self):
        self.root.call('Mount', f"('t', '', 'tmpfs', {{'in': <{self.pid}>, 'target-fd': <@h 0>}})",
                       fds=[[f'/proc/{self.pid}/root/media/a', 'O_PATH']])
        self.assertTrue(mounts_at('/media/a', self.pid))

    def test_target_fd_of_elsewhere(self):
        """An object of another namespace, one that is deleted, and one that is no place at all."""
        before = table(self.pid), table()
        self.target.run('mkdir', '/media/gone')
        held = os.open(f'/proc/{self.pid}/root/media/gone', os.O_PATH)
        self.addCleanup(os.close, held)
        self.target.run('rmdir', '/media/gone')
        for path in ('/srv', f'/proc/{os.getpid()}/fd/{held}', f'pidfd:{self.pid}'):
            self.root.send('Mount', f"('t', '', 'tmpfs', {{'in': <{self.pid}>, "
                           "'target-fd': <@h 0>})", fds=[[path, None]])
            self.refused('Resolve.ESTALE', 'file descriptor', self.root.receive)
        self.assertEqual((table(self.pid), table()), before)


if __name__ == '__main__':
    unittest.main()
