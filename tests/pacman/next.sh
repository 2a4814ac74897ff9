#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two states of a repository, "before" with linux 6.12 and "after" with linux 7.2, both with all headers that a module may
# include, and with modules for DKMS that build on the first and not on the second: kg-flush, one of whose symbols becomes
# GPL-only, and v4l2loopback as Debian trixie has it.
# usage: next.sh      result: $KG_CACHE/bed/next/{before,after}
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"
# shellcheck source-path=SCRIPTDIR source=pack.sh
. "$here/pack.sh"
# shellcheck source-path=SCRIPTDIR source=pack-kernel.sh
. "$here/pack-kernel.sh"

keep+=" kernel/drivers/media/v4l2-core/"
# shellcheck disable=SC2034  # for pack-kernel.sh
drop=

make_all() { # OUTPUT
    local out=$1 source=$KG_CACHE/dkms/source/v4l2loopback
    mkdir -p "$out"/{loose,a}
    # The release that the bed has already, packaged again with what it lacks there.
    (pack_kernel "$out/a" 6.12 linux 9) &
    pack_kernel "$out/loose" 7.2 linux 1
    wait $!
    mv "$out"/a/*.zst "$out/loose"
    rmdir "$out/a"
    pack_sources "$out/loose" "$here/kg-flush" kg-flush 1.0
    mkdir "$out/a"
    cp -r "$source/usr" "$out/a"
    pack "$out/loose" v4l2loopback-dkms "$(<"$source/version")-1" "$out/a"
    rm -r "$out/a"
    repository "$out" before 2026-01-03 'kg-flush-dkms-*' 'v4l2loopback-dkms-*' 'linux-6.12.*' 'linux-headers-6.12.*'
    repository "$out" after 2026-01-04 'kg-flush-dkms-*' 'v4l2loopback-dkms-*' 'linux-7.2.*' 'linux-headers-7.2.*'
    rm -r "$out/loose"
}

# The story is only true as long as the kernels tell it.
check_symbol() { # SERIES EXPORT
    local table
    table=$(ls "$KG_CACHE/kernel/$1"/root/usr/lib/modules/*/build/Module.symvers)
    grep -qP "\twbinvd_on_cpu\tvmlinux\t$2\t" "$table" || die "wbinvd_on_cpu is not $2 in $table"
}

[ $# -eq 0 ] || die "usage: next.sh"
for series in 6.12 7.2; do "$MATERIAL/kernel.sh" "$series"; done
"$MATERIAL/dkms-source.sh" v4l2loopback
check_symbol 6.12 EXPORT_SYMBOL
check_symbol 7.2 EXPORT_SYMBOL_GPL
made_of=$(stamp_of kernel/6.12 kernel/7.2 dkms/source/v4l2loopback)
product bed/next "$(digest "$here"/{next,pack,pack-kernel}.sh "$here/kg-flush" "$made_of")" make_all
