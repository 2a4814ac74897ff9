#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The contract of the command line: exit statuses, and a sentence that names file and fault.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

healthy=$KG_CACHE/tree/6.12
mkdir "$SCRATCH/empty"
echo text >"$SCRATCH/file"

# fails STATUS REGEX ARGUMENT...
fails() {
    local expected=$1 regex=$2
    shift 2
    run "$@"
    is "$status" "$expected" "exit $expected: ${*//$SCRATCH/SCRATCH}"
    like "$err" "$regex" "said why: ${*//$SCRATCH/SCRATCH}"
    is "$(wc -l <"$SCRATCH/err")" "$([ "$expected" = 64 ] && echo 2 || echo 1)" "in a sentence: ${*//$SCRATCH/SCRATCH}"
}

fails 64 "no command is given"
fails 64 "^kernel-guard: --wrong: is no option" check --wrong
fails 64 "^kernel-guard: --ver: is no option, or not a whole one" check --ver
fails 64 "^kernel-guard: -x: is no option" -xq check
fails 64 "^kernel-guard: -x: is no option" --root "$healthy" -qxv list
fails 64 "^kernel-guard: --json takes no argument" check --json=1
fails 64 "^kernel-guard: --root takes a directory, which '' is not" check --root ''
fails 64 "^kernel-guard: restore takes a release, which '' is not" restore --root "$SCRATCH" ''
fails 64 "wrong: is no command" wrong
fails 64 "--root: needs an argument" check --root
fails 64 "list: takes no option --kernel" list --kernel 6.12
fails 64 "list takes no operand" list arch.conf
fails 64 "initramfs needs a FILE" initramfs
fails 64 "--all or FILEs" modules --all --root "$healthy" "$SCRATCH/file"
fails 64 "explain takes one finding" explain a b

fails 2 "$SCRATCH/missing: No such file or directory" check --root "$SCRATCH/missing"
fails 2 "$SCRATCH/file: Not a directory" check --root "$SCRATCH/file"
fails 2 "nothing.conf: no boot target has this" check --root "$healthy" nothing.conf
fails 2 "nothing.conf: no boot target has this" check --root "$healthy" arch.conf nothing.conf
fails 2 "$SCRATCH/missing: is no directory with" check --root "$healthy" --machine "$SCRATCH/missing"
fails 2 "nothing: is no finding" explain nothing
fails 2 "$SCRATCH/missing: No such file" initramfs "$SCRATCH/missing"
fails 2 "$SCRATCH/empty: is not a regular file" initramfs "$SCRATCH/empty"
fails 2 "$SCRATCH/file: neither a cpio archive nor" initramfs "$SCRATCH/file"
fails 2 "7.7.7: neither an image nor the headers" modules --root "$healthy" --kernel 7.7.7
fails 2 "../../etc: neither an image" modules --root "$healthy" --kernel ../../etc
fails 2 "has 0 kernels; name one" modules --root "$SCRATCH/empty"
fails 2 "$SCRATCH/file: is no module's name" modules --root "$healthy" "$SCRATCH/file"
fails 2 "$SCRATCH/missing.ko: No such file" modules --root "$healthy" "$SCRATCH/missing.ko"

cp "$SCRATCH/file" "$SCRATCH/text.ko"
run modules --root "$healthy" "$SCRATCH/text.ko"
is "$status" 2 "a FILE that is no module: exit 2"
is "$out" "$SCRATCH/text.ko: refused (ENOEXEC): $SCRATCH/text.ko: is no ELF file [module-damaged]" "a FILE that is no module: said why"
head -c 5000 "$KG_CACHE/modules/6.12/healthy/kg_spl.ko" >"$SCRATCH/cut.ko"
run modules --root "$healthy" "$SCRATCH/cut.ko"
is "$status" 2 "a FILE that is cut off: exit 2"
like "$out" "cut.ko: refused \(ENOEXEC\): .*cut.ko: is a damaged module" "a FILE that is cut off: said why"

run --help
is "$status" 0 "--help: exit 0"
like "$out" "usage: kernel-guard COMMAND.*check .*list .*modules .*initramfs .*explain .*exit status" "--help: commands and statuses"
run --version
like "$status $out" "^0 kernel-guard [0-9]" "--version"
run --root "$healthy" check
is "$status" 0 "options may stand before the command"
run explain
is "$status" 0 "explain lists the findings"
for id in $(cut -d' ' -f1 "$SCRATCH/out"); do
    run explain "$id"
    like "$status $out" "^0 $id \((error|warning|info)\): .*Repair: " "explain $id"
done
run explain --json module-absent
is "$(json '.schema, .findings[0].id' | paste -sd,)" "1,module-absent" "explain --json"

# A verdict that could not be written is not safe; an unsafe one stays unsafe.
status=0
"$KG" check --root "$healthy" >/dev/full 2>"$SCRATCH/err" || status=$?
is "$status" 2 "a full device for standard output: exit 2"
like "$(cat "$SCRATCH/err")" "standard output cannot be written" "a full device: said why"
status=0
"$KG" check --root "$healthy" >&- 2>/dev/null || status=$?
is "$status" 2 "closed standard output: exit 2"

done_testing
