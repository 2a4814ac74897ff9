#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power fails at moments spread over all that happens to what has booted: it is kept, pacman replaces the kernel, the old one is
# restored, and an older one that is kept is removed. Each time the disk that is left, ext4 and FAT, boots by real firmware and
# systemd-boot what has booted before: the very kernel and image, with all modules where that kernel looks for them. What has
# booted, and what the disk has of it, this test judges by itself. QEMU records the disk's writes and flushes. KG_SEED chooses.
# shellcheck source=tests/full/plain.sh
. "$(dirname "$0")/plain.sh"
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/kept-boot.sh
. "$TESTS/vm/kept-boot.sh"

seed=${KG_SEED:-$(($(date +%s) % 32768))}
points=${KG_POINTS:-15}
# One of so many boots is one with systemd.
systemd_each=7
printf '# KG_SEED=%s\n' "$seed"
for series in 6.12 7.2; do "$TESTS/material/kernel.sh" "$series" || exit 1; done
old=$(vm_release 6.12) new=$(vm_release 7.2)
disk=$SCRATCH/disk root=$SCRATCH/root esp=$SCRATCH/esp
options="root=UUID=$KEPT_BOOT_ROOT rw init=/srv/init console=ttyS0 quiet panic=-1 edd=off no_timer_check"

kept_boot_kernel 6.12 "$SCRATCH/old" && kept_boot_kernel 7.2 "$SCRATCH/new" && kept_boot_root "$root" &&
    kept_boot_package "$SCRATCH/old" 6.12 "$SCRATCH/packages" && kept_boot_package "$SCRATCH/new" 7.2 "$SCRATCH/packages" &&
    kept_boot_pacman "$root" "$SCRATCH/packages/linux-6.12-1-x86_64.pkg.tar.zst" "$SCRATCH/old" "$SCRATCH/new" || exit 1
cp -r "$SCRATCH/old/usr/lib/modules/$old" "$root/usr/lib/modules/"
cp "$SCRATCH/packages/linux-7.2-1-x86_64.pkg.tar.zst" "$root/srv/new.pkg.tar.zst"
cp "$TESTS/vm/kept-boot-init" "$root/srv/init"
# When what runs is kept, the record decides.
rm "$root/usr/lib/systemd/system/timers.target.wants/kernel-guard-booted.timer"

# A mark is written behind the page cache, and flushes nothing. What pacman and its hooks have changed is written before the
# marks that say so, for it would not be within half a minute; what kernel-guard has done it has to have written itself, and what
# mkinitcpio has before hook post counts on it.
cat >"$root/srv/mark" <<'END'
#!/bin/sh
# usage: mark NAME [sync]
[ -z "$2" ] || sync
number=$(cat /run/mark 2>/dev/null || echo 0)
echo $((number + 1)) >/run/mark
printf '%-4096s' "KG-MARK $1" | dd of=/dev/vda3 bs=4096 count=1 seek="$number" iflag=fullblock oflag=direct conv=notrunc 2>/dev/null
END
chmod +x "$root/srv/mark"
# mark_hook NUMBER WHEN NAME: between which of the hooks.
mkdir -p "$root/etc/pacman.d/hooks"
mark_hook() {
    printf '%s\n' '[Trigger]' 'Type = Path' 'Operation = Install' 'Operation = Upgrade' 'Operation = Remove' \
        'Target = usr/lib/modules/*/vmlinuz' '[Action]' "When = $2Transaction" "Exec = /srv/mark $3" >"$root/etc/pacman.d/hooks/$1-mark.hook"
}
mark_hook 06 Pre mkinitcpio-remove
mark_hook 61 Pre "unpacking sync"
mark_hook 89 Post "mkinitcpio-install sync"
mark_hook 91 Post hook-post

mkdir -p "$esp"/{EFI/BOOT,loader/entries}
cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$esp/EFI/BOOT/BOOTX64.EFI"
cp "$SCRATCH/old/vmlinuz" "$esp/vmlinuz-linux"
cp "$SCRATCH/old/initramfs" "$esp/initramfs-linux.img"
printf '%s\n' 'title Arch Linux' 'linux /vmlinuz-linux' 'initrd /initramfs-linux.img' "options $options" >"$esp/loader/entries/arch.conf"
printf '%s\n' 'timeout 0' 'default arch.conf' >"$esp/loader/loader.conf"

# One that had booted before, of another image: what prune removes.
older() {
    local machine=$SCRATCH/machine at version
    cp -r "$esp/loader" "$SCRATCH/new/vmlinuz" "$root/boot/" && mv "$root/boot/vmlinuz" "$root/boot/vmlinuz-linux" || return
    { cat "$SCRATCH/new/initramfs" && (cd "$SCRATCH" && echo new/files | cpio -o -H newc --quiet); } >"$root/boot/initramfs-linux.img"
    cp -r "$SCRATCH/new/usr/lib/modules/$new" "$root/usr/lib/modules/"
    sleep 1.1 # The files are older than the boot, in whole seconds.
    mkdir -p "$machine"/{proc/sys/kernel,sys}
    # Documentation/arch/x86/boot.rst: kernel_version.
    at=$(od -An -t u2 -j 526 -N 2 "$SCRATCH/new/vmlinuz" | tr -d ' ')
    version=$(tail -c +$((at + 513)) "$SCRATCH/new/vmlinuz" | head -c 512 | tr '\0' '\n' | head -n 1)
    echo "$new" >"$machine/proc/sys/kernel/osrelease"
    echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$machine/proc/version"
    echo "$options" >"$machine/proc/cmdline"
    echo "btime $(date +%s)" >"$machine/proc/stat"
    run booted --root "$root" --machine "$machine"
    is "$status:$out" "0:kept $new, which runs" "another one had booted before"
    rm -r "${root:?}"/boot/* "$root/usr/lib/modules/$new"
}
older || exit 1

# What has booted, and what has not.
pair_of() { sha256sum <"$1/vmlinuz" && sha256sum <"$1/initramfs"; }
proven=$(pair_of "$SCRATCH/old") unproven=$(pair_of "$SCRATCH/new")
(cd "$SCRATCH/old/usr/lib/modules/$old" && find . -type f ! -name vmlinuz ! -name pkgbase -exec sha256sum {} +) >"$root/srv/modules"
kept_boot_disk "$root" "$esp" "$disk" || exit 1

kept_boot "$disk" "$SCRATCH/record" "$SCRATCH/log" <<'END'
/srv/mark booted
systemctl start kernel-guard-booted.service
echo "booted: $?"
/srv/mark hook-pre
transaction -U /srv/new.pkg.tar.zst
/srv/mark restore
kernel-guard restore "$(uname -r)"
echo "restore: $?"
/srv/mark prune
printf '[keep]\nkeep = 0\n' >/etc/kernel-guard.conf
kernel-guard prune
echo "prune: $?"
/srv/mark end sync
systemctl --no-block poweroff
END
ok $? "what is recorded goes to its end"
said() { kept_boot_fact "$SCRATCH/record" "$1"; }
is "$(said kernel) $(said multi-user)" "$old active" "$old has booted"
is "$(said booted) $(said pacman) $(said restore) $(said prune)" "0 0 0 0" "it is kept, replaced and restored, and nothing fails"
is "$(grep -c "^removed the kept set $new-" "$SCRATCH/record/results")" 1 "and the older one is removed"
printf '# recorded: %d s\n' "$SECONDS"

power() { python3 "$TESTS/vm/keep-power.py" "$@"; }
cut=$SCRATCH/cut
# At byte 1024 of the second partition.
superblock=$((((KEPT_BOOT_MEGABYTES + 1) << 11) + 2))
cp --sparse=always "$disk" "$cut"
power cut "$SCRATCH/log" "$seed" end all "$cut" "$superblock"
cmp "$cut" "$SCRATCH/record/disk"
ok $? "what is replayed is the disk that the guest has left"
rm "$SCRATCH/record/disk"
power points "$SCRATCH/log" "$seed" "$points" >"$SCRATCH/points"
printf '# of %s bytes of the record\n' "$(stat -c %s "$SCRATCH/log")"
is "$(cut -d' ' -f2 "$SCRATCH/points" | uniq | xargs)" \
    "booted hook-pre mkinitcpio-remove unpacking mkinitcpio-install hook-post restore prune" "each part has moments"

# What lies on the disk's ESP, which was not unmounted.
export MTOOLS_SKIP_CHECK=1
there() { mtype -i "$cut@@1M" "::$1" 2>/dev/null; }
exists() { mdir -b -i "$cut@@1M" "::$1" >/dev/null 2>&1; }
named() { there "/loader/entries/$1" | awk -v key="$2" '$1 == key { print $2 }'; } # ENTRY KEY
pair() { there "$(named "$1" linux)" | sha256sum && there "$(named "$1" initrd)" | sha256sum; } # ENTRY

# chosen: what starts from the disk, in $entry, and $how: by itself, or by hand, where the default is not what has booted.
chosen() {
    local name
    how="by itself"
    if exists "$(named arch.conf linux)"; then
        entry=arch.conf
        case $(pair arch.conf) in
        "$proven") return 0 ;;
        "$unproven") how="by hand, beside the new one" ;;
        *) how="by hand, beside half of one" ;;
        esac
    else
        # The loader shows no entry without a kernel.
        how="by itself, the default is gone"
    fi
    for name in $(mdir -b -i "$cut@@1M" ::/loader/entries | sed -n 's,.*/\([^/]*\.conf\)$,\1,p'); do
        [ "$(pair "$name")" = "$proven" ] || continue
        entry=$name
        return 0
    done
    why="no entry starts what has booted"
    return 1
}

fact() { kept_boot_fact "$SCRATCH/boot" "$1"; }
is_fact() { [ "$1" = "$2" ] || why+="$3: $1, and not $2; "; } # GOT EXPECTED NAME

# survives SMALL: the disk boots, and what boots is what has booted.
survives() {
    why='' how='' entry=''
    : >"$SCRATCH/said"
    chosen || return
    if [[ $how == by\ hand* ]]; then
        printf '%s\n' 'timeout 0' "default $entry" >"$SCRATCH/loader.conf"
        mcopy -o -i "$cut@@1M" "$SCRATCH/loader.conf" ::/loader/ || return
    fi
    if ! kept_boot "$cut" "$SCRATCH/boot" >"$SCRATCH/said" <<END; then
$1
echo "replayed: \$(dmesg | grep -c 'EXT4-fs (vda2): recovery complete')"
echo "unclean: \$(dmesg | grep -c 'FAT-fs (vda1): Volume was not properly unmounted')"
echo "errors: \$(dmesg | grep -c -E '(EXT4|FAT)-fs.*error')"
echo "sums: \$(cd "\$modules" && sha256sum --quiet --strict -c /srv/modules 2>&1 | head -n 3 | xargs)"
echo "loads: \$(loads dummy) \$(loads vfat)"
echo "image: \$(grep -o 'initrd=[^ ]*' /proc/cmdline)"
if [ -d /run/systemd/system ]; then
    kernel-guard check
    echo "check: \$?"
fi
kernel-guard keep
echo "keep: \$?"
[ ! -d /run/systemd/system ] || systemctl --no-block poweroff
END
        why="it does not come to its end"
        return 1
    fi
    is_fact "$(fact kernel) $(fact entry) $(fact image) $(fact root) $(fact boot)" \
        "$old $entry initrd=$(named "$entry" initrd | tr / '\134') rw vfat" "what runs"
    is_fact "$(fact replayed) $(fact unclean) $(fact errors)" "1 1 0" "replayed, unclean, errors"
    is_fact "$(fact sums), $(fact loads)" ", dummy vfat" modules
    is_fact "$(fact keep)" 0 keep
    if [ "$1" ]; then
        is_fact "$(fact recover)" 0 recover
    else
        is_fact "$(fact recover), $(fact order), $(fact multi-user)" "success 0, before udev, active" systemd
        is_fact "$(fact check)" 0 check
    fi
    [ -z "$why" ]
}

total=0 survivors=0 systemd=0
declare -A ways=()
while read -r point part state pending; do
    start=$SECONDS small='#small'
    [ $((total % systemd_each)) -ne $((systemd_each / 2)) ] || small=''
    total=$((total + 1))
    cp --sparse=always "$disk" "$cut" && cp "$disk.vars" "$cut.vars" &&
        power cut "$SCRATCH/log" "$seed" "$point" "$state" "$cut" "$superblock" || exit 1
    if survives "$small"; then
        survivors=$((survivors + 1))
        [ "$small" ] || systemd=$((systemd + 1))
        ways[$how]=$((${ways[$how]:-0} + 1))
    fi
    printf '# %s, step %s, of %s writes not flushed %s: %s %s%s, %d s\n' "$part" "$point" "$pending" "$state" "$entry" "$how" \
        "${why:+: $why}" $((SECONDS - start))
    [ -z "$why" ] || sed 's/^\(# \)*/#   /' "$SCRATCH/said"
done <"$SCRATCH/points"

printf '# %d points, %d survivors\n' "$total" "$survivors"
for how in "${!ways[@]}"; do printf '# %d %s\n' "${ways[$how]}" "$how"; done
[ "$total" -ge 12 ] && [ "$systemd" -ge 2 ]
ok $? "there are points, some of them booted with systemd"
is "$survivors" "$total" "what has booted boots after each"
[ "${ways["by itself, the default is gone"]:-0}" -gt 0 ]
ok $? "also where pacman's hooks have removed the default"

done_testing
