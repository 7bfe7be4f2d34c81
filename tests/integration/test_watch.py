#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watch: what is told of a namespace's changes, and to whom."""
import os
import signal
import threading
import unittest

from harness import BUILD, INVALID_ARGS, service_pid, wait_until
from watching import Watching, as_told, state


class Changes(Watching):
    def setUp(self):
        super().setUp()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; cd /mnt; mkdir a b c; cd /')
        self.told = self.table(in_=self.target.pid)

    def test_attach_and_detach(self):
        mount = self.root.mount('/mnt/a', source='new', in_=self.target.pid, options='nosuid')
        name, told = self.root.next_signal()
        row, = self.root.list(in_=self.target.pid, id=mount)
        self.assertEqual((name, told), ('Changed', [self.told.watch, [], [[as_told(row)]], []]))
        self.root.umount('/mnt/a', in_=self.target.pid)
        self.assertEqual(self.root.next_signal(), ('Changed', [self.told.watch, [mount], [], []]))

    def test_move_takes_those_below_along(self):
        self.target.run('sh', '-c', 'mount -t tmpfs x /mnt/a; mkdir /mnt/a/d; '
                        'mount -t tmpfs y /mnt/a/d')
        self.told.until(lambda: self.told.row_at('/mnt/a/d'))
        below = self.told.row_at('/mnt/a/d')
        self.root.move('/mnt/a', '/mnt/b', in_=self.target.pid)
        self.told.until(lambda: self.told.row_at('/mnt/b/d'))
        self.assertEqual(self.told.row_at('/mnt/b/d')['id'], below['id'])
        self.assertIsNone(self.told.row_at('/mnt/a'))
        self.same_as_listed(self.told)

    def test_remount_and_attributes(self):
        for command, key, word in (
                (['mount', '-o', 'remount,size=1M', '/mnt'], 'super-options', 'size=1024k'),
                (['mount', '-o', 'remount,bind,noexec', '/mnt'], 'mount-options', 'noexec')):
            self.target.run(*command)
            self.told.until(lambda: word in self.told.row_at('/mnt')[key])
        self.root.remount('/mnt', options='nosuid', in_=self.target.pid)
        self.told.until(lambda: 'nosuid' in self.told.row_at('/mnt')['mount-options'])
        self.same_as_listed(self.told)

    def test_propagation(self):
        self.root.set_propagation('/mnt', 'shared', in_=self.target.pid)
        self.told.until(lambda: self.told.row_at('/mnt')['propagation'] == 'shared')
        self.assertTrue(self.told.row_at('/mnt')['peer-group'])
        # The kernel does not say that mount(2) changed it: it is told with the next change.
        self.target.run('mount', '--make-slave', '/mnt')
        self.target.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.told.until(lambda: self.told.row_at('/mnt')['propagation'] == 'private')
        self.same_as_listed(self.told)

    def test_umount_of_a_subtree(self):
        self.target.run(BUILD / 'tests/helpers/many-mounts', '/mnt/c', '300')
        self.told.until(lambda: self.told.row_at('/mnt/c/300'))
        self.root.umount('/mnt', recursive=True, in_=self.target.pid)
        self.told.until(lambda: not self.told.row_at('/mnt')
                        and not any(row['mount-point'].startswith('/mnt/c/')
                                    for row in self.told.rows.values()))
        self.same_as_listed(self.told)

    def test_listed_and_gone(self):
        """After a signal the service looks at nothing for 50 ms. What was listed then, and is gone
        when it looks, is told as gone."""
        for _ in range(10):
            self.root.mount('/mnt/a', in_=self.target.pid)
            self.told.until(lambda: self.told.row_at('/mnt/a'))
            self.root.mount('/mnt/b', in_=self.target.pid)
            self.told.rows = self.told.listed()
            self.assertTrue(self.told.row_at('/mnt/b'))
            for point in '/mnt/b', '/mnt/a':
                self.root.umount(point, in_=self.target.pid)
            self.told.until(lambda: not self.told.row_at('/mnt/a'))
        self.told.until(lambda: not self.told.row_at('/mnt/b'))
        self.same_as_listed(self.told)

    def test_listed_and_taken_back(self):
        """An attribute that was there when the table was listed, and is gone when it is looked at."""
        for _ in range(10):
            self.root.mount('/mnt/a', in_=self.target.pid)
            self.told.until(lambda: self.told.row_at('/mnt/a'))
            self.root.remount('/mnt', options='nodev', in_=self.target.pid)
            self.told.rows = self.told.listed()
            self.assertIn('nodev', self.told.row_at('/mnt')['mount-options'])
            self.root.remount('/mnt', options='dev', in_=self.target.pid)
            self.root.umount('/mnt/a', in_=self.target.pid)
            self.told.until(lambda: not self.told.row_at('/mnt/a'))
        self.told.until(lambda: 'nodev' not in self.told.row_at('/mnt')['mount-options'])
        self.same_as_listed(self.told)

    def test_too_many_at_once(self):
        """A tree of 1,100 mounts that is bound in one go does not fit into a signal."""
        self.target.run(BUILD / 'tests/helpers/many-mounts', '/mnt/c', '1100')
        self.told.until(lambda: self.told.row_at('/mnt/c/1100'))
        self.target.run('mount', '--rbind', '/mnt/c', '/mnt/b')
        names = []
        while 'Overflow' not in names:
            names.append(self.told.take())
        self.told.until(lambda: self.told.row_at('/mnt/b/1100'))
        self.same_as_listed(self.told)

    def test_more_events_than_the_kernel_keeps(self):
        """The service does not get to read while 20,000 events come: none of what stays is lost."""
        pid = service_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            self.target.run('sh', '-ec', 'mount -t tmpfs x /mnt/a; cd /mnt/c; '
                            f'{BUILD}/tests/helpers/many-mounts /mnt/a 10000; '
                            'umount -l /mnt/a; mount -t tmpfs stays /mnt/b')
        finally:
            os.kill(pid, signal.SIGCONT)
        self.told.until(lambda: self.told.row_at('/mnt/b'))
        self.same_as_listed(self.told)

    def test_churn(self):
        """Mounts that come and go at full speed: about one signal in 50 ms at most, and in the end the
        table is what was told."""
        script = ('i=0; while [ $i -lt 1500 ]; do mount -t tmpfs x$i /mnt/a; umount /mnt/a; '
                  'i=$((i + 1)); done; mount -t tmpfs stays /mnt/b')
        churn = threading.Thread(target=self.target.run, args=('sh', '-ec', script))
        churn.start()
        self.told.until(lambda: self.told.row_at('/mnt/b'))
        churn.join()
        times = self.told.times
        self.assertLessEqual(len(times), (times[-1] - times[0]) / 0.05 * 1.25 + 4)
        self.same_as_listed(self.told)

    def test_listing_is_no_change(self):
        """Also of what the kernel did not tell: as soon as it is listed it is told, once."""
        self.target.run('sh', '-ec', 'mount --make-shared /mnt; mount --bind /mnt/a /mnt/b; '
                        'mount --make-slave /mnt/b; mount --make-shared /mnt/b')
        self.told.until(lambda: self.told.row_at('/mnt/b'))
        self.told.rows = self.told.listed()
        while self.told.take(1):
            pass
        self.assertEqual(self.told.row_at('/mnt/b')['propagation'], 'shared,slave')
        for options in {}, {'target': '/mnt/b'}, {'fields': ['id']}, {'limit': 1}:
            self.root.list(in_=self.target.pid, **options)
        self.assertIsNone(self.root.next_signal(0.5))

    def test_unwatch(self):
        bob = self.client('bob')
        self.refused(INVALID_ARGS, "'watch'", bob.unwatch, self.told.watch)
        self.refused(INVALID_ARGS, "'watch'", self.root.unwatch, 123456)
        self.root.unwatch(self.told.watch)
        self.refused(INVALID_ARGS, "'watch'", self.root.unwatch, self.told.watch)
        other = self.client().watch(in_=self.target.pid)
        self.assertNotEqual(other, self.told.watch)
        self.target.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.assertIsNone(self.root.next_signal(0.3))

    def test_two_watchers_share(self):
        def listening():
            return {link: count for link, count in state().items()
                    if 'fanotify' in link or 'mountinfo' in link}
        held = listening()
        second = self.table(self.client(), in_=self.target.pid)
        third = self.table(self.client(), in_=self.target.pid)
        self.assertTrue(held)
        wait_until(lambda: listening() == held, 'what the others made ready being closed')
        self.root.mount('/mnt/a', in_=self.target.pid)
        for table in (self.told, second, third):
            table.until(lambda: table.row_at('/mnt/a'))
        second.client.unwatch(second.watch)
        self.root.umount('/mnt/a', in_=self.target.pid)
        for table in (self.told, third):
            table.until(lambda: not table.row_at('/mnt/a'))
        self.assertIsNone(second.client.next_signal(0))


if __name__ == '__main__':
    unittest.main()
