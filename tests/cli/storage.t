#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a machine needs to reach its root: for each machine an image with exactly that is sound, and every module that
# is taken out of it is missed, by its name and with the reason. What is not needed is in none of these images.
# The plain build judges the some hundred images; the sanitized one reads every machine.
KG_BUILD=plain
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/machine/shapes.sh
. "$TESTS/machine/shapes.sh"

# shellcheck source=tests/machine/tree.sh
. "$TESTS/machine/tree.sh"

release=$(release_of 6.12)
"$TESTS/machine/modules.sh"
tree 6.12 system
root=$SCRATCH/system
modules=$root/usr/lib/modules/$release
mkdir -p "$modules/updates"
cp "$KG_CACHE"/machine/6.12/*.ko "$modules/updates"
depmod -b "$root" "$release"
printf 'MODULES=()\nHOOKS=(base udev)\n' | replace "$root/etc/mkinitcpio.conf"
rm "$root"/boot/loader/entries/*
# Not each of the machines has /boot mounted.
sed -i '/\/boot/d' "$root/etc/fstab"
# A program that needs nothing else in the image.
printf '.globl _start\n_start: nop\n' | gcc -nostdlib -static -s -x assembler - -o "$SCRATCH/init"

# Files of the tree by the names of their modules, and what modules.dep says they need.
declare -A file needed
while read -r path rest; do
    path=${path%:} name=${path##*/}
    name=${name%%.*}
    file[${name//-/_}]=$path needed[${name//-/_}]=$rest
done <"$modules/modules.dep"

# The module files that modules take, one a line; what is built in takes none.
closure() { # MODULE...
    local name
    for name in "$@"; do
        [ -n "$name" ] || continue
        # shellcheck disable=SC2086  # they are several
        [ -z "${file[$name]:-}" ] || printf '%s\n' "${file[$name]}" ${needed[$name]}
    done | sort -u
}
name_of() {
    local name=${1##*/}
    name=${name%%.*}
    echo "${name//-/_}"
}

# entry NAME [WITHOUT]: a boot entry of this name; its image holds the files listed in $SCRATCH/files but for one.
entry() {
    local stage=$SCRATCH/stage
    [ -d "$stage/usr/lib/modules/$release" ] || {
        mkdir -p "$stage/usr/lib/modules/$release"
        cp "$SCRATCH/init" "$stage/init"
        : >"$stage/buildconfig"
        cp -al "$modules/kernel" "$modules/updates" "$stage/usr/lib/modules/$release"
    }
    {
        printf '%s\n' init buildconfig
        grep -vxF -- "${2:-nothing}" "$SCRATCH/files" | sed "s,^,usr/lib/modules/$release/,"
    } | (cd "$stage" && cpio -o -H newc --quiet -O "$root/boot/$1.img")
    printf 'title %s\nlinux /vmlinuz-linux\ninitrd /%s.img\noptions root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw\n' \
        "$1" "$1" >"$root/boot/loader/entries/$1.conf"
}

# empty_boot: no entry, no default and no image.
empty_boot() { rm -f "$root"/boot/*.img "$root"/boot/loader/entries/* "$root/boot/loader/loader.conf"; }

# files MODULE...: what the next images hold.
files() { closure "$@" >"$SCRATCH/files"; }

# says NAME MACHINE STATUS FINDINGS: exit status, and what is no info, as "severity id module".
says() {
    run check --root "$root" --machine "${2:-none}" --json
    is "$status: $(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .severity + " " + .id + (if .module then " " + .module else "" end)) | join(", ")')" \
        "$3: $4" "$1"
}

# One run for all images of a machine that needs $needs: without each file of the closure, and with all.
judge_machine() { # NAME PLACE
    local path module reason ids missed expected=
    empty_boot
    # shellcheck disable=SC2046
    files $(cut -d'|' -f1 <<<"$needs")
    entry complete
    echo "default complete.conf" >"$root/boot/loader/loader.conf"
    while read -r path; do
        entry "without-$(name_of "$path")" "$path"
        expected+="without-$(name_of "$path").conf unsafe $(name_of "$path")"$'\n'
    done <"$SCRATCH/files"
    run check --root "$root" --machine "$2" --json
    ids=$(json '.targets[] | select(.entry == "complete.conf") | .verdict + " " + ([.findings[] | select(.severity == "error") | .module + ": " + .message] | join("; "))')
    is "$status $ids" "0 safe " "$1: the closure of what it needs is enough"
    missed=$(json '.targets[] | select(.entry != "complete.conf") | .entry + " " + .verdict + " " + ([.findings[] | select(.severity == "error") | .module] | join(","))' | sort)
    is "$missed" "$(sort <<<"${expected%$'\n'}")" "$1: each of $(wc -l <"$SCRATCH/files") module files that is taken out is missed"
    while IFS='|' read -r module reason; do
        [ -n "${file[$module]:-}" ] || continue
        like "$(json ".targets[] | select(.entry == \"without-$module.conf\") | .findings[] | select(.severity == \"error\") | .message")" \
            "^$module is not in /boot/without-$module.img(, nor any of [a-z0-9_]+)?, and is needed because $reason" "$1: $module, with the reason"
    done < <(sed '/^$/d' <<<"$needs")
}

all=()
for name in "${shapes[@]}"; do
    shape "$name" "$SCRATCH/machine/$name"
    mapfile -t -O ${#all[@]} all < <(cut -d'|' -f1 <<<"${needs%$'\n'}")
    [[ ${ONLY-$name} == "$name" ]] || continue
    judge_machine "$name" "$SCRATCH/machine/$name"
    unknown=$(json '.verdict + ": " + ([.findings[] | select(.id == "storage-unknown") | .severity + ": " + .message] | join("\n"))')
    case $name in
    nfs-root) is "$unknown" "safe: info: / is nfs4, and so on the network, which is not looked at" "$name: that it is not known is said once" ;;
    zfs-*) like "$unknown" "^safe: info: which devices the ZFS pool rpool is on nobody says" "$name: what is guessed is said" ;;
    *) is "$unknown" "safe: " "$name: everything is known" ;;
    esac
done

# Stacks of a real kernel, captured by tests/full/stacks.t.
for corpus in "$TESTS"/machine/corpus/*.needs; do
    name=$(basename "$corpus" .needs)
    tree_unpack "$SCRATCH/machine/$name" <"${corpus%.needs}"
    shapes+=("$name")
    needs=$(cat "$corpus")
    mapfile -t -O ${#all[@]} all < <(cut -d'|' -f1 <<<"$needs")
    [[ ${ONLY-$name} == "$name" ]] || continue
    if [ -d "$SCRATCH/machine/$name/etc" ]; then cp -r "$SCRATCH/machine/$name/etc/zfs" "$root/etc"; fi
    judge_machine "$name" "$SCRATCH/machine/$name"
    is "$(json '.verdict, .findings[].message')" "safe" "$name: everything is known"
    rm -rf "$root/etc/zfs"
done

# An image with all of these, as a general one has, serves every machine, without a word.
empty_boot
files "${all[@]}" mpt3sas xts usbhid hid_generic
entry general
wrong=
for name in "${shapes[@]}"; do
    run check --root "$root" --machine "$SCRATCH/machine/$name" --json
    [ "$status" -eq 0 ] || wrong+="$name: exit $status"$'\n'
    wrong+=$(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .id + " " + .message + "\n") | add // ""')
    "$TESTS/../build/san/kernel-guard" check --root "$SCRATCH/machine/nfs-root" --machine "$SCRATCH/machine/$name" --quiet || wrong+="$name: $?"
done
is "$wrong" "" "a general image: no finding for any machine"

# What only warns: ciphers, keyboards, one of several paths.
machine=$SCRATCH/machine
files ext4 dm_crypt nvme
entry general
says "no implementation of the cipher" "$machine/luks-lvm-ext4" 0 "warning initramfs-module-missing xts"
like "$(json '.targets[0].findings[0].message')" "^xts is not in /boot/general.img, nor any of aesni_intel, and is needed because / is on the encrypted device cryptlvm" \
    "the others are named"
files ext4 dm_crypt nvme aesni_intel
entry general
says "an accelerated one will do" "$machine/luks-lvm-ext4" 0 ""
cp -a "$machine/zfs-on-luks" "$machine/usb-keyboard"
sed -i '/^I: Bus=0011/,/^$/d' "$machine/usb-keyboard/proc/bus/input/devices"
files zfs dm_crypt nvme xts
entry general
says "a keyboard that is built in" "$machine/zfs-on-luks" 0 ""
says "the only keyboard without its drivers" "$machine/usb-keyboard" 0 "warning initramfs-keyboard"
like "$(json '.targets[0].findings[0].message')" "keyboards \(Logitech USB Keyboard\)" "it is named"
for module in usbhid hid_generic xhci_pci; do
    # shellcheck disable=SC2046
    files zfs dm_crypt nvme xts $(grep -vx $module <<<$'usbhid\nhid_generic\nxhci_pci')
    entry general
    says "each of its drivers counts: $module" "$machine/usb-keyboard" 0 "warning initramfs-keyboard"
done
files zfs dm_crypt nvme xts usbhid hid_generic xhci_pci
entry general
says "and with all of them" "$machine/usb-keyboard" 0 ""
files ext4 dm_multipath ahci sd_mod raid_class scsi_transport_sas
entry general
says "a path that lacks its driver" "$machine/dm-multipath" 0 "warning initramfs-module-missing mpt3sas"
files ext4 dm_multipath sd_mod libahci raid_class scsi_transport_sas
entry general
says "and both of them" "$machine/dm-multipath" 1 "error initramfs-module-missing ahci, warning initramfs-module-missing mpt3sas"

# The cache file of ZFS names the devices of a pool: by udev's link, through device-mapper, by their own names.
mkdir -p "$root/etc/zfs"
"$TESTS/machine/zpool-cache.py" rpool=/dev/disk/by-id/nvme-disk-part2 data=/dev/sda2 >"$root/etc/zfs/zpool.cache"
shape zfs-on-luks "$machine/cached"
link dev/disk/by-id/nvme-disk-part2 dev/nvme0n1p2
files zfs nvme
entry general
says "a cache file that names a link of udev" "$machine/cached" 0 ""
is "$(json '.verdict, .findings[].id')" "safe" "then all is known"
says "and a machine that does not show it" "$machine/zfs-on-luks" 1 \
    "error initramfs-dependency-missing dm_mod, error initramfs-module-missing dm_crypt, warning initramfs-module-missing xts"
like "$(json '.findings[0].message')" "/ is on /dev/disk/by-id/nvme-disk-part2, which is not to be found" "which is said"
"$TESTS/machine/zpool-cache.py" data=/dev/sda2 rpool=/dev/mapper/cryptroot,/dev/sda1 >"$root/etc/zfs/zpool.cache"
says "two disks of a pool, on two controllers" "$machine/cached" 1 \
    "error initramfs-dependency-missing dm_mod, error initramfs-module-missing dm_crypt, error initramfs-dependency-missing scsi_common, error initramfs-dependency-missing scsi_mod, error initramfs-module-missing sd_mod, error initramfs-dependency-missing libata, error initramfs-dependency-missing libahci, error initramfs-module-missing ahci, warning initramfs-module-missing xts"
head -c 100 "$root/etc/zfs/zpool.cache" | replace "$root/etc/zfs/zpool.cache"
files zfs nvme dm_crypt xts
entry general
says "a damaged cache file is none" "$machine/zfs-on-luks" 0 ""
rm -r "$root/etc/zfs"

# Where sysfs shows no drivers any module that takes the device does.
shape emmc "$machine/no-drivers"
find "$machine/no-drivers/sys" -name driver -delete
files f2fs mmc_block sdhci_pci
entry general
says "without drivers: the modalias" "$machine/no-drivers" 0 ""
files f2fs mmc_block
entry general
says "and none of its modules" "$machine/no-drivers" 1 \
    "error initramfs-dependency-missing sdhci, error initramfs-dependency-missing cqhci, error initramfs-module-missing sdhci_pci"
shape nvme-ext4 "$machine/no-devices"
find "$machine/no-devices/sys" \( -name driver -o -name modalias \) -delete
files ext4
entry general
says "without any word about the device its name counts" "$machine/no-devices" 1 \
    "error initramfs-dependency-missing nvme_auth, error initramfs-dependency-missing nvme_core, error initramfs-module-missing nvme"

# Nothing is known of the machine: what the kernel command line says.
files ext4 nvme
entry general
# options TEXT STATUS FINDINGS
options() {
    sed -i "s|^options.*|options $1|" "$root/boot/loader/entries/general.conf"
    says "$1" "" "$2" "$3"
}
crypt="error initramfs-dependency-missing dm_mod, error initramfs-module-missing dm_crypt"
options "root=UUID=6b67 rw" 0 ""
options "cryptdevice=UUID=6b67:root root=UUID=6b67" 1 "$crypt"
like "$(json '.targets[0].findings[1].message')" "is required by cryptdevice= in /boot/loader/entries/general.conf" "with the reason"
options "rd.luks.name=6b67=root rootfstype=ext4" 1 "$crypt"
options "rd.luks.name=6b67=root rd.luks=0" 0 ""
options "rd.luks.uuid=6b67 rd.luks=1" 1 "$crypt"
options "rd.luks.options=discard" 0 ""
options "rd.lvm.lv=vg/root" 1 "error initramfs-module-missing dm_mod"
options "rd.md.uuid=6b67" 1 "error initramfs-module-missing md_mod"
options "root=ZFS=rpool/ROOT/arch" 1 "error initramfs-dependency-missing spl, error initramfs-module-missing zfs"
options "zfs=bootfs" 1 "error initramfs-dependency-missing spl, error initramfs-module-missing zfs"
options "root=/dev/vda2 root=/dev/nvme0n1p2" 0 ""
options "root=/dev/vda2" 1 "error initramfs-module-missing virtio_blk"
options "resume=/dev/mapper/swap" 1 "error initramfs-module-missing dm_mod"
options "rootfstype=btrfs rootfstype=ext4" 0 ""
options "rootfstype=xfs" 1 "error initramfs-dependency-missing libcrc32c, error initramfs-module-missing xfs"
options "rootfstype=nosuch" 1 "error module-absent nosuch"
options "rootfstype=ext4,xfs" 0 ""

# Without an image there is only what is built in.
sed -i '/^initrd/d' "$root/boot/loader/entries/general.conf"
rm -r "$root/etc/mkinitcpio.d"
options "root=UUID=6b67" 0 ""
says "a kernel that is started without an image" "$machine/virtio-blk" 1 \
    "error initramfs-module-missing xfs, error initramfs-module-missing virtio_blk"

done_testing
