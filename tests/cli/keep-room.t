#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keeping where there is little room: what is kept never takes what the update needs, the oldest goes first, and it is said. The
# file systems are small ones of this test's own; kernels are headers alone, for nothing here starts them.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

mounted=()
trap 'for place in "${mounted[@]}"; do ! mountpoint -q "$place" || umount "$place"; done; rm -rf --one-file-system "$SCRATCH"' EXIT
kernel() { "$TESTS/material/small-kernel.py" "$1" "$2"; } # RELEASE FILE
small() { # DIRECTORY MEGABYTES: it is a file system of its own
    mkdir -p "$1" && mount -t tmpfs -o "size=$2m" tmpfs "$1" && mounted+=("$1")
}
# tree RELEASE PKGBASE MEGABYTES
installs() {
    local tree=$root/usr/lib/modules/$1
    mkdir -p "$tree"/{kernel/fs,updates}
    head -c "$(($3 << 20))" /dev/urandom >"$tree/kernel/fs/ext4.ko"
    echo zfs >"$tree/updates/zfs.ko"
    echo "$2" >"$tree/pkgbase"
    kernel "$1" "$tree/vmlinuz"
    rm -f "$root/boot/vmlinuz-$2" "$root/boot/initramfs-$2.img"
    cp "$tree/vmlinuz" "$root/boot/vmlinuz-$2"
    { echo "$1" && head -c "$(($4 << 20))" /dev/zero; } >"$root/boot/initramfs-$2.img"
    printf '%s\n' "title $2" "linux /vmlinuz-$2" "initrd /initramfs-$2.img" 'options root=/dev/vda1 rw' >"$root/boot/loader/entries/$2.conf"
}
# machine NAME: one whose files of the kernel named last are what boots.
machine() {
    root=$SCRATCH/$1
    mkdir -p "$root"/{boot/loader/entries,etc,var/lib,usr/lib/modules}
}
runs() { # RELEASE PKGBASE
    place=$SCRATCH/proc
    mkdir -p "$place/proc/sys/kernel" "$place/sys"
    echo "$1" >"$place/proc/sys/kernel/osrelease"
    echo "Linux version $1 (us@here) (gcc, ld) #1 SMP Sat Nov 21 2026" >"$place/proc/version"
    echo "initrd=\\initramfs-$2.img root=/dev/vda1 rw" >"$place/proc/cmdline"
    echo "btime 4000000000" >"$place/proc/stat"
}
boots() { # RELEASE PKGBASE
    runs "$@"
    kg booted
    is "$status:$out" "0:kept $1, which runs" "$1 boots, and is kept"
}
kg() { run "$@" --root "$root" --machine "$place"; }
pre() { # RELEASE...: of kernels that pacman is about to replace
    status=0
    printf 'usr/lib/modules/%s/vmlinuz\n' "$@" | "$KG" hook pre --root "$root" --machine "$place" >"$SCRATCH/said" 2>&1 || status=$?
    said=$(cat "$SCRATCH/said")
}
sets() { (cd "$root/var/lib/kernel-guard/sets" && echo *); }
beside() { (cd "$root/boot" && echo *.old*); }

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
    mkdir -p "$root/boot" && small "$root/boot" "$megabytes" && mkdir -p "$root/boot/loader/entries"
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
