#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts a tmpfs into a parked process's mount namespace, over a private bus, and unmounts it again.
# Exits with 1 unless the kernel's own mountinfo confirms each step. For a bare Debian 12, as root.
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" != --inside ]; then
    . ./packages.sh
    need_root
    # shellcheck disable=SC2086
    install_packages $BUILD_PACKAGES $RIG_PACKAGES
    echo "== building"
    [ -f build-demo/build.ninja ] || meson setup build-demo --prefix=/usr >/dev/null
    meson compile -C build-demo >/dev/null
    exec tests/rig/rig.py --build build-demo -- ./demo.sh --inside
fi

call() { busctl call org.linx.Mount1 /org/linx/Mount1 org.linx.Mount1 "$@"; }
line_at_mnt() { grep -c ' /mnt rw,nosuid,relatime - tmpfs demo ' "/proc/$1/mountinfo" || true; }
# The table, one mount a line: place, type, attributes.
show() {
    sed -E 's/^.* (\S+) (\S+)( \S+:\S+)* - (\S+) .*$/\1 \4 \2/' "/proc/$1/mountinfo" |
        grep -v '^/sys/fs/cgroup/' | awk '{ printf "    %-40s %-10s %s\n", $1, $2, $3 }'
}
confirm() {
    [ "$(line_at_mnt "$child")" = "$1" ] || { echo "FAILED: the child's table is wrong: $2"; exit 1; }
    [ "$(line_at_mnt self)" = 0 ] || { echo "FAILED: it is in the host's table"; exit 1; }
    echo "   confirmed by the kernel: $2"
}

coproc parked { exec unshare --mount --propagation private sh -c 'echo ready; exec sleep infinity'; }
child=$parked_PID
trap 'kill $child' EXIT
read -r _ <&"${parked[0]}"

echo "== a process, $child, is parked in a mount namespace of its own"
echo "-- its mount table:"; show "$child"
echo "-- the host's:"; show self
host_before=$(cat /proc/self/mountinfo)

echo "== Mount over the bus: tmpfs, 64 MiB, nosuid, on /mnt of process $child"
id=$(call Mount 'sssa{sv}' demo /mnt tmpfs 2 options s size=64M,nosuid in u "$child" | cut -d ' ' -f 2)
echo "-- its mount table:"; show "$child"
echo "-- the host's:"; show self
confirm 1 "mount $id is in the child's namespace, and not in the host's"

echo "== ListMounts over the bus, of what is at its /mnt:"
call ListMounts 'a{sv}' 2 id t "$id" in u "$child" | sed 's/^/    /'

echo "== Umount over the bus"
call Umount 'sa{sv}' /mnt 2 id t "$id" in u "$child"
echo "-- its mount table:"; show "$child"
confirm 0 "it is gone again"
[ "$(cat /proc/self/mountinfo)" = "$host_before" ] ||
    { echo "FAILED: the host's table has changed"; exit 1; }
echo "== done: the host's mount table is the same to the byte"
