#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images that are attached already: one superblock for one file, whoever attached it."""
import json
import os
import pathlib
import subprocess
import threading
import unittest

from harness import Agent, Case, Fault, HungFs, mounts_at, service_pid, wait_until
from life import threads as threads_of

ALL = 'if (subject.user == "alice") return polkit.Result.YES;'


def devices_of(path):
    """The loop devices on this file."""
    status = os.stat(path)
    shown = subprocess.run(['losetup', '--list', '--json', '--output', 'NAME,BACK-INO,BACK-MAJ:MIN'],
                           check=True, text=True, capture_output=True).stdout
    found = json.loads(shown)['loopdevices'] if shown else []
    number = f'{os.major(status.st_dev)}:{os.minor(status.st_dev)}'
    return [loop['name'] for loop in found
            if (int(loop['back-ino']), loop['back-maj:min'].strip()) == (status.st_ino, number)]


class Images(Case):
    def setUp(self):
        self.root = self.client()
        self.place = pathlib.Path('/srv/loops')
        self.place.mkdir()
        self.addCleanup(subprocess.run, ['rm', '-r', '--one-file-system', self.place], check=True)
        self.image = self.make('image')
        self.addCleanup(wait_until, lambda: not devices_of(self.image), 'the devices going')
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a /mnt/b')
        self.pid = self.target.pid
        self.addCleanup(self.let_go)

    def let_go(self):
        self.target.end()

    def make(self, name, size=8):
        path = self.place / name
        with open(path, 'wb') as stream:
            stream.truncate(size << 20)
        subprocess.run(['mkfs.ext4', '-q', path], check=True)
        return path

    def losetup(self, *options):
        device = subprocess.run(['losetup', '--find', '--show', *options, self.image], check=True,
                                text=True, capture_output=True).stdout.strip()
        self.addCleanup(subprocess.run, ['losetup', '--detach', device], check=True)
        self.addCleanup(self.let_go)
        return device

    def mount(self, where, client=None, path=None, **options):
        return (client or self.root).mount(f'/mnt/{where}', str(path or self.image), 'ext4', **options)

    def at(self, where):
        return mounts_at(f'/mnt/{where}', self.pid)[-1]

    def inside(self):
        """The file as the target names it."""
        self.root.mount('/mnt/b', in_=self.pid)
        self.root.bind(str(self.place), '/mnt/b', from_='host', in_=self.pid)
        return f'/mnt/b/{self.image.name}'


class Attached(Images):
    def test_twice(self):
        """What is written by one place is there in the other, and the filesystem stays whole."""
        path = self.inside()
        for where in ('a', 'c'):
            self.mount(where, path=path, in_=self.pid, create='directory')
        self.assertEqual(self.at('a')['device'], self.at('c')['device'])
        self.assertEqual(len(devices_of(self.image)), 1)
        self.target.run('sh', '-ec', 'echo 1 >/mnt/a/one; echo 2 >/mnt/c/two; cat /mnt/c/one /mnt/a/two')
        for where in ('a', 'c'):
            self.root.umount(f'/mnt/{where}', in_=self.pid)
        wait_until(lambda: not devices_of(self.image), 'the device going')
        subprocess.run(['e2fsck', '-fn', self.image], check=True, capture_output=True)

    def test_from_two_namespaces_and_by_two_names(self):
        other = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        link = self.place / 'link'
        os.link(self.image, link)
        self.mount('a', path=self.inside(), in_=self.pid)
        self.root.mount('/mnt/a', str(link), 'ext4', in_=other.pid)
        self.assertEqual(self.at('a')['device'], mounts_at('/mnt/a', other.pid)[-1]['device'])
        other.end()

    def test_beside_mount_and_losetup(self):
        path = self.inside()
        device = self.losetup()
        self.mount('a', path=path, in_=self.pid)
        self.assertEqual(self.at('a')['source'], device)
        self.target.run('mkdir', '/mnt/c')
        self.target.run('mount', '-o', 'loop', path, '/mnt/c')
        self.assertEqual(len(devices_of(self.image)), 1)

    def test_the_other_write_mode(self):
        path = self.inside()
        self.losetup('--read-only')
        self.refused('Loop.EBUSY', 'write mode', self.mount, 'a', path=path, in_=self.pid)
        self.mount('a', path=path, in_=self.pid, options='ro')
        self.assertEqual(len(devices_of(self.image)), 1)

    def test_read_only_beside_one_that_writes(self):
        path = self.inside()
        self.mount('a', path=path, in_=self.pid)
        self.refused('Loop.EBUSY', 'write mode', self.mount, 'c', path=path, in_=self.pid, options='ro',
                     create='directory')

    def test_ranges(self):
        """Two that overlap are one too many; two that do not are two filesystems."""
        path = self.inside()
        for number in range(2):
            subprocess.run(['dd', f'if={self.make("part")}', f'of={self.image}', 'bs=1M', 'conv=notrunc',
                            f'seek={8 * number}', 'status=none'], check=True)
        first, second = 'offset=0,sizelimit=8388608', 'offset=8388608,sizelimit=8388608'
        self.mount('a', path=path, in_=self.pid, options=first)
        for options in (None, 'sizelimit=4194304', 'offset=4194304', 'offset=8388607'):
            self.refused('Loop.EBUSY', 'a part of it', self.mount, 'c', path=path, in_=self.pid,
                         options=options, create='directory')
        self.mount('c', path=path, in_=self.pid, options=second, create='directory')
        self.assertEqual(len(devices_of(self.image)), 2)

    def test_many_at_once(self):
        path = self.inside()
        for number in range(8):
            self.target.run('mkdir', f'/mnt/{number}')
        clients = [self.client() for _ in range(8)]
        for _ in range(25):
            threads = [threading.Thread(target=self.mount, args=(str(number), client),
                                        kwargs={'path': path, 'in_': self.pid})
                       for number, client in enumerate(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len({self.at(str(number))['device'] for number in range(8)}), 1)
            wait_until(lambda: len(devices_of(self.image)) == 1, 'the others being let go')
            for number in range(8):
                self.root.umount(f'/mnt/{number}', in_=self.pid)
            wait_until(lambda: not devices_of(self.image), 'the device going')

    def test_who_asks_again_and_again(self):
        """A caller without permission leaves one thread at a device that hangs, and the others are still
        asked: the same file by another name shares its device."""
        fs = HungFs('getattr')
        self.addCleanup(fs.end)
        device = subprocess.run(['losetup', '--find', '--show', fs.file], check=True, text=True,
                                capture_output=True).stdout.strip()
        self.addCleanup(subprocess.run, ['losetup', '--detach', device], check=True)
        alices = self.make('alices')
        os.chmod(alices, 0o666)
        link = self.place / 'link'
        os.link(self.image, link)
        clients = [self.client('alice') for _ in range(24)]
        for _ in range(4):
            for client in clients:
                client.send('Mount', f"('{alices}', '{self.place}', 'ext4', @a{{sv}} {{}})")
            for client in clients:
                self.refused('org.freedesktop.DBus.Error.InteractiveAuthorizationRequired', '', client.receive)
        self.assertEqual(threads_of(service_pid()).count('linx-loop'), 1)
        for directory, file in (('one', self.image), ('other', link)):
            (self.place / directory).mkdir()
            self.root.mount(str(self.place / directory), str(file), 'ext4')
            self.addCleanup(self.root.umount, str(self.place / directory))
        self.assertEqual(len(devices_of(self.image)), 1)
        fs.let_go()

    def test_another_ones_file_that_does_not_answer(self):
        """Loop devices on a hung filesystem hold up nobody, however many they are: one after the other
        they would take longer than the call may."""
        fs = HungFs('getattr')
        self.addCleanup(fs.end)
        for number in range(24):
            device = subprocess.run(['losetup', '--find', '--show', '--offset', str(512 * number),
                                     '--sizelimit', '512', fs.file], check=True, text=True,
                                    capture_output=True).stdout.strip()
            self.addCleanup(subprocess.run, ['losetup', '--detach', device], check=True)
        path = self.inside()
        self.mount('a', path=path, in_=self.pid)
        fs.wait_held('getattr')
        self.mount('c', path=path, in_=self.pid, create='directory')
        self.assertEqual(self.at('a')['device'], self.at('c')['device'])
        fs.let_go()


class Users(Images):
    """What is shared they could have attached themselves."""

    def setUp(self):
        super().setUp()
        self.path = self.inside()
        self.rule(ALL)
        self.alice = self.client('alice')

    def test_a_file_that_she_may_write(self):
        os.chown(self.image, int(subprocess.run(['id', '-u', 'alice'], text=True, check=True,
                                                capture_output=True).stdout), -1)
        self.mount('a', path=self.path, in_=self.pid)
        self.rule('if (subject.user == "alice" && action.lookup("loop-shared") != "true")'
                  ' return polkit.Result.YES;')
        with self.assertRaises(Fault):
            self.mount('c', self.alice, self.path, in_=self.pid)
        self.rule(ALL)
        self.target.run('mkdir', '/mnt/c')
        self.refused('Loop.EBUSY', 'options', self.mount, 'c', self.alice, self.path, in_=self.pid,
                     options='errors=remount-ro')
        self.mount('c', self.alice, self.path, in_=self.pid)
        self.assertEqual(self.at('a')['device'], self.at('c')['device'])

    def test_a_file_that_she_may_only_read(self):
        self.mount('a', path=self.path, in_=self.pid)
        self.target.run('mkdir', '/mnt/c')
        self.refused('Loop.EBUSY', 'write mode', self.mount, 'c', self.alice, self.path, in_=self.pid)

    def test_attached_in_mid_prompt(self):
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('{self.path}', '/mnt/a', 'ext4', {{'in': <uint32 {self.pid}>}})",
                 interactive=True)
        agent.answer('root-pw')
        agent.wait_prompt()
        self.losetup('--read-only')
        agent.type('root-pw')
        self.refused('Resolve.ESTALE', 'since it was approved', bob.receive)


if __name__ == '__main__':
    unittest.main()
