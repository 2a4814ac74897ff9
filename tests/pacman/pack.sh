# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a package of a directory. To be sourced; KG_CACHE is set.

# Packs all that lies below ROOT. The packages depend on nothing: the machine's own programs stand for theirs.
pack() { # OUTPUT NAME VERSION ROOT [LINE]...
    local out=$1 name=$2 version=$3 root=$4 meta
    shift 4
    meta=$(mktemp -d "$KG_CACHE/tmp/pack.XXXXXX")
    {
        cat <<END
pkgname = $name
pkgbase = ${name%-headers}
pkgver = $version
pkgdesc = $name of kernel-guard's tests
url = https://archlinux.org/
builddate = 1
packager = kernel-guard tests
size = $(du -sb "$root" | cut -f1)
arch = x86_64
license = GPL-2.0-only
END
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$meta/.PKGINFO"
    (cd "$root" && find . -mindepth 1 -printf '%P\n' | sort) >"$meta/files"
    (
        cd "$meta" || exit
        printf '%s\n' .PKGINFO -C "$root" | cat - files |
            bsdtar -czf .MTREE --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' \
                --uid 0 --gid 0 -n -T -
        printf '%s\n' .PKGINFO .MTREE -C "$root" | cat - files |
            bsdtar -cf - --uid 0 --gid 0 --uname root --gname root -n -T -
    ) | zstd -q -T0 -1 -o "$out/$name-$version-x86_64.pkg.tar.zst"
    rm -r "$meta"
}
