#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Initramfs images and unified kernel images: what is listed equals what other programs list, and what an image must
# hold to be started is missed where it is not there. Images of dracut, initramfs-tools and ukify are real; those in the
# layouts of mkinitcpio and booster, which this machine has no packages of, are stand-ins made from the documented layout.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/material/images.sh
. "$TESTS/material/images.sh"

series=6.12
release=$(release_of $series)
"$TESTS/material/dracut-image.sh" $series
"$TESTS/material/initramfs-tools-image.sh" $series
for name in root plain; do mkdir -p "$SCRATCH/$name"; done
rmdir "$SCRATCH/root"
tree $series root
root=$SCRATCH/root
image=$root/boot/initramfs-linux.img
cp "$image" "$SCRATCH/mkinitcpio.img"

# members FILE: the paths that kernel-guard lists, in their order.
members() { run initramfs --json "$1"; json '.images[].members[]'; }

# verdict NAME STATUS FINDINGS: of the whole tree, as "severity id", sorted.
verdict() {
    run check --root "$root" --json
    is "$status $(json '[.targets[].findings[] | .severity + " " + .id] | sort | join(", ")')" "$2 $3" "$1"
}

# said NAME REGEX: a message of the last verdict.
said() { like "$(json '.targets[].findings[].message')" "$2" "$1"; }

# --- names as others list them

image_of() { printf '%s/images/%s/%s.img' "$KG_CACHE" "$series" "$1"; }
is "$(members "$(image_of dracut)")" "$(names_of_lsinitrd "$(image_of dracut)")" "dracut: the names that lsinitrd lists"
is "$(json '.images[0] | .generator + " " + (.releases | join(" "))')" "dracut $release" "dracut: generator and release"
is "$(members "$(image_of initramfs-tools)" | grep -vx .)" "$(lsinitramfs "$(image_of initramfs-tools)" | grep -vx .)" \
    "initramfs-tools: the names that lsinitramfs lists"
is "$(json '.images[0] | .generator + " " + (.releases | join(" "))')" "initramfs-tools $release" \
    "initramfs-tools: generator and release"
is "$(members "$SCRATCH/mkinitcpio.img")" "$(names_of_parts "$SCRATCH/mkinitcpio.img" bsdtar)" \
    "mkinitcpio's layout: the names that bsdtar lists in both parts"
is "$(json '.images[0] | .generator + " " + (.releases | join(" "))')" "mkinitcpio $release" "mkinitcpio: generator and release"
is "$(json '.images[0].modules[] | select(.name == "kg_zfs") | [.release, .compression, (.segment | tostring)] | join(" ")')" \
    "$release xz 0" "a module: name, release, compression, part"
is "$(json '.images[0].segments | map(.compression) | join(" ")')" "none zstd" "the parts' compressions"

# --- every compression, and parts behind each other

names=$(members "$SCRATCH/mkinitcpio.img")
unpack_parts "$SCRATCH/mkinitcpio.img" "$SCRATCH/part"
for format in gzip bzip2 xz lzma lzop lz4 zstd; do
    pack "$format" <"$SCRATCH/part.1" >"$SCRATCH/packed.$format"
    cat "$SCRATCH/part.0" "$SCRATCH/packed.$format" >"$SCRATCH/$format.img"
    is "$(members "$SCRATCH/$format.img")" "$names" "$format: the same names"
    run initramfs --json "$SCRATCH/$format.img"
    is "$status $(json '.images[0].segments | map(.compression) | join(" ")')" "0 none ${format/lzop/lzo}" "$format: told as such"
    cp "$SCRATCH/$format.img" "$image"
    verdict "$format: a healthy system" 0 ""
done
# lz4's last, because its end is NUL bytes or that of the file.
archive() { mkdir -p "$SCRATCH/one" && : >"$SCRATCH/one/$1" && (cd "$SCRATCH/one" && cpio -oH newc --quiet <<<"$1"); }
for format in gzip bzip2 xz lzma lzop zstd lz4; do archive "$format" | pack "$format"; done >"$SCRATCH/many.img"
is "$(members "$SCRATCH/many.img" | xargs)" "gzip bzip2 xz lzma lzop zstd lz4" "a part of each compression behind the other"
{ archive 'a' | zstd -qc | head -c -3; } >"$SCRATCH/cut.img"
run initramfs "$SCRATCH/cut.img"
is "$status" 2 "a part that is cut off"
like "$err" "cut.img: zstd segment at byte 0: .*cut off near byte [0-9]+" "and where"
cpio -oH crc --quiet <<<"$TESTS/cli/tap.sh" >"$SCRATCH/crc.img"
is "$(members "$SCRATCH/crc.img")" "${TESTS#/}/cli/tap.sh" "the format with checksums"
sed 's/scratch directory/scratch Directory/' "$SCRATCH/crc.img" >"$SCRATCH/wrong.img"
run initramfs "$SCRATCH/wrong.img"
like "$status $err" "^2 .*wrong.img: .*tap.sh, which ends at byte [0-9]+, has a wrong checksum" "a wrong checksum"

# --- other layouts

cat "$SCRATCH/part.0" "$SCRATCH/part.1" | zstd -qc >"$image"
run initramfs --json "$image"
is "$(json '.images[0] | .generator + " " + (.segments | map(.compression) | join(" "))')" "mkinitcpio zstd" \
    "one part, as mkinitcpio wrote before 39"
verdict "one part: a healthy system" 0 ""
booster_image "$root" "$release" flat "$image"
run initramfs --json "$image"
is "$(json '.images[0] | .generator + " " + (.releases | join(" ")) + " " + (.modules | map(.name) | sort | join(" "))')" \
    "booster  kg_spl kg_zfs" "booster's flat modules"
verdict "booster: a healthy system" 0 ""
booster_image "$root" "$release" "$release" "$image"
run initramfs --json "$image"
is "$(json '.images[0] | .generator + " " + (.releases | join(" "))')" "booster $release" "booster's modules below a release"
verdict "booster, below a release: a healthy system" 0 ""
booster_image "$root" "$release" 6.0.0-arch1-1 "$image"
verdict "booster, of another kernel" 1 "error initramfs-release"
for generator in dracut initramfs-tools; do
    cp "$(image_of $generator)" "$image"
    verdict "$generator: a healthy system" 0 ""
done

# --- compression that the kernel lacks

cp "$SCRATCH/mkinitcpio.img" "$image"
sed 's/^CONFIG_RD_ZSTD=y/# CONFIG_RD_ZSTD is not set/' "$KG_CACHE/kernel/$series/config" >"$root/usr/lib/modules/$release/config"
verdict "a kernel without zstd" 1 "error initramfs-compression"
said "it is told" "initramfs-linux.img is compressed with zstd at byte [0-9]+, which [^ ]+ cannot undo \(CONFIG_RD_ZSTD is not set\)"
cp "$SCRATCH/gzip.img" "$image"
verdict "and an image that it can unpack" 0 ""
rm "$root/usr/lib/modules/$release/config"
verdict "of a configuration that is not known nothing is said" 0 ""

# --- microcode

mkdir -p "$SCRATCH/ucode/kernel/x86/microcode"
head -c 5000 /dev/zero >"$SCRATCH/ucode/kernel/x86/microcode/AuthenticAMD.bin"
(cd "$SCRATCH/ucode" && find kernel | cpio -oH newc --quiet) >"$root/boot/amd-ucode.img"
entry=$root/boot/loader/entries/arch.conf
cp "$entry" "$SCRATCH/arch.conf"
cp "$SCRATCH/mkinitcpio.img" "$image"
sed 's,^initrd.*,initrd /amd-ucode.img\n&,' "$SCRATCH/arch.conf" >"$entry"
verdict "microcode in front" 0 ""
sed 's,^initrd.*,&\ninitrd /amd-ucode.img,' "$SCRATCH/arch.conf" >"$entry"
verdict "microcode behind what is compressed" 0 "warning microcode-ignored"
sed 's,^initrd.*,initrd /amd-ucode.img\n&,' "$SCRATCH/arch.conf" >"$entry"
zstd -qc "$root/boot/amd-ucode.img" >"$SCRATCH/ucode.zst"
mv "$SCRATCH/ucode.zst" "$root/boot/amd-ucode.img"
verdict "microcode that is compressed" 0 "warning microcode-ignored"
run initramfs --json "$root/boot/amd-ucode.img"
is "$(json '.images[0].microcode[] | .path + " " + (.early | tostring)')" "kernel/x86/microcode/AuthenticAMD.bin false" "and is listed so"
cp "$SCRATCH/arch.conf" "$entry"

# --- /init and what it needs

# changed NAME FINDINGS COMMAND...: the verdict on an image that COMMAND has changed, in the unpacked directory.
changed() {
    local name=$1 findings=$2 code=1
    shift 2
    rm -rf "$SCRATCH/main"
    mkdir "$SCRATCH/main"
    (cd "$SCRATCH/main" && bsdtar -xf "$SCRATCH/part.1" && "$@")
    (cd "$SCRATCH/main" && find . -mindepth 1 -printf '%P\n' | cpio -oH newc --quiet | gzip -1) | cat "$SCRATCH/part.0" - >"$image"
    [ -n "$findings" ] || code=0
    verdict "$name" "$code" "$findings"
}
changed "nothing changed" "" true
changed "no /init" "error initramfs-without-init" rm init
changed "/init that is not executable" "error initramfs-init-broken" chmod 644 init
said "it is told" "^/init in /boot/initramfs-linux.img cannot be started: is not executable$"
changed "a script without its interpreter" "error initramfs-init-broken" rm usr/bin/ash
said "it is told" "^/usr/bin/ash, which init needs to be started in .*img, is not in it$"
changed "an interpreter that links to nothing" "error initramfs-init-broken" rm usr/bin/busybox
said "it is told" "^/usr/bin/ash, which init needs"
changed "/init that is no program" "error initramfs-init-broken" cp usr/lib/os-release init
said "it is told" "is neither a script nor a whole program"
changed "an empty /init" "error initramfs-init-broken" truncate -s 0 init
changed "/init that is a directory" "error initramfs-init-broken" sh -c 'rm init && mkdir init'
changed "/init that links to itself" "error initramfs-init-broken" sh -c 'rm init && ln -s init init'
said "it is told" "is one of more than 40 links"
changed "links in a circle" "error initramfs-init-broken" sh -c 'ln -sf /a/x init && ln -s b a && ln -s a b'
dynamic() { cp "$(command -v kmod)" init; } # linked with libzstd, liblzma, libcrypto and libc, which are there for kmod
changed "a program with its libraries" "" dynamic
without() { dynamic && rm "$@"; }
changed "a program without a library" "error initramfs-init-broken" without usr/lib/x86_64-linux-gnu/liblzma.so.5
said "it is told" "^liblzma.so.5, which init needs to be started in .*img, is not in it$"
changed "a library without its library" "error initramfs-init-broken" without usr/lib/x86_64-linux-gnu/libc.so.6
said "it is told" "libc.so.6, which .* needs"
changed "a program without its dynamic linker" "error initramfs-init-broken" without usr/lib/ld-linux-x86-64.so.2
said "it is told" "^/lib64/ld-linux-x86-64.so.2, which init needs"
elsewhere() { dynamic && mkdir -p opt/own && mv usr/lib/x86_64-linux-gnu/liblzma.so.5 opt/own; }
changed "a library where nobody looks" "error initramfs-init-broken" elsewhere
configured() { elsewhere && mkdir etc/ld.so.conf.d && echo /opt/own >etc/ld.so.conf.d/own.conf; }
changed "and where the dynamic linker is told to" "" configured
cached() { elsewhere && : >etc/ld.so.cache; }
changed "and where its cache may know" "" cached
half() { dynamic && truncate -s 3000 init; }
changed "a program that is cut off" "error initramfs-init-broken" half
systemd() { dynamic && mv init usr/lib/systemd-own && ln -sf usr/lib/systemd-own init; }
changed "a link to a program, as to systemd" "" systemd
other_init() { mv init usr/bin/start; }
sed 's,^options.*,& rdinit=/usr/bin/start,' "$SCRATCH/arch.conf" >"$entry"
changed "rdinit= names another" "" other_init
changed "rdinit= names one that is not there" "error initramfs-without-init" true
cp "$SCRATCH/arch.conf" "$entry"
cp "$SCRATCH/mkinitcpio.img" "$image"

# --- unified kernel images

efi=$root/boot/EFI/Linux/arch.efi
mkdir -p "${efi%/*}"
echo 'default arch.efi' >"$root/boot/loader/loader.conf"
rm "$entry"
printf 'ID=arch\n' >"$SCRATCH/os-release"
ukify() { "$TESTS/material/uki.sh" build "$@" >"$SCRATCH/ukify.log" 2>&1 || sed 's/^/# /' "$SCRATCH/ukify.log"; }
parts=(--linux="$root/boot/vmlinuz-linux" --os-release="@$SCRATCH/os-release")
ukify "${parts[@]}" --initrd="$image" --uname="$release" --cmdline="root=/dev/vda2 rw" --output="$efi"
verdict "ukify: a healthy system" 0 ""
is "$(json '.targets[0] | [.kernel, .release, .initrds[]] | join(" ")')" \
    "/boot/EFI/Linux/arch.efi $release /boot/EFI/Linux/arch.efi:.initrd" "kernel, release and images of the target"
run list --root "$root" --json
is "$(json '.targets[0] | [.release, .initrds[]] | join(" ")')" "$release /boot/EFI/Linux/arch.efi:.initrd" "list knows them"
is "$(members "$efi")" "$names" "its members"
run initramfs --json "$efi"
is "$(json '.unified_images[0] | [.release, .uname, .cmdline, .os_release] | join("|")')" \
    "$release|$release|root=/dev/vda2 rw|ID=arch\\x0a" "its texts"
is "$(json '.unified_images[0].sections[] | .name + " " + (.size | tostring)')" "$(sections_of "$efi")" "its sections, as objdump lists them"
cp "$efi" "$SCRATCH/healthy.efi"
whole=$(stat -c %s "$efi")
for share in 1 30 60 95; do
    head -c $((whole * share / 100)) "$SCRATCH/healthy.efi" >"$efi"
    verdict "cut at $share %" 1 "error kernel-damaged"
    said "and where" "arch.efi: is an EFI program that is cut off: .*byte [0-9]+"
done
objcopy -O binary --only-section=.cmdline "$SCRATCH/healthy.efi" "$SCRATCH/cmdline"
is "$(tr -d '\0' <"$SCRATCH/cmdline")" "root=/dev/vda2 rw" "objcopy reads the same command line"
ukify "${parts[@]}" --initrd="$SCRATCH/gzip.img" --uname=1.2.3 --cmdline=quiet --output="$efi"
verdict "a name of another kernel" 0 "warning unified-image-release"
head -c 3000000 "$SCRATCH/mkinitcpio.img" >"$SCRATCH/short.img"
ukify "${parts[@]}" --initrd="$SCRATCH/short.img" --cmdline=quiet --output="$efi"
verdict "an initramfs in it that is cut off" 1 "error initramfs-damaged"
"$TESTS/material/mkinitcpio-image.sh" --modules-root "$root" --release "$release" --omit kg_spl --output "$SCRATCH/omit.img" \
    kg_zfs ext4 virtio_blk virtio_pci
ukify "${parts[@]}" --initrd="$SCRATCH/omit.img" --cmdline=quiet --output="$efi"
verdict "a module that is not in it" 1 "error initramfs-dependency-missing"
said "it is told" "kg_spl is not in /boot/EFI/Linux/arch.efi:.initrd"
(cd "$SCRATCH/ucode" && find kernel | cpio -oH newc --quiet) >"$SCRATCH/ucode.img"
ukify "${parts[@]}" --cmdline=quiet --initrd="$image" --microcode="$SCRATCH/ucode.img" --output="$efi"
verdict "microcode in .ucode" 0 ""
is "$(json '.targets[0].initrds | join(" ")')" "/boot/EFI/Linux/arch.efi:.ucode /boot/EFI/Linux/arch.efi:.initrd" "it comes first"
# An addon's command line counts, and so does its initramfs.
cp "$SCRATCH/healthy.efi" "$efi"
mkdir -p "$efi.extra.d" "$root/boot/loader/addons"
ukify --cmdline=module_blacklist=kg_zfs --output="$efi.extra.d/no.addon.efi"
verdict "an addon that forbids a module" 1 "error module-blacklisted"
mv "$efi.extra.d/no.addon.efi" "$root/boot/loader/addons"
verdict "an addon for all images" 1 "error module-blacklisted"
rm "$root/boot/loader/addons/no.addon.efi"
head -c 700 "$SCRATCH/healthy.efi" >"$efi.extra.d/bad.addon.efi"
run check --root "$root" --json
is "$status $(json '[.findings[] | select(.severity == "warning").id] | join(" ")')" "2 configuration-unreadable" "an addon that is damaged"
rm "$efi.extra.d/bad.addon.efi"
ukify --profile='ID=one' --cmdline=module_blacklist=ext4 --output="$SCRATCH/one.efi"
ukify --profile='ID=two' --cmdline=emergency --output="$SCRATCH/two.efi"
ukify "${parts[@]}" --initrd="$image" --cmdline=quiet --join-profile="$SCRATCH/one.efi" --join-profile="$SCRATCH/two.efi" \
    --output="$efi"
run initramfs --json "$efi"
is "$(json '.unified_images | map(.cmdline) | join(" ")')" "quiet module_blacklist=ext4 emergency" "profiles: each its own command line"
is "$(json '.images | map(.file) | join(" ")')" "$efi:.initrd" "profiles: the base's initramfs once"
verdict "profiles: the first is what boots" 0 ""
cp "$KG_CACHE/ukify/usr/lib/systemd/boot/efi/linuxx64.efi.stub" "$efi"
verdict "an EFI program without .osrel is no entry: the preset's image is judged" 0 ""
run initramfs "$efi"
like "$status $err" "^2 .*holds neither a kernel nor an initramfs" "and is not listed"
rm "$efi"
printf 'PRESETS=(default)\nALL_kver=/boot/vmlinuz-linux\ndefault_uki=/boot/EFI/Linux/arch.efi\n' >"$root/etc/mkinitcpio.d/linux.preset"
mv "$root/boot/loader" "$root/loader"
verdict "a preset's unified image that is not there" 1 "error kernel-missing"
cp "$SCRATCH/healthy.efi" "$efi"
verdict "and that is" 0 ""
ukify "${parts[@]}" --cmdline=quiet --output="$efi"
verdict "and one without an initramfs" 1 "error initramfs-missing"

# --- hostile images: an error in bounded time and memory

# peak COMMAND...: its status, and its memory in MiB at the most.
peak() {
    timeout 60 python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)' "$@"
}
many_entries 10000000 | zstd -qc -1 >"$SCRATCH/entries.img"
read -r state memory < <(peak "$KG" initramfs "$SCRATCH/entries.img")
is "$state" 2 "ten million entries"
ok $((memory > 500)) "ten million entries: bounded memory ($memory MiB)"
run initramfs "$SCRATCH/entries.img"
like "$err" "zstd segment at byte 0: has more than 250000 members" "and why"
flipped=0
for at in 0 100 5000 497600 501770 600000 2000000 4000000; do
    cp "$SCRATCH/mkinitcpio.img" "$SCRATCH/flip.img"
    printf '\377' | dd of="$SCRATCH/flip.img" bs=1 seek=$at conv=notrunc status=none
    timeout 60 "$KG" initramfs "$SCRATCH/flip.img" >/dev/null 2>&1
    case $? in 0 | 2) ;; *) flipped=$((flipped + 1)) ;; esac
done
is "$flipped" 0 "single bytes changed: listed or refused"
done_testing
