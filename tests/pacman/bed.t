#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The bed behaves as Arch does, without kernel-guard: hooks in their order, a kernel that is removed before the next one
# is there, a build that fails and a transaction that succeeds.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

bed_start
is "$(bed_files)" "initramfs-linux.img vmlinuz-linux" "a fresh bed: kernel and image are in /boot"
is "$(kernel_of linux)" "$old" "it is 6.1's kernel"
in_image linux kg_story
ok $? "the module is in the image"
bed dkms status
is "$out" "kg-story/1.0, $old, x86_64: installed" "and dkms has it installed"
bed sh -c 'ls / /usr/lib/modules /usr/src /root; cat /etc/os-release'
like "$out" "Arch Linux" "it says it is Arch"
bed sh -c 'stat -c %i / /proc/1/root/.; cat /proc/sys/kernel/hostname; cat /proc/net/dev | wc -l'
is "$(uniq <<<"$out" | tr '\n' ' ')" "${out%%$'\n'*} archlinux 3 " "it is no chroot, and has no network"

# The story.
mirror new
transaction -Syu
is "$status" 0 "the upgrade to 6.12: pacman exits 0"
is "$(hooks)" "Removing linux initcpios..., Remove DKMS modules, Updating module dependencies..., Install DKMS modules, \
Updating linux initcpios..." "hooks run in Arch's order"
contains "==> dkms remove --no-depmod kg-story/1.0 -k $old" "the module of the old kernel is removed before"
contains "exited 10" "the build has failed"
contains "==> ERROR: module not found: 'kg_story'" "mkinitcpio misses the module"
contains "The image may not be complete." "and says so"
contains "error: command failed to execute correctly" "pacman says no more than this"
grep -q "GPL-incompatible module kg_story.ko uses GPL-only symbol 'recalibrate_cpu_khz'" \
    "$BED/var/lib/dkms/kg-story/1.0/build/make.log"
ok $? "the reason is that the symbol is GPL-only now"
is "$(kernel_of linux)" "$new" "the kernel in /boot is 6.12's"
is "$(ls "$BED/usr/lib/modules")" "$new" "the old kernel's modules are gone"
in_image linux ext4
ok $? "the image was written"
! in_image linux kg_story
ok $? "without the module"
bed dkms status
is "$out" "kg-story/1.0: added" "and dkms has nothing installed"
grep -q "ALPM-SCRIPTLET. ==> WARNING: .dkms install" "$BED/var/log/pacman.log"
ok $? "pacman.log has all of it"

# A module that supports the new kernel repairs it: on the upgrade of the module alone the image is written anew.
loose kg-story-dkms-1.1
transaction -U "${files[@]}"
is "$status" 0 "the module's next release"
is "$(hooks)" "Remove DKMS modules, Install DKMS modules, Updating linux initcpios..." "has its hooks run"
in_image linux kg_story
ok $? "the module is in the image again"

# Downgrade: the file conflict check, the hooks, the other way round.
loose linux-6.1. linux-headers-6.1.
transaction -U "${files[@]}"
is "$status" 0 "downgrade of kernel and headers"
is "$(kernel_of linux) $(ls "$BED/usr/lib/modules")" "$old $old" "6.1 is back, 6.12 is gone"
in_image linux kg_story
ok $? "with the module"

# A pre-transaction hook that refuses must sort before mkinitcpio's, or /boot is empty.
printf '%s\n' '[Trigger]' 'Type = Path' 'Operation = Remove' 'Target = usr/lib/modules/*/vmlinuz' '[Action]' \
    'When = PreTransaction' 'Exec = /usr/bin/false' AbortOnFail >"$BED/etc/pacman.d/hooks/05-refuse.hook"
transaction -Syu
is "$status $(kernel_of linux) $(bed_files)" "1 $old initramfs-linux.img vmlinuz-linux" \
    "a hook that refuses before mkinitcpio's: nothing has changed"
mv "$BED"/etc/pacman.d/hooks/{05,65}-refuse.hook
transaction -Syu
is "$status $(bed_files)" "1 " "a hook that refuses after mkinitcpio's: /boot is empty"

bed_start two
is "$(bed_files)" "initramfs-linux-lts.img initramfs-linux.img vmlinuz-linux vmlinuz-linux-lts" "two kernels"
is "$(kernel_of linux) $(kernel_of linux-lts)" "$new $old" "linux is 6.12, linux-lts is 6.1"
in_image linux kg_story && in_image linux-lts kg_story
ok $? "both images have the module"
transaction -R linux-lts linux-lts-headers
is "$status $(bed_files)" "0 initramfs-linux.img vmlinuz-linux" "one is removed with its files in /boot"
is "$(ls "$BED/usr/lib/modules")" "$new" "and with its modules"
bed dkms status
is "$out" "kg-story/1.1, $new, x86_64: installed" "also in dkms"

# Nothing stays behind, and a bed dies with its test.
pid=$BED_PID
bed_stop
[ ! -e "/proc/$pid" ]
ok $? "a bed that is stopped is gone"
is "$(grep -c -- "$SCRATCH" /proc/self/mountinfo)" 0 "no mount is left"
is "$(ls -A "$SCRATCH/place")" "" "no file is left"
{
    # shellcheck disable=SC2016  # the inner shell's own
    bash -c '. "$1/bed.sh"; bed_start; echo "$BED_PID"; rm -rf "$SCRATCH"; kill -KILL $$' _ "$PACMAN_TESTS" >"$SCRATCH/pid"
} 2>/dev/null
pid=$(<"$SCRATCH/pid")
for ((i = 0; i < 100; i++)); do
    [ -e "/proc/$pid" ] || break
    sleep 0.02
done
[ -n "$pid" ] && [ ! -e "/proc/$pid" ]
ok $? "a bed whose test is killed is gone"

done_testing
