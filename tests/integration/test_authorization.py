#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what, against the real polkitd: callers times verbs, prompts, and the example rule."""
import os
import pathlib
import subprocess
import unittest

from harness import (Agent, CHALLENGE, Case, Disk, ERROR, LOG, audit_lines, mountinfo, mounts_at, table,
                     wait_until)

MOUNT, UMOUNT = 'org.linx.mount1.mount', 'org.linx.mount1.umount'

# A call of each method that changes something, its arguments before the dictionary, and what a
# prompt says of it. /mnt/a is a mount point, /mnt/b is none.
CALLS = (('Mount', "'tmpfs', '/mnt/b', 'tmpfs', ", 'mount "tmpfs" at "/mnt/b" (tmpfs, namespace: other)'),
         ('Umount', "'/mnt/a', ", 'unmount "/mnt/a" (namespace: other)'),
         ('SetPropagation', "'/mnt/a', 'shared', ", 'propagation of "/mnt/a" to shared'),
         ('MakeRPrivate', "'/mnt/a', ", 'make "/mnt/a" and all mounts below it private'),
         ('PivotRoot', "'/mnt/a', '', ", 'make "/mnt/a" the root filesystem'))


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
                        namespace: "other", "namespace-owner": "0", device: "", detach: "",
                        force: "", expire: "", nofollow: "", id: "", under: "", limit: "",
                        "target-is-mount": "", "target-propagation": "private",
                        "source-namespace": "", "no-symlinks": "true", timeout: "20000"};
            for (var key in want)
                if (action.lookup(key) !== want[key]) {
                    polkit.log("wrong detail " + key + ": " + action.lookup(key));
                    return polkit.Result.NO;
                }
            return polkit.Result.YES;''')
        self.client('alice').mount('/mnt/../mnt/./a/', 'none', in_=self.pid, no_symlinks=True,
                                   options='size=1M,ro,mode=755')

    def test_secrets_and_control_bytes_stay_out(self):
        self.refused('NotAuthorized', '', self.client('alice').mount, '/mnt/a', in_=self.pid,
                     source='evil\n\x1b[2J', options='password=hunter2', interactive=True)
        line = audit_lines()[-1]
        self.assertIn('password=***', line)
        self.assertNotIn('hunter2', line)
        self.assertIn('evil\\x0a\\x1b[2J', line)

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
        self.assertEqual(len(LOG.read_text().splitlines()), lines + 1)

    def test_audit_line(self):
        root = self.client()
        root.mount('/mnt/a', in_=self.pid)
        line = audit_lines()[-1]
        for part in ('uid=0', 'operation="mount"', 'target="/mnt/a"', 'namespace="other"',
                     f'pid="{self.pid}"', 'outcome="done"'):
            self.assertIn(part, line)
        self.refused(CHALLENGE, '', self.client('alice').umount, '/mnt/a', in_=self.pid)
        line = audit_lines()[-1]
        for part in ('operation="umount"', f'outcome="{CHALLENGE}"'):
            self.assertIn(part, line)


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
        self.refused('org.freedesktop.DBus.Error.NotSupported', 'lowerdir', self.client_.mount,
                     '/mnt/a', fstype='overlay', in_=self.pid, options='lowerdir=/etc:/usr')
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

    def test_bad_questions(self):
        root = self.client()
        args = 'org.freedesktop.DBus.Error.InvalidArgs'
        self.refused(args, "'Nothing'", root.can, 'Nothing')
        self.refused(args, "'Can'", root.call, 'Can', "('Can', <('Can', <1>)>)")
        self.refused(args, ['Umount', '(sa{sv})'], root.call, 'Can', "('Umount', <('/mnt',)>)")
        self.refused(args, "'frobnicate'", root.can, 'Umount', '/mnt', frobnicate=True)
        self.refused('Umount.EINVAL', 'not a mount point', root.can, 'Umount', '/root')


class Prompt(Case):
    """A person with a password, and what can go wrong while they type."""

    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a;'
                                         'mount -t tmpfs there /mnt/a; mkdir /mnt/b')
        self.pid = self.target.pid
        self.before = table(self.pid)
        self.bob = self.client('bob')

    def agent(self, client=None):
        agent = Agent((client or self.bob).process.pid, 'bob')
        self.addCleanup(agent.end)
        return agent

    def send(self, client, method, args):
        """Sends a call that allows a prompt."""
        end = ')' if args else ',)'
        client.send(method, f"({args}{{'in': <uint32 {self.pid}>}}{end}", interactive=True)

    def test_right_password(self):
        agent = self.agent()
        self.send(self.bob, 'ListMounts', '')
        agent.answer('root-pw')
        self.assertEqual(len(self.bob.receive()[0]), len(mountinfo(self.pid)))
        for method, args, words in CALLS[2:] + CALLS[:2]:
            if method == 'PivotRoot':
                continue
            before = table(self.pid)
            self.send(self.bob, method, args)
            self.assertIn(words, agent.answer('root-pw').replace('\r\n', ' '))
            self.bob.receive()
            self.assertNotEqual(table(self.pid), before, method)
        self.target.run('mount', '-t', 'tmpfs', 'new', '/mnt/a')
        self.send(self.bob, *CALLS[-1][:2])
        self.assertIn(CALLS[-1][2], agent.answer('root-pw').replace('\r\n', ' '))
        self.bob.receive()
        self.assertEqual([row['source'] for row in mountinfo(self.pid)], ['new'])

    def test_a_container_whose_root_can_undo_it(self):
        """Both actions are asked for, and the prompt says what the attributes are worth there."""
        target = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                            prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/b')
        agent = self.agent()
        self.bob.send('Mount', f"('tmpfs', '/mnt/b', 'tmpfs', {{'in': <{target.pid}>}})",
                      interactive=True)
        for action in ('org.linx.mount1.mount', 'org.linx.mount1.mount-unrestricted'):
            said = agent.answer('root-pw').replace('\r\n', ' ')
            self.assertIn(action, said)
            self.assertIn('whose root can take back the attributes', said)
        self.bob.receive()
        self.assertIn('nosuid', mounts_at('/mnt/b', target.pid)[0]['mount-options'])

    def test_wrong_password(self):
        agent = self.agent()
        for method, args in [call[:2] for call in CALLS] + [('ListMounts', '')]:
            self.send(self.bob, method, args)
            agent.answer('wrong')
            self.refused('NotAuthorized', '', self.bob.receive)
        self.assertEqual(table(self.pid), self.before)

    def test_every_call_is_asked_anew(self):
        agent = self.agent()
        for _ in range(2):
            self.bob.send('Mount', f"('tmpfs', '/mnt/b', 'tmpfs', {{'in': <uint32 {self.pid}>}})",
                          interactive=True)
            agent.answer('root-pw')
            self.bob.receive()
        self.assertEqual(len(mounts_at('/mnt/b', self.pid)), 2)

    def test_flag_unset(self):
        self.agent()
        self.refused(CHALLENGE, '', self.bob.mount, '/mnt/b', in_=self.pid)

    def test_caller_leaves_in_mid_prompt(self):
        for method, args, _ in CALLS + (('ListMounts', '', ''),):
            client = self.client('bob')
            agent = self.agent(client)
            lines = len(audit_lines())
            self.send(client, method, args)
            agent.wait_prompt()
            client.kill()
            wait_until(lambda: len(audit_lines()) > lines, 'the audit line')
            self.assertIn(f'{ERROR}NotAuthorized', audit_lines()[-1])
        self.assertEqual(table(self.pid), self.before)

    def test_polkitd_gone_in_mid_check(self):
        for method, args, _ in CALLS + (('ListMounts', '', ''),):
            agent = self.agent()
            self.send(self.bob, method, args)
            agent.wait_prompt()
            subprocess.run(['pkill', '-KILL', '-x', 'polkitd'], check=True)
            self.refused('NotAuthorized', 'check failed', self.bob.receive)
            agent.end()
            subprocess.run(['gdbus', 'call', '--system', '-d', 'org.freedesktop.DBus', '-o', '/',
                            '-m', 'org.freedesktop.DBus.StartServiceByName',
                            'org.freedesktop.PolicyKit1', '0'], check=True, capture_output=True)
        self.assertEqual(table(self.pid), self.before)

    def test_target_exits_in_mid_prompt(self):
        agent = self.agent()
        target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt')
        self.bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {target.pid}>}})",
                      interactive=True)
        agent.wait_prompt()
        target.process.kill()
        target.process.wait()
        agent.type('root-pw')
        self.refused('OpenNs.ESRCH', 'ended', self.bob.receive)

    def test_target_exchanged_in_mid_prompt(self):
        """What was approved is gone from its name: nothing is mounted on what is there now."""
        agent = self.agent()
        self.bob.send('Mount', f"('tmpfs', '/mnt/b', 'tmpfs', {{'in': <uint32 {self.pid}>}})",
                      interactive=True)
        agent.wait_prompt()
        self.target.run('mv', '/mnt/b', '/mnt/approved')
        self.target.run('mkdir', '/mnt/b')
        agent.type('root-pw')
        self.refused('Resolve.ESTALE', '/mnt/b', self.bob.receive)
        self.assertEqual(table(self.pid), self.before)

    def test_deleted_and_replaced(self):
        """The kernel calls a deleted directory "/mnt/b (deleted)": one of that name is another."""
        agent = self.agent()
        self.bob.send('Mount', f"('tmpfs', '/mnt/b', 'tmpfs', {{'in': <uint32 {self.pid}>}})",
                      interactive=True)
        agent.wait_prompt()
        self.target.run('rmdir', '/mnt/b')
        self.target.run('mkdir', '/mnt/b (deleted)')
        agent.type('root-pw')
        self.refused('Resolve.ESTALE', '/mnt/b', self.bob.receive)
        self.assertEqual(table(self.pid), self.before)

    def test_stacked_in_mid_prompt(self):
        """Another mount on top: the one that was approved is not what would be unmounted."""
        agent = self.agent()
        self.bob.send('Umount', f"('/mnt/a', {{'in': <uint32 {self.pid}>}})", interactive=True)
        agent.wait_prompt()
        self.target.run('mount', '-t', 'tmpfs', 'on-top', '/mnt/a')
        agent.type('root-pw')
        self.refused('Umount.ESTALE', '/mnt/a', self.bob.receive)
        self.assertEqual(len(mounts_at('/mnt/a', self.pid)), 2)


class ExampleRule(Case):
    """The rule that is installed as an example, with the number of a disk that is there."""

    def setUp(self):
        self.disk = Disk('BACKUP')
        self.addCleanup(self.disk.detach)
        links = pathlib.Path('/dev/disk/by-label')
        links.mkdir(parents=True, exist_ok=True)
        self.link = links / 'BACKUP'
        self.point_at(self.disk)
        self.place = pathlib.Path('/srv/backup')
        self.addCleanup(subprocess.run, ['rm', '-r', '--one-file-system', '/srv/backup'], check=True)
        self.place.mkdir()
        text = pathlib.Path('/usr/share/doc/linx-mount/examples/50-linx-mount-backup-disk.rules')
        rule = text.read_text()
        self.assertIn('"8:17"', rule)
        path = pathlib.Path('/etc/polkit-1/rules.d/50-linx-mount-backup-disk.rules')
        path.write_text(rule.replace('"8:17"', f'"{self.disk.number}"'))
        self.addCleanup(path.unlink)
        self.carol = self.client('carol')
        self.arguments = dict(source=str(self.link), fstype='ext4', options='ro')
        wait_until(lambda: self.carol.can('Mount', str(self.link), '/srv/backup', 'ext4',
                                          options='ro') == 'yes', 'polkit reading the rule')

    def point_at(self, disk):
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(disk.path)
        self.addCleanup(self.link.unlink, missing_ok=True)

    def no(self, client=None, target='/srv/backup', error=CHALLENGE, **changed):
        self.refused(error, '', (client or self.carol).mount, target,
                     **dict(self.arguments, **changed))

    def test_what_it_allows(self):
        self.carol.mount('/srv/backup', **self.arguments)
        row, = mounts_at('/srv/backup')
        self.assertEqual(row['mount-options'], 'ro,nosuid,nodev,relatime')
        self.assertEqual(row['source'], self.disk.path)
        self.assertEqual(row['device'], self.disk.number)
        self.carol.umount('/srv/backup')
        self.assertFalse(mounts_at('/srv/backup'))

    def test_another_stick_with_the_label(self):
        other = Disk('BACKUP')
        self.addCleanup(other.detach)
        self.point_at(other)
        self.no()

    def test_stick_exchanged_after_approval(self):
        """The link is looked up once: what it points at later does not matter."""
        other = Disk('BACKUP')
        self.addCleanup(other.detach)
        self.carol.mount('/srv/backup', **self.arguments)
        self.point_at(other)
        self.assertEqual(mounts_at('/srv/backup')[0]['device'], self.disk.number)
        self.carol.umount('/srv/backup')

    def test_symlink_as_target(self):
        self.place.rmdir()
        self.place.symlink_to('/mnt')
        self.no()

    def test_other_targets(self):
        for name in ('backup2', 'backup/sub', 'ackup'):
            path = self.place.parent / name
            path.mkdir()
            self.no(target=str(path))
            path.rmdir()

    def test_own_namespace(self):
        client = self.client('carol', enter=['unshare', '--user', '--map-current-user', '--mount'])
        for where in ('self', client.process.pid):
            self.no(client, in_=where)

    def test_other_options(self):
        for options in ('', 'rw', 'ro,suid', 'ro,dev', 'ro,errors=remount-ro', 'ro,noexec',
                        'ro,noload', 'ro,sync'):
            with self.subTest(options):
                self.no(options=options)
        self.no(fstype='ext3')
        self.no(source=self.disk.path)

    def test_other_people(self):
        self.no(self.client('alice'))

    def test_other_unmounts(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'there', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '/mnt'], check=True)
        self.refused(CHALLENGE, '', self.carol.umount, '/mnt')
        self.carol.mount('/srv/backup', **self.arguments)
        self.addCleanup(subprocess.run, ['umount', '/srv/backup'], check=True)
        self.refused(CHALLENGE, '', self.carol.umount, '/srv/backup', detach=True)


if __name__ == '__main__':
    unittest.main()
