#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Loaders that scan /boot for kernels by themselves would start a kept one by default (ZFSBootMenu) or with an image of another one
# (rEFInd): there, and where it is not known what starts the machine, kept files lie in /boot/kernel-guard.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

# A machine of which no entries are known: its preset names the image.
without_entries() {
    rm -rf "$root/boot/loader"
    mkdir -p "$root/etc/mkinitcpio.d"
    printf '%s\n' 'ALL_kver="/boot/vmlinuz-linux"' "PRESETS=('default')" 'default_image="/boot/initramfs-linux.img"' >"$root/etc/mkinitcpio.d/linux.preset"
}
update() { # RELEASE
    mkdir -p "$root/boot/loader/entries"
    installs "$1" linux 1 1
    [ -n "${entries_known:-}" ] || rm -r "$root/boot/loader"
}
top() { (cd "$root/boot" && find . -maxdepth 1 -type f ! -name 'refind*' -printf '%P\n' | sort | paste -sd' '); }
apart() { (cd "$root/boot/kernel-guard" 2>/dev/null && echo *); }
of() { strings -n 4 "$root/boot/$1" | grep -o -m 1 '^[67]\.[0-9]*\.[0-9]-[a-z]*'; } # KERNEL: its release
# What ZFSBootMenu starts: the last of /boot by its version.
last() { (cd "$root/boot" && printf '%s\n' vmlinuz* | sort -V | tail -n 1); }

machine refind
installs 6.1.0-old linux 1 1
without_entries
echo '"Boot" "root=/dev/vda1 rw"' >"$root/boot/refind_linux.conf"
runs 6.1.0-old linux
kg booted
is "$status:$out" "0:kept 6.1.0-old, which runs" "rEFInd: what has booted is kept"
pre 6.1.0-old
is "$(apart)" "initramfs-linux.old.img vmlinuz-linux.old" "rEFInd: kept files lie where it does not look"
hint="no entry of a known boot loader starts the kept kernel 6.1.0-old: give yours one for /boot/kernel-guard/vmlinuz-linux.old with \
/boot/kernel-guard/initramfs-linux.old.img, or choose it there by hand"
is "$said" "kernel-guard: $hint" "which is said before the update"
kg entries
is "$status:$out" "0:note: $hint" "and when one asks for entries"
update 7.0.0-new
kg hook post
is "$(top)" "initramfs-linux.img vmlinuz-linux" "rEFInd: nothing of ours lies where it does"
is "$(last):$(of "$(last)")" "vmlinuz-linux:7.0.0-new" "the last by its version is the new kernel"
is "$(of kernel-guard/vmlinuz-linux.old):$(head -n 1 "$root/boot/kernel-guard/initramfs-linux.old.img" | tr -d '\0')" "6.1.0-old:6.1.0-old" \
    "kernel and image are those that have booted"
run list --json --root "$root" --machine "$place"
is "$(json '.targets[] | "\(.entry) \(.release) \(.default) \(.kept)"' | paste -sd,)" \
    "linux/default 7.0.0-new true false,kernel-guard/vmlinuz-linux.old 6.1.0-old false true" "the list has them"
runs 6.1.0-old linux.old
kg booted
is "$status:$out:$(sets | wc -w)" "0:what runs is kept already:1" "booted by hand from there it is the same set"
runs 7.0.0-new linux
kg booted
kg restore 6.1.0-old
is "$status:$(of vmlinuz-linux):$(head -n 1 "$root/boot/initramfs-linux.img" | tr -d '\0')" "0:6.1.0-old:6.1.0-old" "it is restored"
is "$(of kernel-guard/vmlinuz-linux.old):$(top)" "7.0.0-new:initramfs-linux.img vmlinuz-linux" "and the other one kept, apart too"
kg hook post
before=$(cd "$root/boot" && find . -type f -printf '%P %i %T@\n' | sort)
kg hook post
is "$(cd "$root/boot" && find . -type f -printf '%P %i %T@\n' | sort)" "$before" "where nothing has changed nothing is written"

# Files that lay beside the originals move when the last entry goes, and back when there is one again.
machine moves
entries_known=1
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
pre 6.1.0-old
update 7.0.0-new
kg hook post
is "$(beside)" "initramfs-linux.old.img vmlinuz-linux.old" "with an entry they lie beside the originals"
cp -a "$root/boot/loader" "$SCRATCH/loader"
without_entries
kg keep --dry-run
like "$out" "written: /boot/kernel-guard/vmlinuz-linux.old" "a dry run says where they go"
kg keep
is "$(top):$(apart)" "initramfs-linux.img vmlinuz-linux:initramfs-linux.old.img vmlinuz-linux.old" "without one they lie apart"
cp -a "$SCRATCH/loader" "$root/boot/"
kg keep
is "$(beside):$(apart)" "initramfs-linux.old.img vmlinuz-linux.old:*" "and with one beside the originals again"
is "$(entries)" "linux-kernel-guard.conf" "which has its twin"

# Both: rEFInd is installed beside systemd-boot. Who starts is not known, and both do well.
mkdir -p "$root/boot/EFI/refind"
: >"$root/boot/EFI/refind/refind.conf"
kg keep
is "$(top):$(apart)" "initramfs-linux.img vmlinuz-linux:initramfs-linux.old.img vmlinuz-linux.old" "beside another loader rEFInd counts"
like "$(cat "$root/boot/loader/entries/linux-kernel-guard.conf")" $'\nlinux /kernel-guard/vmlinuz-linux.old\ninitrd /kernel-guard/initramfs-linux.old.img' \
    "and the entry of the other one starts them there"
rm -r "$root/boot/loader"
mkdir "$root/boot/grub"
printf '%s\n' "menuentry 'Arch' --id arch {" 'linux /vmlinuz-linux root=/dev/vda1 rw' 'initrd /initramfs-linux.img' '}' \
    'source ${config_directory}/custom.cfg' >"$root/boot/grub/grub.cfg"
kg keep
kg entries
is "$status:$out" "0:the fallback entries are as they should be" "what has an entry needs no word"
like "$(cat "$root/boot/grub/custom.cfg")" "linux /kernel-guard/vmlinuz-linux.old root=/dev/vda1 rw" "GRUB's too"

# A menu that cannot be read for a while, as it is being written: what lies beside the originals stays, with its entry.
machine unread
installs 6.1.0-old linux 1 1
runs 6.1.0-old linux
rm -r "$root/boot/loader" && mkdir "$root/boot/grub"
menu='menuentry "Arch" --id arch {
linux /boot/vmlinuz-linux root=/dev/vda1 rw
initrd /boot/initramfs-linux.img
}'
printf '%s\n' "$menu" 'source ${config_directory}/custom.cfg' >"$root/boot/grub/grub.cfg"
echo 'BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw' >"$place/proc/cmdline"
kg booted
pre 6.1.0-old
is "$(top)" "initramfs-linux.img initramfs-linux.old.img vmlinuz-linux vmlinuz-linux.old" "GRUB: kept files lie beside the originals"
before=$(cat "$root/boot/grub/custom.cfg")
printf '%s\n' "${menu%\}}" >"$root/boot/grub/grub.cfg"
pre 6.1.0-old
like "$said" "^warning: kernel-guard: /boot/grub/grub.cfg: [^"$'\n'"]*$" "a menu that cannot be read is named, and nothing else"
is "$(top) $(apart):$(cat "$root/boot/grub/custom.cfg")" "initramfs-linux.img initramfs-linux.old.img vmlinuz-linux vmlinuz-linux.old :$before" \
    "and the kept files stay, with their entry"

done_testing
