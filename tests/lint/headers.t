#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each header compiles on its own, and carries the guard of its path.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
failed=0
count=0
mapfile -t headers < <(find include src -name '*.h' | sort)

# result NAME: the last command's, with what it has said.
result() {
    local status=$? ok=ok
    count=$((count + 1))
    [ "$status" -eq 0 ] || ok="not ok" failed=1
    echo "$ok $count - $1"
    [ "$status" -eq 0 ] || sed 's/^/# /' <<<"$said"
}

# Twice, so that the guard is needed. What two compilers think of it, its sources show. A private header is found beside itself.
for header in "${headers[@]}"; do
    include="#include \"${header#include/}\""
    said=$(printf '%s\n' "$include" "$include" | gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror \
        -Iinclude -I. -fsyntax-only -x c - 2>&1)
    result "$header"
done
for header in "${headers[@]}"; do
    case $header in
    include/*) guard=${header#include/} ;;
    *) guard=kernel-guard/$header ;;
    esac
    guard=$(tr a-z/.- A-Z___ <<<"$guard")
    said="expected: $guard"
    [ "$(grep -m 2 -E '^#(ifndef|define) ' "$header" | awk '{ print $2 }' | paste -sd' ')" = "$guard $guard" ]
    result "guard of $header"
done
echo "1..$count"
exit "$failed"
