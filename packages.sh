# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by demo.sh and test.sh: install_packages PACKAGE..., and what each of them needs.

BUILD_PACKAGES="gcc libc6-dev meson pkg-config gettext libglib2.0-dev libmount-dev libblkid-dev libpolkit-gobject-1-dev libjson-glib-dev scdoc"
RIG_PACKAGES="dbus polkitd systemd libglib2.0-bin procps mount passwd libpam-modules python3"
TEST_PACKAGES="libcap2-bin build-essential debhelper lintian debootstrap gobject-introspection libgirepository1.0-dev gi-docgen jq zsh fish tmux less systemd-container libpam-systemd clang libclang-rt-dev python3-gi libxml2-utils libsystemd-dev e2fsprogs xfsprogs btrfs-progs squashfs-tools erofs-utils bindfs sudo dbus-broker"

install_packages() {
    local missing="" package
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return
    echo "== installing$missing"
    # shellcheck disable=SC2086
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing; } >/tmp/linx-apt.log 2>&1 ||
        { cat /tmp/linx-apt.log; exit 1; }
    rm -f /tmp/linx-apt.log
    case "$missing" in
        *dbus-broker*) # the machine's own bus stays what it was
            systemctl --quiet disable dbus-broker.service
            systemctl --quiet --global disable dbus-broker.service ;;
    esac
}

need_root() {
    [ "$(id -u)" = 0 ] || { echo "$0: run it as root: it makes namespaces, users and mounts" >&2; exit 1; }
}
