#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random option lists on each type of filesystem that can be made here, and lines of fstab: by mount(8), and
through the service. Whether it was done, and the row of the table, are the same; so they are after a remount.

LINX_OPTION_LISTS is how many there are of each type, LINX_SEQUENCE_SEED what they come from. Inside
tests/rig/rig.py."""
import os
import pathlib
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'integration'))

from harness import Case, Fault, mountinfo  # noqa: E402

LISTS = int(os.environ.get('LINX_OPTION_LISTS', '20'))
SEED = int(os.environ.get('LINX_SEQUENCE_SEED', time.time_ns() % 1000000))
# Those of the mount itself, of every type.
COMMON = ['ro', 'rw', 'nosuid', 'suid', 'nodev', 'dev', 'noexec', 'exec', 'noatime', 'relatime', 'strictatime',
          'nodiratime', 'defaults', 'nosymfollow', 'user', 'users', 'owner', 'group', 'nofail', '_netdev',
          'x-some=word', 'X-some', 'comment=word', 'auto', 'noauto', 'nouser', 'silent']
# Those of the superblock that libmount knows, and what is wrong for every type.
SUPER = ['sync', 'async', 'dirsync', 'lazytime', 'nolazytime', 'mand', 'nomand', 'iversion', 'bogus', 'bogus=1']
EXT = ['errors=continue', 'errors=remount-ro', 'errors=bogus', 'commit=10', 'commit=x', 'data=ordered',
       'acl', 'noacl', 'user_xattr', 'discard', 'nodiscard', 'barrier=0', 'stripe=8', 'uid=0', 'min_batch_time=1']
TYPES = {
    'tmpfs': ['size=1M', 'size=10%', 'size=x', 'mode=700', 'mode=1777', 'uid=0', 'uid=1000', 'gid=7',
              'nr_inodes=100', 'nr_blocks=100', 'huge=never', 'inode64', 'inode32', 'size=0'],
    'ramfs': ['mode=700', 'mode=x'],
    'ext2': EXT, 'ext3': EXT, 'ext4': EXT + ['delalloc', 'nodelalloc', 'noload', 'journal_checksum', 'inode_readahead_blks=32',
                                             'init_itable=5', 'auto_da_alloc'],
    'xfs': ['logbufs=8', 'logbufs=99', 'noquota', 'uquota', 'nouuid', 'inode64', 'swalloc', 'allocsize=64k',
            'largeio', 'wsync', 'filestreams'],
    'btrfs': ['compress=zstd', 'compress=bogus', 'noatime', 'ssd', 'nossd', 'autodefrag', 'subvol=/', 'subvol=no',
              'subvolid=5', 'commit=10', 'discard=async', 'nobarrier', 'flushoncommit', 'max_inline=1024'],
    'squashfs': ['errors=continue', 'errors=panic', 'threads=single'],
    'erofs': ['user_xattr', 'nouser_xattr', 'acl', 'noacl', 'cache_strategy=disabled', 'cache_strategy=readahead', 'dax=never'],
    'mqueue': [], 'proc': ['hidepid=2', 'hidepid=bogus', 'gid=7', 'subset=pid'], 'sysfs': [],
    'devpts': ['newinstance', 'mode=620', 'mode=x', 'ptmxmode=666', 'gid=5', 'max=10', 'uid=0'],
    'hugetlbfs': ['size=2M', 'mode=700', 'uid=1000', 'pagesize=2M', 'pagesize=3M', 'nr_inodes=3', 'min_size=0'],
    'overlay': ['lowerdir=/mnt/l:/mnt/l2', 'lowerdir=/mnt/l', 'upperdir=/mnt/u', 'workdir=/mnt/w', 'redirect_dir=on',
                'index=off', 'index=on', 'metacopy=on', 'xino=auto', 'userxattr', 'volatile', 'uuid=off', 'nfs_export=off'],
}
PREPARE = ('mount -t tmpfs -o mode=755 top /mnt; mkdir /mnt/d /mnt/l /mnt/l2 /mnt/u /mnt/w; touch /mnt/l/f')
IMAGES = {
    'ext2': 'mkfs.ext2 -q {0}', 'ext3': 'mkfs.ext3 -q {0}', 'ext4': 'mkfs.ext4 -q {0}',
    'xfs': 'mkfs.xfs -q {0}', 'btrfs': 'mkfs.btrfs -q {0}',
    'squashfs': 'mksquashfs /usr/share/dbus-1 {0} -quiet -no-progress -noappend >/dev/null',
    'erofs': 'mkfs.erofs {0} /usr/share/dbus-1 >/dev/null 2>&1',
}
# Of these there is one in a network or ipc namespace, which stays as it was made. (Of cgroup2 there is one on
# the machine.)
SHARED = {'sysfs', 'mqueue'}


def some(rng, words, most):
    return [rng.choice(words) for _ in range(rng.randrange(most + 1))] if words else []


ATIMES = ['noatime', 'relatime', 'strictatime']
ALWAYS_READ_ONLY = {'squashfs', 'erofs', 'overlay'}  # the last one without an upper layer
# What the table shows of a mount whose remount names a word.
NAMES = {**{word: (word.removeprefix('no'), 'no' + word.removeprefix('no'))
            for word in ('nosuid', 'suid', 'nodev', 'dev', 'noexec', 'exec')},
         'ro': ('ro', 'rw'), 'rw': ('ro', 'rw'), 'nodiratime': ('nodiratime',), 'nosymfollow': ('nosymfollow',),
         'noatime': ('noatime', 'relatime'),
         **{word: ('nosuid', 'nodev', 'noexec') for word in ('user', 'users')},
         **{word: ('nosuid', 'nodev') for word in ('owner', 'group')}}


def only_one_atime(words):
    """The order of several is one of linx-mount-differences(7)."""
    atimes = [word for word in words if word in ATIMES]
    return [word for word in words if word not in atimes[1:]]


def option_list(rng, fstype, remount=False):
    if fstype == 'overlay' and not remount:
        words = ['lowerdir=/mnt/l:/mnt/l2', *(['upperdir=/mnt/u', 'workdir=/mnt/w'] if rng.random() < .5 else [])]
        words += some(rng, TYPES[fstype][4:], 2)
    elif fstype == 'overlay':
        words = []  # changing its options is an error: linx-mount-differences(7)
    else:
        words = some(rng, TYPES[fstype], 3)
    words += some(rng, COMMON, 4) + some(rng, SUPER, 1)
    if fstype == 'overlay' and remount:
        words = [word for word in words if not word.startswith('bogus')]
    if fstype in SHARED:
        words = [word for word in words if word not in SUPER and word not in ('ro', 'rw')]
    if fstype != 'overlay':
        rng.shuffle(words)
    return ','.join(only_one_atime(words))


class Lists(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child('--mount', '--propagation', 'private', '--net', '--ipc', prepare=PREPARE)
        self.pid = self.target.pid
        self.where = pathlib.Path(f'/proc/{self.pid}/root')

    def source(self, fstype):
        """What it is made from: a device of its own, or its name."""
        if fstype not in IMAGES:
            return fstype
        image = pathlib.Path(f'/srv/{fstype}.img')
        with open(image, 'wb') as stream:
            stream.truncate((320 if fstype in ('xfs', 'btrfs') else 8) << 20)
        subprocess.run(IMAGES[fstype].format(image), shell=True, check=True)
        with open(image, 'rb+') as stream:
            stream.truncate(max(image.stat().st_size, 1 << 20))
        device = subprocess.run(['losetup', '--find', '--show', image], check=True, text=True,
                                capture_output=True).stdout.strip()
        self.addCleanup(image.unlink)
        self.addCleanup(subprocess.run, ['losetup', '--detach', device], check=True)
        return device

    def row(self):
        rows = [row for row in mountinfo(self.pid) if row['mount-point'] == '/mnt/d']
        return [(row['root'], row['fstype'], row['source'], row['mount-options'].split(','),
                 sorted(self.layers_as_mount_has_them(row['super-options'].split(',')))) for row in rows]

    def layers_as_mount_has_them(self, words):
        lower = [word.partition('=')[2] for word in words if word.startswith('lowerdir+=')]
        others = [word for word in words if not word.startswith('lowerdir+=')]
        return others + (['lowerdir=' + ':'.join(lower)] if lower else [])

    def by_program(self, words):
        result = subprocess.run(['nsenter', '-t', str(self.pid), '-m', '-n', '-i', 'mount', *words], text=True,
                                capture_output=True, check=False)
        return result.returncode == 0, self.row(), result.stderr.strip()

    def by_service(self, call, *args, **options):
        try:
            call(*args, in_=self.pid, **options)
        except Fault as fault:
            return False, self.row(), str(fault)
        return True, self.row(), ''

    def clear(self):
        while self.row():
            self.target.run('umount', '/mnt/d')
        self.target.run('sh', '-c', 'rm -rf /mnt/w /mnt/u; mkdir /mnt/w /mnt/u')

    def alike(self, theirs, ours, words):
        self.assertEqual(ours[:2], theirs[:2], f'{words}\n{theirs[2]}\n{ours[2]}')

    def alike_again(self, theirs, ours, fstype, again, words):
        """Of the mount's attributes those that are named: the others mount(8) takes from elsewhere."""
        named = {word for given in again.split(',') for word in NAMES.get(given, ())}
        if fstype in ALWAYS_READ_ONLY:
            named -= {'ro', 'rw'}

        def seen(result):
            return result[0], [(*row[:3], sorted(named & set(row[3])), row[4]) for row in result[1]], result[2]
        self.alike(seen(theirs), seen(ours), words)

    def compare(self, fstype, source, options, again):
        theirs = self.by_program(['-t', fstype, '-o', options, source, '/mnt/d'])
        theirs_again = self.by_program(['-o', f'remount,{again}', '/mnt/d']) if theirs[0] else None
        self.clear()
        ours = self.by_service(self.root.mount, '/mnt/d', source, fstype, options=options)
        self.alike(theirs, ours, options)
        if ours[0]:
            ours_again = self.by_service(self.root.mount, '/mnt/d', '', '', options=f'remount,{again}')
            self.alike_again(theirs_again, ours_again, fstype, again, f'{options}: remount,{again}')
        self.clear()

    def test_lists(self):
        print(f'LINX_SEQUENCE_SEED={SEED}', file=sys.stderr)
        for fstype in TYPES:
            if f'\t{fstype}\n' not in pathlib.Path('/proc/filesystems').read_text():
                continue
            source = self.source(fstype)
            for number in range(LISTS):
                rng = random.Random(f'{SEED} {fstype} {number}')
                options, again = option_list(rng, fstype), option_list(rng, fstype, True)
                with self.subTest(fstype=fstype, number=number):
                    try:
                        self.compare(fstype, source, options, again)
                    finally:
                        self.clear()


if __name__ == '__main__':
    unittest.main()
