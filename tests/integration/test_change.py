#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Remount, Move, recursive Umount, and the words that make Mount one of them."""
import subprocess
import unittest

from harness import INVALID_ARGS, Agent, Case, HungFs, mountinfo, mounts_at, table

PREPARE = 'mount -t tmpfs -o size=4M t /mnt; chmod 755 /mnt; mkdir /mnt/a /mnt/b'


class Changing(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child(prepare=PREPARE)
        self.pid = self.target.pid

    def options(self, point='/mnt'):
        return mounts_at(point, self.pid)[-1]['mount-options']

    def super_options(self, point='/mnt'):
        return mounts_at(point, self.pid)[-1]['super-options'].split(',')


class Remount(Changing):
    def test_only_what_is_named(self):
        self.root.remount('/mnt', in_=self.pid, options='nosuid,noexec')
        self.assertEqual(self.options(), 'rw,nosuid,noexec,relatime')
        self.root.remount('/mnt', in_=self.pid, options='ro,exec')
        self.assertEqual(self.options(), 'ro,nosuid,relatime')
        self.assertEqual(self.super_options()[0], 'rw')
        self.root.remount('/mnt', in_=self.pid, options='rw,noatime')
        self.assertEqual(self.options(), 'rw,nosuid,noatime')
        before = table(self.pid)
        self.root.remount('/mnt', in_=self.pid)
        self.assertEqual(table(self.pid), before)

    def test_superblock(self):
        self.root.remount('/mnt', in_=self.pid, superblock=True, options='size=8M')
        self.assertIn('size=8192k', self.super_options())
        self.root.remount('/mnt', in_=self.pid, superblock=True, options='ro,noexec')
        self.assertEqual((self.super_options()[0], self.options()), ('ro', 'ro,noexec,relatime'))
        self.root.remount('/mnt', in_=self.pid, superblock=True, options='rw')
        self.assertEqual((self.super_options()[0], self.options()), ('rw', 'rw,noexec,relatime'))

    def test_superblock_refused(self):
        before = table(self.pid)
        self.refused('Mount.EINVAL', "tmpfs: Bad value for 'size'", self.root.remount, '/mnt',
                     in_=self.pid, superblock=True, options='noexec,size=lots')
        with open(f'/proc/{self.pid}/root/mnt/open', 'w'):
            busy = table(self.pid)
            self.refused('Mount.EBUSY', 'open for writing', self.root.remount, '/mnt', in_=self.pid,
                         superblock=True, options='ro')
            self.refused('SetAttributes.EBUSY', 'open for writing', self.root.remount, '/mnt',
                         in_=self.pid, options='ro')
            self.assertEqual(table(self.pid), busy)
        self.assertEqual(table(self.pid), before)

    def test_recursive(self):
        self.target.run('mount', '-t', 'tmpfs', 'below', '/mnt/a')
        self.root.remount('/mnt', in_=self.pid, options='nodev')
        self.assertEqual(self.options('/mnt/a'), 'rw,relatime')
        self.root.remount('/mnt', in_=self.pid, options='rnosuid')
        self.assertEqual(self.options('/mnt/a'), 'rw,nosuid,relatime')
        self.root.remount('/mnt', in_=self.pid, options='ro', recursive=True)
        self.assertEqual(self.options('/mnt/a'), 'ro,nosuid,relatime')
        self.root.remount('/mnt', in_=self.pid, options='rw', recursive=True)
        with open(f'/proc/{self.pid}/root/mnt/a/open', 'w'):
            before = table(self.pid)
            self.refused('SetAttributes.EBUSY', '/mnt', self.root.remount, '/mnt', in_=self.pid,
                         options='ro', recursive=True)
            self.assertEqual(table(self.pid), before)

    def test_no_mount_point(self):
        for superblock in (False, True):
            self.refused('SetAttributes.EINVAL', ['/mnt/a', 'not a mount point'], self.root.remount,
                         '/mnt/a', in_=self.pid, options='ro', superblock=superblock)

    def test_locked(self):
        """What came from a more privileged namespace keeps what was locked on it."""
        child = self.child('--mount', '--propagation', 'private',
                           prepare='mount -t tmpfs t /mnt; mount -o remount,bind,ro /mnt')
        inner = subprocess.Popen(
            ['nsenter', '-t', str(child.pid), '-m', 'unshare', '--user', '--map-root-user', '--mount',
             'sh', '-c', 'echo ready; exec sleep 1000000'], stdout=subprocess.PIPE, text=True)
        self.addCleanup(inner.stdout.close)
        self.addCleanup(inner.wait)
        self.addCleanup(inner.kill)
        self.assertEqual(inner.stdout.readline(), 'ready\n')
        before = table(inner.pid)
        self.refused('SetAttributes.EPERM', 'locked', self.root.remount, '/mnt', in_=inner.pid,
                     options='rw')
        self.refused('MoveMount.EINVAL', 'locked', self.root.move, '/mnt', '/srv', in_=inner.pid)
        self.refused('Umount.EINVAL', 'locked', self.root.umount, '/mnt', in_=inner.pid)
        self.assertEqual(table(inner.pid), before)


class Move(Changing):
    def test_with_all_below(self):
        self.root.mount('/mnt/a', source='moved', in_=self.pid)
        self.target.run('mkdir', '/mnt/a/sub')
        self.root.mount('/mnt/a/sub', source='below', in_=self.pid)
        listed = {row['source']: row['id'] for row in self.root.list(in_=self.pid)}
        self.root.move('/mnt/a', '/mnt/b', in_=self.pid)
        after = {row['source']: row for row in self.root.list(in_=self.pid)}
        self.assertEqual(after['moved']['mount-point'], '/mnt/b')
        self.assertEqual(after['below']['mount-point'], '/mnt/b/sub')
        self.assertEqual(after['moved']['id'], listed['moved'])

    def test_refusals(self):
        self.root.mount('/mnt/a', in_=self.pid)
        self.target.run('mkdir', '/mnt/a/sub')
        self.target.run('touch', '/mnt/file')
        before = table(self.pid)
        for error, words, source, point in (
                ('MoveMount.EINVAL', ['/mnt/b', 'not a mount point'], '/mnt/b', '/mnt/a'),
                ('MoveMount.EINVAL', 'never moved', '/', '/mnt/a'),
                ('MoveMount.ELOOP', 'below the mount itself', '/mnt/a', '/mnt/a/sub'),
                ('MoveMount.ENOTDIR', 'a file onto a file', '/mnt/a', '/mnt/file'),
                ('Resolve.ENOENT', '/mnt/none', '/mnt/a', '/mnt/none')):
            with self.subTest(words):
                self.refused(error, words, self.root.move, source, point, in_=self.pid)
        self.assertEqual(table(self.pid), before)

    def test_off_a_shared_mount(self):
        """The message says what to do, and doing it helps."""
        self.target.run('mount', '--make-shared', '/mnt')
        self.root.mount('/mnt/a', in_=self.pid)
        before = table(self.pid)
        self.refused('MoveMount.EINVAL', ['is shared', 'SetPropagation'], self.root.move, '/mnt/a',
                     '/mnt/b', in_=self.pid)
        self.assertEqual(table(self.pid), before)
        self.root.set_propagation('/mnt', 'private', in_=self.pid)
        self.root.move('/mnt/a', '/mnt/b', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/b', self.pid))

    def test_unbindable_onto_shared(self):
        self.target.run('sh', '-c', 'mount -t tmpfs s /mnt/b; mount --make-shared /mnt/b;'
                        'mkdir /mnt/b/x; mount -t tmpfs u /mnt/a; mount --make-unbindable /mnt/a')
        self.refused('MoveMount.EINVAL', 'unbindable', self.root.move, '/mnt/a', '/mnt/b/x',
                     in_=self.pid)


class Recursive(Changing):
    def build(self, script):
        self.target.run('sh', '-ec', script)
        return table(self.pid)

    def setUp(self):
        super().setUp()
        self.machines = [row['mount-id'] for row in mountinfo(self.pid) if row['source'] != 't']

    def sources(self):
        """Of what the test mounted: the machine may have mounts of its own there."""
        return sorted(row['source'] for row in mountinfo(self.pid)
                      if row['mount-id'] not in self.machines)

    def test_tree_with_hidden_mounts(self):
        self.build('mount -t tmpfs one /mnt/a; mkdir -p /mnt/a/x/y /mnt/a/z;'
                   'mount -t tmpfs hidden /mnt/a/x/y; mount -t tmpfs over /mnt/a/x;'
                   'mkdir /mnt/a/x/y; mount -t tmpfs visible /mnt/a/x/y;'
                   'mount -t tmpfs stack1 /mnt/a/z; mount -t tmpfs stack2 /mnt/a/z;'
                   'mount -t tmpfs two /mnt/a; mkdir /mnt/a/x; mount -t tmpfs three /mnt/a/x;'
                   'mount -t tmpfs sibling /mnt/b')
        self.root.umount('/mnt/a', in_=self.pid, recursive=True)
        self.assertEqual(self.sources(), ['hidden', 'one', 'over', 'sibling', 'stack1', 'stack2', 't',
                                          'visible'])
        self.root.umount('/mnt/a', in_=self.pid, recursive=True)
        self.assertEqual(self.sources(), ['sibling', 't'])

    def test_busy_in_the_middle(self):
        self.build('mount -t tmpfs one /mnt/a; mkdir /mnt/a/x /mnt/a/yy;'
                   'mount -t tmpfs busy /mnt/a/yy; mount -t tmpfs free /mnt/a/x')
        # The youngest first, as far as ids tell: before Linux 6.8 the kernel uses them again.
        ids = {row['source']: row['id'] for row in self.root.list(in_=self.pid)}
        first = ids['free'] > ids['busy']
        with open(f'/proc/{self.pid}/root/mnt/a/yy/open', 'w'):
            fault = self.refused('Umount.EBUSY', '/mnt/a/yy', self.root.umount, '/mnt/a', in_=self.pid,
                                 recursive=True)
        self.assertEqual('done before it: umount2 /mnt/a/x' in fault.message, first)
        self.assertEqual(self.sources(), ['busy', *(() if first else ['free']), 'one', 't'])

    def test_detach(self):
        before = table(self.pid)
        self.build('mount -t tmpfs one /mnt/a; mkdir /mnt/a/x; mount -t tmpfs two /mnt/a/x;'
                   'touch /mnt/a/x/open')
        with open(f'/proc/{self.pid}/root/mnt/a/x/open'):
            self.root.umount('/mnt/a', in_=self.pid, recursive=True, detach=True)
            self.assertEqual(table(self.pid), before)

    def test_deep_stack(self):
        self.build('for i in $(seq 64); do mount -t tmpfs deep /mnt/a; done')
        self.root.umount('/mnt', in_=self.pid, recursive=True)
        self.assertEqual(self.sources(), [])

    def test_never_a_process_root(self):
        self.build('mount -t tmpfs one /mnt/a; mkdir /mnt/a/root; mount --bind / /mnt/a/root')
        inside = subprocess.Popen(['nsenter', '-t', str(self.pid), '-m', 'chroot', '/mnt/a/root',
                                   'sh', '-c', 'echo ok; exec sleep 1000000'],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(inside.stdout.close)
        self.addCleanup(inside.wait)
        self.addCleanup(inside.kill)
        self.assertEqual(inside.stdout.readline(), 'ok\n')
        # From the chroot alone the mount cannot be named; a descriptor of the namespace's root can.
        before = table(self.pid)
        self.refused('Umount.EBUSY', '', self.root.umount, '/', in_=inside.pid, recursive=True)
        self.assertEqual(table(self.pid), before)


class Words(Changing):
    """mount -o WORD."""

    def mount(self, source, target, options, fstype='', **more):
        return self.root.mount(target, source, fstype, in_=self.pid, options=options, **more)

    def id_at(self, point):
        return [row['id'] for row in self.root.list(in_=self.pid) if row['mount-point'] == point][-1]

    def test_bind(self):
        for fstype in ('', 'none', 'bind'):
            self.assertEqual(self.mount('/usr', '/mnt/a', 'bind,ro', fstype), self.id_at('/mnt/a'))
            self.assertEqual(self.options('/mnt/a').split(',')[0], 'ro')
            self.root.umount('/mnt/a', in_=self.pid)
        self.target.run('mount', '-t', 'tmpfs', 'below', '/mnt/b')
        self.mount('/mnt', '/mnt/a', 'rbind')
        self.assertTrue(mounts_at('/mnt/a/b', self.pid))

    def test_move(self):
        was = self.mount('t', '/mnt/a', None, 'tmpfs')
        self.assertEqual(self.mount('/mnt/a', '/mnt/b', 'move'), was)
        self.assertEqual(self.id_at('/mnt/b'), was)

    def test_remount(self):
        was = self.id_at('/mnt')
        self.assertEqual(self.mount('', '/mnt', 'remount,size=8M'), was)
        self.assertIn('size=8192k', self.super_options())
        self.assertEqual(self.mount('none', '/mnt', 'remount,bind,ro'), was)
        self.assertEqual((self.options().split(',')[0], self.super_options()[0]), ('ro', 'rw'))
        self.mount('none', '/mnt', 'bind,remount,rw')
        self.mount('none', '/mnt', 'remount,ro')
        self.assertEqual((self.options().split(',')[0], self.super_options()[0]), ('ro', 'ro'))

    def test_propagation(self):
        was = self.id_at('/mnt')
        self.target.run('mount', '-t', 'tmpfs', 'below', '/mnt/b')
        self.assertEqual(self.mount('none', '/mnt', 'rshared', 'none'), was)
        self.assertTrue(mounts_at('/mnt', self.pid)[0]['tags']
                        and mounts_at('/mnt/b', self.pid)[0]['tags'])
        self.mount('', '/mnt', 'private')
        self.assertFalse(mounts_at('/mnt', self.pid)[0]['tags'])
        self.assertTrue(mounts_at('/mnt/b', self.pid)[0]['tags'])

    def test_propagation_as_last_step(self):
        """A new mount on a shared one is shared; the word takes effect after that."""
        self.target.run('mount', '--make-shared', '/mnt')
        self.mount('t', '/mnt/a', None, 'tmpfs')
        self.assertTrue(mounts_at('/mnt/a', self.pid)[0]['tags'])
        self.mount('t', '/mnt/b', 'size=1M,private', 'tmpfs')
        self.assertFalse(mounts_at('/mnt/b', self.pid)[0]['tags'])
        self.mount('/usr', '/mnt/b', 'bind,unbindable')
        self.assertEqual(mounts_at('/mnt/b', self.pid)[-1]['tags'], ['unbindable'])

    def test_last_step_needs_its_action_too(self):
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount")'
                  ' return polkit.Result.YES;')
        self.refused('org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
                     'set-propagation', self.client('alice').mount, '/mnt/a', in_=self.pid,
                     options='private')

    def test_words_bring_their_own_action(self):
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount")'
                  ' return polkit.Result.YES;')
        alice = self.client('alice')
        for action, source, options in (('bind', '/usr', 'bind'), ('move', '/mnt', 'move'),
                                        ('remount', '', 'remount'),
                                        ('remount', '', 'remount,bind,ro'),
                                        ('set-propagation', 'none', 'private')):
            with self.subTest(options):
                self.refused('org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
                             'org.linx.mount1.' + action, alice.mount,
                             '/mnt' if source != '/mnt' else '/mnt/a', source, '', in_=self.pid,
                             options=options)


class Stalled(Case):
    """Who can have the look-up of the target wait, once the call is approved, has it done later, but not to
    something else."""

    def setUp(self):
        self.fs = HungFs('lookup', 'later')
        self.addCleanup(self.fs.end)
        subprocess.run(['sh', '-ec', 'mkdir /srv/a /srv/c; mount -t tmpfs moved /srv/a; mount --make-private /'],
                       check=True)
        self.addCleanup(subprocess.run, 'umount -l /srv/a /srv/c; rmdir /srv/a /srv/c', shell=True,
                        stderr=subprocess.DEVNULL)
        self.rule('return polkit.Result.AUTH_ADMIN;')
        self.bob = self.client('bob')
        self.agent = Agent(self.bob.process.pid, 'bob')
        self.addCleanup(self.agent.end)

    def test_move(self):
        self.bob.send('Move', f"('/srv/a', '{self.fs.point}/dir', @a{{sv}} {{}})", interactive=True)
        self.agent.wait_prompt()
        self.fs.hold()
        self.agent.type('root-pw')
        self.fs.wait_held('lookup')
        subprocess.run(['mount', '--move', '/srv/a', '/srv/c'], check=True)
        before = table()
        self.fs.let_go()
        self.refused('Resolve.ESTALE', '/srv/a', self.bob.receive)
        self.assertEqual(table(), before)


if __name__ == '__main__':
    unittest.main()
