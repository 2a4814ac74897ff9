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
    "2 false wrote /boot/initramfs-linux.old.img, wrote /boot/vmlinuz-linux.old" "keep --dry-run tells its changes in JSON"
is "$(beside)" "*.old*" "and makes none"
like "$(json '.warnings[]')" "^no boot entry starts the kernel that runs, 6\.1\.0-old" "and what it would say"
kg restore --json --dry-run
is "$status $(json '"\(.done) \(.changes | join(", "))"')" \
    "0 false wrote /boot/initramfs-linux.img, wrote /boot/vmlinuz-linux" "restore --dry-run does too"
like "$(json '.hints[]')" "^the kept files and their entries are then brought in line with that" "and what comes with it"
kg restore --dry-run
like "$out" "note: the kept files and their entries are then brought in line with that, as 'kernel-guard keep' does" "for people too"
for phase in pre post; do
    kg hook "$phase" --dry-run
    like "$out" "written: /boot/vmlinuz-linux.old" "hook $phase --dry-run shows its plan"
    is "$(beside) $(ls "$root/var/lib/kernel-guard" | paste -sd' ')" "*.old* lock sets verdict.json" "and makes none of it"
done
rm "$root/var/lib/kernel-guard/verdict.json"
kg hook post --json
is "$(json '"\(.schema) \(.targets[0].entry)"')" "1 linux.conf" "hook post takes --json"
kg skip-once
for verdict in unknown safe; do
    kg hook pre --json
    is "$status $(json .verdict)" "0 $verdict" "hook pre too: $verdict"
done
rm "$root"/boot/*.old* "$root/boot/loader/entries/linux-kernel-guard.conf"

# What cannot be read is missing from the list, and it says so.
cp "$root/boot/loader/entries/linux.conf" "$SCRATCH/linux.conf"
head -c 100 /dev/zero >"$root/boot/loader/entries/linux.conf"
kg list
like "$status:$out" "^2:.*warning: /boot/loader/entries/linux.conf: holds a NUL byte" "list names an entry that it cannot read"
cp "$SCRATCH/linux.conf" "$root/boot/loader/entries/linux.conf"
set=$(echo "$root"/var/lib/kernel-guard/sets/6.1.0-old-*)
cp -a "$set" "$SCRATCH/set"
echo '{' >"$set/set.json"
kg list --json
like "$status:$(json '.warnings[]')" "^2:.*${set##*/}" "and a kept set"
kg restore 6.1.0-old
like "$status:$out" "^2:warning: a kept set is damaged, and lies in .*\.damaged now" "restore tells that it sets it aside"
like "$err" "6\.1\.0-old: no such kernel is kept" "and that there is no other"
rm -r "$set.damaged"
cp -a "$SCRATCH/set" "$set"
truncate -s 100 "$set"/1-*
kg list
is "$(grep -A1 '^Linux 6.1.0-old' <<<"$out")" "Linux 6.1.0-old
    kept    no more: files of it are missing, or damaged" "list offers no kernel whose files are damaged"
kg restore 6.1.0-old
like "$status:$err" "^2:kernel-guard: 6\.1\.0-old: cannot be restored: a file in /var/lib/kernel-guard/sets/${set##*/} is missing, or has another size" "nor does restore, and it says why"
kg restore
like "$status:$err" "^2:kernel-guard: 6\.1\.0-old: cannot be restored" "without a name too"
rm -r "$set"
cp -a "$SCRATCH/set" "$set"

# A rebuild is a set of its own, of the same release.
installs 6.1.0-old linux 1 2
runs 6.1.0-old linux
kg booted --dry-run
is "$status:$(grep -m 1 kept <<<"$out"):$(sets | wc -w)" "0:dry run: kept 6.1.0-old, which runs:1" "booted --dry-run tells what it would keep"
kg booted
installs 6.2.0-new linux 1 1
rm -f "$root"/boot/*.old* "$root"/boot/loader/entries/*kernel-guard*
kg list
is "$(grep restore <<<"$out" | sort)" "$(sets | tr ' ' '\n' | sed 's/^/    default kernel-guard restore /' | sort)" "two sets of one release are told by their IDs"
for id in $(sets); do
    kg restore "$id"
    is "$(cmp "$root/boot/initramfs-linux.img" "$root/var/lib/kernel-guard/sets/$id"/1-*)" "" "and restored by them: $id"
done
installs 6.2.0-new linux 1 1

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
