#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel that lacks what the service cannot do without: it says so, and does nothing."""
import pathlib
import subprocess
import unittest

from harness import HELPERS, Case, table, wait_until

DAEMON = '/usr/libexec/linx-mountd'
NOT_SUPPORTED = 'org.freedesktop.DBus.Error.NotSupported'


class Missing(Case):
    def start(self, *parts):
        """The service without @parts, in the place of the one that has the name."""
        service = subprocess.Popen([HELPERS / 'without', *parts, '--', DAEMON, '--replace'],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)

        def owner():
            """0 while nobody has the name."""
            answer = subprocess.run(
                ['busctl', 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus',
                 'GetConnectionUnixProcessID', 's', 'org.linx.Mount1'],
                capture_output=True, text=True).stdout
            return int(answer.split()[1]) if answer else 0
        wait_until(lambda: owner() == service.pid, 'the service being replaced')
        return self.client()

    def test_each(self):
        self.assertTrue(pathlib.Path(DAEMON).exists())
        for name in ('open_tree', 'move_mount', 'fsopen', 'fsconfig', 'fsmount', 'fspick',
                     'openat2', 'mount_setattr'):
            with self.subTest(name):
                root, before = self.start(name), table()
                self.refused(NOT_SUPPORTED, f'{name}(2)', root.mount, '/mnt')
                self.refused(NOT_SUPPORTED, f'{name}(2)', root.list)
                self.assertEqual(table(), before)

    def test_layers_are_for_root_then(self):
        """Without layers as descriptors the kernel would look them up as root."""
        child = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; cd /mnt;'
                                   'mkdir low low2 all')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        root = self.start('fsconfig-fd')
        options = 'lowerdir=/mnt/low:/mnt/low2'
        self.refused(NOT_SUPPORTED, "'lowerdir'", self.client('alice').mount, '/mnt/all', 'o',
                     'overlay', in_=child.pid, options=options)
        root.mount('/mnt/all', 'o', 'overlay', in_=child.pid, options=options)


if __name__ == '__main__':
    unittest.main()
