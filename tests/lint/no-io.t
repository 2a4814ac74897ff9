#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# src/parse performs no I/O: its objects need nothing from outside but what is listed here. Whatever is new has to be
# looked at and added.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
objects=build/plain/src/parse

allowed='kg_[a-z0-9_]*
mem(chr|cmp|cpy|mem|move|set)
str(chr|rchr|cmp|ncmp|cspn|spn|len|nlen|str|sep|toul|dup|ndup)|stpcpy|rawmemchr
__strtoul_internal|__isoc23_strtoul|strtoul
malloc|calloc|realloc|free|qsort|bsearch
v?snprintf|__v?snprintf_chk|v?asprintf|__v?asprintf_chk|__memcpy_chk|__stpcpy_chk|__stack_chk_fail
__ctype_b_loc|isalnum|isdigit|isalpha
_GLOBAL_OFFSET_TABLE_
elf_(begin_memory|memory|version|kind|end|getscn|getshdrnum|getshdrstrndx|strptr|getphdrnum)
gelf_(getehdr|getshdr|getphdr)
archive_(read_(new|free|open|data|next_header|append_filter|support_format_raw|support_format_empty)|set_error|error_string|filter_bytes)'

# needed OBJECT...: undefined symbols that are not on the list.
needed() {
    nm -u "$@" | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u | grep -Evx "$(paste -sd'|' <<<"$allowed")"
}

mapfile -t files < <(find "$objects" -name '*.o' | sort)
if [ "${#files[@]}" -gt 10 ]; then echo "ok 1 - the objects of src/parse are there"; else echo "not ok 1 - the objects of src/parse are there (make BUILD=build/plain)"; fi
found=$(needed "${files[@]}")
if [ -z "$found" ]; then
    echo "ok 2 - src/parse needs nothing that performs I/O"
else
    echo "not ok 2 - src/parse needs nothing that performs I/O"
    sed 's/^/# /' <<<"$found"
fi
# The test of the test: an open() is seen.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '#include <fcntl.h>\nint f(void); int f(void) { return open("/", 0); }\n' >"$scratch/bad.c"
cc -O2 -c -o "$scratch/bad.o" "$scratch/bad.c"
if [ "$(needed "$scratch/bad.o")" = open ]; then seen=ok; else seen="not ok"; fi
echo "$seen 3 - a call of open() is seen"
echo 1..3
[ "${#files[@]}" -gt 10 ] && [ -z "$found" ] && [ "$seen" = ok ]
