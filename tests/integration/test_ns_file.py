#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Namespaces that are bound onto files, and are there for as long as these."""
import os
import subprocess
import unittest

from harness import CHALLENGE, Case, Fault, mounts_at, service_pid, table

KINDS = ('cgroup', 'ipc', 'net', 'pid', 'pid_for_children', 'time', 'time_for_children', 'user', 'uts')
ALL = ('--mount', '--propagation', 'private', '--net', '--ipc', '--uts', '--cgroup')


class NamespaceFiles(Case):
    def setUp(self):
        self.root = self.client()
        self.place = '/srv/held'
        open(self.place, 'w').close()
        self.addCleanup(os.unlink, self.place)

    def inode(self, path):
        return os.stat(path).st_ino

    def umount(self):
        subprocess.run(['umount', self.place], check=True)

    def test_every_kind(self):
        child = self.child(*ALL)
        for kind in KINDS:
            for path in (f'/proc/{child.pid}/ns/{kind}', f'/proc/{child.pid}/task/{child.pid}/ns/{kind}'):
                with self.subTest(path):
                    self.root.bind(path, self.place)
                    self.assertEqual(self.inode(self.place), self.inode(path))
                    row, = mounts_at(self.place)
                    self.assertEqual(row['fstype'], 'nsfs')
                    self.root.umount(self.place)

    def test_it_outlives_its_processes(self):
        child = self.child(*ALL)
        wanted = self.inode(f'/proc/{child.pid}/ns/net')
        self.root.bind(f'/proc/{child.pid}/ns/net', self.place)
        child.end()
        entered = subprocess.run(['nsenter', f'--net={self.place}', 'stat', '-Lc', '%i', '/proc/self/ns/net'],
                                 check=True, text=True, capture_output=True).stdout
        self.assertEqual(int(entered), wanted)
        self.umount()

    def test_a_mount_namespace(self):
        """As far as the kernel lets it: one that it takes for an older one it does not."""
        for _ in range(50):
            child = self.child()
            try:
                self.root.bind(f'/proc/{child.pid}/ns/mnt', self.place)
            except Fault as fault:
                self.assertEqual(fault.name, 'org.linx.Mount1.Error.MoveMount.ELOOP', fault.message)
                self.assertIn('older', fault.message)
                continue
            break
        self.assertEqual(self.inode(self.place), self.inode(f'/proc/{child.pid}/ns/mnt'))
        self.umount()
        self.refused('MoveMount.ELOOP', 'older', self.root.bind, '/proc/self/ns/mnt', self.place)

    def test_in_another_namespace(self):
        child = self.child(prepare='mount -t tmpfs t /mnt; touch /mnt/f')
        self.root.bind(f'/proc/{child.pid}/ns/uts', '/mnt/new', in_=child.pid, create='file')
        self.assertEqual(mounts_at('/mnt/new', child.pid)[0]['fstype'], 'nsfs')
        self.root.umount('/mnt/new', in_=child.pid)

    def test_descriptors(self):
        child = self.child(*ALL)
        self.root.call('Bind', f"('', '{self.place}', {{'source-fd': <@h 0>}})",
                       fds=[[f'/proc/{child.pid}/ns/net', 'O_RDONLY']])
        self.assertEqual(self.inode(self.place), self.inode(f'/proc/{child.pid}/ns/net'))
        self.umount()

    def test_of_a_user(self):
        """Who may see the file of the process, and may mount without restriction."""
        hers = self.child('--user', '--map-root-user', '--net', user='alice')
        roots = self.child(*ALL)
        alice = self.client('alice')
        self.rule('if (subject.user == "alice" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        before = table()
        self.refused(CHALLENGE, 'mount-unrestricted', alice.bind, f'/proc/{hers.pid}/ns/net', self.place)
        self.assertEqual(table(), before)
        number = self.inode(f'/proc/{hers.pid}/ns/net')
        self.rule(f'''if (subject.user == "alice" && action.lookup("source") == "net:[{number}]" &&
            action.lookup("source-kind") == "namespace") return polkit.Result.YES;''')
        alice.bind(f'/proc/{hers.pid}/ns/net', self.place)
        self.umount()
        alice.call('Bind', f"('', '{self.place}', {{'source-fd': <@h 0>}})",
                   fds=[[f'/proc/{hers.pid}/ns/net', 'O_RDONLY']])
        self.umount()
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.refused('Resolve.EACCES', f'/proc/{roots.pid}/ns/net', alice.bind,
                     f'/proc/{roots.pid}/ns/net', self.place)
        self.refused('Resolve.EACCES', '', alice.bind, '/proc/1/ns/net', self.place)
        alice.bind('/proc/self/ns/uts', self.place)
        self.umount()

    def test_what_is_no_namespace_file(self):
        child = self.child()
        before = table()
        for path in (f'/proc/{child.pid}/ns', f'/proc/{child.pid}/ns/none', f'/proc/{child.pid}/ns/net/',
                     f'/proc/{child.pid}/root', f'/proc/{child.pid}/exe', f'/proc/{child.pid}/ns/../ns/net',
                     '/proc/self/ns/net ', '/proc/0/ns/net', '/proc/4194305/ns/net'):
            with self.subTest(path):
                with self.assertRaises(Fault) as caught:
                    self.root.bind(path, self.place)
                self.assertRegex(caught.exception.name, r'\.(Resolve|MoveMount)\.')
        self.refused('MoveMount.ENOTDIR', '', self.root.bind, f'/proc/{child.pid}/ns/net', '/mnt')
        self.assertRaises(Fault, self.root.clone_mount, f'/proc/{child.pid}/ns/net')
        self.assertEqual(table(), before)

    def test_of_the_service(self):
        """Which a thread of it may see, with whatever credentials."""
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice, pid = self.client('alice'), service_pid()
        thread = next(name for name in os.listdir(f'/proc/{pid}/task') if name != str(pid))
        for path in (f'/proc/{pid}/ns/net', f'/proc/{pid}/task/{thread}/ns/mnt', f'/proc/{thread}/ns/mnt'):
            for client in (alice, self.client()):
                self.refused('Resolve.EXDEV', 'of the service', client.bind, path, '/mnt')


if __name__ == '__main__':
    unittest.main()
