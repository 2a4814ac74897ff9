#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The units as systemd reads them, on a machine whose /var and /boot are file systems of their own: without a complaint, and without a
# cycle, of which systemd leaves any unit out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
units=$scratch/etc/systemd/system
mkdir -p "$units/local-fs.target.requires"
failed=0
count=0
is() { # GOT EXPECTED NAME
    count=$((count + 1))
    if [ "$1" = "$2" ]; then
        echo "ok $count - $3"
    else
        failed=1
        echo "not ok $count - $3"
        printf '%s\n' "got: $1" "expected: $2" | sed 's/^/# /'
    fi
}

for unit in hooks/*.{service,timer}; do
    # A program that is there.
    sed 's,^ExecStart=/usr/bin/kernel-guard .*,ExecStart=/bin/true,' "$unit" >"$units/${unit##*/}"
done
for name in var boot; do
    printf '%s\n' '[Unit]' 'Before=local-fs.target' '[Mount]' "What=/dev/disk/by-label/$name" "Where=/$name" Type=ext4 >"$units/$name.mount"
    ln -s "../$name.mount" "$units/local-fs.target.requires/"
done
mapfile -t enabled < <(grep -l '^\[Install\]' hooks/*.{service,timer})
systemctl -q --root="$scratch" enable "${enabled[@]##*/}"
verify() { SYSTEMD_UNIT_PATH=$units: timeout 60 systemd-analyze verify --man=no multi-user.target "$units"/kernel-guard-*.service 2>&1; }
is "$(verify)" "" "systemd has nothing to say of them"
is "$(cd "$units" && find ./*.wants -type l -printf '%P\n' | sort | paste -sd' ')" \
    "kernel-guard-booted.timer kernel-guard-recover-late.service kernel-guard-recover.service" "those that are to be enabled are"
for unit in hooks/*.{service,timer}; do grep -q "$unit" Makefile || echo "$unit"; done >"$scratch/missing"
for unit in "${enabled[@]##*/}"; do grep -q "\.\./$unit" Makefile || echo "$unit"; done >>"$scratch/missing"
is "$(cat "$scratch/missing")" "" "and installed, and enabled by the Makefile"
# Else the first one says nothing.
sed -i 's/^Before=sysinit/Before=var.mount sysinit/' "$units/kernel-guard-recover-late.service"
is "$(verify | grep -om1 'Found ordering cycle')" "Found ordering cycle" "a cycle would be told"

echo "1..$count"
exit "$failed"
