#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The import rule of ARCHITECTURE.md: which part may include the headers of which.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

declare -A may=(
    [core]="core"
    [parse]="core parse"
    [system]="core parse system"
    [report]="core report"
    [loader]="core parse system report loader"
    [check]="core parse system report loader check"
    [boot]="core parse system report boot"
    [act]="core parse system report loader boot check act"
    [cli]="core parse system report loader boot check act cli"
    [launcher]=""
)

# violations DIRECTORY: prints file:line of each include that the rule forbids. DIRECTORY holds src and include.
violations() {
    local part file line included
    for part in "${!may[@]}"; do
        while IFS=: read -r file line included; do
            included=${included#*kernel-guard/}
            case " ${may[$part]} " in
            *" ${included%%/*} "*) ;;
            *) printf '%s:%s: %s may not know %s\n' "$file" "$line" "$part" "${included%%[>\"]*}" ;;
            esac
        done < <(grep -rnE '^ *# *include *["<]kernel-guard/' "$1/src/$part" "$1/include/kernel-guard/$part" 2>/dev/null)
        # Without the part in front it is a private header, and lies in the same directory.
        while IFS=: read -r file line included; do
            included=${included#*\"}
            included=${included%%\"*}
            case $included in
            kernel-guard/*) ;;
            */*) printf '%s:%s: %s is no header of its own directory\n' "$file" "$line" "$included" ;;
            *) [ -e "${file%/*}/$included" ] || printf '%s:%s: %s is not there\n' "$file" "$line" "$included" ;;
            esac
        done < <(grep -rnE '^ *# *include *"' "$1/src/$part" "$1/include/kernel-guard/$part" 2>/dev/null)
    done
}

found=$(violations .)
if [ -z "$found" ]; then
    echo "ok 1 - every include keeps the import rule"
else
    echo "not ok 1 - every include keeps the import rule"
    sed 's/^/# /' <<<"$found"
fi

# Every part on disk has a rule, or its files would be read by nobody.
unknown=$(find src include/kernel-guard -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | while read -r part; do
    [ -n "${may[$part]+known}" ] || echo "$part"
done)
if [ -z "$unknown" ]; then echo "ok 2 - every part has a rule"; else echo "not ok 2 - every part has a rule: $unknown"; fi

# The test of the test: forbidden includes are seen.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/src/parse"
printf '#include %s\n' '"kernel-guard/system/root.h"' '<kernel-guard/cli/command.h>' '"../core/private.h"' '"private.h"' \
    '"kernel-guard/core/span.h"' '"bad.c"' >"$scratch/src/parse/bad.c"
if [ "$(violations "$scratch" | cut -d: -f2 | sort | paste -sd' ')" = "1 2 3 4" ]; then seen=ok; else seen="not ok"; fi
echo "$seen 3 - forbidden includes are seen"
echo 1..3
[ -z "$found$unknown" ] && [ "$seen" = ok ]
