# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's packages through an apt configuration of our own, which leaves the machine's alone. To be sourced.

# The machine's own mirror, unless KG_DEBIAN_MIRROR names one; that of the security suites lies beside it.
mirror() { # debian|debian-security
    local uri=${KG_DEBIAN_MIRROR:-}
    if [ -n "$uri" ]; then
        uri=${uri%/}${1#debian}
    else
        # shellcheck disable=SC2016  # apt's own variable
        uri=$(env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI)' | sed -n "\,/$1/\$,{s,/\$,,p;q}")
    fi
    [ -n "$uri" ] || die "no mirror of $1 in this machine's apt sources; set KG_DEBIAN_MIRROR to one"
    printf '%s\n' "$uri"
}

# Writes the configuration NAME, which knows the packages of SUITES, and makes all following apt calls use it.
configure_apt() { # NAME SUITES [COMPONENTS]
    local dir=$KG_CACHE/apt/$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite
    [ -e "$keyring" ] || die "$keyring is missing: run tests/setup.sh test"
    mkdir -p "$dir"/{lists/partial,cache/archives/partial,debs}
    : >"$dir/status"
    for suite in $2; do
        case $suite in
        *-security) printf 'deb [signed-by=%s] %s %s %s\n' "$keyring" "$(mirror debian-security)" "$suite" "${3:-main}" ;;
        *) printf 'deb [signed-by=%s] %s %s %s\n' "$keyring" "$(mirror debian)" "$suite" "${3:-main}" ;;
        esac
    done >"$dir/sources.list"
    {
        # Of the machine's settings only how to reach the network: its hooks are not meant for us.
        apt-config dump | grep -E '^Acquire::(https?|Check-[A-Za-z-]+)\b' || true
        cat <<END
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$dir";
Dir::State::Status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Cache::PkgCache "";
Dir::Cache::SrcPkgCache "";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
END
    } >"$dir/apt.conf"
    export APT_CONFIG=$dir/apt.conf
}

# All packages of the kernel itself that PACKAGE... depend on; not the tools around it.
kernel_closure() { # PACKAGE...
    local todo=("$@") name found=" "
    while [ ${#todo[@]} -gt 0 ]; do
        name=${todo[0]}
        todo=("${todo[@]:1}")
        [[ $found != *" $name "* ]] || continue
        found+="$name "
        mapfile -t -O ${#todo[@]} todo < <(
            apt-cache show --no-all-versions "$name" | sed -n 's/^Depends: //p' | tr , '\n' |
                sed -E 's/^ *([^ ]+).*/\1/' | grep -E '^linux-(image|headers|kbuild|compiler|modules|binary|base)-[^ ]*[0-9]' || true
        )
    done
    tr -s ' ' '\n' <<<"$found" | sed '/^$/d'
}

# By name, because the suite's metapackage may have gone on to a newer series.
newest_kernel() { # SERIES
    local version=${1%%-*} flavour=${1#"${1%%-*}"}
    apt-cache search --names-only "^linux-image-${version//./\\.}\.[0-9]+[-+][a-z0-9.]+$flavour-amd64$" |
        cut -d' ' -f1 | sort -V | tail -n 1
}

# Downloads these packages, and prints the files' names. It is for the caller to remove them.
download() { # NAME PACKAGE...
    local debs=$KG_CACHE/apt/$1/debs
    shift
    (cd "$debs" && try3 quietly apt-get -q download "$@") || die "download failed: $*"
    # Asked for in a directory that has them already, apt-get would name none.
    (cd "$debs/.." && apt-get -q download --print-uris "$@") | awk -v dir="$debs" '{ print dir "/" $2 }'
}

# Downloads the newest kernel of SERIES and its headers, as far as the mirror has them, and prints the files' names.
fetch_kernel() { # SERIES
    local image names wanted=() from
    from=$(suites "$1")
    configure_apt "$1" "$from"
    try3 quietly apt-get -q -o APT::Update::Error-Mode=any update || die "cannot download the package lists of: $from"
    image=$(newest_kernel "$1")
    [ -n "$image" ] || die "no kernel $1 in: $from"
    case $(extent "$1") in
    full) wanted=("$image" "${image/image/headers}") ;;
    modules) wanted=("$image") ;;
    image) wanted=("${image/image/binary}") ;;
    esac
    names=$(kernel_closure "${wanted[@]}")
    # What is gone from the mirror is what these consist of no more.
    [ "$(extent "$1")" = full ] || names=$(grep -v '^linux-base-' <<<"$names")
    # shellcheck disable=SC2086  # they are several
    download "$1" $names
}
