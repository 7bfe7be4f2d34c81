#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is bound into another namespace as a slave: later mounts come along, in one direction."""
import unittest

from harness import CHALLENGE, INVALID_ARGS, Case, mounts_at, table

SHARED = '''mount -t tmpfs -o mode=755 outer /mnt; mount --make-shared /mnt
    mkdir /mnt/later /mnt/below; mount -t tmpfs below /mnt/below'''
PREPARE = 'mount -t tmpfs -o mode=755 t /mnt; mkdir /mnt/a /mnt/b'


class Slave(Case):
    def setUp(self):
        self.root = self.client()
        self.outer = self.child(prepare=SHARED)
        self.inner = self.child(prepare=PREPARE)
        self.where = {'in_': self.inner.pid, 'from_': self.outer.pid}

    def receives(self, point='/mnt/a'):
        """Whether a mount of the outer one appears in the inner one; and none the other way."""
        self.outer.run('mount', '-t', 'tmpfs', 'came', '/mnt/later')
        came = bool(mounts_at(point + '/later', self.inner.pid))
        before = table(self.outer.pid)
        self.inner.run('mount', '-t', 'tmpfs', 'went', f'{point}/later')
        self.assertEqual(table(self.outer.pid), before)
        self.inner.run('umount', f'{point}/later')
        self.outer.run('umount', '/mnt/later')
        self.assertFalse(mounts_at(point + '/later', self.inner.pid))
        return came

    def tags(self, point='/mnt/a'):
        return [tag.partition(':')[0] for row in mounts_at(point, self.inner.pid)[-1:]
                for tag in row['tags']]

    def test_bind(self):
        self.root.bind('/mnt', '/mnt/a', recursive=True, **self.where)
        self.assertFalse(self.receives())
        self.root.umount('/mnt/a', recursive=True, in_=self.inner.pid)
        for options in ({'propagation': 'slave'}, {'options': 'rslave'}, {'options': 'ro,rslave'}):
            with self.subTest(options):
                self.root.bind('/mnt', '/mnt/a', recursive=True, **options, **self.where)
                self.assertEqual(self.tags(), ['master'])
                self.assertEqual(self.tags('/mnt/a/below'), ['master'])
                self.assertTrue(self.receives())
                self.root.umount('/mnt/a', recursive=True, in_=self.inner.pid)

    def test_what_comes_later_has_the_attributes_that_it_has_there(self):
        self.root.bind('/mnt', '/mnt/a', recursive=True, propagation='slave', options='rro',
                       **self.where)
        self.outer.run('mount', '-t', 'tmpfs', 'came', '/mnt/later')
        came, = mounts_at('/mnt/a/later', self.inner.pid)
        self.assertEqual(came['mount-options'].split(',')[0], 'rw')

    def test_private(self):
        for options in ({'propagation': 'private'}, {'options': 'rprivate'}):
            self.root.bind('/mnt', '/mnt/a', **options, **self.where)
            self.assertEqual(self.tags(), [])
            self.assertFalse(self.receives())
            self.root.umount('/mnt/a', recursive=True, in_=self.inner.pid)

    def test_mount_by_the_words_of_mount(self):
        self.outer.run('mkdir', '/mnt/copy')
        self.root.mount('/mnt/copy', '/mnt', '', options='rbind,rslave', in_=self.outer.pid)
        row = mounts_at('/mnt/copy', self.outer.pid)[-1]
        self.assertEqual([tag.partition(':')[0] for tag in row['tags']], ['master'])

    def test_onto_a_shared_mount(self):
        """It becomes shared there too, unless it is told otherwise; and stays a slave."""
        self.inner.run('mount', '--make-shared', '/mnt')
        self.root.bind('/mnt', '/mnt/a', propagation='slave', **self.where)
        self.assertEqual(self.tags(), ['master'])
        self.assertTrue(self.receives())

    def test_attach_mount(self):
        """Of a tree that root cloned by itself, with its peers."""
        for word, wanted in (('slave', True), ('private', False), (None, False)):
            with self.subTest(word):
                helper = self.client(enter=['nsenter', '--mount', '--target', str(self.outer.pid)])
                clone = helper.call('open tree', path='/mnt')
                mount_id = helper.attach_mount(clone, '/mnt/a', in_=self.inner.pid, propagation=word)
                self.assertTrue(mount_id)
                helper.close()
                self.assertEqual(self.receives(), wanted)
                self.root.umount_let_go('/mnt/a', recursive=True, in_=self.inner.pid)

    def test_a_user_needs_more_for_it(self):
        alice = self.client('alice')
        self.rule('if (subject.user == "alice" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        for options in ({'propagation': 'slave'}, {'options': 'rslave'}):
            self.refused(CHALLENGE, 'mount-unrestricted', alice.bind, '/mnt', '/mnt/a', **options,
                         **self.where)
        alice.bind('/mnt', '/mnt/a', propagation='private', **self.where)
        self.rule('''if (subject.user == "alice")
            return action.lookup("propagation") == "rslave" ? polkit.Result.YES : polkit.Result.NO;
        ''')
        alice.bind('/mnt', '/mnt/b', propagation='slave', **self.where)
        self.assertTrue(self.receives('/mnt/b'))
        self.refused('NotAuthorized', '', alice.bind, '/mnt', '/mnt/b', **self.where)

    def test_words_that_are_wrong(self):
        before = table(self.inner.pid)
        for options in ({'propagation': 'shared'}, {'propagation': 'rslave'}, {'propagation': ''},
                        {'propagation': 'slave', 'options': 'rprivate'}):
            self.refused(INVALID_ARGS, 'propagation', self.root.bind, '/mnt', '/mnt/a', **options,
                         **self.where)
        self.refused(INVALID_ARGS, "'propagation'", self.root.remount, '/mnt', propagation='slave')
        self.refused(INVALID_ARGS, "'propagation' does not go with", self.root.mount, '/mnt', '', '',
                     options='remount,bind', propagation='slave')
        self.assertEqual(table(self.inner.pid), before)


if __name__ == '__main__':
    unittest.main()
