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

    def read(self):
        """A line of something that goes on behind the shell."""
        return self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Readme(Case):
    def test_examples(self):
        blocks = iter(re.findall(r'^```sh\n(.*?)^```$', README.read_text(), re.M | re.S))
        shell = Shell()

        def type_next():
            return shell.type(next(blocks))
        self.five_examples(shell, type_next)
        type_next()
        pid = int(shell.type('echo $PID'))
        own = os.readlink('/proc/self/ns/mnt')
        wait_until(lambda: os.readlink(f'/proc/{pid}/ns/mnt') != own
                   and pathlib.Path(f'/proc/{pid}/comm').read_text() == 'sleep\n', 'the child')

        def at(point):
            return mounts_at(point, pid)[-1]
        self.assertIn(' /mnt ', type_next())
        self.assertIn('nosuid', at('/mnt')['mount-options'])
        self.assertFalse([row for row in mounts_at('/mnt') if row['fstype'] == 'tmpfs'])
        self.assertRegex(type_next(), r'^\(uint64 \d+,\)\n$')
        self.assertTrue(at('/mnt/data'))
        self.assertIn('"/mnt/data"', type_next())
        type_next()
        self.assertEqual(shell.read(), 'watching\n')
        self.assertRegex(type_next(), r'^h \d+\n$')
        subprocess.run(['nsenter', '-t', str(pid), '-m', 'mount', '-t', 'tmpfs', 'x', '/mnt/data'],
                       check=True)
        self.assertEqual(shell.read(), "removed: 0 added: ['/mnt/data']\n")
        subprocess.run(['nsenter', '-t', str(pid), '-m', 'umount', '/mnt/data'], check=True)
        self.assertEqual(type_next(), 's "yes"\n')
        type_next()
        self.assertFalse(mounts_at('/mnt/data', pid))
        self.assertRegex(type_next(), r'^t \d+\n$')
        self.assertTrue(at('/mnt/share')['mount-options'].startswith('ro,nosuid,nodev'))
        type_next()
        self.assertIn('noexec', at('/mnt/share')['mount-options'])
        self.assertIn('size=131072k', at('/mnt')['super-options'])
        type_next()
        self.assertFalse(mounts_at('/mnt/share', pid))
        self.assertTrue(at('/mnt/data')['tags'])
        self.addCleanup(pathlib.Path('/tmp/disk.img').unlink)
        type_next()
        self.assertEqual(at('/mnt/disk')['fstype'], 'ext4')
        self.assertIn('noatime', at('/mnt/disk')['mount-options'])
        self.assertRegex(type_next(), r'^h \d+\nh \d+\n$')
        self.assertTrue(at('/mnt/attached'))
        type_next()
        self.assertFalse(mounts_at('/mnt/data', pid))
        self.assertEqual(len(type_next().splitlines()), 3)
        self.assertEqual([row['mount-point'] for row in mountinfo(pid)],
                         ['/', '/disk', '/attached'])
        watched = os.pidfd_open(pid)
        type_next()
        self.assertEqual(select.select([watched], [], [], 20)[0], [watched])
        os.close(watched)
        self.assertEqual(list(blocks), [])
        self.assertEqual(shell.end(), 0)

    def five_examples(self, shell, type_next):
        text = type_next()
        pid = int(shell.type('echo $PID'))
        self.assertRegex(text, r'(?m)^ *├─/mnt/|^/mnt .*\n.─/mnt/share ')
        self.assertTrue(mounts_at('/mnt/share', pid)[0]['mount-options'].startswith('ro,nosuid,nodev'))
        read_only = {row['mount-point'] for row in mountinfo(pid)
                     if row['mount-options'].startswith('ro,')}
        for _ in range(2):
            self.assertEqual(set(type_next().splitlines()), read_only)
        self.assertEqual(type_next(), 'yes\nexit code 1\n')
        watched = os.pidfd_open(pid)
        type_next()
        self.assertEqual(select.select([watched], [], [], 20)[0], [watched])
        os.close(watched)

    def test_each_verb_is_shown(self):
        interface = README.parent / 'introspection/org.linx.Mount1.xml'
        for method in re.findall('<method name="(.*?)"', interface.read_text()):
            self.assertRegex(README.read_text(), rf"(?m)^    {method} '|'{method}', |^    {method} sv")

    def test_paths_that_it_names(self):
        text = README.read_text()
        for path in re.findall(r'`([\w./-]+/[\w./-]+)`', text):
            self.assertTrue((README.parent / path).exists() or path.startswith(('/', './')), path)


if __name__ == '__main__':
    unittest.main()
