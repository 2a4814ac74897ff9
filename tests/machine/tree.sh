# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A captured proc and sys as text. To be sourced. A line each:
#   d PATH           a directory
#   l PATH TARGET    a symbolic link
#   b PATH TEXT      a file that is no text, in base64
#   f PATH TEXT      a file, with \n for a newline and \\ for a backslash

# tree_unpack DIRECTORY < text
tree_unpack() {
    local kind path rest
    mkdir -p "$1"
    while read -r kind path rest; do
        case $kind in
        d) mkdir -p "$1/$path" ;;
        l)
            mkdir -p "$1/$(dirname "$path")"
            ln -sfn "$rest" "$1/$path"
            ;;
        f)
            mkdir -p "$1/$(dirname "$path")"
            printf '%b' "$rest" >"$1/$path"
            ;;
        b)
            mkdir -p "$1/$(dirname "$path")"
            base64 -d <<<"$rest" >"$1/$path"
            ;;
        *) return 1 ;;
        esac
    done
}

# tree_normal < text: sorted, and without what differs from one run to the next: identifiers, sizes, numbers of mounts.
tree_normal() {
    sed -E 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g; s/(CRYPT-LUKS2)-[0-9a-f]{32}/\1-UUID/; s/LVM-[A-Za-z0-9]{64}/LVM-UUID/
        /^f [^ ]*\/size /d; /^f [^ ]*\/uevent /d; /^b /d; /^f proc\/(cmdline|swaps|bus\/input\/devices) /d
        s/(^f proc\/self\/mountinfo |\\n)[0-9]+ [0-9]+ /\1ID PARENT /g; s/(DISK|PART)UUID=[^\\]*/\1UUID/g' | sort -u
}
