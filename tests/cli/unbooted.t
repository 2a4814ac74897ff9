#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that nothing boots is an error where the system is one that boots, and none where it is an image that is being
# built, or an installation whose boot loader has not had its turn.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

root=$SCRATCH/root

# fresh: a tree that holds a kernel's modules and nothing else.
fresh() {
    rm -rf "$root"
    mkdir -p "$root/usr/lib/modules/6.12.1" "$root/etc"
    echo linux >"$root/usr/lib/modules/6.12.1/pkgbase"
}

calm() { # NAME
    run check --root "$root"
    is "$status $out" "0 safe: nothing is set up to boot Linux 6.12.1 yet, there is nothing to judge" \
        "$1: one line"
    run check --root "$root" --json
    is "$(json '.findings[] | select(.id == "boot-target-missing") | .severity')" info "$1: information in JSON"
    fresh
}

alarming() { # NAME
    run check --root "$root"
    like "$status $out" "^1 .*error: Linux 6\.12\.1 is installed.*\[boot-target-missing\].*UNSAFE" "$1: unsafe"
    fresh
}

fresh
calm "no /boot"
mkdir "$root/boot" "$root/efi"
calm "/boot and /efi are empty"
mkdir "$root/boot"
touch "$root/boot/amd-ucode.img" "$root/boot/intel-ucode.img"
calm "microcode from its packages"
printf '%s\n' '# <file system> <dir> <type>' '#UUID=1 /boot vfat' '' 'UUID=2 / ext4 rw 0 1' '/dev/sdb1 /bootstrap ext4' '/boot' \
    >"$root/etc/fstab"
calm "fstab mounts other things"

for place in /boot /efi /boot/efi; do
    printf 'UUID=2 / ext4 rw 0 1\n \tUUID=1\t\t%s  vfat rw 0 2\n' "$place" >"$root/etc/fstab"
    alarming "fstab mounts $place"
done
mkdir "$root/etc/fstab"
alarming "fstab cannot be read"
for place in boot/grub boot/loader boot/lost+found efi/EFI run/systemd/system; do
    mkdir -p "$root/$place"
    alarming "/$place"
done
ln -s loop "$root/boot"
ln -s boot "$root/loop"
alarming "/boot cannot be read"

# What a transaction has taken away was there.
mkdir -p "$root/boot" "$root/var/lib"
touch "$root/boot/vmlinuz-linux"
run hook pre --root "$root"
rm "$root/boot/vmlinuz-linux"
run hook post --root "$root"
like "$status $out" "^1 error: .*\[boot-target-missing\].*UNSAFE" "all that booted went with the transaction: unsafe"

done_testing
