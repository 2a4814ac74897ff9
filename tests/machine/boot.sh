# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Machines as far as booting goes: their mounts, what udev knows of partitions, the firmware's variables. To be sourced, with
# $root (the system) and $at (the machine's directory) set.
# shellcheck disable=SC2154

# machine [MAJOR:MINOR DIRECTORY POINT rw|ro TYPE SOURCE]...: one with / on /dev/vda2 and these mounts.
machine() {
    local number directory point mode type source id=30
    rm -rf "$at"
    mkdir -p "$at"/proc/self "$at"/run/udev/data "$at"/sys/firmware/efi/efivars
    echo "29 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw" >"$at/proc/self/mountinfo"
    udev 254:2 ID_FS_TYPE=ext4 ID_FS_UUID=6b672d67-7561-7264-2d72-6f6f74667300
    while [ $# -gt 0 ]; do
        read -r number directory point mode type source <<<"$1"
        echo "$id 29 $number $directory $point $mode,relatime shared:2 - $type $source rw" >>"$at/proc/self/mountinfo"
        id=$((id + 1))
        shift
    done
}

# udev MAJOR:MINOR LINE...: a record of udev's database; a LINE is KEY=VALUE, or S:LINK.
udev() {
    local number=$1 line
    shift
    for line in "$@"; do
        case $line in
        S:*) echo "$line" ;;
        *) echo "E:$line" ;;
        esac
    done >"$at/run/udev/data/b$number"
}

# block NAME...: block devices that sysfs lists.
block() {
    local name
    mkdir -p "$at/sys/class/block"
    for name in "$@"; do mkdir -p "$at/sys/class/block/$name"; done
}

# efivar NAME-GUID TEXT: a variable of the firmware, a text of UTF-16.
efivar() {
    python3 -c 'import sys; sys.stdout.buffer.write(b"\6\0\0\0" + (sys.argv[1] + "\0").encode("utf-16-le"))' "$2" \
        >"$at/sys/firmware/efi/efivars/$1"
}

# efibyte NAME-GUID NUMBER: one that is a byte.
efibyte() { printf '%b' "\\6\\0\\0\\0\\x0$2" >"$at/sys/firmware/efi/efivars/$1"; }

# reported: exit status and findings of the last run that are no info: "severity id subject".
reported() {
    echo "$status:$(json '[.findings[], .targets[].findings[]] | map(select(.severity != "info") | .severity + " " + .id + " " + .subject) | unique | join(", ")')"
}

# state: that of a check of $root on the machine.
state() {
    run check --root "$root" --machine "$at" --json
    reported
}
