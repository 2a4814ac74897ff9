/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_LOADER_RULES_H
#define KERNEL_GUARD_PARSE_LOADER_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/span.h"

/*
 * Rules of load_module() that some kernels have and others do not, each with a message of
 * the kernel's own: the compiler drops the message together with the code where the
 * version or the configuration lacks the rule, so that the image tells which ones it has.
 * Each is: name, printk level and the message's beginning, what it stands for.
 */
#define KG_LOADER_RULES(X)                                                                         \
	X(UNIQUE_SECTIONS, "3module %s: .gnu.linkonce.this_module section must have a size set",   \
	  "6.4: one .modinfo, one symbol table, one struct module of the right size")              \
	X(STRICT_STRINGS, "3symbol string table missing leading NUL",                              \
	  "6.13: string tables begin and end with NUL and hold every name")                        \
	X(STRING_TABLE_TYPES, "3Invalid ELF section name table type",                              \
	  "7.0: and they are of type SHT_STRTAB")                                                  \
	X(EXTENDED_VERSIONS, "3extended version crc+name presence does not match",                 \
	  "6.14: __version_ext_crcs and __version_ext_names")                                      \
	X(SYMBOL_SECTIONS, "3%s: Symbol %s has an invalid section index %u",                       \
	  "6.17 and later stable releases: st_shndx of a symbol is checked")                       \
	X(MODULE_NAMESPACES, "3%s: module tries to import module namespace",                       \
	  "6.16: namespaces \"module:...\" are for the modules they name")                         \
	X(EXPORT_FLAGS, "3%s: no flags for exported symbols",                                      \
	  "7.1: __kflagstab instead of __ksymtab_gpl")                                             \
	X(STRICT_RWX, "3%s: section %s (index %d) has invalid WRITE|EXEC flags",                   \
	  "CONFIG_STRICT_MODULE_RWX")                                                              \
	X(CONSTRUCTORS, "4%s: has both .ctors and .init_array", "CONFIG_CONSTRUCTORS")             \
	X(FORCE_LOAD, "4%s: %s: kernel tainted.", "CONFIG_MODULE_FORCE_LOAD")                      \
	X(NAMESPACE_OPTIONAL, "4%s: module uses symbol (%s) from namespace %s, but does not",      \
	  "CONFIG_MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS")                                         \
	X(SIGNATURES, "5Loading of %s is rejected", "CONFIG_MODULE_SIG")                           \
	X(LOCKDOWN, "5Lockdown: %s: %s is restricted", "CONFIG_SECURITY_LOCKDOWN_LSM")             \
	X(NO_LIVEPATCH, "3%s: module is marked as livepatch module, but livepatch support is",     \
	  "CONFIG_LIVEPATCH is not set")                                                           \
	X(BTF_CHECKED, "4failed to validate module [%s] BTF",                                      \
	  "CONFIG_DEBUG_INFO_BTF_MODULES; from 6.2 not with CONFIG_MODULE_ALLOW_BTF_MISMATCH")     \
	X(BTF_OPTIONAL, "4Kernel module BTF mismatch detected",                                    \
	  "6.2: CONFIG_MODULE_ALLOW_BTF_MISMATCH")                                                 \
	X(VERMAGIC, "3%s: version magic '%s' should be '%s'",                                      \
	  "every kernel that loads modules and keeps its messages")

enum kg_loader_rule {
#define X(name, message, meaning) KG_LOADER_RULE_##name,
	KG_LOADER_RULES(X)
#undef X
	KG_LOADER_RULE_COUNT,
};

/* A zeroed one is that of a kernel of which nothing is known. */
struct kg_loader_rules {
	uint32_t present; /* bit n: rule n */
	bool known;       /* the kernel's messages have been read */
};

/*
 * Reads the rules from the section in which the kernel's strings lie, .rodata. What has
 * none of them, not even VERMAGIC, is not known: a kernel without CONFIG_PRINTK.
 */
struct kg_loader_rules kg_loader_rules_read(struct kg_span strings);

/* Whether the kernel has the rule; false too where nothing is known. */
bool kg_loader_rules_have(const struct kg_loader_rules *rules, enum kg_loader_rule rule);

#endif
