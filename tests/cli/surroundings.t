#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What stands around a module: modprobe's configuration, headers of another build, foreign files among the kernel's
# modules, and the situation that the kernel is started in.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

release=$(release_of 6.12)
tree 6.12 base
root=$SCRATCH/base
modules=$root/usr/lib/modules/$release
mkdir -p "$root"/etc/modprobe.d "$root"/run/modprobe.d "$root"/usr/lib/modprobe.d

# says NAME STATUS FINDINGS: exit status, and every finding that is no info, as "severity id module".
says() {
    run check --root "$root" --json
    is "$status: $(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .severity + " " + .id + (if .module then " " + .module else "" end)) | unique | join(", ")')" \
        "$2: $3" "$1"
}

# modprobe.d(5).
conf=$root/etc/modprobe.d/a.conf
echo 'blacklist kg-zfs' >"$conf"
says "a required module is blacklisted; - and _ are one" 0 "warning modprobe-blacklist kg_zfs"
printf '# blacklist kg_zfs\n  blacklist\tkg_spl # too\n' >"$conf"
says "so is one that it needs" 0 "warning modprobe-blacklist kg_spl"
printf 'install \\\nkg_zfs \\\n  /bin/false' >"$conf"
says "a command in the place of a required module, on three lines" 0 "warning modprobe-install kg_zfs"
like "$(json '.targets[0].findings[] | select(.id == "modprobe-install") | .message')" 'runs "/bin/false" instead of loading kg_zfs' \
    "the command is shown"
echo 'install kg_zfs /sbin/modprobe --ignore-install kg_zfs' >"$conf"
says "a command that loads it" 0 ""
printf 'blacklist nouveau\ninstall kg_gpl /bin/true\noptions kg_zfs debug=1\nsoftdep kg_zfs pre: kg_gpl\nblacklist\ninstall kg_zfs\n' >"$conf"
says "lines about other modules, and such as say nothing" 0 ""
rm "$conf"
echo 'blacklist kg_zfs' >"$root/usr/lib/modprobe.d/b.conf"
says "a package's file" 0 "warning modprobe-blacklist kg_zfs"
ln -s /dev/null "$root/etc/modprobe.d/b.conf"
says "which one of its name hides" 0 ""
rm "$root"/{etc,usr/lib}/modprobe.d/b.conf
echo 'blacklist kg_zfs' >"$root/run/modprobe.d/b"
says "a file of another suffix" 0 ""
ln -s ../../../../../../../../../../../etc/passwd "$root/etc/modprobe.d/out.conf"
mkdir "$root/etc/modprobe.d/dir.conf"
says "a link out of the root, a directory" 0 ""
rm -r "$root"/{etc,run}/modprobe.d

# Headers of another build: the tree's own are those of this kernel.
symvers=$modules/build/Module.symvers
cp -L --remove-destination "$KG_CACHE/kernel/6.12/root/usr/lib/modules/$release/build/Module.symvers" "$SCRATCH/symvers" || exit 1
if [ -L "$modules/build" ] || [ ! -d "$modules/build" ]; then
    rm -f "$modules/build" && mkdir "$modules/build"
fi
replace "$symvers" <"$SCRATCH/symvers"
says "the kernel's own headers" 0 ""
sed 's/^0x[0-9a-f]*\tmodule_layout\tvmlinux/0x12345678\tmodule_layout\tvmlinux/' "$SCRATCH/symvers" | replace "$symvers"
says "headers with another CRC" 0 "warning headers-differ"
like "$(json '.targets[0].findings[] | select(.id == "headers-differ") | .message')" \
    "another build than the kernel: 1 of [0-9]+ symbols differ \(module_layout has another version" "the symbol is named"
sed '/\tprintk\tvmlinux\t\|\t_printk\tvmlinux\t/d' "$SCRATCH/symvers" | replace "$symvers"
says "headers without a symbol" 0 "warning headers-differ"
{ cat "$SCRATCH/symvers" && printf '0x00000001\tkg_foreign\tvmlinux\tEXPORT_SYMBOL\t\n'; } | replace "$symvers"
says "headers with one more" 0 "warning headers-differ"
sed 's/\(\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\)\t/\1_GPL\t/' "$SCRATCH/symvers" | replace "$symvers"
says "headers that hold a symbol for GPL-only" 0 "warning headers-differ"
sed 's/\(\tmodule_layout\t\)vmlinux/\1fs\/foo/' "$SCRATCH/symvers" | replace "$symvers"
says "headers that have it from a module" 0 "warning headers-differ"
echo nonsense | replace "$symvers"
says "damaged headers" 0 "warning headers-differ"
replace "$symvers" <"$SCRATCH/symvers"

# A module among the kernel's own that the kernel's build has not put there.
mv "$root/var/lib/pacman" "$SCRATCH/pacman"
cp "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" "$modules/kernel/fs/kg_stray.ko"
depmod -b "$root" "$release"
run modules --root "$root" --kernel "$release" --json
is "$(json '.modules[].file | select(endswith("kg_stray.ko")) | sub(".*/kernel/"; "")')" "fs/kg_stray.ko" \
    "without pacman's database: what modules.order does not name is out-of-tree"
cp "$(find "$modules/kernel" -name 'dummy.ko*' | head -n 1)" "$SCRATCH/dummy"
cp "$SCRATCH/dummy" "$modules/kernel/fs/kg_in_tree.ko.xz"
depmod -b "$root" "$release"
run modules --root "$root" --kernel "$release" --json
is "$(json '.modules[].file | select(endswith("kg_in_tree.ko.xz"))')" "" "unless it says intree=Y"
mv "$modules/modules.order" "$SCRATCH/order"
run modules --root "$root" --kernel "$release" --json
is "$(json '.modules[].file | select(endswith("kg_stray.ko"))')" "" "without modules.order nothing can be told"
mv "$SCRATCH/order" "$modules/modules.order"
rm "$modules/kernel/fs"/kg_{stray.ko,in_tree.ko.xz}
mv "$SCRATCH/pacman" "$root/var/lib/pacman"
depmod -b "$root" "$release"

# The situation. A module that Debian has signed, and one that nobody has.
module=$KG_CACHE/modules/6.12/healthy/kg_gpl.ko
xz -dc "$SCRATCH/dummy" >"$SCRATCH/dummy.ko"
judged() { # NAME EXPECTED OPTION...
    local name=$1 expected=$2
    shift 2
    run modules --root "$root" --kernel "$release" --json "$@" "$SCRATCH/dummy.ko" "$module"
    is "$(json '[.modules[] | .verdict + (if .errno then " " + .errno else "" end)] | join(", ")')" "$expected" "$name"
}
judged "none" "loads, loads"
judged "--sig-enforce" "loads, refused EKEYREJECTED" --sig-enforce
judged "--lockdown integrity" "loads, refused EPERM" --lockdown integrity
judged "--lockdown none" "loads, loads" --lockdown none
judged "a kernel command line that enforces" "loads, refused EKEYREJECTED" --cmdline "quiet module.sig_enforce=1"
judged "one that locks down, - for _ and quotes" "refused EPERM, refused EPERM" --cmdline '"module-blacklist=x,dummy" lockdown=confidentiality'
judged "one that blacklists" "loads, refused EPERM" --cmdline "module_blacklist=kg_gpl"
judged "one that forbids all" "refused EPERM, refused EPERM" --cmdline nomodule
judged "what follows -- is for init" "loads, loads" --cmdline "-- nomodule"
mkdir -p "$SCRATCH/machine/proc" "$SCRATCH/machine/sys/kernel/security" "$SCRATCH/machine/sys/module/module/parameters"
echo "root=/dev/vda nomodule" >"$SCRATCH/machine/proc/cmdline"
judged "the machine's own command line" "refused EPERM, refused EPERM" --machine "$SCRATCH/machine"
judged "another one in its place" "loads, loads" --machine "$SCRATCH/machine" --cmdline quiet
echo quiet >"$SCRATCH/machine/proc/cmdline"
echo 'none [integrity] confidentiality' >"$SCRATCH/machine/sys/kernel/security/lockdown"
judged "a machine that is locked down" "loads, refused EPERM" --machine "$SCRATCH/machine"
rm "$SCRATCH/machine/sys/kernel/security/lockdown"
echo Y >"$SCRATCH/machine/sys/module/module/parameters/sig_enforce"
judged "one that enforces" "loads, refused EKEYREJECTED" --machine "$SCRATCH/machine"
run modules --root "$root" --kernel "$release" --lockdown total "$module"
is "$status" 64 "no such lockdown"

# The boot entry's own options count in `check`.
sed -i '/^options/s/$/ module_blacklist=kg_spl/' "$root/boot/loader/entries/arch.conf"
run check --root "$root" --json
is "$status $(json '[.targets[0].findings[] | select(.severity == "error") | .id + " " + .module] | unique | join(", ")')" \
    "1 module-blacklisted kg_spl, module-symbol-missing kg_zfs" "a boot entry that blacklists a required module"

done_testing
