#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example rule that lets a group bind what is below /srv, against those who would have more."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import FREE, CHALLENGE, Case, mountinfo, mounts_at, table, wait_until

PREPARE = 'mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a; mkdir -p /mnt/elsewhere'
RULES = 'rules.d/51-linx-mount-share-srv.rules'


# In a user namespace of its own, clears nosuid and nodev of the mount that it has as a descriptor and
# makes it shared, over and over: mount_setattr(2) with AT_EMPTY_PATH and AT_RECURSIVE.
TAKE_BACK = """
import ctypes, struct, sys
libc = ctypes.CDLL(None)
assert libc.unshare(0x10000000 | 0x00020000) == 0
attributes = struct.pack('QQQQ', 0, 2 | 4, 1 << 20, 0)
def clear():
    return libc.syscall(442, int(sys.argv[1]), b'', 0x1000 | 0x8000, attributes, len(attributes))
assert clear() == 0
print('ready', flush=True)
while clear() == 0:
    pass
"""


class Bypass(Case):
    def setUp(self):
        path = pathlib.Path('/etc/polkit-1', RULES)
        text = pathlib.Path('/usr/share/doc/linx-mount/examples', path.name).read_text()
        self.assertIn('"sharers"', text)
        path.write_text(text.replace('"sharers"', '"backup"'))
        self.addCleanup(path.unlink)
        for name in ('/srv/data', '/srv/data/sub', '/srv-x', '/srv/private', '/srv/private/dir'):
            os.mkdir(name)
        self.addCleanup(subprocess.run, ['rm', '-rf', '/srv-x', '/srv/data', '/srv/private'],
                        check=True)
        os.chmod('/srv/private', 0o700)
        self.carol = self.client('carol')
        self.target = self.child(prepare=PREPARE)
        self.pid = self.target.pid
        wait_until(lambda: self.carol.can('Bind', '/srv/data', '/mnt/a', from_='host', in_=self.pid,
                                          options='ro') == 'yes', 'polkit reading the rule')
        self.before = table(self.pid)

    def no(self, source='/srv/data', target='/mnt/a', error=CHALLENGE, client=None, **changed):
        options = dict(dict(from_='host', in_=self.pid, options='ro'), **changed)
        self.refused(error, '', (client or self.carol).bind, source, target, **options)
        self.assertEqual(table(self.pid), self.before)

    def test_what_it_allows(self):
        mount_id = self.carol.bind('/srv/data', '/mnt/a', from_='host', in_=self.pid, options='ro')
        row, = mounts_at('/mnt/a', self.pid)
        self.assertEqual(row['mount-options'], 'ro,nosuid,nodev,relatime')
        self.carol.umount('/mnt/a', in_=self.pid, id=mount_id)
        self.assertEqual(table(self.pid), self.before)

    def test_what_it_does_not_look_at_is_not_given(self):
        self.no(options='rw')
        self.no(options=None)
        self.no(options='ro,suid')
        self.no(options='ro,x-word')
        self.no(create='directory')
        self.no('/srv')
        self.no(target='/mnt')
        self.no(client=self.client('alice'))

    def test_from_another_tenants_process(self):
        tenant = self.child(prepare='mount -t tmpfs secret /srv; mkdir /srv/data; chmod 755 /srv')
        self.no(from_=tenant.pid)

    def test_questions_and_errors_need_no_less(self):
        """Can, and whether a path of a third namespace exists, take the same actions as the call."""
        tenant = self.child(prepare='mount -t tmpfs secret /srv; mkdir /srv/data; chmod 755 /srv')
        self.rule('if (subject.user == "carol" && action.id == "org.linx.mount1.bind")'
                  ' return polkit.Result.YES;')
        for source in ('/srv/data', '/srv/none'):
            self.refused(CHALLENGE, 'list-mounts-other', self.carol.bind, source, '/mnt/a',
                         from_=tenant.pid, in_=self.pid)
            self.assertEqual(self.carol.can('Bind', source, '/mnt/a', from_=tenant.pid,
                                            in_=self.pid), 'challenge')

    def test_from_a_namespace_that_the_caller_furnished(self):
        """Its own user namespace, with something of its own on /srv."""
        own = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                         prepare='mount -t tmpfs evil /srv; mkdir /srv/data', user='carol')
        self.no(from_=own.pid)
        inside = self.client('carol', enter=['unshare', '--user', '--map-current-user', '--mount'])
        pid = inside.call('own process id')
        subprocess.run(['nsenter', '-t', str(pid), '-m', 'sh', '-ec',
                        'mount -t tmpfs evil /srv; mkdir /srv/data'], check=True)
        self.no(client=inside, from_='self')
        self.refused(CHALLENGE, 'list-mounts-other', inside.bind, '/srv/data', '/mnt/a',
                     from_='host', in_=self.pid, options='ro')
        self.assertEqual(table(self.pid), self.before)

    def test_recursive(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'below', '/srv/data/sub'], check=True)
        self.addCleanup(subprocess.run, ['umount', '/srv/data/sub'], check=True)
        self.no(recursive=True)
        self.carol.bind('/srv/data', '/mnt/a', from_='host', in_=self.pid, options='ro')
        self.assertFalse(mounts_at('/mnt/a/sub', self.pid))

    def test_a_name_that_only_begins_so(self):
        self.no('/srv-x')
        self.no('/srv/../srv-x')
        self.no('/srv/data/../../etc')

    def test_a_symbolic_link(self):
        for link in ('/srv/data/link', '/srv/data/relative'):
            os.symlink('/etc' if link.endswith('link') else '../../etc', link)
            self.no(link)
            self.no(link, no_symlinks=True)

    def test_a_directory_that_the_caller_may_not_enter(self):
        self.no('/srv/private/dir', error=CHALLENGE)
        self.rule('if (subject.user == "carol") return polkit.Result.YES;')
        self.no('/srv/private/dir', error='Resolve.EACCES')

    def test_a_descriptor_of_such_a_directory(self):
        """Held by who may not look it up: as root hands it to a program that gives up its rights."""
        self.rule('if (subject.user == "carol") return polkit.Result.YES;')
        held = os.open('/srv/private/dir', os.O_PATH)
        heir = self.client('carol', pass_fds=[held])
        os.close(held)
        for method, target in (('Bind', "'/mnt/a', "), ('CloneMount', '')):
            self.refused('Resolve.EACCES', 'file descriptor', heir.call, method,
                         f"('', {target}{{'source-fd': <@h 0>, 'from': <'host'>, "
                         f"'options': <'{FREE}'>, 'in': <uint32 {self.pid}>}})", fds=[[f'kept:{held}', None]])
        self.assertEqual(table(self.pid), self.before)

    def test_a_clone_of_such_a_directory(self):
        """A detached clone has no path that a rule could know."""
        root = self.client()
        fd = root.clone_mount('/srv/private/dir')
        path = f'/proc/{root.call("own process id")}/fd/{fd}'
        held = os.open(path, os.O_PATH)
        heir = self.client('carol', pass_fds=[held])
        os.close(held)
        self.refused(CHALLENGE, '', heir.call, 'Bind',
                     f"('', '/mnt/a', {{'source-fd': <@h 0>, 'from': <'host'>, "
                     f"'in': <uint32 {self.pid}>}})", fds=[[f'kept:{held}', None]])
        self.rule('if (subject.user == "carol" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        self.refused(CHALLENGE, 'mount-unrestricted', heir.call, 'Bind',
                     f"('', '/mnt/a', {{'source-fd': <@h 0>, 'from': <'host'>, "
                     f"'in': <uint32 {self.pid}>}})", fds=[[f'kept:{held}', None]])
        self.assertEqual(table(self.pid), self.before)

    def test_idmap(self):
        self.no(idmap=self.carol.call('own process id'))
        self.rule('if (subject.user == "carol" && action.id != "org.linx.mount1.mount-unrestricted")'
                  ' return polkit.Result.YES;')
        self.no(idmap=self.carol.call('own process id'))

    def test_an_attached_mount_passed_to_attach_mount(self):
        """With all rights to AttachMount, still nothing that is attached moves."""
        self.refused(CHALLENGE, '', self.carol.attach_mount, self.carol_fd(), '/mnt/a', in_=self.pid)
        self.rule('if (subject.user == "carol") return polkit.Result.YES;')
        host = table()
        for place in (f'/proc/{self.pid}/root/mnt', '/srv', '/', '/proc'):
            held = os.open(place, os.O_PATH)
            heir = self.client('carol', pass_fds=[held])
            os.close(held)
            self.refused('MoveMount.EINVAL', 'detached', heir.attach_mount, held, '/mnt/a',
                         in_=self.pid)
            self.refused('MoveMount.EINVAL', 'detached', heir.attach_mount, held, '/tmp')
        self.assertEqual((table(), table(self.pid)), (host, self.before))

    def test_attributes_taken_back_by_who_lent_the_mount(self):
        """Until it is attached, the holder of a detached mount may change it. On a shared mount it appears in
        more than one place."""
        self.target.run('sh', '-ec', 'mkdir /mnt/peers; mount -t tmpfs -o mode=755 p /mnt/peers; mkdir /mnt/peers/a;'
                        'mount --make-shared /mnt/peers; mkdir /mnt/more; mount --bind /mnt/peers /mnt/more')
        for target, points in (('/mnt/a', ['/mnt/a']), ('/mnt/peers/a', ['/mnt/peers/a', '/mnt/more/a'])):
            with self.subTest(target):
                self.take_back(target, points)

    def take_back(self, target, points):
        self.rule('if (subject.user == "carol") return polkit.Result.YES;')
        for _ in range(10):
            fd = self.carol.create_mount('lent', in_=self.pid, options=FREE)
            mount = os.open(f'/proc/{self.carol.call("own process id")}/fd/{fd}', os.O_PATH)
            racer = subprocess.Popen(
                ['setpriv', '--reuid', 'carol', '--clear-groups', sys.executable, '-c', TAKE_BACK,
                 str(mount)], pass_fds=[mount], stdout=subprocess.PIPE, text=True)
            os.close(mount)
            with racer:
                try:
                    self.assertEqual(racer.stdout.readline(), 'ready\n')
                    self.carol.attach_mount(fd, target, in_=self.pid)
                finally:
                    racer.kill()
            for point in points:
                row = mounts_at(point, self.pid)[-1]
                self.assertEqual((row['mount-options'], bool(row['tags'])),
                                 ('rw,nosuid,nodev,relatime', len(points) > 1))
            self.target.run('umount', '-l', target)

    def test_through_a_peer_of_the_source(self):
        """What is bound below a bind would appear at its source too, if they were peers."""
        self.target.run('sh', '-ec', 'mount --make-shared /mnt; mkdir -p /mnt/shared/bin /mnt/own/evil;'
                        'mkdir /mnt/own/here')
        self.rule('if (subject.user == "carol" && action.id == "org.linx.mount1.bind" &&'
                  ' action.lookup("target").indexOf("/mnt/own/") == 0) return polkit.Result.YES;')
        self.carol.bind('/mnt/shared', '/mnt/own/here', in_=self.pid)
        self.carol.bind('/mnt/own/evil', '/mnt/own/here/bin', in_=self.pid)
        self.assertFalse(mounts_at('/mnt/shared/bin', self.pid))
        self.refused(CHALLENGE, '', self.carol.bind, '/mnt/own/evil', '/mnt/shared/bin', in_=self.pid)

    def test_a_container_whose_mounts_are_the_hosts(self):
        """In peers of the host's mounts, and of another container's, the rule gives nothing."""
        subprocess.run(['sh', '-ec', 'mount -t tmpfs v /mnt; mount --make-shared /mnt; chmod 755 /mnt;'
                        'mkdir /mnt/a /mnt/data; mount -t tmpfs d /mnt/data'], check=True)
        self.addCleanup(subprocess.run, ['umount', '-R', '/mnt'], check=True)
        peer = self.child('--mount', '--propagation', 'unchanged')
        group = self.child('--mount', '--propagation', 'slave', prepare='mount --make-shared /mnt')
        for pid in (peer.pid, group.pid):
            host, before = table(), table(pid)
            self.refused(CHALLENGE, '', self.carol.umount, '/mnt/data', in_=pid)
            self.refused(CHALLENGE, '', self.carol.bind, '/srv/data', '/mnt/a', from_='host', in_=pid,
                         options='ro')
            self.assertEqual((table(), table(pid)), (host, before))

    def test_into_the_host_from_a_namespace_of_ones_own(self):
        """A rule on source and target paths alone still asks for more."""
        inside = self.client('carol', enter=['unshare', '--user', '--map-current-user', '--mount'])
        pid = inside.call('own process id')
        subprocess.run(['nsenter', '-t', str(pid), '-m', 'sh', '-ec',
                        'mount -t tmpfs evil /srv; mkdir /srv/data'], check=True)
        self.rule('if (subject.user == "carol" && action.id == "org.linx.mount1.bind")'
                  ' return polkit.Result.YES;')
        host = table()
        self.refused(CHALLENGE, 'mount-unrestricted', inside.bind, '/srv/data', '/srv/data',
                     from_='self', in_='host')
        self.assertEqual(table(), host)

    def carol_fd(self):
        """A detached mount in carol's hands."""
        self.rule('if (subject.user == "carol") return polkit.Result.YES;')
        fd = self.carol.create_mount(in_=self.pid, options=FREE)
        self.rule('')
        return fd

    def test_restrictions_taken_off_below_alone(self):
        """The last word on the mount itself is nosuid; the one on those below it is not."""
        self.rule('if (subject.user == "carol" && action.id == "org.linx.mount1.bind")'
                  ' return polkit.Result.YES;')
        for words in ('rsuid,rdev,nosuid,nodev', 'suid=recursive,nosuid', 'rrw,ro', 'rexec,noexec'):
            with self.subTest(words):
                self.no(recursive=True, options=words)

    def test_a_container_whose_root_can_undo_it(self):
        container = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                               prepare=PREPARE)
        self.refused(CHALLENGE, '', self.carol.bind, '/srv/data', '/mnt/a', from_='host',
                     in_=container.pid, options='ro')
        container.run('mount', '-t', 'tmpfs', 'x', '/mnt/a')
        self.refused(CHALLENGE, '', self.carol.umount, '/mnt/a', in_=container.pid)
        self.assertEqual([row['source'] for row in mountinfo(container.pid)
                          if row['mount-point'] == '/mnt/a'], ['x'])

    def test_the_same_by_an_option_of_mount(self):
        """Mount with the word bind is judged as Bind is; it has no `from`."""
        self.refused(CHALLENGE, '', self.carol.mount, '/mnt/a', '/etc', '', in_=self.pid,
                     options='bind,ro')
        self.refused(CHALLENGE, '', self.carol.mount, '/mnt/a', '/srv/data', '', in_=self.pid,
                     options='rbind,ro')


if __name__ == '__main__':
    unittest.main()
