# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that runs a kernel, on top of bed.sh: made, by files that are mounted over those of /proc. To be sourced.

version_of() { # FILE: the version string of a kernel image
    local offset
    offset=$(od -An -t u2 -j 526 -N 2 "$1" | tr -d ' ')
    tail -c +$((offset + 512 + 1)) "$1" | head -c 512 | tr '\0' '\n' | head -n 1
}

# shellcheck disable=SC2034,SC2154  # for the tests
# starts IMAGE INITRD: the machine has just been started with these, which lie in /boot. Leaves in $recovered what was said.
starts() {
    local version place=$BED/run/machine
    sed -n 's,^[^ ]* \(/usr/lib/modules/[^ ]*\) .*,\1,p' "/proc/$BED_PID/mounts" | while read -r mounted; do
        sandbox_run umount "$mounted"
    done
    version=$(version_of "$BED/boot/$1")
    mkdir -p "$place"
    echo "${version%% *}" >"$place/osrelease"
    echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$place/version"
    echo "initrd=\\$2 root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw" >"$place/cmdline"
    sleep 1.1
    echo "btime $(date +%s)" >"$place/stat"
    bed sh -c 'for file in sys/kernel/osrelease version cmdline stat; do
        mountpoint -q "/proc/$file" || mount --bind "/run/machine/${file##*/}" "/proc/$file"
    done'
    bed kernel-guard recover
    is "$status" "0" "boot of $1: what was interrupted is recovered"
    recovered=$out
}

# boots IMAGE INITRD: and it has come up.
boots() {
    starts "$1" "$2"
    bed kernel-guard booted
    is "$status" "0" "boot of $1: it has booted"
}

sum() { sha256sum <"$BED/$1" | cut -d' ' -f1; }
pair() { echo "$(sum "boot/vmlinuz-$1") $(sum "boot/initramfs-$1.img")"; }
kept_pair() { echo "$(sum "boot/vmlinuz-$1.old") $(sum "boot/initramfs-$1.old.img")"; }

# What is kept of a module tree.
tree() {
    (cd "$BED/usr/lib/modules/$1" &&
        find . -type f ! -path ./vmlinuz ! -path ./pkgbase ! -path './build/*' -exec sha256sum {} + | sort | sha256sum)
}

# kept_tree RELEASE: the name of the tree of the set of this release that booted last.
kept_tree() {
    jq -rs --arg release "$1" 'map(select(.release == $release)) | max_by(.boot) | .tree' \
        "$BED"/var/lib/kernel-guard/sets/*/set.json
}
