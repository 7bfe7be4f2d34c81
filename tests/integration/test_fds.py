#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What hostile descriptors and hung filesystems can do to others: nothing."""
import os
import pathlib
import subprocess
import unittest

from harness import Case, HungFs, service_pid, table, wait_until


class MessageFds(Case):
    def setUp(self):
        self.fs = HungFs('flush')
        self.addCleanup(self.fs.end)
        self.other = self.client('bob')
        self.other.list(limit=1)

    def after_the_hostile_call(self):
        """The server holds back a FLUSH of the service, and others are served as before."""
        self.fs.wait_held('flush')
        for _ in range(20):
            self.other.list(limit=1)
        fresh = self.client('alice')
        fresh.list(limit=1)
        self.client().mount('/mnt', in_=self.child().pid)

    def test_method_that_does_not_exist(self):
        hostile = self.client('alice')
        self.refused('org.freedesktop.DBus.Error.UnknownMethod', 'NoSuchMethod', hostile.call,
                     'NoSuchMethod', '(@h 0,)', fds=[[str(self.fs.file), None]])
        self.after_the_hostile_call()

    def test_as_in(self):
        hostile = self.client('alice')
        self.refused('OpenNs.EINVAL', 'neither a namespace nor a pidfd', hostile.call, 'ListMounts',
                     "({'in': <@h 0>},)", fds=[[str(self.fs.file), None]])
        self.after_the_hostile_call()

    def test_many(self):
        for _ in range(8):
            hostile = self.client('alice')
            hostile.send('NoSuchMethod', '(@ah [0, 1, 2, 3],)',
                         fds=[[str(self.fs.file), None]] * 4)
        self.after_the_hostile_call()

    def test_signal_with_fds(self):
        """A message that asks for no reply has its descriptors closed in the same way."""
        hostile = self.client('alice')
        hostile.call('NoSuchMethod', '(@h 0,)', fds=[[str(self.fs.file), None]], send_only=True)
        self.after_the_hostile_call()


class HeldFds(Case):
    def test_descriptor_of_another_call(self):
        """While a call holds a hostile descriptor, no worker of another call ever has a copy: it
        could not end without closing it."""
        other = self.client('bob')
        other.list(limit=1)
        fs = HungFs('flush', 'lookup')
        self.addCleanup(fs.end)
        hostile = self.client('alice')
        hostile.send('Mount', f"('tmpfs', '{fs.point}/x', 'tmpfs', {{'timeout': <uint32 6000>}})",
                     fds=[[str(fs.file), None]])
        fs.wait_held('lookup')
        other.list(limit=1)
        tasks = pathlib.Path(f'/proc/{service_pid()}/task')
        before = len(list(tasks.iterdir()))
        for _ in range(50):
            other.list(limit=1)
        self.assertLessEqual(len(list(tasks.iterdir())), before + 2)
        self.refused('Timeout', 'nothing', hostile.receive)


class NothingStaysOpen(Case):
    def test_fds_after_calls(self):
        root = self.client()
        target = self.child()
        root.mount('/mnt', in_=target.pid)
        root.umount('/mnt', in_=target.pid)
        pid = service_pid()
        before = self.links(pid)
        for _ in range(50):
            root.mount('/mnt', in_=target.pid)
            root.umount('/mnt', in_=target.pid)
            root.call('ListMounts', "({'in': <@h 0>},)", fds=[[f'/proc/{target.pid}/ns/mnt', None]])
        wait_until(lambda: len(self.links(pid)) <= len(before), 'descriptors closed')
        tasks = len(os.listdir(f'/proc/{pid}/task'))
        self.assertLess(tasks, 20)

    def links(self, pid):
        return [entry for entry in pathlib.Path(f'/proc/{pid}/fd').iterdir()]

    def test_cloexec(self):
        pid = service_pid()
        for entry in pathlib.Path(f'/proc/{pid}/fdinfo').iterdir():
            if int(entry.name) > 2:
                flags = int(entry.read_text().split('flags:')[1].split()[0], 8)
                self.assertTrue(flags & os.O_CLOEXEC, os.readlink(f'/proc/{pid}/fd/{entry.name}'))


class HungLookup(Case):
    def setUp(self):
        self.fs = HungFs('lookup')
        self.addCleanup(self.fs.end)
        self.stuck = f'{self.fs.point}/dir'

    def test_timeout(self):
        root = self.client()
        before = table()
        fault = self.refused('Timeout', 'nothing was done', root.mount, self.stuck, timeout=300)
        self.assertIn('300 ms', fault.message)
        self.assertEqual(table(), before)

    def test_abandoned_stays_abandoned(self):
        """The kernel lets the worker go after the caller was told that nothing will be done."""
        root = self.client()
        root.list(limit=1)
        before = table()
        self.refused('Timeout', 'nothing will be', root.mount, self.stuck, timeout=300)
        self.assertEqual(self.workers(), 1)
        self.fs.let_go()
        wait_until(lambda: self.workers() == 0, 'the worker ending')
        self.assertEqual(table(), before)
        root.mount(self.stuck)
        root.umount(self.stuck)

    def workers(self):
        threads = subprocess.run(['ps', '-L', '-o', 'comm=', '-p', str(service_pid())], check=True,
                                 capture_output=True, text=True).stdout
        return threads.split().count('linx-worker')

    def test_only_its_own_call(self):
        root = self.client()
        root.send('Mount', f"('tmpfs', '{self.stuck}', 'tmpfs', {{'timeout': <uint32 5000>}})")
        self.fs.wait_held('lookup')
        other = self.client('bob')
        for _ in range(20):
            other.list(limit=1)
        self.refused('Timeout', 'nothing', root.receive)

    def test_bound_of_a_user(self):
        """32 calls of a user stuck: the next one is refused at once, another user's is served."""
        clients = [self.client('alice') for _ in range(32)]
        for number, client in enumerate(clients):
            client.send('Mount', f"('tmpfs', '{self.fs.point}/{number}', 'tmpfs', "
                        "{'timeout': <uint32 8000>})")
        for _ in clients:
            self.fs.wait_held('lookup')
        self.refused('org.freedesktop.DBus.Error.LimitsExceeded', '32 calls',
                     self.client('alice').list)
        self.client('bob').list(limit=1)
        for client in clients:
            self.refused('Timeout', 'nothing', client.receive)
        self.client('alice').list(limit=1)


if __name__ == '__main__':
    unittest.main()
