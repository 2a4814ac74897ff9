#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages of the bed, and two states of a repository, "old" and "new", as pacman reads them from a mirror.
# usage: packages.sh      result: $KG_CACHE/bed/packages/{old,new,loose,tiny}
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pack.sh
. "$here/pack.sh"
# shellcheck source-path=SCRIPTDIR source=pack-kernel.sh
. "$here/pack-kernel.sh"

# A package of one small file.
pack_file() { # OUTPUT NAME VERSION PATH
    local stage=$1/work
    mkdir -p "$stage/$(dirname "$4")"
    printf '%s %s\n' "$2" "$3" >"$stage/$4"
    pack "$1" "$2" "$3" "$stage"
    rm -r "$stage"
}

pack_arch() { # OUTPUT
    local stage=$1/work
    cp -r "$here/arch" "$stage"
    mkdir -p "$stage"/mkinitcpio/{etc/mkinitcpio.d,usr/lib/initcpio/{hooks,install,post}}
    sed 's/^MODULES=.*/MODULES=(kg_story ext4 virtio_blk virtio_pci)/' "$MATERIAL/skeleton/etc/mkinitcpio.conf" \
        >"$stage/mkinitcpio/etc/mkinitcpio.conf"
    pack "$1" kmod 34-1 "$stage/kmod"
    pack "$1" dkms 3.2.2-1 "$stage/dkms"
    pack "$1" mkinitcpio 41-1 "$stage/mkinitcpio" "backup = etc/mkinitcpio.conf"
    pack "$1" mkinitcpio 41-2 "$stage/mkinitcpio" "backup = etc/mkinitcpio.conf"
    rm -r "$stage"
}

# 500 at once, each of one file, uncompressed and without an mtree: only their number matters.
pack_tiny() { # OUTPUT
    /usr/bin/python3 - "$1" <<'END'
import io, sys, tarfile
for number in range(500):
    name = f"tiny-{number:03}"
    info = f"pkgname = {name}\npkgver = 1-1\npkgdesc = tiny\nurl = https://archlinux.org/\nbuilddate = 1\n" \
           f"packager = kernel-guard tests\nsize = 5\narch = any\n".encode()
    with tarfile.open(f"{sys.argv[1]}/{name}-1-1-any.pkg.tar", "w") as package:
        for path, data in ((".PKGINFO", info), (f"usr/share/tiny/{number:03}", b"tiny\n")):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            package.addfile(entry, io.BytesIO(data))
END
}

make_all() { # OUTPUT
    local out=$1
    mkdir -p "$out"/{loose,tiny,a,b,c}
    (pack_kernel "$out/a" 6.12 linux 1 2) &
    (pack_kernel "$out/b" 6.1 linux 1 && pack_kernel "$out/b" 6.1 linux-lts 1 2) &
    pack_arch "$out/c"
    pack_sources "$out/c" "$here/kg-story" kg-story 1.0
    pack_sources "$out/c" "$here/kg-story" kg-story 1.1
    pack_sources "$out/c" "$MATERIAL/modules/kg-gpl" kg-gpl 1.0
    pack_sources "$out/c" "$MATERIAL/modules/kg-zfs" kg-zfs 2.1.9
    pack_file "$out/c" linux-firmware 1-1 usr/lib/firmware/kg/card.bin
    pack_file "$out/c" linux-firmware 2-1 usr/lib/firmware/kg/card.bin
    pack_file "$out/c" mkinitcpio-kg 1-1 usr/lib/initcpio/install/kg
    pack_file "$out/c" mkinitcpio-kg 2-1 usr/lib/initcpio/install/kg
    pack_tiny "$out/tiny"
    wait %1
    wait %2
    mv "$out"/[abc]/*.zst "$out/loose"
    rmdir "$out"/[abc]
    local common=('kmod-*' 'dkms-*' 'kg-gpl-dkms-*' 'kg-zfs-dkms-*' 'kg-story-dkms-1.0-*')
    repository "$out" old 2026-01-01 "${common[@]}" 'linux-6.1.*' 'linux-headers-6.1.*' 'mkinitcpio-41-1-*' 'linux-firmware-1-1-*' \
        'mkinitcpio-kg-1-1-*'
    repository "$out" new 2026-01-02 "${common[@]}" 'linux-6.12.*-1-x86*' 'linux-headers-6.12.*-1-x86*' 'linux-lts-6.1.*-1-x86*' \
        'linux-lts-headers-6.1.*-1-x86*' 'mkinitcpio-41-1-*' 'linux-firmware-1-1-*' 'mkinitcpio-kg-1-1-*'
}

# The story is only true as long as the kernels tell it.
check_symbol() { # SERIES EXPORT
    local table
    table=$(ls "$KG_CACHE/kernel/$1"/root/usr/lib/modules/*/build/Module.symvers)
    grep -qP "\trecalibrate_cpu_khz\tvmlinux\t$2\t" "$table" || die "recalibrate_cpu_khz is not $2 in $table"
}

[ $# -eq 0 ] || die "usage: packages.sh"
for series in 6.1 6.12; do "$MATERIAL/kernel.sh" "$series"; done
check_symbol 6.1 EXPORT_SYMBOL
check_symbol 6.12 EXPORT_SYMBOL_GPL
made_of=$(stamp_of kernel/6.1 kernel/6.12)
product bed/packages "$(digest "$here"/{packages,pack,pack-kernel}.sh "$here"/{arch,kg-story} "$MATERIAL/modules" \
    "$MATERIAL/skeleton" "$made_of" "=$(pacman --version | head -n 3)")" make_all
