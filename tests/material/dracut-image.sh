#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image made by the real dracut from the modules of the tree; programs and udev rules in it are this machine's.
# usage: dracut-image.sh SERIES [COMPRESSION]      result: $KG_CACHE/images/SERIES/dracut[-COMPRESSION].img
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

build() { # SERIES COMPRESSION OUTPUT
    local release
    release=$(<"$KG_CACHE/kernel/$1/release")
    mkdir "$3.conf"
    quietly dracut --force --conf /dev/null --confdir "$3.conf" --reproducible --no-hostonly --no-early-microcode \
        --kver "$release" --kmoddir "$KG_CACHE/tree/$1/usr/lib/modules/$release" \
        --modules 'base kernel-modules rootfs-block' --force-drivers 'kg_zfs ext4 virtio_blk virtio_pci' \
        --compress "$2" "$3"
    [ "$(lsinitrd "$3" | grep -c '/kg_zfs\.ko')" = 1 ] || die "dracut left out kg_zfs"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || die "usage: dracut-image.sh SERIES [COMPRESSION]"
"$MATERIAL/tree.sh" "$1"
made_of=$(stamp_of "tree/$1")
product "images/$1/dracut${2:+-$2}.img" "$(digest "$0" "$made_of")" build "$1" "${2:-zstd}"
