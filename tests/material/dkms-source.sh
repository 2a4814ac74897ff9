#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The sources that a Debian package gives to DKMS, as they lie in /usr/src: real out-of-tree modules.
# usage: dkms-source.sh NAME      NAME is zfs, v4l2loopback, broadcom-sta or nvidia
# result: $KG_CACHE/dkms/source/NAME/{usr/src/NAME-VERSION,name,version,package}
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

suite=trixie

# The package, its version, and the part of the archive that holds it. The version is what the tests tell of.
package() { # NAME
    case $1 in
    zfs) echo zfs-dkms 2.3.9 contrib ;;
    v4l2loopback) echo v4l2loopback-dkms 0.15.0 main ;;
    broadcom-sta) echo broadcom-sta-dkms 6.30.223.271 non-free ;;
    nvidia) echo nvidia-kernel-dkms 550.163.01 non-free ;;
    *) die "no such module package: $1 (zfs v4l2loopback broadcom-sta nvidia)" ;;
    esac
}

fetch() { # PACKAGE VERSION COMPONENT OUTPUT
    local deb
    mkdir -p "$4.unpacked" "$4/usr"
    configure_apt "dkms-$1" "$suite" "$3"
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the package lists of $suite"
    deb=$(download "dkms-$1" "$1")
    dpkg-deb -f "$deb" Package Version | sed 's/^[^ ]*: //' | paste -sd ' ' >"$4/package"
    [[ $(<"$4/package") =~ ^$1\ ([0-9]+:)?$2- ]] || die "$suite has $(<"$4/package"), the tests are about $2"
    dpkg-deb -x "$deb" "$4.unpacked"
    mv "$4.unpacked/usr/src" "$4/usr/src"
    # What dkms.conf names with a macro is filled in by the package's build already.
    sed -n 's/^PACKAGE_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$4"/usr/src/*/dkms.conf >"$4/name"
    sed -n 's/^PACKAGE_VERSION="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$4"/usr/src/*/dkms.conf >"$4/version"
    [ -e "$4/usr/src/$(<"$4/name")-$(<"$4/version")/dkms.conf" ] || die "no sources for DKMS in $deb"
    rm -r "$4.unpacked" "$deb" "$KG_CACHE/apt/dkms-$1"
}

[ $# -eq 1 ] || die "usage: dkms-source.sh NAME"
what=$(package "$1")
# shellcheck disable=SC2086  # they are several
product "dkms/source/$1" "$(digest "$0" "=$what")" fetch $what
