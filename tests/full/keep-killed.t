#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/pacman/keep-killed.t with many kills, and each time pacman does it again.
KG_KILLS=${KG_KILLS:-240} KG_FINISH=yes exec "$(dirname "$0")/../pacman/keep-killed.t"
