#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Configurations of boot loaders that are damaged, endless or lead elsewhere: what is wrong is told with the file's name, and
# nothing that is there is made worse. timeout only ends what would never end.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

old=$(release_of 6.1)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
uuid=0a3407de-014b-458b-b5c1-848e92a327a3
root=$SCRATCH/root boot=$SCRATCH/root/boot
entries=$boot/loader/entries cfg=$boot/grub/grub.cfg custom=$boot/grub/custom.cfg
mkdir -p "$boot" "$root"/{etc,usr/lib/modules,var/lib} "$SCRATCH/main"
cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
echo init >"$SCRATCH/main/init"
(cd "$SCRATCH/main" && find . | cpio -o -H newc --quiet) >"$boot/initramfs-linux.img"
cp "$boot/initramfs-linux.img" "$boot/initramfs-linux.old.img"
printf 'UUID=%s / ext4 rw 0 1\n' "$uuid" >"$root/etc/fstab"
run_entries() {
    status=0
    timeout 300 "$KG" entries --root "$root" >"$SCRATCH/out" 2>&1 || status=$?
    out=$(tr -d '\0' <"$SCRATCH/out")
}
snapshot() { (cd "$root" && find boot -type f -exec sha256sum {} + | sort | sha256sum); }
# What check says of files that could not be read.
unreadable() { "$KG" check --json --root "$root" | jq -r '[.findings[] | select(.id == "configuration-unreadable") | .message] | join(", ")'; }
big_line() { head -c 10000000 /dev/zero | tr '\0' x; }

# told NAME MESSAGE: entries and check both say it, and nothing changes.
told() {
    local before
    before=$(snapshot)
    run_entries
    is "$status:$out" "2:warning: $2" "$1: it is told"
    is "$(snapshot)" "$before" "$1: nothing is changed"
    is "$(unreadable)" "$2" "$1: check says the same"
}

# systemd-boot. The fallback that is there outlives its original.
mkdir -p "$entries"
printf 'title Arch\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n' >"$entries/arch.conf"
cp "$entries/arch.conf" "$SCRATCH/arch.conf"
run_entries
is "$status:$out" "0:wrote /boot/loader/entries/arch-kernel-guard.conf" "the fallback entry is there"
printf 'title Arch\0\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n' >"$entries/arch.conf"
told "an entry with a NUL byte" "/boot/loader/entries/arch.conf: holds a NUL byte"
{ cat "$SCRATCH/arch.conf" && printf 'options ' && big_line; } >"$entries/arch.conf"
told "an entry with a line of 10 MB" "/boot/loader/entries/arch.conf: has 10000068 bytes, more than the limit of 1048576"
rm "$entries/arch.conf" && mkfifo "$entries/arch.conf"
told "an entry that is a FIFO" "/boot/loader/entries/arch.conf: is not a regular file"
rm "$entries/arch.conf"
run_entries
is "$status:$(cd "$entries" && echo *)" "0:arch-kernel-guard.conf" "an entry that is gone: the fallback stays while its kernel does"
rm "$boot/initramfs-linux.old.img"
run_entries
is "$status:$out" "0:removed /boot/loader/entries/arch-kernel-guard.conf" "and goes when it starts nothing"
cp "$boot/initramfs-linux.img" "$boot/initramfs-linux.old.img"

# loader.conf.
cp "$SCRATCH/arch.conf" "$entries/arch.conf"
{ echo 'default arch.conf' && big_line; } >"$boot/loader/loader.conf"
run_entries
is "$status:$out" "2:warning: /boot/loader/loader.conf: has 10000018 bytes, more than the limit of 1048576
wrote /boot/loader/entries/arch-kernel-guard.conf" "a loader.conf with a line of 10 MB is told"
{ printf 'default ' && printf '*a%.0s' {1..200} && echo b; } >"$boot/loader/loader.conf"
cp "$SCRATCH/arch.conf" "$entries/$(printf 'a%.0s' {1..200}).conf"
run_entries
is "$status" 0 "a glob that could be matched in endless ways"
rm "$entries"/* "$boot/loader/loader.conf"

# Paths that lead out of the tree: they do not. The host has such files.
cp "$(kernel 6.12)" "$SCRATCH/outside"
cp "$(kernel 6.1)" "$SCRATCH/outside.old"
up=/../../../../../../../..
printf 'title x\nlinux %s\n' "$up$SCRATCH/outside" >"$entries/outside.conf"
run_entries
is "$status:$out" "0:the fallback entries are as they should be" "a path with .. in an entry does not lead out of the tree"
mkdir -p "$root$SCRATCH"
cp "$SCRATCH"/outside{,.old} "$root$SCRATCH"
run_entries
is "$status:$(grep ^linux "$entries/outside-kernel-guard.conf")" "0:linux $up$SCRATCH/outside.old" "and what it means inside of it is cloned as it is written"
rm "$entries"/*

# Thousands of entries.
for ((i = 0; i < 3000; i++)); do cp "$SCRATCH/arch.conf" "$entries/e$i.conf"; done
run_entries
is "$status:$out" "0:wrote /boot/loader/entries/e2999-kernel-guard.conf" "thousands of entries: one fallback"
rm -r "$boot/loader"

# os-release of a unified image.
mkdir -p "$boot/EFI/Linux" "$boot/loader"
{ printf 'ID=arch\nNAME=' && big_line | head -c 3000000; } >"$SCRATCH/big"
printf 'ID=ar\0ch\nNAME=a\0b\nPRETTY_NAME="\033[2Jx"\n' >"$SCRATCH/nul"
for name in big nul; do
    "$TESTS/material/uki.sh" build --linux="$(kernel 6.1)" --initrd=/dev/null --cmdline=quiet --os-release=@"$SCRATCH/$name" \
        --output="$boot/EFI/Linux/$name.efi" >/dev/null 2>&1
done
run list --root "$root"
is "$status:$(LC_ALL=C tr -d '\n -~' <"$SCRATCH/out" | wc -c)" "0:0" "an os-release of 3 MB and one with NUL bytes"
run list --root "$root" --json
is "$(json '[.targets[] | .entry + " " + (.title | tostring)] | sort | join(", ")')" 'big.efi null, nul.efi \x1b[2Jx' "neither hides its image"
rm -r "$boot/EFI" "$boot/loader"

# GRUB.
mkdir -p "$boot/grub"
menu="menuentry arch --id arch { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-linux; initrd /boot/initramfs-linux.img; }"
# shellcheck disable=SC2016  # GRUB's variable
reads='source $prefix/custom.cfg'
printf '%s\n%s\n' "$menu" "$reads" >"$cfg"
run_entries
is "$status:$out" "0:wrote /boot/grub/custom.cfg" "GRUB's fallback entry is there"
hostile() { # NAME MESSAGE < grub.cfg
    cat >"$cfg"
    told "grub.cfg: $1" "/boot/grub/grub.cfg: $2"
}
hostile "endless submenus" "line 65: is nested deeper than 64 levels" < <(for ((i = 0; i < 100000; i++)); do echo 'submenu x {'; done)
hostile "submenus that make themselves" "line 1: submenus are nested deeper than 16" <<<"function f { submenu x { f; }; }; f"
hostile "a function that calls itself" "line 1: functions and files are nested deeper than 100" <<<"function f { f; }; f"
hostile "functions that call others more and more" "line 2: takes more than 4000000 steps" < <(
    echo 'function f0 { true; }'
    for ((i = 1; i < 40; i++)); do echo "function f$i { f$((i - 1)); f$((i - 1)); }"; done | tr '\n' ';'
    echo ' f39')
hostile "a line of 10 MB" "line 2: has more than 1048576 bytes" < <(echo "$menu" && big_line)
hostile "a NUL byte" "line 2: holds a NUL byte" < <(printf '%s\na\0b\n' "$menu")
hostile "a quote that does not end" "line 2: a quote that does not end" < <(printf "%s\n'\n" "$menu")
hostile "thousands of entries too many" "line 10001: has more than 10000 entries" < <(for ((i = 0; i < 10005; i++)); do echo 'menuentry x { true; }'; done)
# shellcheck disable=SC2016  # GRUB's variable
hostile "a file that reads itself" "line 1: sources more than 100 files" <<<'source $prefix/grub.cfg'
# shellcheck disable=SC2016  # GRUB's variable
{ echo 'source $prefix/b.cfg' >"$boot/grub/a.cfg" && echo 'source $prefix/a.cfg' >"$boot/grub/b.cfg"; }
# shellcheck disable=SC2016  # GRUB's variable
hostile "two files that read each other" "line 1: sources more than 100 files" <<<'source $prefix/a.cfg'
head -c 17000000 /dev/zero | tr '\0' '\n' >"$cfg"
told "grub.cfg: of 17 MB" "/boot/grub/grub.cfg: has 17000000 bytes, more than the limit of 16777216"

# A big file that is asked for by many names.
head -c 15000000 /dev/zero >"$boot/grub/big"
# shellcheck disable=SC2016  # GRUB's variable
{
    for ((i = 0; i < 5000; i++)); do echo 'if [ -s $prefix/'"$(printf './%.0s' $(seq $((i % 200 + 1))))big ]; then true; fi"; done
    printf '%s\n%s\n' "$menu" "$reads"
} >"$cfg"
run_entries
is "$status:$out" "0:the fallback entries are as they should be" "grub.cfg: a big file that is asked for by many names"
rm "$boot/grub/big"
# Thousands of entries.
{ for ((i = 0; i < 5000; i++)); do echo "menuentry x --id x$i { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-gone$i; }"; done && printf '%s\n%s\n' "$menu" "$reads"; } >"$cfg"
run_entries
is "$status:$out" "0:the fallback entries are as they should be" "grub.cfg: thousands of entries"

# custom.cfg, which GRUB would not read to its end.
printf '%s\n%s\n' "$menu" "$reads" >"$cfg"
broken() { # NAME < custom.cfg
    local before
    cat >"$custom"
    before=$(snapshot)
    run_entries
    is "$status:$out" "2:warning: arch: the kept kernel $old gets no entry, because /boot/grub/custom.cfg would not be read as far as that, see grub-script-check" \
        "custom.cfg: $1: it is told"
    is "$(snapshot)" "$before" "custom.cfg: $1: nothing is changed"
}
broken "endless submenus" < <(for ((i = 0; i < 100000; i++)); do echo 'submenu x {'; done)
broken "a line of 10 MB" < <(big_line)
broken "a NUL byte" < <(printf 'set a=\0b\n')
broken "a quote that does not end" <<<"set a='"
broken "a brace that does not end" <<<"menuentry x {"
# shellcheck disable=SC2016  # GRUB's variable
echo 'source $prefix/custom.cfg' >"$custom"
cp "$custom" "$SCRATCH/custom.cfg"
run_entries
like "$status:$out" "^2:warning: /boot/grub/grub.cfg: line 1: sources more than 100 files" "custom.cfg: that reads itself: it is told"
ok "$(cmp -s "$custom" "$SCRATCH/custom.cfg"; echo $?)" "custom.cfg: that reads itself: nothing is changed"
head -c 17000000 /dev/zero | tr '\0' '\n' >"$custom"
before=$(snapshot)
run_entries
is "$status:$out:$(snapshot)" "2:warning: /boot/grub/custom.cfg: has 17000000 bytes, more than the limit of 16777216:$before" "custom.cfg: of 17 MB is told, and nothing is changed"
rm "$custom" && ln -s /etc/passwd "$custom"
run_entries
is "$status:$(readlink "$custom")" "2:/etc/passwd" "custom.cfg: a link is not replaced"
rm "$custom" && mkfifo "$custom"
run_entries
like "$status:$out" "^2:warning: /boot/grub/custom.cfg: is not a regular file" "custom.cfg: a FIFO is told"
rm "$custom"

# Entries that are no text.
printf "menuentry 'a\033[2Jb\n\xff' --id 'i\xffd' { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-linux; initrd /boot/initramfs-linux.img; }\n%s\n" "$reads" >"$cfg"
run_entries
grub-script-check "$custom"
ok "$((status + $?))" "titles that steer a terminal: GRUB accepts the clone"
# shellcheck disable=SC2016  # GRUB's variables
printf 'menuentry "%s" --id "a$(b)`c`" { search --fs-uuid --set=root %s; linux /boot/vmlinuz-linux; initrd /boot/initramfs-linux.img; }\n%s\n' "it's \\\"\\\$x\\\" {" "$uuid" "$reads" >"$cfg"
run_entries
grub-script-check "$custom"
ok $? "titles with quotes, braces and dollars: GRUB accepts the clone"

done_testing
