#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages larger than anybody needs: the service reads no more of them than their headers."""
import os
import pathlib
import pwd
import signal
import socket
import struct
import unittest

from gi.repository import Gio, GLib

from connections import BUS, ENTRIES, NAME, PATH, Connection, grown
from harness import BUILD, HungFs, cpu_seconds, service_pid, wait_until
from life import LIMITS, Life

DENIED = BUS + '.Error.AccessDenied'
POLKITS_NAME = 'org.linx.Mount1.Polkit'
POLICY = pathlib.Path('/etc/dbus-1/system.d/policy.conf')
MOST, LARGE = 64 << 10, 31 << 20
FEW = "({'limit': <uint32 1>},)"


def status_mib(pid, key):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(text.split(key + ':')[1].split()[0]) >> 10


class Large(Life):
    def setUp(self):
        super().setUp()
        self.bob, self.alice = self.client('bob'), self.connection_of('alice')
        self.bob.list(limit=1)
        self.pid = service_pid()

    def connection_of(self, user):
        os.seteuid(pwd.getpwnam(user).pw_uid)
        try:
            connection = Connection()
        finally:
            os.seteuid(0)
        self.addCleanup(connection.close)
        return connection

    def others_are_served(self):
        self.bob.call('ListMounts', FEW, timeout=10000)
        self.assertEqual(service_pid(), self.pid)

    def costs_little(self, function, *args):
        """Neither time nor memory of the service, by far."""
        pathlib.Path(f'/proc/{self.pid}/clear_refs').write_text('5')
        cpu, resident = cpu_seconds(self.pid), status_mib(self.pid, 'VmRSS')
        function(*args)
        self.others_are_served()
        self.assertLess(cpu_seconds(self.pid) - cpu, 1)
        self.assertLess(status_mib(self.pid, 'VmHWM') - resident, 64)

    def call_large(self, signature, method):
        blob = self.alice.blob(method, f'(@{signature} [],)')
        self.alice.channel.sendall(grown(blob, ENTRIES[signature], LARGE))
        answer = self.alice.read()
        self.assertEqual(answer.get_error_name(), LIMITS)
        self.assertIn('65536', answer.get_body().unpack()[0])
        self.assertEqual(answer.get_reply_serial(), self.alice.serial)

    def test_calls(self):
        """Of a method that there is, and of one that is not."""
        for signature in ENTRIES:
            for method in ('ListMounts', 'NoSuchMethod'):
                self.costs_little(self.call_large, signature, method)

    def signal(self, destination, entries=0):
        message = Gio.DBusMessage.new_signal(PATH, NAME, 'Changed')
        message.set_destination(destination)
        message.set_body(GLib.Variant.parse(None, '(@ag [],)', None, None))
        message.set_serial(99)
        blob = bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE))
        self.alice.channel.sendall(grown(blob, ENTRIES['ag'], entries))

    def unique_names(self):
        names = [self.root.call('GetNameOwner', f"('{name}',)", name=BUS, path='/', interface=BUS)[0]
                 for name in (NAME, POLKITS_NAME)]
        self.assertEqual(len(set(names)), 2)
        return names

    def send_signals(self, size):
        for destination in (NAME, POLKITS_NAME, *self.unique_names()):
            self.signal(destination, size)
            self.assertEqual(self.alice.read().get_error_name(), DENIED, destination)

    def test_signals(self):
        """The bus passes none on, by whatever name."""
        self.send_signals(0)
        self.costs_little(self.send_signals, LARGE)

    def test_calls_to_where_polkit_answers(self):
        name = self.unique_names()[1]
        for destination in (POLKITS_NAME, name):
            self.assertEqual(self.alice.call('Ping', name=destination, interface=BUS + '.Peer'), DENIED)

    def test_signals_that_the_bus_passes(self):
        """A policy of another's may say so."""
        self.addCleanup(self.reload)
        self.addCleanup(POLICY.unlink)
        POLICY.write_text(f'<busconfig><policy context="mandatory"><allow send_destination="{NAME}" '
                          'send_type="signal"/></policy></busconfig>')
        self.reload()

        def send():
            for _ in range(2):
                self.signal(NAME, LARGE)
            self.alice.send('ListMounts', FEW)
            self.assertEqual(self.alice.read().get_reply_serial(), self.alice.serial)
        self.costs_little(send)

    def body_of(self, size):
        """Arguments of ListMounts with so many bytes in them."""
        def arguments(n):
            return f"({{'fields': <'{'x' * n}'>}},)"
        overhead = GLib.Variant.parse(None, arguments(1000), None, None).get_size()
        blob = self.alice.blob('ListMounts', arguments(1000))
        body, = struct.unpack_from('<I', blob, 4)
        self.assertLess(abs(body - overhead), 100)
        return arguments(1000 + size - body)

    def test_bound(self):
        """What is as large as may be is refused by the service itself."""
        self.assertIn('field', self.answer_to(self.body_of(MOST)))
        self.assertIn('65536', self.answer_to(self.body_of(MOST + 1)))

    def answer_to(self, arguments):
        self.alice.send('ListMounts', arguments)
        return self.alice.read().get_body().unpack()[0]

    def test_among_small_ones(self):
        """Each is answered, and the small ones in the order in which they were sent."""
        wrong = "({'no-such-key': <true>},)"
        for _ in range(10):
            small, large = [], []
            for _ in range(8):
                self.alice.send('ListMounts', wrong)
                small.append(self.alice.serial)
                blob = self.alice.blob('ListMounts', '(@ag [],)')
                self.alice.channel.sendall(grown(blob, ENTRIES['ag'], 1 << 20))
                large.append(self.alice.serial)
            answers = [self.alice.read() for _ in range(16)]
            told = {name: [answer.get_reply_serial() for answer in answers
                           if answer.get_error_name() == name]
                    for name in (LIMITS, BUS + '.Error.InvalidArgs')}
            self.assertEqual(told, {LIMITS: large, BUS + '.Error.InvalidArgs': small})

    def test_no_reply_expected(self):
        blob = self.alice.blob('ListMounts', '(@ag [],)')
        blob = blob[:2] + b'\1' + blob[3:]
        self.alice.channel.sendall(grown(blob, ENTRIES['ag'], LARGE))
        self.alice.send('ListMounts', FEW)
        self.assertEqual(self.alice.read().get_reply_serial(), self.alice.serial)

    def send_with_fds(self, file):
        """A large message with four descriptors on @file."""
        fds = Gio.UnixFDList.new()
        with open(file) as stream:
            for _ in range(4):
                fds.append(stream.fileno())
        message = Gio.DBusMessage.new_method_call(NAME, PATH, NAME, 'NoSuchMethod')
        message.set_serial(99)
        message.set_unix_fd_list(fds)
        message.set_body(GLib.Variant.parse(None, '(@ah [0, 1, 2, 3], @ag [])', None, None))
        blob = grown(bytes(message.to_blob(Gio.DBusCapabilityFlags.UNIX_FD_PASSING)), b'\0\0', 1 << 20)
        body, = struct.unpack_from('<I', blob, 4)
        blob = blob[:4] + struct.pack('<I', body + 20) + blob[8:]
        sent = socket.send_fds(self.alice.channel, [blob], fds.peek_fds())
        self.alice.channel.sendall(blob[sent:])
        self.assertEqual(self.alice.read().get_error_name(), LIMITS)

    def open_on(self, point):
        links = []
        for entry in pathlib.Path(f'/proc/{self.pid}/fd').iterdir():
            try:
                links.append(os.readlink(entry))
            except FileNotFoundError:
                pass
        return [link for link in links if link.startswith(str(point))]

    def test_descriptors(self):
        """They are closed, by who may wait for it, and nobody else does."""
        fs = HungFs('flush')
        self.addCleanup(fs.end)
        self.send_with_fds(fs.file)
        fs.wait_held('flush')
        self.others_are_served()
        fs.let_go()
        wait_until(lambda: not self.open_on(fs.point), 'the descriptors being closed')

    def test_last_answer(self):
        """Of several MiB, to a call that is under way when the service is told to end."""
        target = self.child(prepare='mount -t tmpfs t /mnt; '
                                    f'{BUILD}/tests/helpers/many-mounts /mnt 12000')
        connection = self.connection_of('root')
        connection.call('ListMounts', FEW)
        connection.send('ListMounts', f"({{'in': <uint32 {target.pid}>}},)")
        self.others_are_served()
        os.kill(self.pid, signal.SIGTERM)
        self.assertGreater(len(connection.read().get_body().unpack()[0]), 12000)
        wait_until(lambda: service_pid() != self.pid, 'the service ending')


if __name__ == '__main__':
    unittest.main()
