# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests with the real pacman share, on top of tests/cli/tap.sh: a bed to lie in. To be sourced.
#
# KG_BED_ROOT   another lower root than this machine's (see sandbox.sh)
# KG_BED_TREE   the tree whose kernel-guard is installed into the bed (default: this one)
# KG_BED_BUILD  the build that is installed into the bed: "san" (default) or "plain"
# KG_BED_INSTALLED  a directory that `make install` has filled with a build for that root; nothing is built then

PACMAN_TESTS=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=tests/cli/tap.sh
. "$PACMAN_TESTS/../cli/tap.sh"
# shellcheck source=tests/pacman/sandbox.sh
. "$PACMAN_TESTS/sandbox.sh"
KG_BED_BUILD=${KG_BED_BUILD:-san}
unset NO_COLOR
# The tests of the command line look for leaks: doing so takes longer than most starts of the program.
export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
# The releases of the two kernels.
old='' new='' out='' files=()

# shellcheck disable=SC2034,SC2120  # for the tests
# bed_start [STATE]: a fresh system, "old" or "two" as base.sh makes them. The one before it is gone.
bed_start() {
    local layer
    [ -z "${BED:-}" ] || bed_stop
    layer=$("$PACMAN_TESTS/base.sh" "${1:-old}") || { echo "Bail out! no base for the bed"; exit 1; }
    mkdir -p "$SCRATCH/place"
    sandbox_open "$SCRATCH/place" "$layer" || { echo "Bail out! the bed does not start"; exit 1; }
    old=$(release_of 6.1)
    new=$(release_of 6.12)
}

bed_stop() { sandbox_close; }

# bed COMMAND...: runs it in the bed, without a terminal; leaves $status, and in $out what it said on both channels.
bed() {
    status=0
    sandbox_run "$@" >"$SCRATCH/out" 2>&1 </dev/null || status=$?
    out=$(tr -d '\0' <"$SCRATCH/out")
}

# transaction ARGUMENT...: pacman as the user types it, without its questions.
transaction() { bed pacman --noconfirm "$@"; }

# loose PATTERN...: the files of packages whose names begin so, NAME-VERSION, as the bed sees them, into $files. Versions of
# kernels go with Debian's updates: linux-6.12.*-2 is its second package.
loose() {
    local name matches
    files=()
    for name in "$@"; do
        # shellcheck disable=SC2206  # the pattern is one
        matches=("$KG_CACHE"/bed/packages/loose/$name*)
        if [ ! -e "${matches[0]}" ] || [ ${#matches[@]} -ne 1 ]; then
            echo "Bail out! no single package $name"
            exit 1
        fi
        files+=("/run/bed/packages/loose/${matches[0]##*/}")
    done
}

# mirror STATE: the mirror offers "old" or "new" from now on.
mirror() { echo "Server = file:///run/bed/packages/$1" >"$BED/etc/pacman.d/mirrorlist"; }

# install_guard: this tree's kernel-guard, as `make install` does. One caller at a time: make keeps state.
install_guard() {
    if [ -n "${KG_BED_INSTALLED:-}" ]; then
        cp -a "$KG_BED_INSTALLED/." "$BED" && return
        echo "Bail out! nothing is installed from $KG_BED_INSTALLED"
        exit 1
    fi
    local arguments=(BUILD=build/plain "CFLAGS=-O2 -g -Werror") lock
    # The very arguments of tests/check, or all would be built anew.
    [ "$KG_BED_BUILD" = plain ] || arguments=(BUILD=build/san "SAN=address,undefined" "CFLAGS=-O1 -g -Werror")
    exec {lock}>"$KG_CACHE/lock/bed-install"
    flock "$lock"
    env -u CFLAGS -u CPPFLAGS -u LDFLAGS make -s -C "${KG_BED_TREE:-$PACMAN_TESTS/../..}" "${arguments[@]}" \
        install DESTDIR="$BED" PREFIX=/usr >"$SCRATCH/make" 2>&1 || { sed 's/^/# /' "$SCRATCH/make"; echo "Bail out! make install failed"; exit 1; }
    exec {lock}>&-
}

# verdict: what kernel-guard said after the transaction: all that follows the last hook's description.
verdict() {
    awk '/^\([ 0-9]+\/[0-9]+\) / { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }' "$SCRATCH/out"
}

# hooks: the descriptions of the hooks that ran, in order, a comma between two. They begin with a capital; what pacman
# does itself does not.
hooks() { sed -n 's/^([ 0-9]*\/[0-9]*) \([A-Z].*\)$/\1/p' "$SCRATCH/out" | paste -sd , | sed 's/,/, /g'; }

# contains TEXT NAME: the last output has TEXT in it, as it stands.
contains() {
    local found=0
    [[ $out == *"$1"* ]] || found=1
    ok "$found" "$2"
    [ "$found" -eq 0 ] || printf '# got:        %s\n# is not in it: %s\n' "${out//$'\n'/$'\n'# }" "$1"
}

# The files in /boot that are a kernel or an image.
bed_files() { find "$BED/boot" -maxdepth 1 -type f -printf '%f\n' | sort | paste -sd ' '; }

# kernel_of PKGBASE: the release that the kernel in /boot says it is.
kernel_of() {
    local file=$BED/boot/vmlinuz-$1 at
    [ -e "$file" ] || return
    at=$(od -An -tu2 -j 526 -N 2 "$file" | tr -d ' ')
    tail -c "+$((at + 513))" "$file" | head -c 256 | tr '\0 ' '[\n*]' | head -n 1
}

image_modules() { # PKGBASE
    bsdtar -tf "$BED/boot/initramfs-$1.img" 2>/dev/null | sed -n 's,.*/\([^/]*\)\.ko.*,\1,p' | sort
}

# in_image PKGBASE MODULE: whether the image has the module.
in_image() { image_modules "$1" | grep -qx "$2"; }

description() { sed -n 's/^Description = //p' "$BED/usr/share/libalpm/hooks/$1.hook"; }

# judged NAME: the transaction went through, our hooks were the first and the last ones, and the program was well.
judged() {
    local ran first last
    ran=$(hooks)
    first=$(description 05-kernel-guard-pre)
    last=$(description zzz-kernel-guard-post)
    is "$status" 0 "$1: pacman exits 0"
    is "${ran%%, *} … ${ran##*, }" "$first … $last" "$1: our hooks are the first and the last"
    is "$(grep -E 'Sanitizer|runtime error:|nothing was checked' "$SCRATCH/out")" "" "$1: kernel-guard ran well"
}

# safe NAME: judged, and the last words are one line that says so.
safe() {
    judged "$1"
    like "$(verdict)" $'^(kernel-guard: )?safe[^\n]*\n?$' "$1: one line, safe"
}

# warned NAME ID...: judged safe, and these findings are named before that is said.
warned() { findings '(kernel-guard: )?safe' "$@"; }

# unsafe NAME ID...: judged unsafe with these findings, and that is the last that is said.
unsafe() { findings 'UNSAFE' "$@"; }

findings() { # LAST NAME ID...
    local last=$1 name=$2 id
    shift 2
    judged "$name"
    for id in "$@"; do
        like "$(verdict)" "\\[$id\\]" "$name: names $id"
    done
    like "$(tail -n 1 <<<"$out")" "^$last" "$name: the verdict is the last line"
}

# repaired NAME ID: the command that the last verdict gives as the remedy of this finding, run as it stands, makes the
# system safe.
repaired() {
    local remedy
    bed kernel-guard status --json
    remedy=$(json "[.targets[].findings[], .findings[]] | map(select(.id == \"$2\")) | .[0].remedy")
    bed sh -c "yes | { $remedy; }"
    [ "$status" -eq 0 ] || printf '# remedy: %s\n# %s\n' "$remedy" "${out//$'\n'/$'\n'# }"
    bed kernel-guard check
    like "$status $out" "^0 (kernel-guard: )?safe" "$1: the remedy of $2 works"
}
