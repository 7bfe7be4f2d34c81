#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""under_systemd.py DIR DIR: the packages of one version and of the next under a real systemd: installing
starts nothing, upgrading replaces what runs and nothing else, removing ends it. For use inside
tests/rig/systemd-rig.py."""
import pathlib
import subprocess
import sys

UNIT = 'linx-mountd.service'
NAMES = ['linx-mount', 'liblinx-mount-1-0', 'liblinx-mount-dev', 'gir1.2-linxmount-1.0']


def run(*command):
    done = subprocess.run([str(word) for word in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f'{command}: exit status {done.returncode}\n{done.stdout}')
    return done.stdout


def install(where):
    run('dpkg', '--install', *sorted(pathlib.Path(where).glob('*.deb')))


def show(key):
    return run('systemctl', 'show', '--property', key, '--value', UNIT).strip()


def call():
    assert '/proc' in run('linx-mountctl', 'list', '--no-legend', '-o', 'mount-point').split()
    assert show('ActiveState') == 'active'
    return int(show('MainPID'))


def main():
    first, second = sys.argv[1:]
    # A container's, which lets no package start or stop a service.
    pathlib.Path('/usr/sbin/policy-rc.d').unlink(missing_ok=True)
    install(first)
    assert show('ActiveState') == 'inactive'
    assert show('UnitFileState') == 'static'
    before = call()
    install(second)
    assert show('NeedDaemonReload') == 'no'
    after = call()
    assert after != before
    assert pathlib.Path(f'/proc/{after}/exe').readlink().name == 'linx-mountd'
    assert not pathlib.Path(f'/proc/{before}').exists()
    run('systemctl', 'stop', UNIT)
    install(first)
    assert show('ActiveState') == 'inactive'
    call()
    run('dpkg', '--remove', *NAMES)
    assert show('ActiveState') == 'inactive'
    assert show('LoadState') == 'not-found'
    assert 'org.linx.Mount1' not in run('busctl', 'list', '--acquired', '--activatable')
    run('dpkg', '--purge', *NAMES)


main()
