#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command in the root of a Debian suite. What it writes there is gone afterwards, and so are all mounts and
# processes, however it ends. The kernels of the cache are at the same place there, read-only, and so are the
# DIRECTORIES, writable. It runs as root, without a network, in the directory / with the caller's standard streams.
# usage: in-root.sh SUITE [DIRECTORY]... -- COMMAND [ARGUMENT]...
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

usage="usage: in-root.sh SUITE [DIRECTORY]... -- COMMAND [ARGUMENT]..."
[ $# -ge 3 ] || die "$usage"
"$MATERIAL/root.sh" "$1"
root=$KG_CACHE/root/$1
shift
binds=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    [ -d "$1" ] || die "no such directory: $1"
    binds+=("$(cd -- "$1" && pwd -P)")
    shift
done
[ $# -ge 2 ] || die "$usage"
shift

mkdir -p "$KG_CACHE"/{kernel,tmp}
place=$(mktemp -d "$KG_CACHE/tmp/in-root.XXXXXX")
trap 'rmdir "$place"' EXIT
# The shell's death ends unshare, which ends the first process inside, and the kernel all others with that.
# shellcheck disable=SC2016  # the inner shell's own
setpriv --pdeathsig KILL unshare --mount --pid --net --fork --kill-child --propagation private bash -euc '
    place=$1 lower=$2 kernels=$3 count=$4
    shift 4
    mount -t tmpfs -o mode=755 tmpfs "$place"
    cd "$place"
    mkdir lower upper work root
    # No overlay takes a lower directory that has a comma or a colon in its path.
    mount --bind "$lower" lower
    mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root
    mount -t proc -o nosuid,noexec,nodev proc root/proc
    mount --rbind /dev root/dev
    mkdir -p "root$kernels"
    mount --bind -o ro "$kernels" "root$kernels"
    for ((; count > 0; count--)); do
        mkdir -p "root$1"
        mount --bind "$1" "root$1"
        shift
    done
    cd root
    exec chroot . /usr/bin/env -i HOME=/root TMPDIR=/tmp LC_ALL=C TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
' in-root "$place" "$root" "$KG_CACHE/kernel" "${#binds[@]}" "${binds[@]}" "$@"
