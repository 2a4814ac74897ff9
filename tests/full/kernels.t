#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real kernels from 5.10 to 7.3. What is read from an image and from modules equals the kernel's own Module.symvers, and each
# module of a kernel's own tree loads.
# shellcheck source=tests/full/plain.sh
. "$(dirname "$0")/plain.sh"
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

exports=$TESTS/../build/san/tests/full/exports
root_of() { echo "$KG_CACHE/kernel/$1/root"; }
tree_of() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(<"$KG_CACHE/kernel/$1/release")"; }

# modules SERIES: each module as Module.symvers calls it, which is its path in the kernel's sources, and its file.
modules() {
    find "$(tree_of "$1")/kernel" -name '*.ko*' -printf '%P %p\n' | sed -E 's/^([^ ]*)\.ko(\.[a-z0-9]+)? /\1 /'
}

# What our reader and the kernel's build say of vmlinux and of modules.
same_exports() { # SERIES
    local series=$1 ours=$SCRATCH/$1.ours theirs=$SCRATCH/$1.theirs errors
    errors=$(modules "$series" | "$exports" "$(root_of "$series")" "$(<"$KG_CACHE/kernel/$series/release")" 2>&1 >"$ours" |
        head -c 1000; echo "${PIPESTATUS[1]}")
    is "$errors" 0 "$series: image and modules are read"
    # Without CONFIG_MODVERSIONS the versions are 0.
    sort -o "$ours" "$ours"
    sort "$(tree_of "$series")/build/Module.symvers" >"$theirs"
    # What is built and not packaged cannot be read.
    awk -F'\t' 'NR == FNR { split($0, words, " "); packaged[words[1]] = 1; next }
        $3 == "vmlinux" || packaged[$3]' <(modules "$series") "$theirs" >"$theirs.packaged"
    is "$(diff "$ours" "$theirs.packaged" | grep -c '^[<>]')" 0 \
        "$series: $(cut -f3 "$ours" | grep -cx vmlinux) symbols of vmlinux, $(cut -f3 "$ours" | grep -cvx vmlinux) of modules, no difference"
    diff "$ours" "$theirs.packaged" | head -n 10 | sed 's/^/# /'
    [ "$(cut -f3 "$ours" | grep -cx vmlinux)" -gt 5000 ]
    ok $? "$series: and these are many"
}

all_load() { # SERIES
    local there
    run modules --json --all --root "$(root_of "$1")" --machine none --kernel "$(<"$KG_CACHE/kernel/$1/release")"
    there=$(modules "$1" | wc -l)
    is "$status $(json '[.modules[] | select(.verdict == "loads")] | length')" "0 $there" "$1: all $there modules load"
    json '.modules[] | select(.verdict != "loads") | "# " + .file + ": " + .message' | head -n 10
}

for series in 5.10 5.10-cloud 6.1 6.1-cloud 6.12 6.12-cloud 7.2 7.2-cloud 7.3; do
    "$TESTS/material/kernel.sh" "$series" || exit 1
    same_exports "$series"
    all_load "$series"
done
# It has no headers.
"$TESTS/material/kernel.sh" 6.18 || exit 1
all_load 6.18

done_testing
