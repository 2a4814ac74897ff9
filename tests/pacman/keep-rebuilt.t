#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What has booted is built anew for the same release: by a reinstallation, by hand, by a new generator, with a new module of DKMS.
# It is another set then, and the one before it loses nothing. pacman, dkms and depmod are real, the image's maker is ours.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

dkms_module() { cat "$BED/usr/lib/modules/$1"/updates/dkms/kg_story.ko* | sha256sum; }

bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
has_booted linux

# The same is made again.
transaction -S linux linux-headers
safe "reinstallation"
is_kept "reinstallation" ''
bed mkinitcpio -P
is "$status" 0 "a regeneration by hand"
is_kept "a regeneration by hand" ''

# Another image for the same kernel.
sed -i 's/^MODULES=(/&dm_crypt /' "$BED/etc/mkinitcpio.conf"
loose mkinitcpio-41-2
transaction -U "${files[@]}"
safe "a new generator"
is_kept "a new generator"
is "$(kernel_of linux) $([ "$(pair linux)" = "$pair" ]; echo $?)" "$old 1" "a new generator: the image is another one"
first=("$set" "$pair" "$tree")
boots vmlinuz-linux initramfs-linux.img
is "$out" "kept $old, which runs" "a new generator: what it has made boots, and is kept"
has_booted linux
is_kept "the second image" ''
is "$(fact tree "$set")" "$(fact tree "${first[0]}")" "the second image: its modules are those of the first"
second=("$set" "$pair" "$tree")
set=${first[0]} pair=${first[1]} tree=${first[2]}
is_kept "the first image"

# Another module of DKMS for the same kernel, and with it another image.
set=${second[0]} pair=${second[1]} tree=${second[2]}
module=$(dkms_module "$old")
loose kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "a new module of DKMS"
is_kept "a new module of DKMS"
is "$([ "$(dkms_module "$old")" = "$module" ]; echo $?) $(dkms_module ".kernel-guard/$(fact tree "$set")")" "1 $module" \
    "a new module of DKMS: what has booted keeps the old one"
boots vmlinuz-linux initramfs-linux.img
is "$out" "kept $old, which runs" "a new module of DKMS: it boots, and is kept"
has_booted linux
is_kept "the new module" ''
is "$(fact tree)" "$set" "the new module: its tree is one of its own, called like the set"
is "$(dkms_module ".kernel-guard/$set")" "$(dkms_module "$old")" "the new module: with that module"
set=${second[0]} pair=${second[1]} tree=${second[2]}
is_kept "the old module"

# Back to the old set, and forth to another kernel: each still has its modules.
has_booted linux
loose linux-6.12.*-1 linux-headers-6.12.*-1
transaction -U "${files[@]}"
safe "upgrade of the kernel"
is_kept "upgrade of the kernel"
boots vmlinuz-linux.old initramfs-linux.old.img
is "$(dkms_module "$old")" "$(dkms_module ".kernel-guard/$set")" "boot of the kept kernel: it has the module with which it booted last"
is_kept "boot of the kept kernel"

done_testing
