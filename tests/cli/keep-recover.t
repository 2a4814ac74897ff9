#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recovering when not all file systems are there yet, as at early boot: nothing of what is told by one that is mounted later is lost,
# and whoever comes then finishes it.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # It does not work under strace, nor where /proc is another one.

state=var/lib/kernel-guard
# All but what says nothing: names, and what files hold.
written() { (cd "$root" && find . ! -name lock \( -type f -exec sha256sum {} + -o -print \) | sort | sha256sum); }

# Killed when all copies lie on a /boot of its own, which is mounted late.
machine boot
mkdir "$SCRATCH/esp"
mount --bind "$SCRATCH/esp" "$root/boot" && mounted+=("$root/boot")
mkdir -p "$root/boot/loader/entries"
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
printf 'usr/lib/modules/6.1.0-old/vmlinuz\n' >"$SCRATCH/targets"
(strace -f -qq -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=1 -P "$root/boot" \
    "$KG" hook pre --root "$root" --machine "$place" <"$SCRATCH/targets" || true) >"$SCRATCH/said" 2>&1
staged() { (cd "$SCRATCH/esp" && find . -name '.*.kg-new' | sort | paste -sd' '); }
left="./.initramfs-linux.old.img.kg-new ./.vmlinuz-linux.old.kg-new"
is "$(staged)" "$left" "killed while copies are staged: they lie on the ESP"
umount "$root/boot"
runs 6.1.0-old linux
for n in first second; do
    kg recover
    is "$status:$out:$(ls "$root/$state/journal.json")" "0:there is nothing to recover:$root/$state/journal.json" \
        "before /boot is mounted the journal stays: the $n time"
done
mkdir -p "$root/boot/loader/entries"
kg keep
is "$([ -e "$root/$state/journal.json" ]; echo $?)" 0 "so it does for others"
rm -r "$root/boot/loader"
mount --bind "$SCRATCH/esp" "$root/boot"
before=$(written)
kg recover --dry-run
is "$status:$out:$(written)" "0:dry run: removed /boot/.initramfs-linux.old.img.kg-new
dry run: removed /boot/.vmlinuz-linux.old.kg-new
dry run: removed /$state/journal.json:$before" "a dry run shows what is cleared then, and clears nothing"
kg recover
is "$status:$out:$(staged)" "0:removed /boot/.initramfs-linux.old.img.kg-new
removed /boot/.vmlinuz-linux.old.kg-new
removed /$state/journal.json:" "when it is mounted they go"
kg recover
is "$status:$out" "0:there is nothing to recover" "once"

# A plan for another place must not take the journal of one that is not there.
printf '{"schema": 1, "paths": ["/boot/x"], "created": [], "mounts": ["/boot"]}' >"$root/$state/journal.json"
touch "$SCRATCH/esp/.x.kg-new"
umount "$root/boot"
mkdir -p "$root/boot/loader/entries"
kg hook pre
like "$status:$err" "^0:.*/boot is not mounted, where a change was interrupted: mount it" "nothing is placed before it is there, and it is said"
is "$(cat "$root/$state/journal.json")" '{"schema": 1, "paths": ["/boot/x"], "created": [], "mounts": ["/boot"]}' "the journal is not replaced"
rm -r "$root/boot/loader"
mount --bind "$SCRATCH/esp" "$root/boot"
kg booted
is "$status:$(staged)" "0:" "booted clears it, a minute later"

# What a power cut leaves of a new name on FAT.
: >"$root/boot/vmlinuz-linux.old"
pre 6.1.0-old
is "$status:$said:$(beside)" "0::initramfs-linux.old.img vmlinuz-linux.old" "an empty file of our name is ours"
is "$(cmp "$root/boot/vmlinuz-linux"{,.old} && entries)" "linux-kernel-guard.conf" "and is replaced, and has its entry"
umount "$root/boot"

# A damaged journal and set, and what was being made.
machine left
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
echo '{' >"$root/$state/journal.json"
mkdir "$root/$state/sets/6.1.0-old-half.new" "$root/usr/lib/modules/.kernel-guard/6.1.0-old.gone"
touch "$root/$state/.verdict.json.kg-new"
set=$(cd "$root/$state/sets" && ls -d 6.1.0-old-*[0-9a-f])
cp -r "$root/$state/sets/$set" "$root/$state/sets/6.1.0-old-damaged0"
echo '{' >"$root/$state/sets/6.1.0-old-damaged0/set.json"
everything() { (cd "$root" && find . -printf '%P %i %T@\n' | sort | sha256sum); }
before=$(everything)
kg recover --dry-run
is "$status:$out" "0:dry run: removed /$state/sets/6.1.0-old-half.new
dry run: removed /usr/lib/modules/.kernel-guard/6.1.0-old.gone
dry run: set aside /$state/sets/6.1.0-old-damaged0
dry run: removed /$state/.verdict.json.kg-new
dry run: set aside /$state/journal.json" "a dry run shows all that is cleared and set aside"
is "$(everything)" "$before" "and changes nothing, not even a time"
kg recover
like "$status:$out" "^2:.*removed /$state/sets/6.1.0-old-half.new" "and then it is done"
kg recover --dry-run --json
is "$status:$(json '[.done, .changes[]] | join(" ")')" "0:false" "when nothing is left"
kg skip-once --dry-run
is "$status:$out:$(ls "$root/$state/skip-once" 2>/dev/null)" \
    "0:dry run: the next transaction passes unguarded:" "skip-once says what it would arm"
kg skip-once --json
is "$status:$(json '"\(.schema) \(.done) \(.changes[])"'):$(ls "$root/$state/skip-once")" \
    "0:1 true the next transaction passes unguarded:$root/$state/skip-once" "and what it has armed, in JSON"
rm -r "${root:?}/$state"
kg recover --dry-run
is "$status:$out:$(ls "$root/var/lib")" "0::" "a dry run makes no state directory"
kg skip-once --dry-run
is "$status:$(ls "$root/var/lib")" "0:" "nor does that of skip-once"

# live SCRIPT: with the machine's root as ours, and the made machine's kernel as the one that runs.
live() {
    # shellcheck disable=SC2016  # the inner shell's own arguments
    unshare -m --propagation private bash -euc '
        cd "$1"
        mount --bind . .
        cd "$1"
        mkdir -p proc mnt
        mount -t proc proc proc
        for file in sys/kernel/osrelease sys/kernel/random/boot_id version cmdline stat; do
            mount --bind "$3/proc/$file" "proc/$file"
        done
        mount --bind / mnt
        loader=$(realpath "$(readelf -lW "$2" | sed -n "s/.*interpreter: \(.*\)\]/\1/p")")
        libraries=$(ldd "$2" | sed -n "s,.* => \(/.*\)/[^/]* (.*,/mnt\1,p" | sort -u | paste -sd:)
        recover() {
            local status=0 said
            said=$(chroot . "/mnt$loader" --library-path "$libraries" "/mnt$program" recover --machine host "${@:2}" 2>&1) || status=$?
            echo "$1: $status, $(ls usr/lib/modules/*-old/updates | wc -l), $said"
        }
        program=$2
        eval "$4"
    ' live "$root" "$(realpath "$KG")" "$place" "$1" </dev/null 2>&1
}

# The power is cut while pacman extracts the release that runs; /var is a file system of its own.
machine var
mkdir -p "$root/var/lib/pacman"
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
pre 6.1.0-old
touch "$root/var/lib/pacman/db.lck"
rm "$root/usr/lib/modules/6.1.0-old/updates/zfs.ko"
runs 6.1.0-old linux
mv "$root/var" "$SCRATCH/late-var"
mkdir "$root/var"
mounts="put the kept modules of 6.1.0-old in their place"
for seconds in 1600000000 4000000000; do
    echo "btime $seconds" >"$place/proc/stat"
    is "$(live "recover early; recover again; mount --bind '$SCRATCH/late-var' var
        recover shown --dry-run; recover late; recover twice")" "early: 0, 0, there is nothing to recover
again: 0, 0, there is nothing to recover
shown: 0, 0, dry run: $mounts
late: 0, 1, $mounts
twice: 0, 1, there is nothing to recover" "the kept tree is mounted when /var is, and by the clock was booted at $seconds"
done
is "$(find "$root/var" "$SCRATCH/late-var" -name record.json | wc -l)" 1 "the record is there until a transaction ends"
cat /proc/sys/kernel/random/uuid >"$place/proc/sys/kernel/random/boot_id"
jq --arg id "$(cat "$place/proc/sys/kernel/random/boot_id")" '.boot_id = $id' "$SCRATCH/late-var/lib/kernel-guard/record.json" >"$SCRATCH/record" &&
    cp "$SCRATCH/record" "$SCRATCH/late-var/lib/kernel-guard/record.json"
is "$(live "mount --bind '$SCRATCH/late-var' var; recover amid")" "amid: 0, 0, there is nothing to recover" "while pacman is at work it is not"

done_testing
