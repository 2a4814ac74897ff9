# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real kernels in QEMU. To be sourced, after tap.sh. A machine is named by its place, a directory that holds what it
# says: `console` is the kernel's serial port, `results` that of init.c, `qemu` QEMU's own words. The machine dies with
# the shell that started it, however that ends.

VM_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# Seconds without a result after which a machine is given up: a boot takes 3 to 5 on a machine that is not busy.
VM_LIMIT=${VM_LIMIT:-300}
VM_MEMORY=${VM_MEMORY:-1G}
# Where the logs of machines that have failed are kept.
VM_LOGS=${VM_LOGS:-$KG_CACHE/log/vm/${0##*/}}
# With initcall_debug the kernel logs what a module's init() returns: it tells that from the loader's own errors.
# On a busy host the timer may come too late for the kernel's check of it, which panics.
VM_COMMAND_LINE="console=ttyS0 quiet panic=-1 edd=off no_timer_check rdinit=/init initcall_debug"
# Under emulation a kernel rarely crashes early in its boot: a machine that dies without a word from init.c is tried again.
VM_TRIES=${VM_TRIES:-3}
declare -A VM_PID VM_FD VM_TRY

# vm_kernel SERIES, vm_release SERIES: of the kernel that tests/material/kernel.sh has made.
vm_release() { cat "$KG_CACHE/kernel/$1/release"; }
vm_kernel() { echo "$KG_CACHE/kernel/$1/root/usr/lib/modules/$(vm_release "$1")/vmlinuz"; }

# vm_module SERIES NAME: the file of one of that kernel's own modules.
vm_module() { find "$KG_CACHE/kernel/$1/root/usr/lib/modules/" -path '*/kernel/*' -name "$2.ko*" -print -quit | grep .; }

# vm_plain FILE: a module as finit_module takes it, on standard output.
vm_plain() {
    case $1 in
    *.zst) zstd -qdc "$1" ;;
    *.xz) xz -dc "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
    esac
}

# Links are followed, so that a directory of links to large files will do.
vm_cpio() { # DIRECTORY
    (cd "$1" && find . -mindepth 1 -print0 | sort -z | cpio -o0LH newc -R 0:0 --quiet)
}

# vm_initramfs DIRECTORY OUTPUT: an initramfs of our init, mount points and all that DIRECTORY holds: `plan`, modules, or
# another `init`. Uncompressed: under emulation a byte is loaded faster than it is unpacked.
vm_initramfs() {
    local base
    "$VM_DIR/init.sh" || return
    base=$(mktemp -d "$KG_CACHE/tmp/initramfs.XXXXXX") || return
    mkdir "$base"/{dev,proc,sys}
    ln -s "$KG_CACHE/vm/init" "$base/init"
    # The kernel unpacks one archive after the other.
    { vm_cpio "$base" && vm_cpio "$1"; } >"$2"
    local status=$?
    rm -rf "$base"
    return "$status"
}

# vm_start PLACE KERNEL INITRAMFS [COMMAND-LINE [QEMU-ARGUMENT...]]: PLACE is made anew.
vm_start() {
    rm -rf "$1" && mkdir -p "$1" || return
    VM_TRY[$1]=0
    vm_try "$@"
}

vm_try() { # PLACE KERNEL INITRAMFS [COMMAND-LINE [QEMU-ARGUMENT...]]
    local place=$1 kernel=$2 initramfs=$3 more=${4:-} fd
    printf '%q ' "$@" >"$place/again"
    VM_TRY[$place]=$((VM_TRY[$place] + 1))
    shift $(($# > 4 ? 4 : $#))
    : >"$place/results" && : >"$place/console" || return
    # The shell's death ends QEMU, and QEMU's end closes the pipe that is waited for.
    exec {fd}< <(exec setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg -nodefaults -no-user-config \
        -display none -no-reboot -machine q35 -cpu max -m "$VM_MEMORY" \
        -serial "file:$place/console" -serial "file:$place/results" \
        -kernel "$kernel" -initrd "$initramfs" -append "$VM_COMMAND_LINE $more" "$@" </dev/null 2>"$place/qemu")
    VM_PID[$place]=$!
    VM_FD[$place]=$fd
}

# vm_again PLACE: starts a machine anew that has ended before init.c said anything, unless QEMU refused it.
vm_again() {
    local arguments
    if [ -s "$1/results" ] || [ -s "$1/qemu" ] || [ "${VM_TRY[$1]}" -ge "$VM_TRIES" ]; then return 1; fi
    vm_reap "$1"
    printf '# %s: started again: %s\n' "${1##*/}" "$(vm_last_words "$1")" >&2
    mv "$1/console" "$1/console.${VM_TRY[$1]}"
    eval "arguments=($(cat "$1/again"))"
    vm_try "${arguments[@]}"
}

# vm_until PLACE REGEX: waits for a line of the results; fails when the machine ends or VM_LIMIT passes before it.
vm_until() {
    local start=$SECONDS
    until vm_results "$1" | grep -qE -- "$2"; do
        [ $((SECONDS - start)) -lt "$VM_LIMIT" ] || return
        if kill -0 "${VM_PID[$1]}" 2>/dev/null; then
            sleep 0.1
        else
            # Its last words were written before its end.
            vm_results "$1" | grep -qE -- "$2" && return
            vm_again "$1" || return
        fi
    done
}

# vm_wait PLACE [LIMIT]: waits for the machine's end; after LIMIT seconds (VM_LIMIT) without another result it is ended.
# Leaves $vm_end: "bye", when init.c has come to its end, and the status is 0; or else what has ended the machine, and
# which file was being loaded then.
vm_wait() {
    local place=$1 limit=${2:-$VM_LIMIT} since=$SECONDS size=0 now status
    vm_end=''
    while [ -z "$vm_end" ]; do
        status=0
        read -r -t 1 -u "${VM_FD[$place]}" || status=$?
        # The pipe's end, which is QEMU's; above 128 it is the second that has passed.
        if [ "$status" -eq 1 ]; then
            vm_again "$place" || break
            since=$SECONDS
        fi
        now=$(stat -c %s "$place/results")
        [ "$now" -eq "$size" ] || since=$SECONDS
        size=$now
        [ $((SECONDS - since)) -lt "$limit" ] || vm_end="nothing heard for $limit s"
    done
    if [ -n "$vm_end" ]; then
        vm_stop "$place"
    else
        vm_reap "$place"
        vm_end=$(vm_last_words "$place")
    fi
    [ "$vm_end" = bye ] && return
    vm_end+=$(vm_in_flight "$place")
    return 1
}

# vm_stop PLACE: ends the machine.
vm_stop() {
    kill -KILL "${VM_PID[$1]}" 2>/dev/null
    vm_reap "$1"
}

# Waits until the machine's process is gone.
vm_reap() { # PLACE
    local fd=${VM_FD[$1]}
    exec {fd}<&-
    while [ -e "/proc/${VM_PID[$1]}" ]; do sleep 0.01; done
    unset "VM_FD[$1]" "VM_PID[$1]"
}

vm_last_words() { # PLACE
    local panic
    panic=$(tr -d '\r' <"$1/console" | sed -n 's/.*Kernel panic - not syncing: /panic: /p' | head -n 1)
    if [ "$(vm_results "$1" | tail -n 1)" = bye ]; then
        echo bye
    elif [ -n "$panic" ]; then
        echo "$panic"
    elif [ -s "$1/qemu" ]; then
        echo "QEMU: $(tail -n 1 "$1/qemu")"
    else
        echo "ended before its plan did"
    fi
}

# What was begun and has no end.
vm_in_flight() { # PLACE
    vm_results "$1" | awk '$1 == "begin" { file = $2 } $1 == "end" { file = "" } END { if (file) print ", in flight: " file }'
}

# vm_boot PLACE KERNEL INITRAMFS [COMMAND-LINE [QEMU-ARGUMENT...]]: to its end. One that does not end well is reported.
vm_boot() {
    vm_start "$@" && vm_wait "$1" && return
    vm_log "$1"
    return 1
}

# vm_results PLACE: the lines, without their numbers; "lost" where one is missing.
vm_results() {
    awk '{ if ($1 != "@" ++n) { print "lost: line " n; n = substr($1, 2) } sub(/^@[0-9]+ /, ""); print }' "$1/results"
}

# vm_log PLACE: keeps what the machine has said, in VM_LOGS, and shows the end of it.
vm_log() {
    local kept=$VM_LOGS/${1##*/}
    rm -rf "$kept" && mkdir -p "${kept%/*}" && cp -r "$1" "$kept"
    {
        printf '%s: %s; all of it is kept in %s\n' "${1##*/}" "${vm_end:-}" "$kept"
        printf -- '--- console\n' && tail -n 25 "$1/console" | tr -d '\r'
        printf -- '--- results\n' && tail -n 10 "$1/results"
        cat "$1/qemu"
    } | sed 's/^/# /'
}
