#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `modules`: FILEs as if loaded one after the other; the out-of-tree modules of a tree; the whole tree.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

for series in 6.1 6.12; do
    root=$KG_CACHE/tree/$series
    release=$(release_of "$series")
    modules=$KG_CACHE/modules/$series
    crc=$(find "$root/usr/lib/modules/$release/kernel" -name 'libcrc32c.ko*')

    run modules --root "$root"
    is "$status" 0 "$series: the tree's modules load"
    is "$(sed 's/.*\///; s/\.ko[^:]*//' <<<"$out" | grep -v crc32 | sort | paste -sd' ')" "kg_gpl: loads kg_spl: loads kg_zfs: loads" \
        "$series: they are the out-of-tree ones"

    # What is accepted provides its symbols to those after it.
    run modules --root "$root" --json "$crc" "$modules/healthy/kg_spl.ko" "$modules/healthy/kg_zfs.ko"
    is "$status" 0 "$series: FILEs in order: exit 0"
    is "$(json '.schema, .release' | paste -sd,)" "1,$release" "$series: schema and release"
    is "$(json '.modules[] | [.name, .verdict, (.errno|tostring), (.reason|tostring), (.symbol|tostring), (.remedy|tostring)] | join(" ")')" \
        "libcrc32c loads null null null null
kg_spl loads null null null null
kg_zfs loads null null null null" "$series: FILEs in order: all load"
    is "$(json '.modules[1].file')" "$modules/healthy/kg_spl.ko" "$series: FILE as the caller named it"
    run modules --root "$root" --json "$modules/healthy/kg_zfs.ko" "$modules/healthy/kg_spl.ko"
    is "$status $(json '.modules[] | .name + " " + .verdict + " " + (.errno // "-")' | paste -sd,)" \
        "1 kg_zfs refused ENOENT,kg_spl loads -" "$series: the wrong order is refused"
    run modules --root "$root" --json "$modules/healthy/kg_spl.ko" "$modules/healthy/kg_spl.ko"
    is "$(json '.modules[1] | .verdict + " " + .errno + " " + .reason')" "refused EEXIST module-duplicate" "$series: a name twice"
    run modules --root "$root" --json "$crc" "$modules/healthy/kg_spl.ko" "$modules/gplonly/kg_zfs.ko"
    is "$status $(json '.modules[2] | .verdict + " " + .errno + " " + .reason + " " + .symbol')" \
        "1 refused ENOENT module-symbol-gpl-only bio_start_io_acct" "$series: the GPL-only symbol"
    is "$(json '.modules[2].message')" "kg_zfs (CDDL) uses bio_start_io_acct, which $release exports to GPL modules only" \
        "$series: the cause that the kernel's log does not name"
    run modules --root "$root" --json "$crc" "$modules/healthy/kg_spl.ko" "$modules/missing/kg_zfs.ko"
    is "$(json '.modules[2] | .verdict + " " + .errno + " " + .reason + " " + .symbol')" \
        "refused ENOENT module-symbol-missing kg_vanished_symbol" "$series: the vanished symbol"
    # The same code under the GPL may use it: only the licence text differs.
    sed 's/license=CDDL/license=GPL\x00/' "$modules/gplonly/kg_zfs.ko" >"$SCRATCH/kg_zfs.ko"
    sed 's/license=CDDL/license=GPL\x00/' "$modules/healthy/kg_spl.ko" >"$SCRATCH/kg_spl.ko"
    run modules --root "$root" --json "$crc" "$SCRATCH/kg_spl.ko" "$SCRATCH/kg_zfs.ko"
    is "$status" 0 "$series: under the GPL the same module loads"
    # A GPL module that uses both a GPL-only symbol and a proprietary module is refused (taint is inherited).
    run modules --root "$root" --json "$crc" "$modules/healthy/kg_spl.ko" "$SCRATCH/kg_zfs.ko"
    is "$(json '.modules[2] | .verdict + " " + .reason')" "refused module-symbol-gpl-only" "$series: taint is inherited"
done

# Compressed FILEs, and none of a tree by name.
zstd -qo "$SCRATCH/kg_spl.ko.zst" "$KG_CACHE/modules/6.12/healthy/kg_spl.ko"
gzip -c "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" >"$SCRATCH/kg_gpl.ko.gz"
run modules --root "$KG_CACHE/tree/6.12" "$SCRATCH/kg_spl.ko.zst" "$SCRATCH/kg_gpl.ko.gz"
is "$status" 0 "compressed FILEs"

# Headers alone: what they tell is used, and what they do not is unknown.
release=$(release_of 6.12)
mkdir -p "$SCRATCH/headers/usr/lib/modules/$release"
ln -s "$KG_CACHE/tree/6.12/usr/lib/modules/$release/build" "$SCRATCH/build"
cp -r "$KG_CACHE/tree/6.12/usr/lib/modules/$release/build/Module.symvers" "$SCRATCH/Module.symvers"
mkdir "$SCRATCH/headers/usr/lib/modules/$release/build"
mv "$SCRATCH/Module.symvers" "$SCRATCH/headers/usr/lib/modules/$release/build/"
run modules --root "$SCRATCH/headers" --json "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko"
is "$status $(json '.modules[0] | .verdict + " " + .reason')" "2 unknown module-undecided" "headers alone: the vermagic is not known"
run modules --root "$SCRATCH/headers" --json "$KG_CACHE/modules/6.12/missing/kg_zfs.ko"
is "$status $(json '.modules[0] | .verdict + " " + .reason')" "1 refused module-symbol-missing" "headers alone: a missing symbol is refused"

done_testing
