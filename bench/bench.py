#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py PROGRAM ARGUMENT...: lets alice mount, by polkit and by sudo, and runs the benchmark.
Inside tests/rig/rig.py. Times never make it fail; an operation that fails does."""
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
EXPLAINED = '''
ping      Peer.Ping, which GDBus answers without the service's own code
get       Properties.Get of Version: an empty call that the service answers
floor     the same system calls in this process, each time on a new thread in the namespace
root      Mount or Bind, then Umount, through the service, as root; alice: as a user with a polkit rule
nsenter   nsenter mount and nsenter umount, as root; sudo: the same behind sudo, as alice
ns/root   goal: 5 or more     su/alice  for comparison
root/get  root / (2 get + floor), goal: 1.25 or less; root/png: with ping for get
'''


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
    status = subprocess.run(sys.argv[1:]).returncode
    print(EXPLAINED, flush=True)
    return status


sys.exit(main())
