#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image made by the real dracut from the modules of the tree; programs and udev rules in it are this machine's.
# usage: dracut-image.sh SERIES      result: $KG_CACHE/images/SERIES/dracut.img
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

build() { # SERIES OUTPUT
    local release
    release=$(<"$KG_CACHE/kernel/$1/release")
    mkdir "$2.conf"
    quietly dracut --force --conf /dev/null --confdir "$2.conf" --reproducible --no-hostonly --no-early-microcode \
        --kver "$release" --kmoddir "$KG_CACHE/tree/$1/usr/lib/modules/$release" \
        --modules 'base kernel-modules rootfs-block' --force-drivers 'kg_zfs ext4 virtio_blk virtio_pci' \
        --compress 'zstd -q -T0' "$2"
    [ "$(lsinitrd "$2" | grep -c '/kg_zfs\.ko')" = 1 ] || die "dracut left out kg_zfs"
}

[ $# -eq 1 ] || die "usage: dracut-image.sh SERIES"
"$MATERIAL/tree.sh" "$1"
made_of=$(stamp_of "tree/$1")
product "images/$1/dracut.img" "$(digest "$0" "$made_of")" build "$1"
