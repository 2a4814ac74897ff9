#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boot partitions that fstab mounts and the machine has not, that are read-only, or that hide files: by the tables of made
# machines, and with real mounts in a namespace of their own.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/machine/boot.sh
. "$TESTS/machine/boot.sh"

tree 6.12 tree
root=$SCRATCH/tree
at=$SCRATCH/machine
preset=$root/etc/mkinitcpio.d/linux.preset
cp "$preset" "$SCRATCH/preset"
rootline="UUID=6b672d67-7561-7264-2d72-6f6f74667300 / ext4 rw,relatime 0 1"

# fstab LINE...: these, and that of the root.
fstab() { printf '%s\n' "# comment" "$rootline" "$@" >"$root/etc/fstab"; }

# Healthy ones.
fstab "UUID=4B47-5541 /boot vfat rw,errors=remount-ro 0 2"
machine "254:1 / /boot rw vfat /dev/vda1"
is "$(state)" "0:" "the ESP at /boot"
fstab "UUID=4B47-5541 /efi vfat defaults 0 2" "UUID=4B47-5542 /boot ext4 defaults 0 2"
machine "254:1 / /efi rw vfat /dev/vda1" "254:3 / /boot rw ext4 /dev/vda3"
is "$(state)" "0:" "the ESP at /efi, XBOOTLDR at /boot"
fstab "LABEL=EFI /boot/efi vfat defaults 0 2"
machine "254:1 / /boot/efi rw vfat /dev/vda1"
is "$(state)" "0:" "/boot on the root, the ESP at /boot/efi"
fstab "UUID=4B47-5541 /boot vfat noauto,x-systemd.automount 0 2"
machine "0:40 / /boot rw autofs systemd-1"
is "$(state)" "0:" "an automount that is not triggered"
machine "0:40 / /boot rw autofs systemd-1" "254:1 / /boot rw vfat /dev/vda1"
is "$(state)" "0:" "and one that is"
fstab "UUID=4B47-5541 /boot/ vfat defaults 0 2"
machine "254:1 / /boot rw vfat /dev/vda1"
is "$(state)" "0:" "a mount point with a slash at its end"
fstab "UUID=4B47-5541 /efi vfat defaults 0 2" "/efi/EFI/arch /boot none bind 0 0"
machine "254:1 / /efi rw vfat /dev/vda1" "254:1 /EFI/arch /boot rw vfat /dev/vda1"
is "$(state)" "0:" "/boot as a bind mount of a directory of the ESP"
fstab "UUID=4B47-5541 /esp vfat noauto 0 2" "UUID=AAAA-AAAA /mnt/usb vfat noauto,user 0 0" "tmpfs /tmp tmpfs rw 0 0"
machine
is "$(state)" "0:" "what holds no kernels, and is mounted by hand"
ln -s boot "$root/esp"
fstab "UUID=4B47-5541 /esp vfat defaults 0 2"
machine "254:1 / /boot rw vfat /dev/vda1"
is "$(state)" "0:" "a mount point that is a link"
rm "$root/esp"
fstab "UUID=4B47-5541 /boot vfat defaults 0 2" "UUID=6b67 / btrfs subvol=/@ 0 0" "UUID=6b67 /home btrfs subvol=/@home 0 0"
machine "254:1 / /boot rw vfat /dev/vda1" "0:27 /@home /home rw btrfs /dev/vda2"
sed -i '1s,.*,29 1 0:27 /@ / rw\,relatime - btrfs /dev/vda2 rw\,subvol=/@,' "$at/proc/self/mountinfo"
run check --root "$root" --machine "$at" --json
is "$(json '[.findings[].id] | map(select(startswith("boot-"))) | join(" ")')" "" "a root in a subvolume of btrfs"
fstab "UUID=4B47-5541 /boot vfat defaults 0 2"
run check --root "$root" --json
is "$status:$(json '[.findings[].id] | map(select(startswith("boot-"))) | join(" ")')" "0:" "without a machine nothing is known"

# Not mounted.
machine
is "$(state)" "1:error boot-not-mounted /boot" "/boot is not mounted"
like "$(json '.findings[].message')" "/etc/fstab mounts UUID=4B47-5541 at /boot, and it is not mounted" "it is named"
like "$(json '.findings[] | select(.id == "boot-not-mounted") | .remedy')" "^mount /boot && pacman -S linux " "with the commands"
fstab "UUID=4B47-5541 /boot vfat noauto 0 2"
is "$(state)" "0:warning boot-not-mounted /boot" "noauto: kernels are written there all the same"
fstab "UUID=4B47-5541 /boot vfat x-systemd.automount 0 2"
is "$(state)" "1:error boot-not-mounted /boot" "an automount that is not set up"
fstab "UUID=4B47-5541 /boot/efi vfat defaults 0 2"
is "$(state)" "0:warning boot-not-mounted /boot/efi" "an ESP that no kernel lies on"
printf '%s\n' "default_uki=/boot/efi/EFI/Linux/arch-linux.efi" >>"$preset"
is "$(state)" "1:error boot-not-mounted /boot/efi" "or one that a preset writes to"
fstab "UUID=4B47-5541 /boot/efi vfat noauto 0 2"
is "$(state)" "0:warning boot-not-mounted /boot/efi" "and with noauto"
fstab "UUID=4B47-5541 /boot ext4 defaults 0 2" "UUID=4B47-5542 /boot/efi vfat defaults 0 2"
machine "254:3 / /boot rw ext4 /dev/vda3"
is "$(state)" "1:error boot-not-mounted /boot/efi" "of two the inner one"
printf '%s\n' "default_uki=/efi/inner/EFI/Linux/arch-linux.efi" >>"$preset"
fstab "UUID=4B47-5541 /efi vfat defaults 0 2" "UUID=4B47-5542 /efi/inner vfat defaults 0 2"
machine "254:3 / /efi/inner rw vfat /dev/vda3"
is "$(state)" "0:warning boot-not-mounted /efi" "and of the outer one only what lies on no inner one"
cp "$SCRATCH/preset" "$preset"
machine
fstab "UUID=AAAA-AAAA /esp vfat nofail 0 2"
is "$(state)" "0:warning boot-not-mounted /esp" "an ESP at a place of its own"
fstab "UUID=AAAA-AAAA /mnt/a vfat nofail 0 2" "UUID=BBBB-BBBB /mnt/b vfat nofail 0 2"
machine "254:1 / /boot rw vfat /dev/vda1"
is "$(state)" "0:" "partitions of which nothing is known"
udev 259:1 ID_FS_UUID=AAAA-AAAA ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b ID_PART_ENTRY_UUID=11111111-aaaa
udev 259:9 ID_FS_UUID=BBBB-BBBB ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b ID_PART_ENTRY_UUID=22222222-bbbb
efivar LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f 11111111-AAAA
is "$(state)" "0:warning boot-not-mounted /mnt/a" "by its type and number the one that the loader is from"

# Read-only.
fstab "UUID=4B47-5541 /boot vfat rw,errors=remount-ro 0 2"
machine "254:1 / /boot ro vfat /dev/vda1"
is "$(state)" "0:warning boot-read-only /boot" "/boot is mounted read-only"
like "$(json '.findings[].remedy')" "mount -o remount,rw /boot;.*fsck -a /dev/vda1" "with the commands"
echo "40 29 254:1 / /boot rw,relatime shared:1 - vfat /dev/vda1 ro,fmask=0022,errors=remount-ro" >"$SCRATCH/line"
machine
cat "$SCRATCH/line" >>"$at/proc/self/mountinfo"
is "$(state)" "0:warning boot-read-only /boot" "so is a file system that had an error"
fstab "UUID=4B47-5541 /boot vfat ro,errors=remount-ro 0 2"
is "$(state)" "0:" "unless fstab says so"

# Real mounts: the program runs in them as on a machine.
# live SCRIPT: what state says after the script has run in a namespace of its own, with the tree as root.
live() {
    status=0
    # shellcheck disable=SC2016  # the inner shell's own arguments
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 unshare -m --propagation private bash -euc '
        cd "$1"
        mount --bind . .
        cd "$1"
        mount -t proc proc proc
        mount --bind / mnt
        eval "$3"
        loader=$(realpath "$(readelf -lW "$2" | sed -n "s/.*interpreter: \(.*\)\]/\1/p")")
        libraries=$(ldd "$2" | sed -n "s,.* => \(/.*\)/[^/]* (.*,/mnt\1,p" | sort -u | paste -sd:)
        exec chroot . "/mnt$loader" --library-path "$libraries" "/mnt$2" check --root / --machine "${4:-host}" --json
    ' live "$root" "$(realpath "$KG")" "$1" "${2:-host}" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    reported
}
fill='mkdir full; mount -t tmpfs tmpfs full; cp -a boot/. full; mount --bind full boot; umount full; rmdir full;'
fstab "UUID=4B47-5541 /boot vfat defaults 0 2"
is "$(live :)" "1:error boot-not-mounted /boot" "live: nothing is mounted"
is "$(live : none)" "0:" "live: the machine is not asked"
is "$(live "$fill")" "0:warning boot-hides-files /boot" "live: /boot is mounted over what lies in the tree"
like "$(json '.findings[].message')" "beneath what is mounted at /boot lie 4 boot files \(initramfs-linux\.img, loader/entries/arch\.conf, loader/loader\.conf, \.\.\.\)" "live: the files are named"
like "$(json '.findings[].remedy')" "^mount --bind / /mnt && ls -lR /mnt/boot;" "live: with the commands"
mv "$root/boot" "$SCRATCH/boot"
mkdir "$root/boot"
fill="mount -t tmpfs tmpfs boot; cp -a $SCRATCH/boot/. boot;"
is "$(live "$fill")" "0:" "live: nothing lies beneath it"
mkdir "$root/boot/lost+found"
echo notes >"$root/boot/README"
is "$(live "$fill")" "0:" "live: what has nothing to do with booting"
mkdir -p "$root/boot/efi/EFI/Linux"
touch "$root/boot/efi/EFI/Linux/arch.efi"
is "$(live "$fill")" "0:warning boot-hides-files /boot" "live: an EFI program in a directory"
rm -r "${root:?}"/boot/*
is "$(live "$fill mount -o remount,ro boot")" "0:warning boot-read-only /boot" "live: read-only"
fstab "UUID=4B47-5541 /boot vfat ro 0 2"
is "$(live "$fill mount -o remount,ro boot")" "0:" "live: as fstab has it"
fstab "UUID=4B47-5541 /efi vfat defaults 0 2" "/efi/EFI/arch /boot none bind 0 0"
mkdir "$root/efi"
bound="mount -t tmpfs tmpfs efi; mkdir -p efi/EFI/arch; cp -a $SCRATCH/boot/. efi/EFI/arch; mount --bind efi/EFI/arch boot"
is "$(live "$bound")" "0:" "live: a bind mount of a directory of the ESP"
touch "$root/efi/vmlinuz-linux"
is "$(live "$bound")" "0:warning boot-hides-files /efi" "live: a kernel beneath the ESP"
rm -r "$root/efi"
fstab "UUID=4B47-5541 /boot vfat defaults 0 2"
twice="mount -t tmpfs tmpfs boot; touch boot/vmlinuz-linux; $fill"
is "$(live "$twice")" "0:" "live: of two mounts at one point, what the lower holds lies on no other"
touch "$root/boot/vmlinuz-linux"
is "$(live "$twice")" "0:warning boot-hides-files /boot" "live: and what lies beneath both is seen"

done_testing
