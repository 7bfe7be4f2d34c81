#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bare-debian.sh CMD...: runs CMD as root in a fresh Debian (debootstrap minbase, nothing else
# installed), with a copy of this tree as its working directory, entered by pivot_root in namespaces
# of its own. Needs the network for Debian's packages, from the machine's own mirror. RELEASE: which
# Debian, by its codename; this machine's own by default. TREE=DIR keeps the debootstrap for the next
# run; COPY=DIR copies DIR, not this tree.
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
own=$(. /etc/os-release && echo "$VERSION_CODENAME")
release=${RELEASE:-$own}
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    "Codename: $own" 'Label: Debian' 'Component: main' 2>/dev/null | head -n 1)} || true
script=/usr/share/debootstrap/scripts/$release
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # what all that are newer are like
[ -e "$base/usr/bin/apt-get" ] ||
    debootstrap --variant=minbase "$release" "$base" "${mirror:-http://deb.debian.org/debian}" \
        "$script" >/dev/null
mount -t overlay -o lowerdir="$base",upperdir="$top/up",workdir="$top/work" overlay "$top/root"
cd "$top/root"
cp /etc/resolv.conf etc/
for file in /etc/apt/apt.conf.d/*; do # how packages are got, and no package's own files
    dpkg-query -S "$file" >/dev/null 2>&1 || cp "$file" etc/apt/apt.conf.d/
done
[ "$release" != "$own" ] || cp -r /etc/apt/sources.list* etc/apt/ 2>/dev/null || true
if [ -n "${COPY:-}" ]; then cp -r "$COPY" srv/tree; else git clone -q "$source" srv/tree; fi
for place in dev sys; do mount --rbind "/$place" "$place"; done
mount -t proc proc proc
mkdir old
pivot_root . old
exec env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /bin/bash -c \
    'umount -l /old && rmdir /old && cd /srv/tree && exec "$@"' sh "$@"
