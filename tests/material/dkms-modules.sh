#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real out-of-tree modules, built by the real DKMS for a kernel, in the root of the suite whose DKMS and compiler fit.
# That a build fails is a result like any other: status tells. A build takes up to six minutes.
# usage: dkms-modules.sh SERIES NAME      NAME is one of dkms-source.sh
# result: $KG_CACHE/dkms/SERIES/NAME/
#   status    what `dkms install` exited with; 0, or 10 when the build has failed
#   make.log  the build's output
#   modules/  what DKMS has installed below updates/dkms, as it left it: signed with a key of its own, compressed
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

suite=trixie

# In the root. The kernel's tree is the cache's, to which updates/ is added.
install_in_root() { # TREE RELEASE NAME VERSION OUTPUT
    local status=0 tree=/usr/lib/modules/$2 file
    mkdir -p "$tree/kernel"
    for file in "$1"/*; do [ "$file" = "$1/kernel" ] || ln -s "$file" "$tree"; done
    # No link: dkms looks there how modules are compressed.
    mount --bind "$1/kernel" "$tree/kernel"
    dkms add "$3/$4" || return
    dkms install --no-depmod "$3/$4" -k "$2" || status=$?
    echo "$status" >"$5/status"
    mkdir "$5/modules"
    [ "$status" -ne 0 ] || cp "$tree"/updates/dkms/*.ko* "$5/modules"
    # It is moved there when all has been built.
    cp "/var/lib/dkms/$3/$4/$2"/*/log/make.log "$5/make.log" 2>/dev/null ||
        cp "/var/lib/dkms/$3/$4/build/make.log" "$5/make.log"
}

build() { # SERIES NAME OUTPUT
    local release source=$KG_CACHE/dkms/source/$2
    release=$(<"$KG_CACHE/kernel/$1/release")
    mkdir "$3"
    # shellcheck disable=SC2016  # the inner shell's own
    quietly "$MATERIAL/in-root.sh" "$suite" "$3" "$source" -- bash -euc '
        cp -r "$1"/usr/src/* /usr/src
        '"$(declare -f install_in_root)"'
        shift
        install_in_root "$@"
    ' build "$source" "$KG_CACHE/kernel/$1/root/usr/lib/modules/$release" "$release" "$(<"$source/name")" \
        "$(<"$source/version")" "$3"
}

[ $# -eq 2 ] || die "usage: dkms-modules.sh SERIES NAME"
"$MATERIAL/kernel.sh" "$1"
"$MATERIAL/dkms-source.sh" "$2"
"$MATERIAL/root.sh" "$suite"
made_of=$(stamp_of "kernel/$1" "dkms/source/$2" "root/$suite")
product "dkms/$1/$2" "$(digest "$0" "$made_of" "$KG_CACHE/kernel/$1/packages")" build "$1" "$2"
