#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks with real kernels, real boot loaders and real firmware in QEMU: the fallback entry that kernel-guard has written boots the
# kept kernel with the kept image, and the default goes on booting the other one.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/firmware.sh
. "$TESTS/vm/firmware.sh"

old=$(release_of 6.1) new=$(release_of 6.12)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
for mark in old new; do firmware_initramfs "$mark-image" "$SCRATCH/$mark.img" || exit 1; done

# root NAME ESP: a system whose ESP is at ESP, with an old kernel that was kept.
root() {
    root=$SCRATCH/$1 esp=$root$2
    mkdir -p "$esp" "$root"/{usr/lib/modules,var/lib}
    cp "$(kernel 6.12)" "$esp/vmlinuz-linux"
    cp "$(kernel 6.1)" "$esp/vmlinuz-linux.old"
    cp "$SCRATCH/new.img" "$esp/initramfs-linux.img"
    cp "$SCRATCH/old.img" "$esp/initramfs-linux.old.img"
}
systemd_boot() {
    mkdir -p "$esp/EFI/BOOT" "$esp/loader/entries"
    cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$esp/EFI/BOOT/BOOTX64.EFI"
    printf '%s\n' 'timeout 0' "${1:-}" >"$esp/loader/loader.conf"
}
# boots NAME EXPECTED: the disk of $esp.
boots() {
    local name=${1//[^a-z0-9]/-}
    firmware_disk "$esp" "$SCRATCH/$name.img" && firmware_boot "$name" "$SCRATCH/$name.img"
    is "${booted%% options:*}" "BOOTED $2" "$1"
    rm -f "$SCRATCH/$name.img"
}

# systemd-boot, type 1.
root systemd-boot /boot
systemd_boot
printf '%s\n' 'title Arch Linux' 'linux /vmlinuz-linux' 'initrd /initramfs-linux.img' "options $FIRMWARE_OPTIONS kg.test=entry" \
    >"$esp/loader/entries/arch.conf"
boots "systemd-boot, as it was" "$new new-image"
run entries --root "$root"
is "$status:$out" "0:wrote /boot/loader/entries/arch-kernel-guard.conf" "systemd-boot: kernel-guard writes an entry"
boots "systemd-boot, with the fallback entry: the default is what it was" "$new new-image"
systemd_boot 'default arch-kernel-guard.conf'
boots "systemd-boot, the fallback entry chosen: the kept kernel with its image" "$old old-image"
like "${booted#*options: }" "kg.test=entry" "systemd-boot, the fallback entry has the entry's options"

done_testing
