#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines of fstab and words of options as people have them, and linx-mountctl's mount --all and umount by source."""
import os
import pathlib
import subprocess
import unittest

from harness import INVALID_ARGS, Case, Disk, mounts_at, start_in_its_place, table, wait_until
from life import DAEMON

FSTAB = pathlib.Path('/etc/fstab')


class Forms(Case):
    def setUp(self):
        self.root = self.client()
        self.disk = Disk('FORMS')
        self.addCleanup(self.disk.detach)
        self.uuid = subprocess.run(['blkid', '-s', 'UUID', '-o', 'value', self.disk.file], check=True, text=True,
                                   capture_output=True).stdout.strip()
        before = FSTAB.read_text() if FSTAB.exists() else ''
        self.addCleanup(FSTAB.write_text, before)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 't', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '--recursive', '/mnt'], check=True)
        for name in ('a', 'b', 'c', 'd'):
            os.mkdir(f'/mnt/{name}')
        os.symlink('/mnt/a', '/mnt/link')
        os.symlink(self.disk.path, '/mnt/disk')

    def at(self, point='/mnt/a'):
        return mounts_at(point)

    def umount(self, point='/mnt/a'):
        self.root.umount(point)

    def ctl(self, *words, rc=0):
        result = subprocess.run(['linx-mountctl', '--no-ask-password', *words], text=True, capture_output=True,
                                check=False, cwd='/mnt')
        self.assertEqual(result.returncode, rc, (words, result.stdout, result.stderr))
        return result.stdout + result.stderr


class Lines(Forms):
    def test_one_line_by_all_its_names(self):
        """A device, its tags and links to it are the same, and so are the forms of a place."""
        for source in (self.disk.path, f'UUID={self.uuid}', f'UUID="{self.uuid}"', 'LABEL=FORMS', 'LABEL="FORMS"',
                       '/mnt/disk'):
            FSTAB.write_text(f'{source} /mnt/a ext4 noexec 0 0\n')
            for given in ((source, ''), (self.disk.path, ''), ('/mnt/disk', ''), ('', '/mnt/a'), ('', '/mnt/link'),
                          ('', '/mnt//a/'), ('', self.disk.path), ('', '/mnt/disk')):
                with self.subTest(line=source, given=given):
                    self.root.mount(given[1], given[0], '')
                    row, = self.at()
                    self.assertEqual((row['source'], row['mount-options']), (self.disk.path, 'rw,noexec,relatime'))
                    self.umount()
            for word in (self.disk.path, '/mnt/a', './a', 'disk', 'link'):
                with self.subTest(line=source, word=word):
                    self.ctl('mount', word)
                    self.assertIn('noexec', self.at()[0]['mount-options'])
                    self.umount()

    def test_type_and_place_alone(self):
        FSTAB.write_text('mine /mnt/b tmpfs size=1M,noexec 0 0\n')
        self.ctl('mount', '-t', 'tmpfs', '/mnt/b')
        row, = self.at('/mnt/b')
        self.assertEqual((row['source'], row['mount-options']), ('mine', 'rw,noexec,relatime'))
        self.umount('/mnt/b')
        self.root.mount('/mnt/c', '', 'tmpfs')
        self.root.mount('/mnt/b', '', 'ramfs')
        self.assertEqual(self.at('/mnt/b')[0]['fstype'], 'ramfs')

    def test_words_of_lines(self):
        FSTAB.write_text('t /mnt/a tmpfs comment=cloudconfig,X-any=1,user=somebody,iversion,size=1M,x-systemd.automount,'
                         'uid=nobody,gid=daemon 0 0\n')
        self.root.mount('/mnt/a', '', '')
        row, = self.at()
        self.assertEqual(row['mount-options'], 'rw,relatime')
        self.assertEqual((os.stat('/mnt/a').st_uid, os.stat('/mnt/a').st_gid), (65534, 1))


class NothingIsOpened(Forms):
    """What a caller names is looked up as all is that callers name: libmount would open and parse it."""

    def no_line(self, client, target, source):
        self.refused('Fstab.ENOENT', '', client.mount, target, source, '')

    def test_image(self):
        image = pathlib.Path('/run/rig/alice.img')
        subprocess.run(['sh', '-ec', f'truncate -s 4M {image}; mkfs.ext4 -q -L EVIL {image}; chown alice {image}'],
                       check=True)
        self.addCleanup(image.unlink)
        FSTAB.write_text('LABEL=EVIL /mnt/a ext4 noexec 0 0\n')
        os.utime(image, (1, 1 << 30))
        for user in ('alice', 'root'):
            self.no_line(self.client(user), '', str(image))
        self.assertEqual(image.stat().st_atime, 1)

    def test_magic_links(self):
        FSTAB.write_text('/dev/null /mnt/a ext4 noexec 0 0\nmine / tmpfs size=1M 0 0\n')
        for user in ('alice', 'root'):
            client = self.client(user)
            for word in ('/proc/self/fd/0', '/proc/self/cwd', '/proc/self/root', '/dev/stdin'):
                self.no_line(client, '', word)
                self.no_line(client, word, '')

    def test_terminal(self):
        """Of who leads a session, what is opened may become the terminal."""
        FSTAB.write_text('LABEL=EVIL /mnt/a ext4 noexec 0 0\n')
        service = start_in_its_place(DAEMON, start_new_session=True, stderr=subprocess.DEVNULL)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)
        controller, terminal = os.openpty()
        name = os.ttyname(terminal)
        os.close(terminal)
        self.no_line(self.client(), '', name)
        words = pathlib.Path(f'/proc/{service.pid}/stat').read_text().split(')')[1].split()
        self.assertEqual(words[4], '0')
        os.close(controller)
        self.client('bob').list(limit=1)

    def test_links(self):
        FSTAB.write_text(f'{self.disk.path} /mnt/a ext4 noexec 0 0\n')
        for target, source in (('/mnt/disk', ''), ('', '/mnt/disk'), ('/mnt/link', '')):
            self.refused('Fstab.ENOENT', '', self.root.mount, target, source, '', **{'no-symlinks': '<true>'})

    def test_raw(self):
        FSTAB.write_text(f'{self.disk.path} /mnt/a ext4 noexec 0 0\n')
        disk = self.disk.path.encode()
        for target, raw in (('', {'source': disk}), ('/mnt/a', {'source': disk}), ('', {'target': b'/mnt/a'}),
                            ('', {'target': disk})):
            pairs = ', '.join(f"'{key}': b'{value.decode()}'" for key, value in raw.items())
            self.root.call('Mount', f"('', '{target}', '', {{'raw': <{{{pairs}}}>}})")
            row, = self.at()
            self.assertEqual((row['source'], row['mount-options']), (self.disk.path, 'rw,noexec,relatime'))
            self.umount()


class Words(Forms):
    def test_many_names(self):
        """Each file is read once, and lines of any length."""
        before = pathlib.Path('/etc/group').read_text()
        self.addCleanup(pathlib.Path('/etc/group').write_text, before)
        pathlib.Path('/etc/group').write_text(
            before + 'crowd:x:4000:' + ','.join(f'member{n}' for n in range(9000)) + '\nafter:x:4001:\n')
        for name, number in (('crowd', 4000), ('after', 4001)):
            self.root.mount('/mnt/a', options=f'gid={name}')
            self.assertEqual(os.stat('/mnt/a').st_gid, number)
            self.umount()
        self.root.mount('/mnt/a')
        self.root.remount('/mnt/a', superblock=True, options='gid=after')  # which tmpfs takes, and does nothing

    def test_names_of_owners(self):
        self.root.mount('/mnt/a', options='uid=daemon,gid="bin",size=1M')
        self.assertEqual((os.stat('/mnt/a').st_uid, os.stat('/mnt/a').st_gid), (1, 2))
        before = table()
        self.refused(INVALID_ARGS, "'uid': 'no-such-user'", self.root.mount, '/mnt/b', options='uid=no-such-user')
        self.refused(INVALID_ARGS, "'gid': 'no-such'", self.root.mount, '/mnt/b', options='gid=no-such')
        child = self.child()
        self.refused(INVALID_ARGS, 'outside of the host', self.root.mount, '/mnt', options='uid=daemon', in_=child.pid)
        self.assertEqual(table(), before)
        self.rule('if (subject.user == "alice" && action.lookup("fs-options") == "uid=1") return polkit.Result.YES;')
        self.client('alice').mount('/mnt/b', options='uid=daemon')
        self.assertEqual(os.stat('/mnt/b').st_uid, 1)

    def test_lists_of_types(self):
        for fstype in ('xfs,ext4', 'ext4,xfs', 'ext4,', 'auto,xfs'):
            if fstype.endswith(','):
                self.refused(INVALID_ARGS, "'fstype' is empty", self.root.mount, '/mnt/a', self.disk.path, fstype)
                continue
            self.root.mount('/mnt/a', self.disk.path, fstype)
            self.assertEqual(self.at()[0]['fstype'], 'ext4')
            self.umount()
        self.refused('Mount.EINVAL', 'it is ext4', self.root.mount, '/mnt/a', self.disk.path, 'xfs,btrfs')
        self.refused(INVALID_ARGS, 'no name of a filesystem type', self.root.mount, '/mnt/a', self.disk.path, 'xfs,e/x')

    def test_quoted_tags(self):
        for source in (f'UUID="{self.uuid}"', 'LABEL="FORMS"', "LABEL='FORMS'"):
            self.root.mount('/mnt/a', source, 'ext4')
            self.assertEqual(self.at()[0]['source'], self.disk.path)
            self.umount()

    def test_user_with_a_name_brings_nothing(self):
        self.root.mount('/mnt/a', options='user=somebody')
        self.assertEqual(self.at()[0]['mount-options'], 'rw,relatime')
        self.umount()
        self.root.mount('/mnt/a', options='user')
        self.assertEqual(self.at()[0]['mount-options'], 'rw,nosuid,nodev,noexec,relatime')


class All(Forms):
    def test_all(self):
        FSTAB.write_text(f'''one /mnt/a tmpfs size=1M 0 0
            two /mnt/b tmpfs noauto 0 0
            {self.disk.path} /mnt/c ext4 _netdev,ro 0 0
            LABEL=none /mnt/d ext4 nofail 0 0
            /dev/swap none swap sw 0 0\n''')
        self.assertIn('2 mounted, 0 mounted before, 0 failed, 1 failed that may', self.ctl('mount', '--all'))
        self.assertEqual([len(self.at(f'/mnt/{name}')) for name in 'abcd'], [1, 0, 1, 0])
        self.assertIn('0 mounted, 2 mounted before, 0 failed, 1 failed that may', self.ctl('mount', '-a'))
        self.umount('/mnt/a')
        self.umount('/mnt/c')
        self.assertIn('1 mounted, 0 mounted before, 0', self.ctl('mount', '-a', '-t', 'tmpfs'))
        FSTAB.write_text('LABEL=none /mnt/d ext4 defaults 0 0\nthree /mnt/b tmpfs defaults 0 0\n')
        said = self.ctl('mount', '--all', rc=1)
        self.assertIn('1 mounted, 0 mounted before, 1 failed, 0 failed that may', said)
        self.assertIn('LABEL=none', said)
        self.ctl('mount', '--all', '/mnt/a', rc=2)
        self.ctl('mount', rc=2)

    def test_umount_by_source(self):
        self.root.mount('/mnt/a', self.disk.path, 'ext4')
        for word in (self.disk.path, 'disk', 'LABEL=FORMS', f'UUID={self.uuid}'):
            with self.subTest(word):
                self.root.mount('/mnt/b', self.disk.path, 'ext4')
                self.ctl('umount', word)
                self.assertEqual((len(self.at()), len(self.at('/mnt/b'))), (1, 0))
        self.ctl('umount', self.disk.path)
        self.assertIn('not mounted', self.ctl('umount', self.disk.path, rc=1))
        self.assertIn('not mounted', self.ctl('umount', 'LABEL=FORMS', rc=1))

    def test_umount_of_an_image(self):
        subprocess.run(['mkfs.ext4', '-q', '/mnt/image', '4M'], check=True, stderr=subprocess.DEVNULL)
        self.ctl('mount', '/mnt/image', '/mnt/a')
        self.ctl('umount', 'image')
        self.assertFalse(self.at())
        wait_until(lambda: '/mnt/image' not in subprocess.check_output(['losetup', '--all'], text=True), 'the device going')
        self.ctl('bind', '/mnt/image', '/mnt/image')
        self.ctl('umount', '/mnt/image')
        self.assertFalse(self.at('/mnt/image'))

    def test_all_targets(self):
        for word in (self.disk.path, '/mnt/b', 'c'):
            for name in 'abc':
                self.root.mount(f'/mnt/{name}', self.disk.path, 'ext4')
            self.root.bind('/mnt/a', '/mnt/d')
            with self.subTest(word):
                self.ctl('umount', '--all-targets', word)
                self.assertEqual([row for name in 'abcd' for row in self.at(f'/mnt/{name}')], [])


if __name__ == '__main__':
    unittest.main()
