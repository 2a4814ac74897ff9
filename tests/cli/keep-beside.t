#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lies beside the originals already, and who else is at it: what is not ours stays, and stops nothing that can be kept.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/cli/small-machine.sh
. "$(dirname "$0")/small-machine.sh"
traced() { # STRACE-OPTION... -- COMMAND...
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    # Leaks are not found under strace.
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o "$SCRATCH/trace" "${options[@]}" \
        "$KG" "$@" --root "$root" --machine "$place" </dev/null >"$SCRATCH/said" 2>&1
    said=$(cat "$SCRATCH/said")
}

# Whatever has our name and is not ours: the kernel takes the next name, and the other kernel its own.
machine obstacles
installs 6.1.0-old linux 1 1
installs 6.6.0-lts linux-lts 1 1
boots 6.1.0-old linux
boots 6.6.0-lts linux-lts
clean=$root
for kind in "dangling link" "absolute link" "link to ours" directory FIFO "image link"; do
    root=$SCRATCH/obstacle
    rm -rf "$root" && cp -a "$clean" "$root"
    path=/boot/vmlinuz-linux.old
    case $kind in
    dangling*) ln -s nowhere "$root$path" ;;
    absolute*) ln -s /boot/vmlinuz-linux "$root$path" ;;
    *ours) ln -s vmlinuz-linux.old.2 "$root$path" ;;
    directory) mkdir "$root$path" ;;
    FIFO) mkfifo "$root$path" ;;
    image*) path=/boot/initramfs-linux.old.img && ln -s nowhere "$root$path" ;;
    esac
    before=$(stat -c '%F %i %Z %N' "$root$path")
    pre 6.1.0-old 6.6.0-lts
    is "$status:$(head -n 1 <<<"$said")" "0:warning: kernel-guard: $path is not of kernel-guard, and stays; move it away to have the kernel 6.1.0-old kept under that name" \
        "$kind: it is named"
    is "$(stat -c '%F %i %Z %N' "$root$path")" "$before" "$kind: it stays"
    is "$(cd "$root/boot" && sha256sum vmlinuz-linux.old.2 initramfs-linux.old.2.img vmlinuz-linux-lts.old initramfs-linux-lts.old.img | cut -c1-64)" \
        "$(cd "$root/boot" && sha256sum vmlinuz-linux initramfs-linux.img vmlinuz-linux-lts initramfs-linux-lts.img | cut -c1-64)" \
        "$kind: both kernels are kept"
    like "$(cat "$root"/boot/loader/entries/*kernel-guard*)" "/vmlinuz-linux.old.2"$'\n'.*"/vmlinuz-linux-lts.old"$'\n' "$kind: with their entries"
    there=$(beside)
    kg hook pre
    is "$status:$(beside)" "0:$there" "$kind: and stay so"
done

# A kernel whose place is none.
machine placeless
installs 6.1.0-old linux 1 1
installs 6.6.0-lts linux-lts 1 1
mkdir "$root/boot/sub" && mv "$root"/boot/{vmlinuz,initramfs}-linux[.-]* "$root"/boot/vmlinuz-linux "$root/boot/sub" 2>/dev/null
mv "$root"/boot/sub/*lts* "$root/boot"
sed -i 's,/vmlinuz,/sub/vmlinuz,; s,/initramfs,/sub/initramfs,' "$root/boot/loader/entries/linux.conf"
runs 6.1.0-old linux
echo 'initrd=\sub\initramfs-linux.img root=/dev/vda1 rw' >"$place/proc/cmdline"
kg booted
is "$status:$out" "0:kept 6.1.0-old, which runs" "no place: it boots, and is kept"
boots 6.6.0-lts linux-lts
rm -r "$root/boot/sub" && touch "$root/boot/sub"
pre 6.1.0-old 6.6.0-lts
like "$status:$said" "^0:warning: kernel-guard: /boot/sub: Not a directory: the kernel 6.1.0-old is not kept as it should be$" "no place: it is said"
is "$(beside) $(entries)" "initramfs-linux-lts.old.img vmlinuz-linux-lts.old linux-lts-kernel-guard.conf" "no place: the other kernel is kept"

# Of GRUB's kernels grub-mkconfig would list one called vmlinuz-linux.old.2 first, which then boots by default.
for path in /boot/vmlinuz-linux.old /boot/initramfs-linux.old.img; do
    machine "grub${path##*/}"
    installs 6.1.0-old linux 1 1
    rm -r "$root/boot/loader" && mkdir "$root/boot/grub"
    printf '%s\n' "menuentry 'Arch' --id arch {" 'linux /boot/vmlinuz-linux root=/dev/vda1 rw' 'initrd /boot/initramfs-linux.img' '}' \
        'source ${config_directory}/custom.cfg' >"$root/boot/grub/grub.cfg"
    printf '[keep]\nkeep = 2\n' >"$root/etc/kernel-guard.conf"
    runs 6.1.0-old linux
    echo 'BOOT_IMAGE=/boot/vmlinuz-linux root=/dev/vda1 rw' >"$place/proc/cmdline"
    kg booted
    is "$status:$out" "0:kept 6.1.0-old, which runs" "GRUB, $path: it boots, and is kept"
    echo mine >"$root$path"
    pre 6.1.0-old
    command="mv -n $path /boot/my-${path##*/}"
    is "$status:$(head -n 1 <<<"$said")" "0:warning: kernel-guard: $path is not of kernel-guard, and stays, and under a further name GRUB would start the kernel 6.1.0-old by default: it is not kept beside the new one. To have it kept: $command" \
        "GRUB, $path: it is said what keeps the kernel from its place"
    is "$(beside):$(cat "$root$path")" "${path##*/}:mine" "GRUB, $path: nothing is placed under a further name"
    (cd "$root" && ${command//\/boot/boot})
    pre 6.1.0-old
    is "$said:$(cd "$root/boot" && echo initramfs*.old* vmlinuz*.old*)" ":initramfs-linux.old.img vmlinuz-linux.old" "GRUB, $path: the command that was said repairs it"
done

kept() { printf '%s %s' "$(head -n 1 "$root/boot/initramfs-linux.old.img")" "$(entries)"; }

# What was kept goes when the originals are on the disk, for they may be in memory only: mkinitcpio has just written them.
machine durable
installs 6.1.0-old linux 1 1
boots 6.1.0-old linux
pre 6.1.0-old
for file in vmlinuz-linux initramfs-linux.img; do cp "$root/boot/$file" "$SCRATCH/file" && rm "$root/boot/$file" && cp "$SCRATCH/file" "$root/boot/$file"; done
traced -e trace=syncfs -e inject=syncfs:error=EIO -- hook post
is "$(head -n 1 <<<"$said")" "warning: kernel-guard: /boot/vmlinuz-linux: cannot be written to the disk, and nothing that is kept beside it is removed: Input/output error: the kept kernels are not as they should be" \
    "the disk fails: it is said"
is "$(kept)" "6.1.0-old linux-kernel-guard.conf" "the disk fails: what is kept stays"
traced -y -e trace=syncfs,unlinkat -- hook post
is "$(grep -c "^warning: kernel-guard" <<<"$said"):$(beside)" "0:*.old*" "an update that changes nothing leaves nothing beside the originals"
is "$(sed -n "s,^[0-9]* *\([a-z]*\)(.*$root/boot.* = 0\$,\1,p" "$SCRATCH/trace" | uniq | xargs)" "syncfs unlinkat" "it goes when the originals are on the disk"

# booted keeps the same, while hook pre has planned and waits for the disk.
machine race
old_and_new
mkdir -p "$root/var/lib/pacman" && touch "$root/var/lib/pacman/db.lck"
rm -f "$root/var/lib/kernel-guard/record.json"
traced -e trace=syncfs -e inject=syncfs:delay_enter=5000000 -- hook pre &
until [ -e "$root/var/lib/kernel-guard/record.json" ]; do sleep 0.1; done
sleep 2
touch -d @4000000100 "$root/var/lib/kernel-guard/record.json"
kg booted
like "$status:$out" "^0:.*wrote /boot/vmlinuz-linux.old" "booted places what hook pre has planned"
wait
is "$(grep -c syncfs "$SCRATCH/trace"):$(cat "$SCRATCH/said"):$(kept)" "1::6.2.0-new linux-kernel-guard.conf" "and hook pre looks again, and says nothing untrue"

done_testing
