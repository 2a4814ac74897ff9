#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A healthy Arch Linux system, as far as booting goes: kernel and headers installed by pacman, our modules by dkms,
# initramfs, systemd-boot's entries. It is built once, at $KG_CACHE/tree/SERIES, and copied to DEST. The many files in
# kernel/ and build/ of the module tree are hard links there: replace them as you like, but never write into one.
# usage: tree.sh SERIES [DEST]      DEST must not exist
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

modules=(kg_zfs ext4 virtio_blk virtio_pci)

base_layout() { # ROOT
    # pacman 7.1 wants its directories to be there.
    mkdir -p "$1"/etc/pacman.d/{hooks,gnupg} "$1"/{dev,home,mnt,opt,proc,root,run,srv,sys,tmp} "$1"/usr/{bin,lib,share,src} \
        "$1"/var/{cache/pacman/pkg,lib/{dkms,pacman},log,tmp}
    ln -s usr/bin "$1/bin"
    ln -s usr/bin "$1/sbin"
    ln -s usr/lib "$1/lib"
    ln -s usr/lib "$1/lib64"
    ln -s bin "$1/usr/sbin"
    ln -s lib "$1/usr/lib64"
    cp -r "$MATERIAL/skeleton/." "$1"
}

install_packages() { # ROOT SERIES
    quietly pacman --root "$1" --dbpath "$1/var/lib/pacman" --config "$1/etc/pacman.conf" \
        --cachedir "$1/var/cache/pacman/pkg" --hookdir "$1/etc/pacman.d/hooks" --gpgdir "$1/etc/pacman.d/gnupg" \
        --logfile "$1/var/log/pacman.log" --noconfirm -U "$KG_CACHE/packages/$2"/*.pkg.tar.zst
}

# dkms knows some of its places only as absolute paths: in a mount namespace of its own they are those of ROOT, and
# nothing of the machine's changes. The compiler is the machine's.
install_dkms() { # ROOT RELEASE
    mkdir -p /usr/lib/modules /usr/src /var/lib/dkms
    # shellcheck disable=SC2016  # the inner shell's own arguments
    quietly unshare -m --propagation private bash -euc '
        for place in usr/lib/modules usr/src var/lib/dkms; do mount --bind "$1/$place" "/$place"; done
        for module in kg-gpl/1.0 kg-zfs/2.1.9; do
            dkms add "$module"
            dkms install "$module" -k "$2/x86_64" --no-depmod
        done
    ' install_dkms "$1" "$2"
}

boot_files() { # ROOT RELEASE
    cp "$1/usr/lib/modules/$2/vmlinuz" "$1/boot/vmlinuz-linux"
    "$MATERIAL/mkinitcpio-image.sh" --modules-root "$1" --release "$2" --output "$1/boot/initramfs-linux.img" \
        "${modules[@]}"
}

assemble() { # SERIES OUTPUT
    local release
    release=$(<"$KG_CACHE/kernel/$1/release")
    base_layout "$2"
    install_packages "$2" "$1"
    # Before dkms as well, as pacman's hooks would: dkms reads there how the kernel's modules are compressed.
    quietly depmod -b "$2" "$release"
    install_dkms "$2" "$release"
    quietly depmod -b "$2" "$release"
    boot_files "$2" "$release"
}

copy_tree() { # SERIES DEST
    local from=$KG_CACHE/tree/$1 tree part link=-l
    tree=usr/lib/modules/$(<"$KG_CACHE/kernel/$1/release")
    mkdir -p "$2"
    [ "$(stat -c %d "$from")" = "$(stat -c %d "$2")" ] || link=
    tar -C "$from" --format=pax --exclude="./$tree/kernel" --exclude="./$tree/build" -cf - . | tar -C "$2" -xpf -
    for part in kernel build; do cp -a $link "$from/$tree/$part" "$2/$tree/$part"; done
    touch -r "$from/$tree" "$2/$tree"
}

[ $# -eq 1 ] || [ $# -eq 2 ] || die "usage: tree.sh SERIES [DEST]"
[ $# -eq 1 ] || [ ! -e "$2" ] || die "$2 exists already"
[ "$(id -u)" -eq 0 ] || die "needs root: pacman and dkms install into the tree"
"$MATERIAL/packages.sh" "$1"
made_of=$(stamp_of "packages/$1")
product "tree/$1" "$(digest "$0" "$MATERIAL"/{skeleton,initcpio,mkinitcpio-image.sh} "$made_of")" assemble "$1"
[ $# -eq 2 ] || exit 0
copy_tree "$1" "$2"
