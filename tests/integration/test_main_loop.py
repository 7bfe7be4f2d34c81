#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one call costs the main loop, where everybody waits: each method at its largest arguments, by the CPU
time that the service's first thread takes."""
import os
import pathlib
import pwd
import subprocess
import sys
import unittest

from connections import Connection
from harness import BUILD, service_pid
from life import Life

# Of a machine that others use too, with caches cold, or with a sanitizer: the aim is 1 ms.
MOST_MS = 10
CALLS = 12
LONG = '/' + '/'.join(['a' * 250] * 16)  # 4,017 bytes
WORDS = ','.join(['ssd'] * 15500)
SECRETS = ','.join([f'password{number}=x' for number in range(3000)])
NAMES = ','.join([f'x-{number}' for number in range(7000)])
RAW = 'b"' + r'\377' * 60000 + '"'


def raw(name, rest=''):
    return f"{{'raw': <{{'{name}': {RAW}}}>{rest}}}"


def options(words):
    return f"{{'options': <'{words}'>}}"


def strings(word, count):
    return '[' + ', '.join([f"'{word}'"] * count) + ']'


LARGE = {
    'Mount': [f"('tmpfs', '{LONG}', 'tmpfs', {options(words)})" for words in (WORDS, SECRETS, NAMES)]
    + [f"('tmpfs', '', 'tmpfs', {raw('target')})"],
    'Bind': [f"('/none', '{LONG}', {options(WORDS)})", f"('', '/mnt', {raw('source')})"],
    'Remount': [f"('{LONG}', {options(WORDS)})", f"('', {raw('target')})"],
    'Move': [f"('', '/mnt', {raw('source')})", f"('{LONG}', '{LONG}', @a{{sv}} {{}})"],
    'Umount': [f"('', {raw('target')})", f"('{LONG}', @a{{sv}} {{}})"],
    'SetPropagation': [f"('', 'private', {raw('target')})"],
    'MakeRPrivate': [f"('', {raw('target')})"],
    'PivotRoot': [f"('', '/mnt', {raw('new_root')})"],
    'CreateMount': [f"('tmpfs', 'tmpfs', {options(words)})" for words in (WORDS, SECRETS)],
    'CloneMount': [f"('', {raw('source')})"],
    'ListMounts': [f"({{'fields': <{strings('id', 7000)}>}},)", f"({{'fstype': <{strings('x', 9000)}>}},)",
                   f"({{'under': <'{LONG}'>}},)"],
    'OpenMountInfo': ['(@a{sv} {},)'],
    'Watch': [f"({{'in': <'{LONG}'>}},)"],
    'Unwatch': ['(uint64 1,)'],
    'Can': [f"('Mount', <('tmpfs', '{LONG}', 'tmpfs', {options(WORDS)})>)"],
}


def act(uid, method, arguments, count):
    """The caller, a process of its own."""
    if uid != 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    connection = Connection()
    for _ in range(count):
        connection.call(method, arguments)
    os._exit(0)


class MainLoop(Life):
    def used_ms(self):
        """What it has run (schedstat: nanoseconds)."""
        pid = service_pid()
        text = pathlib.Path(f'/proc/{pid}/task/{pid}/schedstat').read_text()
        return int(text.split()[0]) / 1e6

    def cost(self, method, arguments, count=CALLS, uid=0):
        """Of one call, in the mean."""
        before = self.used_ms()
        child = os.fork()
        if child == 0:
            act(uid, method, arguments, count)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        return (self.used_ms() - before) / count

    def check(self, uid):
        costs = {f'{method} {number}': self.cost(method, arguments, CALLS, uid)
                 for method, all_arguments in LARGE.items()
                 for number, arguments in enumerate(all_arguments)}
        for name, cost in sorted(costs.items(), key=lambda item: -item[1])[:5]:
            print(f'{name}: {cost:.2f} ms', file=sys.stderr)
        self.assertLess(max(costs.values()), MOST_MS)

    def test_largest_arguments_of_root(self):
        """Which is asked nothing. Of none of the calls anything is done, but of CreateMount."""
        self.check(0)

    def test_largest_arguments_of_a_user(self):
        """With no rule: polkit is asked, and says no."""
        self.check(pwd.getpwnam('alice').pw_uid)

    def test_largest_reply(self):
        """Some MiB of rows are not made a message there."""
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/d; mount -t tmpfs d /mnt/d; '
                            f'{BUILD}/tests/helpers/many-mounts /mnt/d 8000')
        cost = self.cost('ListMounts', f"({{'in': <uint32 {target.pid}>}},)", 10)
        print(f'a reply of 8,000 rows: {cost:.2f} ms', file=sys.stderr)
        self.assertLess(cost, MOST_MS)

    def test_places_of_the_host(self):
        """Each of which polkit is asked about, with all that is said of the call, till it says no."""
        subprocess.run(['sh', '-ec', '''mount -t tmpfs v /mnt; mount --make-shared /mnt; chmod 755 /mnt
            mkdir /mnt/a; for n in $(seq 15); do mkdir /srv/$n; mount --bind /mnt /srv/$n; done'''],
                       check=True)
        self.addCleanup(subprocess.run, ['sh', '-ec', 'umount -R -l /mnt; for n in $(seq 15); do '
                                         'umount -l /srv/$n; rmdir /srv/$n; done'], check=True)
        target = self.child('--mount', '--propagation', 'unchanged')
        words = ','.join(['x=' + chr(0x202e) * 19] * 990)  # four times as long when it is printed
        arguments = (f"('tmpfs', '/mnt/a', 'tmpfs', {{'in': <uint32 {target.pid}>, "
                     f"'options': <'{words}'>}})")
        for method, text in (('Mount', arguments), ('Can', f"('Mount', <{arguments}>)")):
            cost = self.cost(method, text, uid=pwd.getpwnam('alice').pw_uid)
            print(f'{method} at 16 places: {cost:.2f} ms', file=sys.stderr)
            self.assertLess(cost, MOST_MS)

    def test_small_call(self):
        cost = self.cost('ListMounts', "({'limit': <uint32 1>},)", 500)
        print(f'a row: {cost:.3f} ms', file=sys.stderr)
        self.assertLess(cost, MOST_MS)


if __name__ == '__main__':
    unittest.main()
