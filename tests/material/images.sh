# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of images share: to pack and take apart, and what other programs say of them. To be sourced; KG is
# kernel-guard.

# pack FORMAT < ARCHIVE > PART: as the generators call the programs.
pack() {
    case $1 in
    gzip) gzip -n1c ;;
    bzip2) bzip2 -c ;;
    xz) xz --check=crc32 -0c ;;
    lzma) xz --format=lzma -0c ;;
    lzop) lzop -c ;;
    lz4) lz4 -lqc ;;
    zstd) zstd -qc ;;
    esac
}

# unpack FORMAT < PART: FORMAT as kernel-guard calls it.
unpack() {
    case $1 in
    none) cat ;;
    lzma) xz --format=lzma -dc ;;
    lzo) lzop -dc ;;
    *) "$1" -dcq ;;
    esac
}

# unpack_parts IMAGE PREFIX: its parts' archives, at PREFIX.0 and so on.
unpack_parts() {
    local offset size compression number=0
    while read -r offset size compression; do
        tail -c +$((offset + 1)) "$1" | head -c "$size" | unpack "$compression" >"$2.$number"
        number=$((number + 1))
    done < <("$KG" initramfs --json "$1" | jq -r '.images[0].segments[] | "\(.offset) \(.size) \(.compression)"')
}

# names_of_parts IMAGE cpio|bsdtar: the names that the program lists in all parts.
names_of_parts() {
    local work part
    work=$(mktemp -d "$SCRATCH/parts.XXXXXX")
    unpack_parts "$1" "$work/part"
    for part in "$work"/part.*; do
        case $2 in
        cpio) cpio -t --quiet <"$part" ;;
        bsdtar) bsdtar -tf "$part" ;;
        esac
    done
    rm -r "$work"
}

# Of its listing, which is like ls -l: what lies between the second and the last line of "=", without the columns.
names_of_lsinitrd() { # IMAGE
    lsinitrd "$1" | awk '/^=+$/ { section++; next } section == 2' |
        sed -E 's/^([^ ]+ +){4}([0-9]+, +)?([^ ]+ +){4}//; s/ -> .*//'
}

# As objdump lists them: "NAME SIZE".
sections_of() { # FILE
    local name size
    objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ { print $2, $3 }' | while read -r name size; do echo "$name $((16#$size))"; done
}

# booster_image ROOT RELEASE flat|DIRECTORY OUTPUT: booster's layout, from its documentation: one compressed archive, the
# modules not compressed, by their names alone or below a directory; a static /init.
booster_image() {
    local work file name into
    work=$(mktemp -d "$SCRATCH/booster.XXXXXX")
    into=$work/usr/lib/modules
    [ "$3" = flat ] || into+=/$3
    mkdir -p "$work"/{etc,dev,proc,sys,run,tmp,usr/bin} "$into"
    for name in bin sbin; do ln -s usr/bin "$work/$name"; done
    for name in lib lib64; do ln -s usr/lib "$work/$name"; done
    cp /bin/busybox "$work/init"
    printf 'kernel: %s\nmodules_force_load: []\n' "$2" >"$work/etc/booster.init.yaml"
    for file in "$1/usr/lib/modules/$2"/updates/dkms/kg_{spl,zfs}.ko*; do
        name=$(basename "${file%.ko*}").ko
        case $file in
        *.xz) xz -dc "$file" ;;
        *.zst) zstd -dqc "$file" ;;
        *) cat "$file" ;;
        esac >"$into/$name"
    done
    (cd "$work" && find . -mindepth 1 -printf '%P\n' | cpio -oH newc --quiet | zstd -qc) >"$4"
    rm -r "$work"
}

# many_entries COUNT: an archive of empty files that have one name.
many_entries() {
    perl -e 'my $e = sprintf("070701%08X%08X", 1, 0100644) . "0" x 32 . sprintf("%08X", 0) . "0" x 32 . "0000000200000000a\0";
        $e .= "\0" x (-length($e) % 4); my $block = $e x 10000; print $block for 1 .. $ARGV[0] / 10000' "$1"
}
