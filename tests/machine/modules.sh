#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Stand-ins for zfs and spl, which Debian's kernel does not have, built by the real kbuild: their names are all that counts.
# usage: modules.sh      result: $KG_CACHE/machine/6.12/{spl,zfs}.ko
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$(dirname -- "$0")/../material/lib.sh"

here=$(cd -- "$(dirname -- "$0")" && pwd -P)

build() { # OUTPUT
    "$MATERIAL/build-modules.sh" 6.12 "$here/modules" "$1"
    strip -g "$1"/*.ko
    rm -f "$1/Module.symvers"
}

"$MATERIAL/kernel.sh" 6.12
product machine/6.12 "$(digest "$0" "$here/modules" "$(stamp_of kernel/6.12)")" build
