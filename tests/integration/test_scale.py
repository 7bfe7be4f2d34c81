#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""More of everything than anybody needs: it is bounded, the error is clear, and nothing is lost."""
import os
import pathlib
import select
import socket
import subprocess
import sys
import time
import unittest

from gi.repository import Gio, GLib

from connections import BUS, NAME, PATH, Connection
from harness import BUILD, HERE, INVALID_ARGS, mountinfo, mounts_at, service_pid, table, wait_until
from life import LIMITS, Life

MOUNT_MAX = pathlib.Path('/proc/sys/fs/mount-max')
LIMITS_OF_THE_BUS = pathlib.Path('/etc/dbus-1/system.d/limits.conf')
# A thousand of them one by one, and those cloned a hundred times.
MANY = f'''mount -t tmpfs t /mnt; mkdir /mnt/d /mnt/trees /mnt/a; mount -t tmpfs d /mnt/d
    {BUILD}/tests/helpers/many-mounts /mnt/d 999; cd /mnt/trees
    for n in $(seq 1 99); do mkdir $n; mount --rbind /mnt/d $n; done'''


def peak_mib(pid):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(text.split('VmHWM:')[1].split()[0]) >> 10


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
        MOUNT_MAX.write_text('1000')
        self.refused('MoveMount.ENOSPC', '/mnt/a', self.root.mount, '/mnt/a', in_=self.target.pid)
        self.refused('MoveMount.ENOSPC', '/mnt/a', self.root.bind, '/mnt/d', '/mnt/a',
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


class Sizes(Life):
    def test_megabyte(self):
        """Of each argument, and of the keys and values of the options."""
        word, before = 'x' * (1 << 20), table()
        for arguments in (f"('{word}', '/mnt', 'tmpfs', @a{{sv}} {{}})",
                          f"('tmpfs', '/{word}', 'tmpfs', @a{{sv}} {{}})",
                          f"('tmpfs', '/mnt', '{word}', @a{{sv}} {{}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'options': <'{word}'>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'{word}': <true>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'in': <'/{word}'>}})",
                          f"('tmpfs', '/mnt', 'tmpfs', {{'raw': <{{'source': b'{word}'}}>}})"):
            for user in ('root', 'alice'):
                fault = self.refused(INVALID_ARGS, '65536', self.client(user).call, 'Mount',
                                     arguments)
                self.assertLess(len(fault.message), 1000)
        words = ', '.join(f"'{number}'" for number in range(100000))
        self.refused(INVALID_ARGS, '65536', self.root.call, 'ListMounts',
                     f"({{'fields': <[{words}]>}},)")
        self.assertEqual(table(), before)
        self.client('bob').list(limit=1)


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


def read_all(connection):
    try:
        while connection.channel.recv(1 << 20):
            pass
    except BlockingIOError:
        return True


class Unread(Life):
    """Who does not read what it is sent. The bus keeps it, and with 127 MiB or 64 descriptors that are kept
    it reads nothing from the service any more, for nobody."""

    def setUp(self):
        super().setUp()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; '
                                 f'{BUILD}/tests/helpers/many-mounts /mnt 1000')
        self.bus, self.bob = Gio.bus_get_sync(Gio.BusType.SYSTEM), self.client('bob')
        self.bob.list(limit=1)

    def connection(self):
        connection = Connection()
        self.addCleanup(connection.close)
        return connection

    def stats(self, name):
        return self.bus.call_sync(BUS, '/org/freedesktop/DBus', BUS + '.Debug.Stats', 'GetConnectionStats',
                                  GLib.Variant('(s)', (name,)), None, 0, -1, None).unpack()[0]

    def kept(self, connection):
        """How many messages the bus keeps for it."""
        return self.stats(connection.name)['OutgoingMessages']

    def kept_of_service(self, what='Bytes'):
        return self.stats(NAME)['Incoming' + what]

    def fill(self, connection, count, *what, **where):
        """Sends calls, sixteen at a time, whose answers nobody reads; others are served meanwhile."""
        before = connection.in_socket() + self.kept(connection)
        for done in range(16, count + 1, 16):
            connection.channel.sendall(b''.join(connection.blob(*what, **where) for _ in range(16)))
            wait_until(lambda: connection.in_socket() + self.kept(connection) >= before + done,
                       'the answers')
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=5000)

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
        """Some hundred of them are in its socket before the bus has to keep one."""
        connection = self.connection()
        self.fill(connection, 640, 'OpenMountInfo', '(@a{sv} {},)')
        self.assertEqual(self.kept_of_service('FDs'), 4)
        other = self.connection()
        self.assertEqual(other.call('OpenMountInfo', '(@a{sv} {},)'), LIMITS)
        self.assertIsNone(other.call('ListMounts', "({'limit': <uint32 1>},)"))
        refused = self.answers(connection, 640)
        self.assertEqual({error.get_error_name() for error in refused}, {LIMITS})
        self.assertIn('this user has not read 4 descriptors', refused[-1].get_body().unpack()[0])
        self.assertTrue(100 < len(refused) < 540, len(refused))
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
        for done in range(20, 301, 20):
            start = time.monotonic()
            connection.channel.sendall(b''.join(connection.blob('OpenMountInfo', '(@a{sv} {},)')
                                                for _ in range(20)))
            wait_until(lambda: connection.in_socket() + self.kept(connection) >= done, 'the answers')
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
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=5000)
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
        """A megabyte of name each, one at a time, by a connection that the service knows nothing of."""
        connection = self.connection()
        words = connection.blob('Get', f"('{'x' * (1 << 20)}', 'Version')", interface=BUS + '.Properties')
        for _ in range(100):
            connection.channel.sendall(words)
            self.bob.call('ListMounts', "({'limit': <uint32 1>},)", timeout=5000)
        kept = self.kept_of_service()
        self.assertTrue(30 << 20 < kept < 60 << 20, kept)

    def test_nobody(self):
        """The process that the bus knows of a connection has ended: whose it is cannot be said."""
        own, childs = socket.socketpair()
        subprocess.run([sys.executable, HERE / 'connections.py', 'lend'], stdin=childs, check=True)
        name, (fd,), _, _ = socket.recv_fds(own, 100, 1)
        connection = Connection(fd, name.decode())
        for end in own, childs, connection:
            self.addCleanup(end.close)
        kept = self.flood(connection, 'Introspect', interface=BUS + '.Introspectable')
        self.assertTrue(30 << 20 < kept < 60 << 20, kept)
        self.assertTrue(self.root.list(limit=1))


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
