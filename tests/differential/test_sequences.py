#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random sequences of what mount(8) and umount(8) do, in twin namespaces: by them in the one, through the
service in the other. After each step whether it was done, and the mount table, are the same.

LINX_SEQUENCES is how many there are, LINX_SEQUENCE_SEED what they come from. Inside tests/rig/rig.py."""
import os
import pathlib
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'integration'))

from harness import Case, Fault, mountinfo, mounts_at  # noqa: E402

SEQUENCES = int(os.environ.get('LINX_SEQUENCES', '100'))
SEED = int(os.environ.get('LINX_SEQUENCE_SEED', time.time_ns() % 1000000))
STEPS = 12
PLACES = ['/mnt/a', '/mnt/b', '/mnt/a/x', '/mnt/b/x', '/mnt/c', '/mnt/c/y']
# The working directory is no mount's.
PREPARE = ('mount -t tmpfs top /mnt; mount --make-private /mnt; cd /mnt; mkdir -p a/x b/x c/y; cd /')
PROPAGATIONS = ('shared', 'private', 'slave', 'unbindable')
ATTRIBUTES = ('ro', 'rw', 'nosuid', 'nodev', 'noexec', 'ro,nodev', 'rw,nosuid,noexec')


class Step:
    """One thing to do: the words of mount(8) or umount(8), and the call. @differs says whether, in a
    namespace, it is one of linx-mount-differences(7)."""

    def __init__(self, words, call, differs=lambda pid: False):
        self.words, self.call, self.differs = words, call, differs

    def by_program(self, pid):
        return subprocess.run(['nsenter', '-t', str(pid), '-m', *self.words],
                              capture_output=True, check=False).returncode == 0

    def by_service(self, client, pid):
        try:
            self.call(client, pid)
        except Fault as fault:
            self.fault = fault
            return False
        return True


def make(rng):
    """A random step."""
    a, b = rng.choice(PLACES), rng.choice(PLACES)
    kind = rng.choice(('mount', 'mount', 'bind', 'rbind', 'move', 'propagation', 'remount', 'superblock',
                       'umount', 'lazy', 'recursive'))
    if kind == 'mount':
        # A tree of its own, with the same directories.
        name = f't{rng.randrange(1000)}'
        return Step(['sh', '-c', f'mount -t tmpfs {name} {a} && mkdir -p {a}/x {a}/y'],
                    lambda c, p: (c.mount(a, name, in_=p), os.makedirs(f'/proc/{p}/root{a}/x', exist_ok=True),
                                  os.makedirs(f'/proc/{p}/root{a}/y', exist_ok=True)))
    if kind in ('bind', 'rbind'):
        return Step(['mount', f'--{kind}', a, b],
                    lambda c, p: c.bind(a, b, in_=p, recursive=kind == 'rbind'))
    if kind == 'move':
        return Step(['mount', '--move', a, b], lambda c, p: c.move(a, b, in_=p))
    if kind == 'propagation':
        word, recursive = rng.choice(PROPAGATIONS), rng.random() < 0.3
        return Step(['mount', f'--make-{"r" if recursive else ""}{word}', a],
                    lambda c, p: c.set_propagation(a, word, in_=p, recursive=recursive))
    if kind == 'remount':
        words = rng.choice(ATTRIBUTES)
        return Step(['mount', '-o', f'remount,bind,{words}', a],
                    lambda c, p: c.remount(a, in_=p, options=words),
                    lambda pid: takes_other_attributes(pid, a))
    if kind == 'superblock':
        words = rng.choice(ATTRIBUTES)
        return Step(['mount', '-o', f'remount,{words}', a],
                    lambda c, p: c.mount(a, '', '', in_=p, options=f'remount,{words}'),
                    lambda pid: takes_other_attributes(pid, a))
    flags = {'umount': [], 'lazy': ['-l'], 'recursive': ['-R']}[kind]
    return Step(['umount', *flags, a],
                lambda c, p: c.umount(a, in_=p, detach=kind == 'lazy' or None,
                                      recursive=kind == 'recursive' or None),
                lambda pid: kind == 'recursive' and is_out_of_order(pid, a))


def takes_other_attributes(pid, place):
    """Whether mount(8) makes the one of mount and filesystem read-only as the other one is, or as another
    mount there is: what is not named it takes from a row of the table."""
    rows = mounts_at(place, pid)
    return len(rows) > 1 or any(row['mount-options'][:2] != row['super-options'][:2] for row in rows)


def is_out_of_order(pid, place):
    """For umount -R: whether a mount there stands in the table before the one that it is stacked on, since it was moved."""
    rows = mounts_at(place, pid)
    order = [row['mount-id'] for row in rows]
    return any(row['parent-id'] in order[number:] for number, row in enumerate(rows))


def name_of(row):
    return (row['mount-point'], row['root'], row['source']) if row else None


def table(pid):
    """What is below /mnt, without what differs from one namespace to the next: a mount is told by its
    place and what it shows, and a peer group by its members."""
    rows = mountinfo(pid)
    by_id = {row['mount-id']: row for row in rows}
    members = {}
    for row in rows:
        for tag in row['tags']:
            if tag.startswith('shared:'):
                members.setdefault(tag.partition(':')[2], []).append(name_of(row))
    groups = {group: sorted(names) for group, names in members.items()}

    def tags_of(row):
        return sorted((kind, groups.get(group, [])) for kind, _, group in
                      (tag.partition(':') for tag in row['tags']))
    return sorted((name_of(row), name_of(by_id.get(row['parent-id'])), row['mount-options'],
                   row['super-options'].partition(',')[0], str(tags_of(row))) for row in rows if f"{row['mount-point']}/".startswith('/mnt/'))


class Sequences(Case):
    def run_one(self, rng):
        ours, theirs = self.child(prepare=PREPARE), self.child(prepare=PREPARE)
        done = []
        for _ in range(STEPS):
            step = make(rng)
            done.append(' '.join(step.words))
            if step.differs(theirs.pid):
                break
            results = step.by_service(self.root, ours.pid), step.by_program(theirs.pid)
            words = f'{done}: {getattr(step, "fault", "")}'
            self.assertEqual(results[0], results[1], words)
            self.assertEqual(table(ours.pid), table(theirs.pid), words)
        ours.end()
        theirs.end()
        self.doCleanups()

    def test_sequences(self):
        print(f'LINX_SEQUENCE_SEED={SEED}', file=sys.stderr)
        for number in range(SEQUENCES):
            self.root = self.client()
            with self.subTest(f'sequence {number}'):
                try:
                    self.run_one(random.Random(f'{SEED} {number}'))
                except AssertionError as failure:
                    print(f'sequence {number}: {failure}', file=sys.stderr, flush=True)
                    raise


if __name__ == '__main__':
    unittest.main()
