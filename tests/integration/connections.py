#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""connections.py COUNT [ARGUMENTS]: opens so many connections to the bus, calls ListMounts on each, says
"ready" and how many were refused when all have an answer of the service, and holds them. Without GDBus,
which looks at all of them each time, and answers what nobody here does."""
import os
import resource
import socket
import struct
import sys
import time

from gi.repository import Gio, GLib

NAME = 'org.linx.Mount1'
BUS = 'org.freedesktop.DBus'
REPLY, ERROR = 2, 3  # types of messages


def blob(serial, name, path, method, body=None):
    message = Gio.DBusMessage.new_method_call(name, path, name, method)
    message.set_serial(serial)
    if body is not None:
        message.set_body(GLib.Variant.parse(None, body, None, None))
    return bytes(message.to_blob(Gio.DBusCapabilityFlags.NONE))


def read_message(stream):
    head = stream.read(16)
    body, serial, fields = struct.unpack_from('<III', head, 4)
    stream.read((fields + 7) // 8 * 8 + body)
    return head[1]


def open_one(words):
    channel = socket.socket(socket.AF_UNIX)
    channel.connect('/run/dbus/system_bus_socket')
    stream = channel.makefile('rwb', 0)
    stream.write(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\nBEGIN\r\n')
    while not stream.read(1) == b'\n':
        pass
    stream.write(words)
    stream = channel.makefile('rb')
    if read_message(stream) != REPLY:
        sys.exit('the bus does not know us')
    while (kind := read_message(stream)) not in (REPLY, ERROR):
        pass
    return channel, stream, kind == ERROR


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    arguments = sys.argv[2] if len(sys.argv) > 2 else "({'limit': <uint32 1>},)"
    words = blob(1, BUS, '/org/freedesktop/DBus', 'Hello') \
        + blob(2, NAME, '/org/linx/Mount1', 'ListMounts', arguments)
    held = [open_one(words) for _ in range(int(sys.argv[1]))]
    print(f'ready\n{sum(refused for _, _, refused in held)}', flush=True)
    time.sleep(1000000)
    return held


main()
