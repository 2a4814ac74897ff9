#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guard that is broken itself, or has nowhere to write: the transaction goes on, and what can be said is said.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"

bed_start
install_guard
program=$BED/usr/bin/kernel-guard
mv "$program" "$program.real"

# passes NAME REGEX: a transaction that makes the image new goes through, and the user is told that nobody looked.
passes() {
    transaction -S linux-firmware
    is "$status" 0 "$1: pacman exits 0"
    contains "Initcpio image generation successful" "$1: the transaction is done"
    like "$out" "$2" "$1: said"
}

script() { # LINE...
    printf '%s\n' '#!/bin/sh' "$@" >"$program"
    chmod 755 "$program"
}

passes "program absent" "warning: kernel-guard could not be started"
script 'kill -SEGV $$'
passes "ended by a signal" "warning: kernel-guard .*signal 11"
script 'exit 64'
passes "a usage error" "warning: kernel-guard .*64"
script 'exit 99'
passes "a status that is never given on purpose" "warning: kernel-guard .*99"
script 'exit 2'
transaction -S linux-firmware
is "$status" 0 "unknown: pacman exits 0"
cp "$program.real" "$program"
chmod 644 "$program"
passes "not executable" "warning: kernel-guard could not be started"
head -c 5000 "$program.real" >"$program"
chmod 755 "$program"
passes "cut off" "warning: kernel-guard "
mv -f "$program.real" "$program"
transaction -S linux-firmware
safe "the program is back"

# A library that it needs and pacman does not.
bed ldd /usr/bin/kernel-guard
library=$(sed -n 's/.*=> \(.*libelf[^ ]*\) .*/\1/p' <<<"$out")
mv "$BED$library" "$BED$library.away"
passes "library absent" "warning: kernel-guard "
mv "$BED$library.away" "$BED$library"

# The launcher is part of the same package as the hook that names it.
launcher=$BED/usr/lib/kernel-guard/hook
mv "$launcher" "$launcher.away"
transaction -S linux-firmware
is "$status" 0 "launcher absent: pacman exits 0"
mv "$launcher.away" "$launcher"
bed ldd /usr/lib/kernel-guard/hook
like "$(grep -vE 'linux-vdso|ld-linux|libc\.so|libasan|libubsan|libm\.so|libgcc_s|libpthread|libdl|librt|libstdc' <<<"$out")" \
    '^(.*not a dynamic executable|.*statically linked)?[[:space:]]*$' "the launcher needs nothing but libc"

# The hook files themselves: an unparsable one would abort every transaction.
! grep -hE '^[^#[]' "$BED"/usr/share/libalpm/hooks/*kernel-guard*.hook | grep -vE \
    '^(Type|Operation|Target|Description|When|Exec|Depends) = .|^(AbortOnFail|NeedsTargets)$'
ok $? "the hook files hold nothing that pacman 6.0 does not know"
! grep -hE '^Target = !?/' "$BED"/usr/share/libalpm/hooks/*kernel-guard*.hook
ok $? "no target begins with a slash, which would never match"

state=/var/lib/kernel-guard
bed pacman --version
pacman=$(sed -n 's/.*Pacman v\([0-9]*\.[0-9]*\).*/\1/p' <<<"$out")
# somewhere NAME SHELL-COMMAND: the same, in another environment.
somewhere() {
    local before logged said='.*safe:'
    # Where its own channel is closed, 7.0 gives its hooks a closed one: what they say is nowhere.
    [ "$pacman" != 7.0 ] || [[ $2 != *'>&-'* ]] || said=
    rm -f "$BED$state/verdict.json"
    before=$(wc -l <"$BED/var/log/pacman.log")
    bed sh -c "$2"
    is "$status" 0 "$1: pacman exits 0"
    logged=$(tail -n "+$((before + 1))" "$BED/var/log/pacman.log")
    like "$logged" "transaction completed.*running 'zzz-kernel-guard-post.hook'$said" "$1: it went to its end, with our hook"
    cp "$SCRATCH/out" "$SCRATCH/said"
    bed kernel-guard status --porcelain
    like "$status $out" "^0 verdict safe" "$1: the verdict is kept"
    out=$(tr -d '\0' <"$SCRATCH/said")
}
somewhere "no terminal" 'setsid pacman --noconfirm -S linux-firmware'
like "$out" "safe" "no terminal: safe"
somewhere "a terminal" "script -qec 'pacman --noconfirm -S linux-firmware' /dev/null"
like "$out" "safe" "a terminal: safe"
echo Color >"$SCRATCH/color"
sed -i '/^\[options\]/r '"$SCRATCH/color" "$BED/etc/pacman.conf"
somewhere "a terminal with Color" "script -qec 'pacman --noconfirm -S linux-firmware' /dev/null"
like "$out" "safe" "a terminal with Color: safe"
is "$(grep -c $'\e' "$BED/var/log/pacman.log")" 0 "a terminal with Color: no escapes in pacman.log"
sed -i '/^Color$/d' "$BED/etc/pacman.conf"
somewhere "a terminal that is gone" 'pacman --noconfirm -S linux-firmware </dev/null >&- 2>&-'
somewhere "closed stdout" 'pacman --noconfirm -S linux-firmware >&-'
somewhere "full stdout" 'pacman --noconfirm -S linux-firmware >/dev/full'
somewhere "closed stdin" 'pacman --noconfirm -S linux-firmware <&-'
somewhere "no environment" 'env -i /usr/bin/pacman --noconfirm -S linux-firmware'

bed sh -c "mkdir -p $state && mount -t tmpfs -o size=4k none $state && head -c 4096 /dev/zero >$state/fill"
transaction -S linux-firmware
is "$status" 0 "full state: pacman exits 0"
like "$(verdict)" "safe:" "full state: the verdict is said"
like "$out" "warning: kernel-guard: " "full state: and that it is not kept"
is "$(find "$BED$state" -type f ! -name lock -printf '%f ')" "fill " "full state: nothing half is left"
bed sh -c "umount $state && mount -t tmpfs -o ro none $state"
transaction -S linux-firmware
is "$status" 0 "read-only state: pacman exits 0"
like "$(verdict)" "safe:" "read-only state: the verdict is said"
like "$out" "warning: kernel-guard: " "read-only state: and that it is not kept"
# The same while something is wrong: the verdict must not drown in what could not be kept.
sed -i 's/^MODULES=(/&kg_zfs /' "$BED/etc/mkinitcpio.conf"
transaction -S linux-firmware
unsafe "read-only state, unsafe" module-absent
bed umount "$state"
transaction -S linux-firmware
unsafe "writable again, unsafe" module-absent

# The guard's own removal is the end of its hooks.
bed rm -r /usr/share/libalpm/hooks/05-kernel-guard-pre.hook /usr/share/libalpm/hooks/zzz-kernel-guard-post.hook \
    /usr/lib/kernel-guard /usr/lib/initcpio/post/kernel-guard /usr/bin/kernel-guard
sed -i 's/kg_zfs //' "$BED/etc/mkinitcpio.conf"
transaction -S linux-firmware
is "$status $(hooks)" "0 Updating linux initcpios..." "removed: as if it had never been there"

done_testing
