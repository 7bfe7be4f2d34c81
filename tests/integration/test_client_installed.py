#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The installed library as a stranger's program finds it: headers, pkg-config, typelib, examples, and
the interface alone."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import HERE, Case, mountinfo, mounts_at

EXAMPLES = pathlib.Path('/usr/share/doc/linx-mount/examples')
INTERFACE = '/usr/share/dbus-1/interfaces/org.linx.Mount1.xml'
WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wpedantic']


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE, **kwargs).stdout


def flags(*packages):
    return run('pkg-config', '--cflags', '--libs', *packages).split()


class Installed(Case):
    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs root /mnt')
        self.place = pathlib.Path(tempfile.mkdtemp(dir='/run/rig'))
        self.addCleanup(shutil.rmtree, self.place)

    def python(self, text, *args):
        return run('/usr/bin/python3', '-c', 'from gi.repository import GLib, LinxMount\n'
                   'import sys\nclient = LinxMount.Client.new_sync(None)\n'
                   'options = LinxMount.Options.new()\n'
                   'options.set_namespace("in", sys.argv[1])\n' + text, self.target.pid, *args)

    def test_symbols(self):
        library, = pathlib.Path('/usr/lib').glob('**/liblinx-mount-1.so.0')
        names = {line.split()[-1].split('@')[0]
                 for line in run('nm', '-D', '--defined-only', library).splitlines()}
        self.assertIn('linx_mount_client_mount', names)
        self.assertEqual({name for name in names if not name.startswith('linx_mount_')},
                         {'LINX_MOUNT_1'})
        headers = ''.join(path.read_text()
                          for path in pathlib.Path('/usr/include/linx-mount-1').iterdir())
        self.assertEqual({name for name in names if name != 'LINX_MOUNT_1'
                          and not re.search(rf'\b{name}\b', headers)}, set())

    def test_each_header_alone(self):
        for header in pathlib.Path('/usr/include/linx-mount-1').iterdir():
            source = self.place / 'one.c'
            source.write_text(f'#include <{header.name}>\nint main (void) {{ return 0; }}\n')
            run('gcc', *WARNINGS, source, '-o', self.place / 'one', *flags('linx-mount-1'))

    def test_c_example(self):
        program = self.place / 'example'
        run('gcc', *WARNINGS, EXAMPLES / 'host-directory-into-container.c', '-o', program,
            *flags('linx-mount-1'))
        before = mountinfo(self.target.pid)
        printed = run(program, '/usr/share', self.target.pid, '/mnt/share')
        self.assertRegex(printed, '^/mnt/share: ro,nosuid,nodev')
        self.assertEqual(mountinfo(self.target.pid), before)
        failed = subprocess.run([program, '/nothing', str(self.target.pid), '/mnt/share'], text=True,
                                capture_output=True)
        self.assertEqual(failed.returncode, 1)
        self.assertIn('Resolve failed with errno 2: Resolve /nothing', failed.stderr)

    def test_python_example(self):
        printed = run('/usr/bin/python3', EXAMPLES / 'list-mounts.py', self.target.pid)
        self.assertEqual(sorted(line.split(' ')[0] for line in printed.splitlines()),
                         sorted(row['mount-point'] for row in mountinfo(self.target.pid)))

    def test_python(self):
        self.python('''
options.set_string('create', 'directory')
id = client.mount('x', '/mnt/a', 'tmpfs', options, None)
fd = client.create_mount('y', 'tmpfs', None, None)
def done(client, result):
    assert client.attach_mount_finish(result) > id
    loop.quit()
loop = GLib.MainLoop()
client.attach_mount_async(fd, '/mnt/b', options, None, done)
loop.run()
''')
        self.assertEqual(mounts_at('/mnt/a', self.target.pid)[0]['source'], 'x')
        self.assertEqual(mounts_at('/mnt/b', self.target.pid)[0]['source'], 'y')

    def test_python_errors(self):
        printed = self.python('''
try:
    client.umount('/mnt/\\udcff', options, None)
except GLib.Error as error:
    print(error.domain, LinxMount.error_is_kernel(error), LinxMount.error_get_errno(error),
          LinxMount.error_get_stage(error) == LinxMount.Stage.RESOLVE, error.message)
''')
        self.assertEqual(printed, 'linx-mount-error-quark True 2 True '
                         'Resolve /mnt/\\xff: No such file or directory (ENOENT)\n')

    def test_python_object_that_is_no_client(self):
        printed = self.python('''
try:
    LinxMount.Client().list_mounts(None, None)
except GLib.Error as error:
    print(error.message)
''')
        self.assertIn('no proxy', printed)

    def test_what_codegen_alone_makes(self):
        run('gdbus-codegen', '--generate-c-code', 'generated', '--c-generate-autocleanup', 'all',
            '--glib-min-required', '2.74', '--interface-prefix', 'org.linx.', INTERFACE,
            cwd=self.place)
        program = self.place / 'client'
        run('gcc', '-D_GNU_SOURCE', '-I', self.place, HERE / 'generated-client.c',
            self.place / 'generated.c', '-o', program, *flags('gio-unix-2.0'))
        printed = run(program, self.target.pid, '/usr/share', '/mnt/share')
        self.assertGreater(int(printed), 0)
        self.assertTrue(mounts_at('/mnt/share', self.target.pid))


if __name__ == '__main__':
    unittest.main()
