#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What callers can make the journal say: not more than is good for it, and no secret."""
import os
import pwd
import re
import unittest

from harness import LOG, Case, Fault, audit_line, wait_until

MOST_BYTES = 1 << 20
FLOOD = 1500


class Journal(Case):
    def setUp(self):
        self.start = os.stat(LOG).st_size

    def text(self):
        with open(LOG, errors='replace') as log:
            log.seek(self.start)
            return log.read()

    def fails(self, client, options, source='tmpfs'):
        with self.assertRaises(Fault) as caught:
            client.call('Mount', f"('{source}', '/none', 'tmpfs', {{'options': <'{options}'>}})")
        return caught.exception

    def test_a_flood_leaves_others_their_lines(self):
        alice, bob = self.client('alice'), self.client('bob')
        uid = {user: pwd.getpwnam(user).pw_uid for user in ('alice', 'bob')}
        for number in range(FLOOD):
            self.fails(alice, 'x-a=' + 'a' * 3000)
            if number % 50 == 49:
                self.fails(bob, f'x-b={number}')
        shown = wait_until(lambda: (lambda text: 'x-b=1499' in text and text)(self.text()), 'the journal')
        for number in range(49, FLOOD, 50):
            self.assertIn(f'user-options="x-b={number}"', shown)
        hers = re.findall(f'(?m)^.*audit: uid={uid["alice"]} .*$', shown)
        self.assertLess(sum(map(len, hers)), MOST_BYTES + 20000)
        self.assertLess(len(hers), FLOOD)
        for line in hers[:3]:
            self.assertRegex(line, r'user-options="x-a=a{1020}" \(3004 bytes, SHA-256 [0-9a-f]{64}\) ')
        self.assertLess(max(map(len, hers)), 8192)

        def left_out():
            """Of one window or, where the flood was slow, of two."""
            counts = re.findall(rf'audit: beyond.* uid={uid["alice"]} done=0 failed=(\d+)', self.text())
            lines = re.findall(f'(?m)audit: uid={uid["alice"]} ', self.text())
            return sum(map(int, counts)) + len(lines) == FLOOD
        wait_until(left_out, 'the line that counts what was left out', 60)
        self.assertNotIn(f'uid={uid["bob"]} done', self.text())

    def test_no_password_of_a_source(self):
        """In an error either, whichever stage says it."""
        root = self.client()
        source = 'https://u:hunter2@h/x'
        for number, call in enumerate((
                lambda: root.mount('/mnt', source, 'ext4'), lambda: root.mount('/mnt', source, 'nosuchfs'),
                lambda: root.mount('/mnt', source, 'tmpfs', options='nosuchopt'),
                lambda: root.mount('', source, ''), lambda: root.mount('/mnt', '/' + '/u:hunter2@h/x', 'ext4'),
                lambda: root.mount('/none', 'a://b,' + source, 'tmpfs'),
                lambda: root.mount('/none', '//h/x', 'tmpfs', options='user=alice%hunter2'),
                lambda: root.bind(source, '/mnt'), lambda: root.umount(source),
                lambda: root.mount('/mnt', source, '', options='bind'),
                lambda: root.mount('/none', options='password=aa,hunter2"x'))):
            with self.subTest(number), self.assertRaises(Fault) as caught:
                call()
            self.assertNotIn('hunter2', caught.exception.message)
        root.mount('/mnt', options='x-end')
        self.addCleanup(root.umount, '/mnt')
        wait_until(lambda: 'x-end' in self.text(), 'the journal')
        self.assertNotIn('hunter2', self.text())

    def test_no_secret(self):
        root = self.client()
        for number, options in enumerate(('passphrase_passwd=hunter2', 'password2=hunter2,a=b',
                                          'x-foo.password=hunter2', 'Secret=hunter2', 'a=b,ecryptfs_sig=hunter2',
                                          'url=https://a:hunter2@b/c')):
            said = self.fails(root, f'{options},x-n={number}', '//user:hunter2@host/share')
            line = audit_line(f'x-n={number}')
            self.assertNotIn('hunter2', line + said.message)
            self.assertIn('***', line)
            self.assertIn('//user:***@host/share', line)
        self.assertNotIn('hunter2', self.fails(root, 'password="hunter2').message)


if __name__ == '__main__':
    unittest.main()
