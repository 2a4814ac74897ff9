#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Firmware that a required module names: a warning where it is installed and the image holds none of it.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

tree 6.12 tree
root=$SCRATCH/tree
release=$(release_of 6.12)
named=$(modinfo -F firmware "$root/usr/lib/modules/$release"/kernel/drivers/net/ethernet/realtek/r8169.ko* | head -n 2)
one=${named%%$'\n'*} two=${named##*$'\n'}
[ -n "$one" ] && [ "$one" != "$two" ]
ok $? "r8169 names firmware ($one, $two)"
echo blob >"$SCRATCH/blob"

# state: the verdict, and what is missed.
state() {
    run check --json --root "$root"
    echo "$status:$(json '[.targets[].findings[] | select(.severity != "info") | .severity + " " + .id + ": " + .message] | join("\n")')"
}
missed="0:warning initramfs-firmware-missing: /boot/initramfs-linux.img holds no firmware for r8169, such as %s, which is installed;"

image "$root" 6.12 r8169
mkdir -p "$root/usr/lib/firmware/$(dirname "$one")"
cp "$SCRATCH/blob" "$root/usr/lib/firmware/$one"
is "$(state)" "0:" "of a module that nothing requires, firmware is not missed"

printf '%s\n' 'MODULES=(kg_zfs r8169)' | cat - <(sed '/^MODULES/d' "$root/etc/mkinitcpio.conf") | replace "$root/etc/mkinitcpio.conf"
# shellcheck disable=SC2059  # the format is ours
is "$(state)" "$(printf "$missed" "$one") the module is required by MODULES in /etc/mkinitcpio.conf" "of a required one it is"
rm "$root/usr/lib/firmware/$one"
is "$(state)" "0:" "what is not installed is not missed"
zstd -q "$SCRATCH/blob" -o "$root/usr/lib/firmware/$two.zst"
# shellcheck disable=SC2059
is "$(state)" "$(printf "$missed" "$two") the module is required by MODULES in /etc/mkinitcpio.conf" "compressed, it is installed too"

image "$root" 6.12 --extra "usr/lib/firmware/$one.xz=$SCRATCH/blob" r8169
is "$(state)" "0:" "one of them is enough"
image "$root" 6.12 --extra "lib/firmware/$two=$SCRATCH/blob" r8169
is "$(state)" "0:" "also where /lib is no link"
image "$root" 6.12 --extra "usr/lib/firmware/other.bin=$SCRATCH/blob" r8169
like "$(state)" "^0:warning initramfs-firmware-missing" "another is not"

done_testing
