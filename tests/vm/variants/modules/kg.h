/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs from kernel to kernel, and what the modules have of each other. */
#ifndef KG_H
#define KG_H

#include <linux/export.h>
#include <linux/module.h>
#include <linux/version.h>

/* Namespaces are strings from 6.13 on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define KG_EXPORT_NS(symbol, space) EXPORT_SYMBOL_NS(symbol, #space)
#define KG_EXPORT_NS_GPL(symbol, space) EXPORT_SYMBOL_NS_GPL(symbol, #space)
#define KG_IMPORT_NS(space) MODULE_IMPORT_NS(#space)
#else
#define KG_EXPORT_NS(symbol, space) EXPORT_SYMBOL_NS(symbol, space)
#define KG_EXPORT_NS_GPL(symbol, space) EXPORT_SYMBOL_NS_GPL(symbol, space)
#define KG_IMPORT_NS(space) MODULE_IMPORT_NS(space)
#endif

int kg_exports_plain(int value);
int kg_exports_gpl(int value);
int kg_exports_space(int value);
int kg_exports_space_gpl(int value);
#ifdef EXPORT_SYMBOL_FOR_MODULES
int kg_exports_for_user(int value);
#endif
extern int kg_exports_variable;
int kg_middle(int value);
int kg_proprietary(int value);
int kg_absent(int value) __attribute__((weak));

#endif
