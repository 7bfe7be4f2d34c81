#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a reconfiguration does not name stays: each type of filesystem that can be made here, beside
mount(8) with the same words."""
import pathlib
import subprocess
import unittest

from harness import Case, mounts_at

PREPARE = 'mount -t tmpfs t /mnt; chmod 755 /mnt; cd /mnt; mkdir a l l2 u w tree; echo x > tree/file'
MAKE = {'ext2': 'mkfs.ext2 -q', 'ext3': 'mkfs.ext3 -q', 'ext4': 'mkfs.ext4 -q', 'xfs': 'mkfs.xfs -q',
        'btrfs': 'mkfs.btrfs -q'}
# Type, options, and what is made of.
OVERLAY = 'lowerdir=/mnt/l:/mnt/l2,upperdir=/mnt/u,workdir=/mnt/w'
WITHOUT_DEVICE = (('tmpfs', 'size=1M,mode=700,nr_inodes=100'), ('ramfs', 'mode=700'),
                  ('devpts', 'newinstance,gid=5,mode=620,ptmxmode=666'),
                  ('proc', 'hidepid=invisible,subset=pid'), ('mqueue', 'rw'), ('overlay', OVERLAY),
                  ('overlay', 'lowerdir=/mnt/l:/mnt/l2'), ('hugetlbfs', 'mode=700'))
ON_A_DEVICE = (('ext2', 'ro,errors=remount-ro'), ('ext3', 'ro,errors=remount-ro'),
               ('ext4', 'ro,errors=remount-ro,commit=30'), ('ext4', 'rw,nodelalloc'),
               ('xfs', 'ro,noquota'), ('btrfs', 'ro,compress=zstd,commit=10'),
               ('btrfs', 'ro,rescue=nologreplay'), ('squashfs', 'ro,errors=panic'),
               ('erofs', 'ro,cache_strategy=disabled'))


class Kept(Case):
    def setUp(self):
        self.root = self.client()

    def twin(self):
        child = self.child(prepare=PREPARE)
        return child, str(child.pid)

    def image(self, child, fstype, suffix):
        path = pathlib.Path(f'/proc/{child.pid}/root/mnt/{suffix}')
        if fstype == 'squashfs':
            child.run('mksquashfs', '/mnt/tree', f'/mnt/{suffix}', '-quiet')
        elif fstype == 'erofs':
            child.run('mkfs.erofs', f'/mnt/{suffix}', '/mnt/tree')
        else:
            with open(path, 'wb') as stream:
                stream.truncate((320 if fstype in ('xfs', 'btrfs') else 8) << 20)
            child.run(*MAKE[fstype].split(), f'/mnt/{suffix}')
        return f'/mnt/{suffix}'

    def state(self, child):
        row = mounts_at('/mnt/a', child.pid)[-1]
        return row['super-options'], row['mount-options']

    def same_as_mount(self, source_of, fstype, options):
        """An empty list, a word of the mount's alone, and a word of the filesystem's."""
        for words in ('', 'noatime', 'sync'):
            with self.subTest(f'{fstype} {options} {words!r}'):
                ours, theirs = self.twin()[0], self.twin()[0]
                for child in (ours, theirs):
                    source, loop = source_of(child)
                    child.run('mount', '-t', fstype, '-o', loop + options, source, '/mnt/a')
                before = self.state(ours)
                self.root.remount('/mnt/a', in_=ours.pid, superblock=True, options=words)
                theirs.run('mount', '-o', 'remount' + (f',{words}' if words else ''), '/mnt/a')
                # mount(8) has a mount of a filesystem that is read-only by itself say so too.
                self.assertEqual(self.state(ours)[0], self.state(theirs)[0])
                if words != 'noatime':
                    self.assertEqual(self.state(ours)[1], before[1])
                if words == '':
                    self.assertEqual(self.state(ours), before)
                self.doCleanups()
                self.root = self.client()

    def test_types_without_a_device(self):
        for fstype, options in WITHOUT_DEVICE:
            self.same_as_mount(lambda child: ('none', ''), fstype, options)

    def test_types_on_a_device(self):
        for fstype, options in ON_A_DEVICE:
            self.same_as_mount(lambda child, fstype=fstype: (self.image(child, fstype, 'img'), 'loop,'),
                               fstype, options)

    def test_a_rule_for_a_word_does_not_make_it_writable(self):
        child, _ = self.twin()
        child.run('mount', '-t', 'ext4', '-o', 'loop,ro', self.image(child, 'ext4', 'img'), '/mnt/a')
        self.rule('if (subject.user == "alice" && action.lookup("options") == "noatime")'
                  ' return polkit.Result.YES;')
        alice = self.client('alice')
        alice.remount('/mnt/a', in_=child.pid, superblock=True, options='noatime')
        self.assertTrue(self.state(child)[0].startswith('ro'))
        alice.mount('/mnt/a', 'none', '', in_=child.pid, options='remount,noatime')
        self.assertTrue(self.state(child)[0].startswith('ro'))

    def test_what_is_named_is_changed(self):
        child, _ = self.twin()
        child.run('mount', '-t', 'devpts', '-o', 'newinstance,gid=5,mode=620', 'd', '/mnt/a')
        self.root.remount('/mnt/a', in_=child.pid, superblock=True, options='mode=600')
        self.assertEqual(self.state(child)[0], 'rw,gid=5,mode=600,ptmxmode=000')
        self.root.remount('/mnt/a', in_=child.pid, superblock=True, options='ro')
        self.assertTrue(self.state(child)[0].startswith('ro,gid=5'))
        self.root.remount('/mnt/a', in_=child.pid, superblock=True, options='rw')
        self.assertTrue(self.state(child)[0].startswith('rw,gid=5'))


if __name__ == '__main__':
    unittest.main()
