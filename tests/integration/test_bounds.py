#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the command line bounds, and that no user takes anything of it from another one."""
import subprocess
import unittest

from harness import HELPERS, Agent, Fault, HungFs, as_user
from life import LIMITS, Life


class Bounds(Life):
    def hang(self, fs, *users):
        """A call of each that is stuck."""
        clients = [self.client(user) for user in users]
        for number, (user, client) in enumerate(zip(users, clients)):
            client.send('Mount', f"('tmpfs', '{fs.point}/{user}-{number}', 'tmpfs', "
                        "{'timeout': <uint32 2000>})")
            fs.wait_held('lookup')
        return clients

    def hung(self):
        fs = HungFs('lookup')
        self.addCleanup(fs.end)
        return fs

    def test_calls_of_a_user(self):
        self.service_with('--max-calls-per-user', '2')
        fs = self.hung()
        stuck = self.hang(fs, 'alice', 'alice')
        self.refused(LIMITS, '2 calls of this user', self.client('alice').list)
        self.client('bob').list(limit=1)
        for client in stuck:
            self.refused('Timeout', 'nothing', client.receive)

    def test_calls(self):
        self.service_with('--max-calls', '3', '--max-calls-per-user', '2')
        fs = self.hung()
        stuck = self.hang(fs, 'alice', 'alice', 'bob')
        self.refused(LIMITS, '3 calls', self.client('carol').list)
        for client in stuck:
            self.refused('Timeout', 'nothing', client.receive)

    def test_checks(self):
        self.service_with('--max-checks', '1')
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Umount', "('/dev/shm', @a{sv} {})", interactive=True)
        agent.wait_prompt()
        self.refused(LIMITS, '1 authorization checks', self.client('alice').umount, '/dev/shm')
        self.assertTrue(self.root.list(limit=1))
        bob.kill()

    def test_prompts_that_nobody_answers(self):
        """Of two users, each as many as it may have under way: what needs no person does not wait."""
        for user in ('alice', 'carol'):
            asking = subprocess.Popen([*as_user(user), HELPERS / 'flood', '1', '32', 'prompt'],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            self.addCleanup(asking.wait)
            self.addCleanup(asking.kill)
            agent = Agent(asking.pid, user)
            self.addCleanup(agent.end)
            asking.stdin.close()
            agent.wait_prompt()
        bob = self.client('bob')
        for _ in range(50):
            bob.list(limit=1)

    def test_calls_of_newcomers_and_root(self):
        """Others cannot have them all."""
        self.service_with('--max-calls', '8', '--max-calls-per-user', '4')
        fs = self.hung()
        stuck = self.hang(fs, *['alice'] * 4, *['bob'] * 2)
        self.refused(LIMITS, '6 calls', self.client('bob').list)
        stuck += self.hang(fs, 'carol')
        self.refused(LIMITS, '7 calls', self.client('daemon').list)
        self.root.list(limit=1)
        for client in stuck:
            self.refused('Timeout', 'nothing', client.receive)

    def test_watches_of_a_user(self):
        self.service_with('--max-watches-per-user', '2')
        alice = self.client('alice')
        watches = [alice.watch(), alice.watch()]
        self.refused(LIMITS, '2 watches of this user', self.client('alice').watch)
        for _ in range(3):
            self.root.watch()
        alice.unwatch(watches[0])
        alice.watch()


class Flood(Life):
    """Calls of one user as fast as it can, over all bounds: each call of another one succeeds."""

    def others_are_served(self):
        bob, target = self.client('bob'), self.child()
        for _ in range(10):
            bob.list(limit=1)
            fresh = self.client('bob')
            fresh.list(limit=1)
            fresh.close()
            mount = self.root.mount('/mnt', in_=target.pid)
            self.root.umount('/mnt', in_=target.pid, id=f'<uint64 {mount}>')
        with self.assertRaises(Fault) as caught:
            bob.umount('/dev/shm')
        self.assertNotEqual(caught.exception.name, LIMITS)

    def test_of_listing(self):
        self.start(HELPERS / 'flood', '16', '64', 'list')
        self.others_are_served()

    def test_of_what_is_denied(self):
        self.start(HELPERS / 'flood', '16', '16', 'denied')
        self.others_are_served()

    def test_of_new_connections(self):
        """Before the bus has said whose they are, they take no place of anybody's."""
        self.service_with('--max-calls', '40')
        self.root.list(limit=1)  # it has started: for that the bus has a bound of its own
        self.start(HELPERS / 'flood', '16', '100', 'fresh')
        self.others_are_served()


if __name__ == '__main__':
    unittest.main()
