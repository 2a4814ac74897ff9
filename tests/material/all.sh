#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the material that `make check` takes, and says where it lies: two series, and with --full the kernels of all
# others and the modules of those that have headers.
# usage: all.sh [--full]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

series() { # SERIES
    "$MATERIAL/modules.sh" "$1"
    "$MATERIAL/dracut-image.sh" "$1"
    "$MATERIAL/initramfs-tools-image.sh" "$1"
}

[ $# -eq 0 ] || [ "$*" = --full ] || die "usage: all.sh [--full]"
series 6.1 &
series_6_1=$!
series 6.12
"$MATERIAL/fill-image.sh" 6.12
wait "$series_6_1"
if [ $# -eq 1 ]; then
    for name in 5.10 6.18 6.19 7.0 7.1; do "$MATERIAL/kernel.sh" "$name"; done
    for name in 7.2 7.3; do "$MATERIAL/modules.sh" "$name"; done
fi
(cd "$KG_CACHE" && printf "$KG_CACHE/%s\n" {kernel,modules,packages,tree,images}/*)
