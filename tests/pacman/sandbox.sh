# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A small container made of this machine: its programs, seen through an overlay, with a /boot, packages, modules and
# sources of its own. To be sourced. Namespaces and a tmpfs hold all of it, and its first process dies with the shell
# that opened it, so that nothing is left behind, however that shell ends.
#
# KG_BED_ROOT   another lower root than this machine's, such as debootstrap made it (default /)
# KG_BED_LOWER  not empty: the lower root can be seen in the sandbox, at /run/bed/lower

SANDBOX_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
KG_BED_ROOT=${KG_BED_ROOT:-/}

# sandbox_open PLACE [LAYER]: starts it. PLACE is an empty directory to mount on, which stays empty to everybody else.
# LAYER is a finished system that base.sh has made; without it the sandbox is bare, and shows as /run/bed/upper what is
# written in it. Leaves $BED, the path of its root from outside, and $BED_PID.
sandbox_open() {
    local line=''
    # The shell's death ends unshare, which ends the sandbox's first process, and the kernel all others with that.
    exec {SANDBOX_FD}< <(exec setpriv --pdeathsig KILL unshare --mount --pid --net --ipc --uts --fork --kill-child \
        bash "$SANDBOX_DIR/sandbox-init.sh" "$1" "$KG_BED_ROOT" "${2:-}" "$SANDBOX_DIR/../material" \
        "$KG_CACHE/bed/packages" </dev/null 2>&1)
    SANDBOX_UNSHARE=$!
    read -r -u "$SANDBOX_FD" line || true
    if [[ $line != "ready "* ]]; then
        printf 'sandbox: %s\n' "$line" >&2
        cat <&"$SANDBOX_FD" >&2
        return 1
    fi
    BED_PID=${line#ready }
    # shellcheck disable=SC2034  # for those who source this
    BED=/proc/$BED_PID/root
}

# sandbox_run COMMAND...: as root in the sandbox, with the environment of a fresh login.
sandbox_run() {
    nsenter --target "$BED_PID" --mount --pid --net --ipc --uts -- /usr/bin/env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin HOME=/root TERM=dumb LANG=C.UTF-8 \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" "$@"
}

sandbox_close() {
    kill -KILL "$SANDBOX_UNSHARE" 2>/dev/null || true
    exec {SANDBOX_FD}<&-
    wait "$SANDBOX_UNSHARE" 2>/dev/null || true
    # Its processes are gone a moment after the first one.
    while [ -e "/proc/$BED_PID" ]; do sleep 0.01; done
    unset BED BED_PID
}
