# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that runs a kernel, on top of bed.sh: made, by files that are mounted over those of /proc. To be sourced.

# shellcheck disable=SC2034,SC2154  # for the tests
# starts IMAGE INITRD: the machine has just been started with these, which lie in /boot. Leaves in $recovered what was said.
starts() {
    local version place=$BED/run/machine
    sed -n 's,^[^ ]* \(/usr/lib/modules/[^ ]*\) .*,\1,p' "/proc/$BED_PID/mounts" | while read -r mounted; do
        sandbox_run umount "$mounted"
    done
    version=$(version_of "$BED/boot/$1")
    mkdir -p "$place"
    echo "${version%% *}" >"$place/osrelease"
    echo "Linux version ${version%% #*} (gcc, ld) #${version#* #}" >"$place/version"
    echo "initrd=\\$2 root=UUID=6b672d67-7561-7264-2d72-6f6f74667300 rw" >"$place/cmdline"
    sleep 1.1
    echo "btime $(date +%s)" >"$place/stat"
    cat /proc/sys/kernel/random/uuid >"$place/boot_id"
    bed sh -c 'for file in sys/kernel/osrelease sys/kernel/random/boot_id version cmdline stat; do
        mountpoint -q "/proc/$file" || mount --bind "/run/machine/${file##*/}" "/proc/$file"
    done'
    bed kernel-guard recover
    is "$status" "0" "boot of $1: what was interrupted is recovered"
    recovered=$out
}

# boots IMAGE INITRD: and it has come up.
boots() {
    starts "$1" "$2"
    bed kernel-guard booted
    is "$status" "0" "boot of $1: it has booted"
}

sum() { sha256sum <"$BED/$1" | cut -d' ' -f1; }
# What the generator calls its images.
image=initramfs
pair() { echo "$(sum "boot/vmlinuz-$1") $(sum "boot/$image-$1.img")"; }
kept_pair() { echo "$(sum "boot/vmlinuz-$1.old") $(sum "boot/$image-$1.old.img")"; }

# What is kept of a module tree.
tree() {
    (cd "$BED/usr/lib/modules/$1" &&
        find . -type f ! -path ./vmlinuz ! -path ./pkgbase ! -path './build/*' -exec sha256sum {} + | sort | sha256sum)
}

# fact KEY [ID]: of the set of this ID, or of the one that booted last.
fact() {
    jq -rs --arg key "$1" --arg id "${2:-}" 'map(select($id == "" or .id == $id)) | max_by(.boot)[$key]' \
        "$BED"/var/lib/kernel-guard/sets/*/set.json
}

# kept_tree RELEASE: the name of the tree of the set of this release that booted last.
kept_tree() {
    jq -rs --arg release "$1" 'map(select(.release == $release)) | max_by(.boot) | .tree' \
        "$BED"/var/lib/kernel-guard/sets/*/set.json
}

# has_booted NAME: what boots(), the package NAME's, is what is to be kept from now on.
has_booted() {
    package=$1 set=$(fact id) release=$(fact release) pair=$(pair "$1") tree=$(tree "$(fact release)")
}

# kept_modules TREE: the files of a kept tree, dependencies first: modules.dep names the nearest first.
kept_modules() {
    awk -v tree="/usr/lib/modules/.kernel-guard/$1/" '{
        sub(/:/, "")
        for (i = NF; i > 1; i--) print tree $i
        print tree $1
    }' "$BED/usr/lib/modules/.kernel-guard/$1/modules.dep" | awk '!seen[$0]++'
}

# kept_beside PACKAGE: the suffix under which what is to be kept lies in /boot, and an entry that has booted starts it.
kept_beside() {
    local suffix
    bed kernel-guard list --json
    for suffix in '' .old; do
        if [ "$(sum "boot/vmlinuz-$1$suffix" 2>&1) $(sum "boot/$image-$1$suffix.img" 2>&1)" = "$pair" ] &&
            [ "$(json "[.targets[] | select(.kernel == \"/boot/vmlinuz-$1$suffix\") | .booted] | any")" = true ]; then
            echo "as /boot/vmlinuz-$1$suffix"
            return
        fi
    done
    echo "nowhere in /boot: $(bed_files)"
}

# is_kept NAME [SUFFIX]: what has booted is stored as it was, an entry starts it (from files with the suffix, ".old" or none),
# its modules load, and neither dkms nor the generator has touched what is kept.
is_kept() {
    local said=$out store=$BED/var/lib/kernel-guard/sets/$set kept modules
    is "$(sha256sum <"$store/0-vmlinuz-$package" | cut -d' ' -f1) $(sha256sum <"$store/1-$image-$package.img" | cut -d' ' -f1)" \
        "$pair" "$1: what has booted is stored as it was"
    is "$(kept_beside "$package")" "as /boot/vmlinuz-$package${2-.old}" "$1: and boots"
    kept=$(fact tree "$set")
    is "$(tree ".kernel-guard/$kept")" "$tree" "$1: its modules are kept as they were"
    mapfile -t modules < <(kept_modules "$kept")
    bed kernel-guard modules --kernel "$release" --json "${modules[@]}"
    is "$status $(json '.modules | map(select(.verdict == "loads")) | length') of $(find "$BED/usr/lib/modules/.kernel-guard/$kept" -name '*.ko*' | wc -l)" \
        "0 ${#modules[@]} of ${#modules[@]}" "$1: and all of them load"
    is "$(touched "$said")" "" "$1: dkms and the generator leave kept trees alone"
}

# touched TEXT: what dkms has for anything but an installed kernel, what it and the generator have said of kept trees, and what
# would make them do so.
touched() {
    local built
    grep -E '^ *(==>|->) ' <<<"$1" | grep -F -e .kernel-guard -e "$set"
    find "$BED/var/lib/dkms" -mindepth 3 -maxdepth 3 -type d ! -name build -printf '%f\n' | while read -r built; do
        [ -e "$BED/usr/lib/modules/$built/vmlinuz" ] || echo "dkms has built for $built"
    done
    find "$BED/usr/lib/modules/.kernel-guard" -maxdepth 2 \( -name build -o -name vmlinuz -o -name pkgbase \)
    find "$BED/boot" -name '*.kernel-guard*' -o -name "*$set*"
}
