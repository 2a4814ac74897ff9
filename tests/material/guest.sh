#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's trixie with systemd, as the root of a virtual machine that has nothing but what booting and kernel-guard take: no
# kernel, no boot loader. It is not to be changed: who needs to write makes a copy.
# usage: guest.sh      result: $KG_CACHE/guest/trixie
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

# The libraries are those of kernel-guard, whose hooks pacman runs.
packages=(systemd systemd-sysv dbus udev kmod libarchive13t64 libelf1t64 libinih1 libjson-c5 libkmod2 libmount1 libssl3t64
    pacman-package-manager)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# In a mount namespace of its own: what debootstrap mounts is gone with it, however it ends.
debootstrap_once() { # OUTPUT MIRROR
    rm -rf --one-file-system "$1"
    quietly unshare -m --propagation private debootstrap --variant=minbase --keyring="$keyring" \
        --include="$(IFS=, && printf '%s' "${packages[*]}")" trixie "$1" "$2"
}

bootstrap() { # OUTPUT
    local mirror proxy=
    mirror=$(mirror debian)
    [ -e "$keyring" ] || die "$keyring is missing: run tests/setup.sh test"
    command -v debootstrap >/dev/null || die "debootstrap is missing: run tests/setup.sh full"
    # wget knows nothing of apt's settings.
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ -z "$proxy" ] || export http_proxy=$proxy
    try3 debootstrap_once "$1" "$mirror" || die "debootstrap of trixie failed"
    rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*_* "$1"/usr/share/{doc,info,locale,man}/*
    # No first boot, no login, and nothing that starts by itself after a while.
    echo 6b672d6b6570742d626f6f742d677565 >"$1/etc/machine-id"
    rm -rf "$1/etc/systemd/system/timers.target.wants"
    ln -sf /dev/null "$1/etc/systemd/system/getty.target"
}

[ $# -eq 0 ] || die "usage: guest.sh"
[ "$(id -u)" -eq 0 ] || die "needs root: debootstrap makes a root of it"
product guest/trixie "$(digest "$0")" bootstrap
