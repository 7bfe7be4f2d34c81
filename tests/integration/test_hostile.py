#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers whose every file is a trap, and callers who are not who they seem."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

from harness import (CHALLENGE, HELPERS, HERE, Agent, Case, Client, audit_line, mountinfo, mounts_at,
                     service_pid, table, wait_until)

# What a service may be led to run or load.
PROGRAMS = ('/sbin/mount', '/bin/mount', '/usr/bin/mount', '/sbin/mount.tmpfs', '/sbin/mount.ext4',
            '/sbin/mount.fuse', '/usr/sbin/mount.fuse', '/sbin/mount.nosuchtype', '/bin/sh', '/usr/bin/sh',
            '/usr/bin/systemd-run', '/usr/bin/umount', '/sbin/losetup', '/sbin/modprobe',
            '/usr/bin/pkttyagent', '/usr/libexec/linx-mountd')
LIBRARIES = ('libgcc_s.so.1', 'libnss_files.so.2', 'libnss_compat.so.2', 'libnss_systemd.so.2',
             'libc.so.6', 'libmount.so.1', 'libblkid.so.1', 'libgio-2.0.so.0', 'gconv/UTF-16.so')
# What hangs whoever opens it, or lies.
PIPES = ('/etc/fstab', '/etc/mtab', '/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/localtime',
         '/run/mount/utab', '/run/blkid/blkid.tab', '/etc/blkid.conf', '/dev/loop-control', '/dev/loop0',
         '/proc/self/mountinfo', '/proc/mounts', '/proc/filesystems', '/proc/1/ns/mnt',
         '/dev/disk/by-label/x', '/usr/share/locale/locale.alias', '/usr/lib/locale/locale-archive')


def build_root(root):
    """Below @root, a tree of traps, with two directories that are none."""
    directories = {'/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64'}

    def place(path):
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        return root / path[1:]
    for path in PROGRAMS:
        place(path).write_bytes((HELPERS / 'trap').read_bytes())
        place(path).chmod(0o755)
    for directory in directories:
        for name in LIBRARIES:
            place(f'{directory}/{name}').write_bytes((HELPERS / 'trap-library.so').read_bytes())
    place('/etc/ld.so.preload').write_text('/lib/x86_64-linux-gnu/libnss_files.so.2\n')
    for path in PIPES:
        os.mkfifo(place(path))
    for name in ('a', 'b', 'c', 'old'):
        (root / name).mkdir()
    for who in ('thread-self', str(service_pid())):
        for number in range(128):
            place(f'/proc/{who}/fd/{number}').symlink_to('/b')


class Traps(Case):
    def setUp(self):
        self.root = self.client()
        self.root.list(limit=1)
        self.service = service_pid()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt')
        self.pid = self.target.pid
        self.inside = pathlib.Path(f'/proc/{self.pid}/root')
        build_root(self.inside / 'mnt')
        self.root.pivot_root('/mnt', in_=self.pid, make_rprivate=True)
        self.host = table()

    def tearDown(self):
        self.assertFalse((self.inside / 'trapped').exists())
        self.assertEqual(service_pid(), self.service)
        self.assertEqual(table(), self.host)

    def at(self, point):
        return mounts_at(point, self.pid)

    def test_the_traps_work(self):
        """Who runs a program there, and who loads a library there, falls in."""
        subprocess.run(['nsenter', '-t', str(self.pid), '-m', '/sbin/mount'], check=True)
        (self.inside / 'trapped').unlink()
        loads = ('import ctypes, os; libc = ctypes.CDLL(None); fd = os.open("/proc/%d/ns/mnt", 0);'
                 'assert libc.setns(fd, 0x20000) == 0; ctypes.CDLL("libgcc_s.so.1")' % self.pid)
        subprocess.run([sys.executable, '-c', loads], check=True)
        (self.inside / 'trapped').unlink()

    def every_verb(self, client, **options):
        where = dict(in_=self.pid)
        mount_id = client.mount('/a', options='size=1M', **where)
        client.umount('/a', id=mount_id, **where)
        client.mount('/c/new', create='directory', **where)
        client.bind('/b', '/a', options='ro', **where)
        client.remount('/a', options='noexec', **where)
        client.remount('/c/new', options='size=2M', superblock=True, **where)
        client.set_propagation('/a', 'shared', **where)
        client.make_rprivate('/', **where)
        client.move('/a', '/old', **where)
        client.umount('/old', **where)
        client.umount('/c/new', detach=True, **where)
        self.assertTrue(client.list(**where))
        self.assertIn(' / ', client.open_mountinfo(**where))
        client.unwatch(client.watch(**where))
        self.assertEqual(client.can('Mount', 'x', '/a', 'tmpfs', **where), 'yes')
        self.assertEqual([row['mount-point'] for row in mountinfo(self.pid)], ['/'])

    def test_root(self):
        self.every_verb(self.root)
        for fstype in ('proc', 'sysfs', 'mqueue', 'cgroup2'):
            self.root.mount('/a', fstype, fstype, in_=self.pid)
            self.root.umount('/a', in_=self.pid)
        self.root.bind('/etc', '/a', from_='host', in_=self.pid)
        self.root.umount('/a', in_=self.pid, recursive=True)
        holder = self.client()
        holder.attach_mount(holder.clone_mount('/b', in_=self.pid), '/a', in_=self.pid)
        holder.close()
        self.root.umount_let_go('/a', in_=self.pid)
        self.root.mount('/a', source='new-root', in_=self.pid)
        self.root.pivot_root('/a', in_=self.pid)
        self.assertEqual([row['source'] for row in mountinfo(self.pid)], ['new-root'])

    def test_a_user(self):
        """With the caller's eyes, groups included, which are asked of no file there."""
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        for name in ('a', 'b', 'c', 'old'):
            os.chown(self.inside / name, 65534, 65534)
            (self.inside / name).chmod(0o777)
        self.every_verb(self.client('alice'))

    def test_images_and_tags(self):
        with open(self.inside / 'image', 'wb') as image:
            image.truncate(4 << 20)
        image = self.inside / 'image'
        subprocess.run(['mkfs.ext4', '-q', image], check=True)
        self.root.mount('/a', '/image', 'ext4', in_=self.pid, options='ro')
        self.root.umount('/a', in_=self.pid)
        self.root.mount('/a', '/image', '', in_=self.pid)
        self.root.umount('/a', in_=self.pid)
        self.refused('Resolve.ENOENT', 'LABEL=x', self.root.mount, '/a', 'LABEL=x', 'ext4',
                     in_=self.pid)

    def test_errors(self):
        self.refused('Mount.EINVAL', 'size', self.root.mount, '/a', in_=self.pid, options='size=x')
        self.refused('Mount.ENODEV', 'nosuchtype', self.root.mount, '/a', 'x', 'nosuchtype',
                     in_=self.pid)
        self.refused('org.freedesktop.DBus.Error.NotSupported', 'fuse', self.root.mount, '/a', 'x',
                     'fuse.x', in_=self.pid)
        self.refused('org.freedesktop.DBus.Error.InvalidArgs', 'fstab', self.root.mount, '/a', '', '',
                     in_=self.pid)
        self.refused('Resolve.ENOENT', '/nothing', self.root.umount, '/nothing', in_=self.pid)
        self.refused('Umount.EINVAL', '/a', self.root.umount, '/a', in_=self.pid)

    def test_magic_links(self):
        """Those of a real /proc in there lead to the service's descriptors, or out: none is followed."""
        self.root.mount('/c', 'proc', 'proc', in_=self.pid, process=1)
        for path in ('/c/1/root/tmp', '/c/thread-self/fd/0', '/c/self/root', '/c/1/cwd'):
            self.refused('Resolve.ELOOP', path, self.root.mount, path, in_=self.pid)
            self.refused('Resolve.ELOOP', path, self.root.bind, path, '/a', in_=self.pid)
        self.root.umount('/c', in_=self.pid)


def next_pid(number):
    """Has the kernel give the next process this number."""
    pathlib.Path('/proc/sys/kernel/ns_last_pid').write_text(str(number - 1))


class Numbers(Case):
    def test_number_used_again_in_mid_prompt(self):
        """The process that was approved is gone, and another one has its number."""
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        old = self.child()
        bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {old.pid}>}})", interactive=True)
        agent.wait_prompt()
        old.end()
        for _ in range(1000):
            next_pid(old.pid)
            new = self.child()
            if new.pid == old.pid:
                break
            new.end()
        self.assertEqual(new.pid, old.pid)
        before = table(new.pid), table()
        agent.type('root-pw')
        self.refused('OpenNs.ESRCH', 'ended', bob.receive)
        self.assertEqual((table(new.pid), table()), before)

    def test_process_that_leaves_in_mid_call(self):
        """What was approved is the namespace, not whichever one the process is in by now."""
        carol, bob = self.client('root', enter=['unshare', '--mount', '--propagation', 'private']), \
            self.client('bob')
        pid = carol.call('own process id')
        stays = subprocess.Popen(['nsenter', '-t', str(pid), '-m', 'sleep', '1000000'])
        self.addCleanup(stays.wait)
        self.addCleanup(stays.kill)
        wait_until(lambda: os.readlink(f'/proc/{stays.pid}/ns/mnt') == os.readlink(f'/proc/{pid}/ns/mnt'),
                   'one that stays')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {pid}>}})", interactive=True)
        agent.wait_prompt()
        carol.call('unshare')
        before, rest = table(pid), len(mountinfo(stays.pid))
        agent.type('root-pw')
        bob.receive()
        self.assertEqual(table(pid), before)
        self.assertEqual(len(mountinfo(stays.pid)), rest + 1)

    def test_number_of_a_container(self):
        """What is process 1 to a caller in a pid namespace is another one to the service: a number is
        the service's. A pidfd is of the process that the caller means."""
        alice = self.client('alice', prefix=['unshare', '--pid', '--fork', '--mount', '--propagation',
                                             'private'])
        self.rule('if (action.lookup("namespace") == "other" || action.lookup("namespace") == "self")'
                  'return polkit.Result.YES;')
        before = table()
        self.refused(CHALLENGE, '', alice.mount, '/mnt', in_=1)
        audit_line('namespace="host"', 'pid="1"')
        alice.call('Mount', "('tmpfs', '/mnt', 'tmpfs', {'in': <handle 0>})", fds=[['pidfd:1', None]])
        self.assertEqual(table(), before)

    def test_processes_that_are_none(self):
        root = self.client()
        for number in (2**22, 2**31 - 1):
            self.refused('OpenNs.ESRCH', str(number), root.list, in_=number)
        for number in (0, 2**31, 2**32 - 1):
            self.refused('org.freedesktop.DBus.Error.InvalidArgs', 'in', root.list, in_=number)


class PassedOn(Case):
    """A connection that another process than the one that opened it calls by."""

    def pass_on(self, *enter):
        """alice opens it and hands it to bob; an order to the one who opened it."""
        orders, told = os.pipe()
        command = ['setpriv', '--reuid', 'alice', '--regid', 'alice', '--init-groups', sys.executable,
                   str(HERE / 'passes_on.py'), *enter, sys.executable, str(HERE / 'client.py')]
        client = Client.__new__(Client)
        client.process = subprocess.Popen(['sh', '-c', f'exec "$@" 3<&{orders}', 'sh', *command],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          stderr=subprocess.DEVNULL, text=True, pass_fds=[orders])
        os.close(orders)
        self.addCleanup(client.kill)
        return client, told

    def test_it_acts_for_who_opened_it(self):
        client, told = self.pass_on('unshare', '--user', '--map-root-user', '--mount')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        own = client.call('own process id')
        self.assertNotEqual(os.readlink(f'/proc/{own}/ns/mnt'), os.readlink('/proc/self/ns/mnt'))
        client.mount('/mnt')
        audit_line(f'caller-pid={client.process.pid}')
        self.assertTrue(mounts_at('/mnt'))
        self.assertFalse([row for row in mounts_at('/mnt', own) if row['fstype'] == 'tmpfs'])
        subprocess.run(['umount', '/mnt'], check=True)
        os.write(told, b'end\n')
        os.close(told)

    def test_who_opened_it_ends(self):
        client, told = self.pass_on()
        client.list(limit=1)
        os.write(told, b'end\n')
        os.close(told)
        client.process.wait()
        self.refused('OpenNs.ESRCH', 'ended', client.list, limit=1)

    def test_who_opened_it_becomes_root(self):
        """A set-user-ID program in its place: its namespace, root and rights are not the caller's."""
        client, told = self.pass_on()
        client.list(limit=1)
        os.write(told, b'/usr/bin/passwd\n')
        os.close(told)
        wait_until(lambda: re.search(r'Uid:\s+\d+\s+0\s', pathlib.Path(
            f'/proc/{client.process.pid}/status').read_text()), 'the program')
        self.refused('OpenNs.ESRCH', 'changed its user', client.list, limit=1)


if __name__ == '__main__':
    unittest.main()
