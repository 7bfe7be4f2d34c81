#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the Debian packages from a copy of this tree, and one more version of them, and has them
installed, used, upgraded and removed: in a fresh Debian 12, and under systemd. Everything is below the
build directory, and thrown away."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[1]
BUILD = pathlib.Path(os.environ['LINX_BUILD']).resolve()
SCRATCH = BUILD / 'package'
VERSIONS = ('1', '2')
NAMES = {'linx-mount', 'liblinx-mount-1-0', 'liblinx-mount-dev', 'gir1.2-linxmount-1.0'}
ENV = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root', 'LC_ALL': 'C.UTF-8', 'TERM': 'dumb',
       'DEB_BUILD_OPTIONS': 'noautodbgsym',
       **{name: os.environ[name] for name in ('TREE', 'MIRROR') if name in os.environ}}


def run(*command, **kwargs):
    done = subprocess.run([str(word) for word in command], text=True, env=ENV,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f'{command}: exit status {done.returncode}\n{done.stdout}')
    return done.stdout


def ignored(where, names):
    """What is not source: as in .gitignore."""
    return {name for name in names if name in ('.git', '__pycache__')
            or pathlib.Path(where, name) == BUILD
            or pathlib.Path(where) == TREE and name.startswith('build')}


def build(version, *options):
    run('dpkg-buildpackage', '-us', '-uc', '-b', *options, cwd=SCRATCH / 'src')
    (SCRATCH / version).mkdir()
    for kind in ('deb', 'changes', 'buildinfo'):
        for path in SCRATCH.glob(f'*.{kind}'):
            path.rename(SCRATCH / version / path.name)


def bump():
    """Makes what is packaged next a version later."""
    changelog = SCRATCH / 'src/debian/changelog'
    text = changelog.read_text()
    last = re.match(r'.*?\n -- .*?\n', text, re.DOTALL)[0]
    changelog.write_text(re.sub(r'\((.*?)\)', r'(\1+next)', last, count=1) + '\n' + text)


def setUpModule():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir()
    shutil.copytree(TREE, SCRATCH / 'src', symlinks=True, ignore=ignored)
    build('1')
    bump()
    build('2', '-nc')


def tearDownModule():
    shutil.rmtree(SCRATCH)


class Packages(unittest.TestCase):
    def test_names(self):
        for version in VERSIONS:
            self.assertEqual({path.name.split('_')[0] for path in (SCRATCH / version).glob('*.deb')},
                             NAMES)

    def test_lintian(self):
        changes, = (SCRATCH / '1').glob('*.changes')
        run('lintian', '--fail-on', 'error,warning', changes)

    def test_in_a_fresh_debian(self):
        copy = SCRATCH / 'copy'
        copy.mkdir()
        for version in VERSIONS:
            shutil.copytree(SCRATCH / version, copy / version)
        for name in ('in-tree.sh', 'in_tree.py'):
            shutil.copy(HERE / name, copy)
        print(run('env', f'COPY={copy}', TREE / 'tests/bare-debian.sh', './in-tree.sh'))

    def test_under_systemd(self):
        run(TREE / 'tests/rig/systemd-rig.py', '--build', BUILD, '--',
            '/usr/bin/python3', HERE / 'under_systemd.py', SCRATCH / '1', SCRATCH / '2')


if __name__ == '__main__':
    unittest.main()
