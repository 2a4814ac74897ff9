/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_KEPT_NAME_H
#define KERNEL_GUARD_SYSTEM_KEPT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel-guard/core/error.h"

/* The directory of kept files, beside the originals or, of kernel-install's, the entry token's. */
#define KG_KEPT_DIRECTORY "kernel-guard"

/*
 * Kept files of one kernel are counted: .old, .old.2, … up to kg_fallback_max lie beside the
 * originals. The numbers above are the same names once more, in the directory KG_KEPT_DIRECTORY
 * beside the originals: apart, where a loader that scans for kernels does not find them.
 */
enum {
	kg_fallback_max = 9,
	kg_kept_last = 2 * kg_fallback_max, /* of all numbers */
};

/* The number under which the count-th kept files, from 1 on, lie apart or beside the originals. */
size_t kg_kept_number(size_t count, bool apart);

/* Of a number the count, 1 for .old. */
size_t kg_kept_count(size_t number);

/*
 * What a kept file is called: ".old" behind a kernel's name, and before the ".img" of an image's;
 * with number 2 ".old.2", and above kg_fallback_max in KG_KEPT_DIRECTORY. A unified kernel image
 * X.efi is kept as X-old.efi, without a counter of boots; one that has its release in its name,
 * linux-6.12.9-arch1-1.efi, as linux-arch-old.efi, with what the releases of one package have in
 * common: systemd-boot sorts that behind every release, and would else start the kept one of a
 * newer release first. A file in kernel-install's layout, TOKEN/RELEASE/linux, would go with its
 * directory: it is kept as kernel-guard/TOKEN/FLAVOUR/linux.old. The caller frees it; NULL, and
 * err, with ENOMEM.
 */
char *kg_kept_name(const char *name, size_t number, struct kg_error *err);

/*
 * What the file was called, when it was that of this release, to which kg_kept_name() has given
 * this name, whatever the number; a copy of one that it has not, or that cannot be told. The caller
 * frees it; NULL, and err, with ENOMEM.
 */
char *kg_original_name(const char *name, const char *release, struct kg_error *err);

/*
 * Whether a kernel has a name that kg_kept_name() gives, or one by which people and other programs
 * keep one aside (vmlinuz-linux.bak).
 */
bool kg_is_kept_name(const char *path);

/*
 * Whether the file lies in a directory of its release, as kernel-install has it: then every kernel
 * has an entry of its own, and which of them is the default says the loader's configuration.
 */
bool kg_has_release_directory(const char *path);

#endif
