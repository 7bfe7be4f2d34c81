#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""connections.py COUNT [ARGUMENTS [TIMES]]: opens so many connections to the bus, calls ListMounts on each,
so often, says "ready" and how many were refused when all have an answer of the service, and holds them.
Without GDBus, which looks at all of them each time, and answers what nobody here does."""
import os
import resource
import socket
import struct
import sys
import time

from gi.repository import Gio, GLib

NAME = 'org.linx.Mount1'
BUS = 'org.freedesktop.DBus'
ANSWERS = Gio.DBusMessageType.METHOD_RETURN, Gio.DBusMessageType.ERROR


def blob(serial, name, path, method, body=None):
    message = Gio.DBusMessage.new_method_call(name, path, name, method)
    message.set_serial(serial)
    if body is not None:
        message.set_body(GLib.Variant.parse(None, body, None, None))
    return bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE))


def read_message(stream):
    head = stream.read(16)
    body, _, fields = struct.unpack_from('<III', head, 4)
    return Gio.DBusMessage.new_from_blob(head + stream.read((fields + 7) // 8 * 8 + body),
                                         Gio.DBusCapabilityFlags.NONE)


def read_answer(stream):
    while (message := read_message(stream)).get_message_type() not in ANSWERS:
        pass
    return message


def call(channel, stream, words):
    """Whether it was refused."""
    channel.sendall(words)
    return read_answer(stream).get_message_type() == Gio.DBusMessageType.ERROR


def open_one():
    channel = socket.socket(socket.AF_UNIX)
    channel.connect('/run/dbus/system_bus_socket')
    channel.sendall(b'\0AUTH EXTERNAL ' + str(os.geteuid()).encode().hex().encode() + b'\r\nBEGIN\r\n')
    while not channel.recv(1) == b'\n':
        pass
    stream = channel.makefile('rb')
    if call(channel, stream, blob(1, BUS, '/org/freedesktop/DBus', 'Hello')):
        sys.exit('the bus does not know us')
    return channel, stream


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    arguments = sys.argv[2] if len(sys.argv) > 2 else "({'limit': <uint32 1>},)"
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    words = blob(2, NAME, '/org/linx/Mount1', 'ListMounts', arguments)
    held, refused = [], 0
    for _ in range(int(sys.argv[1])):
        held.append(open_one())
        refused += sum(call(*held[-1], words) for _ in range(times))
    print(f'ready\n{refused}', flush=True)
    time.sleep(1000000)
    return held


if __name__ == '__main__':
    main()
