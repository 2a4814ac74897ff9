#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds all material for both series, and says where it lies.
# usage: all.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

series() { # SERIES
    "$MATERIAL/modules.sh" "$1"
    "$MATERIAL/dracut-image.sh" "$1"
}

series 6.1 &
series_6_1=$!
series 6.12
"$MATERIAL/fill-image.sh" 6.12
wait "$series_6_1"
(cd "$KG_CACHE" && printf "$KG_CACHE/%s\n" {kernel,modules,packages,tree,images}/*)
