#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each verb, in the host, in another namespace and in a user-namespace container, for root, for a user
with a rule, with a rule and mount-unrestricted, and without: the result, and the mount table."""
import subprocess
import unittest

from harness import FREE, CHALLENGE, Case, mountinfo, mounts_at, table, wait_until

PREPARE = ('mount -t tmpfs t /mnt; mount --make-private /mnt; chmod 755 /mnt; cd /mnt; mkdir a b c;'
           'mount -t tmpfs there b; mount --make-private b; mount -t tmpfs shared c;'
           'mount --make-shared c')
ALL = 'if (subject.user == "alice") return polkit.Result.YES;'
VERBS_ALONE = ('if (subject.user == "alice" && action.id != "org.linx.mount1.mount-unrestricted")'
               ' return polkit.Result.YES;')


class Place:
    """Where the verbs act; @pid has the table."""

    def __init__(self, where, pid, foreign=False):
        self.where, self.pid, self.foreign = where, pid, foreign

    def at(self, point):
        rows = mounts_at(point, self.pid)
        return rows[-1] if rows else None


# Of each verb: its call, whether it always needs mount-unrestricted, whether it does in a container,
# and what is to be seen of it afterwards.
VERBS = {
    'Mount': (lambda c, p, fd: c.mount('/mnt/a', 'new', in_=p.where), False, True,
              lambda p: p.at('/mnt/a')['source'] == 'new'),
    'Bind': (lambda c, p, fd: c.bind('/mnt/b', '/mnt/a', in_=p.where), False, True,
             lambda p: p.at('/mnt/a')['source'] == 'there'),
    'Remount': (lambda c, p, fd: c.remount('/mnt/b', in_=p.where, options='ro'), False, True,
                lambda p: p.at('/mnt/b')['mount-options'].startswith('ro')),
    'Move': (lambda c, p, fd: c.move('/mnt/b', '/mnt/a', in_=p.where), False, False,
             lambda p: p.at('/mnt/a') and not p.at('/mnt/b')),
    'SetPropagation': (lambda c, p, fd: c.set_propagation('/mnt/b', 'shared', in_=p.where), False,
                       False, lambda p: p.at('/mnt/b')['tags']),
    'MakeRPrivate': (lambda c, p, fd: c.make_rprivate('/mnt', in_=p.where), False, False,
                     lambda p: not p.at('/mnt/c')['tags']),
    'Umount': (lambda c, p, fd: c.umount('/mnt/b', in_=p.where), False, False,
               lambda p: not p.at('/mnt/b')),
    'ListMounts': (lambda c, p, fd: c.list(in_=p.where), False, False, None),
    'OpenMountInfo': (lambda c, p, fd: c.open_mountinfo(in_=p.where), False, False, None),
    'Watch': (lambda c, p, fd: c.watch(in_=p.where), False, False, None),
    'CreateMount': (lambda c, p, fd: c.create_mount(in_=p.where, options=FREE), True, True, None),
    'CloneMount': (lambda c, p, fd: c.clone_mount('/mnt/b', in_=p.where, options=FREE), True, True, None),
    'AttachMount': (lambda c, p, fd: c.attach_mount(fd, '/mnt/a', in_=p.where), True, True,
                    lambda p: p.at('/mnt/a')['source'] == 'detached'),
    'PivotRoot': (lambda c, p, fd: c.pivot_root('/mnt/b', in_=p.where), False, False,
                  lambda p: [row['mount-point'] for row in mountinfo(p.pid)] == ['/']),
}


class Matrix(Case):
    def host(self):
        subprocess.run(['sh', '-ec', PREPARE], check=True)
        # What was pinned for a call that was refused is closed after its reply.
        self.addCleanup(wait_until, lambda: subprocess.run(
            ['umount', '-R', '/mnt'], stderr=subprocess.DEVNULL).returncode == 0, 'nothing held')
        return Place('host', 'self')

    def other(self):
        child = self.child(prepare=PREPARE)
        return Place(child.pid, child.pid)

    def container(self):
        child = self.child('--user', '--map-root-user', '--mount', '--propagation', 'private',
                           prepare=PREPARE)
        return Place(child.pid, child.pid, foreign=True)

    def run_cell(self, verb, place, client, fd, outcome):
        """@outcome: None where it is done, else the words of the refusal."""
        call, _, _, seen = VERBS[verb]
        before = table(place.pid)
        if outcome is not None:
            self.refused(CHALLENGE, outcome, call, client, place, fd)
            self.assertEqual(table(place.pid), before)
            return
        if verb == 'PivotRoot' and place.where == 'host':
            # The rig's own root is not to be changed: the kernel's answer shows that it was asked.
            self.refused('PivotRoot.EINVAL', '', client.pivot_root, '/mnt/a', in_='host')
            self.assertEqual(table(place.pid), before)
            return
        call(client, place, fd)
        self.assertEqual(table(place.pid) != before, seen is not None)
        self.assertTrue(seen is None or seen(place))

    def run_all(self, user, rule, expected):
        for verb in VERBS:
            for make in (self.host, self.other, self.container):
                with self.subTest(f'{verb} {make.__name__}'):
                    client = self.client(user)
                    place = make()
                    fd = self.detached_for(client, user, place) if verb == 'AttachMount' else None
                    self.rule(rule)
                    self.run_cell(verb, place, client, fd, expected(verb, place))
                    client.close()
                    self.doCleanups()

    def detached_for(self, client, user, place):
        if user != 'root':
            self.rule(ALL)
        return client.create_mount('detached', in_=place.where, options=FREE)

    def test_root(self):
        self.run_all('root', 'return polkit.Result.NO;', lambda verb, place: None)

    def test_user_with_a_rule(self):
        def expected(verb, place):
            _, always, in_container, _ = VERBS[verb]
            needs_more = always or (place.foreign and in_container)
            return 'mount-unrestricted' if needs_more else None
        self.run_all('alice', VERBS_ALONE, expected)

    def test_user_with_a_rule_and_unrestricted(self):
        self.run_all('alice', ALL, lambda verb, place: None)

    def test_user_without_a_rule(self):
        def expected(verb, place):
            reads = verb in ('ListMounts', 'OpenMountInfo', 'Watch')
            return None if reads and place.where == 'host' else ''
        self.run_all('alice', '', expected)

    def test_each_verb_is_there(self):
        """A verb that this file forgets would be in the interface."""
        text = self.client().call('Introspect', None,
                                  interface='org.freedesktop.DBus.Introspectable')[0]
        methods = text.split('<interface name="org.linx.Mount1">')[1].split('<method name="')[1:]
        self.assertEqual({method.split('"')[0] for method in methods} - {'Can', 'Unwatch'},
                         set(VERBS))


if __name__ == '__main__':
    unittest.main()
