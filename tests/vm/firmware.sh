# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks that are booted by firmware: OVMF, or a PC's BIOS. To be sourced, after tap.sh and vm.sh.

# What the kernels of these disks are told, besides what the test wants.
FIRMWARE_OPTIONS="console=ttyS0 panic=-1 edd=off no_timer_check"
FIRMWARE_LIMIT=${FIRMWARE_LIMIT:-240}

# firmware_initramfs MARK OUTPUT: an image that says MARK and the kernel's release on the serial console, and powers off.
firmware_initramfs() {
    local base
    base=$(mktemp -d "$SCRATCH/initramfs.XXXXXX") || return
    mkdir -p "$base"/{bin,dev,proc} && cp "$(command -v busybox)" "$base/bin/busybox" || return
    cat >"$base/init" <<END
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
echo "BOOTED \$(/bin/busybox uname -r) $1 options: \$(/bin/busybox cat /proc/cmdline)" >/dev/ttyS0
/bin/busybox poweroff -f
END
    chmod +x "$base/init"
    (cd "$base" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --quiet) | zstd -q -1 >"$2"
    rm -rf "$base"
}

# firmware_disk DIRECTORY OUTPUT [dos]: a GPT disk whose ESP, or an MBR disk whose partition, holds what the directory does.
firmware_disk() {
    local megabytes table='label: gpt' type=uefi
    if [ "${3:-}" = dos ]; then table='label: dos' type='c, bootable'; fi
    megabytes=$(($(du -sm "$1" | cut -f1) + 64))
    rm -f "$2" "$2.esp"
    truncate -s "${megabytes}M" "$2.esp" && mkfs.vfat -F 32 "$2.esp" >/dev/null || return
    mcopy -s -m -i "$2.esp" "$1"/* :: || return
    truncate -s "$((megabytes + 2))M" "$2"
    printf '%s\nstart=2048, size=%d, type=%s\n' "$table" "$((megabytes * 2048))" "$type" | sfdisk -q "$2" || return
    dd if="$2.esp" of="$2" bs=1M seek=1 conv=notrunc,sparse status=none
    rm "$2.esp"
}

# firmware_bios_disk DIRECTORY OUTPUT: an MBR disk that starts GRUB for a PC's BIOS, which reads /grub/grub.cfg of the
# directory's content.
firmware_bios_disk() {
    local grub=/usr/lib/grub/i386-pc
    firmware_disk "$1" "$2" dos || return
    grub-mkimage -O i386-pc -p '(hd0,msdos1)/grub' -o "$2.core" biosdisk part_msdos fat normal linux search search_fs_file \
        configfile echo test serial || return
    # Where boot.img looks for it: in the gap behind the partition table, which is not touched.
    dd if="$grub/boot.img" of="$2" bs=440 count=1 conv=notrunc status=none &&
        dd if="$2.core" of="$2" bs=512 seek=1 conv=notrunc status=none && rm "$2.core"
}

# firmware_boot NAME DISK [QEMU-ARGUMENT...]: boots it with OVMF until it powers off, and leaves what it said in $booted:
# the line of the initramfs, or nothing.
firmware_boot() {
    local place=$SCRATCH/$1 disk=$2
    shift 2
    rm -rf "$place" && mkdir -p "$place" && cp /usr/share/OVMF/OVMF_VARS_4M.fd "$place/vars.fd" || return
    firmware_run "$place" -drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd" \
        -drive "if=pflash,format=raw,file=$place/vars.fd" -drive "file=$disk,format=raw,if=virtio" "$@"
}

# firmware_boot_bios NAME DISK: the same with SeaBIOS.
firmware_boot_bios() {
    local place=$SCRATCH/$1 disk=$2
    rm -rf "$place" && mkdir -p "$place" || return
    firmware_run "$place" -drive "file=$disk,format=raw,if=virtio"
}

firmware_run() { # PLACE QEMU-ARGUMENT...
    local place=$1 status=0
    shift
    timeout -k 5 "$FIRMWARE_LIMIT" qemu-system-x86_64 -accel tcg -nodefaults -no-user-config -display none -no-reboot \
        -machine q35 -cpu max -m 1G -serial "file:$place/console" "$@" </dev/null >"$place/qemu" 2>&1 || status=$?
    booted=$(tr -d '\r' <"$place/console" | grep -ao 'BOOTED .*' | head -n 1)
    [ -n "$booted" ] && return
    { echo "${place##*/}: QEMU's status $status, and nothing was booted"; tail -n 15 "$place/console" | tr -cd '\n -~'; cat "$place/qemu"; } | sed 's/^/# /'
    return 1
}
