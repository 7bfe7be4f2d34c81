#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random calls of every method (tests/helpers/random-call.c): the service answers each, stays, holds
nothing of them, and the host's table is as it was.

Root and alice, whom a rule allows everything, change a namespace that is given up to them; an alice who
is allowed nothing may name the host too. LINX_FUZZ_CALLS is how many calls there are, LINX_FUZZ_SEED
what they come from: with the same numbers the same are made, but for descriptors that replies bring."""
import collections
import os
import time
import unittest

from strangers import ALLOW_ALICE, Descriptors, Strangers

CALLS = int(os.environ.get('LINX_FUZZ_CALLS', '12000'))
SEED = int(os.environ.get('LINX_FUZZ_SEED') or time.time_ns() % 10**9)
BATCH = 250


class BusFuzz(Strangers):
    def batch(self, user, kind, seed, count):
        sealed, hung = self.sealed(), self.hung()
        descriptors = Descriptors(sealed.pid, hung, wild=kind == 'wild')
        try:
            return self.helper('fuzz-calls', user, sealed.pid, kind, seed, count, fds=descriptors.fds)
        finally:
            descriptors.close()
            hung.end()
            sealed.end()

    def fuzz(self, user, kind, calls):
        """What the calls came to, and how many were done."""
        found, start = collections.Counter(), time.monotonic()
        print(f'{user} {kind}: LINX_FUZZ_SEED={SEED}, {calls} calls', flush=True)
        for number in range(0, calls, BATCH):
            found.update(self.batch(user, kind, SEED + number, min(BATCH, calls - number)))
            self.settled()
        done = sum(n for outcome, n in found.items() if outcome.startswith('done '))
        print(f'{user} {kind}: {done} done, {time.monotonic() - start:.1f} s')
        for outcome, n in found.most_common():
            print(f'    {outcome}: {n}', flush=True)
        self.assertEqual(sum(found.values()), calls)
        self.assertEqual([outcome for outcome in found if outcome.startswith('no reply')], [])
        return found, done

    def test_root(self):
        found, done = self.fuzz('root', 'tame', CALLS * 6 // 10)
        self.assertGreater(done, CALLS / 20)
        for method in ('Mount', 'Bind', 'Umount', 'CreateMount', 'CloneMount', 'ListMounts', 'Can'):
            self.assertGreater(found[f'done {method}'], 0, method)
        self.check_quiet()

    def test_who_is_allowed_everything(self):
        self.rule(ALLOW_ALICE)
        _, done = self.fuzz('alice', 'tame', CALLS * 2 // 10)
        self.assertGreater(done, CALLS / 100)
        self.check_quiet()

    def test_who_is_allowed_nothing(self):
        """But to read its own table, and to ask."""
        found, done = self.fuzz('alice', 'wild', CALLS * 2 // 10)
        self.assertGreater(done, CALLS / 100)
        self.assertLessEqual({outcome for outcome in found if outcome.startswith('done ')},
                             {f'done {name}' for name in (
                                 'ListMounts', 'OpenMountInfo', 'Watch', 'Unwatch', 'Can', 'Get', 'GetAll',
                                 'Introspect', 'Ping', 'GetMachineId')})
        self.check_quiet()


if __name__ == '__main__':
    unittest.main()
