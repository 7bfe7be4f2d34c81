#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the unit allows, and how systemd replaces a service that hangs. For use inside
tests/rig/systemd-rig.py."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from test_systemd import PREPARE, UNIT, run, setUpModule, show, tearDownModule  # noqa: F401

from harness import Case, Fault, HungFs, wait_until  # after test_systemd, which finds it
from life import BUS, gone, threads

DROP_IN = pathlib.Path(f'/run/systemd/system/{UNIT}.d/test.conf')


def service():
    """The supervisor's child."""
    supervisor = show('MainPID')
    return int(pathlib.Path(f'/proc/{supervisor}/task/{supervisor}/children').read_text())


def owner(client):
    """Whose the service's name is on the bus."""
    try:
        return client.call('GetNameOwner', "('org.linx.Mount1',)", **BUS)
    except Fault:
        return None


def is_stuck(pid):
    """Whether it has ended, but for a worker."""
    return 'linx-worker' in threads(pid) and gone(pid)


class Unit(Case):
    def unit_with(self, *lines):
        """Restarts the service with these settings, until the test ends."""
        DROP_IN.parent.mkdir(exist_ok=True)
        DROP_IN.write_text('\n'.join(['[Service]', *lines, '']))
        self.addCleanup(self.restart)
        self.addCleanup(DROP_IN.unlink, missing_ok=True)
        self.restart()

    def restart(self):
        run('systemctl', 'daemon-reload')
        run('systemctl', 'restart', UNIT)


class Replaced(Unit):
    def setUp(self):
        super().setUp()
        root = self.client()
        root.list(limit=1)
        self.fs = HungFs('lookup')
        self.addCleanup(self.fs.end)
        root.send('Mount', f"('tmpfs', '{self.fs.point}/dir', 'tmpfs', "
                  "{'timeout': <uint32 600000>})")
        self.fs.wait_held('lookup')
        self.old = service()

    def another_one_serves(self, what, end):
        """@end ends the old one, and returns when it is seen to have ended."""
        start = time.monotonic()
        end()
        ended = time.monotonic()
        self.client().mount('/media/a', in_=self.child(prepare=PREPARE).pid)
        served = time.monotonic()
        self.assertTrue(is_stuck(self.old))
        self.assertNotEqual(service(), self.old)
        print(f'{what}: {ended - start:.2f} s to the end, another one has served '
              f'{(served - ended) * 1000:.0f} ms later', file=sys.stderr)
        self.assertLess(served - start, 15)
        self.fs.let_go()
        wait_until(lambda: not pathlib.Path(f'/proc/{self.old}').exists(), 'the old one going')

    def test_restart(self):
        self.another_one_serves('systemctl restart', lambda: run('systemctl', 'restart', UNIT))

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: is_stuck(self.old), 'the service ending')

    def test_sigkill(self):
        """systemd sees that the name has no owner any more."""
        self.another_one_serves('SIGKILL', lambda: self.kill(self.old))

    def test_sigkill_of_the_supervisor(self):
        self.another_one_serves('SIGKILL of the supervisor', lambda: self.kill(int(show('MainPID'))))


class Crash(Unit):
    def test_as_systemd_sees_it(self):
        client = self.client()
        client.list(limit=1)
        old = service()
        os.kill(old, signal.SIGSEGV)
        wait_until(lambda: 'code=killed, status=11/SEGV' in run('journalctl', '-u', UNIT, '-n', '20'),
                   'the journal')
        client.list(limit=1)
        self.assertNotEqual(service(), old)


class Often(Unit):
    """However often it ends, the next call starts it: systemd gives up what is started five times in ten
    seconds, unless it is told not to."""

    def test_by_a_fault(self):
        alice = self.client('alice')
        for _ in range(12):
            alice.list(limit=1)
            before = owner(alice)
            os.kill(service(), signal.SIGKILL)
            wait_until(lambda: owner(alice) != before, 'the bus seeing it')
        alice.list(limit=1)

    def test_by_being_idle(self):
        """What any user can bring about."""
        self.unit_with('ExecStart=', 'ExecStart=/usr/libexec/linx-mountd --supervisor --idle-timeout 1')
        alice = self.client('alice')
        for _ in range(8):
            alice.list(limit=1)
            old = service()
            wait_until(lambda: gone(old), 'the service ending')
        alice.list(limit=1)


class Denied(Unit):
    """What the unit's filter keeps from it, and from whoever takes it over."""

    def test_each_call(self):
        unit = pathlib.Path(f'/usr/lib/systemd/system/{UNIT}').read_text()
        filters = [line for line in unit.splitlines() if line.startswith('SystemCallFilter=')]
        words = [word for line in filters for word in ('--property', line)]
        # By number: the C library knows few of them by name. All zeros would be EINVAL or the like.
        calls = {'process_vm_readv': 310, 'process_vm_writev': 311, 'kcmp': 312, 'open_by_handle_at': 304,
                 'name_to_handle_at': 303, 'acct': 163, 'quotactl': 179, 'quotactl_fd': 443, 'vhangup': 153,
                 'syslog': 103, 'pidfd_getfd': 438, 'process_madvise': 440, 'io_uring_setup': 425,
                 'io_uring_enter': 426, 'io_uring_register': 427, 'bpf': 321, 'userfaultfd': 323, 'ptrace': 101}
        self.assertEqual(os.uname().machine, 'x86_64')
        program = ('import ctypes; c = ctypes.CDLL(None, use_errno=True)\n'
                   f'for name, number in {calls}.items(): print(name, c.syscall(number, -1, 0, 0, 0, 0), '
                   'ctypes.get_errno())')
        said = run('systemd-run', '--quiet', '--pipe', '--wait', *words, '-p', 'SystemCallArchitectures=native',
                   '-p', 'SystemCallErrorNumber=EUCLEAN', '/usr/bin/python3', '-c', program)
        self.assertEqual(said.splitlines(), [f'{name} -1 117' for name in calls])

    def test_only_the_supervisor_speaks_for_it(self):
        self.client().list(limit=1)
        self.assertEqual(show('NotifyAccess'), 'exec')


class Watchdog(Unit):
    def test_main_loop_that_hangs(self):
        self.unit_with('WatchdogSec=1')
        old = service()
        end = time.monotonic() + 3
        wait_until(lambda: time.monotonic() > end, 'three times the watchdog')
        self.assertEqual(service(), old)
        os.kill(old, signal.SIGSTOP)
        start = time.monotonic()
        wait_until(lambda: not pathlib.Path(f'/proc/{old}').exists(), 'the watchdog')
        self.client().list(limit=1)
        print(f'hung main loop: another one has served after {time.monotonic() - start:.2f} s',
              file=sys.stderr)
        self.assertNotEqual(service(), old)
        self.assertIn('watchdog', run('journalctl', '-u', UNIT, '-n', '20').lower())


def mounts(case):
    case.client().mount('/media/a', in_=case.child(prepare=PREPARE).pid)


def serves_a_user(case):
    case.client('alice').list(limit=1)


def creates(case):
    """In a directory that is not root's."""
    child = case.child(prepare=PREPARE + '; chown alice /media/a; chmod 700 /media/a')
    case.client().mount('/media/a/new', in_=child.pid, create='directory')


def looks_up(case):
    child = case.child(prepare=PREPARE + '; mkdir /media/a/b; chown alice /media/a;'
                       'chmod 700 /media/a')
    case.client().mount('/media/a/b', in_=child.pid)


# What is changed of a file is changed, and the rest stays.
CHANGE = """if True:
    import os, stat
    def look():
        found = os.lstat('f')
        capability = [os.getxattr('f', name) for name in os.listxattr('f')]
        return found.st_mode, found.st_uid, found.st_gid, found.st_rdev, capability
    os.chdir('/media/a')
    before = look()
    os.utime('f', (1, 1))
    assert look() == before and os.lstat('f').st_mtime == 1, 'another file'
    os.chmod('f', stat.S_IMODE(before[0]) ^ 0o40)
    assert look()[0] == before[0] ^ 0o40, 'another mode'
    os.lstat('/media/u/f')"""


def copies_up(make):
    """An overlay copies a file up that is changed in it."""
    def act(case):
        child = case.child(prepare=f'{PREPARE}; cd /media; mkdir l u w; {make}')
        case.client().mount('/media/a', 'overlay', 'overlay', in_=child.pid,
                            options='lowerdir=/media/l,upperdir=/media/u,workdir=/media/w')
        child.run('/usr/bin/python3', '-c', CHANGE)
    return act


# What breaks where one of them is missing.
NEEDED = {
    'CAP_SYS_ADMIN': mounts,
    'CAP_SYS_CHROOT': mounts,
    'CAP_SYS_PTRACE': mounts,
    'CAP_DAC_OVERRIDE': creates,
    'CAP_SETUID': serves_a_user,
    'CAP_SETGID': serves_a_user,
    'CAP_CHOWN': copies_up('touch l/f; chown alice l/f'),
    'CAP_FOWNER': copies_up('touch l/f; chown alice l/f'),
    'CAP_FSETID': copies_up('touch l/f; chgrp alice l/f; chmod 2755 l/f'),
    'CAP_SETFCAP': copies_up('cp /bin/true l/f; setcap cap_net_raw+p l/f'),
    'CAP_MKNOD': copies_up('mknod l/f c 1 3'),
}


class Capabilities(Unit):
    """None is missing, and none is too many."""

    def setUp(self):
        super().setUp()
        unit = pathlib.Path(f'/usr/lib/systemd/system/{UNIT}').read_text()
        self.all = re.search(r'^CapabilityBoundingSet=(.*)$', unit, re.M)[1].split()

    def test_each_has_its_test(self):
        self.assertEqual(sorted(self.all), sorted(NEEDED))

    def test_with_all(self):
        looks_up(self)
        for action in NEEDED.values():
            action(self)

    def test_without_each(self):
        for missing, action in NEEDED.items():
            with self.subTest(missing):
                self.unit_with('CapabilityBoundingSet=', 'CapabilityBoundingSet='
                               + ' '.join(name for name in self.all if name != missing))
                with self.assertRaises((Fault, subprocess.CalledProcessError)) as caught:
                    action(self)
                said = getattr(caught.exception, 'stderr', None) or str(caught.exception)
                print(f'without {missing}:', said.strip().split('\n')[-1], file=sys.stderr)


if __name__ == '__main__':
    unittest.main()
