#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other packages whose hooks touch kernels, module trees and boot entries: what has booted is kept beside them, byte for byte, its
# entry is there at the end, and nobody is disturbed. Their rules are reproduced in neighbours/; dkms, pacman and sbsign are real.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/pack.sh
. "$PACMAN_TESTS/pack.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

# with NAME...: a bed with kernel-guard and these packages.
with() {
    local name
    bed_start
    install_guard
    mkdir -p "$BED/run/neighbours"
    for name in "$@"; do pack "$BED/run/neighbours" "$name" 1-1 "$PACMAN_TESTS/neighbours/$name"; done
    bed sh -c 'pacman --noconfirm -U /run/neighbours/*'
    is "$status" 0 "$*: installed"
}

# started: the machine runs what lies there, and this is what is to be kept from now on.
started() {
    boots vmlinuz-linux initramfs-linux.img
    booted=$(pair linux) booted_tree=$(tree "$old")
}

# is_kept NAME: the kept set is what had booted, in the store, in /boot, with an entry, and with its modules.
is_kept() {
    local set
    set=$(dirname "$(grep -l "\"release\": *\"$old\"" "$BED"/var/lib/kernel-guard/sets/*/set.json | head -n 1)")
    is "$(sha256sum <"$set/0-vmlinuz-linux" | cut -d' ' -f1) $(sha256sum <"$set/1-initramfs-linux.img" | cut -d' ' -f1)" "$booted" \
        "$1: what had booted is stored as it was"
    is "$(kept_pair linux)" "$booted" "$1: it lies beside the new one"
    is "$(tree ".kernel-guard/$(kept_tree "$old")")" "$booted_tree" "$1: its modules are kept as they were"
    bed kernel-guard list --json
    is "$(json '[.targets[] | select(.kernel == "/boot/vmlinuz-linux.old") | .source] | map(test("kernel-guard[^/]*$")) | any')" true \
        "$1: our entry starts it"
    is "$(json '[.targets[] | select(.default) | .release] | unique | join(" ")')" "$new" "$1: the new one is the default"
}

update() {
    loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
    transaction -U "${files[@]}"
}

# kernel-modules-hook, snap-pac, and the real dkms.
with kernel-modules-hook snap-pac
started
snapshots() { find "$BED/.snapshots" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
before=$(($(snapshots) + 1))
update
safe "kernel-modules-hook, snap-pac"
is_kept "kernel-modules-hook, snap-pac"
is "$(snapshots)" $((before + 1)) "snap-pac: there is a snapshot before and one after"
is "$(tree "$old")" "$booted_tree" "kernel-modules-hook: the running kernel has its modules"
is "$(sum ".snapshots/$before/boot/vmlinuz-linux.old")" "${booted% *}" "snap-pac: the snapshot before holds the kept kernel"
is "$(sum ".snapshots/$((before + 1))/boot/initramfs-linux.old.img")" "${booted#* }" "snap-pac: the one after it too"
is "$(find "$BED/var/lib/dkms" -maxdepth 4 -name '*.kernel-guard*')" "" "dkms: nothing is built for kept trees"

# The new kernel is booted: the cleanup takes the old tree away, and dkms.service installs what is missing.
boots vmlinuz-linux initramfs-linux.img
bed /usr/share/libalpm/scripts/kernel-modules cleanup
is "$status $(cd "$BED/usr/lib/modules" && echo [0-9]*)" "0 $new" "kernel-modules-hook: the cleanup leaves what runs"
bed sh -c 'for tree in /usr/lib/modules/*/ /usr/lib/modules/.kernel-guard/*/; do dkms autoinstall -k "$(basename "$tree")"; done'
is_kept "cleanup, dkms autoinstall"
transaction -S mkinitcpio-kg
safe "an update after it"
is_kept "an update after it"

# The kept one is booted after all, with nothing where its modules belong.
rm -rf --one-file-system "$BED/usr/lib/modules/.old"
bed /usr/share/libalpm/scripts/kernel-modules cleanup
is "$status $(cd "$BED/usr/lib/modules" && echo [0-9]*)" "0 $new" "kernel-modules-hook: the cleanup takes the empty directory too"
boots vmlinuz-linux.old initramfs-linux.old.img
is "$recovered" "put the kept modules of $old in their place" "boot of the kept one after a cleanup: its modules are mounted"
is "$(tree "$old")" "$booted_tree" "boot of the kept one after a cleanup: as they were"
bed dkms autoinstall -k "$old"
bed /usr/share/libalpm/scripts/kernel-modules cleanup
is "$(tree "$old")" "$booted_tree" "boot of the kept one: neither dkms nor the cleanup touches them"
transaction -S mkinitcpio-kg
safe "an update while the kept one runs"
is_kept "an update while the kept one runs"
is "$(tree "$old")" "$booted_tree" "an update while the kept one runs: its modules are there"

# sbctl, sdboot-manage, limine: what writes to /boot after the generator.
with sbctl sdboot-manage limine-mkinitcpio-hook
bed sbctl sign -s /boot/vmlinuz-linux
is "$status" 0 "sbctl: the kernel is signed"
signed() { bed sbverify --cert /var/lib/sbctl/db.pem "$1"; is "$status" 0 "$2"; }
started
update
safe "sbctl, sdboot-manage, limine"
is_kept "sbctl, sdboot-manage, limine"
signed /boot/vmlinuz-linux "sbctl: the new kernel is signed"
signed /boot/vmlinuz-linux.old "sbctl: the kept one is, as it was"
is "$(cd "$BED/boot/0123456789abcdef0123456789abcdef" && find . -type f | sort | paste -sd' ')" \
    "./linux/initramfs-linux ./linux/vmlinuz-linux" "limine: its copies are the new kernel's"
# The user signs all that sbctl verify lists.
bed sbctl sign -s /boot/vmlinuz-linux.old
transaction -S mkinitcpio-kg
safe "another update"
is_kept "another update"

# What has booted was not signed; it is signed later, and that has not booted.
with sbctl
started
sleep 1.1 # Of a boot one knows the second.
bed sbctl sign -s /boot/vmlinuz-linux
signed /boot/vmlinuz-linux "signed after the boot"
transaction -S linux-firmware
safe "signed after the boot"
is "$(kept_pair linux)" "$booted" "signed after the boot: what had booted is another kernel, and kept"
update
safe "signed after the boot, update"
is_kept "signed after the boot, update"

done_testing
