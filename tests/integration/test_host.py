#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What mount(8) does in the host: fstab, detection of the type, helpers, utab."""
import os
import pathlib
import pwd
import shutil
import subprocess
import unittest

from harness import (CHALLENGE, INVALID_ARGS, Case, Disk, HungFs, as_user, mountinfo, mounts_at,
                     start_in_its_place, table, wait_until)

FSTAB = pathlib.Path('/etc/fstab')
NOT_SUPPORTED = 'org.freedesktop.DBus.Error.NotSupported'


class Host(Case):
    def setUp(self):
        self.root = self.client()
        self.root.mount('/mnt', source='t', options='mode=755')
        self.addCleanup(self.root.umount, '/mnt', recursive=True)
        for name in ('a', 'b'):
            pathlib.Path('/mnt', name).mkdir()

    def row(self, point='/mnt/a'):
        return mounts_at(point)[-1]

    def wait_for_user_options(self, expected, point='/mnt/a'):
        """They are recorded after the reply."""
        wait_until(lambda: self.user_options(point) == expected, f'{expected} in utab')

    def wait_for_utab_without(self, word):
        wait_until(lambda: word not in pathlib.Path('/run/mount/utab').read_text(), f'{word} gone')

    def user_options(self, point='/mnt/a'):
        return [row.get('user-options') for row in self.root.list(target=point)]


class Fstab(Host):
    def setUp(self):
        super().setUp()
        self.disk = Disk('FSTAB')
        self.addCleanup(self.disk.detach)
        before = FSTAB.read_text() if FSTAB.exists() else ''
        self.addCleanup(FSTAB.write_text, before)
        FSTAB.write_text(f'{self.disk.path} /mnt/a ext4 ro,noexec,x-test=1,comment=cloudconfig,X-x=y 0 0\n'
                         'swept /mnt/b tmpfs size=1M,user 0 0\n'
                         '/mnt/b /mnt/c none bind,X-mount.mkdir 0 0\n')

    def test_by_target(self):
        self.root.mount('/mnt/a', '', '')
        self.assertEqual((self.row()['source'], self.row()['fstype'], self.row()['mount-options']),
                         (self.disk.path, 'ext4', 'ro,noexec,relatime'))
        self.wait_for_user_options(['x-test=1'])

    def test_by_source(self):
        self.root.mount('', self.disk.path, '')
        self.assertEqual(self.row()['fstype'], 'ext4')
        self.root.umount('/mnt/a')
        self.root.mount('/mnt/a', '', 'ext4')
        self.assertEqual(self.row()['source'], self.disk.path)

    def test_own_options_come_last(self):
        self.root.mount('/mnt/a', '', '', options='exec,noatime')
        self.assertEqual(self.row()['mount-options'], 'ro,noatime')
        self.root.mount('/mnt/b', '', '')
        self.assertEqual(self.row('/mnt/b')['mount-options'], 'rw,nosuid,nodev,noexec,relatime')

    def test_line_that_is_another_verb(self):
        self.root.mount('/mnt/c', '', '')
        self.assertTrue(self.row('/mnt/c')['root'].endswith('/b'))

    def test_details_are_complete(self):
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount"'
                  f' && action.lookup("device") == "{self.disk.number}"'
                  ' && action.lookup("fstype") == "ext4" && action.lookup("target") == "/mnt/a"'
                  ' && action.lookup("attributes") == "ro,nosuid,nodev,noexec")'
                  ' return polkit.Result.YES;')
        self.client('alice').mount('/mnt/a', '', '')
        self.refused(CHALLENGE, '', self.client('alice').mount, '/mnt/b', '', '')

    def test_no_line(self):
        self.refused('Fstab.ENOENT', '/mnt/none', self.root.mount, '/mnt/none', '', '')
        self.refused('Fstab.ENOENT', '/dev/none', self.root.mount, '', '/dev/none', '')
        self.refused(INVALID_ARGS, "'target' is empty", self.root.mount, '', 't', 'tmpfs')

    def test_only_who_may_read_it(self):
        FSTAB.chmod(0o600)
        self.addCleanup(FSTAB.chmod, 0o644)
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.refused('Fstab.ENOENT', '/mnt/a', self.client('alice').mount, '/mnt/a', '', '')

    def test_only_in_the_host(self):
        child = self.child()
        self.refused(INVALID_ARGS, "'source' is empty, and /etc/fstab", self.root.mount, '/mnt', '', '',
                     in_=child.pid)
        self.refused(INVALID_ARGS, "'target' is empty", self.root.mount, '', self.disk.path, '',
                     in_=child.pid)

    def test_lines_that_are_wrong(self):
        FSTAB.write_text('t /mnt/b tmpfs helper=evil 0 0\nt /mnt/a tmpfs fd=3 0 0\n')
        self.refused(INVALID_ARGS, "'helper'", self.root.mount, '/mnt/b', '', '')
        self.refused(INVALID_ARGS, "'fd'", self.root.mount, '/mnt/a', '', '')


class Detection(Host):
    def test_type_is_read_from_the_source(self):
        disk = Disk('DETECT')
        self.addCleanup(disk.detach)
        child = self.child()
        for source in (disk.path, 'LABEL=DETECT'):
            for where in ({}, {'in_': child.pid}):
                with self.subTest(f'{source} {where}'):
                    self.root.mount('/mnt', source, 'auto', **where)
                    self.assertEqual(mounts_at('/mnt', where.get('in_', 'self'))[-1]['fstype'], 'ext4')
                    self.root.umount('/mnt', **where)

    def test_nothing_there(self):
        empty = pathlib.Path('/run/rig/empty')
        empty.write_bytes(b'\0' * (1 << 20))
        self.addCleanup(empty.unlink)
        self.refused('Mount.EINVAL', ['/run/rig/empty', 'no filesystem'], self.root.mount, '/mnt/a',
                     str(empty), '')

    def test_only_for_root(self):
        disk = Disk('SECRET')
        self.addCleanup(disk.detach)
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.refused(INVALID_ARGS, 'only root', self.client('alice').mount, '/mnt/a', disk.path, '')


class Utab(Host):
    def test_recorded_moved_and_forgotten(self):
        self.root.mount('/mnt/a', options='x-gvfs-hide,_netdev,x-note=a b')
        self.wait_for_user_options(['x-gvfs-hide,_netdev,x-note=a b'])
        self.assertIn('x-gvfs-hide', subprocess.check_output(['mount'], text=True))
        self.root.move('/mnt/a', '/mnt/b')
        self.wait_for_user_options(['x-gvfs-hide,_netdev,x-note=a b'], '/mnt/b')
        self.root.umount('/mnt/b')
        self.wait_for_utab_without('/mnt/b')
        self.root.mount('/mnt/b')
        self.wait_for_user_options([None], '/mnt/b')

    def test_bind_and_subtree(self):
        self.root.bind('/usr', '/mnt/a', options='x-bound')
        self.wait_for_user_options(['x-bound'])
        self.root.umount('/mnt/a', recursive=True)
        self.wait_for_utab_without('x-bound')

    def test_of_an_image(self):
        """By the loop device, as mount and umount look it up."""
        disk = Disk('UTAB')
        disk_file = shutil.copy(disk.file, '/run/rig/utab.img')
        self.addCleanup(os.unlink, disk_file)
        disk.detach()
        self.root.mount('/mnt/a', disk_file, 'ext4', options='x-image,_netdev')
        self.wait_for_user_options(['x-image,_netdev'])
        self.assertIn('x-image', subprocess.check_output(['mount', '-t', 'ext4'], text=True))
        self.root.umount('/mnt/a')
        self.wait_for_utab_without('x-image')

    def test_remount(self):
        """Beside what is there, also where nothing was, and of a bind."""
        self.root.mount('/mnt/a', options='x-one=1,x-two=2')
        self.wait_for_user_options(['x-one=1,x-two=2'])
        self.root.remount('/mnt/a', options='noatime,x-two=3,x-three')
        self.wait_for_user_options(['x-one=1,x-two=3,x-three'])
        self.root.remount('/mnt/a', options='nodev')
        self.root.bind('/usr', '/mnt/b')
        self.root.remount('/mnt/b', options='x-late')
        self.wait_for_user_options(['x-late'], '/mnt/b')
        self.assertEqual(self.user_options(), ['x-one=1,x-two=3,x-three'])
        self.root.umount('/mnt/b')
        self.wait_for_utab_without('x-late')

    def test_utab_of_a_source_that_hangs(self):
        """What is bound is not looked up once more, by root: one filesystem would keep all from being recorded."""
        fs = HungFs('lookup', 'getattr', 'other', of='linx-utab')
        self.addCleanup(fs.end)
        self.root.bind(f'{fs.point}/dir', '/mnt/a', options='x-hung')
        self.addCleanup(self.root.umount, '/mnt/a')
        self.root.mount('/mnt/b', options='x-after')
        self.wait_for_user_options(['x-hung'], '/mnt/a')
        self.wait_for_user_options(['x-after'], '/mnt/b')
        self.root.umount('/mnt/b')
        self.wait_for_utab_without('x-after')

    def test_utab_of_a_new_bind(self):
        """It has nothing of what was there before, and nobody forgot."""
        subprocess.run(['mount', '--bind', '-o', 'x-stale', '/usr', '/mnt/a'], check=True)
        subprocess.run(['umount', '-i', '--no-mtab', '/mnt/a'], check=True)
        self.root.bind('/usr', '/mnt/a', options='x-new')
        self.wait_for_user_options(['x-new'], '/mnt/a')
        self.root.umount('/mnt/a')
        self.wait_for_utab_without('x-new')

    def test_a_lock_that_somebody_holds(self):
        """libmount's own lock, which everybody may take who may read its file: no call waits."""
        self.root.mount('/mnt/a', options='x-held')
        self.wait_for_user_options(['x-held'])
        with subprocess.Popen(['setpriv', '--reuid', 'alice', '--clear-groups', 'flock', '-F',
                               '/run/mount/utab.lock', 'sh', '-c', 'echo held; exec sleep 1000000'],
                              stdout=subprocess.PIPE, text=True) as holder:
            self.addCleanup(holder.kill)
            self.assertEqual(holder.stdout.readline(), 'held\n')
            self.root.mount('/mnt/b', options='x-later', timeout=10000)
            self.root.umount('/mnt/a', timeout=10000)
            holder.kill()
        self.wait_for_user_options(['x-later'], '/mnt/b')
        self.wait_for_utab_without('x-held')

    def test_not_elsewhere(self):
        child = self.child()
        self.root.mount('/mnt', options='x-inside', in_=child.pid)
        self.assertNotIn('user-options', self.root.list(target='/mnt', in_=child.pid)[-1])
        utab = pathlib.Path('/run/mount/utab')
        self.assertNotIn('x-inside', utab.read_text() if utab.exists() else '')


class Helpers(Host):
    def setUp(self):
        super().setUp()
        self.source = pathlib.Path('/srv/source')
        self.source.mkdir()
        (self.source / 'file').write_text('through fuse')
        self.addCleanup(subprocess.run, ['rm', '-r', self.source], check=True)

    def test_not_in_containers(self):
        """Of any type that has one: it would run in the host."""
        child = self.child()
        for fstype, source in (('fuse.bindfs', str(self.source)), ('nfs', 'server:/export'), ('nfs4', 'server:/export'),
                               ('cifs', '//server/share'), ('smb3', '//server/share')):
            self.refused('org.freedesktop.DBus.Error.NotSupported', f'/sbin/mount.{fstype}', self.root.mount, '/mnt',
                         source, fstype, in_=child.pid)

    def test_fuse_outlives_the_idle_service(self):
        service = start_in_its_place('/usr/libexec/linx-mountd', '--idle-timeout', '1',
                                     stderr=subprocess.DEVNULL)
        self.root.mount('/mnt/a', str(self.source), 'fuse.bindfs', options='ro,x-by=helper')
        self.assertEqual((self.row()['fstype'], self.row()['mount-options'].split(',')[0]),
                         ('fuse', 'ro'))
        self.wait_for_user_options(['x-by=helper'])
        self.assertEqual(service.wait(20), 0)
        self.assertEqual(pathlib.Path('/mnt/a/file').read_text(), 'through fuse')
        self.root.umount('/mnt/a')
        self.wait_for_user_options([])

    def test_bind_of_what_is_closed_to_root(self):
        place = pathlib.Path('/run/rig/closed')
        place.mkdir()
        self.addCleanup(place.rmdir)
        os.chown(place, pwd.getpwnam('alice').pw_uid, -1)
        os.chmod('/dev/fuse', 0o666)
        subprocess.run([*as_user('alice'), 'bindfs', '--no-allow-other', self.source, place], check=True)
        self.addCleanup(subprocess.run, ['umount', place], check=True)
        self.assertRaises(PermissionError, os.listdir, place)
        self.root.bind(str(place), '/mnt/a')
        self.assertEqual(self.row()['fstype'], 'fuse')
        self.root.umount('/mnt/a')

    def test_users(self):
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount")'
                  ' return polkit.Result.YES;')
        self.refused(CHALLENGE, 'mount-unrestricted', self.client('alice').mount, '/mnt/a',
                     str(self.source), 'fuse.bindfs')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.client('alice').mount('/mnt/a', str(self.source), 'fuse.bindfs')
        self.assertIn('nosuid,nodev', self.row()['mount-options'])
        self.root.umount('/mnt/a')

    def helper(self, name, script):
        path = pathlib.Path(f'/sbin/mount.{name}')
        path.write_text(f'#!/bin/sh\n{script}\n')
        path.chmod(0o755)
        self.addCleanup(path.unlink)

    def test_create_and_what_helpers_cannot(self):
        self.root.mount('/mnt/new', str(self.source), 'fuse.bindfs', create='directory')
        self.assertTrue(pathlib.Path('/mnt/new/file').exists())
        self.root.umount('/mnt/new')
        for key in ('idmap', 'process'):
            self.refused(INVALID_ARGS, f"'{key}'", self.root.mount, '/mnt/a', str(self.source),
                         'fuse.bindfs', **{key: os.getpid()})

    def test_a_tag_is_found_before_the_helper_runs(self):
        """Others than root go by the links of the host, here too."""
        disk = Disk('HELPED')
        self.addCleanup(disk.detach)
        self.helper('telling', 'echo "$1 was asked for" >&2; exit 1')
        self.refused('Helper.EIO', f'{disk.path} was asked for', self.root.mount, '/mnt/a',
                     'LABEL=HELPED', 'telling')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.refused('Resolve.ENOENT', 'by-label', self.client('alice').mount, '/mnt/a',
                     'LABEL=HELPED', 'telling')

    def test_secrets_are_not_repeated(self):
        self.helper('fuse.telling', 'echo "bad options: $*" >&2; exit 1')
        fault = self.refused('Helper.EIO', ['bad options', 'password=***'], self.root.mount, '/mnt/a',
                             'x', 'fuse.telling', options='password=hunter2')
        self.assertNotIn('hunter2', fault.message)

    def test_path_through_fuse(self):
        """Its server says whose each directory is, and can be gone with what hid it."""
        fs = HungFs()
        self.addCleanup(fs.end)
        for arguments in ((str(fs.point / 'dir'), str(self.source)), ('/mnt/b', str(fs.point / 'dir'))):
            self.refused('Helper.EPERM', str(fs.point), self.root.mount, *arguments, 'fuse.bindfs')
            self.assertEqual([row for row in mountinfo() if row['fstype'] == 'fuse.bindfs'], [])

    def test_paths_that_others_could_exchange(self):
        """A helper takes paths: only those that nobody but root can have lead elsewhere."""
        before = table()
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        loose = pathlib.Path('/mnt/a/loose')
        loose.mkdir(parents=True)
        (loose / 'dir').mkdir()
        for how in (lambda: os.chown(loose, 1001, 0), lambda: os.chmod('/mnt/a', 0o1777)):
            how()
            for client in (alice, self.root):
                self.refused('Helper.EPERM', str(loose), client.mount, str(loose / 'dir'),
                             str(self.source), 'fuse.bindfs')
        self.refused('Helper.EPERM', str(loose), self.root.mount, '/mnt/b', str(loose / 'dir'),
                     'fuse.bindfs')
        os.symlink('/root', '/srv/source/link')
        self.refused('Resolve.EACCES', '/srv/source/link', alice.mount, '/mnt/b',
                     '/srv/source/link/x', 'fuse.bindfs')
        self.assertEqual(table(), before)

    def test_failures(self):
        before = table()
        self.helper('fuse.failing', 'echo words of its own >&2; exit 1')
        self.refused('Helper.EIO', ['/mnt/a', 'words of its own'], self.root.mount, '/mnt/a', 'x',
                     'fuse.failing')
        self.refused('Resolve.ENOENT', '/srv/none', self.root.mount, '/mnt/a', '/srv/none',
                     'fuse.bindfs')
        self.refused('Helper.EIO', 'nosuchserver', self.root.mount, '/mnt/a', 'x',
                     'fuse.nosuchserver')
        self.refused(INVALID_ARGS, 'no comma', self.root.mount, '/mnt/a', 'x', 'fuse.bindfs',
                     options='map="1/2,3"')
        self.refused(NOT_SUPPORTED, ['fuse.bindfs', "host's namespace"], self.root.mount, '/mnt',
                     str(self.source), 'fuse.bindfs', in_=self.child().pid)
        self.refused(NOT_SUPPORTED, 'helper', self.root.create_mount, 'x', 'fuse')
        self.assertEqual(table(), before)

    def test_a_share_is_no_path(self):
        """As fstab(5) has it, too."""
        self.helper('cifs', 'exec mount -i -t tmpfs "$1" "$2"')
        self.root.mount('/mnt/a', '//server/share', 'cifs')
        self.assertEqual(self.row()['source'], '//server/share')
        self.root.umount('/mnt/a')
        before = FSTAB.read_text() if FSTAB.exists() else ''
        self.addCleanup(FSTAB.write_text, before)
        FSTAB.write_text('//server/share /mnt/a cifs ro 0 0\n')
        self.root.mount('/mnt/a', '', '')
        self.assertEqual((self.row()['source'], self.row()['mount-options'].split(',')[0]),
                         ('//server/share', 'ro'))
        self.root.umount('/mnt/a')

    def test_what_a_source_without_a_type_is(self):
        """As mount(8) guesses."""
        for fstype, source in (('nfs', 'server:/export'), ('cifs', '//server/share')):
            self.helper(fstype, 'exec mount -i -t tmpfs "$1" "$2"')
            self.root.mount('/mnt/a', source, '')
            self.assertEqual(self.row()['source'], source)
            self.root.umount('/mnt/a')

    def test_a_type_that_mount_takes_for_all_others(self):
        self.helper('nofs', 'echo "$3 $4" >/run/rig/words; exec mount -i -t tmpfs "$1" "$2"')
        self.root.mount('/mnt/a', 'some', 'nofs', options='ro,word=$HOME,user=bob')
        self.assertEqual(self.row()['source'], 'some')
        words = pathlib.Path('/run/rig/words')
        self.assertEqual(words.read_text(), '-o defaults,ro,user=bob,word=$HOME\n')
        words.unlink()
        self.root.umount('/mnt/a')
        self.refused(INVALID_ARGS, "'-'", self.root.mount, '/mnt/a', '-o', 'nofs')

    def test_a_failure_is_one_line(self):
        self.helper('wordy', 'printf "one\\n\\n two \\nthree\\n" >&2; exit 1')
        fault = self.refused('Helper.EIO', 'one; two; three', self.root.mount, '/mnt/a', 'x', 'wordy')
        self.assertNotIn('\n', fault.message)

    def test_a_helper_that_mounts_elsewhere(self):
        """What a helper did is looked at, and not taken for done."""
        self.helper('elsewhere', 'env >/run/rig/environment; exec mount -t tmpfs elsewhere /mnt/b')
        self.refused('Helper.ESTALE', '/mnt/a', self.root.mount, '/mnt/a', 'x', 'elsewhere')
        self.assertTrue(mounts_at('/mnt/b'))
        environment = pathlib.Path('/run/rig/environment')
        names = {line.split('=')[0] for line in environment.read_text().splitlines()}
        self.assertLessEqual(names, {'PWD', 'SHLVL', '_', 'OLDPWD', 'PATH'})
        environment.unlink()


if __name__ == '__main__':
    unittest.main()
