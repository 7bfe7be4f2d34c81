#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An attacker exchanges components of source and target while one verb is called again and again: not
one call does anything elsewhere. A check of the paths before the system call loses to the same attacker,
in the same run.

Elsewhere is what tests/helpers/race-loop.c calls wrong. The attacker, bob, owns the directories src
and dst of each tree, and exchanges in both: `dir` with `link`, a symbolic link to a directory that is
forbidden; `dir` with `other`, a directory like it; and in `dir`, `leaf` with `away`, a symbolic link
to a forbidden leaf. LINX_RACE_BINDS is how many calls of Bind there are, by root and by a user with a
rule; LINX_RACE_CALLS how many of each other verb."""
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

BINDS = int(os.environ.get('LINX_RACE_BINDS', '20000'))
CALLS = int(os.environ.get('LINX_RACE_CALLS', '3000'))
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
# Where the leaf is a mount: what is mounted on keeps its name.
MOUNTED = PAIRS[:2]
RULE = f'''
if (subject.user == "alice" && action.id == "org.linx.mount1.bind" &&
    action.lookup("source") == "{ALICE}/src/dir/leaf" &&
    action.lookup("target") == "{ALICE}/dst/dir/leaf")
    return polkit.Result.YES;
'''
REFUSALS = {ERROR + name for name in ('Resolve.ELOOP', 'Resolve.ESTALE', 'Resolve.ENOENT',
                                      'Resolve.EXDEV', 'Umount.ESTALE', 'NotAuthorized')} \
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

    def loop(self, verb, tree, calls, *option, **kwargs):
        return self.start(HELPERS / 'race-loop', verb, tree, str(calls), *option, **kwargs)

    def racer(self, *trees, pairs):
        names = [f'{tree}/{side}/{name}' for pair in pairs for side in ('src', 'dst')
                 for tree in trees for name in pair]
        return self.start(HELPERS / 'racer', *names, user='bob')

    def race(self, loops, pairs=PAIRS):
        """What each loop of {tree: loop} came to, {tree: {(way, outcome): count}}, while one attacker
        is at all trees; and the exchanges."""
        racer = self.racer(*loops, pairs=pairs)
        start = time.monotonic()
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
        print(f'{exchanges} exchanges in {time.monotonic() - start:.1f} s')
        return found, exchanges

    def check_service(self, tree, counts):
        """A fair share of the calls succeeded, and a fair share met the racer."""
        total, right = sum(counts.values()), counts.pop('right', 0)
        self.assertLessEqual(set(counts), REFUSALS, tree)
        self.assertGreater(right, total / 20, tree)
        self.assertGreater(total - right, total / 20, tree)

    def check(self, found, exchanges, calls):
        totals = collections.Counter()
        for tree, counts in found.items():
            for (way, outcome), n in sorted(counts.items()):
                print(f'{tree}: {way} {outcome}: {n}')
                totals[way] += n
                totals['elsewhere', way] += n if outcome.startswith('wrong') else 0
        for way in ('service', 'classic'):
            print(f'{way}: {totals["elsewhere", way]} of {totals[way]} went elsewhere', flush=True)
        self.assertEqual(totals['service'], calls)
        self.assertEqual(totals['elsewhere', 'service'], 0)
        self.assertGreater(totals['elsewhere', 'classic'], 0)
        self.assertGreater(exchanges, calls)
        for tree, counts in found.items():
            self.check_service(tree, {outcome: n for (way, outcome), n in counts.items()
                                      if way == 'service'})

    def test_bind(self):
        """Alice may unmount by herself, which means nothing to the service."""
        self.target = self.child(prepare=PREPARE)
        self.rule(RULE)
        before = table()
        few = BINDS // 10
        loops = {ROOT: self.loop('bind', ROOT, BINDS - few, 'no-symlinks'),
                 ALICE: self.loop('bind', ALICE, few, user='alice', capabilities=[
                     '--inh-caps', '+sys_admin', '--ambient-caps', '+sys_admin'])}
        self.check(*self.race(loops), BINDS)
        self.assertEqual(table(), before)

    def check_verb(self, verb, pairs=PAIRS):
        self.target = self.child(prepare=PREPARE)
        before = table()
        loops = {ROOT: self.loop(verb, ROOT, CALLS, 'no-symlinks')}
        self.check(*self.race(loops, pairs), CALLS)
        self.assertEqual(table(), before)

    def test_mount(self):
        self.check_verb('mount')

    def test_create(self):
        self.check_verb('create')

    def test_attach(self):
        self.check_verb('attach')

    def test_move(self):
        self.check_verb('move', MOUNTED)

    def test_umount(self):
        self.check_verb('umount', MOUNTED)

    def test_remount(self):
        self.check_verb('remount', MOUNTED)

    def test_propagation(self):
        self.check_verb('propagation', MOUNTED)

    def test_pivot(self):
        self.check_verb('pivot', MOUNTED)


if __name__ == '__main__':
    unittest.main()
