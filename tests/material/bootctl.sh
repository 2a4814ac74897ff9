#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd's bootctl of Debian's SUITE, run in the root of that suite; each DIRECTORY is a mount point at the same place
# there, as bootctl wants of partitions. The boot loader of the same release lies beside it, at
# $KG_CACHE/bootctl/SUITE/usr/lib/systemd/boot/efi.
# usage: bootctl.sh SUITE DIRECTORY... -- ARGUMENT...
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

packages=(systemd-boot-tools libsystemd-shared systemd-boot-efi)

fetch() { # SUITE OUTPUT
    local deb
    configure_apt "bootctl-$1" "$1"
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the package lists of $1"
    mkdir "$2"
    for deb in $(download "bootctl-$1" "${packages[@]}"); do
        dpkg-deb -x "$deb" "$2"
        rm "$deb"
    done
    rm -r "$KG_CACHE/apt/bootctl-$1"
    [ -e "$2/usr/bin/bootctl" ] || die "no bootctl in ${packages[*]}"
}

usage="usage: bootctl.sh SUITE DIRECTORY... -- ARGUMENT..."
[ $# -ge 3 ] || die "$usage"
suite=$1
shift
binds=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    binds+=("$1")
    shift
done
[ $# -ge 2 ] || die "$usage"
shift
product "bootctl/$suite" "$(digest "$0" "=$suite")" fetch "$suite"
place=$KG_CACHE/bootctl/$suite
exec "$MATERIAL/in-root.sh" "$suite" "$place" "${binds[@]}" -- env SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1 \
    LD_LIBRARY_PATH="$place/usr/lib/x86_64-linux-gnu/systemd" "$place/usr/bin/bootctl" "$@"
