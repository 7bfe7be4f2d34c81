#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What hostile descriptors and hung filesystems can do to others: nothing."""
import contextlib
import os
import pathlib
import subprocess
import unittest

from harness import CHALLENGE, Case, Fault, HungFs, audit_line, mounts_at, service_pid, table, wait_until
from life import LIMITS, gone, held


def descriptors(pid):
    """What a process has open, but for sockets: up to 8 are channels to workers that wait, now more,
    now fewer. /proc is where one of them is meanwhile."""
    links = []
    for entry in pathlib.Path(f'/proc/{pid}/fd').iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(entry))
    sockets = [link for link in links if link.startswith('socket:')]
    if len(sockets) > 20:
        raise AssertionError(f'{len(sockets)} sockets are open')
    return [link for link in links if link not in sockets and link != '/proc']


class Workers(Case):
    def workers(self):
        threads = subprocess.run(['ps', '-L', '-o', 'comm=', '-p', str(service_pid())], check=True,
                                 capture_output=True, text=True).stdout
        return threads.split().count('linx-worker')


class MessageFds(Workers):
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
        wait_until(lambda: self.workers() == 0, 'the worker ending')

    def test_many(self):
        for _ in range(8):
            hostile = self.client('alice')
            hostile.send('NoSuchMethod', '(@ah [0, 1, 2, 3],)',
                         fds=[[str(self.fs.file), None]] * 4)
        self.after_the_hostile_call()

    def test_more_than_there_are_threads(self):
        """What the service itself is to close does not wait behind them, nor what another user's calls
        sent."""
        self.rule('if (subject.user == "bob") return polkit.Result.YES;')
        hostile, bob, target = self.client('alice'), self.client('bob'), self.child()
        for _ in range(10):
            hostile.send('NoSuchMethod', f'(@ah {list(range(16))},)',
                         fds=[[str(self.fs.file), None]] * 16)
        for _ in range(10):
            self.refused('org.freedesktop.DBus.Error.UnknownMethod', '', hostile.receive)
        bob.mount('/mnt', in_=target.pid)
        bob.set_propagation('/mnt', 'shared', in_=target.pid)
        wait_until(lambda: target.run('sh', '-c', 'umount /mnt 2>/dev/null || echo busy') == '',
                   'the mount not being busy')
        lent = pathlib.Path('/run/rig/lent')
        lent.touch()
        self.addCleanup(lent.unlink)
        self.refused('OpenNs.EINVAL', 'neither a namespace', bob.call, 'ListMounts',
                     "({'in': <@h 0>},)", fds=[[str(lent), None]])
        wait_until(lambda: str(lent) not in held(service_pid()), 'what was sent being closed')

    def test_more_than_half_of_the_table(self):
        """Another service takes its place while there still is some. No message is left for that one:
        the bus starts it with a copy of what waits, which its start would have to close."""
        hostile, pid = self.client('alice'), service_pid()
        subprocess.run(['prlimit', '--pid', str(pid), '--nofile=400:'], check=True)
        for _ in range(200 // 16 + 1):
            hostile.send('NoSuchMethod', f'(@ah {list(range(16))},)',
                         fds=[[str(self.fs.file), None]] * 16)
        wait_until(lambda: gone(pid), 'the service ending')
        self.other.list(limit=1)
        self.assertNotEqual(service_pid(), pid)

    def test_more_than_a_user_may_have(self):
        """The kernel lets go of what else it sends. The service goes on, and takes others' descriptors."""
        hostile, pid = self.client('alice'), service_pid()
        hostile.list(limit=1)
        for _ in range(4000 // 16):
            self.refused('org.freedesktop.DBus.Error.UnknownMethod', '', hostile.call, 'NoSuchMethod',
                         f'(@ah {list(range(16))},)', fds=[[str(self.fs.file), None]] * 16)
        wait_until(lambda: held(pid)[str(self.fs.file)] > 900, 'what it may have')
        self.assertLess(held(pid)[str(self.fs.file)], 1100)
        self.refused('OpenNs.EINVAL', 'neither a namespace', self.other.call, 'ListMounts', "({'in': <@h 0>},)",
                     fds=[['/etc/passwd', None]])
        self.refused(LIMITS, 'descriptors', hostile.call, 'ListMounts', "({'in': <@h 0>},)",
                     fds=[['/etc/passwd', None]])
        hostile.list(limit=1)
        self.after_the_hostile_call()
        self.assertEqual(service_pid(), pid)

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
        wait_until(lambda: len(list(tasks.iterdir())) <= before + 2, 'the threads ending')
        self.refused('Timeout', 'nothing', hostile.receive)


class NothingStaysOpen(Case):
    def test_fds_after_calls(self):
        root = self.client()
        target = self.child()
        root.mount('/mnt', in_=target.pid)
        root.umount('/mnt', in_=target.pid)
        pid = service_pid()
        before = descriptors(pid)
        for _ in range(50):
            root.mount('/mnt', in_=target.pid)
            root.umount('/mnt', in_=target.pid)
            root.call('ListMounts', "({'in': <@h 0>},)", fds=[[f'/proc/{target.pid}/ns/mnt', None]])
        wait_until(lambda: len(descriptors(pid)) <= len(before), 'descriptors closed')
        wait_until(lambda: len(os.listdir(f'/proc/{pid}/task')) < 20, 'threads ending', 40)

    def test_detached_mounts(self):
        """What is handed out is the client's alone."""
        client = self.client()
        client.list(limit=1)
        pid = service_pid()
        before = descriptors(pid)
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        for _ in range(30):
            clone = client.clone_mount('/mnt', in_=target.pid)
            client.attach_mount(clone, '/mnt/a', in_=target.pid)
            client.create_mount(in_=target.pid)
            self.refused('Resolve.ENOENT', '/none', client.clone_mount, '/none', in_=target.pid)
        client.close()
        wait_until(lambda: len(descriptors(pid)) <= len(before), 'descriptors closed')

    def test_cloexec(self):
        self.client().list(limit=1)
        pid = service_pid()
        for entry in pathlib.Path(f'/proc/{pid}/fdinfo').iterdir():
            with contextlib.suppress(FileNotFoundError):
                link = os.readlink(f'/proc/{pid}/fd/{entry.name}')
                flags = int(entry.read_text().split('flags:')[1].split()[0], 8)
                self.assertTrue(int(entry.name) <= 2 or flags & os.O_CLOEXEC, link)


class Disturbed(Case):
    def test_look_ups_that_are_disturbed_for_ever(self):
        fs = HungFs('again')
        self.addCleanup(fs.end)
        self.refused('Resolve.EAGAIN', 'dir', self.client().mount, f'{fs.point}/dir')

    def test_a_filesystem_that_is_its_owners(self):
        """Not even root may look at such a FUSE filesystem; but unmount it."""
        fs = HungFs('private')
        fs.process.kill()
        fs.process.wait()
        fs.process.stdout.close()
        self.assertTrue(mounts_at(str(fs.point)))
        self.client().umount(str(fs.point))
        self.assertFalse(mounts_at(str(fs.point)))
        fs.point.rmdir()


class StuckInACommit(Case):
    def test_opening_a_device(self):
        """A filesystem on a device that never answers: whether its journal was replayed nobody
        knows, and the error says so. Nothing is mounted, also when it answers later."""
        root, before = self.client(), table()
        fs = HungFs('read')
        device = subprocess.run(['losetup', '--find', '--show', fs.file], check=True, text=True,
                                capture_output=True).stdout.strip()
        try:
            self.refused('TimeoutUncertain', ['stuck in opening the device', 'done before it: nothing'],
                         root.mount, '/mnt', device, 'ext4', timeout=500)
            audit_line('TimeoutUncertain', 'target-given="/mnt"')
            root.list(limit=1)
        finally:
            fs.end()
            wait_until(lambda: subprocess.run(['losetup', '--detach', device],
                                              stderr=subprocess.DEVNULL).returncode == 0,
                       'the loop device')
        self.assertEqual(table(), before)


class FullTable(Case):
    def test_no_descriptor_is_taken_for_another(self):
        """With a table that is full the kernel drops what workers and the service pass on."""
        bob = self.client('bob')
        bob.list(limit=1)
        pid = service_pid()

        def links():
            """But not the slot in which a new worker finds its channel."""
            found = {}
            for fd in os.listdir(f'/proc/{pid}/fd'):
                with contextlib.suppress(FileNotFoundError):
                    found[int(fd)] = os.readlink(f'/proc/{pid}/fd/{fd}')
            found.pop(8, None)
            return found
        before = links()
        outcomes = set()
        self.addCleanup(subprocess.run, ['prlimit', '--pid', str(pid), '--nofile=4096'], check=True)
        for room in range(1, 16):
            subprocess.run(['prlimit', '--pid', str(pid), f'--nofile={max(links()) + room}:'],
                           check=True)
            try:
                bob.umount('/dev')  # what it pins comes back, to be held
            except Fault as fault:
                outcomes.add(fault.name)
            reserved = {fd: link for fd, link in links().items() if fd < 64}
            self.assertEqual(reserved, {fd: link for fd, link in before.items() if fd < 64})
        self.assertIn(CHALLENGE, outcomes)
        self.assertTrue({name for name in outcomes if name.endswith('EMFILE')}, outcomes)
        self.assertLessEqual({name.rpartition('.')[2] for name in outcomes},
                             {'InteractiveAuthorizationRequired', 'EMFILE', 'ESRCH'})


class HungLookup(Workers):
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

    def test_only_its_own_call(self):
        root = self.client()
        root.send('Mount', f"('tmpfs', '{self.stuck}', 'tmpfs', {{'timeout': <uint32 8000>}})")
        self.fs.wait_held('lookup')
        other = self.client('bob')
        for _ in range(20):
            other.list(limit=1)
        self.assertTrue(root.waits(), 'others waited for it')
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
        # They were told; but the workers are stuck, and they are hers.
        self.refused('org.freedesktop.DBus.Error.LimitsExceeded', '32 calls',
                     self.client('alice').list)
        self.fs.let_go()
        alice = self.client('alice')

        def served():
            try:
                return alice.list(limit=1)
            except Fault:
                return None
        wait_until(served, 'the workers ending')

    def test_callers_that_left(self):
        """Of calls that were abandoned, and whose caller has left, nothing stays open."""
        self.client().list(limit=1)
        before = len(descriptors(service_pid()))
        for number in range(10):
            client = self.client('alice')
            client.send('Mount', f"('tmpfs', '{self.fs.point}/{number}', 'tmpfs', "
                        "{'timeout': <uint32 100>})")
            self.fs.wait_held('lookup')
            self.refused('Timeout', 'nothing', client.receive)
            client.close()
        self.fs.let_go()
        wait_until(lambda: self.workers() == 0, 'the workers ending')
        wait_until(lambda: len(descriptors(service_pid())) <= before + 2,
                   'descriptors closed')

    def test_what_timed_out_is_in_the_journal(self):
        root = self.client()
        self.refused('Timeout', 'nothing', root.mount, self.stuck, timeout=100)
        audit_line(f'target-given="{self.stuck}"', 'outcome="org.linx.Mount1.Error.Timeout"',
                   'nothing was done')

    def test_a_timeout_is_no_oracle(self):
        """That a path of another namespace leads to something that hangs is nobody's business."""
        target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt')
        alice = self.client('alice')
        for interactive, name in ((False, CHALLENGE), (True, 'NotAuthorized')):
            stuck, fine = (self.refused(name, '', alice.mount, path, in_=target.pid, timeout=200,
                                        interactive=interactive) for path in (self.stuck, '/mnt'))
            self.assertEqual(stuck.message, fine.message)


if __name__ == '__main__':
    unittest.main()
