#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What pacman's transactions leave of the kernel that has booted: kept beside the new one, byte for byte, its modules load, and
# it can be made the default again. pacman, its hooks, dkms and depmod are real; that a kernel runs is made, by files that
# are mounted over those of /proc.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

default() {
    bed kernel-guard list --json
    json '[.targets[] | select(.default) | .release] | unique | join(" ")'
}

bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
is "$out" "kept $old, which runs" "the kernel that runs is kept"
has_booted linux
is_kept "the kernel that runs" ''

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
transaction -S linux-firmware
safe "firmware"
is_kept "firmware"

# The kept one is booted: its modules are in their place, and load.
boots vmlinuz-linux.old initramfs-linux.old.img
is "$recovered" "put the kept modules of $old in their place" "boot of the kept kernel: its modules are mounted"
is_kept "boot of the kept kernel"
is "$(tree "$old")" "$tree" "boot of the kept kernel: the mounted ones are the kept ones"
bed kernel-guard modules --all --json --kernel "$old"
is "$status $(json '[.modules[] | select(.verdict != "loads")] | length')" "0 0" "boot of the kept kernel: every module loads"
is "$(json '[.modules[] | .name] | contains(["kg_story"])')" "true" "boot of the kept kernel: the one that DKMS has built too"
bed kernel-guard check
is "$status" "0" "boot of the kept kernel: the machine is safe"
transaction -S linux-firmware
safe "an update while the kept one runs"
is_kept "an update while the kept one runs"

# Downgrade to what runs: to pacman its modules are nobody's files.
loose linux-6.1. linux-headers-6.1.
transaction -U "${files[@]}"
is "$status" 1 "downgrade while it runs: pacman refuses files in its way"
transaction --overwrite "usr/lib/modules/$old/*" -U "${files[@]}"
safe "downgrade while it runs"
is_kept "downgrade while it runs"
is "$(default)" "$old" "downgrade while it runs: it boots by default"
is "$(awk -v place="/usr/lib/modules/$old" '$2 == place' "/proc/$BED_PID/mounts")" "" "downgrade while it runs: nothing is mounted over it"
bed pacman -Qkq linux
is "$status" "0" "downgrade while it runs: pacman's files are there"

# Not running it, the downgrade needs nothing.
bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
has_booted linux
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
before=$set before_tree=$tree
boots vmlinuz-linux initramfs-linux.img
has_booted linux
loose linux-6.1. linux-headers-6.1.
transaction -U "${files[@]}"
safe "downgrade to the kept release"
is "$(default)" "$old" "downgrade to the kept release: it boots by default"
is_kept "downgrade to the kept release"
is "$release" "$new" "downgrade to the kept release: the newer one, which has booted, is that"
is "$(tree ".kernel-guard/$(fact tree "$before")")" "$before_tree" "downgrade to the kept release: what had booted before has its modules too"

# Removal of the package leaves the kept kernel bootable.
boots vmlinuz-linux initramfs-linux.img
has_booted linux
transaction -R linux linux-headers kg-story-dkms
is "$release" "$old" "removal of what runs"
is_kept "removal"

# Two kernels.
bed_start two
install_guard
boots vmlinuz-linux initramfs-linux.img
has_booted linux
first=("$set" "$pair" "$tree")
boots vmlinuz-linux-lts initramfs-linux-lts.img
has_booted linux-lts
# The kernels are the same builds: they get other images.
sed -i 's/^MODULES=(/&dm_crypt /' "$BED/etc/mkinitcpio.conf"
loose linux-6.12.*-2 linux-headers-6.12.*-2 linux-lts-6.1.*-2 linux-lts-headers-6.1.*-2
transaction -U "${files[@]}"
safe "two kernels in one transaction"
is_kept "two kernels in one transaction, the one that runs"
package=linux release=$new set=${first[0]} pair=${first[1]} tree=${first[2]}
is_kept "two kernels in one transaction, the other one"

# /boot is a partition that is not mounted: nothing is written into the directory beneath.
bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
echo 'UUID=4B47-5541 /boot vfat defaults 0 2' >>"$BED/etc/fstab"
state() { bed pacman -Q linux; (cd "$BED/boot" && find . -type f -exec sha256sum {} + | sort | sha256sum); }
before=$(state; echo "$out")
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
is "$status" "1" "/boot is not mounted: pacman ends with an error"
contains "[boot-not-mounted]" "/boot is not mounted: it is said"
contains "kernel-guard refuses this transaction: nothing has been changed. To update all the same: kernel-guard skip-once" "/boot is not mounted: with the way past it"
is "$(state; echo "$out")" "$before" "/boot is not mounted: nothing was changed"
bed kernel-guard skip-once
transaction -U "${files[@]}"
is "$status" "0" "skip-once: the next transaction passes"
is "$(bed_files)" "initramfs-linux.img vmlinuz-linux" "skip-once: but nothing is kept in the directory beneath"
transaction -S linux-firmware
is "$status" "1" "skip-once: and the one after it is refused again"
sed -i '/4B47-5541/d' "$BED/etc/fstab"
transaction -S linux-firmware
safe "with fstab as it is mounted"

done_testing
