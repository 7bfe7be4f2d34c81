#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Part of the kernel is taken away (rig.py --without): the service has noticed. What it does then is
what the other files say, which run after this one."""
import os
import unittest

from harness import Case

IDS = {'unique-mount-id', 'statmount', 'mount-events'}
GONE = {'statmount': IDS, 'listmount': IDS, 'statmount-strings': {'statmount', 'mount-events'},
        'fanotify-mount': {'mount-events'},
        'fsconfig-fd': {'pidns-option', 'overlay-layer-fds'}, 'pidfd-info': {'pidfd-info'}}


class Features(Case):
    def test_those_that_are_gone(self):
        without = os.environ['LINX_WITHOUT']
        features = set(self.client().call(
            'Get', "('org.linx.Mount1', 'Features')", interface='org.freedesktop.DBus.Properties')[0])
        everything = set.union(*GONE.values(), {'detached-mounts', 'beneath', 'exclusive'})
        self.assertEqual(features, everything - GONE[without])


if __name__ == '__main__':
    unittest.main()
