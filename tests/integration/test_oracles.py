#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What errors tell of places that the caller cannot look into by itself: nothing."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import CHALLENGE, Case, Disk, Fault

SANDBOX = ('unshare', '--user', '--map-current-user', '--mount', '--propagation', 'private')


class Oracles(Case):
    def answers(self, call, *args, interactive, **options):
        """The name and the text of the refusal."""
        with self.assertRaises(Fault) as caught:
            call(*args, interactive=interactive, **options)
        return caught.exception.name, caught.exception.message

    def alike(self, name, call, *calls, **options):
        """All of @calls, each a tuple of arguments, are refused with @name and in the same words."""
        for interactive, expected in ((False, CHALLENGE if name is None else name),
                                      (True, 'org.linx.Mount1.Error.NotAuthorized')):
            told = {self.answers(call, *args, interactive=interactive, **{**options, **more})
                    for *args, more in calls}
            self.assertEqual(len(told), 1, told)
            self.assertEqual({error for error, _ in told}, {expected})

    def dead(self):
        child = self.child()
        child.end()
        return child.pid

    def test_paths_of_another_namespace(self):
        target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir -p /mnt/a /mnt/s/d;'
                                    'mount -t tmpfs u /mnt/a; ln -s a /mnt/link; chmod 700 /mnt/s')
        alice, in_ = self.client('alice'), {'in_': target.pid}
        self.alike(None, alice.umount, ('/mnt/a', in_), ('/mnt/none', in_), ('/mnt/s/d', in_),
                   ('/mnt/link', in_), ('/mnt/s', in_))
        self.alike(None, alice.mount, ('/mnt/a', in_), ('/mnt/none', in_), ('/mnt/s/d', in_),
                   ('/mnt/none', {'create': 'directory', **in_}))
        self.alike(None, alice.bind, ('/mnt/a', '/mnt/a', in_), ('/mnt/none', '/mnt/a', in_),
                   ('/mnt/a', '/mnt/none', in_))
        self.alike(None, alice.move, ('/mnt/a', '/mnt/s', in_), ('/mnt/none', '/mnt/a', in_))
        self.assertEqual({alice.can('Umount', path, **in_) for path in ('/mnt/a', '/mnt/none')},
                         {'challenge'})

    def look_at_the_host(self, alice):
        """Of a namespace that is not, or not all, the caller's own."""
        dead, alive = self.dead(), self.child().pid
        host = {'in_': 'host'}
        self.alike(None, alice.mount, ('/nowhere', host), ('/etc', host), ('/root/x', host))
        self.alike(None, alice.umount, ('/nowhere', host), ('/', host), ('/usr', host))
        for paths in ('/etc/passwd', '/nowhere', '/root/.x', '/proc/1/ns/mnt', '/bin'):
            self.alike(None, alice.mount, ('/etc', {'in_': paths}), ('/etc', {'in_': '/none'}))
        self.alike(None, alice.mount, ('/mnt', {'in_': dead}), ('/mnt', {'in_': alive}))
        self.alike(None, alice.bind, ('/etc', '/mnt', {'from_': 'host', 'in_': alive}),
                   ('/none', '/mnt', {'from_': 'host', 'in_': alive}),
                   ('/etc', '/mnt', {'from_': 'host', 'in_': dead}))

    def test_from_a_sandbox(self):
        alice = self.client('alice', enter=SANDBOX)
        self.look_at_the_host(alice)
        dead, alive = self.dead(), self.child().pid
        own = {'in_': 'self'}
        self.alike(None, alice.mount, ('/mnt', {'process': dead, **own}),
                   ('/mnt', {'process': alive, **own}), source='proc', fstype='proc')
        self.alike(None, alice.mount, ('/mnt', {'idmap': dead, **own}),
                   ('/mnt', {'idmap': alive, **own}))

    def test_tags_from_a_sandbox(self):
        """Devices are the service's, whatever the namespace."""
        disk = Disk('PRESENT')
        self.addCleanup(disk.detach)
        subprocess.run(['mkdir', '-p', '/dev/disk/by-label'], check=True)
        subprocess.run(['ln', '-s', disk.path, '/dev/disk/by-label/PRESENT'], check=True)
        self.addCleanup(subprocess.run, ['rm', '/dev/disk/by-label/PRESENT'], check=True)
        alice = self.client('alice', enter=SANDBOX)
        self.alike(None, alice.mount, ('/mnt', 'LABEL=PRESENT', 'ext4', {}),
                   ('/mnt', 'LABEL=ABSENT', 'ext4', {}))

    def test_what_a_later_check_would_be(self):
        """A rule that says no to one of the further actions does not tell when they are needed."""
        alice = self.client('alice', enter=SANDBOX)
        plain = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; echo x > /mnt/file; mkdir /mnt/a')
        owned = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private')
        for rule in ('action.id == "org.linx.mount1.mount-unrestricted"',
                     'action.id == "org.linx.mount1.list-mounts-other"'):
            self.rule(f'if ({rule}) return polkit.Result.NO;')
            in_ = {'in_': plain.pid}
            self.alike(None, alice.mount, ('/mnt/a', '/mnt/file', 'ext4', in_),
                       ('/mnt/a', '/mnt/none', 'ext4', in_), ('/mnt/a', '/mnt/a', 'ext4', in_))
            self.alike(None, alice.mount, ('/mnt', {'in_': plain.pid}), ('/mnt', {'in_': owned.pid}),
                       ('/mnt', {'in_': self.dead()}))
            self.assertEqual(alice.can('Mount', '/mnt/file', '/mnt/a', 'ext4', **in_),
                             alice.can('Mount', '/mnt/none', '/mnt/a', 'ext4', **in_))

    def test_fstab_from_a_chroot(self):
        """It is read from the root of the namespace, which is not the caller's."""
        fstab = pathlib.Path('/etc/fstab')
        before = fstab.read_text() if fstab.exists() else ''
        fstab.write_text('/dev/mapper/vault /data auto X-mount.secret 0 0\n')
        self.addCleanup(fstab.write_text, before)
        subprocess.run(['mkdir', '-p', '/run/rig/ch'], check=True)
        subprocess.run(['mount', '--rbind', '/', '/run/rig/ch'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', '/run/rig/ch'], check=True)
        alice = self.client('alice', prefix=['chroot', '/run/rig/ch'])
        told = {self.answers(alice.mount, path, '', '', interactive=False)[1] for path in ('/data', '/none')}
        self.assertEqual(told, {"'source' is empty, and /etc/fstab is for the host alone"})
        self.assertIn('X-mount.secret', self.answers(self.client('alice').mount, '/data', '', '',
                                               interactive=False)[1])

    def test_processes_by_namespace_files(self):
        """From a sandbox: whether the host has such a process, or thread."""
        sandbox = self.client('alice', enter=('unshare', '--user', '--map-current-user', '--mount', '--pid', '--fork',
                                              '--propagation', 'private'))
        told = {self.answers(sandbox.bind, f'/proc/{pid}/{name}', '/mnt', interactive=False)[1]
                for pid in (1, os.getpid(), 4194303) for name in ('ns/net', f'task/{pid}/ns/net')}
        self.assertEqual(len(told), 1, told)
        self.assertEqual(len({sandbox.can('Bind', f'/proc/{pid}/ns/net', '/mnt') for pid in (1, 4194303)}), 1)

    def test_paths_of_a_list(self):
        """In the root of another process, or above the caller's own."""
        subprocess.run(['mkdir', '-p', '/run/rig/ch', '/srv/secret/jail/there'], check=True)
        self.addCleanup(subprocess.run, ['rm', '-r', '/srv/secret'], check=True)
        os.chmod('/srv/secret', 0o700)
        subprocess.run(['mount', '--rbind', '/', '/run/rig/ch'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', '/run/rig/ch'], check=True)
        jailed = subprocess.Popen([sys.executable, '-c', 'import os, sys; os.chroot("/srv/secret/jail");'
                                   'print("ready", flush=True); sys.stdin.read()'],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(jailed.communicate)
        jailed.stdout.readline()
        self.rule('if (action.id == "org.linx.mount1.list-mounts-other") return polkit.Result.NO;')
        alice, inside = self.client('alice'), self.client('alice', prefix=['chroot', '/run/rig/ch'])
        for client, where in ((alice, jailed.pid), (inside, 'host')):
            for key in ('covering', 'target', 'under'):
                told = set()
                for path in ('/there', '/none', '/etc', '/root/x'):
                    try:
                        told.add(str(client.list(in_=where, limit=1, **{key: path})))
                    except Fault as fault:
                        told.add(fault.name)
                self.assertEqual(told, {'org.linx.Mount1.Error.NotAuthorized'}, (key, where))
        self.assertTrue(alice.list(covering='/etc'))
        self.assertTrue(inside.list(covering='/etc'))

    def test_files_from_a_chroot(self):
        """Names of owners, and helpers, are those of the host."""
        subprocess.run(['mkdir', '-p', '/run/rig/ch'], check=True)
        subprocess.run(['mount', '--rbind', '/', '/run/rig/ch'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', '/run/rig/ch'], check=True)
        helper = pathlib.Path('/sbin/mount.only-here')
        helper.write_text('#!/bin/sh\nexit 1\n')
        helper.chmod(0o755)
        self.addCleanup(helper.unlink)
        alice = self.client('alice', prefix=['chroot', '/run/rig/ch'])
        for options in (('uid=daemon', 'uid=nobody-at-all'), ('gid=bin', 'gid=nobody-at-all')):
            told = {self.answers(alice.mount, '/mnt', options=text, interactive=False) for text in options}
            self.assertEqual(len(told), 1, told)
        told = {self.answers(alice.mount, '/mnt', 'word', fstype, interactive=False)[1].replace(fstype, 'TYPE')
                for fstype in ('only-here', 'nowhere')}
        self.assertEqual(len(told), 1, told)

    def test_from_a_chroot(self):
        """The namespace is its own, and the root is not."""
        subprocess.run(['mkdir', '-p', '/run/rig/ch'], check=True)
        subprocess.run(['mount', '--rbind', '/', '/run/rig/ch'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-l', '/run/rig/ch'], check=True)
        alice = self.client('alice', prefix=['chroot', '/run/rig/ch'])
        self.look_at_the_host(alice)
        self.refused('Resolve.ENOENT', '/nowhere', alice.mount, '/nowhere')

    def test_what_one_can_see_is_told(self):
        alice = self.client('alice')
        for where in ('self', 'host'):
            self.refused('Resolve.ENOENT', '/nowhere', alice.mount, '/nowhere', in_=where)
        self.refused('OpenNs.ENOENT', '/nowhere', alice.mount, '/mnt', in_='/nowhere')
        self.refused('OpenNs.ESRCH', '', alice.mount, '/mnt', in_=self.dead())
        sandbox = self.client('alice', enter=SANDBOX)
        self.refused('Resolve.ENOENT', '/nowhere', sandbox.mount, '/nowhere')

    def test_who_may_is_told(self):
        target = self.child()
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice', enter=SANDBOX)
        self.refused('Resolve.ENOENT', '/nowhere', alice.mount, '/nowhere', in_=target.pid)
        self.refused('OpenNs.ESRCH', '', alice.mount, '/mnt', in_=self.dead())


if __name__ == '__main__':
    unittest.main()
