#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Would the kernel load this module? kernel-guard's answer against the real loader's, errno included: variants of our own modules on
# one kernel. All of them, on more kernels, are tests/full/loader.t.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/differential.sh
. "$TESTS/vm/differential.sh"
# shellcheck source=tests/vm/variants/variants.sh
. "$TESTS/vm/variants/variants.sh"

# Nearly all of them share a command line, and so a boot; every further one takes a further boot.
parts=('elf-*' 'this-module-*' 'writable-code-*' 'modinfo-*' 'vermagic-*' 'licence-[aos]*' 'versions-[a-l]*' 'versions-module*'
    'versions-section-*' 'symbol-*' 'undefined-*' 'relocation-section-*' 'relocation-32*' 'btf-*' 'sysfs-sections-*'
    'order-wr*' 'built-chain*' 'taint-transitive' 'taint-transitive-*' 'built-user*'
    'double-module-k*' 'blacklist-[a-f]*' 'signature-own-[stu]*-enforced' 'signature-message-a*')
agreement 6.12 150 "${parts[@]/#/--only=}"
done_testing
