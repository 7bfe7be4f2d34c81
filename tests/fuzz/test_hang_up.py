#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Callers that are gone at a random instant after their call (tests/helpers/hang-up.c): what they asked for
is done whole or not at all, what a reply told is so, and nothing of the call is left but that.

LINX_HANG_UPS is how many calls there are, LINX_FUZZ_SEED what they come from."""
import collections
import os
import subprocess
import time
import unittest

from strangers import ALLOW_ALICE, HELPERS, Strangers, mountinfo

CALLS = int(os.environ.get('LINX_HANG_UPS', '3000'))
SEED = int(os.environ.get('LINX_FUZZ_SEED') or time.time_ns() % 10**9)
BATCH = 250
ATTRIBUTES = {'ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow'}
NO_REPLY, DONE, REFUSED = '0', '1', '2'
NEW = {'mount': 'tmpfs', 'loop': 'ext4', 'bind': 'tmpfs', 'attach': 'tmpfs'}


def whole(row):
    return ATTRIBUTES <= set(row['mount-options'].split(','))


def bare(row):
    return not ATTRIBUTES & set(row['mount-options'].split(','))


class HangUp(Strangers):
    def batch(self, pid, user, first, count):
        done = subprocess.run([HELPERS / 'hang-up', user, str(pid), str(SEED + first), str(first),
                               str(count)], text=True, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        calls = [line.split(' ') for line in done.stdout.splitlines()]
        self.assertEqual(len(calls), count)
        return calls

    def after(self, kind, number, rows):
        """Whether the call was done; where it is neither before nor after, the test fails."""
        new = [row for row in rows if row['mount-point'] == f'/dst/{number}']
        old = [row for row in rows if row['source'] == f'hang-{number}']
        for row in new + old:
            rows.remove(row)
        if kind in NEW:
            self.assertEqual(old, [])
            self.assertEqual([row['fstype'] for row in new], [NEW[kind]] * len(new))
            self.assertLessEqual(len(new), 1)
            self.assertTrue(all(whole(row) for row in new), new)
            return len(new) == 1
        self.assertEqual(new, [])
        if kind == 'umount':
            self.assertTrue(all(bare(row) for row in old))
            return not old
        if kind in ('move', 'remount', 'propagation', 'can'):
            row, = old
            self.assertTrue(bare(row) or kind == 'remount' and whole(row), row)
            self.assertIn(row['mount-point'], {f'/mnt/{number}'} | ({'/new'} if kind == 'move' else set()))
            return {'move': row['mount-point'] == '/new', 'remount': whole(row),
                    'propagation': row['tags'] != [], 'can': None}[kind]
        self.assertEqual(old, [])
        return None

    def judge(self, calls, rows, counts):
        for kind, number, outcome in calls:
            done = self.after(kind, number, rows)
            counts['no reply' if outcome == NO_REPLY else 'reply'] += 1
            if done is None:
                continue
            counts[f'{kind} done'] += done
            if outcome == NO_REPLY:
                counts['done unheard' if done else 'not done'] += 1
            else:
                self.assertEqual(done, outcome == DONE, (kind, number))
        self.assertEqual([row['mount-point'] for row in rows], ['/'], 'nothing else is there')

    def hang_up(self, user, calls):
        counts, start = collections.Counter(), time.monotonic()
        print(f'{user}: LINX_FUZZ_SEED={SEED}, {calls} calls', flush=True)
        for first in range(0, calls, BATCH):
            sealed = self.sealed()
            made = self.batch(sealed.pid, user, first, min(BATCH, calls - first))
            self.settled()
            self.judge(made, mountinfo(sealed.pid), counts)
            sealed.end()
        print(f'{user}: {dict(counts)}, {time.monotonic() - start:.1f} s', flush=True)
        return counts

    def check_counts(self, counts):
        """A fair share hung up before the reply, and of those some were done and some not."""
        for what in ('reply', 'no reply', 'done unheard', 'not done'):
            self.assertGreater(counts[what], 0, what)

    def test_root(self):
        counts = self.hang_up('root', CALLS * 4 // 10)
        self.check_counts(counts)
        for kind in (*NEW, 'umount', 'move', 'remount', 'propagation'):
            self.assertGreater(counts[f'{kind} done'], 0, kind)
        self.check_quiet()

    def test_who_is_allowed(self):
        self.rule(ALLOW_ALICE)
        self.check_counts(self.hang_up('alice', CALLS * 4 // 10))
        self.check_quiet()

    def test_who_is_not(self):
        counts = self.hang_up('alice', CALLS * 2 // 10)
        self.assertEqual(counts['done unheard'], 0)
        self.check_quiet()


if __name__ == '__main__':
    unittest.main()
