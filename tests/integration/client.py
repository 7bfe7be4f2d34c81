#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A caller of the service, as a process of its own: reads one call a line (JSON) from standard input,
writes one answer a line. Started by harness.Client as the user, and in the namespaces, that a test
wants. It holds one connection to the bus for as long as it lives."""
import collections
import ctypes
import json
import os
import select
import sys
import time

from gi.repository import Gio, GLib

NAME, PATH, INTERFACE = 'org.linx.Mount1', '/org/linx/Mount1', 'org.linx.Mount1'


def connect():
    if 'CLIENT_FD' in os.environ:  # somebody else's connection
        socket = Gio.Socket.new_from_fd(int(os.environ['CLIENT_FD']))
        return Gio.DBusConnection.new_sync(socket.connection_factory_create_connection(), None,
                                           Gio.DBusConnectionFlags.NONE, None, None)
    address = os.environ.get('CLIENT_BUS', 'unix:path=/run/dbus/system_bus_socket')
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | \
        Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


def open_fd(path, flags):
    kind, _, pid = path.partition(':')
    if kind == 'pidfd':
        return os.pidfd_open(int(pid))
    if kind == 'kept':
        return os.dup(int(pid))
    if kind == 'dead-pidfd':
        fd = os.pidfd_open(int(pid))
        os.kill(int(pid), 9)
        select.select([fd], [], [])
        return fd
    return os.open(path, getattr(os, flags) if flags else os.O_RDONLY)


def open_fds(paths):
    fds = Gio.UnixFDList.new()
    for path, flags in paths:
        fd = open_fd(path, flags)
        fds.append(fd)
        os.close(fd)
    return fds


def message_of(request):
    message = Gio.DBusMessage.new_method_call(request.get('name', NAME), request.get('path', PATH),
                                              request.get('interface', INTERFACE),
                                              request['method'])
    if request.get('arguments') is not None:
        message.set_body(GLib.Variant.parse(None, request['arguments'], None, None))
    if request.get('interactive'):
        message.set_flags(Gio.DBusMessageFlags.ALLOW_INTERACTIVE_AUTHORIZATION)
    if request.get('fds'):
        message.set_unix_fd_list(open_fds(request['fds']))
    return message


def plain(value):
    """A GVariant's value with nothing but what JSON has; bytes become lists."""
    return value.unpack() if value is not None else None


def answer_of(reply, keep_fd):
    if reply.get_message_type() == Gio.DBusMessageType.ERROR:
        body = reply.get_body()
        return {'error': reply.get_error_name(),
                'message': body.unpack()[0] if body is not None else ''}
    if keep_fd == 'read':
        fd, = reply.get_unix_fd_list().steal_fds()
        with open(fd, encoding='latin-1') as stream:
            return {'value': stream.read()}
    if keep_fd:
        return {'value': reply.get_unix_fd_list().steal_fds()[0]}
    return {'value': plain(reply.get_body())}


class Signals:
    """The service's signals, in the order in which they came."""

    def __init__(self, bus):
        self.came = collections.deque()
        bus.signal_subscribe(None, INTERFACE, None, PATH, None, Gio.DBusSignalFlags.NONE, self.take)

    def take(self, bus, sender, path, interface, name, arguments):
        self.came.append({'value': [name, list(arguments.unpack()), time.monotonic()]})

    def next(self, milliseconds):
        """The next one, or None where none comes in time."""
        late = []
        timer = GLib.timeout_add(milliseconds, lambda: late.append(True) or True)
        while not self.came and not late:
            GLib.MainContext.default().iteration(True)
        GLib.source_remove(timer)
        return self.came.popleft() if self.came else {'value': None}


def open_tree(path):
    """A clone of all that is mounted there, with its peers, that is kept."""
    flags = 1 | os.O_CLOEXEC | 0x8000  # OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, AT_RECURSIVE
    fd = ctypes.CDLL(None, use_errno=True).syscall(428, -100, path.encode(), flags)
    if fd < 0:
        raise OSError(ctypes.get_errno(), 'open_tree')
    return fd


def main():
    bus = connect()
    signals = Signals(bus)
    for line in sys.stdin:
        request = json.loads(line)
        if request['method'] == 'next signal':
            print(json.dumps(signals.next(request['timeout'])), flush=True)
            continue
        if request['method'] == 'own process id':
            print(json.dumps({'value': os.getpid()}), flush=True)
            continue
        if request['method'] == 'unshare':
            if ctypes.CDLL(None, use_errno=True).unshare(0x20000) != 0:
                raise OSError(ctypes.get_errno(), 'unshare')
            print(json.dumps({'value': None}), flush=True)
            continue
        if request['method'] == 'open tree':
            print(json.dumps({'value': open_tree(request['path'])}), flush=True)
            continue
        message = message_of(request)
        if request.get('send_only'):
            bus.send_message(message, Gio.DBusSendMessageFlags.NONE)
            bus.flush_sync(None)
            answer = {'sent': bus.get_unique_name()}
        else:
            reply, _ = bus.send_message_with_reply_sync(
                message, Gio.DBusSendMessageFlags.NONE, request.get('timeout', 60000), None)
            answer = answer_of(reply, request.get('keep_fd'))
        print(json.dumps(answer), flush=True)


main()
