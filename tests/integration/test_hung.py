#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A filesystem that never answers, wherever it is: only the call that meets it waits. Prints what other
calls take meanwhile, beside what they took before."""
import pathlib
import subprocess
import sys
import time
import unittest

from harness import Case, HungFs, mounts_at, service_pid, table, wait_until
from life import threads

ROUNDS = 30


class Hung(Case):
    def setUp(self):
        self.bob, self.root, self.target = self.client('bob'), self.client(), self.child()
        self.quiet = self.others()

    def others(self):
        """What a listing, and a Mount with its Umount, take: the medians, in ms."""
        listing, mounting = [], []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            self.bob.list(limit=1)
            listing.append(time.perf_counter() - start)
            start = time.perf_counter()
            self.root.mount('/mnt', in_=self.target.pid)
            self.root.umount('/mnt', in_=self.target.pid)
            mounting.append(time.perf_counter() - start)
        return [sorted(times)[ROUNDS // 2] * 1000 for times in (listing, mounting)]

    def say_others(self, what):
        listing, mounting = self.others()
        print(f'{what}: ListMounts {listing:.1f} ms (quiet {self.quiet[0]:.1f}), '
              f'Mount and Umount {mounting:.1f} ms (quiet {self.quiet[1]:.1f})', file=sys.stderr)

    def hang(self, *operations):
        self.fs = HungFs(*operations)
        self.addCleanup(self.fs.end)
        self.before = table()
        self.inside = self.child()

    def meets_it(self, method, arguments, held='lookup', error='Timeout'):
        """The call is stuck, others are not; it ends in time, and nothing is done by it."""
        caller = self.client()
        caller.send(method, arguments)
        self.fs.wait_held(held)
        self.say_others(self.id().split('test_')[-1])
        self.assertTrue(caller.waits(), 'others waited for it')
        self.refused(error, 'nothing', caller.receive)
        self.assertEqual(table(), self.before)
        self.fs.let_go()
        wait_until(lambda: 'linx-worker' not in threads(service_pid()), 'the worker ending')

    def test_source(self):
        self.hang('lookup')
        self.meets_it('Bind', f"('{self.fs.point}/dir', '/mnt', {{'timeout': <uint32 6000>}})")

    def test_image(self):
        self.hang('lookup')
        self.meets_it('Mount', f"('{self.fs.file}', '/mnt', 'ext4', {{'timeout': <uint32 6000>}})")

    def test_target(self):
        self.hang('lookup')
        self.meets_it('Mount', f"('tmpfs', '{self.fs.point}/dir', 'tmpfs', "
                      "{'timeout': <uint32 6000>})")

    def test_created_target(self):
        self.hang('lookup')
        self.meets_it('Mount', f"('tmpfs', '{self.fs.point}/new', 'tmpfs', "
                      "{'create': <'directory'>, 'timeout': <uint32 6000>})")

    def test_new_root(self):
        self.hang('lookup')
        self.meets_it('PivotRoot', f"('{self.fs.point}/dir', '', {{'in': <{self.inside.pid}>, "
                      "'timeout': <uint32 6000>})")

    def test_root_of_the_container(self):
        """All that is looked up there hangs."""
        self.hang('lookup')
        self.meets_it('Mount', f"('tmpfs', '/dir', 'tmpfs', {{'in': <{self.rooted_on_it()}>, "
                      "'timeout': <uint32 6000>})")

    def rooted_on_it(self):
        program = f"""if True:
            import os, time
            os.chroot('{self.fs.point}')
            print(os.getpid(), flush=True)
            time.sleep(1000000)"""
        process = subprocess.Popen(['nsenter', '-t', str(self.inside.pid), '-m', sys.executable, '-c',
                                    program], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return int(process.stdout.readline())

    def test_below_the_target(self):
        """What is mounted on a directory is nobody's business who mounts on it, clones it or takes it
        away: nothing of that waits."""
        self.hang('lookup', 'getattr', 'flush')
        place = pathlib.Path(f'/run/rig/above-{time.monotonic_ns()}')
        (place / 'below').mkdir(parents=True)
        self.addCleanup(lambda: ((place / 'below').rmdir(), place.rmdir()))
        self.root.mount(str(place), in_='self')
        self.root.bind(str(self.fs.point), str(place / 'below'), create='directory')
        start = time.perf_counter()
        self.root.remount(str(place), recursive=True, options='rnosuid')
        self.root.bind(str(place), '/mnt', recursive=True)
        self.root.make_rprivate('/mnt')
        self.root.mount(str(place))
        self.root.umount(str(place))
        self.root.umount('/mnt', recursive=True)
        self.root.umount(str(place), recursive=True)
        print(f'below the target: six calls {(time.perf_counter() - start) * 1000:.1f} ms',
              file=sys.stderr)
        self.assertEqual(table(), self.before)

    def test_descriptor(self):
        """Closing it hangs."""
        self.hang('flush')
        self.refused('OpenNs.EINVAL', 'neither', self.root.call, 'Bind',
                     "('/mnt', '/media', {'from': <@h 0>})", fds=[[str(self.fs.file), None]])
        self.fs.wait_held('flush')
        self.say_others('descriptor')
        self.assertFalse(mounts_at('/mnt'))


if __name__ == '__main__':
    unittest.main()
