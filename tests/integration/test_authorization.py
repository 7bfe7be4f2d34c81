#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what, against the real polkitd: callers times verbs."""
import os
import pathlib
import unittest

from harness import CHALLENGE, LOG, Case, Disk, audit_line, mountinfo, mounts_at, table

MOUNT, UMOUNT = 'org.linx.mount1.mount', 'org.linx.mount1.umount'


class Matrix(Case):
    """Each caller times each verb, on a target in another namespace."""

    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b; '
                                         'mount -t tmpfs there /mnt/b; chmod 755 /mnt /mnt/b')
        self.pid = self.target.pid
        self.before = table(self.pid)

    def everything_refused(self, client, error, **options):
        interactive = options.get('interactive', False)
        self.refused(error, '', client.mount, '/mnt/a', in_=self.pid, interactive=interactive)
        self.refused(error, '', client.umount, '/mnt/b', in_=self.pid, interactive=interactive)
        self.refused(error, '', client.list, in_=self.pid)
        self.refused(error, '', client.set_propagation, '/mnt/b', 'shared', in_=self.pid,
                     interactive=interactive)
        self.refused(error, '', client.make_rprivate, '/', in_=self.pid, interactive=interactive)
        self.refused(error, '', client.pivot_root, '/mnt/b', in_=self.pid, interactive=interactive)
        self.assertEqual(table(self.pid), self.before)

    def everything_allowed(self, client, **options):
        mount_id = client.mount('/mnt/a', in_=self.pid)
        self.assertIn(mount_id, [row['id'] for row in client.list(in_=self.pid)])
        client.umount('/mnt/a', in_=self.pid, id=mount_id)
        client.set_propagation('/mnt/b', 'shared', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/b', self.pid)[0]['tags'])
        client.make_rprivate('/mnt', in_=self.pid)
        self.assertFalse(mounts_at('/mnt/b', self.pid)[0]['tags'])
        client.umount('/mnt/b', in_=self.pid)
        self.assertFalse(mounts_at('/mnt/b', self.pid))
        client.pivot_root('/mnt', in_=self.pid)
        self.assertEqual([row['mount-point'] for row in mountinfo(self.pid)], ['/'])

    def test_root(self):
        self.everything_allowed(self.client())

    def test_root_without_the_capability(self):
        client = self.client(prefix=['setpriv', '--bounding-set', '-sys_admin'])
        self.everything_refused(client, 'NotAuthorized')
        self.refused('NotAuthorized', 'CAP_SYS_ADMIN', client.list)

    def test_root_of_another_user_namespace(self):
        client = self.client(prefix=['unshare', '--user', '--map-root-user'])
        self.everything_refused(client, 'NotAuthorized')

    def test_user_without_a_rule(self):
        client = self.client('alice')
        self.everything_refused(client, CHALLENGE)
        self.assertTrue(client.list())

    def test_interactive_without_an_agent(self):
        client = self.client('alice')
        self.refused('NotAuthorized', MOUNT, client.mount, '/mnt/a', in_=self.pid, interactive=True)
        self.refused('NotAuthorized', UMOUNT, client.umount, '/mnt/b', in_=self.pid,
                     interactive=True)
        self.assertEqual(table(self.pid), self.before)

    def test_rule_on_the_target(self):
        self.rule('if (subject.user == "alice" && action.lookup("target") == "/mnt/a")'
                  ' return polkit.Result.YES;')
        client = self.client('alice')
        client.mount('/mnt/a', in_=self.pid)
        row, = mounts_at('/mnt/a', self.pid)
        self.assertEqual(row['mount-options'], 'rw,nosuid,nodev,relatime')
        client.set_propagation('/mnt/a', 'unbindable', in_=self.pid)
        client.umount('/mnt/a', in_=self.pid)
        self.refused(CHALLENGE, '', client.umount, '/mnt/b', in_=self.pid)
        self.refused(CHALLENGE, '', client.set_propagation, '/mnt/b', 'shared', in_=self.pid)
        self.refused(CHALLENGE, '', client.pivot_root, '/mnt/b', in_=self.pid)
        self.refused(CHALLENGE, '', self.client('bob').mount, '/mnt/a', in_=self.pid)
        self.assertEqual(table(self.pid), self.before)

    def test_rule_on_the_namespace(self):
        inode = os.stat(f'/proc/{self.pid}/ns/mnt').st_ino
        self.rule(f'if (subject.user == "alice" && action.lookup("namespace-id") == "{inode}")'
                  ' return polkit.Result.YES;')
        client = self.client('alice')
        other = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt')
        self.refused(CHALLENGE, '', client.mount, '/mnt', in_=other.pid)
        self.everything_allowed(client)

    def test_deny_all(self):
        self.rule('return polkit.Result.NO;')
        client = self.client('alice')
        self.everything_refused(client, 'NotAuthorized')
        self.refused('NotAuthorized', '', client.list)
        self.assertEqual(client.can('Mount', 'tmpfs', '/mnt/a', 'tmpfs', in_=self.pid), 'no')
        self.everything_allowed(self.client())

    def test_details_of_a_call(self):
        """All keys are there, and say what will be done."""
        self.rule('''
            if (action.id != "org.linx.mount1.mount") return polkit.Result.NOT_HANDLED;
            var want = {operation: "mount", source: "none", "source-given": "none",
                        "source-kind": "none", target: "/mnt/a", fstype: "tmpfs",
                        attributes: "ro,nosuid,nodev", "fs-options": "size=1M,mode=755",
                        options: "ro,nosuid,nodev,size=1M,mode=755", create: "", recursive: "",
                        namespace: "other", "namespace-owner": "0",
                        "namespace-userns": "initial", device: "", detach: "",
                        force: "", expire: "", nofollow: "", id: "", under: "", limit: "",
                        "target-is-mount": "", "target-propagation": "private",
                        "source-namespace": "", "no-symlinks": "true", timeout: "20000",
                        propagates: "", "caller-namespace": "host", "caller-userns": "initial",
                        "source-unit": "", "source-cgroup": "", "source-machine": "",
                        "process-unit": "", "process-cgroup": "", "process-machine": ""};
            for (var key in want)
                if (action.lookup(key) !== want[key]) {
                    polkit.log("wrong detail " + key + ": " + action.lookup(key));
                    return polkit.Result.NO;
                }
            return polkit.Result.YES;''')
        self.client('alice').mount('/mnt/../mnt/./a/', 'none', in_=self.pid, no_symlinks=True,
                                   options='size=1M,ro,mode=755')

    def test_details_of_the_caller(self):
        """Whose eyes are not the host's a rule can tell, whatever it acts on."""
        for words, want in ((('unshare', '--mount'), ('other', 'initial')),
                            (('unshare', '--user', '--map-current-user'), ('host', 'other'))):
            self.rule('if (action.id == "org.linx.mount1.mount" &&'
                      f' action.lookup("caller-namespace") == "{want[0]}" &&'
                      f' action.lookup("caller-userns") == "{want[1]}") return polkit.Result.YES;')
            prefix, enter = (words, ()) if want[1] == 'initial' else ((), words)
            self.client('alice', prefix=prefix, enter=enter).mount('/mnt/a', in_=self.pid)
            self.refused(CHALLENGE, '', self.client('alice').mount, '/mnt/a', in_=self.pid)

    def test_secrets_and_control_bytes_stay_out(self):
        self.refused('NotAuthorized', '', self.client('alice').mount, '/mnt/a', in_=self.pid,
                     source='evil\n\x1b[2J', options='password=hunter2', interactive=True)
        line = audit_line('password=***', 'evil\\x0a\\x1b[2J')
        self.assertNotIn('hunter2', line)

    def test_a_path_forges_no_line(self):
        """A canonical path may hold a newline, though no argument did."""
        disk = Disk('ODD', size=1 << 20)
        self.addCleanup(disk.detach)
        odd = pathlib.Path('/run/rig/new\nline')
        odd.mkdir()
        self.addCleanup(odd.rmdir)
        node = odd / 'device'
        os.mknod(node, os.stat(disk.path).st_mode, os.stat(disk.path).st_rdev)
        self.addCleanup(node.unlink)
        link = pathlib.Path('/run/rig/odd')
        link.symlink_to(node)
        self.addCleanup(link.unlink)
        lines = len(LOG.read_text().splitlines())
        self.refused('Mount.EINVAL', 'new\\x0aline', self.client().mount, '/mnt', source=str(link),
                     fstype='xfs')
        audit_line('Mount.EINVAL', 'new')
        self.assertEqual(len(LOG.read_text().splitlines()), lines + 1)

    def test_audit_line(self):
        root = self.client()
        root.mount('/mnt/a', in_=self.pid)
        audit_line('uid=0', 'operation="mount"', 'target="/mnt/a"', 'namespace="other"',
                   f'pid="{self.pid}"', 'outcome="done"')
        self.refused(CHALLENGE, '', self.client('alice').umount, '/mnt/a', in_=self.pid)
        audit_line('operation="umount"', f'outcome="{CHALLENGE}"')


class Unrestricted(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.pid = self.target.pid
        self.client_ = self.client('alice')

    def allow(self, *actions):
        names = ', '.join(f'"org.linx.mount1.{action}"' for action in actions)
        self.rule(f'if (subject.user == "alice" && [{names}].indexOf(action.id) >= 0)'
                  ' return polkit.Result.YES;')

    def test_mount_alone(self):
        self.allow('mount')
        for options in ('suid', 'dev', 'huge=always', 'nosuid,suid', 'rdev', 'dev,nosuid'):
            with self.subTest(options):
                self.refused(CHALLENGE, 'mount-unrestricted', self.client_.mount, '/mnt/a',
                             in_=self.pid, options=options)
        self.client_.mount('/mnt/a', in_=self.pid, options='size=1M,noatime,noexec,lazytime')
        row, = mounts_at('/mnt/a', self.pid)
        self.assertEqual(row['mount-options'], 'rw,nosuid,nodev,noexec,noatime')

    def test_both(self):
        self.allow('mount', 'mount-unrestricted')
        self.client_.mount('/mnt/a', in_=self.pid, options='suid')
        row, = mounts_at('/mnt/a', self.pid)
        self.assertEqual(row['mount-options'], 'rw,nodev,relatime')

    def test_what_changes_more_than_a_namespace(self):
        """A forced unmount ends the filesystem for all, and new control groups are the machine's."""
        self.allow('mount', 'umount')
        self.target.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.refused(CHALLENGE, 'mount-unrestricted', self.client_.umount, '/mnt/a', in_=self.pid,
                     force=True)
        self.client_.umount('/mnt/a', in_=self.pid)
        self.refused(CHALLENGE, 'mount-unrestricted', self.client_.mount, '/mnt/a', 'c', 'cgroup2',
                     in_=self.pid)
        own = self.child('--mount', '--cgroup', '--propagation', 'private',
                         prepare='mount -t tmpfs t /mnt; chmod 755 /mnt')
        self.client_.mount('/mnt', 'c', 'cgroup2', in_=own.pid)

    def test_foreign_user_namespace(self):
        target = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                            prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.allow('mount')
        self.refused(CHALLENGE, 'mount-unrestricted', self.client_.mount, '/mnt/a', in_=target.pid)
        self.allow('mount', 'mount-unrestricted')
        self.client_.mount('/mnt/a', in_=target.pid)
        self.assertIn('nosuid', mounts_at('/mnt/a', target.pid)[0]['mount-options'])

    def test_paths_and_descriptors_in_options(self):
        self.allow('mount', 'mount-unrestricted')
        self.refused('org.freedesktop.DBus.Error.NotSupported', 'journal_path', self.client_.mount,
                     '/mnt/a', fstype='ext4', in_=self.pid, options='journal_path=/etc')
        for option in ('credentials', 'cred'):
            self.refused('org.freedesktop.DBus.Error.NotSupported', option, self.client_.mount, '/mnt/a',
                         't', 'tmpfs', in_=self.pid, options=f'{option}=/root/words')
        self.refused('org.freedesktop.DBus.Error.InvalidArgs', 'fd', self.client_.mount,
                     '/mnt/a', fstype='fuse', in_=self.pid, options='fd=5')


class Eyes(Case):
    """Callers see what they could see themselves."""

    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; mkdir -p /mnt/secret/dir /mnt/a;'
                                         'chmod 755 /mnt; chmod 700 /mnt/secret')
        self.pid = self.target.pid

    def test_unreadable_directory(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        self.refused('Resolve.EACCES', '/mnt/secret/dir', alice.mount, '/mnt/secret/dir',
                     in_=self.pid)
        self.refused('Create.EACCES', '/mnt/a/new', alice.mount, '/mnt/a/new', in_=self.pid,
                     create='directory')

    def test_create_as_the_caller(self):
        self.target.run('chmod', '777', '/mnt/a')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        self.client('alice').mount('/mnt/a/new', in_=self.pid, create='directory')
        self.client('alice').umount('/mnt/a/new', in_=self.pid)
        self.assertEqual(self.target.run('stat', '-c', '%U', '/mnt/a/new'), 'alice\n')

    def test_pin_errors_are_no_oracle(self):
        """In another namespace, whether a path exists is told to nobody who may not mount there."""
        alice = self.client('alice')
        missing = self.refused(CHALLENGE, '', alice.mount, '/mnt/missing', in_=self.pid)
        self.refused(CHALLENGE, '', alice.mount, '/mnt/missing', in_=self.pid, options='huge=always')
        there = self.refused(CHALLENGE, '', alice.mount, '/mnt/a', in_=self.pid)
        self.assertEqual(missing.message, there.message)
        self.refused('NotAuthorized', '', alice.mount, '/mnt/missing', in_=self.pid,
                     interactive=True)
        self.refused('Resolve.ENOENT', '/nowhere', alice.mount, '/nowhere')


class Can(Case):
    def test_answers(self):
        target = self.child()
        alice, root = self.client('alice'), self.client()
        before = table(target.pid)
        question = ('Mount', 'tmpfs', '/mnt', 'tmpfs')
        self.assertEqual(root.can(*question, in_=target.pid), 'yes')
        self.assertEqual(alice.can(*question, in_=target.pid), 'challenge')
        self.assertEqual(alice.can('ListMounts'), 'yes')
        self.assertEqual(alice.can('ListMounts', in_=target.pid), 'challenge')
        self.rule('if (action.id == "org.linx.mount1.mount") return polkit.Result.YES;'
                  'if (action.id == "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.NO;')
        self.assertEqual(alice.can(*question, in_=target.pid), 'yes')
        self.assertEqual(alice.can(*question, in_=target.pid, options='suid'), 'no')
        self.assertEqual(table(target.pid), before)

    def test_the_strictest_answer_counts(self):
        """An action that would be asked for does not hide that another one is refused, where that tells
        nothing of what the caller cannot see."""
        alice = self.client('alice')
        self.rule('if (action.id == "org.linx.mount1.mount-unrestricted") return polkit.Result.NO;')
        self.assertEqual(alice.can('Mount', 'tmpfs', '/mnt', 'tmpfs', options='suid'), 'no')
        self.refused('NotAuthorized', 'mount-unrestricted', alice.mount, '/mnt', options='suid')
        target = self.child()
        self.assertEqual(alice.can('Mount', 'tmpfs', '/mnt', 'tmpfs', in_=target.pid,
                                   options='suid'), 'challenge')

    def test_bad_questions(self):
        root = self.client()
        args = 'org.freedesktop.DBus.Error.InvalidArgs'
        self.refused(args, "'Nothing'", root.can, 'Nothing')
        self.refused(args, "'Can'", root.call, 'Can', "('Can', <('Can', <1>)>)")
        self.refused(args, ['Umount', '(sa{sv})'], root.call, 'Can', "('Umount', <('/mnt',)>)")
        self.refused(args, "'frobnicate'", root.can, 'Umount', '/mnt', frobnicate=True)
        self.refused('Umount.EINVAL', 'not a mount point', root.can, 'Umount', '/root')


if __name__ == '__main__':
    unittest.main()
