#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The virtual machines' own tests: real kernels start, take files, load modules, say why not; whatever ends a machine is told,
# and nothing of it is left behind.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"

# start NAME [COMMAND-LINE [QEMU-ARGUMENT...]] < PLAN: starts a machine of $series with the plan and the modules of $files.
start() {
    cat >"$files/plan"
    vm_initramfs "$files" "$SCRATCH/$1.img" && vm_start "$SCRATCH/$1" "$(vm_kernel "$series")" "$SCRATCH/$1.img" "${@:2}"
}

# ends NAME: the machine comes to its end by itself.
ends() {
    vm_wait "$SCRATCH/$1"
    is "$vm_end" bye "$1: ends"
    [ "$vm_end" = bye ] || vm_log "$SCRATCH/$1"
}

# result NAME REGEX: the lines of its results.
result() { vm_results "$SCRATCH/$1" | grep -E -- "$2"; }

for series in 6.1 6.12; do
    "$TESTS/material/modules.sh" "$series" || exit 1
    files=$SCRATCH/files-$series
    mkdir "$files"
    vm_plain "$(vm_module "$series" dummy)" >"$files/dummy.ko"
    ln -s "$KG_CACHE/modules/$series/healthy/kg_gpl.ko" "$KG_CACHE/modules/$series/missing/kg_zfs.ko" "$files"
    echo "no module" >"$files/text.ko"
    # Both series at a time.
    start "loads-$series" <<END
kmsg on
group own
load dummy.ko numdummies=3
cat /sys/module/dummy/refcnt
group again
load dummy.ko
load dummy.ko
group out-of-tree
load kg_gpl.ko
unload
load kg_gpl.ko
group refused
load kg_zfs.ko
load text.ko
load dummy.ko nothing=1
load absent.ko
END
done

for series in 6.1 6.12; do
    name=loads-$series
    ends "$name"
    is "$(result "$name" ^hello)" "hello $(vm_release "$series")" "$series: it is this kernel"
    is "$(result "$name" '^end dummy' | head -n 1)" "end dummy.ko OK init=0 name=dummy taints= tainted=0" "$series: a module of its own loads"
    is "$(result "$name" '^cat /sys/module/dummy/refcnt')" "cat /sys/module/dummy/refcnt 0" "$series: it is there"
    like "$(result "$name" '^(end|clean)' | sed -n 2,5p)" \
        $'^end unload:dummy OK tainted=0\nclean own\nend dummy.ko OK init=0 .*\nend dummy.ko EEXIST tainted=0$' \
        "$series: after its group it is removed, and loads again, once"
    like "$(result "$name" '^(end|clean).*kg_gpl')" \
        $'^end kg_gpl.ko OK init=0 name=kg_gpl taints=OE tainted=12288\nend unload:kg_gpl OK .*\nend kg_gpl.ko OK .*\nend unload:kg_gpl OK' \
        "$series: an unsigned module taints, is unloaded on demand, and loads again"
    like "$(result "$name" '^(kmsg|end).*kg_zfs')" $'\nkmsg kg_zfs: Unknown symbol kg_vanished_symbol \(err -2\)\nend kg_zfs.ko ENOENT tainted=' \
        "$series: a missing symbol is ENOENT, and the kernel says which"
    like "$(result "$name" 'text.ko')" $'^begin text.ko\nend text.ko ENOEXEC tainted=' "$series: a text is ENOEXEC"
    is "$(result "$name" absent)" "lost absent.ko ENOENT" "$series: a file that is not there is no answer of the kernel"
    is "$(result "$name" '^(clean|dirty)' | xargs)" "clean own clean again clean out-of-tree clean refused" "$series: every group is removed"
    like "$(result "$name" ^kmsg)" "dummy: unknown parameter 'nothing' ignored" "$series: parameters are handed on"
    ok "$(grep -c "Unknown symbol" "$SCRATCH/$name/console")" "$series: the kernel's messages stay out of the console"
done

# Another command line, and what may be given to QEMU.
series=6.12 files=$SCRATCH/files-6.12
cp "$(vm_module "$series" dummy)" "$files/packed.ko"
start enforced module.sig_enforce=1 -smp 2 <<END
load dummy.ko
load kg_gpl.ko
unload
load packed.ko
flags 4
load packed.ko
cat /sys/devices/system/cpu/online
END
series=6.1 files=$SCRATCH/files-6.1
start locked lockdown=integrity <<END
cat /sys/kernel/security/lockdown
load dummy.ko
load kg_gpl.ko
END
ends enforced
ends locked
like "$(result enforced '^end (dummy|kg_gpl)')" $'^end dummy.ko OK .*\nend kg_gpl.ko EKEYREJECTED ' "module.sig_enforce: an unsigned module is EKEYREJECTED"
like "$(result enforced '^end packed')" $'^end packed.ko EKEYREJECTED .*\nend packed.ko OK .* name=dummy ' "flags of finit_module: a compressed module"
like "$(result enforced ^cat)" "online 0-1$" "QEMU's arguments: two processors"
like "$(result locked ^cat)" "\[integrity\]" "lockdown is in force"
like "$(result locked ^end)" $'^end dummy.ko OK .*\nend kg_gpl.ko EPERM ' "lockdown: an unsigned module is EPERM"

# What ends a machine, or a group, before its time.
series=6.12 files=$SCRATCH/files-6.12
"$VM_DIR/bad-init.py" "$KG_CACHE/modules/6.12/healthy/kg_gpl.ko" "$files/oops.ko"
start oops <<END
group one
load oops.ko
load dummy.ko
group two
load dummy.ko
END
start panic <<END
write /proc/sys/kernel/panic_on_oops 1
load dummy.ko
load oops.ko
END
ends oops
like "$(result oops ^end)" $'^end oops.ko died init=none tainted=[0-9]+\nend dummy.ko OK ' "an oops of init() is told, the machine lives on"
like "$(result oops '^(clean|dirty|group)')" $'^group one\ndirty one tainted=[0-9]+ kg_gpl [^\n]*$' "the next group does not begin on its remains"
like "$(cat "$SCRATCH/oops/console")" "BUG: unable to handle page fault" "the console has the kernel's words"
vm_wait "$SCRATCH/panic"
is "$vm_end" "panic: Fatal exception, in flight: oops.ko" "a panic is told, with the file that was being loaded"
start hang <<<pause
pid=${VM_PID[$SCRATCH/hang]}
vm_until "$SCRATCH/hang" "^begin pause"
ok $? "a machine can be waited for until it says something"
vm_wait "$SCRATCH/hang" 1
is "$vm_end" "nothing heard for 1 s, in flight: pause" "a hang is cut, and told"
[ ! -e "/proc/$pid" ]
ok $? "QEMU is gone"
log=$(VM_LOGS=$SCRATCH/logs vm_log "$SCRATCH/hang")
like "$log" "hang: nothing heard for 1 s.* kept in $SCRATCH/logs/hang"$'\n.*\n# @2 begin pause' "its log is shown, and kept"
cmp -s "$SCRATCH/hang/results" "$SCRATCH/logs/hang/results"
ok $? "the whole of it"
mkdir "$SCRATCH/gap"
printf '@%s\n' "1 one" "2 two" "4 four" "5 five" >"$SCRATCH/gap/results"
is "$(vm_results "$SCRATCH/gap" | paste -sd,)" "one,two,lost: line 3,four,five" "a line that is missing is told"
echo "no kernel" >"$SCRATCH/text"
vm_start "$SCRATCH/none" "$SCRATCH/text" "$SCRATCH/hang.img"
vm_wait "$SCRATCH/none"
like "$vm_end" "^QEMU: .*kernel" "what QEMU itself complains of is told"
VM_TRIES=2
vm_start "$SCRATCH/no-init" "$(vm_kernel 6.12)" "$SCRATCH/hang.img" rdinit=/plan
vm_wait "$SCRATCH/no-init" 2>"$SCRATCH/said"
like "$vm_end" "^panic: .*init" "a machine without a first process"
like "$(cat "$SCRATCH/said")" "^# no-init: started again: panic: [^"$'\n'"]*init[^"$'\n'"]*\$" "is tried twice"
[ -s "$SCRATCH/no-init/console.1" ]
ok $? "and the first one's words are there still"

# Whoever dies takes his machines along.
bash -c '. "$1/vm/vm.sh"; vm_start "${@:2}"; echo "${VM_PID[$2]}"; exec >&-; sleep 600' \
    killed "$TESTS" "$SCRATCH/killed" "$(vm_kernel 6.12)" "$SCRATCH/hang.img" >"$SCRATCH/pid" &
shell=$!
for _ in {1..600}; do
    ! grep -q "begin pause" "$SCRATCH/killed/results" 2>/dev/null || break
    sleep 0.1
done
pid=$(cat "$SCRATCH/pid")
is "$(awk '{ print $2, $3 }' "/proc/$pid/stat")" "(qemu-system-x86) S" "a machine runs"
kill -KILL "$shell"
wait "$shell" 2>/dev/null
for _ in {1..100}; do
    # Dead is enough: who is to bury it depends on the system that the tests run on.
    state=$(awk '{ print $3 }' "/proc/$pid/stat" 2>/dev/null)
    [[ $state == [SR] ]] || break
    sleep 0.1
done
like "$state" '^Z?$' "and is gone when its shell is killed"

done_testing
