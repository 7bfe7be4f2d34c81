#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What filesystems are made from: devices, images, tags, layers; and what is left of them: nothing."""
import pathlib
import subprocess
import unittest

from harness import CHALLENGE, INVALID_ARGS, Case, Disk, mounts_at, table, wait_until

MIB = 1 << 20
SIZES = {'ext4': 4 * MIB, 'xfs': 300 * MIB, 'btrfs': 110 * MIB}


def loops():
    """Loop devices that the rig's files are on."""
    return subprocess.run(['losetup', '--list', '--noheadings', '-O', 'BACK-FILE'], check=True,
                          capture_output=True, text=True).stdout.count('/rig/')


class Images(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.pid = self.target.pid
        self.before = table(self.pid)
        self.loops = loops()

    def image(self, fstype, content=None):
        path = pathlib.Path(f'/run/rig/image.{fstype}')
        self.addCleanup(path.unlink, missing_ok=True)
        path.unlink(missing_ok=True)
        if fstype in SIZES:
            with open(path, 'wb') as stream:
                stream.truncate(SIZES[fstype])
            quiet = [] if fstype == 'xfs' else ['-q']
            subprocess.run([f'mkfs.{fstype}', *quiet, path], check=True, stdout=subprocess.DEVNULL)
        else:
            tree = pathlib.Path('/run/rig/tree')
            tree.mkdir(exist_ok=True)
            (tree / 'file').write_text('content')
            tools = {'squashfs': ['mksquashfs', tree, path, '-quiet', '-no-progress'],
                     'erofs': ['mkfs.erofs', path, tree]}
            subprocess.run(tools[fstype], check=True, stdout=subprocess.DEVNULL)
        return str(path)

    def at(self):
        return mounts_at('/mnt/a', self.pid)[-1]

    def gone(self):
        """The kernel takes a loop device away with its last user."""
        self.assertEqual(table(self.pid), self.before)
        wait_until(lambda: loops() == self.loops, 'the loop device going')

    def test_read_write(self):
        for fstype in SIZES:
            with self.subTest(fstype):
                image = self.image(fstype)
                self.root.mount('/mnt/a', image, fstype, in_=self.pid)
                self.assertEqual((self.at()['fstype'], self.at()['super-options'].split(',')[0]),
                                 (fstype, 'rw'))
                self.target.run('sh', '-c', 'echo kept > /mnt/a/file')
                self.root.umount('/mnt/a', in_=self.pid)
                self.gone()
                self.root.mount('/mnt/a', image, fstype, in_=self.pid, options='ro')
                self.assertEqual(self.at()['mount-options'].split(',')[0], 'ro')
                self.assertEqual(self.target.run('cat', '/mnt/a/file'), 'kept\n')
                self.root.umount('/mnt/a', in_=self.pid)
                self.gone()

    def test_read_only_types(self):
        for fstype in ('squashfs', 'erofs'):
            with self.subTest(fstype):
                self.root.mount('/mnt/a', self.image(fstype), fstype, in_=self.pid, options='loop')
                self.assertEqual(self.target.run('cat', '/mnt/a/file'), 'content')
                self.root.umount('/mnt/a', in_=self.pid)
                self.gone()

    def test_offset_and_limit(self):
        path = self.image('ext4')
        data = pathlib.Path(path).read_bytes()
        pathlib.Path(path).write_bytes(b'\0' * 4096 + data + b'\0' * 8192)
        self.root.mount('/mnt/a', path, 'ext4', in_=self.pid,
                        options=f'offset=4096,sizelimit={len(data)}')
        self.assertEqual(self.at()['fstype'], 'ext4')
        self.root.umount('/mnt/a', in_=self.pid)
        self.gone()

    def test_by_descriptor(self):
        image = self.image('ext4')
        self.root.call('Mount', "('', '/mnt', 'ext4', {'source-fd': <@h 0>})",
                       fds=[[image, 'O_RDONLY']])
        self.root.umount('/mnt')
        self.gone()

    def test_what_is_wrong(self):
        """The kernel's or libmount's words reach the caller, and no loop device is left."""
        image = self.image('ext4')
        broken = pathlib.Path('/run/rig/broken')
        broken.write_bytes(b'\0' * MIB)
        self.addCleanup(broken.unlink)
        squash = self.image('squashfs')
        for error, words, source, fstype, options in (
                ('Mount.EINVAL', ['wrong fstype', str(broken)], broken, 'ext4', None),
                ('Mount.EINVAL', "Can't find a SQUASHFS superblock", image, 'squashfs', None),
                ('Mount.EINVAL', ['wrong fstype', squash], squash, 'ext4', None),
                ('Mount.EINVAL', "Bad value for 'commit'", image, 'ext4', 'commit=soon'),
                ('Mount.EINVAL', "Unknown parameter 'colour'", image, 'ext4', 'colour=red'),
                ('Resolve.ENOENT', '/dev/none', '/dev/none', 'ext4', None),
                ('Resolve.ENOTBLK', 'neither a block device', '/dev/null', 'ext4', None),
                ('Resolve.ENOTBLK', '/mnt/a', '/mnt/a', 'ext4', None),
                ('Mount.ENODEV', 'unknown filesystem type', image, 'nosuchfs', None),
                ('Loop.EINVAL', "'offset'", image, 'ext4', 'offset=99999999999')):
            with self.subTest(f'{error} {source} {options}'):
                self.refused(error, words, self.root.mount, '/mnt/a', str(source), fstype,
                             in_=self.pid, options=options)
                self.gone()
        self.refused(INVALID_ARGS, "'source-fd'", self.root.call, 'Mount',
                     "('', '/mnt', 'tmpfs', {'source-fd': <@h 0>})", fds=[[image, 'O_RDONLY']])

    def test_a_user_and_an_image_it_may_not_write(self):
        image = pathlib.Path(self.image('ext4'))
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount")'
                  ' return polkit.Result.YES;')
        alice = self.client('alice')
        self.refused(CHALLENGE, 'mount-unrestricted', alice.mount, '/mnt/a', str(image), 'ext4',
                     in_=self.pid)
        self.rule('if (subject.user == "alice" && action.lookup("source-kind") == "file"'
                  ' && action.lookup("attributes").indexOf("ro,") == 0) return polkit.Result.YES;')
        image.chmod(0o644)
        alice.mount('/mnt/a', str(image), 'ext4', in_=self.pid)
        self.assertEqual(self.at()['mount-options'], 'ro,nosuid,nodev,relatime')
        alice_rule = 'if (subject.user == "alice") return polkit.Result.YES;'
        self.rule(alice_rule)
        self.refused('Loop.EACCES', "option 'rw'", alice.mount, '/mnt/a', str(image), 'ext4',
                     in_=self.pid, options='rw')
        alice.umount('/mnt/a', in_=self.pid)
        image.chmod(0o600)
        self.refused('Loop.EACCES', str(image), alice.mount, '/mnt/a', str(image), 'ext4',
                     in_=self.pid)
        image.chmod(0o666)
        self.rule(alice_rule)
        alice.mount('/mnt/a', str(image), 'ext4', in_=self.pid)
        self.assertEqual(self.at()['mount-options'], 'rw,nosuid,nodev,relatime')
        alice.umount('/mnt/a', in_=self.pid)
        self.gone()

    def test_the_containers_devices_do_not_count(self):
        """The loop device is looked up in the service's /dev, not in the target's."""
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a;'
                                   f'mkdir /run/rig/none; mount -t tmpfs fake /dev')
        self.addCleanup(pathlib.Path('/run/rig/none').rmdir)
        self.root.mount('/mnt/a', self.image('ext4'), 'ext4', in_=child.pid)
        self.assertEqual(mounts_at('/mnt/a', child.pid)[0]['fstype'], 'ext4')
        self.root.umount('/mnt/a', in_=child.pid)
        wait_until(lambda: loops() == self.loops, 'the loop device going')

    def test_detached(self):
        client = self.client()
        mount = client.create_mount(self.image('ext4'), 'ext4')
        self.assertEqual(loops(), self.loops + 1)
        client.attach_mount(mount, '/mnt/a', in_=self.pid)
        client.umount('/mnt/a', in_=self.pid, detach=True)
        client.close()
        self.gone()


class Nodes(Case):
    def test_the_services_own_node_is_what_the_kernel_gets(self):
        """A stranger's node names a number; the path that the kernel looks up is not the stranger's."""
        disk = Disk('NODE')
        self.addCleanup(disk.detach)
        major, minor = disk.number.split(':')
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a;'
                                   f'mknod /mnt/node b {major} {minor}; mount -t tmpfs fake /dev')
        self.client().mount('/mnt/a', '/mnt/node', 'ext4', in_=child.pid)
        row, = mounts_at('/mnt/a', child.pid)
        self.assertEqual((row['source'], row['device']), (disk.path, disk.number))


class Tags(Case):
    def setUp(self):
        self.root = self.client()
        self.pid = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a; chmod 755 /mnt').pid
        self.disk = Disk('LINX ÖTAG')
        self.addCleanup(self.disk.detach)

    def test_by_label_and_uuid(self):
        uuid = subprocess.run(['blkid', '-o', 'value', '-s', 'UUID', self.disk.path], check=True,
                              capture_output=True, text=True).stdout.strip()
        for source in ('LABEL=LINX ÖTAG', f'UUID={uuid}', f'UUID="{uuid}"', 'LABEL="LINX ÖTAG"'):
            with self.subTest(source):
                self.root.mount('/mnt/a', source, 'ext4', in_=self.pid)
                row, = mounts_at('/mnt/a', self.pid)
                self.assertEqual((row['source'], row['device']), (self.disk.path, self.disk.number))
                self.root.umount('/mnt/a', in_=self.pid)
        self.refused('Resolve.ENOENT', 'LABEL=NOBODY', self.root.mount, '/mnt/a', 'LABEL=NOBODY',
                     'ext4', in_=self.pid)

    def test_others_go_by_the_links_of_the_host(self):
        self.rule('if (subject.user == "alice" && action.lookup("source-kind") == "tag"'
                  f' && action.lookup("device") == "{self.disk.number}"'
                  f' && action.lookup("source") == "{self.disk.path}")'
                  ' return polkit.Result.YES;')
        alice = self.client('alice')
        self.refused(CHALLENGE, '', alice.mount, '/mnt/a', 'LABEL=LINX ÖTAG', 'ext4', in_=self.pid)
        self.refused('Resolve.ENOENT', 'by-label', alice.mount, '/mnt', 'LABEL=LINX ÖTAG', 'ext4')
        links = pathlib.Path('/dev/disk/by-label')
        links.mkdir(parents=True, exist_ok=True)
        (links / 'LINX\\x20ÖTAG').symlink_to(self.disk.path)
        self.addCleanup((links / 'LINX\\x20ÖTAG').unlink)
        alice.mount('/mnt/a', 'LABEL=LINX ÖTAG', 'ext4', in_=self.pid)
        self.assertEqual(mounts_at('/mnt/a', self.pid)[0]['device'], self.disk.number)
        for value in ('../../null', '..', ''):
            self.refused('Resolve.ENOENT', '', alice.mount, '/mnt', f'LABEL={value}', 'ext4')


if __name__ == '__main__':
    unittest.main()
