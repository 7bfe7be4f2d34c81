#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Overlays: their layers are looked up once, as the caller, and go to the kernel by what is held of them,
as descriptors, or (without-fsconfig-fd) by their numbers."""
import os
import pathlib
import shutil
import unittest

from harness import CHALLENGE, INVALID_ARGS, Agent, Case, mounts_at

LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'


class Overlay(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; cd /mnt; chmod 777 .;'
                                         'mkdir low low2 up work all secret secret/dir;'
                                         'touch low/one low2/two secret/dir/hidden;'
                                         'chmod 700 secret; chown alice up work; mkdir odd:dir')
        self.pid = self.target.pid
        self.options = 'lowerdir=/mnt/low:/mnt/low2,upperdir=/mnt/up,workdir=/mnt/work'

    def allow_all(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        return self.client('alice')

    def test_layers(self):
        root = self.client()
        root.mount('/mnt/all', 'o', 'overlay', in_=self.pid, options=self.options)
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\ntwo\n')
        root.umount('/mnt/all', in_=self.pid)
        root.mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                   options='lowerdir+=/mnt/low2,lowerdir+=/mnt/low')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\ntwo\n')
        root.umount('/mnt/all', in_=self.pid)
        root.mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                   options='lowerdir=/mnt/odd\\:dir:/mnt/low')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\n')

    def test_users_need_more_and_see_no_more(self):
        self.rule('if (subject.user == "alice" && action.id == "org.linx.mount1.mount")'
                  ' return polkit.Result.YES;')
        self.refused(CHALLENGE, 'mount-unrestricted', self.client('alice').mount, '/mnt/all', 'o',
                     'overlay', in_=self.pid, options=self.options)
        alice = self.allow_all()
        alice.mount('/mnt/all', 'o', 'overlay', in_=self.pid, options=self.options)
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\ntwo\n')
        self.refused('Resolve.EACCES', '/mnt/secret/dir', alice.mount, '/mnt/all', 'o', 'overlay',
                     in_=self.pid, options='lowerdir=/mnt/secret/dir:/mnt/low')

    def test_layers_that_are_written_to(self):
        """The overlay writes with root's rights: only where the caller could write itself."""
        alice = self.allow_all()
        self.target.run('mkdir', '/mnt/roots')
        for options in ('upperdir=/mnt/roots,workdir=/mnt/work', 'upperdir=/mnt/up,workdir=/mnt/roots'):
            self.refused('Resolve.EACCES', ['/mnt/roots', 'may not write'], alice.mount, '/mnt/all', 'o',
                         'overlay', in_=self.pid, options='lowerdir=/mnt/low,' + options)

    def test_details_are_canonical(self):
        self.target.run('ln', '-s', '/mnt/low', '/mnt/link')
        self.rule('if (subject.user == "alice" && action.lookup("layers") =='
                  ' "lowerdir+=/mnt/low,lowerdir+=/mnt/low2") return polkit.Result.YES;')
        self.client('alice').mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                                   options='lowerdir=/mnt/link:/mnt/../mnt/low2')

    def test_wrong(self):
        root = self.client()
        for error, words, options in (
                (INVALID_ARGS, "'lowerdir' must name absolute", 'lowerdir=low'),
                (INVALID_ARGS, 'absolute', 'lowerdir=:/mnt/low'),
                (INVALID_ARGS, 'more than 502', 'lowerdir=' + ':'.join(['/mnt/low'] * 503)),
                (INVALID_ARGS, "'upperdir' needs a value", 'lowerdir=/mnt/low,upperdir'),
                ('Resolve.ENOENT', '/mnt/none', 'lowerdir=/mnt/none'),
                ('Mount.EINVAL', '', 'upperdir=/mnt/up')):
            with self.subTest(options[:30]):
                self.refused(error, words, root.mount, '/mnt/all', 'o', 'overlay', in_=self.pid,
                             options=options)

    def make(self, names):
        self.target.run('sh', '-ec', 'umask 0; cd /mnt; xargs -0 mkdir -p', input='\0'.join(names))

    def test_as_many_as_the_kernel_takes(self):
        root = self.client()
        names = [f'm/{number}' for number in range(501)]
        self.make(names)
        layers = [f'/mnt/{name}' for name in names]
        for count in (65, 250, 300, 500):
            with self.subTest(count):
                self.target.run('sh', '-c', f'rm -f /mnt/m/*/f*; touch /mnt/m/{count - 1}/f /mnt/m/0/f0')
                root.mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                           options='lowerdir=' + ':'.join(layers[:count])
                           + ',upperdir=/mnt/up,workdir=/mnt/work')
                self.assertEqual(self.target.run('ls', '/mnt/all'), 'f\nf0\n')
                root.umount('/mnt/all', in_=self.pid)
        self.refused('Mount.EINVAL', '500', root.mount, '/mnt/all', 'o', 'overlay', in_=self.pid,
                     options='lowerdir=' + ':'.join(layers))

    def test_how_many_a_user_may_hold(self):
        """While somebody is asked: those of four calls at their largest. In her own namespace, where she
        is told why."""
        place = pathlib.Path('/srv/layers')
        self.addCleanup(shutil.rmtree, place)
        for number in range(500):
            (place / str(number)).mkdir(parents=True)
        options = 'lowerdir=' + ':'.join(f'{place}/{number}' for number in range(500))
        alices = [self.client('alice') for _ in range(5)]
        agents = [Agent(alice.process.pid, 'alice') for alice in alices]
        for agent in agents:
            self.addCleanup(agent.end)
        for alice, agent in zip(alices[:4], agents):
            alice.send('Mount', f"('o', '/mnt', 'overlay', {{'options': <'{options}'>}})",
                       interactive=True)
            agent.wait_prompt()
        self.refused(LIMITS, 'layers', alices[4].mount, '/mnt', 'o', 'overlay', interactive=True,
                     options=options)
        self.client().mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                            options=self.options)

    def test_layers_that_take_long(self):
        """A path of thousands of steps, as often as a list holds it."""
        place = pathlib.Path('/tmp/links')
        place.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, place)
        (place / 'a').mkdir()
        for number in range(39):
            os.symlink('a/../' * 800 + (f'l{number - 1}' if number else 'a'), place / f'l{number}')
        few, many = (':'.join([f'{place}/l38'] * count) for count in (2, 500))
        self.refused(CHALLENGE, '', self.client('alice').mount, '/mnt', 'o', 'overlay', options=f'lowerdir={few}')
        self.refused(LIMITS, 'too long', self.client('alice').mount, '/mnt', 'o', 'overlay',
                     options=f'lowerdir={many}')

    def test_long_paths(self):
        """Longer than what fsconfig(2) takes as a string."""
        root = self.client()
        names = [letter + 'x' * 130 for letter in 'ab']
        self.make([name + '/f' + name[0] for name in names])
        root.mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                   options='lowerdir=' + ':'.join(f'/mnt/{name}' for name in names))
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'fa\nfb\n')
        deep = '/mnt/' + '/'.join(['d' * 200] * 18)
        self.make([deep[5:] + '/' + str(number) for number in range(20)])
        for number in range(20):
            os.symlink(f'{deep}/{number}', f'/proc/{self.pid}/root/mnt/l{number}')
        self.refused(LIMITS, '65536', root.mount, '/mnt/all', 'o', 'overlay', in_=self.pid,
                     options='lowerdir=' + ':'.join(f'/mnt/l{number}' for number in range(20)))

    def test_data_layers(self):
        self.make(['data'])
        self.client().mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                            options='lowerdir=/mnt/low::/mnt/data,metacopy=on,redirect_dir=on')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\n')

    def test_backslashes_as_the_kernel_reads_them(self):
        """Beside mount(8), which hands the words on: the same directories, whatever their names."""
        root = self.client()
        for name, escaped in (('u:p', 'u\\:p'), ('u,p', 'u\\,p'), ('u\\p', 'u\\\\p'), ('up2', 'u\\p2'),
                              ('a b', 'a b')):
            for option in ('lowerdir', 'upperdir', 'workdir'):
                with self.subTest(option=option, name=name):
                    self.make([f'{option}/{name}', 'other/w'])
                    values = {'lowerdir': '/mnt/low', 'upperdir': '/mnt/up', 'workdir': '/mnt/work'}
                    values[option] = f'/mnt/{option}/{escaped}'
                    options = ','.join(f'{key}={value}' for key, value in values.items())
                    root.mount('/mnt/all', 'o', 'overlay', in_=self.pid, options=options)
                    ours = self.traces(option, name)
                    root.umount('/mnt/all', in_=self.pid)
                    self.target.run('mount', '-i', '-t', 'overlay', '-o', options, 'o', '/mnt/all')
                    self.assertEqual(ours, self.traces(option, name))
                    self.assertTrue(ours)
                    self.target.run('umount', '/mnt/all')

    def traces(self, option, name):
        """What shows that the directory is the one that was meant."""
        place, top = (f'/proc/{self.pid}/root/mnt/{below}' for below in (f'{option}/{name}', 'all'))
        if option == 'workdir':
            return os.listdir(place)
        write, read = (place, top) if option == 'lowerdir' else (top, place)
        with open(f'{write}/trace', 'w'):
            found = 'trace' in os.listdir(read)
        os.unlink(f'{write}/trace')
        return found

    def test_plus_takes_them_literally(self):
        self.make(['l\\:x/there'])
        self.client().mount('/mnt/all', 'o', 'overlay', in_=self.pid,
                            options='lowerdir+=/mnt/l\\:x,lowerdir+=/mnt/low')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'one\nthere\n')

    def test_quotes(self):
        self.make(['c,d/there', 'u,p', 'w,k'])
        self.client().mount('/mnt/all', 'o', 'overlay', in_=self.pid, options='lowerdir="/mnt/c,d",'
                            'upperdir="/mnt/u,p",workdir="/mnt/w,k"')
        self.assertEqual(self.target.run('ls', '/mnt/all'), 'there\n')
        self.assertTrue(mounts_at('/mnt/all', self.pid))


if __name__ == '__main__':
    unittest.main()
