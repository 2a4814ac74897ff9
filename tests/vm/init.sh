#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the virtual machines' first process from init.c.
# usage: init.sh      result: $KG_CACHE/vm/init
set -euo pipefail
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=tests/material/lib.sh
. "$here/../material/lib.sh"

flags=(-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror -O2 -static)

build() { gcc "${flags[@]}" -o "$1" "$here/init.c"; }

product vm/init "$(digest "$here/init.c" "=${flags[*]}")" build
