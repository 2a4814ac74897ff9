#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is kept stays bootable while something beside it is damaged, cannot be read, or lies elsewhere than it did.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

files() { (cd "$root/boot" && find . -type f -name '*.old*' -printf '%P\n' | sort | paste -sd' '); }

# A kernel with two entries, of which the one that ours was made of is damaged by a power cut.
for damage in nul empty; do
    machine "damaged-$damage"
    installs 6.1.0-old linux 1 1
    head -c 1000000 /dev/zero >"$root/boot/initramfs-linux-fallback.img"
    sed 's/initramfs-linux/&-fallback/' "$root/boot/loader/entries/linux.conf" >"$root/boot/loader/entries/linux-fallback.conf"
    boots 6.1.0-old linux
    pre 6.1.0-old
    installs 6.2.0-new linux 1 1
    kg hook post
    own=$(cat "$root/boot/loader/entries/linux-kernel-guard.conf")
    case $damage in
    nul) head -c 200 /dev/zero >"$root/boot/loader/entries/linux.conf" ;;
    empty) : >"$root/boot/loader/entries/linux.conf" ;;
    esac
    for command in keep entries "hook post" prune; do
        # shellcheck disable=SC2086  # words
        kg $command
        is "$(files):$(cat "$root/boot/loader/entries/linux-kernel-guard.conf")" "initramfs-linux.old.img vmlinuz-linux.old:$own" \
            "$damage: the kept kernel keeps its entry, $command"
    done
    rm "$root/boot/initramfs-linux.old.img" "$root"/var/lib/kernel-guard/sets/*/1-*
    kg entries
    is "$(entries)" '*kernel-guard*' "$damage: but not without its image"
done

# GRUB's menu cannot be read: no name is used under which grub-mkconfig would make a kept kernel the default.
machine unread
echo '[keep]
keep = 3' >"$root/etc/kernel-guard.conf"
menu='menuentry "Arch" --id arch {
linux /boot/vmlinuz-linux root=/dev/vda1 rw
initrd /boot/initramfs-linux.img
}'
mkdir -p "$root/boot/grub"
printf '%s\n' "$menu" 'source ${config_directory}/custom.cfg' >"$root/boot/grub/grub.cfg"
for release in 6.1.0-a 6.2.0-b 6.3.0-c; do
    installs "$release" linux 1 1
    rm -r "$root/boot/loader" && mkdir -p "$root/boot/loader/entries"
    runs "$release" linux
    echo 'BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw' >"$place/proc/cmdline"
    kg booted
done
rm -r "$root/boot/loader"
pre 6.3.0-c
is "$(files)" "initramfs-linux.old.img vmlinuz-linux.old" "GRUB: one is kept beside the originals"
printf '%s\n' "${menu%\}}" >"$root/boot/grub/grub.cfg"
pre 6.3.0-c
is "$(files)" "initramfs-linux.old.img vmlinuz-linux.old" "and one when its menu cannot be read"
rm "$root"/boot/*.old*
pre 6.3.0-c
is "$(files)" "initramfs-linux.old.img vmlinuz-linux.old" "also where none was there"

# What lies apart stays there while a configuration cannot be read, whoever's it is.
machine apart
installs 6.1.0-old linux 1 1
rm -r "$root/boot/loader"
mkdir -p "$root/etc/mkinitcpio.d"
printf '%s\n' 'ALL_kver="/boot/vmlinuz-linux"' "PRESETS=('default')" 'default_image="/boot/initramfs-linux.img"' >"$root/etc/mkinitcpio.d/linux.preset"
boots 6.1.0-old linux
pre 6.1.0-old
is "$(files)" "kernel-guard/initramfs-linux.old.img kernel-guard/vmlinuz-linux.old" "no known loader: kept files lie apart"
mkdir "$root/boot/grub"
echo 'menuentry "broken" {' >"$root/boot/grub/grub.cfg"
pre 6.1.0-old
is "$(files)" "kernel-guard/initramfs-linux.old.img kernel-guard/vmlinuz-linux.old" "and stay there when a forgotten menu cannot be read"

# The ESP has another mount point, the kernel another name: what has booted there is kept there.
machine moved
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
sed -i 's/linux\.img/arch.img/; s/vmlinuz-linux/vmlinuz-arch/' "$root/boot/loader/entries/linux.conf"
mv "$root/boot/vmlinuz-linux" "$root/boot/vmlinuz-arch"
mv "$root/boot/initramfs-linux.img" "$root/boot/initramfs-arch.img"
runs 6.1.0-old arch
kg booted
is "$status:$out:$(sets | wc -w)" "0:what runs is kept already:1" "moved: it is the same set"
pre 6.1.0-old
is "$said:$(files):$(entries)" ":initramfs-arch.old.img vmlinuz-arch.old:linux-kernel-guard.conf" "moved: it is kept where it boots now, with its entry"
kernel 6.2.0-new "$root/boot/vmlinuz-arch"
kg restore 6.1.0-old
is "$status:$(cmp "$root/boot/vmlinuz-arch" "$root"/var/lib/kernel-guard/sets/6.1.0-old-*/0-*)" "0:" "moved: and restored there"
before=$(find "$root/var/lib/kernel-guard/sets" -type f -printf '%P %i %T@\n' | sort)
kg booted
is "$(find "$root/var/lib/kernel-guard/sets" -type f -printf '%P %i %T@\n' | sort)" "$before" "moved: nothing is written where nothing has changed"

# The ESP is mounted elsewhere now, with what lies there as kept.
machine esp
old_and_new
mv "$root/boot" "$root/efi"
mkdir "$root/boot"
esp() { (cd "$root/efi" && find . -name '*.old*' -printf '%P %i\n' -o -name '*kernel-guard*' -printf '%P %i\n' | sort); }
before=$(esp)
for command in booted "hook post" prune booted; do
    # shellcheck disable=SC2086  # words
    kg $command
    is "$(esp):$(ls -A "$root/boot")" "$before:" "another mount point: the kept kernel stays there with its entry, $command"
done
is "$(jq -r '.files[].path' "$root"/var/lib/kernel-guard/sets/*/set.json | sort | uniq -c | xargs)" "2 /efi/initramfs-linux.img 2 /efi/vmlinuz-linux" \
    "another mount point: both sets know it"
pre 6.2.0-new
is "$said:$(head -n 1 "$root/efi/initramfs-linux.old.img" | tr -d '\0'):$(ls -A "$root/boot")" ":6.2.0-new:" "another mount point: the next update keeps what has booted there"

# Booted by an entry that somebody else has made for the kept files: they are what they were.
for original in there gone; do
    machine "foreign-$original"
    installs 6.1.0-old linux 1 1
    boots 6.1.0-old linux
    pre 6.1.0-old
    installs 6.2.0-new linux 1 1
    kg hook post
    printf '%s\n' 'title mine' 'linux /vmlinuz-linux.old' 'initrd /initramfs-linux.old.img' 'options root=/dev/vda1 rw' >"$root/boot/loader/entries/a.conf"
    rm "$root/boot/loader/entries/linux-kernel-guard.conf"
    [ "$original" = there ] || rm "$root"/boot/{vmlinuz-linux,initramfs-linux.img}
    runs 6.1.0-old linux.old
    kg booted
    is "$(jq -r '.files[].path' "$root"/var/lib/kernel-guard/sets/6.1.0-old-*/set.json | xargs)" "/boot/vmlinuz-linux /boot/initramfs-linux.img" \
        "somebody's entry, original $original: what is kept is the original's"
    is "$(head -n 1 "$root/boot/initramfs-linux.old.img" | tr -d '\0')" 6.1.0-old "somebody's entry, original $original: and lies where it lay"
done

done_testing
