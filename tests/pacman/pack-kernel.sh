# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packages of kernels and of sources for DKMS, and states of a repository. To be sourced, behind lib.sh and pack.sh.
# The kernels are the real ones with fewer modules: what /boot and the module tree say stays true (vmlinuz, the lists of
# what is built in), and of the modules those stay that an image may ask for, with all they depend on. The headers are
# without those that no module of the tests includes. A transaction takes a third of the time that way.

# Directories of the module tree that are kept.
keep="kernel/fs/ kernel/lib/ kernel/crypto/ kernel/arch/ kernel/block/ kernel/drivers/virtio/ kernel/drivers/block/
    kernel/drivers/md/ kernel/drivers/nvme/ kernel/drivers/scsi/virtio_scsi kernel/drivers/scsi/sd_mod"
# Headers that are left out: of subsystems nothing here belongs to. dkms and kbuild never look at the stamps below
# include/config, of which there are more than all other headers together.
drop="dt-bindings drm sound media soc rdma scsi target ufs math-emu pcmcia xen video"

arch_version() { # DEBIAN-VERSION
    sed -E 's/^([0-9.]+)-([0-9]+).*/\1.deb\2/' <<<"$1"
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
    [ "$3-$4" != kg-story-1.1 ] || echo 'KG_FIXED := y' >"$src/variant.mk"
    pack "$1" "$3-dkms" "$4-1" "$stage"
    rm -r "$stage"
}

# A state of the mirror: links to packages of "loose", and the database over them.
repository() { # OUTPUT STATE DATE PATTERN...
    local dir=$1/$2 date=$3 pattern
    mkdir -p "$dir"
    shift 3
    for pattern in "$@"; do
        # shellcheck disable=SC2086  # the pattern is one
        ln "$dir"/../loose/$pattern "$dir"
    done
    quietly repo-add "$dir/core.db.tar.gz" "$dir"/*.pkg.tar.zst
    # pacman takes only a newer one: in this order they were published.
    touch -d "$date" "$dir/core.db"
}
