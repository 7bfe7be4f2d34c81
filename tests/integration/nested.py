#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""nested.py COUNT: in a user and mount namespace of the caller's own: so many mounts on one tmpfs, each of
which hides the next one, the oldest outermost. Then it asks for all of them to be unmounted, and says how the
call ended."""
import ctypes
import os
import resource
import sys

from connections import Connection

OPEN_TREE, MOVE_MOUNT = 428, 429
OPEN_TREE_CLONE, AT_EMPTY_PATH, MOVE_MOUNT_F_EMPTY_PATH = 1, 0x1000, 4
libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mount_tmpfs(point):
    checked(libc.mount(b't', point.encode(), b'tmpfs', 0, None))


def main():
    count = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    mount_tmpfs('/media')
    for name in ('empty', 'mounts'):
        os.mkdir(f'/media/{name}')
    mount_tmpfs('/media/mounts')
    empty = os.open('/media/empty', os.O_PATH)
    os.chdir('/media/mounts')
    for _ in range(count):
        os.mkdir('a')
        os.chdir('a')
    trees = [checked(libc.syscall(OPEN_TREE, empty, b'', OPEN_TREE_CLONE | AT_EMPTY_PATH)) for _ in range(count)]
    for tree in reversed(trees):
        checked(libc.syscall(MOVE_MOUNT, tree, b'', -100, b'.', MOVE_MOUNT_F_EMPTY_PATH))
        os.close(tree)
        os.chdir('..')
    os.chdir('/')
    print(Connection().call('Umount', "('/media/mounts', {'recursive': <true>})"))


main()
