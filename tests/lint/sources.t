#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What holds of every file: a licence, no mirror's name, no leftovers, a size and a width that can be read.
set -uo pipefail
# What is at the end of a pipe counts, and so must run in this shell.
shopt -s lastpipe
cd "$(dirname "$0")/../.." || exit 1
mapfile -t files < <(git ls-files --cached --others --exclude-standard | while read -r f; do [ -f "$f" ] && echo "$f"; done)
failed=0
count=0

# none NAME < lines: passes where there are none.
none() {
    local found
    found=$(cat)
    count=$((count + 1))
    if [ -z "$found" ]; then
        echo "ok $count - $1"
    else
        failed=1
        echo "not ok $count - $1"
        head -n 20 <<<"$found" | sed 's/^/# /'
    fi
}

licensed=()
for file in "${files[@]}"; do
    case $file in
    # The licence itself, what has no comments, and the real system's files that fixtures are.
    COPYING | .gitignore | */META | tests/material/skeleton/* | tests/*/corpus/* | tests/cli/golden/* | tests/pacman/arch/*) ;;
    *) licensed+=("$file") ;;
    esac
done
# One process for all: a process for each file takes half a minute.
awk 'FNR <= 3 && /SPDX-License-Identifier: GPL-2.0-or-later/ { print FILENAME }' "${licensed[@]}" |
    grep -vxFf - <(printf '%s\n' "${licensed[@]}") | none "every file has an SPDX line"

# The hosts are read from this machine's own sources: they stand in no file of ours.
hosts=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/* 2>/dev/null |
    grep -oE '(https?|ftp)://[^/ "]+' | sed 's,.*//,,; s/:[0-9]*$//' | sort -u)
if [ -n "$hosts" ]; then grep -InFf <(printf '%s\n' "$hosts") "${files[@]}"; fi | none "no file names a mirror"

grep -InE '\b(TO''DO|FIX''ME|X''XX)\b' "${files[@]}" | grep -v '^COPYING' | none "nothing is left for later"
grep -InE '[[:blank:]]+$' "${files[@]}" | none "no trailing blanks"
for file in "${files[@]}"; do [[ $file != *.t ]] || [ -x "$file" ] || echo "$file"; done | none "every test can be run"
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '\.[ch]$')
grep -nE '^ +[^ *]' "${sources[@]}" | none "C is indented with tabs"
# Tables of test data may be wider.
awk '{
    while ((at = index($0, "\t")))
        $0 = substr($0, 1, at - 1) sprintf("%*s", 8 - (at - 1) % 8, "") substr($0, at + 1)
    if (length > (FILENAME ~ /^tests\// ? 124 : 100))
        print FILENAME ":" FNR ": " length
}' "${sources[@]}" | none "lines of C have at most 100 columns, those of tests 124"
wc -l "${sources[@]}" | awk '$1 > 500 && $2 != "total" { print }' | grep -v ' tests/' | none "files of C have at most 500 lines"
echo "1..$count"
exit "$failed"
