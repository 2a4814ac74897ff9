#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The comparison with the real loader sees every difference, and takes none for an agreement.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/differential.sh
. "$TESTS/vm/differential.sh"

series=6.12
"$TESTS/material/modules.sh" "$series" || exit 1
modules=$KG_CACHE/modules/$series
scenarios=$SCRATCH/scenarios

# scenario NAME FILE...: in that order.
scenario() {
    mkdir -p "$scenarios/$1"
    printf '%s\n' "${@:2}" >"$scenarios/$1/load"
}

# counts: of the last comparison.
counts() { echo "$diff_loads loads, $diff_agree agree, $diff_disagree disagree, $diff_unknown unknown, $diff_void void"; }

crc32c=("$(vm_module $series crc32c_generic)" "$(vm_module $series libcrc32c)")
dummy=$(vm_module $series dummy)
scenario chain "${crc32c[@]}" "$modules/healthy/kg_spl.ko" "$modules/healthy/kg_zfs.ko"
scenario order "$modules/healthy/kg_zfs.ko" "$modules/healthy/kg_spl.ko"
scenario gplonly "${crc32c[@]}" "$modules/healthy/kg_spl.ko" "$modules/gplonly/kg_zfs.ko"
scenario missing "${crc32c[@]}" "$modules/healthy/kg_spl.ko" "$modules/missing/kg_zfs.ko"
scenario twice "$dummy" "$dummy"
scenario text text.ko
echo "no module" >"$scenarios/text/text.ko"
# Its init() says ENODEV here, which is no refusal, and the next one needs it.
scenario no-device "$(vm_module $series hv_vmbus)" "$(vm_module $series hv_utils)"
"$VM_DIR/bad-init.py" "$modules/healthy/kg_gpl.ko" "$SCRATCH/oops.ko"
scenario oops "$SCRATCH/oops.ko" "$dummy"
# Of the panic it is certain only when it is repeated and the machine has done nothing before.
scenario panic-1 "$dummy"
scenario panic-2 "$dummy" "$SCRATCH/oops.ko" "$dummy"
for name in panic-1 panic-2; do
    echo oops=panic >"$scenarios/$name/cmdline"
    : >"$scenarios/$name/options"
done

# ask PROGRAM: only kernel-guard is asked again, or what stands for it.
ask() {
    local dir
    diff_loads=0 diff_agree=0 diff_disagree=0 diff_unknown=0 diff_void=0
    KG=$1 differential_guard $series "$scenarios" "$SCRATCH/differential.scenarios.$series/root"
    for dir in "$scenarios"/*; do differential_compare "$dir"; done >"$SCRATCH/said"
}

# stand_in < SCRIPT: a program in kernel-guard's place; $REAL is that.
stand_in() {
    { echo '#!/bin/bash' && cat; } >"$SCRATCH/stand-in"
    chmod +x "$SCRATCH/stand-in"
    ask "$SCRATCH/stand-in"
}
export REAL=$KG

# What the kernel says of them, outcome and init().
kernel() { cut -f1,2 "$scenarios/$1/kernel" | tr '\t' ' ' | paste -sd,; }

status=0
differential $series "$scenarios" >"$SCRATCH/said" || status=$?
is "$(kernel chain)" "OK 0,OK 0,OK 0,OK 0" "modules that load"
is "$(kernel order)" "ENOENT never,OK 0" "the wrong order"
is "$(kernel gplonly | cut -d, -f4) $(kernel missing | cut -d, -f4)" "ENOENT never ENOENT never" "symbols that are not to be had"
is "$(kernel twice) $(kernel text)" "OK 0,EEXIST never ENOEXEC never" "a module twice; a text"
is "$(kernel no-device)" "ENODEV -19,ENOENT never" "init() that finds nothing"
is "$(kernel oops)" "died none,OK 0" "init() that is an oops"
is "$(kernel panic-1)" "OK 0" "a scenario before a panic"
like "$(kernel panic-2)" "^OK 0,no return: panic: Fatal exception, in flight: .*/oops.ko never$" "a panic"
like "$(cut -f3 "$scenarios/missing/kernel" | tail -n 1)" "kg_zfs: Unknown symbol kg_vanished_symbol \(err -2\)" \
    "the kernel's own words"
is "$diff_boots" 4 "boots: behind the oops a second one, behind the panic one that is certain of it"
is "$(counts)" "24 loads, 21 agree, 1 disagree, 0 unknown, 3 void" "kernel-guard agrees"
is "$status $(grep -c '^# [^ ]' "$SCRATCH/said")" "1 1" "but of the panic nothing can be said"
like "$(cat "$SCRATCH/said")" $'^# panic-2: .*/oops.ko\n#   kernel: no return: panic.*\n#   guard:  loads - ' "and that is told"

# Whatever is not the same answer is seen.
stand_in <<'END'
"$REAL" "$@" | sed 's/"ENOENT"/"EINVAL"/'
END
is "$(counts)" "24 loads, 18 agree, 4 disagree, 0 unknown, 3 void" "another errno"
like "$(cat "$SCRATCH/said")" $'\n# missing: .*/missing/kg_zfs.ko\n#   kernel: ENOENT, init\(\) never: [^\n]*kg_vanished_symbol[^\n]*\n#   guard:  refused EINVAL \[module-symbol-missing\]: [^\n]*kg_vanished_symbol' \
    "with the words of both"
stand_in <<'END'
"$REAL" "$@" | sed 's/"refused"/"unknown"/'
END
is "$(counts)" "24 loads, 16 agree, 1 disagree, 5 unknown, 3 void" "unknown is no agreement"
stand_in <<'END'
"$REAL" "$@" | sed 's/"loads"/"refused"/'
END
is "$(counts)" "24 loads, 5 agree, 17 disagree, 0 unknown, 3 void" "a module that loads is not to be refused"
stand_in <<'END'
echo "no such thing" >&2
exit 99
END
is "$(counts)" "24 loads, 0 agree, 22 disagree, 0 unknown, 3 void" "no answer is no agreement"
like "$(cat "$SCRATCH/said")" "exit 99, no such thing" "and its end is told"

# What kernel-guard is asked.
printf '%s\n' module.sig_enforce=1 >"$scenarios/twice/cmdline"
stand_in <<'END'
printf '%s|' "$@"
END
root=$SCRATCH/differential.scenarios.$series/root
common="modules|--json|--root|$root|--machine|none|--kernel|$(vm_release $series)|"
is "$(cat "$scenarios/twice/guard.json")" "$common--cmdline|module.sig_enforce=1|$dummy|$dummy|" "a scenario's command line"
is "$(cat "$scenarios/panic-1/guard.json")" "$common$dummy|" "its own options instead"
is "$(cat "$scenarios/text/guard.json")" "$common$scenarios/text/text.ko|" "a file of its own"
is "$(cd "$root" && find . -type f | sort | xargs -n 1 basename | xargs)" "config modules.builtin modules.builtin.modinfo vmlinuz" \
    "of the kernel it has no headers"

done_testing
