#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The package: makepkg builds it from a copy of this tree, as a user whom nobody trusts; pacman installs it, it works,
# and its removal leaves only what it has remembered.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/pack.sh
. "$PACMAN_TESTS/pack.sh"

bed_start
mkdir "$BED/srv/tree"
tar -C "${KG_BED_TREE:-$PACMAN_TESTS/../..}" --exclude=./build --exclude=./.git -cf - . | tar -C "$BED/srv/tree" -xf -
bed chown -R nobody: /srv/tree
# Without a look at dependencies: this machine's libraries come from no package of pacman's.
bed runuser -u nobody -- env MAKEFLAGS="-j$(nproc)" sh -c 'cd /srv/tree/packaging && makepkg --nodeps --nocolor'
is "$status" 0 "makepkg builds the package"
[ "$status" -eq 0 ] || sed 's/^/# /' "$SCRATCH/out"
is "$(grep 'warning:' "$SCRATCH/out")" "" "without a warning of the compiler"
contains "there is nothing to judge" "its check has run"
packages=("$BED"/srv/tree/packaging/kernel-guard-[0-9]*.pkg.tar*)
package=${packages[0]}
version=$(sed -n 's/^VERSION := //p' "$PACMAN_TESTS/../../Makefile")
is "${#packages[@]} ${package##*/}" "1 kernel-guard-$version-1-$(uname -m).pkg.tar.${package##*.}" \
    "one package, of the version that the Makefile names"

is "$(bsdtar -tvf "$package" | awk '$NF !~ /^\./ { print $1, $3 "/" $4, $NF }' | sort -k3)" \
    "drwxr-xr-x root/root usr/
drwxr-xr-x root/root usr/bin/
-rwxr-xr-x root/root usr/bin/kernel-guard
drwxr-xr-x root/root usr/lib/
drwxr-xr-x root/root usr/lib/initcpio/
drwxr-xr-x root/root usr/lib/initcpio/post/
-rwxr-xr-x root/root usr/lib/initcpio/post/kernel-guard
drwxr-xr-x root/root usr/lib/kernel-guard/
-rwxr-xr-x root/root usr/lib/kernel-guard/hook
drwxr-xr-x root/root usr/lib/systemd/
drwxr-xr-x root/root usr/lib/systemd/system/
-rw-r--r-- root/root usr/lib/systemd/system/kernel-guard-booted.service
-rw-r--r-- root/root usr/lib/systemd/system/kernel-guard-booted.timer
-rw-r--r-- root/root usr/lib/systemd/system/kernel-guard-recover-late.service
-rw-r--r-- root/root usr/lib/systemd/system/kernel-guard-recover.service
drwxr-xr-x root/root usr/lib/systemd/system/sysinit.target.wants/
drwxr-xr-x root/root usr/lib/systemd/system/timers.target.wants/
drwxr-xr-x root/root usr/share/
drwxr-xr-x root/root usr/share/doc/
drwxr-xr-x root/root usr/share/doc/kernel-guard/
-rw-r--r-- root/root usr/share/doc/kernel-guard/README.md
drwxr-xr-x root/root usr/share/libalpm/
drwxr-xr-x root/root usr/share/libalpm/hooks/
-rw-r--r-- root/root usr/share/libalpm/hooks/05-kernel-guard-pre.hook
-rw-r--r-- root/root usr/share/libalpm/hooks/zzz-kernel-guard-post.hook
drwxr-xr-x root/root usr/share/licenses/
drwxr-xr-x root/root usr/share/licenses/kernel-guard/
-rw-r--r-- root/root usr/share/licenses/kernel-guard/COPYING" "its files, their owner and their modes"

# field NAME: the values in .PKGINFO.
field() { bsdtar -xOf "$package" .PKGINFO | sed -n "s/^$1 = //p" | sort | paste -sd' '; }
mkdir "$SCRATCH/content"
bsdtar -C "$SCRATCH/content" -xf "$package"
launcher=$(readelf -lW "$SCRATCH/content/usr/lib/kernel-guard/hook")
like "$launcher" "LOAD" "the launcher is a program"
is "$(grep -E 'INTERP|DYNAMIC' <<<"$launcher")" "" "it is static"
# Arch's packages of the libraries that the program is linked with.
declare -A package_of=(
    [libc]=glibc [libm]=glibc [libkmod]=kmod [libelf]=libelf [libarchive]=libarchive [libjson-c]=json-c
    [libcrypto]=openssl [libinih]=libinih [libz]=zlib [libbz2]=bzip2 [liblzma]=xz [libzstd]=zstd
    [libmount]=util-linux-libs
)
needed=$(readelf -dW "$SCRATCH/content/usr/bin/kernel-guard" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so\..*\]/\1/p')
needed=$(for library in $needed; do echo "${package_of[$library]:-$library}"; done | sort -u | paste -sd' ')
is "$(field depend)" "$needed" "it depends on what it is linked with"
is "$(grep -rl /srv/tree "$SCRATCH/content/usr")" "" "nothing in it names the place where it was built"

# files: all that is there where packages and hooks write, but what is pacman's own or made anew.
files() {
    bed find /boot /etc /opt /usr/bin /usr/lib/initcpio /usr/lib/kernel-guard /usr/lib/systemd /usr/share/doc \
        /usr/share/libalpm /usr/share/licenses /usr/share/man /usr/src /var/lib ! -type d ! -path '/var/lib/pacman/*' \
        ! -name ld.so.cache
    grep -v '^find: ' <<<"$out" | sort
}

# A package that stands for all that it depends on.
mapfile -t provides < <(field depend | tr ' ' '\n' | sed 's/^/provides = /')
mkdir "$SCRATCH/base"
pack "$BED/srv" base 3-2 "$SCRATCH/base" "${provides[@]}"
transaction -U "/srv/tree/packaging/${package##*/}"
is "$status" 1 "without them pacman refuses it"
transaction -U /srv/base-3-2-x86_64.pkg.tar.zst
files >"$SCRATCH/before"
transaction -U "/srv/tree/packaging/${package##*/}"
is "$status" 0 "pacman installs it"
like "$(verdict)" $'^safe: arch\\.conf [^\n]*\n?$' "its last hook judges in the same transaction"
bed pacman -Qkk kernel-guard
like "$status $out" "^0 .* 0 altered files" "it is as pacman knows it"
bed kernel-guard check
like "$status $out" "^0 safe: arch\.conf " "it works"
bed kernel-guard --version
like "$out" "[ ]$version\$" "it is of that version"
transaction -S linux-firmware
safe "a transaction under its guard"
transaction -R kernel-guard
is "$status" 0 "pacman removes it"
is "$(files | diff "$SCRATCH/before" - | sed -n 's/^[<>] //p' | paste -sd' ')" \
    "/var/lib/kernel-guard/lock /var/lib/kernel-guard/verdict.json" "the last verdict is left, and nothing else"
bed sh -c 'cd /var/lib/kernel-guard && for set in 0badcafe 1badcafe.damaged 2.new; do mkdir -p sets/6.1.0-1-$set; echo {} >sets/6.1.0-1-$set/set.json; done &&
    . /srv/tree/packaging/kernel-guard.install && post_remove 1'
contains "these kernels stay kept, with their boot entries and .old files on the boot partition: 6.1.0-1-0badcafe" "what is kept is named at its removal"
transaction -S linux-firmware
is "$status $(hooks)" "0 Updating linux initcpios..." "no hook of it is left"

done_testing
