#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prompts: a person with a password, and what can go wrong while they type."""
import os
import subprocess
import unittest

from harness import FREE, CHALLENGE, ERROR, Agent, Case, Disk, audit_lines, mountinfo, mounts_at, table, wait_until

# A call of each method that changes something, its arguments before the dictionary, and what a
# prompt says of it. /mnt/a is a mount point, /mnt/b is none.
CALLS = (('Mount', "'tmpfs', '/mnt/b', 'tmpfs', ", 'mount "tmpfs" at "/mnt/b" ("tmpfs", namespace: "other")'),
         ('Umount', "'/mnt/a', ", 'unmount "/mnt/a" (namespace: "other")'),
         ('SetPropagation', "'/mnt/a', 'shared', ", 'propagation of "/mnt/a" to "shared"'),
         ('MakeRPrivate', "'/mnt/a', ", 'make "/mnt/a" and all mounts below it private'),
         ('Remount', "'/mnt/a', ", 'change the mount at "/mnt/a"'),
         ('Bind', "'/usr', '/mnt/b', ", 'bind "/usr" to "/mnt/b" (namespace: "other")'),
         ('Move', "'/mnt/a', '/mnt/b', ", 'move the mount at "/mnt/a" to "/mnt/b"'),
         ('PivotRoot', "'/mnt/a', '', ", 'make "/mnt/a" the root filesystem'))


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
            if method in ('PivotRoot', 'Remount', 'Move'):
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

    def test_prompts_for_watches(self):
        """Those of one user take no place of another's."""
        agent = self.agent()
        for _ in range(20):
            self.bob.call('Watch', f"({{'in': <uint32 {self.pid}>}},)", interactive=True, send_only=True)
        agent.wait_prompt()
        alice = self.client('alice')
        alice.unwatch(alice.watch())

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
        self.bob.send('Bind', f"('/usr', '/mnt/b', {{'from': <'host'>, 'in': <{target.pid}>}})",
                      interactive=True)
        for action in ('org.linx.mount1.bind', 'org.linx.mount1.mount-unrestricted'):
            said = agent.answer('root-pw').replace('\r\n', ' ')
            self.assertIn(action, said)
            self.assertIn('bind "/usr" to "/mnt/b" in a container, whose root can take back', said)
        self.bob.receive()

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
        self.refused('OpenNs.ESRCH', 'ended', self.bob.receive)

    def test_a_question_holds_nothing_of_what_has_ended(self):
        """Whoever never answers does not keep a container's disk in use that is no more."""
        disk = Disk('HELD')
        self.addCleanup(disk.detach)
        target = self.child(prepare=f'mount {disk.path} /media; chmod 755 /media; mkdir -p /media/x')
        agent = self.agent()
        self.bob.send('Mount', f"('tmpfs', '/media/x', 'tmpfs', {{'in': <uint32 {target.pid}>}})",
                      interactive=True)
        agent.wait_prompt()
        target.end()
        self.refused('OpenNs.ESRCH', 'ended', self.bob.receive)

        def is_free():
            try:
                os.close(os.open(disk.path, os.O_RDONLY | os.O_EXCL))
            except OSError:
                return False
            return True
        wait_until(is_free, 'the disk being free')

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

    def exchanged(self, call, name, *actions):
        """In mid-prompt another object takes the place of @name: it is not what was approved."""
        agent = self.agent()
        before = table(self.pid)
        self.bob.send(*call, interactive=True)
        agent.wait_prompt()
        self.target.run('mv', name, '/mnt/approved')
        self.target.run('cp', '-r', '/mnt/approved', name)
        agent.type('root-pw')
        for _ in actions:
            agent.answer('root-pw')
        self.refused('Resolve.ESTALE', name, self.bob.receive)
        self.assertEqual(table(self.pid), before)
        agent.end()
        self.target.run('rm', '-r', '/mnt/approved')

    def test_source_exchanged_in_mid_prompt(self):
        where = f"{{'in': <uint32 {self.pid}>}}"
        self.target.run('sh', '-ec', 'cd /mnt; mkdir -p src/dir low; truncate -s 4M image;'
                        'mkfs.ext4 -q image')
        self.exchanged(('Bind', f"('/mnt/src/dir', '/mnt/b', {where})"), '/mnt/src/dir')
        self.exchanged(('Bind', f"('/usr', '/mnt/b', {where})"), '/mnt/b')
        self.exchanged(('CloneMount', f"('/mnt/src/dir', {where[:-1]}, 'options': <'{FREE}'>}})"), '/mnt/src/dir',
                       'unrestricted')
        self.exchanged(('Mount', f"('/mnt/image', '/mnt/b', 'ext4', {where})"), '/mnt/image',
                       'unrestricted')
        self.exchanged(('Mount', f"('o', '/mnt/b', 'overlay', {{'in': <uint32 {self.pid}>,"
                        " 'options': <'lowerdir=/mnt/low:/mnt/src'>})"), '/mnt/low', 'unrestricted')

    def test_covered_in_mid_prompt(self):
        """A mount on top hides the one that was approved."""
        for call in (('Remount', "'/mnt/a', "), ('Move', "'/mnt/a', '/mnt/b', ")):
            agent = self.agent()
            self.send(self.bob, *call)
            agent.wait_prompt()
            self.target.run('mount', '-t', 'tmpfs', 'on-top', '/mnt/a')
            before = table(self.pid)
            agent.type('root-pw')
            self.refused('Resolve.ESTALE', '/mnt/a', self.bob.receive)
            self.assertEqual(table(self.pid), before)
            agent.end()
            self.target.run('umount', '/mnt/a')

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


if __name__ == '__main__':
    unittest.main()
