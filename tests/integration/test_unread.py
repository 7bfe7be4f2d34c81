#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who does not read what it is sent: it is bounded, and nobody else suffers from it. On dbus-daemon and on
dbus-broker."""
import array
import fcntl
import os
import pathlib
import select
import socket
import subprocess
import sys
import termios
import time
import unittest

from gi.repository import Gio, GLib

from connections import BUS, NAME, PATH, Connection
from harness import BUILD, HERE, wait_until
from life import LIMITS, Life

LIMITS_OF_THE_BUS = pathlib.Path('/etc/dbus-1/system.d/limits.conf')
PEERS = 'org.bus1.DBus.Debug.Stats.PeerAccounting'


class Daemon:
    """What dbus-daemon says of what it keeps."""
    # Of 640 replies with a descriptor: so many are not in the receiver's socket.
    refused = range(100, 540)

    def __init__(self, bus):
        self.bus = bus

    def ask(self, method, *arguments):
        text = GLib.Variant('(' + 's' * len(arguments) + ')', arguments)
        return self.bus.call_sync(BUS, '/org/freedesktop/DBus', BUS + '.Debug.Stats', method, text, None, 0,
                                  -1, None).unpack()[0]

    def of_service(self, what):
        """All of its messages that others have not read: 'Bytes' or 'FDs'."""
        return self.ask('GetConnectionStats', NAME)['Incoming' + what]

    def mark(self, connection):
        """From where the answers to a connection are counted."""
        return connection.in_socket() + self.ask('GetConnectionStats', connection.name)['OutgoingMessages']

    def has_answered(self, connection, mark, count):
        return self.mark(connection) >= mark + count


class Broker(Daemon):
    """dbus-broker tells of all connections at once, and not how many messages. What is in a socket, it keeps
    as well."""
    refused = range(600, 640)

    def numbers(self):
        return {name: numbers for name, _, numbers in self.ask('GetStats')[PEERS]}

    def of_service(self, what):
        return sum(numbers['Outgoing' + what.capitalize()] for numbers in self.numbers().values())

    def mark(self, connection):
        return 0

    def has_answered(self, connection, mark, count):
        """It has taken all that the connection sent, and waits for no more replies."""
        unsent = array.array('i', [0])
        fcntl.ioctl(connection.channel, termios.TIOCOUTQ, unsent)
        return unsent[0] == 0 and self.numbers()[connection.name]['ReplyObjects'] == 0


def read_all(connection):
    try:
        while connection.channel.recv(1 << 20):
            pass
    except BlockingIOError:
        return True


class Unread(Life):
    """Who does not read what it is sent. The bus keeps it; dbus-daemon, with 127 MiB or 64 descriptors
    that are kept, reads nothing from the service any more, for nobody."""

    def setUp(self):
        super().setUp()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; '
                                 f'{BUILD}/tests/helpers/many-mounts /mnt 1000')
        self.bus, self.bob = Gio.bus_get_sync(Gio.BusType.SYSTEM), self.client('bob')
        self.kept = Broker(self.bus) if os.environ['LINX_BUS'] == 'broker' else Daemon(self.bus)
        self.bob.list(limit=1)

    def connection(self):
        connection = Connection()
        self.addCleanup(connection.close)
        return connection

    def kept_of_service(self, what='Bytes'):
        return self.kept.of_service(what)

    def fill(self, connection, count, *what, **where):
        """Sends calls, sixteen at a time, whose answers nobody reads; others are served meanwhile."""
        mark = self.kept.mark(connection)
        for done in range(16, count + 1, 16):
            connection.channel.sendall(b''.join(connection.blob(*what, **where) for _ in range(16)))
            wait_until(lambda: self.kept.has_answered(connection, mark, done), 'the answers')
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=120000)

    def answers(self, connection, count):
        """The errors among them."""
        return [error for error in (connection.read() for _ in range(count))
                if error.get_error_name() is not None]

    def listing(self, size):
        """The arguments of a listing of about so many bytes."""
        options = {'in': GLib.Variant('u', self.target.pid), 'limit': GLib.Variant('u', 100)}
        hundred = self.bus.call_sync(NAME, PATH, NAME, 'ListMounts', GLib.Variant('(a{sv})', (options,)),
                                     None, 0, -1, None).get_size()
        return f"({{'in': <uint32 {self.target.pid}>, 'limit': <uint32 {100 * size // hundred}>}},)"

    def served_again(self, connection):
        wait_until(lambda: connection.call('OpenMountInfo', '(@a{sv} {},)') is None, 'being served again')

    def test_large_replies(self):
        """Of 100 KiB. Who reads at last is served again."""
        one, other = self.connection(), self.connection()
        arguments = self.listing(100 << 10)
        self.fill(one, 112, 'ListMounts', arguments)
        self.fill(other, 112, 'ListMounts', arguments)
        kept = self.kept_of_service()
        self.assertTrue(15 << 20 < kept < 24 << 20, kept)
        self.assertEqual(self.answers(one, 112), [])
        refused = self.answers(other, 112)
        self.assertIn('this user has not read 16 MiB', refused[-1].get_body().unpack()[0])
        self.assertEqual(one.call('ListMounts', arguments), None)
        self.assertEqual(other.call('ListMounts', arguments), None)

    def test_who_reads(self):
        """It need not say so: 30 MiB, by a client that answers no message of the service's."""
        connection, arguments = self.connection(), self.listing(100 << 10)
        for _ in range(300):
            self.assertIsNone(connection.call('ListMounts', arguments))

    def test_bus_that_does_not_tell(self):
        """Then everything counts as read."""
        self.addCleanup(self.reload)
        self.addCleanup(LIMITS_OF_THE_BUS.unlink)
        LIMITS_OF_THE_BUS.write_text(
            f'<busconfig><policy context="mandatory"><deny send_destination="{BUS}" '
            f'send_interface="{BUS}.Debug.Stats"/></policy></busconfig>')
        self.reload()
        connection, arguments = self.connection(), self.listing(100 << 10)
        for _ in range(20):
            self.assertIsNone(connection.call('OpenMountInfo', '(@a{sv} {},)'))
        for _ in range(200):
            self.assertIsNone(connection.call('ListMounts', arguments))

    def test_descriptors(self):
        """On dbus-daemon some hundred of them are in its socket before the bus has to keep one."""
        connection = self.connection()
        self.fill(connection, 640, 'OpenMountInfo', '(@a{sv} {},)')
        self.assertEqual(self.kept_of_service('FDs'), 4)
        other = self.connection()
        self.assertEqual(other.call('OpenMountInfo', '(@a{sv} {},)'), LIMITS)
        self.assertIsNone(other.call('ListMounts', "({'limit': <uint32 1>},)"))
        refused = self.answers(connection, 640)
        self.assertEqual({error.get_error_name() for error in refused}, {LIMITS})
        self.assertIn('this user has not read 4 descriptors', refused[-1].get_body().unpack()[0])
        self.assertIn(len(refused), self.kept.refused)
        self.served_again(connection)

    def test_many_descriptors_at_once(self):
        """As long as they are read there is room for each."""
        connection = self.connection()
        for _ in range(10):
            for _ in range(12):  # those of before may still count
                connection.send('OpenMountInfo', '(@a{sv} {},)')
            refused = [error.get_body().unpack()[0] for error in self.answers(connection, 12)]
            self.assertEqual(refused, [])

    def test_descriptors_do_not_keep_others_waiting(self):
        """GDBus's way to wait until a message is sent made everybody wait, for a second or two."""
        connection, times = self.connection(), []
        mark = self.kept.mark(connection)
        for done in range(20, 301, 20):
            start = time.monotonic()
            connection.channel.sendall(b''.join(connection.blob('OpenMountInfo', '(@a{sv} {},)')
                                                for _ in range(20)))
            wait_until(lambda: self.kept.has_answered(connection, mark, done), 'the answers')
            self.bob.list(limit=1)
            times.append(time.monotonic() - start)
        self.assertLess(sorted(times)[len(times) // 2], 0.3, times)

    def test_small_replies(self):
        """Of 30 KiB. Beyond 40 MiB calls are refused, beyond 4 MiB of refusals they are dropped; who reads
        at last is served again."""
        connection = self.connection()
        self.fill(connection, 1600, 'ListMounts', self.listing(30 << 10))
        kept = self.kept_of_service()
        self.assertTrue(39 << 20 < kept < 54 << 20, kept)
        other = self.connection()
        other.call('ListMounts', "({'limit': <uint32 1>},)")  # by which the service knows whose it is
        other.send('ListMounts', "({'limit': <uint32 1>},)")
        self.assertIn('is not read', other.read().get_body().unpack()[0])
        self.assertGreater(self.flood(connection, 'ListMounts', "({'limit': <uint32 1>},)"), kept)
        connection.channel.setblocking(False)
        wait_until(lambda: read_all(connection) and self.kept_of_service() < 1 << 20, 'reading')
        wait_until(lambda: self.is_served(other), 'being served again')

    def test_new_connections_of_who_is_shut(self):
        """They get no 32 replies each before it is known whose they are."""
        arguments = self.listing(30 << 10)
        self.fill(self.connection(), 1600, 'ListMounts', arguments)
        kept = self.kept_of_service()
        for _ in range(8):
            connection = self.connection()
            for _ in range(32):
                connection.send('ListMounts', arguments)
            self.assertEqual(len(self.answers(connection, 32)), 32)
        self.assertLess(self.kept_of_service(), kept + (1 << 20))

    def test_who_closes_in_the_midst(self):
        """What was kept for it is nobody's any more."""
        arguments, kept = self.listing(30 << 10), 0
        for _ in range(40):
            connection = self.connection()
            self.fill(connection, 32, 'ListMounts', arguments)
            kept += self.kept_of_service()
            connection.close()
        self.assertGreater(kept, 24 << 20)
        wait_until(lambda: self.kept_of_service() == 0, 'the bus letting go')
        connection = self.connection()
        self.assertIsNone(connection.call('ListMounts', self.listing(100 << 10)))
        self.assertIsNone(connection.call('OpenMountInfo', '(@a{sv} {},)'))

    def test_rows_of_no_fields(self):
        """They take a quarter of the room in the service that they take on the bus."""
        connection = self.connection()
        options = f"{{'in': <uint32 {self.target.pid}>, 'fields': <@as []>}}"
        self.fill(connection, 5600, 'ListMounts', f'({options},)')
        self.assertGreater(self.kept_of_service(), 40 << 20)
        self.assertEqual(self.connection().call('ListMounts', "({'limit': <uint32 1>},)"), LIMITS)

    def is_served(self, connection):
        """There may be no answer, as long as the service has not heard that all is read."""
        connection.send('ListMounts', "({'limit': <uint32 1>},)")
        select.select([connection.channel], [], [], 1)
        answers = [connection.read() for _ in range(connection.in_socket())]
        return any(answer.get_error_name() is None for answer in answers)

    def flood(self, connection, *what, **where):
        """Calls until the service answers no more; from then on the bus does, for itself. Returns how much
        of the service's is kept."""
        kept, same = 0, 0
        while same < 20:
            before, kept = kept, self.kept_of_service()
            same = same + 1 if kept == before else 0
            self.assertLess(kept, 60 << 20)
            connection.channel.sendall(b''.join(connection.blob(*what, **where) for _ in range(500)))
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=120000)
        return kept

    def connection_of(self, uid):
        os.seteuid(uid)
        try:
            return self.connection()
        finally:
            os.seteuid(0)

    def test_many_users(self):
        """With so little each that none is shut out for it: before the bus has all that it takes, root
        alone is served."""
        uids, users = range(70000, 70043), pathlib.Path('/etc/passwd')
        self.addCleanup(users.write_text, users.read_text())
        with users.open('a') as stream:
            stream.writelines(f'many{uid}:x:{uid}:65534::/tmp:/bin/sh\n' for uid in uids)
        connections = [self.connection_of(uid) for uid in uids]
        for number, connection in enumerate(connections):
            for _ in range(400 if number < 3 else 10):
                connection.channel.sendall(b''.join(
                    connection.blob('Introspect', interface=BUS + '.Introspectable') for _ in range(16)))
                self.root.list(limit=1)
        kept = self.kept_of_service()
        self.assertTrue(96 << 20 < kept < 120 << 20, kept)
        self.refused(LIMITS, 'callers have not read 11', self.client('bob').list, limit=1)
        self.assertTrue(self.root.list(limit=1))
        for connection in connections:
            connection.close()
        wait_until(lambda: self.kept_of_service() == 0, 'the bus letting go')
        self.assertTrue(self.bob.list(limit=1))

    def test_what_an_error_repeats(self):
        """3 KiB of name each, by a connection that the service knows nothing of."""
        connection = self.connection()
        words = b''.join(connection.blob('Get', f"('{'x' * (3 << 10)}', 'Version')", interface=BUS + '.Properties')
                         for _ in range(16))
        for _ in range(1500):
            connection.channel.sendall(words)
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=120000)
        repeated = 0
        while repeated < 16 * 1500 and len(connection.read_error()) > 3 << 10:
            repeated += 1
        self.assertTrue(5000 < repeated < 15000, repeated)

    def test_nobody(self):
        """The process that the bus knows of a connection has ended: whose it is cannot be said."""
        own, childs = socket.socketpair()
        subprocess.run([sys.executable, HERE / 'connections.py', 'lend'], stdin=childs, check=True)
        name, (fd,), _, _ = socket.recv_fds(own, 100, 1)
        connection = Connection(fd, name.decode())
        for end in own, childs, connection:
            self.addCleanup(end.close)
        kept = self.flood(connection, 'Introspect', interface=BUS + '.Introspectable')
        self.assertTrue(30 << 20 < kept < 80 << 20, kept)
        self.assertTrue(self.root.list(limit=1))


if __name__ == '__main__':
    unittest.main()
