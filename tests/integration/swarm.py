#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""swarm.py COUNT CALLS METHOD [ARGUMENTS]: so many connections of one process, each of which sends so many
calls and reads nothing. Says "ready" when all were sent, and holds them until its input ends."""
import sys

from connections import BUS, Connection


def main():
    count, calls, method = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    where = {'interface': BUS + '.Introspectable'} if method == 'Introspect' else {}
    swarm = [Connection() for _ in range(count)]
    for _ in range(calls):
        for connection in swarm:
            connection.send(method, *sys.argv[4:], **where)
    print('ready', flush=True)
    sys.stdin.read()


main()
