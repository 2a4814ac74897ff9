#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real storage stacks, made by the real tools on a real kernel in QEMU: what their proc and sys show is what the captured ones in
# tests/machine/corpus say, which tests/cli/storage.t goes by; and the modules that they need are those that were loaded there.
# KG_CAPTURE=yes writes the captures anew.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/machine/tree.sh
. "$TESTS/machine/tree.sh"

stacks=(real-luks-lvm-ext4 real-md-raid1-luks real-btrfs-two real-zfs-on-luks)
release=$(vm_release 6.12)
source=$KG_CACHE/kernel/6.12/root
"$TESTS/machine/tools.sh"
"$TESTS/material/dkms-modules.sh" 6.12 zfs >/dev/null

# The guest's files: programs, the modules that the stacks are made of, and their index.
guest=$SCRATCH/guest
modules=$guest/lib/modules/$release
mkdir -p "$guest"/{dev,etc,proc,sys,sbin} "$modules/updates"
cp -r "$KG_CACHE/machine/tools/." "$guest"
cp "$TESTS/machine/init" "$guest/init"
for name in virtio_blk virtio_pci xts aesni_intel algif_skcipher dm_crypt raid1 ext4 btrfs crc32c_generic; do
    modprobe -d "$source" -S "$release" --show-depends "$name"
done | sed -n "s,^insmod .*/$release/,,p" | sort -u | while read -r path; do
    mkdir -p "$modules/${path%/*}"
    cp "$source/usr/lib/modules/$release/$path" "$modules/$path"
done
cp "$KG_CACHE"/dkms/6.12/zfs/modules/*.ko* "$modules/updates"
cp "$source/usr/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$modules"
depmod -b "$guest" "$release"
vm_cpio "$guest" >"$SCRATCH/image"

for name in "${stacks[@]}"; do
    corpus=$TESTS/machine/corpus/$name
    truncate -s 320M "$SCRATCH/disk-a" "$SCRATCH/disk-b"
    vm_boot "$SCRATCH/$name" "$(vm_kernel 6.12)" "$SCRATCH/image" "stack=$name" \
        -drive "file=$SCRATCH/disk-a,if=virtio,format=raw" -drive "file=$SCRATCH/disk-b,if=virtio,format=raw"
    ok $? "$name: the machine comes to its end"
    rm -f "$SCRATCH"/disk-?
    vm_results "$SCRATCH/$name" | grep -E '^[bdfl] ' >"$SCRATCH/$name.tree"
    is "$(vm_results "$SCRATCH/$name" | grep ^lost)" "" "$name: each step succeeds, and no line is lost"
    [ "${KG_CAPTURE:-}" != yes ] || cp "$SCRATCH/$name.tree" "$corpus"
    is "$(tree_normal <"$SCRATCH/$name.tree" | diff - <(tree_normal <"$corpus"))" "" "$name: proc and sys show what was captured"
    # shellcheck disable=SC2046
    is "$(comm -13 <(vm_results "$SCRATCH/$name" | sed -n 's/^modules //p' | tr ' ' '\n' | sort) <(grep -oE '^[a-z0-9_]+' "$corpus.needs" | sort))" "" \
        "$name: what it needs is loaded"
done
done_testing
