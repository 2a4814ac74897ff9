#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Transactions that succeed and leave a system that would not boot, or that lacks something: kernel-guard has the last
# word, names what is wrong, and what to do.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

# The story: nothing is wrong with any file, and the machine would not come up.
bed_start
install_guard
mirror new
transaction -Syu
unsafe "the story" module-absent
contains "kg_story" "the story: the module is named"
like "$(verdict)" "repair +[^ ]" "the story: what to do is said"
like "$(verdict)" "[Dd]o not reboot|before (the|you) reboot" "the story: not to reboot is said"
like "$(cat "$BED/var/log/pacman.log")" "ALPM-SCRIPTLET\] UNSAFE" "the story: the verdict is in pacman.log"
is "$(LC_ALL=C tr -d '\n -~' <"$BED/var/log/pacman.log" | head -c 100)" "" "the story: the log is plain text"
bed kernel-guard status --json
is "$status $(json .verdict)" "1 unsafe" "the story: status says so"
is "$(json '.targets[] | select(.default) | .findings[] | select(.id == "module-absent") | .module')" kg_story \
    "the story: status names the module"
bed kernel-guard status
like "$status $out" "^1 .*kg_story.*UNSAFE" "the story: status as text"
is "$(grep -c "dkms install .*kg-story/1.0 -k $new" "$SCRATCH/out")" 0 "the story: the remedy is not the build that has just failed"
# Nothing of it changes by a transaction that has nothing to do with it, and the verdict stays.
bed sh -c 'pacman --noconfirm -U /run/bed/packages/tiny/tiny-00*'
is "$status $(hooks)" "0 " "the story: an unrelated transaction is not bothered"
bed kernel-guard status --porcelain
like "$out" "^verdict unsafe" "the story: and changes no verdict"
loose kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "the story: a release of the module that supports the kernel"

# Headers absent: the build is skipped, and nobody fails.
bed_start
install_guard
loose kg-story-dkms-1.1
transaction -U "${files[@]}"
loose linux-6.12.*-1
transaction -R linux-headers
# dkms removes its module with them; the image still has it, so that the machine boots.
in_image linux kg_story
ok $? "removal of the headers: the image still has the module"
warned "removal of the headers" headers-absent
transaction -U "${files[@]}"
contains "Missing $new kernel headers for module kg-story/1.1" "headers absent: dkms says so and goes on"
unsafe "headers absent" headers-absent module-absent
like "$(verdict)" "headers" "headers absent: the verdict says headers"
loose linux-headers-6.12.*-1
transaction -U "${files[@]}"
contains "dkms install --no-depmod kg-story/1.1" "the headers come: the module is built"
unsafe "the headers come: the module is built, and no hook writes the image" initramfs-module-missing
repaired "the headers come" initramfs-module-missing
transaction -R linux-headers
bed mkinitcpio -P
mirror new
transaction -Sy
repaired "headers absent" headers-absent

# Headers of another version: those of the old kernel stay, those of the new one are not there.
bed_start
install_guard
loose linux-6.12.*-1
transaction -U "${files[@]}"
is "$(cd "$BED/usr/lib/modules" && echo *)" "$old $new" \
    "headers of another version: both trees are there"
unsafe "headers of another version" headers-absent module-absent

# A module that the image should have and that exists nowhere.
bed_start
install_guard
sed -i 's/^MODULES=(/&kg_zfs /' "$BED/etc/mkinitcpio.conf"
transaction -S linux-firmware
contains "==> ERROR: module not found: 'kg_zfs'" "module absent from the image: mkinitcpio misses it"
unsafe "module absent from the image" module-absent
contains "kg_zfs" "module absent from the image: it is named"
sed -i 's/kg_zfs //' "$BED/etc/mkinitcpio.conf"
transaction -S linux-firmware
safe "module no longer asked for"

# The last kernel goes, its entry stays.
transaction -R linux linux-headers
unsafe "removal of the only kernel" kernel-missing

# Two kernels, of which one has the module.
bed_start two
install_guard
loose kg-story-dkms-1.0
transaction -U "${files[@]}"
unsafe "two kernels, the default one lacks the module" module-absent
bed kernel-guard status --json
is "$(json '[.targets[] | .release + " " + .verdict] | sort | join(", ")')" "$old safe, $new unsafe" \
    "two kernels: which one is said"
echo 'default arch-lts.conf' >"$BED/boot/loader/loader.conf"
transaction -S linux-firmware
warned "two kernels, the other one lacks the module" module-absent
transaction -R linux-lts linux-lts-headers
unsafe "two kernels, the sound one is removed" kernel-missing

# Written by hand: no transaction, no hook of pacman's.
bed_start
install_guard
printf '#!/bin/sh\ntouch /run/signed\n' >"$BED/usr/lib/initcpio/post/sbctl"
chmod +x "$BED/usr/lib/initcpio/post/sbctl"
bed mkinitcpio -P
is "$status" 0 "mkinitcpio -P: exits 0"
like "$out" "Running post hook: \[kernel-guard\]"$'\n'"(kernel-guard: )?safe[^"$'\n'"]*"$'\n' "mkinitcpio -P: one line, safe"
sed -i 's/^MODULES=(/&kg_zfs /' "$BED/etc/mkinitcpio.conf"
rm "$BED/run/signed"
bed mkinitcpio -P
like "$out" "kg_zfs.*\[module-absent\].*UNSAFE" "mkinitcpio -P, module absent: unsafe"
# mkinitcpio stops at the first post hook that fails.
[ -e "$BED/run/signed" ]
ok $? "mkinitcpio -P, module absent: a post hook that signs runs all the same"
bed kernel-guard status --porcelain
like "$out" "^verdict unsafe" "mkinitcpio -P, module absent: status knows"
# After a transaction that was killed the lock is still there, and mkinitcpio is what the user runs next.
touch "$BED/var/lib/pacman/db.lck"
bed mkinitcpio -P
like "$out" "UNSAFE" "mkinitcpio -P beside a lock that was left: judged"
rm "$BED/var/lib/pacman/db.lck"

done_testing
