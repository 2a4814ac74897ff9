#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fills the upper directory of an overlay over a machine's root so that of the machine only the programs are seen.
# usage: hide.sh UPPER
set -euo pipefail

# Whatever a package of the bed owns or a hook looks into, and people's homes, where the cache may lie. Opaque: nothing
# of the lower directory shows through.
hidden="boot etc/dracut.conf.d etc/initcpio etc/kernel etc/mkinitcpio.d etc/pacman.d home media mnt root run srv tmp
    usr/lib/dracut usr/lib/firmware usr/lib/initcpio usr/lib/kernel usr/lib/kernel-guard usr/lib/modules
    usr/share/kernel-guard usr/share/libalpm usr/src var/cache/pacman var/lib/dkms var/lib/kernel-guard var/lib/pacman
    var/log var/tmp"

for dir in $hidden; do mkdir -p "$1/$dir"; done
chmod 700 "$1/root"
chmod 1777 "$1/tmp" "$1/var/tmp"
cd "$1"
# shellcheck disable=SC2086  # they are several
/usr/bin/python3 -c '
import os, sys
for path in sys.argv[1:]:
    os.setxattr(path, "trusted.overlay.opaque", b"y")' $hidden
