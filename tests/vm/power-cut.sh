# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A FAT disk with real kernels on which a guest writes boot entries. To be sourced, after tap.sh, vm.sh and firmware.sh.

# The first sector of the ESP.
POWER_CUT_START=2048
# The modules that a FAT disk takes, dependencies first.
POWER_CUT_MODULES=(virtio_blk fat vfat nls_cp437 nls_ascii)

# power_cut_root DIRECTORY: what a root needs for kernel-guard besides /boot.
power_cut_root() {
    mkdir -p "$1"/{boot,etc,usr/lib/modules,var/lib} && printf 'LABEL=boot /boot vfat rw 0 2\n' >"$1/etc/fstab"
}

# power_cut_guest PROGRAM OUTPUT [JOURNAL]: the image of a guest that has PROGRAM with all that it is linked with.
power_cut_guest() {
    local base name library
    base=$(mktemp -d "$SCRATCH/guest.XXXXXX") && mkdir -p "$base"/{bin,dev,lib64,modules,proc,sys,tmp} && power_cut_root "$base" || return
    cp "$TESTS/vm/power-cut-init" "$base/init" && cp "$(command -v busybox)" "$base/bin/busybox" || return
    cp "$1" "$base/bin/kernel-guard" && printf '%s' "${3:-}" >"$base/journal" || return
    # The dynamic linker finds them where they are.
    for library in $(ldd "$1" | grep -o '/[^ ]*'); do
        mkdir -p "$base${library%/*}" && cp -L "$library" "$base$library" || return
    done
    for name in "${POWER_CUT_MODULES[@]}"; do
        vm_plain "$(vm_module 6.12 "$name")" >"$base/modules/$name.ko" || return
    done
    vm_cpio "$base" >"$2" && rm -rf "$base"
}

# power_cut_boot DIRECTORY: fills it as an ESP whose systemd-boot and GRUB start the kernel of 6.12, with that of 6.1 kept.
power_cut_boot() {
    mkdir -p "$1"/{EFI/BOOT,grub,loader/entries} || return
    cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$1/EFI/BOOT/BOOTX64.EFI" || return
    cp "$(vm_kernel 6.12)" "$1/vmlinuz-linux" && cp "$(vm_kernel 6.1)" "$1/vmlinuz-linux.old" || return
    firmware_initramfs new-image "$1/initramfs-linux.img" && firmware_initramfs old-image "$1/initramfs-linux.old.img" || return
    printf '%s\n' 'timeout 0' >"$1/loader/loader.conf"
    printf '%s\n' 'title Arch Linux' 'linux /vmlinuz-linux' 'initrd /initramfs-linux.img' "options $FIRMWARE_OPTIONS kg.try=0 rw" \
        >"$1/loader/entries/arch.conf"
    cat >"$1/grub/grub.cfg" <<CONFIG
set default="0"
set timeout=0
search --no-floppy --file /vmlinuz-linux --set=root
menuentry 'Arch Linux' --class arch --id 'gnulinux-arch' {
	linux	/vmlinuz-linux $FIRMWARE_OPTIONS kg.try=0 rw
	initrd	/initramfs-linux.img
}
if [ -f  \${config_directory}/custom.cfg ]; then
  source \${config_directory}/custom.cfg
fi
CONFIG
}

# power_cut_disk DIRECTORY OUTPUT: a GPT disk whose ESP holds what DIRECTORY does, and a small partition for marks; the ESP
# alone is OUTPUT.esp. Clusters of 512 bytes, so that an entry has several.
power_cut_disk() {
    local megabytes
    megabytes=$(($(du -sm "$1" | cut -f1) + 40))
    rm -f "$2.esp" && truncate -s "${megabytes}M" "$2.esp" && mkfs.vfat -F 32 -s 1 -n BOOT "$2.esp" >/dev/null &&
        mcopy -s -m -i "$2.esp" "$1"/* :: && power_cut_whole "$2.esp" "$2"
}

# power_cut_whole ESP OUTPUT: the disk with this ESP.
power_cut_whole() {
    local sectors
    sectors=$(($(stat -c %s "$1") / 512))
    rm -f "$2" && truncate -s "$((sectors / 2048 + 3))M" "$2" || return
    printf '%s\n' 'label: gpt' "start=$POWER_CUT_START, size=$sectors, type=uefi" \
        "start=$((POWER_CUT_START + sectors)), size=2048, type=linux" | sfdisk -q "$2" || return
    dd if="$1" of="$2" bs=1M seek="$((POWER_CUT_START / 2048))" conv=notrunc,sparse status=none
}

# power_cut_drive DISK [LOG]: QEMU's arguments for it, in $power_cut_drive; with LOG each write is recorded there.
# shellcheck disable=SC2034  # for those who source this
power_cut_drive() {
    if [ $# -eq 1 ]; then
        power_cut_drive=(-drive "file=$1,format=raw,if=virtio")
        return
    fi
    : >"$2"
    # A device with a cache that is not safe, as real ones have: the guest has to flush it. The driver adds a part of its own to each
    # request: one that QEMU has merged of many would have more parts than a system call takes.
    power_cut_drive=(-blockdev "driver=file,node-name=disk,filename=$1" -blockdev "driver=file,node-name=log,filename=$2"
        -blockdev "driver=blklogwrites,node-name=logged,file=disk,log=log" -device "virtio-blk-pci,drive=logged,write-cache=on,request-merging=off")
}
