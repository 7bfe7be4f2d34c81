# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who and what plays a part in the tests beside the callers: parked children, devices, filesystems that
hang, a person with a password."""
import contextlib
import os
import pathlib
import pty
import pwd
import re
import select
import signal
import subprocess
import termios
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ['LINX_BUILD'])
HELPERS = BUILD / 'tests' / 'helpers'


# uid 0 as in a container that has no user namespace of its own.
WITHOUT_POWER = ['setpriv', '--bounding-set', '-sys_admin']


def wait_until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {seconds} s')
        time.sleep(0.005)


def is_asleep(pid):
    """Whether sleep(1) has begun: whoever takes its root away before lets it find no library."""
    return 'nanosleep' in pathlib.Path(f'/proc/{pid}/wchan').read_text()


def fork_on_terminal():
    """As pty.fork(). ^U is the program's: typed before that reads, it would have the kernel erase the
    line."""
    pid, terminal = pty.fork()
    if pid == 0:
        attributes = termios.tcgetattr(0)
        attributes[6][termios.VKILL] = b'\0'
        termios.tcsetattr(0, termios.TCSANOW, attributes)
    return pid, terminal


def as_user(user):
    return ['setpriv', '--reuid', user, '--regid', user, '--init-groups'] if user != 'root' else []


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
        wait_until(lambda: is_asleep(self.pid), 'the child falling asleep')

    def end(self):
        for pid in {self.pid, self.process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def run(self, *command, **kwargs):
        return subprocess.run(['nsenter', '-t', str(self.pid), '-m', *command], check=True,
                              text=True, capture_output=True, **kwargs).stdout


class MappedChild:
    """A parked root of a user namespace that @user has made, whose ids from 0 on are those from 100000 on
    outside."""

    def __init__(self, prepare='true', user='root'):
        shell = (f'echo $$; read mapped; exec setpriv --reuid 0 --regid 0 --clear-groups sh -ec '
                 f'"{prepare}; echo ready; exec sleep 1000000"')
        self.process = subprocess.Popen(
            [*as_user(user), 'unshare', '--user', '--keep-caps', '--mount', '--propagation', 'slave', 'sh', '-c', shell],
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


class HungFs:
    """tests/helpers/hungfs on a directory of its own, holding back @operations of the service, or of one of its
    threads."""

    def __init__(self, *operations, of='linx-mountd'):
        self.point = pathlib.Path(f'/run/rig/hung-{time.monotonic_ns()}')
        self.point.mkdir()
        self.file = self.point / 'file'
        self.process = subprocess.Popen([HELPERS / 'hungfs', self.point, of, *operations],
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != 'ready\n':
            raise AssertionError('hungfs did not get ready')

    def wait_held(self, operation):
        line = self.process.stdout.readline()
        if line != f'held {operation}\n':
            raise AssertionError(f'hungfs said {line!r}')

    def let_go(self):
        self.process.send_signal(signal.SIGUSR1)

    def hold(self):
        self.process.send_signal(signal.SIGUSR2)

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
        # polkit refuses an agent of one user for a process that has not become that user's yet.
        uid, status = pwd.getpwnam(user).pw_uid, pathlib.Path(f'/proc/{pid}/status')
        wait_until(lambda: re.search(rf'^Uid:\t{uid}\t', status.read_text(), re.M), f'a process of {user}')
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
                try:
                    self.text += os.read(self.terminal, 65536).decode()
                except OSError as error:
                    raise AssertionError(f'the agent has ended, saying {self.text!r}') from error
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
