#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real kernel, Debian's, laid out as Arch's packages `linux` and `linux-headers` would. Of some series Debian's mirror
# has only a part (series.sh says which): without headers there is no build/, without modules only vmlinuz and pkgbase.
# usage: kernel.sh SERIES      result: $KG_CACHE/kernel/SERIES/{release,config,packages,root}
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=series.sh
. "$MATERIAL/series.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

# One tree for sources, configuration and tools, as Arch has it: it names no absolute path and works wherever it lies.
lay_out_headers() { # UNPACKED RELEASE BUILD
    local src=$1/usr/src build=$3 arch compiler
    local flavour=$src/linux-headers-$2 common=("$src"/linux-headers-*-common) kbuild=("$1"/usr/lib/linux-kbuild-*)
    mv "${common[0]}" "$build"
    rm -f "$build"/{scripts,tools} "$flavour"/{scripts,tools,Makefile}
    mv "${kbuild[0]}"/{scripts,tools} "$build"
    cp -a "$flavour/." "$build"
    for arch in "$build"/arch/*/; do
        [ "$(basename "$arch")" = x86 ] || rm -r "$arch"
    done
    # Debian's own variables name a cross compiler, which other systems do not have.
    compiler=$(grep -o 'gcc-[0-9]*' "$build/.kernelvariables" | head -n 1)
    cat >"$build/.kernelvariables" <<END
override ARCH = x86
override KERNELRELEASE = $2
CC = \$(shell command -v $compiler || echo gcc)
END
}

# Arch ships compressed modules only; those of Debian's older kernels are not.
compress_modules() { # TREE
    find "$1/kernel" -name '*.ko' -print0 | xargs -0r -P "$(nproc)" -n 64 zstd -q -3 -T1 --rm
}

# The module tree as Debian ships it, moved to where Arch has it.
lay_out_modules() { # UNPACKED TREE
    local shipped=$1/usr/lib/modules/${2##*/}
    [ -d "$shipped/kernel" ] || shipped=$1/lib/modules/${2##*/}
    [ -d "$shipped/kernel" ] || die "no module tree of ${2##*/}"
    rm -f "$shipped"/{build,source,System.map}
    cp -al "$shipped/." "$2"
    compress_modules "$2"
}

lay_out() { # SERIES OUTPUT
    local out=$2 x=$2.unpacked debs deb image release tree extent
    extent=$(extent "$1")
    debs=$(fetch_kernel "$1")
    mkdir -p "$x"
    mkdir -p "$out"
    for deb in $debs; do
        dpkg-deb -x "$deb" "$x"
        dpkg-deb -f "$deb" Package Version | sed 's/^[^ ]*: //' | paste -sd ' '
    done >"$out/packages"
    # From 7.2 on Debian ships image and configuration in the module tree itself.
    image=$(ls "$x"/boot/vmlinuz-* "$x"/usr/lib/modules/*/vmlinuz 2>/dev/null || true)
    [ -f "$image" ] || die "no single kernel image in: $debs"
    case $image in
    */boot/*) release=${image##*/vmlinuz-} ;;
    *) release=$(basename "${image%/*}") ;;
    esac
    tree=$out/root/usr/lib/modules/$release
    mkdir -p "$tree"
    ln -s usr/lib "$out/root/lib"
    [ "$extent" = image ] || lay_out_modules "$x" "$tree"
    # Arch has no configuration in the tree.
    [ -e "$tree/vmlinuz" ] || mv "$image" "$tree/vmlinuz"
    [ ! -e "$x/boot/config-$release" ] || mv "$x/boot/config-$release" "$out/config"
    [ ! -e "$tree/config" ] || mv "$tree/config" "$out/config"
    echo linux >"$tree/pkgbase"
    if [ "$extent" = full ]; then
        [ -e "$out/config" ] || die "no configuration in: $debs"
        lay_out_headers "$x" "$release" "$tree/build"
    fi
    [ "$extent" = image ] || quietly depmod -b "$out/root" "$release"
    printf '%s\n' "$release" >"$out/release"
    # shellcheck disable=SC2086  # they are several
    rm -rf "$x" $debs
}

[ $# -eq 1 ] || die "usage: kernel.sh SERIES"
made_of=$(series_line "$1")
product "kernel/$1" "$(digest "$MATERIAL"/{kernel,debian}.sh "=$made_of")" lay_out "$1"
