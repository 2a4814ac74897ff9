# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the command-line tests share: results in TAP, a scratch directory, trees and their broken variants.

set -uo pipefail
TESTS=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# A script of very many runs may set the build.
KG=${KG:-$TESTS/../build/${KG_BUILD:-san}/kernel-guard}
KG_CACHE=${KG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kernel-guard}
# What was freed last stays poisoned, and not all of it: a quarter of the time.
export KG_CACHE LC_ALL=C NO_COLOR=1 ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:exitcode=99:quarantine_size_mb=32} \
    UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
tap_count=0
tap_failed=0
# In the cache, so that trees can be hard links.
mkdir -p "$KG_CACHE/tmp"
SCRATCH=$(mktemp -d "$KG_CACHE/tmp/cli.XXXXXX")
trap 'rm -rf --one-file-system "$SCRATCH"' EXIT

ok() { # STATUS NAME
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        printf 'ok %d - %s\n' "$tap_count" "$2"
    else
        tap_failed=1
        printf 'not ok %d - %s\n' "$tap_count" "$2"
    fi
}

is() { # GOT EXPECTED NAME
    local equal=0
    [ "$1" = "$2" ] || equal=1
    ok "$equal" "$3"
    [ "$equal" -eq 0 ] || printf '# got:      %s\n# expected: %s\n' "${1//$'\n'/$'\n'# }" "${2//$'\n'/$'\n'# }"
}

like() { # GOT REGEX NAME
    local found=0
    [[ $1 =~ $2 ]] || found=1
    ok "$found" "$3"
    [ "$found" -eq 0 ] || printf '# got:           %s\n# does not match: %s\n' "${1//$'\n'/$'\n'# }" "$2"
}

done_testing() {
    printf '1..%d\n' "$tap_count"
    exit "$tap_failed"
}

# run ARGUMENT...: runs kernel-guard; leaves $status, $out and $err.
run() {
    status=0
    "$KG" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    out=$(tr -d '\0' <"$SCRATCH/out")
    err=$(tr -d '\0' <"$SCRATCH/err")
}

# json FILTER: what jq makes of the last output.
json() { jq -r "$1" <"$SCRATCH/out"; }

# tree SERIES NAME: a healthy system of its own at $SCRATCH/NAME.
tree() { "$TESTS/material/tree.sh" "$1" "$SCRATCH/$2" >/dev/null; }

release_of() { cat "$KG_CACHE/kernel/$1/release"; }

# replace FILE < content: a new file in the place of one that may be a hard link to the cache.
replace() {
    cat >"$1.new"
    mv -f "$1.new" "$1"
}

# image TREE SERIES ARGUMENT...: writes the tree's initramfs anew.
image() {
    local root=$1 series=$2
    shift 2
    rm -f "$root/boot/initramfs-linux.img"
    "$TESTS/material/mkinitcpio-image.sh" --modules-root "$root" --release "$(release_of "$series")" \
        --output "$root/boot/initramfs-linux.img" "$@" kg_zfs ext4 virtio_blk virtio_pci >/dev/null
}

# dkms_file TREE SERIES MODULE: the module's file that DKMS has installed.
dkms_file() { ls "$1/usr/lib/modules/$(release_of "$2")/updates/dkms/$3".ko*; }

# install_module TREE SERIES FILE: puts a .ko in the place of the installed one, compressed like that.
install_module() {
    local target
    target=$(dkms_file "$1" "$2" "$(basename "$3" .ko)") || return
    case $target in
    *.zst) zstd -qc "$3" | replace "$target" ;;
    *.xz) xz -c --check=crc32 "$3" | replace "$target" ;;
    *) replace "$target" <"$3" ;;
    esac
}

# version_of FILE: the version string of a kernel image, at the offset that its header names (Documentation/arch/x86/boot.rst).
version_of() {
    local offset
    offset=$(od -An -t u2 -j 526 -N 2 "$1" | tr -d ' ')
    tail -c +$((offset + 512 + 1)) "$1" | head -c 512 | tr '\0' '\n' | head -n 1
}

# vmlinuz SERIES: the kernel image of a series.
vmlinuz() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
