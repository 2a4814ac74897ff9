#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several entries start one kernel, each with an image of its own: what has booted is the one with that image, its kept files never
# mix with those of another set, and it is the default again when it is restored.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

# The fallback image of a kernel, with its entry.
installs_fallback() { # RELEASE PKGBASE
    { echo "fallback of $1" && head -c 1000000 /dev/zero; } >"$root/boot/initramfs-$2-fallback.img"
    sed "s/initramfs-$2/&-fallback/" "$root/boot/loader/entries/$2.conf" >"$root/boot/loader/entries/$2-fallback.conf"
}
# It runs, started by that entry.
boots_fallback() { # RELEASE PKGBASE
    runs "$1" "$2-fallback"
    kg booted
    is "$status:$out" "0:kept $1, which runs" "$1 boots by its fallback entry, and is kept"
}
entry() { awk -v key="$2" '$1 == key { print $2 }' "$root/boot/loader/entries/$1"; } # ENTRY KEY
# pair ENTRY: of which releases kernel and image are that it starts.
pair() {
    local kernel image
    kernel=$(entry "$1" linux) image=$(entry "$1" initrd)
    printf '%s %s\n' "$(strings -n 4 "$root/boot$kernel" 2>/dev/null | grep -o -m 1 '^[67]\.[0-9]*\.[0-9]-[a-z]*')" \
        "$(head -n 1 "$root/boot$image" 2>/dev/null | tr -d '\0')"
}
default() {
    run list --json --root "$root" --machine "$place"
    jq -r '.targets[] | select(.default) | .entry' <"$SCRATCH/out"
}

machine fallback
echo "default linux.conf" >"$root/boot/loader/loader.conf"
installs 6.1.0-old linux 1 1
installs_fallback 6.1.0-old linux
boots 6.1.0-old linux
pre 6.1.0-old
installs 6.2.0-new linux 1 1
installs_fallback 6.2.0-new linux
kg hook post
is "$(pair linux-kernel-guard.conf)" "6.1.0-old 6.1.0-old" "the kept one lies beside the new one"
boots_fallback 6.2.0-new linux
is "$(pair linux-kernel-guard.conf)" "6.1.0-old 6.1.0-old" "and stays when the new one boots by another entry"
is "$(entries) $(beside)" "linux-kernel-guard.conf initramfs-linux.old.img vmlinuz-linux.old" "with nothing else beside it"
pre 6.2.0-new
is "$said" "" "it is kept before the next update"
is "$(entries)" "linux-fallback-kernel-guard.conf" "with the entry of the image that it has booted with"
is "$(pair linux-fallback-kernel-guard.conf)" "6.2.0-new fallback of 6.2.0-new" "and that image"
is "$(beside)" "initramfs-linux-fallback.old.img vmlinuz-linux.old" "nothing of the older one lies beside it"
installs 7.0.0-bad linux 1 1
installs_fallback 7.0.0-bad linux
kg hook post
is "$(pair linux-fallback-kernel-guard.conf)" "6.2.0-new fallback of 6.2.0-new" "after the update it is there"
is "$(default)" linux.conf "the new one is the default"
kg restore 6.2.0-new
is "$status:$(grep -c '^6.2.0-new boots by default now$' <<<"$out")" 0:1 "it is restored"
like "$out" "note: linux.conf starts 6.2.0-new with an image of another kernel, /boot/initramfs-linux.img: do not choose it before that is \
written anew while 6.2.0-new runs" "and what else starts its kernel is named"
is "$(default) $(pair "$(default)")" "linux-fallback.conf 6.2.0-new fallback of 6.2.0-new" "the default is the entry that starts it"
kg restore 6.1.0-old
is "$status:$(default) $(pair "$(default)")" "0:linux.conf 6.1.0-old 6.1.0-old" "and the other one again when the older one is restored"

# Somebody has made the kept entry the default.
machine chosen
old_and_new
pre 6.2.0-new
installs 7.0.0-bad linux 1 1
kg hook post
echo "default linux-kernel-guard.conf" >"$root/boot/loader/loader.conf"
is "$(default) $(pair "$(default)")" "linux-kernel-guard.conf 6.2.0-new 6.2.0-new" "the kept entry is the default"
kg restore 6.2.0-new
is "$(default) $(pair "$(default)")" "linux.conf 6.2.0-new 6.2.0-new" "what is restored is the default, whatever was"
like "$out" "6.2.0-new boots by default now" "as it says"

# Of another kernel than the default's.
machine two
echo "default linux-lts.conf" >"$root/boot/loader/loader.conf"
installs 6.1.0-lts linux-lts 1 1
installs 6.2.0-old linux 1 1
boots 6.2.0-old linux
pre 6.2.0-old
installs 7.0.0-bad linux 1 1
kg hook post
is "$(default)" linux-lts.conf "another kernel is the default"
kg restore 6.2.0-old
is "$(default) $(pair "$(default)")" "linux.conf 6.2.0-old 6.2.0-old" "the one that is restored is it then"
# Boots of it are counted, and the counter goes when it has booted well.
echo "default linux-lts.conf" >"$root/boot/loader/loader.conf"
mv "$root/boot/loader/entries/linux.conf" "$root/boot/loader/entries/linux+3-1.conf"
kg restore 6.2.0-old
is "$(default):$(tail -n 1 "$root/boot/loader/loader.conf")" "linux+3-1.conf:default linux[+.]*conf" "an entry with a counter is the default by a pattern"
mv "$root/boot/loader/entries/linux+3-1.conf" "$root/boot/loader/entries/linux.conf"
is "$(default)" linux.conf "and without its counter too"

# --- What the loader says, and what the kernel was given. ---

stored() { jq -r '[.files[].path] | join(" ")' "$root"/var/lib/kernel-guard/sets/*/set.json; }
forget() { rm -rf "$root/var/lib/kernel-guard"; }
# given BYTES: the size of the images that the kernel was started with, in x86's boot parameters (boot.rst, zero-page.rst).
given() {
    mkdir -p "$place/sys/kernel/boot_params"
    {
        head -c $((0x202)) /dev/zero && printf 'HdrS' && head -c $((0x21c - 0x206)) /dev/zero
        # shellcheck disable=SC2059
        printf "$(printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
        head -c $((4096 - 0x220)) /dev/zero
    } >"$place/sys/kernel/boot_params/data"
}
size() { cat "${@/#/$root/boot/}" | wc -c; } # NAME...: of these files together
command_line() { echo "$*" >"$place/proc/cmdline"; }

# menu ENTRY...: GRUB's, of entries "KERNEL IMAGE...", the first of which is the default.
menu() {
    local entry id=0 words
    rm -rf "$root/boot/loader" && mkdir -p "$root/boot/grub"
    for entry; do
        read -ra words <<<"$entry"
        printf 'menuentry "Arch %s" --id e%s {\n linux /boot/%s root=/dev/vda1 rw\n initrd %s\n}\n' \
            "$id" "$id" "${words[0]}" "${words[*]/#/\/boot\/}" | sed "s,initrd /boot/${words[0]} ,initrd ,"
        id=$((id + 1))
    done >"$root/boot/grub/grub.cfg"
}

machine grub
installs 6.1.0-lts linux-lts 1 1
installs 6.1.0-lts linux 1 1
menu "vmlinuz-linux initramfs-linux.img" "vmlinuz-linux-lts initramfs-linux-lts.img"
runs 6.1.0-lts linux-lts
command_line "BOOT_IMAGE=/boot/vmlinuz-linux-lts root=/dev/vda1 rw"
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux-lts /boot/initramfs-linux-lts.img" "GRUB: of two kernels the one that BOOT_IMAGE= names has booted"

machine grub-restore
installs 6.1.0-old linux 1 1
menu "vmlinuz-linux initramfs-linux.img"
runs 6.1.0-old linux
command_line "BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw"
kg booted
pre 6.1.0-old
mkdir -p "$root/boot/loader/entries" && installs 6.2.0-new linux 1 1 && rm -r "$root/boot/loader"
is "$(head -n 1 "$root/boot/initramfs-linux.old.img")" "6.1.0-old" "GRUB: the kept kernel lies beside the new one"
kg restore
is "$status:$(grep -c '^6.1.0-old boots by default now$' <<<"$out")" 0:1 "GRUB: it is restored"
is "$(head -n 1 "$root/boot/initramfs-linux.img"):$(strings -n 4 "$root/boot/vmlinuz-linux" | grep -o -m 1 '^6[^ ]*')" "6.1.0-old:6.1.0-old" \
    "GRUB: under the names that its default starts"

machine grub-images
installs 6.1.0-old linux 1 1
installs_fallback 6.1.0-old linux
mkdir -p "$SCRATCH/early/kernel/x86/microcode" && echo x >"$SCRATCH/early/kernel/x86/microcode/GenuineIntel.bin"
(cd "$SCRATCH/early" && find . | cpio -o -H newc --quiet && printf '\0') >"$root/boot/intel-ucode.img"
menu "vmlinuz-linux intel-ucode.img initramfs-linux.img" "vmlinuz-linux intel-ucode.img initramfs-linux-fallback.img"
runs 6.1.0-old linux
command_line "BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw"
kg booted
like "$status:$out" "^2:warning: several boot entries .* with other images, and nothing tells which of them did: e0 or e1; none is taken for" \
    "GRUB: of two images of one kernel the default's is not taken for what has booted"
ok "$([ -d "$root/var/lib/kernel-guard/sets" ]; echo $((1 - $?)))" "and nothing is kept"
ucode=$(size intel-ucode.img)
given $(((ucode + 3) / 4 * 4 + $(size initramfs-linux-fallback.img)))
[ $((ucode % 4)) -ne 0 ]
ok $? "the second image begins behind what fills the first one up"
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux /boot/initramfs-linux-fallback.img" "the size of what the kernel was given tells which it was"
forget
given $((ucode + $(size initramfs-linux.img)))
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux /boot/initramfs-linux.img" "also where it is the default"
forget
menu "vmlinuz-linux intel-ucode.img initramfs-linux.img"
given $((ucode + 4096 + $(size initramfs-linux.img)))
kg booted
like "$status:$out" "^2:warning: 6.1.0-old was booted with other images than those that e0 names" "an image that was chosen by hand proves no entry"
menu "vmlinuz-linux initramfs-linux.img" "vmlinuz-linux intel-ucode.img initramfs-linux.img"
rm -r "$place/sys/kernel/boot_params"
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux /boot/initramfs-linux.img" "entries that differ in microcode alone start the same"

machine case
installs 6.1.0-old linux 1 1
installs_fallback 6.1.0-old linux
cp "$SCRATCH/grub-images/boot/intel-ucode.img" "$root/boot/"
sed -i 's,^initrd,initrd /intel-ucode.img\n&,' "$root"/boot/loader/entries/*.conf
mv "$root/boot/loader/entries/linux.conf" "$root/boot/loader/entries/Arch.conf"
mv "$root/boot/loader/entries/linux-fallback.conf" "$root/boot/loader/entries/Arch-Fallback.conf"
echo "default Arch.conf" >"$root/boot/loader/loader.conf"
runs 6.1.0-old linux
command_line 'initrd=\intel-ucode.img initrd=\initramfs-linux-fallback.img root=/dev/vda1 rw'
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux /boot/initramfs-linux-fallback.img" "of several words initrd= not only the first counts"
forget
command_line 'root=/dev/vda1 rw'
efivars=$place/sys/firmware/efi/efivars
mkdir -p "$efivars"
{ printf '\x06\0\0\0' && printf 'arch-fallback.conf\0' | iconv -t UTF-16LE; } >"$efivars/LoaderEntrySelected-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
kg booted
is "$status:$(stored)" "0:/boot/vmlinuz-linux /boot/initramfs-linux-fallback.img" "systemd-boot says an id in lower case"
rm -r "$place/sys/firmware"

# Unified images that the firmware starts: systemd's stub says which file it is.
machine unified
installs 6.1.0-old linux 1 1
installs_fallback 6.1.0-old linux
rm -r "$root/boot/loader"
mkdir -p "$root/boot/EFI/Linux" "$root/etc/mkinitcpio.d"
printf '%s\n' 'ALL_kver=/boot/vmlinuz-linux' "PRESETS=('default' 'fallback')" 'default_uki=/boot/EFI/Linux/arch-linux.efi' \
    'fallback_uki=/boot/EFI/Linux/arch-linux-fallback.efi' >"$root/etc/mkinitcpio.d/linux.preset"
for image in linux linux-fallback; do
    "$TESTS/material/uki.sh" build --linux="$root/boot/vmlinuz-linux" --initrd="$root/boot/initramfs-$image.img" --uname=6.1.0-old \
        --cmdline='root=/dev/vda1 rw' --output="$root/boot/EFI/Linux/arch-$image.efi" >"$SCRATCH/ukify" 2>&1 || cat "$SCRATCH/ukify"
done
runs 6.1.0-old linux
command_line 'root=/dev/vda1 rw'
kg booted
like "$status:$out" "^2:warning: several boot entries .*: linux/default.efi or linux/fallback.efi" "of two unified images the default is not taken for what has booted"
mkdir -p "$efivars"
{ printf '\x06\0\0\0' && printf '\\EFI\\LINUX\\ARCH-LINUX-FALLBACK.EFI\0' | iconv -t UTF-16LE; } \
    >"$efivars/LoaderImageIdentifier-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
kg booted
is "$status:$(stored)" "0:/boot/EFI/Linux/arch-linux-fallback.efi" "the file that was started is, whatever the case of its name"
rm -r "$place/sys/firmware"
forget
given "$(size initramfs-linux.img)"
kg booted
is "$status:$(stored)" "0:/boot/EFI/Linux/arch-linux.efi" "or the one whose image has the size of what the kernel was given"

# Entries that start the kernel as an EFI program.
machine program
programs() { sed -i -e 's/^linux/efi/' -e "s/^options/& initrd=\\\\initramfs-linux.img/" -e '/^initrd/d' "$root/boot/loader/entries/linux.conf"; }
installs 6.1.0-old linux 1 1
programs
boots 6.1.0-old linux
is "$(stored)" "/boot/vmlinuz-linux /boot/initramfs-linux.img" "a kernel that is started as an EFI program is kept with its image"
pre 6.1.0-old
is "$said:$(grep -E '^(efi|options)' "$root/boot/loader/entries/linux-kernel-guard.conf" | paste -sd' ')" \
    ':efi /vmlinuz-linux.old options initrd=\initramfs-linux.old.img root=/dev/vda1 rw' "its kept files have an entry of that kind"
installs 7.0.0-bad linux 1 1
programs
kg hook post
kg restore 6.1.0-old
is "$status:$(sed -i 's/^efi/linux/' "$root/boot/loader/entries/linux.conf" && pair linux.conf | cut -d' ' -f1)" "0:6.1.0-old" "it is restored"
is "$(head -n 1 "$root/boot/initramfs-linux.img" | tr -d '\0')" "6.1.0-old" "with its image"

# --- Names that are symbolic links, which GRUB follows. ---

machine links
links() { # RELEASE
    mv "$root/boot/initramfs-linux.img" "$root/boot/initramfs-$1.img"
    ln -sf "/usr/lib/modules/$1/vmlinuz" "$root/boot/vmlinuz-linux"
    ln -sf "initramfs-$1.img" "$root/boot/initramfs-linux.img"
}
installs 6.1.0-old linux 1 1
links 6.1.0-old
menu "vmlinuz-linux initramfs-linux.img" "vmlinuz-gone initramfs-linux.img"
ln -s vmlinuz-nowhere "$root/boot/vmlinuz-gone"
runs 6.1.0-old linux
command_line "BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw"
kg booted
is "$status:$out" "0:kept 6.1.0-old, which runs" "what links lead to is kept"
is "$(find "$root"/var/lib/kernel-guard/sets -name '[01]-*' -type f | wc -l)" 2 "as files"
rm -r "$root/usr/lib/modules/6.1.0-old" "$root/boot/initramfs-linux.img"
mkdir -p "$root/boot/loader/entries"
installs 7.0.0-bad linux 1 1
links 7.0.0-bad
menu "vmlinuz-linux initramfs-linux.img"
kg restore 6.1.0-old --dry-run
like "$status:$out" "0:.*# written: /boot/vmlinuz-linux"$'\n'"#   [0-9]+ bytes of [^,]*, in the place of a symbolic link" "restoring would replace a link, and says so"
is "$(readlink "$root/boot/vmlinuz-linux")" "/usr/lib/modules/7.0.0-bad/vmlinuz" "a dry run does not"
kg restore 6.1.0-old
is "$status:$(find "$root/boot" -name '*-linux*' -type l)" "0:" "what is restored are files"
is "$(strings -n 4 "$root/boot/vmlinuz-linux" | grep -c '^6.1.0-old') $(head -n 1 "$root/boot/initramfs-linux.img" | tr -d '\0')" "1 6.1.0-old" "those that were kept"
is "$(strings -n 4 "$root/usr/lib/modules/7.0.0-bad/vmlinuz" | grep -c '^7.0.0-bad') $(head -n 1 "$root/boot/initramfs-7.0.0-bad.img" | tr -d '\0')" "1 7.0.0-bad" \
    "what the links led to is as it was"

# A link that leads elsewhere since the boot leads not to what has booted.
machine relinked
installs 6.1.0-old linux 1 1
cp "$root/boot/initramfs-linux.img" "$root/boot/initramfs-other.img"
links 6.1.0-old
menu "vmlinuz-linux initramfs-linux.img"
sleep 1.1
runs 6.1.0-old linux
echo "btime $(date +%s)" >"$place/proc/stat"
sleep 1.1
ln -sf initramfs-other.img "$root/boot/initramfs-linux.img"
kg booted
is "$status:$out" "2:warning: /boot/initramfs-linux.img was changed after 6.1.0-old was booted" "a link that was changed after the boot is told"
ln -sf initramfs-nowhere.img "$root/boot/initramfs-linux.img"
kg booted
like "$status:$out$err" "^2:.*/boot/initramfs-linux.img: is a symbolic link that leads to nothing" "so is one that leads to nothing"

done_testing
