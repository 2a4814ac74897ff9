#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The programs that make storage stacks, from Debian, with all that they are linked with: cryptsetup, LVM,
# mdadm, mkfs and zpool.
# usage: tools.sh      result: $KG_CACHE/machine/tools
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$(dirname -- "$0")/../material/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../material/debian.sh
. "$MATERIAL/debian.sh"

packages=(busybox-static cryptsetup-bin lvm2 mdadm btrfs-progs e2fsprogs zfsutils-linux kmod)
programs=(busybox cryptsetup lvm mdadm mkfs.btrfs btrfs mke2fs zpool zfs kmod)

# The program, and the libraries that the unpacked system has for it, where the dynamic linker looks for them.
add_program() { # ROOT NAME OUTPUT
    local path library
    path=$(find "$1"/usr/{bin,sbin} "$1"/{bin,sbin}/ -name "$2" -print -quit 2>/dev/null)
    [ -n "$path" ] || die "no $2 in: ${packages[*]}"
    cp -L "$path" "$3/bin"
    # Without an interpreter it is static.
    chroot "$1" "$loader" --list "${path#"$1"}" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
        cp -Ln "$1$library" "$3/lib"
    done || true
}

fetch() { # OUTPUT
    local root=$1.root deb names program loader
    configure_apt tools trixie "main contrib"
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the package lists of trixie"
    names=$(apt-get -q install --no-install-recommends --print-uris -y "${packages[@]}" | sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p")
    mkdir -p "$root" "$1"/{bin,lib}
    # shellcheck disable=SC2086  # they are several
    for deb in $(download tools $names); do
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x --keep-directory-symlink
        rm -f "$deb"
    done
    loader=$(cd "$root" && find . -path './lib/x86_64-linux-gnu/ld-linux*' -o -path './usr/lib/x86_64-linux-gnu/ld-linux*' | head -n 1)
    loader=${loader#.}
    for program in "${programs[@]}"; do add_program "$root" "$program" "$1"; done
    mkdir -p "$1/lib64"
    cp -L "$root$loader" "$1/lib64/ld-linux-x86-64.so.2"
    rm -r "$root"
}

[ "$(id -u)" -eq 0 ] || die "needs root: it changes into the unpacked system"
product machine/tools "$(digest "$0")" fetch
