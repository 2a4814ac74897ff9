#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# /boot is a partition that is mounted when it is needed, by the kernel's autofs: it is mounted then, and is no missing one; where
# it cannot be mounted, the transaction is refused. For systemd stands automount.py, and a directory for the partition.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

# automount [SOURCE]: /boot waits. A process of its own group, that dies with the bed.
automount() {
    cp "$PACMAN_TESTS/automount.py" "$BED/run/automount.py"
    sandbox_run setsid python3 /run/automount.py /boot "$@" >"$SCRATCH/automount" 2>&1 </dev/null &
    until grep -q . "$SCRATCH/automount"; do sleep 0.1; done
    is "$(<"$SCRATCH/automount")" "ready" "/boot waits to be mounted"
}
mounted() { awk '$2 == "/boot" { print $3 == "autofs" ? "waits" : "mounted" }' "/proc/$BED_PID/mounts" | tail -n 1; }

# partition: what lies in /boot is a partition's from now on.
partition() {
    mkdir "$BED/srv/partition"
    cp -a "$BED/boot/." "$BED/srv/partition"
    find "$BED/boot" -mindepth 1 -delete
    echo 'UUID=4B47-5541 /boot vfat noauto,x-systemd.automount,x-systemd.idle-timeout=60 0 2' >>"$BED/etc/fstab"
}

bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
has_booted linux
partition
automount /srv/partition
is "$(mounted)" "waits" "before the transaction it is not mounted"
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "upgrade"
is "$(mounted)" "mounted" "upgrade: it has been mounted"
is_kept "upgrade"
bed umount /boot
is "$(mounted) $(find "$BED/srv/partition" -name 'vmlinuz-linux*' | wc -l)" "waits 2" "upgrade: all is on the partition"
bed kernel-guard check
is "$status $(mounted)" "0 mounted" "a check has it mounted too"

# Its device is gone.
bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
partition
automount
bed pacman -Q linux
before=$out
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
is "$status" 1 "where it cannot be mounted: pacman ends with an error"
contains "[boot-not-mounted]" "where it cannot be mounted: it is said"
bed pacman -Q linux
is "$out" "$before" "where it cannot be mounted: nothing was changed"

done_testing
