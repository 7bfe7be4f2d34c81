#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the service holds at the most, with all its bounds reached at once, stays below the unit's limit: in
a cgroup that has it."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from actors import BUILD, HERE, as_user
from harness import service_pid, start_in_its_place, wait_until
from life import DAEMON, Life, held

UNIT = pathlib.Path('/usr/lib/systemd/system/linx-mountd.service')
V1, V2 = pathlib.Path('/sys/fs/cgroup/memory'), pathlib.Path('/sys/fs/cgroup')
# 95,000: a thousand one by one, and those cloned.
MANY = f'''mount -t tmpfs t /mnt; mkdir /mnt/d /mnt/trees; mount -t tmpfs d /mnt/d
    {BUILD}/tests/helpers/many-mounts /mnt/d 999; cd /mnt/trees
    for n in $(seq 1 94); do mkdir $n; mount --rbind /mnt/d $n; done'''
ALLOW = 'if (action.id.indexOf("list-mounts") >= 0) return polkit.Result.YES;'
USERS = ('alice', 'bob', 'carol', 'daemon', 'bin', 'sys', 'games', 'man')


class Group:
    """A memory cgroup of its own, of either version."""

    def __init__(self, limit):
        self.is_old = V1.is_dir()
        self.path = (V1 if self.is_old else V2) / f'linx-test-{os.getpid()}'
        self.path.mkdir()
        (self.path / ('memory.limit_in_bytes' if self.is_old else 'memory.max')).write_text(limit)

    def enter(self):
        (self.path / 'cgroup.procs').write_text('0')

    def peak(self):
        return int((self.path / ('memory.max_usage_in_bytes' if self.is_old else 'memory.peak'))
                   .read_text())

    def refusals(self):
        """How often the limit was hit."""
        if self.is_old:
            return int((self.path / 'memory.failcnt').read_text())
        return int(re.search(r'^max (\d+)', (self.path / 'memory.events').read_text(), re.M)[1])


def swarm(case, user, count, calls, method, *arguments):
    """Connections of @user that read nothing, each with so many calls."""
    process = subprocess.Popen(
        [*as_user(user), sys.executable, HERE / 'swarm.py', str(count), str(calls), method, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    case.addCleanup(process.wait)
    case.addCleanup(process.stdout.close)
    case.addCleanup(process.stdin.close)
    return process


class Memory(Life):
    def setUp(self):
        super().setUp()
        self.limit = re.search(r'^MemoryMax=(\w+)$', UNIT.read_text(), re.M)[1]
        self.group = Group(self.limit)
        self.addCleanup(self.group.path.rmdir)
        self.service = start_in_its_place(DAEMON, preexec_fn=self.group.enter,
                                          stderr=subprocess.DEVNULL)
        self.addCleanup(self.service.wait)
        self.addCleanup(self.service.terminate)
        self.rule(ALLOW)
        self.target = self.child(prepare=MANY)
        self.root = self.client()

    def others_are_served(self):
        self.client('news').list(limit=1)
        self.root.list(limit=1)
        self.assertEqual(service_pid(), self.service.pid)

    def all_sent(self, processes):
        for process in processes:
            self.assertEqual(process.stdout.readline(), 'ready\n')

    def test_listings_of_a_user(self):
        """As many as it may have, each of all there is."""
        listing = f"({{'in': <uint32 {self.target.pid}>, 'fields': <['id', 'mount-point']>}},)"
        swarms = [swarm(self, 'alice', 32, 1, 'ListMounts', listing)]
        self.all_sent(swarms)
        for _ in range(20):
            self.others_are_served()
        print(f'32 listings of 95,000 mounts: {self.group.peak() >> 20} MiB', file=sys.stderr)
        self.assertLess(self.group.peak(), 800 << 20)

    def test_all_bounds_at_once(self):
        """Of eight users: listings, answers that nobody reads, watches, and arguments as large as can be."""
        self.root.watch(in_=self.target.pid)
        listing = f"({{'in': <uint32 {self.target.pid}>}},)"
        some = f"({{'in': <uint32 {self.target.pid}>, 'fields': <['id', 'mount-point']>}},)"
        options = ','.join(['ssd'] * 15500)
        swarms = []
        for user in USERS:
            swarms += [swarm(self, user, 24, 2, 'ListMounts', some),
                       swarm(self, user, 8, 4, 'ListMounts', listing),
                       swarm(self, user, 4, 100, 'Watch', '(@a{sv} {},)'),
                       swarm(self, user, 4, 200, 'Introspect'),
                       swarm(self, user, 8, 40, 'Bind', f"('/none', '/none', {{'options': <'{options}'>}})")]
        self.all_sent(swarms)
        for _ in range(20):
            self.others_are_served()
        peak, refusals = self.group.peak(), self.group.refusals()
        print(f'all bounds at once: {peak >> 20} MiB of {self.limit}', file=sys.stderr)
        self.assertEqual(refusals, 0)

    def test_places_of_the_host(self):
        """Of each of which polkit is to be asked, with all that is said of the call, and is slow."""
        subprocess.run(['sh', '-ec', '''mount -t tmpfs v /media; mount --make-shared /media
            chmod 755 /media; mkdir /media/a; for n in $(seq 15); do mkdir /srv/$n
            mount --bind /media /srv/$n; done'''], check=True)
        self.addCleanup(subprocess.run, ['sh', '-ec', 'umount -R -l /media; for n in $(seq 15); do '
                                         'umount -l /srv/$n; rmdir /srv/$n; done'], check=True)
        target = self.child('--mount', '--propagation', 'unchanged')
        words = ','.join(['x=' + chr(0x202e) * 19] * 60)  # four times as long when it is printed
        call = f"('tmpfs', '/media/a', 'tmpfs', {{'in': <uint32 {target.pid}>, 'options': <'{words}'>}})"
        polkitd = int(subprocess.check_output(['pidof', 'polkitd']))
        os.kill(polkitd, signal.SIGSTOP)
        self.addCleanup(os.kill, polkitd, signal.SIGCONT)
        self.all_sent([swarm(self, user, 8, 8, 'Mount', call) for user in USERS])
        wait_until(lambda: held(self.service.pid)['/media/a'] >= 80, 'the calls being looked up', 120)
        peak = self.group.peak()
        print(f'calls of eight users, of 16 places each: {peak >> 20} MiB', file=sys.stderr)
        self.assertEqual(self.group.refusals(), 0)
        if b'__asan_init' not in pathlib.Path(DAEMON).read_bytes():  # which keeps 256 MiB of what is freed
            self.assertLess(peak, 48 << 20)


if __name__ == '__main__':
    unittest.main()
