#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watch: what is told of a namespace's changes, to whom, and that nothing is kept for it."""
import collections
import os
import pathlib
import signal
import subprocess
import threading
import unittest

from harness import BUILD, CHALLENGE, INVALID_ARGS, Case, service_pid, wait_until

LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'


# A root with a program in it that needs nothing of the old one.
NEW_ROOT = '''export LC_ALL=C
    mkdir -p /run/new; mount -t tmpfs -o mode=755 new /run/new; cd /run/new; mkdir old lib run
    loader=$(ldd /bin/sleep | awk '/ld-linux/ { print $1 }')
    cp "$loader" loader; cp /bin/sleep .
    cp $(ldd /bin/sleep | awk '/=>/ { print $3 }') lib
    echo $$
    '''


def state():
    """What the service holds open, but for channels to workers, which come and go."""
    held = []
    for entry in pathlib.Path(f'/proc/{service_pid()}/fd').iterdir():
        try:
            link = os.readlink(entry)
        except FileNotFoundError:
            continue
        if not link.startswith('socket:'):
            held.append(link)
    return sorted(held)


def as_told(row):
    """A row of ListMounts as signals have it."""
    return {key: value for key, value in row.items() if key != 'user-options'}


class Table:
    """A table that is kept by what a watcher is told."""

    def __init__(self, client, **where):
        self.client, self.where = client, where
        self.watch = client.watch(**where)
        self.rows = self.listed()
        self.times = []

    def listed(self):
        return {row['id']: as_told(row) for row in self.client.list(**self.where)}

    def take(self, seconds=20):
        """Applies the next signal. Returns its name; None where none came."""
        came = self.client.call('next signal', timeout=int(seconds * 1000))
        if came is None:
            return None
        name, (watch, *told), at = came
        assert watch == self.watch, came
        self.times.append(at)
        if name == 'Overflow':
            self.rows = self.listed()
        elif name == 'Changed':
            removed, added, changed = told
            for mount in removed:
                self.rows.pop(mount, None)
            for row, in added + changed:
                self.rows[row['id']] = row
        return name

    def until(self, condition):
        while not condition():
            assert self.take() in ('Changed', 'Overflow')

    def row_at(self, point):
        rows = [row for row in self.rows.values() if row['mount-point'] == point]
        return max(rows, key=lambda row: row['id']) if rows else None


class Watching(Case):
    def setUp(self):
        self.root = self.client()
        self.root.list(limit=1)
        self.maxDiff = None

    def table(self, client=None, **where):
        table = Table(client or self.root, **where)
        self.addCleanup(lambda: table.client.process.poll() is None
                        and self.forgiving_unwatch(table))
        return table

    def forgiving_unwatch(self, table):
        try:
            table.client.unwatch(table.watch)
        except Exception as error:  # it has ended in the test
            self.assertIn('watch', str(error))

    def lets_go(self, before):
        """What was open before may be less by now: a descriptor that was on its way out."""
        wait_until(lambda: not collections.Counter(state()) - collections.Counter(before),
                   'the service letting go')

    def same_as_listed(self, table):
        """What was told makes what is. Something that is seen last says that all was told."""
        self.root.mount('/run', source='last', in_=table.where['in_'])
        table.until(lambda: (table.row_at('/run') or {}).get('source') == 'last')
        self.assertEqual(table.rows, table.listed())


class Changes(Watching):
    def setUp(self):
        super().setUp()
        self.target = self.child(prepare='mount -t tmpfs t /mnt; cd /mnt; mkdir a b c; cd /')
        self.told = self.table(in_=self.target.pid)

    def test_attach_and_detach(self):
        mount = self.root.mount('/mnt/a', source='new', in_=self.target.pid, options='nosuid')
        name, told = self.root.next_signal()
        row, = self.root.list(in_=self.target.pid, id=mount)
        self.assertEqual((name, told), ('Changed', [self.told.watch, [], [[as_told(row)]], []]))
        self.root.umount('/mnt/a', in_=self.target.pid)
        self.assertEqual(self.root.next_signal(), ('Changed', [self.told.watch, [mount], [], []]))

    def test_move_takes_those_below_along(self):
        self.target.run('sh', '-c', 'mount -t tmpfs x /mnt/a; mkdir /mnt/a/d; '
                        'mount -t tmpfs y /mnt/a/d')
        self.told.until(lambda: self.told.row_at('/mnt/a/d'))
        below = self.told.row_at('/mnt/a/d')
        self.root.move('/mnt/a', '/mnt/b', in_=self.target.pid)
        self.told.until(lambda: self.told.row_at('/mnt/b/d'))
        self.assertEqual(self.told.row_at('/mnt/b/d')['id'], below['id'])
        self.assertIsNone(self.told.row_at('/mnt/a'))
        self.same_as_listed(self.told)

    def test_remount_and_attributes(self):
        for command, key, word in (
                (['mount', '-o', 'remount,size=1M', '/mnt'], 'super-options', 'size=1024k'),
                (['mount', '-o', 'remount,bind,noexec', '/mnt'], 'mount-options', 'noexec')):
            self.target.run(*command)
            self.told.until(lambda: word in self.told.row_at('/mnt')[key])
        self.root.remount('/mnt', options='nosuid', in_=self.target.pid)
        self.told.until(lambda: 'nosuid' in self.told.row_at('/mnt')['mount-options'])
        self.same_as_listed(self.told)

    def test_propagation(self):
        self.root.set_propagation('/mnt', 'shared', in_=self.target.pid)
        self.told.until(lambda: self.told.row_at('/mnt')['propagation'] == 'shared')
        self.assertTrue(self.told.row_at('/mnt')['peer-group'])
        # The kernel does not say that mount(2) changed it: it is told with the next change.
        self.target.run('mount', '--make-slave', '/mnt')
        self.target.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.told.until(lambda: self.told.row_at('/mnt')['propagation'] == 'private')
        self.same_as_listed(self.told)

    def test_umount_of_a_subtree(self):
        self.target.run(BUILD / 'tests/helpers/many-mounts', '/mnt/c', '300')
        self.told.until(lambda: self.told.row_at('/mnt/c/300'))
        self.root.umount('/mnt', recursive=True, in_=self.target.pid)
        self.told.until(lambda: not self.told.row_at('/mnt'))
        self.assertFalse([row for row in self.told.rows.values()
                          if row['mount-point'].startswith('/mnt/c')])
        self.same_as_listed(self.told)

    def test_too_many_at_once(self):
        """A tree of 1,100 mounts that is bound in one go does not fit into a signal."""
        self.target.run(BUILD / 'tests/helpers/many-mounts', '/mnt/c', '1100')
        self.told.until(lambda: self.told.row_at('/mnt/c/1100'))
        self.target.run('mount', '--rbind', '/mnt/c', '/mnt/b')
        names = []
        while 'Overflow' not in names:
            names.append(self.told.take())
        self.told.until(lambda: self.told.row_at('/mnt/b/1100'))
        self.same_as_listed(self.told)

    def test_more_events_than_the_kernel_keeps(self):
        """The service does not get to read while 20,000 events come: none of what stays is lost."""
        pid = service_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            self.target.run('sh', '-ec', 'mount -t tmpfs x /mnt/a; cd /mnt/c; '
                            f'{BUILD}/tests/helpers/many-mounts /mnt/a 10000; '
                            'umount -l /mnt/a; mount -t tmpfs stays /mnt/b')
        finally:
            os.kill(pid, signal.SIGCONT)
        self.told.until(lambda: self.told.row_at('/mnt/b'))
        self.same_as_listed(self.told)

    def test_churn(self):
        """Mounts that come and go at full speed: at most one signal in 50 ms, and in the end the
        table is what was told."""
        script = ('i=0; while [ $i -lt 1500 ]; do mount -t tmpfs x$i /mnt/a; umount /mnt/a; '
                  'i=$((i + 1)); done; mount -t tmpfs stays /mnt/b')
        churn = threading.Thread(target=self.target.run, args=('sh', '-ec', script))
        churn.start()
        self.told.until(lambda: self.told.row_at('/mnt/b'))
        churn.join()
        times = self.told.times
        self.assertLessEqual(len(times), (times[-1] - times[0]) / 0.05 + 2)
        self.same_as_listed(self.told)

    def test_unwatch(self):
        bob = self.client('bob')
        self.refused(INVALID_ARGS, "'watch'", bob.unwatch, self.told.watch)
        self.refused(INVALID_ARGS, "'watch'", self.root.unwatch, 123456)
        self.root.unwatch(self.told.watch)
        self.refused(INVALID_ARGS, "'watch'", self.root.unwatch, self.told.watch)
        other = self.client().watch(in_=self.target.pid)
        self.assertNotEqual(other, self.told.watch)
        self.target.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.assertIsNone(self.root.next_signal(0.3))

    def test_two_watchers_share(self):
        held = state()
        second = self.table(self.client(), in_=self.target.pid)
        third = self.table(self.client(), in_=self.target.pid)
        # Of the second and the third there is the process, held for each caller and each watch.
        self.assertEqual([link for link in state() if 'fanotify' in link or 'mountinfo' in link],
                         [link for link in held if 'fanotify' in link or 'mountinfo' in link])
        self.root.mount('/mnt/a', in_=self.target.pid)
        for table in (self.told, second, third):
            table.until(lambda: table.row_at('/mnt/a'))
        second.client.unwatch(second.watch)
        self.root.umount('/mnt/a', in_=self.target.pid)
        for table in (self.told, third):
            table.until(lambda: not table.row_at('/mnt/a'))
        self.assertIsNone(second.client.next_signal(0))


class Ends(Watching):
    def ended(self, client, words):
        name = None
        while name != 'Ended':
            name, arguments = client.next_signal()
        self.assertIn(words, arguments[1])

    def test_pivot_and_the_old_root_is_not_busy(self):
        """The process runs from the new root alone, so that only a watch could keep the old one."""
        target = self.child(prepare=NEW_ROOT + 'exec ./loader --library-path lib ./sleep 1000000')
        wait_until(lambda: os.readlink(f'/proc/{target.pid}/exe') == '/run/new/loader',
                   'the new program')
        told = self.table(in_=target.pid)
        self.root.pivot_root('/run/new', '/run/new/old', in_=target.pid)
        told.until(lambda: (told.row_at('/') or {}).get('source') == 'new')
        self.assertTrue(told.row_at('/old/proc'))
        self.root.umount('/old', recursive=True, in_=target.pid)
        told.until(lambda: not told.row_at('/old'))
        self.assertEqual([row['mount-point'] for row in told.rows.values()], ['/'])

    def test_root_that_another_one_hides(self):
        """As container engines do it without pivot_root: what is below is told as little as listed."""
        target = self.child(prepare=NEW_ROOT + '''mount -t tmpfs hidden /media; mount --move . /
            exec chroot . ./loader --library-path lib ./sleep 1000000''')
        wait_until(lambda: os.readlink(f'/proc/{target.pid}/exe').endswith('/loader'),
                   'the new program')
        told = self.table(in_=target.pid)
        self.assertEqual([row['source'] for row in told.rows.values()], ['new'])
        mount = self.root.mount('/run', in_=target.pid)
        name, (_, removed, ((row,),), changed) = self.root.next_signal()
        self.assertEqual((name, removed, row['id'], changed), ('Changed', [], mount, []))

    def test_namespace_whose_end_takes_its_time(self):
        """What is mounted there alone is unmounted with it, and the device does not answer."""
        shell = '''mkdir /run/rig/below; truncate -s 64M /run/rig/below.img
            mkfs.ext4 -q /run/rig/below.img; mount -o loop /run/rig/below.img /run/rig/below
            truncate -s 32M /run/rig/below/img; mkfs.ext4 -q /run/rig/below/img'''
        subprocess.run(['sh', '-ec', shell], check=True)
        target = self.child(prepare='mount -o loop /run/rig/below/img /mnt; sync')
        watch = self.root.watch(in_=target.pid)
        target.run('dd', 'if=/dev/zero', 'of=/mnt/file', 'bs=1M', 'count=8')
        subprocess.run(['fsfreeze', '--freeze', '/run/rig/below'], check=True)
        try:
            target.process.kill()
            name, told = self.root.next_signal()
            self.assertEqual((name, told[0]), ('Ended', watch))
            for _ in range(20):
                self.root.call('ListMounts', "({'limit': <uint32 1>},)", timeout=5000)
        finally:
            subprocess.run(['fsfreeze', '--unfreeze', '/run/rig/below'], check=True)
        wait_until(lambda: '/run/rig/below/img' not in subprocess.run(
            ['losetup', '-a'], capture_output=True, text=True).stdout, 'the namespace ending')
        subprocess.run(['sh', '-ec', 'umount /run/rig/below; rm /run/rig/below.img'], check=True)

    def test_process_ends(self):
        before = state()
        target = self.child(prepare='mount -t tmpfs t /mnt')
        watch = self.root.watch(in_=target.pid)
        target.end()
        self.assertEqual(self.root.next_signal()[0], 'Ended')
        self.refused(INVALID_ARGS, "'watch'", self.root.unwatch, watch)
        self.lets_go(before)

    def test_namespace_goes_with_its_process(self):
        """A loop device that is mounted there alone goes with the namespace, while it is watched by
        way of another namespace file too."""
        image = pathlib.Path('/run/rig/in-namespace')
        image.write_bytes(bytes(4 << 20))
        self.addCleanup(image.unlink)
        subprocess.run(['mkfs.ext4', '-q', image], check=True)
        target = self.child(prepare=f'mount -o loop {image} /mnt')
        self.root.watch(in_=target.pid)
        self.assertIn(str(image), subprocess.run(['losetup', '-a'], capture_output=True,
                                                 text=True).stdout)
        target.end()
        self.ended(self.root, 'has ended')
        wait_until(lambda: str(image) not in subprocess.run(
            ['losetup', '-a'], capture_output=True, text=True).stdout, 'the namespace ending')

    def test_process_leaves(self):
        target = self.client(enter=['unshare', '-m', '--propagation', 'private'])
        target.list(limit=1)
        pid = int(target.call('own process id'))
        watcher = self.client()
        watcher.watch(in_=pid)
        target.call('unshare')
        self.ended(watcher, 'has left it')

    def test_namespace_that_a_file_names(self):
        before = state()
        place = pathlib.Path('/run/rig/namespace')
        place.touch()
        self.addCleanup(place.unlink)
        target = self.bind_namespace(place, 'mount -t tmpfs t /mnt')
        features, = self.root.call('Get', "('org.linx.Mount1', 'Features')",
                                   interface='org.freedesktop.DBus.Properties')
        if 'mount-events' not in features:
            self.refused('org.freedesktop.DBus.Error.NotSupported', '6.15', self.root.watch,
                         in_=str(place))
            subprocess.run(['umount', place], check=True)
            return
        told = self.table(in_=str(place))
        target.run('mount', '-t', 'tmpfs', 'x', '/media')
        told.until(lambda: told.row_at('/media'))
        target.end()
        subprocess.run(['umount', place], check=True)
        self.ended(self.root, 'the namespace is gone')
        self.lets_go(before)

    def test_caller_ends(self):
        target = self.child()
        before = state()
        watcher = self.client()
        watcher.watch(in_=target.pid)
        self.assertNotEqual(state(), before)
        watcher.kill()
        self.lets_go(before)
        target.run('mount', '-t', 'tmpfs', 'x', '/mnt')
        self.root.list(limit=1)

    def test_service_ends(self):
        self.root.watch(in_='host')
        os.kill(service_pid(), signal.SIGTERM)
        self.ended(self.root, 'the service ends')

    def test_umount_is_not_busy(self):
        """Neither where a mount is watched in the host, nor that of a process's root once it ended."""
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'jail', '/mnt'], check=True)
        for name in ('usr', 'lib', 'lib64', 'bin'):
            pathlib.Path('/mnt', name).mkdir()
            subprocess.run(['mount', '--rbind', f'/{name}', f'/mnt/{name}'], check=True)
        jailed = subprocess.Popen(['chroot', '/mnt', 'sleep', '1000'])
        self.addCleanup(jailed.wait)
        self.addCleanup(jailed.kill)
        wait_until(lambda: os.readlink(f'/proc/{jailed.pid}/root') == '/mnt', 'the chroot')
        host = self.table(self.client(), in_='host')
        self.root.watch(in_=jailed.pid)
        for name in ('usr', 'lib', 'lib64', 'bin'):
            subprocess.run(['umount', '-R', '-l', f'/mnt/{name}'], check=True)
        jailed.kill()
        jailed.wait()
        subprocess.run(['umount', '/mnt'], check=True)
        host.until(lambda: not host.row_at('/mnt'))
        self.ended(self.root, 'has ended')


class Bounds(Watching):
    def test_thousand_watches(self):
        before = state()
        target = self.child()
        clients = [self.client() for _ in range(10)]
        watches = [[client.watch(in_=target.pid) for _ in range(100)] for client in clients]
        self.root.mount('/mnt', in_=target.pid)
        for client, own in zip(clients, watches):
            told = [client.next_signal() for _ in own]
            self.assertEqual(sorted(arguments[0] for _, arguments in told), own)
        for client in clients:
            client.kill()
        self.lets_go(before)

    def test_bound_of_a_user(self):
        alice = self.client('alice')
        watches = [alice.watch() for _ in range(16)]
        self.refused(LIMITS, 'this user', alice.watch)
        self.refused(LIMITS, 'this user', self.client('alice').watch)
        self.client('bob').watch()
        alice.unwatch(watches[3])
        alice.watch()

    def test_bound_of_namespaces(self):
        children = [self.child() for _ in range(65)]
        for child in children[:64]:
            self.root.watch(in_=child.pid)
        self.refused(LIMITS, '64 namespaces', self.root.watch, in_=children[64].pid)
        self.root.watch(in_=children[0].pid)
        self.assertTrue(self.root.list(in_=children[64].pid))


class Hostile(Watching):
    def test_caller_that_does_not_read(self):
        """It is told nothing more, and the bus goes on for everybody else; later it is told that it
        has missed something."""
        target = self.child(prepare='''mount -t tmpfs t /mnt; mkdir /mnt/d
            %s/tests/helpers/many-mounts /mnt/d 200''' % BUILD)
        reader = self.client()
        reader.watch(in_=target.pid)
        lazy = self.client()
        watches = {lazy.watch(in_=target.pid) for _ in range(300)}
        os.kill(lazy.process.pid, signal.SIGSTOP)
        for step in range(30):
            self.root.remount('/mnt', recursive=True, in_=target.pid,
                              options='rnosuid' if step % 2 else 'rsuid,rnoexec')
            self.assertEqual(reader.next_signal()[0], 'Changed')
            self.client('bob').call('ListMounts', "({'limit': <uint32 1>},)", timeout=5000)
        os.kill(lazy.process.pid, signal.SIGCONT)
        overflown = set()
        while overflown != watches:
            name, told = lazy.next_signal()
            if name == 'Overflow':
                overflown.add(told[0])
        self.root.umount('/mnt', recursive=True, in_=target.pid)
        while lazy.next_signal()[0] != 'Changed':
            pass

    def test_rows_that_are_large(self):
        """60 mounts, each of whose sources takes 32 KiB in a row."""
        target = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a /mnt/b')
        told = self.table(in_=target.pid)
        pid = service_pid()
        target.run('/usr/bin/python3', '-c', """if True:
            import ctypes, os
            libc = ctypes.CDLL(None)
            for number in range(60):
                os.mkdir(f'/mnt/a/{number}')
                libc.mount(bytes([255]) * 4000, f'/mnt/a/{number}'.encode(), b'tmpfs', 0, None)""")
        told.until(lambda: told.row_at('/mnt/a/59'))
        target.run('mount', '--rbind', '/mnt/a', '/mnt/b')
        names = []
        while 'Overflow' not in names:
            names.append(told.take())
        told.until(lambda: told.row_at('/mnt/b/59'))
        self.assertEqual(service_pid(), pid)

    def test_own_namespace_is_told_as_long_as_it_is(self):
        """However it was named: alice leaves the namespace, and another process that is in it stays."""
        alice = self.client('alice', enter=['unshare', '--user', '--map-current-user', '--keep-caps',
                                            '--mount', '--propagation', 'private'])
        alice.list(limit=1)
        pid = int(alice.call('own process id'))
        stays = subprocess.Popen(['nsenter', '-t', str(pid), '-m', 'sleep', '1000'])
        self.addCleanup(stays.wait)
        self.addCleanup(stays.kill)
        own = os.readlink(f'/proc/{pid}/ns/mnt')
        wait_until(lambda: os.readlink(f'/proc/{stays.pid}/ns/mnt') == own, 'the other process')
        alice.watch(in_=stays.pid)
        alice.call('unshare')
        name, told = alice.next_signal()
        self.assertEqual(name, 'Ended')
        self.refused(CHALLENGE, '', alice.list, in_=stays.pid)

    def test_calls_under_way_are_bounded(self):
        """A flood of one user's calls leaves root's alone."""
        child = self.child(prepare=f'''mount -t tmpfs t /mnt; mkdir /mnt/d
            {BUILD}/tests/helpers/many-mounts /mnt/d 2000''')
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        flood = [self.client('alice') for _ in range(3)]
        for _ in range(5):
            for client in flood:
                for _ in range(12):
                    client.send('Watch', f"({{'in': <uint32 {child.pid}>}},)", send_only=True)
                    client.receive()
            self.root.unwatch(self.root.watch(in_=child.pid))

    def test_other_namespace(self):
        target = self.child()
        alice = self.client('alice')
        self.refused(CHALLENGE, '', alice.watch, in_=target.pid)
        self.assertEqual(alice.can('Watch', in_=target.pid), 'challenge')
        self.rule('if (action.id == "org.linx.mount1.list-mounts-other" && subject.user == "alice"'
                  ' && action.lookup("operation") == "watch") return polkit.Result.YES;')
        watch = alice.watch(in_=target.pid)
        mount = self.root.mount('/mnt', in_=target.pid)
        name, (told, _, ((row,),), _) = alice.next_signal()
        self.assertEqual((name, told, row['id']), ('Changed', watch, mount))
        self.refused(CHALLENGE, '', alice.list, in_=target.pid)

    def test_others_are_not_told(self):
        target = self.child()
        told = self.table(in_=target.pid)
        bob = self.client('bob')
        own = self.table(bob, in_='self')
        self.root.mount('/mnt', in_=target.pid)
        told.until(lambda: told.row_at('/mnt'))
        self.assertIsNone(bob.next_signal(0.3))
        self.assertEqual(own.times, [])

    def test_chroot_does_not_see_all(self):
        """Its own mountinfo shows what its root reaches; a watch shows all, and is another matter."""
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'jail', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-R', '/mnt'], check=True)
        top = pathlib.Path(__file__).resolve().parts[1]
        for name in {'usr', 'lib', 'lib64', 'bin', 'run', 'etc', 'proc', top}:
            pathlib.Path('/mnt', name).mkdir()
            subprocess.run(['mount', '--rbind', f'/{name}', f'/mnt/{name}'], check=True)
        alice = self.client('alice', prefix=['chroot', '/mnt'])
        self.assertTrue(alice.list())
        self.refused(CHALLENGE, '', alice.watch)
        self.refused(CHALLENGE, '', alice.watch, in_='host')
        self.assertTrue(self.client('alice').watch())

    def test_flood_of_watches(self):
        """Each is refused or let go again: nothing stays."""
        alice = self.client('alice')
        alice.list(limit=1)
        before = state()
        for _ in range(50):
            alice.unwatch(alice.watch())
        self.lets_go(before)


if __name__ == '__main__':
    unittest.main()
