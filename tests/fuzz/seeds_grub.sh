#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Seeds for the reader of GRUB's configuration, in the forms of grub-mkconfig and of people.
# usage: seeds_grub.sh OUTPUT
set -euo pipefail
out=$1

cat >"$out/menu" <<'EOF'
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then set default="${next_entry}"; set next_entry=; save_env next_entry
else set default="${saved_entry}"; fi
if [ x"${feature_menuentry_id}" = xy ]; then menuentry_id_option="--id"; else menuentry_id_option=""; fi
export menuentry_id_option
menuentry 'Arch Linux' --class arch --class os $menuentry_id_option 'simple' {
	set root='hd0,gpt2'
	search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 4B47-5541
	linux	/vmlinuz-linux root=UUID=6b672d67 rw quiet
	initrd	/amd-ucode.img /initramfs-linux.img
}
submenu 'Advanced' $menuentry_id_option 'advanced' {
	menuentry "with Linux 'lts'" --users "" --unrestricted { linux ($root)/vmlinuz-lts; initrd newc:a:/b /c; }
	menuentry 'a>b' --hotkey=l { chainloader +1 }
}
source ${config_directory}/custom.cfg
EOF
cat >"$out/variables" <<'EOF'
set a="1 2"; set b=$a; set c="$a$b" d=\$x
e=${c}\
more; unset a; export b
function f { set x="$1 $2 $# $* $@ ${1}"; return 1; set y=z; }
f one "two three" 'four'
for i in $a "$b" x*; do set z=$z$i; if [ $i = x ]; then break; fi; done
while [ $z != 3 ]; do z=3; done; until false; do true; done
menuentry $"title $x" { linux /k a="b c" 'd"e' \x41 $unset "$grub_platform"; }
EOF
cat >"$out/conditions" <<'EOF'
if [ "$grub_platform" = "efi" -o ! -e /x -a ( -n "$a" ) ]; then set default=1; elif cmostest 84:1; then set default=2; else set default=0; fi
if [ 10 -gt 9 ]; then menuentry one { linux /one; }; fi
if test abc -pgt abd; then menuentry two --id=2 { if loadfont x; then linux /two; else linux /other; initrd /i; fi; }; fi
! true; blscfg
configfile (hd0,gpt1)/grub/grub.cfg
EOF
{ printf '# GRUB Environment Block\nsaved_entry=advanced>1\nnext_entry=2\na=b\\\nc\\\\\n' && printf '%900s' '' | tr ' ' '#'; } >"$out/environment"
