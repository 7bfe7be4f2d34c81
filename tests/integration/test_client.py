#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client library's own program: each method, by each way. And the command line, each command."""
import json
import os
import pathlib
import subprocess
import unittest

from harness import HELPERS, Case, mountinfo, mounts_at

PREPARE = 'mount -t tmpfs root /mnt'


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, **kwargs)


class Library(Case):
    def check(self, way):
        child = self.child('--mount', '--propagation', 'private', prepare=PREPARE)
        done = run(HELPERS / 'client-calls', way, child.pid)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertEqual([row['mount-point'] for row in mountinfo(child.pid)], ['/', '/a', '/b'])

    def test_each_method_blocking(self):
        self.check('sync')

    def test_each_method_with_a_callback(self):
        self.check('async')


class Commands(Case):
    def setUp(self):
        self.target = self.child('--mount', '--propagation', 'private', prepare=PREPARE)
        self.pid = self.target.pid

    def ctl(self, *words, rc=0, user='root', **kwargs):
        """What it printed; it must end with @rc, and print errors if that is not 0."""
        from actors import as_user
        done = run(*as_user(user), 'linx-mountctl', *words, **kwargs)
        self.assertEqual(done.returncode, rc, (words, done.stdout, done.stderr))
        self.said = done.stderr
        self.assertEqual(bool(done.stderr), rc != 0 and not done.stdout, done.stderr)
        return done.stdout

    def at(self, point):
        return mounts_at(point, self.pid)

    def test_mount_and_umount(self):
        printed = self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-o', 'size=1M', '-o', 'noexec',
                           '-r', '-m', '--print-id', 'tmpfs', '/mnt/a')
        row, = self.at('/mnt/a')
        self.assertIn('size=1024k', row['super-options'])
        self.assertEqual(row['mount-options'].split(',')[:2], ['ro', 'noexec'])
        self.ctl('umount', '--in', self.pid, '--id', 1, '/mnt/a', rc=1)
        self.assertIn('ESTALE', self.said)
        self.ctl('umount', '--in', self.pid, '--id', printed.strip(), '/mnt/a')
        self.assertFalse(self.at('/mnt/a'))

    def test_umount_of_several(self):
        for name in 'ab':
            self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-m', 'x', f'/mnt/{name}')
        self.ctl('umount', '--in', self.pid, '/mnt/a', '/mnt/nothing', '/mnt/b', rc=1)
        self.assertEqual(len(mountinfo(self.pid)), len(mountinfo()) + 1)

    def test_umount_flags(self):
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-m', 'x', '/mnt/a')
        self.ctl('umount', '--in', self.pid, '--expire', '/mnt/a', rc=1)
        self.assertIn('EAGAIN', self.said)
        self.ctl('umount', '--in', self.pid, '--no-follow', '-f', '/mnt/a')
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', 'x', '/mnt/a')
        self.ctl('umount', '--in', self.pid, '-l', '/mnt')
        self.assertFalse(self.at('/mnt/a') + self.at('/mnt'))

    def test_bind_remount_move(self):
        self.ctl('--in', self.pid, 'bind', '--from', 'host', '-o', 'ro', '-m', '/etc', '/mnt/a')
        self.assertTrue(self.at('/mnt/a')[0]['mount-options'].startswith('ro'))
        self.ctl('remount', '--in', self.pid, '-o', 'noexec', '/mnt/a')
        self.assertTrue(self.at('/mnt/a')[0]['mount-options'].startswith('ro,noexec'))
        self.ctl('remount', '--in', self.pid, '--superblock', '-o', 'size=2M', '/mnt')
        self.assertIn('size=2048k', self.at('/mnt')[0]['super-options'])
        self.ctl('bind', '--in', self.pid, '-R', '--create', 'directory', '/mnt/a', '/mnt/b')
        self.ctl('umount', '--in', self.pid, '/mnt/b')
        self.ctl('move', '--in', self.pid, '/mnt/a', '/mnt/b')
        self.assertEqual([len(self.at('/mnt/a')), len(self.at('/mnt/b'))], [0, 1])

    def test_propagation_and_pivot(self):
        self.ctl('propagation', '--in', self.pid, 'rshared', '/mnt')
        self.assertTrue(self.at('/mnt')[0]['tags'][0].startswith('shared:'))
        self.ctl('propagation', '--in', self.pid, '-R', 'private', '/')
        self.assertFalse(self.at('/mnt')[0]['tags'])
        self.ctl('pivot-root', '--in', self.pid, '/mnt')
        self.assertEqual([row['mount-point'] for row in mountinfo(self.pid)], ['/'])

    def test_idmap_and_process(self):
        mapped = self.mapped_child()
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-m', '--idmap', mapped.pid, 'x', '/mnt/a')
        self.assertIn('idmapped', self.at('/mnt/a')[0]['mount-options'])
        other = self.child('--mount', '--pid', '--fork', '--propagation', 'private')
        self.ctl('mount', '--in', self.pid, '-t', 'proc', '-m', '--process', other.pid, 'p', '/mnt/p')
        self.assertEqual(self.target.run('sh', '-c', 'cd /mnt/p; echo [0-9]*'), '1\n')

    def test_relative_paths(self):
        place = pathlib.Path('/run/rig/relative')
        place.mkdir()
        self.addCleanup(place.rmdir)
        self.ctl('mount', '-t', 'tmpfs', 'x', 'relative', cwd='/run/rig')
        self.ctl('umount', '../rig/relative', cwd='/run/rig')
        self.assertFalse(mounts_at('/run/rig/relative'))
        self.assertEqual(self.ctl('list', '--no-legend', '-o', 'mount-point', './run', cwd='/'), '/run\n')
        self.assertIn('/run\n', self.ctl('list', '--no-legend', '-o', 'mount-point', '--under', 'run',
                                         cwd='/'))
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', 'x', 'mnt', rc=2, cwd='/')
        self.assertIn("'mnt' is relative", self.said)

    def test_namespaces(self):
        for word in ('self', 'host', self.pid):
            self.ctl('list', '--in', word)
        self.ctl('list', '--in', '/proc/self/nothing', rc=1)
        self.assertIn('OpenNs', self.said)
        self.ctl('list', '--in', '999999999', rc=1)
        self.assertIn('ESRCH', self.said)
        self.ctl('list', '--in', 'elsewhere', rc=2)

    def test_fstab(self):
        fstab = pathlib.Path('/etc/fstab')
        text = fstab.read_text() if fstab.exists() else None
        self.addCleanup(lambda: fstab.write_text(text) if text is not None else fstab.unlink())
        fstab.write_text('LABEL=none /run/rig/fs tmpfs size=1M 0 0\nwords /run/rig/fs2 tmpfs rw 0 0\n')
        place = pathlib.Path('/run/rig/fs2')
        place.mkdir()
        self.addCleanup(place.rmdir)
        self.ctl('--in', 'host', 'mount', place)
        self.ctl('umount', place)

    def test_list(self):
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-m', 'x', '/mnt/a b')
        text = self.ctl('list', '--in', self.pid, '-o', 'target,FSTYPE', '/mnt/a b')
        self.assertEqual(text, 'MOUNT-POINT FSTYPE\n/mnt/a b    tmpfs\n')
        text = self.ctl('--in', self.pid, '-o', 'mount-point', '--no-legend', 'list', '--under', '/mnt',
                        '-t', 'tmpfs', '-S', 'x')
        self.assertEqual(text, '/mnt/a b\n')
        rows = json.loads(self.ctl('list', '--in', self.pid, '--json=short'))
        self.assertEqual([row['mount-point'] for row in rows],
                         [row['mount-point'] for row in sorted(mountinfo(self.pid), key=lambda row: [
                             other['mount-id'] for other in rows].index(row['mount-id']))])
        self.assertEqual(len(self.ctl('list', '--in', self.pid, '--tree', '--no-legend').splitlines()),
                         len(rows))
        row, = json.loads(self.ctl('list', '--in', self.pid, '--json=pretty', '--id', rows[0]['id']))
        self.assertEqual(row, rows[0])
        self.target.run('mkdir', '/mnt/a b/inner')
        self.assertEqual(self.ctl('list', '--in', self.pid, '--no-legend', '-o', 'mount-point', '-T',
                                  '/mnt/a b/inner'), '/mnt/a b\n')
        self.ctl('list', '-o', 'nothing', rc=2)

    def test_json_of_columns(self):
        """Only what is asked for, page after page."""
        self.target.run(HELPERS / 'many-mounts', '/mnt', '10100')
        rows = json.loads(self.ctl('list', '--in', self.pid, '--json=short', '-o', 'mount-point',
                                   timeout=60))
        self.assertEqual(sorted(row['mount-point'] for row in rows),
                         sorted(row['mount-point'] for row in mountinfo(self.pid)))
        self.assertEqual(set(rows[0]), {'mount-point'})

    def test_names_that_are_no_utf8(self):
        odd = os.fsdecode(b'/mnt/b\xff')
        self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '-m', os.fsdecode(b's\xff'), odd)
        for words in ([odd], ['--under', odd], ['-T', odd], ['-S', os.fsdecode(b's\xff')]):
            rows = json.loads(self.ctl('list', '--in', self.pid, '--json=short', *words))
            self.assertEqual([row['mount-point'] for row in rows], ['/mnt/b\\xff'], words)
        self.ctl('umount', '--in', self.pid, odd)

    def test_a_working_directory_that_was_deleted(self):
        """What is relative to it is nothing, and least of all below "/", whatever $PWD says."""
        for pwd in ('/', '/mnt', '/run/rig/gone'):
            command = f'mkdir /run/rig/gone; cd /run/rig/gone; rmdir ../gone; PWD={pwd} linx-mountctl umount proc'
            done = run('unshare', '--mount', '--propagation', 'private', 'sh', '-c',
                       f'{command}; echo $?; grep -c " /proc " /proc/self/mountinfo')
            self.assertEqual(done.stdout.split()[0], '2', done.stderr)
            self.assertIn('no path leads to the working directory', done.stderr)
            self.assertNotEqual(done.stdout.split()[1], '0')

    def test_what_is_not_understood_does_nothing(self):
        self.ctl('umount', '--in', self.pid, '--id', '0', '/mnt', rc=2)
        self.ctl('umount', '--in', self.pid, '--id=-5', '/mnt', rc=2)
        self.ctl('umount', '--in', self.pid, '/mnt', 'relative', rc=2)
        self.assertIn('linx-mountctl', self.ctl('umount', '--version', '--in', self.pid, '/mnt'))
        self.ctl('bind', '--in', self.pid, '-o', os.fsdecode(b'\xff'), '/mnt', '/mnt', rc=2)
        self.assertTrue(self.at('/mnt'))

    def test_empty_path(self):
        """Of a variable that is not set, perhaps: never the directory one is in."""
        for words in (['umount', '-l', ''], ['bind', '', '/mnt'], ['bind', '/mnt', ''],
                      ['pivot-root', '/mnt', ''], ['remount', ''], ['mount', '-t', 'tmpfs', 'x', ''],
                      ['mount', ''], ['list', '']):
            self.ctl(*words, rc=2, cwd='/run')
            self.assertIn('empty', self.said)
        self.assertTrue(mounts_at('/run'))

    def test_names_that_look_like_options(self):
        place = pathlib.Path('/run/rig/dashes')
        (place / '-x').mkdir(parents=True)
        self.addCleanup(subprocess.run, ['rm', '-r', place], check=True)
        self.ctl('mount', '-t', 'tmpfs', '--', '-source', '-x', cwd=place)
        self.ctl('remount', '-o', 'ro', '--', '-x', cwd=place)
        row, = mounts_at(f'{place}/-x')
        self.assertEqual(row['source'], '-source')
        self.assertEqual(self.ctl('can', 'umount', '--', '-x', cwd=place), 'yes\n')
        self.ctl('umount', '--', '-x', cwd=place)
        self.assertFalse(mounts_at(f'{place}/-x'))

    def test_no_locale(self):
        """Names are bytes, whatever the language."""
        place = pathlib.Path('/run/rig/\u00fc')
        place.mkdir()
        self.addCleanup(place.rmdir)
        env = dict(os.environ, LC_ALL='C')
        self.ctl('mount', '-t', 'overlay', '-o', f'lowerdir={place}:/mnt', '--in', 'self', 'x', place,
                 env=env)
        self.ctl('umount', '--in', f'/proc/{self.pid}/root/\u00fc', place, rc=1, env=env)
        self.assertIn('OpenNs', self.said)
        self.ctl('umount', place, env=env)

    def test_output_that_is_full(self):
        for words in (['list'], ['--version'], ['can', 'list'], ['status'],
                      ['mount', '--in', self.pid, '-t', 'tmpfs', '--print-id', 'x', '/mnt']):
            with open('/dev/full', 'w') as full:
                done = subprocess.run(['linx-mountctl', *map(str, words)], stdout=full, text=True,
                                      stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 1, words)
            self.assertEqual(done.stderr, 'linx-mountctl: standard output could not be written\n')

    def test_graph_of_two_namespaces(self):
        """Peers are joined by their group, also where it spans namespaces."""
        self.ctl('propagation', '--in', self.pid, 'shared', '/mnt')
        unshare = ['nsenter', '-t', str(self.pid), '-m']
        other = subprocess.Popen([*unshare, 'unshare', '--mount', '--propagation', 'unchanged', 'sh',
                                  '-c', 'echo ready; exec sleep 1000000'], stdout=subprocess.PIPE)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        self.addCleanup(other.stdout.close)
        other.stdout.readline()
        text = self.ctl('list', '--graph', '--in', self.pid, '--in', other.pid, '/mnt')
        self.assertEqual(self.ctl('--in', self.pid, 'list', '--graph', '--in', other.pid, '/mnt'), text)
        group = self.at('/mnt')[0]['tags'][0].split(':')[1]
        self.assertEqual(text.count('subgraph "cluster '), 2)
        self.assertEqual(text.count(f' -> g{group} [dir=both'), 2)

    def test_can(self):
        self.assertEqual(self.ctl('can', 'umount', '--in', self.pid, '/mnt'), 'yes\n')
        self.assertEqual(self.ctl('can', 'mount', '-t', 'tmpfs', 'x', '/mnt', rc=3, user='alice'),
                         'challenge\n')
        self.assertEqual(self.ctl('can', 'list'), 'yes\n')
        self.assertEqual(self.ctl('can', 'watch', '--in', 'host'), 'yes\n')
        for command in ('bind', 'move'):
            self.assertEqual(self.ctl('can', command, '--in', self.pid, '/mnt', '/mnt'), 'yes\n')
        self.assertEqual(self.ctl('can', 'pivot-root', '--in', self.pid, '/mnt'), 'yes\n')
        self.assertEqual(self.ctl('can', 'propagation', '--in', self.pid, 'shared', '/mnt'), 'yes\n')
        self.assertEqual(self.ctl('can', 'remount', '--in', self.pid, '/mnt'), 'yes\n')
        self.assertEqual(self.ctl('can', 'list', '--graph', '--in', 'self', '--in', self.pid, rc=3,
                                  user='alice'), 'yes\nchallenge\n')
        self.ctl('can', 'status', rc=2)
        self.assertTrue(self.at('/mnt'))

    def test_exit_codes(self):
        self.ctl('umount', '--in', self.pid, '/nothing', rc=1)
        self.ctl('nonsense', rc=2)
        self.ctl('mount', '--in', self.pid, '-o', 'ro=x', '-t', 'tmpfs', 'x', '/mnt', rc=2)
        self.ctl('umount', '--nonsense', '/mnt', rc=2)
        self.ctl('umount', rc=2)
        self.ctl('--json=xml', rc=2)
        self.ctl('mount', '-t', 'tmpfs', 'x', '/mnt', rc=3, user='alice')
        self.ctl('status', rc=4, env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS='unix:path=/nothing'))

    def test_status(self):
        status = json.loads(self.ctl('status', '--json=short'))
        self.assertEqual(set(status), {'pid', 'version', 'features'})
        self.assertIn(f'process {status["pid"]}\n', self.ctl('status'))
        self.assertEqual(self.ctl('--version'), f'linx-mountctl {status["version"]}\n')

    def test_watch(self):
        for mode in ('off', 'short'):
            watching = subprocess.Popen(['linx-mountctl', 'watch', '--in', str(self.pid),
                                         f'--json={mode}'], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
            self.addCleanup(watching.wait)
            self.addCleanup(watching.kill)
            self.assertIn('watching', watching.stderr.readline())
            printed = self.ctl('mount', '--in', self.pid, '-t', 'tmpfs', '--print-id', 'x', '/mnt')
            line = watching.stdout.readline()
            if mode == 'off':
                self.assertRegex(line, f'^attached {printed.strip()} /mnt tmpfs x rw,relatime$')
            else:
                self.assertEqual(json.loads(line)['added'][0]['source'], 'x')
            self.ctl('umount', '--in', self.pid, '/mnt')
            line = watching.stdout.readline()
            if mode == 'off':
                self.assertRegex(line, f'^detached {printed.strip()} /mnt tmpfs x rw,relatime$')
            else:
                self.assertEqual(json.loads(line)['removed'], [int(printed)])
            watching.terminate()
            self.assertEqual(watching.wait(), 0)
            watching.stdout.close()
            watching.stderr.close()

    def test_watch_ends_with_its_reader(self):
        """At once, not when there is more to say."""
        watching = subprocess.Popen(['linx-mountctl', 'watch'], text=True, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
        self.addCleanup(watching.stderr.close)
        self.addCleanup(watching.kill)
        self.assertIn('watching', watching.stderr.readline())
        watching.stdout.close()
        self.assertEqual(watching.wait(timeout=30), 0)


if __name__ == '__main__':
    unittest.main()
