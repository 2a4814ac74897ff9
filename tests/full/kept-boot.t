#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine with real firmware, systemd-boot, kernels and systemd lives through an update: what has booted is kept; chosen in the
# boot menu, the kept kernel finds its modules before udev asks for the first one, also on a root that stays read-only; the new
# kernel lets pacman install the old one again; and restoring makes one the default and takes it back. pacman is real, and its
# hooks are tests/pacman/arch and ours; the generator takes images that are at hand.
# shellcheck source=tests/full/plain.sh
. "$(dirname "$0")/plain.sh"
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/kept-boot.sh
. "$TESTS/vm/kept-boot.sh"

for series in 6.12 7.2; do "$TESTS/material/kernel.sh" "$series" || exit 1; done
old=$(vm_release 6.12) new=$(vm_release 7.2)
declare -A versions=([old]=6.12 [new]=7.2)
disk=$SCRATCH/disk root=$SCRATCH/root esp=$SCRATCH/esp
options="root=UUID=$KEPT_BOOT_ROOT rw console=ttyS0 panic=-1 edd=off no_timer_check"

kept_boot_kernel 6.12 "$SCRATCH/old" && kept_boot_kernel 7.2 "$SCRATCH/new" && kept_boot_root "$root" || exit 1
for name in old new; do kept_boot_package "$SCRATCH/$name" "${versions[$name]}" "$root/srv" || exit 1; done
kept_boot_pacman "$root" "$root/srv/linux-${versions[old]}-1-x86_64.pkg.tar.zst" "$SCRATCH/old" "$SCRATCH/new" || exit 1
cp -r "$SCRATCH/old/usr/lib/modules/$old" "$root/usr/lib/modules/"
# What lies beside the originals before mkinitcpio's hook removes these, and differs from them.
mkdir -p "$root/etc/pacman.d/hooks"
printf '%s\n' '[Trigger]' 'Type = Path' 'Operation = Upgrade' 'Operation = Remove' 'Target = usr/lib/modules/*/vmlinuz' '[Action]' \
    'When = PreTransaction' 'Exec = /bin/sh /srv/beside' >"$root/etc/pacman.d/hooks/06-beside.hook"
cat >"$root/srv/beside" <<'END'
cd /boot && exec >/run/beside 2>&1
files=$(find . -name '*old*' -type f | sort | xargs)
echo "beside: $files"
for file in $files; do cmp "$file" "$(echo "$file" | sed 's/[-.]old//')"; done
END
mkdir -p "$esp"/{EFI/BOOT,loader/entries}
cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$esp/EFI/BOOT/BOOTX64.EFI"
cp "$SCRATCH/old/vmlinuz" "$esp/vmlinuz-linux"
cp "$SCRATCH/old/initramfs" "$esp/initramfs-linux.img"
# Of the same kernel, and with the same options: what tells it from the other one is what the loader says.
cp "$SCRATCH/old/initramfs" "$esp/initramfs-linux-other.img"
(cd "$SCRATCH" && echo old/files | cpio -o -H newc --quiet | zstd -q) >>"$esp/initramfs-linux-other.img"
for name in '' -other; do
    printf '%s\n' "title Arch Linux$name" 'linux /vmlinuz-linux' "initrd /initramfs-linux$name.img" "options $options" \
        >"$esp/loader/entries/arch$name.conf"
done
printf '%s\n' 'timeout 0' 'default arch.conf' >"$esp/loader/loader.conf"
kept_boot_disk "$root" "$esp" "$disk" || exit 1

# boots NAME < SCRIPT: the machine's next boot, in which $old and $new are known.
boots() {
    place=$SCRATCH/boot
    printf '# %s\n' "$1"
    { printf 'old=%s new=%s\n' "$old" "$new" && cat; } | kept_boot "$disk" "$place"
    ok $? "$1: the machine boots, and does what it is told"
    printf '# %s: %d s\n' "$1" "$SECONDS"
}
fact() { kept_boot_fact "$place" "$1"; }
facts() { # NAME KERNEL ENTRY
    is "$(fact kernel), $(fact entry)" "$2, $3" "$1: $2 runs, as $3"
    is "$(fact multi-user) $(fact boot)" "active vfat" "$1: it is up, with /boot"
    is "$(fact "by udev"), $(fact "by systemd")" "virtio_balloon, configfs configfs" \
        "$1: udev and systemd have loaded what the image does not have"
}
# kept_modules NAME RELEASE: they are in their place, in time, and the machine has nothing to complain of.
kept_modules() {
    is "$(fact recover) $(fact order)" "success 0 before udev" "$1: kernel-guard has done its part before udev started"
    is "$(fact modules)" "/usr/lib/modules/.kernel-guard/$2" "$1: the kept modules are mounted"
    is "$(fact loads)" dummy "$1: one of them loads"
}

# install OLD|NEW: its package, in the guest.
install() {
    cat <<END
transaction -U /srv/linux-${versions[$1]}-1-x86_64.pkg.tar.zst
cat /run/beside
echo "entries: \$(ls /boot/loader/entries | xargs)"
echo "beside after: \$(cd /boot && find . -name '*old*' -type f | sort | xargs)"
echo "running tree: \$(mount_at "\$modules")"
END
}
# installed NAME FILES RUNNING: these are beside the originals before and after the transaction.
installed() {
    is "$(fact pacman) $(fact hooks)" "0 0 failed" "$1: pacman exits 0, and all hooks are content"
    like "$(fact verdict)" "^safe: " "$1: its last word is that the machine will boot"
    is "$(fact beside)" "$2" "$1: before it, the kept files lie beside the originals"
    is "$(grep -E '^cmp:| differ' "$place/results")" "" "$1: and are the same"
    is "$(fact "beside after")" "$2" "$1: after it, they are still there"
    is "$(fact "running tree")" "/usr/lib/modules/.kernel-guard/$3" "$1: the kernel that runs has its kept modules"
}

boots "first boot" <<END
ended kernel-guard-booted.service
journalctl -b -o cat -u kernel-guard-booted.service | grep -i -e warning -e kernel-guard:
for set in /var/lib/kernel-guard/sets/*/; do echo "set: \$(ls \$set | xargs)"; done
echo "tree: \$(ls /usr/lib/modules/.kernel-guard | xargs)"
# Without what else tells the entries apart, and with the other one as the default.
sed 's/initrd=[^ ]*//' /proc/cmdline >/run/cmdline && mount --bind /run/cmdline /proc/cmdline
cp /boot/loader/loader.conf /run && sed -i 's/arch.conf/arch-other.conf/' /boot/loader/loader.conf
echo "again: \$(kernel-guard booted)"
umount /proc/cmdline && cp /run/loader.conf /boot/loader/
rm /boot/loader/entries/arch-other.conf /boot/initramfs-linux-other.img
$(install new)
systemctl --no-block reboot --boot-loader-entry=arch-kernel-guard.conf || systemctl --no-block poweroff
END
facts "first boot" "$old" arch.conf
is "$(fact kernel-guard-booted.service)" "success 0" "first boot: the timer has started what keeps it"
is "$(fact set)" "0-vmlinuz-linux 1-initramfs-linux.img set.json" "first boot: kernel and image are kept, those of the entry"
is "$(fact tree)" "$old" "first boot: so are the modules"
is "$(fact again)" "what runs is kept already" "first boot: LoaderEntrySelected alone would tell which ones"
is "$(fact modules)" "" "first boot: nothing is mounted over its modules"
installed update "./initramfs-linux.old.img ./vmlinuz-linux.old" "$old"
is "$(fact entries)" "arch-kernel-guard.conf arch.conf" "update: there is an entry for the kept files"

# Chosen for one boot, and its root stays read-only.
export MTOOLS_SKIP_CHECK=1
fallback=::/loader/entries/arch-kernel-guard.conf
mcopy -n -i "$disk@@1M" "$fallback" "$SCRATCH/fallback"
sed "s/ rw / ro systemd.mask=systemd-remount-fs.service /" "$SCRATCH/fallback" >"$SCRATCH/read-only"
mcopy -o -i "$disk@@1M" "$SCRATCH/read-only" "$fallback"
boots "the kept kernel" <<'END'
ended kernel-guard-booted.service
journalctl -b -o cat -u kernel-guard-booted.service | grep kernel-guard:
echo "loads: $(loads dummy)"
systemctl --no-block poweroff
END
facts "the kept kernel" "$old" arch-kernel-guard.conf
is "$(fact root)" ro "the kept kernel: the root is read-only"
kept_modules "the kept kernel" "$old"
mcopy -o -i "$disk@@1M" "$SCRATCH/fallback" "$fallback"

boots "the new kernel" <<END
ended kernel-guard-booted.service
echo "old tree: \$(ls -A "/usr/lib/modules/\$old" | wc -l), \$(mount_at "/usr/lib/modules/\$old")"
$(install old)
echo "package: \$(pacman -Q linux), \$(pacman -Qqo "/usr/lib/modules/\$old/vmlinuz"), \$(pacman -Qk linux)"
echo "new tree: \$(find "/usr/lib/modules/\$new" -name vmlinuz)"
systemctl --no-block poweroff
END
facts "the new kernel" "$new" arch.conf
is "$(fact modules)" "" "the new kernel: nothing is mounted over its modules"
is "$(fact "old tree")" "0, " "the new kernel: the old one's mount is gone, and the directory is empty"
installed "the old one again" "./initramfs-linux.old.img ./vmlinuz-linux.old" "$new"
like "$(fact package)" "^linux 6\.12-1, linux, linux: [0-9]+ total files, 0 missing files$" \
    "the old one again: its files are there, and are the package's"
is "$(fact "new tree")" "" "the old one again: the new one's are gone"

boots "the old kernel again" <<'END'
ended kernel-guard-booted.service
echo "sets: $(ls /var/lib/kernel-guard/sets | wc -l)"
echo "loads: $(loads dummy)"
kernel-guard restore "$new"
echo "restore: $?"
systemctl --no-block poweroff
END
facts "the old kernel again" "$old" arch.conf
is "$(fact modules), $(fact loads)" ", dummy" "the old kernel again: its modules are where pacman has put them"
is "$(fact root) $(fact kernel-guard-booted.service), $(fact sets)" "rw success 0, 2" "the old kernel again: it was kept before"
is "$(fact restore)" 0 "the old kernel again: the new one is restored"

boots "the new kernel, restored" <<'END'
ended kernel-guard-booted.service
echo "loads: $(loads dummy)"
kernel-guard restore "$old"
echo "restore: $?"
systemctl --no-block poweroff
END
facts "the new kernel, restored" "$new" arch.conf
kept_modules "the new kernel, restored" "$new"
is "$(fact restore)" 0 "the new kernel, restored: the old one is restored"

boots "the old kernel, restored" <<'END'
ended kernel-guard-booted.service
echo "loads: $(loads dummy)"
systemctl --no-block poweroff
END
facts "the old kernel, restored" "$old" arch.conf
is "$(fact modules), $(fact loads)" ", dummy" "the old kernel, restored: its modules are those of its package"

# A unified kernel image.
uki() { # NAME OUTPUT
    "$TESTS/material/uki.sh" build --linux="$SCRATCH/$1/vmlinuz" --initrd="$SCRATCH/$1/initramfs" --cmdline="$options" \
        --uname="$(basename "$SCRATCH/$1"/usr/lib/modules/*)" --os-release=@"$SCRATCH/os-release" --output="$2" \
        >"$SCRATCH/ukify.log" 2>&1 || sed 's/^/# /' "$SCRATCH/ukify.log"
}
printf '%s\n' 'NAME="Arch Linux"' 'PRETTY_NAME="Arch Linux"' ID=arch BUILD_ID=rolling >"$SCRATCH/os-release"
rm "$esp"/initramfs-linux* "$esp"/loader/entries/*
mkdir "$esp/EFI/Linux"
uki old "$esp/EFI/Linux/arch-linux.efi"
uki new "$root/srv/arch-linux.efi"
printf '%s\n' '#!/bin/sh' 'cp /srv/arch-linux.efi /boot/EFI/Linux/' >"$root/usr/bin/mkinitcpio"
sed -i 's,^default_image=.*,default_uki="/boot/EFI/Linux/arch-linux.efi",' "$root/etc/mkinitcpio.d/linux.preset"
printf '%s\n' 'timeout 0' >"$esp/loader/loader.conf"
kept_boot_disk "$root" "$esp" "$disk" || exit 1

boots "unified image" <<END
ended kernel-guard-booted.service
for set in /var/lib/kernel-guard/sets/*/; do echo "set: \$(ls \$set | xargs)"; done
$(install new)
systemctl --no-block reboot --boot-loader-entry=arch-linux-old.efi || systemctl --no-block poweroff
END
facts "unified image" "$old" arch-linux.efi
is "$(fact set)" "0-arch-linux.efi set.json" "unified image: it is kept"
installed "unified image, update" ./EFI/Linux/arch-linux-old.efi "$old"

boots "the kept unified image" <<'END'
echo "loads: $(loads dummy)"
systemctl --no-block poweroff
END
facts "the kept unified image" "$old" arch-linux-old.efi
kept_modules "the kept unified image" "$old"

done_testing
