#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""broker.py SOCKET CONFIG: runs dbus-broker as systemd does, on a socket that it is handed. It logs to the
journal alone: what it says there comes out here. For use by rig.py."""
import os
import pathlib
import socket
import sys

JOURNAL = pathlib.Path('/run/systemd/journal/socket')
# The first descriptor that is handed over (sd_listen_fds(3)).
LISTEN_FD = 3


def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    os.chmod(path, 0o666)
    server.listen(100)
    return server


def become_broker(server, config):
    """In the child: LISTEN_PID is its own."""
    if server.fileno() != LISTEN_FD:
        os.dup2(server.fileno(), LISTEN_FD)
    os.set_inheritable(LISTEN_FD, True)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
    os.execvp('dbus-broker-launch', ['dbus-broker-launch', '--scope', 'system', '--config-file', config])


def main():
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    JOURNAL.parent.mkdir(parents=True, exist_ok=True)
    journal.bind(str(JOURNAL))
    server = listen(sys.argv[1] + '.new')
    if os.fork() == 0:
        become_broker(server, sys.argv[2])
    os.rename(sys.argv[1] + '.new', sys.argv[1])
    while True:
        print(journal.recv(1 << 20).decode(errors='replace'), flush=True)


main()
