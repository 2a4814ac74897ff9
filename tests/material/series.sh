# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel series that there are, and what Debian's mirror still has of each. To be sourced. In no digest: what it says
# of a series is, so that a further line builds nothing anew.

# One line a series: what the mirror has of it, where its modules are built ("here", or in the root of a suite, because
# the programs of its headers need that suite's libraries), and the suites that hold it, of which the newest kernel
# is taken. "full" has image, modules and headers; "modules" no headers; "image" is vmlinuz alone. A series may be of
# a flavour, as Debian calls it.
series_table() {
    cat <<'END'
5.10 full    here   bullseye bullseye-security
6.1  full    here   bookworm bookworm-security
6.12 full    here   bookworm-backports
6.16 modules -      trixie-backports
6.17 modules -      trixie-backports
6.18 modules -      trixie-backports
6.19 image   -      trixie-backports
7.0  image   -      trixie-backports
7.1  image   -      trixie-backports
7.2  full    trixie trixie-backports
7.3  full    trixie trixie-backports
5.10-cloud full here   bullseye bullseye-security
6.1-cloud  full here   bookworm bookworm-security
6.12-cloud full here   bookworm-backports
7.2-cloud  full trixie trixie-backports
END
}

series_line() { # SERIES
    series_table | grep -E "^${1//./\\.} " || die "no such kernel series: '$1' ($(series_table | cut -d' ' -f1 | xargs))"
}

# suites prints the names of the suites that hold SERIES.
suites() { series_line "$1" | tr -s ' ' | cut -d' ' -f4-; }

# extent prints what there is of SERIES: full, modules or image.
extent() { series_line "$1" | tr -s ' ' | cut -d' ' -f2; }

# build_place prints where modules of SERIES are built: "here", a suite, or "-" where there are no headers.
build_place() { series_line "$1" | tr -s ' ' | cut -d' ' -f3; }
