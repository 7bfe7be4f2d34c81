#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of all verbs from 16 clients at once: memory, descriptors and threads stay where they are, and
each refusal is in the journal. LINX_SOAK_CALLS is how many calls there are in all."""
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'integration'))
from harness import BUILD, HELPERS, LOG, Case, as_user, mountinfo, service_pid, table, wait_until  # noqa: E402
from life import busy, held  # noqa: E402

CALLS = int(os.environ.get('LINX_SOAK_CALLS', '16000'))
ROOTS, USERS = 12, 4
# Of calls that were done, so many lines in 30 s (service/policy/audit-quota.c).
MOST_DONE = 10000
SANITIZED = 'asan' in BUILD.name


class Measured:
    """What the service holds, but for workers that wait and the channels to them."""

    def __init__(self):
        self.pid = service_pid()

    def look(self):
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        return {'KiB resident': int(re.search(r'VmRSS:\s+(\d+)', status)[1]),
                'descriptors': held(self.pid).total(),
                'threads': busy(self.pid)}


def left_out_of(text, what):
    """How many calls of all users have no line of their own."""
    lines = [line for line in text.splitlines() if 'audit: beyond' in line]
    return sum(int(n) for n in re.findall(rf' {what}=(\d+)', '\n'.join(lines)))


class Soak(Case):
    def start(self, kind, user, calls):
        child = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/old')
        self.root.pivot_root('/mnt', in_=child.pid)
        return subprocess.Popen([*as_user(user), HELPERS / 'soak', kind, str(child.pid), str(calls)],
                                text=True, stdout=subprocess.PIPE), child

    def quiet(self, measured):
        """As soon as the service is at rest: so many threads as when it began."""
        wait_until(lambda: measured.look()['threads'] <= self.before['threads'], 'the service at rest',
                   60)
        return measured.look()

    def test_soak(self):
        self.root = self.client()
        self.root.list(limit=1)
        host, measured = table(), Measured()
        self.round(CALLS // 8)
        self.before = measured.look()
        start = time.monotonic()
        done, refused = self.round(CALLS)
        after = self.quiet(measured)
        print(f'{done} calls done, {refused} refused, in {time.monotonic() - start:.0f} s; before: '
              f'{self.before}; after: {after}', flush=True)
        self.assertEqual(service_pid(), measured.pid)
        self.assertEqual(table(), host)
        self.assertLessEqual(after['descriptors'], self.before['descriptors'] + 2)
        # What a sanitizer keeps of freed memory is not the service's.
        if not SANITIZED:
            self.assertLess(after['KiB resident'], self.before['KiB resident'] * 1.2 + 2048)

    def round(self, calls):
        """About so many calls by 16 clients; how many were done, and how many refused."""
        each = calls // (ROOTS + USERS)
        with open(LOG, errors='replace') as log:
            log.seek(0, os.SEEK_END)
            roots = [self.start('root', 'root', each) for _ in range(ROOTS)]
            users = [self.start('denied', 'alice', each) for _ in range(USERS)]
            done, refused = (sum(self.finish(*pair) for pair in pairs) for pairs in (roots, users))
            text = wait_until(lambda: self.complete(log, refused), 'each refusal in the journal', 60)
        shown = text.count('outcome="done"')
        left_out = left_out_of(text, 'done')
        print(f'journal: {shown} lines of {done} calls done, {left_out} left out')
        self.assertGreater(shown, min(done, MOST_DONE) / 2)
        return done, refused

    def complete(self, log, refused):
        """What the log says since then, once each refusal has a line, or is counted in one."""
        position = log.tell()
        text = log.read()
        log.seek(position)
        count = text.count('InteractiveAuthorizationRequired"') + left_out_of(text, 'failed')
        self.assertLessEqual(count, refused)
        return text if count == refused else None

    def finish(self, process, child):
        printed = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        self.assertEqual([row['mount-point'] for row in mountinfo(child.pid)], ['/'])
        child.end()
        return int(printed)


if __name__ == '__main__':
    unittest.main()
