#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd's ukify, of Debian's trixie, with its stub, run by this machine's Python: it makes unified kernel images and
# addons of what it is given.
# usage: uki.sh ARGUMENT...      as those of ukify(1); "build" comes first
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

packages=(systemd-ukify systemd-boot-efi python3-pefile)

fetch() { # OUTPUT
    local deb
    configure_apt ukify trixie
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the package lists of trixie"
    mkdir "$1"
    for deb in $(download ukify "${packages[@]}"); do
        dpkg-deb -x "$deb" "$1"
        rm "$deb"
    done
    rm -r "$KG_CACHE/apt/ukify"
    [ -e "$1/usr/bin/ukify" ] || die "no ukify in ${packages[*]}"
}

[ $# -gt 0 ] || die "usage: uki.sh ARGUMENT..."
product ukify "$(digest "$0")" fetch
stubs=$KG_CACHE/ukify/usr/lib/systemd/boot/efi
kind=linuxx64.efi.stub
[[ " $* " == *" --linux"* ]] || kind=addonx64.efi.stub
exec env PYTHONPATH="$KG_CACHE/ukify/usr/lib/python3/dist-packages" python3 "$KG_CACHE/ukify/usr/bin/ukify" "$@" \
    --stub="$stubs/$kind"
