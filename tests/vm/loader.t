#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Would the kernel load this module? kernel-guard's answer against the real loader's, errno included: variants of our own modules on
# two kernels whose rules differ. All of them, on more kernels, are tests/full/loader.t.
# shellcheck source=tests/cli/tap.sh
. "$(dirname "$0")/../cli/tap.sh"
# shellcheck source=tests/vm/vm.sh
. "$TESTS/vm/vm.sh"
# shellcheck source=tests/vm/differential.sh
. "$TESTS/vm/differential.sh"
# shellcheck source=tests/vm/variants/variants.sh
. "$TESTS/vm/variants/variants.sh"

# Nearly all of them share a kernel, and so a run of kernel-guard. 6.1 takes longest to read, and every further command line
# takes a further boot.
parts=('elf-*' 'this-module-*' 'writable-code-*' 'modinfo-*' 'vermagic-*' 'licence-[aos]*' 'versions-[a-l]*' 'versions-module*'
    'versions-section-*' 'symbol-*' 'undefined-*' 'relocation-section-*' 'relocation-32*' 'btf-*' 'sysfs-sections-*'
    'order-wr*' 'built-chain*' 'taint-transitive')
more=('built-user*' 'taint-transitive-*' 'double-module-k*' 'blacklist-[a-f]*' 'signature-own-[stu]*-enforced' 'signature-message-a*')
agreement 6.1 150 "${parts[@]/#/--only=}"
agreement 6.12 150 "${parts[@]/#/--only=}" "${more[@]/#/--only=}"
done_testing
