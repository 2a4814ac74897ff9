#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What pacman's transactions leave of the kernel that has booted: kept beside the new one, byte for byte, its modules load, and
# it can be made the default again. pacman, its hooks, dkms and depmod are real; that a kernel runs is made, by files that
# are mounted over those of /proc.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

# is_kept NAME: what had booted is there, as it was.
is_kept() {
    is "$(kept_pair linux)" "$pair" "$1: kernel and image are kept as they were"
    is "$(tree ".kernel-guard/$(kept_tree "$release")")" "$tree" "$1: so are the modules"
}
default() {
    bed kernel-guard list --json
    json '[.targets[] | select(.default) | .release] | unique | join(" ")'
}

bed_start
install_guard
release=$old
boots vmlinuz-linux initramfs-linux.img
pair=$(pair linux) tree=$(tree "$old")
is "$out" "kept $old, which runs" "the kernel that runs is kept"

# An update of the kernel, and one more before a boot.
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "upgrade of the kernel"
is_kept "upgrade of the kernel"
is "$(default)" "$new" "upgrade of the kernel: the new one is the default"
is "$(tree "$old")" "$tree" "upgrade of the kernel: the one that runs has its modules"
bed sh -c "umount /usr/lib/modules/$old && ls -A /usr/lib/modules/$old"
is "$status:$out" "0:" "upgrade of the kernel: by a mount, beneath which nothing lies in pacman's way"
loose linux-6.12.*-2 linux-headers-6.12.*-2
transaction -U "${files[@]}"
safe "another upgrade, without a boot"
is_kept "another upgrade, without a boot"

# What else writes images.
transaction -S mkinitcpio-kg
safe "an addition to the generator"
is_kept "an addition to the generator"
bed mkinitcpio -P
is "$status" "0" "a regeneration by hand"
is_kept "a regeneration by hand"
loose kg-gpl-dkms
transaction -U "${files[@]}"
safe "a DKMS module"
is_kept "a DKMS module"
is "$(find "$BED/var/lib/dkms" -maxdepth 3 -name '.kernel-guard*')" "" "a DKMS module: dkms builds nothing for kept trees"
transaction -S linux-firmware
safe "firmware"
is_kept "firmware"

# The kept one is booted: its modules are in their place, and load.
boots vmlinuz-linux.old initramfs-linux.old.img
is "$recovered" "put the kept modules of $old in their place" "boot of the kept kernel: its modules are mounted"
bed kernel-guard modules --all --json --kernel "$old"
is "$status $(json '[.modules[] | select(.verdict != "loads")] | length')" "0 0" "boot of the kept kernel: every module loads"
is "$(json '[.modules[] | .name] | contains(["kg_story"])')" "true" "boot of the kept kernel: the one that DKMS has built too"
bed kernel-guard check
is "$status" "0" "boot of the kept kernel: the machine is safe"

# While it runs, pacman goes back to it, as restore prints.
bed kernel-guard restore "$old"
is "$status $(default)" "0 $old" "restore: it boots by default"
contains "pacman -U --overwrite 'usr/lib/modules/$old/*'" "restore: the downgrade is printed"
is "$(pair linux)" "$pair" "restore: kernel and image are what had booted"
loose linux-6.1. linux-headers-6.1.
transaction --overwrite "usr/lib/modules/$old/*" -U "${files[@]}"
is "$status" "0" "downgrade while it runs: goes through"
is "$(default)" "$old" "downgrade while it runs: it boots by default"
bed umount "/usr/lib/modules/$old"
bed pacman -Qkq linux
is "$status" "0" "downgrade while it runs: pacman's files are there after the mount"

# Not running it, the downgrade needs nothing.
bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
pair=$(pair linux) tree=$(tree "$old")
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
boots vmlinuz-linux initramfs-linux.img
loose linux-6.1. linux-headers-6.1.
transaction -U "${files[@]}"
safe "downgrade to the kept release"
is "$(default)" "$old" "downgrade to the kept release: it boots by default"
release=$new
is "$(sum boot/vmlinuz-linux.old)" "$(sha256sum <"$KG_CACHE/kernel/6.12/root/usr/lib/modules/$new/vmlinuz" | cut -d' ' -f1)" \
    "downgrade to the kept release: the newer one, which has booted, is kept"

# Removal of the package leaves the kept kernel bootable.
boots vmlinuz-linux initramfs-linux.img
pair=$(pair linux) tree=$(tree "$old") release=$old
transaction -R linux linux-headers kg-story-dkms
is_kept "removal"

# Two kernels.
bed_start two
install_guard
boots vmlinuz-linux initramfs-linux.img
boots vmlinuz-linux-lts initramfs-linux-lts.img
pair=$(pair linux) lts=$(pair linux-lts) tree=$(tree "$new") release=$new
# The kernels are the same builds: they get other images.
sed -i 's/^MODULES=(/&dm_crypt /' "$BED/etc/mkinitcpio.conf"
loose linux-6.12.*-2 linux-headers-6.12.*-2 linux-lts-6.1.*-2 linux-lts-headers-6.1.*-2
transaction -U "${files[@]}"
safe "two kernels in one transaction"
is_kept "two kernels in one transaction"
is "$(kept_pair linux-lts)" "$lts" "two kernels in one transaction: the other one is kept too"

# /boot is a partition that is not mounted: nothing is written into the directory beneath.
bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
echo 'UUID=4B47-5541 /boot vfat defaults 0 2' >>"$BED/etc/fstab"
before=$(cd "$BED/boot" && find . -type f -exec sha256sum {} + | sort | sha256sum)
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
is "$status" "1" "/boot is not mounted: pacman ends with an error"
contains "[boot-not-mounted]" "/boot is not mounted: it is said"
contains "kernel-guard refuses this transaction: nothing has been changed. To update all the same: kernel-guard skip-once" "/boot is not mounted: with the way past it"
is "$(bed pacman -Q linux; echo "$out") $(cd "$BED/boot" && find . -type f -exec sha256sum {} + | sort | sha256sum)" "linux 6.1.192.deb2-1 $before" \
    "/boot is not mounted: nothing was changed"
bed kernel-guard skip-once
transaction -U "${files[@]}"
is "$status" "0" "skip-once: the next transaction passes"
transaction -S linux-firmware
is "$status" "1" "skip-once: and the one after it is refused again"
sed -i '/4B47-5541/d' "$BED/etc/fstab"
transaction -S linux-firmware
safe "with fstab as it is mounted"

done_testing
