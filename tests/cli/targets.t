#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where boot targets are read from, in which order, and which of them is the default.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

root=$SCRATCH/root
entries=$root/boot/loader/entries
mkdir -p "$entries" "$root/usr/lib/modules"
for series in 6.1 6.12; do
    cp "$KG_CACHE/kernel/$series/root/usr/lib/modules/$(release_of "$series")/vmlinuz" "$root/boot/vmlinuz-$series"
done

# entry NAME LINE...: a boot entry of the newer kernel.
entry() {
    local name=$1
    shift
    { printf 'linux /vmlinuz-6.12\n'; printf '%s\n' "$@"; } >"$entries/$name.conf"
}

targets() {
    run list --root "$root" --json
    is "$(json '[.targets[] | .entry + (if .default then "*" else "" end)] | join(" ")')" "$1" "$2"
}

entry 10 'title Ten'
entry 9 'title Nine'
entry a 'title A'
targets "10.conf* 9.conf a.conf" "without sort-key: by id downwards, numbers as numbers, the first is the default"
entry b 'sort-key arch' 'machine-id 22' 'version 6.9'
entry c 'sort-key arch' 'machine-id 22' 'version 6.12~rc1'
entry d 'sort-key arch' 'machine-id 22' 'version 6.12'
entry e 'sort-key arch' 'machine-id 11' 'version 1'
entry f 'sort-key aaaa'
targets "f.conf* e.conf d.conf c.conf b.conf 10.conf 9.conf a.conf" "with sort-key: first, by key, machine id, and version downwards"

echo 'default b.conf' >"$root/boot/loader/loader.conf"
run list --root "$root" --json
is "$(json '.targets[] | select(.default) | .entry')" b.conf "the default by its id"
echo 'default b' >"$root/boot/loader/loader.conf"
run list --root "$root" --json
is "$(json '.targets[] | select(.default) | .entry')" f.conf "without the suffix it matches nothing, as in systemd-boot: the first"
printf '#default 9.conf\ntimeout 3\ndefault  1*\n' >"$root/boot/loader/loader.conf"
run list --root "$root" --json
is "$(json '.targets[] | select(.default) | .entry')" 10.conf "the default by a glob"
rm "$root/boot/loader/loader.conf" "$entries"/[b-f].conf "$entries"/9.conf "$entries"/a.conf

# Nothing to start, and what is no entry.
echo 'title only' >"$entries/title.conf"
echo 'linux /x' >"$entries/backup.conf~"
targets "10.conf*" "an entry without a kernel and a file of another name are left out"

# Several initrds, in order, with microcode; options that add up.
entry 10 'initrd /amd-ucode.img' 'initrd /initramfs.img' 'options root=UUID=1 rw' 'options quiet'
run list --root "$root" --json
is "$(json '.targets[0].initrds | join(" ")')" "/boot/amd-ucode.img /boot/initramfs.img" "initrds in their order"

# Paths of an entry are those of its partition.
mkdir -p "$root/efi/loader/entries"
cp "$root/boot/vmlinuz-6.1" "$root/efi/"
printf 'linux /vmlinuz-6.1\ninitrd /x.img\n' >"$root/efi/loader/entries/20.conf"
targets "20.conf* 10.conf" "entries on ESP and XBOOTLDR"
is "$(json '[.targets[].kernel] | join(" ")')" "/efi/vmlinuz-6.1 /boot/vmlinuz-6.12" "each kernel is looked for on its entry's partition"
is "$(json '[.targets[].release] | join(" ")')" "$(release_of 6.1) $(release_of 6.12)" "the release is the image's, not the name's"
rm -r "$root/efi"
ln -s /boot "$root/efi"
targets "10.conf*" "one partition under two names is read once"

# The release is read from the image.
cp "$root/boot/vmlinuz-6.1" "$root/boot/vmlinuz-6.12.new"
mv "$root/boot/vmlinuz-6.12.new" "$root/boot/vmlinuz-6.12"
run list --root "$root" --json
is "$(json '.targets[0].release')" "$(release_of 6.1)" "a kernel under a wrong name"

# Unified kernel images are targets; what is none is no entry.
mkdir -p "$root/boot/EFI/Linux"
cp "$root/boot/vmlinuz-6.1" "$root/boot/EFI/Linux/plain.efi"
"$TESTS/material/uki.sh" build --linux="$root/boot/vmlinuz-6.1" --os-release=ID=arch \
    --output="$root/boot/EFI/Linux/arch-linux.efi" >/dev/null 2>&1
echo 'default arch-linux.efi' >"$root/boot/loader/loader.conf"
targets "arch-linux.efi* 10.conf" "a unified kernel image is listed, by the sort-key that its os-release is"
run check --root "$root" --json arch-linux.efi
is "$status $(json '.targets[0].release')" "1 $(release_of 6.1)" "and judged by the kernel in it"


# What unified images are sorted and shown by (the names, and the numbers, are in their os-release).
rm "$root/boot/loader/loader.conf"
unified() { # NAME OS-RELEASE-LINE...
    local name=$1
    shift
    printf '%s\n' "$@" >"$SCRATCH/os-release"
    "$TESTS/material/uki.sh" build --linux="$root/boot/vmlinuz-6.1" --initrd=/dev/null --cmdline=quiet --uname="$(release_of 6.1)" \
        --os-release=@"$SCRATCH/os-release" --output="$root/boot/EFI/Linux/$name.efi" >/dev/null 2>&1
}
rm "$root"/boot/EFI/Linux/*
unified a 'ID=arch' 'PRETTY_NAME="Arch Linux"' 'BUILD_ID=rolling'
unified b 'ID=arch' 'PRETTY_NAME="Arch Linux"' 'BUILD_ID=rolling'
unified newer "ID='arch'" 'VERSION_ID=7' 'BUILD_ID=1'
unified image 'IMAGE_ID=aaa' 'ID=zzz' '# ID=comment' 'IMAGE_VERSION=1'
targets "image.efi* newer.efi b.efi a.efi 10.conf" "unified images: by IMAGE_ID or ID, then by version downwards, then by name downwards"
is "$(json '.targets[] | select(.entry == "a.efi") | .title')" "Arch Linux" "unified images: with their title"
done_testing
