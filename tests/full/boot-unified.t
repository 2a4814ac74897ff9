#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unified kernel images, started by real firmware and by systemd-boot 252, 257 and 262 in QEMU: a kept image beside the one that
# it was copied from boots the kept kernel, and never by itself; and of every set of entries kernel-guard calls that one the
# default that really starts.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/firmware.sh
. "$TESTS/vm/firmware.sh"

old=$(release_of 6.1) new=$(release_of 6.12)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
for mark in old new; do firmware_initramfs "$mark-image" "$SCRATCH/$mark.img" || exit 1; done
root=$SCRATCH/root esp=$SCRATCH/root/boot
mkdir -p "$esp"/{EFI/{BOOT,Linux},loader/entries} "$root"/{etc,usr/lib/modules,var/lib}

# uki SERIES MARK FILE OS-RELEASE-LINE...: its options name the file.
uki() {
    local series=$1 mark=$2 file=$3
    shift 3
    printf '%s\n' "$@" >"$SCRATCH/os-release"
    "$TESTS/material/uki.sh" build --linux="$(kernel "$series")" --initrd="$SCRATCH/$mark.img" --uname="$(release_of "$series")" \
        --cmdline="$FIRMWARE_OPTIONS kg.file=${file##*/}" --os-release=@"$SCRATCH/os-release" --output="$file" >"$SCRATCH/ukify.log" 2>&1 ||
        sed 's/^/# /' "$SCRATCH/ukify.log"
}
# loader VERSION [DEFAULT]: systemd-boot of that version.
loader() {
    local file=/usr/lib/systemd/boot/efi/systemd-bootx64.efi
    case $1 in
    257) file=$KG_CACHE/bootctl/trixie$file ;;
    262) file=$KG_CACHE/bootctl/sid$file ;;
    esac
    cp "$file" "$esp/EFI/BOOT/BOOTX64.EFI" || return
    is "$(grep -ao "LoaderInfo: systemd-boot [0-9]*" "$file" | head -n 1)" "LoaderInfo: systemd-boot $1" "it is systemd-boot $1"
    printf '%s\n' 'timeout 0' "${2:+default $2}" >"$esp/loader/loader.conf"
}
# What really starts, in $booted.
boots() {
    firmware_disk "$esp" "$SCRATCH/disk" && firmware_boot machine "$SCRATCH/disk"
}
listed_default() { "$KG" list --json --root "$root" | jq -r '.targets[] | select(.default) | .entry'; }
for suite in trixie sid; do "$TESTS/material/bootctl.sh" "$suite" "$esp" -- --version >/dev/null || exit 1; done

# What keeping leaves: the image that was there, byte for byte, under another name. Both have the distributor's os-release.
os_release=('NAME="Arch Linux"' 'PRETTY_NAME="Arch Linux"' ID=arch BUILD_ID=rolling)
uki 6.1 old "$esp/EFI/Linux/arch-linux.efi" "${os_release[@]}"
cp "$esp/EFI/Linux/arch-linux.efi" "$esp/EFI/Linux/arch-linux-old.efi"
uki 6.12 new "$esp/EFI/Linux/arch-linux.efi" "${os_release[@]}"
for version in 252 257 262; do
    loader "$version"
    boots
    is "${booted%% options:*}" "BOOTED $new new-image" "systemd-boot $version, without a default: the current image boots"
done
is "$(listed_default)" arch-linux.efi "kernel-guard calls it the default"
is "$("$KG" list --json --root "$root" | jq -r '.targets[] | .entry + " " + .release + " " + .title' | paste -sd';')" \
    "arch-linux.efi $new Arch Linux;arch-linux-old.efi $old Arch Linux" "and lists both, by what is in them"
loader 257 arch-linux-old.efi
boots
is "${booted%% options:*}" "BOOTED $old old-image" "with the kept image as default: the kept kernel boots with its image"
like "${booted#*options: }" "kg.file=arch-linux.efi" "and with the options that it had"
is "$(listed_default)" arch-linux-old.efi "kernel-guard calls it the default"

# starts NAME VERSION DEFAULT FILE[|OS-RELEASE-LINE...]...: what starts is what kernel-guard calls the default.
starts() {
    local name=$1 version=$2 default=$3 file lines
    shift 3
    rm -f "$esp"/EFI/Linux/* "$esp"/loader/entries/* "$esp/vmlinuz" "$esp/image"
    for file in "$@"; do
        IFS='|' read -r -a lines <<<"$file"
        file=${lines[0]}
        lines=("${lines[@]:1}")
        case $file in
        *.conf)
            cp "$(kernel 6.1)" "$esp/vmlinuz"
            cp "$SCRATCH/old.img" "$esp/image"
            printf '%s\n' "title $file" 'linux /vmlinuz' 'initrd /image' "options $FIRMWARE_OPTIONS kg.file=$file" "${lines[@]}" \
                >"$esp/loader/entries/$file"
            ;;
        *) uki 6.1 old "$esp/EFI/Linux/$file" "${lines[@]:-ID=arch}" ;;
        esac
    done
    loader "$version" "$default"
    boots
    is "$(listed_default)" "$(grep -o 'kg\.file=[^ ]*' <<<"$booted" | cut -d= -f2)" \
        "$name: systemd-boot $version starts what kernel-guard calls the default"
}
starts "versions of os-release" 257 '' 'z.efi|ID=arch|VERSION_ID=9' 'a.efi|ID=arch|VERSION_ID=10'
starts "IMAGE_ID" 252 '' 'z.efi|ID=arch|IMAGE_ID=aaa' 'a.efi|ID=arch'
starts "a counter" 257 '' arch-linux+3.efi arch-linux-old.efi
starts "a counter that has run out" 262 '' arch-linux+0-3.efi arch-linux-old.efi
starts "a counter of several digits that has run out" 257 '' arch-linux+00-3.efi arch-linux-old.efi
starts "a glob" 262 'ARCH-LINUX-O*' arch-linux.efi arch-linux-old.efi
starts "capitals" 257 '' Zrch.efi arch.efi
starts "capitals, type 1" 262 '' Zrch.conf arch.conf
starts "a default without the counter" 257 arch-linux.efi arch-linux+3.efi zrch.efi
starts "a default without the counter" 262 arch-linux.efi arch-linux+3.efi zrch.efi
starts "a default with the counter" 257 arch-linux+3.efi arch-linux+3.efi zrch.efi
starts "both types" 257 '' zzz.conf arch.efi
starts "both types with sort-keys" 257 '' 'zzz.conf|sort-key aaa' arch.efi

done_testing
