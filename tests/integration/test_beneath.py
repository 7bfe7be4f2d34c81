#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mounts under others, filesystems that must be new, and directories of a new filesystem."""
import os
import pathlib
import subprocess
import unittest

from harness import CHALLENGE, INVALID_ARGS, Case, Disk, mountinfo, mounts_at, table

PREPARE = '''mount -t tmpfs -o mode=755 t /mnt; mkdir /mnt/a /mnt/b /mnt/src /mnt/empty; touch /mnt/src/in
    mount -t tmpfs top /mnt/a; touch /mnt/a/top'''


class Beneath(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.pid = self.target.pid

    def names(self, point='/mnt/a'):
        return sorted(os.listdir(f'/proc/{self.pid}/root{point}'))

    def test_each_verb(self):
        moved = self.root.bind('/mnt/src', '/mnt/b', in_=self.pid)
        detached = self.root.create_mount('attached')
        for number, call in enumerate((
                lambda: self.root.mount('/mnt/a', source='new', beneath=True, in_=self.pid),
                lambda: self.root.bind('/mnt/src', '/mnt/a', beneath=True, in_=self.pid),
                lambda: self.root.attach_mount(detached, '/mnt/a', beneath=True, in_=self.pid),
                lambda: self.root.move('/mnt/b', '/mnt/a', beneath=True, in_=self.pid))):
            with self.subTest(number):
                call()
                self.assertEqual(self.names(), ['top'])
                self.assertEqual(len(mounts_at('/mnt/a', self.pid)), number + 2)
        top, = self.root.list(in_=self.pid, source='top')
        self.assertEqual(top['parent'], moved)
        self.root.umount('/mnt/a', in_=self.pid, id=top['id'])
        self.assertEqual(self.names(), ['in'])

    def test_only_under_a_mount(self):
        before = table(self.pid)
        for options in ({}, {'create': 'directory'}):
            self.refused('MoveMount.EINVAL', '/mnt/empty: not a mount point', self.root.mount,
                         '/mnt/empty', beneath=True, in_=self.pid, **options)
        self.refused('MoveMount.EINVAL', 'not a mount point', self.root.mount, '/mnt/new', beneath=True,
                     create='directory', in_=self.pid)
        self.assertFalse(os.path.exists(f'/proc/{self.pid}/root/mnt/new'))
        self.refused('MoveMount.EINVAL', 'nothing goes beneath the root of a namespace', self.root.mount,
                     '/', beneath=True, in_=self.pid)
        self.refused(INVALID_ARGS, "'beneath' does not go with", self.root.mount, '/mnt/a', '', '',
                     beneath=True, options='remount', in_=self.pid)
        self.assertEqual(table(self.pid), before)

    def test_onto_a_locked_mount(self):
        """What came from a more privileged namespace hides what is under it for good."""
        inner = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private')
        self.refused('MoveMount.EINVAL', 'locked', self.root.mount, '/srv', beneath=True,
                     in_=inner.pid)

    def test_propagation_is_of_the_mount_that_both_are_on(self):
        self.target.run('sh', '-ec', 'mount --make-shared /mnt; mount -t tmpfs t /media; mkdir /media/peer;'
                                     'mount --bind /mnt /media/peer')
        self.target.run('mount', '--make-private', '/mnt/a')
        self.root.mount('/mnt/a', source='new', beneath=True, in_=self.pid)
        self.assertTrue([row for row in mountinfo(self.pid)
                         if row['source'] == 'new' and row['mount-point'] == '/media/peer/a'])

    def test_a_user_needs_more_for_it(self):
        alice = self.client('alice')
        self.rule('if (subject.user == "alice" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        self.root.bind('/mnt/src', '/mnt/b', in_=self.pid)
        for call, *words in ((alice.mount, '/mnt/a'), (alice.bind, '/mnt/src', '/mnt/a'),
                             (alice.move, '/mnt/b', '/mnt/a')):
            self.refused(CHALLENGE, 'mount-unrestricted', call, *words, beneath=True, in_=self.pid)
        self.rule('''if (subject.user == "alice")
            return action.lookup("beneath") == "true" ? polkit.Result.YES : polkit.Result.NO;''')
        alice.mount('/mnt/a', beneath=True, in_=self.pid)


class Exclusive(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.where = {'in_': self.target.pid}

    def test_a_device(self):
        disk = Disk('ALONE')
        self.addCleanup(disk.detach)
        self.root.mount('/mnt/a', disk.path, 'ext4', exclusive=True, **self.where)
        self.refused('Mount.EBUSY', 'existing filesystem', self.root.mount, '/mnt/b', disk.path, 'ext4',
                     exclusive=True, **self.where)
        self.refused('Mount.EBUSY', 'existing filesystem', self.root.create_mount, disk.path, 'ext4',
                     exclusive=True, **self.where)
        self.root.mount('/mnt/b', disk.path, 'ext4', **self.where)
        self.target.run('umount', '/mnt/a', '/mnt/b')

    def test_an_image(self):
        image = pathlib.Path('/srv/alone.img')
        self.addCleanup(image.unlink)
        subprocess.run(['mkfs.ext4', '-q', image, '4M'], check=True)
        first = {'in_': 'host'}
        place = pathlib.Path('/srv/alone')
        place.mkdir()
        self.addCleanup(place.rmdir)
        self.root.mount(str(place), str(image), 'ext4', exclusive=True, **first)
        self.addCleanup(subprocess.run, ['umount', place], check=True)
        self.refused('Loop.EBUSY', "'exclusive'", self.root.mount, '/mnt', str(image), 'ext4',
                     exclusive=True, **first)
        before = table()
        self.assertEqual(table(), before)

    def test_what_there_is_only_one_of(self):
        self.refused('Mount.EBUSY', 'existing filesystem', self.root.mount, '/mnt/b', 'cgroup2', 'cgroup2',
                     exclusive=True, **self.where)
        self.root.mount('/mnt/b', exclusive=True, **self.where)
        self.refused(INVALID_ARGS, "'exclusive'", self.root.mount, '/mnt/a', '/mnt', '', exclusive=True,
                     options='bind', **self.where)


class Subdirectory(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.where = {'in_': self.target.pid}
        self.disk = Disk('SUB')
        self.addCleanup(self.disk.detach)
        self.root.mount('/mnt/b', self.disk.path, 'ext4', **self.where)
        self.target.run('sh', '-ec', '''cd /mnt/b; mkdir -p one/two closed/in; touch one/two/found file
            chmod 700 closed; ln -s one/two link; ln -s /one/two absolute; ln -s ../../.. out
            cd /; umount /mnt/b''')

    def mount(self, subdir, client=None, **options):
        return (client or self.root).mount('/mnt/b', self.disk.path, 'ext4',
                                           options=f'ro,X-mount.subdir={subdir}', **options,
                                           **self.where)

    def test_as_mount_has_it(self):
        """Since util-linux 2.39: with or without a slash before it, and by symbolic links."""
        for subdir in ('one/two', '/one/two', 'link', 'absolute', 'one//two/'):
            with self.subTest(subdir):
                self.mount(subdir)
                row, = mounts_at('/mnt/b', self.target.pid)
                self.assertEqual((row['root'], row['mount-options']), ('/one/two', 'ro,relatime'))
                self.target.run('umount', '/mnt/b')

    def test_nothing_outside_of_the_filesystem(self):
        self.mount('out')
        row, = mounts_at('/mnt/b', self.target.pid)
        self.assertEqual(row['root'], '/')
        self.target.run('umount', '/mnt/b')

    def test_what_is_wrong(self):
        before = table(self.target.pid)
        self.refused('Resolve.ENOENT', '/no', self.mount, 'no')
        self.refused('Resolve.ENOTDIR', '/file', self.mount, 'file')
        self.refused('Resolve.ELOOP', '/link', self.mount, 'link', no_symlinks=True)
        self.refused(INVALID_ARGS, 'X-mount.subdir', self.mount, '')
        for subdir in ('one/../two', '..', './one', 'one/.'):
            self.refused(INVALID_ARGS, "'.' or '..'", self.mount, subdir)
        self.refused(INVALID_ARGS, "fstype proc", self.root.mount, '/mnt/b', 'p', 'proc',
                     options='X-mount.subdir=self', process=self.target.pid, **self.where)
        self.refused(INVALID_ARGS, 'X-mount.subdir', self.root.bind, '/mnt/src', '/mnt/b',
                     options='X-mount.subdir=a', **self.where)
        self.assertEqual(table(self.target.pid), before)

    def test_as_the_caller(self):
        alice = self.client('alice')
        self.rule('''if (subject.user != "alice") return polkit.Result.NOT_HANDLED;
            if (action.id == "org.linx.mount1.mount" && action.lookup("subdir") != "")
                return polkit.Result.YES;''')
        self.refused('Resolve.EACCES', '', self.mount, 'closed/in', alice)
        for link in ('link', 'absolute', 'out'):  # whoever wrote the disk decides where they lead
            self.refused('Resolve.ELOOP', link, self.mount, link, alice)
        self.mount('one', alice)
        row, = mounts_at('/mnt/b', self.target.pid)
        self.assertEqual((row['root'], row['mount-options']), ('/one', 'ro,nosuid,nodev,relatime'))
        self.target.run('umount', '/mnt/b')


if __name__ == '__main__':
    unittest.main()
