#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""For in-tree.sh: the packages are installed on a running bus, used by root and by a user with a
password, upgraded while the service runs, removed and purged; nothing of them is left."""
import glob
import hashlib
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import termios
import time

NAMES = ['linx-mount', 'liblinx-mount-1-0', 'liblinx-mount-dev', 'gir1.2-linxmount-1.0']
APT = ['apt-get', '-q', '-y', '--no-install-recommends']
SOCKET = pathlib.Path('/run/dbus/system_bus_socket')
EXAMPLE = '/usr/share/doc/linx-mount/examples/list-mounts.py'
# Of apt, dpkg and ldconfig themselves, and of Python, which compiles what it imports.
THEIRS = re.compile(r'/var/(log|cache)/|/var/lib/(apt|dpkg)/[^/]*$|/var/lib/apt/|/etc/ld\.so\.cache$|'
                    r'/var/lib/dpkg/(triggers|updates)/|/srv/tree|/tmp/')


def run(*command, **kwargs):
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kwargs)
    assert done.returncode == 0, f'{command}: exit status {done.returncode}\n{done.stdout}'
    return done.stdout


def step(name):
    print('--', name, flush=True)


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f'{what}: not within {seconds} s'
        time.sleep(0.005)


def start_system():
    run('useradd', '--create-home', '--shell', '/bin/bash', 'alice')
    run('bash', '-c', 'printf "alice:alice-pw\nroot:root-pw\n" | chpasswd')
    SOCKET.parent.mkdir(parents=True, exist_ok=True)
    log = open('/tmp/system.log', 'wb')
    bus = subprocess.Popen(['dbus-daemon', '--system', '--nofork', '--nopidfile', '--nosyslog'],
                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wait_until(SOCKET.is_socket, 'the bus socket')
    polkit = subprocess.Popen(['/usr/lib/polkit-1/polkitd', '--no-debug'], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log)
    wait_until(lambda: 'org.freedesktop.PolicyKit1' in names('ListNames'), 'polkitd')
    return [polkit, bus]


def names(method):
    return re.findall('string "(.*)"', run(
        'dbus-send', '--system', '--print-reply', '--dest=org.freedesktop.DBus', '/',
        f'org.freedesktop.DBus.{method}'))


def services():
    found = []
    for path in glob.glob('/proc/[0-9]*/exe'):
        try:
            if re.search(r'/linx-mountd( \(deleted\))?$', os.readlink(path)):
                found.append(int(path.split('/')[2]))
        except OSError:
            pass
    return found


def files():
    """Each file of this tree, with its contents where it can have been changed."""
    found = {}
    device = os.stat('/').st_dev
    for where, directories, inside in os.walk('/'):
        directories[:] = [name for name in directories
                          if os.lstat(os.path.join(where, name)).st_dev == device]
        for name in directories + inside:
            path = os.path.join(where, name)
            if THEIRS.search(path):
                continue
            regular = os.path.isfile(path) and not os.path.islink(path)
            data = pathlib.Path(path).read_bytes() if regular and path.startswith('/etc/') else b''
            found[path] = hashlib.sha256(data).hexdigest()
    return found


def on_terminal(password, *command):
    """Runs it as alice on a terminal of her own, and answers each prompt; returns its exit status, and
    what the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp('setpriv', ['setpriv', '--reuid', 'alice', '--regid', 'alice', '--init-groups',
                              '--reset-env', *command])
    text, answered = '', 0
    while True:
        if select.select([terminal], [], [], 0.01)[0]:
            try:
                text += os.read(terminal, 65536).decode()
            except OSError:  # nobody has it open any more
                break
        # The echo is turned off after the prompt; what was typed before that is thrown away.
        elif re.search('[Pp]assword: $', text[answered:]) \
                and not termios.tcgetattr(terminal)[3] & termios.ECHO:
            answered = len(text)
            os.write(terminal, password.encode() + b'\n')
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text


def targets():
    return run('linx-mountctl', 'list', '--no-legend', '-o', 'mount-point').split()


def use_as_root():
    os.mkdir('/mnt/a')
    os.mkdir('/mnt/b')
    run('linx-mountctl', 'mount', '-t', 'tmpfs', '-o', 'size=1M', 'tmpfs', '/mnt/a')
    run('linx-mountctl', 'bind', '/mnt/a', '/mnt/b')
    assert {'/mnt/a', '/mnt/b'} <= set(targets()), targets()
    assert os.stat('/mnt/a').st_dev == os.stat('/mnt/b').st_dev
    for target in ('/mnt/b', '/mnt/a'):
        run('linx-mountctl', 'umount', target)
        assert not os.path.ismount(target)
        os.rmdir(target)


def use_as_alice():
    for place in ('/home/alice/a', '/home/alice/b'):
        run('setpriv', '--reuid', 'alice', '--regid', 'alice', '--init-groups', 'mkdir', place)

    def done(*words):
        status, text = on_terminal('root-pw', 'linx-mountctl', *words)
        assert status == 0 and text.count('assword: ') == 1, (status, text)
    done('mount', '-t', 'tmpfs', '-o', 'size=1M', 'tmpfs', '/home/alice/a')
    done('bind', '/home/alice/a', '/home/alice/b')
    status, text = on_terminal('', 'linx-mountctl', 'list', '--no-pager')
    assert status == 0 and '/home/alice/b' in text, (status, text)
    status, text = on_terminal('wrong', 'linx-mountctl', 'umount', '/home/alice/b')
    assert status == 3 and os.path.ismount('/home/alice/b'), (status, text)
    for place in ('/home/alice/b', '/home/alice/a'):
        done('umount', place)
        os.rmdir(place)


def use_as_python():
    for user in ('root', 'alice'):
        rows = run('setpriv', '--reuid', user, '--regid', user, '--init-groups',
                   '/usr/bin/python3', '-B', EXAMPLE).splitlines()
        assert any(row.startswith('/proc proc ') for row in rows), rows


def upgrade(*command):
    """While the service runs: what runs afterwards is what was installed."""
    targets()
    before, = services()
    run(*APT, *command)
    assert before not in services(), 'what was installed before still runs'
    assert '/proc' in targets()
    after, = services()
    assert os.readlink(f'/proc/{after}/exe') == '/usr/libexec/linx-mountd'


def check_nothing_left(before):
    after = files()
    changed = sorted(path for path in before.keys() | after.keys()
                     if before.get(path) != after.get(path))
    assert not changed, changed


def main():
    os.umask(0o022)
    system = start_system()
    before = files()
    step('install')
    run(*APT, 'install', *glob.glob('./1/*.deb'))
    assert not services(), 'the service runs before it is called'
    step('root')
    use_as_root()
    step('alice')
    use_as_alice()
    step('python')
    use_as_python()
    step('upgrade')
    upgrade('install', *glob.glob('./2/*.deb'))
    assert '+next' in run('dpkg-query', '-W', '-f', '${Version}', 'linx-mount')
    upgrade('install', '--reinstall', *glob.glob('./2/*.deb'))
    step('remove')
    targets()
    run(*APT, 'remove', *NAMES)
    assert not services(), 'the service still runs'
    assert 'org.linx.Mount1' not in names('ListNames') + names('ListActivatableNames')
    step('purge what is removed')
    run('dpkg', '--purge', *NAMES)
    check_nothing_left(before)
    step('purge what runs')
    run(*APT, 'install', *glob.glob('./1/*.deb'))
    targets()
    run(*APT, 'purge', *NAMES)
    assert not services(), 'the service still runs'
    check_nothing_left(before)
    for process in system:
        process.send_signal(signal.SIGTERM)
        process.wait()


main()
