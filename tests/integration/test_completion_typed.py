#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands on the line after TAB: typed into the real shells, and taken by a program they run."""
import os
import pathlib
import select
import signal
import tempfile
import unittest

from actors import fork_on_terminal
from harness import Case, wait_until

DATA = pathlib.Path('/usr/share')
# Each shell, and what makes it complete `show` as it does linx-mountctl.
SHELLS = {
    'bash': (['bash', '--norc', '--noprofile', '-i'],
             [f'source {DATA}/bash-completion/completions/linx-mountctl',
              'complete -F _linx_mountctl show']),
    'zsh': (['zsh', '-f', '-i'],
            [f'fpath=({DATA}/zsh/vendor-completions $fpath); autoload -U compinit; compinit -u -D',
             'compdef _linx-mountctl show']),
    'fish': (['fish', '--no-config', '-i'],
             [f'source {DATA}/fish/vendor_completions.d/linx-mountctl.fish',
              'complete -c show -w linx-mountctl']),
}
# The program: it leaves its arguments, each ended by a NUL.
SHOW = '#!/bin/sh\nprintf "%s\\0" "$@" >new\nmv new arguments\n'
NAMES = ('plain', 'two words', ' before', 'after ', '$(touch trap)', '`touch trap`', 'x;touch trap;', '-rf',
         '*', '?', "it's", "''", '~', '$HOME', '[a]', '!!', '{1,2}', 'ä', '|&<>#', '<(touch trap)',
         'a:b', 'a=b', '=ls', '%x', '^a')


class Shell:
    def __init__(self, name, place):
        command, setup = SHELLS[name]
        self.place = place
        self.pid, self.terminal = fork_on_terminal()
        if self.pid == 0:
            os.chdir(place)
            os.environ.update(HOME=str(place), LC_ALL='C.UTF-8', TERM='xterm',
                              PATH=f'{place}:{os.environ["PATH"]}')
            os.execvp(command[0], command)
        self.said = b''
        for line in setup:
            os.write(self.terminal, line.encode() + b'\r')
        self.type('show ready')

    def type(self, text):
        """The arguments that show was run with, when @text and Enter were typed."""
        os.write(self.terminal, text.encode() + b'\r')
        arguments = self.place / 'arguments'
        try:
            wait_until(lambda: self.read() or arguments.exists(), text)
        except AssertionError as error:
            raise AssertionError(f'{error}\n{self.said.decode(errors="replace")}') from None
        words = os.fsdecode(arguments.read_bytes()).split('\0')[:-1]
        arguments.unlink()
        return words

    def read(self):
        if select.select([self.terminal], [], [], 0.01)[0]:
            self.said += os.read(self.terminal, 65536)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class Typed(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /media')
        self.pid = self.target.pid

    def shell(self, name):
        """Started in a directory of its own, where it finds show."""
        directory = tempfile.TemporaryDirectory(dir='/run/rig')
        self.addCleanup(directory.cleanup)
        place = pathlib.Path(directory.name)
        (place / 'show').write_text(SHOW)
        (place / 'show').chmod(0o755)
        shell = Shell(name, place)
        self.addCleanup(shell.end)
        return shell

    def test_names(self):
        """Each alone in a directory, whose name is typed."""
        for number, name in enumerate(NAMES):
            point = f'/media/d{number:02}/{name}'
            self.target.run('mkdir', '-p', point)
            self.target.run('mount', '-t', 'tmpfs', 'x', point)
        for kind in SHELLS:
            shell = self.shell(kind)
            for number, name in enumerate(NAMES):
                with self.subTest(shell=kind, name=name):
                    self.assertEqual(shell.type(f'show umount --in {self.pid} /media/d{number:02}\t'),
                                     ['umount', '--in', str(self.pid), f'/media/d{number:02}/{name}'])
            self.assertNotIn('trap', os.listdir(shell.place), kind)

    def test_within_a_name(self):
        """No name has other names put after its equals sign."""
        self.target.run('mkdir', '/media/a=b')
        self.target.run('mount', '-t', 'tmpfs', 'x', '/media/a=b')
        for kind in SHELLS:
            with self.subTest(shell=kind):
                *_, point = self.shell(kind).type(f'show umount --in {self.pid} /media/a=\t')
                self.assertIn(point, ('/media/a=', '/media/a=b'))

    def test_what_was_typed_is_not_run(self):
        """TAB, and then the line is thrown away. What zsh has on that key expands such words itself,
        whatever the command: complete-word does not."""
        for kind in SHELLS:
            shell = self.shell(kind)
            if kind == 'zsh':
                shell.type('bindkey "^I" complete-word; show ready')
            for word in ('$(touch trap)', '`touch trap`', '(touch trap)'):
                for line in (f'show umount --in {word} /media', f'show list --under={word}',
                             f'show list --in={word} --under=/', f'show {word} ', f'show umount {word}'):
                    with self.subTest(shell=kind, line=line):
                        self.assertEqual(shell.type(f'{line}\t\x15show done'), ['done'])
                        self.assertNotIn('trap', os.listdir(shell.place))


if __name__ == '__main__':
    unittest.main()
