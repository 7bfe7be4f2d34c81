#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The installed unit under a real systemd: activation, its filter and capabilities, sessions, the
journal, stop and uninstall. For use inside tests/rig/systemd-rig.py."""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'integration'))

from harness import BUILD, CHALLENGE, Agent, Case, Disk, mountinfo, mounts_at, wait_until  # noqa: E402

UNIT = 'linx-mountd.service'
PASSWORDS = {'alice': 'alice-pw', 'bob': 'bob-pw', 'carol': 'carol-pw', 'root': 'root-pw'}
PRIVATE = ('--mount', '--propagation', 'private')
PREPARE = 'mount -t tmpfs t /media; chmod 755 /media; mkdir /media/a'


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          capture_output=True, **kwargs).stdout


def files():
    """All that is below the places that an installation writes to."""
    found = set()
    for top in ('/usr', '/etc', '/lib'):
        for where, _, names in os.walk(top):
            found.add(where)
            found.update(f'{where}/{name}' for name in names)
    return {path for path in found if '__pycache__' not in path}


def setUpModule():
    pathlib.Path('/run/rig').mkdir()
    for user in ('alice', 'bob', 'carol'):
        run('useradd', '-M', '-d', '/tmp', '-s', '/bin/bash', user)
    run('chpasswd', input=''.join(f'{user}:{word}\n' for user, word in PASSWORDS.items()))
    global BEFORE
    BEFORE = files()
    run('meson', 'install', '--no-rebuild', '-C', BUILD)
    run('systemctl', 'daemon-reload')
    run('busctl', 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'ReloadConfig')


def tearDownModule():
    """Uninstalling leaves nothing."""
    run('systemctl', 'stop', UNIT)
    run('ninja', '-C', BUILD, 'uninstall')
    run('systemctl', 'daemon-reload')
    left = files() - BEFORE
    assert not left, left
    assert 'org.linx.Mount1' not in run('busctl', 'list', '--acquired', '--activatable'), 'activatable'


def show(key):
    return run('systemctl', 'show', '--property', key, '--value', UNIT).strip()


class Activation(Case):
    def test_by_the_bus(self):
        run('systemctl', 'stop', UNIT)
        self.assertEqual(show('ActiveState'), 'inactive')
        self.client().list(limit=1)
        self.assertEqual(show('ActiveState'), 'active')
        pid = int(show('MainPID'))
        self.assertEqual(os.readlink(f'/proc/{pid}/ns/mnt'), os.readlink('/proc/1/ns/mnt'))
        self.assertEqual(os.readlink(f'/proc/{pid}/ns/user'), os.readlink('/proc/1/ns/user'))
        self.assertIn('linx-mountd.service', pathlib.Path(f'/proc/{pid}/cgroup').read_text())

    def test_capabilities_and_filter_are_on(self):
        self.client().list(limit=1)
        status = pathlib.Path(f'/proc/{show("MainPID")}/status').read_text()
        self.assertRegex(status, r'Seccomp:\s+2')
        self.assertRegex(status, r'NoNewPrivs:\s+1')
        effective = int(re.search(r'CapEff:\s+(\S+)', status)[1], 16)
        self.assertEqual(bin(effective).count('1'), 11)

    def test_exposure(self):
        run('systemd-analyze', 'security', '--offline=true', '--threshold=47',
            f'/usr/lib/systemd/system/{UNIT}')
        # Not its manual pages: whether those are installed is not the unit's business.
        run('systemd-analyze', 'verify', '--man=no', f'/usr/lib/systemd/system/{UNIT}')


class Verbs(Case):
    """Each of them, through the unit's filter and with its capabilities."""

    def setUp(self):
        self.root = self.client()

    def test_mount_and_umount(self):
        child = self.child(prepare=PREPARE)
        self.root.mount('/media/a', in_=child.pid, options='size=1M,nosuid')
        self.root.umount('/media/a', in_=child.pid)
        self.root.mount('/media/new', in_=child.pid, create='directory')
        self.assertEqual(child.run('stat', '-c', '%a', '/media/new/..'), '755\n')
        self.assertEqual(len(self.root.list(in_=child.pid)), len(mountinfo(child.pid)))
        self.assertEqual(self.root.can('Umount', '/media/new', in_=child.pid), 'yes')

    def test_in_the_host(self):
        self.root.mount('/media')
        self.assertEqual(mounts_at('/media', 1)[-1]['fstype'], 'tmpfs')
        self.root.umount('/media')
        self.assertFalse(mounts_at('/media', 1))

    def test_watch(self):
        """The machine is a container, whose own filter lets neither statmount(2) nor fanotify(7) by:
        what works here is the poller. That the unit's lets events by is for its list to say."""
        unit = pathlib.Path(f'/usr/lib/systemd/system/{UNIT}').read_text()
        for group in re.findall(r'@[\w-]+', unit.split('SystemCallFilter=~', 1)[1].split('\n')[0]):
            self.assertNotIn('fanotify_init', run('systemd-analyze', 'syscall-filter', group))
        child = self.child(*PRIVATE, prepare=PREPARE)
        root = self.client()
        root.watch(in_=child.pid)
        mount = root.mount('/media/a', in_=child.pid)
        name, (_, _, ((row,),), _) = root.next_signal()
        self.assertEqual((name, row['id']), ('Changed', mount))
        child.run('mount', '-o', 'remount,size=1M', '/media/a')
        name, (_, _, _, ((row,),)) = root.next_signal()
        self.assertIn('size=1024k', row['super-options'])
        child.end()
        self.assertEqual(root.next_signal()[0], 'Ended')

    def test_block_device(self):
        disk = Disk('SYSTEM')
        self.addCleanup(disk.detach)
        child = self.child(prepare=PREPARE)
        self.root.mount('/media/a', disk.path, 'ext4', in_=child.pid)
        self.assertEqual(mounts_at('/media/a', child.pid)[0]['device'], disk.number)
        self.root.umount('/media/a', in_=child.pid)

    def test_overlay(self):
        child = self.child(prepare=PREPARE + '; cd /media; mkdir l u w; touch l/file;'
                                             'chown alice l/file')
        self.root.mount('/media/a', 'overlay', 'overlay', in_=child.pid,
                        options='lowerdir=/media/l,upperdir=/media/u,workdir=/media/w')
        child.run('sh', '-c', 'echo text > /media/a/file')
        self.assertEqual(child.run('cat', '/media/u/file'), 'text\n')
        self.assertEqual(child.run('stat', '-c', '%U', '/media/u/file'), 'alice\n')

    def test_image(self):
        child = self.child(prepare=PREPARE)
        image = pathlib.Path('/run/rig/image')
        with open(image, 'wb') as stream:
            stream.truncate(4 << 20)
        self.addCleanup(image.unlink)
        run('mkfs.ext4', '-q', image)
        self.root.mount('/media/a', str(image), '', in_=child.pid)
        self.assertEqual(mounts_at('/media/a', child.pid)[0]['fstype'], 'ext4')
        self.root.umount('/media/a', in_=child.pid)
        wait_until(lambda: str(image) not in run('losetup', '--list', '-O', 'BACK-FILE'),
                   'the loop device going')

    def test_clones(self):
        child = self.child(prepare=PREPARE + '; mkdir /media/b')
        self.root.bind('/etc', '/media/a', from_='host', in_=child.pid, options='ro')
        self.root.remount('/media/a', in_=child.pid, options='noexec')
        self.root.move('/media/a', '/media/b', in_=child.pid)
        row, = mounts_at('/media/b', child.pid)
        self.assertEqual(row['mount-options'].split(',')[:2], ['ro', 'noexec'])
        self.root.remount('/media', in_=child.pid, superblock=True, options='size=8M')
        holder = self.client()
        clone = holder.clone_mount('/media', in_=child.pid, recursive=True)
        holder.attach_mount(clone, '/media/a', in_=child.pid)
        holder.attach_mount(holder.create_mount(), '/media/a/b', in_=child.pid)
        holder.close()  # its descriptors keep the mounts busy
        self.root.umount_let_go('/media/a', in_=child.pid, recursive=True)

    def test_helper_outlives_the_service(self):
        """The FUSE server is in a unit of its own, and none of the service's restrictions hold it."""
        source = pathlib.Path('/srv/source')
        source.mkdir()
        (source / 'file').write_text('through fuse')
        self.root.mount('/media', str(source), 'fuse.bindfs', in_='host', options='x-by=helper')
        self.addCleanup(run, 'umount', '/media')
        self.assertEqual(self.root.list(in_='host', target='/media')[-1]['user-options'],
                         'x-by=helper')
        server, = run('pgrep', '-x', 'bindfs').split()
        cgroup = pathlib.Path(f'/proc/{server}/cgroup').read_text()
        self.assertNotIn(UNIT, cgroup)
        self.assertRegex(pathlib.Path(f'/proc/{server}/status').read_text(), r'NoNewPrivs:\s+0')
        run('systemctl', 'stop', UNIT)
        self.assertEqual(run('cat', '/media/file'), 'through fuse')
        self.client().list(limit=1)

    def test_helper_gets_what_was_approved(self):
        """systemd would expand a dollar sign."""
        place = pathlib.Path('/srv/${X}$$')
        place.mkdir()
        self.root.mount(str(place), '/srv', 'fuse.bindfs', in_='host')
        self.addCleanup(run, 'umount', place)
        self.assertTrue(mounts_at(str(place), 1))

    def test_helper_that_fails(self):
        self.refused('Helper.EIO', ['/media', 'nosuchserver'], self.root.mount, '/media', 'x',
                     'fuse.nosuchserver', in_='host')

    def test_what_shows_other_namespaces(self):
        child = self.child('--pid', '--fork', '--net', '--ipc', '--cgroup', *PRIVATE,
                           prepare=PREPARE)
        for fstype in ('proc', 'sysfs', 'mqueue', 'cgroup2'):
            self.root.mount('/media/a', fstype, fstype, in_=child.pid)
            names = os.listdir(f'/proc/{child.pid}/root/media/a')
            if fstype == 'proc':
                self.assertEqual([name for name in names if name.isdigit()], ['1'])
            self.root.umount('/media/a', in_=child.pid)

    def test_proc_by_a_child_process(self):
        """The way of kernels before 6.17 passes the filter too."""
        child = self.child('--pid', '--fork', *PRIVATE)
        properties = [line for line in pathlib.Path(f'/usr/lib/systemd/system/{UNIT}').read_text()
                      .splitlines() if re.match('(System|Restrict|Memory|Lock|No|Cap)', line)]
        words = [word for line in properties for word in ('--property', line)]
        # The helper makes a mount namespace of its own and prints what it mounts there.
        shown = run('systemd-run', '--quiet', '--pipe', '--wait', *words,
                    BUILD / 'tests/helpers/proc-in-child', f'/proc/{child.pid}/ns/pid', '/mnt')
        self.assertEqual([name for name in shown.split() if name.isdigit()], ['1'])

    def test_user_namespace(self):
        child = self.child('--user', '--map-root-user', *PRIVATE, prepare='mount -t tmpfs t /media;'
                           'mkdir /media/a', user='alice')
        self.root.mount('/media/a', in_=child.pid, idmap=child.pid)
        self.root.mount('/media/new', in_=child.pid, create='directory')
        self.assertEqual(len(mounts_at('/media/new', child.pid)), 1)

    def test_propagation_and_pivot(self):
        child = self.child(prepare=PREPARE)
        self.root.set_propagation('/media', 'shared', in_=child.pid)
        self.root.make_rprivate(in_=child.pid)
        self.root.pivot_root('/media', in_=child.pid, bind_new_root=True)
        self.assertEqual([row['mount-point'] for row in mountinfo(child.pid)], ['/'])

    def test_as_a_user(self):
        child = self.child(prepare=PREPARE)
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        alice = self.client('alice')
        alice.mount('/media/a', in_=child.pid)
        alice.umount('/media/a', in_=child.pid)


class Units(Case):
    """A rule names services, not numbers that change at each restart."""

    def box(self, unit):
        run('systemd-run', '--quiet', f'--unit={unit}', '--property=PrivateMounts=yes',
            '--property=MountFlags=private', 'sleep', 'infinity')
        self.addCleanup(subprocess.run, ['systemctl', '--quiet', 'stop', unit], check=False)
        pid = int(run('systemctl', 'show', '--property=MainPID', '--value', unit))
        # Until then systemd's own child makes the namespace.
        wait_until(lambda: pathlib.Path(f'/proc/{pid}/comm').read_text() == 'sleep\n', 'sleep running')
        return pid

    def test_the_unit_that_is_acted_in(self):
        self.rule('if (subject.user == "alice" && action.lookup("unit") == "linx-box.service" &&'
                  ' action.lookup("cgroup") == "/system.slice/linx-box.service" &&'
                  ' action.lookup("machine") == "") return polkit.Result.YES;')
        alice = self.client('alice')
        for _ in range(2):
            pid = self.box('linx-box.service')
            alice.mount('/media', in_=pid)
            self.assertTrue(mounts_at('/media', pid))
            run('systemctl', 'stop', 'linx-box.service')
        self.refused(CHALLENGE, '', alice.mount, '/media', in_=self.box('linx-other.service'))

    def test_the_units_of_source_process_and_caller(self):
        source, shown = self.box('linx-source.service'), self.box('linx-shown.service')
        target = self.box('linx-target.service')
        self.rule('if (action.lookup("source-unit") == "linx-source.service" ||'
                  ' action.lookup("process-unit") == "linx-shown.service" ||'
                  ' action.lookup("caller-unit").indexOf("linx-caller") == 0)'
                  ' return polkit.Result.YES;')
        alice = self.client('alice')
        alice.bind('/usr', '/media', from_=source, in_=target)
        alice.mount('/media', 'proc', 'proc', process=shown, in_=target)
        self.refused(CHALLENGE, '', alice.mount, '/media', in_=target)
        caller = self.client(prefix=['systemd-run', '--quiet', '--pipe', '--wait', '--uid=alice',
                                     '--unit=linx-caller', '-E', f'LINX_BUILD={BUILD}', '--'])
        caller.mount('/media', in_=target)


class Session(Case):
    """A person who is logged in."""

    def setUp(self):
        self.target = self.child(prepare=PREPARE)
        self.bob = self.client(prefix=['systemd-run', '--quiet', '--pipe', '--wait', '--uid=bob',
                                       '-p', 'PAMName=login', '-E', f'LINX_BUILD={BUILD}',
                                       '-E', 'XDG_SEAT=seat0', '-E', 'XDG_SESSION_TYPE=x11', '--'])
        self.pid = self.bob.call('own process id')
        self.agent = Agent(self.pid, 'bob')
        self.addCleanup(self.agent.end)

    def ask(self):
        self.bob.send('Mount', f"('tmpfs', '/media/a', 'tmpfs', {{'in': <{self.target.pid}>}})",
                      interactive=True)
        return self.agent.wait_prompt()

    def test_is_prompted(self):
        sessions = json.loads(run('loginctl', '--output=json', 'list-sessions'))
        self.assertIn('bob', {session['user'] for session in sessions})
        self.assertIn('mount "tmpfs" at "/media/a"', self.ask())
        self.agent.type('root-pw')
        self.bob.receive()
        self.assertTrue(mounts_at('/media/a', self.target.pid))

    def test_stop_in_mid_call_loses_nothing(self):
        self.ask()
        pid = show('MainPID')
        run('systemctl', 'stop', '--no-block', UNIT)
        wait_until(lambda: show('ActiveState') == 'deactivating', 'the unit stopping')
        self.agent.type('root-pw')
        self.bob.receive()
        self.assertTrue(mounts_at('/media/a', self.target.pid))
        wait_until(lambda: show('ActiveState') == 'inactive', 'the unit being stopped')
        self.assertEqual(show('Result'), 'success')
        self.assertFalse(pathlib.Path(f'/proc/{pid}').exists())
        self.bob.list(limit=1)


class Journal(Case):
    def test_fields(self):
        child = self.child(prepare=PREPARE)
        self.client().mount('/media/a', in_=child.pid, options='ro')

        def entries():
            text = run('journalctl', '-u', UNIT, '-o', 'json', 'LINX_OPERATION=mount',
                       f'LINX_PID={child.pid}')
            return [json.loads(line) for line in text.splitlines()]
        entry, = wait_until(entries, 'the journal')
        for key, value in (('LINX_TARGET', '/media/a'), ('LINX_OUTCOME', 'done'),
                           ('LINX_CALLER_UID', '0'), ('LINX_ATTRIBUTES', 'ro'),
                           ('LINX_NAMESPACE', 'other'), ('PRIORITY', '5'),
                           ('SYSLOG_IDENTIFIER', 'linx-mountd')):
            self.assertEqual(entry[key], value)
        self.assertIn('operation="mount"', entry['MESSAGE'])

    def test_the_example_of_the_manual(self):
        """linx-mountd(8): what it types finds that entry."""
        page = pathlib.Path(__file__).resolve().parents[2] / 'docs/linx-mountd.8.scd'
        example, = re.findall(r'(?m)^```\n(.*?)^```$', page.read_text(), re.S)
        child = self.child(prepare=PREPARE)
        self.client().mount('/media/a', in_=child.pid)
        wait_until(lambda: f'"LINX_PID":"{child.pid}"' in run('sh', '-c', example).replace(' ', ''),
                   'the journal')


if __name__ == '__main__':
    unittest.main()
