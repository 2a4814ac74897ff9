#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Keeping and restoring: what has booted is stored, placed beside the originals before an update, and made the default again.
# The running machine is made: the files of /proc that tell which kernel runs.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

old=$(release_of 6.1) new=$(release_of 6.12)
# runs SERIES [COMMAND-LINE]: the machine runs the kernel of this series.
runs() {
    local version release=${1:+$(release_of "$1")}
    machine=$SCRATCH/machine
    rm -rf "$machine"
    mkdir -p "$machine/proc/sys/kernel" "$machine/sys"
    version=$(version_of "$(vmlinuz "$1")")
    echo "$release" >"$machine/proc/sys/kernel/osrelease"
    echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$machine/proc/version"
    echo "${2:-root=/dev/vda1 rw}" >"$machine/proc/cmdline"
    echo "btime $(date +%s)" >"$machine/proc/stat"
}
kg() { run "$@" --root "$root" --machine "$machine"; }
# What may lie about: nothing that was begun and not finished.
leftovers() { find "$root" \( -name '*.new' -o -name '*.gone' -o -name '*.kg-new' \) -printf '%P\n'; }
sets() { (cd "$root/var/lib/kernel-guard/sets" 2>/dev/null && echo *); }
files() { (cd "$root/boot" && find . -name '*vmlinuz*' -o -name 'initramfs*' -o -name '*.efi' | sort | sed 's,^\./,,' | paste -sd' '); }
sum() { sha256sum <"$1" | cut -d' ' -f1; }
# What of a tree is kept: every file with its content, without what makes other tools take it for an installed kernel's.
contents() { (cd "$1" && find . -type f ! -path ./vmlinuz ! -path ./pkgbase ! -path './build/*' -exec sha256sum {} + | sort | sha256sum); }
# The update of a kernel as pacman and mkinitcpio make it: the old tree goes, kernel and image are written anew.
update() { # SERIES FROM
    rm -f "$root/boot/vmlinuz-linux" "$root/boot/initramfs-linux.img"
    rm -rf "$root/usr/lib/modules/$(release_of "$2")"
    cp -al "$KG_CACHE/tree/$1/usr/lib/modules/$(release_of "$1")" "$root/usr/lib/modules/"
    cp "$KG_CACHE/tree/$1/boot/"{vmlinuz-linux,initramfs-linux.img} "$root/boot/"
}

tree 6.1 story
"$TESTS/material/tree.sh" 6.12 >/dev/null
root=$SCRATCH/story
sleep 1.1 # The files are older than the boot, in whole seconds.
runs 6.1
kernel=$(sum "$root/boot/vmlinuz-linux") image=$(sum "$root/boot/initramfs-linux.img")
modules=$(contents "$root/usr/lib/modules/$old")
state_before=$(files)

kg keep --dry-run
is "$status:$(sets)" "0:" "a dry run keeps nothing"
kg booted
is "$status:$out" "0:kept $old, which runs" "what has booted is kept"
set=$root/var/lib/kernel-guard/sets/$(sets)
is "$(sum "$set/0-vmlinuz-linux") $(sum "$set/1-initramfs-linux.img")" "$kernel $image" "kernel and image, byte for byte"
is "$(contents "$root/usr/lib/modules/.kernel-guard/$old")" "$modules" "and the module tree"
is "$(cd "$root/usr/lib/modules/.kernel-guard/$old" && ls -d build source vmlinuz pkgbase 2>/dev/null)" "" "without what dkms and generators look for"
is "$(find "$root/usr/lib/modules/.kernel-guard/$old/kernel" -name '*.ko*' -links 1 | head -n 1)" "" "the package's modules are hard links"
is "$(find "$root/usr/lib/modules/.kernel-guard/$old" -path '*/kernel/*' -prune -o -type f -links +1 -print | head -n 1)" "" "what others write is copied"
is "$(files)" "$state_before" "what boots anyway has no second copy beside it"
written() { (cd "$root" && find var boot usr/lib/modules ! -name lock -printf '%P %i %T@\n' | sort | sha256sum); }
before=$(written)
kg booted
is "$status:$out" "0:what runs is kept already" "the second time nothing is done"
is "$(written)" "$before" "and nothing written"
mount --bind "$root" "$root" && mount -o remount,bind,ro "$root"
kg booted
is "$status:$out:$err" "0:what runs is kept already:" "nor on a read-only root"
umount "$root"

# Before an update: the kept files are there before anything goes.
kg hook pre
is "$status:$err" "0:" "hook pre"
is "$(files)" "initramfs-linux.img initramfs-linux.old.img vmlinuz-linux vmlinuz-linux.old" "kept files lie beside the originals"
is "$(sum "$root/boot/vmlinuz-linux.old") $(sum "$root/boot/initramfs-linux.old.img")" "$kernel $image" "byte for byte"
like "$(cat "$root"/boot/loader/entries/*kernel-guard.conf)" "linux +/vmlinuz-linux.old" "with an entry"
kg hook post
is "$(files)" "$state_before" "an update that changes nothing leaves nothing beside the originals"
is "$(ls "$root"/boot/loader/entries/*kernel-guard.conf 2>/dev/null)" "" "nor an entry"
kg hook pre
update 6.12 6.1
kg hook post
is "$status" "0" "after the update the machine is safe"
is "$(sum "$root/boot/vmlinuz-linux.old") $(sum "$root/boot/initramfs-linux.old.img")" "$kernel $image" "the previous kernel and image are there"
is "$(ls -A "$root/usr/lib/modules/$old")" "" "an empty directory waits for its modules"
is "$(contents "$root/usr/lib/modules/.kernel-guard/$old")" "$modules" "which are kept as they were"
kg list --json
is "$(json '[.targets[] | select(.default) | .release] | join(" ")')" "$new" "the new kernel is the default"
is "$(json '[.targets[] | select(.release == "'"$old"'")] | length')" "1" "the kept one has an entry"
is "$(json '.targets[] | "\(.release) \(.booted) \(.kept)"' | sort | paste -sd,)" "$old true true,$new false false" "the list tells what has booted and is kept"
kg check
is "$status" "0" "and the check finds nothing wrong"

# Two updates without a boot between them: what never booted does not take the place of what has.
kg hook pre
is "$(sum "$root/boot/vmlinuz-linux.old")" "$kernel" "a second update keeps the one that has booted"
is "$(sets | wc -w)" "1" "and stores nothing else"
kg hook post

# The new one boots, and is kept in its turn.
sleep 1.1
runs 6.12
kg booted
is "$status:$out" "0:kept $new, which runs" "the new kernel has booted"
is "$(sum "$root/boot/vmlinuz-linux.old")" "$kernel" "the previous one stays beside it"
new_kernel=$(sum "$root/boot/vmlinuz-linux") new_image=$(sum "$root/boot/initramfs-linux.img")
kg hook pre
is "$(sum "$root/boot/vmlinuz-linux.old")" "$new_kernel" "the next update has the newest beside the originals"
kg hook post
is "$(sum "$root/boot/vmlinuz-linux.old")" "$kernel" "and the older one again when nothing was changed"

# Two of them are wanted. With GRUB one: grub-mkconfig would take vmlinuz-linux.old.2 for the newest.
for loader in systemd-boot grub; do
    cp -a "$SCRATCH/story" "$SCRATCH/$loader"
    root=$SCRATCH/$loader
    printf '[keep]\nkeep = 2\n' >"$root/etc/kernel-guard.conf"
    if [ "$loader" = grub ]; then
        rm -r "$root/boot/loader"
        mkdir "$root/boot/grub"
        printf '%s\n' "menuentry 'Arch' --id arch {" 'linux /vmlinuz-linux root=/dev/vda1 rw' 'initrd /initramfs-linux.img' '}' \
            'source ${config_directory}/custom.cfg' >"$root/boot/grub/grub.cfg"
    fi
    kg hook pre
    [ "$loader" = grub ] || two=" vmlinuz-linux.old.2"
    is "$(cd "$root/boot" && echo vmlinuz-linux*)" "vmlinuz-linux vmlinuz-linux.old${two:-}" "$loader: how many of two lie beside the originals"
    is "$(sum "$root/boot/vmlinuz-linux.old")" "$new_kernel" "$loader: the newest one first"
    unset two
done
root=$SCRATCH/story

# Restoring, and back.
kg restore --dry-run
like "$out" "# written: /boot/initramfs-linux.img"$'\n'".*# written: /boot/vmlinuz-linux" "a dry run says what would be written"
is "$(sum "$root/boot/vmlinuz-linux")" "$new_kernel" "and writes nothing"
kg restore "$old"
is "$status" "0" "the previous kernel is restored"
is "$(sum "$root/boot/vmlinuz-linux") $(sum "$root/boot/initramfs-linux.img")" "$kernel $image" "it lies where the default starts it"
is "$(sum "$root/boot/vmlinuz-linux.old") $(sum "$root/boot/initramfs-linux.old.img")" "$new_kernel $new_image" "the other one is kept beside it"
kg list --json
is "$(json '[.targets[] | select(.default) | .release] | join(" ")')" "$old" "it is the default"
like "$out" "." "the list is there"
kg restore "$new"
is "$status:$(sum "$root/boot/vmlinuz-linux")" "0:$new_kernel" "and back again"
kg restore "$new"
is "$status:$(head -n 1 <<<"$out")" "0:$new boots by default now" "what boots already is restored"
kg restore 1.2.3
is "$status:$err" "2:kernel-guard: 1.2.3: no such kernel is kept" "nor what is not kept"
is "$(leftovers)" "" "nothing is left half done"

# What boots by default keeps its modules, however few are wanted.
cp -a "$SCRATCH/story" "$SCRATCH/few"
root=$SCRATCH/few
kg restore "$old"
printf '[keep]\nkeep = 0\n' >"$root/etc/kernel-guard.conf"
kg prune
is "$status:$(contents "$root/usr/lib/modules/.kernel-guard/$old")" "0:$modules" "what was restored is not pruned while another one runs"
root=$SCRATCH/story

# What is not ours, and what is not whole.
rm -f "$root"/boot/*.old*
echo mine >"$root/boot/vmlinuz-linux.old"
kg keep
is "$status:$(cat "$root/boot/vmlinuz-linux.old")" "2:mine" "a foreign file with our name stays"
like "$out" "warning: /boot/vmlinuz-linux.old is not of kernel-guard" "and is named"
is "$(sum "$root/boot/vmlinuz-linux.old.2")" "$kernel" "the kept kernel takes the next name"
rm "$root/boot/vmlinuz-linux.old"
kg keep
is "$(files)" "initramfs-linux.img initramfs-linux.old.img vmlinuz-linux vmlinuz-linux.old" "and the first one again when it is free"
damaged=$(grep -l "$old" "$root"/var/lib/kernel-guard/sets/*/set.json)
echo '{' >"$damaged"
set=$(basename "${damaged%/*}")
kg keep --dry-run
like "$out" "warning: a kept set is not used: .*set.json: is damaged" "a damaged set is not trusted, and is named"
kg keep
like "$status:$out" "2:warning: a kept set is damaged, and lies in /var/lib/kernel-guard/sets/$set.damaged now: .*set.json: is damaged" "it is set aside"
is "$(cat "${damaged%/*}.damaged/set.json") $(ls "${damaged%/*}.damaged" | paste -sd,)" "{ 0-vmlinuz-linux,1-initramfs-linux.img,set.json" "nothing of it is lost"
is "$(contents "$root/usr/lib/modules/.kernel-guard/$old")" "$modules" "nor of its modules"
kg keep
is "$(grep -c "$set" <<<"$out")" "0" "and nothing more is said of it"
# One whose facts are whole, and whose files are not.
mv "${damaged%/*}.damaged" "${damaged%/*}"
kg restore "$old"
is "$status" 2 "what is damaged is not restored"
rm -r "${damaged%/*}.damaged"
set=$(cd "$root/var/lib/kernel-guard/sets" && ls -d "$new"-*)
printf x | dd of="$root/var/lib/kernel-guard/sets/$set/1-initramfs-linux.img" bs=1 seek=4096 conv=notrunc status=none
before=$(files)
kg hook pre
like "$status:$err" "0:.*a kept set is damaged, and lies in /var/lib/kernel-guard/sets/${set//+/.}.damaged now: a file is not what was kept" "nor is one with another image"
is "$(files)" "$before" "of which nothing is placed"
echo '{' >"$root/var/lib/kernel-guard/journal.json"
echo '{' >"$root/var/lib/kernel-guard/record.json"
kg hook post
like "$err" "warning: kernel-guard: /var/lib/kernel-guard/journal.json is damaged, and is called journal.json.damaged now" "so is a damaged journal"
like "$err" "warning: kernel-guard: /var/lib/kernel-guard/record.json: is damaged: what this transaction took away is not compared" "and a damaged record"
is "$(cat "$root"/var/lib/kernel-guard/{journal,record}.json.damaged | paste -sd,)" "{,{" "which are set aside"

# A unified kernel image: its copy beside it is an entry of its own, and must not be what a pattern of loader.conf starts.
root=$SCRATCH/unified
esp=$root/boot
mkdir -p "$esp/EFI/Linux" "$esp/loader" "$root"/{etc,usr/lib,var/lib}
cp -al "$KG_CACHE/tree/6.1/usr/lib/modules" "$root/usr/lib/modules"
for series in 6.1 6.12; do
    "$TESTS/material/uki.sh" build --linux="$(vmlinuz "$series")" --initrd="$KG_CACHE/tree/$series/boot/initramfs-linux.img" \
        --uname="$(release_of "$series")" --os-release=$'ID=arch\nNAME=Arch\nPRETTY_NAME=Arch' --cmdline='root=/dev/vda1 rw' \
        --output="$SCRATCH/$series.efi" >"$SCRATCH/ukify.log" 2>&1 || sed 's/^/# /' "$SCRATCH/ukify.log"
done
cp "$SCRATCH/6.1.efi" "$esp/EFI/Linux/arch-linux.efi"
sleep 1.1
runs 6.1
kg booted
is "$status:$out" "0:kept $old, which runs" "UKI: what has booted is kept"
kg hook pre
cp "$SCRATCH/6.12.efi" "$esp/EFI/Linux/arch-linux.efi"
kg hook post
is "$(cd "$esp/EFI/Linux" && echo *) $(sum "$esp/EFI/Linux/arch-linux-old.efi")" \
    "arch-linux-old.efi arch-linux.efi $(sum "$SCRATCH/6.1.efi")" "UKI: it lies beside the new one, byte for byte"
kg list --json
is "$(json '.targets[] | "\(.entry) \(.default) \(.kept)"' | paste -sd,)" "arch-linux.efi true false,arch-linux-old.efi false true" \
    "UKI: and is not the default"
rm "$esp/EFI/Linux/arch-linux-old.efi"
echo 'default arch-linux-*.efi' >"$esp/loader/loader.conf"
kg keep
is "$(cd "$esp/EFI/Linux" && echo *)" "arch-linux.efi" "UKI: what a pattern would start is not placed"
like "$out" "arch-linux-old.efi would be started when nobody chooses: make \"default\" in loader.conf match /boot/EFI/Linux/arch-linux.efi" \
    "UKI: and that is said"

# Where nothing can be written, or not enough: nothing is lost, and it is said.
small() { # SIZE: /boot of the next machine is a file system of its own, of this size
    root=$SCRATCH/small
    rm -rf --one-file-system "$root"
    tree 6.1 small
    mv "$root/boot" "$SCRATCH/boot.$$" && mkdir "$root/boot"
    mount -t tmpfs -o "size=$1" tmpfs "$root/boot" && cp -a "$SCRATCH/boot.$$/." "$root/boot" && rm -r "$SCRATCH/boot.$$"
    sleep 1.1
    runs 6.1
    kg booted
    is "$status" "0" "/boot of $1: what has booted is kept"
}
trap 'mountpoint -q "$SCRATCH/small/boot" && umount "$SCRATCH/small/boot"; rm -rf --one-file-system "$SCRATCH"' EXIT
size=$(du -sm "$KG_CACHE/tree/6.1/boot" | cut -f1)
small "$((size + 5))m"
before=$(files)
kg hook pre
is "$status:$(files)" "0:$before" "/boot without room: nothing is placed, and the update goes on"
like "$err" "warning: kernel-guard: there is no room beside /boot/vmlinuz-linux to keep the kernel $old: [0-9]+ MiB are needed, [0-9]+ MiB are free" \
    "/boot without room: it is said"
kg restore "$old"
is "$status" "0" "/boot without room: what is stored is there all the same"
umount "$root/boot"
small "$((2 * size + 30))m"
mount -o remount,ro "$root/boot"
kg hook pre
is "$status:$(files)" "0:$before" "read-only /boot: nothing is placed, and the update goes on"
like "$err" "warning: kernel-guard: /boot/.*: Read-only file system: the present kernel is not kept as it should be" "read-only /boot: it is said"
mount -o remount,rw "$root/boot"
ln -s nowhere "$root/boot/vmlinuz-linux.old"
kg hook pre
is "$(readlink "$root/boot/vmlinuz-linux.old")" "nowhere" "a dangling link with our name stays"
is "$(sum "$root/boot/vmlinuz-linux.old.2")" "$kernel" "and the kept kernel takes the next name"
umount "$root/boot"

# What changed after the boot is not what has booted.
root=$SCRATCH/changed
tree 6.1 changed
runs 6.1
sed -i 's/btime .*/btime 1000000000/' "$machine/proc/stat"
kg booted
is "$status:$out" "2:warning: /boot/vmlinuz-linux was changed after $old was booted" "files newer than the boot are not kept"
runs 6.12
kg booted
is "$status:$out" "2:warning: no boot entry starts the kernel that runs, $new" "nor those of another kernel"
run booted --root "$root"
is "$status:$out" "2:warning: nothing is known of the kernel that runs" "nor where nothing is known"

done_testing
