# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine with firmware, systemd-boot, systemd and pacman whose disk stays from boot to boot. To be sourced, after tap.sh and
# vm.sh. What a boot is to do is a script for sh, which the guest runs when it is up; what that says is the boot's results.
# shellcheck source=tests/vm/power-cut.sh
. "$TESTS/vm/power-cut.sh"
# shellcheck source=tests/pacman/pack.sh
. "$TESTS/pacman/pack.sh"

KEPT_BOOT_LIMIT=${KEPT_BOOT_LIMIT:-480}
KEPT_BOOT_ROOT=6b672d67-7561-7264-2d72-6f6f74667300
KEPT_BOOT_ESP=4B475541
KEPT_BOOT_MEGABYTES=200
# What the image has: how to find the root, and what is built into Arch's kernels.
KEPT_BOOT_IMAGE=(virtio_pci virtio_blk ext4 efivarfs autofs4)
# Further modules of the tree: for /boot, for systemd itself, for a device that udev finds, and for nothing in particular.
KEPT_BOOT_MODULES=("${KEPT_BOOT_IMAGE[@]}" vfat nls_cp437 nls_ascii configfs virtio_balloon dummy)

# kept_boot_kernel SERIES DIRECTORY: an installed kernel, of whose modules there are only some: DIRECTORY/usr/lib/modules/RELEASE,
# DIRECTORY/vmlinuz and DIRECTORY/initramfs.
kept_boot_kernel() {
    local release from to=$2 name file
    release=$(vm_release "$1")
    from=$KG_CACHE/kernel/$1/root
    local tree=usr/lib/modules/$release
    mkdir -p "$to/$tree" && ln -s usr/lib "$to/lib" || return
    for name in "${KEPT_BOOT_MODULES[@]}"; do
        modprobe -d "$from" -S "$release" --show-depends "$name" || return
    done | sed -n "s,^insmod [^ ]*/$release/\([^ ]*\).*,\1,p" | sort -u >"$to/files" || return
    while read -r file; do
        mkdir -p "$to/$tree/${file%/*}" && cp "$from/$tree/$file" "$to/$tree/$file" || return
    done <"$to/files"
    cp "$from/$tree"/{modules.order,modules.builtin,modules.builtin.modinfo,pkgbase,vmlinuz} "$to/$tree" || return
    depmod -b "$to" "$release" 2>/dev/null && cp "$to/$tree/vmlinuz" "$to/vmlinuz" || return
    "$TESTS/material/mkinitcpio-image.sh" --modules-root "$to" --release "$release" --output "$to/initramfs" "${KEPT_BOOT_IMAGE[@]}"
}

# kept_boot_root DIRECTORY: trixie with what `make install` leaves of kernel-guard, which runs as soon as the machine is up.
kept_boot_root() {
    local units=$1/etc/systemd/system
    "$TESTS/material/guest.sh" && cp -al "$KG_CACHE/guest/trixie" "$1" || return
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$TESTS/.." "BUILD=$(realpath --relative-to="$TESTS/.." "${KG%/*}")" \
        "CFLAGS=-O2 -g -Werror" "DESTDIR=$(realpath "$1")" PREFIX=/usr install || return
    sed "s/^MODULES=.*/MODULES=(${KEPT_BOOT_IMAGE[*]})/" "$TESTS/material/skeleton/etc/mkinitcpio.conf" >"$1/etc/mkinitcpio.conf" &&
        cp -r "$TESTS/material/skeleton/etc/mkinitcpio.d" "$1/etc/" || return
    replace "$1/etc/fstab" <"$TESTS/material/skeleton/etc/fstab" || return
    mkdir -p "$units"/{kernel-guard-booted.timer.d,multi-user.target.wants,emergency.target.wants} || return
    printf '%s\n' '[Timer]' OnBootSec= OnBootSec=1s AccuracySec=100ms >"$units/kernel-guard-booted.timer.d/soon.conf"
    cp "$TESTS/vm/kept-boot.service" "$units" || return
    ln -s ../kept-boot.service "$units/multi-user.target.wants/"
    ln -s ../kept-boot.service "$units/emergency.target.wants/"
    touch "$1/etc/.updated" "$1/var/.updated"
}

# kept_boot_package DIRECTORY VERSION OUTPUT: of what kept_boot_kernel has made the package: without depmod's files, as Arch's.
kept_boot_package() {
    local stage
    stage=$(mktemp -d "$SCRATCH/stage.XXXXXX") && mkdir -p "$stage/usr/lib" "$3" && cp -al "$1/usr/lib/modules" "$stage/usr/lib/" || return
    rm -f "$stage"/usr/lib/modules/*/modules.{alias,builtin.alias,builtin,dep,symbols}.bin \
        "$stage"/usr/lib/modules/*/modules.{alias,dep,devname,softdep,symbols,weakdep}
    pack "$3" linux "$2-1" "$stage" && rm -r "$stage"
}

# kept_boot_pacman ROOT PACKAGE KERNEL...: the package is installed; when pacman runs there, the hooks do what those of kmod and
# mkinitcpio do. The images are at hand: they are those of the KERNELs, directories of kept_boot_kernel.
kept_boot_pacman() {
    local root=$1 package=$2 kernel
    shift 2
    mkdir -p "$root/srv/images" "$root/srv/bed/material" "$root/var/lib/pacman" || return
    pacman --noconfirm --root "$root" --dbpath "$root/var/lib/pacman" --config "$TESTS/material/skeleton/etc/pacman.conf" \
        --logfile "$SCRATCH/pacman.log" -U "$package" >"$SCRATCH/pacman" 2>&1 || { sed 's/^/# /' "$SCRATCH/pacman"; return 1; }
    replace "$root/etc/pacman.conf" <"$TESTS/material/skeleton/etc/pacman.conf"
    cp -r "$TESTS"/pacman/arch/{kmod,mkinitcpio}/usr "$root/" || return
    for kernel in "$@"; do
        cp "$kernel/initramfs" "$root/srv/images/$(basename "$kernel"/usr/lib/modules/*)" || return
    done
    # --modules-root / --release RELEASE --output IMAGE MODULE...
    # shellcheck disable=SC2016  # it is the script's
    printf '%s\n' '#!/bin/sh' 'cp "/srv/images/$4" "$6"' >"$root/srv/bed/material/mkinitcpio-image.sh" &&
        chmod +x "$root/srv/bed/material/mkinitcpio-image.sh"
}

# kept_boot_disk ROOT ESP OUTPUT: a GPT disk with these two, and a new machine's variables of the firmware at OUTPUT.vars. A third
# partition is for marks in a record of the disk's writes.
kept_boot_disk() {
    local root_megabytes
    root_megabytes=$(($(du -sm "$1" | cut -f1) + 200))
    rm -f "$3" && truncate -s "$((KEPT_BOOT_MEGABYTES + root_megabytes + 3))M" "$3" || return
    printf '%s\n' 'label: gpt' "start=2048, size=${KEPT_BOOT_MEGABYTES}M, type=uefi" "size=${root_megabytes}M, type=linux" \
        "size=1M, type=linux" | sfdisk -q "$3" || return
    truncate -s "${KEPT_BOOT_MEGABYTES}M" "$3.esp" && mkfs.vfat -F 32 -s 2 -i "$KEPT_BOOT_ESP" "$3.esp" >/dev/null &&
        TZ=UTC0 mcopy -s -i "$3.esp" "$2"/* :: && dd if="$3.esp" of="$3" bs=1M seek=1 conv=notrunc,sparse status=none || return
    rm "$3.esp"
    mkfs.ext4 -q -F -U "$KEPT_BOOT_ROOT" -E "offset=$(((KEPT_BOOT_MEGABYTES + 1) << 20)),root_owner=0:0" -d "$1" "$3" \
        "${root_megabytes}M" || return
    cp /usr/share/OVMF/OVMF_VARS_4M.fd "$3.vars"
}

# kept_boot DISK PLACE [LOG] < SCRIPT: boots it, and lets it run the script, which ends it. What it says is in PLACE/results. With LOG
# each write is recorded there, and the disk stays as it was: PLACE/disk is what the boot leaves.
kept_boot() {
    local disk=$1 place=$2 log=${3:-} small='' try
    rm -rf "$place" && mkdir -p "$place" || return
    cat >"$place/given"
    [ "$(head -c 6 "$place/given")" != "#small" ] || small='#small'
    { printf '%s\n' "$small" && cat "$TESTS/vm/kept-boot-facts" "$place/given" && printf '\n%s\n' 'echo bye'; } >"$place/script"
    truncate -s %512 "$place/script" && cp "$1.vars" "$place/vars" || return
    [ -z "$log" ] || disk=$place/disk
    for ((try = 1; try <= VM_TRIES; try++)); do
        : >"$place/results"
        [ -z "$log" ] || cp --sparse=always "$1" "$disk" || return
        power_cut_drive "$disk" ${log:+"$log"}
        setpriv --pdeathsig TERM timeout -k 5 "$KEPT_BOOT_LIMIT" qemu-system-x86_64 -accel tcg -nodefaults -no-user-config \
            -display none -no-reboot -machine q35 -cpu max -m 1G -device virtio-balloon-pci \
            -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
            -drive "if=pflash,format=raw,file=$1.vars" "${power_cut_drive[@]}" \
            -drive "file=$place/script,format=raw,if=virtio,readonly=on" \
            -serial "file:$place/console" -serial "file:$place/results" </dev/null >"$place/qemu" 2>&1
        ! grep -q '^kernel: ' "$place/results" || break
        # As it was before a boot that came to nothing: a choice for one boot is used up.
        cp "$place/vars" "$1.vars"
    done
    # Firmware and loader speak on all serial ports.
    tr -d '\r' <"$place/results" | sed -n '/^kernel: /,$s/^/# /p' | cut -c1-200
    grep -qx bye "$place/results" && return
    vm_end="it did not come to its end" vm_log "$place"
    return 1
}

# kept_boot_fact PLACE NAME: what the boot has said of it.
kept_boot_fact() { sed -n "s/^$2: //p" "$1/results"; }
