#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs the packages a task needs, only those that are missing.
# usage: tests/setup.sh GROUP...      groups: build test full bench
set -euo pipefail

KG_CACHE=${KG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kernel-guard}

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# One line a package: group, name on Debian, name on Arch; "-" where the system has it in another one.
table() {
    cat <<'END'
build  gcc                     gcc
build  clang                   clang
build  libclang-rt-@CLANG@-dev compiler-rt
build  make                    make
build  pkg-config              pkgconf
build  libelf-dev              libelf
build  libkmod-dev             kmod
build  libarchive-dev          libarchive
build  zlib1g-dev              zlib
build  libbz2-dev              bzip2
build  liblzma-dev             xz
build  libzstd-dev             zstd
build  libmount-dev            util-linux-libs
build  libssl-dev              openssl
build  libjson-c-dev           json-c
build  libinih-dev             libinih
build  libalpm-dev             pacman
test   libcmocka-dev           cmocka
test   gcc-12                  -
test   make                    make
test   perl                    perl
test   python3                 python
test   kmod                    kmod
test   zstd                    zstd
test   xz-utils                xz
test   bzip2                   bzip2
test   lz4                     lz4
test   lzop                    lzop
test   initramfs-tools-core    -
test   klibc-utils             -
test   binutils                binutils
test   cpio                    cpio
test   libarchive-tools        libarchive
test   dkms                    dkms
test   systemd                 systemd
test   dracut-core             dracut
test   pacman-package-manager  pacman
test   makepkg                 -
test   arch-install-scripts    arch-install-scripts
test   sudo                    sudo
test   dwarves                 pahole
test   openssl                 openssl
test   sbsigntool              sbsigntools
test   qemu-system-x86         qemu-system-x86
test   busybox-static          busybox
test   patch                   patch
test   strace                  strace
test   fakeroot                fakeroot
test   util-linux              util-linux
test   jq                      jq
test   grub-common             grub
test   dpkg                    dpkg
test   debian-archive-keyring  debian-archive-keyring
test   -                       apt
full   debootstrap             debootstrap
full   shellcheck              shellcheck
full   ovmf                    edk2-ovmf
full   mtools                  mtools
full   dosfstools              dosfstools
full   fdisk                   -
full   systemd-boot-efi        -
full   grub-efi-amd64-bin      -
full   grub-pc-bin             -
bench  hyperfine               hyperfine
bench  time                    time
END
}

# The compiler's runtime carries clang's version in its name; so far one release of Debian has one clang.
clang_version() {
    local VERSION_ID=
    # shellcheck source=/dev/null
    VERSION_ID=$(. /etc/os-release && echo "${VERSION_ID:-}")
    case $VERSION_ID in
    11) echo 11 ;;
    12) echo 14 ;;
    *) echo 19 ;;
    esac
}

packages() { # COLUMN GROUP...
    local column=$1 group
    shift
    for group in "$@"; do
        table | awk -v group="$group" -v column="$column" '$1 == group && $column != "-" { print $column }'
    done | sed "s/@CLANG@/$(clang_version)/" | sort -u
}

missing_on_debian() {
    local known
    known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    printf '%s\n' "$@" | grep -Fxv -f <(sed -n 's/^installed //p' <<<"$known") || true
}

missing_on_arch() {
    pacman -T "$@" || true
}

install_on_debian() {
    export DEBIAN_FRONTEND=noninteractive
    # Sources that have nothing to do with Debian may be unreachable; the installation decides.
    apt-get -qq update </dev/null >/dev/null 2>&1 || true
    # Without recommendations: those of dkms are kernel headers.
    apt-get -qq -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@" </dev/null >"$log" 2>&1
}

install_on_arch() {
    pacman -S --needed --noconfirm "$@" </dev/null >"$log" 2>&1
}

[ $# -gt 0 ] || die "usage: tests/setup.sh GROUP...  (build test full bench)"
for group in "$@"; do
    case $group in
    build | test | full | bench) ;;
    *) die "no such group: $group (build test full bench)" ;;
    esac
done

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null && [ ! -e /etc/arch-release ]; then
    system=debian column=2 command="apt-get install --no-install-recommends"
elif command -v pacman >/dev/null; then
    system=arch column=3 command="pacman -S --needed"
else
    die "neither Debian nor Arch: install these yourself: $(packages 2 "$@" | xargs)"
fi

mapfile -t wanted < <(packages "$column" "$@")
mapfile -t missing < <("missing_on_$system" "${wanted[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0
[ "$(id -u)" -eq 0 ] || die "as root, run: $command ${missing[*]}"

# Two callers would stand in each other's way: the second finds everything there.
mkdir -p "$KG_CACHE/lock"
exec 9>"$KG_CACHE/lock/setup"
flock 9
mapfile -t missing < <("missing_on_$system" "${wanted[@]}")
[ ${#missing[@]} -gt 0 ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'setup: installing %s\n' "${missing[*]}" >&2
"install_on_$system" "${missing[@]}" || { cat "$log" >&2; die "failed: $command ${missing[*]}"; }
