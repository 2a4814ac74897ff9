#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# GRUB's own 10_linux, and what it is made of, as upstream ships it and Arch uses it, from the source of Debian's trixie
# without Debian's patches, for the grub-mkconfig of this machine.
# usage: grub-mkconfig.sh      result: $KG_CACHE/grub/{10_linux,grub-mkconfig_lib,version}
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$MATERIAL/debian.sh"

fetch() { # OUTPUT
    local source=$KG_CACHE/apt/grub/source archive file
    configure_apt grub trixie
    sed -i 's/^deb /deb-src /' "$KG_CACHE/apt/grub/sources.list"
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the source lists of trixie"
    mkdir -p "$source"
    # Of its parts only the archive as upstream has made it matters.
    (cd "$source" && try3 quietly apt-get -q source --download-only --only-source grub2) || true
    archive=$(find "$source" -name 'grub2_*.orig.tar.*' ! -name '*.asc' -print -quit)
    [ -n "$archive" ] || die "no source of grub2 in trixie"
    mkdir "$1"
    for file in grub.d/10_linux grub-mkconfig_lib; do
        # What configure puts in, of the directories as of this machine's package.
        tar -xOf "$archive" --wildcards "*/util/$file.in" |
            sed -e 's,@prefix@,/usr,; s,@exec_prefix@,/usr,; s,@datarootdir@,/usr/share,; s,@datadir@,/usr/share,; s,@sysconfdir@,/etc,' \
                -e 's,@bindir@,/usr/bin,; s,@sbindir@,/usr/sbin,; s,@localedir@,/usr/share/locale,; s,@PACKAGE@,grub,' \
                -e 's,@\(grub_[a-z]*\)@,\1,; /\/grub_/s,grub_\(probe\|file\|mkrelpath\)",grub-\1",' >"$1/${file#*/}"
        [ -z "$(grep -o '@[A-Za-z_]*@' "$1/${file#*/}" || true)" ] || die "${file#*/}: something is not filled in"
    done
    chmod +x "$1/10_linux"
    basename "$archive" | sed 's/^grub2_//; s/\.orig.*//' >"$1/version"
    rm -r "$KG_CACHE/apt/grub"
}

[ $# -eq 0 ] || die "usage: grub-mkconfig.sh"
product grub "$(digest "$0")" fetch
