#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keeping where there is little room: what is kept never takes what the update needs, the oldest goes first, and it is said. The
# file systems are small ones of this test's own; kernels are headers alone, for nothing here starts them.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

small_boot() { mkdir -p "$root/boot" && small "$root/boot" "$1" && mkdir -p "$root/boot/loader/entries"; } # MEGABYTES

# The module trees' file system has room for one new tree beside the old one, or has not.
for megabytes in 180 100; do
    machine "modules$megabytes"
    small "$root/usr/lib/modules" "$megabytes"
    installs 6.1.0-old linux 50 1
    boots 6.1.0-old linux
    pre 6.1.0-old
    is "$status $(beside)" "0 initramfs-linux.old.img vmlinuz-linux.old" "$megabytes MiB for modules: kernel and image lie beside the originals"
    # As pacman does it: the old tree goes, and then the new one comes.
    rm -r "$root/usr/lib/modules/6.1.0-old"
    installs 6.12.0-new linux 55 1 2>"$SCRATCH/errors"
    is "$(cat "$SCRATCH/errors")" "" "$megabytes MiB for modules: the new modules fit"
    if [ "$megabytes" = 180 ]; then
        is "$said" "" "180 MiB for modules: nothing is said"
        is "$(ls "$root/usr/lib/modules/.kernel-guard/6.1.0-old/kernel/fs")" ext4.ko "180 MiB for modules: the old ones are kept"
    else
        like "$said" "^warning: kernel-guard: there is no room for the old modules of 6.1.0-old beside the new ones: 8[0-9] MiB are needed, (49|50) MiB are free. Its kernel and initramfs are kept without them" \
            "100 MiB for modules: it is said what is given up"
        is "$(ls "$root/usr/lib/modules/.kernel-guard")" "" "100 MiB for modules: they are"
        is "$(jq -r .tree "$root"/var/lib/kernel-guard/sets/*/set.json)" null "100 MiB for modules: the set knows of it"
        kg check
        like "$out" "initramfs-linux.old.img|safe" "100 MiB for modules: the kept kernel is judged all the same"
    fi
done

# An older set goes before the tree of the last one does.
machine oldest
small "$root/usr/lib/modules" 180
installs 6.1.0-old linux 50 1
boots 6.1.0-old linux
pre 6.1.0-old
rm -r "$root/usr/lib/modules/6.1.0-old"
installs 6.12.0-new linux 50 1
kg hook post
boots 6.12.0-new linux
pre 6.12.0-new
like "$said" "^warning: kernel-guard: for want of room the kernel 6.1.0-old is not kept any more \(6.1.0-old-[0-9a-f]+\)$" "oldest first: it is said"
is "$status $(ls "$root/usr/lib/modules/.kernel-guard")" "0 6.12.0-new" "oldest first: the last one keeps its modules"
is "$(head -n 1 "$root/boot/initramfs-linux.old.img")" 6.12.0-new "oldest first: and lies beside the originals"
kg hook post
like "$(sets)" "^6.12.0-new-[0-9a-f]+$" "oldest first: in the end nothing is left of the other"

# Two kernels share a file system: what the one keeps must not take what the other's next image needs.
for megabytes in 70 46; do
    machine "two$megabytes"
    small_boot "$megabytes"
    installs 6.1.0-old linux 1 10
    installs 6.6.0-lts linux-lts 1 10
    boots 6.1.0-old linux
    boots 6.6.0-lts linux-lts
    pre 6.1.0-old 6.6.0-lts
    count=$(beside | wc -w)
    case $megabytes in
    70) is "$count:$said" "4:" "two kernels, 70 MiB: both are kept" ;;
    46) like "$count:$said" "^2:warning: kernel-guard: there is no room beside /boot/vmlinuz-linux to keep the kernel 6.1.0-old: [0-9]+ MiB are needed, [0-9]+ MiB are free$" "two kernels, $megabytes MiB: the one that booted last is kept" ;;
    esac
    # What the update writes, an image a quarter larger, fits.
    for name in linux linux-lts; do head -c 13000000 /dev/zero >"$root/boot/initramfs-$name.img" 2>"$SCRATCH/errors" || cat "$SCRATCH/errors"; done
    is "$(stat -c %s "$root"/boot/initramfs-linux{,-lts}.img | xargs)" "13000000 13000000" "two kernels, $megabytes MiB: the new images fit"
done

# The place is taken by an older kernel: the room is for one kept kernel, and the older one is there until the newer one can be.
kept() { head -n 1 "$root/boot/initramfs-linux.old.img"; }
machine taken
small_boot 11
old_and_new 4 4
pre 6.2.0-new
is "$status:$said:$(kept) $(entries)" "0::6.2.0-new linux-kernel-guard.conf" "no room for both: the newer one takes the place of the older"
installs 6.3.0-next linux 1 5
kg hook post
is "$(kept) $(head -n 1 "$root/boot/initramfs-linux.img") $(entries)" "6.2.0-new 6.3.0-next linux-kernel-guard.conf" "no room for both: and the next one fits beside it"
kg restore 6.2.0-new
is "$status:$(head -n 1 "$root/boot/initramfs-linux.img")" "0:6.2.0-new" "no room for both: it is restored in the place of what lies there"

# Restoring where there is too little room for all: nothing has changed then.
machine smaller
small_boot 12
old_and_new 4 4
rm "$root"/boot/{vmlinuz,initramfs}-linux.old* "$root"/boot/loader/entries/*kernel-guard*
installs 6.3.0-next linux 1 3
head -c 200000000 /dev/zero >"$root/boot/full" 2>/dev/null
before=$(cd "$root/boot" && sha256sum vmlinuz-linux initramfs-linux.img)
kg restore 6.1.0-old
like "$status:$err" "^2:kernel-guard: /boot/vmlinuz-linux: no room to restore 6.1.0-old: [0-9]+ MiB are needed beside what lies there, 0 MiB are free" "no room to restore: it is said"
is "$(cd "$root/boot" && sha256sum vmlinuz-linux initramfs-linux.img)" "$before" "no room to restore: nothing has changed"

machine larger
small_boot 20
old_and_new 4 9
pre 6.2.0-new
like "$said" "^warning: kernel-guard: there is no room beside /boot/vmlinuz-linux to keep the kernel 6.2.0-new: [0-9]+ MiB are needed, [0-9]+ MiB are free$" "no room for the newer one: it is said"
is "$status:$(kept) $(entries)" "0:6.1.0-old linux-kernel-guard.conf" "no room for the newer one: the older one stays"

# The only set that fits there stays, though an older one goes first elsewhere.
machine only
small "$root/usr/lib/modules" 170
small_boot 20
installs 6.1.0-old linux 50 4
boots 6.1.0-old linux
pre 6.1.0-old
rm -r "$root/usr/lib/modules/6.1.0-old"
installs 6.2.0-new linux 50 9
kg hook post
boots 6.2.0-new linux
pre 6.2.0-new
is "$status:$(kept) $(entries) $(ls "$root/usr/lib/modules/.kernel-guard")" "0:6.1.0-old linux-kernel-guard.conf 6.1.0-old" \
    "room for the older one only: it stays, with its modules"
like "$said" "^warning: kernel-guard: there is no room for the old modules of 6.2.0-new .*"$'\n'"warning: kernel-guard: there is no room beside /boot/vmlinuz-linux to keep the kernel 6.2.0-new: [^"$'\n'"]*$" \
    "room for the older one only: it is said"
rm -r "$root/usr/lib/modules/6.2.0-new"
installs 6.3.0-next linux 50 9 2>"$SCRATCH/errors"
is "$(cat "$SCRATCH/errors")" "" "room for the older one only: the new modules fit"
# Two that do not fit have booted since; none is wanted besides.
kg hook post
runs 6.3.0-next linux
kg booted
kg prune
is "$(kept) $(sets | tr ' ' '\n' | cut -c1-3 | xargs)" "6.1.0-old 6.1 6.2 6.3" "room for the older one only: it is not pruned"

# Nor does it go for what has booted now.
machine store
small "$root/var/lib" 84
small_boot 20
old_and_new 4 9
installs 6.3.0-next linux 1 9
runs 6.3.0-next linux
kg booted
like "$status:$out" "2:warning: /var/lib/kernel-guard: no room to keep the kernel 6.3.0-next: " "no room for another set: it is said"
is "$(kept) $(entries) $(sets | tr ' ' '\n' | cut -c1-3 | xargs)" "6.1.0-old linux-kernel-guard.conf 6.1 6.2" "no room for another set: the one that fits beside the originals stays"

# Nothing is given up where that cannot be enough: of what the update takes away somebody else has links.
machine links
small "$root/usr/lib/modules" 70
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
pre 6.1.0-old
rm -r "$root/usr/lib/modules/6.1.0-old"
installs 6.2.0-new linux 50 1
kg hook post
boots 6.2.0-new linux
cp -al "$root/usr/lib/modules/6.2.0-new" "$root/usr/lib/modules/.snapshot"
pre 6.2.0-new
like "$status:$said" "^0:warning: kernel-guard: /usr/lib/modules: there is no room for the update beside the old modules, and would be none without what is kept: 8[0-9] MiB are needed, 1[0-9] MiB are free$" \
    "nothing would be enough: it is said"
is "$(ls "$root/usr/lib/modules/.kernel-guard" | xargs) $(sets | wc -w)" "6.1.0-old 6.2.0-new 2" "nothing would be enough: and nothing is given up"

# But it is where that is enough: modules rebuilt for the release that goes are kept beside the first ones, and share their files.
machine rebuilt
small "$root/usr/lib/modules" 70
installs 6.1.0-old linux 50 1
boots 6.1.0-old linux
echo rebuilt | replace "$root/usr/lib/modules/6.1.0-old/updates/zfs.ko"
echo rebuilt >>"$root/boot/initramfs-linux.img"
runs 6.1.0-old linux
kg booted
is "$(ls "$root/usr/lib/modules/.kernel-guard" | wc -w) $(stat -c %h "$root/usr/lib/modules/6.1.0-old/kernel/fs/ext4.ko")" "2 3" "rebuilt: both are kept"
pre 6.1.0-old
like "$said" "^warning: kernel-guard: there is no room for the old modules of 6.1.0-old" "rebuilt: it is said that their modules are given up"
rm -r "$root/usr/lib/modules/6.1.0-old"
installs 6.2.0-new linux 55 1 2>"$SCRATCH/errors"
is "$(cat "$SCRATCH/errors")" "" "rebuilt: the new modules fit"

# What stands in the way is not writing's to lose: the disk fails while the newer one is copied.
machine failing
small_boot 40
old_and_new 4 4
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$SCRATCH/trace" -P "$root/boot/.initramfs-linux.old.img.kg-new" -e signal=none \
    -e inject=fsync:error=EIO "$KG" hook pre --root "$root" --machine "$place" </dev/null >"$SCRATCH/said" 2>&1
like "$(cat "$SCRATCH/said")" "/boot/initramfs-linux.old.img: Input/output error" "the disk fails: it is said"
is "$(kept) $(entries) $(sha256sum <"$root/boot/vmlinuz-linux.old")" "6.1.0-old linux-kernel-guard.conf $(sha256sum <"$root"/var/lib/kernel-guard/sets/6.1.0-old-*/0-vmlinuz-linux)" \
    "the disk fails: the older one still boots"
is "$(find "$root/boot" -name '*.kg-new')" "" "the disk fails: nothing is left of it"

# A set that was set aside keeps its own tree, and no other.
machine aside
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
mv "$root"/var/lib/kernel-guard/sets/6.1.0-old-* "$root/var/lib/kernel-guard/sets/6.1.0-old-000000000000.damaged"
for next in 2 3 4; do
    installs "6.$next.0-new" linux 1 1
    runs "6.$next.0-new" linux
    kg booted
done
pre 6.4.0-new
kg hook post
kg prune
is "$(ls "$root/usr/lib/modules/.kernel-guard" | xargs)" "6.1.0-old 6.3.0-new 6.4.0-new" "set aside: its modules stay, and those of others go"

# Restoring needs no room for what was never seen to boot.
machine full
small "$root/var/lib" 90
installs 6.1.0-old linux 1 10
boots 6.1.0-old linux
pre 6.1.0-old
installs 7.0.0-bad linux 1 10
kg hook post
head -c 200000000 /dev/zero >"$root/var/lib/full" 2>/dev/null
kg restore 6.1.0-old
like "$status:$out$err" "^2:warning: /boot/vmlinuz-linux, which is replaced, cannot be restored again: .*No space left on device" "no room in /var: it is said"
like "$out" "6.1.0-old boots by default now" "no room in /var: it is restored all the same"
is "$(head -n 1 "$root/boot/initramfs-linux.img")" 6.1.0-old "no room in /var: and lies where it boots"

# Nor does what is stored of it take the room that the restored files need, where both lie on one file system.
for fallback in yes no; do
    root=$SCRATCH/one-$fallback
    small "$root" 140
    machine "one-$fallback"
    installs 6.1.0-old linux 1 13
    boots 6.1.0-old linux
    pre 6.1.0-old
    installs 7.0.0-bad linux 1 12
    kg hook post
    free=12
    [ "$fallback" = yes ] || {
        rm "$root"/boot/*.old* "$root"/boot/loader/entries/*kernel-guard*
        free=16
    }
    head -c $((($(stat -f -c '%a * %S' "$root") >> 20) - free << 20)) /dev/zero >"$root/filler"
    kg restore 6.1.0-old
    like "$status:$out" "^2:warning: 7\.0\.0-bad, which is replaced, cannot be restored again: there is no room to keep it"$'\n'".*6\.1\.0-old boots by default now$" \
        "one file system, with an entry of its own $fallback: it is said"
    is "$(head -n 1 "$root/boot/initramfs-linux.img" | tr -d '\0') $(cmp "$root"/boot/vmlinuz-linux "$root"/var/lib/kernel-guard/sets/6.1.0-old-*/0-*)" "6.1.0-old " \
        "one file system, with an entry of its own $fallback: it is restored"
    like "$(sets)" "^6\.1\.0-old-[0-9a-f]+$" "one file system, with an entry of its own $fallback: the other one is not kept"
done

# No room to store at all: nothing is begun, and what runs is not called kept.
machine state
small "$root/var/lib" 70
installs 6.1.0-old linux 1 10
runs 6.1.0-old linux
kg booted
like "$status:$out" "2:warning: /var/lib/kernel-guard: no room to keep the kernel 6.1.0-old: 75 MiB are needed, (69|70) MiB are free" "no room for sets: it is said"
is "$(ls "$root/var/lib/kernel-guard")" lock "no room for sets: nothing is begun"
pre 6.1.0-old
is "$status" 0 "no room for sets: no update is refused for it"

done_testing
