#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""More connections, and longer words, than anybody needs: it is bounded, the error is clear, and nothing is
lost."""
import os
import pathlib
import sys
import time
import unittest

from harness import HERE, INVALID_ARGS, service_pid, table, wait_until
from life import LIMITS, Life, peak_mib

LIMITS_OF_THE_BUS = pathlib.Path('/etc/dbus-1/system.d/limits.conf')


class Sizes(Life):
    def test_arguments(self):
        """Each, and the keys and values of the options: of so much that the service does not read it; and what
        grows as it is read."""
        before = table()
        for size in (66 << 10, 200 << 10, 1 << 20):
            self.each_argument('x' * size, LIMITS, '65536')
        words = ', '.join(['<byte 1>'] * 16000)
        self.refused(INVALID_ARGS, '65536', self.root.call, 'ListMounts', f"({{'fields': <[{words}]>}},)")
        self.assertEqual(table(), before)
        self.client('bob').list(limit=1)

    def each_argument(self, word, error, words):
        for arguments in (f"('{word}', '/mnt', 'tmpfs', @a{{sv}} {{}})",
                          f"('tmpfs', '/{word}', 'tmpfs', @a{{sv}} {{}})",
                          f"('tmpfs', '/mnt', '{word}', @a{{sv}} {{}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'options': <'{word}'>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'{word}': <true>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'in': <'/{word}'>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'raw': <{{'source': b'{word}'}}>}})"):
            for user in ('root', 'alice'):
                fault = self.refused(error, words, self.client(user).call, 'Mount', arguments)
                self.assertLess(len(fault.message), 1000)


class Connections(Life):
    def test_five_thousand(self):
        """Each of which has called; the bus allows more than usual of a user."""
        self.addCleanup(self.reload)
        self.addCleanup(LIMITS_OF_THE_BUS.unlink)
        LIMITS_OF_THE_BUS.write_text(
            '<busconfig><limit name="max_completed_connections">6000</limit>'
            '<limit name="max_connections_per_user">6000</limit></busconfig>')
        self.reload()
        pid = service_pid()
        before = len(os.listdir(f'/proc/{pid}/fd'))
        held = self.start(sys.executable, HERE / 'connections.py', '5000')
        self.assertGreater(len(os.listdir(f'/proc/{pid}/fd')), before + 4900)
        bob, times = self.client('bob'), []
        for _ in range(20):
            start = time.monotonic()
            bob.list(limit=1)
            times.append(time.monotonic() - start)
        print(f'5,000 connections: {peak_mib(pid)} MiB, another user\'s call '
              f'{sorted(times)[10] * 1000:.1f} ms', file=sys.stderr)
        self.client().mount('/mnt', in_=self.child().pid)
        held.kill()
        wait_until(lambda: len(os.listdir(f'/proc/{pid}/fd')) < before + 20, 'forgetting them', 60)
        bob.list(limit=1)
        self.assertEqual(service_pid(), pid)


if __name__ == '__main__':
    unittest.main()
