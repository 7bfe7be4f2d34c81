# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service as a process that tests start with options, stop and replace. For use inside
tests/rig/rig.py."""
import collections
import contextlib
import os
import pathlib
import signal
import subprocess

from harness import Case, as_user, service_pid, wait_until

DAEMON = '/usr/libexec/linx-mountd'
ACTIVATION = pathlib.Path('/usr/share/dbus-1/system-services/org.linx.Mount1.service')
LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
BUS = dict(name='org.freedesktop.DBus', path='/', interface='org.freedesktop.DBus')


def gone(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text().split(')')[1].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return True


def threads(pid):
    """The names of those of a process, but of the first."""
    names = []
    for task in pathlib.Path(f'/proc/{pid}/task').glob('*'):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if task.name != str(pid):
                names.append((task / 'comm').read_text().strip())
    return names


def busy(pid):
    """How many threads, but for workers that wait: with more calls at once there are more of them, up to
    32."""
    return sum(name != 'linx-spare' for name in threads(pid))


def held(pid):
    """What a process holds open, but for channels to workers, which come and go, also in a place where
    /proc is meanwhile."""
    links = collections.Counter()
    for entry in pathlib.Path(f'/proc/{pid}/fd').iterdir():
        with contextlib.suppress(FileNotFoundError):
            links[os.readlink(entry)] += 1
    return collections.Counter({link: count for link, count in links.items()
                                if link != '/proc' and not link.startswith('socket:')})


def peak_mib(pid):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(text.split('VmHWM:')[1].split()[0]) >> 10


class Life(Case):
    def setUp(self):
        self.root = self.client()
        self.root.list(limit=1)

    def service_with(self, *options):
        """Has the bus start the service with these options, until the test ends."""
        text = ACTIVATION.read_text()
        self.addCleanup(self.stop)
        self.addCleanup(self.reload)
        self.addCleanup(ACTIVATION.write_text, text)
        ACTIVATION.write_text(text.replace(DAEMON, ' '.join([DAEMON, *options])))
        self.reload()
        self.stop()

    def reload(self):
        client = self.client()
        client.call('ReloadConfig', '()', **BUS)
        client.close()

    def stop(self):
        pid = service_pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: gone(pid), 'the service ending')

    def start(self, *command):
        """A program of alice's, after its "ready"."""
        process = subprocess.Popen([*as_user('alice'), *command], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), 'ready\n')
        return process

    def owned(self):
        return self.root.call('NameHasOwner', "('org.linx.Mount1',)", **BUS)[0]
