#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mount and Umount in another namespace, as root: what a first user does."""
import pathlib
import subprocess
import unittest

from harness import Case, INVALID_ARGS, mounts_at, table


class Mount(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child()

    def test_lands_in_the_namespace_alone(self):
        before_host, before = table(), table(self.target.pid)
        mount_id = self.root.mount('/mnt', in_=self.target.pid, options='size=64M,nosuid')
        row, = mounts_at('/mnt', self.target.pid)
        self.assertEqual(row['fstype'], 'tmpfs')
        self.assertEqual(row['source'], 'tmpfs')
        self.assertIn('nosuid', row['mount-options'].split(','))
        self.assertIn('size=65536k', row['super-options'].split(','))
        self.assertEqual(table(), before_host)
        listed, = self.root.list(in_=self.target.pid, id=mount_id)
        self.assertEqual(listed['mount-id'], row['mount-id'])
        self.root.umount('/mnt', in_=self.target.pid, id=mount_id)
        self.assertEqual(table(self.target.pid), before)

    def test_attributes(self):
        cases = {'ro': 'ro,relatime', 'noexec,nodev': 'rw,nodev,noexec,relatime',
                 'noatime': 'rw,noatime', 'strictatime': 'rw', 'nosymfollow,nodiratime':
                 'rw,nodiratime,relatime,nosymfollow', 'nosuid,suid': 'rw,relatime',
                 'user': 'rw,nosuid,nodev,noexec,relatime', 'user,exec': 'rw,nosuid,nodev,relatime',
                 'ro=recursive': 'ro,relatime', 'rnosuid': 'rw,nosuid,relatime',
                 'defaults,nofail,x-foo=bar,_netdev': 'rw,relatime'}
        for given, shown in cases.items():
            with self.subTest(given):
                self.root.mount('/mnt', in_=self.target.pid, options=given)
                row, = mounts_at('/mnt', self.target.pid)
                self.assertEqual(row['mount-options'], shown)
                self.root.umount('/mnt', in_=self.target.pid)

    def test_ro_is_the_filesystems_too(self):
        self.root.mount('/mnt', in_=self.target.pid, options='ro')
        row, = mounts_at('/mnt', self.target.pid)
        self.assertEqual(row['super-options'].split(',')[0], 'ro')

    def test_other_types(self):
        for fstype in ('ramfs', 'devpts'):
            with self.subTest(fstype):
                self.root.mount('/mnt', 'none', fstype, in_=self.target.pid)
                self.assertEqual(mounts_at('/mnt', self.target.pid)[0]['fstype'], fstype)
                self.root.umount('/mnt', in_=self.target.pid)

    def test_overlay(self):
        self.target.run('mount', '-t', 'tmpfs', 't', '/mnt')
        self.target.run('mkdir', '/mnt/low', '/mnt/up', '/mnt/work', '/mnt/all')
        self.target.run('touch', '/mnt/low/file')
        self.root.mount('/mnt/all', 'overlay', 'overlay', in_=self.target.pid,
                        options='lowerdir=/mnt/low,upperdir=/mnt/up,workdir=/mnt/work')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'file\n')

    def test_kernel_words(self):
        before = table(self.target.pid)
        pid = self.target.pid
        self.refused('Mount.EINVAL', ['Mount /mnt: ', "tmpfs: Bad value for 'size'"],
                     self.root.mount, '/mnt', in_=pid, options='size=lots')
        self.refused('Mount.EINVAL', "Unknown parameter 'read-only'",
                     self.root.mount, '/mnt', in_=pid, options='read-only')
        self.refused('Mount.ENODEV', 'unknown filesystem type',
                     self.root.mount, '/mnt', fstype='nosuchfs', in_=pid)
        self.assertEqual(table(pid), before)

    def test_missing_target_and_create(self):
        pid = self.target.pid
        self.target.run('mount', '-t', 'tmpfs', 't', '/mnt')
        self.refused('Resolve.ENOENT', '/mnt/new', self.root.mount, '/mnt/new', in_=pid)
        self.root.mount('/mnt/new', in_=pid, create='directory')
        self.assertTrue(mounts_at('/mnt/new', pid))
        self.root.umount('/mnt/new', in_=pid)
        self.assertEqual(self.target.run('stat', '-c', '%a %u', '/mnt/new'), '755 0\n')
        self.root.mount('/mnt/x', in_=pid, options='X-mount.mkdir')
        self.assertTrue(mounts_at('/mnt/x', pid))
        self.refused('Resolve.ENOENT', '/mnt/a', self.root.mount, '/mnt/a/b', in_=pid,
                     create='directory')
        self.refused('MoveMount.ENOTDIR', ['/mnt/file', 'a file onto a file'], self.root.mount,
                     '/mnt/file', in_=pid, create='file')
        self.assertNotIn('file', self.target.run('ls', '/mnt'))

    def test_symlink_and_no_symlinks(self):
        pid = self.target.pid
        self.target.run('mount', '-t', 'tmpfs', 't', '/mnt')
        self.target.run('mkdir', '/mnt/real')
        self.target.run('ln', '-s', '/mnt/real', '/mnt/link')
        self.refused('Resolve.ELOOP', '/mnt/link', self.root.mount, '/mnt/link', in_=pid,
                     no_symlinks=True)
        self.root.mount('/mnt/link', in_=pid)
        self.assertTrue(mounts_at('/mnt/real', pid))


class Umount(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b')
        self.pid = self.target.pid

    def test_not_a_mount_point(self):
        self.refused('Umount.EINVAL', ['/mnt/a', 'not a mount point'], self.root.umount, '/mnt/a',
                     in_=self.pid)

    def test_never_a_root(self):
        before = table(self.pid)
        for options in ({}, {'detach': True}, {'force': True}, {'expire': True}):
            with self.subTest(options):
                self.refused('Umount.EBUSY', 'never', self.root.umount, '/', in_=self.pid, **options)
        for options in ({}, {'detach': True}):
            self.refused('Umount.EBUSY', 'never', self.root.umount, '/', in_='host', **options)
            self.refused('Umount.EBUSY', 'never', self.root.umount, '/..', **options)
        self.assertEqual(table(self.pid), before)
        pathlib.Path('/run/rig/still-writable').touch()

    def test_never_a_process_root(self):
        """A chroot that is a mount point: its "/" is never unmounted through it, nor by its path."""
        before = table(self.pid)
        inside = subprocess.Popen(['nsenter', '-t', str(self.pid), '-m', 'sh', '-c',
                                   'mount --bind / /mnt/a && exec chroot /mnt/a sh -c '
                                   '"echo ok; exec sleep 1000000"'],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(inside.stdout.close)
        self.addCleanup(inside.wait)
        self.addCleanup(inside.kill)
        self.assertEqual(inside.stdout.readline(), 'ok\n')
        changed = table(self.pid)
        self.assertNotEqual(changed, before)
        for options in ({}, {'detach': True}):
            self.refused('Umount.EBUSY', 'never', self.root.umount, '/', in_=inside.pid, **options)
        self.assertEqual(table(self.pid), changed)

    def test_busy_and_detach(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.target.run('mkdir', '/mnt/a/sub')
        self.root.mount('/mnt/a/sub', in_=self.pid)
        before = table(self.pid)
        self.refused('Umount.EBUSY', 'in use', self.root.umount, '/mnt/a', in_=self.pid)
        self.assertEqual(table(self.pid), before)
        self.root.umount('/mnt/a', in_=self.pid, detach=True)
        self.assertFalse(mounts_at('/mnt/a/sub', self.pid))

    def test_stack_pops_from_the_top(self):
        lower = self.root.mount('/mnt/a', source='lower', in_=self.pid)
        upper = self.root.mount('/mnt/a', source='upper', in_=self.pid)
        self.refused('Umount.ESTALE', '/mnt/a', self.root.umount, '/mnt/a', in_=self.pid, id=lower)
        self.root.umount('/mnt/a', in_=self.pid, id=upper)
        self.assertEqual([row['source'] for row in mounts_at('/mnt/a', self.pid)], ['lower'])

    def test_expire(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.refused('Umount.EAGAIN', 'marked', self.root.umount, '/mnt/a', in_=self.pid,
                     expire=True)
        self.assertTrue(mounts_at('/mnt/a', self.pid))
        self.root.umount('/mnt/a', in_=self.pid, expire=True)
        self.assertFalse(mounts_at('/mnt/a', self.pid))

    def test_expire_takes_no_hidden_mount_for_the_one_on_top(self):
        """Two mounts of one path, of which the lower one is hidden by a mount above it."""
        self.target.run('sh', '-c', 'mkdir /mnt/a/x; mount -t tmpfs hidden /mnt/a/x;'
                        'mount -t tmpfs over /mnt/a; mkdir /mnt/a/x;'
                        'mount -t tmpfs visible /mnt/a/x')
        ids = {row['source']: row['id'] for row in self.root.list(in_=self.pid, under='/mnt/a')}
        self.refused('Umount.ESTALE', '/mnt/a/x', self.root.umount, '/mnt/a/x', in_=self.pid,
                     expire=True, id=ids['hidden'])
        self.refused('Umount.EAGAIN', 'marked', self.root.umount, '/mnt/a/x', in_=self.pid,
                     expire=True, id=ids['visible'])
        self.root.umount('/mnt/a/x', in_=self.pid, expire=True)
        self.assertEqual([row['source'] for row in mounts_at('/mnt/a/x', self.pid)], ['hidden'])

    def test_expire_after_use(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.refused('Umount.EAGAIN', '', self.root.umount, '/mnt/a', in_=self.pid, expire=True)
        self.target.run('ls', '/mnt/a')
        self.refused('Umount.EAGAIN', '', self.root.umount, '/mnt/a', in_=self.pid, expire=True)

    def test_no_call_keeps_a_mount_busy(self):
        """What a call held, and where its worker was, is let go of before the reply: also where the
        machine has other things to do than to run the rest of it."""
        for _ in range(6):
            busy = subprocess.Popen(['sh', '-c', 'while :; do :; done'])
            self.addCleanup(busy.wait)
            self.addCleanup(busy.kill)
        for _ in range(60):
            self.root.mount('/mnt/a', in_=self.pid)
            self.target.run('mkdir', '/mnt/a/dir')
            self.refused('Resolve.ENOENT', '/dev/none', self.root.mount, '/mnt/a/dir', '/dev/none',
                         'ext4', in_=self.pid)
            self.assertEqual(self.root.can('Mount', 't', '/mnt/a/dir', 'tmpfs', in_=self.pid), 'yes')
            self.root.mount('/mnt/a/dir', in_=self.pid)
            self.root.umount('/mnt/a/dir', in_=self.pid)
            self.root.umount('/mnt/a', in_=self.pid)

    def test_nofollow(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.target.run('ln', '-s', '/mnt/a', '/mnt/link')
        self.refused('Umount.EINVAL', '/mnt/link', self.root.umount, '/mnt/link', in_=self.pid,
                     nofollow=True)
        self.root.umount('/mnt/link', in_=self.pid)
        self.assertFalse(mounts_at('/mnt/a', self.pid))

    def test_force_on_what_cannot(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.root.umount('/mnt/a', in_=self.pid, force=True)
        self.assertFalse(mounts_at('/mnt/a', self.pid))

    def test_expire_alone(self):
        self.refused(INVALID_ARGS, "'expire'", self.root.umount, '/mnt/a', in_=self.pid,
                     expire=True, detach=True)


if __name__ == '__main__':
    unittest.main()
