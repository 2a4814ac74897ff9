#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many kernels are kept: what /etc/kernel-guard.conf says, and nothing that is kept goes where it cannot be told what it says.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"

conf() { printf '%b\n' "$1" >"$root/etc/kernel-guard.conf"; }
there() { echo "$(sets) $(beside) $(entries)"; }

machine several
conf '[keep]\nkeep = 3'
for release in 6.1.0-a 6.2.0-b 6.3.0-c 6.4.0-d; do
    installs "$release" linux 1 1
    runs "$release" linux
    kg booted
    is "$status" 0 "$release boots"
done
pre 6.4.0-d
all=$(there)
like "$all" 'vmlinuz-linux\.old vmlinuz-linux\.old\.2 vmlinuz-linux\.old\.3 ' "three lie beside the originals"

for line in '[keep]\nkeep = 12' '[keep]\nkeep = three' '[keep]\nkeep = -1' '[keep]\nkeep =' '[keep]\nkeep 1' '[keep\nkeep = 1' \
    '[Keep]\nkeep = 1' '[keep]\nKeep = 1' '[preflight]\nbuild = yes' '[keep]\nkeep = 1\nkeep = x'; do
    conf "$line"
    kg prune
    like "$status:$out:$(there)" "^2:warning: /etc/kernel-guard\.conf.*a kept kernel is removed only for want of room.*:$all\$" "nothing goes for ${line//'\n'/, }"
    pre 6.4.0-d
    is "$(there)" "$all" "nor before a transaction"
    kg hook post
    kg booted
    is "$(there)" "$all" "nor after it"
done
conf '[keep]\nkeep = 12'
kg prune
is "$out" "warning: /etc/kernel-guard.conf: [keep] keep = 12 is not understood: keep is a number from 0 to 9
warning: before /etc/kernel-guard.conf is right a kept kernel is removed only for want of room" "it is told what is wrong, and what comes of it"
conf '[build]\nkeep = 1'
kg prune
is "${out%%$'\n'*}" "warning: /etc/kernel-guard.conf: [build] keep = 1 is no setting of kernel-guard: [keep] has keep = N" "and what a setting is"
head -c 60 /dev/zero >"$root/etc/kernel-guard.conf"
kg prune
like "$status:$out:$(there)" "^2:warning: /etc/kernel-guard\.conf: holds a NUL byte.*:$all\$" "nothing goes where a power cut has emptied the file"
rm "$root/etc/kernel-guard.conf"
ln -s gone.conf "$root/etc/kernel-guard.conf"
kg prune
like "$status:$out:$(there)" "^2:warning: /etc/kernel-guard\.conf: is a link to what is not there.*:$all\$" "nothing goes where the file is a link to nowhere"
rm "$root/etc/kernel-guard.conf"
mkdir "$root/etc/kernel-guard.conf"
kg prune
like "$status:$(there)" "^2:$all\$" "or a directory"
rmdir "$root/etc/kernel-guard.conf"
head -c 2000000 /dev/zero >"$root/etc/kernel-guard.conf"
kg prune
like "$status:$(there)" "^2:$all\$" "or too large"

# While pacman is at work a smaller number waits.
rm "$root/etc/kernel-guard.conf"
mkdir -p "$root/var/lib/pacman"
touch "$root/var/lib/pacman/db.lck"
conf '[keep]\nkeep = 3'
pre 6.4.0-d
conf '[keep]\nkeep = 1'
kg prune
is "$status:$out:$(there)" "2:warning: pacman is at work: nothing is removed before it has ended:$all" "a smaller number waits for pacman"
kg prune --json
is "$(json '[.done, .changes] | tojson')" "[false,[]]" "in JSON too"
rm "$root/var/lib/pacman/db.lck"

for line in 'keep = 2' '[keep]\nkeep = 2 # two' '[keep]\nkeep = 2   ; two' '# none\n\n[keep]\n  keep=2'; do
    conf "$line"
    kg prune --dry-run
    like "$status:$(there)" "^0:$all\$" "${line//'\n'/, }: in a dry run nothing goes"
done
kg prune
like "$status:$out:$(beside)" '^0:.*:initramfs-linux\.old\.2\.img initramfs-linux\.old\.img vmlinuz-linux\.old vmlinuz-linux\.old\.2$' "two stay"
rm "$root/etc/kernel-guard.conf"
kg prune
is "$status:$(beside)" "0:initramfs-linux.old.img vmlinuz-linux.old" "one without the file"

done_testing
