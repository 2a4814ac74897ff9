#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Our own out-of-tree modules, built by the real kbuild: sound ones, and two that a kernel of this series refuses.
# usage: modules.sh SERIES      result: $KG_CACHE/modules/SERIES/{healthy,gplonly,missing}/kg_{gpl,spl,zfs}.ko
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# The module of the kernel that kg_zfs needs: libcrc32c, and where that is built in, crc16.
in_tree_dependency() { # SERIES
    case $1 in
    5.* | 6.1 | 6.12) echo libcrc32c ;;
    *) echo crc16 ;;
    esac
}

gpl_only=bio_start_io_acct
vanished=kg_vanished_symbol

# modpost refuses what it knows to be GPL-only or missing, so the broken variants are built against headers of a kernel
# as it was before: one that still exported both symbols to everybody.
earlier_headers() { # BUILD COPY
    local table=$2/Module.symvers
    cp -al "$1" "$2"
    grep -qP "\t$gpl_only\tvmlinux\tEXPORT_SYMBOL_GPL\t" "$table" || die "$gpl_only is not GPL-only in $1"
    ! grep -qP "\t$vanished\t" "$table" || die "$vanished exists in $1"
    sed -i -E "s/(\t$gpl_only\tvmlinux\tEXPORT_SYMBOL)_GPL/\1/" "$table"
    printf '0x4b475641\t%s\tvmlinux\tEXPORT_SYMBOL\t\n' "$vanished" >>"$table"
}

build() { # SERIES HEADERS VARIANT OUTPUT
    "$MATERIAL/build-modules.sh" --headers "$2" "$1" "$MATERIAL/modules" "$4" KG_VARIANT="$3"
    strip -g "$4"/kg_*.ko
    rm "$4/Module.symvers"
}

is() { # WHAT EXPECTED ACTUAL
    [ "$2" = "$3" ] || die "$1 is '$3', expected '$2'"
}

uses() { # MODULE SYMBOL
    nm -u "$1" | grep -cw "$2" || true
}

verify() { # VARIANT DIRECTORY RELEASE IN-TREE-DEPENDENCY
    local zfs=$2/kg_zfs.ko gpl_only_uses=0 vanished_uses=0
    case $1 in
    gplonly) gpl_only_uses=1 ;;
    missing) vanished_uses=1 ;;
    esac
    is "licence of kg_gpl" GPL "$(modinfo -F license "$2/kg_gpl.ko")"
    is "licence of kg_spl" CDDL "$(modinfo -F license "$2/kg_spl.ko")"
    is "licence of kg_zfs" CDDL "$(modinfo -F license "$zfs")"
    is "release of kg_zfs" "$3" "$(modinfo -F vermagic "$zfs" | cut -d' ' -f1)"
    is "dependencies of kg_zfs" "$(printf '%s\n' kg_spl "$4" | sort | paste -sd ' ')" "$(modinfo -F depends "$zfs" | tr , '\n' | sort | paste -sd ' ')"
    is "uses of kg_spl_alloc in $1" 1 "$(uses "$zfs" kg_spl_alloc)"
    is "uses of $gpl_only in $1" "$gpl_only_uses" "$(uses "$zfs" "$gpl_only")"
    is "uses of $vanished in $1" "$vanished_uses" "$(uses "$zfs" "$vanished")"
}

build_all() { # SERIES OUTPUT
    local kernel=$KG_CACHE/kernel/$1 out=$2 release headers variant
    release=$(<"$kernel/release")
    headers=$kernel/root/usr/lib/modules/$release/build
    earlier_headers "$headers" "$out.headers"
    build "$1" "$headers" healthy "$out/healthy"
    build "$1" "$out.headers" gplonly "$out/gplonly"
    build "$1" "$out.headers" missing "$out/missing"
    for variant in healthy gplonly missing; do
        verify "$variant" "$out/$variant" "$release" "$(in_tree_dependency "$1")"
    done
    rm -r "$out.headers"
}

[ $# -eq 1 ] || die "usage: modules.sh SERIES"
"$MATERIAL/kernel.sh" "$1"
made_of=$(stamp_of "kernel/$1")
product "modules/$1" "$(digest "$0" "$MATERIAL/modules" "$KG_CACHE/kernel/$1/packages" "$made_of")" build_all "$1"
