# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of much material: kernel-guard without sanitizers, unless KG names another one. To be sourced, before
# tests/cli/tap.sh.

if [ -z "${KG:-}" ]; then
    # With the very arguments of tests/check.
    KG=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)/build/plain/kernel-guard
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u CPPFLAGS -u LDFLAGS make -s -C "${KG%/build/*}" BUILD=build/plain \
        "CFLAGS=-O2 -g -Werror" all >&2 || exit 1
fi
