#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd's own bootctl, 257 and 262, reads what `kernel-guard entries` has written, and what `kernel-guard list` says: the
# same entries in the same order, with the same titles and files, and the same default.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"

suites=(trixie sid)
old=$(release_of 6.1) new=$(release_of 6.12)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
mkdir -p "$SCRATCH/ucode/kernel/x86/microcode" "$SCRATCH/main"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
echo init >"$SCRATCH/main/init"
for name in ucode main; do (cd "$SCRATCH/$name" && find . | cpio -o -H newc --quiet) >"$SCRATCH/$name.img"; done
machine_id=0123456789abcdef0123456789abcdef

# machine NAME [ESP]: a system with a kernel and what was kept, in /boot, which is the ESP or XBOOTLDR.
machine() {
    root=$SCRATCH/$1 esp=$SCRATCH/$1${2:-/boot} boot=$SCRATCH/$1/boot
    entries=$boot/loader/entries
    mkdir -p "$entries" "$esp/loader" "$root"/{etc,usr/lib/modules,var/lib}
    cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    for image in initramfs-linux.img initramfs-linux.old.img; do cp "$SCRATCH/main.img" "$boot/$image"; done
    cp "$SCRATCH/ucode.img" "$boot/intel-ucode.img"
}
entry() { cat >"$entries/$1"; } # NAME < TEXT
uki() { # SERIES FILE OS-RELEASE-LINE...
    local series=$1 file=$2
    shift 2
    printf '%s\n' "$@" >"$SCRATCH/os-release"
    "$TESTS/material/uki.sh" build --linux="$(kernel "$series")" --initrd="$SCRATCH/main.img" --cmdline="quiet kg.file=${file##*/}" \
        --uname="$(release_of "$series")" --os-release=@"$SCRATCH/os-release" --output="$file" >"$SCRATCH/ukify.log" 2>&1 ||
        sed 's/^/# /' "$SCRATCH/ukify.log"
}

# What bootctl says, one line an entry: the file, the title, what it starts, images, and whether it is the default.
bootctl_list() { # SUITE
    local binds=("$esp") places=(--esp-path "$esp")
    [ "$esp" = "$boot" ] || { binds+=("$boot") && places+=(--boot-path "$boot"); }
    "$TESTS/material/bootctl.sh" "$1" "${binds[@]}" -- "${places[@]}" list --json=short >"$SCRATCH/bootctl.$1" 2>"$SCRATCH/bootctl.log" ||
        sed 's/^/# /' "$SCRATCH/bootctl.log"
    jq -r --arg root "$root" '.[] | select(.type != "auto") | (.root | ltrimstr($root)) as $at | [(.path | ltrimstr($root)), .title // "-",
        $at + (.linux // .efi // .uki), ([.initrd // [] | .[] | $at + .] | join(" ")), .isDefault] | join("|")' "$SCRATCH/bootctl.$1"
}
# And what kernel-guard does. The images in a unified one are sections, which bootctl does not list.
our_list() {
    run list --json --root "$root"
    json '.targets[] | [.source, .title // "-", .kernel, ([.initrds[] | select(test("\\.efi:") | not)] | join(" ")), .default] | join("|")'
}
# agree NAME: so do all.
agree() {
    local suite ours
    ours=$(our_list)
    for suite in "${suites[@]}"; do
        is "$(bootctl_list "$suite")" "$ours" "$1: bootctl of $suite lists what we do"
    done
    is "$(grep -c '|true$' <<<"$ours")" 1 "$1: with one default"
}
# writes NAME CLONE ORIGINAL FIELDS: kernel-guard writes an entry; to bootctl it is the original one but for what was kept.
writes() {
    local suite before
    agree "$1"
    before=$(our_list | grep '|true$')
    run entries --root "$root"
    is "$status:$out" "0:wrote ${entries#"$root"}/$2" "$1: kernel-guard writes an entry"
    agree "$1, with ours"
    is "$(our_list | grep '|true$')" "$before" "$1: the default stays"
    for suite in "${suites[@]}"; do
        is "$(entry_field "$suite" "$3" '[.type, .source, .options, .machineId] | join("|")')" "$4" "$1: $suite reads the original"
        is "$(entry_field "$suite" "$2" '[.type, .source, .options, .machineId] | join("|")')" "$4" "$1: to $suite ours is the same"
        is "$(entry_field "$suite" "$2" '[.linux, .initrd[], .version] | join(" ")')" \
            "/vmlinuz-linux.old /intel-ucode.img /initramfs-linux.old.img $old" "$1: to $suite it starts what was kept"
    done
}
# entry_field SUITE FILE FILTER: of what bootctl has said last.
entry_field() { jq -r --arg file "$2" ".[] | select(.path | endswith(\"/\" + \$file)) | $3" "$SCRATCH/bootctl.$1"; }

# As the Arch wiki has it: the ESP at /boot.
machine arch
entry arch.conf <<'END_OF_ENTRY'
title   Arch Linux
linux   /vmlinuz-linux
initrd  /intel-ucode.img
initrd  /initramfs-linux.img
options root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw
options quiet splash
END_OF_ENTRY
sed 's/Arch Linux/& (debug)/; s/quiet/debug/' "$entries/arch.conf" | entry arch-debug.conf
printf '%s\n' 'default arch.conf' 'timeout 3' >"$esp/loader/loader.conf"
writes "Arch's wiki" arch-kernel-guard.conf arch.conf "type1|esp|root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw quiet splash|"

# kernel-install's names, sorted by sort-key, on XBOOTLDR.
machine xbootldr /efi
entry "$machine_id-$new.conf" <<END_OF_ENTRY
# Boot Loader Specification type#1 entry
title      Arch Linux
version    $new
machine-id $machine_id
sort-key   arch
options    root=/dev/sda2 rw
linux      /vmlinuz-linux
initrd     /intel-ucode.img
initrd     /initramfs-linux.img
END_OF_ENTRY
mkdir -p "$esp/loader/entries"
printf '%s\n' 'title On the ESP' 'linux /vmlinuz-esp' 'options quiet' >"$esp/loader/entries/esp.conf"
cp "$(kernel 6.12)" "$esp/vmlinuz-esp"
echo "default $machine_id-*" >"$esp/loader/loader.conf"
writes "XBOOTLDR" "$machine_id-kernel-guard.conf" "$machine_id-$new.conf" "type1|xbootldr|root=/dev/sda2 rw|$machine_id"

# Boot counting.
machine counting
entry arch+3-1.conf <<'END_OF_ENTRY'
title Arch Linux
version 2
sort-key arch
linux /vmlinuz-linux
initrd /intel-ucode.img
initrd /initramfs-linux.img
options quiet
END_OF_ENTRY
sed 's/^version .*/version 3/; s/^linux .*/linux \/vmlinuz-bad/' "$entries/arch+3-1.conf" | entry arch-bad+0-3.conf
cp "$boot/vmlinuz-linux" "$boot/vmlinuz-bad"
rm -f "$esp/loader/loader.conf"
writes "boot counting" arch-kernel-guard.conf arch+3-1.conf "type1|esp|quiet|"

# Unified images, the kept one as a copy of what was there before.
machine unified
rm "$boot"/vmlinuz* "$boot"/*.img
mkdir -p "$esp/EFI/Linux"
os_release=('NAME="Arch Linux"' 'PRETTY_NAME="Arch Linux"' ID=arch BUILD_ID=rolling)
uki 6.12 "$esp/EFI/Linux/arch-linux.efi" "${os_release[@]}"
uki 6.1 "$esp/EFI/Linux/arch-linux-old.efi" "${os_release[@]}"
agree "unified images"
is "$(our_list | grep '|true$' | cut -d'|' -f1)" /boot/EFI/Linux/arch-linux.efi "unified images: not the old one"
for default in arch-linux-old.efi 'arch-linux-o*' 'ARCH-LINUX-OLD.EFI' 'arch-linux[-.]old.*' 'nothing*'; do
    echo "default $default" >"$esp/loader/loader.conf"
    agree "unified images, default $default"
done
rm "$esp/loader/loader.conf"

# sorted NAME FILE...: the entries there are, in any order; bootctl tells which it is.
sorted() {
    local name=$1 file
    shift
    rm -f "$entries"/* "$esp/EFI/Linux"/*
    for file in "$@"; do
        case $file in
        *.efi) cp "$SCRATCH/sorted.efi" "$esp/EFI/Linux/$file" ;;
        *) printf 'title %s\nlinux /vmlinuz-linux\n' "$file" | entry "$file" ;;
        esac
    done
    agree "sorting: $name"
}
cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
uki 6.12 "$SCRATCH/sorted.efi" ID=arch BUILD_ID=1
sorted "a counter beside a hyphen" arch-linux+3.efi arch-linux-old.efi
sorted "a counter that has run out" arch-linux+0-3.efi arch-linux-old.efi
sorted "numbers in names" linux-6.9.efi linux-6.12.efi linux-6.12-old.efi
sorted "both kinds" zzz.conf arch.efi aaa.conf
sorted "marks of versions" a-1.conf a-1.1.conf a-1-1.conf a_1.conf a1.conf ab.conf a.conf
# Capitals are missing here: bootctl sorts by them, systemd-boot does not (boot-unified.t).
sorted "counters" a+2.conf b+1-1.conf c+0.conf d+00-2.conf e+x.conf f+1-.conf g+.conf h+3-0-1.conf
rm -f "$entries"/* "$esp/EFI/Linux"/*
number=0
for lines in 'sort-key arch|version 1' 'sort-key arch|version 1.0' 'sort-key arch|version 10' 'sort-key arch|version 9~rc1' 'sort-key arch' \
    'sort-key arch|machine-id aa|version 1' 'sort-key Arch|version 1' 'sort-key zrch' 'version 99' 'sort-key arch|version 9-1.fc40' \
    'sort-key arch|version 9'; do
    number=$((number + 1))
    printf 'title %s\nlinux /vmlinuz-linux\n%s\n' "$number" "${lines//|/$'\n'}" | entry "n$number.conf"
done
agree "sorting: keys and versions"
rm -f "$entries"/*
number=0
for lines in 'ID=arch|VERSION_ID=2' 'ID=arch|VERSION_ID=10|PRETTY_NAME=Ten' "IMAGE_ID='aaa'|ID=zzz|IMAGE_VERSION=\"1\"" \
    'ID=arch|VERSION="3 (three)"|VERSION_ID=30' \
    'NAME="Only a name"|VERSION_ID=5' 'ID=arch|BUILD_ID=rolling' 'ID=arch' 'ID=bsd|NAME=B'; do
    number=$((number + 1))
    IFS='|' read -r -a os_release <<<"$lines"
    uki 6.12 "$esp/EFI/Linux/u$number.efi" "${os_release[@]}"
done
agree "sorting: os-release"

done_testing
