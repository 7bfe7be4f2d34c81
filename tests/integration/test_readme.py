#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The README's examples, as they stand, typed into one shell."""
import os
import pathlib
import re
import select
import subprocess
import unittest

from harness import Case, mountinfo, mounts_at, wait_until

README = pathlib.Path(__file__).resolve().parents[2] / 'README.md'


class Shell:
    def __init__(self):
        self.process = subprocess.Popen(['bash', '-e'], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def type(self, text):
        """Types @text, and returns what it printed."""
        self.process.stdin.write(text + '\necho end-of-block\n')
        self.process.stdin.flush()
        lines = []
        while (line := self.process.stdout.readline()) != 'end-of-block\n':
            if not line:
                raise AssertionError(f'failed: {text}')
            lines.append(line)
        return ''.join(lines)

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Readme(Case):
    def test_examples(self):
        blocks = re.findall(r'^```sh\n(.*?)^```$', README.read_text(), re.M | re.S)
        self.assertEqual(len(blocks), 8)
        shell = Shell()
        shell.type(blocks[0])
        pid = int(shell.type('echo $PID'))
        own = os.readlink('/proc/self/ns/mnt')
        wait_until(lambda: os.readlink(f'/proc/{pid}/ns/mnt') != own
                   and pathlib.Path(f'/proc/{pid}/comm').read_text() == 'sleep\n', 'the child')

        self.assertIn(' /mnt ', shell.type(blocks[1]))
        self.assertIn('nosuid', mounts_at('/mnt', pid)[-1]['mount-options'])
        self.assertFalse([row for row in mounts_at('/mnt') if row['fstype'] == 'tmpfs'])
        self.assertRegex(shell.type(blocks[2]), r'^\(uint64 \d+,\)\n$')
        self.assertTrue(mounts_at('/mnt/data', pid))
        self.assertIn('"/mnt/data"', shell.type(blocks[3]))
        self.assertEqual(shell.type(blocks[4]), 's "yes"\n')
        shell.type(blocks[5])
        self.assertFalse(mounts_at('/mnt/data', pid))
        self.assertEqual(len(shell.type(blocks[6]).splitlines()), 1)
        self.assertEqual([row['mount-point'] for row in mountinfo(pid)], ['/'])
        watched = os.pidfd_open(pid)
        shell.type(blocks[7])
        self.assertEqual(select.select([watched], [], [], 20)[0], [watched])
        os.close(watched)
        self.assertEqual(shell.end(), 0)

    def test_paths_that_it_names(self):
        text = README.read_text()
        for path in re.findall(r'`([\w./-]+/[\w./-]+)`', text):
            self.assertTrue((README.parent / path).exists() or path.startswith(('/', './')), path)


if __name__ == '__main__':
    unittest.main()
