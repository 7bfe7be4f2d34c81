#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completions in the real shells: what there is, and mount points whose names would like to be run."""
import os
import pathlib
import re
import select
import subprocess
import unittest

from actors import fork_on_terminal
from harness import Case, wait_until

COMPLETIONS = pathlib.Path('/usr/share')
BASH = COMPLETIONS / 'bash-completion/completions/linx-mountctl'
ZSH = COMPLETIONS / 'zsh/vendor-completions/_linx-mountctl'
FISH = COMPLETIONS / 'fish/vendor_completions.d/linx-mountctl.fish'
# Where the shells are, and what whoever runs a name leaves there.
PLACE = pathlib.Path('/run/rig')
TRAP = PLACE / 'trap'
COMMANDS = ('list', 'mount', 'umount', 'bind', 'remount', 'move', 'propagation', 'pivot-root', 'watch',
            'can', 'status')
# Below /media of the namespace: each must come as exactly this, and nothing of it may run.
NAMES = ('plain', 'two words', '$(touch trap)', '`touch trap`', 'x;touch trap;', '-rf', '*',
         "it's", '~', '$HOME', '[a]', '!!', '{1,2}', 'ä', '|&<>#')
# Those cannot be typed, and are left out.
UNTYPABLE = ('new\nline', 'esc\033]0;x\007', 'back\\slash', 'quo"te')

BASH_SCRIPT = '''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
compopt() { :; }
_linx_mountctl
# As the shell takes what stands on the line then.
for reply in "${COMPREPLY[@]}"; do eval "words=($reply)"; printf '%s\\0' "${words[@]}"; done
'''


def bash(*words):
    done = subprocess.run(['bash', '-c', BASH_SCRIPT, 'bash', BASH, 'linx-mountctl', *map(str, words)],
                          check=True, capture_output=True, text=True, cwd=PLACE)
    return done.stdout.split('\0')[:-1]


def fish(*words):
    *before, last = words
    line = ' '.join(['linx-mountctl', *map(str, before), last])
    done = subprocess.run(['fish', '--no-config', '-c', f'source {FISH}; complete -C $argv[1]', line],
                          check=True, capture_output=True, text=True, cwd=PLACE,
                          env=dict(os.environ, HOME='/tmp'))
    return [line.split('\t')[0] for line in done.stdout.splitlines()]


class Zsh:
    """zsh on a terminal: what is on the line after TAB, as the shell takes it."""

    def __init__(self):
        self.pid, self.terminal = fork_on_terminal()
        if self.pid == 0:
            os.environ.update(HOME='/run/rig', TERM='dumb', PS1='', LC_ALL='C.UTF-8')
            os.chdir(PLACE)
            os.execvp('zsh', ['zsh', '-f', '-i'])
        self.text = ''
        self.run(f'unsetopt zle_bracketed_paste prompt_cr prompt_sp; PS1= ; PROMPT=; '
                 f'fpath=({ZSH.parent} $fpath); autoload -U compinit; compinit -u -D; '
                 'list() { reply=(); compadd() { builtin compadd -O reply "$@"; '
                 'print -rN -- "${(@)reply}" >>/run/rig/zsh-words; builtin compadd "$@"; }; }; '
                 'zstyle ":completion:*" menu no; setopt no_list_beep no_beep; list')

    def read(self):
        if select.select([self.terminal], [], [], 0.01)[0]:
            self.text += os.read(self.terminal, 65536).decode(errors='replace')
        return self.text

    def run(self, text):
        os.write(self.terminal, (text + '; print -r END-OF""-LINE\n').encode())
        wait_until(lambda: 'END-OF-LINE' in self.read(), 'zsh', 30)
        self.text = ''

    def complete(self, *words):
        """What completion offers where the line ends."""
        found = pathlib.Path('/run/rig/zsh-words')
        found.write_bytes(b'')
        os.write(self.terminal, ' '.join(['linx-mountctl', *map(str, words)]).encode() + b'\t\x15')
        self.run(':')
        return [word for word in found.read_text().split('\0') if word]

    def end(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class Completion(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /media')
        self.pid = self.target.pid
        for name in NAMES + UNTYPABLE:
            self.target.run('mkdir', '--', f'/media/{name}')
            self.target.run('mount', '-t', 'tmpfs', 'x', f'/media/{name}')
        self.zsh = Zsh()
        self.addCleanup(self.zsh.end)
        self.shells = {'bash': bash, 'fish': fish, 'zsh': self.zsh.complete}

    def tearDown(self):
        self.assertFalse(TRAP.exists())

    def offers(self, expected, *words):
        for shell, complete in self.shells.items():
            found = complete(*words)
            self.assertLessEqual(set(expected), set(found), (shell, words, found))

    def test_commands(self):
        self.offers(COMMANDS, '')
        self.offers(set(COMMANDS) - {'can', 'status'}, 'can', '')

    def test_mount_points(self):
        for words in (('umount', '--in', self.pid, '/media/'), ('--in', self.pid, 'list', '/media/'),
                      ('can', 'umount', '--in', self.pid, '/media/')):
            for shell, complete in self.shells.items():
                found = {word for word in complete(*words) if word.startswith('/media/')}
                self.assertEqual(found, {f'/media/{name}' for name in NAMES}, (shell, words))

    def test_can_has_no_columns(self):
        self.assertNotIn('--output', bash('can', '--'))
        self.assertIn('--output', bash('--'))

    def test_namespaces(self):
        self.offers(['self', 'host', str(self.pid)], 'list', '--in', '')
        self.offers([str(self.pid)], 'bind', '--from', str(self.pid)[:1])

    def test_words(self):
        self.offers(['shared', 'rprivate'], 'propagation', '')
        self.offers(['pretty', 'short', 'off'], 'list', '--json', '')
        self.offers(['mount-point', 'fstype'], 'list', '-o', '')
        self.offers(['ro', 'nosuid'], 'bind', '-o', '')
        self.offers(['tmpfs', 'proc'], 'mount', '-t', '')
        self.offers(['file', 'directory'], 'mount', '--create', '')

    def test_each_option(self):
        """All that --help has is in each of the three."""
        for command in COMMANDS:
            shown = subprocess.run(['linx-mountctl', command, '--help'], check=True, text=True,
                                   capture_output=True).stdout
            options = set(re.findall(r'(?m)^ .*?(--[a-z-]+)', shown))
            for shell in ('bash', 'fish'):
                self.assertLessEqual(options - {'--help'}, set(self.shells[shell](command, '--')),
                                     (shell, command))
            text = ZSH.read_text()
            for option in options:
                self.assertIn(option, text)


if __name__ == '__main__':
    unittest.main()
