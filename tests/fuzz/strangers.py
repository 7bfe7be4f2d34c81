# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests with random calls share: a namespace that is given up to them, descriptors of every
kind, and a service that must be afterwards as it was before."""
import contextlib
import ctypes
import os
import pathlib
import select
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'integration'))
from harness import HELPERS, Case, HungFs, mountinfo, service_pid, table, wait_until  # noqa: E402
from life import busy, held, threads  # noqa: E402

ALLOW_ALICE = 'if (subject.user == "alice") return polkit.Result.YES;'
IMAGE = '/run/rig/fuzz-image'
LIBC = ctypes.CDLL(None, use_errno=True)
FSOPEN, FSCONFIG, FSMOUNT = 430, 431, 432


def detached_mount():
    """A mount of a new tmpfs that is nowhere."""
    context = LIBC.syscall(FSOPEN, b'tmpfs', 0)
    if context < 0 or LIBC.syscall(FSCONFIG, context, 6, None, None, 0) < 0:
        raise OSError(ctypes.get_errno(), 'fsopen')
    mount = LIBC.syscall(FSMOUNT, context, 0, 0)
    os.close(context)
    return mount


class Sealed:
    """A parked process in a namespace of nothing but a tmpfs of its own."""

    def __init__(self):
        self.process = subprocess.Popen([HELPERS / 'sealed', IMAGE], stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        if self.process.stdout.readline() != 'ready\n':
            raise AssertionError('the namespace did not get ready')

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Descriptors:
    """Descriptors of every kind, those of @pid first. @wild: of the host's namespace and of its
    processes too, for a caller that is allowed nothing."""

    def __init__(self, pid, hung, wild=False):
        place = pathlib.Path('/run/rig/fuzz')
        place.mkdir(exist_ok=True)
        (place / 'file').write_text('x')
        self.fds = [os.open(f'/proc/{pid}/ns/mnt', os.O_RDONLY), os.pidfd_open(pid)]
        for name in ('user', 'pid', 'net', 'ipc', 'uts', 'cgroup'):
            self.open(f'/proc/{pid}/ns/{name}')
        self.open(f'/proc/{pid}/root', os.O_PATH)
        self.open(f'/proc/{pid}/root/dst', os.O_PATH)
        self.open(f'/proc/{pid}/root/image')
        for flags in (os.O_RDONLY, os.O_PATH):
            self.open(place, flags)
            self.open(place / 'file', flags)
            self.open(hung.point, flags)
            self.open(hung.file, flags)
        self.open('/dev/null')
        self.open(f'/proc/{pid}/mountinfo')
        self.fds += os.pipe()
        self.fds += [end.detach() for end in socket.socketpair()]
        self.fds += [os.eventfd(0), os.memfd_create('fuzz'), detached_mount(), detached_mount()]
        self.epoll = select.epoll()
        self.fds.append(os.dup(self.epoll.fileno()))
        if wild:
            self.open('/proc/1/ns/mnt')
            self.open('/', os.O_PATH)
            self.fds.append(os.pidfd_open(1))

    def open(self, path, flags=os.O_RDONLY):
        self.fds.append(os.open(path, flags))

    def close(self):
        self.epoll.close()
        for fd in self.fds:
            os.close(fd)


def loops():
    return subprocess.run(['losetup', '--all', '--noheadings', '--output', 'NAME,BACK-FILE'], check=True,
                          capture_output=True, text=True).stdout


class Strangers(Case):
    def setUp(self):
        with open(IMAGE, 'wb') as stream:
            stream.truncate(2 << 20)
        subprocess.run(['mkfs.ext4', '-q', IMAGE], check=True)
        self.first = self.client('bob')
        self.first.list(limit=1)
        self.before = service_pid(), held(service_pid()), table()
        self.threads, self.loops = busy(service_pid()), loops()

    def sealed(self):
        sealed = Sealed()
        self.addCleanup(sealed.end)
        return sealed

    def hung(self):
        fs = HungFs('flush')
        self.addCleanup(lambda: fs.process.poll() is None and fs.end())
        return fs

    def helper(self, name, *args, fds=()):
        """What the helper printed: {line: number}."""
        done = subprocess.run([HELPERS / name, *map(str, [*args, *fds])], pass_fds=fds, text=True,
                              stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, f'{name} {args}')
        rows = (line.rpartition(' ') for line in done.stdout.splitlines())
        return {words: int(number) for words, _, number in rows}

    def more_held(self):
        return held(service_pid()) - self.before[1]

    def settled(self, seconds=60):
        """The same service, which holds no more than it held before, and nothing of a call."""
        try:
            wait_until(lambda: service_pid() != self.before[0] or not self.more_held(),
                       'the service letting go', seconds)
        except AssertionError as error:
            self.fail(f'{error}: {dict(self.more_held())}, {threads(service_pid())}')
        self.assertEqual((service_pid(), table()), (self.before[0], self.before[2]))

    def check_quiet(self):
        """And the threads are those of before; two idle ones of GLib's go after 15 seconds."""
        self.settled()
        wait_until(lambda: busy(service_pid()) <= self.threads + 2, 'the threads ending', 60)
        wait_until(lambda: loops() == self.loops, 'the loop devices going', 60)
