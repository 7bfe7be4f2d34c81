#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors that say what is wrong, and what to do instead."""
import pathlib
import subprocess
import tempfile
import unittest

from harness import INVALID_ARGS, Disk
from life import Life
from test_memory import MANY


class Explained(Life):
    def setUp(self):
        super().setUp()
        self.root = self.client()
        self.directory = pathlib.Path(tempfile.mkdtemp(dir='/run/rig'))
        self.addCleanup(self.directory.rmdir)

    def test_which_path(self):
        """Of a call that has two."""
        here, none = str(self.directory), f'{self.directory}/none'
        pivot = 'PivotRoot', f"('{none}', '{here}', @a{{sv}} {{}})"
        self.refused('Resolve.ENOENT', "'new_root'", self.root.call, *pivot)
        self.root.mount(here)
        self.addCleanup(self.root.umount, here)
        self.refused('Resolve.ENOENT', "'put_old'", self.root.call, 'PivotRoot', f"('{here}', '{none}', @a{{sv}} {{}})")
        self.refused('Resolve.ENOENT', "'source'", self.root.bind, none, here)
        self.refused('Resolve.ENOENT', "'target'", self.root.bind, here, none)
        self.refused('Resolve.ENOENT', "'source'", self.root.call, 'Move', f"('{none}', '{here}', @a{{sv}} {{}})")
        self.refused('Resolve.ENOENT', "'target'", self.root.call, 'Move', f"('{here}', '{none}', @a{{sv}} {{}})")

    def test_values_that_mount_takes(self):
        image = self.directory / 'image'
        image.touch()
        self.addCleanup(image.unlink)
        self.refused(INVALID_ARGS, "mount '/dev/loop9' itself", self.root.mount, '/mnt', str(image), 'ext4',
                  options='loop=/dev/loop9')
        self.refused(INVALID_ARGS, 'takes no mode', self.root.mount, '/mnt', options='X-mount.mkdir=0700')

    def test_word_as_typed(self):
        self.refused(INVALID_ARGS, "'lowerdir' must name absolute paths: 'some'", self.root.mount, '/mnt', 'overlay',
                  'overlay', options=f'lowerdir=some:{self.directory}')

    def test_kind_is_known_before(self):
        """The device is not opened for it."""
        file = self.directory / 'file'
        file.touch()
        self.addCleanup(file.unlink)
        disk = Disk('explained')
        self.addCleanup(disk.detach)
        fault = self.refused('MoveMount.ENOTDIR', 'onto a directory only', self.root.mount, str(file), disk.path, 'ext4')
        self.assertNotIn('done', str(fault))

    def test_write_protected(self):
        """At the first mount and at a remount."""
        disk = Disk('explained')
        self.addCleanup(disk.detach)
        subprocess.run(['blockdev', '--setro', disk.path], check=True)
        self.addCleanup(subprocess.run, ['blockdev', '--setrw', disk.path], check=True)
        target = self.child()
        self.refused('Mount.EACCES', 'the device is read-only', self.root.mount, '/mnt', disk.path, 'ext4',
                  in_=target.pid)
        self.root.mount('/mnt', disk.path, 'ext4', options='ro', in_=target.pid)
        self.refused('Mount.EACCES', 'the device is read-only', self.root.remount, '/mnt', superblock=True,
                  options='rw', in_=target.pid)
        self.root.umount('/mnt', in_=target.pid)

    def test_too_many_mounts(self):
        """The namespace has 95,000 of them: as many once more are too many."""
        most = int(pathlib.Path('/proc/sys/fs/mount-max').read_text())
        self.assertLess(most, 190000)
        target = self.child(prepare=MANY)
        fault = self.refused('MoveMount.ENOSPC', 'fs.mount-max', self.root.bind, '/mnt/trees', '/dev/shm',
                             recursive=True, in_=target.pid)
        self.assertRegex(str(fault), r'here are 9\d{4}')


if __name__ == '__main__':
    unittest.main()
