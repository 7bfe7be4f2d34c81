# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the integration tests share: callers, the kernel's own view, and the case that ends what it
started. For use inside tests/rig/rig.py."""
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time
import unittest

# What tests take from here too.
from actors import BUILD, HELPERS, HERE, Agent, Child, Disk, HungFs, MappedChild, as_user, wait_until
from gi.repository import GLib

RULES = pathlib.Path('/etc/polkit-1/rules.d')
LOG = pathlib.Path('/run/rig/bus.log')
ERROR = 'org.linx.Mount1.Error.'
INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs'
CHALLENGE = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'


class Fault(Exception):
    """An error that came over the bus."""

    def __init__(self, name, message):
        super().__init__(f'{name}: {message}')
        self.name, self.message = name, message


# What users must say of a detached mount that they are handed.
FREE = 'rw,suid,dev,exec'


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

    def waits(self):
        """Whether there is no answer yet."""
        return not select.select([self.process.stdout], [], [], 0)[0]

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

    def umount_let_go(self, target, **options):
        """As soon as what another call sent of it is closed."""
        def try_it():
            try:
                self.umount(target, **options)
            except Fault as fault:
                if fault.name != ERROR + 'Umount.EBUSY':
                    raise
                return False
            return True
        wait_until(try_it, f'{target} being let go')

    def set_propagation(self, target, propagation, interactive=False, **options):
        self.call('SetPropagation', arguments(target, propagation, **options),
                  interactive=interactive)

    def make_rprivate(self, target='/', interactive=False, **options):
        self.call('MakeRPrivate', arguments(target, **options), interactive=interactive)

    def pivot_root(self, new_root, put_old='', interactive=False, **options):
        self.call('PivotRoot', arguments(new_root, put_old, **options), interactive=interactive)

    def list(self, **options):
        return [row[0] for row in self.call('ListMounts', arguments(**options))[0]]

    def open_mountinfo(self, **options):
        """Returns the text."""
        return self.call('OpenMountInfo', arguments(**options), keep_fd='read')

    def watch(self, **options):
        return self.call('Watch', arguments(**options))[0]

    def unwatch(self, watch):
        self.call('Unwatch', f'(uint64 {watch},)')

    def next_signal(self, seconds=20):
        """The next signal's name and arguments; None where there is none in time."""
        came = self.call('next signal', timeout=int(seconds * 1000))
        return (came[0], came[1]) if came is not None else None

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

    def bind_namespace(self, held, prepare):
        """Binds the namespace of a new child onto a file. The kernel refuses those it takes for older
        than the one the file is in (mnt_ns_loop()): about one new child in ten was, on 6.18."""
        for _ in range(100):
            child = self.child(prepare=prepare)
            bound = subprocess.run(['mount', '--bind', f'/proc/{child.pid}/ns/mnt', held],
                                   stderr=subprocess.DEVNULL)
            if bound.returncode == 0:
                return child
        self.fail('no namespace could be bound')

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


def start_in_its_place(*command, **kwargs):
    """Ends the service, and starts another one by hand."""
    old = service_pid()
    if old is not None:
        os.kill(old, signal.SIGTERM)
        wait_until(lambda: service_pid() != old, 'the service ending')
    service = subprocess.Popen(command, **kwargs)
    wait_until(lambda: owner_pid() == service.pid, 'another service having the name')
    return service


def owner_pid():
    """Of the name; 0 where nobody has it."""
    answer = subprocess.run(['busctl', 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus',
                             'GetConnectionUnixProcessID', 's', 'org.linx.Mount1'],
                            capture_output=True, text=True).stdout
    return int(answer.split()[1]) if answer else 0


def cpu_seconds(pid):
    words = pathlib.Path(f'/proc/{pid}/stat').read_text().split(')')[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def service_pid(program='linx-mountd'):
    for entry in pathlib.Path('/proc').iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / 'exe').endswith('/' + program):
                return int(entry.name)
        except OSError:
            pass
    return None
