#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is counted is what there is: who reads has nothing unread, who has its answer no call under way, and
who has ended its watch no group of fanotify."""
import select
import ctypes
import os
import pathlib
import threading
import unittest

from connections import Connection
from harness import BUILD
from life import LIMITS, Life

OPEN = ('OpenMountInfo', '(@a{sv} {},)')


class Counts(Life):
    def connection(self):
        connection = Connection()
        self.addCleanup(connection.close)
        return connection


class Read(Counts):
    def setUp(self):
        super().setUp()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/d; mount -t tmpfs d /mnt/d; '
                                 f'{BUILD}/tests/helpers/many-mounts /mnt/d 5000')
        self.listing = f"({{'in': <uint32 {self.target.pid}>}},)"

    def read_all(self, depth, count, *call):
        """So many calls with so many under way. The errors among the answers, all of which are read."""
        connection, errors = self.connection(), []
        for _ in range(depth):
            connection.send(*call)
        for number in range(count):
            error = connection.read_error()
            if error is not None:
                errors.append(error)
            if number + depth < count:
                connection.send(*call)
        return errors

    def test_large(self):
        """Of some MiB each, as many at once as a user may have."""
        self.assertEqual(self.read_all(30, 90, 'ListMounts', self.listing), [])

    def test_small(self):
        small = self.listing.replace('},)', ", 'limit': <uint32 120>},)")
        self.assertEqual(self.read_all(30, 3000, 'ListMounts', small), [])


    def test_what_was_asked(self):
        """It is no answer, however much it is: 120 MiB of options, and answers of some words."""
        options = 'x-' + 'y' * 60000
        errors = set(self.read_all(30, 2000, 'Bind', f"('/none', '/none', {{'options': <'{options}'>}})"))
        self.assertEqual([error for error in errors if 'not read' in error], [])


class Root(Counts):
    def test_many_at_once(self):
        """Over one connection, of which nothing is known before."""
        target = self.child()
        for number in range(100):
            pathlib.Path(f'/dev/shm/many{number}').mkdir()
            self.addCleanup(pathlib.Path(f'/dev/shm/many{number}').rmdir)
        connection = Connection()
        self.addCleanup(connection.close)
        for number in range(100):
            connection.send('Mount', f"('tmpfs', '/dev/shm/many{number}', 'tmpfs', {{'in': <uint32 {target.pid}>}})")
        self.assertEqual({connection.read_error() for _ in range(100)}, {None})
        self.assertEqual(target.run('grep', '-c', '/many', '/proc/self/mountinfo'), '100\n')


class Calls(Counts):
    def setUp(self):
        super().setUp()
        self.service_with('--max-calls-per-user', '1')

    def one_by_one(self, count, *call):
        connection, errors = self.connection(), set()
        for _ in range(count):
            errors.add(connection.call(*call))
        return errors

    def test_with_a_descriptor(self):
        self.assertEqual(self.one_by_one(2000, *OPEN), {None})

    def test_that_are_refused(self):
        """What was pinned is closed after the answer."""
        errors = self.one_by_one(1000, 'Umount', "('/dev/shm', @a{sv} {})")
        self.assertTrue(errors)
        self.assertNotIn(LIMITS, errors)

    def test_of_all_kinds(self):
        connection = self.connection()
        for _ in range(300):
            for call in (('ListMounts', "({'limit': <uint32 1>},)"), OPEN,
                         ('Umount', "('/none', @a{sv} {})"),
                         ('Can', "('Umount', <('/dev/shm', @a{sv} {})>)")):
                self.assertNotEqual(connection.call(*call), LIMITS)


class Watches(Counts):
    def leave_few(self, count):
        """Takes all groups that the kernel has for root's programs but so many."""
        libc, groups = ctypes.CDLL(None, use_errno=True), []
        while (group := libc.fanotify_init(0, os.O_RDONLY)) >= 0:
            groups.append(group)
        for group in groups:
            self.addCleanup(os.close, group) if len(groups) - groups.index(group) > count else os.close(group)

    def test_pairs(self):
        """As fast as one caller can: more groups than the kernel has left, if they were let go later."""
        connection = self.connection()
        self.leave_few(4)
        for _ in range(600):
            connection.send('Watch', '(@a{sv} {},)')
            answer = connection.read()
            self.assertIsNone(answer.get_error_name(), answer.get_body())
            self.assertIsNone(connection.call('Unwatch', str(answer.get_body().unpack()).replace('(', '(uint64 ')))

    def test_pairs_of_many(self):
        """Each of another namespace, by callers that do not wait for one another."""
        self.rule('if (action.lookup("operation") == "watch") return polkit.Result.YES;')
        failed = []

        def act(pid):
            connection = Connection()
            for _ in range(60):
                connection.send('Watch', f"({{'in': <uint32 {pid}>}},)")
                answer = connection.read()
                if answer.get_error_name() is not None:
                    failed.append(answer.get_body().unpack()[0])
                    continue
                connection.call('Unwatch', f'(uint64 {answer.get_body().unpack()[0]},)')
            connection.close()
        threads = [threading.Thread(target=act, args=[self.child().pid]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])


if __name__ == '__main__':
    unittest.main()
