#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rig.py --build DIR [--bus own|system|broker] -- CMD...

Runs CMD as root in a throwaway system: private mount and pid namespaces, a fresh /run, overlays on
/etc, /usr, /srv and /dev, real users with PAM passwords, the build in DIR installed to /usr, a real system
bus and the real polkitd. The service is started by the bus. The machine keeps nothing of it.

--without PART  take this part of the kernel away from the service (tests/helpers/without.c)
--bus own     a small default-deny bus, whose services run as root (default)
--bus system  the distribution's configuration, with its setuid activation helper
--bus broker  dbus-broker, with the configuration of the first. It starts services by systemd alone: there is
              one service, from the beginning

Users: alice (password alice-pw), bob (bob-pw), carol (carol-pw, in group backup); root's password
is root-pw, and root is polkit's administrator. The exit status is CMD's, or 1 if the service did
not end cleanly or a sanitizer had something to say.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
STATE = pathlib.Path('/run/rig')
SOCKET = pathlib.Path('/run/dbus/system_bus_socket')
# libpolkit says this where polkitd has ended a check at the same time: both saw the caller leave.
EXPECTED = 'Error cancelling authorization check'
# A worker has no descriptor of the process that gives addresses their names: its reports have numbers.
UNNAMED = 'to symbolizer at fd'
PASSWORDS = {'alice': 'alice-pw', 'bob': 'bob-pw', 'carol': 'carol-pw', 'root': 'root-pw'}


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', required=True, type=pathlib.Path)
    parser.add_argument('--bus', choices=['own', 'system', 'broker'], default='own')
    parser.add_argument('--without', action='append', default=[])
    parser.add_argument('--inner', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('command', nargs='+')
    return parser.parse_args()


def run(*command, **kwargs):
    subprocess.run([str(word) for word in command], check=True, **kwargs)


def overlay(name):
    for part in ('up', 'work'):
        (STATE / name / part).mkdir(parents=True)
    run('mount', '-t', 'overlay', '-o',
        f'lowerdir=/{name},upperdir={STATE / name / "up"},workdir={STATE / name / "work"}',
        'overlay', f'/{name}')


def make_filesystems():
    run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'run', '/run')
    for place in ('dbus', 'lock', 'systemd/seats', 'systemd/sessions', 'systemd/users',
                  'systemd/machines', 'rig/pts', 'rig/shm'):
        pathlib.Path('/run', place).mkdir(parents=True)
    run('mount', '--bind', '/dev/pts', STATE / 'pts')
    run('mount', '--bind', '/dev/shm', STATE / 'shm')
    for name in ('etc', 'usr', 'srv', 'dev'):
        overlay(name)
    run('mount', '--move', STATE / 'pts', '/dev/pts')
    run('mount', '--move', STATE / 'shm', '/dev/shm')


def make_users():
    run('groupadd', '-f', 'backup')
    for user in ('alice', 'bob', 'carol'):
        run('useradd', '-M', '-d', '/tmp', '-s', '/bin/bash', user, stderr=subprocess.DEVNULL)
    run('usermod', '-aG', 'backup', 'carol')
    lines = ''.join(f'{user}:{word}\n' for user, word in PASSWORDS.items())
    run('chpasswd', input=lines, text=True)


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f'rig: {what} did not happen within {seconds} s')
        time.sleep(0.005)


def service_env():
    # A sanitizer knows the memory that malloc(3) gives out, and not what GLib makes of larger pieces.
    return dict(os.environ, G_SLICE='always-malloc',
                ASAN_OPTIONS=f'detect_leaks=1:log_path={STATE}/sanitizer',
                LSAN_OPTIONS=os.environ.get('LSAN_OPTIONS', ''),
                UBSAN_OPTIONS=f'print_stacktrace=1:log_path={STATE}/sanitizer',
                TSAN_OPTIONS=f'log_path={STATE}/sanitizer')


def start(*command, log='bus.log', **kwargs):
    with open(STATE / log, 'ab') as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **kwargs)


def start_bus(kind, build, without):
    shutil.copy(HERE / 'system-bus.conf', '/run/dbus/system.conf')
    prefix = [build / 'tests/helpers/without', *without, '--'] if without else []
    if kind == 'broker':
        start(sys.executable, HERE / 'broker.py', SOCKET, '/run/dbus/system.conf')
    else:
        config = ['--config-file', '/run/dbus/system.conf'] if kind == 'own' else ['--system']
        start(*prefix, 'dbus-daemon', *config, '--nofork', '--nopidfile', '--nosyslog', env=service_env())
    wait_until(SOCKET.is_socket, 'the bus socket')


def start_service():
    """Where the bus does not."""
    start('/usr/libexec/linx-mountd', '--idle-timeout', '0', env=service_env())
    run('gdbus', 'wait', '--system', '--timeout', '20', 'org.linx.Mount1')


def start_polkit():
    start('/usr/lib/polkit-1/polkitd', '--no-debug', log='polkitd.log')
    run('gdbus', 'wait', '--system', '--timeout', '20', 'org.freedesktop.PolicyKit1')


def services():
    """The pids of services that run in this rig."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / 'exe').endswith('/linx-mountd'):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def stop_services():
    """Ends the service as an administrator would; it must go by itself."""
    for pid in services():
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 30
    while services():
        if time.monotonic() > end:
            print('rig: the service did not end on SIGTERM', services(), file=sys.stderr)
            return False
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pass
        time.sleep(0.01)
    return True


def show_reports():
    """What the service and the sanitizers had to say that no test expected."""
    text = (STATE / 'bus.log').read_text(errors='replace')
    bad = [line for line in text.splitlines()
           if re.search(r'CRITICAL|WARNING \*\*|ERROR \*\*|Sanitizer|runtime error:', line)
           and EXPECTED not in line]
    for report in sorted(STATE.glob('sanitizer*')):
        bad += [line for line in report.read_text(errors='replace').splitlines()
                if UNNAMED not in line]
    for line in bad:
        print('rig:', line, file=sys.stderr)
    return not bad


def install(build):
    done = subprocess.run(['meson', 'install', '--no-rebuild', '-C', str(build)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f'rig: meson install failed:\n{done.stdout}')


def inner(args):
    os.umask(0o022)
    make_filesystems()
    make_users()
    install(args.build)
    start_bus(args.bus, args.build, args.without)
    start_polkit()
    if args.bus == 'broker':
        start_service()
    status = subprocess.run(args.command, env=dict(os.environ, LINX_BUILD=str(args.build),
                                     LINX_BUS=args.bus,
                                     LINX_WITHOUT=' '.join(args.without))).returncode
    clean = stop_services()
    clean = show_reports() and clean
    sys.exit(status or not clean)


def main():
    args = parse()
    if args.inner:
        inner(args)
    without = [word for name in args.without for word in ('--without', name)]
    os.execvp('unshare', ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc',
                          '--propagation', 'private', sys.executable, __file__, '--inner',
                          '--build', str(args.build.resolve()), '--bus', args.bus, *without, '--',
                          *args.command])


main()
