#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other places than a running machine, and other callers than root: a system that pacstrap installs, a chroot, an image
# that is built, a container; sudo. Real pacstrap, arch-chroot, sudo; kernel-guard is a package.
# Simulated: what packages as glibc, bash and gcc bring into another root is there from the beginning, namely this
# machine's. What pacman, the hooks and kernel-guard look at is not.
export KG_BED_LOWER=yes
# Sanitizers read their options in /proc, and look there for themselves: in a chroot neither can be found.
KG_BED_BUILD=plain
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/pack.sh
. "$PACMAN_TESTS/pack.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

# The repository "guard" of this machine: kernel-guard, and the package base with what of /etc matters.
publish() {
    local machine=$BED stage=$SCRATCH/stage repository=$SCRATCH/guard
    mkdir -p "$stage"/{guard,base/etc} "$repository" "$machine/srv/guard"
    BED=$stage/guard install_guard
    pack "$repository" kernel-guard 0.1.0-1 "$stage/guard"
    cp "$machine/etc/pacman.conf" "$stage/base/etc/pacman.conf"
    echo '# Static information about the filesystems.' >"$stage/base/etc/fstab"
    pack "$repository" base 3-2 "$stage/base" "backup = etc/fstab" "backup = etc/pacman.conf"
    if ! repo-add -q "$repository/guard.db.tar.gz" "$repository"/*.zst >/dev/null; then
        echo "Bail out! repo-add failed"
        exit 1
    fi
    cp -a "$repository/." "$machine/srv/guard"
    printf '\n[guard]\nServer = file:///srv/guard\n' >>"$machine/etc/pacman.conf"
    # Where every root sees the mirror: arch-chroot and pacstrap mount a /run of their own.
    ln -s /run/bed "$machine/srv/bed"
    offer old
}

# offer STATE: the mirror of $BED has this state from now on.
offer() { echo "Server = file:///srv/bed/packages/$1" >"$BED/etc/pacman.d/mirrorlist"; }

# empty_root: an empty root at /mnt, a file system of its own. The one before it is gone.
empty_root() {
    bed sh -c 'if mountpoint -q /mnt; then umount -R /mnt && umount /srv/root; fi
        mkdir -p /srv/root && mount -t tmpfs -o size=2g root /srv/root && mkdir /srv/root/upper /srv/root/work'
    "$PACMAN_TESTS/hide.sh" "$machine/srv/root/upper"
    bed sh -c 'cd /srv/root &&
        mount -t overlay -o lowerdir=/run/bed/lower,upperdir=upper,workdir=work,xino=on root /mnt &&
        rm /mnt/etc/pacman.conf && rm -f /mnt/etc/fstab && mkdir -p /mnt/srv/bed/material /mnt/srv/bed/packages &&
        mount --bind /run/bed/material /mnt/srv/bed/material && mount --bind /run/bed/packages /mnt/srv/bed/packages'
    [ "$status" -eq 0 ] || { sed 's/^/# /' "$SCRATCH/out"; echo "Bail out! no empty root"; exit 1; }
}

# strapped NAME HOOKS: pacstrap went through, these hooks ran and then ours, and there is one line that says "safe".
strapped() {
    is "$status" 0 "$1: pacstrap exits 0"
    is "$(hooks)" "$2, $(description zzz-kernel-guard-post)" "$1: the hooks that the transaction brings run after it"
    like "$(verdict)" $'^safe: [^\n]*\n?$' "$1: one line, safe"
    is "$(grep -E '^(warning|error):' "$SCRATCH/out")" "" "$1: nothing that frightens"
}

# coloured NAME: with a terminal and Color the verdict is once there, in colour, and once in the log, plain.
coloured() {
    is "$(grep -c $'^\e\\[1;32msafe\e\\[0m: arch.conf' "$SCRATCH/out")" 1 "$1: in colour"
    is "$(grep -c 'safe.*: arch.conf' "$SCRATCH/out")" 1 "$1: once"
    is "$(grep -c 'safe.*: arch.conf' "$BED/var/log/pacman.log")" 1 "$1: once in the log"
    like "$(<"$BED/var/log/pacman.log")" "\\[KERNEL-GUARD\\] safe: arch.conf" "$1: in the log as it is meant"
    is "$(grep -c $'\e' "$BED/var/log/pacman.log")" 0 "$1: no escapes in the log"
}

# with_color: $BED has Color from now on, and an empty log.
with_color() {
    echo Color >"$SCRATCH/color"
    sed -i '/^\[options\]/r '"$SCRATCH/color" "$BED/etc/pacman.conf"
    : >"$BED/var/log/pacman.log"
}

bed_start
machine=$BED
publish

# An installation: kernel-guard comes in the same transaction as the kernel.
empty_root
bed pacstrap /mnt base kmod linux linux-headers mkinitcpio dkms kg-story-dkms linux-firmware kernel-guard
BED=$machine/mnt
strapped "pacstrap" "Updating module dependencies..., Install DKMS modules, Updating linux initcpios..."
contains $'\nsafe: linux/default (Linux '"$old, default)" "pacstrap: by the preset, without a boot entry"
in_image linux kg_story
ok $? "pacstrap: with the module"
is "$(ls -I lock "$BED/var/lib/kernel-guard")" verdict.json "pacstrap: the verdict is in the system that was installed"
is "$(ls -A "$machine/var/lib/kernel-guard")" "" "pacstrap: and not in the one that installs"
grep -q "safe: linux/default" "$BED/var/log/pacman.log"
ok $? "pacstrap: its log has it"

# In it by arch-chroot, which has a PID namespace of its own and the /proc of the one outside.
echo 'quiet module_blacklist=ext4,kg_story lockdown=confidentiality' >"$BED/etc/cmdline"
bed arch-chroot /mnt unshare --mount sh -c 'mount --bind /etc/cmdline /proc/cmdline && kernel-guard check'
like "$status $out" "^0 safe: " "arch-chroot: how the machine outside was started does not matter"
mkdir -p "$BED/boot/loader"
cp -r "$machine/boot/loader/." "$BED/boot/loader"
# shellcheck disable=SC2016  # the inner shell's own
bed arch-chroot /mnt sh -c '[ ! / -ef /proc/1/root ] && [ ! -e "/usr/lib/modules/$(uname -r)" ]'
is "$status" 0 "arch-chroot: it is a chroot, and the kernel that runs is not the tree's"
with_color
bed script -qec 'arch-chroot /mnt pacman --noconfirm -S linux linux-headers' /dev/null
is "$status" 0 "arch-chroot, reinstall: pacman exits 0"
coloured "arch-chroot, reinstall"
sed -i '/^Color$/d' "$BED/etc/pacman.conf"
# What runs is the kernel outside: nothing here has booted, whatever it is called.
nothing_has_booted() { # NAME
    is "$(ls "$BED/var/lib/kernel-guard/sets" "$BED/usr/lib/modules/.kernel-guard" 2>/dev/null)" "" "$1: nothing is recorded as booted"
    is "$(grep -c " /mnt/usr/lib/modules/" "/proc/$BED_PID/mounts")" 0 "$1: and nothing is mounted"
}
nothing_has_booted "arch-chroot, reinstall"
for command in booted keep; do
    bed arch-chroot /mnt kernel-guard "$command"
    is "$status:$out" "2:warning: nothing is known of the kernel that runs" "arch-chroot, $command: it says why"
done
bed arch-chroot /mnt kernel-guard recover
is "$status:$out" "0:there is nothing to recover" "arch-chroot, recover"
nothing_has_booted "arch-chroot, asked for it"

# live COMMAND...: in the system that installs, of the one that was installed.
live() { bed /mnt/usr/bin/kernel-guard "$1" --root /mnt "${@:2}"; }

# It is booted, and back in the installation's system it gets another kernel.
runs=$machine/run/installed
version=$(version_of "$BED/boot/vmlinuz-linux")
mkdir -p "$runs/proc/sys/kernel" "$runs/sys"
echo "$old" >"$runs/proc/sys/kernel/osrelease"
echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$runs/proc/version"
echo 'initrd=\initramfs-linux.img rw' >"$runs/proc/cmdline"
live booted --machine /run/installed
is "$status:$out" "0:kept $old, which runs" "what was installed has booted"
booted=$(pair linux)
offer new
bed arch-chroot /mnt pacman --noconfirm -Syu
unsafe "arch-chroot, an upgrade that will not boot" module-absent
loose kg-story-dkms-1.1
bed arch-chroot /mnt pacman --noconfirm -U "${files[@]/#\/run/\/srv}"
safe "arch-chroot, repaired"
bed arch-chroot /mnt kernel-guard status --porcelain
like "$status $out" "^0 verdict safe" "arch-chroot: status knows"

# The new kernel does not start. From a live system, where what was installed is at /mnt and its boot partition at /mnt/boot.
bed sh -c 'mkdir /srv/esp && mount -t tmpfs esp /srv/esp && cp -a /mnt/boot/. /srv/esp && find /mnt/boot -mindepth 1 -delete &&
    mount --bind /srv/esp /mnt/boot'
echo 'UUID=4B47-5541 /boot vfat defaults 0 2' >>"$BED/etc/fstab"
live check
like "$status $out" "^0 (.*\n)?safe: " "live system, check: safe"
live list --json
is "$(json '[.targets[] | "\(.release) \(.default) \(.booted)"] | unique | join(", ")')" "$old false true, $new true false" \
    "live system, list: it tells what has booted"
live restore "$old"
is "$status $(pair linux)" "0 $booted" "live system, restore: what had booted is in its place"
command=$(sed -n 's/^  \(.*pacman -U .*\)/\1/p' <<<"$out")
like "$command" "^arch-chroot /mnt pacman -U --overwrite 'usr/lib/modules/$old/\*' /var/cache/pacman/pkg/linux-" \
    "live system, restore: the command works in that system"
contains "in section [options] of /mnt/etc/pacman.conf:" "live system, restore: and so does the advice"
bed sh -c "yes '' | $command"
safe "live system, the command as it is printed"
is "$(kernel_of linux)" "$old" "live system: it boots"

# Somebody has forgotten to mount it.
bed umount /mnt/boot
beneath() { find "$BED/boot" -mindepth 1 -printf '%P\n' | sort | paste -sd' '; }
for command in restore keep; do
    live "$command"
    is "$status:$out" "2:kernel-guard: /etc/fstab mounts UUID=4B47-5541 at /boot, and it is not mounted: nothing is written beneath" \
        "/mnt/boot is not mounted, $command: refused, with the reason"
done
live restore --dry-run
is "$status" 2 "/mnt/boot is not mounted, restore --dry-run: so is that"
live entries
live prune
live check
is "$status" 1 "/mnt/boot is not mounted, check: unsafe"
contains "mount UUID=4B47-5541 /mnt/boot" "/mnt/boot is not mounted, check: with the remedy"
bed arch-chroot /mnt pacman --noconfirm -S linux-firmware
is "$status" 1 "/mnt/boot is not mounted, arch-chroot: pacman is refused"
contains "[boot-not-mounted]" "/mnt/boot is not mounted, arch-chroot: with the reason"
is "$(beneath)" "" "/mnt/boot is not mounted: nothing has been written beneath"
bed mount --bind /srv/esp /mnt/boot
bed arch-chroot /mnt pacman --noconfirm -S linux-firmware
safe "mounted again"

# From outside, by a pacman for which nobody has mounted anything.
bed pacman --root /mnt --noconfirm -S linux-firmware
is "$status" 0 "without /proc: pacman exits 0"
contains "==> ERROR: /proc must be mounted!" "without /proc: no image is written"
like "$(verdict)" "/proc is not mounted.*Mount /proc.*/proc is not mounted.*UNKNOWN: arch.conf" \
    "without /proc: unknown, and why"

# An image of a system without a generator and a loader: others put the kernel where it boots from.
empty_root
bed pacstrap /mnt base kmod linux kernel-guard
strapped "an image with a kernel" "Updating module dependencies..."
contains $'\n'"safe: nothing is set up to boot Linux $old yet" "an image with a kernel: what is not there is said"
is "$(ls -A "$BED/boot")" "" "an image with a kernel: /boot is empty"
mkdir -p "$BED/run/systemd/system"
bed chroot /mnt kernel-guard check
like "$status $out" "^1 .*boot-target-missing" "the same, running: unsafe"

# In a container: no kernel, no /boot, no systemd; its first process sees no chroot.
empty_root
bed pacstrap /mnt base kmod dkms kernel-guard
is "$status" 0 "container: pacstrap exits 0"
rmdir "$BED/boot" "$BED/usr/lib/modules"
bed sh -c 'mount --bind /dev /mnt/dev && mount -t tmpfs run /mnt/run'
container() { bed unshare --fork --pid --mount --kill-child --root=/mnt --mount-proc "$@"; }
container sh -c '[ / -ef /proc/1/root ]'
is "$status" 0 "container: it is no chroot"
for action in '-S linux-firmware' '-S kg-story-dkms' '-S linux-headers' '-R linux-headers' '-S dkms' \
    '-R kg-story-dkms'; do
    # shellcheck disable=SC2086  # two words
    container pacman --noconfirm $action
    safe "container, $action"
    contains $'\nsafe: no kernel is installed here' "container, $action: says that there is no kernel"
done
for command in booted keep; do
    container kernel-guard "$command"
    like "$status $out" "^2 warning: no boot entry starts the kernel that runs, [^\n]*$" "container, $command: it says why"
done
container kernel-guard recover
is "$status:$out" "0:there is nothing to recover" "container, recover"
container kernel-guard list
is "$status:$out" "0:" "container, list: nothing"
container kernel-guard restore
is "$status:$out" "2:kernel-guard: no kernel is kept" "container, restore"
[ ! -e "$BED/boot" ] && [ ! -e "$BED/var/lib/kernel-guard/sets" ]
ok $? "container: no /boot is made, and nothing is kept"
bed umount -R /mnt

# A user with sudo.
kept_for_all() { # NAME
    is "$(stat -c '%U %a' "$BED/var/lib/kernel-guard"{,/verdict.json} | paste -sd,)" "root 755,root 644" \
        "$1: everybody can read the verdict"
}
BED=$machine
transaction -Sy kernel-guard
is "$status" 0 "kernel-guard is installed as a package"
echo '127.0.0.1 localhost archlinux' >"$BED/etc/hosts"
echo 'alice ALL=(root) NOPASSWD: /usr/bin/pacman' >"$BED/etc/sudoers.d/alice"
bed useradd --create-home alice
alice=(runuser -u alice -- sh -c 'umask 077 && exec "$@"' sh)
rm -rf "$BED/var/lib/kernel-guard"
bed setsid "${alice[@]}" sudo -n pacman --noconfirm -S linux-firmware
safe "sudo without a terminal"
kept_for_all "sudo"
bed "${alice[@]}" kernel-guard status --porcelain
like "$status $out" "^0 verdict safe" "sudo: the user can ask for it"
rm -rf "$BED/var/lib/kernel-guard"
bed sh -c 'umask 077 && /usr/lib/kernel-guard/hook post'
kept_for_all "an image written by hand"
with_color
bed script -qec 'runuser -u alice sudo -- -n pacman --noconfirm -S linux-firmware' /dev/null
is "$status" 0 "sudo at a terminal: pacman exits 0"
coloured "sudo at a terminal"

done_testing
