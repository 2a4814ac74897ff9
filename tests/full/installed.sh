# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel-guard built in the root of a suite, by the compiler and against the libraries that are there. To be sourced,
# behind tests/cli/tap.sh.

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# install_in SUITE: leaves what `make install` puts into place at $SCRATCH/installed.SUITE. All are built from one copy
# of the sources, whoever edits them meanwhile.
install_in() {
    if [ ! -d "$SCRATCH/source" ]; then
        mkdir "$SCRATCH/source"
        tar -C "$TESTS/.." --exclude=./build --exclude=./.git -cf - . | tar -C "$SCRATCH/source" -xf -
    fi
    "$TESTS/material/in-root.sh" "$1" "$SCRATCH" -- make -s -C "$SCRATCH/source" -j"$(nproc)" BUILD="$SCRATCH/build.$1" \
        CFLAGS="-O2 -g -Werror" DESTDIR="$SCRATCH/installed.$1" PREFIX=/usr install
}
