#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packages as Arch has them: linux and linux-headers of a series, and the sources of our modules for dkms.
# usage: packages.sh SERIES      result: $KG_CACHE/packages/SERIES/NAME-VERSION-ARCH.pkg.tar.zst
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# 6.12.95-1~bpo12+1 becomes 6.12.95.deb1-1, as Arch's are 6.12.10.arch1-1.
arch_version() { # DEBIAN-VERSION
    sed -E 's/^([0-9.]+)-([0-9]+).*/\1.deb\2-1/' <<<"$1"
}

# Packs what lies at PATH... below ROOT, and the directories that lead there. The packages depend on nothing, so that
# pacman installs and upgrades them in a tree that holds nothing else.
pack() { # OUTPUT NAME VERSION ARCH DESCRIPTION ROOT PATH...
    local out=$1 name=$2 version=$3 arch=$4 description=$5 root=$6 meta path size
    shift 6
    meta=$(mktemp -d "$out/meta.XXXXXX")
    (
        cd "$root"
        for path in "$@"; do
            until [ "$path" = . ]; do echo "$path"; path=$(dirname "$path"); done
        done >"$meta/parents"
        find "$@" -mindepth 1 | sort -u - "$meta/parents" >"$meta/files"
    )
    size=$(cd "$root" && du -cb "$@" | tail -n 1 | cut -f1)
    cat >"$meta/.PKGINFO" <<END
pkgname = $name
pkgbase = ${name%-headers}
pkgver = $version
pkgdesc = $description
url = https://archlinux.org/
builddate = 1
packager = kernel-guard tests
size = $size
arch = $arch
license = GPL-2.0-only
END
    (
        cd "$meta"
        printf '%s\n' .PKGINFO -C "$root" | cat - files |
            bsdtar -czf .MTREE --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' \
                --uid 0 --gid 0 -n -T -
        printf '%s\n' .PKGINFO .MTREE -C "$root" | cat - files |
            bsdtar -cf - --uid 0 --gid 0 --uname root --gname root -n -T -
    ) | zstd -q -T0 -1 -o "$out/$name-$version-$arch.pkg.tar.zst"
    rm -r "$meta"
}

pack_dkms() { # OUTPUT NAME VERSION
    local stage=$1/stage
    mkdir -p "$stage/usr/src"
    cp -r "$MATERIAL/modules/$2" "$stage/usr/src/$2-$3"
    pack "$1" "$2-dkms" "$3-1" any "kernel-guard test modules" "$stage" "usr/src/$2-$3"
    rm -r "$stage"
}

pack_all() { # SERIES OUTPUT
    local kernel=$KG_CACHE/kernel/$1 out=$2 release version tree
    release=$(<"$kernel/release")
    version=$(arch_version "$(sed -n "s/^linux-image-$release //p" "$kernel/packages")")
    tree=usr/lib/modules/$release
    mkdir -p "$out/headers/usr/lib/modules/$release" "$out/headers/usr/src"
    pack "$out" linux "$version" x86_64 "The Linux kernel and modules" "$kernel/root" \
        "$tree"/{kernel,modules.builtin,modules.builtin.modinfo,modules.order,pkgbase,vmlinuz}
    cp -al "$kernel/root/$tree/build" "$out/headers/$tree"
    ln -s "../lib/modules/$release/build" "$out/headers/usr/src/linux"
    pack "$out" linux-headers "$version" x86_64 "Headers and scripts for building modules for the Linux kernel" \
        "$out/headers" "$tree/build" usr/src/linux
    rm -r "$out/headers"
    pack_dkms "$out" kg-gpl 1.0
    pack_dkms "$out" kg-zfs 2.1.9
}

[ $# -eq 1 ] || die "usage: packages.sh SERIES"
"$MATERIAL/kernel.sh" "$1"
made_of=$(stamp_of "kernel/$1")
product "packages/$1" "$(digest "$0" "$MATERIAL/modules" "$KG_CACHE/kernel/$1/packages" "$made_of")" pack_all "$1"
