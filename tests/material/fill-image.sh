#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image as large as that of an ordinary machine, about 45 MB, to measure with.
# usage: fill-image.sh SERIES      result: $KG_CACHE/images/SERIES/fill.img
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: fill-image.sh SERIES"
"$MATERIAL/tree.sh" "$1"
made_of=$(stamp_of "tree/$1")
product "images/$1/fill.img" "$(digest "$0" "$MATERIAL/mkinitcpio-image.sh" "$MATERIAL/initcpio" "$made_of")" \
    "$MATERIAL/mkinitcpio-image.sh" --modules-root "$KG_CACHE/tree/$1" --release "$(<"$KG_CACHE/kernel/$1/release")" \
    --fill kg_zfs ext4 virtio_blk virtio_pci --output
