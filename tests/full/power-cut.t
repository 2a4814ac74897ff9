#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power fails while kernel-guard writes entries for systemd-boot and GRUB on a FAT disk: every state that the disk may be
# left in has the original entry and its kernel, and ours old or new; it boots, and kernel-guard goes on from there. A real
# kernel writes the disk; QEMU records each write and flush. KG_SEED chooses the samples.
# shellcheck source=tests/full/plain.sh
. "$(dirname "$0")/plain.sh"
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/firmware.sh
. "$TESTS/vm/firmware.sh"
# shellcheck source=tests/vm/power-cut.sh
. "$TESTS/vm/power-cut.sh"

seed=${KG_SEED:-6}
RANDOM=$seed
kills=5
new=$(vm_release 6.12)
printf '# KG_SEED=%s\n' "$seed"
esp=$SCRATCH/esp disk=$SCRATCH/disk image=$SCRATCH/image keep=$SCRATCH/keep
mkdir "$esp" "$keep"
# As it was when the power failed, before anything was there.
journal='{"schema":1,"paths":["/boot/loader/entries/arch-kernel-guard.conf","/boot/grub/custom.cfg"],'
journal+='"created":["/boot/loader/entries/arch-kernel-guard.conf","/boot/grub/custom.cfg"]}'
power_cut_boot "$esp" && power_cut_disk "$esp" "$disk" && power_cut_guest "$KG" "$image" "$journal" || exit 1

guest() { # NAME STAGE DISK...
    local name=$1 stage=$2 drives=()
    shift 2
    for name in "$@"; do
        power_cut_drive "$name"
        drives+=("${power_cut_drive[@]}")
    done
    vm_boot "$SCRATCH/$stage" "$(vm_kernel 6.12)" "$image" "stage=$stage" "${drives[@]}"
}
complaints() { python3 "$TESTS/vm/power-cut.py" complaints "$1"; }
# taken_from ESP FILE...: the digests of what lies there.
taken_from() {
    rm -rf "$SCRATCH/taken" && mkdir "$SCRATCH/taken" && mcopy -n -i "$1" "${@:2}" "$SCRATCH/taken" || return
    (cd "$SCRATCH/taken" && sha256sum -- *)
}
untouched=(::/loader/entries/arch.conf ::/grub/grub.cfg ::/loader/loader.conf ::/vmlinuz-linux ::/vmlinuz-linux.old
    ::/initramfs-linux.img ::/initramfs-linux.old.img)

# Every write is recorded.
cp --sparse=always "$disk" "$SCRATCH/recorded"
power_cut_drive "$SCRATCH/recorded" "$SCRATCH/log"
vm_boot "$SCRATCH/write" "$(vm_kernel 6.12)" "$image" stage=write "${power_cut_drive[@]}"
ok $? "entries are written, refreshed and removed on FAT"
done_to='(wrote|removed) /boot/'
is "$(vm_results "$SCRATCH/write" |
    grep -cxE "entries 0 ${done_to}loader/entries/arch-kernel-guard.conf;${done_to}grub/custom.cfg;")" 15 "each time by kernel-guard"
is "$(vm_results "$SCRATCH/write" | grep -E '^lost|^entries [1-9]')" "" "and no step fails"
cp --sparse=always "$disk.esp" "$SCRATCH/replayed"
python3 "$TESTS/vm/power-cut.py" replay "$SCRATCH/log" "$SCRATCH/replayed" "$POWER_CUT_START" "$seed" "$keep" >"$SCRATCH/replay"
ok $? "the record is replayed"
sed 's/^\(#\|\) */# /' "$SCRATCH/replay" | cut -c1-300
is "$(grep -E '^[0-9] ' "$SCRATCH/replay" | cut -d: -f1 | xargs)" \
    "$(for round in 1 2 3 4 5; do echo "$round first $round refresh $round removal"; done | xargs)" "each operation has states"
# The sizes tell that it was what its name says: nothing to something, something else, and away.
is "$(sed -nE 's/^[12] ([a-z]+): .*conf:([^>]+)>(\S+) .*:([^>]+)>(\S+)$/\1 \2 \3 \4 \5/p' "$SCRATCH/replay" |
    sed -E 's/\b[23][0-9]{2}\b/short/g; s/\b[0-9]{4}\b/long/g' | sort | uniq -c | xargs)" \
    "2 first none short none short 2 refresh short long short long 2 removal long none long none" "first, refreshed, removed"
states=$(sed -nE 's/^all: states=([0-9]+) .*/\1/p' "$SCRATCH/replay")
[ "$states" -gt 500 ]
ok $? "there are hundreds of states ($states)"
like "$(tail -n 1 "$SCRATCH/replay")" "^all: states=[0-9]+ failed=0 empty=[1-9]" \
    "in each of them fsck finds nothing that matters, and all files are old or new"
cmp -s "$SCRATCH/replayed" <(tail -c +$((POWER_CUT_START * 512 + 1)) "$SCRATCH/recorded" | head -c "$(stat -c %s "$disk.esp")")
ok $? "what is replayed is the disk that the guest has left"

# QEMU is killed while a guest refreshes the entries again and again.
root=$SCRATCH/root
power_cut_root "$root" && cp -r "$esp/." "$root/boot"
run entries --root "$root"
expected=$(cat "$root/boot/loader/entries/arch-kernel-guard.conf" "$root/boot/grub/custom.cfg")
for ((kill = 1; kill <= kills; kill++)); do
    cp --sparse=always "$disk" "$SCRATCH/killed"
    power_cut_drive "$SCRATCH/killed"
    rounds=$((2 + RANDOM % 5)) delay=$((RANDOM % 1000))
    vm_start "$SCRATCH/loop" "$(vm_kernel 6.12)" "$image" stage=loop "${power_cut_drive[@]}"
    vm_until "$SCRATCH/loop" "^loop $rounds\$"
    ok $? "kill $kill: in round $rounds, after $delay ms"
    sleep "0.$(printf %03d "$delay")"
    vm_stop "$SCRATCH/loop"
    is "$(vm_results "$SCRATCH/loop" | grep -E '^lost|^entries [1-9]')" "" "kill $kill: until then no step has failed"
    killed=$keep/killed$kill.img
    dd if="$SCRATCH/killed" of="$killed" bs=1M skip="$((POWER_CUT_START / 2048))" count="$(($(stat -c %s "$disk.esp") >> 20))" \
        conv=sparse status=none
    is "$(complaints "$killed")" "" "kill $kill: fsck finds nothing that matters"
    is "$(taken_from "$killed" "${untouched[@]}")" "$(taken_from "$disk.esp" "${untouched[@]}")" \
        "kill $kill: the original entry and its files are whole"
    ours=$(for file in loader/entries/arch-kernel-guard.conf grub/custom.cfg; do mtype -i "$killed" "::/$file"; done)
    is "$(sed -E 's/kg\.try=loop[0-9]+-x* /kg.try=0 /' <<<"$ours")" "$expected" "kill $kill: ours are whole"
    is "$(grep -oE 'kg\.try=\S+' <<<"$ours" | while IFS=-= read -r _ round long; do
        if [ "$round" != 0 ] && [ "${#long}" -ne $((${round#loop} % 3 * 500)) ]; then echo "$round: ${#long}"; fi
    done)" "" "kill $kill: and none is cut off"
done

# Some of these states are booted as they are.
boots() { # NAME IMAGE
    power_cut_whole "$2" "$SCRATCH/boots" && firmware_boot boot "$SCRATCH/boots"
    is "${booted%% options:*}" "BOOTED $new new-image" "$1: the default boots"
}
boots "an entry that is empty" "$keep/empty.img"
for sample in $((RANDOM % 12)) $((RANDOM % 12)); do
    boots "sample $sample ($(sed -n "s/^kept $sample.img: //p" "$SCRATCH/replay"))" "$keep/$sample.img"
done
boots "killed" "$keep/killed$((1 + RANDOM % kills)).img"

# And kernel-guard goes on with them.
guest repair repair "$keep"/*.img
ok $? "kernel-guard is run again on each"
is "$(vm_results "$SCRATCH/repair" | grep -c ^disk)" "$(find "$keep" -name '*.img' | wc -l)" "on all of them"
is "$(vm_results "$SCRATCH/repair" | grep ^entries | grep -v '^entries 0 ')" "" "it never fails"
is "$(vm_results "$SCRATCH/repair" | grep ^entries | awk 'NR % 2 == 0' | sort -u)" \
    "entries 0 the fallback entries are as they should be;" "and then all is as it should be"
is "$(tr -d '\r' <"$SCRATCH/repair/console" | grep -iE 'FAT-fs.*(error|read-only)')" "" "the kernel finds no error on them"
for image in "$keep"/*.img; do
    name=$(basename "$image")
    is "$(complaints "$image")" "" "$name, gone on with: fsck finds nothing that matters"
    rm -rf "$root" && power_cut_root "$root" && mcopy -s -n -i "$image" :: "$root/boot/" 2>/dev/null
    run entries --root "$root"
    is "$status:$out" "0:the fallback entries are as they should be" "$name, gone on with: ours are what they should be"
    is "$(find "$root/boot" -name '.*kg-new' -o -empty -name '*guard*')" "" "$name, gone on with: nothing is left beside them"
    is "$("$KG" list --json --root "$root" | jq -r '.targets[] | select(.default) | .release' | sort -u)" "$new" \
        "$name, gone on with: the default is what it was"
done

done_testing
