#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""automounter.py POINT WHAT: makes POINT an automount point (autofs, direct), says "ready", and for whoever
triggers it mounts a tmpfs with a directory "inside" there (WHAT is "mounts"), says that there is none
("fails"), or says nothing to the kernel ("hangs"). Says "asked" each time. Ends with its input."""
import fcntl
import os
import pathlib
import selectors
import struct
import subprocess
import sys

# include/uapi/linux/auto_fs.h
READY, FAIL, CATATONIC = 0x9360, 0x9361, 0x9362
PACKET = '<iiIIQIIIII257s'


def mount(fstype, source, point, options):
    subprocess.run(['mount', '-i', '-t', fstype, '-o', options, source, point], check=True)


def answer(own, packet, point, what):
    token = struct.unpack_from(PACKET, packet)[2]
    print('asked', flush=True)
    if what == 'mounts':
        mount('tmpfs', 'auto', point, 'mode=755')
        pathlib.Path(point, 'inside').mkdir()
    if what != 'hangs':
        fcntl.ioctl(own, READY if what == 'mounts' else FAIL, token)


def main():
    point, what = sys.argv[1:]
    os.setpgid(0, 0)  # whoever is of this group triggers nothing
    reads, writes = os.pipe()
    os.set_inheritable(writes, True)
    options = f'fd={writes},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct'
    subprocess.run(['mount', '-i', '-t', 'autofs', '-o', options, 'map', point], check=True, pass_fds=[writes])
    own = os.open(point, os.O_RDONLY)
    os.close(writes)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    selector.register(reads, selectors.EVENT_READ)
    print('ready', flush=True)
    while not any(key.fileobj is sys.stdin for key, _ in selector.select()):
        answer(own, os.read(reads, 304), point, what)
    fcntl.ioctl(own, CATATONIC)


main()
