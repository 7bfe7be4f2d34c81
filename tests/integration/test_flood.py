#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One user who sends the largest messages without an end does not keep others out: neither the bus's queue to
the service is full, nor the service busy with them."""
import contextlib
import os
import subprocess
import sys
import tempfile
import unittest

from actors import HERE, as_user
from connections import BUS, ENTRIES, Connection, grown
from harness import Fault, service_pid, wait_until
from life import Life

MOST = 65536  # of arguments


class Flood(Life):
    def setUp(self):
        super().setUp()
        self.client('bob').list(limit=1)
        self.pid, self.root = service_pid(), self.client()
        self.maker = Connection()
        self.addCleanup(self.maker.close)

    def names(self):
        return {name for name in self.root.call('ListNames', name=BUS, path='/', interface=BUS)[0]
                if name.startswith(':')}

    @contextlib.contextmanager
    def flood(self, blob, count=10):
        before = self.names()
        with tempfile.NamedTemporaryFile(dir='/tmp') as file:
            file.write(blob)
            file.flush()
            os.chmod(file.name, 0o644)
            command = [*as_user('alice'), sys.executable, HERE / 'flood.py', str(count), file.name]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                self.assertEqual(process.stdout.readline(), 'ready\n')
                flooders = self.names() - before
                yield
                process.stdin.close()
        wait_until(lambda: not self.names() & flooders, 'the bus has let the connections go')

    def others_are_served(self):
        bob = self.client('bob')
        for _ in range(5):
            bob.list(limit=1)
            self.client('bob').list(limit=1)
            self.client().list(limit=1)
        self.assertEqual(service_pid(), self.pid)

    def test_what_takes_longest(self):
        """Messages that GDBus takes longer for than the bus."""
        for signature, entry in ENTRIES.items():
            blob = grown(self.maker.blob('ListMounts', f'(@{signature} [],)'), entry, MOST - 4)
            with self.subTest(signature), self.flood(blob):
                self.others_are_served()

    def test_by_new_connections(self):
        """Of each of which the service knows nothing: who comes new with a large call, too, is known when it
        has been refused, and then has its own share."""
        large = "({'limit': <uint32 1>, 'source': <'" + 'x' * 7000 + "'>},)"
        with self.flood(grown(self.maker.blob('ListMounts', '(@ag [],)'), b'\0\0', MOST - 4), 0):
            for user in ('bob', 'root') * 5:
                client = self.client(user)
                with contextlib.suppress(Fault):
                    client.call('ListMounts', large)
                wait_until(lambda: self.is_served(client, large), f'{user} being known')
                for _ in range(3):
                    client.call('ListMounts', large)

    @staticmethod
    def is_served(client, call):
        try:
            client.call('ListMounts', call)
            return True
        except Fault:
            return False

    def test_arguments(self):
        """The largest that a method takes, and small ones."""
        for arguments in ("({'fields': <'" + 'x' * (MOST - 200) + "'>},)", '(@a{sv} {},)'):
            with self.flood(self.maker.blob('ListMounts', arguments)):
                self.others_are_served()


if __name__ == '__main__':
    unittest.main()
