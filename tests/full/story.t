#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The update that nobody notices, from linux 6.12 to 7.2, through trixie's pacman 7.0, DKMS and gcc: modpost refuses a
# module that the machine needs, because a symbol has become GPL-only, and another one does not compile any more.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/../pacman/bed.sh"
# shellcheck source=tests/full/installed.sh
. "$(dirname "$0")/installed.sh"

"$TESTS/pacman/next.sh" || exit 1
errors=$(install_in trixie 2>&1 >/dev/null)
is "$?:$errors" "0:" "built in trixie"
export KG_BED_ROOT=$KG_CACHE/root/trixie KG_BED_INSTALLED=$SCRATCH/installed.trixie
next=$(release_of 7.2)

# A machine with linux 6.12 and both modules, of which its image needs one.
bed_start two
install_guard
bed pacman --version
like "$out" "Pacman v7\.0" "it is pacman 7.0"
rm "$BED/boot/loader/entries/arch-lts.conf"
sed -i 's/^MODULES=(kg_story/MODULES=(kg_flush/' "$BED/etc/mkinitcpio.conf"
cp -a "$KG_CACHE/bed/next" "$BED/srv/next"
offers() { echo "Server = file:///srv/next/$1" >"$BED/etc/pacman.d/mirrorlist"; }
offers before
transaction -R linux-lts linux-lts-headers kg-story-dkms
transaction -Syu kg-flush-dkms v4l2loopback-dkms
safe "on 6.12"
is "$(kernel_of linux)" "$new" "on 6.12: that is the kernel"
bed dkms status
is "$out" "kg-flush/1.0, $new, x86_64: installed
v4l2loopback/0.15.0, $new, x86_64: installed" "on 6.12: both modules are built"
in_image linux kg_flush
ok $? "on 6.12: the image has the one that it needs"

# The upgrade.
offers after
transaction -Syu
unsafe "to 7.2" module-absent
is "$(kernel_of linux)" "$next" "to 7.2: that is the kernel"
contains "==> WARNING: \`dkms install --no-depmod kg-flush/1.0 -k $next' exited 10" "to 7.2: one build has failed"
contains "==> WARNING: \`dkms install --no-depmod v4l2loopback/0.15.0 -k $next' exited 10" "to 7.2: so has the other"
bed dkms status
is "$out" "kg-flush/1.0: added
v4l2loopback/0.15.0: added" "to 7.2: no module is there"
! in_image linux kg_flush
ok $? "to 7.2: the image lacks it"

# What is said about it.
bed kernel-guard status --json
is "$status $(json '.targets[0] | .release + " " + .verdict')" "1 $next unsafe" "to 7.2: the kernel is judged"
finding() { json ".targets[0].findings[] | select(.module == \"$1\") | $2"; } # MODULE FILTER
is "$(finding kg_flush '.id + " " + .severity')" "module-absent error" "the needed module: an error"
is "$(finding v4l2loopback '.id + " " + .severity')" "module-absent warning" "the other one: a warning"
out=$(finding kg_flush .message)
contains "is not there for $next; DKMS could not build kg-flush/1.0: " "the needed module: not there for this kernel, nor built"
contains "ERROR: modpost: GPL-incompatible module kg_flush.ko uses GPL-only symbol 'wbinvd_on_cpu'" \
    "the needed module: in modpost's own words"
log=$BED/var/lib/dkms/v4l2loopback/0.15.0/build/make.log
first=$(grep -m 1 'error:' "$log")
like "$first" "^v4l2loopback\.c:[0-9]+:[0-9]+: error: " "the other one: the compiler has an error"
out=$(finding v4l2loopback .message)
contains "is not there for $next; DKMS could not build v4l2loopback/0.15.0: $first; " "the other one: it is quoted"
like "$out" "implicit declaration of function .*setup_timer" "the other one: and what comes with it"
for module in kg_flush v4l2loopback; do
    out=$(finding "$module" .remedy)
    contains "install a release of ${module/_/-} that supports $next" "$module: what to do"
done

# The way back that it names.
bed sh -c 'pacman --noconfirm -U /srv/next/before/linux-*.zst'
safe "back to 6.12"
bed dkms status
is "$(grep -c ": installed$" <<<"$out")" 2 "back to 6.12: both modules are built again"

done_testing
