#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ListMounts against the kernel's own mountinfo, and its filters, pages and names."""
import pathlib
import subprocess
import sys
import time
import unittest

from harness import BUILD, CHALLENGE, ERROR, Case, Fault, mountinfo, table, wait_until
from watching import state, wait_let_go

FIELDS = ('mount-id', 'parent-id', 'device', 'root', 'mount-point', 'mount-options', 'fstype',
          'source', 'super-options')


def expected(row):
    """A line of mountinfo as the interface would show it, as far as mountinfo says it."""
    want = {key: row[key] for key in FIELDS}
    tags = dict(tag.partition(':')[::2] for tag in row['tags'])
    shared, slave = 'shared' in tags, 'master' in tags
    want['propagation'] = ('shared,slave' if shared and slave else 'shared' if shared else
                           'slave' if slave else 'unbindable' if 'unbindable' in tags else
                           'private')
    for tag, key in (('shared', 'peer-group'), ('master', 'master'),
                     ('propagate_from', 'propagate-from')):
        if tag in tags:
            want[key] = int(tags[tag])
    return want


def as_latin_1(row):
    """What was not UTF-8 as its bytes, and the rest likewise, to compare with mountinfo()."""
    raw = row.get('raw', {})
    return {key: bytes(raw[key]).decode('latin-1') if key in raw
            else value.encode().decode('latin-1') if isinstance(value, str) else value
            for key, value in row.items() if key != 'raw'}


class List(Case):
    def setUp(self):
        self.root = self.client()
        self.maxDiff = None

    def same_as_the_kernel(self, pid, rows):
        rows = [as_latin_1(row) for row in rows]
        kernel = {row['mount-id']: expected(row) for row in mountinfo(pid)}
        ids = {row['mount-id']: row['id'] for row in rows}
        self.assertEqual([row['id'] for row in rows], sorted(ids.values()))
        self.assertEqual(set(ids), set(kernel))
        for row in rows:
            if row['parent-id'] in ids:
                self.assertEqual(row['parent'], ids[row['parent-id']])
            self.assertEqual({key: value for key, value in row.items()
                              if key not in ('id', 'parent')}, kernel[row['mount-id']])

    def test_host(self):
        self.same_as_the_kernel(1, self.root.list(in_='host'))

    def test_users_own(self):
        alice = self.client('alice')
        self.same_as_the_kernel(alice.process.pid, alice.list())

    def test_container_with_every_propagation(self):
        child = self.child('--mount', '--propagation', 'shared', prepare='''
            mount -t tmpfs t /mnt
            cd /mnt; mkdir a b c d e
            mount -t tmpfs a a; mount --make-private a
            mount --bind b b; mount --make-unbindable b
            mount -t tmpfs c c; mount --make-shared c
            mount --bind c d; mount --make-slave d
            mount --bind d e; mount --make-shared e
            cd /''')
        rows = self.root.list(in_=child.pid)
        self.same_as_the_kernel(child.pid, rows)
        self.assertEqual({row['propagation'] for row in rows},
                         {'private', 'shared', 'slave', 'shared,slave', 'unbindable'})

    def test_mountinfo_itself(self):
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir "/mnt/a b"; mount -t tmpfs t "/mnt/a b"')
        self.assertEqual(self.root.open_mountinfo(in_=child.pid), table(child.pid).decode('latin-1'))
        alice = self.client('alice')
        self.assertEqual(alice.open_mountinfo(), table(alice.process.pid).decode('latin-1'))
        self.refused(CHALLENGE, '', alice.open_mountinfo, in_=child.pid)

    def test_strange_names(self):
        names = [b'a space', b'tab\there', b'new\nline', b'back\\slash', b'not\xffutf8', b'h#sh',
                 b'\\040', 'Gerät'.encode(), b'\xc3', b'quote"\'', b'esc\x1b[2J']
        child = self.child(prepare='mount -t tmpfs t /mnt')
        for name in names:
            path = b'/mnt/' + name
            enter = [b'nsenter', b'-t', str(child.pid).encode(), b'-m']
            subprocess.run([*enter, b'mkdir', path], check=True)
            subprocess.run([*enter, b'mount', b'-i', b'-t', b'tmpfs', b'--', name, path], check=True)
        rows = self.root.list(in_=child.pid)
        self.same_as_the_kernel(child.pid, rows)
        points = {row['mount-point'] for row in rows}
        self.assertIn('/mnt/not\\xffutf8', points)
        self.assertIn('/mnt/new\nline', points)
        self.assertIn('/mnt/\\040', points)
        odd, = [row for row in rows if row['mount-point'] == '/mnt/not\\xffutf8']
        self.assertEqual(bytes(odd['raw']['mount-point']), b'/mnt/not\xffutf8')
        self.assertNotIn('raw', [row for row in rows if row['mount-point'] == '/mnt/Gerät'][0])
        for name in (b'a space', b'new\nline', b'back\\slash'):
            self.root.umount('/mnt/' + name.decode(), in_=child.pid)
            self.root.mount('/mnt/' + name.decode(), in_=child.pid)

    def test_empty_source(self):
        child = self.child(prepare='mount -i -t tmpfs "" /mnt')
        self.same_as_the_kernel(child.pid, self.root.list(in_=child.pid))

    def test_chrooted_caller_sees_what_it_reaches(self):
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'jail', '/mnt'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-R', '/mnt'], check=True)
        top = pathlib.Path(__file__).resolve().parts[1]
        for name in {'usr', 'lib', 'lib64', 'bin', 'run', 'etc', 'proc', top}:
            subprocess.run(['mkdir', f'/mnt/{name}'], check=True)
            subprocess.run(['mount', '--rbind', f'/{name}', f'/mnt/{name}'], check=True)
        alice = self.client('alice', prefix=['chroot', '/mnt'])
        whole = self.root.list(in_=alice.process.pid)
        self.same_as_the_kernel('self', whole)
        self.assertEqual(whole, self.root.list(in_='host'))
        self.assertEqual(alice.open_mountinfo(),
                         pathlib.Path(f'/proc/{alice.process.pid}/mountinfo').read_text('latin-1'))
        rows = alice.list()
        self.same_as_the_kernel(alice.process.pid, rows)
        self.assertNotIn('/mnt', {row['mount-point'] for row in rows})
        self.assertEqual(alice.list(in_='host'), rows)

    def test_caller_whose_root_is_hidden(self):
        """By what is mounted at the "/" of the namespace since: its own mountinfo shows what is below."""
        child = self.child()
        alice = self.client('alice', prefix=['nsenter', '--mount', '--target', str(child.pid)])
        alice.list(limit=1)  # it runs
        child.run('mount', '-t', 'tmpfs', 'over', '/')
        self.same_as_the_kernel(alice.process.pid, alice.list())
        self.assertEqual([row['source'] for row in self.root.list(in_=child.pid)], ['over'])

    def test_paths_that_are_too_long(self):
        """Of more than 1 MiB: they hurt no other row."""
        child = self.child(prepare='mount -t tmpfs t /mnt')
        before = self.root.list(in_=child.pid)
        child.run(sys.executable, pathlib.Path(__file__).with_name('deep.py'), '4400', '/mnt', '1')
        rows = self.root.list(in_=child.pid)
        self.assertEqual([row for row in rows if row in before], before)
        self.assertEqual(sorted((row['root'], row['mount-point']) for row in rows if row not in before),
                         [('...', '...'), ('/', '/media')])

    def test_nothing_of_the_namespace_is_asked(self):
        """A row is what the kernel says. Whoever made the namespace has traps where libraries look
        for more: what the root device is, for instance."""
        child = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                           user='alice', prepare="""mount -t tmpfs t /media; mkfifo /media/trap
            mount --bind /media/trap /proc/cmdline
            mount -t tmpfs -o size=1M /dev/root /mnt""")
        self.same_as_the_kernel(child.pid, self.root.list(in_=child.pid))
        self.assertTrue(self.root.list(in_=child.pid, source='/dev/root'))

    def test_every_filesystem_of_the_machine(self):
        """Of each type that can be mounted without more, and of each that has an image here."""
        types = [line.split()[1] for line in pathlib.Path('/proc/filesystems').read_text().splitlines()
                 if line.startswith('nodev')]
        child = self.child(prepare='mount -t tmpfs t /mnt; cd /mnt; mkdir l u w o; cd /')
        for fstype in types:
            child.run('sh', '-c', f'mkdir /mnt/{fstype}; mount -n -i -t {fstype} '
                                  f'"the {fstype}" /mnt/{fstype} 2>/dev/null; true')
        child.run('sh', '-ec', 'mount -t overlay -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w '
                               'overlay /mnt/o')
        for fstype, make in (('ext4', 'mkfs.ext4 -q'), ('xfs', 'mkfs.xfs -q'),
                             ('btrfs', 'mkfs.btrfs -q')):
            child.run('sh', '-ec', f"""truncate -s 320M /mnt/{fstype}.img; {make} /mnt/{fstype}.img
                mkdir /mnt/{fstype}-image; mount -o loop,lazytime,sync /mnt/{fstype}.img \
                    /mnt/{fstype}-image""")
        rows = self.root.list(in_=child.pid)
        self.same_as_the_kernel(child.pid, rows)
        self.assertLessEqual({'tmpfs', 'proc', 'sysfs', 'devpts', 'mqueue', 'ramfs', 'cgroup2', 'overlay',
                              'ext4', 'xfs', 'btrfs'}, {row['fstype'] for row in rows})
        for row in rows:
            self.assertEqual(self.root.list(in_=child.pid, id=row['id']), [row])

    def test_options_that_are_long_or_strange(self):
        """Of an overlay: 12 KiB of layers, and characters that mountinfo escapes."""
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/long /mnt/strange')
        layers = [f'/mnt/{number:02}{"x" * 190}' for number in range(60)]
        child.run('mkdir', *layers, '/mnt/a b', '/mnt/c\td#')
        self.root.mount('/mnt/long', source='overlay', fstype='overlay', in_=child.pid,
                        options='lowerdir=' + ':'.join(layers))
        child.run('mount', '-t', 'overlay', '-o', 'lowerdir=/mnt/a b:/mnt/c\td#', 'over lay',
                  '/mnt/strange')
        rows = self.root.list(in_=child.pid)
        self.same_as_the_kernel(child.pid, rows)
        self.assertEqual({len(row['super-options']) > 11000 for row in rows}, {True, False})
        self.assertTrue([row for row in rows if '/mnt/c\td#' in row['super-options']])

    def test_subtype(self):
        """What a FUSE server adds to the type; this one is gone as soon as it has mounted."""
        child = self.child()
        child.run('/usr/bin/python3', '-c', """if True:
            import ctypes, os
            fd = os.open('/dev/fuse', os.O_RDWR)
            options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'.encode()
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.mount(b'server', b'/mnt', b'fuse.sub type', 0, options) != 0:
                raise OSError(ctypes.get_errno(), 'mount')""")
        self.same_as_the_kernel(child.pid, self.root.list(in_=child.pid))
        row, = self.root.list(in_=child.pid, fstype=['fuse.sub type'])
        self.assertEqual(row['mount-point'], '/mnt')

    def test_pages_and_fields(self):
        whole = self.root.list()
        paged, after = [], None
        while True:
            page = self.root.list(limit=3, after=after)
            if not page:
                break
            self.assertLessEqual(len(page), 3)
            paged += page
            after = page[-1]['id']
        self.assertEqual(paged, whole)
        for row in self.root.list(fields=['mount-point', 'id']):
            self.assertEqual(set(row), {'mount-point', 'id'})

    def test_pages_while_mounts_come_and_go(self):
        child = self.child(prepare=f'''mount -t tmpfs t /mnt; mkdir /mnt/d /mnt/x
            {BUILD}/tests/helpers/many-mounts /mnt/d 2000''')
        stay = {row['id'] for row in self.root.list(in_=child.pid, fields=['id'])}
        churn = subprocess.Popen(['nsenter', '-t', str(child.pid), '-m', 'sh', '-c', '''
            while :; do mount -t tmpfs x /mnt/x; mount --bind /mnt/x /mnt/x
            umount /mnt/x; umount /mnt/x; done'''])
        self.addCleanup(churn.wait)
        self.addCleanup(churn.kill)
        wait_until(lambda: any(row['mount-point'] == '/mnt/x' for row in mountinfo(child.pid)),
                   'the churn')
        for limit in (97, 500, 1999):
            seen, after = [], None
            while page := self.root.list(in_=child.pid, limit=limit, after=after):
                seen += [row['id'] for row in page]
                after = page[-1]['id']
            self.assertEqual(seen, sorted(set(seen)))
            self.assertLessEqual(stay, set(seen))

    def test_namespace_dies_in_mid_listing(self):
        """A page, or an error that says so; and the service goes on."""
        for delay in range(8):
            child = self.child(prepare=f'''mount -t tmpfs t /mnt; mkdir /mnt/d
                {BUILD}/tests/helpers/many-mounts /mnt/d 3000''')
            page = self.root.list(in_=child.pid, limit=100)
            self.root.send('ListMounts', f"({{'in': <uint32 {child.pid}>}},)")
            end = time.monotonic() + delay * 0.004
            wait_until(lambda: time.monotonic() > end, 'a moment')
            child.end()
            try:
                self.assertGreater(len(self.root.receive()[0]), 3000)
            except Fault as fault:
                self.assertEqual(fault.name, ERROR + 'OpenNs.ESRCH', fault.message)
            self.refused('OpenNs.ESRCH', str(child.pid), self.root.list, in_=child.pid,
                         after=page[-1]['id'])

    def test_caller_leaves_in_mid_listing(self):
        child = self.child(prepare=f'''mount -t tmpfs t /mnt; mkdir /mnt/d
            {BUILD}/tests/helpers/many-mounts /mnt/d 3000''')
        self.root.list(limit=1)
        before = state()
        for _ in range(10):
            client = self.client()
            for _ in range(3):
                client.send('ListMounts', f"({{'in': <uint32 {child.pid}>}},)", send_only=True)
                client.receive()
            client.kill()
        self.assertGreater(len(self.root.list(in_=child.pid)), 3000)
        wait_let_go(before)

    def test_too_large_a_reply(self):
        """14,000 mounts on a long path: refused by name, and pages go through."""
        child = self.child(prepare=f'''mount -t tmpfs t /mnt; d=/mnt
            for i in 1 2 3 4; do d=$d/{'x' * 250}; done; mkdir -p $d; mount -t tmpfs deep $d
            {BUILD}/tests/helpers/many-mounts $d 14000''')
        self.refused('org.freedesktop.DBus.Error.LimitsExceeded', ["'limit'", '16 MiB'],
                     self.root.list, in_=child.pid)
        page = self.root.list(in_=child.pid, limit=5000)
        self.assertEqual(len(page), 5000)
        rest = self.root.list(in_=child.pid, after=page[-1]['id'], fields=['id', 'source'])
        self.assertEqual(len(page) + len(rest), len(mountinfo(child.pid)))



if __name__ == '__main__':
    unittest.main()
