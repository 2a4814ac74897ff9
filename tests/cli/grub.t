#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# GRUB's configuration as boot targets: what the real grub-mkconfig writes for a tree, and the forms of other tools.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

root_uuid=6b672d67-7561-7264-2d72-6f6f74667300
boot_uuid=4B47-5541

# system NAME: a tree whose loader is GRUB, as $root.
system() {
    root=$SCRATCH/$1
    tree 6.12 "$1"
    rm -r "$root/boot/loader"
    mkdir -p "$root/boot/grub"
    cfg=$root/boot/grub/grub.cfg
    boot_fs=$boot_uuid prefix='' fs=ext4
    settings='GRUB_DISTRIBUTOR=Arch'$'\n''GRUB_CMDLINE_LINUX_DEFAULT="loglevel=3 quiet"'
}

# in_root: /boot is a directory of the root file system.
in_root() {
    sed -i '/[[:blank:]]\/boot[[:blank:]]/d' "$root/etc/fstab"
    boot_fs=$root_uuid
}

# What grub-probe and grub-mkrelpath say of the disk that the tree's fstab describes, which is not there.
write_probe() { # DIRECTORY
    cat >"$1/grub-probe" <<EOF
#!/bin/bash
what= device=
while [ \$# -gt 0 ]; do
    case \$1 in
    --target=*) what=\${1#*=} ;;
    -t | --target) what=\$2 && shift ;;
    -d | --device) ;;
    -*) ;;
    *) device=\$1 ;;
    esac
    shift
done
case \$device in
/boot | /boot/*) [ $boot_fs = $root_uuid ] || device=/dev/vda1 ;;
esac
[ "\$device" = /dev/vda1 ] || device=/dev/vda2
case \$what in
device) echo \$device ;;
fs_uuid) [ \$device = /dev/vda1 ] && echo $boot_fs || echo $root_uuid ;;
fs) [ \$device = /dev/vda1 ] && echo fat || echo $fs ;;
fs_label) echo rpool ;;
partmap) echo gpt ;;
hints_string) echo "--hint-bios=hd0,gpt\${device#/dev/vda} --hint-efi=hd0,gpt\${device#/dev/vda}" ;;
compatibility_hint) echo "hd0,gpt\${device#/dev/vda}" ;;
esac
EOF
    cat >"$1/grub-mkrelpath" <<EOF
#!/bin/bash
path=\${!#}
[ $boot_fs = $root_uuid ] && path=$prefix\$path || path=\${path#/boot}
echo "\${path%/}"
EOF
    chmod +x "$1/grub-probe" "$1/grub-mkrelpath"
}

# mkconfig: the real grub-mkconfig with its real scripts writes $cfg, and its grub-script-check accepts that. The tree's
# /boot and settings are the machine's in a mount namespace of their own.
mkconfig() {
    local own=$SCRATCH/mkconfig
    rm -rf "$own"
    mkdir -p "$own/default"
    printf '%s\n' "$settings" >"$own/default/grub"
    write_probe "$own"
    # shellcheck disable=SC2016  # the inner shell's own arguments
    unshare -m --propagation private bash -euc '
        mkdir -p /boot
        mount --bind "$1/boot" /boot
        mount --bind "$2/default" /etc/default
        for program in /usr/sbin/grub-probe /usr/bin/grub-mkrelpath; do mount --bind "$2/${program##*/}" "$program"; done
        mount -t tmpfs dev /dev
        mknod -m 666 /dev/null c 1 3
        mkdir -p /dev/disk/by-uuid
        touch "/dev/disk/by-uuid/$3" "/dev/disk/by-uuid/$4"
        grub-mkconfig -o /boot/grub/grub.cfg
    ' mkconfig "$root" "$own" "$root_uuid" "$boot_fs" >"$own/log" 2>&1 || { sed 's/^/# /' "$own/log"; echo "Bail out! grub-mkconfig"; exit 1; }
}

# entries PATHS: the entries as another reader finds them, "id: kernel initrd...", with PATHS in front of each path left out.
entries() {
    python3 - "$cfg" "$1" <<'EOF'
import re, sys
stack = []
entry = None
for line in open(sys.argv[1]):
    command = re.match(r"\s*(menuentry|submenu) '([^']*)'.*?(?:\$menuentry_id_option|--id) '([^']*)'", line)
    word = line.split()
    if command:
        stack.append(command.group(3))
        entry = {"id": ">".join(stack)} if command.group(1) == "menuentry" else None
    elif line.strip() == "}" and stack:
        if entry and "linux" in entry:
            print(entry["id"] + ": " + " ".join("/boot/" + path[len(sys.argv[2]):].lstrip("/") for path in [entry["linux"]] + entry["initrd"]))
        entry = None
        stack.pop()
    elif entry and word and word[0] == "linux":
        entry["linux"], entry["initrd"] = word[1], []
    elif entry and word and word[0] == "initrd":
        entry["initrd"] = word[1:]
EOF
}

# the_same NAME PATHS: the targets are what the other reader finds, and there are some.
the_same() {
    local expected
    expected=$(entries "$2")
    run list --root "$root" --json
    is "$(json '.targets[] | .entry + ": " + ([.kernel] + .initrds | join(" "))')" "$expected" "$1: entries, kernels and images in order"
    is "$(json '[.targets[].loader] | unique | join(" ")') $(($(wc -l <<<"$expected") > 1))" "grub 1" "$1: the loader is GRUB"
}

# starts NAME ID...: these are the default.
starts() {
    local name=$1
    shift
    run list --root "$root" --json
    is "$(json '[.targets[] | select(.default) | .entry] | join(" ")')" "$*" "$name"
}

# says NAME STATUS FINDINGS: exit status, and each finding that is no info.
says() {
    run check --root "$root" --json
    is "$status: $(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .severity + " " + .id + (if .module then " " + .module else "" end)) | unique | join(", ")')" \
        "$2: $3" "$1"
}

simple=gnulinux-simple-$root_uuid
advanced=gnulinux-advanced-$root_uuid
microcode() {
    mkdir -p "$SCRATCH/ucode/kernel/x86/microcode"
    echo code >"$SCRATCH/ucode/kernel/x86/microcode/GenuineIntel.bin"
    (cd "$SCRATCH/ucode" && find . | cpio -o -H newc --quiet) >"$root/boot/intel-ucode.img"
}

# 1. /boot is a file system of its own, with microcode.
system separate
microcode
mkconfig
the_same "separate /boot" /
starts "without a saved entry: the first" "$simple"
says "a sound system with GRUB" 0 ""
is "$(json '[.targets[] | .verdict + " " + .release] | unique | join(" ")')" "safe $(release_of 6.12)" "each entry is judged by its kernel's release"
is "$(json '[.targets[].source] | unique | join(" ")')" /boot/grub/grub.cfg "the source is named"
run check --root "$root" "$advanced>gnulinux-linux-advanced-$root_uuid"
is "$status" 0 "an entry is asked for by the path of its ids"
like "$(entries /)" "intel-ucode.img /boot/initramfs-linux.img" "microcode is in front of the image"
mv "$root/boot/initramfs-linux.img" "$SCRATCH/whole.img"
says "the image is gone" 1 "error initramfs-missing"
"$TESTS/material/mkinitcpio-image.sh" --modules-root "$KG_CACHE/tree/6.1" --release "$(release_of 6.1)" \
    --output "$root/boot/initramfs-linux.img" kg_zfs ext4 virtio_blk virtio_pci >/dev/null
run check --root "$root" --json
is "$status $(json '[.targets[].findings[] | select(.id == "initramfs-release") | .severity] | unique | join(" ")')" "1 error" "the image of another kernel"
cp "$SCRATCH/whole.img" "$root/boot/initramfs-linux.img"
cp "$root/boot/vmlinuz-linux" "$SCRATCH/vmlinuz"
cp "$KG_CACHE/kernel/6.1/root/usr/lib/modules/$(release_of 6.1)/vmlinuz" "$root/boot/vmlinuz-linux"
says "a kernel without its modules" 1 "error kernel-without-modules, warning boot-target-missing"
mv "$root/boot/vmlinuz-linux" "$SCRATCH/other"
says "the kernel is gone" 1 "error kernel-missing, warning boot-target-missing"
cp "$SCRATCH/vmlinuz" "$root/boot/vmlinuz-linux"
says "all is repaired" 0 ""

# 2. /boot in the root file system, several kernels, no submenu.
system in-root
in_root
cp "$SCRATCH/other" "$root/boot/vmlinuz-6.1-lts"
cp "$root/boot/initramfs-linux.img" "$root/boot/initramfs-6.1-lts.img"
settings+=$'\n''GRUB_DISABLE_SUBMENU=y'
mkconfig
the_same "/boot in the root, no submenu" /boot
starts "no submenu: the first" "gnulinux-linux-advanced-$root_uuid"
says "another entry has a kernel without modules" 0 "error kernel-without-modules"
is "$(json '[.targets[] | select(.verdict == "unsafe") | .kernel] | unique | join(" ")')" /boot/vmlinuz-6.1-lts "only that kernel's entries are unsafe"

# 3. The same as a saved default.
settings=${settings/$'\n'GRUB_DISABLE_SUBMENU=y/}$'\n''GRUB_DEFAULT=saved'$'\n''GRUB_SAVEDEFAULT=true'
mkconfig
the_same "saved default" /boot
starts "nothing is saved: the first" "$simple"
grub-editenv "$root/boot/grub/grubenv" create
starts "an empty environment block: the first" "$simple"
lts="$advanced>gnulinux-6.1-lts-advanced-$root_uuid"
grub-editenv "$root/boot/grub/grubenv" set saved_entry="$lts"
starts "saved by ids" "$lts"
says "the saved entry decides" 1 "error kernel-without-modules"
grub-editenv "$root/boot/grub/grubenv" set saved_entry='1>0'
starts "saved by numbers" "$advanced>gnulinux-linux-advanced-$root_uuid"
grub-editenv "$root/boot/grub/grubenv" set saved_entry='Advanced options for Arch GNU/Linux>Arch GNU/Linux, with Linux linux (recovery mode)'
starts "saved by titles" "$advanced>gnulinux-linux-recovery-$root_uuid"
grub-editenv "$root/boot/grub/grubenv" set saved_entry=0 next_entry="$lts"
starts "one boot of another one, and then the saved one" "$simple $lts"
says "the next boot is not sound" 1 "error kernel-without-modules"
echo none >"$root/boot/grub/grubenv"
says "a damaged environment block is told" 0 "error kernel-without-modules, warning configuration-statement"
starts "and GRUB does without" "$simple"

# 4. btrfs, with the root in a subvolume.
system btrfs
in_root
prefix=/@ fs=btrfs
sed -i "s,^UUID=$root_uuid.*,UUID=$root_uuid / btrfs rw\,subvol=/@ 0 0," "$root/etc/fstab"
mkconfig
like "$(<"$cfg")" "linux	/@/boot/vmlinuz-linux root=UUID=$root_uuid ro rootflags=subvol=@ " "btrfs: paths begin with the subvolume"
the_same "btrfs" /@/boot
cat >"$root/boot/grub/custom.cfg" <<EOF
menuentry 'snapshot' { search --fs-uuid --set=root $root_uuid; linux /@/.snapshots/1/snapshot/boot/vmlinuz-linux rootflags=subvol=@/.snapshots/1/snapshot; initrd /gone; }
menuentry 'other' { search --fs-uuid --set=root $root_uuid; linux /@other/boot/vmlinuz-linux; }
menuentry 'same' --id same { search --fs-uuid --set=root $root_uuid; linux /@/boot/vmlinuz-linux rw rootflags=rw,subvol=/@ quiet; initrd /@/boot/initramfs-linux.img; }
EOF
says "btrfs" 0 ""
is "$(json '.targets | map(select(.entry == "same" or .entry == "snapshot" or .entry == "other") | .entry) | join(" ")')" same \
    "other subvolumes are other systems"
rm "$root/boot/grub/custom.cfg"
sed -i "s,subvol=/@,compress=zstd," "$root/etc/fstab"
the_same "btrfs, the default subvolume is not in fstab" /@/boot
rm "$root/etc/fstab"
the_same "btrfs, without fstab" /@/boot
mv "$root/boot/initramfs-linux.img" "$root/boot/gone.img"
says "btrfs, without fstab, an image is gone" 1 "error initramfs-missing"

# 5. ZFS: the dataset is in front.
system zfs
in_root
prefix=/ROOT/arch@ fs=zfs
: >"$root/etc/fstab"
mkconfig
the_same "ZFS" /ROOT/arch@/boot

# 6. custom.cfg, which 41_custom sources, and entries of other systems.
system custom
mkconfig
cat >"$root/boot/grub/custom.cfg" <<EOF
menuentry 'Arch (previous)' --id previous {
	search --no-floppy --fs-uuid --set=root $boot_uuid
	linux /vmlinuz-linux.old root=UUID=$root_uuid rw
	initrd /initramfs-linux.old.img
}
menuentry 'Windows' { search --fs-uuid --set=root 1234-5678; chainloader /EFI/Microsoft/Boot/bootmgfw.efi; }
menuentry 'memtest86+' --id memtest { search --fs-uuid --set=root $boot_uuid; linux /memtest86+/memtest.efi; }
menuentry 'Debian (on /dev/sda3)' --id 'osprober-gnulinux-simple-99' { search --fs-uuid --set=root 99; linux /boot/vmlinuz; initrd /boot/initrd.img; }
submenu 'Debian' --id other { menuentry x { search --fs-uuid --set=root 99; linux /vmlinuz-linux; initrd /initramfs-linux.img; }; }
EOF
is "$(grub-script-check "$root/boot/grub/custom.cfg" 2>&1 && echo accepted)" accepted "custom.cfg is a script"
cp "$root/boot/vmlinuz-linux" "$root/boot/vmlinuz-linux.old"
cp "$root/boot/initramfs-linux.img" "$root/boot/initramfs-linux.old.img"
says "custom.cfg is sound" 0 ""
is "$(json '[.targets[].entry] | last')" previous "it adds its own entry, and those of other systems are none"
sed -i "s/^menuentry 'Arch (prev/set default=previous\n&/" "$root/boot/grub/custom.cfg"
starts "custom.cfg sets the default" previous
: >"$root/boot/initramfs-linux.old.img"
says "the default of custom.cfg is broken" 1 "error initramfs-damaged"
sed -i 's/default=previous/default=Windows/' "$root/boot/grub/custom.cfg"
starts "another system is the default: none of ours is"
says "another system is the default: any of ours decides" 1 "error initramfs-damaged"
echo '}' >"$root/boot/grub/custom.cfg"
says "a custom.cfg with a syntax error" 0 "warning configuration-statement"

# 7. Arch's own scripts; this text is written by hand in their form (grub 2:2.12, 10_linux).
system arch
cat >"$cfg" <<EOF
### BEGIN /etc/grub.d/00_header ###
insmod part_gpt
if [ -s \$prefix/grubenv ]; then
  load_env
fi
if [ "\${env_block}" ] ; then
  set env_block="(\${root})\${env_block}"
  export env_block
  load_env -f "\${env_block}"
fi
if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="0"
fi
if [ x"\${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
else
  menuentry_id_option=""
fi
export menuentry_id_option
function load_video {
  if [ x\$feature_all_video_module = xy ]; then
    insmod all_video
  else
    insmod efi_gop
  fi
}
if [ x\$feature_default_font_path = xy ] ; then
   font=unicode
else
    font="/usr/share/grub/unicode.pf2"
fi
if loadfont \$font ; then
  set gfxmode=auto
  load_video
  insmod gfxterm
fi
terminal_output gfxterm
if [ x\$feature_timeout_style = xy ] ; then
  set timeout_style=menu
  set timeout=5
else
  set timeout=5
fi
### BEGIN /etc/grub.d/10_linux ###
EOF
arch_entry() { # INDENT TITLE ID IMAGE
    printf "$1%s\n" "menuentry '$2' --class arch --class gnu-linux --class gnu --class os \$menuentry_id_option '$3' {" \
        $'\t'load_video $'\t''set gfxpayload=keep' $'\t''insmod gzio' $'\t''insmod part_gpt' $'\t''insmod fat' \
        $'\t'"search --no-floppy --fs-uuid --set=root $boot_uuid" $'\t'"echo	'Loading Linux linux ...'" \
        $'\t'"linux	/vmlinuz-linux root=UUID=$root_uuid rw  loglevel=3 quiet" \
        $'\t'"echo	'Loading initial ramdisk ...'" $'\t'"initrd	/intel-ucode.img /$4" "}"
}
{
    arch_entry '' 'Arch Linux' "$simple" initramfs-linux.img
    echo "submenu 'Advanced options for Arch Linux' \$menuentry_id_option '$advanced' {"
    arch_entry $'\t' 'Arch Linux, with Linux linux' "gnulinux-linux-advanced-$root_uuid" initramfs-linux.img
    arch_entry $'\t' 'Arch Linux, with Linux linux (fallback initramfs)' "gnulinux-linux-fallback-$root_uuid" initramfs-linux-fallback.img
    cat <<'EOF'
}
### BEGIN /etc/grub.d/30_uefi-firmware ###
if [ "$grub_platform" = "efi" ]; then
	fwsetup --is-supported
	if [ "$?" = 0 ]; then
		menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi-firmware' {
			fwsetup
		}
	fi
fi
### BEGIN /etc/grub.d/41_snapshots-btrfs ###
if [ ! -e "${prefix}/grub-btrfs.cfg" ]; then
echo ""
else
submenu 'Arch Linux snapshots' {
configfile "${prefix}/grub-btrfs.cfg"
}
fi
EOF
} >>"$cfg"
is "$(grub-script-check "$cfg" 2>&1 && echo accepted)" accepted "Arch's form is a script"
microcode
cp "$root/boot/initramfs-linux.img" "$root/boot/initramfs-linux-fallback.img"
the_same "Arch" /
starts "Arch: the first" "$simple"
says "Arch" 0 ""
rm "$root/boot/initramfs-linux-fallback.img"
says "Arch: the fallback image is gone" 0 "error initramfs-missing"

# The EFI partition's grub.cfg hands over to the one in /boot, or is the whole.
mkdir -p "$root/efi/EFI/arch"
mv "$root/boot/grub" "$root/boot/elsewhere"
# shellcheck disable=SC2016  # GRUB's variables
printf 'search.fs_uuid %s root hd0,gpt2\nset prefix=($root)'\''/elsewhere'\''\nconfigfile $prefix/grub.cfg\n' "$boot_uuid" >"$root/efi/EFI/arch/grub.cfg"
cfg=$root/boot/elsewhere/grub.cfg
the_same "handed over from the EFI partition" /
is "$(json '[.targets[].source] | unique | join(" ")')" /boot/elsewhere/grub.cfg "handed over: the source is the other one"
cp "$cfg" "$root/efi/EFI/arch/grub.cfg"
the_same "the whole of it on the EFI partition" /
is "$(json '[.targets[].source] | unique | join(" ")')" /efi/EFI/arch/grub.cfg "the whole: the source is that on the EFI partition"
rm -r "$root/efi"
mv "$root/boot/elsewhere" "$root/boot/grub"
cfg=$root/boot/grub/grub.cfg

# A unified kernel image that GRUB starts as an EFI program.
mkdir -p "$root/boot/EFI/Linux"
cp "$root/boot/vmlinuz-linux" "$root/boot/EFI/Linux/arch.efi"
cp "$cfg" "$SCRATCH/arch.cfg"
echo "menuentry UKI --id uki { search --fs-uuid --set=root $boot_uuid; chainloader /EFI/Linux/arch.efi; }" >>"$cfg"
run list --root "$root" --json
is "$(json '.targets[] | select(.loader == "grub" and .entry == "uki") | .kernel')" /boot/EFI/Linux/arch.efi "a unified kernel image is a target"
rm -r "$root/boot/EFI"
cp "$SCRATCH/arch.cfg" "$cfg"

# Beside systemd-boot: both are read, each has its default. Without an entry of ours the presets are asked.
mkdir -p "$root/boot/loader/entries"
printf 'linux /vmlinuz-linux\ninitrd /initramfs-linux.img\n' >"$root/boot/loader/entries/arch.conf"
starts "two loaders, each with its default" arch.conf "$simple"
rm -r "$root/boot/loader"
echo "menuentry x { search --fs-uuid --set=root 99; linux /k; }" >"$cfg"
run list --root "$root" --json
is "$(json '[.targets[].loader] | unique | join(" ")')" mkinitcpio "no entry is this system's: presets"
says "and it is said" 0 "warning configuration-statement"
: >"$cfg"
says "an empty grub.cfg" 0 ""

# What cannot be told.
cat >"$cfg" <<EOF
menuentry a --id a { search --fs-uuid --set=root $boot_uuid; linux /vmlinuz-linux; initrd /initramfs-linux.img; }
menuentry b --id b { search --fs-uuid --set=root $root_uuid; linux /boot/vmlinuz-linux; }
menuentry c --id c { set root=hd9; linux /gone; }
menuentry d --id d { linux /\$cmdpath/vmlinuz; }
blscfg
EOF
run list --root "$root" --json
is "$(json '[.targets[].entry] | join(" ")')" a "entries that cannot be told are no targets"
run check --root "$root" --json
is "$status $(json '[.findings[] | select(.id | startswith("configuration")) | .id + " " + .subject] | sort | join(", ")')" \
    "2 configuration-statement /boot/grub/grub.cfg:4, configuration-statement /boot/grub/grub.cfg:5, configuration-unreadable /boot/grub/grub.cfg:2, configuration-unreadable /boot/grub/grub.cfg:3" \
    "each is named with its line"

# Hostile ones.
hostile() { # NAME MESSAGE < configuration
    cat >"$cfg"
    run check --root "$root" --json
    is "$status $(json '[.findings[] | select(.id == "configuration-unreadable") | .message] | join(", ")')" "2 /boot/grub/grub.cfg: $2" "$1"
}
hostile "endless submenus" "line 65: is nested deeper than 64 levels" < <(for ((i = 0; i < 100000; i++)); do echo 'submenu x {'; done)
hostile "submenus that make themselves" "line 1: submenus are nested deeper than 16" <<<"function f { submenu x { f; }; }; f"
hostile "a line of 10 MB" "line 2: has more than 1048576 bytes" < <(echo && head -c 10000000 /dev/zero | tr '\0' x)
hostile "a NUL byte" "line 2: holds a NUL byte" < <(printf 'a\nb\0c\n')
hostile "no script" "line 1: a quote that does not end" <<<"'"
cat >"$cfg" <<EOF
source \$prefix/grub.cfg
menuentry x { search --fs-uuid --set=root $boot_uuid; linux /../../../../$SCRATCH/outside; initrd /initramfs-linux.img; }
EOF
echo secret >"$SCRATCH/outside"
run check --root "$root" --json
is "$status $(json '[.findings[] | select(.id == "configuration-unreadable") | .message] | join(", ")')" \
    "2 /boot/grub/grub.cfg: line 1: sources more than 100 files" "a file that sources itself"
sed -i 1d "$cfg"
says "a path that leads out of the tree stays in it" 1 "error kernel-missing, warning boot-target-missing"
# shellcheck disable=SC2016  # GRUB's variable
printf 'menuentry "a\033[2Jb" { linux ($root)/vmlinuz-linux; initrd /initramfs-linux.img; }\n' >"$cfg"
run check --root "$root" --verbose
is "$(LC_ALL=C tr -d '\n -~' <"$SCRATCH/out" | wc -c)" 0 "titles that steer a terminal: only printable characters"

done_testing
