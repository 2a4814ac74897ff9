#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fallback entries of systemd-boot: cloned from those whose kernels were kept, never the default, refreshed, removed.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

old=$(release_of 6.1) new=$(release_of 6.12)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
# An image of which only the processor's part is there, and one that is an image for a kernel.
mkdir -p "$SCRATCH/ucode/kernel/x86/microcode" "$SCRATCH/main"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
echo init >"$SCRATCH/main/init"
for name in ucode main; do (cd "$SCRATCH/$name" && find . | cpio -o -H newc --quiet) >"$SCRATCH/$name.img"; done

# machine NAME: a system with a kernel, its images and what was kept of them, without any entry.
machine() {
    root=$SCRATCH/$1
    boot=$root/boot
    entries=$boot/loader/entries
    mkdir -p "$entries" "$root/usr/lib/modules" "$root/var/lib"
    cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    for image in initramfs-linux.img initramfs-linux.old.img; do cp "$SCRATCH/main.img" "$boot/$image"; done
    cp "$SCRATCH/ucode.img" "$boot/intel-ucode.img"
}
entry() { cat >"$entries/$1"; } # NAME < TEXT
snapshot() { (cd "$root" && find . -path ./var -prune -o -type f -printf '%P %s ' -exec sha256sum {} \; | sort | sha256sum); }
default() { "$KG" list --json --root "$root" | jq -r '.targets[] | select(.default) | .entry'; }
first() { "$KG" list --json --root "$root" | jq -r '.targets[0].entry'; }

# reread ORIGINAL CLONE: what is different between two entries, read in another way than ours.
reread() {
    python3 - "$entries/$1" "$entries/$2" <<'END'
import sys
def read(path):
    pairs = []
    for line in open(path, newline="\n").read().split("\n"):
        line = line.strip(" \t\r")
        if line and not line.startswith("#"):
            key, _, value = line.replace("\t", " ").partition(" ")
            pairs.append((key, value.strip()))
    return pairs
before, after = read(sys.argv[1]), read(sys.argv[2])
for pair in before:
    if pair not in after:
        print("-" + " ".join(pair))
for pair in after:
    if pair not in before:
        print("+" + " ".join(pair))
same = [pair for pair in before if pair in after]
print("order kept" if same == [pair for pair in after if pair in before] else "another order")
END
}

# goes NAME ORIGINAL CLONE: writes the entries; idempotent, the default and the first entry stay, and removal restores.
goes() {
    local before first_before default_before
    before=$(snapshot) first_before=$(first) default_before=$(default)
    run entries --dry-run --root "$root"
    cp "$SCRATCH/out" "$SCRATCH/patch"
    is "$status:$(snapshot)" "0:$before" "$1: --dry-run changes nothing"
    rm -rf "$SCRATCH/patched" && cp -a "$root" "$SCRATCH/patched"
    (cd "$SCRATCH/patched" && patch -s -p1 <"$SCRATCH/patch")
    run entries --root "$root"
    is "$status:$out" "0:wrote /boot/loader/entries/$3" "$1: an entry is written"
    is "$(diff -r "$root/boot" "$SCRATCH/patched/boot" && echo same)" same "$1: just as --dry-run has shown"
    after=$(snapshot)
    run entries --root "$root"
    is "$status:$out:$(snapshot)" "0:the fallback entries are as they should be:$after" "$1: written twice it is the same"
    is "$(default)" "$default_before" "$1: the default stays the default ($default_before)"
    is "$(first)" "$first_before" "$1: the first stays the first ($first_before)"
    is "$("$KG" list --json --root "$root" | jq -r ".targets[] | select(.entry == \"$3\") | .kernel + \" \" + .release + \" \" + (.initrds | join(\" \"))")" \
        "/boot/vmlinuz-linux.old $old $kept_images" "$1: it starts the kept kernel with what was kept with it"
    rm "$boot/vmlinuz-linux.old"
    run entries --root "$root"
    is "$status:$out" "0:removed /boot/loader/entries/$3" "$1: with the kernel the entry goes"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    is "$(snapshot)" "$before" "$1: and all is as it was"
    "$KG" entries --quiet --root "$root"
}

# As the Arch wiki has it, with a second image for the same kernel.
machine arch
entry arch.conf <<'END'
title   Arch Linux
linux   /vmlinuz-linux
initrd  /intel-ucode.img
initrd  /initramfs-linux.img
options root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw
options quiet splash
END
sed 's/initramfs-linux/&-fallback/; s/Arch Linux/& (fallback)/' "$entries/arch.conf" | entry arch-fallback.conf
cp "$boot/initramfs-linux.img" "$boot/initramfs-linux-fallback.img"
printf '%s\n' 'default arch.conf' 'timeout 3' >"$boot/loader/loader.conf"
kept_images="/boot/intel-ucode.img /boot/initramfs-linux.old.img"
goes "Arch's wiki" arch.conf arch-kernel-guard.conf
is "$(reread arch.conf arch-kernel-guard.conf)" "-title Arch Linux
-linux /vmlinuz-linux
-initrd /initramfs-linux.img
+title Arch Linux (previous kernel, $old)
+linux /vmlinuz-linux.old
+initrd /initramfs-linux.old.img
+version $old
order kept" "Arch's wiki: another title, kernel and image, all else as it is"
is "$(head -n 2 "$entries/arch-kernel-guard.conf")" "# kernel-guard wrote this entry for the kept kernel $old; changes are lost.
title   Arch Linux (previous kernel, $old)" "Arch's wiki: and it says whose it is"
sed -i 's/quiet splash/quiet nomodeset/' "$entries/arch.conf"
run entries --json --root "$root"
is "$status:$(json '.changes[] | .change + " " + .path')" "0:write /boot/loader/entries/arch-kernel-guard.conf" "options that change are refreshed"
is "$(grep '^options' "$entries/arch-kernel-guard.conf" | paste -sd' ')" \
    "options root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw options quiet nomodeset" "and are the entry's own"

# Two kept kernels.
cp "$(kernel 6.12)" "$boot/vmlinuz-linux.old.2"
cp "$boot/initramfs-linux.img" "$boot/initramfs-linux.old.2.img"
run entries --root "$root"
is "$status:$out" "0:wrote /boot/loader/entries/arch-kernel-guard.2.conf" "a second kept kernel has an entry of its own"
is "$(grep -E '^(linux|version|initrd)' "$entries/arch-kernel-guard.2.conf" | paste -sd' ')" \
    "linux   /vmlinuz-linux.old.2 initrd  /intel-ucode.img initrd  /initramfs-linux.old.2.img version $new" "with its own files"
is "$(default) $(first)" "arch.conf arch.conf" "and is neither default nor first"
rm "$boot/vmlinuz-linux.old.2"
run entries --root "$root"
is "$status:$out" "0:removed /boot/loader/entries/arch-kernel-guard.2.conf" "it goes alone"

# No image, no entry: an old kernel does not start with a new image.
rm "$boot/initramfs-linux.old.img"
run entries --root "$root"
is "$status:$out" "2:warning: arch.conf: the kept kernel $old gets no entry, because /boot/initramfs-linux.img was not kept with it
removed /boot/loader/entries/arch-kernel-guard.conf" "without its image a kept kernel gets none"
printf x >"$boot/vmlinuz-linux.old"
run entries --root "$root"
like "$status:$out" "^2:warning: the kept kernel /boot/vmlinuz-linux.old gets no entry: .*vmlinuz-linux.old: " "nor does what is no kernel"

# What somebody else has written under such a name stays.
rm "$boot/vmlinuz-linux.old"
printf 'title mine\nlinux /vmlinuz-linux\n' | entry mine-kernel-guard.conf
run entries --root "$root"
is "$status:$(head -n 1 "$entries/mine-kernel-guard.conf")" "0:title mine" "an entry without our mark is not removed"

# sort-key, as newer kernel-install writes them.
machine sorted
machine_id=0123456789abcdef0123456789abcdef
entry "$machine_id-$new.conf" <<END
# Boot Loader Specification type#1 entry
title      Arch Linux
version    $new
machine-id $machine_id
sort-key   arch
options    root=/dev/sda2 rw
linux      /vmlinuz-linux
initrd     /initramfs-linux.img
END
printf 'title other\nsort-key zebra\nlinux /vmlinuz-linux\n' | entry zebra.conf
kept_images=/boot/initramfs-linux.old.img
goes "sort-key" "$machine_id-$new.conf" "$machine_id-kernel-guard.conf"
is "$(reread "$machine_id-$new.conf" "$machine_id-kernel-guard.conf" | grep '^[+]' | paste -sd,)" \
    "+title Arch Linux (previous kernel, $old),+version $old,+sort-key arch-kernel-guard,+linux /vmlinuz-linux.old,+initrd /initramfs-linux.old.img" \
    "sort-key: a later one, and the version of the kept kernel"

# Boot counting; tabs, carriage returns, keys that nobody knows, no title.
machine odd
printf '\tlinux\t/vmlinuz-linux\r\ninitrd\t\t/initramfs-linux.img  \nfuture-key  a  b \n\n  # a comment\noptions\troot=/dev/sda2 "a  b"\n' | entry "arch+3-1.conf"
printf 'default *\n' >"$boot/loader/loader.conf"
kept_images=/boot/initramfs-linux.old.img
goes "odd" "arch+3-1.conf" arch-kernel-guard.conf
is "$(cat -A "$entries/arch-kernel-guard.conf")" "# kernel-guard wrote this entry for the kept kernel $old; changes are lost.\$
^Ilinux^I/vmlinuz-linux.old\$
initrd^I^I/initramfs-linux.old.img\$
future-key  a  b \$
\$
  # a comment\$
options^Iroot=/dev/sda2 \"a  b\"\$
title   Linux (previous kernel, $old)\$
version $old\$" "odd: what is not ours goes through byte for byte"

# The ESP with the entries, kernels on it, and a second kernel that was not kept.
machine esp
mkdir -p "$root/efi"
mv "$boot/loader" "$root/efi"
entries=$root/efi/loader/entries
for file in "$boot"/*; do mv "$file" "$root/efi"; done
cp "$(kernel 6.12)" "$root/efi/vmlinuz-linux-lts"
cp "$SCRATCH/main.img" "$root/efi/initramfs-linux-lts.img"
printf 'title Arch\nlinux vmlinuz-linux\ninitrd initramfs-linux.img\n' | entry arch.conf
printf 'title LTS\nlinux /vmlinuz-linux-lts\ninitrd /initramfs-linux-lts.img\n' | entry lts.conf
printf 'default lts*\n' >"$root/efi/loader/loader.conf"
run entries --root "$root"
is "$status:$out" "0:wrote /efi/loader/entries/arch-kernel-guard.conf" "/efi: an entry for the one that was kept"
is "$(grep -E '^(linux|initrd)' "$entries/arch-kernel-guard.conf" | paste -sd' ')" "linux vmlinuz-linux.old initrd initramfs-linux.old.img" \
    "/efi: paths without a slash stay so"
is "$(default)" lts.conf "/efi: the default is another"

# An entry of the EFI stub's own kind.
printf 'title Arch\nlinux /vmlinuz-linux\noptions initrd=\\initramfs-linux.img root=/dev/sda2\n' | entry arch.conf
run entries --root "$root"
is "$status:$(grep -E '^(linux|options)' "$entries/arch-kernel-guard.conf" | paste -sd' ')" \
    '0:linux /vmlinuz-linux.old options initrd=\initramfs-linux.old.img root=/dev/sda2' "initrd= in options names the kept image"
printf 'title Arch\nefi /vmlinuz-linux\noptions quiet initrd=/initramfs-linux.img\noptions root=/dev/sda2\n' | entry arch.conf
run entries --root "$root"
is "$status:$(grep -E '^(efi|options)' "$entries/arch-kernel-guard.conf" | paste -sd' ')" \
    '0:efi /vmlinuz-linux.old options quiet initrd=/initramfs-linux.old.img options root=/dev/sda2' "so it does where the kernel is started as a program"
printf 'title Arch\nlinux /vmlinuz-linux\noptions initrd=\\initramfs-linux.img dyndbg="file a.c +p"\n' | entry arch.conf
run entries --root "$root"
like "$status:$out" "^2:warning: arch.conf: the kept kernel .* gets no entry, because its options name an initrd= beside quotes" "beside quotes it is not replaced, and that is told"

# Nothing that cannot be written is half written.
machine readonly
printf 'title Arch\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n' | entry arch.conf
ln -s /etc/passwd "$entries/arch-kernel-guard.conf"
run entries --root "$root"
is "$status:$err" "2:kernel-guard: /boot/loader/entries/arch-kernel-guard.conf: is a symbolic link, which is not replaced" "a link is not followed"
run entries extra --root "$root"
is "$status" 64 "entries takes no operand"
run list --dry-run --root "$root"
is "$status" 64 "list takes no --dry-run"

done_testing
