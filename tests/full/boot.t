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
    mkdir -p "$esp" "$root"/{etc,usr/lib/modules,var/lib}
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

# GRUB, on UEFI and on a PC's BIOS, with kernels and GRUB's files on the same partition.
grub_config() {
    mkdir -p "$esp/grub"
    cat >"$esp/grub/grub.cfg" <<END
set default="${1:-0}"
set timeout=0
search --no-floppy --file /vmlinuz-linux --set=root
menuentry 'Arch Linux' --class arch --id 'gnulinux-arch' {
	echo	'Loading Linux linux ...'
	linux	/vmlinuz-linux $FIRMWARE_OPTIONS kg.test=grub
	echo	'Loading initial ramdisk ...'
	initrd	/initramfs-linux.img
}
if [ -f  \${config_directory}/custom.cfg ]; then
  source \${config_directory}/custom.cfg
elif [ -z "\${config_directory}" -a -f  \$prefix/custom.cfg ]; then
  source \$prefix/custom.cfg
fi
END
}
root grub /boot
printf 'LABEL=boot /boot vfat rw 0 2\n' >"$root/etc/fstab"
mkdir -p "$esp/EFI/BOOT"
grub-mkimage -O x86_64-efi -p /grub -o "$esp/EFI/BOOT/BOOTX64.EFI" part_gpt fat normal linux search search_fs_file configfile echo test
for firmware in uefi bios; do
    boots_grub() {
        local name=$firmware-${1//[^a-z0-9]/-}
        if [ "$firmware" = uefi ]; then
            firmware_disk "$esp" "$SCRATCH/$name.img" && firmware_boot "$name" "$SCRATCH/$name.img"
        else
            firmware_bios_disk "$esp" "$SCRATCH/$name.img" && firmware_boot_bios "$name" "$SCRATCH/$name.img"
        fi
        is "${booted%% options:*}" "BOOTED $2" "GRUB, $firmware: $1"
        rm -f "$SCRATCH/$name.img"
    }
    rm -f "$esp/grub/custom.cfg"
    grub_config
    run entries --root "$root"
    is "$status:$out" "0:wrote /boot/grub/custom.cfg" "GRUB, $firmware: kernel-guard writes an entry"
    boots_grub "the default is what it was" "$new new-image"
    grub_config kernel-guard-vmlinuz-linux.old
    boots_grub "the fallback entry chosen" "$old old-image"
    like "${booted#*options: }" "kg.test=grub" "GRUB, $firmware: the fallback entry has the entry's options"
done

done_testing
