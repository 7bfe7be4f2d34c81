#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Namespaces and roots of every kind, named in every form, and the paths in them."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from harness import CHALLENGE, ERROR, HELPERS, Case, Fault, mountinfo, mounts_at, table

PREPARE = 'mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a'


class Acting(Case):
    """Does everything to a target, and looks."""

    def setUp(self):
        self.root = self.client()

    def works(self, seen='/mnt/a', pid=None, target='/mnt/a', **where):
        """Mount, ListMounts and Umount; in @pid's table the mount is at @seen."""
        before, host = table(pid), table()
        mount_id = self.root.mount(target, source='works', **where)
        self.assertEqual([row['source'] for row in mounts_at(seen, pid)][-1], 'works')
        listed, = self.root.list(id=mount_id, **where)
        self.assertEqual(listed['source'], 'works')
        self.root.set_propagation(target, 'shared', **where)
        self.assertTrue(mounts_at(seen, pid)[-1]['tags'])
        self.root.make_rprivate(target, **where)
        self.root.umount(target, **where)
        self.assertEqual(table(pid), before)
        self.assertEqual(table(), host)

    def pivots(self, pid, target='/mnt/a', **where):
        """At the end, for it leaves nothing but the new root."""
        host = table()
        self.root.mount(target, source='new-root', **where)
        self.root.pivot_root(target, **where)
        self.assertEqual([row['source'] for row in mountinfo(pid)], ['new-root'])
        self.assertEqual(table(), host)


class Targets(Acting):
    def test_another_namespace(self):
        child = self.child(prepare=PREPARE)
        self.works(pid=child.pid, in_=child.pid)
        self.pivots(child.pid, in_=child.pid)

    def test_user_namespace(self):
        child = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                           prepare=PREPARE)
        self.works(pid=child.pid, in_=child.pid)
        self.pivots(child.pid, in_=child.pid)

    def test_users_own_user_namespace(self):
        child = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                           prepare='mount -t tmpfs t /mnt; mkdir /mnt/a', user='alice')
        self.works(pid=child.pid, in_=child.pid)

    def chrooted(self, child, where):
        process = subprocess.Popen(['nsenter', '-t', str(child.pid), '-m', 'chroot', where,
                                    '/bin/busy'], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), 'ready\n')
        return process.pid

    def test_chrooted_process(self):
        """Paths resolve in the process's own root; ".." and absolute links do not lead out."""
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir -p /mnt/jail/bin /mnt/jail/a')
        self.put_busy(child, '/mnt/jail/bin/busy')
        pid = self.chrooted(child, '/mnt/jail')
        self.works(seen='/mnt/jail/a', pid=child.pid, target='/a', in_=pid)
        self.works(seen='/mnt/jail/a', pid=child.pid, target='/../../a', in_=pid)
        child.run('ln', '-s', '/a', '/mnt/jail/link')
        self.works(seen='/mnt/jail/a', pid=child.pid, target='/link', in_=pid)
        self.pivots(child.pid, target='/a', in_=pid)

    def test_root_of_another_process(self):
        """In the caller's own namespace: what is below it is told no more than in another one."""
        jail = pathlib.Path(f'/run/rig/jail-{os.getpid()}')
        (jail / 'root/there').mkdir(parents=True)
        jail.chmod(0o700)
        (jail / 'root').chmod(0o755)
        self.addCleanup(subprocess.run, ['rm', '-r', jail], check=True)
        shutil.copy(HELPERS / 'busy', jail / 'root/busy')
        process = subprocess.Popen(['chroot', jail / 'root', '/busy'], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), 'ready\n')
        for path in ('/there', '/missing', '/busy'):
            self.refused(CHALLENGE, '', self.client('alice').umount, path, in_=process.pid)
        self.refused('Resolve.ENOENT', '/missing', self.client('alice').umount, '/missing', in_='host')
        self.refused('Umount.EINVAL', '/there', self.root.umount, '/there', in_=process.pid)

    def put_busy(self, child, path):
        child.run('sh', '-c', f'cp "{os.environ["LINX_BUILD"]}/tests/helpers/busy" {path}')

    def test_chroot_that_was_deleted(self):
        """Its "/" reads "/mnt/jail (deleted)", and so does a directory of that name."""
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir -p /mnt/jail/bin')
        self.put_busy(child, '/mnt/jail/bin/busy')
        pid = self.chrooted(child, '/mnt/jail')
        child.run('rm', '-r', '/mnt/jail')
        child.run('mkdir', '/mnt/jail (deleted)')
        before = table(child.pid)
        self.refused('Resolve.ESTALE', 'deleted', self.root.mount, '/', in_=pid)
        self.assertEqual(table(child.pid), before)

    def test_no_proc(self):
        child = self.child(prepare=PREPARE + '; umount -l /proc')
        self.works(pid=child.pid, in_=child.pid)
        self.pivots(child.pid, in_=child.pid)

    def test_masked_proc(self):
        child = self.child(prepare=PREPARE + '; mount -t tmpfs -o size=0,mode=000 mask /proc')
        self.works(pid=child.pid, in_=child.pid)

    def test_path_under_an_overmount(self):
        """The process still stands on the root that another mount covers."""
        child = self.child(prepare=PREPARE + '; mount -t tmpfs cover /')
        before = table(child.pid)
        self.refused('Resolve.ESTALE', ['/mnt/a', 'hidden'], self.root.mount, '/mnt/a',
                     in_=child.pid)
        self.refused('Resolve.ESTALE', '/mnt', self.root.umount, '/mnt', in_=child.pid)
        self.refused('Resolve.ESTALE', '/mnt', self.root.make_rprivate, '/mnt', in_=child.pid)
        self.refused('Resolve.ESTALE', '/mnt', self.root.set_propagation, '/mnt', 'slave',
                     in_=child.pid)
        self.refused('Resolve.ESTALE', '/mnt', self.root.pivot_root, '/mnt', in_=child.pid)
        self.assertEqual(table(child.pid), before)

    def test_stack_on_a_mount_point(self):
        child = self.child(prepare=PREPARE)
        self.root.mount('/mnt', source='second', in_=child.pid)
        self.assertEqual([row['source'] for row in mounts_at('/mnt', child.pid)], ['t', 'second'])

    def test_shared_parent_propagates(self):
        child = self.child(prepare=PREPARE + '; mount --make-shared /mnt')
        self.root.mount('/mnt/a', in_=child.pid)
        self.assertTrue(mounts_at('/mnt/a', child.pid)[0]['tags'])


class Forms(Acting):
    """Namespaces named in the other forms."""

    def test_namespace_file(self):
        held = pathlib.Path('/run/rig/ns')
        held.touch()
        self.addCleanup(held.unlink)
        child = self.bind_namespace(held, PREPARE)
        self.addCleanup(subprocess.run, ['umount', held], check=True)
        self.works(pid=child.pid, in_=str(held))

    def test_descriptors(self):
        child = self.child(prepare=PREPARE)
        for path in (f'/proc/{child.pid}/ns/mnt', f'pidfd:{child.pid}'):
            self.root.call('Mount', "('tmpfs', '/mnt/a', 'tmpfs', {'in': <@h 0>})",
                           fds=[[path, None]])
            self.assertTrue(mounts_at('/mnt/a', child.pid))
            self.root.call('Umount', "('/mnt/a', {'in': <@h 0>})", fds=[[path, None]])

    def test_what_is_no_namespace(self):
        fifo, plain = pathlib.Path('/run/rig/fifo'), pathlib.Path('/run/rig/plain')
        os.mkfifo(fifo)
        plain.touch()
        self.addCleanup(fifo.unlink)
        self.addCleanup(plain.unlink)
        net = pathlib.Path('/run/rig/net')
        net.touch()
        subprocess.run(['mount', '--bind', '/proc/1/ns/net', net], check=True)
        self.addCleanup(net.unlink)
        self.addCleanup(subprocess.run, ['umount', net], check=True)
        for path in (fifo, plain, '/dev/null', '/run/rig'):
            self.refused('OpenNs.EINVAL', [str(path), 'no namespace'], self.root.list, in_=str(path))
        self.refused('OpenNs.EINVAL', ['net', 'no mount namespace'], self.root.list, in_=str(net))
        self.refused('OpenNs.ENOENT', '/run/rig/none', self.root.list, in_='/run/rig/none')
        self.refused('OpenNs.ELOOP', 'process id', self.root.list, in_='/proc/1/ns/net')
        for path in (plain, '/dev/null', '/proc/self/ns/net'):
            with self.assertRaises(Exception) as caught:
                self.root.call('ListMounts', "({'in': <@h 0>},)", fds=[[str(path), None]])
            self.assertEqual(caught.exception.name, ERROR + 'OpenNs.EINVAL')


# A process whose second thread is in a mount namespace of its own.
THREAD = """
import ctypes, threading, time
def leave():
    libc = ctypes.CDLL(None)
    assert libc.unshare(0x20200) == 0
    assert libc.mount(b'none', b'/', None, 0x44000, None) == 0
    print(threading.get_native_id(), flush=True)
    time.sleep(1000000)
threading.Thread(target=leave).start()
"""


class Processes(Case):
    """Process ids that are no place to act in."""

    def setUp(self):
        self.root = self.client()

    def refused_everywhere(self, error, words, pid):
        self.refused(error, words, self.root.mount, '/mnt', in_=pid)
        self.refused(error, words, self.root.umount, '/mnt', in_=pid)
        self.refused(error, words, self.root.list, in_=pid)
        self.refused(error, words, self.root.set_propagation, '/', 'shared', in_=pid)
        self.refused(error, words, self.root.make_rprivate, in_=pid)
        self.refused(error, words, self.root.pivot_root, '/mnt', in_=pid)

    def test_dead(self):
        process = subprocess.Popen(['true'])
        process.wait()
        self.refused_everywhere('OpenNs.ESRCH', f'process {process.pid}', process.pid)

    def test_zombie(self):
        process = subprocess.Popen(['true'])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.refused_everywhere('OpenNs.ESRCH', 'not alive', process.pid)
        process.wait()

    def test_thread(self):
        """One that is in a mount namespace of its own: by its number, and by its file in /proc."""
        process = subprocess.Popen([sys.executable, '-c', THREAD], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        thread = int(process.stdout.readline())
        self.assertNotEqual(thread, process.pid)
        other = self.child()
        for where in (thread, f'/proc/{thread}/ns/mnt', f'/proc/{process.pid}/task/{thread}/ns/mnt'):
            self.root.mount('/mnt', 'threads-own', in_=where)
            self.assertTrue(mounts_at('/mnt', thread))
            self.assertFalse([row for row in mounts_at('/mnt', process.pid)
                              if row['source'] == 'threads-own'])
            self.root.umount('/mnt', in_=where)
        self.refused('OpenNs.ESRCH', str(thread), self.root.list,
                     in_=f'/proc/{other.pid}/task/{thread}/ns/mnt')

    def test_files_of_proc(self):
        """What people have at hand, by its text: no magic link is followed."""
        child = self.child()
        for client in (self.root, self.client('alice')):
            self.assertEqual(len(client.list(in_='/proc/self/ns/mnt')), len(client.list()))
        self.root.mount('/mnt', in_=f'/proc/{child.pid}/ns/mnt')
        self.assertTrue(mounts_at('/mnt', child.pid))
        self.refused(CHALLENGE, '', self.client('alice').list, in_=f'/proc/{child.pid}/ns/mnt')
        for path in (f'/proc/{child.pid}/ns/pid', f'/proc/{child.pid}/root', '/proc/thread-self/ns/mnt',
                     f'/proc/{child.pid}/ns/mnt/', f'/proc//{child.pid}/ns/mnt', '/proc/+1/ns/mnt'):
            with self.assertRaises(Fault) as caught:
                self.root.list(in_=path)
            self.assertTrue(caught.exception.name.startswith(f'{ERROR}OpenNs.'), caught.exception)

    def test_dead_pidfd(self):
        child = self.child()
        self.root.send('ListMounts', "({'in': <@h 0>},)", fds=[[f'dead-pidfd:{child.pid}', None]])
        self.refused('OpenNs.ESRCH', 'pidfd', self.root.receive)


if __name__ == '__main__':
    unittest.main()
