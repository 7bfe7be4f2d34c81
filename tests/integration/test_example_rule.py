#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rule that is installed as an example, against those who would have it allow more."""
import pathlib
import subprocess
import unittest

from harness import CHALLENGE, Case, Disk, mounts_at, wait_until


class ExampleRule(Case):
    """The rule that is installed as an example, with the number of a disk that is there."""

    def setUp(self):
        self.disk = Disk('BACKUP')
        self.addCleanup(self.disk.detach)
        links = pathlib.Path('/dev/disk/by-label')
        links.mkdir(parents=True, exist_ok=True)
        self.link = links / 'BACKUP'
        self.point_at(self.disk)
        self.place = pathlib.Path('/srv/backup')
        self.addCleanup(subprocess.run, ['rm', '-r', '--one-file-system', '/srv/backup'], check=True)
        self.place.mkdir()
        text = pathlib.Path('/usr/share/doc/linx-mount/examples/50-linx-mount-backup-disk.rules')
        rule = text.read_text()
        self.assertIn('"8:17"', rule)
        path = pathlib.Path('/etc/polkit-1/rules.d/50-linx-mount-backup-disk.rules')
        path.write_text(rule.replace('"8:17"', f'"{self.disk.number}"'))
        self.addCleanup(path.unlink)
        self.carol = self.client('carol')
        self.arguments = dict(source=str(self.link), fstype='ext4', options='ro')
        wait_until(lambda: self.carol.can('Mount', str(self.link), '/srv/backup', 'ext4',
                                          options='ro') == 'yes', 'polkit reading the rule')

    def point_at(self, disk):
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(disk.path)
        self.addCleanup(self.link.unlink, missing_ok=True)

    def no(self, client=None, target='/srv/backup', error=CHALLENGE, **changed):
        self.refused(error, '', (client or self.carol).mount, target,
                     **dict(self.arguments, **changed))

    def test_what_it_allows(self):
        self.carol.mount('/srv/backup', **self.arguments)
        row, = mounts_at('/srv/backup')
        self.assertEqual(row['mount-options'], 'ro,nosuid,nodev,relatime')
        self.assertEqual(row['source'], self.disk.path)
        self.assertEqual(row['device'], self.disk.number)
        self.carol.umount('/srv/backup')
        self.assertFalse(mounts_at('/srv/backup'))

    def test_a_part_of_the_disk(self):
        self.no(options='ro,X-mount.subdir=lost+found')
        self.no(exclusive=True)

    def test_another_stick_with_the_label(self):
        other = Disk('BACKUP')
        self.addCleanup(other.detach)
        self.point_at(other)
        self.no()

    def test_stick_exchanged_after_approval(self):
        """The link is looked up once: what it points at later does not matter."""
        other = Disk('BACKUP')
        self.addCleanup(other.detach)
        self.carol.mount('/srv/backup', **self.arguments)
        self.point_at(other)
        self.assertEqual(mounts_at('/srv/backup')[0]['device'], self.disk.number)
        self.carol.umount('/srv/backup')

    def test_symlink_as_target(self):
        self.place.rmdir()
        self.place.symlink_to('/mnt')
        self.no()

    def test_other_targets(self):
        for name in ('backup2', 'backup/sub', 'ackup'):
            path = self.place.parent / name
            path.mkdir()
            self.no(target=str(path))
            path.rmdir()

    def test_own_namespace(self):
        client = self.client('carol', enter=['unshare', '--user', '--map-current-user', '--mount'])
        for where in ('self', client.process.pid):
            self.no(client, in_=where)

    def test_other_options(self):
        for options in ('', 'rw', 'ro,suid', 'ro,dev', 'ro,errors=remount-ro', 'ro,noexec',
                        'ro,noload', 'ro,sync'):
            with self.subTest(options):
                self.no(options=options)
        self.no(fstype='ext3')
        self.no(source=self.disk.path)

    def test_other_people(self):
        self.no(self.client('alice'))

    def test_other_unmounts(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'there', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '/mnt'], check=True)
        self.refused(CHALLENGE, '', self.carol.umount, '/mnt')
        self.carol.mount('/srv/backup', **self.arguments)
        self.addCleanup(subprocess.run, ['umount', '/srv/backup'], check=True)
        self.refused(CHALLENGE, '', self.carol.umount, '/srv/backup', detach=True)


if __name__ == '__main__':
    unittest.main()
