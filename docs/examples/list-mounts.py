#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""list-mounts.py [NAMESPACE]: lists the mounts of a namespace: "self", "host", a process id or a path."""
import sys

import gi
gi.require_version('LinxMount', '1.0')
from gi.repository import GLib, LinxMount  # noqa: E402


def main():
    client = LinxMount.Client.new_sync(None)
    options = LinxMount.Options.new()
    options.set_namespace('in', sys.argv[1] if len(sys.argv) > 1 else 'self')
    for row, in client.list_mounts(options, None).unpack():
        print(row['mount-point'], row['fstype'], row['mount-options'])


try:
    main()
except GLib.Error as error:
    sys.exit(error.message)
