#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real modules that the real DKMS has built, or could not build: zfs, v4l2loopback and Broadcom's wl, for 6.12 and 7.2. Each
# loads on the kernel that it was built for, and no other kernel takes it; what could not be built is missed.
# shellcheck source=tests/full/plain.sh
. "$(dirname "$0")/plain.sh"
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

"$TESTS/material/kernel.sh" 6.1 || exit 1
for series in 6.12 7.2; do
    for name in zfs v4l2loopback broadcom-sta; do "$TESTS/material/dkms-modules.sh" "$series" "$name" || exit 1; done
done

# unpack FILE OUTPUT: as the kernel gets to see it.
unpack() {
    case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dc "$1" ;;
    *) cat "$1" ;;
    esac >"$2"
}
built() { echo "$KG_CACHE/dkms/$1/$2/modules/$3".ko*; } # SERIES NAME MODULE
root_of() { echo "$KG_CACHE/kernel/$1/root"; }

# judge SERIES FILE...: what this kernel would say of each: name, verdict, errno, reason and symbol.
judge() {
    local series=$1
    shift
    run modules --json --root "$(root_of "$series")" --kernel "$(release_of "$series")" "$@"
}
answers() { json '.modules[] | [.name, .verdict, .errno // "-", .reason // "-", .symbol // "-"] | join(" ")'; }
last() { answers | tail -n 1; }

# in_tree SERIES FILE: the kernel's own modules that FILE needs, in the order in which they have to be loaded.
in_tree() {
    local name
    for name in $(modinfo -F depends "$2" | tr , ' '); do
        modprobe -d "$(root_of "$1")" -S "$(release_of "$1")" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++'
}

# What DKMS made of them.
is "$(cd "$KG_CACHE/dkms" && for name in zfs v4l2loopback broadcom-sta; do
    echo "$name $(cat "6.12/$name/status") $(cat "7.2/$name/status")"
done)" "zfs 0 0
v4l2loopback 0 10
broadcom-sta 0 10" "zfs is built for both kernels, the others are for 6.12 only"

# On the kernel that they were built for.
for series in 6.12 7.2; do
    spl=$(built "$series" zfs spl) zfs=$(built "$series" zfs zfs)
    is "$(modinfo -F vermagic "$zfs" | cut -d' ' -f1) $(modinfo -F signer "$zfs")" \
        "$(release_of "$series") DKMS module signing key" "$series: zfs.ko is DKMS'"
    judge "$series" "$spl" "$zfs"
    is "$status $(answers | paste -sd,)" "0 spl loads - - -,zfs loads - - -" "$series: spl and zfs load"
    judge "$series" "$zfs"
    like "$status $(last)" "^1 zfs refused ENOENT module-symbol-missing [a-z_]+$" "$series: zfs without spl is refused"
    unpack "$spl" "$SCRATCH/spl.$series.ko"
    nm --defined-only --format=just-symbols "$SCRATCH/spl.$series.ko" | grep -qxF "$(json '.modules[0].symbol')"
    ok $? "$series: for want of a symbol of spl's"
done
for item in "v4l2loopback v4l2loopback" "broadcom-sta wl"; do
    read -r name module <<<"$item"
    file=$(built 6.12 "$name" "$module")
    mapfile -t needed < <(in_tree 6.12 "$file")
    judge 6.12 "${needed[@]}" "$file"
    is "$status $(answers | grep -v " loads " | paste -sd,) $(last)" "0  $module loads - - -" \
        "6.12: $module loads behind ${#needed[@]} modules of the kernel's"
    judge 6.12 "$file"
    like "$status $(last)" "^1 $module refused ENOENT module-symbol-missing" "6.12: $module is refused without them"
done

# On others. The kernel looks at the version of module_layout first, at vermagic then, and at symbols last; 7.2 has no
# symbol versions.
spl=$(built 6.12 zfs spl) zfs=$(built 6.12 zfs zfs)
judge 7.2 "$spl" "$zfs"
is "$status $(answers | paste -sd,)" "1 spl refused ENOEXEC module-vermagic -,zfs refused ENOEXEC module-vermagic -" \
    "built for 6.12, on 7.2: vermagic, first of all"
like "$(json '.modules[1].message')" "$(release_of 6.12 | tr + .).*$(release_of 7.2 | tr + .)" "built for 6.12, on 7.2: both are named"
judge 7.2 "$(built 6.12 v4l2loopback v4l2loopback)" "$(built 6.12 broadcom-sta wl)"
is "$(answers | paste -sd,)" "v4l2loopback refused ENOEXEC module-vermagic -,wl refused ENOEXEC module-vermagic -" \
    "built for 6.12, on 7.2: the others as well"
judge 6.1 "$spl" "$zfs"
is "$status $(answers | paste -sd,)" \
    "1 spl refused ENOEXEC module-symbol-version module_layout,zfs refused ENOEXEC module-symbol-version module_layout" \
    "built for 6.12, on 6.1: the version of module_layout"
# Of a module without any version this kernel asks no more, CONFIG_MODULE_FORCE_LOAD.
judge 6.12 "$(built 7.2 zfs spl)" "$(built 7.2 zfs zfs)"
is "$status $(answers | paste -sd,)" "1 spl refused ENOEXEC module-vermagic -,zfs refused ENOEXEC module-vermagic -" \
    "built for 7.2, on 6.12: vermagic"

# What is behind vermagic: 7.2 wants another form of exports.
vermagic() { # FILE.ko
    /usr/bin/python3 - "$1" "$(modinfo -F vermagic "$1")" "$(modinfo -F vermagic "$(built 7.2 zfs zfs)")" <<'END'
import sys
path, old, new = sys.argv[1], *(b"vermagic=" + text.encode() + b"\0" for text in sys.argv[2:])
data = open(path, "rb").read()
assert data.count(old) == 1 and len(new) <= len(old)
open(path, "wb").write(data.replace(old, new.ljust(len(old), b"\0")))
END
}
for module in spl zfs; do
    unpack "$(built 6.12 zfs "$module")" "$SCRATCH/$module.ko"
    vermagic "$SCRATCH/$module.ko"
done
judge 7.2 "$SCRATCH/spl.ko" "$SCRATCH/zfs.ko"
is "$status $(answers | paste -sd,)" "1 spl refused ENOEXEC module-vermagic -,zfs refused ENOEXEC module-vermagic -" \
    "built for 6.12, with 7.2's vermagic: refused all the same"
like "$(json '.modules[0].message')" "exports symbols without flags \(__kflagstab\)" "built for 6.12, with 7.2's vermagic: 7.2 wants flags of exports"

# Of those that export nothing, the symbols that 7.2 does not have any more.
cut -f2 "$(root_of 7.2)"/usr/lib/modules/*/build/Module.symvers | sort >"$SCRATCH/exported"
for item in "v4l2loopback v4l2loopback" "broadcom-sta wl"; do
    read -r name module <<<"$item"
    unpack "$(built 6.12 "$name" "$module")" "$SCRATCH/$module.ko"
    vermagic "$SCRATCH/$module.ko"
    mapfile -t needed < <(in_tree 7.2 "$SCRATCH/$module.ko")
    judge 7.2 "${needed[@]}" "$SCRATCH/$module.ko"
    like "$(last)" "^$module refused ENOENT module-symbol-missing " "$module with 7.2's vermagic: refused"
    lacks=$(nm --undefined-only --format=just-symbols "$SCRATCH/$module.ko" | sort -u | comm -23 - "$SCRATCH/exported")
    grep -qxF "$(json '.modules[-1].symbol')" <<<"$lacks"
    ok $? "$module with 7.2's vermagic: for a symbol that 7.2 does not have ($(xargs <<<"$lacks"))"
done

# The symbol that became GPL-only. For 7.2 modpost would refuse the module, and does not where Module.symvers has it
# as it was: headers of another build.
lenient=$SCRATCH/headers
cp -al "$(root_of 7.2)"/usr/lib/modules/*/build "$lenient"
sed -E "s/(\twbinvd_on_cpu\tvmlinux\tEXPORT_SYMBOL)_GPL\t.*/\1\t/" "$lenient/Module.symvers" | replace "$lenient/Module.symvers"
"$TESTS/material/build-modules.sh" 6.12 "$TESTS/pacman/kg-flush" "$SCRATCH/flush.6.12" && "$TESTS/material/build-modules.sh" \
    --headers "$lenient" 7.2 "$TESTS/pacman/kg-flush" "$SCRATCH/flush.7.2"
ok $? "a CDDL module that uses wbinvd_on_cpu is built for both kernels"
judge 6.12 "$SCRATCH/flush.6.12/kg_flush.ko"
is "$status $(last)" "0 kg_flush loads - - -" "kg_flush (CDDL) loads on 6.12"
judge 7.2 "$SCRATCH/flush.7.2/kg_flush.ko"
is "$status $(last)" "1 kg_flush refused ENOENT module-symbol-gpl-only wbinvd_on_cpu" "kg_flush (CDDL) is refused by 7.2"
is "$(json '.modules[0].message')" "kg_flush (CDDL) uses wbinvd_on_cpu, which $(release_of 7.2) exports to GPL modules only" "with the true reason"

# What is registered with DKMS and was not built: as a machine would have it after the upgrade.
next=$(release_of 7.2)
root=$SCRATCH/absent
mkdir -p "$root"/{boot/loader/entries,etc,usr/lib,usr/src,var/lib/dkms}
cp -al "$(root_of 7.2)/usr/lib/modules" "$root/usr/lib/modules"
ln -s usr/lib "$root/lib"
cp "$root/usr/lib/modules/$next/vmlinuz" "$root/boot/vmlinuz-linux"
"$TESTS/material/mkinitcpio-image.sh" --modules-root "$root" --release "$next" --output "$root/boot/initramfs-linux.img" ext4
printf '%s\n' 'title Arch' 'linux /vmlinuz-linux' 'initrd /initramfs-linux.img' >"$root/boot/loader/entries/arch.conf"
for name in v4l2loopback broadcom-sta; do
    source=$KG_CACHE/dkms/source/$name
    build=$root/var/lib/dkms/$name/$(<"$source/version")/build
    cp -r "$source"/usr/src/* "$root/usr/src"
    mkdir -p "$build"
    cp "$KG_CACHE/dkms/7.2/$name/make.log" "$build"
done
run check --json --root "$root"
is "$status $(json '.verdict')" "0 safe" "absent: what the image does not need leaves the machine safe"
for item in "v4l2loopback v4l2loopback" "broadcom-sta wl"; do
    read -r name module <<<"$item"
    absent() { json ".targets[].findings[] | select(.module == \"$module\") | $1"; } # FILTER
    is "$(absent '.id + " " + .severity')" "module-absent warning" "absent: $module is missed"
    first=$(grep -m 1 'error:' "$KG_CACHE/dkms/7.2/$name/make.log")
    message=$(absent .message)
    [ -n "$first" ] && [[ $message == *"DKMS could not build $name/$(<"$KG_CACHE/dkms/source/$name/version"): $first"* ]]
    ok $? "absent: $module, with the compiler's words"
    like "$(absent .remedy)" "^install a release of $name " "absent: $module, with a remedy"
done

done_testing
