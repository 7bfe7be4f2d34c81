#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""To whom it is counted what callers have under way: not by a uid alone, so that nobody is many, and nobody
root who is not."""
import pathlib
import subprocess
import sys
import unittest

from actors import HERE, WITHOUT_POWER, HungFs, MappedChild, as_user
from harness import Fault, wait_until
from life import LIMITS, Life


UIDS = range(101000, 101050)


class Crowds(Life):
    def setUp(self):
        """The bus takes no connection of who is not known."""
        users = pathlib.Path('/etc/passwd')
        self.addCleanup(users.write_text, users.read_text())
        with users.open('a') as stream:
            stream.writelines(f'sub{uid}:x:{uid}:65534::/tmp:/bin/sh\n' for uid in UIDS)
        super().setUp()

    def crowd(self, prefix, first, count, calls, method, *arguments):
        """tests/integration/crowd.py, after its "ready"."""
        process = subprocess.Popen(
            [*prefix, sys.executable, HERE / 'crowd.py', str(first), str(count), str(calls), method,
             *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.assertEqual(process.stdout.readline(), 'ready\n')

    def namespace_of(self, user):
        """What enters a user namespace of @user, whose uids are not its own."""
        child = MappedChild(user=user)
        self.addCleanup(child.end)
        return ['nsenter', '--user', '--target', str(child.pid)]

    def hang(self, prefix, count, held):
        """A call each of so many subordinate uids, stuck in a filesystem."""
        fs = HungFs('lookup')
        self.addCleanup(fs.end)
        self.crowd(prefix, 1000, count, 1, 'Mount',
                   f"('tmpfs', '{fs.point}/PID', 'tmpfs', {{'timeout': <uint32 600000>}})")
        for _ in range(held):
            fs.wait_held('lookup')

    def others_are_served(self):
        for client in (self.client('bob'), self.root):
            client.list(limit=1)
            client.call('Can', "('Umount', <('/dev/shm', @a{sv} {})>)")
            client.unwatch(client.watch())
            client.open_mountinfo()


class Users(Crowds):
    def test_of_many_uids(self):
        """50 uids of her user namespace have together what she has."""
        self.service_with('--max-calls', '32', '--max-calls-per-user', '8')
        self.hang(self.namespace_of('alice'), 50, 8)
        self.refused(LIMITS, '8 calls of this user', self.client('alice').list)
        self.others_are_served()

    def test_namespace_that_root_has_made(self):
        """It counts by itself: neither as root nor as each of its uids."""
        self.service_with('--max-calls', '32', '--max-calls-per-user', '8')
        self.hang(self.namespace_of('root'), 50, 8)
        self.client('alice').list(limit=1)
        self.others_are_served()

    def test_unread(self):
        """Each of 50 has less to read than what a user is shut for."""
        self.crowd(self.namespace_of('alice'), 1000, 50, 320, 'Introspect')
        wait_until(lambda: self.served(self.client('alice')) in (LIMITS, 'silence'),
                   'what was sent being answered, and not read')
        self.others_are_served()

    def served(self, client):
        try:
            client.call('ListMounts', "({'limit': <uint32 1>},)", timeout=3000)
        except Fault as fault:
            return fault.name
        except AssertionError:  # it waits for an answer in vain, and ends
            return 'silence'
        return None


class Newcomers(Crowds):
    def test_namespaces_that_are_watched(self):
        """Five users that have all they may have leave others one namespace each; a sixth gets no more."""
        self.rule('if (action.lookup("operation") == "watch") return polkit.Result.YES;')
        children = [self.child() for _ in range(43)]
        for number, user in enumerate(('alice', 'bob', 'daemon', 'bin', 'sys')):
            client = self.client(user)
            for child in children[8 * number:8 * (number + 1)]:
                client.watch(in_=child.pid)
        carol = self.client('carol')
        carol.watch(in_=children[40].pid)
        self.refused(LIMITS, '41 namespaces', carol.watch, in_=children[41].pid)
        self.client('games').watch(in_=children[41].pid)
        self.root.watch(in_=children[42].pid)


class Root(Crowds):
    def test_that_is_none(self):
        """uid 0 of a container that has no user namespace: 8 processes that read nothing."""
        self.crowd(WITHOUT_POWER, 0, 8, 800, 'Introspect')
        self.others_are_served()
        self.client('alice', prefix=[]).list(limit=1)

    def test_calls_of_who_is_none(self):
        """They are as many as another user's, and root's reserve is not theirs."""
        self.service_with('--max-calls', '8', '--max-calls-per-user', '8')
        fs = HungFs('lookup')
        self.addCleanup(fs.end)
        stuck = []
        for user in ['alice'] * 6 + ['bob']:
            client = self.client(user)
            client.send('Mount', f"('tmpfs', '{fs.point}/{len(stuck)}', 'tmpfs', {{'timeout': <uint32 5000>}})")
            fs.wait_held('lookup')
            stuck.append(client)
        self.refused(LIMITS, '7 calls', self.client(prefix=WITHOUT_POWER).list)
        self.root.list(limit=1)
        for client in stuck:
            self.refused('Timeout', 'nothing', client.receive)


if __name__ == '__main__':
    unittest.main()
