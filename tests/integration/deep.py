#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""deep.py LEVELS TARGET COUNT: makes so many directories one in the other, with names as long as they may
be, below a new tmpfs at /media, and mounts the last one at TARGET, COUNT times."""
import ctypes
import os
import subprocess
import sys

OPEN_TREE, MOVE_MOUNT = 428, 429
AT_FDCWD, AT_EMPTY_PATH, OPEN_TREE_CLONE, F_EMPTY_PATH = -100, 0x1000, 1, 4
LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(*arguments):
    result = LIBC.syscall(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


levels, target, count = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
subprocess.run(['mount', '-t', 'tmpfs', 'deep', '/media'], check=True)
os.chdir('/media')
for _ in range(levels):
    os.mkdir('x' * 255)
    os.chdir('x' * 255)
last = os.open('.', os.O_PATH)
for _ in range(count):
    tree = syscall(OPEN_TREE, last, b'', AT_EMPTY_PATH | OPEN_TREE_CLONE)
    syscall(MOVE_MOUNT, tree, b'', AT_FDCWD, target, F_EMPTY_PATH)
    os.close(tree)
