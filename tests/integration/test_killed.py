#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGKILL at any instant of a call: the table is as before it or as after it, and nothing else is left.
LINX_KILLS: how many of each operation."""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from harness import Fault, arguments, mountinfo, service_pid, table, wait_until
from life import Life, gone, threads

KILLS = int(os.environ.get('LINX_KILLS', '40'))
IMAGE = pathlib.Path('/run/rig/killed.img')
ATTRIBUTES = 'ro,nosuid,nodev'
TREE = '''mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a /mnt/source /mnt/m
    mount -t tmpfs outer /mnt/source; mkdir /mnt/source/in
    mount -t tmpfs inner /mnt/source/in; mount -t tmpfs m /mnt/m; mkdir /mnt/m/old'''
OPERATIONS = {
    'Mount': ('tmpfs', '/mnt/a', 'tmpfs', dict(options=ATTRIBUTES + ',size=1M')),
    'Bind': ('/mnt/source', '/mnt/new', dict(options='r' + ATTRIBUTES.replace(',', ',r'),
                                             recursive=True, create='directory')),
    'Remount': ('/mnt/source', dict(options='r' + ATTRIBUTES.replace(',', ',r'), recursive=True)),
    'Move': ('/mnt/m', '/mnt/a', {}),
    'Umount': ('/mnt/m', {}),
    'PivotRoot': ('/mnt/m', '/mnt/m/old', {}),
    'Mount of an image': (str(IMAGE), '/mnt/a', 'ext4', dict(options=ATTRIBUTES)),
}


def rows(pid):
    """The table without what differs between two namespaces: ids, and numbers of devices."""
    return [(row['root'], row['mount-point'], row['mount-options'], row['tags'], row['fstype'],
             re.sub('^/dev/loop[0-9]+$', 'loop', row['source']), row['super-options'])
            for row in mountinfo(pid)]


def names(pid):
    root = pathlib.Path(f'/proc/{pid}/root')
    return sorted(os.listdir(root / 'mnt')) if (root / 'mnt').exists() else []


def loops():
    shown = subprocess.run(['losetup', '--list', '--noheadings', '-O', 'BACK-FILE'], check=True,
                           capture_output=True, text=True).stdout
    return shown.count(str(IMAGE))


class Killed(Life):
    def setUp(self):
        super().setUp()
        with open(IMAGE, 'wb') as stream:
            stream.truncate(4 << 20)
        self.addCleanup(IMAGE.unlink)
        subprocess.run(['mkfs.ext4', '-q', IMAGE], check=True)
        self.host = table()

    def call_and_kill(self, pid, name, delay):
        """Whether it was replied to as done; @delay None: it is left alone."""
        *words, options = OPERATIONS[name]
        self.root.list(limit=1)
        service = service_pid()
        start = time.perf_counter()
        self.root.send(name.split()[0], arguments(*words, in_=pid, **options))
        if delay is not None:
            time.sleep(max(0, delay - 0.0002))
            while time.perf_counter() < start + delay:
                pass
            os.kill(service, signal.SIGKILL)
        try:
            self.root.receive()
        except Fault as fault:
            self.assertEqual(fault.name, 'org.freedesktop.DBus.Error.NoReply')
            self.took = None
        else:
            self.took = time.perf_counter() - start
        if delay is not None:
            wait_until(lambda: gone(service) and not threads(service), 'the service ending')
            self.by_another = service_pid() is not None
        return self.took is not None

    def try_once(self, name, delay, after):
        """Whether the table is as after it; None where the service ended before it had the call, which
        the bus had another one do."""
        child = self.child(prepare=TREE)
        before, files = rows(child.pid), names(child.pid)
        done = self.call_and_kill(child.pid, name, delay)
        now = rows(child.pid)
        self.assertIn(now, [after] if done else [before, after])
        self.assertEqual(table(), self.host)
        if name not in ('Bind', 'PivotRoot'):
            self.assertEqual(names(child.pid), files)
        wait_until(lambda: loops() == (now == after and 'image' in name), 'the loop device going')
        child.end()
        wait_until(lambda: loops() == 0, 'the loop device going')
        return None if self.by_another else now == after

    def kill_in(self, name):
        """Comes as close to the instant of the change as can be: earlier after it, else later."""
        child = self.child(prepare=TREE)
        before = rows(child.pid)
        self.assertTrue(self.call_and_kill(child.pid, name, None))
        delay, after = self.took / 2, rows(child.pid)
        self.assertNotEqual(before, after)
        child.end()
        outcomes = []
        for _ in range(KILLS):
            outcomes.append(self.try_once(name, delay * random.uniform(0.6, 1.4), after))
            delay *= 0.9 if outcomes[-1] is True else 1.1
        print(f'{name}: {outcomes.count(False)} as before, {outcomes.count(True)} as after',
              file=sys.stderr)
        self.assertLessEqual({False, True}, set(outcomes))


for operation in OPERATIONS:
    setattr(Killed, 'test_' + operation.lower().replace(' ', '_'),
            lambda self, operation=operation: self.kill_in(operation))

if __name__ == '__main__':
    unittest.main()
