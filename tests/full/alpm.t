#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever libalpm is there serves the same facts: this machine's, trixie's 15 (pacman 7.0) and sid's 16 (pacman 7.1), with
# kernel-guard built there or here, on databases that an old or a new pacman has written. None of them is needed for a
# verdict, and no database changes by being read.
# shellcheck disable=SC2016,SC2317  # functions and texts that are for the shells in the roots
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export SCRATCH

# enter SUITE COMMAND...: runs it in the root of SUITE. What it writes there is gone afterwards, and so are all mounts;
# $SCRATCH is the same there, and so are the trees of the cache, read-only.
enter() {
    local suite=$1
    shift
    mkdir -p "$SCRATCH/ns"
    unshare -m --propagation private bash -euc '
        mount -t tmpfs tmpfs "$SCRATCH/ns"
        cd "$SCRATCH/ns"
        mkdir lower upper work root
        mount --bind "$1" lower
        mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work root
        mount --rbind /proc root/proc
        mount --rbind /dev root/dev
        mkdir -p "root$SCRATCH" "root$KG_CACHE/tree"
        mount --bind "$SCRATCH" "root$SCRATCH"
        mount --bind -o ro "$KG_CACHE/tree" "root$KG_CACHE/tree"
        shift
        export HOME=/root TMPDIR=/tmp PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        exec chroot root "$@"
    ' enter "$KG_CACHE/root/$suite" "$@"
}

# facts PROGRAM FACTS ROOT...: all that is to be the same, in $SCRATCH/FACTS, and what the loader did, in FACTS.ld.
facts() {
    local program=$1 output=$SCRATCH/$2 root command name status
    shift 2
    mkdir "$output" "$output.ld"
    for root; do
        for command in check "check --json" "list --json" "modules --json"; do
            name=${root##*/}.${command//[ -]/}
            status=0
            # shellcheck disable=SC2086  # words
            LD_DEBUG=libs LD_DEBUG_OUTPUT="$output.ld/$name" "$program" $command --root "$root" \
                >"$output/$name.out" 2>"$output/$name.err" </dev/null || status=$?
            echo "$status" >"$output/$name.status"
        done
    done
}

# Builds what lies in $SCRATCH/source.
build() { # DIRECTORY
    make -s -C "$SCRATCH/source" -j"$(nproc)" BUILD="$1" CFLAGS="-O2 -g -Werror" all
}

# pacman 7.1 wants the directories to be there that it is told of.
pacman_install() { # ROOT PACKAGE
    mkdir -p "$1/etc/pacman.d"/{hooks,gnupg}
    pacman --root "$1" --dbpath "$1/var/lib/pacman" --config "$1/etc/pacman.conf" \
        --cachedir "$1/var/cache/pacman/pkg" --hookdir "$1/etc/pacman.d/hooks" --gpgdir "$1/etc/pacman.d/gnupg" \
        --logfile "$1/var/log/pacman.log" --noconfirm -U "$2" </dev/null
}

pacman_query() { # ROOT
    pacman --root "$1" --dbpath "$1/var/lib/pacman" --config "$1/etc/pacman.conf" -Q
}

# What pacman says of itself and of its library, as "7.0.0 15".
pacman_version() { pacman --version | sed -n 's/.*Pacman v\([0-9.]*\) - libalpm v\([0-9]*\)\..*/\1 \2/p'; }

export -f facts build pacman_install pacman_query pacman_version

# there SUITE FUNCTION ARGUMENT...: one of these functions, in the root of SUITE.
there() { enter "$1" bash -c '"$@"' there "${@:2}"; }

# The one libalpm that every run of these facts has loaded, or what else there was.
loaded() { # FACTS
    local log
    for log in "$SCRATCH/$1.ld"/*; do
        sed -n 's,.*calling init: .*/\(libalpm\.so\.[0-9]*\)$,\1,p' "$log" | grep . || echo none
    done | sort -u | paste -sd' '
}

# differ FACTS FACTS: in what. JSON is laid out alike before: json-c 0.16 and 0.18 write an empty array in different ways.
differ() {
    local file
    for file in "$SCRATCH/$1"/*json.out "$SCRATCH/$2"/*json.out; do
        jq . <"$file" >"$file.new" && mv "$file.new" "$file"
    done
    diff -r "$SCRATCH/$1" "$SCRATCH/$2" 2>&1 | head -n 40
}

# of FACTS TREE COMMAND FILTER: what jq makes of these.
of() { jq -r "$4" <"$SCRATCH/$1/$2.${3//[ -]/}.out"; }

# Everything that writing would change. Of the kernel's own files, which other trees share by links, all but the ctime.
state() { # ROOT
    (
        cd "$1/var/lib/pacman" && find . -printf '%P %y %m %U %G %s %T@ %C@ %l\n' | sort &&
            find . -type f -print0 | sort -z | xargs -0r sha256sum
        cd "$1" && find . -printf '%P %y %m %s %T@ %l\n' | sort
    ) | sha256sum
}

# unread SUITE NAME DAMAGE: without a libalpm that can be loaded the verdict is the same, and says what was not looked at.
unread() {
    local name="$1: $2" facts=without-$1-${2// /-}
    enter "$1" bash -c "$3"' && facts "$@"' unread "$SCRATCH/build.$1/kernel-guard" "$facts" \
        "$KG_CACHE/tree/6.12" "$SCRATCH/broken"
    is "$(loaded "$facts")" none "$name: none is loaded"
    is "$(cat "$SCRATCH/$facts/6.12.check.status")" 0 "$name: exit 0"
    like "$(cat "$SCRATCH/$facts/6.12.check.out")" \
        $'^warning: [^\n]*libalpm[^\n]* \\[packages-unreadable\\]\n +in +/var/lib/pacman\n +repair +[^\n]*pacman[^\n]*\nsafe: ' \
        "$name: safe, with a warning and its remedy"
    is "$(of "$facts" 6.12 "check --json" \
        '.verdict, (.findings[] | select(.severity != "info") | .id, .severity, (.remedy | length > 10))' | xargs)" \
        "safe packages-unreadable warning true" "$name: so says the JSON"
    is "$(of "$facts" 6.12 "list --json" '.targets[] | [.entry, .release, .package] | map(tostring) | join(" ")')" \
        "arch.conf $(release_of 6.12) null" "$name: the targets are known, their package is not"
    is "$(of "$facts" 6.12 "modules --json" .)" "$(of facts-here 6.12 "modules --json" .)" "$name: the modules are judged alike"
    is "$(cat "$SCRATCH/$facts/broken.check.status")" 1 "$name: what is unsafe remains so"
}

# A kernel with all that a pacman notes in its database.
kernel_package() { # OUTPUT
    local stage=$SCRATCH/stage release
    release=$(release_of 6.1)
    mkdir -p "$stage/usr/lib/modules/$release" "$stage/etc"
    cp "$KG_CACHE/tree/6.1/usr/lib/modules/$release/vmlinuz" "$stage/usr/lib/modules/$release"
    echo linux-lts >"$stage/usr/lib/modules/$release/pkgbase"
    echo "# nothing" >"$stage/etc/linux-lts.conf"
    echo 'post_install() { true; }' >"$stage/.INSTALL"
    cat >"$stage/.PKGINFO" <<END
pkgname = linux-lts
pkgbase = linux-lts
xdata = pkgtype=pkg
pkgver = 1:6.1.0.deb1-1
pkgdesc = The LTS Linux kernel, größer than its modules, which are not there
url = https://archlinux.org/
builddate = 1
packager = kernel-guard tests
size = 1000
arch = x86_64
license = GPL-2.0-only
group = kernels
provides = WIREGUARD-MODULE
provides = KSMBD=1.2-3
optdepend = linux-firmware: firmware images needed for some devices
conflict = linux-lts-old
replaces = linux-lts-oldest
backup = etc/linux-lts.conf
END
    (cd "$stage" && bsdtar -cf "$1" --uid 0 --gid 0 --uname root --gname root .PKGINFO .INSTALL etc usr)
}

"$TESTS/material/modules.sh" 6.12 || exit 1
"$TESTS/material/tree.sh" 6.1 || exit 1
"$TESTS/material/root.sh" sid &
sid=$!
"$TESTS/material/root.sh" trixie
trixie=$?
wait "$sid" && [ "$trixie" -eq 0 ] || exit 1

# All are built from the same sources, whoever edits them meanwhile.
mkdir "$SCRATCH/source"
tar -C "$TESTS/.." --exclude=./build --exclude=./.git -cf - . | tar -C "$SCRATCH/source" -xf -
here=$SCRATCH/build.here/kernel-guard

# A tree with findings, where it matters what a package owns: a module that cannot be loaded, one that lies among the
# kernel's and that no package owns, and no file that says which package is the kernel's.
tree 6.12 broken
release=$(release_of 6.12)
install_module "$SCRATCH/broken" 6.12 "$KG_CACHE/modules/6.12/gplonly/kg_zfs.ko"
xz -c --check=crc32 "$KG_CACHE/modules/6.12/missing/kg_zfs.ko" \
    >"$SCRATCH/broken/usr/lib/modules/$release/kernel/fs/kg_stray.ko.xz"
rm "$SCRATCH/broken/usr/lib/modules/$release/pkgbase"
depmod -b "$SCRATCH/broken" "$release"
trees=("$KG_CACHE/tree/6.1" "$KG_CACHE/tree/6.12" "$SCRATCH/broken")

# This machine's.
errors=$(build "${here%/*}" 2>&1 >/dev/null)
is "$?:$errors" "0:" "built here without a warning"
[ -x "$here" ] || done_testing
facts "$here" facts-here "${trees[@]}"
read -r version soname_here < <(pacman_version)
is "$(loaded facts-here)" "libalpm.so.$soname_here" "this machine's libalpm is loaded"
echo "# here: pacman $version, $(loaded facts-here), gcc $(gcc -dumpfullversion)"
is "$(cat "$SCRATCH"/facts-here/{6.1,6.12,broken}.check.status | xargs)" "0 0 1" "two trees are safe, one is not"
for series in 6.1 6.12; do
    is "$(of facts-here "$series" "list --json" '.targets[].package')" \
        "linux $(sed -n '/%VERSION%/{n;p}' "$KG_CACHE/tree/$series"/var/lib/pacman/local/linux-[0-9]*/desc)" \
        "$series: the package is named"
done
like "$(of facts-here broken "modules --json" '.modules[] | .file + " " + .verdict')" "kernel/fs/kg_stray\.ko\.xz refused" \
    "what no package owns is found among the kernel's modules"
like "$(of facts-here broken "list --json" '.targets[].package')" "^linux 6\.12" "the kernel's package is found by its files"

kernel_package "$SCRATCH/linux-lts.pkg.tar"
suites=(trixie sid)
for suite in "${suites[@]}"; do
    built=$SCRATCH/build.$suite/kernel-guard
    read -r version soname < <(there "$suite" pacman_version)
    [ "$suite" != trixie ] || is "$soname" 15 "trixie has libalpm 15"
    [ "$suite" != sid ] || like "$soname" '^(1[6-9]|[2-9].)$' "sid has libalpm 16 or a newer one"

    errors=$(there "$suite" build "${built%/*}" 2>&1 >/dev/null)
    is "$?:$errors" "0:" "$suite: built there without a warning"
    [ -x "$built" ] || done_testing
    there "$suite" facts "$built" "facts-$suite" "${trees[@]}"
    is "$(differ facts-here "facts-$suite")" "" "$suite: the same facts"
    is "$(loaded "facts-$suite")" "libalpm.so.$soname" "$suite: from its own libalpm"
    echo "# $suite: pacman $version, $(loaded "facts-$suite"), gcc $(enter "$suite" gcc -dumpfullversion)"

    # pacman was upgraded, kernel-guard was not.
    missing=$(enter "$suite" ldd "$here" 2>&1 | grep "not found")
    if [ -n "$missing" ]; then
        ok 0 "$suite: this machine's build # SKIP ${missing//[$'\n\t']/ }"
    else
        there "$suite" facts "$here" "facts-$suite-old" "${trees[@]}"
        is "$(differ facts-here "facts-$suite-old")" "" "$suite: the same facts from this machine's build"
        is "$(loaded "facts-$suite-old")" "libalpm.so.$soname" "$suite: from the libalpm there"
    fi

    unread "$suite" "no libalpm" 'rm /usr/lib/*/libalpm.so*'
    unread "$suite" "an empty libalpm" 'for file in /usr/lib/*/libalpm.so.*.*; do : >"$file"; done'
    unread "$suite" "a libalpm whose own libraries are not there" 'rm /usr/lib/*/libgpgme.so*'

    # A database that this pacman has written.
    root=$SCRATCH/$suite
    tree 6.12 "$suite"
    cp "$KG_CACHE/tree/6.1/boot/vmlinuz-linux" "$root/boot/vmlinuz-linux-lts"
    sed 's/Arch Linux/& LTS/; s/vmlinuz-linux/&-lts/' "$root/boot/loader/entries/arch.conf" \
        >"$root/boot/loader/entries/lts.conf"
    status=0
    there "$suite" pacman_install "$root" "$SCRATCH/linux-lts.pkg.tar" >"$SCRATCH/pacman.log" 2>&1 || status=$?
    is "$status" 0 "$suite: pacman $version installs a kernel"
    [ "$status" -eq 0 ] || sed 's/^/# /' "$SCRATCH/pacman.log"
    before=$(state "$root")
    facts "$here" "written-$suite-here" "$root"
    there "$suite" facts "$built" "written-$suite" "$root"
    is "$(state "$root")" "$before" "$suite: nothing was written"
    is "$(loaded "written-$suite-here") $(loaded "written-$suite")" "libalpm.so.$soname_here libalpm.so.$soname" \
        "$suite: both libraries read what pacman $version has written"
    is "$(of "written-$suite" "$suite" "list --json" '.targets[] | select(.entry == "lts.conf") | .package')" \
        "linux-lts 1:6.1.0.deb1-1" "$suite: the package that it has installed is named"
    is "$(differ "written-$suite-here" "written-$suite")" "" "$suite: the same facts from both"
    rm -rf "$root"
done

# database COMMAND: a new database, and what is done to it.
database() {
    rm -rf "$root/var/lib/pacman"
    cp -a "$KG_CACHE/tree/6.12/var/lib/pacman" "$root/var/lib"
    (cd "$root/var/lib/pacman" && eval "$1")
}

# What is missing of a database stays so; libalpm would make some of it.
root=$SCRATCH/lacking
tree 6.12 lacking
linux=$(of facts-here 6.12 "list --json" '.targets[].package')
while IFS='|' read -r name damage package finding; do
    database "$damage"
    before=$(state "$root")
    facts=${name// /-}
    facts "$here" "$facts" "$root"
    is "$(of "$facts" lacking "list --json" '.targets[].package')" "$package" "$name: package"
    is "$(of "$facts" lacking "check --json" '.findings[] | select(.severity != "info") | .id')" "$finding" "$name: finding"
    for suite in "${suites[@]}"; do
        there "$suite" facts "$SCRATCH/build.$suite/kernel-guard" "$facts-$suite" "$root"
        is "$(differ "$facts" "$facts-$suite")" "" "$name, $suite: the same facts"
    done
    is "$(state "$root")" "$before" "$name: nothing was written"
done <<END
no sync|rm -rf sync|$linux|
no packages|rm -r local/*|null|
no local|rm -r local|null|
no version|rm local/ALPM_DB_VERSION|null|packages-unreadable
version 8|echo 8 >local/ALPM_DB_VERSION|null|packages-unreadable
END
# The comparison sees what pacman itself writes.
for suite in "${suites[@]}"; do
    database 'rm -rf local/*'
    before=$(state "$root")
    there "$suite" pacman_query "$root" >/dev/null 2>&1
    unequal=1
    [ "$(state "$root")" = "$before" ] || unequal=0
    ok "$unequal" "$suite: pacman -Q would have written"
done

# A newer libalpm that lacks what is needed does not stand in the way of one that has it.
enter trixie bash -c 'gcc -shared -x c -o /usr/lib/x86_64-linux-gnu/libalpm.so.16 /dev/null && facts "$@"' facts \
    "$SCRATCH/build.trixie/kernel-guard" facts-hollow "${trees[@]}"
is "$(differ facts-here facts-hollow)" "" "a hollow libalpm.so.16 beside libalpm.so.15: the same facts"
like "$(loaded facts-hollow)" "^libalpm\.so\.15" "from libalpm.so.15"

is "$(grep -c "$SCRATCH" /proc/self/mountinfo)" 0 "nothing stays mounted"

done_testing
