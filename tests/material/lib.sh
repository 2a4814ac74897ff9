# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What all scripts here share: the cache, products that are built once, messages. To be sourced.

KG_CACHE=${KG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kernel-guard}
# shellcheck disable=SC2034  # for those who source this
MATERIAL=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
export KG_CACHE LC_ALL=C
umask 022

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# Downloads fail for a moment more often than for good.
try3() {
    "$@" && return
    sleep 2
    "$@" && return
    sleep 5
    "$@"
}

# A program's output matters only when it fails.
quietly() {
    local log=$KG_CACHE/log/${0##*/}.$BASHPID.log status=0
    mkdir -p "${log%/*}"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        say "failed with status $status: $*"
        return "$status"
    fi
    rm -f "$log"
}

# One digest over files, or all files below directories, and over words that begin with "=".
digest() {
    local item
    for item in "$@"; do
        case $item in
        =*) printf '%s\n' "$item" ;;
        *) find "$item" -type f -print0 | sort -z | xargs -0r cat ;;
        esac
    done | sha256sum | cut -c1-64
}

# product PATH DIGEST COMMAND...: makes sure that $KG_CACHE/PATH is what COMMAND makes of the sources that DIGEST
# stands for. COMMAND gets one more argument, a path in the cache that does not exist; what it leaves there is renamed
# to PATH when all is done, so that no reader sees a half of it and an interrupted build just starts again.
product() {
    local path=$1 stamp=$2 key=${1//\//-} lock
    shift 2
    is_fresh "$path" "$stamp" && return
    mkdir -p "$KG_CACHE"/{lock,stamp,tmp} "$(dirname "$KG_CACHE/$path")"
    exec {lock}>"$KG_CACHE/lock/$key"
    flock "$lock"
    if ! is_fresh "$path" "$stamp"; then
        say "building $path"
        rm -rf "${KG_CACHE:?}/tmp/$key"
        mkdir "$KG_CACHE/tmp/$key"
        "$@" "$KG_CACHE/tmp/$key/new"
        rm -f "$KG_CACHE/stamp/$key"
        [ ! -e "$KG_CACHE/$path" ] || mv "$KG_CACHE/$path" "$KG_CACHE/tmp/$key/old"
        mv "$KG_CACHE/tmp/$key/new" "$KG_CACHE/$path"
        printf '%s\n' "$stamp" >"$KG_CACHE/tmp/$key/stamp"
        mv "$KG_CACHE/tmp/$key/stamp" "$KG_CACHE/stamp/$key"
        rm -rf "${KG_CACHE:?}/tmp/$key"
    fi
    exec {lock}>&-
}

is_fresh() { # PATH DIGEST
    [ -e "$KG_CACHE/$1" ] && [ -e "$KG_CACHE/stamp/${1//\//-}" ] &&
        [ "$(<"$KG_CACHE/stamp/${1//\//-}")" = "$2" ]
}

# What stands for a product in the digest of those made from it.
stamp_of() { # PATH...
    local path
    for path in "$@"; do
        printf '=%s %s\n' "$path" "$(<"$KG_CACHE/stamp/${path//\//-}")"
    done
}
