#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An attacker exchanges components of source and target while Bind is called again and again: not
one mount lands elsewhere. A check of the paths before mount(2) loses to the same attacker.

Elsewhere is what tests/helpers/bind-loop.c calls wrong. The attacker, bob, owns the directories src
and dst of each tree, and exchanges in both: `dir` with `link`, a symbolic link to a directory that is
forbidden; `dir` with `other`, a directory like it; and in `dir`, `leaf` with `away`, a symbolic link
to a forbidden leaf. LINX_RACE_BINDS is how many calls there are."""
import collections
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'integration'))
from harness import ERROR, HELPERS, Case, as_user, table  # noqa: E402

CALLS = int(os.environ.get('LINX_RACE_BINDS', '20000'))
ROOT, ALICE = '/mnt/root', '/mnt/alice'
PREPARE = f'''
mount -t tmpfs t /mnt
chmod 755 /mnt
for tree in {ROOT} {ALICE}; do
    for side in src dst; do
        mkdir -p $tree/$side/dir/leaf $tree/$side/other/leaf $tree/forbidden/$side/leaf
        ln -s $tree/forbidden/$side $tree/$side/link
        ln -s $tree/forbidden/$side/leaf $tree/$side/dir/away
        chown -R bob $tree/$side
    done
done
'''
PAIRS = [('dir', 'link'), ('dir', 'other'), ('dir/leaf', 'dir/away')]
RULE = f'''
if (subject.user == "alice" && action.id == "org.linx.mount1.bind" &&
    action.lookup("source") == "{ALICE}/src/dir/leaf" &&
    action.lookup("target") == "{ALICE}/dst/dir/leaf")
    return polkit.Result.YES;
'''
REFUSALS = {ERROR + name for name in ('Resolve.ELOOP', 'Resolve.ESTALE', 'Resolve.ENOENT',
                                      'Resolve.EXDEV', 'NotAuthorized')} \
    | {'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'}


class Race(Case):
    def start(self, *command, user='root', capabilities=()):
        """A helper in the child's namespace, once it is ready."""
        process = subprocess.Popen(
            ['nsenter', '-t', str(self.target.pid), '-m', *as_user(user), *capabilities, *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), 'ready\n')
        return process

    def loops(self):
        """The callers, by tree. Alice may unmount by herself, which means nothing to the service."""
        few = CALLS // 10
        root = self.start(HELPERS / 'bind-loop', ROOT, str(CALLS - few), 'no-symlinks')
        alice = self.start(HELPERS / 'bind-loop', ALICE, str(few), user='alice',
                           capabilities=['--inh-caps', '+sys_admin', '--ambient-caps', '+sys_admin'])
        return {ROOT: root, ALICE: alice}

    def racer(self):
        names = [f'{tree}/{side}/{name}' for pair in PAIRS for side in ('src', 'dst')
                 for tree in (ROOT, ALICE) for name in pair]
        return self.start(HELPERS / 'racer', *names, user='bob')

    def race(self):
        """What the loops came to, {tree: {(way, outcome): count}}, and the racer's exchanges."""
        loops, racer = self.loops(), self.racer()
        for loop in loops.values():
            loop.stdin.close()
        found = {}
        for tree, loop in loops.items():
            rows = (re.fullmatch(r'(\S+) (.+) (\d+)\n', line).groups() for line in loop.stdout)
            found[tree] = {(way, outcome): int(n) for way, outcome, n in rows}
            self.assertEqual(loop.wait(), 0)
        racer.terminate()
        exchanges = int(racer.stdout.readline())
        self.assertEqual(racer.wait(), 0)
        return found, exchanges

    def check_service(self, tree, counts):
        """A fair share of the calls succeeded, and a fair share met the racer."""
        total, right = sum(counts.values()), counts.pop('right', 0)
        self.assertLessEqual(set(counts), REFUSALS, tree)
        self.assertGreater(right, total / 10, tree)
        self.assertGreater(total - right, total / 10, tree)

    def test_binds(self):
        self.target = self.child(prepare=PREPARE)
        self.rule(RULE)
        before = table(), table(self.target.pid)
        start = time.monotonic()
        found, exchanges = self.race()
        print(f'{exchanges} exchanges in {time.monotonic() - start:.1f} s')
        totals = collections.Counter()
        for tree, counts in found.items():
            for (way, outcome), n in sorted(counts.items()):
                print(f'{tree}: {way} {outcome}: {n}')
                totals[way] += n
                totals['elsewhere', way] += n if outcome.startswith('wrong') else 0
        for way in ('service', 'classic'):
            print(f'{way}: {totals["elsewhere", way]} of {totals[way]} landed elsewhere', flush=True)

        self.assertEqual(totals['service'], CALLS)
        self.assertEqual(totals['elsewhere', 'service'], 0)
        self.assertGreater(totals['elsewhere', 'classic'], 0)
        self.assertGreater(exchanges, 10 * CALLS)
        for tree, counts in found.items():
            self.check_service(tree, {outcome: n for (way, outcome), n in counts.items()
                                      if way == 'service'})
        self.assertEqual((table(), table(self.target.pid)), before)


if __name__ == '__main__':
    unittest.main()
