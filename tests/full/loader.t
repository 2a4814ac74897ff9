#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Would the kernel load this module? kernel-guard's answer against the real loader's, errno included: every variant on every kernel
# whose rules differ. 6.18 has no headers, so its variants are made of its own modules.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/differential.sh
. "$TESTS/vm/differential.sh"
# shellcheck source=tests/vm/variants/variants.sh
. "$TESTS/vm/variants/variants.sh"

export DIFFERENTIAL_GUARD=differential_judge
for series in 6.1 6.18 7.2; do
    agreement "$series" 150
done
# Kernel command lines are read alike everywhere, and each takes a boot.
for series in 6.12 7.3; do
    agreement "$series" 150 --command-lines
done
done_testing
