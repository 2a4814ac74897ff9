#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes an image laid out as mkinitcpio 41 does: modules that are compressed already in an uncompressed early cpio,
# all the rest in a zstd one behind it. As with mkinitcpio, a module that does not exist fails only after the image is
# written.
# usage: mkinitcpio-image.sh --modules-root ROOT --release REL --output FILE
#                            [--omit MODULE]... [--extra PATH=FILE]... [--fill] MODULE...
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# A real image of an ordinary machine without autodetect holds as many bytes of modules.
fill_bytes=37000000
fill_from="ata nvme usb/storage usb/host scsi md block virtio mmc net/ethernet net/wireless"

root='' release='' output='' fill=''
omit=() extra=() modules=()
while [ $# -gt 0 ]; do
    case $1 in
    --modules-root) root=$2; shift 2 ;;
    --release) release=$2; shift 2 ;;
    --output) output=$2; shift 2 ;;
    --omit) omit+=("${2//-/_}"); shift 2 ;;
    --extra) extra+=("$2"); shift 2 ;;
    --fill) fill=yes; shift ;;
    -*) die "no such option: $1" ;;
    *) modules+=("$1"); shift ;;
    esac
done
[[ -n $root && -n $release && -n $output && ${#modules[@]} -gt 0 ]] ||
    die "usage: mkinitcpio-image.sh --modules-root ROOT --release REL --output FILE [OPTION]... MODULE..."
tree=$root/usr/lib/modules/$release
[ -e "$tree/modules.dep" ] || die "$tree has no modules.dep"

work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
early=$work/early main=$work/main status=0

# Prints the files MODULE needs, below the module tree; what is built in needs none.
closure() { # MODULE
    local files
    files=$(modprobe -d "$root" -S "$release" --show-depends "$1" 2>/dev/null) || {
        say "ERROR: module not found: '$1'"
        return 1
    }
    sed -n "s,^insmod [^ ]*/$release/\([^ ]*\).*,\1,p" <<<"$files"
}

# Prints files of a general image, each with all it depends on, until there are enough bytes of them.
filling() {
    local dir
    for dir in $fill_from; do echo "kernel/drivers/$dir/"; done >"$work/dirs"
    echo kernel/fs/ >>"$work/dirs"
    awk -v dirs="$(paste -sd ' ' "$work/dirs")" '
        BEGIN { n = split(dirs, dir, " ") }
        { for (i = 1; i <= n; i++) if (index($1, dir[i]) == 1) print i, $0 }' "$tree/modules.dep" |
        sort -s -n -k1,1 | sed 's/^[0-9]* //; s/://' | tr ' ' '\n' | awk 'NF && !seen[$0]++' |
        (cd "$tree" && xargs stat -c '%s %n') |
        awk -v limit="$fill_bytes" '{ sum += $1; if (sum > limit) exit; print $2 }'
}

wanted_files() {
    local module
    for module in "${modules[@]}"; do
        closure "$module" || touch "$work/incomplete"
    done
    [ -z "$fill" ] || filling
}

is_omitted() { # FILE
    local name=${1##*/}
    name=${name%%.ko*}
    [[ " ${omit[*]} " == *" ${name//-/_} "* ]]
}

add_file() { # PATH FILE
    mkdir -p "$(dirname "$main/$1")"
    cp --preserve=mode "$2" "$main/$1"
}

# A program and the libraries it is linked with, where the dynamic linker looks for them.
add_program() { # PATH
    local library
    add_file "usr/bin/${1##*/}" "$1"
    ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
        case $library in
        /lib64/*) add_file "usr/lib/${library##*/}" "$library" ;;
        /usr/*) add_file "${library#/}" "$library" ;;
        *) add_file "usr$library" "$library" ;;
        esac
    done
}

base_layout() {
    local name
    mkdir -p "$main"/{dev,etc/modprobe.d,hooks,new_root,proc,run,sys,tmp,var} "$main"/usr/{bin,lib,local/{bin,lib,sbin}}
    for name in bin sbin; do ln -s usr/bin "$main/$name"; done
    for name in lib lib64; do ln -s usr/lib "$main/$name"; done
    ln -s bin "$main/usr/sbin"
    ln -s lib "$main/usr/lib64"
    ln -s ../run "$main/var/run"
    ln -s ../proc/self/mounts "$main/etc/mtab"
    ln -s ../usr/lib/os-release "$main/etc/os-release"
    ln -s ../usr/lib/os-release "$main/etc/initrd-release"
    : >"$main/etc/fstab"
    printf 'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\nVERSION_ID="kernel-guard"\n' >"$main/usr/lib/os-release"
    printf '41' >"$main/VERSION"
    printf 'MODULES="%s"\nEARLYHOOKS="udev"\nHOOKS="udev"\nCLEANUPHOOKS="udev"\n' "${modules[*]}" >"$main/config"
    sed "s/^MODULES=.*/MODULES=(${modules[*]})/" "$MATERIAL/skeleton/etc/mkinitcpio.conf" >"$main/buildconfig"
    printf '#!/usr/bin/ash\n\nrun_earlyhook() {\n    :\n}\n' >"$main/hooks/udev"
    chmod 755 "$main/hooks/udev"
    add_file init "$MATERIAL/initcpio/init"
}

programs() {
    local name
    add_file usr/bin/busybox "$(command -v busybox)"
    # One process for some hundred links.
    busybox --list | (cd "$main/usr/bin" && perl -lne 'symlink "busybox", $_ unless -e')
    # Busybox reads no zstd.
    add_program "$(command -v kmod)"
    for name in depmod insmod lsmod modinfo modprobe rmmod; do ln -sf kmod "$main/usr/bin/$name"; done
    [ -n "$fill" ] || return 0
    add_program "$(command -v udevadm)"
    for name in /usr/lib/udev/hwdb.bin /etc/udev/hwdb.bin; do
        [ ! -e "$name" ] || add_file "${name#/}" "$name"
    done
}

add_modules() {
    local file into=$main/usr/lib/modules/$release
    mkdir -p "$into"
    cp "$tree"/modules.{order,builtin,builtin.modinfo} "$into"
    wanted_files | sort -u >"$work/files"
    while read -r file; do
        is_omitted "$file" || printf '%s\0' "$file"
    done <"$work/files" >"$work/included"
    (cd "$tree" && xargs -r -0 cp --parents --preserve=mode -t "$into") <"$work/included"
    # What depmod misses is what --omit left out on purpose.
    quietly depmod -b "$main" "$release"
    rm -f "$into"/modules.{alias,builtin,builtin.modinfo,dep,order,symbols}
}

# Files that no compression would make smaller need none: they go into a part of their own.
split_early() {
    mkdir -p "$early"/{usr/lib,var}
    echo 1 >"$early/early_cpio"
    (
        cd "$main"
        cp -P --parents -t "$early" lib lib64 usr/lib64 usr/sbin var/run
        find usr/lib -name '*.ko.*' -o -path '*/firmware/*' -type f \( -name '*.xz' -o -name '*.zst' \) |
            early=$early perl -MFile::Basename -MFile::Path=make_path -lne '
                make_path("$ENV{early}/" . dirname($_), { mode => 0700 });
                rename $_, "$ENV{early}/$_" or die "$_: $!\n"'
    )
    find "$main/usr/lib/modules" "$main/usr/lib" -mindepth 1 -depth -type d -empty -delete
}

# mkinitcpio's own way: through tar, which numbers the inodes anew.
pack() { # DIRECTORY
    (
        cd "$1"
        find . -mindepth 1 -print0 | xargs -0 touch -hcd @0
        find . -mindepth 1 -printf '%P\0' | sort -z | bsdtar --uid 0 --gid 0 --null -cnf - -T - |
            bsdtar --null -cf - --format=newc @-
    )
}

base_layout
programs
add_modules
for item in "${extra[@]}"; do add_file "${item%%=*}" "${item#*=}"; done
split_early
{
    pack "$early"
    pack "$main" | zstd -q -T0
} >"$work/image"
chmod 600 "$work/image"
mv "$work/image" "$output"
[ ! -e "$work/incomplete" ] || status=1
exit "$status"
