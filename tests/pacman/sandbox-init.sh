#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The sandbox's first process: mounts its root, moves there, says "ready" and sleeps. Run by sandbox.sh in namespaces of
# its own.
# usage: sandbox-init.sh PLACE LOWER LAYER MATERIAL PACKAGES
set -euo pipefail
# The machine's /proc still says who we are outside.
read -r pid _ </proc/self/stat
place=$1 lower=$2 layer=$3 material=$4 packages=$5

# What of the machine is not to be seen: whatever a package of the bed owns or a hook looks into, and people's homes,
# where the cache may lie. Opaque: nothing of the lower directory shows through.
hidden="boot etc/dracut.conf.d etc/initcpio etc/kernel etc/mkinitcpio.d etc/pacman.d home media mnt root srv tmp
    usr/lib/dracut usr/lib/firmware usr/lib/initcpio usr/lib/kernel usr/lib/kernel-guard usr/lib/modules
    usr/share/kernel-guard usr/share/libalpm usr/src var/cache/pacman var/lib/dkms var/lib/kernel-guard var/lib/pacman
    var/log var/tmp"

hide() { # UPPER
    local dir
    for dir in $hidden; do mkdir -p "$1/$dir"; done
    chmod 700 "$1/root"
    chmod 1777 "$1/tmp" "$1/var/tmp"
    # shellcheck disable=SC2086  # they are several
    (cd "$1" && /usr/bin/python3 -c '
import os, sys
for path in sys.argv[1:]:
    os.setxattr(path, "trusted.overlay.opaque", b"y")' $hidden)
}

private_dev() { # DEV
    local name
    mount -t tmpfs -o mode=755,size=64k bed-dev "$1"
    for name in null zero full random urandom tty; do
        : >"$1/$name"
        mount --bind "/dev/$name" "$1/$name"
    done
    mkdir "$1"/{pts,shm}
    mount -t devpts -o mode=620,ptmxmode=666 devpts "$1/pts"
    ln -s pts/ptmx "$1/ptmx"
    ln -s /proc/self/fd "$1/fd"
    ln -s /proc/self/fd/0 "$1/stdin"
    ln -s /proc/self/fd/1 "$1/stdout"
    ln -s /proc/self/fd/2 "$1/stderr"
}

mount -t tmpfs -o mode=755,size=4g bed "$place"
root=$place/root
mkdir "$place"/{upper,work,root}
# The layer is unpacked rather than mounted: no overlay takes a lower directory that lies inside another one.
if [ -n "$layer" ]; then
    tar -C "$place/upper" --xattrs --xattrs-include='trusted.overlay.*' -xpf "$layer"
else
    hide "$place/upper"
fi
# With xino everything has one device number, as on the one file system that it plays.
mount -t overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/work,xino=on" bed "$root"
mount -t proc -o nosuid,noexec,nodev proc "$root/proc"
mount --bind /sys "$root/sys"
mount -o remount,bind,ro "$root/sys"
private_dev "$root/dev"
mount -t tmpfs -o mode=755,size=64m run "$root/run"
mkdir -p "$root"/run/bed/{material,packages}
mount --bind "$material" "$root/run/bed/material"
mount -o remount,bind,ro "$root/run/bed/material"
if [ -d "$packages" ]; then
    mount --bind "$packages" "$root/run/bed/packages"
    mount -o remount,bind,ro "$root/run/bed/packages"
fi
if [ -z "$layer" ]; then
    mkdir "$root/run/bed/upper"
    mount --bind "$place/upper" "$root/run/bed/upper"
fi
echo archlinux >/proc/sys/kernel/hostname

cd "$root"
pivot_root . .
umount -l .
cd /
echo "ready $pid"
exec sleep infinity
