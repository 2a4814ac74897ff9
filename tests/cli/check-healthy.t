#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sound systems are safe, whatever wrote the image and wherever the targets are read from.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

for series in ${KG_FULL:+6.1} 6.12; do
    release=$(release_of "$series")
    tree "$series" "healthy-$series"
    root=$SCRATCH/healthy-$series

    run check --root "$root"
    is "$status" 0 "$series: exit 0"
    is "$out" "safe: arch.conf (Linux $release, default): no fault found; 1 of 1 boot targets are sound" "$series: one line"
    is "$err" "" "$series: nothing on standard error"

    run check --root "$root" --quiet
    is "$status:$out" "0:" "$series: quiet says nothing"

    run check --root "$root" --json
    is "$status" 0 "$series: exit 0 with --json"
    is "$(json '.schema, .verdict, (.targets | length)' | paste -sd,)" "1,safe,1" "$series: schema, verdict, targets"
    is "$(json '.targets[0] | [.entry, .loader, .kernel, .release, .initrds[0], .default, .verdict] | map(tostring) | join(" ")')" \
        "arch.conf systemd-boot /boot/vmlinuz-linux $release /boot/initramfs-linux.img true safe" "$series: the target"
    is "$(json '[.findings[], .targets[].findings[]] | map(.id + ":" + .severity) | join(" ")')" "storage-unknown:info" \
        "$series: no finding but that the storage is not looked at"

    for name in arch.conf "$release" linux; do
        run check --root "$root" "$name"
        is "$status" 0 "$series: the target is found as $name"
    done

    run list --root "$root" --json
    is "$(json '.targets[0] | [.entry, .release, .package] | join(" ")')" \
        "arch.conf $release linux $(sed -n '/%VERSION%/{n;p}' "$root"/var/lib/pacman/local/linux-[0-9]*/desc)" "$series: list names the package"

    # Clocks and images at the epoch are common.
    find "$root" -exec touch -h -d @0 {} +
    run check --root "$root"
    is "$status" 0 "$series: safe with every file dated 1970"

    # Without a loader's entries the presets are read, and without presets the names in /boot.
    rm -r "$root/boot/loader"
    run check --root "$root" --json
    is "$status $(json '.targets[] | .entry + " " + .loader')" "0 linux/default mkinitcpio" "$series: targets from the preset"
    rm -r "$root/etc/mkinitcpio.d"
    run check --root "$root" --json
    is "$status $(json '.targets[] | .entry + " " + .loader')" "0 vmlinuz-linux boot-files" "$series: targets by name"
done

# The real dracut's image, with the requirement in its own configuration.
tree 6.12 dracut
root=$SCRATCH/dracut
rm -r "$root/etc/mkinitcpio.d" "$root/etc/mkinitcpio.conf"
"$TESTS/material/dracut-image.sh" 6.12 >/dev/null
cp "$KG_CACHE/images/6.12/dracut.img" "$root/boot/initramfs-linux.img"
mkdir -p "$root/etc/dracut.conf.d"
echo 'force_drivers+=" kg_zfs ext4 "' >"$root/etc/dracut.conf.d/zfs.conf"
run check --root "$root"
is "$status" 0 "dracut: the image is safe"
echo 'add_drivers+=" zram "' >>"$root/etc/dracut.conf.d/zfs.conf"
run check --root "$root" --json
is "$status $(json '.targets[].findings[] | .id + " " + .module + " " + .severity')" "1 initramfs-module-missing zram error" \
    "dracut: what its configuration demands is missed"
like "$(json '.targets[].findings[].remedy')" "^dracut --force /boot/initramfs-linux.img 6\.12" "dracut: the remedy is dracut's"

# Nothing to judge.
mkdir "$SCRATCH/empty"
run check --root "$SCRATCH/empty"
is "$status:$out" "0:safe: no kernel is installed here, there is nothing to judge" "an empty root is calm"

done_testing
