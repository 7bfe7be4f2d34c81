#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test_hardening.py BUILD FORTIFIED

What the compiler and the linker made of what is installed from BUILD. FORTIFIED: whether the C library's
checks are in it, as a sanitizer's build has none."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, FORTIFIED = sys.argv[1], sys.argv[2] == 'true'
PROGRAMS = ('linx-mountd', 'linx-mountctl')


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def read(path, *options):
    return run('readelf', '--wide', *options, path)


def is_elf(path):
    with open(path, 'rb') as stream:
        return stream.read(4) == b'\x7fELF'


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.tree.cleanup)
        run('meson', 'install', '--no-rebuild', '--quiet', '-C', BUILD, '--destdir', cls.tree.name)
        cls.files = [path for path in pathlib.Path(cls.tree.name).rglob('*')
                     if path.is_file() and not path.is_symlink() and is_elf(path)]

    def program(self, name):
        found, = (path for path in self.files if path.name == name)
        return found

    def test_all_are_there(self):
        names = {path.name.split('.so')[0] for path in self.files}
        self.assertEqual(names, {*PROGRAMS, 'liblinx-mount-1'})

    def test_full_relro(self):
        for path in self.files:
            self.assertIn('GNU_RELRO', read(path, '--segments'))
            self.assertRegex(read(path, '--dynamic'), r'BIND_NOW|FLAGS.*NOW')

    def test_pie(self):
        for name in PROGRAMS:
            self.assertRegex(read(self.program(name), '--file-header'), r'Type:\s+DYN')
            self.assertRegex(read(self.program(name), '--dynamic'), r'FLAGS_1.*PIE')

    def test_stack_is_not_executable(self):
        for path in self.files:
            flags = re.search(r'GNU_STACK(?:\s+0x\w+){5}\s+(\S+)', read(path, '--segments'))[1]
            self.assertEqual(flags, 'RW')

    def test_nothing_is_both_written_and_run(self):
        for path in self.files:
            self.assertNotRegex(read(path, '--segments'), r'LOAD.* RWE ')

    def test_stack_protector(self):
        for path in self.files:
            self.assertIn('__stack_chk_fail', read(path, '--dyn-syms'))

    def test_fortified(self):
        symbols = set(re.findall(r'__(\w+)_chk@', read(self.program('linx-mountd'), '--dyn-syms')))
        self.assertEqual(bool(symbols), FORTIFIED, symbols)

    def test_no_path_of_its_own(self):
        for path in self.files:
            self.assertNotRegex(read(path, '--dynamic'), r'R(UN)?PATH')

    def test_control_flow(self):
        """The linker says so of a program where the C library's own part of it has it too."""
        if run('uname', '-m').strip() != 'x86_64':
            return
        start = run('gcc', '-print-file-name=Scrt1.o').strip()
        for path in self.files:
            self.assertGreater(run('objdump', '-d', path).count('endbr64'), 50)
            if 'IBT' in read(start, '--notes'):
                self.assertRegex(read(path, '--notes'), 'IBT, SHSTK')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
