#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# While pacman is at work: what `hook pre` has placed stays, whoever runs kernel-guard meanwhile, until its own last hook; and who
# has to wait for another kernel-guard waits.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

placed() { printf '%s %s %s\n' "$(beside)" "$(entries)" "$(ls "$root/var/lib/kernel-guard/record.json" 2>/dev/null | wc -l)"; }
# pacman has its lock, and the record is one of this boot.
begins() {
    mkdir -p "$root/var/lib/pacman" && touch "$root/var/lib/pacman/db.lck"
    pre "$@"
    touch -d @4000000100 "$root/var/lib/kernel-guard/record.json"
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
touch -d @3000000000 "$root/var/lib/kernel-guard/record.json"
kg keep
is "$(beside)" "*.old*" "a transaction of before this boot is at work no more"
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
