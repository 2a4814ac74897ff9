#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A fallback entry never becomes the default by itself, and never takes the place of what is somebody else's.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# What is at the end of a pipe is to be seen here.
shopt -s lastpipe

old=$(release_of 6.1)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
mkdir -p "$SCRATCH/main"
echo init >"$SCRATCH/main/init"
(cd "$SCRATCH/main" && find . | cpio -o -H newc --quiet) >"$SCRATCH/main.img"
uuid=0a3407de-014b-458b-b5c1-848e92a327a3

machine() { # NAME
    root=$SCRATCH/$1 boot=$SCRATCH/$1/boot
    entries=$boot/loader/entries custom=$boot/grub/custom.cfg
    mkdir -p "$boot" "$root"/{etc,usr/lib/modules,var/lib}
    cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    for image in initramfs-linux.img initramfs-linux.old.img; do cp "$SCRATCH/main.img" "$boot/$image"; done
    printf 'UUID=%s / ext4 rw 0 1\n' "$uuid" >"$root/etc/fstab"
}
default() { "$KG" list --json --root "$root" | jq -r '[.targets[] | select(.default) | .entry] | join(" ")'; }
listed() { "$KG" list --json --root "$root" | jq -r '[.targets[].entry] | join(" ")'; }

# systemd-boot.
machine systemd
mkdir -p "$entries"
entry() { printf 'title %s\nlinux /vmlinuz-linux%s\ninitrd /initramfs-linux.img\n' "$1" "${2:-}" >"$entries/$1.conf"; }
entry arch
entry arch-fallback -hardened
cp "$boot/vmlinuz-linux" "$boot/vmlinuz-linux-hardened"
conf() { printf 'default %s\n' "$1" >"$boot/loader/loader.conf"; }
stays() { # GLOB ENTRY NAME: an entry is written, and the default stays.
    conf "$1"
    rm -f "$entries/arch-kernel-guard.conf"
    is "$(default)" "$2" "$3: what starts is $2"
    run entries --root "$root"
    is "$status:$(default):$([ -e "$entries/arch-kernel-guard.conf" ] && echo written)" "0:$2:written" "$3: and does so beside ours"
}
stays 'arch*' arch.conf "a glob that ours matches too"
stays '*' arch.conf "a glob that everything matches"
stays 'arch-f*' arch-fallback.conf "a glob that ours does not match"
stays 'ARCH.conf' arch.conf "a name in capitals"
stays 'nothing' arch.conf "a name of no entry"
stays '@saved' arch.conf "@saved"
conf 'arch-*'
run entries --root "$root"
is "$status:$out" "2:warning: arch.conf: the kept kernel $old gets no entry, because \"default\" in loader.conf would have it started when nobody chooses: make it match arch.conf
removed /boot/loader/entries/arch-kernel-guard.conf" "a glob that matches ours and not the one it is cloned from"
is "$(default)" arch-fallback.conf "what starts stays"
entry arch-zen -hardened
echo 'sort-key arch' >>"$entries/arch-zen.conf"
run entries --root "$root"
is "$status:$(default):$(listed)" "0:arch-zen.conf:arch-zen.conf arch.conf arch-kernel-guard.conf arch-fallback.conf" \
    "with one above it that the glob matches it is written"
conf arch-kernel-guard.conf
run entries --root "$root"
is "$status:$out:$(default)" "0:the fallback entries are as they should be:arch-kernel-guard.conf" "who names it has chosen it"
rm "$boot/loader/loader.conf" "$entries"/arch-*

# Boot counting.
mv "$entries/arch.conf" "$entries/arch+3.conf"
run entries --root "$root"
is "$status:$out" "0:wrote /boot/loader/entries/arch-kernel-guard.conf" "the counter is not taken over"
mv "$entries/arch-kernel-guard.conf" "$entries/arch-kernel-guard+3-1.conf"
run entries --root "$root"
is "$status:$(cd "$entries" && echo *)" "0:arch+3.conf arch-kernel-guard.conf" "one of ours that somebody counts is replaced, not doubled"
mv "$entries/arch+3.conf" "$entries/arch-6.1+deb13.conf"
run entries --root "$root"
is "$status:$(cd "$entries" && echo *)" "0:arch-6.1+deb13-kernel-guard.conf arch-6.1+deb13.conf" "a plus in a release is no counter"
rm "$entries"/*

# Somebody else's file of our name.
entry arch
printf 'title mine\nlinux /vmlinuz-linux.old\n' >"$entries/arch-kernel-guard.conf"
run entries --root "$root"
is "$status:$out:$(head -n 1 "$entries/arch-kernel-guard.conf")" \
    "2:warning: arch.conf: the kept kernel $old gets no entry, because somebody else has written, or something has damaged, /boot/loader/entries/arch-kernel-guard.conf; to have it there: mv -n /boot/loader/entries/arch-kernel-guard.conf /boot/loader/entries/arch-kernel-guard.conf.away:title mine" \
    "somebody else's file of our name is left alone"
: >"$entries/arch-kernel-guard.conf"
run entries --root "$root"
is "$status:$out" "0:wrote /boot/loader/entries/arch-kernel-guard.conf" "but not an empty one, which a power cut leaves on FAT"

# GRUB.
menu() { # ID...: entries of the new kernel, a line each
    local id
    for id in "$@"; do
        printf "menuentry '%s' --id %s { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-linux root=/dev/sda2; initrd /boot/initramfs-linux.img; }\n" "$id" "$id"
    done
}
grub() { # NAME DEFAULT [BEHIND] < ENTRIES: a configuration that reads custom.cfg, and what stands behind that
    machine "$1"
    mkdir -p "$boot/grub"
    # shellcheck disable=SC2016  # GRUB's variable
    { printf 'if [ -s $prefix/grubenv ]; then load_env; fi\nset default="%s"\n' "$2" && cat && echo 'source ${config_directory}/custom.cfg' &&
        echo "${3:-}"; } >"$boot/grub/grub.cfg"
}
written() { # NAME DEFAULT: the entry is written, and what starts stays
    is "$(default)" "$2" "$1: what starts is $2"
    run entries --root "$root"
    is "$status:$out:$(default)" "0:wrote /boot/grub/custom.cfg:$2" "$1: and does so beside ours"
    grub-script-check "$custom"
    ok $? "$1: GRUB accepts it"
}
refused() { # NAME DEFAULT
    is "$(default)" "$2" "$1: what starts is $2"
    run entries --root "$root"
    like "$status:$out" "^2:warning: /boot/grub/grub.cfg: the kept kernels get no entries, because its default is an index, .*GRUB_DEFAULT to an id" "$1: no entry"
    is "$([ -e "$custom" ] && echo written):$(default)" ":$2" "$1: nothing is written"
}
menu a b c | grub number 1
written "the number of an entry" b
menu a b c | grub behind 3
refused "a number behind the last entry" a
menu a b c | grub shifted 3 "$(menu snapshots more)"
refused "the number of an entry behind custom.cfg" snapshots
menu a b c | grub named snapshots "$(menu snapshots more)"
written "an entry behind custom.cfg, by its name" snapshots
# shellcheck disable=SC2016  # GRUB's variable
menu a b c | grub saved '${saved_entry}'
printf '# GRUB Environment Block\nsaved_entry=b\n####' >"$boot/grub/grubenv"
written "a saved entry" b
# shellcheck disable=SC2016  # GRUB's variable
menu a b c | grub saved-number '${saved_entry}'
printf '# GRUB Environment Block\nsaved_entry=3\n####' >"$boot/grub/grubenv"
refused "a saved number behind the last entry" a
menu a b c | grub chosen kernel-guard-vmlinuz-linux.old
run entries --root "$root"
is "$status:$out:$(default)" "0:wrote /boot/grub/custom.cfg:kernel-guard-vmlinuz-linux.old" "who names ours has chosen it"

# Where an entry is written does not matter, as long as GRUB reads it.
grub sourced 0 <<<"$(menu first | sed 's,vmlinuz-linux,vmlinuz-other,')
source \${config_directory}/more.cfg"
{ echo '# a comment' && menu x && menu y; } >"$boot/grub/more.cfg"
run entries --root "$root"
is "$status:$out:$(listed)" "0:wrote /boot/grub/custom.cfg:first x y kernel-guard-vmlinuz-linux.old" "an entry of a file that is sourced"
grub submenus 0 <<<"submenu a --id a { submenu b --id b {
set root=(hd0); $(menu inner) } }"
run entries --root "$root"
is "$status:$out:$(listed)" "0:wrote /boot/grub/custom.cfg:a>b>inner kernel-guard-vmlinuz-linux.old" "an entry of a submenu in a submenu"
grub inherited 0 <<<"submenu a --id a { search --fs-uuid --set=root $uuid
menuentry b --id b { linux /boot/vmlinuz-linux; initrd /boot/initramfs-linux.img; } }"
run entries --root "$root"
like "$status:$out" "^2:warning: a>b: .* gets no entry, because /boot/grub/grub.cfg names its files in a way" "an entry that needs what its submenu sets"
grub function 0 <<<"function entry { menuentry \"\$1\" \"\$2\" --id \"\$1\" { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-linux \$2; initrd /boot/initramfs-linux.img; }; }
entry one root=/dev/sda1"
run entries --root "$root"
like "$status:$out" "^2:warning: one: .* gets no entry, because" "an entry that a function makes of its parameters"
grub loop 0 <<<"for k in linux; do menuentry \"A \$k\" --id \"\$k\" { search --fs-uuid --set=root $uuid; linux \"/boot/\"vmlinuz-linux; initrd '/boot/initramfs-linux.img'; }; done"
run entries --root "$root"
is "$status:$(sed -n 2p "$custom")" "0:menuentry 'A linux (previous kernel, $old)' --id 'kernel-guard-vmlinuz-linux.old' { search --fs-uuid --set=root $uuid; linux \"/boot/\"vmlinuz-linux.old; initrd '/boot/initramfs-linux.old.img'; }" \
    "an entry of a loop, with names in quotes"
rm "$boot/vmlinuz-linux.old"
run entries --root "$root"
ok "$([ -e "$custom" ] && echo 1 || echo 0)" "and it goes with the kernel"

# Two images of one name, of which one was kept; two kernels of one name.
grub names 0 <<<"menuentry a --id a { search --fs-uuid --set=root $uuid; linux /boot/vmlinuz-linux; initrd /boot/early/initramfs-linux.img /boot/initramfs-linux.img; }"
mkdir -p "$boot/early" "$SCRATCH/ucode/kernel/x86/microcode"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
(cd "$SCRATCH/ucode" && find . | cpio -o -H newc --quiet) >"$boot/early/initramfs-linux.img"
run entries --root "$root"
like "$status:$out" "^2:warning: a: .* gets no entry, because /boot/grub/grub.cfg names its files in a way" "two images of one name, of which one was kept"
grub directories 0 <<<"menuentry a --id a { search --fs-uuid --set=root $uuid; linux /boot/one/linux; }
menuentry b --id b { search --fs-uuid --set=root $uuid; linux /boot/two/linux; }"
for name in one two; do mkdir "$boot/$name" && cp "$boot/vmlinuz-linux" "$boot/$name/linux" && cp "$boot/vmlinuz-linux.old" "$boot/$name/linux.old"; done
run entries --root "$root"
is "$status:$(listed)" "0:a b kernel-guard-linux.old kernel-guard-linux.old-2" "two kernels of one name in two directories"

# Carriage returns, and what a custom.cfg must not be.
menu arch | sed 's/[{;] /&\n/g; s/$/\r/' | grub returns arch
printf '# mine\r\nset timeout=3\r\n' >"$custom"
cp "$custom" "$SCRATCH/custom.cfg"
written "a configuration with carriage returns" arch
is "$(tr -cd '\r' <"$custom" | wc -c)" 2 "a configuration with carriage returns: those of the user stay, and ours has none"
rm "$boot/vmlinuz-linux.old"
run entries --root "$root"
is "$status:$(cmp "$custom" "$SCRATCH/custom.cfg" && echo same)" "0:same" "a configuration with carriage returns: the user's bytes come back"
menu arch | grub broken arch
echo 'if true; then' >"$custom"
run entries --root "$root"
is "$status:$out:$(cat "$custom")" "2:warning: arch: the kept kernel $old gets no entry, because /boot/grub/custom.cfg would not be read as far as that, see grub-script-check:if true; then" \
    "a custom.cfg that GRUB cannot read is left as it is"
for mark in '### BEGIN kernel-guard: written anew, changes are lost ###' '### END kernel-guard ###'; do
    printf 'set a=b\n%s\nset timeout=3\n' "$mark" >"$custom"
    cp "$custom" "$SCRATCH/custom.cfg"
    run entries --root "$root"
    like "$status:$out" "^2:warning: /boot/grub/custom.cfg: has (no|a) line \"### END kernel-guard ###\"" "half a block (${mark:4:5}): it is told"
    cmp -s "$custom" "$SCRATCH/custom.cfg"
    ok $? "half a block (${mark:4:5}): and what may be the user's is left alone"
done
echo 'set a="### BEGIN kernel-guard"' >"$custom"
run entries --root "$root"
is "$status:$(head -n 1 "$custom"):$(grep -c '^menuentry' "$custom")" '0:set a="### BEGIN kernel-guard":1' "words like our mark are no mark"

done_testing
