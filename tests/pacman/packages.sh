#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The packages of the bed, and two states of a repository, "old" and "new", as pacman reads them from a mirror.
# The kernels are the real ones with fewer modules: what /boot and the module tree say stays true (vmlinuz, the lists of
# what is built in), and of the modules those stay that an image may ask for, with all they depend on. The headers are
# without those that no module of the tests includes. A transaction takes a third of the time that way.
# usage: packages.sh      result: $KG_CACHE/bed/packages/{old,new,loose,tiny}
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"

# Directories of the module tree that are kept.
keep="kernel/fs/ kernel/lib/ kernel/crypto/ kernel/arch/ kernel/block/ kernel/drivers/virtio/ kernel/drivers/block/
    kernel/drivers/md/ kernel/drivers/nvme/ kernel/drivers/scsi/virtio_scsi kernel/drivers/scsi/sd_mod"
# Headers that are left out: of subsystems nothing here belongs to. dkms and kbuild never look at the stamps below
# include/config, of which there are more than all other headers together.
drop="dt-bindings drm sound media soc rdma scsi target ufs math-emu pcmcia xen video"

arch_version() { # DEBIAN-VERSION
    sed -E 's/^([0-9.]+)-([0-9]+).*/\1.deb\2/' <<<"$1"
}

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
        cd "$meta"
        printf '%s\n' .PKGINFO -C "$root" | cat - files |
            bsdtar -czf .MTREE --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' \
                --uid 0 --gid 0 -n -T -
        printf '%s\n' .PKGINFO .MTREE -C "$root" | cat - files |
            bsdtar -cf - --uid 0 --gid 0 --uname root --gname root -n -T -
    ) | zstd -q -T0 -1 -o "$out/$name-$version-x86_64.pkg.tar.zst"
    rm -r "$meta"
}

# The files of the tree that are kept, each with those it depends on.
kept_modules() { # TREE
    awk -v keep="$keep" '
        BEGIN { n = split(keep, prefix) }
        {
            file = $1
            sub(/:$/, "", file)
            for (i = 1; i <= n; i++)
                if (index(file, prefix[i]) == 1) {
                    print file
                    for (d = 2; d <= NF; d++) print $d
                    break
                }
        }' "$1/modules.dep" | sort -u
}

kernel_root() { # SERIES NAME OUTPUT
    local from=$KG_CACHE/kernel/$1/root release tree
    release=$(<"$KG_CACHE/kernel/$1/release")
    tree=$3/usr/lib/modules/$release
    from=$from/usr/lib/modules/$release
    mkdir -p "$tree"
    kept_modules "$from" >"$3.kept"
    (cd "$from" && xargs cp -l --parents -t "$tree") <"$3.kept"
    cp "$from"/{vmlinuz,modules.builtin,modules.builtin.modinfo} "$tree"
    sed -E 's/\.ko\.[a-z0-9]+$/.ko/' "$3.kept" | grep -Fxf - "$from/modules.order" >"$tree/modules.order"
    printf '%s\n' "$2" >"$tree/pkgbase"
    rm "$3.kept"
}

headers_root() { # SERIES NAME OUTPUT
    local from release tree dir
    release=$(<"$KG_CACHE/kernel/$1/release")
    from=$KG_CACHE/kernel/$1/root/usr/lib/modules/$release/build
    tree=$3/usr/lib/modules/$release
    mkdir -p "$tree" "$3/usr/src"
    cp -al "$from" "$tree/build"
    # A stub in 6.12 and absent in 6.1, which only serves to add type information to modules.
    rm -f "$tree/build/vmlinux"
    for dir in $drop; do rm -rf "$tree/build/include/$dir"; done
    find "$tree/build/include/config" -type f -size -1 -delete
    find "$tree/build/include/config" -type d -empty -delete
    ln -s "../lib/modules/$release/build" "$3/usr/src/$2"
}

# pkgrel 2 is the same kernel packaged again: what an upgrade without a new release looks like.
pack_kernel() { # OUTPUT SERIES NAME PKGREL...
    local out=$1 series=$2 name=$3 version work=$1/work release rel
    shift 3
    release=$(<"$KG_CACHE/kernel/$series/release")
    version=$(arch_version "$(sed -n "s/^linux-image-$release //p" "$KG_CACHE/kernel/$series/packages")")
    kernel_root "$series" "$name" "$work/kernel"
    headers_root "$series" "$name" "$work/headers"
    for rel in "$@"; do
        pack "$out" "$name" "$version-$rel" "$work/kernel"
        pack "$out" "$name-headers" "$version-$rel" "$work/headers"
    done
    rm -r "$work"
}

pack_sources() { # OUTPUT DIRECTORY NAME VERSION
    local stage=$1/work src=$1/work/usr/src/$3-$4
    mkdir -p "$stage/usr/src"
    cp -r "$2" "$src"
    sed -i "s/@VERSION@/$4/" "$src/dkms.conf"
    [ "$4" != 1.1 ] || echo 'KG_FIXED := y' >"$src/variant.mk"
    pack "$1" "$3-dkms" "$4-1" "$stage"
    rm -r "$stage"
}

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

# A package's entry in a repository's database. (repo-add is part of makepkg, which setup does not install.)
entry() { # DIRECTORY PACKAGE
    local info entry
    info=$(bsdtar -xOf "$2" .PKGINFO)
    field() { sed -n "s/^$1 = //p" <<<"$info"; }
    entry=$1/$(field pkgname)-$(field pkgver)
    mkdir "$entry"
    cat >"$entry/desc" <<END
%FILENAME%
${2##*/}

%NAME%
$(field pkgname)

%BASE%
$(field pkgbase)

%VERSION%
$(field pkgver)

%DESC%
$(field pkgdesc)

%CSIZE%
$(stat -Lc %s "$2")

%ISIZE%
$(field size)

%SHA256SUM%
$(sha256sum "$2" | cut -d' ' -f1)

%ARCH%
$(field arch)

%BUILDDATE%
$(field builddate)

%PACKAGER%
$(field packager)

END
}

# A state of the mirror: links to packages of "loose", and the database over them.
repository() { # OUTPUT STATE DATE PATTERN...
    local dir=$1/$2 date=$3 pattern package
    mkdir -p "$dir/db"
    shift 3
    for pattern in "$@"; do
        # shellcheck disable=SC2086  # the pattern is one
        ln "$dir"/../loose/$pattern "$dir"
    done
    for package in "$dir"/*.pkg.tar.zst; do entry "$dir/db" "$package"; done
    (cd "$dir/db" && bsdtar -czf ../core.db -- *)
    rm -r "$dir/db"
    # pacman takes only a newer one: in this order they were published.
    touch -d "$date" "$dir/core.db"
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
product bed/packages "$(digest "$here"/{packages.sh,arch,kg-story} "$MATERIAL/modules" \
    "$MATERIAL/skeleton" "$made_of" "=$(pacman --version | head -n 3)")" make_all
