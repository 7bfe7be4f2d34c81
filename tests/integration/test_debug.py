#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What G_MESSAGES_DEBUG=linx-mount tells: each stage of a call, in the service, the library and the command
line; and nothing that is secret."""
import os
import re
import subprocess
import tempfile
import unittest

from harness import start_in_its_place, wait_until
from life import DAEMON, Life

DEBUG = dict(os.environ, G_MESSAGES_DEBUG='linx-mount')
SECRET = 'password=open-sesame'


class Debug(Life):
    def setUp(self):
        super().setUp()
        self.log = tempfile.NamedTemporaryFile(dir='/tmp')
        self.addCleanup(self.log.close)
        service = start_in_its_place(DAEMON, env=DEBUG, stdout=self.log, stderr=self.log)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)

    def stages(self, method):
        """Of the newest call of @method, each with how it ended."""
        with open(self.log.name, errors='replace') as stream:
            lines = re.findall(rf'call (\S+) {method}: ([a-z ]+): (\S+), \d+ us', stream.read())
        return [line[1:] for line in lines if line[0] == lines[-1][0]]

    def check(self, method, *stages):
        wait_until(lambda: ('reply' in (stage for stage, _ in self.stages(method))), 'the answer')
        self.assertEqual(self.stages(method), list(stages))

    def test_of_root(self):
        root = self.client()
        root.mount('/mnt')
        self.check('Mount', ('decode', 'ok'), ('pin and perform', 'ok'), ('reply', 'ok'))
        root.umount('/mnt')

    def test_of_a_user(self):
        self.rule('if (action.id == "org.linx.mount1.mount" && subject.user == "alice")'
                  ' return polkit.Result.YES;')
        target = self.child()
        self.client('alice').mount('/mnt', in_=target.pid)
        self.check('Mount', ('decode', 'ok'), ('pin', 'ok'), ('authorize', 'ok'), ('perform', 'ok'),
                   ('reply', 'ok'))

    def test_of_failures(self):
        alice = self.client('alice')
        no = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'
        self.refused(no, '', alice.umount, '/dev/shm')
        self.check('Umount', ('decode', 'ok'), ('pin', 'ok'), ('authorize', no), ('reply', no))
        bad = 'org.freedesktop.DBus.Error.InvalidArgs'
        self.refused(bad, '', alice.umount, 'dev')
        self.check('Umount', ('decode', bad), ('reply', bad))

    def test_nothing_secret(self):
        self.refused('Mount.EINVAL', '', self.client().mount, '/mnt', options=SECRET)
        self.check('Mount', ('decode', 'ok'), ('pin and perform', 'org.linx.Mount1.Error.Mount.EINVAL'),
                   ('reply', 'org.linx.Mount1.Error.Mount.EINVAL'))
        with open(self.log.name, errors='replace') as stream:
            told = [line for line in stream if 'DEBUG' in line or ': call ' in line]
        self.assertTrue(told)
        self.assertNotIn('sesame', ''.join(told))

    def test_of_the_command_line(self):
        run = subprocess.run(['linx-mountctl', 'mount', '-t', 'tmpfs', '-o', SECRET, 't', '/mnt'], env=DEBUG,
                             capture_output=True, text=True)
        told = re.findall(r'DEBUG: [\d:.]+: (.*)', run.stdout + run.stderr)
        self.assertEqual(told, ['command mount', 'Mount: call',
                                'Mount: org.linx.Mount1.Error.Mount.EINVAL',
                                'command mount: exit status 1'])
        quiet = subprocess.run(['linx-mountctl', 'list'], capture_output=True, text=True)
        self.assertNotIn('DEBUG', quiet.stdout + quiet.stderr)


if __name__ == '__main__':
    unittest.main()
