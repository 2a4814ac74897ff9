#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The scenarios of tests/pacman on newer systems than this one: pacman 7.0 (trixie) and 7.1 (sid), their dkms, gcc and
# libraries, and kernel-guard built there. That the hooks run at all shows that each pacman takes our hook files.
# usage: pacman.t [SCRIPT]...      names in tests/pacman without .t, instead of all
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/full/installed.sh
. "$(dirname "$0")/installed.sh"

scripts=("$@")
[ $# -gt 0 ] || scripts=(bed transactions broken guard-broken keep-killed keep keep-rebuilt restore neighbours automount)

# All of a script's results as one: its plan is met, and none has failed. Those that have are shown.
scenario() { # SUITE SCRIPT
    local output=$SCRATCH/$1.$2 status=0 count plan
    KG_BED_ROOT=$KG_CACHE/root/$1 KG_BED_INSTALLED=$SCRATCH/installed.$1 "$TESTS/pacman/$2.t" >"$output" 2>&1 </dev/null || status=$?
    count=$(grep -cE '^ok [0-9]+ ' "$output")
    plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$output")
    is "$status, $count passed" "0, ${plan:-a plan} passed" "$1: $2, $count"
    awk '/^not ok / { show = 1 } /^ok / { show = 0 } show || /^Bail out!/ { print "#   " $0 }' "$output"
    [ -n "$plan" ] || tail -n 20 "$output" | sed 's/^/#   /'
}

for suite in trixie sid; do
    errors=$(install_in "$suite" 2>&1 >/dev/null)
    is "$?:$errors" "0:" "$suite: built and installed there"
    version=$("$TESTS/material/in-root.sh" "$suite" -- pacman --version | sed -n 's/.*Pacman v\([0-9]*\.[0-9]*\).*/\1/p')
    case $suite in
    trixie) is "$version" 7.0 "trixie has pacman 7.0" ;;
    # sid goes on.
    *) like "$version" '^(7\.[1-9]|[89]|[1-9][0-9])' "sid has pacman 7.1 or a newer one, $version" ;;
    esac
    for script in "${scripts[@]}"; do scenario "$suite" "$script"; done
done

done_testing
