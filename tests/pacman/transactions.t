#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Transactions after which all is well: kernel-guard's hooks run when they should, and say one line.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

bed_start
install_guard

transaction -S linux-firmware
safe "reinstall of firmware"
loose linux-firmware-2-1
transaction -U "${files[@]}"
safe "upgrade of firmware"
transaction -R linux-firmware
safe "removal of firmware"
transaction -S mkinitcpio-kg
safe "install of an addition to the generator"
transaction -R mkinitcpio-kg
safe "removal of an addition to the generator"
loose mkinitcpio-41-2
transaction -U "${files[@]}"
safe "upgrade of the generator"
transaction -S linux-headers
safe "reinstall of the headers"
transaction -S linux linux-headers
safe "reinstall of kernel and headers"
transaction -S kg-story-dkms
safe "reinstall of a DKMS package"
transaction -S kg-gpl-dkms
safe "install of a DKMS package"
transaction -R kg-gpl-dkms
safe "removal of a DKMS package"

# A kernel's upgrade together with a module that supports it, and the way back.
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "upgrade of kernel, headers and module"
is "$(kernel_of linux)" "$new" "upgrade of kernel, headers and module: it is 6.12"
bed kernel-guard status --json
is "$status $(json '.verdict + " " + .targets[0].release')" "0 safe $new" "upgrade of kernel, headers and module: status knows"
loose linux-6.1. linux-headers-6.1.
transaction -U "${files[@]}"
safe "downgrade of kernel and headers"
is "$(kernel_of linux)" "$old" "downgrade of kernel and headers: it is 6.1"

# What has nothing to do with booting.
bed sh -c 'pacman --noconfirm -U /run/bed/packages/tiny/*'
is "$status" 0 "500 unrelated packages: installed"
is "$(grep -c '^installing ' "$SCRATCH/out")" 500 "500 unrelated packages: all of them"
is "$(hooks)" "" "500 unrelated packages: no hook runs"
bed sh -c 'pacman -Qq | grep ^tiny- | xargs pacman --noconfirm -R'
is "$status $(hooks)" "0 " "500 unrelated packages: nor at their removal"

# Inside a chroot, as at an installation or a rescue.
bed sh -c 'mount --bind / /mnt && mount --bind /proc /mnt/proc && mount --bind /dev /mnt/dev && mount --rbind /run /mnt/run'
transaction -S mkinitcpio-kg
bed chroot /mnt pacman --noconfirm -S mkinitcpio-kg
safe "in a chroot"
bed umount -R /mnt

# A tree without a kernel, as a container has it.
rm "$BED/boot/loader/entries/arch.conf"
transaction -R linux linux-headers kg-story-dkms
judged "removal of all that boots, entries included"
like "$(tail -n 1 <<<"$out")" "^(kernel-guard: )?safe" "removal of all that boots: calm"
transaction -S mkinitcpio-kg
judged "without a kernel"
like "$(tail -n 1 <<<"$out")" "^(kernel-guard: )?safe" "without a kernel: calm"

bed_start two
install_guard
loose linux-6.12.*-2 linux-headers-6.12.*-2 linux-lts-6.1.*-2 linux-lts-headers-6.1.*-2
transaction -U "${files[@]}"
safe "upgrade of two kernels"
is "$(grep -c '==> Initcpio image generation successful' "$SCRATCH/out")" 2 "upgrade of two kernels: both images are new"
bed kernel-guard status --json
is "$(json '[.targets[] | .release + " " + .verdict] | sort | join(", ")')" "$old safe, $new safe" \
    "upgrade of two kernels: status knows both"
rm "$BED/boot/loader/entries/arch-lts.conf"
transaction -R linux-lts linux-lts-headers
safe "removal of a kernel whose entry is gone"

done_testing
