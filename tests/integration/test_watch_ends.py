#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watch: how it ends, that nothing is kept for it, and what callers and namespaces cannot do with it."""
import os
import pathlib
import signal
import subprocess
import unittest

from harness import BUILD, CHALLENGE, INVALID_ARGS, service_pid, wait_until
from watching import Watching, state, wait_let_go

LIMITS = 'org.freedesktop.DBus.Error.LimitsExceeded'
# A root with a program in it that needs nothing of the old one.
NEW_ROOT = '''export LC_ALL=C
    mkdir -p /run/new; mount -t tmpfs -o mode=755 new /run/new; cd /run/new; mkdir old lib run
    loader=$(ldd /bin/sleep | awk '/ld-linux/ { print $1 }')
    cp "$loader" loader; cp /bin/sleep .
    cp $(ldd /bin/sleep | awk '/=>/ { print $3 }') lib
    echo $$
    '''


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
        self.assertIsNone(self.root.next_signal(0.5))

    def test_who_lists_what_is_hidden(self):
        """It is still there for whoever has its root below, and what is there is not told as gone."""
        target = self.child()
        alice = self.client('alice', prefix=['nsenter', '--mount', '--target', str(target.pid)])
        alice.list(limit=1)  # it runs
        told = self.table(in_=target.pid)
        target.run('mount', '-t', 'tmpfs', 'over', '/')
        told.until(lambda: [row['source'] for row in told.rows.values()] == ['over'])
        self.assertGreater(len(alice.list(fields=['id'])), 1)
        self.assertIsNone(self.root.next_signal(0.5))

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
                self.root.call('ListMounts', "({'limit': <uint32 1>},)")
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
        wait_let_go(before)

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

    def has_events(self):
        features, = self.root.call('Get', "('org.linx.Mount1', 'Features')",
                                   interface='org.freedesktop.DBus.Properties')
        return 'mount-events' in features

    def test_number_of_a_namespace_that_is_gone(self):
        """A new namespace gets it before it is noticed that the old one is gone, and is another one.
        Where only processes name what is watched, its end is noticed at once."""
        place = pathlib.Path('/run/rig/namespace')
        place.touch()
        self.addCleanup(place.unlink)
        old = self.bind_namespace(place, 'mount -t tmpfs t /mnt')
        number = os.stat(place).st_ino
        gone = self.root.watch(in_=str(place) if self.has_events() else old.pid)
        old.end()
        subprocess.run(['umount', place], check=True)

        def next_one():
            child = self.child()
            return child if os.stat(f'/proc/{child.pid}/ns/mnt').st_ino == number else None
        target = wait_until(next_one, 'a namespace of that number')
        watch = self.root.watch(in_=target.pid)
        mount = self.root.mount('/mnt', in_=target.pid)
        told = {}
        while set(told) != {'Changed', 'Ended'}:
            name, arguments = self.root.next_signal()
            told[name] = arguments
        self.assertEqual(told['Ended'][0], gone)
        self.assertEqual((told['Changed'][0], told['Changed'][2][0][0]['id']), (watch, mount))

    def test_namespace_that_a_file_names(self):
        before = state()
        place = pathlib.Path('/run/rig/namespace')
        place.touch()
        self.addCleanup(place.unlink)
        target = self.bind_namespace(place, 'mount -t tmpfs t /mnt')
        if not self.has_events():
            self.refused('org.freedesktop.DBus.Error.NotSupported', '6.15', self.root.watch,
                         in_=str(place))
            subprocess.run(['umount', place], check=True)
            return
        told = self.table(in_=str(place))
        target.run('mount', '-t', 'tmpfs', 'x', '/media')
        told.until(lambda: told.row_at('/media'))
        self.root.mount('/mnt', in_=target.pid)
        told.rows = told.listed()
        self.root.umount('/mnt', in_=target.pid)
        self.root.umount('/media', in_=target.pid)
        told.until(lambda: not told.row_at('/media') and told.row_at('/mnt')['source'] == 't')
        self.root.list(in_=target.pid)
        self.assertIsNone(self.root.next_signal(0.3))
        target.end()
        subprocess.run(['umount', place], check=True)
        self.ended(self.root, 'the namespace is gone')
        wait_let_go(before)

    def test_caller_ends(self):
        target = self.child()
        before = state()
        watcher = self.client()
        watcher.watch(in_=target.pid)
        self.assertNotEqual(state(), before)
        watcher.kill()
        wait_let_go(before)
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
        wait_let_go(before)

    def test_bound_of_a_user(self):
        alice = self.client('alice')
        watches = [alice.watch() for _ in range(64)]
        self.refused(LIMITS, 'this user', alice.watch)
        self.refused(LIMITS, 'this user', self.client('alice').watch)
        self.client('bob').watch()
        alice.unwatch(watches[3])
        alice.watch()

    def test_bound_of_a_users_namespaces(self):
        """Nobody takes them all: with 8 a user has its own, another one does not notice."""
        self.rule('if (action.lookup("operation") == "watch") return polkit.Result.YES;')
        children = [self.child() for _ in range(9)]
        alice = self.client('alice')
        watches = [alice.watch(in_=child.pid) for child in children[:8]]
        self.refused(LIMITS, '8 namespaces', alice.watch, in_=children[8].pid)
        alice.watch(in_=children[0].pid)
        self.client('bob').watch(in_=children[8].pid)
        self.client('bob').watch(in_=children[1].pid)
        alice.unwatch(watches[1])
        alice.watch(in_=children[8].pid)
        self.refused(LIMITS, '8 namespaces', alice.watch, in_=children[1].pid)

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
            self.client('bob').call('ListMounts', "({'limit': <uint32 1>},)")
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

    def another_in(self, pid):
        """A process that stays in the namespace of @pid."""
        stays = subprocess.Popen(['nsenter', '-t', str(pid), '-m', 'sleep', '1000'])
        self.addCleanup(stays.wait)
        self.addCleanup(stays.kill)
        own = os.readlink(f'/proc/{pid}/ns/mnt')
        wait_until(lambda: os.readlink(f'/proc/{stays.pid}/ns/mnt') == own, 'the other process')
        return stays

    def test_own_namespace_is_told_as_long_as_it_is(self):
        """However it was named: alice leaves the namespace, and another process that is in it stays."""
        alice = self.client('alice', enter=['unshare', '--user', '--map-current-user', '--keep-caps',
                                            '--mount', '--propagation', 'private'])
        alice.list(limit=1)
        pid = int(alice.call('own process id'))
        stays = self.another_in(pid)
        alice.watch(in_=stays.pid)
        alice.call('unshare')
        name, told = alice.next_signal()
        self.assertEqual(name, 'Ended')
        self.refused(CHALLENGE, '', alice.list, in_=stays.pid)

    def test_process_leaves_as_something_changes(self):
        """There is no way to look any more; the next watch of the namespace has one."""
        leaver = self.client(enter=['unshare', '--mount', '--propagation', 'private'])
        pid = int(leaver.call('own process id'))
        stays = self.another_in(pid)
        self.root.watch(in_=pid)
        leaver.call('unshare')
        self.root.mount('/mnt', in_=stays.pid)
        names = []
        while 'Ended' not in names:
            names.append(self.root.next_signal()[0])
        self.root.watch(in_=stays.pid)
        self.root.umount('/mnt', in_=stays.pid)
        self.assertEqual(self.root.next_signal()[0], 'Changed')

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
        wait_let_go(before)


if __name__ == '__main__':
    unittest.main()
