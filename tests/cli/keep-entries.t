#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several entries start one kernel, each with an image of its own: what has booted is the one with that image, its kept files never
# mix with those of another set, and it is the default again when it is restored.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

# The fallback image of a kernel, with its entry.
installs_fallback() { # RELEASE PKGBASE
    { echo "fallback of $1" && head -c 1000000 /dev/zero; } >"$root/boot/initramfs-$2-fallback.img"
    sed "s/initramfs-$2/&-fallback/" "$root/boot/loader/entries/$2.conf" >"$root/boot/loader/entries/$2-fallback.conf"
}
# It runs, started by that entry.
boots_fallback() { # RELEASE PKGBASE
    runs "$1" "$2-fallback"
    kg booted
    is "$status:$out" "0:kept $1, which runs" "$1 boots by its fallback entry, and is kept"
}
entry() { awk -v key="$2" '$1 == key { print $2 }' "$root/boot/loader/entries/$1"; } # ENTRY KEY
# pair ENTRY: of which releases kernel and image are that it starts.
pair() {
    local kernel image
    kernel=$(entry "$1" linux) image=$(entry "$1" initrd)
    printf '%s %s\n' "$(strings -n 4 "$root/boot$kernel" 2>/dev/null | grep -o -m 1 '^[67]\.[0-9]*\.[0-9]-[a-z]*')" \
        "$(head -n 1 "$root/boot$image" 2>/dev/null | tr -d '\0')"
}
default() {
    run list --json --root "$root" --machine "$place"
    jq -r '.targets[] | select(.default) | .entry' <"$SCRATCH/out"
}

machine fallback
echo "default linux.conf" >"$root/boot/loader/loader.conf"
installs 6.1.0-old linux 1 1
installs_fallback 6.1.0-old linux
boots 6.1.0-old linux
pre 6.1.0-old
installs 6.2.0-new linux 1 1
installs_fallback 6.2.0-new linux
kg hook post
is "$(pair linux-kernel-guard.conf)" "6.1.0-old 6.1.0-old" "the kept one lies beside the new one"
boots_fallback 6.2.0-new linux
is "$(pair linux-kernel-guard.conf)" "6.1.0-old 6.1.0-old" "and stays when the new one boots by another entry"
is "$(entries) $(beside)" "linux-kernel-guard.conf initramfs-linux.old.img vmlinuz-linux.old" "with nothing else beside it"
pre 6.2.0-new
is "$said" "" "it is kept before the next update"
is "$(entries)" "linux-fallback-kernel-guard.conf" "with the entry of the image that it has booted with"
is "$(pair linux-fallback-kernel-guard.conf)" "6.2.0-new fallback of 6.2.0-new" "and that image"
is "$(beside)" "initramfs-linux-fallback.old.img vmlinuz-linux.old" "nothing of the older one lies beside it"
installs 7.0.0-bad linux 1 1
installs_fallback 7.0.0-bad linux
kg hook post
is "$(pair linux-fallback-kernel-guard.conf)" "6.2.0-new fallback of 6.2.0-new" "after the update it is there"
is "$(default)" linux.conf "the new one is the default"
kg restore 6.2.0-new
is "$status:$(grep -c '^6.2.0-new boots by default now$' <<<"$out")" 0:1 "it is restored"
is "$(default) $(pair "$(default)")" "linux-fallback.conf 6.2.0-new fallback of 6.2.0-new" "the default is the entry that starts it"
kg restore 6.1.0-old
is "$status:$(default) $(pair "$(default)")" "0:linux.conf 6.1.0-old 6.1.0-old" "and the other one again when the older one is restored"

# Somebody has made the kept entry the default.
machine chosen
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
pre 6.1.0-old
installs 6.2.0-new linux 1 1
kg hook post
boots 6.2.0-new linux
pre 6.2.0-new
installs 7.0.0-bad linux 1 1
kg hook post
echo "default linux-kernel-guard.conf" >"$root/boot/loader/loader.conf"
is "$(default) $(pair "$(default)")" "linux-kernel-guard.conf 6.2.0-new 6.2.0-new" "the kept entry is the default"
kg restore 6.2.0-new
is "$(default) $(pair "$(default)")" "linux.conf 6.2.0-new 6.2.0-new" "what is restored is the default, whatever was"
like "$out" "6.2.0-new boots by default now" "as it says"

# Of another kernel than the default's.
machine two
echo "default linux-lts.conf" >"$root/boot/loader/loader.conf"
installs 6.1.0-lts linux-lts 1 1
installs 6.2.0-old linux 1 1
boots 6.2.0-old linux
pre 6.2.0-old
installs 7.0.0-bad linux 1 1
kg hook post
is "$(default)" linux-lts.conf "another kernel is the default"
kg restore 6.2.0-old
is "$(default) $(pair "$(default)")" "linux.conf 6.2.0-old 6.2.0-old" "the one that is restored is it then"

done_testing
