#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Updates that change releases: two kernels in one transaction, each to a new release, and three releases of one kernel without a
# boot between. pacman, its hooks, dkms and depmod are real; that a kernel runs is made, by files mounted over those of /proc.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/../pacman/bed.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

"$PACMAN_TESTS/cloud.sh" || exit 1
old_cloud=$(release_of 6.1-cloud)
new_cloud=$(release_of 6.12-cloud)

# cloud PATTERN...: adds packages of cloud.sh to $files.
cloud() {
    local name
    [ -d "$BED/srv/cloud" ] || cp -a "$KG_CACHE/bed/cloud" "$BED/srv/cloud"
    for name in "$@"; do
        files+=("$(cd "$BED" && echo srv/cloud/"$name"*.zst | sed 's,^,/,')")
    done
}
releases() { (cd "$BED/usr/lib/modules" && for release in */vmlinuz; do echo "${release%/*}"; done | paste -sd ' '); }

bed_start
install_guard
sed 's/Arch Linux/& LTS/; s/-linux/&-lts/' "$BED/boot/loader/entries/arch.conf" >"$BED/boot/loader/entries/arch-lts.conf"
loose kg-story-dkms-1.1
cloud linux-lts-6.1. linux-lts-headers-6.1.
transaction -U "${files[@]}"
safe "a second kernel"
is "$(releases)" "$old $old_cloud" "a second kernel: two releases are there"
boots vmlinuz-linux-lts initramfs-linux-lts.img
has_booted linux-lts
first=("$set" "$pair" "$tree")
boots vmlinuz-linux initramfs-linux.img
has_booted linux
loose linux-6.12.*-1 linux-headers-6.12.*-1
cloud linux-lts-6.12. linux-lts-headers-6.12.
transaction -U "${files[@]}"
safe "two kernels to new releases in one transaction"
is "$(releases)" "$new $new_cloud" "two kernels: neither old release is installed"
is_kept "two kernels, the one that runs"
package=linux-lts release=$old_cloud set=${first[0]} pair=${first[1]} tree=${first[2]}
is_kept "two kernels, the other one"
boots vmlinuz-linux-lts.old initramfs-linux-lts.old.img
is "$recovered" "put the kept modules of $old_cloud in their place" "the other one boots, with its modules"

bed_start
install_guard
boots vmlinuz-linux initramfs-linux.img
has_booted linux
loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
transaction -U "${files[@]}"
safe "a second release"
files=()
cloud linux-6.12. linux-headers-6.12.
transaction -U "${files[@]}"
# The cloud flavour has no crc32c_intel.
warned "a third release, without a boot" initramfs-content-vanished
is "$(releases)" "$new_cloud" "a third release: it is the only one that is installed"
is_kept "a third release"
is "$(ls "$BED/usr/lib/modules/.kernel-guard")" "$(kept_tree "$old")" "a third release: nothing is kept of what never booted"
boots vmlinuz-linux.old initramfs-linux.old.img
is "$recovered" "put the kept modules of $old in their place" "the first release boots, with its modules"
is_kept "the first release"

done_testing
