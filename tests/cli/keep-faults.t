#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Steps by which keeping and restoring change something are killed (tests/full: every one, and it fails with ENOSPC, EIO and EROFS).
# After each, `recover`, and one target that has booted is whole by this test's own reading: entry, kernel, image and modules.
# What strace(1) injects is what the kernel would answer; the kernels are headers alone, for nothing here starts them.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"
# So many runs are those of the plain build, unless another is asked for.
[ "${KG_FAULTS_SANITIZED:-}" ] || KG=$TESTS/../build/plain/kernel-guard
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # It does not work under strace.

# What changes something, or makes it last. Of openat only what creates: the rest only looks.
calls=(openat write renameat unlinkat mkdirat linkat symlinkat fsync syncfs fchmod utimensat copy_file_range ioctl)
read -ra faults <<<"${KG_FAULTS:-signal=KILL}"
# One of so many steps.
each=8
[ -z "${KG_FULL:-}" ] || each=1

kernel() { "$TESTS/material/small-kernel.py" "$1" "$2"; } # RELEASE FILE
# modules DIRECTORY RELEASE: a module tree, small.
modules() {
    local tree=$1/usr/lib/modules/$2
    mkdir -p "$tree/kernel/fs" "$tree/updates"
    echo "ext4 of $2" >"$tree/kernel/fs/ext4.ko"
    echo "zfs of $2" >"$tree/updates/zfs.ko"
    ln -s zfs.ko "$tree/updates/spl.ko"
    echo kernel/fs/ext4.ko >"$tree/modules.order"
    echo "kernel/fs/ext4.ko:" >"$tree/modules.dep"
    kernel "$2" "$tree/vmlinuz"
    echo linux >"$tree/pkgbase"
}
image() { # RELEASE FILE
    mkdir -p "$SCRATCH/image/usr/lib/modules/$1"
    echo "init of $1" >"$SCRATCH/image/init"
    (cd "$SCRATCH/image" && find . | sort | cpio -o -H newc --quiet) >"$2"
    rm -r "$SCRATCH/image"
}
# base DIRECTORY: a machine that has booted 6.1.
base() {
    mkdir -p "$1"/{boot/loader/entries,etc,var/lib}
    modules "$1" 6.1.0-old
    kernel 6.1.0-old "$1/boot/vmlinuz-linux"
    image 6.1.0-old "$1/boot/initramfs-linux.img"
    printf '%s\n' 'title Arch Linux' 'linux /vmlinuz-linux' 'initrd /initramfs-linux.img' 'options root=/dev/vda1 rw' >"$1/boot/loader/entries/arch.conf"
    echo 'default arch.conf' >"$1/boot/loader/loader.conf"
}
runs() { # RELEASE
    machine=$SCRATCH/machine
    mkdir -p "$machine/proc/sys/kernel" "$machine/sys"
    echo "$1" >"$machine/proc/sys/kernel/osrelease"
    echo "Linux version $1 (us@here) (gcc, ld) #1 SMP Sat Nov 21 2026" >"$machine/proc/version"
    echo "initrd=\\initramfs-linux.img root=/dev/vda1 rw" >"$machine/proc/cmdline"
    echo "btime 4000000000" >"$machine/proc/stat"
}
update() { # DIRECTORY
    rm -r "$1/usr/lib/modules/6.1.0-old"
    modules "$1" 6.12.0-new
    kernel 6.12.0-new "$1/boot/vmlinuz-linux"
    image 6.12.0-new "$1/boot/initramfs-linux.img"
}
guard() { "$KG" "$@" --root "$root" --machine "$machine" <"${input:-/dev/null}" >"$SCRATCH/out" 2>"$SCRATCH/err"; }
sum() { sha256sum 2>/dev/null <"$1" | cut -c1-64; }

# survives: whether one of what has booted is whole: an entry whose kernel and image are a pair that has booted, and the modules of
# its release, where they are or where they are kept.
survives() {
    local entry linux initrd release tree pair
    for entry in "$root"/boot/loader/entries/*.conf; do
        linux=$root/boot$(awk '$1 == "linux" {print $2}' "$entry") initrd=$root/boot$(awk '$1 == "initrd" {print $2}' "$entry")
        [ -f "$linux" ] && [ -f "$initrd" ] || continue
        pair="$(sum "$linux") $(sum "$initrd")"
        for release in 6.1.0-old 6.12.0-new; do
            [ "$pair" = "${booted[$release]:-}" ] || continue
            for tree in "$root/usr/lib/modules/$release" "$root/usr/lib/modules/.kernel-guard/$release"; do
                [ "$(cat "$tree/kernel/fs/ext4.ko" "$tree/updates/zfs.ko" "$tree/modules.dep" 2>/dev/null)" = \
                    $'ext4 of '"$release"$'\n''zfs of '"$release"$'\n''kernel/fs/ext4.ko:' ] && return 0
            done
        done
    done
    return 1
}
# All that is there at the end, but for what counts steps, and files that may be left or not.
optional=
state() { (cd "$root" && find . -type f ! -name lock ! -path "$optional" -exec sha256sum {} + | sort; find . -type d -o -type l | sort) | sha256sum; }
leftovers() { find "$root" \( -name '*.new' -o -name '*.gone' -o -name '*.kg-new' -o -name journal.json \) | wc -l; }

# What has not booted is not kept where there is no room, and then it was restored all the same.
without_displaced() {
    grep -q "cannot be restored again: .*No space left" "$SCRATCH/faulted" &&
        [ "$(sum "$root/boot/vmlinuz-linux") $(sum "$root/boot/initramfs-linux.img")" = "${booted[6.1.0-old]}" ]
}

# Where the machine lies, and what the command reads.
place=$SCRATCH/root input=/dev/null
# every NAME START COMMAND...: from the state START steps of the command are made to fail.
every() {
    local name=$1 start=$2 expected call count at fault steps=0 points=0 survivors=0 completed=0 clean=0 traced main
    shift 2
    root=$place
    rm -rf "$root" && cp -a "$start" "$root"
    strace -f -qq -o "$SCRATCH/trace" -e "trace=$(IFS=,; echo "${calls[*]}")" "$KG" "$@" --root "$root" --machine "$machine" <"$input" >"$SCRATCH/said" 2>&1
    expected=$(state)
    # strace counts each thread's calls for itself, and the one that digests only reads.
    main=$(awk 'NR == 1 { print $1 }' "$SCRATCH/trace")
    for call in "${calls[@]}"; do
        count=$(grep -c "^$main *$call(" "$SCRATCH/trace")
        case $call in
        openat) traced=$(grep "^$main *openat(" "$SCRATCH/trace" | grep -n O_CREAT | cut -d: -f1) ;;
        # What is said is no step.
        write) traced=$(grep "^$main *write(" "$SCRATCH/trace" | grep -nv 'write([12],' | cut -d: -f1) ;;
        *) traced=$(seq "$count") ;;
        esac
        for at in $traced; do
            steps=$((steps + 1))
            [ $((steps % each)) -eq 0 ] || continue
            for fault in "${faults[@]}"; do
                rm -rf "$root" && cp -a "$start" "$root"
                # In a shell of its own, which tells of the kill.
                (strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:$fault:when=$at" \
                    "$KG" "$@" --root "$root" --machine "$machine" <"$input" || true) >"$SCRATCH/faulted" 2>&1
                points=$((points + 1))
                guard recover || echo "# $name: $call $at $fault: recover: $(cat "$SCRATCH/err" "$SCRATCH/out")"
                if survives; then survivors=$((survivors + 1)); else echo "# $name: $call $at $fault: nothing that has booted is whole"; fi
                [ "$(leftovers)" != 0 ] || clean=$((clean + 1))
                guard "$@"
                if [ "$(state)" = "$expected" ] || without_displaced; then completed=$((completed + 1)); else echo "# $name: $call $at $fault: not completed"; fi
            done
        done
    done
    echo "# $name: $steps steps, $points points, $survivors survivors"
    ok $((steps < 15 || points < steps / each * ${#faults[@]} ? 1 : 0)) "$name: there are steps"
    is "$survivors" "$points" "$name: something that has booted is whole after each"
    is "$clean" "$points" "$name: recover leaves nothing half done"
    is "$completed" "$points" "$name: done again, it comes to the same end"
}

declare -A booted
runs 6.1.0-old
base "$SCRATCH/fresh"
booted[6.1.0-old]="$(sum "$SCRATCH/fresh/boot/vmlinuz-linux") $(sum "$SCRATCH/fresh/boot/initramfs-linux.img")"
every "booted" "$SCRATCH/fresh" booted

cp -a "$SCRATCH/fresh" "$SCRATCH/kept"
root=$SCRATCH/kept guard booted
every "hook pre" "$SCRATCH/kept" hook pre

# The update is done; nothing but the kept one has booted.
cp -a "$SCRATCH/kept" "$SCRATCH/updated"
root=$SCRATCH/updated guard hook pre
update "$SCRATCH/updated"
rm "$SCRATCH/updated/var/lib/kernel-guard/record.json"
every "hook post" "$SCRATCH/updated" hook post
every "restore" "$SCRATCH/updated" restore 6.1.0-old

# What boots by default is another entry, of a kernel that has not booted: the configuration is written too.
cp -a "$SCRATCH/updated" "$SCRATCH/other"
for file in vmlinuz-linux initramfs-linux.img; do cp "$SCRATCH/other/boot/$file" "$SCRATCH/other/boot/${file/linux/other}"; done
sed 's/-linux/-other/' "$SCRATCH/other/boot/loader/entries/arch.conf" >"$SCRATCH/other/boot/loader/entries/other.conf"
echo 'default other.conf' >"$SCRATCH/other/boot/loader/loader.conf"
every "restore, another default" "$SCRATCH/other" restore 6.1.0-old

# The new one has booted as well, and another update begins: it takes the place of the older one.
cp -a "$SCRATCH/updated" "$SCRATCH/both"
runs 6.12.0-new
booted[6.12.0-new]="$(sum "$SCRATCH/both/boot/vmlinuz-linux") $(sum "$SCRATCH/both/boot/initramfs-linux.img")"
root=$SCRATCH/both guard booted
every "hook pre, replacing" "$SCRATCH/both" hook pre

# There is no room for the update beside all that is kept: the older set goes, and then the kept modules of the newer one.
cp -a "$SCRATCH/both" "$SCRATCH/large"
for tree in "$SCRATCH/large/usr/lib/modules"/{6.12.0-new,.kernel-guard/6.1.0-old}; do
    head -c 8000000 /dev/urandom >"$tree/kernel/fs/large.ko"
done
root=$SCRATCH/large guard booted
echo usr/lib/modules/6.12.0-new/vmlinuz >"$SCRATCH/targets"
mkdir "$SCRATCH/small"
for size in 44 34; do
    mount -t tmpfs -o "size=${size}m" tmpfs "$SCRATCH/small"
    # Half emptied the older set may leave room enough, and keep the rest.
    place=$SCRATCH/small/root input=$SCRATCH/targets optional='*/sets/6.1.0-old-*/[01]-*' every "hook pre, in $size MiB" "$SCRATCH/large" hook pre
    sed 's/^/# /' "$SCRATCH/said"
    umount "$SCRATCH/small"
done

printf '[keep]\nkeep = 0\n' >"$SCRATCH/both/etc/kernel-guard.conf"
every "prune" "$SCRATCH/both" prune

done_testing
