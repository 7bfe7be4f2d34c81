#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""flood.py COUNT FILE: so many connections, each of which sends the call in FILE over and over, as fast as the
bus takes it, without waiting for an answer: then the bus sets no bound to them. Says "ready" when each of them
has sent it ten times, and goes on until its input ends. COUNT 0: a new connection for each call."""
import pathlib
import select
import selectors
import sys

from gi.repository import Gio

from connections import Connection


class Flooder:
    def __init__(self, selector, blob):
        self.channel, self.blob, self.at, self.sent = Connection().channel, blob, 0, 0
        self.channel.setblocking(False)
        selector.register(self.channel, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def go_on(self, events):
        if events & selectors.EVENT_READ:
            assert self.channel.recv(1 << 20), 'the bus has closed the connection'
        if events & selectors.EVENT_WRITE:
            self.at += self.channel.send(memoryview(self.blob)[self.at:])
        if self.at == len(self.blob):
            self.at, self.sent = 0, self.sent + 1


def flood_by_new_ones(blob):
    for number in range(1 << 30):
        Connection().channel.sendall(blob)
        if number == 10:
            print('ready', flush=True)
        if select.select([sys.stdin], [], [], 0)[0]:
            return


def main():
    count, blob = int(sys.argv[1]), bytearray(pathlib.Path(sys.argv[2]).read_bytes())
    blob[2] |= Gio.DBusMessageFlags.NO_REPLY_EXPECTED
    if count == 0:
        flood_by_new_ones(blob)
        return
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    flooders = [Flooder(selector, blob) for _ in range(count)]
    is_ready = False
    while True:
        for key, events in selector.select():
            if key.data is None:
                return
            key.data.go_on(events)
        if not is_ready and all(flooder.sent >= 10 for flooder in flooders):
            is_ready = True
            print('ready', flush=True)


main()
