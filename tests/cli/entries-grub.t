#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fallback entries of GRUB: a block in custom.cfg, of which GRUB's own checker and a reader of another make judge.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

old=$(release_of 6.1)
kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(release_of "$1")/vmlinuz"; }
mkdir -p "$SCRATCH/ucode/kernel/x86/microcode" "$SCRATCH/main"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
echo init >"$SCRATCH/main/init"
for name in ucode main; do (cd "$SCRATCH/$name" && find . | cpio -o -H newc --quiet) >"$SCRATCH/$name.img"; done

machine() { # NAME
    root=$SCRATCH/$1
    boot=$root/boot custom=$root/boot/grub/custom.cfg
    mkdir -p "$boot/grub" "$root"/{etc,usr/lib/modules,var/lib}
    cp "$(kernel 6.12)" "$boot/vmlinuz-linux"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    for image in initramfs-linux.img initramfs-linux.old.img initramfs-linux-fallback.img; do cp "$SCRATCH/main.img" "$boot/$image"; done
    cp "$SCRATCH/ucode.img" "$boot/intel-ucode.img"
}
# What 00_header, 10_linux and 41_custom write around the entries.
config() { # [DEFAULT] < ENTRIES
    {
        printf 'set default="%s"\n' "${1:-0}"
        # shellcheck disable=SC2016  # GRUB's variables
        printf '%s\n' 'if [ x"${feature_menuentry_id}" = xy ]; then' '  menuentry_id_option="--id"' 'else' '  menuentry_id_option=""' 'fi'
        cat
        # shellcheck disable=SC2016
        printf '%s\n' 'if [ -f  ${config_directory}/custom.cfg ]; then' '  source ${config_directory}/custom.cfg' \
            'elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then' '  source $prefix/custom.cfg' 'fi'
    } >"$boot/grub/grub.cfg"
}
targets() { "$KG" list --json --root "$root" | jq -r '[.targets[] | .entry + (if .default then "*" else "" end)] | join(" ")'; }
snapshot() { (cd "$root" && find . -path ./var -prune -o -type f -exec sha256sum {} + | sort | sha256sum); }

# reread FILE: an entry a line, of title, id, kernel and images; by a reader that is not ours.
reread() {
    python3 - "$1" <<'END'
import re, shlex, sys
text = open(sys.argv[1]).read()
for match in re.finditer(r"^\s*menuentry (.*?) \{\n(.*?)^\s*\}$", text, re.S | re.M):
    words = shlex.split(match[1])
    rest = [word for word in words[1:] if word != "--id" and word != words[words.index("--id") + 1]]
    found = {}
    for line in match[2].split("\n"):
        parts = line.split()
        if parts and parts[0] in ("linux", "initrd"):
            found[parts[0]] = parts[1:]
    print(words[0], words[words.index("--id") + 1], " ".join(rest), *found["linux"], "/", *found["initrd"], sep="|")
END
}

# goes NAME REREAD: the entry is written; idempotent, the default stays, removal restores.
goes() {
    local before targets_before
    before=$(snapshot) targets_before=$(targets)
    run entries --dry-run --root "$root"
    cp "$SCRATCH/out" "$SCRATCH/patch"
    rm -rf "$SCRATCH/patched" && cp -a "$root" "$SCRATCH/patched" && (cd "$SCRATCH/patched" && patch -s -p1 <"$SCRATCH/patch")
    run entries --root "$root"
    is "$status:$out" "0:wrote /boot/grub/custom.cfg" "$1: custom.cfg is written"
    grub-script-check "$custom"
    ok $? "$1: GRUB accepts it"
    is "$(diff -r "$root/boot" "$SCRATCH/patched/boot" && echo same)" same "$1: just as --dry-run has shown"
    is "$(reread "$custom" | tail -n 1)" "$2" "$1: the kept kernel with what was kept with it, all else as it is"
    is "$(targets)" "$targets_before kernel-guard-vmlinuz-linux.old" "$1: behind all others, and not the default ($targets_before)"
    is "$("$KG" list --json --root "$root" | jq -r '.targets[-1] | .kernel + " " + .release + " " + .initrds[-1]')" \
        "/boot/vmlinuz-linux.old $old /boot/initramfs-linux.old.img" "$1: it is read as such"
    before_again=$(snapshot)
    run entries --root "$root"
    is "$status:$out:$(snapshot)" "0:the fallback entries are as they should be:$before_again" "$1: written twice it is the same"
    rm "$boot/vmlinuz-linux.old"
    run entries --root "$root"
    cp "$(kernel 6.1)" "$boot/vmlinuz-linux.old"
    is "$status:$(snapshot)" "0:$before" "$1: with the kernel the entry goes, and all is as it was"
    "$KG" entries --quiet --root "$root"
}

# A /boot of its own, as Arch's 10_linux writes it, with the further kernels in a submenu.
machine arch
printf 'UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 rw 0 1\nUUID=4B47-5541 /boot vfat rw 0 2\n' >"$root/etc/fstab"
config <<'END'
menuentry 'Arch Linux' --class arch --class gnu-linux --class gnu --class os $menuentry_id_option 'gnulinux-simple-0a3407de' {
	load_video
	set gfxpayload=keep
	insmod gzio
	insmod part_gpt
	insmod fat
	search --no-floppy --fs-uuid --set=root 4B47-5541
	echo	'Loading Linux linux ...'
	linux	/vmlinuz-linux root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw  loglevel=3 quiet
	echo	'Loading initial ramdisk ...'
	initrd	/intel-ucode.img /initramfs-linux.img
}
submenu 'Advanced options for Arch Linux' $menuentry_id_option 'gnulinux-advanced-0a3407de' {
	menuentry 'Arch Linux, with Linux linux (fallback initramfs)' --class arch $menuentry_id_option 'gnulinux-linux-fallback-0a3407de' {
		search --no-floppy --fs-uuid --set=root 4B47-5541
		linux	/vmlinuz-linux root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw
		initrd	/intel-ucode.img /initramfs-linux-fallback.img
	}
}
END
goes arch "Arch Linux (previous kernel, $old)|kernel-guard-vmlinuz-linux.old|--class arch --class gnu-linux --class gnu --class os|/vmlinuz-linux.old|root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3|rw|loglevel=3|quiet|/|/intel-ucode.img|/initramfs-linux.old.img"
is "$(diff <(sed -n '/^menuentry/,/^}/p' "$boot/grub/grub.cfg" | sed 1d) <(sed -n '/^menuentry/,/^}/p' "$custom" | sed 1d) | grep -c '^[<>]')" 4 \
    "arch: two lines differ, those that name files"
sed -i 's/loglevel=3 quiet/loglevel=7/' "$boot/grub/grub.cfg"
run entries --root "$root"
is "$status:$(reread "$custom" | cut -d'|' -f7)" "0:loglevel=7" "arch: options that change are refreshed"

# /boot in a btrfs subvolume; the user's own custom.cfg, before and behind our block.
machine btrfs
printf 'UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / btrfs rw,subvol=/@ 0 0\n' >"$root/etc/fstab"
config 'gnulinux-btrfs' <<'END'
menuentry "Arch \"btrfs\"" --unrestricted --id=gnulinux-btrfs --hotkey a {
  insmod btrfs # a comment { with a brace
  search --no-floppy --fs-uuid --set=root 0a3407de-014b-458b-b5c1-848e92a327a3
  if [ x$grub_platform = xxen ]; then insmod xzio; fi
  linux /@/boot/vmlinuz-linux root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3 rw rootflags=subvol=@
  initrd /@/boot/initramfs-linux.img
}
END
printf '# mine\nset timeout=3\n' >"$custom"
goes btrfs "Arch \"btrfs\" (previous kernel, $old)|kernel-guard-vmlinuz-linux.old|--unrestricted --hotkey a|/@/boot/vmlinuz-linux.old|root=UUID=0a3407de-014b-458b-b5c1-848e92a327a3|rw|rootflags=subvol=@|/|/@/boot/initramfs-linux.old.img"
printf '# and more\n' >>"$custom"
sed -i 's/subvol=@$/& quiet/' "$boot/grub/grub.cfg"
run entries --root "$root"
is "$status:$(grep -v '^ ' "$custom" | grep '^#')" "0:# mine
### BEGIN kernel-guard: written anew, changes are lost ###
### END kernel-guard ###
# and more" "btrfs: what is not ours stays where it is"

# /boot in the root, a file of the user's without a newline at its end, a title with an apostrophe, no id.
machine plain
printf 'UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 rw 0 1\n' >"$root/etc/fstab"
config <<'END'
menuentry "Arch's own" {
    search --no-floppy --fs-uuid --set=root 0a3407de-014b-458b-b5c1-848e92a327a3
    linux /boot/vmlinuz-linux root=/dev/sda2
    initrd /boot/initramfs-linux.img
}
END
printf 'set timeout=3' >"$custom"
goes plain "Arch's own (previous kernel, $old)|kernel-guard-vmlinuz-linux.old||/boot/vmlinuz-linux.old|root=/dev/sda2|/|/boot/initramfs-linux.old.img"

# Two kernels, of which the second was kept too, and saved defaults.
machine two
printf 'UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 rw 0 1\n' >"$root/etc/fstab"
for name in vmlinuz-linux vmlinuz-linux.old; do cp "$boot/$name" "$boot/${name/linux/linux-lts}"; done
for name in initramfs-linux.img initramfs-linux.old.img; do cp "$boot/$name" "$boot/${name/linux/linux-lts}"; done
config gnulinux-linux-lts <<'END'
menuentry 'Arch Linux, linux' --id gnulinux-linux {
	linux /boot/vmlinuz-linux root=/dev/sda2
	initrd /boot/initramfs-linux.img
}
menuentry 'Arch Linux, linux-lts' --id gnulinux-linux-lts {
	linux /boot/vmlinuz-linux-lts root=/dev/sda2
	initrd /boot/initramfs-linux-lts.img
}
END
run entries --root "$root"
is "$status:$(reread "$custom" | cut -d'|' -f2,4 | paste -sd,)" \
    "0:kernel-guard-vmlinuz-linux.old|/boot/vmlinuz-linux.old,kernel-guard-vmlinuz-linux-lts.old|/boot/vmlinuz-linux-lts.old" \
    "two kernels: each has its entry"
is "$(targets)" "gnulinux-linux gnulinux-linux-lts* kernel-guard-vmlinuz-linux.old kernel-guard-vmlinuz-linux-lts.old" \
    "two kernels: the default is the one that was chosen"
grub-script-check "$custom"
ok $? "two kernels: GRUB accepts it"

# What cannot be done is said.
sed -i '/custom.cfg/d; /config_directory/d; /^fi$/d' "$boot/grub/grub.cfg"
sed -i '/^if \[ x/,/menuentry_id_option=""/d' "$boot/grub/grub.cfg"
run entries --root "$root"
like "$status:$out" "^2:warning: /boot/grub/grub.cfg does not read custom.cfg, .*41_custom.*removed /boot/grub/custom.cfg" "a grub.cfg that does not read custom.cfg"
machine variable
printf 'UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 rw 0 1\n' >"$root/etc/fstab"
config <<'END'
set k=/boot/vmlinuz-linux
menuentry 'Arch' --id arch {
	linux $k root=/dev/sda2
	initrd /boot/initramfs-linux.img
}
END
run entries --root "$root"
like "$status:$out" "^2:warning: arch: the kept kernel $old gets no entry, because /boot/grub/grub.cfg names its files in a way" "a kernel in a variable"

done_testing
