#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""More of everything than anybody needs: it is bounded, the error is clear, and nothing is lost."""
import os
import pathlib
import subprocess
import sys
import time
import unittest

from harness import BUILD, HERE, INVALID_ARGS, mountinfo, mounts_at, service_pid, table, wait_until
from life import LIMITS, Life, peak_mib

MOUNT_MAX = pathlib.Path('/proc/sys/fs/mount-max')
# A thousand of them one by one, and those cloned a hundred times.
MANY = f'''mount -t tmpfs t /mnt; mkdir /mnt/d /mnt/trees /mnt/a; mount -t tmpfs d /mnt/d
    {BUILD}/tests/helpers/many-mounts /mnt/d 999; cd /mnt/trees
    for n in $(seq 1 99); do mkdir $n; mount --rbind /mnt/d $n; done'''


class Mounts(Life):
    def setUp(self):
        super().setUp()
        before = MOUNT_MAX.read_text()
        self.addCleanup(MOUNT_MAX.write_text, before)
        MOUNT_MAX.write_text('200000')
        self.target = self.child(prepare=MANY)

    def test_hundred_thousand(self):
        rows = mountinfo(self.target.pid)
        self.assertGreater(len(rows), 100000)
        self.refused(LIMITS, 'limit', self.root.list, in_=self.target.pid)
        listed, after = [], 0
        while page := self.root.list(in_=self.target.pid, limit=20000, fields=['id', 'mount-id'],
                                     after=f'<uint64 {after}>'):
            listed += [row['mount-id'] for row in page]
            after = page[-1]['id']
        self.assertEqual(sorted(listed), sorted(row['mount-id'] for row in rows))
        start = time.monotonic()
        mount = self.root.mount('/mnt/a', in_=self.target.pid, options='nosuid')
        self.root.bind('/mnt/d/5', '/mnt/a', in_=self.target.pid)
        self.root.umount('/mnt/a', in_=self.target.pid)
        row, = self.root.list(in_=self.target.pid, id=f'<uint64 {mount}>')
        self.assertEqual(row['mount-point'], '/mnt/a')
        self.root.umount('/mnt/a', in_=self.target.pid)
        print(f'Mount, Bind, a row and two Umounts among {len(rows)} mounts: '
              f'{(time.monotonic() - start) * 1000:.0f} ms', file=sys.stderr)
        self.assertEqual(len(mountinfo(self.target.pid)), len(rows))

    def test_one_more_than_the_kernel_allows(self):
        before = table(self.target.pid)
        self.assertLess(len(mountinfo(self.target.pid)), 200000)
        self.refused('MoveMount.ENOSPC', '/mnt/a', self.root.bind, '/mnt', '/mnt/a',
                     in_=self.target.pid, recursive=True)
        self.assertEqual(table(self.target.pid), before)

    def test_many_who_list(self):
        """32 calls of a user that list all of it at once: what they take is bounded."""
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        clients = [self.client('alice') for _ in range(32)]
        for client in clients:
            client.send('ListMounts', "({'in': <%d>, 'timeout': <uint32 120000>},)" % self.target.pid,
                        timeout=180000)
        others = []
        bob = self.client('bob')
        for _ in range(20):
            start = time.monotonic()
            bob.list(limit=1)
            others.append(time.monotonic() - start)
        for client in clients:
            self.refused(LIMITS, 'limit', client.receive)
        print(f'32 listings of 100,000 mounts: {peak_mib(service_pid())} MiB at most; another user\'s '
              f'call {sorted(others)[10] * 1000:.1f} ms', file=sys.stderr)


class Stacks(Life):
    def test_sixty_four_deep(self):
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b')
        before = table(target.pid)
        for number in range(64):
            mount = self.root.mount('/mnt/a', source=f's{number}', in_=target.pid)
        sources = [f's{number}' for number in range(64)]
        self.assertEqual([row['source'] for row in mounts_at('/mnt/a', target.pid)], sources)
        self.assertEqual([row['source'] for row in self.root.list(target='/mnt/a', in_=target.pid)],
                         sources)
        self.root.move('/mnt/a', '/mnt/b', in_=target.pid)
        row, = self.root.list(target='/mnt/b', in_=target.pid)
        self.assertEqual((row['id'], row['source']), (mount, 's63'))
        self.root.remount('/mnt/a', in_=target.pid, options='noexec')
        self.assertIn('noexec', mounts_at('/mnt/a', target.pid)[-1]['mount-options'])
        self.root.umount('/mnt/b', in_=target.pid)
        for number in reversed(range(63)):
            row = self.root.list(target='/mnt/a', in_=target.pid)[-1]
            self.assertEqual(row['source'], f's{number}')
            self.root.umount('/mnt/a', in_=target.pid, id=f'<uint64 {row["id"]}>')
        self.assertEqual(table(target.pid), before)

    def test_long_roots(self):
        """Of 800 KiB each, which the service keeps one at a time."""
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        target.run(sys.executable, HERE / 'deep.py', '3200', '/mnt/a', '300')
        before = peak_mib(service_pid())
        row, = self.root.list(target='/mnt/a', in_=target.pid, limit=1)
        self.assertGreater(len(row['root']), 800000)
        self.assertLess(peak_mib(service_pid()), before + 120)
        self.refused(LIMITS, '16 MiB of rows', self.root.list, target='/mnt/a', in_=target.pid)
        self.assertLess(peak_mib(service_pid()), before + 120)

    def test_recursive_umount(self):
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        before = table(target.pid)
        for _ in range(64):
            self.root.mount('/mnt/a', in_=target.pid)
        while mounts_at('/mnt/a', target.pid):
            left = len(mounts_at('/mnt/a', target.pid))
            self.root.umount('/mnt/a', recursive=True, in_=target.pid)
            self.assertLess(len(mounts_at('/mnt/a', target.pid)), left)
        self.assertEqual(table(target.pid), before)


if __name__ == '__main__':
    unittest.main()
