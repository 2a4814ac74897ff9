#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image made by the real mkinitramfs of initramfs-tools from the modules of the tree; programs in it are this
# machine's.
# usage: initramfs-tools-image.sh SERIES [COMPRESSION]      result: $KG_CACHE/images/SERIES/initramfs-tools[-COMPRESSION].img
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# mkinitramfs knows the modules only below /lib/modules, and asks the kernel's configuration in /boot: in a mount
# namespace of its own they are those of the tree.
build() { # SERIES COMPRESSION OUTPUT
    local release
    release=$(<"$KG_CACHE/kernel/$1/release")
    mkdir -p "$3.conf"/{conf.d,hooks,modules.d,scripts} "$3.boot" /usr/lib/modules
    printf 'MODULES=list\nBUSYBOX=auto\nKEYMAP=n\nCOMPRESS=%s\nRESUME=none\n' "$2" >"$3.conf/initramfs.conf"
    : >"$3.conf/update-initramfs.conf"
    printf '%s\n' kg_zfs ext4 virtio_blk virtio_pci >"$3.conf/modules"
    cp "$KG_CACHE/kernel/$1/config" "$3.boot/config-$release"
    # shellcheck disable=SC2016  # the inner shell's own arguments
    quietly unshare -m --propagation private bash -euc '
        mount --bind "$1/usr/lib/modules" /usr/lib/modules
        mount --bind "$2.boot" /boot
        mkinitramfs -d "$2.conf" -c "$4" -o "$2" "$3"
    ' initramfs-tools-image "$KG_CACHE/tree/$1" "$3" "$release" "$2"
    [ "$(lsinitramfs "$3" | grep -c '/kg_zfs\.ko')" = 1 ] || die "mkinitramfs left out kg_zfs"
    rm -r "$3.conf" "$3.boot"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || die "usage: initramfs-tools-image.sh SERIES [COMPRESSION]"
"$MATERIAL/tree.sh" "$1"
made_of=$(stamp_of "tree/$1")
product "images/$1/initramfs-tools${2:+-$2}.img" "$(digest "$0" "$made_of")" build "$1" "${2:-zstd}"
