#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A finished Arch-like system, installed by pacman and its hooks, as the layer that beds start from.
#   old   linux 6.1 with headers; kg-story from dkms, which the image needs
#   two   linux 6.12 and linux-lts 6.1 with headers; kg-story 1.1, which supports both
# usage: base.sh STATE      prints the layer: $KG_CACHE/bed/base-STATE[-ROOT].tar
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"
# shellcheck source-path=SCRIPTDIR source=sandbox.sh
. "$here/sandbox.sh"

entry() { # FILE TITLE PKGBASE
    cat >"$BED/boot/loader/entries/$1" <<END
title   $2
linux   /vmlinuz-$3
initrd  /initramfs-$3.img
options root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw
END
}

# /etc as Arch has it. There is no Color and no progress bar: nobody sees it here.
configure() {
    cp "$MATERIAL/skeleton/etc/os-release" "$BED/usr/lib/os-release"
    rm -f "$BED"/etc/{os-release,debian_version,dracut.conf} "$BED"/usr/bin/{dracut,lsinitrd}
    ln -s ../usr/lib/os-release "$BED/etc/os-release"
    ln -sf ../proc/self/mounts "$BED/etc/mtab"
    mkdir -p "$BED"/etc/pacman.d/hooks "$BED"/var/cache/pacman/pkg "$BED"/var/lib/pacman/{local,sync} \
        "$BED"/boot/loader/entries
    # The root only: /boot is a directory of it here.
    grep -v /boot "$MATERIAL/skeleton/etc/fstab" | sed '/vda1/d' >"$BED/etc/fstab"
    cp "$MATERIAL/skeleton/boot/loader/loader.conf" "$BED/boot/loader/loader.conf"
    entry arch.conf 'Arch Linux' linux
    echo 'Server = file:///run/bed/packages/old' >"$BED/etc/pacman.d/mirrorlist"
    cat >"$BED/etc/pacman.conf" <<'END'
[options]
HoldPkg = pacman glibc
Architecture = x86_64
CheckSpace
NoProgressBar
SigLevel = Never
LocalFileSigLevel = Never

[core]
Include = /etc/pacman.d/mirrorlist
END
}

install() { # ARGUMENT...
    quietly sandbox_run pacman --noconfirm "$@"
}

make_base() { # STATE OUTPUT
    local state=$1
    mkdir -p "$KG_CACHE/tmp"
    place=$(mktemp -d "$KG_CACHE/tmp/base.XXXXXX")
    # shellcheck disable=SC2064  # the place that it is now
    trap "rmdir '$place'" EXIT
    sandbox_open "$place"
    configure
    case $state in
    old)
        # A package's hooks are there for the next transaction.
        install -Sy kmod mkinitcpio dkms linux-firmware
        install -S linux linux-headers kg-story-dkms
        ;;
    two)
        entry arch-lts.conf 'Arch Linux LTS' linux-lts
        echo 'Server = file:///run/bed/packages/new' >"$BED/etc/pacman.d/mirrorlist"
        install -Sy kmod mkinitcpio dkms linux-firmware
        quietly sandbox_run sh -c 'cd /run/bed/packages && pacman --noconfirm -U loose/kg-story-dkms-1.1-* \
            new/linux-*'
        ;;
    *) die "no such state: $state (old two)" ;;
    esac
    # The cache and the logs of this installation belong to no test.
    rm -rf "$BED"/var/cache/pacman/pkg/* "$BED"/var/log/* "$BED"/tmp/* "$BED"/var/tmp/*
    # pacman runs ldconfig; the machine's libraries may be others when the layer is used.
    rm -rf "$BED"/run/bed/upper/{etc/ld.so.cache,var/cache/ldconfig}
    # With the marks by which the overlay knows what is hidden. What becomes of sockets, if any, matters to nobody.
    tar -C "$BED/run/bed/upper" --xattrs --xattrs-include='trusted.overlay.*' -cpf "$2" .
    sandbox_close
}

# What of the lower root makes a difference: the programs that work in the bed.
lower_root() {
    local program
    for program in pacman dkms gcc make depmod zstd xz openssl busybox bsdtar unshare; do
        PATH=$KG_BED_ROOT/usr/bin:$KG_BED_ROOT/usr/sbin command -v "$program" >/dev/null ||
            die "$KG_BED_ROOT has no $program, which the bed needs"
    done
    (cd "$KG_BED_ROOT" && stat -c '%n %s' usr/bin/{pacman,gcc,busybox} usr/sbin/dkms)
}

[ $# -eq 1 ] || die "usage: base.sh STATE"
[ "$(id -u)" -eq 0 ] || die "needs root: the bed is made of mounts"
"$here/packages.sh"
root=$(realpath "$KG_BED_ROOT")
name=bed/base-$1.tar
[ "$root" = / ] || name=bed/base-$1-$(basename "$root").tar
programs=$(lower_root)
made_of=$(stamp_of bed/packages)
product "$name" "$(digest "$here"/{base,sandbox,sandbox-init,hide}.sh "$MATERIAL"/{mkinitcpio-image.sh,initcpio,skeleton} \
    "$made_of" "=$root $programs")" make_base "$1"
printf '%s\n' "$KG_CACHE/$name"
