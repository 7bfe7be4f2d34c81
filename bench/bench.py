#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py NAME PROGRAM ARGUMENT...: lets alice mount, by polkit and by sudo, lets a namespace have more
mounts than usual, and runs the benchmark. Inside tests/rig/rig.py. Times never make it fail; an
operation that fails does."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'integration'))
import harness  # noqa: E402

RULE = '''polkit.addRule(function(action, subject) {
    var verbs = ["mount", "bind", "umount"];
    if (subject.user == "alice" && verbs.indexOf(action.lookup("operation")) >= 0)
        return polkit.Result.YES;
});
'''
MOUNT_MAX = pathlib.Path('/proc/sys/fs/mount-max')
EXPLAINED = {
    'mount': '''
get       Properties.Get of Version by GDBus: an empty call that the service answers
floor     the system calls without which there is no mount, each time on a new thread in the namespace
visit     the service's own visits to its workers, in this process: verifying and the hand-over to a
          thread that waits included, but neither bus nor reply
root      Mount or Bind, then Umount, through the service by GDBus, as root; alice: as a user with a
          polkit rule
sd-...    get and root by sd-bus, which has no thread of its own in the client
nsenter   nsenter mount and nsenter umount, as root; sudo: the same behind sudo, as alice
ns/...    nsenter / sd-root, and / root, goal: 5 or more     su/alice  for comparison
sd/floor  sd-root / (2 sd-get + floor); rt/floor: root / (2 get + floor); goal: 1.25 or less
rt/visit  root / (2 get + visit): what the bus and the reply add; for comparison
''',
    'list': '''
findmnt...       the program, in its whole
libmount         mountinfo, parsed by libmount in this process
whole...         ListMounts through the service, decoded, each value taken; goal at 10,000: 0.5 or more
linx-mountctl --tree  the program, in its whole; goal at 10,000: 0.5 or more as whole
target           one row through the service; goal at 10,000: 5 or more
step...          what a whole listing is made of, in this process alone: its part of the whole
''',
    'flood': '''
x         goal at 4 8, which is as much as a user may have under way: 2 or less
''',
    'watch': '''
most      goal with 1000/s: 60 or less, with all marks told and no overflow
''',
}


def main():
    harness.RULES.joinpath('10-bench.rules').write_text(RULE)
    sudoers = pathlib.Path('/etc/sudoers.d/bench')
    sudoers.write_text('alice ALL=(root) NOPASSWD: ALL\n')
    sudoers.chmod(0o440)
    alice = harness.Client('alice')
    harness.wait_until(
        lambda: alice.can('Mount', 'tmpfs', '/mnt', 'tmpfs', in_='host') == 'yes',
        'polkit reading the rule')
    alice.close()
    most = MOUNT_MAX.read_text()
    env = dict(os.environ, PYTHONPATH=sys.path[0])
    try:
        MOUNT_MAX.write_text('200000')
        status = subprocess.run(sys.argv[2:], env=env).returncode
    finally:
        MOUNT_MAX.write_text(most)
    print(EXPLAINED[sys.argv[1]], flush=True)
    return status


sys.exit(main())
