#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every fuzz driver on its seeds, on what fuzzing has found, and on variants of both, under the sanitizers.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

programs=$TESTS/../build/san/tests/fuzz
"$TESTS/fuzz/seeds.sh" "$SCRATCH/seeds" >"$SCRATCH/log" 2>&1 || { sed 's/^/# /' "$SCRATCH/log"; echo "Bail out! no seeds"; exit 1; }
for seeds in "$SCRATCH/seeds"/*/; do
    name=$(basename "$seeds")
    files=("$seeds"/*)
    if [ -e "$TESTS/fuzz/corpus/$name.tar.xz" ]; then
        mkdir -p "$SCRATCH/corpus/$name" && tar -C "$SCRATCH/corpus/$name" -xf "$TESTS/fuzz/corpus/$name.tar.xz"
        files+=("$SCRATCH/corpus/$name"/*)
    fi
    status=0
    timeout 300 "$programs/$name" "${files[@]}" >"$SCRATCH/log" 2>&1 || status=$?
    ok "$status" "$name: ${#files[@]} files, $(tail -n 1 "$SCRATCH/log" | head -c 60)"
    [ "$status" -eq 0 ] || head -n 40 "$SCRATCH/log" | sed 's/^/# /'
done
is "$(find "$programs" -maxdepth 1 -type f -executable ! -name '*.*' -printf '%f\n' | sort | xargs)" \
    "$(find "$SCRATCH/seeds" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)" "every driver has seeds"
done_testing
