#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine with real firmware, systemd-boot, kernels and systemd lives through an update: what has booted is kept; chosen in the
# boot menu, the kept kernel finds its modules before udev asks for the first one, also on a root that stays read-only; and
# restoring makes it the default and takes it back. The update itself is what pacman and mkinitcpio do to the files.
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
disk=$SCRATCH/disk root=$SCRATCH/root esp=$SCRATCH/esp
options="root=UUID=$KEPT_BOOT_ROOT rw console=ttyS0 panic=-1 edd=off no_timer_check"

kept_boot_kernel 6.12 "$SCRATCH/old" && kept_boot_kernel 7.2 "$SCRATCH/new" && kept_boot_root "$root" || exit 1
# What the packages will install, and what the generator will make of it.
mkdir -p "$root/srv/new" "$root/usr/lib/modules"
cp -r "$SCRATCH/old/usr/lib/modules/$old" "$root/usr/lib/modules/"
cp -r "$SCRATCH/new/usr/lib/modules/$new" "$SCRATCH/new"/{vmlinuz,initramfs} "$root/srv/new/"
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
# kept_modules NAME: they are in their place, in time, and the machine has nothing to complain of.
kept_modules() {
    is "$(fact recover) $(fact order)" "success 0 before udev" "$1: kernel-guard has done its part before udev started"
    is "$(fact modules)" "/usr/lib/modules/.kernel-guard/$old" "$1: the kept modules are mounted"
    is "$(fact loads)" dummy "$1: one of them loads"
}

# update COMMANDS: what the update does, in the guest; the commands are the generator's.
update() {
    cat <<END
printf 'usr/lib/modules/%s/vmlinuz\n' "\$old" "\$new" >/run/targets
/usr/lib/kernel-guard/hook pre </run/targets
echo "pre: \$?"
beside() { (cd /boot && find . -name '*old*' -type f | sort | xargs); }
echo "beside: \$(beside)"
for file in \$(beside); do cmp "/boot/\$file" "/boot/\$(echo "\$file" | sed 's/[-.]old//')"; done
rm -rf --one-file-system "/usr/lib/modules/\$old"
cp -a "/srv/new/\$new" /usr/lib/modules/
$1
/usr/lib/kernel-guard/hook post </run/targets
echo "post: \$?"
echo "entries: \$(ls /boot/loader/entries | xargs)"
echo "beside after: \$(beside)"
echo "old tree: \$(mount_at "/usr/lib/modules/\$old")"
END
}
# updated NAME FILES: these are beside the originals before and after the update.
updated() {
    is "$(fact pre) $(fact post)" "0 0" "$1: both hooks are content"
    is "$(fact beside)" "$2" "$1: before it, the kept files lie beside the originals"
    is "$(grep -E '^cmp:| differ' "$place/results")" "" "$1: and are the same"
    is "$(fact "beside after")" "$2" "$1: after it, they are still there"
    is "$(fact "old tree")" "/usr/lib/modules/.kernel-guard/$old" "$1: the kernel that runs has its kept modules"
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
$(update 'rm /boot/vmlinuz-linux /boot/initramfs-linux.img
cp /srv/new/vmlinuz /boot/vmlinuz-linux
cp /srv/new/initramfs /boot/initramfs-linux.img')
systemctl --no-block reboot --boot-loader-entry=arch-kernel-guard.conf || systemctl --no-block poweroff
END
facts "first boot" "$old" arch.conf
is "$(fact kernel-guard-booted.service)" "success 0" "first boot: the timer has started what keeps it"
is "$(fact set)" "0-vmlinuz-linux 1-initramfs-linux.img set.json" "first boot: kernel and image are kept, those of the entry"
is "$(fact tree)" "$old" "first boot: so are the modules"
is "$(fact again)" "what runs is kept already" "first boot: LoaderEntrySelected alone would tell which ones"
is "$(fact modules)" "" "first boot: nothing is mounted over its modules"
updated update "./initramfs-linux.old.img ./vmlinuz-linux.old"
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
kept_modules "the kept kernel"
mcopy -o -i "$disk@@1M" "$SCRATCH/fallback" "$fallback"

boots "the new kernel" <<'END'
ended kernel-guard-booted.service
echo "old tree: $(ls -A "/usr/lib/modules/$old" | wc -l), $(mount_at "/usr/lib/modules/$old")"
kernel-guard restore "$old"
echo "restore: $?"
systemctl --no-block poweroff
END
facts "the new kernel" "$new" arch.conf
is "$(fact modules)" "" "the new kernel: nothing is mounted over its modules"
is "$(fact "old tree")" "0, " "the new kernel: the old one's mount is gone, and the directory is empty"
is "$(fact restore)" 0 "the new kernel: the old one is restored"

boots "the restored kernel" <<'END'
ended kernel-guard-booted.service
echo "sets: $(ls /var/lib/kernel-guard/sets | wc -l)"
echo "loads: $(loads dummy)"
kernel-guard restore "$new"
echo "restore: $?"
systemctl --no-block poweroff
END
facts "the restored kernel" "$old" arch.conf
kept_modules "the restored kernel"
is "$(fact root) $(fact kernel-guard-booted.service), $(fact sets)" "rw success 0, 2" "the restored kernel: it was kept before"
is "$(fact restore)" 0 "the restored kernel: the new one is restored"

boots "the new kernel, restored" <<'END'
ended kernel-guard-booted.service
echo "loads: $(loads dummy)"
systemctl --no-block poweroff
END
facts "the new kernel, restored" "$new" arch.conf
is "$(fact modules)" "" "the new kernel, restored: its modules are where pacman has put them"
is "$(fact loads)" dummy "the new kernel, restored: one of them loads"

# A unified kernel image.
uki() { # NAME OUTPUT
    "$TESTS/material/uki.sh" build --linux="$SCRATCH/$1/vmlinuz" --initrd="$SCRATCH/$1/initramfs" --cmdline="$options" \
        --uname="$(basename "$SCRATCH/$1"/usr/lib/modules/*)" --os-release=@"$SCRATCH/os-release" --output="$2" \
        >"$SCRATCH/ukify.log" 2>&1 || sed 's/^/# /' "$SCRATCH/ukify.log"
}
printf '%s\n' 'NAME="Arch Linux"' 'PRETTY_NAME="Arch Linux"' ID=arch BUILD_ID=rolling >"$SCRATCH/os-release"
rm "$esp"/{vmlinuz,initramfs}-linux* "$esp"/loader/entries/* "$root/srv/new"/{vmlinuz,initramfs}
mkdir "$esp/EFI/Linux"
uki old "$esp/EFI/Linux/arch-linux.efi"
uki new "$root/srv/new/arch-linux.efi"
sed -i 's,^default_image=.*,default_uki="/boot/EFI/Linux/arch-linux.efi",' "$root/etc/mkinitcpio.d/linux.preset"
printf '%s\n' 'timeout 0' >"$esp/loader/loader.conf"
kept_boot_disk "$root" "$esp" "$disk" || exit 1

boots "unified image" <<END
ended kernel-guard-booted.service
for set in /var/lib/kernel-guard/sets/*/; do echo "set: \$(ls \$set | xargs)"; done
$(update 'cp /srv/new/arch-linux.efi /boot/EFI/Linux/arch-linux.efi')
systemctl --no-block reboot --boot-loader-entry=arch-linux-old.efi || systemctl --no-block poweroff
END
facts "unified image" "$old" arch-linux.efi
is "$(fact set)" "0-arch-linux.efi set.json" "unified image: it is kept"
updated "unified image, update" ./EFI/Linux/arch-linux-old.efi

boots "the kept unified image" <<'END'
echo "loads: $(loads dummy)"
systemctl --no-block poweroff
END
facts "the kept unified image" "$old" arch-linux-old.efi
kept_modules "the kept unified image"

done_testing
