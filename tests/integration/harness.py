# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the integration tests share: callers, parked children, the kernel's own view, and waiting for
events. For use inside tests/rig/rig.py."""
import contextlib
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
import unittest

from gi.repository import GLib

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ['LINX_BUILD'])
HELPERS = BUILD / 'tests' / 'helpers'
RULES = pathlib.Path('/etc/polkit-1/rules.d')
LOG = pathlib.Path('/run/rig/bus.log')
ERROR = 'org.linx.Mount1.Error.'
INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs'
CHALLENGE = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {seconds} s')
        time.sleep(0.005)


class Fault(Exception):
    """An error that came over the bus."""

    def __init__(self, name, message):
        super().__init__(f'{name}: {message}')
        self.name, self.message = name, message


def as_user(user):
    return ['setpriv', '--reuid', user, '--regid', user, '--init-groups'] if user != 'root' else []


class Client:
    """A caller: one process, one connection. @prefix is what it is started with."""

    def __init__(self, user='root', prefix=(), enter=(), env=None, pass_fds=()):
        command = [*prefix, *as_user(user), *enter, sys.executable, str(HERE / 'client.py')]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=dict(os.environ, **(env or {})),
                                        pass_fds=pass_fds)

    def send(self, method, arguments=None, **kwargs):
        line = json.dumps(dict(method=method, arguments=arguments, **kwargs))
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError('the client ended')
        answer = json.loads(line)
        if 'error' in answer:
            raise Fault(answer['error'], answer['message'])
        return answer.get('value', answer.get('sent'))

    def call(self, method, arguments=None, **kwargs):
        self.send(method, arguments, **kwargs)
        return self.receive()

    def mount(self, target, source='tmpfs', fstype='tmpfs', interactive=False, **options):
        return self.call('Mount', arguments(source, target, fstype, **options),
                         interactive=interactive)[0]

    def bind(self, source, target, interactive=False, **options):
        return self.call('Bind', arguments(source, target, **options), interactive=interactive)[0]

    def remount(self, target, interactive=False, **options):
        self.call('Remount', arguments(target, **options), interactive=interactive)

    def move(self, source, target, interactive=False, **options):
        self.call('Move', arguments(source, target, **options), interactive=interactive)

    def create_mount(self, source='tmpfs', fstype='tmpfs', interactive=False, **options):
        """Returns the number that the client keeps the detached mount under."""
        return self.call('CreateMount', arguments(source, fstype, **options),
                         interactive=interactive, keep_fd=True)

    def clone_mount(self, source, interactive=False, **options):
        return self.call('CloneMount', arguments(source, **options), interactive=interactive,
                         keep_fd=True)

    def attach_mount(self, fd, target, interactive=False, **options):
        inner = arguments(target, **options)
        return self.call('AttachMount', f'(@h 0, {inner[1:]}', interactive=interactive,
                         fds=[[f'kept:{fd}', None]] if isinstance(fd, int) else [fd])[0]

    def umount(self, target, interactive=False, **options):
        self.call('Umount', arguments(target, **options), interactive=interactive)

    def set_propagation(self, target, propagation, interactive=False, **options):
        self.call('SetPropagation', arguments(target, propagation, **options),
                  interactive=interactive)

    def make_rprivate(self, target='/', interactive=False, **options):
        self.call('MakeRPrivate', arguments(target, **options), interactive=interactive)

    def pivot_root(self, new_root, put_old='', interactive=False, **options):
        self.call('PivotRoot', arguments(new_root, put_old, **options), interactive=interactive)

    def list(self, **options):
        return [row[0] for row in self.call('ListMounts', arguments(**options))[0]]

    def can(self, method, *args, **options):
        inner = arguments(*args, **options)
        return self.call('Can', f"('{method}', <{inner}>)")[0]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.close_after_kill()

    def close_after_kill(self):
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def quote(text):
    return GLib.Variant('s', text).print_(False)


def option(value):
    """A Python value as GVariant text: int is u, bool b, str s, list as; text in angle brackets is
    taken as it is."""
    if isinstance(value, bool):
        return '<true>' if value else '<false>'
    if isinstance(value, int):
        return f'<uint32 {value}>' if value < 2**32 else f'<uint64 {value}>'
    if isinstance(value, list):
        return '<@as [' + ', '.join(quote(word) for word in value) + ']>'
    return value if value.startswith('<') else f'<{quote(value)}>'


def arguments(*words, **options):
    """The text of a method's arguments; in_ is the key `in`, a_b the key `a-b`."""
    pairs = (f"'{key.rstrip('_').replace('_', '-')}': {option(value)}"
             for key, value in options.items() if value is not None)
    dictionary = '@a{sv} {' + ', '.join(pairs) + '}'
    members = [quote(word) for word in words] + [dictionary]
    return '(' + ', '.join(members) + (',)' if len(members) == 1 else ')')


class MappedChild:
    """A parked root of a user namespace, whose ids from 0 on are those from 100000 on outside."""

    def __init__(self, prepare='true'):
        shell = (f'echo $$; read mapped; exec setpriv --reuid 0 --regid 0 --clear-groups sh -ec '
                 f'"{prepare}; echo ready; exec sleep 1000000"')
        self.process = subprocess.Popen(
            ['unshare', '--user', '--keep-caps', '--mount', '--propagation', 'slave', 'sh', '-c', shell],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = int(self.process.stdout.readline())
        for kind in ('uid', 'gid'):
            pathlib.Path(f'/proc/{self.pid}/{kind}_map').write_text('0 100000 65536')
        self.process.stdin.write('mapped\n')
        self.process.stdin.close()
        if self.process.stdout.readline() != 'ready\n':
            raise AssertionError('the child did not get ready')

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Child:
    """A process parked in namespaces of its own. @unshare are unshare(1)'s options; @prepare is
    shell that runs in it before it is ready."""

    def __init__(self, *unshare, prepare='true', user='root'):
        options = unshare or ('--mount', '--propagation', 'private')
        shell = f'{prepare}\necho $$\nexec sleep 1000000'
        self.process = subprocess.Popen(
            [*as_user(user), 'unshare', *options, 'sh', '-ec', shell], stdout=subprocess.PIPE,
            text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError('the child did not get ready')
        self.pid = self.process.pid
        if '--fork' in options:
            self.pid, = (int(word) for word in pathlib.Path(
                f'/proc/{self.pid}/task/{self.pid}/children').read_text().split())

    def end(self):
        for pid in {self.pid, self.process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def run(self, *command, **kwargs):
        return subprocess.run(['nsenter', '-t', str(self.pid), '-m', *command], check=True,
                              text=True, capture_output=True, **kwargs).stdout


def decode(text):
    return re.sub(r'\\([0-7]{3})', lambda match: chr(int(match[1], 8)), text)


def mountinfo(pid='self'):
    """The kernel's own table: a list of dictionaries, strings as bytes read as latin-1."""
    rows = []
    with open(f'/proc/{pid}/mountinfo', encoding='latin-1') as stream:
        for line in stream:
            head, _, tail = line.rstrip('\n').partition(' - ')
            mount_id, parent, device, root, point, options, *tags = head.split(' ')
            fstype, source, super_options = tail.split(' ')
            rows.append({'mount-id': int(mount_id), 'parent-id': int(parent), 'device': device,
                         'root': decode(root), 'mount-point': decode(point),
                         'mount-options': options, 'tags': tags, 'fstype': decode(fstype),
                         'source': decode(source), 'super-options': decode(super_options)})
    return rows


def table(pid='self'):
    return pathlib.Path(f'/proc/{pid}/mountinfo').read_bytes()


def mounts_at(point, pid='self'):
    return [row for row in mountinfo(pid) if row['mount-point'] == point]


class Case(unittest.TestCase):
    """A test that ends what it started, and says which error it expects."""

    def client(self, *args, **kwargs):
        client = Client(*args, **kwargs)
        self.addCleanup(lambda: client.process.poll() is None and client.close())
        return client

    def child(self, *args, **kwargs):
        child = Child(*args, **kwargs)
        self.addCleanup(child.end)
        return child

    def mapped_child(self, **kwargs):
        child = MappedChild(**kwargs)
        self.addCleanup(child.end)
        return child

    def rule(self, text):
        """Installs a polkit rule and waits until polkit goes by it: until a question that only
        this rule refuses is refused."""
        stamp = f'probe-{time.monotonic_ns()}'
        path = RULES / '10-test.rules'
        probe = f'if (action.lookup("under") == "/{stamp}") return polkit.Result.NO;'
        path.write_text('polkit.addRule(function(action, subject) {\n' + probe + '\n' + text
                        + '\n});\n')
        self.addCleanup(path.unlink, missing_ok=True)
        client = self.client('bob')
        wait_until(lambda: is_refused(client, stamp), 'polkit reading the rule')
        client.close()

    def refused(self, name, words, function, *args, **kwargs):
        """@function fails with the error @name, whose message has all of @words in it."""
        with self.assertRaises(Fault) as caught:
            function(*args, **kwargs)
        fault = caught.exception
        self.assertEqual(fault.name, name if '.' in name and name.startswith('org.')
                         else ERROR + name, fault.message)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, fault.message)
        return fault


def is_refused(client, stamp):
    """Everybody may read its own table by default: only the rule under test refuses this one."""
    try:
        client.list(under=f'/{stamp}')
    except Fault as fault:
        return fault.name == ERROR + 'NotAuthorized'
    return False


def audit_line(*parts):
    """The last line, as soon as all @parts are in it: it is written after the reply."""
    def last():
        lines = audit_lines()
        return lines[-1] if lines and all(part in lines[-1] for part in parts) else None
    return wait_until(last, f'an audit line with {parts}')


def audit_lines():
    return [line for line in LOG.read_text(errors='replace').splitlines() if 'audit:' in line]


def service_pid():
    for entry in pathlib.Path('/proc').iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / 'exe').endswith('/linx-mountd'):
                return int(entry.name)
        except OSError:
            pass
    return None


class HungFs:
    """tests/helpers/hungfs on a directory of its own, holding back @operations of the service."""

    def __init__(self, *operations):
        self.point = pathlib.Path(f'/run/rig/hung-{time.monotonic_ns()}')
        self.point.mkdir()
        self.file = self.point / 'file'
        self.process = subprocess.Popen([HELPERS / 'hungfs', self.point, 'linx-mountd', *operations],
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != 'ready\n':
            raise AssertionError('hungfs did not get ready')

    def wait_held(self, operation):
        line = self.process.stdout.readline()
        if line != f'held {operation}\n':
            raise AssertionError(f'hungfs said {line!r}')

    def let_go(self):
        self.process.send_signal(signal.SIGUSR1)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        subprocess.run(['umount', '-l', self.point], check=True)
        self.point.rmdir()


class Disk:
    """A block device: a loop device on a file with an ext4 of this label."""

    def __init__(self, label, fstype='ext4', size=4 << 20):
        self.file = pathlib.Path(f'/run/rig/disk-{time.monotonic_ns()}')
        with open(self.file, 'wb') as stream:
            stream.truncate(size)
        subprocess.run([f'mkfs.{fstype}', '-q', '-L', label, self.file], check=True)
        self.path = subprocess.run(['losetup', '--find', '--show', self.file], check=True, text=True,
                                   capture_output=True).stdout.strip()
        device = os.stat(self.path).st_rdev
        self.number = f'{os.major(device)}:{os.minor(device)}'

    def detach(self):
        subprocess.run(['losetup', '--detach', self.path], check=True)
        self.file.unlink()


class Agent:
    """pkttyagent for the process @pid, run by @user on a terminal of its own."""

    def __init__(self, pid, user):
        ready, told = os.pipe()
        os.set_inheritable(told, True)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ['LC_ALL'] = 'C.UTF-8'
            command = [*as_user(user), 'pkttyagent', '--process', str(pid), '--notify-fd', str(told)]
            os.execvp(command[0], command)
        os.close(told)
        os.read(ready, 1)
        os.close(ready)
        self.text = ''

    def wait_prompt(self):
        """Waits for a prompt, and returns what was said before it. pkttyagent turns the echo off
        after it has printed the prompt, and throws away what was typed until then."""
        def asked():
            if select.select([self.terminal], [], [], 0.01)[0]:
                self.text += os.read(self.terminal, 65536).decode()
            echoes = termios.tcgetattr(self.terminal)[3] & termios.ECHO
            return re.search('[Pp]assword: $', self.text) and not echoes
        wait_until(asked, 'a password prompt', 30)
        said, self.text = self.text, ''
        return said

    def type(self, password):
        os.write(self.terminal, password.encode() + b'\n')

    def answer(self, password):
        said = self.wait_prompt()
        self.type(password)
        return said

    def end(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.terminal)
        self.pid = None
