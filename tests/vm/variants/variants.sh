# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Variants of modules for a kernel, and the question to it and to kernel-guard whether they load. To be sourced, after
# tap.sh, vm.sh and differential.sh.

VARIANTS_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

# variants SERIES OUTPUT [GENERATE-ARGUMENT...]: the scenarios of a kernel, of modules built for it where it has headers.
variants() {
    local series=$1 output=$2 built=$SCRATCH/modules.$1 modules=()
    shift 2
    "$TESTS/material/kernel.sh" "$series" || return
    if [ -d "$(dirname "$(vm_kernel "$series")")/build" ]; then
        "$TESTS/material/build-modules.sh" "$series" "$VARIANTS_DIR/modules" "$built" || return
        modules=(--modules "$built")
    fi
    # Python would leave its own files beside the sources.
    python3 -B "$VARIANTS_DIR/generate.py" --share "${modules[@]}" "$@" "$KG_CACHE/kernel/$series" "$output"
}

# agreement SERIES LEAST [GENERATE-ARGUMENT...]: one test that kernel-guard and the kernel say the same of every variant, of
# at least LEAST; one that it does not know counts as another answer.
agreement() {
    local series=$1 least=$2 scenarios=$SCRATCH/variants.$1 made status=0
    shift 2
    diff_loads=0 diff_boots=0 diff_agree=0 diff_disagree=0 diff_unknown=0 diff_void=0
    made=$(variants "$series" "$scenarios" "$@") || status=1
    [ "$status" -ne 0 ] || differential "$series" "$scenarios" || status=1
    # shellcheck disable=SC2154  # differential leaves them
    if [ "$((diff_unknown + diff_void))" -ne 0 ] || [ "$diff_agree" -lt "$least" ]; then status=1; fi
    printf '# %s\n# %s: %d loads in %d boots: %d answered alike, %d otherwise, %d unknown to kernel-guard, %d void\n' "$made" \
        "$series" "$diff_loads" "$diff_boots" "$diff_agree" "$diff_disagree" "$diff_unknown" "$diff_void"
    ok "$status" "kernel $series and kernel-guard agree on $diff_agree loads"
    rm -rf "$scenarios"
}
