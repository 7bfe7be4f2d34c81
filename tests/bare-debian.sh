#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bare-debian.sh CMD...: runs CMD as root in a fresh Debian 12 (debootstrap minbase, nothing else
# installed), with a copy of this tree as its working directory, entered by pivot_root in namespaces
# of its own. Needs the network for Debian's packages, from the machine's own mirror. TREE=DIR keeps the
# debootstrap for the next run; COPY=DIR copies DIR, not this tree.
set -euo pipefail
if [ "${1:-}" != --inner ]; then
    exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" --inner "$@"
fi
shift
source=$(cd "$(dirname "$0")/.." && pwd)
top=/mnt # of this namespace alone
mount -t tmpfs -o mode=755 top "$top"
mkdir "$top"/{up,work,root,base}
base=${TREE:-$top/base}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Codename: bookworm' 'Label: Debian' 'Component: main' 2>/dev/null | head -n 1)} || true
[ -e "$base/usr/bin/apt-get" ] ||
    debootstrap --variant=minbase bookworm "$base" "${mirror:-http://deb.debian.org/debian}" >/dev/null
mount -t overlay -o lowerdir="$base",upperdir="$top/up",workdir="$top/work" overlay "$top/root"
cd "$top/root"
cp /etc/resolv.conf etc/
cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d etc/apt/ 2>/dev/null || true
if [ -n "${COPY:-}" ]; then cp -r "$COPY" srv/tree; else git clone -q "$source" srv/tree; fi
for place in dev sys; do mount --rbind "/$place" "$place"; done
mount -t proc proc proc
mkdir old
pivot_root . old
exec env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /bin/bash -c \
    'umount -l /old && rmdir /old && cd /srv/tree && exec "$@"' sh "$@"
