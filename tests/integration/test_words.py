#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources that are words: no word of a user's is ever looked up by the kernel."""
import os
import pathlib
import subprocess
import unittest

from harness import FREE, CHALLENGE, INVALID_ARGS, Agent, Case, Disk, mounts_at, service_pid, table, wait_until
from life import gone

TYPES = pathlib.Path('/run/rig/filesystems')
ALL = 'if (subject.user == "alice") return polkit.Result.YES;'
MOUNT_ALONE = ('if (subject.user == "alice" && action.id == "org.linx.mount1.mount" &&'
               ' action.lookup("source-kind") == "none") return polkit.Result.YES;')


class Words(Case):
    """The service takes what the kernel knows of types from /proc/filesystems: here, from a file of the
    test's in its place, for a type whose module is not loaded yet is in the one and not in the other."""

    def setUp(self):
        self.types = pathlib.Path('/proc/filesystems').read_text()
        TYPES.write_text(self.types)
        subprocess.run(['mount', '--bind', TYPES, '/proc/filesystems'], check=True)
        self.addCleanup(self.end_service)
        self.addCleanup(subprocess.run, ['umount', '/proc/filesystems'], check=True)
        self.disk = Disk('WORD')
        self.addCleanup(self.disk.detach)
        link = pathlib.Path('/tmp/word-link')
        link.symlink_to(self.disk.path)
        self.addCleanup(link.unlink)
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.pid = self.target.pid
        self.before = table(self.pid)

    def end_service(self):
        """It has what it knows from when it started."""
        pid = service_pid()
        if pid is not None:
            os.kill(pid, 15)
            wait_until(lambda: gone(pid), 'the service ending')

    def say(self, *lines, without=()):
        """What the file says from now on, to a service that starts now."""
        kept = [line for line in self.types.splitlines() if line.split('\t')[1] not in without]
        TYPES.write_text('\n'.join([*kept, *lines]) + '\n')

    def no(self, error, words, *args, **options):
        self.refused(error, words, self.client('alice').mount, '/mnt/a', *args, in_=self.pid, **options)
        self.assertEqual(table(self.pid), self.before)

    def test_a_type_that_is_not_known_yet(self):
        self.say(without=['ext4'])
        self.end_service()
        self.rule(ALL)
        for word in ('tmp/word-link', self.disk.path[1:], 'nothing', './' + self.disk.path[1:]):
            self.no(INVALID_ARGS, 'not known to this kernel yet', word, 'ext4')
        self.refused(INVALID_ARGS, 'not known', self.client('alice').create_mount, 'tmp/word-link', 'ext4', options=FREE)

    def test_a_type_that_seems_to_need_no_device(self):
        """Whatever the service believes of a type: the kernel finds nothing by a user's word."""
        self.say('nodev\text4', without=['ext4'])
        self.end_service()
        self.rule(ALL)
        for word in ('tmp/word-link', self.disk.path, self.disk.path[1:]):
            self.no('Mount.ENOENT', '', word, 'ext4')
        self.client().mount('/mnt/a', self.disk.path, 'ext4', in_=self.pid)
        self.assertEqual(mounts_at('/mnt/a', self.pid)[0]['fstype'], 'ext4')

    def test_a_type_that_turns_out_to_need_none(self):
        """Between pin and perform its module came."""
        self.say(without=['ext4'])
        self.end_service()
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('{self.disk.path}', '/mnt/a', 'ext4', {{'in': <uint32 {self.pid}>}})",
                 interactive=True)
        agent.wait_prompt()
        self.say('nodev\text4', without=['ext4'])
        agent.type('root-pw')
        self.refused(INVALID_ARGS, 'made from no device', bob.receive)
        self.assertEqual(table(self.pid), self.before)

    def test_a_device_of_a_type_that_is_not_known_yet(self):
        """What is pinned is no word."""
        self.say(without=['ext4'])
        self.end_service()
        self.rule(ALL)
        os.chmod(self.disk.path, 0o666)
        self.client('alice').mount('/mnt/a', self.disk.path, 'ext4', in_=self.pid)
        self.assertEqual(mounts_at('/mnt/a', self.pid)[0]['fstype'], 'ext4')

    def test_types_that_a_rule_for_words_is_enough_for(self):
        self.rule(MOUNT_ALONE)
        alice = self.client('alice')
        for fstype in ('tmpfs', 'ramfs', 'proc', 'devpts', 'mqueue'):
            alice.mount('/mnt/a', 'word', fstype, in_=self.pid)
            self.client().umount('/mnt/a', in_=self.pid)
        for fstype in ('debugfs', 'tracefs', 'securityfs', 'devtmpfs', 'autofs'):
            self.no(CHALLENGE, 'mount-unrestricted', 'word', fstype)

    def test_root_is_told_what_the_type_needs(self):
        self.refused(INVALID_ARGS, 'absolute path', self.client().mount, '/mnt/a', 'tmp/word-link', 'ext4',
                     in_=self.pid)


if __name__ == '__main__':
    unittest.main()
