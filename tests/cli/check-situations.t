#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Configurations and accidents as real machines have them: neither a broken one called safe, nor a sound one unsafe.
# So many whole kernels are judged by the plain build, and in check-full by the sanitized one.
[ -n "${KG_FULL:-}" ] || KG_BUILD=plain
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

release=$(release_of 6.12)
img=/boot/initramfs-linux.img
tree 6.12 base
root=$SCRATCH/base
entry=$root/boot/loader/entries/arch.conf
modules=$root/usr/lib/modules/$release
cp "$root$img" "$SCRATCH/whole.img"
cp "$entry" "$SCRATCH/arch.conf"
cp "$root/etc/mkinitcpio.conf" "$SCRATCH/mkinitcpio.conf"

# says NAME STATUS FINDINGS: exit status, and every finding that is no info, as "severity id module".
says() {
    run check --root "$root" --json
    is "$status: $(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .severity + " " + .id + (if .module then " " + .module else "" end)) | unique | join(", ")')" \
        "$2: $3" "$1"
}
restore() {
    cp "$SCRATCH/arch.conf" "$entry"
    replace "$root/etc/mkinitcpio.conf" <"$SCRATCH/mkinitcpio.conf"
    replace "$root$img" <"$SCRATCH/whole.img"
}

# The entry.
sed -i '/^initrd/d' "$entry"
says "an entry without its initramfs" 1 "error initramfs-missing"
sed -i 's,^options.*,& initrd=\\initramfs-linux.img,' "$entry"
says "initrd= among the options is one" 0 ""
sed -i 's,initramfs-linux.img,missing.img,' "$entry"
says "and one that is not there is missed" 1 "error initramfs-missing"
restore
printf 'initrd /intel-ucode.img\n' >>"$entry"
mkdir -p "$SCRATCH/ucode/kernel/x86/microcode"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
(cd "$SCRATCH/ucode" && find . | cpio -o -H newc --quiet) >"$root/boot/intel-ucode.img"
says "microcode behind the image" 0 "warning microcode-ignored"
image "$root" 6.12 --omit kg_zfs
says "microcode behind an image that lacks a module" 1 "error initramfs-module-missing kg_zfs, warning microcode-ignored"
is "$(json '.targets[0].findings[0].image')" "$img" "the generator's image is named, not the microcode"
restore

# Other entries.
sed 's/vmlinuz-linux/vmlinuz-gone/' "$entry" >"$root/boot/loader/entries/zen.conf"
: >"$root/boot/loader/loader.conf"
says "systemd-boot hides an entry whose kernel is gone: not the default" 0 "error kernel-missing"
is "$(json '.targets[] | select(.default) | .entry')" arch.conf "the next one is"
mv "$root/boot/loader/entries/zen.conf" "$root/boot/loader/entries/.zen.conf"
says "a hidden file is no entry" 0 ""
rm "$root/boot/loader/entries/.zen.conf"
sed 's/initramfs-linux/gone/' "$entry" >"$root/boot/loader/entries/zz+0-3.conf"
says "an entry without tries left comes last" 0 "error initramfs-missing"
rm "$root/boot/loader/entries/zz+0-3.conf"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
cp "$KG_CACHE/kernel/6.1/root/usr/lib/modules/$(release_of 6.1)/vmlinuz" "$root/boot/vmlinuz-debian"
printf 'title Debian\nmachine-id ffffffffffffffffffffffffffffffff\nlinux /vmlinuz-debian\ninitrd /initramfs-linux.img\n' \
    >"$root/boot/loader/entries/debian.conf"
says "another system's entry: its modules are not looked for here" 0 ""
rm "$root/boot/loader/entries/debian.conf" "$root/boot/vmlinuz-debian"
echo 'default arch.conf' >"$root/boot/loader/loader.conf"
mkdir -p "$root/boot/EFI/Linux"
echo ID=arch >"$SCRATCH/osrel"
"$TESTS/material/uki.sh" build --cmdline=quiet --output="$SCRATCH/addon.efi" >/dev/null 2>&1
objcopy --add-section .osrel="$SCRATCH/osrel" --set-section-flags .osrel=data,readonly --change-section-vma .osrel=0x150000000 \
    "$SCRATCH/addon.efi" "$root/boot/EFI/Linux/x.efi"
says "a unified image without a kernel beside a sound default" 0 "warning kernel-unreadable"
like "$(run check --root "$root"; echo "$out")" "1 of 2 boot targets are sound" "what is unknown is not counted as sound"
mv "$root/boot/loader" "$root/loader"
says "without systemd-boot it is nobody's entry, and the presets are read" 0 ""
mv "$root/loader" "$root/boot/loader"
rm -r "$root/boot/EFI"

# Configuration.
sed -i 's/^HOOKS=.*/HOOKS="base udev encrypt btrfs"/; s/^MODULES=.*/MODULES="ext4 kg_zfs"/' "$root/etc/mkinitcpio.conf"
says "strings instead of arrays" 1 "error initramfs-dependency-missing dm_mod, error initramfs-dependency-missing raid6_pq, \
error initramfs-dependency-missing xor, error initramfs-module-missing btrfs, error initramfs-module-missing dm_crypt"
sed -i 's/^HOOKS=.*/HOOKS=(base udev encrypt)/' "$root/etc/mkinitcpio.conf"
cp "$root/etc/mkinitcpio.d/linux.preset" "$SCRATCH/preset"
echo 'default_options="--skiphooks encrypt"' >>"$root/etc/mkinitcpio.d/linux.preset"
says "a hook that the preset leaves out" 0 ""
replace "$root/etc/mkinitcpio.d/linux.preset" <"$SCRATCH/preset"
sed -i "s/^MODULES=.*/MODULES=(kg_zfs 'ext4[')/; s/^HOOKS=.*/HOOKS=(base)/" "$root/etc/mkinitcpio.conf"
says "a name that can be none is absent, and costs no verdict" 1 "error module-absent ext4["
restore

# dracut: its own configuration counts for its own image.
"$TESTS/material/dracut-image.sh" 6.12 >/dev/null
replace "$root$img" <"$KG_CACHE/images/6.12/dracut.img"
sed -i 's/^MODULES=.*/MODULES=(nouveau)/' "$root/etc/mkinitcpio.conf"
says "dracut's image at a preset's path" 0 ""
mkdir -p "$root/etc/dracut.conf.d"
echo 'add_dracutmodules+=" zfs "' >"$root/etc/dracut.conf.d/x.conf"
says "dracut's modules demand theirs" 1 "error module-absent zfs"
rm -r "$root/etc/dracut.conf.d"
mkdir -p "$SCRATCH/squash/usr/lib/dracut"
echo '#!/bin/sh' >"$SCRATCH/squash/init"
echo hsqs >"$SCRATCH/squash/squashfs-root.img"
(cd "$SCRATCH/squash" && find . | cpio -o -H newc --quiet | zstd -q) | replace "$root$img"
says "an image that hides its modules is unknown" 2 "warning initramfs-unreadable"
restore

# Modules: two of one name, hard links, what depmod has not seen, a gutted tree.
mkdir -p "$modules/extramodules"
cp "$modules/updates/dkms/"* "$modules/extramodules/"
depmod -b "$root" "$release"
says "two copies of each module" 0 ""
rm -r "$modules/extramodules"
mkdir -p "$SCRATCH/opt/mods"
cp "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" "$SCRATCH/opt/mods/kg_far.ko"
sed "s,^kernel/fs/ext4/ext4.ko[^:]*:,$SCRATCH/opt/mods/kg_far.ko:\n&," "$modules/modules.dep" | replace "$modules/modules.dep"
depmod -b "$root" "$release"
says "modules.dep is made anew" 0 ""
cp "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" "$modules/updates/kg_new.ko"
says "depmod has not run since a module came" 0 "warning module-not-indexed"
rm "$modules/updates/kg_new.ko"

mkdir "$SCRATCH/linked"
(
    cd "$SCRATCH/linked" || exit 1
    "$KG" initramfs --json "$SCRATCH/whole.img" | jq '.images[0].segments[1].offset' >"$SCRATCH/offset"
    tail -c +$(($(cat "$SCRATCH/offset") + 1)) "$SCRATCH/whole.img" | zstd -dcq | cpio -id --quiet
    head -c "$(cat "$SCRATCH/offset")" "$SCRATCH/whole.img" | cpio -id --quiet
    zfs=$(find . -name 'kg_zfs.ko*')
    ln "$zfs" "$(dirname "$zfs")/kg_copy.ko.xz"
    find . -print0 | sort -z | cpio -0 -o -H newc --quiet
) 2>/dev/null | replace "$root$img"
says "a module with two names in the image" 0 ""
restore

rm -r "$modules/kernel/fs" "$modules/kernel/drivers"
sed -i 's/^MODULES=.*/MODULES=(kg_zfs)/' "$root/etc/mkinitcpio.conf"
says "a module tree that has lost most of it" 1 "error module-tree-incomplete"

done_testing
