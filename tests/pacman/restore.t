#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What "kernel-guard restore" prints works as it is printed: the command by which pacman goes back to the restored kernel, and the
# line that makes it stay there. pacman, its cache, dkms and depmod are real.
# shellcheck source=tests/pacman/bed.sh
. "$(dirname "$0")/bed.sh"
# shellcheck source=tests/pacman/machine.sh
. "$PACMAN_TESTS/machine.sh"

cache=/var/cache/pacman/pkg
versions() { bed pacman -Q linux linux-headers; awk '{ print $2 }' <<<"$out" | uniq | paste -sd' '; }

# upgraded: the new kernel is installed while the old one runs.
upgraded() {
    loose linux-6.12.*-1 linux-headers-6.12.*-1 kg-story-dkms-1.1
    transaction -U "${files[@]}"
    safe "upgrade"
}

# restored NAME: leaves in $command and $line what was printed.
restored() {
    bed kernel-guard restore "$old"
    is "$status $(kernel_of linux)" "0 $old" "$1: restored"
    command=$(sed -n 's/^  \(.*pacman -U .*\)/\1/p' <<<"$out")
    line=$(sed -n 's/^  \(IgnorePkg = .*\)/\1/p' <<<"$out")
}

# as_printed COMMAND: by the user's shell; the user has nothing to say but yes.
as_printed() { bed sh -c "yes '' | $1"; }

# is_back NAME COMMAND: it works, and pacman has the version that was restored.
is_back() {
    as_printed "$2"
    safe "$1, the command as it is printed"
    is "$(versions) $(kernel_of linux)" "$version $old" "$1: pacman has gone back, and it boots"
}

# The old kernel's packages are in the cache, as a download leaves them.
bed_start
install_guard
transaction -S linux linux-headers
version=$(versions)
boots vmlinuz-linux initramfs-linux.img
has_booted linux

# The new one has not been booted yet: the modules of the one that runs are mounted where pacman is to put them.
upgraded
restored "while it runs"
is "$command" "pacman -U --overwrite 'usr/lib/modules/$old/*' $cache/linux-$version-x86_64.pkg.tar.zst $cache/linux-headers-$version-x86_64.pkg.tar.zst" \
    "while it runs: the command has the cache's files, and goes over the mount"
overwrite=" --overwrite 'usr/lib/modules/$old/*'"
as_printed "${command/"$overwrite"/}"
is "$status" 1 "while it runs: without that, pacman refuses"
is_back "while it runs" "$command"
is_kept "while it runs"

# pacman offers a newer one: with the printed line it is not taken.
mirror new
bed pacman -Sy
bed pacman -Qu linux linux-headers
is "$(wc -l <<<"$out")" 2 "the mirror has a newer kernel"
is "$line" "IgnorePkg = linux linux-headers" "kernel and headers are to stay"
cp "$BED/etc/pacman.conf" "$BED/etc/pacman.conf.before"
sed -i "/^\[options\]/a $line" "$BED/etc/pacman.conf"
transaction -Syu
is "$status $(versions)" "0 $version" "with the line, an upgrade leaves both"
mv "$BED/etc/pacman.conf.before" "$BED/etc/pacman.conf"
transaction -Syu
is "$status $([ "$(versions)" != "$version" ]; echo $?)" "0 0" "without it, it takes the newer ones"

# The user restores while the new kernel runs, boots, and only then runs what was printed.
boots vmlinuz-linux initramfs-linux.img
restored "before a boot"
starts vmlinuz-linux initramfs-linux.img
is "$recovered" "put the kept modules of $old in their place" "after the boot: the kept modules are mounted"
is_back "after the boot" "$command"
restored "done"
is "$command$line" "" "done: there is nothing more to do"

# Another cache, and packages compressed in another way.
upgraded
mkdir "$BED"/srv/{none,packages}
sed -i '/^\[options\]/a \  CacheDir = /srv/none/\nCacheDir = /srv/packages/' "$BED/etc/pacman.conf"
for file in "$BED/$cache"/linux-{6.1.,headers-6.1.}*; do
    zstd -dqc "$file" | xz -0 >"$BED/srv/packages/$(basename "$file" .zst).xz"
    : >"$BED/srv/packages/$(basename "$file" .zst).xz.sig"
done
bed kernel-guard restore --json "$old"
command=$(json .downgrade)
is "$(json '.missing + .ignore | join(" ")')" "linux linux-headers" "another cache: nothing is missing"
contains " /srv/packages/linux-headers-$version-x86_64.pkg.tar.xz" "another cache: what is there is named"
is_back "another cache" "$command"

# It has been cleaned. What is missing is said, and with it the command works.
upgraded
mv "$BED/srv/packages" "$BED/srv/archive"
sed -i '/CacheDir/d' "$BED/etc/pacman.conf"
rm "$BED/$cache"/linux-*
restored "a cleaned cache"
contains "put linux-$version-x86_64.pkg.tar.zst and linux-headers-$version-x86_64.pkg.tar.zst from the Arch Linux Archive into $cache, which lacks them, and then:" \
    "a cleaned cache: what is missing is said, and where it is"
as_printed "$command"
is "$status" 1 "a cleaned cache: as yet the command does not work"
loose linux-6.1. linux-headers-6.1.
bed cp "${files[@]}" "$cache"
is_back "a cleaned cache, filled" "$command"

done_testing
