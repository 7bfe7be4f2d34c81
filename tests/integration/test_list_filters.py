#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which mounts ListMounts tells of: by place, source and type."""
import pathlib
import subprocess
import unittest

from harness import INVALID_ARGS, Case, HungFs


def make_jail():
    """A root in /mnt, in which a client runs."""
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'jail', '/mnt'], check=True)
    top = pathlib.Path(__file__).resolve().parts[1]
    for name in {'usr', 'lib', 'lib64', 'bin', 'run', 'etc', 'proc', top}:
        subprocess.run(['mkdir', f'/mnt/{name}'], check=True)
        subprocess.run(['mount', '--rbind', f'/{name}', f'/mnt/{name}'], check=True)


class Filters(Case):
    def setUp(self):
        self.root = self.client()
        self.maxDiff = None

    def test_target(self):
        child = self.child(prepare='''mount -t tmpfs one /media; mkdir -p /media/a/b
            mount -t tmpfs two /media/a; mkdir /media/a/b; mount -t tmpfs three /media/a/b
            mount -t tmpfs four /media/a/b; mkdir /media/link; ln -s a /media/l''')

        def sources(target, **filters):
            return [row['source'] for row in self.root.list(in_=child.pid, target=target, **filters)]
        # By ascending id, which is the order of their making only where ids are not used again.
        self.assertCountEqual(sources('/media/a/b'), ['three', 'four'])
        self.assertEqual(sources('/media/a/b', limit=1), sources('/media/a/b')[:1])
        self.assertEqual(sources('/media/a/b', source='four'), ['four'])
        self.assertCountEqual(sources('/media//a/b/'), ['three', 'four'])
        for none in ('/media/l', '/media/l/b', '/media/link', '/media/no/such', '/media/a/b/c'):
            self.assertEqual(sources(none), [])
        root, = self.root.list(in_=child.pid, target='/')
        self.assertEqual(root['mount-point'], '/')
        # What another mount hides cannot be looked up: the table has it.
        child.run('mount', '-t', 'tmpfs', 'five', '/media/a')
        self.assertCountEqual(sources('/media/a'), ['two', 'five'])
        self.assertCountEqual(sources('/media/a/b'), ['three', 'four'])

    def test_target_that_the_caller_may_not_look_up(self):
        subprocess.run(['sh', '-ec', 'mkdir -m 700 /run/rig/closed; mkdir /run/rig/closed/in;'
                        'mount -t tmpfs closed /run/rig/closed/in'], check=True)
        self.addCleanup(subprocess.run, ['sh', '-ec', 'umount /run/rig/closed/in;'
                                         'rm -r /run/rig/closed'], check=True)
        row, = self.client('alice').list(target='/run/rig/closed/in')
        self.assertEqual(row['source'], 'closed')

    def test_target_below_a_filesystem_that_hangs(self):
        """It is found without asking it anything."""
        hung = HungFs('lookup')
        self.addCleanup(hung.end)
        inside = str(hung.point / 'dir')
        subprocess.run(['mount', '-t', 'tmpfs', 'inside', inside], check=True)
        self.addCleanup(subprocess.run, ['umount', inside], check=True)
        row, = self.root.list(in_='host', target=inside)
        self.assertEqual(row['source'], 'inside')
        row, = self.root.list(in_='host', target=str(hung.point))
        self.assertEqual(row['mount-point'], str(hung.point))

    def test_filters(self):
        child = self.child(prepare='''mount -t tmpfs one /media; mkdir /media/a /media/ab
            mount -t tmpfs two /media/a; mkdir /media/a/x; mount -t ramfs three /media/a/x
            mount -t tmpfs four /media/ab; mount -t tmpfs five /media/a''')

        def sources(**filters):
            return [row['source'] for row in self.root.list(in_=child.pid, **filters)]
        # Where the kernel uses ids again, the last mount need not have the greatest.
        ids = {row['source']: row['id'] for row in self.root.list(in_=child.pid)}
        names = sorted(['one', 'two', 'three', 'four', 'five'], key=ids.get)

        def among(*wanted):
            return [name for name in names if name in wanted]
        self.assertEqual(sources(under='/media'), names)
        self.assertEqual(sources(under='/media/a'), among('two', 'three', 'five'))
        self.assertEqual(sources(under='/media//a/'), among('two', 'three', 'five'))
        self.assertCountEqual(sources(target='/media/a'), ['two', 'five'])
        self.assertEqual(sources(under='/media', fstype=['ramfs']), ['three'])
        self.assertEqual(sources(under='/media', fstype=['ramfs', 'tmpfs'], limit=2), names[:2])
        self.assertEqual(sources(source='four'), ['four'])
        self.assertEqual(sources(fstype=['no']), [])
        self.assertEqual(sources(id=ids['four']), ['four'])
        self.assertEqual(sources(under='/media', after=ids[names[3]]), [names[4]])

    def test_the_mount_that_a_path_is_on(self):
        child = self.child(prepare='''mount -t tmpfs one /media; mkdir -p /media/a/b /media/c
            mount -t tmpfs two /media/a; mkdir /media/a/d; touch /media/a/d/f; ln -s a/d /media/l''')

        def source(path, **filters):
            return [row['source'] for row in self.root.list(in_=child.pid, covering=path, **filters)]
        self.assertEqual(source('/media/a/d/f'), ['two'])
        self.assertEqual(source('/media/l/f'), ['two'])
        self.assertEqual(source('/media/c'), ['one'])
        self.assertEqual(source('/media/a'), ['two'])
        self.assertEqual(source('/media/a', fstype=['ext4']), [])
        self.assertEqual(source('/media/a', target='/media'), [])
        two, = self.root.list(in_=child.pid, covering='/media/a')
        self.assertEqual(source('/media/a', id=two['id']), ['two'])
        self.refused('Resolve.ENOENT', '/media/no', source, '/media/no')
        self.refused('Resolve.ELOOP', '/media/l', source, '/media/l', no_symlinks=True)
        self.refused(INVALID_ARGS, "'covering'", source, 'relative')

    def test_covering_is_looked_up_as_the_caller(self):
        subprocess.run(['sh', '-ec', 'mkdir -m 700 /run/rig/closed'], check=True)
        self.addCleanup(subprocess.run, ['rmdir', '/run/rig/closed'], check=True)
        alice = self.client('alice')
        self.refused('Resolve.EACCES', '/run/rig/closed/in', alice.list, covering='/run/rig/closed/in')
        row, = alice.list(covering='/run/rig')
        self.assertEqual(row, self.root.list(id=row['id'])[0])

    def test_paths_start_at_the_root_that_all_paths_do(self):
        child = self.child(prepare='''mount -t tmpfs outer /media; mkdir -p /media/jail
            mount -t tmpfs jail /media/jail; mkdir /media/jail/a /media/a
            mount -t tmpfs right /media/jail/a; mount -t tmpfs wrong /media/a''')
        inner = subprocess.Popen(['nsenter', '-t', str(child.pid), '--mount', '/usr/bin/python3', '-c',
                                  'import os, sys; os.chroot("/media/jail"); os.chdir("/"); '
                                  'print("in", flush=True); sys.stdin.read()'],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(inner.communicate)
        inner.stdout.readline()

        def sources(**filters):
            return [row['source'] for row in self.root.list(in_=inner.pid, **filters)]
        self.assertEqual(sources(target='/a'), ['right'])
        self.assertEqual(sources(covering='/a'), ['right'])
        self.assertCountEqual(sources(under='/'), ['jail', 'right'])
        self.assertCountEqual(sources(under='/a'), ['right'])
        self.assertEqual(sources(target='/media/a'), [])
        self.root.mount('/a', source='more', in_=inner.pid)
        self.assertCountEqual(sources(target='/a'), ['right', 'more'])
        self.root.umount('/a', in_=inner.pid)

    def test_filters_of_a_chrooted_root(self):
        self.addCleanup(subprocess.run, ['umount', '-R', '/mnt'], check=True)
        make_jail()
        jailed = self.client(prefix=['chroot', '/mnt'])
        row, = jailed.list(target='/')
        self.assertEqual((row['source'], row['mount-point']), ('jail', '/mnt'))
        self.assertEqual(jailed.list(covering='/'), [row])
        self.assertEqual({row['mount-point'].split('/')[1] for row in jailed.list(under='/')}, {'mnt'})

    def test_filters_that_are_no_utf8(self):
        child = self.child(prepare='mount -t tmpfs t /mnt')
        enter = [b'nsenter', b'-t', str(child.pid).encode(), b'-m']
        subprocess.run([*enter, b'mkdir', b'/mnt/\xff'], check=True)
        subprocess.run([*enter, b'mount', b'-i', b'-t', b'tmpfs', b's\xff', b'/mnt/\xff'], check=True)
        wanted, = [row for row in self.root.list(in_=child.pid) if 'raw' in row]
        for key, raw in (('target', b'/mnt/\xff'), ('under', b'/mnt/\xff'), ('source', b's\xff'),
                         ('covering', b'/mnt/\xff')):
            options = f"{{'in': <uint32 {child.pid}>, 'raw': <{{'{key}': {list(raw)}}}>}}".replace(
                ': [', ': @ay [')
            self.assertEqual(self.root.call('ListMounts', f'({options},)')[0], [[wanted]], key)
        twice = "{'target': <'/mnt'>, 'raw': <{'target': @ay [47]}>}"
        self.refused(INVALID_ARGS, "'target' is given twice", self.root.call, 'ListMounts',
                     f'({twice},)')
        other = "{'raw': <{'target-fd': @ay [47]}>}"
        self.refused(INVALID_ARGS, "'target-fd'", self.root.call, 'ListMounts', f'({other},)')


class Details(Case):
    def test_commas(self):
        """A list of two is not one of one with a comma in it."""
        bob = self.client('bob')
        for fstypes, detail in ((['tmpfs', 'ext4'], 'tmpfs,ext4'), (['tmpfs,ext4'], r'tmpfs\\x2cext4')):
            self.rule(f'if (action.lookup("fstype") == "{detail}" && action.lookup("limit") == "7")'
                      ' return polkit.Result.NO;')
            bob.call('ListMounts', "({'in': <'host'>, 'limit': <uint32 1>},)")
            self.refused('NotAuthorized', '', bob.list, in_='host', fstype=fstypes, limit=7)


if __name__ == '__main__':
    unittest.main()
