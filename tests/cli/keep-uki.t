#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unified kernel images that are called after their release: the kept one of a newer kernel, after a downgrade, is not what
# systemd-boot starts when nobody chooses.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

uki() { # RELEASE FILE
    kernel "$1" "$SCRATCH/kernel"
    head -c 5000 /dev/urandom >"$SCRATCH/initrd"
    "$TESTS/material/uki.sh" build --linux="$SCRATCH/kernel" --initrd="$SCRATCH/initrd" --uname="$1" --cmdline='root=/dev/vda1 rw' \
        --os-release=$'ID=arch\nPRETTY_NAME="Arch Linux"\nBUILD_ID=rolling' --output="$2" >"$SCRATCH/ukify" 2>&1 || sed 's/^/# /' "$SCRATCH/ukify"
}
installs_uki() { # RELEASE FILE
    local tree=$root/usr/lib/modules/$1
    mkdir -p "$tree/kernel"
    echo linux >"$tree/pkgbase"
    kernel "$1" "$tree/vmlinuz"
    uki "$1" "$2"
}
default() {
    run list --json --root "$root" --machine "$place"
    json '.targets[] | select(.default) | .entry'
}

for name in linux 0123456789abcdef0123456789abcdef; do
    machine "$name"
    esp=$root/efi/EFI/Linux
    mkdir -p "$esp" "$root/efi/loader" "$root/efi/EFI/systemd"
    rm -r "$root/boot/loader"
    installs_uki 6.12.1-arch1-1 "$esp/$name-6.12.1-arch1-1.efi"
    runs 6.12.1-arch1-1 none
    echo 'root=/dev/vda1 rw' >"$place/proc/cmdline"
    kg booted
    pre 6.12.1-arch1-1
    is "$(ls "$esp")" "$name-6.12.1-arch1-1.efi"$'\n'"$name-arch-old.efi" "$name: the kept one has a name that is behind every release"
    rm -r "$esp/$name-6.12.1-arch1-1.efi" "$root/usr/lib/modules/6.12.1-arch1-1"
    installs_uki 6.11.9-arch1-1 "$esp/$name-6.11.9-arch1-1.efi"
    kg hook post
    is "$(default)" "$name-6.11.9-arch1-1.efi" "$name: after a downgrade the installed one starts"
    kg restore 6.12.1-arch1-1
    is "$status:$(default)" "0:$name-6.12.1-arch1-1.efi" "$name: what is restored does"
done

# Elsewhere than in EFI/Linux an entry names the image, and its kept one has an entry like that.
for key in efi uki; do
    machine "$key"
    esp=$root/efi/images
    mkdir -p "$esp" "$root/efi/loader/entries" "$root/efi/EFI/systemd"
    rm -r "$root/boot/loader"
    printf '%s\n' 'title Arch' "$key /images/arch.efi" >"$root/efi/loader/entries/arch.conf"
    installs_uki 6.12.1-arch1-1 "$esp/arch.efi"
    runs 6.12.1-arch1-1 none
    echo 'root=/dev/vda1 rw' >"$place/proc/cmdline"
    kg booted
    pre 6.12.1-arch1-1
    rm "$esp/arch.efi"
    installs_uki 6.13.1-arch1-1 "$esp/arch.efi"
    kg hook post
    is "$said:$(ls "$esp" | paste -sd' ')" ":arch-old.efi arch.efi" "$key: the kept image lies beside the one that an entry names"
    is "$(tail -n 3 "$root/efi/loader/entries/arch-kernel-guard.conf")" \
        "title Arch (previous kernel, 6.12.1-arch1-1)"$'\n'"$key /images/arch-old.efi"$'\n'"version 6.12.1-arch1-1" "$key: with an entry like that"
    is "$(default)" arch.conf "$key: which is not the default"
done

# Started by the firmware, as far as is known.
rm -r "$root/efi/loader" "$root/efi/EFI/systemd"
mkdir -p "$root/etc/mkinitcpio.d" "$esp/arch.efi.extra.d"
printf '%s\n' 'ALL_kver="/boot/vmlinuz-linux"' "PRESETS=('default')" 'default_uki="/efi/images/arch.efi"' >"$root/etc/mkinitcpio.d/linux.preset"
kg entries
is "$status:$out" "0:note: /efi/images/arch-old.efi starts without the addons in /efi/images/arch.efi.extra.d: if it needs them, copy them to \
/efi/images/arch-old.efi.extra.d"$'\n'"note: no entry of a known boot loader starts the kept kernel 6.12.1-arch1-1: give yours one for \
/efi/images/arch-old.efi, or choose it there by hand" "without a known loader it is said what to start by hand"

done_testing
