#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packages of kernels with further releases: Debian's cloud flavours of 6.1 and 6.12 as linux-lts, that of 6.12 as linux too.
# usage: cloud.sh      result: $KG_CACHE/bed/cloud
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pack.sh
. "$here/pack.sh"
# shellcheck source-path=SCRIPTDIR source=pack-kernel.sh
. "$here/pack-kernel.sh"

make_all() { # OUTPUT
    mkdir -p "$1/a"
    (pack_kernel "$1/a" 6.12-cloud linux 5) &
    pack_kernel "$1" 6.1-cloud linux-lts 3
    pack_kernel "$1" 6.12-cloud linux-lts 3
    wait $!
    mv "$1"/a/*.zst "$1"
    rmdir "$1/a"
}

[ $# -eq 0 ] || die "usage: cloud.sh"
for series in 6.1-cloud 6.12-cloud; do "$MATERIAL/kernel.sh" "$series"; done
made_of=$(stamp_of kernel/6.1-cloud kernel/6.12-cloud)
product bed/cloud "$(digest "$here"/{cloud,pack,pack-kernel}.sh "$made_of")" make_all
