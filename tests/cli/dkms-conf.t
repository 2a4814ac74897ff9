#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A dkms.conf that is more program than configuration, as that of v4l2loopback: what it builds is known all the same.
# shellcheck disable=SC2016  # texts for other shells
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

tree 6.12 arch
release=$(release_of 6.12)
source=$SCRATCH/arch/usr/src/kg_loop-0.15.0
build=$SCRATCH/arch/var/lib/dkms/kg_loop/0.15.0/build
mkdir -p "$source" "$build"

absent() { # NAME CONFIGURATION-LINE...
    local name=$1
    shift
    printf '%s\n' "$@" >"$source/dkms.conf"
    run check --json --root "$SCRATCH/arch"
    is "$status $(json '[.targets[].findings[], .findings[]] | map(select(.severity != "info"))[] | .id + " " + .module')" \
        "0 module-absent kg_loop" "$name: the module is missed"
}

identity=('PACKAGE_NAME="kg_loop"' 'PACKAGE_VERSION="0.15.0"')
built=('BUILT_MODULE_NAME[0]="$PACKAGE_NAME"' 'DEST_MODULE_LOCATION[0]="/extra"')
kernel=('if [ -f $kernel_source_dir/.config ]; then' '    . $kernel_source_dir/.config'
    '    if [ "${CONFIG_VIDEO_DEV:-n}" = "n" ]; then' '        BUILD_EXCLUSIVE_KERNEL="REQUIRES CONFIG_VIDEO_DEV"' '    fi' 'fi')
absent "its name from a variable" "${identity[@]}" "${built[@]}"
absent "behind the kernel's .config" "${identity[@]}" "${kernel[@]}" "${built[@]}"
absent "before the kernel's .config" "${identity[@]}" "${built[@]}" "${kernel[@]}"
absent "as an array" "${identity[@]}" "${kernel[@]}" 'BUILT_MODULE_NAME=("$PACKAGE_NAME")'
# What is not known at all is not guessed.
printf '%s\n' "${identity[@]}" 'if true; then loop_name=kg_loop; fi' 'BUILT_MODULE_NAME[0]="$loop_name"' >"$source/dkms.conf"
run check --json --root "$SCRATCH/arch"
is "$status $(json '[.targets[].findings[], .findings[]] | map(select(.severity != "info")) | length')" "0 0" \
    "its name from what is beyond reading: nothing is made up"

# What the log of the build says of it.
quoted() { # NAME EXPECTED LINE...
    local name=$1 expected=$2
    shift 2
    printf '%s\n' "DKMS (dkms-3.2.2) make.log for kg_loop/0.15.0 for kernel $release (x86_64)" "$@" >"$build/make.log"
    absent "$name" "PACKAGE_NAME=kg_loop" "BUILT_MODULE_NAME[0]=kg_loop"
    is "$(json '.targets[].findings[] | select(.module == "kg_loop") | .message' | sed -n 's/.*could not build kg_loop\/0\.15\.0: //p')" \
        "$expected" "$name: the log is quoted"
}
one="loop.c:1:9: error: too few arguments to function 'v4l2_fh_add'"
quoted "one error" "$one" "  CC [M]  loop.o" "$one" "make: *** [Makefile:53: loop.ko] Error 2"
quoted "two errors" "$one; ERROR: modpost: second" "$one" "loop.c:1: note: in passing" "ERROR: modpost: second"
quoted "four errors" "$one; error: 2; error: 3" "$one" "error: 2" "error: 3" "error: 4"
long=$(printf '%400s' x | tr ' ' x)
quoted "a long line" "error: ${long:0:293}; $one" "error: $long" "$one"
quoted "no error" "" "  CC [M]  loop.o"

done_testing
