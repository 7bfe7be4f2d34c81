#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench-flood.py ROUNDS: what bob's calls take while alice calls as fast as she can. For use by bench.py.

A row is a flood: connections, calls under way on each, and what is called (tests/helpers/flood.c). bus is a
call of the bus itself, ping one that GDBus answers without the service's own code: what they lose is the
machine's, the bus's and GDBus's. x is the ratio to the quiet latency. Medians, in milliseconds."""
import statistics
import subprocess
import sys
import time

import harness

FLOODS = [None, ('4', '8', 'list'), ('4', '8', 'denied'), ('16', '8', 'list'), ('16', '64', 'list'),
          ('16', '64', 'denied'), ('16', '32', 'fresh')]
CALLS = {
    'bus': ('GetId', '()', dict(name='org.freedesktop.DBus', path='/',
                                interface='org.freedesktop.DBus')),
    'ping': ('Ping', '()', dict(interface='org.freedesktop.DBus.Peer')),
    'list': ('ListMounts', "({'limit': <uint32 1>},)", {}),
    'denied': ('Umount', "('/dev/shm', @a{sv} {})", {}),
}


def take(client, method, arguments, where):
    start = time.perf_counter()
    try:
        client.call(method, arguments, **where)
    except harness.Fault as fault:
        if fault.name.endswith('LimitsExceeded'):
            raise
    return (time.perf_counter() - start) * 1000


def measure(client, rounds):
    times = {name: [] for name in CALLS}
    for _ in range(rounds):
        for name, call in CALLS.items():
            times[name].append(take(client, *call))
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    rounds, quiet = int(sys.argv[1]), None
    bob = harness.Client('bob')
    measure(bob, 5)
    print(f'{"flood":16}' + ''.join(f'{name:>9}{"x":>7}' for name in CALLS))
    for words in FLOODS:
        flood = None
        if words is not None:
            flood = subprocess.Popen([*harness.as_user('alice'), harness.HELPERS / 'flood', *words],
                                     stdout=subprocess.PIPE, text=True)
            flood.stdout.readline()
        found = measure(bob, rounds)
        quiet = quiet or found
        print(f'{" ".join(words) if words else "none":16}'
              + ''.join(f'{found[name]:9.1f}{found[name] / quiet[name]:7.1f}' for name in CALLS),
              flush=True)
        if flood is not None:
            flood.kill()
            flood.wait()
    bob.close()


main()
