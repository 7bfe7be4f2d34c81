#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rooms of service/ use what is below them alone; and that this would be seen."""
import pathlib
import shutil
import sys
import tempfile
import unittest

from layers import faults, rooms_of

SERVICE = pathlib.Path(sys.argv.pop(1))


class Layers(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.copy = pathlib.Path(directory.name) / 'service'
        shutil.copytree(SERVICE, self.copy)

    def add(self, file, text):
        path = self.copy / file
        path.write_text(path.read_text() + text)

    def check(self, *words):
        found = '\n'.join(faults(self.copy))
        for word in words:
            self.assertIn(word, found)

    def test_as_it_is(self):
        self.assertGreater(len(rooms_of(SERVICE)), 5)
        self.assertEqual(list(faults(SERVICE)), [])

    def test_an_include_upwards(self):
        self.add('table/table.h', '#include "mount/attach.h"\n')
        self.check('table/table.h: "mount/attach.h": table/meson.build does not use mount')

    def test_a_room_that_says_so(self):
        build = self.copy / 'table/meson.build'
        build.write_text(build.read_text().replace('kernel_room', 'kernel_room, mount_room'))
        self.add('table/table.h', '#include "mount/attach.h"\n')
        self.check('table/meson.build: mount is not below table')

    def test_what_is_above_all_rooms(self):
        self.add('policy/policy.c', '#include "call.h"\n')
        self.check('policy/policy.c: "call.h" is above all rooms')

    def test_an_include_without_its_room(self):
        self.add('table/table.c', '#include "mount-id.h"\n')
        self.check('table/table.c: no "mount-id.h"')

    def test_a_circle(self):
        self.add('kernel/row.h', '#include "kernel/mountinfo.h"\n')
        self.check('a circle: ', 'kernel/mountinfo -> kernel/row')

    def test_a_room_that_is_not_used(self):
        build = self.copy / 'quota/meson.build'
        for path in (self.copy / 'quota').glob('*.[ch]'):
            path.write_text(path.read_text().replace('#include "kernel/', '// "'))
        self.assertIn('kernel_room', build.read_text())
        self.check('quota/meson.build: nothing of kernel is included')

    def test_a_long_file(self):
        self.add('quota/quota.c', '\n' * 400)
        self.check('quota/quota.c: ')

    def test_a_long_function(self):
        self.add('quota/quota.c', 'void\nf (void)\n{\n' + '  ;\n' * 61 + '}\n')
        self.check('quota/quota.c:', 'a function of more than 60 lines')


if __name__ == '__main__':
    unittest.main()
