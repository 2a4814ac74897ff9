#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tree is hostile: links out of it, names that steer a terminal, configuration that is a program.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/tap.sh"

tree 6.12 tree
root=$SCRATCH/tree
release=$(release_of 6.12)

# An absolute link means the tree's file. The host has one at the same place, which demands what is not there.
mkdir -p "$root$SCRATCH"
echo 'MODULES=(host_was_read)' >"$SCRATCH/real.conf"
mv "$root/etc/mkinitcpio.conf" "$root$SCRATCH/real.conf"
ln -s "$SCRATCH/real.conf" "$root/etc/mkinitcpio.conf"
run check --root "$root"
is "$status" 0 "an absolute link to a file resolves in the tree"
echo 'MODULES=(kg_zfs tree_was_read)' >"$root$SCRATCH/real.conf"
run check --root "$root" --json
is "$status $(json '.targets[].findings[] | select(.severity == "error") | .module')" "1 tree_was_read" "and it is the tree's file that is read"
rm "$root$SCRATCH/real.conf"
run check --root "$root" --json
is "$(json '[.targets[].findings[].module] | index("host_was_read")')" null "where the tree has none, the host's is not taken"
rm "$root/etc/mkinitcpio.conf"
ln -s "../../../../../../../../../../..$SCRATCH/real.conf" "$root/etc/mkinitcpio.conf"
run check --root "$root" --json
is "$(json '[.targets[].findings[].module] | index("host_was_read")')" null ".. does not lead out of the tree"

# The same for directories: /boot, and the module trees.
mkdir -p "$root$SCRATCH/boot" "$SCRATCH/boot"
mv "$root/boot"/* "$root$SCRATCH/boot/"
rmdir "$root/boot"
ln -s "$SCRATCH/boot" "$root/boot"
run list --root "$root" --json
is "$(json '.targets[0].release')" "$release" "an absolute link to a directory resolves in the tree"
mkdir -p "$SCRATCH/modules/9.9.9" "$root$SCRATCH"
mv "$root/usr/lib/modules" "$root$SCRATCH/modules"
ln -s "$SCRATCH/modules" "$root/usr/lib/modules"
cp "$KG_CACHE/tree/6.12/etc/mkinitcpio.conf" "$SCRATCH/conf"
rm "$root/etc/mkinitcpio.conf"
mv "$SCRATCH/conf" "$root/etc/mkinitcpio.conf"
run check --root "$root"
is "$status" 0 "so do the module trees, for libkmod as well"
rm -rf "$root"

# Configuration is a program. It is read, not run.
tree 6.12 shell
root=$SCRATCH/shell
mkdir -p "$root/etc/mkinitcpio.conf.d"
cat >"$root/etc/mkinitcpio.conf.d/local.conf" <<END
touch $SCRATCH/executed
MODULES+=(\$(touch $SCRATCH/executed; echo nothing))
if [ -e /etc/hostname ]; then
  MODULES+=(also_nothing)
fi
END
run check --root "$root" --json
is "$status $(json .verdict)" "0 safe" "statements beyond the reader are warnings"
is "$(json '[.findings[] | select(.id == "configuration-statement") | .subject] | join(" ")')" \
    "/etc/mkinitcpio.conf.d/local.conf:1 /etc/mkinitcpio.conf.d/local.conf:2 /etc/mkinitcpio.conf.d/local.conf:3" \
    "each is named with file and line"
is "$(json '[.targets[].findings[].module | select(. == "nothing" or . == "also_nothing")] | length')" 0 "what they would add is not taken"
executed=1
[ -e "$SCRATCH/executed" ] && executed=0
is "$executed" 1 "nothing was executed"
echo 'MODULES+=(nosuchmodule{,_drm} maybe?)' >"$root/etc/mkinitcpio.conf.d/local.conf"
run check --root "$root" --json
is "$status $(json '[.targets[].findings[] | select(.id == "module-absent") | .module] | join(" ")')" "1 nosuchmodule nosuchmodule_drm" \
    "plain additions of a drop-in are taken; what is marked optional is not demanded"
sed -i "s,^#ALL_config.*,ALL_config=/etc/other.conf," "$root/etc/mkinitcpio.d/linux.preset"
grep -q '^ALL_config' "$root/etc/mkinitcpio.d/linux.preset" || echo 'ALL_config=/etc/other.conf' >>"$root/etc/mkinitcpio.d/linux.preset"
cp "$root/etc/mkinitcpio.conf" "$root/etc/other.conf"
run check --root "$root"
is "$status" 0 "a configuration that the preset names has no drop-ins"

# Names that steer a terminal or are no text.
rm "$root/etc/mkinitcpio.d/linux.preset" "$root/etc/mkinitcpio.conf.d/local.conf"
printf 'title \033]0;owned\007\nlinux /vmlinuz-\033[31m\377\ninitrd /x\302\205y\n' >"$root/boot/loader/entries/"$'evil\033[2J.conf'
run check --root "$root" --verbose
is "$status" 0 "hostile names: the default is still safe"
is "$(LC_ALL=C tr -d '\n -~' <"$SCRATCH/out" | wc -c)" 0 "hostile names: only printable characters reach the terminal"
run check --root "$root" --json
is "$(json '.targets | length')" 2 "hostile names: the JSON is valid"
run list --root "$root"
is "$(LC_ALL=C tr -d '\n -~' <"$SCRATCH/out" | wc -c)" 0 "hostile names: list too"

# Files that must not be opened, or never end.
rm "$root/boot/loader/entries/"*evil*
mkfifo "$root/boot/loader/entries/fifo.conf"
ln -s loop.conf "$root/boot/loader/entries/loop.conf"
mkdir "$root/boot/loader/entries/directory.conf"
ln -s /nowhere "$root/boot/loader/entries/dangling.conf"
run check --root "$root" --json
is "$status" 2 "entries that cannot be read: unknown"
is "$(json '[.findings[] | select(.id == "configuration-unreadable") | .subject | sub(".*/"; "")] | sort | join(" ")')" \
    "dangling.conf directory.conf fifo.conf loop.conf" "each of them is named"
rm -r "$root/boot/loader/entries/"{fifo,loop,directory,dangling}.conf
mkfifo "$root/boot/fifo"
sed -i 's,^initrd.*,initrd /fifo,' "$root/boot/loader/entries/arch.conf"
run check --root "$root" --json
is "$status $(json '.targets[].findings[].id' | sort -u | paste -sd' ')" "2 initramfs-unreadable" "an image that is a FIFO is not waited for"

done_testing
