# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines whose kernels are headers alone, for nothing here starts them, on file systems as small as a test wants them. To be
# sourced behind tests/cli/tap.sh.

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
runs() { # RELEASE PKGBASE: since a boot of its own
    place=$SCRATCH/proc
    mkdir -p "$place/proc/sys/kernel/random" "$place/sys"
    cat /proc/sys/kernel/random/uuid >"$place/proc/sys/kernel/random/boot_id"
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
# old_and_new [OLD NEW]: 6.1 with an image of OLD MiB lies there as kept, and 6.2 with one of NEW MiB has booted.
old_and_new() {
    installs 6.1.0-old linux 1 "${1:-1}"
    boots 6.1.0-old linux
    pre 6.1.0-old
    installs 6.2.0-new linux 1 "${2:-1}"
    kg hook post
    boots 6.2.0-new linux
}
kg() { run "$@" --root "$root" --machine "$place"; }
pre() { # RELEASE...: of kernels that pacman is about to replace
    status=0
    printf 'usr/lib/modules/%s/vmlinuz\n' "$@" | "$KG" hook pre --root "$root" --machine "$place" >"$SCRATCH/said" 2>&1 || status=$?
    said=$(cat "$SCRATCH/said")
}
sets() { (cd "$root/var/lib/kernel-guard/sets" && echo *); }
beside() { (cd "$root/boot" && echo *.old*); }
entries() { (cd "$root/boot/loader/entries" && echo *kernel-guard*); }
