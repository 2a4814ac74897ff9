#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The sandbox's first process: mounts its root, moves there, says "ready" and sleeps. Run by sandbox.sh in namespaces of
# its own.
# usage: sandbox-init.sh PLACE LOWER LAYER MATERIAL PACKAGES
set -euo pipefail
# The machine's /proc still says who we are outside.
read -r pid _ </proc/self/stat
place=$1 lower=$2 layer=$3 material=$4 packages=$5
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

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
    "$here/hide.sh" "$place/upper"
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
# To make further roots of, inside.
if [ -n "${KG_BED_LOWER:-}" ]; then
    mkdir "$root/run/bed/lower"
    mount --bind "$lower" "$root/run/bed/lower"
    mount -o remount,bind,ro "$root/run/bed/lower"
fi
echo archlinux >/proc/sys/kernel/hostname

cd "$root"
pivot_root . .
umount -l .
cd /
echo "ready $pid"
exec sleep infinity
