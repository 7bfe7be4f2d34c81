#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Arguments that are wrong: the error names them, and nothing changes."""
import unittest

from harness import Case, INVALID_ARGS, table


class Arguments(Case):
    def setUp(self):
        self.root = self.client()
        self.target = self.child()
        self.before = table(self.target.pid), table()

    def tearDown(self):
        self.assertEqual((table(self.target.pid), table()), self.before)

    def bad(self, words, method, arguments):
        self.refused(INVALID_ARGS, words, self.root.call, method, arguments)

    def test_dictionary(self):
        for words, pairs in (
                ("'optoins'", "'optoins': <'ro'>"),
                ("'detach'", "'detach': <true>"),
                ("'options' must be a string", "'options': <uint32 1>"),
                ("'options' must be a string, not of type 'v'", "'options': <<'ro'>>"),
                ("'in' must be", "'in': <<uint32 1>>"),
                ("'in' must be", "'in': <true>"),
                ("'in' must be", "'in': <1.5>"),
                ("'in' must be 'self'", "'in': <'Host'>"),
                ("'in' must be a process id", "'in': <uint32 0>"),
                ("'in' must not be negative", "'in': <-1>"),
                ("'in' must be a process id", "'in': <uint64 4294967296>"),
                ("'in': its file descriptor did not come", "'in': <@h 0>"),
                ("'in': its file descriptor did not come", "'in': <@h -1>"),
                ("'timeout' must be from 1", "'timeout': <uint32 0>"),
                ("'timeout' must be from 1", "'timeout': <uint32 600001>"),
                ("'timeout' must be an integer", "'timeout': <'1'>"),
                ("'no-symlinks' must be a boolean", "'no-symlinks': <uint32 1>"),
                ("'create' must be 'file' or 'directory'", "'create': <'dir'>"),
                ("'in' is given twice", "'in': <'self'>, 'in': <'host'>"),
                ("'source' must be an absolute path", "'options': <'ro,bind'>"),
                ("option 'move' goes with no other", "'options': <'bind,move'>"),
                ("option 'move' goes with no other", "'options': <'remount,move'>"),
                ("option 'slave' is a second kind", "'options': <'private,slave'>"),
                ("'create' does not go with the operation remount",
                 "'options': <'remount'>, 'create': <'file'>"),
                ("'size' is the filesystem's", "'options': <'remount,bind,size=1M'>"),
                ("'loop', 'offset' or 'sizelimit'", "'options': <'loop'>"),
                ("'loop', 'offset' or 'sizelimit'", "'options': <'offset=1'>"),
                ("option 'offset' must be a number", "'options': <'offset=1x'>"),
                ("option 'x-a' may hold no comma", "'options': <'x-a=\"q,bind\"'>"),
                ("quote in the name", "'options': <'a\"b,suid,c\"=1'>"),
                ("option 'sizelimit' must be a number", "'options': <'sizelimit'>"),
                ("'from'", "'from': <'host'>"),
                ("option 'X-mount.owner'", "'options': <'X-mount.owner=1'>"),
                ("option 'helper'", "'options': <'helper=x'>"),
                ("option 'ro' takes no value", "'options': <'ro=always'>"),
                ("option 'fd'", "'options': <'fd=3'>"),
                ("option 'source'", "'options': <'source=/dev/vda'>"),
                ("no list of mount options", "'options': <'context=\"open'>")):
            with self.subTest(pairs):
                self.bad(words, 'Mount', f"('tmpfs', '/mnt', 'tmpfs', @a{{sv}} {{{pairs}}})")

    def test_paths(self):
        long = '/' + 'x' * 4095
        for words, target in (("'target' is empty", ''), ("absolute path: 'mnt'", 'mnt'),
                              ("'target' is longer than 4095", long)):
            with self.subTest(target[:20]):
                self.bad(words, 'Mount', f"('tmpfs', '{target}', 'tmpfs', @a{{sv}} {{}})")
                self.bad(words, 'Umount', f"('{target}', @a{{sv}} {{}})")
        for key in ('target', 'under'):
            self.bad(f"'{key}' must be an absolute path", 'ListMounts', f"({{'{key}': <'mnt'>}},)")
        self.bad("'source' is longer than 255", 'Mount', f"('{'x' * 256}', '/mnt', 'tmpfs', @a{{sv}} {{}})")
        self.refused('Resolve.ENAMETOOLONG', '', self.root.umount, '/' + 'x' * 4094)

    def test_other_verbs(self):
        for words, method, arguments in (
                ("option 'bind' is an operation of Mount", 'Bind',
                 "('/usr', '/mnt', {'options': <'bind'>})"),
                ("option 'shared' is an operation of Mount", 'Remount',
                 "('/mnt', {'options': <'shared'>})"),
                ("'size' is the filesystem's, and Remount changes the mount alone: pass 'superblock'",
                 'Remount', "('/', {'options': <'size=1M'>})"),
                ("'size' is the filesystem's", 'Bind', "('/usr', '/mnt', {'options': <'size=1'>})"),
                ("'expire' does not go with 'recursive'", 'Umount',
                 "('/mnt', {'expire': <true>, 'recursive': <true>})"),
                ("'source' must be an absolute path", 'Bind', "('usr', '/mnt', @a{sv} {})"),
                ("'source' is empty", 'Move', "('', '/mnt', @a{sv} {})"),
                ("'mount': its file descriptor did not come", 'AttachMount',
                 "(@h 0, '/mnt', @a{sv} {})"),
                ("'source-fd' must be a file descriptor", 'CloneMount',
                 "('', {'source-fd': <uint32 1>})"),
                ("'fstype' is empty", 'CreateMount', "('t', '', @a{sv} {})"),
                ("'target' is empty", 'Mount', "('', '', '', {'options': <'rprivate'>})"),
                ("option 'private' alone changes no attributes", 'Mount',
                 "('none', '/', 'none', {'options': <'private,ro'>})")):
            with self.subTest(method + arguments):
                self.bad(words, method, arguments)

    def test_fstype(self):
        for fstype in ('a/b', '../tmpfs', 'tmpfs,ext4', 'tmp fs'):
            with self.subTest(fstype):
                self.bad("'fstype'", 'Mount', f"('x', '/mnt', '{fstype}', @a{{sv}} {{}})")

    def test_source(self):
        self.bad("'source' must be the absolute path of a block device", 'Mount',
                 "('sda1', '/mnt', 'ext4', @a{sv} {})")
        self.refused('Resolve.ENOENT', '/dev/none', self.root.mount, '/mnt', '/dev/none', 'ext4')
        self.refused('Resolve.ENOTBLK', '/dev/null', self.root.mount, '/mnt', '/dev/null', 'ext4')

    def test_list_filters(self):
        for words, pairs in (("'fields' names no key of a row: 'colour'", "'fields': <['colour']>"),
                             ("'fields' must be an array of strings", "'fields': <'id'>"),
                             ("'limit' must be from 1", "'limit': <uint32 0>"),
                             ("'fstype' must be an array", "'fstype': <'tmpfs'>"),
                             ("'options'", "'options': <'ro'>")):
            self.bad(words, 'ListMounts', f'({{{pairs}}},)')

    def test_wrong_signature(self):
        self.bad('', 'Mount', "('tmpfs', '/mnt', 'tmpfs')")
        self.bad('', 'Umount', "('/mnt', true)")
        self.bad('', 'ListMounts', None)

    def test_large_arguments(self):
        """Refused before anything is made of them, and not repeated in full."""
        for method, arguments in (
                ('Mount', "('t', '/mnt', 'tmpfs', {'options': <'" + 'a,' * 30000 + "'>})"),
                ('ListMounts', "({'in': <'" + 'x' * 60000 + "'>},)")):
            fault = self.refused(INVALID_ARGS, '', self.root.call, method, arguments)
            self.assertLess(len(fault.message), 1000)
        self.refused('org.freedesktop.DBus.Error.LimitsExceeded', '', self.root.call, 'Mount',
                     "('t', '/mnt', 'tmpfs', {'options': <'" + 'a,' * 500000 + "'>})")
        self.root.list(limit=1)

    def test_any_integer_type(self):
        pid = self.target.pid
        for kind in ('int32', 'uint32', 'int64', 'uint64'):
            self.assertTrue(self.root.call('ListMounts', f"({{'in': <{kind} {pid}>}},)"))


if __name__ == '__main__':
    unittest.main()
