#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While pacman is at work: what `hook pre` has placed stays, whoever runs kernel-guard meanwhile, until its own last hook; and who
# has to wait for another kernel-guard waits.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

placed() { printf '%s %s %s\n' "$(beside)" "$(entries)" "$(ls "$root/var/lib/kernel-guard/record.json" 2>/dev/null | wc -l)"; }
clock() { echo "btime $1" >"$place/proc/stat"; } # SECONDS: since then the machine runs, by its own clock
begins() {
    mkdir -p "$root/var/lib/pacman" && touch "$root/var/lib/pacman/db.lck"
    pre "$@"
}

machine work
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
begins 6.1.0-old
there="initramfs-linux.old.img vmlinuz-linux.old linux-kernel-guard.conf 1"
is "$(placed)" "$there" "it is placed before the transaction"
kg booted
is "$status:$(placed)" "0:$there" "and stays when what has booted is kept, a minute after the boot"
kg keep
is "$status:$(placed)" "0:$there" "or by hand"
kg prune
is "$status:$out:$(placed)" "2:warning: pacman is at work: nothing is removed before it has ended:$there" "prune waits, and says so"
kg restore 6.1.0-old
is "$(placed)" "$there" "and stays when something is restored"
KG_BY_HAND=yes kg hook post
is "$(placed)" "$there" "or somebody writes an image by hand"
for seconds in 1600000000 $(($(date +%s) + 600)); do
    clock "$seconds"
    kg prune
    is "$status:$(placed)" "2:$there" "and stays when the clock is set meanwhile: booted at $seconds"
done
cp "$root/var/lib/kernel-guard/record.json" "$SCRATCH/record.json"
for unknown in "del(.boot_id)" ".boot_id = null" ".boot_id = 5" '.boot_id = ""' ".schema = 2" ".trees = 1"; do
    jq "$unknown" "$SCRATCH/record.json" >"$root/var/lib/kernel-guard/record.json"
    kg prune
    is "$status:$(placed)" "2:$there" "a record that does not tell its boot may be of this one: $unknown"
done
cp "$SCRATCH/record.json" "$root/var/lib/kernel-guard/"
run prune --root "$root" --machine none
is "$status:$(placed)" "2:$there" "nor does a machine of which nothing is known"
runs 6.1.0-old linux
for seconds in 1600000000 4000000000; do
    clock "$seconds"
    kg prune
    is "$status:$out:$(beside)" "0:removed /boot/loader/entries/linux-kernel-guard.conf
removed /boot/vmlinuz-linux.old
removed /boot/initramfs-linux.old.img:*.old*" "a transaction of before this boot is at work no more, which by the clock was at $seconds"
    begins 6.1.0-old
    is "$(placed)" "$there" "the next one is, whatever the clock says"
    runs 6.1.0-old linux
done
begins 6.1.0-old
kg hook post
is "$(placed)" "*.old* *kernel-guard* 0" "its last hook takes what is not needed, and the record"

# Another one stores what has booted, on a slow disk.
machine waiting
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
flock "$root/var/lib/kernel-guard/lock" sleep 12 &
pre 6.1.0-old
is "$status:$said:$(beside)" "0::initramfs-linux.old.img vmlinuz-linux.old" "hook pre waits for it, and keeps"
wait

done_testing
