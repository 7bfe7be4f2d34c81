#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections to the bus that read only what they are told to, and answer nothing.

connections.py COUNT: opens so many, calls ListMounts on each, says "ready" when all have an answer of the
service, and holds them. GDBus would look at all of them each time.
connections.py lend: sends one to its standard input, a socket, and ends."""
import array
import fcntl
import os
import resource
import socket
import struct
import sys
import termios
import time

from gi.repository import Gio, GLib

NAME, PATH = 'org.linx.Mount1', '/org/linx/Mount1'
BUS = 'org.freedesktop.DBus'
SO_PEEK_OFF = 42
# One entry of an array: of those that GDBus takes longest for, and most memory.
ENTRIES = {'ag': b'\0\0', 'av': b'\1y\0\0'}


class Connection:
    def __init__(self, fd=None, name=None):
        """A new one, or one that another process made."""
        self.serial, self.name = 1000, name
        self.channel = socket.socket(socket.AF_UNIX, fileno=fd)
        self.stream = self.channel.makefile('rb')
        if name is None:
            self.begin()

    def begin(self):
        self.channel.connect('/run/dbus/system_bus_socket')
        hello = b'\0AUTH EXTERNAL ' + str(outer_uid()).encode().hex().encode()
        self.channel.sendall(hello + b'\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n')
        said = b''
        while said.count(b'\n') < 2:
            said += self.channel.recv(1)
        self.send('Hello', name=BUS, path='/org/freedesktop/DBus')
        self.name = self.read().get_body().unpack()[0]
        self.read()  # NameAcquired

    def blob(self, method, body=None, name=NAME, path=PATH, interface=None):
        message = Gio.DBusMessage.new_method_call(name, path, interface or name, method)
        self.serial += 1
        message.set_serial(self.serial)
        if body is not None:
            message.set_body(GLib.Variant.parse(None, body, None, None))
        return bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE))

    def send(self, *what, **where):
        self.channel.sendall(self.blob(*what, **where))

    def read(self):
        head = self.stream.read(16)
        return Gio.DBusMessage.new_from_blob(head + self.stream.read(length(head) - 16),
                                             Gio.DBusCapabilityFlags.UNIX_FD_PASSING)

    def read_error(self):
        """The next message, which is not looked at but for an error's text; or None."""
        head = self.stream.read(16)
        rest = self.stream.read(length(head) - 16)
        if head[1] != Gio.DBusMessageType.ERROR:
            return None
        message = Gio.DBusMessage.new_from_blob(head + rest, Gio.DBusCapabilityFlags.UNIX_FD_PASSING)
        return message.get_body().unpack()[0]

    def call(self, *what, **where):
        """Its answer's error, or None."""
        self.send(*what, **where)
        return self.read().get_error_name()

    def in_socket(self):
        """How many messages have arrived, and are not read."""
        waiting = array.array('i', [0])
        fcntl.ioctl(self.channel, termios.FIONREAD, waiting)
        self.channel.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, 0)
        data, count, at = b'', 0, 0
        while len(data) < waiting[0]:  # in pieces, each up to a descriptor
            piece = self.channel.recv(waiting[0], socket.MSG_PEEK)
            assert piece, 'the bus has closed the connection'
            data += piece
        while at + 16 <= len(data) and at + length(data[at:at + 16]) <= len(data):
            at += length(data[at:at + 16])
            count += 1
        return count

    def close(self):
        self.stream.close()
        self.channel.close()


def outer_uid():
    """As it is outside of this user namespace."""
    with open('/proc/self/uid_map') as stream:
        inside, outside, _ = (int(word) for word in stream.readline().split())
    return os.geteuid() - inside + outside


def length(head):
    body, _, fields = struct.unpack_from('<III', head, 4)
    return 16 + (fields + 7) // 8 * 8 + body


def grown(blob, entry, size):
    """The message @blob, whose body is one empty array, with as many entries as @size bytes have."""
    entries = entry * (size // len(entry))
    return blob[:4] + struct.pack('<I', 4 + len(entries)) + blob[8:-4] \
        + struct.pack('<I', len(entries)) + entries


def lend():
    connection = Connection()
    with socket.socket(fileno=0) as receiver:
        socket.send_fds(receiver, [connection.name.encode()], [connection.channel.fileno()])


def main():
    if sys.argv[1] == 'lend':
        return lend()
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    held = [Connection() for _ in range(int(sys.argv[1]))]
    for connection in held:
        connection.call('ListMounts', "({'limit': <uint32 1>},)")
    print('ready', flush=True)
    time.sleep(1000000)


if __name__ == '__main__':
    main()
