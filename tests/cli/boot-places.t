#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the ESP and XBOOTLDR are found: by fstab, by what the machine has mounted, by the partitions' types; and from which of
# them loader.conf is read.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/machine/boot.sh
. "$TESTS/machine/boot.sh"

root=$SCRATCH/root
at=$SCRATCH/machine
kernel=$KG_CACHE/kernel/6.12/root/usr/lib/modules/$(release_of 6.12)/vmlinuz
esp=c12a7328-f81f-11d2-ba4b-00a0c93ec93b xbootldr=bc13c2ff-59e6-4262-a352-b275fd6f7172
loader_device=LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f

# fresh FSTAB-LINE...: an empty root with this fstab.
fresh() {
    rm -rf "$root"
    mkdir -p "$root/etc" "$root/usr/lib/modules"
    printf '%s\n' "UUID=1 / ext4 rw 0 1" "$@" >"$root/etc/fstab"
}

# place POINT ID...: a directory with a kernel and an entry of each name; "+" stands for a boot loader in EFI/.
place() {
    local point=$root$1 id
    shift
    mkdir -p "$point/loader/entries"
    cp "$kernel" "$point/vmlinuz"
    for id in "$@"; do
        if [ "$id" = + ]; then
            mkdir -p "$point/EFI/systemd" "$point/EFI/BOOT"
        else
            printf 'linux /vmlinuz\n' >"$point/loader/entries/$id.conf"
        fi
    done
}

# targets EXPECTED NAME [ARGUMENT...]: "ENTRY=KERNEL", the default with "*".
targets() {
    run list --root "$root" --json "${@:3}"
    is "$(json '[.targets[] | .entry + (if .default then "*" else "" end) + "=" + .kernel] | join(" ")')" "$1" "$2"
}

# loader.conf is the ESP's.
fresh "UUID=2 /efi vfat" "UUID=3 /boot ext4"
place /efi + a
place /boot b c
echo "default c.conf" >"$root/boot/loader/loader.conf"
targets "c.conf*=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf=/efi/vmlinuz" "the first of the menu"
echo "default a.conf" >"$root/efi/loader/loader.conf"
targets "c.conf=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf*=/efi/vmlinuz" "loader.conf of the ESP, entries of both"
rm "$root/efi/loader/loader.conf"
echo "default b.conf" >"$root/boot/loader/loader.conf"
targets "c.conf*=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf=/efi/vmlinuz" "loader.conf of XBOOTLDR is not read"

# XBOOTLDR may hold EFI/Linux; the partition's type has the last word.
fresh
place /boot b c
mkdir -p "$root/boot/EFI/Linux"
place /boot/efi + a
echo "default b.conf" >"$root/boot/loader/loader.conf"
echo "default a.conf" >"$root/boot/efi/loader/loader.conf"
targets "c.conf=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf*=/boot/efi/vmlinuz" "EFI/Linux alone makes no ESP"
machine "259:1 / /boot rw vfat /dev/a" "259:3 / /boot/efi rw vfat /dev/b"
udev 259:1 ID_PART_ENTRY_TYPE=$esp
targets "c.conf=/boot/vmlinuz b.conf*=/boot/vmlinuz a.conf=/boot/efi/vmlinuz" "its type says that /boot is the ESP" --machine "$at"
udev 259:1
udev 259:3 ID_PART_ENTRY_TYPE=$xbootldr
targets "c.conf=/boot/vmlinuz b.conf*=/boot/vmlinuz a.conf=/boot/efi/vmlinuz" "or that /boot/efi is none" --machine "$at"
mkdir "$root/boot/EFI/BOOT"
udev 259:1 ID_PART_ENTRY_TYPE=$xbootldr
udev 259:3
targets "c.conf=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf*=/boot/efi/vmlinuz" "or that it is not" --machine "$at"

# Places of their own.
for point in /esp /boot/esp /mnt/esp /srv/x; do
    fresh "UUID=2 $point vfat umask=0077"
    place $point + a
    echo "default a.conf" >"$root$point/loader/loader.conf"
    targets "a.conf*=$point/vmlinuz" "fstab mounts the ESP at $point"
done
fresh "UUID=2 /srv/x ext4"
place /srv/x + a
targets "" "what is no FAT is no ESP"
fresh "UUID=2 /my\\040esp auto"
place "/my esp" + a
targets "a.conf*=/my esp/vmlinuz" "a mount point with a blank"
fresh "UUID=2 esp vfat" "UUID=3 none swap"
place /esp + a
targets "" "a mount point that is no path"

# The machine's own mounts: a stick's ESP is not this machine's.
fresh
place /boot + a
place /run/media/me/ARCHISO + iso
machine "259:1 / /boot rw vfat /dev/a" "8:1 / /run/media/me/ARCHISO rw vfat /dev/sda1"
udev 259:1 ID_PART_ENTRY_TYPE=$esp ID_PART_ENTRY_UUID=aaaa ID_PART_ENTRY_DISK=259:0
udev 8:1 ID_PART_ENTRY_TYPE=$esp ID_PART_ENTRY_UUID=bbbb ID_PART_ENTRY_DISK=8:0
targets "a.conf*=/boot/vmlinuz" "a stick is left out" --machine "$at"
efivar $loader_device AAAA
targets "a.conf*=/boot/vmlinuz" "also where the firmware says where the loader is from" --machine "$at"
efivar $loader_device BBBB
targets "iso.conf*=/run/media/me/ARCHISO/vmlinuz" "unless it is the stick: the other is none then" --machine "$at"
udev 8:1 ID_PART_ENTRY_TYPE=$xbootldr ID_PART_ENTRY_UUID=bbbb ID_PART_ENTRY_DISK=8:0
efivar $loader_device aaaa
targets "a.conf*=/boot/vmlinuz" "an XBOOTLDR on another disk is left out" --machine "$at"
udev 8:1 ID_PART_ENTRY_TYPE=$xbootldr ID_PART_ENTRY_UUID=bbbb ID_PART_ENTRY_DISK=259:0
targets "iso.conf*=/run/media/me/ARCHISO/vmlinuz a.conf=/boot/vmlinuz" "one on the loader's is read" --machine "$at"
fresh "UUID=2 /efi vfat" "PARTUUID=cccc /efi2 vfat"
place /efi + a
place /efi2 + a b
machine "259:1 / /efi rw vfat /dev/a" "8:1 / /efi2 rw vfat /dev/sda1"
udev 259:1 ID_PART_ENTRY_TYPE=$esp ID_PART_ENTRY_UUID=aaaa ID_PART_ENTRY_DISK=259:0
udev 8:1 ID_PART_ENTRY_TYPE=$esp ID_PART_ENTRY_UUID=cccc ID_PART_ENTRY_DISK=8:0
efivar $loader_device aaaa
targets "a.conf*=/efi/vmlinuz" "a second ESP that fstab mounts" --machine "$at"

# One file system under several names, and what is not mounted.
fresh "UUID=2 /efi vfat" "/efi /boot none bind"
place /efi + a
place /boot + a
machine "259:1 / /efi rw vfat /dev/a" "259:1 / /boot rw vfat /dev/a"
targets "a.conf*=/efi/vmlinuz" "a bind mount of the whole is listed once" --machine "$at"
machine "259:1 / /efi rw vfat /dev/a" "0:40 / /boot rw autofs systemd-1" "259:1 / /boot rw vfat /dev/a"
targets "a.conf*=/efi/vmlinuz" "through an automount as well" --machine "$at"
machine "259:1 / /efi rw vfat /dev/a" "259:4 / /boot rw vfat /dev/b"
targets "a.conf*=/efi/vmlinuz a.conf=/boot/vmlinuz" "two file systems are two" --machine "$at"
machine "259:1 / /efi rw vfat /dev/a"
targets "a.conf*=/efi/vmlinuz" "what was left in /boot boots nothing where the ESP is mounted at /efi" --machine "$at"
machine
targets "a.conf*=/efi/vmlinuz a.conf=/boot/vmlinuz" "where nothing is mounted all count" --machine "$at"

# GRUB's own, on a place of its own.
fresh "UUID=2 /esp vfat"
mkdir -p "$root/esp/EFI/arch" "$root/esp/grub" "$root/boot"
cp "$kernel" "$root/boot/vmlinuz-linux"
printf 'menuentry "Arch" --id arch {\n search --no-floppy --fs-uuid --set=root 1\n linux /boot/vmlinuz-linux root=UUID=1\n}\n' >"$root/esp/EFI/arch/grub.cfg"
targets "arch*=/boot/vmlinuz-linux" "GRUB's configuration on the ESP at /esp"
mv "$root/esp/EFI/arch/grub.cfg" "$root/esp/grub/grub.cfg"
targets "arch*=/boot/vmlinuz-linux" "or in its grub/"

# What the firmware's variables choose.
fresh
place /boot + a b c
echo "default c.conf" >"$root/boot/loader/loader.conf"
machine "259:1 / /boot rw vfat /dev/a"
efivar LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f "a.conf"
efivar LoaderEntryLastBooted-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f "b.conf"
targets "c.conf=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf*=/boot/vmlinuz" "bootctl set-default goes before loader.conf" --machine "$at"
targets "c.conf*=/boot/vmlinuz b.conf=/boot/vmlinuz a.conf=/boot/vmlinuz" "and is not known without the machine"
rm "$at"/sys/firmware/efi/efivars/LoaderEntryDefault*
echo "default @saved" >"$root/boot/loader/loader.conf"
targets "c.conf=/boot/vmlinuz b.conf*=/boot/vmlinuz a.conf=/boot/vmlinuz" "@saved is the entry that was booted last" --machine "$at"

# Hostile ones.
fresh "UUID=2 /../../etc vfat" "UUID=2 /esp vfat" "UUID=2 $(printf '/%.0sx' {1..3000}) vfat" "$(printf 'a\001\377 /\033[31m vfat')"
place /esp + a
targets "a.conf*=/esp/vmlinuz" "paths that lead out, and bytes of all kinds"
for _ in $(seq 1 3000); do echo "UUID=2 /esp vfat"; done >>"$root/etc/fstab"
head -c 500000 /dev/urandom >>"$root/etc/fstab"
targets "a.conf*=/esp/vmlinuz" "a long one"
machine "259:1 / /esp rw vfat /dev/a"
head -c 500000 /dev/urandom >>"$at/proc/self/mountinfo"
head -c 200000 /dev/urandom >"$at/run/udev/data/b259:1"
head -c 60000 /dev/urandom >"$at/sys/firmware/efi/efivars/$loader_device"
printf '\1\2' >"$at/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
ln -s /etc "$at/run/udev/data/b1:1"
mkdir "$at/run/udev/data/b1:2"
targets "a.conf*=/esp/vmlinuz" "and noise in all that the machine says" --machine "$at"

done_testing
