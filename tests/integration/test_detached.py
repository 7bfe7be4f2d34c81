#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Detached mounts: made, cloned, changed, mounted on and attached."""
import pathlib
import subprocess
import unittest

from harness import FREE, CHALLENGE, INVALID_ARGS, Disk, Fault, mountinfo, mounts_at, table
from test_change import PREPARE, Changing


class Detached(Changing):
    def test_create_and_attach(self):
        before = table(self.pid)
        mount = self.root.create_mount('made', options='size=1M,noexec', in_=self.pid)
        self.assertEqual(table(self.pid), before)
        mount_id = self.root.attach_mount(mount, '/mnt/a', in_=self.pid)
        row, = mounts_at('/mnt/a', self.pid)
        self.assertEqual((row['source'], row['mount-options']), ('made', 'rw,noexec,relatime'))
        self.assertEqual(self.root.list(in_=self.pid, id=mount_id)[0]['mount-point'], '/mnt/a')

    def test_clone_across_namespaces(self):
        self.target.run('sh', '-c', 'mount --make-rshared /mnt; mount -t tmpfs below /mnt/b')
        other = self.child(prepare=PREPARE)
        clone = self.root.clone_mount('/mnt', from_=self.pid, recursive=True, options='ro')
        self.root.attach_mount(clone, '/mnt/a', in_=other.pid)
        rows = [row for row in mountinfo(other.pid) if row['mount-point'].startswith('/mnt/a')]
        self.assertEqual([row['tags'] for row in rows], [[], []])
        self.assertEqual(rows[0]['mount-options'].split(',')[0], 'ro')
        other.run('umount', '/mnt/a/b')
        self.assertTrue(mounts_at('/mnt/b', self.pid))

    def test_attach_takes_only_the_root_of_a_detached_tree(self):
        self.target.run('mount', '-t', 'tmpfs', 'below', '/mnt/b')
        before = table(), table(self.pid)
        attached = [f'/proc/{self.pid}/root/mnt/b', 'O_PATH']
        for fd in (attached, [f'/proc/{self.pid}/root/mnt/a', 'O_PATH'], ['/usr', 'O_PATH'],
                   ['/etc/passwd', 'O_RDONLY'], [f'pidfd:{self.pid}', None]):
            with self.subTest(fd):
                self.refused('MoveMount.EINVAL', '', self.root.attach_mount, fd, '/mnt/a',
                             in_=self.pid)
        clone = self.root.clone_mount('/mnt', in_=self.pid, recursive=True)
        below = self.root.call('own process id')
        for path in ('a', 'b'):
            self.refused('MoveMount.EINVAL', '', self.root.attach_mount,
                         [f'/proc/{below}/fd/{clone}/{path}', 'O_PATH'], '/mnt/a', in_=self.pid)
        self.assertEqual((table(), table(self.pid)), before)

    def test_twice(self):
        mount = self.root.create_mount()
        self.root.attach_mount(mount, '/mnt/a', in_=self.pid)
        self.refused('MoveMount.EINVAL', 'not the root of a detached mount', self.root.attach_mount,
                     mount, '/mnt/b', in_=self.pid)

    def test_a_failed_attach(self):
        """What can be seen before is refused before the mount is taken over."""
        mount, file = self.root.create_mount('made'), '/mnt/a/file'
        self.root.mount('/mnt/a', in_=self.pid)
        self.target.run('touch', file)
        fault = self.refused('MoveMount.ENOTDIR', '', self.root.attach_mount, mount, file, in_=self.pid)
        self.assertNotIn('done before it', fault.message)
        self.root.attach_mount(mount, '/mnt/b', in_=self.pid)
        self.assertEqual(mounts_at('/mnt/b', self.pid)[-1]['source'], 'made')

    def test_nobody_holds_what_is_attached(self):
        """Whoever lent the mount could change it, and be in its peer group."""
        self.target.run('touch', '/mnt/file')
        for path, target in (('/mnt/a', '/mnt/b'), ('/mnt/file', '/mnt/file')):
            fd = self.root.clone_mount(path, in_=self.pid)
            self.root.attach_mount(fd, target, in_=self.pid)
            info = pathlib.Path(f'/proc/{self.root.call("own process id")}/fdinfo/{fd}').read_text()
            held = info.split('mnt_id:')[1].split()[0]
            self.assertNotIn(held, [str(row['mount-id']) for row in mountinfo(self.pid)])
            self.target.run('umount', target)

    def test_no_attribute_binds_who_is_handed_one(self):
        """So none may seem to: a rule that allows "ro,nosuid,nodev" would allow all."""
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice, before = self.client('alice'), table(self.pid)
        for options in (None, 'ro', 'rw,suid,dev', 'rw,suid,dev,noexec', 'suid,dev,exec'):
            words = {} if options is None else {'options': options}
            self.refused(INVALID_ARGS, 'rw,suid,dev,exec', alice.create_mount, in_=self.pid, **words)
            self.refused(INVALID_ARGS, 'rw,suid,dev,exec', alice.clone_mount, '/mnt', in_=self.pid, **words)
        self.assertEqual(table(self.pid), before)

    def test_nobody_attached_it(self):
        """A detached mount of a device is gone with its last descriptor."""
        disk = Disk('GONE')
        self.addCleanup(disk.detach)
        client = self.client()
        mount = client.create_mount(disk.path, 'ext4')
        self.refused('Resolve.ENOENT', 'none', client.create_mount, '/dev/none', 'ext4')
        self.assertIsInstance(mount, int)
        client.close()
        subprocess.run(['mkfs.ext4', '-q', '-F', disk.path], check=True)

    def test_what_users_attach_is_restricted(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        mount = alice.create_mount(in_=self.pid, options=FREE)
        alice.attach_mount(mount, '/mnt/a', in_=self.pid)
        self.assertEqual(self.options('/mnt/a'), 'rw,nosuid,nodev,relatime')
        clone = alice.clone_mount('/mnt/a', in_=self.pid, options=FREE)
        alice.attach_mount(clone, '/mnt/b', in_=self.pid)
        self.assertEqual(self.options('/mnt/b'), 'rw,nosuid,nodev,relatime')

    def test_needs_both_actions(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        mount = alice.create_mount(in_=self.pid, options=FREE)
        for verb, options, function, *words in (
                ('create-mount', {'options': FREE}, alice.create_mount),
                ('clone-mount', {'options': FREE}, alice.clone_mount, '/mnt'),
                ('attach-mount', {}, alice.attach_mount, mount, '/mnt/a')):
            self.rule(f'if (subject.user == "alice" && action.id == "org.linx.mount1.{verb}")'
                      ' return polkit.Result.YES;')
            with self.subTest(verb):
                self.refused('org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
                             'mount-unrestricted', function, *words, in_=self.pid, **options)

    def test_attributes_of_an_attached_mount(self):
        mount = self.root.create_mount('made', in_=self.pid)
        self.root.attach_mount(mount, '/mnt/a', in_=self.pid, options='ro,noexec')
        self.assertEqual(self.options('/mnt/a'), 'ro,noexec,relatime')
        clone = self.root.clone_mount('/mnt/a', in_=self.pid)
        self.root.attach_mount(clone, '/mnt/b', in_=self.pid, options='rw,noatime')
        self.assertEqual(self.options('/mnt/b'), 'rw,noexec,noatime')
        mount = self.root.create_mount('made', in_=self.pid)
        self.root.attach_mount(mount, '/mnt/new', in_=self.pid, options='X-mount.mkdir')
        for options, words in (('size=1M', "'size'"), ('bind', "'bind'"), ('remount', "'remount'"),
                               ('loop', "'loop'")):
            self.refused(INVALID_ARGS, words, self.root.attach_mount, mount, '/mnt/a', in_=self.pid,
                         options=options)

    def fd_call(self, client, method, words, fds, **options):
        """A call whose descriptors are those that the client keeps."""
        pairs = ''.join(f", '{key}': {value}" for key, value in options.items())
        keys = f"'in': <uint32 {self.pid}>" + pairs
        return client.call(method, f"({words}{{{keys}}})", fds=[[f'kept:{fd}', None] for fd in fds])

    def test_remount_of_a_detached_mount(self):
        mount = self.root.create_mount('made')
        self.fd_call(self.root, 'Remount', "'', ", [mount],
                     **{'target-fd': '<@h 0>', 'options': "<'ro,noexec'>"})
        self.fd_call(self.root, 'Mount', "'', '', '', ", [mount],
                     **{'target-fd': '<@h 0>', 'options': "<'remount,bind,nodev'>"})
        self.refused(INVALID_ARGS, "'superblock'", self.fd_call, self.root, 'Remount', "'', ", [mount],
                     **{'target-fd': '<@h 0>', 'superblock': '<true>', 'options': "<'ro'>"})
        self.root.attach_mount(mount, '/mnt/a', in_=self.pid)
        self.assertEqual(self.options('/mnt/a'), 'ro,nodev,noexec,relatime')

    def test_propagation_of_a_detached_mount(self):
        mount = self.root.create_mount('made')
        self.fd_call(self.root, 'SetPropagation', "'', 'unbindable', ", [mount],
                     **{'target-fd': '<@h 0>'})
        self.refused('OpenTree.EINVAL', 'unbindable', self.fd_call, self.root, 'Bind', "'', '/mnt/a', ",
                     [mount], **{'source-fd': '<@h 0>'})
        self.fd_call(self.root, 'MakeRPrivate', "'', ", [mount], **{'target-fd': '<@h 0>'})
        self.fd_call(self.root, 'Bind', "'', '/mnt/a', ", [mount], **{'source-fd': '<@h 0>'})
        self.assertEqual(mounts_at('/mnt/a', self.pid)[-1]['source'], 'made')

    def test_clone_of_a_detached_mount(self):
        mount = self.root.create_mount('made')
        clone = self.root.call('CloneMount', "('', {'source-fd': <@h 0>, 'options': <'ro'>})",
                               fds=[[f'kept:{mount}', None]], keep_fd=True)
        self.root.attach_mount(clone, '/mnt/a', in_=self.pid)
        self.root.attach_mount(mount, '/mnt/b', in_=self.pid)
        self.assertEqual((self.options('/mnt/a'), self.options('/mnt/b')),
                         ('ro,relatime', 'rw,relatime'))
        self.assertEqual(mounts_at('/mnt/a', self.pid)[-1]['device'],
                         mounts_at('/mnt/b', self.pid)[-1]['device'])
        # What is attached now is no detached mount any more, but one of another namespace.
        self.refused('OpenTree.EINVAL', 'another namespace', self.root.call, 'CloneMount', "('', {'source-fd': <@h 0>})",
                     fds=[[f'kept:{mount}', None]], keep_fd=True)

    def test_onto_a_detached_mount(self):
        """A tree is made out of sight, and appears at once."""
        self.target.run('sh', '-c', 'mkdir /mnt/b/d; touch /mnt/b/d/file')
        top = self.root.create_mount('top')
        before = table(self.pid)
        self.fd_call(self.root, 'Bind', "'/mnt/b', '', ", [top], **{'target-fd': '<@h 0>'})
        self.fd_call(self.root, 'Bind', "'/usr', '', ", [top],
                     **{'target-fd': '<@h 0>', 'from': "<'host'>", 'propagation': "<'slave'>"})
        part = self.root.create_mount('part')
        self.refused('Resolve.ESTALE', 'detached', self.root.call, 'AttachMount',
                     "(@h 0, '', {'target-fd': <@h 1>})",
                     fds=[[f'kept:{part}', None], [f'kept:{top}', None]])
        self.assertEqual(table(self.pid), before)
        self.root.attach_mount(top, '/mnt/a', in_=self.pid)
        rows = mounts_at('/mnt/a', self.pid)
        self.assertEqual([row['source'] for row in rows[:2]], ['top', 't'])
        self.assertEqual(len(rows), 3)

    def test_users_need_more_for_a_detached_mount(self):
        alice = self.client('alice')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        mount = alice.create_mount('made', options=FREE)
        self.rule('if (subject.user == "alice" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        for method, words, key in (('Remount', "'', ", 'target-fd'),
                                   ('SetPropagation', "'', 'private', ", 'target-fd'),
                                   ('MakeRPrivate', "'', ", 'target-fd'),
                                   ('Bind', "'', '/mnt/a', ", 'source-fd'),
                                   ('Bind', "'/mnt/a', '', ", 'target-fd')):
            with self.subTest(method):
                self.refused(CHALLENGE, 'mount-unrestricted', self.fd_call, alice, method, words,
                             [mount], **{key: '<@h 0>'})
        self.rule('''if (subject.user == "alice") {
            if (action.lookup("target-kind") == "fd" && action.lookup("target") == "")
                return polkit.Result.YES;
            return action.id == "org.linx.mount1.create-mount" ? polkit.Result.YES : polkit.Result.NO;
        }''')
        self.fd_call(alice, 'Remount', "'', ", [mount],
                     **{'target-fd': '<@h 0>', 'options': "<'ro'>"})
        self.refused('NotAuthorized', '', self.fd_call, alice, 'Bind', "'', '/mnt/a', ", [mount],
                     **{'source-fd': '<@h 0>'})

    def test_a_mount_of_another_namespace_is_no_detached_one(self):
        before = table(self.pid)
        for method, words, key in (('Remount', "'', ", 'target-fd'),
                                   ('SetPropagation', "'', 'shared', ", 'target-fd'),
                                   ('MakeRPrivate', "'', ", 'target-fd'),
                                   ('Bind', "'', '/tmp', ", 'source-fd'),
                                   ('CloneMount', "'', ", 'source-fd'),
                                   ('Bind', "'/tmp', '', ", 'target-fd')):
            with self.subTest(method):
                options = "'options': <'ro'>, " if method == 'Remount' else ''
                try:
                    self.root.call(method, f"({words}{{{options}'{key}': <@h 0>}})",
                                   fds=[[f'/proc/{self.pid}/root/mnt', 'O_PATH']])
                except Fault as fault:
                    self.assertIn('EINVAL', fault.name)
                else:
                    self.fail('it was done')
        self.assertEqual(table(self.pid), before)


if __name__ == '__main__':
    unittest.main()
