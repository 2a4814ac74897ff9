#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The chain from the loader to the root: defaults that mean no entry, copies that were not refreshed, Secure Boot, root=, room.
# So many whole kernels are judged by the plain build, and in check-full by the sanitized one.
[ -n "${KG_FULL:-}" ] || KG_BUILD=plain
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/machine/boot.sh
. "$TESTS/machine/boot.sh"

tree 6.12 tree
root=$SCRATCH/tree
at=$SCRATCH/machine
release=$(release_of 6.12)
conf=$root/boot/loader/loader.conf
entry=$root/boot/loader/entries/arch.conf
preset=$root/etc/mkinitcpio.d/linux.preset
cp "$entry" "$SCRATCH/entry"
cp "$preset" "$SCRATCH/preset"
booted() { machine "254:1 / /boot rw vfat /dev/vda1"; }
message() { json "[.findings[], .targets[].findings[]] | map(select(.id == \"$1\")) | .[0].$2"; }
booted
is "$(state)" "0:" "a healthy machine"

# The default.
echo "default arch" >"$conf"
is "$(state)" "0:warning entry-default-unmatched /boot/loader/loader.conf" "an entry's id without its suffix"
is "$(message entry-default-unmatched message)" \
    "/boot/loader/loader.conf makes 'arch' the default, which no entry of systemd-boot that can start matches: arch.conf starts instead" "it is told"
like "$(message entry-default-unmatched remedy)" "^bootctl set-default arch\.conf" "with the command"
for pattern in 'arch.conf' 'ARCH.CONF' 'a*' '*.conf' '@saved' 'auto-windows' 'auto-reboot-to-firmware-setup'; do
    echo "default $pattern" >"$conf"
    is "$(state)" "0:" "the default '$pattern'"
done
for pattern in 'linux*' '*.efi' '?rch' 'arch.conf.'; do
    echo "default $pattern" >"$conf"
    is "$(state)" "0:warning entry-default-unmatched /boot/loader/loader.conf" "the default '$pattern'"
done
echo "default lts.conf" >"$conf"
printf 'title LTS\nlinux /vmlinuz-linux-lts\n' >"$root/boot/loader/entries/lts.conf"
like "$(state)" "warning entry-default-unmatched /boot/loader/loader\.conf" "an entry that is hidden, because its kernel is not there"
rm "$root/boot/loader/entries/lts.conf"
mv "$entry" "$root/boot/loader/entries/arch+3-1.conf"
echo "default arch.conf" >"$conf"
is "$(state)" "0:" "an entry whose tries are counted"
mv "$root/boot/loader/entries/arch+3-1.conf" "$entry"
efivar LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f gone.conf
is "$(state)" "0:warning entry-default-unmatched the firmware's variable LoaderEntryDefault" "a variable of the firmware"
efivar LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f arch.conf
echo "default gone.conf" >"$conf"
is "$(state)" "0:" "where that decides, loader.conf does not"
booted
efivar LoaderEntryLastBooted-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f gone.conf
echo "default @saved" >"$conf"
is "$(state)" "0:warning entry-default-unmatched /boot/loader/loader.conf" "the entry that was booted last is gone"
rm "$conf"
booted
is "$(state)" "0:" "no default is wanted"

# GRUB's.
mv "$root/boot/loader" "$SCRATCH/loader"
mkdir "$root/boot/grub"
grub() { # DEFAULT
    cat >"$root/boot/grub/grub.cfg" <<END
if [ -s \$prefix/grubenv ]; then load_env; fi
set default="$1"
menuentry 'Arch Linux' --class arch --id 'gnulinux-simple' {
    search --no-floppy --fs-uuid --set=root 4B47-5541
    linux /vmlinuz-linux root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw
    initrd /initramfs-linux.img
}
submenu 'Advanced options' --id 'advanced' {
    menuentry 'Arch Linux, fallback' --id 'fallback' {
        search --no-floppy --fs-uuid --set=root 4B47-5541
        linux /vmlinuz-linux root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw
        initrd /initramfs-linux.img
    }
}
menuentry 'UEFI Firmware Settings' --id 'uefi-firmware' { fwsetup }
END
}
for wanted in 0 2 'gnulinux-simple' 'Arch Linux' 'advanced>fallback' '1>0' 'Advanced options>Arch Linux, fallback' 'uefi-firmware' ''; do
    grub "$wanted"
    is "$(state)" "0:" "GRUB's default '$wanted'"
done
for wanted in 3 'Arch' 'gnulinux-6.9' 'advanced>gone' '1>1' 'fallback'; do
    grub "$wanted"
    is "$(state)" "0:warning entry-default-unmatched /boot/grub/grub.cfg" "GRUB's default '$wanted' means none"
done
like "$(message entry-default-unmatched message)" "makes 'fallback' the default, which no entry of grub that can start matches: gnulinux-simple starts" "it is told"
like "$(message entry-default-unmatched remedy)" "GRUB_DEFAULT in /etc/default/grub.*grub-mkconfig -o /boot/grub/grub\.cfg" "with the commands"
sed -i '1s/^/blscfg\n/' "$root/boot/grub/grub.cfg"
is "$(state)" "0:warning configuration-statement /boot/grub/grub.cfg:1" "entries that are not read may be meant"
# shellcheck disable=SC2016  # GRUB's own
grub '${saved_entry}'
grub-editenv "$root/boot/grub/grubenv" set saved_entry=gone
is "$(state)" "0:warning entry-default-unmatched /boot/grub/grub.cfg" "the saved entry is gone"
grub-editenv "$root/boot/grub/grubenv" set saved_entry=gnulinux-simple
is "$(state)" "0:" "the saved entry is there"
grub-editenv "$root/boot/grub/grubenv" unset saved_entry
is "$(state)" "0:" "none is saved"
rm -r "$root/boot/grub"
mv "$SCRATCH/loader" "$root/boot/loader"

# Copies.
mkdir -p "$root/efi/EFI/arch" "$root/efi/loader/entries"
sed 's,/vmlinuz,/EFI/arch/vmlinuz,; s,/initramfs,/EFI/arch/initramfs,' "$SCRATCH/entry" >"$root/efi/loader/entries/arch.conf"
rm -r "$root/boot/loader"
cp "$root"/boot/*-linux* "$root/efi/EFI/arch"
machine "254:1 / /efi rw vfat /dev/vda1"
cp "$root/etc/fstab" "$SCRATCH/fstab"
sed 's,/boot  ,/efi  ,' "$SCRATCH/fstab" >"$root/etc/fstab"
is "$(state)" "0:" "copies for the loader that are fresh"
printf '\0\0\0\0' >>"$root/efi/EFI/arch/initramfs-linux.img"
is "$(state)" "0:warning entry-other-file /efi/EFI/arch/initramfs-linux.img" "an initramfs that was not copied anew"
like "$(message entry-other-file message)" "^arch\.conf starts with /efi/EFI/arch/initramfs-linux\.img, and updates write /boot/initramfs-linux\.img" "it is told"
like "$(message entry-other-file remedy)" "^cp /boot/initramfs-linux\.img /efi/EFI/arch/initramfs-linux\.img;" "with the command"
cp "$root/boot/initramfs-linux.img" "$root/efi/EFI/arch"
sbattach --remove "$root/efi/EFI/arch/vmlinuz-linux" 2>"$SCRATCH/ignored"
cmp -s "$root/boot/vmlinuz-linux" "$root/efi/EFI/arch/vmlinuz-linux"
is "$?:$(state)" "1:0:" "a kernel that was signed otherwise is no other"
cp "$root/boot/vmlinuz-linux" "$SCRATCH/unsigned"
sbattach --remove "$SCRATCH/unsigned" 2>"$SCRATCH/ignored"
cp "$root/boot/vmlinuz-linux" "$root/efi/EFI/arch/vmlinuz-linux"
replace "$root/boot/vmlinuz-linux" <"$SCRATCH/unsigned"
is "$(state)" "0:" "nor is one that was signed when it was copied"
cp "$SCRATCH/unsigned" "$root/efi/EFI/arch/vmlinuz-linux"
printf '\0' >>"$root/efi/EFI/arch/vmlinuz-linux"
is "$(state)" "0:warning entry-other-file /efi/EFI/arch/vmlinuz-linux" "another build of the kernel without a signature"
ln -f "$root/boot/vmlinuz-linux" "$root/efi/EFI/arch/vmlinuz-linux"
is "$(state)" "0:" "one file under two names"
mkdir -p "$root/usr/lib/modules/$(release_of 6.1)"
tree 6.1 older
cp -al "$SCRATCH/older/usr/lib/modules/$(release_of 6.1)" "$root/usr/lib/modules/"
rm "$root/efi/EFI/arch/vmlinuz-linux"
cp "$SCRATCH/older/boot/vmlinuz-linux" "$SCRATCH/older/boot/initramfs-linux.img" "$root/efi/EFI/arch"
like "$(state)" "^0:.*warning entry-other-file /efi/EFI/arch/initramfs-linux\.img, warning entry-other-file /efi/EFI/arch/vmlinuz-linux" \
    "the kernel and image of before, whose modules are kept"
sed -i 's,/boot/,/efi/EFI/arch/,' "$preset"
like "$(state)" "^0:warning boot-target-missing" "where the preset writes there it is no other file"
cp "$SCRATCH/preset" "$preset"
sed -i 's,^title.*,title Kept by hand,; s,EFI/arch,EFI/kept,' "$root/efi/loader/entries/arch.conf"
mv "$root/efi/EFI/arch" "$root/efi/EFI/kept"
mv "$root/efi/loader/entries/arch.conf" "$root/efi/loader/entries/1-kept.conf"
mkdir -p "$root/efi/EFI/arch"
cp "$root"/boot/*-linux* "$root/efi/EFI/arch"
sed 's,/vmlinuz,/EFI/arch/vmlinuz,; s,/initramfs,/EFI/arch/initramfs,' "$SCRATCH/entry" >"$root/efi/loader/entries/arch.conf"
echo "default arch.conf" >"$root/efi/loader/loader.conf"
is "$(state)" "0:" "what is not the default may be kept"

# Unified images.
rm -r "$root"/efi/*
mkdir -p "$root/efi/EFI/Linux" "$root/efi/loader" "$root/boot/EFI/Linux"
unified() { # FILE TREE-OF-KERNEL TREE-OF-IMAGE [COMMAND-LINE]
    "$TESTS/material/uki.sh" build --linux="$2/boot/vmlinuz-linux" --initrd="$3/boot/initramfs-linux.img" --os-release=ID=arch \
        --cmdline="${4:-root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw}" --output="$1" >/dev/null 2>&1
}
unified "$root/efi/EFI/Linux/arch-linux.efi" "$root" "$root"
echo 'default_uki=/efi/EFI/Linux/arch-linux.efi' >>"$preset"
is "$(state)" "0:" "a unified image that the preset writes"
unified "$SCRATCH/stale.efi" "$root" "$root" "root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw quiet"
sed -i 's,/efi/EFI,/boot/EFI,' "$preset"
cp "$SCRATCH/stale.efi" "$root/boot/EFI/Linux/arch-linux.efi"
is "$(state)" "0:warning entry-other-file /efi/EFI/Linux/arch-linux.efi" "one of the same name is written elsewhere"
cp "$root/efi/EFI/Linux/arch-linux.efi" "$root/boot/EFI/Linux/arch-linux.efi"
is "$(state)" "0:" "and copied"
unified "$root/efi/EFI/Linux/arch-linux.efi" "$SCRATCH/older" "$SCRATCH/older"
mv "$root/efi/EFI/Linux/arch-linux.efi" "$root/efi/EFI/Linux/other.efi"
like "$(state)" "^0:.*warning entry-other-file /efi/EFI/Linux/other\.efi" "one of another name, of the release of before"
like "$(message entry-other-file message)" "which holds Linux ${release//+/.} instead of $(release_of 6.1) and which no entry starts" "it is told"
rm "$root"/efi/EFI/Linux/*
cp "$SCRATCH/preset" "$preset"
rm -r "$root/boot/EFI"

# Kernel and image of different releases, inside of one file and beside each other.
unified "$root/efi/EFI/Linux/arch-linux.efi" "$root" "$SCRATCH/older"
like "$(state)" "^1:.*error initramfs-release /efi/EFI/Linux/arch-linux\.efi:\.initrd" "a unified image with another kernel's initramfs"
rm "$root/efi/EFI/Linux/arch-linux.efi"
mkdir -p "$root/boot/loader/entries"
cp "$SCRATCH/entry" "$entry"
cp "$SCRATCH/fstab" "$root/etc/fstab"
booted
replace "$root/boot/initramfs-linux.img" <"$SCRATCH/older/boot/initramfs-linux.img"
like "$(state)" "^1:.*error initramfs-release /boot/initramfs-linux\.img" "an entry with another kernel's initramfs"
rm -r "$root/usr/lib/modules/$(release_of 6.1)"
like "$(state)" "^1:.*error initramfs-release /boot/initramfs-linux\.img" "whose modules are gone as well"
image "$root" 6.12
is "$(state)" "0:" "healthy again"

# Secure Boot.
secure_boot=SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c setup_mode=SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=kernel-guard -keyout "$SCRATCH/key" -out "$SCRATCH/certificate" 2>/dev/null
sign() { sbsign --key "$SCRATCH/key" --cert "$SCRATCH/certificate" --output "$2" "$1" >/dev/null 2>&1; }
efibyte $secure_boot 1
is "$(state)" "1:error secure-boot-unsigned /boot/vmlinuz-linux" "an unsigned kernel under systemd-boot"
like "$(message secure-boot-unsigned remedy)" "^sbctl sign -s /boot/vmlinuz-linux" "with the command"
efibyte $setup_mode 1
is "$(state)" "0:" "in setup mode nothing is refused"
efibyte $setup_mode 0
is "$(state)" "1:error secure-boot-unsigned /boot/vmlinuz-linux" "in user mode it is"
efibyte MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23 1
is "$(state)" "0:" "with shim's validation turned off nothing is"
rm "$at"/sys/firmware/efi/efivars/MokSB*
efibyte $secure_boot 0
is "$(state)" "0:" "and nothing without Secure Boot"
efibyte $secure_boot 1
run check --root "$root" --json
is "$(reported)" "0:" "or where the machine is not known"
sign "$SCRATCH/unsigned" "$SCRATCH/signed"
replace "$root/boot/vmlinuz-linux" <"$SCRATCH/signed"
is "$(state)" "0:" "a signed kernel"
mkdir -p "$root/boot/EFI/systemd" "$root/boot/EFI/Linux"
cp "$KG_CACHE"/ukify/usr/lib/systemd/boot/efi/systemd-bootx64.efi "$root/boot/EFI/systemd/"
is "$(state)" "0:" "a loader that the firmware does not name"
efivar LoaderImageIdentifier-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f '\EFI\systemd\systemd-bootx64.efi'
is "$(state)" "1:error secure-boot-unsigned /boot/EFI/systemd/systemd-bootx64.efi" "an unsigned boot loader"
sign "$root/boot/EFI/systemd/systemd-bootx64.efi" "$SCRATCH/loader.efi"
cp "$SCRATCH/loader.efi" "$root/boot/EFI/systemd/systemd-bootx64.efi"
is "$(state)" "0:" "a signed one"
unified "$root/boot/EFI/Linux/uki.efi" "$root" "$root"
is "$(state)" "1:error secure-boot-unsigned /boot/EFI/Linux/uki.efi" "an unsigned unified image"
sign "$root/boot/EFI/Linux/uki.efi" "$SCRATCH/uki.efi"
cp "$SCRATCH/uki.efi" "$root/boot/EFI/Linux/uki.efi"
is "$(state)" "0:" "a signed one"
rm -r "$root/boot/EFI"
mv "$root/boot/loader" "$SCRATCH/loader"
mkdir "$root/boot/grub"
grub 0
replace "$root/boot/vmlinuz-linux" <"$SCRATCH/unsigned"
is "$(state)" "0:warning secure-boot-unsigned /boot/vmlinuz-linux" "GRUB may start an unsigned kernel"
rm -r "$root/boot/grub"
mv "$SCRATCH/loader" "$root/boot/loader"

# root=.
booted
options() { sed "s|^options.*|options $1|" "$SCRATCH/entry" >"$entry"; }
udev 254:1 ID_FS_TYPE=vfat ID_FS_UUID=4B47-5541 ID_PART_ENTRY_UUID=0a0a-01 ID_PART_ENTRY_NAME='EFI\x20system' S:disk/by-uuid/4B47-5541
udev 254:2 ID_FS_TYPE=ext4 ID_FS_UUID=6b672d67-7561-7264-2d72-6f6f74667300 ID_FS_LABEL_ENC='root\x281\x29' ID_PART_ENTRY_UUID=0a0a-02 \
    ID_PART_ENTRY_NAME=Linux S:disk/by-uuid/6b672d67-7561-7264-2d72-6f6f74667300 S:disk/by-label/'my\x20root'
block vda vda1 vda2 nvme0n1 "cciss!c0d0p1"
# Each in an entry of its own, behind that of the default.
good=('LABEL=root(1)' UUID=6b672d67-7561-7264-2d72-6f6f74667300 UUID=6B672D67-7561-7264-2D72-6F6F74667300 PARTUUID=0A0A-02 PARTLABEL=Linux
    /dev/vda2 /dev/disk/by-uuid/6b672d67-7561-7264-2d72-6f6f74667300 '"UUID=6b672d67-7561-7264-2d72-6f6f74667300"' /dev/root
    block:/dev/vda2 ZFS=rpool/root zfs:AUTO /dev/nfs /dev/gpt-auto-root tmpfs 0803 8:3 PARTUUID=0a0a-01/PARTNROFF=1
    /dev/vda1:/dev/vda2 "UUID=\$uuid" UUID /dev/cciss/c0d0p1 /dev/block/254:2)
bad=(UUID=6b672d67-7561-7264-2d72-6f6f74667301 PARTUUID=0a0a-03 LABEL=root PARTLABEL=root /dev/vda3 /dev/mapper/root UUID= /dev/vd /dev/vda22
    /dev/disk/by-uuid/0000-0000 block:UUID=0000-0000)
write() { # NAME VALUE...
    local name=$1 number=100
    shift
    for value in "$@"; do
        number=$((number + 1))
        sed "s|^options.*|options rw root=$value quiet|" "$SCRATCH/entry" >"$root/boot/loader/entries/$name$number.conf"
    done
}
write 1good "${good[@]}"
write 1bad "${bad[@]}"
run check --root "$root" --machine "$at" --json
is "$(json '[.targets[] | select(.findings | map(.id) | contains(["root-absent"])) | .entry] | sort | join(" ")')" \
    "$(for ((i = 101; i <= 100 + ${#bad[@]}; i++)); do echo "1bad$i.conf"; done | paste -sd' ')" "${#bad[@]} of root= that are not there, ${#good[@]} that are or are not looked up"
is "$(json '[.targets[].findings[] | select(.id == "root-absent") | .severity] | unique | join(" ")')" "warning" "others than the default are warnings"
rm "$root"/boot/loader/entries/1*.conf
options "root=block:UUID=0000-0000 rw"
is "$(state)" "1:error root-absent /boot/loader/entries/arch.conf" "the default is an error"
like "$(message root-absent message)" "^arch\.conf starts the kernel with root=block:UUID=0000-0000, and this machine has no such device" "it is told"
options "root=UUID=0000-0000 root=/dev/vda2"
is "$(state)" "0:" "the last one counts"
options "root=UUID=0000-0000"
run check --root "$root" --json
is "$(reported)" "0:" "without a machine nothing is known"
udev 259:1 ID_FS_TYPE=crypto_LUKS ID_FS_UUID=1111-1111
is "$(state)" "0:" "a locked device may hold it"
mkdir -p "$at/sys/dev/block/259:1/holders/dm-0"
is "$(state)" "1:error root-absent /boot/loader/entries/arch.conf" "an unlocked one would show it"
rm "$at"/run/udev/data/*
is "$(state)" "0:" "without udev's database nothing is known"
cp "$SCRATCH/entry" "$entry"

# Room, on a file system of its own.
booted
unshare -m --propagation private true
ok $? "namespaces for mounts are there"
need=$(($(stat -c %s "$root/boot/vmlinuz-linux") + $(stat -c %s "$root/boot/initramfs-linux.img") * 5 / 4))
# room MIB: what is said where the file system has this room left beside what lies there.
room() {
    used=$(du -sm --apparent-size "$root/boot" | cut -f1)
    status=0
    # shellcheck disable=SC2016  # the inner shell's own arguments
    unshare -m --propagation private bash -euc '
        mount -t tmpfs -o size="$1M" tmpfs /mnt
        cp -a "$2/boot/." /mnt
        mount --move /mnt "$2/boot"
        fallocate -l "$(($(df -B1 --output=avail "$2/boot" | tail -n 1) - $3 * 1048576))" "$2/boot/filler"
        exec "$4" check --root "$2" --machine "$5" --json
    ' room $((used + $1 + 64)) "$root" "$1" "$KG" "${2:-$at}" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    reported
}
enough=$((need / 1048576 + 1))
is "$(room $enough)" "0:" "room for the next kernel ($enough MiB)"
is "$(room $((enough - 1)))" "0:warning boot-space /boot/vmlinuz-linux" "a MiB less"
like "$(message boot-space message)" "^/boot has $((enough - 1)) MiB left, and the next kernel with its initramfs takes some $enough MiB there" "with figures"
is "$(room 0)" "0:warning boot-space /boot/vmlinuz-linux" "none at all"
is "$(room 0 none)" "0:" "a tree that is only looked at"

done_testing
