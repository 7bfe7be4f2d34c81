#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A user's own FUSE mount, which answers no other process, not even root's."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import CHALLENGE, Case, as_user, mounts_at, table, wait_until


class OwnFuse(Case):
    def setUp(self):
        os.chmod('/dev/fuse', 0o666)
        self.base = pathlib.Path('/run/rig/alice')
        self.source, self.place = self.base / 'source', self.base / 'fuse'
        subprocess.run(['install', '-d', '-o', 'alice', self.base], check=True)
        self.addCleanup(subprocess.run, ['rm', '-r', self.base], check=True)
        subprocess.run([*as_user('alice'), 'sh', '-ec',
                        f'cd {self.base}; mkdir -p source/d/e fuse; touch source/d/file source/file; '
                        f'bindfs --no-allow-other {self.source} {self.place}'], check=True)
        self.addCleanup(subprocess.run, ['umount', '--lazy', self.place], check=True)
        wait_until(lambda: mounts_at(str(self.place)), 'bindfs mounting')
        self.assertRaises(PermissionError, os.listdir, self.place)
        pathlib.Path('/srv/t').mkdir()
        pathlib.Path('/srv/f').touch()
        self.addCleanup(os.rmdir, '/srv/t')
        self.addCleanup(os.unlink, '/srv/f')
        self.rule('if (subject.user == "alice" || subject.user == "bob") return polkit.Result.YES;')
        self.alice = self.client('alice')

    def umount(self, path):
        subprocess.run(['umount', path], check=True)

    def from_fd(self, path, target, client=None):
        return (client or self.alice).call('Bind', f"('', '{target}', {{'source-fd': <@h 0>}})",
                                           fds=[[str(path), 'O_PATH']])[0]

    def open_as_alice(self, path):
        holder = subprocess.Popen([*as_user('alice'), sys.executable, '-c', f'''if True:
            import os, sys
            print(os.open({str(path)!r}, os.O_PATH), flush=True)
            sys.stdin.read()'''], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        return os.open(f'/proc/{holder.pid}/fd/{holder.stdout.readline().strip()}', os.O_PATH)

    def test_what_the_owner_has_opened_as_source(self):
        for path, target, root in (('d', '/srv/t', '/d'), ('d/e', '/srv/t', '/d/e'),
                                   ('file', '/srv/f', '/file'), ('d/file', '/srv/f', '/d/file'),
                                   ('', '/srv/t', '/')):
            with self.subTest(path):
                self.from_fd(self.place / path, target)
                row, = mounts_at(target)
                self.assertEqual((row['root'], row['mount-options']),
                                 (root, 'rw,nosuid,nodev,relatime'))
                self.umount(target)
        self.refused('MoveMount.ENOTDIR', '', self.from_fd, self.place / 'd', '/srv/f')
        self.refused('MoveMount.ENOTDIR', '', self.from_fd, self.place / 'file', '/srv/t')

    def test_what_is_covered_meanwhile(self):
        """The path is that of another mount by now, and a rule would be asked about that."""
        held = self.open_as_alice(self.place / 'd')
        heir = self.client('alice', pass_fds=[held])
        os.close(held)
        self.alice.call('Mount', "('over', '', 'tmpfs', {'target-fd': <@h 0>})",
                        fds=[[str(self.place / 'd'), 'O_PATH']])
        self.refused('Resolve.EACCES', '', heir.call, 'Bind', "('', '/srv/t', {'source-fd': <@h 0>})",
                     fds=[[f'kept:{held}', None]])
        self.assertFalse(mounts_at('/srv/t'))

    def test_as_target(self):
        inner = self.place / 'd'
        self.alice.call('Mount', "('tmpfs', '', 'tmpfs', {'target-fd': <@h 0>})",
                        fds=[[str(inner), 'O_PATH']])
        self.assertEqual(mounts_at(str(inner))[0]['fstype'], 'tmpfs')

    def test_details_have_the_path(self):
        self.rule(f'''if (action.id == "org.linx.mount1.bind" && subject.user == "alice"
                && action.lookup("source") == "{self.place}/d") return polkit.Result.YES;''')
        self.from_fd(self.place / 'd', '/srv/t')
        self.umount('/srv/t')
        self.refused(CHALLENGE, '', self.from_fd, self.place / 'd/e', '/srv/t')

    def test_paths_say_what_to_do(self):
        for call, *words in ((self.alice.bind, f'{self.place}/d', '/srv/t'),
                             (self.alice.bind, f'{self.place}/d/e', '/srv/t'),
                             (self.alice.mount, f'{self.place}/d'),
                             (self.alice.umount, f'{self.place}/d/e')):
            self.refused('Resolve.EACCES', "'source-fd', 'target-fd'", call, *words)
        # For what it is not, nothing is said of it.
        self.source.chmod(0o700)
        self.refused('Resolve.EACCES', 'Permission denied', self.client('bob').bind,
                     f'{self.source}/d', '/srv/t')
        self.refused('Resolve.EACCES', 'Permission denied', self.client('bob').bind,
                     f'{self.place}/d', '/srv/t')

    def test_somebody_elses(self):
        """bob was handed a descriptor, and it is not his filesystem."""
        fd = self.open_as_alice(self.place / 'd')
        bob = self.client('bob', pass_fds=[fd])
        os.close(fd)
        before = table()
        self.refused('Resolve.EACCES', '', bob.call, 'Bind', "('', '/srv/t', {'source-fd': <@h 0>})",
                     fds=[[f'kept:{fd}', None]])
        self.assertEqual(table(), before)

    def test_hidden_below_another_mount(self):
        fd = self.open_as_alice(self.place / 'd')
        heir = self.client('alice', pass_fds=[fd])
        os.close(fd)
        subprocess.run(['mount', '-t', 'tmpfs', 'over', self.base], check=True)
        try:
            self.refused('Resolve.ESTALE', '', heir.call, 'Bind', "('', '/srv/t', {'source-fd': <@h 0>})",
                         fds=[[f'kept:{fd}', None]])
        finally:
            self.umount(self.base)


if __name__ == '__main__':
    unittest.main()
