#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""While a caller's path is looked up no right of root's is in effect, and none of the caller's over the
thread that does it."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import HungFs, Case, as_user, mounts_at, service_pid

ALL = 'if (subject.user == "alice") return polkit.Result.YES;'
# What a user may do to a thread whose real uid is its own: each of them must fail with EPERM.
MEDDLE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid, eperm = int(sys.argv[1]), 1
def refused(rc):
    return rc == -1 and ctypes.get_errno() == eperm
for tid in map(int, os.listdir(f'/proc/{pid}/task')):
    mask = ctypes.c_ulong(1)
    assert refused(libc.syscall(234, pid, tid, 19)), 'tgkill'
    assert refused(libc.sched_setaffinity(tid, 8, ctypes.byref(mask))), 'affinity'
    assert refused(libc.setpriority(0, tid, 5)), 'priority'
    assert refused(libc.ptrace(16, tid, 0, 0)), 'ptrace'
print('refused')
"""


class Eyes(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.pid = self.target.pid
        self.rule(ALL)
        self.alice = self.client('alice')

    def hung(self, *words):
        fs = HungFs(*words)
        self.addCleanup(fs.end)
        return fs

    def test_a_filesystem_that_is_roots_alone(self):
        """FUSE without allow_other compares all of the ids: what is in it, and what is not, stays
        unknown to others, as target, source, layer and namespace file."""
        fs = self.hung('roots')
        for name in ('dir', 'missing'):
            path = f'{fs.point}/{name}'
            with self.subTest(name):
                self.refused('Resolve.EACCES', path, self.alice.mount, path)
                self.refused('Resolve.EACCES', path, self.alice.bind, path, '/mnt/a', from_='host',
                             in_=self.pid)
                self.refused('Resolve.EACCES', path, self.alice.umount, path)
                self.refused('Resolve.EACCES', path, self.alice.mount, '/mnt', 'ov', 'overlay',
                             options=f'lowerdir={path}:/usr')
                self.refused('OpenNs.EACCES', path, self.alice.list, in_=path)
        self.client().mount(f'{fs.point}/dir')
        self.client().umount(f'{fs.point}/dir')

    def test_processes_that_are_hidden(self):
        """With hidepid= a process is shown to who could trace it: a capability."""
        proc = pathlib.Path('/run/rig/hidden-proc')
        proc.mkdir()
        self.addCleanup(proc.rmdir)
        subprocess.run(['mount', '-t', 'proc', '-o', 'hidepid=invisible', 'proc', proc], check=True)
        self.addCleanup(subprocess.run, ['umount', proc], check=True)
        source = f'{proc}/{os.getpid()}/task'
        self.refused('Resolve.ENOENT', source, self.alice.bind, source, '/mnt/a', from_='host',
                     in_=self.pid)
        own = f'{proc}/{self.alice.call("own process id")}/task'
        self.alice.bind(own, '/mnt/a', from_='host', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/a', self.pid))

    def test_the_thread_is_nobodys_to_signal(self):
        fs = self.hung('lookup')
        self.alice.send('Mount', f"('tmpfs', '{fs.point}/dir', 'tmpfs', {{'timeout': <uint32 60000>}})")
        fs.wait_held('lookup')
        done = subprocess.run([*as_user('alice'), sys.executable, '-c', MEDDLE, str(service_pid())],
                              text=True, capture_output=True, check=False)
        self.assertEqual((done.stdout, done.stderr), ('refused\n', ''))
        self.alice.kill()

    def test_from_and_idmap_of_others_processes(self):
        """Handles of processes are opened as root: what may be named does not depend on who asks."""
        other = self.child(prepare='mount -t tmpfs t /media; chmod 755 /media; mkdir /media/dir')
        self.alice.bind('/media/dir', '/mnt/a', from_=other.pid, in_=self.pid)
        self.alice.umount('/mnt/a', in_=self.pid)
        mapped = self.mapped_child()
        self.alice.mount('/mnt/a', in_=self.pid, idmap=mapped.pid)
        self.assertIn('idmapped', mounts_at('/mnt/a', self.pid)[0]['mount-options'])


if __name__ == '__main__':
    unittest.main()
