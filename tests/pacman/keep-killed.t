#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pacman and all that it has started are killed in the middle of a kernel's update, at KG_KILLS moments spread over all their
# changes to files. Each time what has booted boots again: a loader's entry whose kernel and image are a pair that has booted,
# then `recover`, as that kernel runs, and then its whole module tree is where the kernel looks for it. This test judges that
# by itself. pacman, its hooks' order, depmod and kernel-guard are real; kernel, generator and dkms are small ones, so that a
# run takes no time. tests/full/keep-killed.t does more of them.
KG_BED_BUILD=${KG_BED_BUILD:-plain}
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/pack.sh
. "$PACMAN_TESTS/pack.sh"

kills=${KG_KILLS:-40}
RANDOM=${KG_SEED:=$(($(date +%s) % 32768))}
saved=(boot usr/lib/modules var/lib/kernel-guard var/lib/pacman/local etc/mkinitcpio.d)
modules=(crc16 nls_cp437 nls_iso8859-2)
declare -A booted trees

kernel() { "$PACMAN_TESTS/../material/small-kernel.py" "$1" "$2"; } # RELEASE FILE

# pack_small VERSION: a package of a kernel of a few modules, with headers for dkms' hook. Its modules differ from another one's.
pack_small() {
    local release=$1-arch1 stage=$SCRATCH/stage tree name file
    tree=$stage/usr/lib/modules/$release
    mkdir -p "$tree"/{kernel/fs/nls,kernel/lib,build/include}
    for name in "${modules[@]}"; do
        file=$(find "$KG_CACHE"/kernel/6.1/root/usr/lib/modules/*/kernel -name "$name.ko*")
        case $name in nls*) name=kernel/fs/nls/$name ;; *) name=kernel/lib/$name ;; esac
        zstd -dcq "$file" >"$tree/$name.ko"
        echo "$release" >>"$tree/$name.ko"
        echo "$name.ko" >>"$tree/modules.order"
    done
    : >"$tree/modules.builtin"
    : >"$tree/modules.builtin.modinfo"
    echo "$release" >"$tree/build/include/release"
    echo linux >"$tree/pkgbase"
    kernel "$release" "$tree/vmlinuz"
    pack "$SCRATCH/small" linux "$1-1" "$stage"
    rm -r "$stage"
}

# The generator behind mkinitcpio's script, and dkms behind its hooks' script.
small_tools() {
    mkdir -p "$BED/run/small/material" "$BED/usr/src/kg-1"
    echo 'PACKAGE_NAME=kg' >"$BED/usr/src/kg-1/dkms.conf"
    cat >"$BED/run/small/material/mkinitcpio-image.sh" <<'SCRIPT'
#!/bin/sh
# --modules-root / --release RELEASE --output IMAGE MODULE...
cd "/usr/lib/modules/$4" && find . -name '*.ko' | sort | bsdtar -cf "$6" --format=newc -n -T -
SCRIPT
    cat >"$BED/run/small/dkms" <<'SCRIPT'
#!/bin/sh
# status|install|remove … MODULE/VERSION -k RELEASE: one module, without a compiler.
for release; do :; done
module=/usr/lib/modules/$release/updates/dkms/kg.ko
case $1 in
status) [ ! -e "$module" ] || echo "kg/1, $release, x86_64: installed" ;;
install) mkdir -p "${module%/*}" && cp "/usr/lib/modules/$release/kernel/lib/crc16.ko" "$module" ;;
remove) rm -f "$module" && rmdir -p --ignore-fail-on-non-empty "${module%/*}" ;;
esac
SCRIPT
    chmod 755 "$BED/run/small/material/mkinitcpio-image.sh" "$BED/run/small/dkms"
    bed sh -c 'mount --bind /run/small/material /run/bed/material && mount --bind /run/small/dkms "$(command -v dkms)"'
    cp "$SCRATCH/kill-at" "$SCRATCH"/small/*.zst "$BED/run/small/"
}

# machine RELEASE [IMAGE]: this kernel runs, and was booted just now with this image of /boot.
machine() {
    local place=$BED/run/machine image=${2:-initramfs-linux.img}
    mkdir -p "$place"
    echo "$1" >"$place/osrelease"
    echo "Linux version $1 (us@here) (gcc, ld) #1 SMP Sat Nov 21 2026" >"$place/version"
    echo "initrd=\\$image root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw" >"$place/cmdline"
    echo "btime 4000000000" >"$place/stat"
    cat /proc/sys/kernel/random/uuid >"$place/boot_id"
}
mount_machine() {
    bed sh -c 'for file in sys/kernel/osrelease sys/kernel/random/boot_id version cmdline stat; do mount --bind "/run/machine/${file##*/}" "/proc/$file"; done'
}

sum() { sha256sum 2>/dev/null <"$1" | cut -c1-64; }
# The sums of all that a tree has to have; more does not matter, such as what a killed depmod leaves.
tree() { (cd "$BED/usr/lib/modules/$1" && find . -type f ! -path ./vmlinuz ! -path ./pkgbase ! -path './build/*' -exec sha256sum {} +); }
is_tree() { (cd "$BED/usr/lib/modules/$1" 2>/dev/null && sha256sum --status --strict -c <<<"${trees[$1]}" 2>/dev/null); }
unmount_trees() {
    sed -n 's,^[^ ]* \(/usr/lib/modules/[^ ]*\) .*,\1,p' "/proc/$BED_PID/mounts" | while read -r place; do
        sandbox_run umount "$place"
    done
}

# boots: the kernel and image that lie there boot, are kept, and have booted for this test too.
boots() { # RELEASE
    machine "$1"
    unmount_trees
    bed kernel-guard booted
    is "$status" "0" "$1 has booted"
    booted[$1]="$(sum "$BED/boot/vmlinuz-linux") $(sum "$BED/boot/initramfs-linux.img")"
    trees[$1]=$(tree "$1")
}

save() { rm -rf --one-file-system "$BED/run/saved" && mkdir "$BED/run/saved" && (cd "$BED" && cp -a --parents "${saved[@]}" run/saved); }
restore() {
    unmount_trees
    (cd "$BED" && for dir in "${saved[@]}"; do rm -rf --one-file-system "${dir:?}"; done; cp -a run/saved/. .)
    rm -f "$BED/var/lib/pacman/db.lck"
}

# survives: the machine is switched off and on. Leaves in $why what was wrong.
survives() {
    local entry linux initrd pair release
    why=''
    unmount_trees
    rm -f "$BED/var/lib/pacman/db.lck"
    for entry in "$BED"/boot/loader/entries/*.conf; do
        linux=$BED/boot$(awk '$1 == "linux" {print $2}' "$entry") initrd=$BED/boot$(awk '$1 == "initrd" {print $2}' "$entry")
        [ -f "$linux" ] && [ -f "$initrd" ] || continue
        pair="$(sum "$linux") $(sum "$initrd")"
        for release in "${!booted[@]}"; do
            [ "$pair" = "${booted[$release]}" ] || continue
            machine "$release" "${initrd##*/}"
            bed kernel-guard recover
            [ "$status" -eq 0 ] || why+="recover: $out; "
            if is_tree "$release"; then
                [ "$status" -ne 0 ] || return 0
            else
                why+="${entry##*/} starts $release, whose modules are not whole; "
            fi
            unmount_trees
        done
    done
    [ -n "$why" ] || why="no entry starts what has booted"
    return 1
}

# killed NAME RUNNING COUNT ARGUMENT...: pacman with these arguments is killed so many times from the state as it is.
killed() {
    local name=$1 running=$2 count=$3 steps step at points=0 survivors=0 finished=0 said into entry
    shift 3
    into=${*: -1} into=${into##*/linux-} into=${into%-1-x86*}-arch1
    save
    machine "$running"
    bed /run/small/kill-at /run/small/log 0 pacman --noconfirm "$@"
    is "$status" 0 "$name: goes through where nobody kills it"
    steps=$(<"$BED/run/small/log")
    ok $((steps > 100 ? 0 : 1)) "$name: there are changes"
    survives
    is "$?$why" 0 "$name: what has booted is whole after it"
    for ((at = 0; at < count; at++)); do
        # One of each part.
        step=$((1 + (at * 1000 + RANDOM % 1000) * (steps - 1) / (count * 1000)))
        restore
        machine "$running"
        bed /run/small/kill-at /run/small/log "$step" pacman --noconfirm "$@"
        if [ "$status" != 137 ]; then
            echo "# $name: $step was not reached"
            continue
        fi
        points=$((points + 1))
        if survives; then
            survivors=$((survivors + 1))
        else
            echo "# $name: killed before $(<"$BED/run/small/log") of $steps: $why"
        fi
        [ "${KG_FINISH:-}" ] || continue
        # As the user goes on, on the machine that has booted: half an entry of pacman's database is in its way, and so are
        # files that it has unpacked for it.
        for entry in "$BED"/var/lib/pacman/local/*/; do
            if [ ! -s "$entry/desc" ] || [ ! -s "$entry/files" ]; then rm -rf --one-file-system "$entry"; fi
        done
        bed pacman --noconfirm --overwrite 'usr/lib/modules/*' "$@"
        said=$out
        # A preset that was not written to its end makes no image, whoever runs mkinitcpio: then that is said.
        if [ "$status" -eq 0 ] && survives && [ "$(kernel_of linux)" = "$into" ] &&
            { [ -s "$BED/boot/initramfs-linux.img" ] || [[ $said == *"[initramfs-missing]"* ]]; }; then
            finished=$((finished + 1))
        else
            echo "# $name: killed before $(<"$BED/run/small/log") of $steps, and then: $(kernel_of linux), $why ${said//$'\n'/$'\n'#   }"
        fi
    done
    echo "# $name: $steps changes, killed at $points of them (seed $KG_SEED), $survivors survivors"
    ok $((points * 10 >= count * 9 ? 0 : 1)) "$name: the kills hit"
    is "$survivors" "$points" "$name: what has booted boots after each"
    [ -z "${KG_FINISH:-}" ] || is "$finished" "$points" "$name: done again it goes through, and what has booted is whole"
    restore
}

${CC:-cc} -O2 -o "$SCRATCH/kill-at" "$PACMAN_TESTS/kill-at.c" || { echo "Bail out! kill-at does not compile"; exit 1; }
mkdir "$SCRATCH/small"
for version in 1 2 3; do pack_small "6.$version"; done

bed_start
bed pacman --noconfirm -R linux linux-headers kg-story-dkms
small_tools
bed pacman --noconfirm -U /run/small/linux-6.1-1-x86_64.pkg.tar.zst
is "$status" 0 "a small kernel is installed"
install_guard
machine 6.1-arch1
mount_machine
boots 6.1-arch1
is "$(find "$BED/usr/lib/modules/.kernel-guard/6.1-arch1" -name kg.ko | wc -l)" 1 "it has a module of dkms"

# What is missing of a tree is only put back where a transaction was interrupted, before this boot.
removed=$BED/usr/lib/modules/6.1-arch1/updates/dkms/kg.ko
save
rm "$removed"
bed kernel-guard recover
is "$status $([ -e "$removed" ]; echo $?)" "0 1" "a module that the user has removed stays away"
printf '{"schema": 1, "boot_id": "%s", "targets": [], "trees": []}' "$(cat "$BED/run/machine/boot_id")" \
    >"$BED/var/lib/kernel-guard/record.json"
bed kernel-guard recover
is "$status $([ -e "$removed" ]; echo $?)" "0 1" "while a transaction may be at work nothing is mounted"
machine 6.1-arch1
bed kernel-guard recover
is "$status $([ -e "$removed" ]; echo $?)" "0 0" "after the next boot it is there again"
restore

killed "update" 6.1-arch1 $((kills * 2 / 5)) -U /run/small/linux-6.2-1-x86_64.pkg.tar.zst
killed "reinstall" 6.1-arch1 $((kills / 5)) -U /run/small/linux-6.1-1-x86_64.pkg.tar.zst

bed pacman --noconfirm -U /run/small/linux-6.2-1-x86_64.pkg.tar.zst
boots 6.2-arch1
killed "update after an update" 6.2-arch1 $((kills / 5)) -U /run/small/linux-6.3-1-x86_64.pkg.tar.zst
killed "downgrade" 6.2-arch1 $((kills / 5)) -U /run/small/linux-6.1-1-x86_64.pkg.tar.zst

done_testing
