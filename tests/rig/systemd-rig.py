#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd-rig.py --build DIR -- CMD...

Boots the machine's own file system, under a throwaway overlay, with a real systemd as process 1
(logind, journal, polkit, activation through systemd), in systemd-nspawn, installs the build in DIR
there and runs CMD as root in it. The machine keeps nothing of it. Users and passwords are those of
rig.py. The exit status is CMD's.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

TREE = pathlib.Path('/run/tree')
ENV = ['/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'TERM=dumb',
       'LC_ALL=C.UTF-8']


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', required=True, type=pathlib.Path)
    parser.add_argument('--inner', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('command', nargs='+')
    return parser.parse_args()


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], check=True, **kwargs)


def wait_until(condition, what, seconds):
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            print(pathlib.Path('/run/console.log').read_text(errors='replace')[-4000:])
            sys.exit(f'systemd-rig: {what}: not within {seconds} s')
        time.sleep(0.02)
    return result


def make_tree():
    run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'run', '/run')
    for name in ('lower', 'overlay/up', 'overlay/work', 'tree'):
        pathlib.Path('/run', name).mkdir(parents=True)
    run('mount', '--bind', '/', '/run/lower')
    run('mount', '-t', 'overlay', '-o', 'lowerdir=/run/lower,upperdir=/run/overlay/up,'
        'workdir=/run/overlay/work', 'overlay', TREE)
    (TREE / 'etc/machine-id').unlink(missing_ok=True)
    (TREE / 'etc/machine-id').write_text('0123456789abcdef0123456789abcdef\n')


def boot():
    log = open('/run/console.log', 'wb')
    paths = [*sorted(pathlib.Path('/dev').glob('loop*')), pathlib.Path('/dev/fuse')]
    devices = [f'--bind={path}' for path in paths]
    return subprocess.Popen(
        ['systemd-nspawn', '--quiet', '--directory', TREE, '--boot', '--register=no', '--keep-unit',
         '--machine=rig', '--link-journal=no', '--console=pipe', '--capability=all', *devices],
        env=dict(os.environ, SYSTEMD_NSPAWN_API_VFS_WRITABLE='1'),
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def cgroups():
    return {where for where, _, _ in os.walk('/sys/fs/cgroup')}


def remove_cgroups(before):
    """Those that nspawn made and left, empty, for the deepest first."""
    for path in sorted(cgroups() - before, key=len, reverse=True):
        if '/payload' in path or '/supervisor' in path:
            os.rmdir(path)


def find_init():
    """The process that is 1 in there: systemd, a child or grandchild of nspawn."""
    for entry in pathlib.Path('/proc').iterdir():
        try:
            if entry.name.isdigit() and (entry / 'comm').read_text() == 'systemd\n' \
                    and (entry / 'status').read_text().split('NSpid:')[1].split('\n')[0].split()[-1] \
                    == '1' and entry.name != '1':
                return int(entry.name)
        except (OSError, IndexError):
            pass
    return None


def inner(args):
    before = cgroups()
    make_tree()
    nspawn = boot()
    init = wait_until(find_init, 'systemd starting', 30)

    def inside(*command, **kwargs):
        return subprocess.run(['nsenter', '-t', str(init), '-m', '-u', '-i', '-n', '-p', '-C', '--',
                               *ENV, f'LINX_BUILD={args.build}', *map(str, command)], **kwargs)

    def is_up():
        state = inside('systemctl', 'is-system-running', capture_output=True, text=True).stdout
        return state.strip() in ('running', 'degraded')
    wait_until(is_up, 'the system coming up', 60)
    status = inside(*args.command).returncode
    inside('systemctl', 'poweroff', '--no-wall', capture_output=True)
    nspawn.wait()
    remove_cgroups(before)
    sys.exit(status)


def main():
    args = parse()
    if args.inner:
        inner(args)
    os.execvp('unshare', ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc',
                          '--propagation', 'private', sys.executable, __file__, '--inner',
                          '--build', str(args.build.resolve()), '--', *args.command])


main()
