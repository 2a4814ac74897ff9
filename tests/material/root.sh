#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's SUITE with all that building and running kernel-guard takes, for the libalpm, the libraries and the compiler
# that are there. It is not to be changed: who needs to write uses an overlay.
# usage: root.sh SUITE      result: $KG_CACHE/root/SUITE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

packages=(gcc make pkg-config libc6-dev libelf-dev libkmod-dev libarchive-dev libjson-c-dev libmount-dev libssl-dev
    libinih-dev libalpm-dev pacman-package-manager zstd kmod
    dkms busybox-static libarchive-tools xz-utils openssl sbsigntool dwarves cpio bc bison flex perl python3)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# In a mount namespace of its own: what debootstrap mounts is gone with it, however it ends.
debootstrap_once() { # SUITE OUTPUT MIRROR
    rm -rf "$2"
    quietly unshare -m --propagation private debootstrap --variant=minbase --keyring="$keyring" \
        --include="$(IFS=, && printf '%s' "${packages[*]}")" "$1" "$2" "$3"
}

bootstrap() { # SUITE OUTPUT
    local mirror proxy=
    mirror=$(mirror debian)
    [ -e "$keyring" ] || die "$keyring is missing: run tests/setup.sh test"
    command -v debootstrap >/dev/null || die "debootstrap is missing: run tests/setup.sh full"
    # wget knows nothing of apt's settings.
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ -z "$proxy" ] || export http_proxy=$proxy
    try3 debootstrap_once "$1" "$2" "$mirror" || die "debootstrap of $1 failed"
    rm -rf "$2"/var/cache/apt/archives/*.deb "$2"/var/lib/apt/lists/*_*
}

[ $# -eq 1 ] || die "usage: root.sh SUITE"
case $1 in
trixie | sid) ;;
*) die "no such suite: $1 (trixie sid)" ;;
esac
[ "$(id -u)" -eq 0 ] || die "needs root: debootstrap makes a root of it"
product "root/$1" "$(digest "$0" "=$1")" bootstrap "$1"
