#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# src/parse performs no I/O: its objects need nothing from outside but what is listed here. Whatever is new has to be
# looked at and added. Of src/core only what performs none itself.
# usage: no-io.t [BUILD]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
objects=${1:-build/plain}/src/parse

allowed='kg_(fail|base_name|fail_memory|prefix|format|copy_(string|optional)|ends_with|array_reserve)
kg_(span|buffer|strings|source)_[a-z0-9_]*
bcmp|mem(chr|cmp|cpy|mem|move|set)
str(chr|rchr|cmp|ncmp|cspn|spn|len|nlen|str|sep|toul|dup|ndup)|stpcpy|rawmemchr
__strtoul_internal|__isoc23_strtoul|strtoul
malloc|calloc|realloc|free|qsort|bsearch
v?snprintf|__v?snprintf_chk|v?asprintf|__v?asprintf_chk|__memcpy_chk|__stpcpy_chk|__stack_chk_fail
__ctype_b_loc|isalnum|isdigit|isalpha
_GLOBAL_OFFSET_TABLE_
elf_(begin_memory|memory|version|kind|end|getscn|getshdrnum|getshdrstrndx|strptr|getphdrnum)
gelf_(getehdr|getshdr|getphdr)
OPENSSL_init_crypto|CRYPTO_free|EVP_(get_digestbyname|Digest(Verify(Init_ex)?)?|MD_CTX_(new|free))
EVP_PKEY_(free|fromdata(_init)?|get_bn_param|new_raw_public_key_ex|verify(_init)?)
EVP_PKEY_CTX_(free|new_from_(name|pkey))|OSSL_PARAM_construct_(end|octet_string|utf8_string)
BN_(CTX_(new|free)|new|free|bin2bn|bn2binpad|cmp|is_one|is_zero|add_word|sub_word|mod_exp)
i2d_ECDSA_SIG|ECDSA_SIG_(new|free|set0|get0_[rs])
inflate(Init2_|End)?|adler32|BZ2_bzDecompress(Init|End)?|ZSTD_((create|free)DStream|decompress(Stream)?|getErrorName|getFrameContentSize|isError)
lzma_(stream_decoder|alone_decoder|code|end)
archive_(read_(new|free|open|data|next_header|append_filter|support_format_raw|support_format_empty)|set_error|error_string|filter_bytes)'

# needed OBJECT...: undefined symbols that none of the objects has, and that are not on the list.
needed() {
    nm -u "$@" | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u |
        grep -Fvx -f <(nm --defined-only "$@" | awk 'NF == 3 { print $3 }') |
        grep -Evx "$(paste -sd'|' <<<"$allowed")|__(asan|ubsan)_[a-z0-9_]*"
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
# The test of the test: an open() is seen, and a file that is opened through src/core.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '#include <fcntl.h>\nint kg_file_open(void); int f(void);
int f(void) { return open("/", 0) + kg_file_open(); }\n' >"$scratch/bad.c"
cc -O2 -c -o "$scratch/bad.o" "$scratch/bad.c"
if [ "$(needed "$scratch/bad.o" | paste -sd' ')" = "kg_file_open open" ]; then seen=ok; else seen="not ok"; fi
echo "$seen 3 - calls of open() and kg_file_open() are seen"
echo 1..3
[ "${#files[@]}" -gt 10 ] && [ -z "$found" ] && [ "$seen" = ok ]
