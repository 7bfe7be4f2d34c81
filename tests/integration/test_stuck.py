#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A worker that the kernel does not let go keeps nobody from being served, and the service from ending
as little as from being replaced."""
import os
import signal
import subprocess
import sys
import time
import unittest

from harness import Agent, HungFs, audit_line, mounts_at, service_pid, table, wait_until
from life import Life, gone, threads


def stuck(pid):
    return 'linx-worker' in threads(pid)


def say(what, seconds):
    print(f'{what}: {seconds * 1000:.0f} ms', file=sys.stderr)


class Replaced(Life):
    def setUp(self):
        super().setUp()
        self.fs = HungFs('lookup')
        self.addCleanup(self.fs.end)
        self.before = table()
        self.old = service_pid()
        self.root.send('Mount', f"('tmpfs', '{self.fs.point}/dir', 'tmpfs', "
                       "{'timeout': <uint32 600000>})")
        self.fs.wait_held('lookup')

    def another_one_serves(self, what):
        """Within a second, if nobody else wants the machine."""
        wait_until(lambda: gone(self.old), 'the old one ending', 10)
        ended = time.monotonic()
        self.client('bob').list(limit=1)
        self.client().mount('/mnt', in_=self.child().pid)
        used = time.monotonic() - ended
        self.assertTrue(stuck(self.old))
        self.assertNotEqual(service_pid(), self.old)
        say(f'{what}: another one has served', used)
        self.assertLess(used, 10)
        self.fs.let_go()
        wait_until(lambda: not stuck(self.old), 'the worker ending')
        self.assertEqual(table(), self.before)

    def test_sigkill(self):
        os.kill(self.old, signal.SIGKILL)
        self.refused('org.freedesktop.DBus.Error.NoReply', '', self.root.receive)
        self.another_one_serves('SIGKILL')

    def test_sigterm(self):
        """What is stuck is told so early, however long it wanted to wait."""
        start = time.monotonic()
        os.kill(self.old, signal.SIGTERM)
        self.refused('Timeout', 'nothing was done', self.root.receive)
        say('SIGTERM: the stuck call is answered', time.monotonic() - start)
        audit_line('outcome="org.linx.Mount1.Error.Timeout"', 'target-given=')
        self.another_one_serves('SIGTERM')


class Ending(Life):
    def test_stuck_in_a_commit(self):
        before, old = table(), service_pid()
        fs = HungFs('read')
        device = subprocess.run(['losetup', '--find', '--show', fs.file], check=True, text=True,
                                capture_output=True).stdout.strip()
        try:
            self.root.send('Mount', f"('{device}', '/mnt', 'ext4', {{'timeout': <uint32 600000>}})")
            fs.wait_held('read')
            os.kill(old, signal.SIGTERM)
            self.refused('TimeoutUncertain', ['stuck in opening the device', 'done before it: nothing'],
                         self.root.receive)
            audit_line('TimeoutUncertain', 'stuck in opening the device')
            wait_until(lambda: gone(old), 'the service ending', 10)
            self.client().list(limit=1)
        finally:
            fs.end()
            wait_until(lambda: subprocess.run(['losetup', '--detach', device],
                                              stderr=subprocess.DEVNULL).returncode == 0,
                       'the loop device')
        self.assertEqual(table(), before)

    def test_person_who_does_not_answer(self):
        target, old = self.child(), service_pid()
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {target.pid}>}})",
                 interactive=True)
        agent.wait_prompt()
        os.kill(old, signal.SIGTERM)
        self.refused('Timeout', 'nothing was done', bob.receive)
        wait_until(lambda: gone(old), 'the service ending', 10)
        self.assertFalse(mounts_at('/mnt', target.pid))


if __name__ == '__main__':
    unittest.main()
