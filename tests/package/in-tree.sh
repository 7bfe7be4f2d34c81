#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For test_package.py, in a fresh Debian 12, beside 1/*.deb and 2/*.deb: installs what apt-get says that
# the packages depend on, and the Python that in_tree.py needs.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt() { apt-get -q -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io "$@"; }
{
    apt update
    depended=$(apt install --simulate ./1/*.deb |
        awk '$1 == "Inst" && $2 !~ /linx-?mount/ { print $2 }')
    # shellcheck disable=SC2086
    apt install $depended python3-gi
} >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
exec /usr/bin/python3 -B in_tree.py
