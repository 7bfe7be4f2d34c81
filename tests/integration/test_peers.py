#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers whose mounts are peers of the host's: what is done in them appears in the host."""
import os
import subprocess
import unittest

from actors import BUILD
from harness import FREE, CHALLENGE, Agent, Case, audit_line, mountinfo, mounts_at, table

PEER = ('--mount', '--propagation', 'unchanged')
# Into containers, and nothing else.
CONTAINERS = ('if (subject.user == "alice" && action.lookup("namespace") == "other")'
              ' return polkit.Result.YES;')
TOO_MANY = 'org.freedesktop.DBus.Error.LimitsExceeded'


def run(*command):
    subprocess.run(command, check=True)


class Peers(Case):
    def setUp(self):
        run('sh', '-ec', 'mount -t tmpfs volume /mnt; mount --make-shared /mnt; chmod 755 /mnt; cd /mnt;'
            'mkdir data a dir; mount -t tmpfs data data; chmod 755 data; mkdir data/sub;'
            'mount -t tmpfs sub data/sub')
        self.addCleanup(run, 'umount', '-R', '-l', '/mnt')
        self.target = self.child(*PEER)
        self.pid = self.target.pid
        self.alice = self.client('alice')
        self.rule(CONTAINERS)
        self.before = table(), table(self.pid)

    def no(self, call, *args, error=CHALLENGE, words='', **options):
        self.refused(error, words, call, *args, in_=self.pid, **options)
        self.assertEqual((table(), table(self.pid)), self.before)

    def test_each_verb(self):
        self.no(self.alice.umount, '/mnt/data/sub')
        self.no(self.alice.umount, '/mnt/data', detach=True)
        self.no(self.alice.umount, '/mnt/data', recursive=True)
        self.no(self.alice.bind, '/usr', '/mnt/a')
        self.no(self.alice.bind, '/usr', '/mnt/data')
        self.no(self.alice.mount, '/mnt/a')
        self.no(self.alice.mount, '/mnt/a', '/usr', '', options='bind')
        self.target.run('sh', '-ec', 'mount -t tmpfs own /media; mount --make-private /media')
        self.before = table(), table(self.pid)
        self.no(self.alice.move, '/media', '/mnt/a')
        fd = self.alice.create_mount(in_=self.pid, options=FREE)
        self.no(self.alice.attach_mount, fd, '/mnt/a')
        self.no(self.alice.pivot_root, '/media')

    def test_the_parent_decides_what_is_unmounted(self):
        """The mount itself is private; what it is on is not."""
        self.target.run('mount', '--make-private', '/mnt/data/sub')
        run('mount', '--make-private', '/mnt/data')
        self.before = table(), table(self.pid)
        self.alice.umount('/mnt/data/sub', in_=self.pid)
        audit_line('propagates="other"', 'outcome="done"')
        self.before = table(), table(self.pid)
        self.no(self.alice.umount, '/mnt/data')

    def test_below_what_is_unmounted(self):
        """A subtree whose top is private, with a peer of the host's in it."""
        self.target.run('sh', '-ec', 'mount -t tmpfs top /media; mount --make-private /media;'
                        'mkdir /media/volume; mount --rbind /mnt /media/volume')
        self.before = table(), table(self.pid)
        for option in ('recursive', 'detach'):
            self.no(self.alice.umount, '/media', **{option: True})

    def test_what_a_rule_for_the_host_allows(self):
        """The same action, in the host, and there."""
        self.rule(CONTAINERS + 'if (subject.user == "alice" && action.lookup("namespace") == "host" &&'
                  '(action.id == "org.linx.mount1.bind" || action.id == "org.linx.mount1.list-mounts-other")'
                  '&& action.lookup("propagates") == "host" &&'
                  'action.lookup("target") == "/mnt/a") return polkit.Result.YES;')
        self.no(self.alice.bind, '/usr', '/mnt/dir')
        self.no(self.alice.mount, '/mnt/a')
        self.alice.bind('/usr', '/mnt/a', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/a'))

    def test_each_place_is_asked_for(self):
        run('mount', '--bind', '/mnt', '/media')
        self.addCleanup(run, 'umount', '/media')
        self.rule(CONTAINERS + 'if (subject.user == "alice" && action.lookup("target") == "/mnt/a")'
                  ' return polkit.Result.YES;')
        self.before = table(), table(self.pid)
        self.no(self.alice.mount, '/mnt/a')
        self.rule('if (subject.user == "alice" && action.lookup("target") == "/mnt/a" || '
                  'action.lookup("target") == "/media/a") return polkit.Result.YES;')
        self.alice.mount('/mnt/a', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/a') and mounts_at('/media/a'))
        self.client().umount('/mnt/a', in_=self.pid)

    def test_where_the_host_shows_a_part(self):
        """What the host's mount does not show does not appear on it."""
        run('sh', '-ec', 'mkdir /srv/whole /srv/part; mount -t tmpfs v /srv/whole; cd /srv/whole;'
            'mount --make-shared .; chmod 755 .; mkdir in out')
        self.addCleanup(run, 'rmdir', '/srv/whole', '/srv/part')
        target = self.child(*PEER)
        run('sh', '-ec', 'mount --bind /srv/whole/in /srv/part; umount /srv/whole')
        self.addCleanup(run, 'umount', '/srv/part')
        self.alice.mount('/srv/whole/out', in_=target.pid)
        audit_line('propagates="other"', 'outcome="done"')
        self.refused(CHALLENGE, '', self.alice.mount, '/srv/whole/in', in_=target.pid)
        self.assertFalse([row for row in mounts_at('/srv/part') if row['root'] == '/'])

    def where_users_can_rename(self, shown, hers, roots):
        """That the host does not show a place is believed only where nobody but root can exchange it for
        one that the host shows, while that is found out or after."""
        run('sh', '-ec', '''mkdir /srv/whole /srv/part; mount -t tmpfs v /srv/whole; cd /srv/whole
            mount --make-shared .; chmod 755 .; mkdir -p al/d/x al/e/x roots/in/x roots/out/x
            chown alice al; mkdir -m 1777 open; mkdir open/x''')
        self.addCleanup(run, 'rmdir', '/srv/whole', '/srv/part')
        target = self.child(*PEER)
        run('mount', '--bind', f'/srv/whole/{shown}', '/srv/part')
        run('umount', '/srv/whole')
        self.addCleanup(run, 'umount', '/srv/part')
        for place in hers:
            with self.subTest(shown=shown, place=place):
                self.refused(CHALLENGE, '', self.alice.mount, f'/srv/whole/{place}', in_=target.pid)
        for place in roots:
            with self.subTest(shown=shown, place=place):
                self.alice.mount(f'/srv/whole/{place}', in_=target.pid)
                self.assertFalse([row for row in mountinfo()
                                  if row['mount-point'].startswith('/srv/part/')])
                self.client().umount(f'/srv/whole/{place}', in_=target.pid)

    def test_where_users_can_rename_what_the_host_shows(self):
        self.where_users_can_rename('al/d', ('al/e/x', 'al/e', 'roots/out'), ())

    def test_where_users_can_rename_the_place(self):
        self.where_users_can_rename('roots/in', ('al/e/x', 'al/e', 'open/x'),
                                    ('roots/out', 'roots/out/x', 'al'))

    def test_more_places_than_can_be_judged(self):
        self.rule('if (subject.user == "alice") return polkit.Result.YES;')
        for number in range(16):
            os.mkdir(f'/srv/{number}')
            run('mount', '--bind', '/mnt', f'/srv/{number}')
            self.addCleanup(os.rmdir, f'/srv/{number}')
            self.addCleanup(run, 'umount', f'/srv/{number}')
        self.before = table(), table(self.pid)
        self.no(self.alice.mount, '/mnt/a', error=TOO_MANY, words='16 places')

    def test_more_mounts_than_can_be_judged(self):
        """Each that would go away is looked for at each of the host's."""
        run('mkdir', '/mnt/many')
        run(f'{BUILD}/tests/helpers/many-mounts', '/mnt/many', '2000')
        target = self.child(*PEER)
        for place, error, words in (('/mnt', TOO_MANY, 'too many mounts'),
                                    ('/mnt/data/sub', CHALLENGE, '')):
            self.refused(error, words, self.alice.umount, place, in_=target.pid, recursive=True)

    def test_the_host_receives(self):
        """The host's mount is no peer any more, but receives what happens in the container."""
        run('mount', '--make-slave', '/mnt')
        self.before = table(), table(self.pid)
        self.no(self.alice.mount, '/mnt/a')

    def test_the_host_receives_from_one_between(self):
        """Of which neither table shows that it receives from the container."""
        run('mount', '--make-slave', '/mnt')
        run('mount', '--make-shared', '/mnt')
        self.child(*PEER)
        run('mount', '--make-slave', '/mnt')
        self.before = table(), table(self.pid)
        self.no(self.alice.mount, '/mnt/a')
        self.client().mount('/mnt/a', in_=self.pid)
        self.assertTrue(mounts_at('/mnt/a'), 'the test is of something that does not propagate')
        self.client().umount('/mnt/a', in_=self.pid)

    def test_a_slave_of_the_host_sends_nothing_back(self):
        slave = self.child('--mount', '--propagation', 'slave')
        self.alice.mount('/mnt/a', in_=slave.pid)
        self.assertFalse(mounts_at('/mnt/a'))

    def test_a_group_of_its_own(self):
        """A slave of the host's that others receive from: a rule can tell."""
        slave = self.child('--mount', '--propagation', 'slave', prepare='mount --make-shared /mnt')
        self.alice.mount('/mnt/a', in_=slave.pid)
        audit_line('propagates="other"', 'outcome="done"')
        self.assertFalse(mounts_at('/mnt/a'))

    def test_in_ones_own_namespace(self):
        """Who sits in a peer of the host's itself."""
        self.rule('if (subject.user == "alice" && action.lookup("namespace") == "self")'
                  ' return polkit.Result.YES;')
        inside = self.client('alice', prefix=['unshare', *PEER])
        self.refused(CHALLENGE, '', inside.mount, '/mnt/a')
        self.refused(CHALLENGE, '', inside.umount, '/mnt/data/sub')
        self.assertEqual(table(), self.before[0])

    def changed_in_mid_prompt(self, method, arguments):
        """What was approved is another effect than what it would have now."""
        self.rule('if (action.lookup("namespace") == "other") return polkit.Result.YES;')
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send(method, f"({arguments}, {{'in': <uint32 {self.pid}>}})", interactive=True)
        agent.wait_prompt()
        run('mount', '--make-rprivate', '/mnt')
        before = table(), table(self.pid)
        agent.type('root-pw')
        self.refused('Resolve.ESTALE', 'propagation', bob.receive)
        self.assertEqual((table(), table(self.pid)), before)

    def test_mount_and_a_change_in_mid_prompt(self):
        self.changed_in_mid_prompt('Mount', "'t', '/mnt/a', 'tmpfs'")

    def test_umount_and_a_change_in_mid_prompt(self):
        self.changed_in_mid_prompt('Umount', "'/mnt/data/sub'")

    def test_root_is_asked_nothing(self):
        self.client().umount('/mnt/data/sub', in_=self.pid)
        self.assertFalse(mounts_at('/mnt/data/sub'))


class Pivots(Case):
    """What a pivot detaches, and what it takes back."""

    def setUp(self):
        run('sh', '-ec', 'mount -t tmpfs volume /mnt; mount --make-shared /mnt; chmod 755 /mnt;'
            'mkdir /mnt/data; mount -t tmpfs data /mnt/data')
        self.addCleanup(run, 'umount', '-R', '-l', '/mnt')
        self.rule('if (action.lookup("namespace") == "host") return polkit.Result.NO;' + CONTAINERS)
        self.alice = self.client('alice')

    def still_there(self):
        self.assertTrue(mounts_at('/mnt/data'))

    def test_a_new_root_that_is_bound(self):
        """All of the old root goes: what stays are clones."""
        for prepare in ('true', 'mount -t tmpfs n /media; chmod 755 /media; mount --make-private /media'):
            target = self.child(*PEER, prepare=f'mount --make-private /; {prepare}')
            self.refused('NotAuthorized', '', self.alice.pivot_root, '/media', in_=target.pid,
                         bind_new_root=True)
            self.still_there()

    def test_what_is_taken_back(self):
        """The bind of a pivot that failed is unmounted here alone, for root too."""
        for client in (self.alice, self.client()):
            target = self.child(*PEER, prepare='mount --make-private /; mount -t tmpfs n /media;'
                                'chmod 755 /media; mount --make-private /media; mkdir /media/s;'
                                'mount --rbind /mnt /media/s')
            inside = len(mounts_at('/mnt/data', target.pid)), len(mounts_at('/media/s/data', target.pid))
            self.refused('PivotRoot.EINVAL', 'undo of bind-new-root', client.pivot_root, '/media',
                         '/media/s', in_=target.pid, bind_new_root=True)
            self.still_there()
            self.assertEqual((len(mounts_at('/mnt/data', target.pid)),
                              len(mounts_at('/media/s/data', target.pid))), inside)


class HostPlaces(Case):
    """What is asked for a place of the host is all that it would take there."""

    def setUp(self):
        run('sh', '-ec', 'mount -t tmpfs volume /mnt; mount --make-shared /mnt; chmod 755 /mnt; mkdir /mnt/a')
        self.addCleanup(run, 'umount', '-R', '-l', '/mnt')
        self.target = self.child(*PEER)
        self.pid = self.target.pid

    def host_rule(self, condition):
        self.rule(CONTAINERS + f'if (subject.user == "alice" && {condition}) return polkit.Result.YES;'
                  'if (action.lookup("namespace") == "host") return polkit.Result.NO;')
        return self.client('alice')

    def test_attributes(self):
        alice = self.host_rule('action.id == "org.linx.mount1.mount" && action.lookup("target") == "/mnt/a"')
        self.refused('NotAuthorized', '', alice.mount, '/mnt/a', in_=self.pid, options='suid,dev')
        self.assertFalse(mounts_at('/mnt/a'))
        alice.mount('/mnt/a', in_=self.pid)
        self.assertIn('nosuid,nodev', mounts_at('/mnt/a')[0]['mount-options'])

    def test_a_source_of_the_containers(self):
        """A path that is another one in the host."""
        run('mkdir', '-p', '/srv/images')
        self.addCleanup(run, 'rm', '-r', '/srv/images')
        self.target.run('sh', '-ec', 'mount -t tmpfs i /srv/images; chmod 755 /srv/images; cd /srv/images;'
                        'truncate -s 4M x; mkfs.ext4 -q x; chmod 666 x')
        paths = ('action.lookup("target") == "/mnt/a" && action.lookup("source") == "/srv/images/x" &&'
                 ' action.id != "org.linx.mount1.list-mounts-other"')
        alice = self.host_rule(paths)
        self.refused('NotAuthorized', '', alice.mount, '/mnt/a', '/srv/images/x', 'ext4', in_=self.pid)
        alice = self.host_rule('action.lookup("source-namespace") == "host"')
        self.refused('NotAuthorized', '', alice.mount, '/mnt/a', '/srv/images/x', 'ext4', in_=self.pid)
        alice = self.host_rule('action.lookup("source-namespace") == "other"')
        alice.mount('/mnt/a', '/srv/images/x', 'ext4', in_=self.pid)

    def test_a_mount_that_is_moved(self):
        """It comes as it is: with what the container's root gave it."""
        self.target.run('sh', '-ec', 'mount -t tmpfs m /media; mount --make-private /media')
        alice = self.host_rule('(action.id == "org.linx.mount1.move" ||'
                               ' action.id == "org.linx.mount1.list-mounts-other")')
        self.refused('NotAuthorized', '', alice.move, '/media', '/mnt/a', in_=self.pid)
        alice = self.host_rule('action.lookup("source-namespace") == "host"')
        self.refused('NotAuthorized', '', alice.move, '/media', '/mnt/a', in_=self.pid)
        alice = self.host_rule('action.lookup("source-namespace") == "other"')
        alice.move('/media', '/mnt/a', in_=self.pid)

    def test_layers_of_the_containers(self):
        self.target.run('sh', '-ec', 'mkdir -p /mnt/one /mnt/two; chmod 755 /mnt/one /mnt/two')
        layers = 'lowerdir=/mnt/one:/mnt/two'
        alice = self.host_rule('action.lookup("fstype") == "overlay" &&'
                               ' action.id != "org.linx.mount1.list-mounts-other"')
        self.refused('NotAuthorized', '', alice.mount, '/mnt/a', 'o', 'overlay', in_=self.pid,
                     options=layers)

    def test_a_target_that_is_a_mount(self):
        """The place has no slash at its end."""
        alice = self.host_rule('action.lookup("target") == "/mnt"')
        alice.mount('/mnt', in_=self.pid)
        self.assertEqual(len(mounts_at('/mnt')), 2)
        self.client().umount('/mnt', in_=self.pid)

    def test_nothing_of_the_containers_process(self):
        inode = os.stat('/proc/self/ns/mnt').st_ino
        for key in ('pid', 'unit', 'cgroup', 'machine', 'target-given', 'target-mount-id',
                    'target-is-mount', 'target-propagation'):
            alice = self.host_rule(f'action.lookup("namespace") == "host" && action.lookup("{key}") == "" &&'
                                   f' action.lookup("in") == "host" && action.lookup("namespace-id") =='
                                   f' "{inode}"')
            alice.mount('/mnt/a', in_=self.pid)
            self.client().umount('/mnt/a', in_=self.pid)


if __name__ == '__main__':
    unittest.main()
