#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is listed of images that dracut and initramfs-tools write themselves for two kernels with every compression, name by
# name as lsinitrd, lsinitramfs, cpio and bsdtar list them; and what it takes: hostile images in bounded memory and time.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
KG=${KG_PLAIN:-$TESTS/../build/plain/kernel-guard}
# shellcheck source=tests/material/images.sh
. "$TESTS/material/images.sh"

members() { "$KG" initramfs --json "$1" | jq -r '.images[].members[]'; }

for series in 6.1 6.12; do
    for format in gzip bzip2 xz lzma lzop lz4 zstd; do
        for generator in dracut initramfs-tools; do
            "$TESTS/material/$generator-image.sh" "$series" "$format" || exit 1
            image=$KG_CACHE/images/$series/$generator-$format.img
            what="$series, $generator, $format"
            names=$(members "$image")
            run initramfs --json "$image"
            is "$status $(json '.images[0] | .generator + " " + .segments[-1].compression + " " + (.releases | join(" "))')" \
                "0 $generator ${format/lzop/lzo} $(release_of "$series")" "$what: told as such"
            is "$names" "$(names_of_parts "$image" cpio)" "$what: the names that cpio lists"
            is "$names" "$(names_of_parts "$image" bsdtar | sed 's,^\./,,; s,\(.\)/$,\1,')" "$what: the names that bsdtar lists"
            case $generator in
            dracut) is "$names" "$(names_of_lsinitrd "$image")" "$what: the names that lsinitrd lists" ;;
            # It knows no other magic numbers than those of gzip, bzip2, xz, lzma, lzop, lz4 and zstd, as the kernel does.
            *) is "$(grep -vx . <<<"$names")" "$(lsinitramfs "$image" | grep -vx .)" "$what: the names that lsinitramfs lists" ;;
            esac
        done
    done
done

# bounded NAME STATUS MEGABYTES SECONDS FILE
bounded() {
    local state memory seconds
    read -r state memory seconds < <(python3 -c 'import resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, int(time.monotonic() - start))' "$KG" initramfs "$5")
    is "$state" "$2" "$1: $memory MiB, $seconds s"
    ok $((memory > $3)) "$1: at most $3 MiB"
    ok $((seconds > $4)) "$1: at most $4 s"
}
many_entries 10000000 >"$SCRATCH/entries.img"
bounded "ten million entries" 2 160 30 "$SCRATCH/entries.img"
zstd -qc -1 "$SCRATCH/entries.img" >"$SCRATCH/packed.img"
bounded "ten million entries, packed" 2 160 30 "$SCRATCH/packed.img"
rm "$SCRATCH/entries.img"
for format in gzip zstd; do
    head -c 17G /dev/zero | pack "$format" >"$SCRATCH/bomb.img"
    bounded "17 GiB of NUL bytes, $format" 2 64 300 "$SCRATCH/bomb.img"
done
image=$KG_CACHE/images/6.12/fill.img
bounded "an ordinary machine's image" 0 64 30 "$image"
done_testing
