#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A source that is an automount point: what is mounted there is meant, as for mount(8)."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from actors import HERE
from harness import Case, mounts_at, service_pid, table, wait_until
from life import threads

ALLOW = 'if (subject.user == "alice") return polkit.Result.YES;'


class Automount(Case):
    def point_that(self, what):
        self.point = pathlib.Path(tempfile.mkdtemp(dir='/run/rig'))
        self.addCleanup(self.point.rmdir)
        self.addCleanup(self.umount_all, str(self.point))
        self.daemon = subprocess.Popen([sys.executable, HERE / 'automounter.py', self.point, what],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_daemon)
        self.said('ready')

    @staticmethod
    def umount_all(point):
        while mounts_at(point):
            subprocess.run(['umount', point], check=True)

    def end_daemon(self):
        self.daemon.stdin.close()
        self.daemon.wait()
        self.daemon.stdout.close()

    def said(self, word):
        self.assertEqual(self.daemon.stdout.readline(), word + '\n')

    def has_inside(self, target):
        return target.run('ls', '/mnt') == 'inside\n'

    def test_bind(self):
        """Into a container, by a user, with what is on it and without."""
        for options in ({}, {'recursive': True}):
            with self.subTest(options):
                self.rule(ALLOW)
                self.point_that('mounts')
                target = self.child()
                self.client('alice').bind(str(self.point), '/mnt', in_=target.pid, from_='host', **options)
                self.assertTrue(self.has_inside(target))
                self.said('asked')
                self.doCleanups()

    def test_below(self):
        self.point_that('mounts')
        target = self.child()
        self.client().bind(f'{self.point}/inside', '/mnt', in_=target.pid, from_='host')
        self.said('asked')
        self.assertEqual(target.run('ls', '/mnt'), '')

    def test_mounted_already(self):
        self.point_that('mounts')
        list(self.point.iterdir())
        self.said('asked')
        target = self.child()
        self.client().bind(str(self.point), '/mnt', in_=target.pid, from_='host')
        self.assertTrue(self.has_inside(target))

    def test_target_and_other_verbs(self):
        """mount(2) triggers nothing where it mounts."""
        self.point_that('mounts')
        root = self.client()
        root.mount(str(self.point))
        self.assertEqual([row['fstype'] for row in mounts_at(str(self.point))], ['autofs', 'tmpfs'])
        root.umount(str(self.point))
        self.assertEqual([row['fstype'] for row in mounts_at(str(self.point))], ['autofs'])

    def test_nothing_there(self):
        self.point_that('fails')
        before, client = table(), self.client()
        self.refused('Resolve.ENOENT', str(self.point), client.bind, str(self.point), '/mnt')
        self.said('asked')
        self.assertEqual(table(), before)

    def test_no_answer(self):
        """Only this call waits, and ends in its time."""
        self.point_that('hangs')
        before, client, other = table(), self.client(), self.client('bob')
        client.send('Bind', f"('{self.point}', '/mnt', {{'timeout': <uint32 3000>}})")
        self.said('asked')
        other.list(limit=1)
        self.assertTrue(client.waits())
        self.refused('Timeout', 'nothing', client.receive)
        self.assertEqual(table(), before)
        self.end_daemon()
        self.daemon.stdin = self.daemon.stdout = open('/dev/null')
        wait_until(lambda: 'linx-worker' not in threads(service_pid()), 'the worker ending')


if __name__ == '__main__':
    unittest.main()
