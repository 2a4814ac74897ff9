/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MODULE_EXPORTS_H
#define KERNEL_GUARD_PARSE_MODULE_EXPORTS_H

#include "kernel-guard/parse/module.h"

/*
 * Reads what the module exports, as a kernel of these rules does (find_module_sections()
 * of kernel/module/main.c): __ksymtab and __ksymtab_gpl with their __kcrctab, or from
 * Linux 7.1 __ksymtab with __kflagstab. Where the rules are not known the module's own
 * sections tell. In a relocatable file names and namespaces are reached through the
 * relocations of the table; an entry that has none is named "". The strings point into
 * the file's bytes; the table is sorted. 0, or -1 with ENOMEM.
 */
int kg_module_exports_read(const struct kg_loader_rules *rules, struct kg_module *module,
			   struct kg_error *err);

#endif
