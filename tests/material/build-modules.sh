#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds external modules, a directory with a Kbuild or a Makefile for kbuild, by the kernel's own means: with the headers
# and the compiler that fit the series. SOURCE is not written to. OUTPUT, which may exist, gets every .ko as kbuild
# made it (not stripped, with its .BTF where the headers have a vmlinux), and the build's Module.symvers.
# usage: build-modules.sh [--headers DIRECTORY] SERIES SOURCE OUTPUT [MAKE-ARGUMENT]...
#   --headers   other headers of this series than the cache's, such as a copy with another Module.symvers
# When the build fails its output goes to stderr, and the exit status is 1.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=series.sh
. "$MATERIAL/series.sh"

headers=
if [ "${1:-}" = --headers ] && [ $# -ge 2 ]; then
    headers=$(cd -- "$2" && pwd -P)
    shift 2
fi
[ $# -ge 3 ] || die "usage: build-modules.sh [--headers DIRECTORY] SERIES SOURCE OUTPUT [MAKE-ARGUMENT]..."
series=$1 source=$2 output=$3
shift 3
[ -d "$source" ] || die "no such directory: $source"
place=$(build_place "$series")
[ "$place" != - ] || die "Debian's mirror has no headers of $series: no module can be built for it"
"$MATERIAL/kernel.sh" "$series"
[ -n "$headers" ] || headers=$KG_CACHE/kernel/$series/root/usr/lib/modules/$(<"$KG_CACHE/kernel/$series/release")/build

mkdir -p "$KG_CACHE/tmp"
work=$(mktemp -d "$KG_CACHE/tmp/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Under a name that says what it is: kbuild's messages have it.
modules=$work/modules
cp -rL -- "$source" "$modules"
# Sanitizers and flags of the caller's build are not for a kernel module.
unset CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
make=(make -C "$headers" "-j$(nproc)" M="$modules" "$@" modules)
if [ "$place" = here ]; then
    quietly "${make[@]}" || exit 1
else
    quietly "$MATERIAL/in-root.sh" "$place" "$work" "$headers" -- "${make[@]}" || exit 1
fi
mkdir -p "$output"
find "$modules" \( -name '*.ko' -o -name Module.symvers \) -exec cp -t "$output" {} +
