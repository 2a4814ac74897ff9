#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real kernel, Debian's, laid out as Arch's packages `linux` and `linux-headers` would.
# usage: kernel.sh SERIES      result: $KG_CACHE/kernel/SERIES/{release,config,packages,root}
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
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

lay_out() { # SERIES OUTPUT
    local out=$2 x=$2.unpacked debs deb shipped release tree
    debs=$(fetch_kernel "$1")
    mkdir -p "$x" "$out/root/usr/lib/modules"
    for deb in $debs; do
        dpkg-deb -x "$deb" "$x"
        dpkg-deb -f "$deb" Package Version | sed 's/^[^ ]*: //' | paste -sd ' '
    done >"$out/packages"

    shipped=$(find "$x/lib/modules" "$x/usr/lib/modules" -mindepth 2 -maxdepth 2 -name kernel 2>/dev/null || true)
    [ -d "$shipped" ] || die "no module tree in: $debs"
    shipped=${shipped%/kernel}
    release=${shipped##*/}
    tree=$out/root/usr/lib/modules/$release
    ln -s usr/lib "$out/root/lib"
    rm -f "$shipped"/{build,source}
    mv "$shipped" "$tree"
    # From 7.x on Debian ships these in the tree itself. Arch has no config there, and System.map is only a stub.
    [ -e "$tree/vmlinuz" ] || mv "$x/boot/vmlinuz-$release" "$tree/vmlinuz"
    [ -e "$tree/config" ] || mv "$x/boot/config-$release" "$tree/config"
    mv "$tree/config" "$out/config"
    rm -f "$tree/System.map"
    echo linux >"$tree/pkgbase"
    lay_out_headers "$x" "$release" "$tree/build"
    compress_modules "$tree"
    quietly depmod -b "$out/root" "$release"
    printf '%s\n' "$release" >"$out/release"
    rm -rf "$x"
}

[ $# -eq 1 ] || die "usage: kernel.sh SERIES"
suites=$(suites "$1")
product "kernel/$1" "$(digest "$MATERIAL"/{kernel,debian}.sh "=$suites")" lay_out "$1"
