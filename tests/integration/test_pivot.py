#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ritual: a parked child gets a new root from outside. And propagation."""
import ctypes
import os
import pathlib
import subprocess
import unittest

from actors import is_asleep
from harness import HELPERS, Case, mountinfo, mounts_at, table, wait_until

FRESH = ('--mount', '--pid', '--fork', '--propagation', 'unchanged')
ROOT = pathlib.Path('/run/rig/new-root')


class Ritual(Case):
    """On a host tree that is shared, as systemd leaves it."""

    def setUp(self):
        self.root = self.client()
        for name in ('proc', 'old', 'bin', 'tmp'):
            (ROOT / name).mkdir(parents=True, exist_ok=True)
        (ROOT / 'marker').touch()
        subprocess.run(['cp', '--remove-destination', HELPERS / 'busy', ROOT / 'bin'], check=True)
        subprocess.run(['mount', '--make-rshared', '/'], check=True)
        self.addCleanup(subprocess.run, ['mount', '--make-rprivate', '/'], check=True)

    def has_new_root(self, pid):
        """By what the kernel shows of the process: its root, its table, and no way back."""
        self.assertEqual(os.stat(f'/proc/{pid}/root').st_ino, ROOT.stat().st_ino)
        self.assertTrue(pathlib.Path(f'/proc/{pid}/root/marker').exists())
        rows = mountinfo(pid)
        self.assertEqual([row['root'] for row in rows if row['mount-point'] == '/'],
                         [str(ROOT).removeprefix('/run')])
        self.assertFalse([row for row in rows if row['mount-point'].startswith('/old')])
        self.assertFalse([row for row in rows if row['mount-point'].startswith('/usr')])

    def shows_its_processes_alone(self, pid):
        shown = {name for name in os.listdir(f'/proc/{pid}/root/proc') if name.isdigit()}
        self.assertEqual(shown, {'1'})

    def test_as_separate_calls(self):
        child = self.child(*FRESH)
        host = table()
        self.root.make_rprivate(in_=child.pid)
        self.assertFalse([row for row in mountinfo(child.pid) if row['tags']])
        self.root.mount(f'{ROOT}/proc', 'proc', 'proc', in_=child.pid, options='nosuid,noexec,nodev')
        self.root.pivot_root(str(ROOT), f'{ROOT}/old', in_=child.pid, bind_new_root=True)
        self.assertEqual(len(mounts_at('/old', child.pid)), 1)
        self.root.umount('/old', in_=child.pid, detach=True)
        self.has_new_root(child.pid)
        self.shows_its_processes_alone(child.pid)
        self.assertEqual(table(), host)

    def test_as_one_call(self):
        child = self.child(*FRESH)
        host = table()
        self.root.pivot_root(str(ROOT), '', in_=child.pid, make_rprivate=True, bind_new_root=True)
        self.has_new_root(child.pid)
        self.root.mount('/proc', 'proc', 'proc', in_=child.pid)
        self.shows_its_processes_alone(child.pid)
        self.assertEqual(table(), host)

    def test_put_old_beneath_the_bound_root(self):
        child = self.child(*FRESH)
        host = table()
        self.root.pivot_root(str(ROOT), f'{ROOT}/old', in_=child.pid, make_rprivate=True,
                             bind_new_root=True, detach_old=True)
        self.has_new_root(child.pid)
        self.assertEqual(table(), host)

    def test_descriptors(self):
        child = self.child(*FRESH)
        self.root.make_rprivate(in_=child.pid)
        inside = f'/proc/{child.pid}/root{ROOT}'
        self.root.call('PivotRoot', f"('', '', {{'in': <{child.pid}>, 'new-root-fd': <@h 0>, "
                       "'put-old-fd': <@h 1>, 'bind-new-root': <true>, 'detach-old': <true>})",
                       fds=[[inside, None], [f'{inside}/old', 'O_PATH']])
        self.has_new_root(child.pid)

    def test_user_namespace(self):
        child = self.child('--user', '--map-root-user', *FRESH)
        host = table()
        self.root.mount(f'{ROOT}/proc', 'proc', 'proc', in_=child.pid)
        self.root.pivot_root(str(ROOT), '', in_=child.pid, make_rprivate=True, bind_new_root=True)
        self.has_new_root(child.pid)
        self.shows_its_processes_alone(child.pid)
        self.assertEqual(table(), host)

    def test_threads_and_grandchildren(self):
        """Tasks that stood exactly at the old root stand at the new one; those deeper stay."""
        child = self.child(*FRESH, prepare=f'cd /; {ROOT}/bin/busy 3 >/dev/null &\n'
                                           'cd /usr; sleep 1000000 & cd /')
        others = [int(pid) for pid in pathlib.Path(
            f'/proc/{child.pid}/task/{child.pid}/children').read_text().split()]
        self.assertEqual(len(others), 2)
        wait_until(lambda: len(os.listdir(f'/proc/{others[0]}/task')) == 4, 'the threads')
        wait_until(lambda: is_asleep(others[1]), 'the other one falling asleep')
        deeper = os.stat(f'/proc/{others[1]}/cwd')
        self.root.pivot_root(str(ROOT), '', in_=child.pid, make_rprivate=True, bind_new_root=True)
        for pid in [child.pid, *others]:
            for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
                self.assertEqual(os.stat(task / 'root').st_ino, ROOT.stat().st_ino)
        self.assertEqual(os.stat(f'/proc/{others[0]}/cwd').st_ino, ROOT.stat().st_ino)
        self.assertEqual(os.stat(f'/proc/{others[1]}/cwd'), deeper)


class Refusals(Case):
    """Each errno of pivot_root(2), with words that say what to do, and nothing changed."""

    PREPARE = ('mount -t tmpfs t /media; mkdir -p /media/root /media/plain/old /media/other;'
               'mount -t tmpfs r /media/root; mkdir /media/root/old; touch /media/file;'
               'mount -t tmpfs o /media/other')

    def setUp(self):
        self.root = self.client()

    def no(self, child, error, words, *args, **options):
        before = table(child.pid)
        self.refused(error, words, self.root.pivot_root, *args, **dict({'in_': child.pid}, **options))
        self.assertEqual(table(child.pid), before)

    def test_private_tree(self):
        child = self.child(prepare=self.PREPARE)
        self.no(child, 'PivotRoot.EINVAL', "'bind-new-root'", '/media/plain', '/media/plain/old')
        self.no(child, 'PivotRoot.EINVAL', 'below it', '/media/root', '/home')
        self.no(child, 'PivotRoot.EINVAL', 'below it', '/media/root', '/media/other')
        self.no(child, 'PivotRoot.EBUSY', "'bind-new-root'", '/', '/home')
        self.no(child, 'PivotRoot.EBUSY', "'bind-new-root'", '/', '')
        self.no(child, 'PivotRoot.EBUSY', 'another directory', '/', '', bind_new_root=True)
        self.no(child, 'PivotRoot.EBUSY', "'bind-new-root'", '/home', '')
        self.no(child, 'Resolve.ENOENT', '/media/none', '/media/none', '')
        self.no(child, 'Resolve.ENOENT', '/media/root/none', '/media/root', '/media/root/none')
        self.no(child, 'PivotRoot.ENOTDIR', '/media/file', '/media/file', '')
        self.no(child, 'PivotRoot.ENOTDIR', '/media/file', '/media/root', '/media/file')

    def test_failed_pivot_takes_the_bind_off(self):
        child = self.child(prepare=self.PREPARE + '; cd /media/plain; mount -t tmpfs x old;'
                           'mount --make-shared old; cd /')
        before = table(child.pid)
        fault = self.refused('PivotRoot.EINVAL', 'put_old is on a shared mount', self.root.pivot_root,
                             '/media/plain', '/media/plain/old', in_=child.pid, bind_new_root=True)
        self.assertIn('undo of bind-new-root', fault.message)
        self.assertEqual(table(child.pid), before)

    def test_what_stands_is_said(self):
        child = self.child(prepare=self.PREPARE + '; mount --make-shared /media')
        fault = self.refused('PivotRoot.EINVAL', 'not a mount point', self.root.pivot_root,
                             '/media/plain', '', in_=child.pid, make_rprivate=True)
        self.assertIn('done before it: make-rprivate', fault.message)
        self.assertFalse(mounts_at('/media', child.pid)[0]['tags'])

    def test_shared(self):
        child = self.child(prepare=self.PREPARE + '; mount --make-shared /media')
        self.no(child, 'PivotRoot.EINVAL', "'make-rprivate'", '/media/root', '/media/root/old')
        self.no(child, 'PivotRoot.EINVAL', "'make-rprivate'", '/media/plain', '', bind_new_root=True)
        child = self.child(prepare=self.PREPARE + '; mount --make-shared /media/root')
        self.no(child, 'PivotRoot.EINVAL', "'make-rprivate'", '/media/root', '')

    def test_locked(self):
        child = self.child(prepare=self.PREPARE)
        inner = subprocess.Popen(['nsenter', '-t', str(child.pid), '-m', 'unshare', '--user',
                                  '--map-root-user', '--mount', '--propagation', 'private', 'sh',
                                  '-c', 'echo ready; exec sleep 1000000'],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(inner.stdout.close)
        self.addCleanup(inner.wait)
        self.addCleanup(inner.kill)
        self.assertEqual(inner.stdout.readline(), 'ready\n')
        self.no(inner, 'PivotRoot.EINVAL', ['locked', "'bind-new-root'"], '/media/root',
                '/media/root/old')

    def test_rootfs(self):
        """A namespace whose root is the machine's first one: all that was on it is taken off."""
        child = self.child(prepare='umount -l /')
        where = [[f'/proc/{child.pid}/ns/mnt', None]]
        self.root.call('Mount', "('new', '/linx-test-root', 'tmpfs', "
                       "{'in': <@h 0>, 'create': <'directory'>})", fds=where)
        try:
            self.root.send('PivotRoot', "('/linx-test-root', '', {'in': <@h 0>})", fds=where)
            self.refused('PivotRoot.EINVAL', ['rootfs', 'chroot'], self.root.receive)
        finally:
            self.root.call('Umount', "('/linx-test-root', {'in': <@h 0>})", fds=where)
            self.remove_from_rootfs(child.pid, 'linx-test-root')

    def remove_from_rootfs(self, pid, name):
        """The rootfs is the whole machine's: the directory that was made there goes again."""
        done = os.fork()
        if done == 0:
            namespace = os.open(f'/proc/{pid}/ns/mnt', os.O_RDONLY)
            ctypes.CDLL(None).setns(namespace, 0x00020000)
            os.rmdir(f'/{name}')
            os._exit(0)
        self.assertEqual(os.waitpid(done, 0)[1], 0)


class Propagation(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare='mount -t tmpfs t /media; mkdir /media/a /media/b;'
                                         'mount -t tmpfs a /media/a')
        self.pid = self.target.pid

    def word(self, point):
        return self.root.list(in_=self.pid, target=point)[-1]['propagation']

    def test_all_kinds(self):
        for word in ('shared', 'private', 'unbindable', 'private', 'shared'):
            self.root.set_propagation('/media', word, in_=self.pid)
            self.assertEqual(self.word('/media'), word)
            self.assertEqual(self.word('/media/a'), 'private')
        self.target.run('mount', '--bind', '/media', '/media/b')
        self.root.set_propagation('/media/b', 'slave', in_=self.pid)
        self.assertEqual(self.word('/media/b'), 'slave')

    def test_recursive(self):
        self.root.set_propagation('/media', 'shared', in_=self.pid, recursive=True)
        self.assertEqual(self.word('/media/a'), 'shared')
        self.root.make_rprivate('/media', in_=self.pid)
        self.assertEqual((self.word('/media'), self.word('/media/a')), ('private', 'private'))

    def test_descriptor(self):
        self.root.call('SetPropagation', f"('', 'shared', {{'in': <{self.pid}>, "
                       "'target-fd': <@h 0>})", fds=[[f'/proc/{self.pid}/root/media', 'O_PATH']])
        self.assertEqual(self.word('/media'), 'shared')

    def test_refused(self):
        before = table(self.pid)
        self.refused('Propagation.EINVAL', 'not a mount point', self.root.set_propagation,
                     '/media/b', 'shared', in_=self.pid)
        self.refused('Propagation.EINVAL', 'not a mount point', self.root.make_rprivate,
                     '/media/b', in_=self.pid)
        self.refused('org.freedesktop.DBus.Error.InvalidArgs', "'propagation'",
                     self.root.set_propagation, '/media', 'rshared', in_=self.pid)
        self.assertEqual(table(self.pid), before)


if __name__ == '__main__':
    unittest.main()
