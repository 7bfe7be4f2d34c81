#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many callers at once: processes with one connection each, which read nothing.

crowd.py FIRST COUNT CALLS METHOD [ARGUMENTS]: as root, here or of a user namespace, starts COUNT processes
of the uids from FIRST on (all of 0, where that is 0), each of which sends so many calls, with its process
id for PID. Says "ready" when all were sent, and holds them until its input ends."""
import os
import sys

from connections import BUS, Connection

BATCH = 16


def blob(connection, method, arguments):
    words = [word.replace('PID', str(os.getpid())) for word in arguments]
    return connection.blob(method, *words, **(
        {'interface': BUS + '.Introspectable'} if method == 'Introspect' else {}))


def act(uid, calls, method, arguments, sent):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    connection = Connection()
    for done in range(0, calls, BATCH):
        connection.channel.sendall(b''.join(blob(connection, method, arguments)
                                            for _ in range(min(BATCH, calls - done))))
    os.write(sent, b'.')
    sys.stdin.read()


def main():
    first, count, calls = (int(word) for word in sys.argv[1:4])
    ready, sent = os.pipe()
    for number in range(count):
        if os.fork() == 0:
            act(first and first + number, calls, sys.argv[4], sys.argv[5:], sent)
            os._exit(0)
    for _ in range(count):
        assert os.read(ready, 1)
    print('ready', flush=True)
    for _ in range(count):
        os.wait()


main()
