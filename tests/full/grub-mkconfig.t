#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The real grub-mkconfig, with Debian's 10_linux and with upstream's, which Arch uses, on a system with a kept kernel beside
# its own: it pairs them rightly, kernel-guard reads what it has written, and what kernel-guard adds GRUB understands.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

old=$(release_of 6.1) new=$(release_of 6.12)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
"$TESTS/material/grub-mkconfig.sh" || exit 1
mkdir -p "$SCRATCH/main" && echo init >"$SCRATCH/main/init"
(cd "$SCRATCH/main" && find . | cpio -o -H newc --quiet) >"$SCRATCH/main.img"

# disk NAME MEGABYTES: an empty file system.
disk() { truncate -s "$2M" "$SCRATCH/$1.ext4" && mkfs.ext4 -q "$SCRATCH/$1.ext4"; }
uuid() { blkid -s UUID -o value "$SCRATCH/$1.ext4"; }
# machine NAME debian|upstream [boot]: a system on a disk of its own, with /boot on another one or not.
machine() {
    root=$SCRATCH/$1 boot=$SCRATCH/$1/boot disks=("$SCRATCH/root-$1.ext4")
    mkdir -p "$boot/grub" "$root"/{etc/{default,grub.d},usr/lib/modules,var/lib}
    disk "root-$1" 16 || exit 1
    printf 'UUID=%s / ext4 rw 0 1\n' "$(uuid "root-$1")" >"$root/etc/fstab"
    if [ "${3:-}" = boot ]; then
        disk "boot-$1" 16 || exit 1
        disks+=("$SCRATCH/boot-$1.ext4")
        printf 'UUID=%s /boot ext4 rw 0 2\n' "$(uuid "boot-$1")" >>"$root/etc/fstab"
    fi
    # No menus of other systems, and no theme of Debian's.
    cp /etc/grub.d/{00_header,10_linux,40_custom,41_custom} "$root/etc/grub.d"
    cp -r /usr/share/grub "$root/etc/grub-data"
    if [ "$2" = upstream ]; then
        cp "$KG_CACHE/grub/10_linux" "$root/etc/grub.d/10_linux"
        cp "$KG_CACHE/grub/grub-mkconfig_lib" "$root/etc/grub-data"
    fi
    printf '%s\n' 'GRUB_DEFAULT=0' 'GRUB_TIMEOUT=5' 'GRUB_DISTRIBUTOR="Arch"' 'GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"' \
        'GRUB_CMDLINE_LINUX=""' "${GRUB_MORE:-}" >"$root/etc/default/grub"
    cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
    cp "$SCRATCH/main.img" "$boot/initramfs-linux.img"
    cp "$SCRATCH/main.img" "$boot/initramfs-linux-fallback.img"
}
keep() { # SUFFIX
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.$1"
    cp "$SCRATCH/main.img" "$boot/initramfs-linux.$1.img"
}
# grub-mkconfig in that system, with this machine's programs. It asks the disks where /boot lies: they are mounted in a namespace of
# the child's own, so that nothing here, least of all what removes the scratch directory, ever sees a mount. Of the kernels
# only the names matter to it.
mkconfig() {
    mkdir -p "$SCRATCH/place" "$SCRATCH/written"
    # shellcheck disable=SC2016  # the inner shell's own
    setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --propagation private bash -euc '
        place=$1 from=$2 written=$3
        shift 3
        # A loop device goes with its last mount. 10_linux passes over what is called one, so that these have names of disks.
        numbers=()
        for disk in "$@"; do
            loop=$(losetup --find --show "$disk")
            IFS=: read -r major minor <"/sys/block/${loop##*/}/dev"
            numbers+=("$loop $major $minor")
        done
        # Devices of its own: those of the machine are left alone, and are not to be seen here.
        exec 3<"${numbers[0]%% *}" 4<"${numbers[-1]%% *}"
        for number in "${numbers[@]}"; do losetup --detach "${number%% *}"; done
        mount -t tmpfs -o mode=755 dev /dev
        mknod -m 666 /dev/null c 1 3
        name=a
        for number in "${numbers[@]}"; do
            mknod "/dev/sd$name" b ${number#* }
            name=b
        done
        mount -t ext4 /dev/sda "$place"
        mkdir -p "$place"/{boot,dev,etc,proc,sys,tmp,usr}
        [ $# -lt 2 ] || mount -t ext4 /dev/sdb "$place/boot"
        exec 3<&- 4<&-
        for link in bin sbin lib lib64; do ln -sfn "usr/$link" "$place/$link"; done
        mount --bind -o ro /usr "$place/usr"
        mount -t proc -o nosuid,noexec,nodev proc "$place/proc"
        mount -t sysfs -o ro sys "$place/sys"
        mount --bind /dev "$place/dev"
        cp -r "$from/etc/." "$place/etc"
        find "$place/boot" -xdev -type f -delete
        mkdir -p "$place/boot/grub"
        for file in "$from"/boot/*; do [ -d "$file" ] || : >"$place/boot/${file##*/}"; done
        cp "$from"/boot/grub/* "$place/boot/grub" 2>/dev/null || true
        chroot "$place" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C pkgdatadir=/etc/grub-data grub-mkconfig -o /boot/grub/grub.cfg
        cp "$place/boot/grub/grub.cfg" "$written/grub.cfg"
    ' mkconfig "$SCRATCH/place" "$root" "$SCRATCH/written" "${disks[@]}" >"$SCRATCH/mkconfig.log" 2>&1
    local status=$?
    [ "$status" -eq 0 ] || sed 's/^/# /' "$SCRATCH/mkconfig.log"
    cp "$SCRATCH/written/grub.cfg" "$boot/grub/grub.cfg"
    return "$status"
}
# What is listed of entries that are not ours: kernel, image, release, and "default". The fields of a path are its last parts.
listed() { # FILTER
    run list --json --root "$root"
    json ".targets[] | select(.entry | test(\"kernel-guard\") | $1) |
        [.kernel, (.initrds | join(\" \")), .release, (if .default then \"default\" else \"\" end)] | join(\" \")" |
        sed 's/ *$//'
}
theirs() { listed not; }
ours() { listed .; }
checked() { # FILE NAME
    grub-script-check "$1" >"$SCRATCH/checked" 2>&1
    is "$?:$(cat "$SCRATCH/checked")" "0:" "$2"
}
current="/boot/vmlinuz-linux /boot/initramfs-linux.img $new"
kept="/boot/vmlinuz-linux.old /boot/initramfs-linux.old.img $old"

# pairs NAME: in a machine with one kernel, which gets a kept one.
pairs() {
    local name=$1 count before
    mkconfig
    checked "$boot/grub/grub.cfg" "$name: grub.cfg is well-formed"
    is "$(theirs | sort -u)" "$current
$current default" "$name: kernel-guard reads what grub-mkconfig wrote"
    before=$(theirs | grep default)
    # The order in which things happen: kept, and entered, before anybody calls grub-mkconfig.
    keep old
    run entries --root "$root"
    is "$status:$out" "0:wrote /boot/grub/custom.cfg" "$name: kernel-guard writes an entry"
    checked "$boot/grub/custom.cfg" "$name: custom.cfg is well-formed"
    is "$(ours)" "$kept" "$name: it starts what was kept"
    cp "$boot/grub/custom.cfg" "$SCRATCH/custom.cfg"
    mkconfig
    is "$(sed -n 's/^Found .* image: //p' "$SCRATCH/mkconfig.log" | paste -sd' ')" \
        "/boot/vmlinuz-linux /boot/initramfs-linux.img /boot/vmlinuz-linux.old /boot/initramfs-linux.old.img" \
        "$name: grub-mkconfig finds both, each with its image"
    is "$(theirs | sort -u)" "$current
$current default
$kept" "$name: kernel-guard reads both pairs"
    is "$(theirs | grep default)" "$before" "$name: the default stays"
    count=$(theirs | wc -l)
    run entries --root "$root"
    is "$status" 0 "$name: kernel-guard runs again"
    checked "$boot/grub/custom.cfg" "$name: custom.cfg stays well-formed"
    is "$(ours)" "$kept" "$name: ours is there once"
    is "$(theirs | wc -l)" "$count" "$name: theirs are as many as before"
    cmp -s "$boot/grub/custom.cfg" "$SCRATCH/custom.cfg"
    ok $? "$name: ours is what it was before grub-mkconfig"
    run entries --root "$root"
    is "$status:$out" "0:the fallback entries are as they should be" "$name: and stays so"
    rm "$boot/vmlinuz-linux.old" "$boot/initramfs-linux.old.img"
    mkconfig
    run entries --root "$root"
    is "$status:$out:$(ours):$(theirs | sort -u)" "0:removed /boot/grub/custom.cfg::$current
$current default" "$name: with the kernel all goes"
}
for script in debian upstream; do
    machine "$script-one" "$script"
    pairs "$script, /boot on the root"
    machine "$script-two" "$script" boot
    pairs "$script, /boot of its own"
    GRUB_MORE='GRUB_DISABLE_SUBMENU=y'
    machine "$script-flat" "$script" boot
    pairs "$script, without submenus"
    GRUB_MORE=
    # 10_linux takes any image whose name is like the kernel's: the old kernel would start with the new one's.
    keep old
    rm "$boot/initramfs-linux.old.img"
    mkconfig
    is "$(theirs | grep -F .old | sort -u)" "/boot/vmlinuz-linux.old /boot/initramfs-linux.img $old" \
        "$script: without its image, the kept kernel is paired wrongly"
    run entries --root "$root"
    is "$status:$(ours)" "2:" "$script: kernel-guard writes no such entry"
    cp "$SCRATCH/main.img" "$boot/initramfs-linux.old.img"
    keep old.2
    mkconfig
    # Upstream's sorts this name before the kernel's own: kernel-guard places but one where GRUB boots (tests/cli/keep.t).
    expected="$current default"
    [ "$script" = debian ] || expected="/boot/vmlinuz-linux.old.2 /boot/initramfs-linux.old.2.img $old default"
    is "$(theirs | grep default)" "$expected" "$script: what a second kept kernel does to the default"
    is "$(theirs | grep -F .old.2 | sed 's/ default$//' | sort -u)" "/boot/vmlinuz-linux.old.2 /boot/initramfs-linux.old.2.img $old" \
        "$script: and is paired rightly"
done

done_testing
