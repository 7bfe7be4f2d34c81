#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The ritual, over a private bus: a child is parked in fresh mount and pid namespaces, gets a new root
# and a /proc of its own from outside, and runs on in them. Exits with 1 unless the kernel's own
# /proc/PID/root and mountinfo confirm each step. For a bare Debian 12, as root.
set -euo pipefail
cd "$(dirname "$0")"

if [ "${1:-}" != --inside ]; then
    . ./packages.sh
    need_root
    # shellcheck disable=SC2086
    install_packages $BUILD_PACKAGES $RIG_PACKAGES
    echo "== building"
    [ -f build-demo/build.ninja ] || meson setup build-demo --prefix=/usr -Dintrospection=false >/dev/null
    meson compile -C build-demo >/dev/null
    exec tests/rig/rig.py --build build-demo -- ./demo.sh --inside
fi

call() { busctl call org.linx.Mount1 /org/linx/Mount1 org.linx.Mount1 "$@"; }
# The table, one mount a line: place, type, attributes, propagation.
show() {
    awk '{
        for (i = 7; $i != "-"; i++) tags = tags " " $i
        if ($5 !~ "^/sys/fs/cgroup/") printf "    %-42s %-9s %s%s\n", $5, $(i + 1), $6, tags
        tags = ""
    }' "/proc/$1/mountinfo"
}
tables() {
    echo "-- the child's mount table:"; show "$child"
    echo "-- the host's:"; show self
}
confirm() { # WHAT COMMAND...
    local what=$1
    shift
    "$@" || { echo "FAILED: $what"; exit 1; }
    [ "$(cat /proc/self/mountinfo)" = "$host_before" ] ||
        { echo "FAILED: the host's table has changed"; exit 1; }
    echo "   confirmed by the kernel: $what"
}
is_private() { ! grep -Eq ' (shared|master):' "/proc/$child/mountinfo"; }
has_tmpfs() { grep -q " $new_root/tmp rw,nosuid,relatime .*- tmpfs demo " "/proc/$child/mountinfo"; }
has_no_tmpfs() { ! grep -q ' tmpfs demo ' "/proc/$child/mountinfo"; }
has_new_root() { [ "/proc/$child/root/" -ef "$new_root" ] && [ -e "/proc/$child/root/welcome" ]; }
old_root_is_gone() { ! grep -Eq ' /(usr|etc|run|dev) ' "/proc/$child/mountinfo"; }
shows_itself_alone() { [ "$(cd "/proc/$child/root/proc" && echo [0-9]*)" = 1 ]; }

# A host as systemd leaves it, with a tree that is shared, and a directory to become a root.
mount --make-rshared /
new_root=/run/rig/new-root
mkdir -p $new_root/proc $new_root/tmp
touch $new_root/welcome

coproc parked {
    exec unshare --mount --pid --fork --propagation unchanged sh -c '
        echo ready; read -r _
        echo "I am process $$. In my root:" /*
        echo "In my /proc:" /proc/[0-9]*'
}
parked_pid=$parked_PID
exec 3<&"${parked[0]}" 4>&"${parked[1]}"
trap 'kill $parked_pid' EXIT
read -r _ <&3
child=$(tr -d " " <"/proc/$parked_pid/task/$parked_pid/children")
host_before=$(cat /proc/self/mountinfo)

echo "== a child, process $child, is parked at a checkpoint in fresh mount and pid namespaces"
tables

echo "== MakeRPrivate: its tree is no longer a peer of the host's"
call MakeRPrivate 'sa{sv}' / 1 in u "$child"
confirm "no mount of the child is shared" is_private

echo "== Mount: a tmpfs in its new root, and off again"
id=$(call Mount 'sssa{sv}' demo $new_root/tmp tmpfs 2 options s size=64M,nosuid in u "$child" |
    cut -d ' ' -f 2)
confirm "mount $id is in the child's namespace, and not in the host's" has_tmpfs
call ListMounts 'a{sv}' 2 id t "$id" in u "$child" | sed 's/^/    /'
call Umount 'sa{sv}' $new_root/tmp 2 id t "$id" in u "$child"
confirm "it is gone" has_no_tmpfs

echo "== PivotRoot: binds the new root onto itself, pivots, unmounts the old root"
call PivotRoot 'ssa{sv}' $new_root '' 2 bind-new-root b true in u "$child"
confirm "the child's root is the new one" has_new_root
confirm "the old root is gone" old_root_is_gone

echo "== Mount: a proc of the child's own pid namespace"
call Mount 'sssa{sv}' proc /proc proc 2 options s nosuid,nodev,noexec in u "$child" >/dev/null
confirm "its /proc shows its own processes alone" shows_itself_alone
tables

echo "== the child is let go, and runs on in it:"
trap - EXIT
echo >&4
sed 's/^/    /' <&3 | tee /run/rig/said
grep -q 'process 1\. In my root: /proc /tmp /welcome' /run/rig/said ||
    { echo "FAILED: the child saw something else"; exit 1; }
echo "== done: the host's mount table is the same to the byte"
