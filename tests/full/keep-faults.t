#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/cli/keep-faults.t with all steps and all faults.
KG_FULL=yes KG_FAULTS="signal=KILL error=ENOSPC error=EIO error=EROFS" exec "$(dirname "$0")/../cli/keep-faults.t"
