#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual pages' examples, as they stand, typed into a shell; and what the pages say there is."""
import pathlib
import re
import subprocess
import unittest

from harness import Case, mountinfo

DOCS = pathlib.Path(__file__).resolve().parents[2] / 'docs'
INTERFACE = DOCS.parent / 'introspection/org.linx.Mount1.xml'


def page(name):
    return (DOCS / f'{name}.scd').read_text()


def examples(name):
    blocks = re.findall(r'(?m)^```\n(.*?)^```$', page(name), re.S)
    return [block.replace('\\\\\n', '\\\n') for block in blocks]


class Manual(Case):
    def check(self, name):
        child = self.child()
        before = mountinfo(child.pid)
        blocks = examples(name)
        script = f'set -eo pipefail\nPID={child.pid}\ncd /run/rig\n' + ''.join(blocks)
        done = subprocess.run(['bash', '-c', script], text=True, capture_output=True)
        self.addCleanup(pathlib.Path('/run/rig/mounts.dot').unlink, missing_ok=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(mountinfo(child.pid), before)
        return blocks, done.stdout

    def test_linx_mountctl(self):
        blocks, printed = self.check('linx-mountctl.1')
        self.assertEqual(len(blocks), 4)
        self.assertIn('─/mnt/share ', printed)
        self.assertRegex(printed, r'(?m)^tmpfs$')
        self.assertRegex(printed, r'(?m)^yes$')
        self.assertIn('subgraph "cluster host"', pathlib.Path('/run/rig/mounts.dot').read_text())

    def test_org_linx_Mount1(self):
        blocks, printed = self.check('org.linx.Mount1.5')
        self.assertEqual(len(blocks), 1)
        self.assertRegex(printed, r'^t \d+\n"rw,relatime"\n$')

    def test_each_command_and_option(self):
        """The page of the command line has all that --help has, and nothing else."""
        text = page('linx-mountctl.1')
        for command in re.findall(r'(?m)^\*([a-z-]+)\*', text.split('# OPTIONS')[0].split('# COMMANDS')[1]):
            shown = subprocess.run(['linx-mountctl', command, '--help'], check=True, text=True,
                                   capture_output=True).stdout
            for option in re.findall(r'(?m)^ .*?(--[a-z-]+)', shown):
                self.assertIn(f'*{option}*', text, command)
        usage = subprocess.run(['linx-mountctl', '--help'], check=True, text=True,
                               capture_output=True).stdout
        for command in re.findall(r'(?m)^  ([a-z-]+) ', usage.split('Commands:')[1]):
            self.assertRegex(text, rf'(?m)^\*{command}\*')

    def test_daemon_options(self):
        shown = subprocess.run(['/usr/libexec/linx-mountd', '--help'], check=True, text=True,
                               capture_output=True).stdout
        for option in re.findall(r'(?m)^ .*?(--[a-z-]+)', shown):
            if option != '--help':
                self.assertIn(f'*{option}*', page('linx-mountd.8'))

    def test_each_method_signal_and_row_key(self):
        text, interface = page('org.linx.Mount1.5'), INTERFACE.read_text()
        for name in re.findall('<(?:method|signal) name="(.*?)"', interface):
            self.assertRegex(text, rf'(?m)^\|  {name}$|\*{name}\*', name)
        for key in self.client().list(limit=1)[0]:
            self.assertIn(f'*{key}*', text)

    def test_each_stage(self):
        """The interface's list is whole."""
        source = (DOCS.parent / 'common/linx-error.c').read_text()
        names = re.findall(r'\[LINX_MOUNT_STAGE_\w+\] = "(\w+)"', source)
        self.assertIn('Watch', names)
        told = INTERFACE.read_text().split('STAGE is one of:')[1].split('A call that failed')[0]
        for name in names:
            self.assertRegex(told, rf'(?m)^ {{8}}(\w+, )*{name}[:,]')

    def test_tests_that_security_names(self):
        """Each rule's tests are there, by the names that SECURITY.md has for them."""
        text = (DOCS.parent / 'SECURITY.md').read_text()
        rules = text.split('## The rules')[1].split('\n## ')[0]
        self.assertEqual(re.findall(r'(?m)^(\d+)\.', rules), [str(n) for n in range(1, 13)])
        for name in re.findall(r'`(test_[\w.]+)`', rules):
            module, *rest = name.split('.')
            source = (DOCS.parent / f'tests/integration/{module}.py').read_text()
            for what, word in zip(('class', 'def'), rest):
                self.assertRegex(source, rf'{what} {word}\b', name)

    def test_each_detail_of_a_rule(self):
        """The page names all keys that the service gives polkit."""
        source = (DOCS.parent / 'service/policy/describe.c').read_text()
        names = set(re.findall(r'(?:put\w*|begin) \(details,\s*"([a-z-]+)"', source))
        self.assertGreater(len(names), 50)
        for name in names:
            self.assertIn(f'*{name}*', page('org.linx.Mount1.5'))


if __name__ == '__main__':
    unittest.main()
