#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a path leads to: mounts whose root was deleted, and the /proc of whoever looks."""
import os
import subprocess
import unittest

from harness import Case, mountinfo, mounts_at, service_pid

DELETED = {
    'a file that was deleted': 'echo 1 >s; : >t; mount --bind s t; rm s',
    'a file that was replaced': 'echo 1 >s; : >t; mount --bind s t; sed -i s/1/2/ s',
    'a file that was renamed over': 'echo 1 >s; echo 2 >n; : >t; mount --bind s t; mv n s',
    'a directory that was removed': 'mkdir s t; mount --bind s t; rmdir s',
    'one of that very name': 'mkdir s t; mount --bind s t; rmdir s; mkdir "s (deleted)" "t (deleted)"',
}


class Deleted(Case):
    def each(self, more=''):
        for what, prepare in DELETED.items():
            with self.subTest(what):
                child = self.child(prepare='mount -t tmpfs x /mnt; mount --make-private /mnt; chmod 755 /mnt;'
                                   f'cd /mnt; {prepare}; {more} cd /')
                yield child

    def setUp(self):
        self.root = self.client()

    def gone(self, child, point='/mnt/t'):
        self.assertFalse(mounts_at(point, child.pid))

    def test_umount(self):
        for child in self.each():
            mount, = self.root.list(in_=child.pid, target='/mnt/t')
            self.assertEqual(self.root.can('Umount', '/mnt/t', in_=child.pid), 'yes')
            self.root.umount('/mnt/t', in_=child.pid, id=mount['id'])
            self.gone(child)

    def test_umount_of_all_below(self):
        for child in self.each():
            self.root.umount('/mnt', in_=child.pid, recursive=True)
            self.gone(child)

    def test_umount_by_a_user(self):
        self.rule('if (subject.user == "alice" && action.lookup("target") == "/mnt/t")'
                  ' return polkit.Result.YES;')
        for child in self.each():
            self.client('alice').umount('/mnt/t', in_=child.pid)
            self.gone(child)

    def test_remount_and_propagation(self):
        for child in self.each():
            self.root.remount('/mnt/t', in_=child.pid, options='ro,nosuid')
            self.root.set_propagation('/mnt/t', 'shared', in_=child.pid)
            row, = mounts_at('/mnt/t', child.pid)
            self.assertTrue(row['mount-options'].startswith('ro,nosuid') and row['tags'])

    def test_elsewhere(self):
        """The kernel puts it nowhere else, as mount(8) is told too; a clone can be had."""
        for child in self.each('if [ -d t ]; then mkdir u; else : >u; fi;'):
            before = mountinfo(child.pid)
            self.refused('MoveMount.ENOENT', 'deleted', self.root.move, '/mnt/t', '/mnt/u', in_=child.pid)
            self.refused('MoveMount.ENOENT', 'deleted', self.root.bind, '/mnt/t', '/mnt/u', in_=child.pid)
            self.root.clone_mount('/mnt/t', in_=child.pid)
            self.assertEqual(mountinfo(child.pid), before)

    def test_onto_it(self):
        """The kernel mounts nothing there, and says so."""
        for child in self.each():
            before = mountinfo(child.pid)
            source = '/etc/hostname' if os.path.isfile(f'/proc/{child.pid}/root/mnt/t') else '/etc'
            self.refused('MoveMount.ENOENT', '/mnt/t', self.root.bind, source, '/mnt/t', in_=child.pid)
            self.assertEqual(mountinfo(child.pid), before)

    def test_what_is_in_it_has_no_path(self):
        """Only the root of a mount has the place that it is mounted on."""
        child = self.child(prepare='mount -t tmpfs x /mnt; cd /mnt; mkdir -p s/in t; mount --bind s t; cd /')
        held = os.open(f'/proc/{child.pid}/root/mnt/t/in', os.O_PATH)
        child.run('rmdir', '/mnt/s/in')
        heir = self.client(pass_fds=[held])
        os.close(held)
        self.refused('Resolve.ESTALE', '', heir.call, 'Bind',
                     f"('', '/mnt/t', {{'source-fd': <@h 0>, 'in': <uint32 {child.pid}>}})",
                     fds=[[f'kept:{held}', None]])


class ProcSelf(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs x /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.pid = self.target.pid
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')

    def shown(self):
        return self.target.run('cat', '/mnt/a/comm')

    def test_it_is_the_callers(self):
        for user in ('root', 'alice'):
            client = self.client(user)
            for name in ('self', 'thread-self'):
                client.bind(f'/proc/{name}', '/mnt/a', from_='host', in_=self.pid)
                self.assertEqual(mounts_at('/mnt/a', self.pid)[0]['root'].split('/')[1],
                                 str(client.call('own process id')))
                self.client().umount('/mnt/a', in_=self.pid)

    def test_any_other_way_to_the_services_own(self):
        os.symlink('/proc/self', '/srv/link')
        self.addCleanup(os.unlink, '/srv/link')
        for client in (self.client(), self.client('alice')):
            client.list(limit=1)
            for path in ('/dev/fd', '/srv/link', '/proc/../proc/self/fdinfo', f'/proc/{service_pid()}/task'):
                self.refused('Resolve.EXDEV', 'name the process', client.bind, path, '/mnt/a', from_='host',
                             in_=self.pid)

    def test_a_directory_of_that_number(self):
        self.client().list(limit=1)
        place = f'/srv/{service_pid()}'
        subprocess.run(['mkdir', '-p', f'{place}/x'], check=True)
        self.addCleanup(subprocess.run, ['rm', '-r', place], check=True)
        self.client().bind(f'{place}/x', '/mnt/a', from_='host', in_=self.pid)

    def test_in_another_pid_namespace(self):
        """What has the caller's number there is another process."""
        inner = self.child('--pid', '--fork', '--mount', '--mount-proc', '--propagation', 'private',
                           prepare='mount -t tmpfs x /mnt; mkdir /mnt/a')
        self.refused('Resolve.ENOENT', '/proc/self', self.client().bind, '/proc/self', '/mnt/a',
                     in_=inner.pid)


if __name__ == '__main__':
    unittest.main()
