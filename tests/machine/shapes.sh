# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines as their proc and sys show them, reduced to what tells what a root lies on. To be sourced. Paths, links and
# texts are those of Linux 6.12; `real/` holds trees that were captured from real stacks.
#   shape NAME DIRECTORY   writes the machine NAME; sets $needs, the modules that it takes to reach its root, one a line with
#                          the reason that has to be given behind them
# shellcheck disable=SC2034  # for those who source this
shapes=(nvme-ext4 luks-lvm-ext4 btrfs-two-nvme md-raid1-luks zfs-mirror zfs-on-luks bcachefs virtio-blk usb-stick emmc
    nvme-multipath separate-usr hibernation nfs-root lvm-raid dm-multipath bcache)

# Directories from here on are below $at.
put() { # PATH TEXT
    mkdir -p "$at/$(dirname "$1")"
    printf '%s\n' "$2" >"$at/$1"
}
link() { # PATH TARGET, both below $at
    mkdir -p "$at/$(dirname "$1")"
    ln -srfn "$at/$2" "$at/$1"
}

# A device with modalias, and the driver and module that are bound to it; "-" for what it does not have.
device() { # PATH MODALIAS DRIVER MODULE
    local bus=${2%%:*}
    mkdir -p "$at/sys/devices/$1"
    [ "$2" = - ] || put "sys/devices/$1/modalias" "$2"
    [ "$3" = - ] && return
    mkdir -p "$at/sys/bus/$bus/drivers/$3"
    link "sys/devices/$1/driver" "sys/bus/$bus/drivers/$3"
    [ "$4" = - ] && return
    mkdir -p "$at/sys/module/$4"
    link "sys/bus/$bus/drivers/$3/module" "sys/module/$4"
}
bridge() { device "$1" "pci:v00008086d0000A0B0sv00000000sd00000000bc06sc04i00" pcieport -; }

# A block device; its directories are there even where they are empty.
block() { # PATH MAJOR:MINOR
    mkdir -p "$at/sys/devices/$1"/{holders,slaves}
    put "sys/devices/$1/dev" "$2"
    put "sys/devices/$1/size" 250000000
    put "sys/devices/$1/uevent" "DEVNAME=$(basename "$1")"
    link "sys/dev/block/$2" "sys/devices/$1"
    link "sys/class/block/$(basename "$1")" "sys/devices/$1"
}
disk() {
    block "$1" "$2"
    link "sys/block/$(basename "$1")" "sys/devices/$1"
}
partition() { # PATH MAJOR:MINOR [PARTNAME]
    block "$1" "$2"
    rmdir "$at/sys/devices/$1/slaves"
    put "sys/devices/$1/partition" "${1: -1}"
    [ -z "${3:-}" ] || echo "PARTNAME=$3" >>"$at/sys/devices/$1/uevent"
}
# What lies on others.
stacked() { # NAME MAJOR:MINOR BELOW...
    local name=$1 below
    disk "virtual/block/$1" "$2"
    shift 2
    for below in "$@"; do
        link "sys/devices/virtual/block/$name/slaves/$below" "$(cd "$at" && realpath --relative-to=. "sys/class/block/$below")"
        link "sys/class/block/$below/holders/$name" "sys/devices/virtual/block/$name"
    done
}
mapped() { # NAME MAJOR:MINOR DM-NAME UUID BELOW...
    stacked "$1" "$2" "${@:5}"
    put "sys/devices/virtual/block/$1/dm/name" "$3"
    put "sys/devices/virtual/block/$1/dm/uuid" "$4"
}
array() { # NAME MAJOR:MINOR LEVEL BELOW...
    stacked "$1" "$2" "${@:4}"
    put "sys/devices/virtual/block/$1/md/level" "$3"
}
mounted() { # MAJOR:MINOR POINT TYPE SOURCE
    echo "$((30 + $(wc -l <"$at/proc/self/mountinfo"))) 1 $1 / $2 rw,relatime shared:1 - $3 $4 rw" >>"$at/proc/self/mountinfo"
}
need() { needs+="$1|$2"$'\n'; } # MODULE REASON, an extended regular expression

# An NVMe disk with a boot partition and a second one, at a PCI address behind a root port.
nvme() { # NUMBER PCI-DIRECTORY MINOR
    bridge "${2%/*}"
    device "$2" "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02" nvme nvme
    mkdir -p "$at/sys/devices/$2/nvme/nvme$1"
    disk "$2/nvme/nvme$1/nvme$1n1" "259:$3"
    partition "$2/nvme/nvme$1/nvme$1n1/nvme$1n1p1" "259:$(($3 + 1))" "EFI system partition"
    partition "$2/nvme/nvme$1/nvme$1n1/nvme$1n1p2" "259:$(($3 + 2))"
}
# A SATA disk: the driver of the controller, and sd.
sata() { # LETTER PORT MINOR
    local host=pci0000:00/0000:00:17.0/ata$2/host$2/target$2:0:0/$2:0:0:0
    device pci0000:00/0000:00:17.0 "pci:v00008086d0000A352sv00001043sd00008694bc01sc06i01" ahci ahci
    device "$host" scsi:t-0x00 sd sd_mod
    disk "$host/block/sd$1" "8:$3"
    partition "$host/block/sd$1/sd${1}1" "8:$(($3 + 1))"
    partition "$host/block/sd$1/sd${1}2" "8:$(($3 + 2))"
}
keyboards() {
    device platform/i8042 platform:i8042 i8042 i8042
    device platform/i8042/serio0 serio:ty06pr00id00ex00 atkbd atkbd
    mkdir -p "$at/sys/devices/platform/i8042/serio0/input/input3"
    device pci0000:00/0000:00:14.0 "pci:v00008086d0000A0EDsv00000000sd00000000bc0Csc03i30" xhci_hcd xhci_pci
    device pci0000:00/0000:00:14.0/usb1/1-4 usb:- usb usbcore
    rm "$at/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/modalias"
    device pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0 "usb:v046DpC31Cd6400dc00dsc00dp00ic03isc01ip01in00" usbhid usbhid
    device pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/0003:046D:C31C.0001 "hid:b0003g0001v0000046Dp0000C31C" hid-generic hid_generic
    mkdir -p "$at/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/0003:046D:C31C.0001/input/input7" "$at/proc/bus/input"
    cat >"$at/proc/bus/input/devices" <<'END'
I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
P: Phys=PNP0C0C/button/input0
S: Sysfs=/devices/LNXSYSTM:00/LNXSYBUS:00/PNP0C0C:00/input/input0
U: Uniq=
H: Handlers=kbd event0
B: PROP=0
B: EV=3

I: Bus=0011 Vendor=0001 Product=0001 Version=ab41
N: Name="AT Translated Set 2 keyboard"
P: Phys=isa0060/serio0/input0
S: Sysfs=/devices/platform/i8042/serio0/input/input3
U: Uniq=
H: Handlers=sysrq kbd leds event3
B: PROP=0
B: EV=120013

I: Bus=0003 Vendor=046d Product=c31c Version=0110
N: Name="Logitech USB Keyboard"
P: Phys=usb-0000:00:14.0-4/input0
S: Sysfs=/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/0003:046D:C31C.0001/input/input7
U: Uniq=
H: Handlers=sysrq kbd leds event7
B: PROP=0
B: EV=120013

END
}

shape_nvme-ext4() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    mounted 259:2 / ext4 /dev/nvme0n1p2
    need ext4 'the file system of / is ext4'
    need nvme '/ is on nvme0n1, PCI device 0000:01:00.0 \(/ > nvme0n1p2 > nvme0n1 > 0000:01:00.0\)'
}
shape_luks-lvm-ext4() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    mapped dm-0 254:0 cryptlvm CRYPT-LUKS2-6b672d67756172642d7465737400abcd-cryptlvm nvme0n1p2
    mapped dm-1 254:1 vg0-root LVM-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb dm-0
    mounted 254:1 / ext4 /dev/mapper/vg0-root
    need ext4 'the file system of / is ext4'
    need dm_crypt '/ is on LUKS2 device cryptlvm \(/ > dm-1 > dm-0\)'
    need dm_mod '/ is on LVM volume vg0-root'
    need nvme '/ is on nvme0n1, PCI device 0000:01:00.0 \(/ > dm-1 > dm-0 > nvme0n1p2 > nvme0n1 > 0000:01:00.0\)'
}
# The second disk is behind a controller that needs a driver of its own.
shape_btrfs-two-nvme() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    device pci0000:00/0000:00:0e.0 "pci:v00008086d00009A0Bsv00001043sd00001234bc01sc04i00" vmd vmd
    nvme 1 pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0 8
    for disk in nvme0n1p2 nvme1n1p2; do
        link "sys/fs/btrfs/6b672d67-7561-7264-2d62-747266730000/devices/$disk" "$(cd "$at" && realpath --relative-to=. "sys/class/block/$disk")"
    done
    mkdir -p "$at/sys/fs/btrfs/features"
    mounted 0:27 / btrfs /dev/nvme0n1p2
    need btrfs 'the file system of / is btrfs'
    need nvme '/ is on nvme0n1, PCI device 0000:01:00.0'
    need vmd '/ is on nvme1n1, PCI device 0000:00:0e.0 \(/ > nvme1n1p2 > nvme1n1 > 0000:00:0e.0\)'
}
shape_md-raid1-luks() {
    sata a 1 0
    sata b 2 16
    array md127 9:127 raid1 sda2 sdb2
    mapped dm-0 254:0 cryptroot CRYPT-LUKS1-6b672d67756172642d7465737400abcd-cryptroot md127
    mounted 254:0 / ext4 /dev/mapper/cryptroot
    need ext4 'the file system of / is ext4'
    need dm_crypt '/ is on LUKS1 device cryptroot'
    need raid1 '/ is on the raid1 array md127'
    need ahci '/ is on sda, PCI device 0000:00:17.0'
    need sd_mod '/ is on sda, SCSI device 1:0:0:0'
}
# Whole disks: zpool has made the partitions, and gave them names.
shape_zfs-mirror() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    for number in 1 2; do
        nvme $number "pci0000:00/0000:00:1c.$number/0000:0$((number + 1)):00.0" $((number * 8))
        partition "pci0000:00/0000:00:1c.$number/0000:0$((number + 1)):00.0/nvme/nvme$number/nvme${number}n1/nvme${number}n1p3" \
            "259:$((number * 8 + 3))" zfs-0123456789abcdef
    done
    mounted 0:27 / zfs rpool/ROOT/arch
    mkdir -p "$at/proc/spl/kstat/zfs/rpool"
    need zfs 'the file system of / is zfs'
    need nvme '/ is on nvme1n1, PCI device 0000:02:00.0'
}
# The machine of the story, beside a disk with another system that nothing is mounted from.
shape_zfs-on-luks() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    sata a 1 0
    mapped dm-0 254:0 cryptroot CRYPT-LUKS2-6b672d67756172642d7465737400abcd-cryptroot nvme0n1p2
    mapped dm-1 254:1 swap CRYPT-PLAIN-swap sda1
    printf 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1                               partition\t1048572\t\t0\t\t-2\n' \
        >"$at/proc/swaps"
    mounted 0:27 / zfs rpool/ROOT/arch
    mkdir -p "$at/proc/spl/kstat/zfs/rpool"
    keyboards
    need zfs 'the file system of / is zfs'
    need dm_crypt '/ is on LUKS2 device cryptroot \(/ > dm-0\)'
    need nvme '/ is on nvme0n1, PCI device 0000:01:00.0'
}
shape_bcachefs() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    sata a 1 0
    link sys/fs/bcachefs/6b672d67-7561-7264-2d62-636163686566/dev-0/block "$(cd "$at" && realpath --relative-to=. sys/class/block/nvme0n1p2)"
    link sys/fs/bcachefs/6b672d67-7561-7264-2d62-636163686566/dev-1/block "$(cd "$at" && realpath --relative-to=. sys/class/block/sda2)"
    mounted 0:27 / bcachefs /dev/nvme0n1p2:/dev/sda2
    need bcachefs 'the file system of / is bcachefs'
    need nvme '/ is on nvme0n1, PCI device'
    need ahci '/ is on sda, PCI device'
    need sd_mod '/ is on sda, SCSI device'
}
shape_virtio-blk() {
    device pci0000:00/0000:00:04.0 "pci:v00001AF4d00001042sv00001AF4sd00001100bc01sc00i00" virtio-pci virtio_pci
    device pci0000:00/0000:00:04.0/virtio1 virtio:d00000002v00001AF4 virtio_blk virtio_blk
    disk pci0000:00/0000:00:04.0/virtio1/block/vda 254:0
    partition pci0000:00/0000:00:04.0/virtio1/block/vda/vda2 254:2
    mounted 254:2 / xfs /dev/vda2
    need xfs 'the file system of / is xfs'
    need virtio_blk '/ is on vda, virtio device virtio1'
}
shape_usb-stick() {
    local stick=pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0
    device pci0000:00/0000:00:14.0 "pci:v00008086d0000A0EDsv00000000sd00000000bc0Csc03i30" xhci_hcd xhci_pci
    device pci0000:00/0000:00:14.0/usb1 usb:- usb usbcore
    device pci0000:00/0000:00:14.0/usb1/1-3 usb:- usb usbcore
    rm "$at"/sys/devices/pci0000:00/0000:00:14.0/usb1/{,1-3/}modalias
    device "$stick" "usb:v0781p5583d0100dc00dsc00dp00ic08isc06ip50in00" usb-storage usb_storage
    device "$stick/host6/target6:0:0/6:0:0:0" scsi:t-0x00 sd sd_mod
    disk "$stick/host6/target6:0:0/6:0:0:0/block/sdc" 8:32
    partition "$stick/host6/target6:0:0/6:0:0:0/block/sdc/sdc2" 8:34
    mounted 8:34 / ext4 /dev/sdc2
    need ext4 'the file system of / is ext4'
    need usb_storage '/ is on sdc, USB interface 1-3:1.0'
    need sd_mod '/ is on sdc, SCSI device 6:0:0:0'
    need xhci_pci '/ is on sdc, PCI device 0000:00:14.0'
}
# The driver of MMC cards is in a module that sysfs does not show.
shape_emmc() {
    local host=pci0000:00/0000:00:1c.0/mmc_host/mmc0/mmc0:0001
    device pci0000:00/0000:00:1c.0 "pci:v00008086d00004DC4sv00008086sd00007270bc08sc05i01" sdhci-pci sdhci_pci
    device "$host" mmc:block mmcblk -
    disk "$host/block/mmcblk0" 179:0
    partition "$host/block/mmcblk0/mmcblk0p2" 179:2
    mounted 179:2 / f2fs /dev/mmcblk0p2
    need f2fs 'the file system of / is f2fs'
    need mmc_block '/ is on mmcblk0, MMC card mmc0:0001'
    need sdhci_pci '/ is on mmcblk0, PCI device 0000:00:1c.0'
}
shape_nvme-multipath() {
    local number
    for number in 0 1; do
        bridge "pci0000:00/0000:00:1d.$number"
        device "pci0000:00/0000:00:1d.$number/0000:0$((number + 1)):00.0" \
            "pci:v0000144Dd0000A824sv0000144Dsd0000A80${number}bc01sc08i02" nvme nvme
        mkdir -p "$at/sys/devices/pci0000:00/0000:00:1d.$number/0000:0$((number + 1)):00.0/nvme/nvme$number/nvme0c${number}n1"
        link "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme$number" \
            "sys/devices/pci0000:00/0000:00:1d.$number/0000:0$((number + 1)):00.0/nvme/nvme$number"
    done
    disk virtual/nvme-subsystem/nvme-subsys0/nvme0n1 259:0
    partition virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2 259:2
    mounted 259:2 / xfs /dev/nvme0n1p2
    need xfs 'the file system of / is xfs'
    need nvme '/ is on nvme0, PCI device 0000:01:00.0 \(/ > nvme0n1p2 > nvme0n1 > nvme0 > 0000:01:00.0\)'
}
shape_separate-usr() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    sata a 1 0
    mounted 259:2 / ext4 /dev/nvme0n1p2
    mounted 8:2 /usr xfs /dev/sda2
    mounted 8:1 /home btrfs /dev/sda1
    need ext4 'the file system of / is ext4'
    need nvme '/ is on nvme0n1'
    need xfs 'the file system of /usr is xfs'
    need ahci '/usr is on sda, PCI device'
    need sd_mod '/usr is on sda, SCSI device'
}
shape_hibernation() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    sata a 1 0
    mapped dm-0 254:0 cryptswap CRYPT-LUKS2-6b672d67756172642d7465737400abcd-cryptswap sda2
    put sys/power/resume 254:0
    mounted 259:2 / ext4 /dev/nvme0n1p2
    need ext4 'the file system of / is ext4'
    need nvme '/ is on nvme0n1'
    need dm_crypt 'the resume device is on LUKS2 device cryptswap'
    need ahci 'the resume device is on sda, PCI device'
    need sd_mod 'the resume device is on sda, SCSI device'
}
shape_nfs-root() {
    mounted 0:27 / nfs4 192.0.2.1:/srv/arch
}
shape_lvm-raid() {
    local leg
    sata a 1 0
    sata b 2 16
    for leg in 0 1; do
        mapped dm-$((leg * 2)) "254:$((leg * 2))" "vg0-root_rmeta_$leg" "LVM-rmeta$leg" "sd$([ $leg = 0 ] && echo a || echo b)2"
        mapped dm-$((leg * 2 + 1)) "254:$((leg * 2 + 1))" "vg0-root_rimage_$leg" "LVM-rimage$leg" "sd$([ $leg = 0 ] && echo a || echo b)2"
    done
    mapped dm-4 254:4 vg0-root LVM-root dm-0 dm-1 dm-2 dm-3
    mounted 254:4 / ext4 /dev/vg0/root
    need ext4 'the file system of / is ext4'
    need dm_raid '/ is on LVM volume vg0-root'
    need dm_mod '/ is on LVM volume vg0-root'
    need ahci '/ is on sda'
    need sd_mod '/ is on sda'
}
# Two paths to one disk, by adapters of two kinds, either of which does.
shape_dm-multipath() {
    local adapter=pci0000:00/0000:00:03.0/0000:04:00.0 disk=host8/target8:0:0/8:0:0:0
    sata a 1 0
    device "$adapter" "pci:v00001000d00000097sv00001000sd00003090bc01sc07i00" mpt3sas mpt3sas
    device "$adapter/$disk" scsi:t-0x00 sd sd_mod
    disk "$adapter/$disk/block/sdb" 8:16
    mapped dm-0 254:0 mpatha mpath-3600508b400105e210000900000490000 sda sdb
    mapped dm-1 254:1 mpatha2 part2-mpath-3600508b400105e210000900000490000 dm-0
    mounted 254:1 / ext4 /dev/mapper/mpatha2
    need ext4 'the file system of / is ext4'
    need dm_multipath '/ is on multipath device mpatha'
    need dm_mod '/ is on device-mapper device mpatha2'
    need sd_mod '/ is on sda, SCSI device'
    need ahci '/ is on sda, PCI device'
}
shape_bcache() {
    nvme 0 pci0000:00/0000:00:1d.0/0000:01:00.0 0
    sata a 1 0
    stacked bcache0 252:0 sda2 nvme0n1p2
    mkdir -p "$at/sys/class/block/sda2/bcache"
    link sys/devices/virtual/block/bcache0/bcache "$(cd "$at" && realpath --relative-to=. sys/class/block/sda2)/bcache"
    mounted 252:0 / ext4 /dev/bcache0
    need ext4 'the file system of / is ext4'
    need bcache '/ is on the bcache device bcache0'
    need ahci '/ is on sda'
    need sd_mod '/ is on sda'
    need nvme '/ is on nvme0n1'
}

shape() { # NAME DIRECTORY
    at=$2 needs=
    mkdir -p "$at"/{proc/self,sys/class/block,sys/power,sys/dev/block}
    put proc/cmdline "root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw"
    put sys/power/resume 0:0
    echo "1 1 0:2 / / rw - rootfs rootfs rw" >"$at/proc/self/mountinfo"
    mounted 0:21 /proc proc proc
    "shape_$1"
    mounted 259:1 /boot vfat /dev/nvme0n1p1
}
