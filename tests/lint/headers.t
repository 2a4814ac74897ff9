#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each header compiles on its own, with both compilers.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
failed=0
count=0
mapfile -t headers < <(find include -name '*.h' | sort)
for header in "${headers[@]}"; do
    for compiler in gcc clang; do
        count=$((count + 1))
        if said=$("$compiler" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror -Iinclude \
            -fsyntax-only -x c - <<<"#include \"${header#include/}\"" 2>&1); then
            echo "ok $count - $compiler $header"
        else
            failed=1
            echo "not ok $count - $compiler $header"
            sed 's/^/# /' <<<"$said"
        fi
    done
done
echo "1..$count"
exit "$failed"
