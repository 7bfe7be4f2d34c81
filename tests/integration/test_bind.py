#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bind, within a namespace and across: what is seen where, and what is not."""
import os
import pathlib
import subprocess
import unittest

from harness import INVALID_ARGS, Case, mountinfo, mounts_at, table

PREPARE = 'mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a /mnt/b; touch /mnt/file'


class Bind(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.pid = self.target.pid

    def at(self, point='/mnt/a'):
        rows = mounts_at(point, self.pid)
        return rows[-1] if rows else None

    def test_directory_and_file(self):
        before = table(self.pid)
        mount_id = self.root.bind('/usr/bin', '/mnt/a', in_=self.pid)
        self.assertEqual(self.at()['root'], mountinfo(self.pid)[0]['root'].rstrip('/') + '/usr/bin'
                         if self.at()['root'] != '/bin' else '/bin')
        listed, = self.root.list(in_=self.pid, id=mount_id)
        self.assertEqual(listed['mount-point'], '/mnt/a')
        self.root.umount('/mnt/a', in_=self.pid, id=mount_id)
        self.root.bind('/etc/passwd', '/mnt/file', in_=self.pid)
        self.assertIn('root:', self.target.run('cat', '/mnt/file'))
        self.root.umount('/mnt/file', in_=self.pid)
        self.assertEqual(table(self.pid), before)

    def test_kinds(self):
        for source, point in (('/etc/passwd', '/mnt/a'), ('/usr', '/mnt/file')):
            self.refused('MoveMount.ENOTDIR', point, self.root.bind, source, point, in_=self.pid)
        self.refused('Resolve.ENOENT', '/nowhere', self.root.bind, '/nowhere', '/mnt/a', in_=self.pid)
        self.refused('Resolve.ENOENT', '/mnt/none', self.root.bind, '/usr', '/mnt/none',
                     in_=self.pid)

    def test_create(self):
        self.root.bind('/usr', '/mnt/new', in_=self.pid, create='directory')
        self.root.bind('/etc/passwd', '/mnt/passwd', in_=self.pid, create='file')
        self.assertTrue(self.at('/mnt/new') and self.at('/mnt/passwd'))
        before = self.target.run('ls', '/mnt')
        self.refused('MoveMount.ENOTDIR', '/mnt/c', self.root.bind, '/usr', '/mnt/c', in_=self.pid,
                     create='file')
        self.assertEqual(self.target.run('ls', '/mnt'), before)

    def test_attributes_named_and_kept(self):
        """Those that are named change; the others stay what they are at the source."""
        self.target.run('mount', '-o', 'remount,bind,nosuid,noexec', '/mnt')
        cases = {None: 'rw,nosuid,noexec,relatime', 'ro': 'ro,nosuid,noexec,relatime',
                 'suid,nodev': 'rw,nodev,noexec,relatime', 'exec': 'rw,nosuid,relatime',
                 'noatime': 'rw,nosuid,noexec,noatime',
                 'nosymfollow': 'rw,nosuid,noexec,relatime,nosymfollow'}
        for given, shown in cases.items():
            with self.subTest(given):
                self.root.bind('/mnt/b', '/mnt/a', in_=self.pid, options=given)
                self.assertEqual(self.at()['mount-options'], shown)
                self.root.umount('/mnt/a', in_=self.pid)

    def test_recursive_attributes(self):
        self.target.run('mount', '-t', 'tmpfs', 'below', '/mnt/b')
        for options, below in (('ro', 'rw'), ('rro', 'ro'), ('ro=recursive', 'ro'),
                               ('rro,rw', 'ro')):
            with self.subTest(options):
                self.root.bind('/mnt', '/mnt/a', in_=self.pid, recursive=True, options=options)
                self.assertEqual(self.at()['mount-options'].split(',')[0],
                                 'rw' if options.endswith('rw') else 'ro')
                self.assertEqual(self.at('/mnt/a/b')['mount-options'].split(',')[0], below)
                self.root.umount('/mnt/a', in_=self.pid, recursive=True)
        self.root.bind('/mnt', '/mnt/a', in_=self.pid)
        self.assertIsNone(self.at('/mnt/a/b'))

    def test_peers_within_a_namespace(self):
        self.target.run('mount', '--make-shared', '/mnt')
        self.root.bind('/mnt/b', '/mnt/a', in_=self.pid)
        group, = [tag for tag in self.at('/mnt')['tags'] if tag.startswith('shared')]
        self.assertIn(group, self.at()['tags'])

    def test_unbindable(self):
        self.target.run('mount', '--make-unbindable', '/mnt')
        self.refused('OpenTree.EINVAL', ['/mnt/b', 'unbindable'], self.root.bind, '/mnt/b', '/mnt/a',
                     in_=self.pid)

    def test_descriptors(self):
        """Objects instead of paths, as the client holds them."""
        path = f'/proc/{self.pid}/root/mnt'
        self.root.call('Bind', f"('', '', {{'source-fd': <@h 0>, 'target-fd': <@h 1>, "
                       f"'in': <uint32 {self.pid}>}})",
                       fds=[[f'{path}/b', 'O_PATH'], [f'{path}/a', 'O_PATH']])
        self.assertTrue(self.at()['root'].endswith('/b'))
        for path, error in (('/usr', 'OpenTree.EINVAL'), ('/usr/bin', 'Resolve.ESTALE')):
            self.refused(error, 'another namespace', self.root.call, 'Bind',
                         f"('', '/mnt/b', {{'source-fd': <@h 0>, 'in': <uint32 {self.pid}>}})",
                         fds=[[path, 'O_PATH']])

    def test_raw_source(self):
        odd = b'/run/rig/odd\xff'
        os.mkdir(odd)
        self.addCleanup(os.rmdir, odd)
        octets = ', '.join(f'0x{byte:02x}' for byte in odd)
        self.root.call('Bind', f"('', '/mnt/a', {{'raw': <{{'source': [byte {octets}]}}>, "
                       f"'from': <'host'>, 'in': <uint32 {self.pid}>}})")
        self.assertTrue(self.at()['root'].endswith('odd\xff'))


class IntoAContainer(Case):
    """A host directory in a running container, and out again."""

    def setUp(self):
        self.root = self.client()
        self.source = pathlib.Path('/srv/data')
        self.source.mkdir()
        (self.source / 'sub').mkdir()
        (self.source / 'file').write_text('host')
        self.addCleanup(subprocess.run, ['rm', '-rf', self.source], check=True)
        subprocess.run(['mount', '--bind', '/srv', '/srv'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-R', '/srv'], check=True)
        subprocess.run(['mount', '--make-shared', '/srv'], check=True)

    def container(self, *unshare):
        child = self.child(*(unshare or ('--mount', '--propagation', 'slave')), prepare=PREPARE)
        return child

    def test_no_mount_or_unmount_passes(self):
        child = self.container()
        host, before = table(), table(child.pid)
        self.root.bind('/srv/data', '/mnt/a', from_='host', in_=child.pid,
                       options='ro,nosuid,nodev')
        row, = mounts_at('/mnt/a', child.pid)
        self.assertEqual(row['mount-options'], 'ro,nosuid,nodev,relatime')
        self.assertEqual(row['tags'], [])
        self.assertEqual(child.run('cat', '/mnt/a/file'), 'host')
        self.assertEqual(table(), host)

        subprocess.run(['mount', '-t', 'tmpfs', 'later', '/srv/data/sub'], check=True)
        self.assertFalse(mounts_at('/mnt/a/sub', child.pid))
        with_later = table()
        child.run('umount', '/mnt/a')
        self.assertEqual(table(), with_later)
        subprocess.run(['umount', '/srv/data/sub'], check=True)

        self.root.bind('/srv/data', '/mnt/a', from_='host', in_=child.pid, options='ro')
        self.root.umount('/mnt/a', in_=child.pid)
        self.assertEqual(table(child.pid), before)
        self.assertEqual(table(), host)

    def test_recursive_is_private_too(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'below', '/srv/data/sub'], check=True)
        child = self.container()
        self.root.bind('/srv/data', '/mnt/a', from_='host', in_=child.pid, recursive=True)
        self.assertEqual([row['tags'] for row in mountinfo(child.pid)
                          if row['mount-point'].startswith('/mnt/a')], [[], []])
        child.run('umount', '/mnt/a/sub')
        self.assertTrue(mounts_at('/srv/data/sub'))

    def test_out_of_a_container(self):
        child = self.container()
        self.root.bind('/mnt', '/srv/data/sub', from_=child.pid, in_='host')
        self.assertTrue(pathlib.Path('/srv/data/sub/file').exists())
        self.root.umount('/srv/data/sub', in_='host')

    def test_user_namespace_container(self):
        child = self.container('--user', '--map-root-user', '--mount', '--propagation', 'slave')
        self.root.bind('/srv/data', '/mnt/a', from_='host', in_=child.pid, options='ro')
        row, = mounts_at('/mnt/a', child.pid)
        self.assertEqual(row['mount-options'].split(',')[0], 'ro')
        self.assertEqual(row['tags'], [])
        self.root.umount('/mnt/a', in_=child.pid)

    def test_idmap(self):
        """Files of uid 0 belong to the container's root, whoever that is outside."""
        child = self.mapped_child(prepare=PREPARE)
        tmpfs = pathlib.Path('/srv/mapped')
        tmpfs.mkdir()
        subprocess.run(['mount', '-t', 'tmpfs', 't', tmpfs], check=True)
        (tmpfs / 'file').touch()
        owner = ['nsenter', '-t', str(child.pid), '-m', '-U', '--setuid=0', '--setgid=0', 'stat',
                 '-c', '%u:%g', '/mnt/a/file']
        self.root.bind('/srv/mapped', '/mnt/a', from_='host', in_=child.pid)
        self.assertEqual(subprocess.check_output(owner, text=True), '65534:65534\n')
        self.root.umount('/mnt/a', in_=child.pid)
        self.root.bind('/srv/mapped', '/mnt/a', from_='host', in_=child.pid, idmap=child.pid)
        self.assertEqual(subprocess.check_output(owner, text=True), '0:0\n')
        self.refused('SetAttributes.EPERM', ["'idmap'", 'mapped already'], self.root.bind, '/mnt/a',
                     '/mnt/b', in_=child.pid, idmap=child.pid)
        self.refused('SetAttributes.EPERM', "'idmap'", self.root.bind, '/srv/mapped', '/mnt/b',
                     from_='host', in_=child.pid, idmap=os.getpid())

    def test_which_mount_of_a_subtree_cannot_be_mapped(self):
        child = self.mapped_child(prepare=PREPARE)
        target = self.child(prepare=PREPARE + '''
            mkdir /mnt/b/fine /mnt/b/not; mount -t tmpfs t /mnt/b/fine; mount -t proc p /mnt/b/not''')
        self.refused('SetAttributes.EINVAL', '/mnt/b/not: \'idmap\': this filesystem type cannot be mapped',
                     self.root.bind, '/mnt/b', '/mnt/a', in_=target.pid, recursive=True, idmap=child.pid)
        self.assertFalse(mounts_at('/mnt/a', target.pid))
        self.root.bind('/mnt/b', '/mnt/a', in_=target.pid, idmap=child.pid)
        self.assertIn('idmapped', mounts_at('/mnt/a', target.pid)[0]['mount-options'])

    def test_source_namespace_dies(self):
        child, other = self.container(), self.container()
        other.end()
        self.refused('OpenNs.ESRCH', '', self.root.bind, '/usr', '/mnt/a', from_=other.pid,
                     in_=child.pid)
        self.refused(INVALID_ARGS, "'from'", self.root.bind, '/usr', '/mnt/a', from_='container',
                     in_=child.pid)

    def test_never_writable(self):
        """A racer in the container tries to write throughout: at no instant it can."""
        child = self.container()
        racer = subprocess.Popen(
            ['nsenter', '-t', str(child.pid), '-m', 'python3', '-c',
             'import os, sys\n'
             'print("ready", flush=True)\n'
             'seen = 0\n'
             'while True:\n'
             '    try:\n'
             '        fd = os.open("/mnt/a/file", os.O_WRONLY)\n'
             '        os.write(fd, b"racer"); print("wrote", flush=True)\n'
             '    except FileNotFoundError: pass\n'
             '    except OSError as error:\n'
             '        seen += 1\n'
             '        if seen == 50: print("seen", flush=True)\n'],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(racer.stdout.close)
        self.addCleanup(racer.wait)
        self.addCleanup(racer.kill)
        self.assertEqual(racer.stdout.readline(), 'ready\n')
        for _ in range(400):
            self.root.bind('/srv/data', '/mnt/a', from_='host', in_=child.pid, options='ro')
            self.root.umount('/mnt/a', in_=child.pid, detach=True)
        racer.kill()
        self.assertEqual(racer.stdout.read(), 'seen\n')
        self.assertEqual((self.source / 'file').read_text(), 'host')


if __name__ == '__main__':
    unittest.main()
