#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every broken variant of a system: unsafe, with the finding's id, the module, symbol and file, and a remedy.
# So many whole kernels are judged by the plain build, and in check-full by the sanitized one.
[ -n "${KG_FULL:-}" ] || KG_BUILD=plain
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

# found ID FIELD...: the fields of the target's finding of this id, from the last --json run.
found() {
    local id=$1 fields
    shift
    fields=$(printf '.%s,' "$@")
    json ".targets[].findings[] | select(.id == \"$id\") | [${fields%,}] | map(. // \"-\") | join(\" \")"
}

# unsafe NAME ROOT ID EXPECTED FIELD...: the system is unsafe, for this reason and for no other error.
unsafe() {
    local name=$1 root=$2 id=$3 expected=$4
    shift 4
    run check --root "$root" --json
    is "$status $(json .verdict)" "1 unsafe" "$name: unsafe, exit 1"
    is "$(found "$id" "$@")" "$expected" "$name: $id"
    is "$(json '[.targets[].findings[], .findings[]] | map(select(.severity == "error") | .id) | unique | join(" ")')" "$id" \
        "$name: no other error"
    is "$(json "[.targets[].findings[] | select(.id == \"$id\") | .remedy | length > 10] | all")" true "$name: a remedy"
}

# as_text NAME ROOT ID...: the same as text.
as_text() {
    local name=$1 root=$2 id
    shift 2
    run check --root "$root"
    is "$status" 1 "$name: exit 1 as text"
    for id in "$@"; do
        like "$out" "error: .*\[$id\].*repair.*UNSAFE" "$name: the text says so"
    done
}

for series in ${KG_FULL:+6.1} 6.12; do
    other=6.12
    [ "$series" = 6.12 ] && other=6.1
    release=$(release_of "$series")
    kernel_tree=/usr/lib/modules/$release
    img=/boot/initramfs-linux.img

    tree "$series" image
    root=$SCRATCH/image
    cp "$root$img" "$SCRATCH/whole.img"
    zfs_file=$(dkms_file "$root" "$series" kg_zfs)
    zfs_file=${zfs_file#"$root"}

    image "$root" "$series" --omit kg_zfs
    unsafe "$series, module not in the image" "$root" initramfs-module-missing \
        "$img kg_zfs $img kg_zfs is not in $img, and is required by MODULES in /etc/mkinitcpio.conf mkinitcpio -p linux" \
        subject module image message remedy
    as_text "$series, module not in the image" "$root" initramfs-module-missing
    for module in kg_spl libcrc32c; do
        image "$root" "$series" --omit "$module"
        unsafe "$series, $module not in the image" "$root" initramfs-dependency-missing "$module $img" module image
    done
    find "$root" -exec touch -h -d @0 {} +
    unsafe "$series, the same dated 1970" "$root" initramfs-dependency-missing "libcrc32c $img" module image

    size=$(stat -c %s "$SCRATCH/whole.img")
    for cut in 100 $((size / 2)) $((size - 1000)) $((size - 1)); do
        head -c "$cut" "$SCRATCH/whole.img" | replace "$root$img"
        unsafe "$series, image cut at $cut" "$root" initramfs-damaged "$img" image
        like "$(found initramfs-damaged message)" "byte [0-9]" "$series, image cut at $cut: the place is named"
    done
    : | replace "$root$img"
    unsafe "$series, empty image" "$root" initramfs-damaged "$img" image
    head -c 100000 /dev/zero | tr '\0' 'x' | replace "$root$img"
    unsafe "$series, image that is none" "$root" initramfs-damaged "$img" image
    # Cut exactly between its two parts the image is well-formed, and starts nothing.
    second=$("$KG" initramfs --json "$SCRATCH/whole.img" | jq '.images[0].segments[1].offset')
    head -c "$second" "$SCRATCH/whole.img" | replace "$root$img"
    unsafe "$series, second part of the image is gone" "$root" initramfs-without-init "$img" image
    rm "$root$img"
    unsafe "$series, no image" "$root" initramfs-missing "$img" image
    cp "$SCRATCH/whole.img" "$root$img"
    run check --root "$root"
    is "$status" 0 "$series: the restored image is safe"

    install_module "$root" "$series" "$KG_CACHE/modules/$series/gplonly/kg_zfs.ko"
    image "$root" "$series"
    unsafe "$series, GPL-only symbol" "$root" module-symbol-gpl-only \
        "$zfs_file kg_zfs bio_start_io_acct $img kg_zfs (CDDL) uses bio_start_io_acct, which $release exports to GPL modules only" \
        subject module symbol image message
    as_text "$series, GPL-only symbol" "$root" module-symbol-gpl-only
    cp "$SCRATCH/whole.img" "$root$img"
    unsafe "$series, GPL-only symbol, sound copy in the image" "$root" module-symbol-gpl-only \
        "$zfs_file kg_zfs bio_start_io_acct -" subject module symbol image

    install_module "$root" "$series" "$KG_CACHE/modules/$series/missing/kg_zfs.ko"
    image "$root" "$series"
    unsafe "$series, symbol missing" "$root" module-symbol-missing "$zfs_file kg_zfs kg_vanished_symbol $img" \
        subject module symbol image

    install_module "$root" "$series" "$KG_CACHE/modules/$other/healthy/kg_zfs.ko"
    image "$root" "$series"
    unsafe "$series, built for another kernel" "$root" module-symbol-version "$zfs_file kg_zfs module_layout $img" \
        subject module symbol image
    # Without versions of symbols the whole vermagic counts.
    objcopy -R __versions -R .rela__versions "$KG_CACHE/modules/$other/healthy/kg_zfs.ko" "$SCRATCH/kg_zfs.ko"
    install_module "$root" "$series" "$SCRATCH/kg_zfs.ko"
    image "$root" "$series"
    unsafe "$series, vermagic" "$root" module-vermagic "$zfs_file kg_zfs - $img" subject module symbol image
    like "$(found module-vermagic message)" "built for \"$(release_of "$other" | sed 's/+/\\+/') .*kernel is \"${release//+/\\+} " \
        "$series, vermagic: both are named"

    # A provider that is refused takes its users with it, and they say so.
    objcopy -R __versions -R .rela__versions "$KG_CACHE/modules/$other/healthy/kg_spl.ko" "$SCRATCH/kg_spl.ko"
    install_module "$root" "$series" "$KG_CACHE/modules/$series/healthy/kg_zfs.ko"
    install_module "$root" "$series" "$SCRATCH/kg_spl.ko"
    image "$root" "$series"
    run check --root "$root" --json
    is "$status $(found module-vermagic module)" "1 kg_spl" "$series, provider refused: the provider"
    like "$(found module-symbol-missing message)" "kg_zfs uses kg_spl_[a-z]* of kg_spl, which would not be loaded itself" \
        "$series, provider refused: its user"
    rm -rf "$root"

    tree "$series" kernel
    root=$SCRATCH/kernel
    size=$(stat -c %s "$root/boot/vmlinuz-linux")
    for cut in 0 300 1000 $((size / 2)) $((size - 9000)); do
        head -c "$cut" "$root$kernel_tree/vmlinuz" | replace "$root/boot/vmlinuz-linux"
        unsafe "$series, kernel cut at $cut" "$root" kernel-damaged /boot/vmlinuz-linux subject
    done
    rm "$root/boot/vmlinuz-linux"
    unsafe "$series, no kernel" "$root" kernel-missing /boot/vmlinuz-linux subject
    "$TESTS/material/kernel.sh" "$other" >/dev/null
    cp "$KG_CACHE/kernel/$other/root/usr/lib/modules/$(release_of "$other")/vmlinuz" "$root/boot/vmlinuz-linux"
    unsafe "$series, image of another release" "$root" kernel-without-modules \
        "/boot/vmlinuz-linux is Linux $(release_of "$other"), and there is no /usr/lib/modules/$(release_of "$other")" message
    cp "$root$kernel_tree/vmlinuz" "$root/boot/vmlinuz-linux"
    rm "$root$kernel_tree/modules.dep.bin"
    unsafe "$series, depmod has not run" "$root" module-index "$kernel_tree" subject
    head -c 5000 /dev/urandom >"$root$kernel_tree/modules.dep.bin"
    unsafe "$series, index that is none" "$root" module-index "$kernel_tree" subject
    ln -sf /etc/passwd "$root$kernel_tree/modules.dep.bin"
    run check --root "$root" --json
    is "$status $(found module-tree-unreadable severity)" "2 warning" "$series, index that is a link: not followed"
    rm -rf "$root"

    tree "$series" absent
    root=$SCRATCH/absent
    rm "$(dkms_file "$root" "$series" kg_gpl)"
    depmod -b "$root" "$release"
    run check --root "$root" --json
    is "$status $(json .verdict) $(found module-absent severity module)" "0 safe warning kg_gpl" \
        "$series, a DKMS module that boot does not need is absent: a warning"
    like "$(found module-absent message remedy)" "kg_gpl is not there for .*kg-gpl/1.0.*dkms install --force kg-gpl/1.0 -k ${release//+/\\+} && mkinitcpio -p linux" \
        "$series, absent: DKMS package and command are named"
    rm "$(dkms_file "$root" "$series" kg_zfs)"
    depmod -b "$root" "$release"
    run check --root "$root" --json
    is "$status $(found module-absent severity module | paste -sd,)" "0 warning kg_zfs,warning kg_gpl" \
        "$series, a required DKMS module is absent, and the image still has it: a warning"
    like "$(found module-absent message)" "kg_zfs, .* the next image will lack it" "$series, absent: the next image is warned of"
    image "$root" "$series" 2>/dev/null
    unsafe "$series, a required DKMS module is absent" "$root" module-absent "$kernel_tree kg_zfs $img error
$kernel_tree kg_gpl - warning" subject module image severity
    rm -r "$root/usr/lib/modules/$release/build"
    run check --root "$root" --json
    is "$(found headers-absent id)" headers-absent "$series, absent: the missing headers are named, once"
    rm -rf "$root"

    tree "$series" targets
    root=$SCRATCH/targets
    sed 's/initramfs-linux/initramfs-other/; s/^title.*/title Other/' "$root/boot/loader/entries/arch.conf" \
        >"$root/boot/loader/entries/other.conf"
    run check --root "$root"
    is "$status" 0 "$series, another target is broken: the machine is safe"
    like "$out" "other.conf .*: unsafe.*initramfs-missing.*safe: arch.conf .*1 of 2" "$series, another target is broken: it is named"
    run check --root "$root" other.conf
    is "$status" 1 "$series, another target is broken: asked for by name it decides"
    sed -i 's/^default.*/default oth*/' "$root/boot/loader/loader.conf"
    run check --root "$root"
    is "$status" 1 "$series, the default of loader.conf is broken"
    rm -r "$root/boot"
    mkdir "$root/boot"
    rm -r "$root/etc/mkinitcpio.d"
    run check --root "$root" --json
    is "$status $(json '.verdict + " " + (.findings[] | select(.severity == "error") | .id)')" "1 unsafe boot-target-missing" \
        "$series, /boot is empty"
    rm -rf "$root"
done

# Another kernel's tree has the module, and DKMS knows nothing.
tree 6.12 two
root=$SCRATCH/two
new=$(release_of 6.12)
old=$(release_of 6.1)
cp -al "$KG_CACHE/tree/6.1/usr/lib/modules/$old" "$root/usr/lib/modules/" 2>/dev/null ||
    cp -a "$KG_CACHE/tree/6.1/usr/lib/modules/$old" "$root/usr/lib/modules/"
rm -r "$root/var/lib/dkms" "$root/usr/src"
rm "$(dkms_file "$root" 6.12 kg_gpl)"
depmod -b "$root" "$new"
run check --root "$root" --json
is "$status $(found module-absent module severity)" "0 kg_gpl warning" "only another kernel has the module"
like "$(found module-absent message)" "$old has it" "only another kernel has the module: it is named"

done_testing
