#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel-install's layout, where each release has a directory and an entry of its own, and both go with it: the real kernel-install of
# this machine's systemd adds and removes. The running machine is made: the files of /proc that tell which kernel runs.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

old=$(release_of 6.1) new=$(release_of 6.12) token=6b672d67756172642d746f6b656e2d31
root=$SCRATCH/story boot=$SCRATCH/story/boot
# runs SERIES INITRD: it was started with this image, as the EFI stub has it.
runs() {
    local version
    machine=$SCRATCH/machine
    sleep 1.1 # The files are older than the boot, in whole seconds.
    mkdir -p "$machine/proc/sys/kernel" "$machine/sys"
    version=$(version_of "$(vmlinuz "$1")")
    release_of "$1" >"$machine/proc/sys/kernel/osrelease"
    echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$machine/proc/version"
    echo "initrd=${2//\//\\} root=/dev/vda1 rw" >"$machine/proc/cmdline"
    echo "btime $(date +%s)" >"$machine/proc/stat"
}
kg() { run "$@" --root "$root" --machine "$machine"; }
# Only what writes the entry: the other plugins look at this machine.
kernel_install() {
    KERNEL_INSTALL_CONF_ROOT=$root/etc/kernel KERNEL_INSTALL_PLUGINS=/usr/lib/kernel/install.d/90-loaderentry.install \
        kernel-install "$@" >"$SCRATCH/kernel-install" 2>&1 || { sed 's/^/# /' "$SCRATCH/kernel-install"; false; }
}
add() { # SERIES
    rm -rf "$root/usr/lib/modules/$(release_of "$1")"
    cp -al "$KG_CACHE/tree/$1/usr/lib/modules/$(release_of "$1")" "$root/usr/lib/modules/"
    cp "$KG_CACHE/tree/$1/boot/initramfs-linux.img" "$SCRATCH/initrd"
    kernel_install add "$(release_of "$1")" "$(vmlinuz "$1")" "$SCRATCH/initrd"
    ok $? "kernel-install adds $(release_of "$1")"
}
remove() { # SERIES: as pacman's hook and pacman do
    kernel_install remove "$(release_of "$1")"
    ok $? "kernel-install removes $(release_of "$1")"
    rm -rf "$root/usr/lib/modules/$(release_of "$1")"
}
sum() { sha256sum <"$1" | cut -d' ' -f1; }
pair() { echo "$(sum "$1/linux$2") $(sum "$1/initrd$2")"; }
entries() { (cd "$boot/loader/entries" && echo *); }
default() { kg list --json && json '[.targets[] | select(.default) | .release] | join(" ")'; }

"$TESTS/material/tree.sh" 6.12 >/dev/null
tree 6.1 story
rm -r "${root:?}"/boot "$root/etc/mkinitcpio.d"
# A partition of its own: kernel-install names files below it.
mkdir "$boot" && mount -t tmpfs tmpfs "$boot"
trap 'umount "$boot"; rm -rf --one-file-system "$SCRATCH"' EXIT
mkdir -p "$boot/loader/entries" "$boot/$token" "$root/etc/kernel"
printf '%s\n' layout=bls "BOOT_ROOT=$boot" "MACHINE_ID=$token" >"$root/etc/kernel/install.conf"
echo "$token" >"$root/etc/kernel/entry-token"
echo 'root=/dev/vda1 rw' >"$root/etc/kernel/cmdline"
add 6.1
runs 6.1 "/$token/$old/initrd"
booted=$(pair "$boot/$token/$old" '')
kg booted
is "$status:$out" "0:kept $old, which runs" "what has booted is kept"

kept=$boot/kernel-guard/$token/amd64
kg hook pre
is "$status:$err" "0:" "hook pre"
is "$(pair "$kept" .old)" "$booted" "kernel and image lie where kernel-install removes nothing"
is "$(entries)" "$token-$old.conf $token-kernel-guard.conf" "with an entry of their own"
remove 6.1
is "$(ls "$boot/$token" 2>/dev/null) $(entries)" " $token-kernel-guard.conf" "which is all that is there then"
like "$(cat "$boot/loader/entries/$token-kernel-guard.conf")" "linux +/kernel-guard/$token/amd64/linux.old.*initrd +/kernel-guard/$token/amd64/initrd.old" "and starts them"
is "$(default)" "$old" "so that the machine boots, if nothing more comes"
kg recover
is "$status $(pair "$kept" .old)" "0 $booted" "recover leaves it"
add 6.12
kg hook post
is "$status:$err" "0:" "hook post: the machine is safe"
is "$(entries)" "$token-$new.conf $token-kernel-guard.conf" "both have an entry"
is "$(default)" "$new" "the new kernel is the default"
kg list --json
is "$(json '.targets[] | "\(.release) \(.booted) \(.kept)"' | sort | paste -sd,)" "$old true true,$new false false" "the list tells what is kept"

# The kept one is booted: it is the same set, and not another one.
runs 6.1 "/kernel-guard/$token/amd64/initrd.old"
kg booted
is "$status:$out" "0:what runs is kept already" "booted from its kept files it is the same"
is "$(cd "$root/var/lib/kernel-guard/sets" && echo *-* | wc -w)" 1 "there is one set"
# Another update while it runs.
kg hook pre
remove 6.12
is "$(pair "$kept" .old)" "$booted" "an update while it runs takes nothing away"
add 6.12
kg hook post

# Made the default, and back.
cp "$boot/loader/loader.conf" "$SCRATCH/loader.conf" 2>/dev/null || printf 'timeout 3\ndefault  %s-*\n' "$token" >"$boot/loader/loader.conf"
kg restore "$old"
is "$status $(default)" "0 $old" "restore: it boots by default"
is "$(cat "$boot/loader/loader.conf")" "#kernel-guard: default $token-*
#kernel-guard: instead of $token-$new.conf
default $token-kernel-guard.conf
timeout 3" "restore: by loader.conf, of which the rest stays, and what was there before"
like "$out" "$old boots by default now, until another kernel is installed or restored" "restore: it is said for how long"
kg hook post
is "$(default)" "$old" "restore: no other kernel, no change"
cp -a "$boot/loader" "$SCRATCH/chosen"
# Its entry's tries are counted, and then it is a good one.
kg restore "$new"
mv "$boot/loader/entries/$token-$new.conf" "$boot/loader/entries/$token-$new+3.conf"
kg restore "$old"
before=+3
for counter in +2-1 ''; do
    mv "$boot/loader/entries/$token-$new$before.conf" "$boot/loader/entries/$token-$new$counter.conf"
    before=$counter
    kg hook post
    is "$(default)" "$old" "restore: no change where an entry is called $counter.conf now"
done
rm -r "$boot/loader"
cp -a "$SCRATCH/chosen" "$boot/loader"
sed "s/$new/6.99.0-1-amd64/" "$boot/loader/entries/$token-$new.conf" >"$boot/loader/entries/$token-6.99.0-1-amd64.conf"
cp -a "$boot/$token/$new" "$boot/$token/6.99.0-1-amd64"
kg hook post
is "$(cat "$boot/loader/loader.conf")" "default $token-*"$'\n'"timeout 3" "restore: another kernel brings the choice back"
rm -r "$boot/loader" "$boot/$token/6.99.0-1-amd64"
cp -a "$SCRATCH/chosen" "$boot/loader"
runs 6.12 "/$token/$new/initrd"
kg booted
is "$status" 0 "the new one boots"
kg restore "$new"
is "$status $(default)" "0 $new" "restore: and back"
is "$(cat "$boot/loader/loader.conf")" "default $token-*"$'\n'"timeout 3" "restore: as it was before"
is "$(pair "$kept" .old)" "$booted" "the previous one stays beside it"
written() { (cd "$boot" && find . -type f -printf '%P %i %T@\n' | sort); }
before=$(written)
for command in booted "hook post" "hook post" prune; do
    # shellcheck disable=SC2086  # words
    kg $command
    is "$(written)" "$before" "$command: nothing is written where nothing has changed"
done

# The next update keeps the newer one.
newer=$(pair "$boot/$token/$new" '')
kg hook pre
is "$(pair "$kept" .old)" "$newer" "the next update keeps what has booted last"
is "$(find "$boot" -name '*.kg-new')" "" "nothing is left half done"

done_testing
