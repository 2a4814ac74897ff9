#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fallback entries of real machines' configurations: the bytes that golden/ has, and what readers of another make say of them.
# golden/LOADER/CASE: tree is the configuration, files says what lies beside it, expected is what is written; @SERIES@ stands
# for the release of that kernel.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

here=$TESTS/cli
mkdir -p "$SCRATCH/ucode/kernel/x86/microcode" "$SCRATCH/main"
echo code >"$SCRATCH/ucode/kernel/x86/microcode/AuthenticAMD.bin"
echo init >"$SCRATCH/main/init"
for name in ucode main; do (cd "$SCRATCH/$name" && find . | cpio -o -H newc --quiet) >"$SCRATCH/$name.img"; done

# An older one as well, which no other test of `make check` takes.
"$TESTS/material/kernel.sh" 5.10 || { echo "Bail out! no kernel 5.10"; exit 1; }

# build CASE ROOT: the machine before anything is written.
build() {
    local kind one two
    mkdir -p "$2"/usr/lib/modules "$2"/var/lib
    cp -r "$1/tree/." "$2"
    while read -r kind one two; do
        mkdir -p "$2$(dirname "${two:-$one}")"
        case $kind in
        kernel) cp "$KG_CACHE/kernel/$one/root/usr/lib/modules/$(release_of "$one")/vmlinuz" "$2$two" ;;
        image) cp "$SCRATCH/main.img" "$2$one" ;;
        ucode) cp "$SCRATCH/ucode.img" "$2$one" ;;
        esac
    done <"$1/files"
}
releases() { sed "s/@6\.12@/$(release_of 6.12)/g; s/@6\.1@/$(release_of 6.1)/g; s/@5\.10@/$(release_of 5.10)/g" "$1"; }
# Without what kernel-guard keeps for itself.
same() { diff -r --exclude=var "$1" "$2" >"$SCRATCH/difference" 2>&1; }

# What is ours of the files that were written.
ours() { # CASE ROOT
    (cd "$1/expected" && find . -type f) | while read -r file; do sed -n '/^# kernel-guard wrote\|^### BEGIN kernel-guard/,$p' "$2/$file"; done
}

golden() { # LOADER CASE
    local case=$here/golden/$1/$2 before=$SCRATCH/$2.before root=$SCRATCH/$2 name=$1/$2 oracle file kept
    build "$case" "$before"
    build "$case" "$root"
    run entries --root "$root"
    is "$status:$(grep -c '^wrote ' "$SCRATCH/out"):$(grep -vc '^wrote ' "$SCRATCH/out")" \
        "0:$(find "$case/expected" -type f | wc -l):0" "$name: entries are written"
    rm -rf "$SCRATCH/expected" && cp -r "$before" "$SCRATCH/expected"
    while read -r file; do releases "$case/expected/$file" >"$SCRATCH/expected/$file"; done < <(cd "$case/expected" && find . -type f)
    same "$SCRATCH/expected" "$root"
    ok $? "$name: with the bytes that are expected, and nothing else is touched"
    head -n 20 "$SCRATCH/difference" | sed 's/^/# /'
    case $name in
    grub/*) oracle=$(python3 "$here/oracle-grub.py" "$before" "$root" /boot/grub/grub.cfg 2>&1) ;;
    */xbootldr) oracle=$(python3 "$here/oracle-systemd-boot.py" "$before" "$root" /efi /boot 2>&1) ;;
    */two-systems) oracle=$(python3 "$here/oracle-systemd-boot.py" "$before" "$root" /efi 2>&1) ;;
    *) oracle=$(python3 "$here/oracle-systemd-boot.py" "$before" "$root" /boot 2>&1) ;;
    esac
    is "$oracle" "all holds" "$name: another reader finds what it should"
    if [ "$1" = grub ]; then
        grub-script-check "$root/boot/grub/custom.cfg"
        ok $? "$name: GRUB accepts custom.cfg"
    fi
    cp -r "$root" "$SCRATCH/again"
    run entries --root "$root"
    is "$status:$out" "0:the fallback entries are as they should be" "$name: a second time there is nothing to do"
    same "$SCRATCH/again" "$root"
    ok $? "$name: and nothing is done"
    # What is started with other options is started so by the kept kernel, too.
    while read -r file; do
        sed -i -E '/^### BEGIN kernel-guard/,$!{ /^[[:blank:]]*options[[:blank:]]|linux[[:blank:]]+\//s/([[:blank:]])root=/\1other=option root=/; }' "$root/$file"
    done < <(cd "$case/tree" && grep -rlE '^[[:blank:]]*options|linux[[:blank:]]+/' .)
    run entries --root "$root"
    is "$status:$(ours "$case" "$root" | grep -c other=option)" "0:$(ours "$case" "$root" | grep -cE '^[[:blank:]]*linux[[:blank:]]|\blinux /')" \
        "$name: other options are taken over"
    (cd "$case/tree" && find . -type f ! -name custom.cfg -exec cp {} "$root/{}" \;)
    [ ! -e "$case/tree/boot/grub/custom.cfg" ] || sed -i 's/other=option //' "$root/boot/grub/custom.cfg"
    kept=$(find "$root" -name '*.old' -o -name '*.old.img')
    xargs rm <<<"$kept"
    run entries --root "$root"
    while read -r file; do cp "$before${file#"$root"}" "$file"; done <<<"$kept"
    same "$before" "$root"
    ok "$((status + $?))" "$name: without the kept files all is as it was"
    head -n 20 "$SCRATCH/difference" | sed 's/^/# /'
    rm -rf "$before" "$root" "$SCRATCH/again" "$SCRATCH/expected"
}

for directory in "$here"/golden/*/*/; do
    golden "$(basename "$(dirname "$directory")")" "$(basename "$directory")"
done
done_testing
