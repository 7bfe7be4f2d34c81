#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""linx-mountctl as a person has it: on a terminal (tmux, captured)."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from harness import Case, as_user, mounts_at, wait_until
from life import gone


class Terminal:
    """A shell of @user in a tmux of its own."""

    def __init__(self, user='root', locale='C.UTF-8', height=50, **env):
        self.socket = f'/run/rig/tmux-{time.monotonic_ns()}'
        variables = dict(PATH=os.environ['PATH'], LC_ALL=locale, HOME='/tmp', PS1='$ ', TERM='xterm-256color',
                         **env)
        pathlib.Path(self.socket).mkdir(mode=0o777)
        os.chmod(self.socket, 0o777)
        self.prefix = [*as_user(user), 'env', '-i', *(f'{k}={v}' for k, v in variables.items()), 'tmux',
                       '-u', '-f', '/dev/null', '-S', f'{self.socket}/s']
        self.tmux('new-session', '-d', '-x', '150', '-y', str(height), 'bash --norc --noprofile')

    def tmux(self, *words):
        return subprocess.run([*self.prefix, *words], check=True, text=True, capture_output=True).stdout

    def type(self, text):
        self.tmux('send-keys', '-l', text)
        self.tmux('send-keys', 'Enter')

    def key(self, *names):
        self.tmux('send-keys', *names)

    def screen(self, *options):
        return self.tmux('capture-pane', '-p', *options)

    def wait(self, pattern, seconds=30):
        """The screen, once @pattern is on it."""
        last = []

        def shown():
            last[:] = [self.screen()]
            return re.search(pattern, last[0])
        try:
            wait_until(shown, pattern, seconds)
        except AssertionError as error:
            raise AssertionError(f'{error}\n{last[0]}') from None
        return last[0]

    def run(self, text):
        """Types a command, and returns the screen when it has ended, with its exit code."""
        self.tmux('send-keys', '-R')
        self.tmux('clear-history')
        self.type(f'clear; {text}; echo exit-code-$?-')
        return self.wait(r'exit-code-\d')

    def end(self):
        self.tmux('kill-server')
        subprocess.run(['rm', '-r', self.socket], check=True)


class Person(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /media; chmod 755 /media; mkdir /media/a')
        self.pid = self.target.pid

    def terminal(self, *args, **kwargs):
        terminal = Terminal(*args, **kwargs)
        self.addCleanup(terminal.end)
        return terminal

    def test_tree(self):
        self.target.run('mount', '-t', 'tmpfs', 'x', '/media/a')
        self.target.run('mount', '--make-shared', '/media/a')
        command = f'linx-mountctl list --tree --in {self.pid} --under /media'
        screen = self.terminal().run(command)
        self.assertRegex(screen, r'(?m)^/media  +t  +tmpfs .* private$')
        self.assertRegex(screen, r'(?m)^└─/media/a +x +tmpfs .* shared:\d+$')
        self.assertRegex(self.terminal(locale='C').run(command), r'(?m)^`-/media/a +x ')

    def test_colour(self):
        """On a terminal, and never with NO_COLOR."""
        command = f'linx-mountctl list --in {self.pid} --under /media'

        def bold(terminal, text):
            terminal.run(text)
            return '\033[1mMOUNT-POINT' in terminal.screen('-e')
        self.assertTrue(bold(self.terminal(), command))
        self.assertFalse(bold(self.terminal(NO_COLOR='1'), command))
        self.assertFalse(bold(self.terminal(), f'{command} | cat'))

    def test_pager(self):
        terminal = self.terminal(height=10)
        terminal.type(f'linx-mountctl list --in {self.pid}')
        self.assertIn('MOUNT-POINT', terminal.wait(r'lines \d+-\d+'))
        terminal.key('q')
        terminal.type('echo after-$?')
        terminal.wait('after-0')
        screen = terminal.run(f'linx-mountctl list --in {self.pid} --no-pager')
        self.assertIn('exit-code-0', screen)

    def test_pager_that_is_not_there(self):
        screen = self.terminal(PAGER='nothing-such').run(f'linx-mountctl list --in {self.pid}')
        self.assertRegex(screen, '(?s)MOUNT-POINT.*exit-code-0')

    def test_killed_at_the_prompt(self):
        """The agent goes with whom it is for."""
        terminal = self.terminal('alice')
        terminal.type(f'linx-mountctl mount --in {self.pid} -t tmpfs x /media/a; echo exit-code-$?-')
        terminal.wait('Password:')
        agent, asking = (int(subprocess.check_output(['pgrep', '-n', '-x', name]))
                         for name in ('pkttyagent', 'linx-mountctl'))
        os.kill(asking, signal.SIGKILL)
        terminal.wait('exit-code-137-')
        wait_until(lambda: gone(agent), 'the agent ending')

    def test_prompt(self):
        """polkit's own agent, on this terminal, asks for root's password."""
        terminal = self.terminal('alice')
        terminal.type(f'linx-mountctl mount --in {self.pid} -t tmpfs x /media/a; echo exit-code-$?-')
        self.assertIn('mount "x" at "/media/a"', terminal.wait('Password:').replace('\n', ''))
        terminal.type('root-pw')
        terminal.wait('exit-code-0-')
        self.assertIn('nosuid', mounts_at('/media/a', self.pid)[0]['mount-options'])

    def test_wrong_password(self):
        terminal = self.terminal('alice')
        terminal.type(f'linx-mountctl mount --in {self.pid} -t tmpfs x /media/a; echo exit-code-$?-')
        terminal.wait('Password:')
        terminal.type('wrong')
        self.assertIn('not authorized', terminal.wait('exit-code-3-'))
        self.assertFalse(mounts_at('/media/a', self.pid))

    def test_denied(self):
        screen = self.terminal('alice').run(
            f'linx-mountctl --no-ask-password umount --in {self.pid} /media')
        self.assertIn('exit-code-3-', screen)
        self.assertIn('linx-mountctl: org.linx.mount1.umount needs authentication', screen)

    def test_watch(self):
        terminal = self.terminal()
        terminal.type(f'linx-mountctl watch --in {self.pid}')
        terminal.wait('watching')
        self.target.run('mount', '-t', 'tmpfs', 'x', '/media/a')
        terminal.wait(' /media/a tmpfs x rw,relatime')
        self.target.run('umount', '/media/a')
        self.assertRegex(terminal.wait('detached'), r'(?m)^detached \d+ /media/a tmpfs x')
        terminal.key('C-c')
        terminal.type('echo after-$?')
        terminal.wait('after-0')


NAMES = ('esc\033]0;x\007', 'new\nline', 'c1\u009b31m', 'bidi\u202etxt', '$(touch x)', '"];a->b;[x="',
         'tab\there', '&quot;&#10;', 'back\\n\\l', 'bytes\udcff\udcfe')


class Names(Case):
    """Mount points that would like a terminal, a shell or Graphviz to act on them."""

    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /media')
        for name in NAMES:
            self.target.run('mkdir', f'/media/{name}')
            self.target.run('mount', '-t', 'tmpfs', f'source{name[:3]}', f'/media/{name}')

    def ctl(self, *words, check=True):
        done = subprocess.run(['linx-mountctl', *words, '--in', str(self.target.pid)], check=check,
                              capture_output=True)
        return done.stdout, done.stderr

    def harmless(self, output):
        """Nothing but printable UTF-8 and the ends of lines."""
        for character in output.decode():
            self.assertTrue(character.isprintable() or character == '\n', repr(character))

    def test_lists(self):
        for shape in ('--json=off', '--tree', '--graph', '--json=short', '--json=pretty'):
            output, said = self.ctl('list', shape, '--under', '/media')
            self.harmless(output)
            self.assertEqual(said, b'')
            if shape in ('--json=off', '--tree'):
                self.assertEqual(len(output.splitlines()), len(NAMES) + 2)
                self.assertIn(rb'/media/bytes\xff\xfe', output)

    def test_json_has_the_names(self):
        rows = json.loads(self.ctl('list', '--json=short', '--under', '/media')[0])
        found = {os.fsdecode(bytes(row['raw']['mount-point'])) if 'raw' in row
                 else row['mount-point'] for row in rows}
        self.assertEqual(found, {'/media'} | {f'/media/{name}' for name in NAMES})

    def test_graph_has_as_many_nodes(self):
        """Every string is one: no name ends it, or begins a line of its own."""
        graph = self.ctl('list', '--graph', '--under', '/media')[0].decode()
        labels = [line for line in graph.splitlines() if '[label="' in line]
        self.assertEqual(len(labels), len(NAMES) + 1)
        for line in labels:
            self.assertRegex(line, r'^    m\d+ \[label="([^"\\&]|\\\\|&amp;)*"\];$')

    def test_errors(self):
        for name in NAMES:
            _, said = self.ctl('mount', '-t', 'tmpfs', 'x', f'/media/{name}/nothing', check=False)
            self.harmless(said)
            self.assertEqual(len(said.splitlines()), 1)

    def test_each_can_be_unmounted(self):
        for name in NAMES:
            self.ctl('umount', f'/media/{name}')
        self.assertEqual(len(self.ctl('list', '--no-legend', '--under', '/media')[0].splitlines()), 1)


if __name__ == '__main__':
    unittest.main()
