#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is kept, and what keeping and restoring would do and have done, can be told at any time.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

kept() { json '[.sets[] | "\(.release) \(.pkgbase) \(.booted) \(.entry)"] | join(", ")'; }

machine told
installs 6.1.0-old linux 1 1
runs 6.1.0-old linux
kg list --json
is "$status $(kept)" "0 " "on a new machine nothing is kept"

# The guard was installed after the boot, and the next update comes before `booted`.
pre 6.1.0-old
is "$status:$said" "0:" "an update before anything is recorded: no word"
is "$(beside) $(entries)" "initramfs-linux.old.img vmlinuz-linux.old linux-kernel-guard.conf" "what runs is placed, with its entry"
installs 6.2.0-new linux 1 1
kg hook post
kg list --json
is "$(kept)" "6.1.0-old linux true linux-kernel-guard.conf" "list tells what is kept, and the entry that starts it"

rm "$root"/boot/*.old* "$root/boot/loader/entries/linux-kernel-guard.conf"
kg list --json
is "$(kept)" "6.1.0-old linux true null" "also where no entry starts it"
kg list
is "$(grep -A2 '^Linux 6.1.0-old' <<<"$out")" "Linux 6.1.0-old
    kept    in /var/lib/kernel-guard, without a boot entry
    default kernel-guard restore 6.1.0-old" "for people with the command that makes it the default"

kg keep --json --dry-run
is "$status $(json '"\(.done) \(.changes | join(", "))"')" \
    "0 false wrote /boot/initramfs-linux.old.img, wrote /boot/vmlinuz-linux.old" "keep --dry-run tells its changes in JSON"
is "$(beside)" "*.old*" "and makes none"
kg restore --json --dry-run
is "$status $(json '"\(.done) \(.changes | join(", "))"')" \
    "0 false wrote /boot/initramfs-linux.img, wrote /boot/vmlinuz-linux" "restore --dry-run does too"

# Another entry is the default, and its file cannot be replaced.
cp "$root/boot/vmlinuz-linux" "$root/boot/vmlinuz-other"
cp "$root/boot/initramfs-linux.img" "$root/boot/initramfs-other.img"
sed 's/-linux/-other/' "$root/boot/loader/entries/linux.conf" >"$root/boot/loader/entries/other.conf"
echo "default other.conf" >"$root/boot/loader/loader.conf"
mount --bind "$root/boot/loader/loader.conf" "$root/boot/loader/loader.conf" && mounted+=("$root/boot/loader/loader.conf")
kg restore
is "$status" 2 "where restore fails after the files are in place"
is "$(grep -m 1 -Fx "wrote /boot/vmlinuz-linux" <<<"$out")" "wrote /boot/vmlinuz-linux" "it tells what it has written"

done_testing
