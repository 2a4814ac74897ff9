#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Seeds for the fuzz drivers, made of the tests' material: at OUTPUT/NAME/ for the driver of that name.
# usage: seeds.sh OUTPUT
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../material/lib.sh
. "$here/../material/lib.sh"

out=$1
tree=$KG_CACHE/tree/6.12
release=$(<"$KG_CACHE/kernel/6.12/release")
modules=$tree/usr/lib/modules/$release
mkdir -p "$out"/{module,load,loader_rules,config,symvers,bzimage,vmlinux,initramfs,compressed,pe,program,shell,boot_entry,index,grub,grub_block,os_release,btf,module_signature}

# As the modules are installed, without what only debuggers read.
for series in 6.1 6.12; do
    for file in "$KG_CACHE/modules/$series/healthy"/*.ko; do
        name=$series-$(basename "$file")
        objcopy --strip-debug "$file" "$out/module/$name"
        cp "$out/module/$name" "$out/load/$name"
        zstd -qc "$out/module/$name" >"$out/module/$name.zst"
    done
done
# The types of one of the kernel's own modules, behind the bytes that choose the rules.
xz -dc "$(find "$KG_CACHE/kernel/6.12/root/usr/lib/modules/$release/kernel" -name 'dummy.ko*')" >"$out/dummy.ko"
objcopy --dump-section ".BTF=$out/types" "$out/dummy.ko"
for rules in 00 3f 7f ff; do { printf '%b' "\\x$rules\\x00" && cat "$out/types"; } >"$out/btf/dummy.$rules"; done
rm "$out/types" "$out/dummy.ko"
printf '\0013%%s: version magic '"'%%s' should be '%%s'"'\n\0\0014%%s: %%s: kernel tainted.\n\0' >"$out/loader_rules/messages"
{ printf 'IKCFG_ST' && printf 'CONFIG_A=y\n# CONFIG_B is not set\n' | gzip -9n && printf 'IKCFG_ED'; } >"$out/config/embedded"
printf '# CONFIG_AA is not set\nCONFIG_A=m\n' >"$out/config/text"
head -n 40 "$KG_CACHE/kernel/6.12/root/usr/lib/modules/$release/build/Module.symvers" >"$out/symvers/head"
head -c 8192 "$modules/vmlinuz" >"$out/bzimage/head"
printf 'int x;\n' | gcc -x c -c -o "$out/vmlinux/empty" -
mkdir "$out/files" && echo text >"$out/files/init"
(cd "$out/files" && echo init | cpio -o -H newc --quiet >"$out/initramfs/plain")
gzip -9nc "$out/initramfs/plain" >"$out/initramfs/gzip"
zstd -qc "$out/initramfs/plain" >"$out/initramfs/zstd"
xz -c --check=crc32 "$out/initramfs/plain" >"$out/initramfs/xz"
bzip2 -c "$out/initramfs/plain" >"$out/initramfs/bzip2"
xz -c --format=lzma "$out/initramfs/plain" >"$out/initramfs/lzma"
lzop -c "$out/initramfs/plain" >"$out/initramfs/lzo"
lz4 -lqc "$out/initramfs/plain" >"$out/initramfs/lz4"
number=0
for name in plain gzip bzip2 lzma xz lzo lz4 zstd; do
    { printf '%b' "\\x0$number" && cat "$out/initramfs/$name"; } >"$out/compressed/$name"
    number=$((number + 1))
done
# More of it, so that all instructions of LZO occur, and with a checksum of each member.
{ printf '\005' && head -c 60000 "$out/module/6.12-kg_zfs.ko" | lzop -9 -c; } >"$out/compressed/module.lzo"
(cd "$out/files" && echo init | cpio -o -H crc --quiet >"$out/initramfs/crc")
cat "$out/initramfs"/{plain,zstd} >"$out/initramfs/two"
cat "$out/initramfs"/{gzip,xz,lzma,lzo,bzip2,lz4} >"$out/initramfs/many"
rm -r "$out/files"
"$here/../material/uki.sh" build --cmdline=quiet --output="$out/pe/addon" >/dev/null 2>&1
"$here/../material/uki.sh" build --profile=ID=one --cmdline=one --output="$out/pe/profile" >/dev/null 2>&1
"$here/../material/uki.sh" build --linux="$out/pe/addon" --initrd="$out/initramfs/zstd" --cmdline=quiet --uname=1 \
    --join-profile="$out/pe/profile" --os-release=ID=arch --output="$out/pe/unified" >/dev/null 2>&1
cp "$(command -v lz4)" "$out/program/lz4"
printf '#! /bin/sh -e\n' >"$out/program/script"
cp "$tree/etc/mkinitcpio.conf" "$tree"/etc/mkinitcpio.d/*.preset "$out/shell"
cp "$tree"/boot/loader/entries/*.conf "$tree/boot/loader/loader.conf" "$out/boot_entry"
for file in modules.softdep modules.devname; do cp "$modules/$file" "$out/boot_entry/$file"; done
small=$out/small && mkdir -p "$small/lib/modules/1.0.0/kernel"
cp "$out/module"/6.12-kg_*.ko "$small/lib/modules/1.0.0/kernel"
depmod -b "$small" 1.0.0 2>/dev/null && cp "$small"/lib/modules/1.0.0/*.bin "$out/index"
rm -r "$small"
"$here/seeds_grub.sh" "$out/grub"
cp "$out/grub"/{menu,variables,conditions} "$out/grub_block"
sed -n '/^menuentry/,/^### END/p' "$here/../cli/golden/grub/saved/tree/boot/grub/grub.cfg" >"$out/grub_block/saved"
cp "$here/../cli/golden/grub/by-hand/tree/boot/grub/custom.cfg" "$out/grub_block/by-hand"
printf 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\nLOGO=archlinux-logo\n' >"$out/os_release/arch"
printf "#ID=x\r\n ID='a b'\r\nIMAGE_ID==\"i\"\nVERSION_ID=\n=\nNAME='\n" >"$out/os_release/forms"
"$here/seeds_module_signature.sh" "$out/module_signature"
