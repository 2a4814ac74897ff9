/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MODULE_EXPORTS_H
#define KERNEL_GUARD_PARSE_MODULE_EXPORTS_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/parse/elf_file.h"
#include "kernel-guard/parse/export.h"

/*
 * Reads what a module (ET_REL) exports: __ksymtab and __ksymtab_gpl with their
 * __kcrctab, or from Linux 7.1 __ksymtab with __kflagstab. In a relocatable file
 * names and namespaces are reached through the relocations of the table. The
 * strings point into the file's bytes; the table is sorted. 0, or -1: EBADMSG
 * where an entry has no name.
 */
int kg_module_exports_read(const struct kg_elf_file *elf, struct kg_export_table *exports,
			   struct kg_error *err);

#endif
