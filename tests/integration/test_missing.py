#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel that lacks what the service cannot do without: it says so, and does nothing."""
import pathlib
import subprocess
import unittest

from harness import HELPERS, Case, start_in_its_place, table

DAEMON = '/usr/libexec/linx-mountd'
NOT_SUPPORTED = 'org.freedesktop.DBus.Error.NotSupported'


class Missing(Case):
    def start(self, *parts):
        """The service without @parts, in the place of the one that has the name."""
        service = start_in_its_place(HELPERS / 'without', *parts, '--', DAEMON,
                                     stderr=subprocess.DEVNULL)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)
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


if __name__ == '__main__':
    unittest.main()
