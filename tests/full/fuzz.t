#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every fuzz driver with libFuzzer, from its seeds, for KG_FUZZ_SECONDS each (60). What fails is left in
# $KG_CACHE/fuzz/NAME; made small, it belongs into tests/fuzz/corpus/NAME.tar.xz.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

seconds=${KG_FUZZ_SECONDS:-60}
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
cd "$TESTS/.." || exit 1
make -s -j"$(nproc)" BUILD=build/fuzz CC=clang SAN=address,undefined FUZZER=-fsanitize=fuzzer "CFLAGS=-O1 -g" fuzz-programs \
    >"$SCRATCH/log" 2>&1 || { sed 's/^/# /' "$SCRATCH/log"; echo "Bail out! the fuzzers are not built"; exit 1; }
"$TESTS/fuzz/seeds.sh" "$SCRATCH/seeds" >"$SCRATCH/log" 2>&1 || { sed 's/^/# /' "$SCRATCH/log"; echo "Bail out! no seeds"; exit 1; }

fuzz() { # NAME
    local name=$1 found=$KG_CACHE/fuzz/$1 corpus=()
    mkdir -p "$found"
    if [ -e "tests/fuzz/corpus/$name.tar.xz" ]; then
        corpus=("$SCRATCH/corpus/$name")
        mkdir -p "${corpus[0]}" && tar -C "${corpus[0]}" -xf "tests/fuzz/corpus/$name.tar.xz"
    fi
    "build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$found/" "$SCRATCH/seeds/$name" "${corpus[@]}" >"$SCRATCH/$name.log" 2>&1
    echo $? >"$SCRATCH/$name.status"
}

names=()
for seeds in "$SCRATCH/seeds"/*/; do names+=("$(basename "$seeds")"); done
for name in "${names[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    fuzz "$name" &
done
wait
for name in "${names[@]}"; do
    status=$(cat "$SCRATCH/$name.status")
    ok "$status" "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$SCRATCH/$name.log") inputs in $seconds s"
    [ "$status" -eq 0 ] || tail -n 30 "$SCRATCH/$name.log" | sed 's/^/# /'
done
done_testing
