#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an image has lost against the one before it, which a transaction's record or the image kept beside it tells.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

tree 6.12 tree
root=$SCRATCH/tree
img=/boot/initramfs-linux.img
echo '#!/bin/sh' >"$SCRATCH/program"
# mkinitcpio's hooks of its run time, and programs, wherever they lie.
whole() { image "$root" 6.12 --extra "hooks/encrypt=$SCRATCH/program" --extra "usr/sbin/cryptsetup=$SCRATCH/program" dm-mod "$@"; }
vanished() { json '[.targets[].findings[] | select(.id == "initramfs-content-vanished") | .severity + " " + .message] | join("\n")'; }
after() {
    run hook post --root "$root"
    hook_status=$status
    run status --root "$root" --json
}

# In a transaction.
whole
run hook pre --root "$root"
is "$(jq -r '.targets[0].files[0].contents | length' "$root/var/lib/kernel-guard/record.json")" 0 "of a kernel no contents are recorded"
is "$(jq -r '.targets[0].files[1].contents - (.targets[0].files[1].contents - ["bin/cryptsetup", "hooks/encrypt", "kg_zfs.ko",
    "dm_mod.ko", "ext4.ko"]) | join(" ")' "$root/var/lib/kernel-guard/record.json")" \
    "bin/cryptsetup dm_mod.ko ext4.ko hooks/encrypt kg_zfs.ko" "of an image its modules, programs and hooks are"
image "$root" 6.12
after
is "$hook_status:$(vanished)" "0:warning bin/cryptsetup, dm_mod.ko and hooks/encrypt were in $img before this transaction, and are not any more" \
    "what is lost is named, and the machine is safe"
after
is "$(vanished)" "" "the next transaction does not repeat it"

whole
run hook pre --root "$root"
whole
after
is "$hook_status:$(json '[.targets[].findings[]] | length')" "0:0" "an image written again has lost nothing"

# A program that has moved, and a module that is compressed otherwise.
run hook pre --root "$root"
image "$root" 6.12 --extra "hooks/encrypt=$SCRATCH/program" --extra "bin/cryptsetup=$SCRATCH/program" dm-mod
after
is "$(vanished)" "" "a program at another place is not lost"

# A required module that is lost is an error already.
whole
run hook pre --root "$root"
whole --omit kg_zfs
after
is "$hook_status:$(json '[.targets[].findings[].id] | unique | join(" ")')" "1:initramfs-module-missing" "a required module is told once"

# What the kernel does not have as a file any more is not lost.
whole
run hook pre --root "$root"
record=$root/var/lib/kernel-guard/record.json
jq '.targets[0].files[1].contents += ["kg_merged.ko", "tmpfs.ko"]' "$record" | replace "$record"
after
is "$(vanished)" "" "a module that is not there, or built in, is not lost"

# Damage.
whole
run hook pre --root "$root"
jq '.targets[0].files[1].contents = [1]' "$record" | replace "$record"
run hook post --root "$root"
is "$status" 0 "a damaged record does not make the machine unsafe"
like "$out$err" "record.json: has contents that are no names" "and is told"

# Beside the image, whichever way it is named.
for old in initramfs-linux.old.img initramfs-linux.img.old; do
    whole
    cp "$root$img" "$root/boot/$old"
    run check --json --root "$root"
    is "$status:$(vanished)" "0:" "$old: nothing is lost"
    whole --omit dm-mod
    run check --json --root "$root"
    is "$status:$(vanished)" "0:warning dm_mod.ko was in /boot/$old, and not in $img any more" "$old: it is named"
    head -c 10000 "$root$img" | replace "$root/boot/$old"
    run check --json --root "$root"
    is "$status:$(vanished)" "0:" "$old: a damaged one tells nothing"
    rm "$root/boot/$old"
done

# A long list.
whole
run hook pre --root "$root"
jq '.targets[0].files[1].contents += ["bin/" + (range(100; 140) | tostring)]' "$record" | replace "$record"
after
like "$(vanished)" "^warning bin/100, (bin/1[0-9]+, ){10}bin/111 and 28 more were in " "a long list is cut"

done_testing
