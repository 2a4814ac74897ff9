#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other generators than mkinitcpio, with the names of their images, and with hooks of their own that remove and write: what has booted
# is kept beside an upgrade, boots, is restored, and stays when the kernel's package goes. dracut is the machine's own, booster one
# of the tests' that writes its layout; their hooks are in generators/.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/pack.sh
. "$PACMAN_TESTS/pack.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

# generator NAME: a bed in which this one is installed instead of mkinitcpio.
generator() {
    local stage=$SCRATCH/stage
    bed_start
    install_guard
    cp -r "$PACMAN_TESTS/generators/$1" "$stage"
    if [ "$1" = dracut ]; then
        mkdir -p "$stage"/usr/{bin,lib}
        cp -a "$KG_BED_ROOT/usr/lib/dracut" "$stage/usr/lib/"
        cp -a "$KG_BED_ROOT"/usr/bin/{dracut,lsinitrd} "$stage/usr/bin/"
    fi
    pack "$SCRATCH" "$1" 1-1 "$stage"
    rm -r "$stage"
    cp "$SCRATCH/$1-1-1-x86_64.pkg.tar.zst" "$BED/run"
    transaction -R mkinitcpio
    rm "$BED"/boot/*.img
    sed -i "s/initramfs/$image/" "$BED/boot/loader/entries/arch.conf"
    transaction -U "/run/$1-1-1-x86_64.pkg.tar.zst"
    safe "$1"
    is "$(bed_files)" "$image-linux.img vmlinuz-linux" "$1: its image lies beside the kernel"
}

for name in dracut booster; do
    image=initramfs
    [ "$name" = dracut ] || image=booster
    generator "$name"
    boots vmlinuz-linux "$image-linux.img"
    has_booted linux
    bed kernel-guard initramfs --json "/boot/$image-linux.img"
    contains "\"$name\"" "$name: wrote what has booted"
    contains kg_story "$name: with the module"
    loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
    transaction -U "${files[@]}"
    safe "$name, upgrade"
    is_kept "$name, upgrade"
    is "$(kernel_of linux) $([ -s "$BED/boot/$image-linux.img" ]; echo $?)" "$new 0" "$name, upgrade: the new one is there"
    boots vmlinuz-linux.old "$image-linux.old.img"
    is "$recovered" "put the kept modules of $old in their place" "$name, boot of the kept kernel: its modules are mounted"
    bed kernel-guard restore
    is "$status $(pair linux)" "0 $pair" "$name, restore: kernel and image are what had booted"
    bed kernel-guard check
    is "$status" 0 "$name, restore: safe"
    transaction -R linux linux-headers kg-story-dkms
    is "$status" 0 "$name, removal"
    is_kept "$name, removal"
done

done_testing
