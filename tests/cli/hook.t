#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What pacman's hooks run: the record before, the verdict after, what is remembered of it, and the launcher.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

tree 6.12 tree
root=$SCRATCH/tree
state=$root/var/lib/kernel-guard
release=$(release_of 6.12)

# after FILTER: what `status --json` says after another `hook post`.
after() {
    run hook post --root "$root"
    hook_status=$status
    hook_out=$out
    run status --root "$root" --json
}

run status --root "$root"
is "$status" 2 "status before any verdict: exit 2"
like "$err" "no verdict is stored yet; run: kernel-guard check" "status before any verdict: said so"
run hook pre --root "$root"
is "$status:$out:$err" "0::" "hook pre is silent"
is "$(jq -r '.targets[0] | .entry + " " + .release' "$state/record.json")" "arch.conf $release" "the record names the target"
is "$(jq -r '.targets[0].files[] | .sha256 + "  " + .path' "$state/record.json" | sed "s,  /,  $root/,")" \
    "$(sha256sum "$root/boot/vmlinuz-linux" "$root/boot/initramfs-linux.img")" "the record holds the digests of kernel and image"
is "$(jq -r '[.trees[0] | .release, .pkgbase, .modules[].name] | join(" ")' "$state/record.json")" \
    "$release linux kg_gpl kg_spl kg_zfs" "the record holds the out-of-tree modules"
after
is "$hook_status:$hook_out" "0:safe: arch.conf (Linux $release, default): no fault found; 1 of 1 boot targets are sound" \
    "hook post on a sound system: one line"
is "$status $(json .verdict)" "0 safe" "the verdict is stored"
gone=0
[ ! -e "$state/record.json" ] || gone=1
is "$gone" 0 "the record was of this transaction only"
is "$(find "$state" -name '.*' -type f)" "" "nothing temporary is left"

# A module of a package that is no DKMS's, gone with the transaction.
mkdir -p "$root/usr/lib/modules/$release/extramodules"
cp "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" "$root/usr/lib/modules/$release/extramodules/kg_extra.ko"
depmod -b "$root" "$release"
run hook pre --root "$root"
rm "$root/usr/lib/modules/$release/extramodules/kg_extra.ko"
depmod -b "$root" "$release"
after
is "$hook_status" 0 "a module that boot does not need is gone: still safe"
is "$(json '.targets[].findings[] | select(.module == "kg_extra") | .id + ": " + .message')" \
    "module-absent: kg_extra is not there for $release; $release had it before this transaction" "but it is named"
after
is "$(json '[.targets[].findings[]] | length')" 0 "the next transaction does not repeat it"

# A boot target gone, its kernel left; one of two that boot the same kernel is no loss.
lts=$(release_of 6.1)
cp -a "$KG_CACHE/tree/6.1/usr/lib/modules/$lts" "$root/usr/lib/modules/"
rm -r "$root/usr/lib/modules/$lts/build"
echo linux-lts | replace "$root/usr/lib/modules/$lts/pkgbase"
cp "$root/usr/lib/modules/$lts/vmlinuz" "$root/boot/vmlinuz-linux-lts"
sed 's/vmlinuz-linux/&-lts/; /^initrd/d' "$root/boot/loader/entries/arch.conf" >"$root/boot/loader/entries/lts.conf"
cp "$root/boot/loader/entries/arch.conf" "$root/boot/loader/entries/second.conf"
run hook pre --root "$root"
rm "$root/boot/loader/entries/"{second,lts}.conf
after
is "$(json '.findings[] | select(.severity != "info") | .id + " " + .subject')" "boot-target-vanished lts.conf" "a vanished target is named"
rm -r "$root/usr/lib/modules/$lts" "$root/boot/vmlinuz-linux-lts"

# Unsafe, and remembered as such.
image "$root" 6.12 --omit kg_zfs
after
is "$hook_status" 1 "hook post on a broken system: exit 1"
like "$hook_out" "error: kg_zfs is not in .*UNSAFE: arch.conf" "hook post says why, and the verdict is the last line"
is "$(LC_ALL=C tr -d '\n -~' <<<"$hook_out")" "" "it is plain text, for pacman.log"
is "$status $(json '.verdict + " " + .targets[0].findings[0].id')" "1 unsafe initramfs-module-missing" "status remembers"
run status --root "$root" --porcelain
is "$status $(paste -sd' ' "$SCRATCH/out")" "1 verdict unsafe errors 1 warnings 0" "status --porcelain"
run status --root "$root"
like "$status $out" "^1 .*error: kg_zfs is not in .*repair .*UNSAFE" "status as text is the verdict's text"
image "$root" 6.12
after
is "$hook_status $(json .verdict)" "0 safe" "repaired: safe again"

# Colour goes to pacman's terminal and nowhere else: its log stays plain.
terminal() {
    KG_ROOT=$root python3 - "$KG" <<'END'
import os, pty, subprocess, sys
pid, fd = pty.fork()
if pid == 0:
    # The terminal is pacman's, the hook's own output is a pipe.
    os.environ["KG_PACMAN_PID"] = str(os.getpid())
    done = subprocess.run([sys.argv[1], "hook", "post", "--root", os.environ["KG_ROOT"]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    sys.stdout.flush()
    os.write(1, b"|pipe:" + done.stdout)
    os._exit(done.returncode)
out = b""
try:
    while True:
        data = os.read(fd, 4096)
        if not data:
            break
        out += data
except OSError:
    pass
os.waitpid(pid, 0)
sys.stdout.write(out.decode().replace("\x1b", "ESC").replace("\r", ""))
END
}
log=$root/var/log/pacman.log
lines=$(wc -l <"$log")
line="arch.conf (Linux $release, default): no fault found; 1 of 1 boot targets are sound"
is "$(NO_COLOR='' terminal)" "|pipe:safe: $line" "without Color in pacman.conf all goes through pacman, plain"
is "$(wc -l <"$log")" "$lines" "and nothing is logged twice"
sed -i 's/^\[options\]/[options]\nColor/' "$root/etc/pacman.conf"
is "$(NO_COLOR='' terminal)" "ESC[1;32msafeESC[0m: $line
|pipe:" "with Color the terminal gets it"
like "$(tail -n +$((lines + 1)) "$log")" "^\[20[0-9T:+-]*\] \[KERNEL-GUARD\] safe: arch.conf" "and the log gets it plain"
is "$(LC_ALL=C tr -d '\n -~' <"$log" | wc -c)" 0 "no escape is in the log"
is "$(NO_COLOR=1 terminal)" "|pipe:safe: $line" "NO_COLOR is respected"
rm "$log"
is "$(NO_COLOR='' terminal)" "|pipe:safe: $line" "without a log all goes through pacman, plain"

# Damaged memory is neither trusted nor fatal.
for text in '' '{' '[]' '{"schema": 1}' '{"schema": 99, "targets": [], "trees": []}' \
    '{"schema": 1, "targets": [{"entry": 5}], "trees": []}' '{"schema": 1, "verdict": "fine", "targets": [], "findings": []}'; do
    printf '%s' "$text" >"$state/verdict.json"
    run status --root "$root"
    is "$status:$out" "2:" "a damaged verdict is none: $text"
    like "$err" "verdict.json: (is damaged|is of another version|has no)" "and said to be damaged: $text"
    printf '%s' "$text" >"$state/record.json"
    run hook post --root "$root"
    is "$status" 0 "a damaged record changes no verdict: $text"
    like "$err" "record.json.*is not compared" "and is said not to be compared: $text"
    like "$err" "verdict.json: .*: it is set aside" "nor is a damaged verdict overwritten: $text"
    is "$(cat "$state/record.json.damaged"):$(cat "$state/verdict.json.damaged")" "$text:$text" "both are set aside: $text"
    rm "$state"/*.damaged*
    printf '%s' "$text" >"$state/record.json"
    run hook pre --root "$root"
    is "$status:$(cat "$state"/record.json.damaged)" "0:$text" "and so before the next transaction: $text"
    rm "$state"/*.damaged*
done

# Where nothing can be kept, the verdict is said all the same.
rm -r "$state"
unkept() { # NAME MOUNT-COMMAND
    mkdir -p "$state"
    status=0
    unshare -m --propagation private bash -c "$2"' && exec "$0" "$@"' "$KG" hook pre --root "$root" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    is "$status:$(cat "$SCRATCH/out")" "2:" "$1: hook pre cannot record"
    like "$(cat "$SCRATCH/err")" "^warning: kernel-guard: .*record.json: .*will not be noticed" "$1: hook pre says so"
    status=0
    unshare -m --propagation private bash -c "$2"' && exec "$0" "$@"' "$KG" hook post --root "$root" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    like "$status:$(cat "$SCRATCH/out")" "^0:safe: " "$1: hook post says its verdict"
    like "$(cat "$SCRATCH/err")" "verdict.json: .*will not know this verdict" "$1: and that it could not be kept"
    is "$(ls -A "$state")" "" "$1: nothing half is left"
}
unkept "read-only state" "mount --bind '$state' '$state' && mount -o remount,bind,ro '$state'"
unkept "full state" "mount -t tmpfs -o size=4k none '$state' && head -c 4096 /dev/zero >'$state/fill'"
ln -sfn /etc "$root/var/lib/kernel-guard.link"
rm -r "$state"
ln -s /etc "$state"
run hook pre --root "$root"
is "$status" 2 "a link in the place of the state directory is not followed"
rm "$state"

# A record that cannot be replaced is not left to be taken for this transaction's.
run hook pre --root "$root"
is "$(ls -A -I lock "$state")" record.json "a record"
mkdir "$state/.record.json.kg-new"
run hook pre --root "$root"
is "$status $(ls -A -I lock "$state")" "2 .record.json.kg-new" "one that cannot be replaced is removed"
rm -r "$state"

# The launcher hands on only what was meant.
launcher() { # NAME EXPECTED-STATUS EXPECTED-REGEX PROGRAM-TEXT
    printf '%s\n' "$4" >"$SCRATCH/program"
    chmod +x "$SCRATCH/program"
    status=0
    "$SCRATCH/hook" "${5:-pre}" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null || status=$?
    is "$status" "$2" "launcher, $1: exit $2"
    like "$(cat "$SCRATCH/out" "$SCRATCH/err")" "$3" "launcher, $1: what is said"
}
cc -O1 -static -D_GNU_SOURCE -DKG_PROGRAM="\"$SCRATCH/program\"" -o "$SCRATCH/hook" "$TESTS/../src/launcher/hook.c"
launcher "safe" 0 '^$' '#!/bin/sh
exit 0'
launcher "refused" 1 '^$' '#!/bin/sh
exit 1'
launcher "unknown" 0 '^$' '#!/bin/sh
exit 2'
launcher "unsafe after the transaction: the words are enough" 0 '^$' '#!/bin/sh
exit 1' post
launcher "hands on the phase" 0 '^hook post$' '#!/bin/sh
echo "$@"' post
launcher "usage" 0 'warning: kernel-guard failed with status 64: nothing was checked' '#!/bin/sh
exit 64'
launcher "sanitizer" 0 'failed with status 99' '#!/bin/sh
exit 99'
launcher "signal" 0 'was ended by signal 11' '#!/bin/sh
kill -SEGV $$'
cat >"$SCRATCH/program" <<END
#!/bin/sh
read -r first
echo "\$first" >>"$SCRATCH/runs"
[ "\$(wc -l <"$SCRATCH/runs")" -gt 1 ] || kill -KILL \$\$
exit 1
END
status=0
printf 'usr/lib/modules/x/vmlinuz\nmore\n' | "$SCRATCH/hook" pre >"$SCRATCH/out" 2>&1 || status=$?
is "$status:$(cat "$SCRATCH/out"):$(xargs <"$SCRATCH/runs")" "1::usr/lib/modules/x/vmlinuz usr/lib/modules/x/vmlinuz" \
    "launcher, killed: it is run once more, with what pacman has handed over"
launcher "no interpreter" 0 'could not be started' '#!/nowhere/sh'
launcher "no program" 0 'could not be started' 'neither ELF nor script'
rm "$SCRATCH/program"
status=0
"$SCRATCH/hook" pre >"$SCRATCH/out" 2>&1 || status=$?
is "$status" 0 "launcher, the program is gone: exit 0"
like "$(cat "$SCRATCH/out")" "could not be started: nothing was checked. Run 'kernel-guard check' before you reboot" "launcher, the program is gone: said so"
status=0
"$SCRATCH/hook" >/dev/null 2>&1 || status=$?
is "$status" 0 "launcher, called in a wrong way: exit 0"

done_testing
