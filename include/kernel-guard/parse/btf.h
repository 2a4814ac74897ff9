/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_BTF_H
#define KERNEL_GUARD_PARSE_BTF_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/*
 * BTF is the kernel's own description of its types (Documentation/bpf/btf.rst,
 * include/uapi/linux/btf.h). Those of a module are checked when it is loaded, and
 * unless CONFIG_MODULE_ALLOW_BTF_MISMATCH is set it is refused where they do not pass
 * (btf_module_notify() of kernel/bpf/btf.c).
 */

/* The types of a kernel. */
struct kg_btf;

/*
 * Reads the section .BTF of a vmlinux, of which it keeps a copy. 0, or -1: EBADMSG where
 * it is damaged, ENOTSUP where it has a kind of type that is not known and does not tell
 * its size, ENOMEM. kg_btf_free() releases *btf.
 */
int kg_btf_parse(struct kg_span section, struct kg_btf **btf, struct kg_error *err);

/* Releases it; NULL is fine. */
void kg_btf_free(struct kg_btf *btf);

/*
 * Sets *size to the bytes of struct name. False, with *size untouched, where there is
 * none, or several of different sizes.
 */
bool kg_btf_struct_size(const struct kg_btf *btf, const char *name, uint32_t *size);

/*
 * Sets *offset to the bytes in front of a member of struct name; not of one inside of
 * another. False, with *offset untouched, where there is no such struct or member, it
 * is a bit field, or several structs of the name have it in different places.
 */
bool kg_btf_member_offset(const struct kg_btf *btf, const char *name, const char *member,
			  uint32_t *offset);

/* Whether the kernel has a function of this name that was not inlined everywhere. */
bool kg_btf_has_function(const struct kg_btf *btf, const char *name);

/* Sets *value to that of an enumerator of 32 bits. False, with *value untouched, where none is. */
bool kg_btf_enumerator(const struct kg_btf *btf, const char *name, uint32_t *value);

/* How a kernel looks at the chains of const, volatile, restrict, typedef and type tags. */
enum kg_btf_modifiers {
	KG_BTF_MODIFIERS_ANY,     /* up to 5.17 */
	KG_BTF_MODIFIERS_TAGGED,  /* type tags come first, 32 in a row at the most: up to 7.1 */
	KG_BTF_MODIFIERS_BOUNDED, /* 32 in a row at the most: 7.2 */
};

/* What differs between kernels in how they look at the BTF of a module. */
struct kg_btf_rules {
	bool reads_modules;      /* 5.11 and CONFIG_DEBUG_INFO_BTF_MODULES: it does so at all */
	bool reads_base;         /* 6.11: .BTF.base */
	bool wide_info;          /* 7.2: 24 bits of vlen and 7 of kind; no bits unused */
	bool printable_sections; /* 6.9: any printable name for a section, not only identifiers */
	bool tag_flag;           /* 6.15: the flag of BTF_KIND_DECL_TAG and of …_TYPE_TAG */
	bool enum_flag;          /* 6.0: the flag of BTF_KIND_ENUM */
	uint32_t kind_max;       /* BTF_KIND_MAX */
	uint32_t header_size;    /* sizeof(struct btf_header): 24; from 7.1, with a layout, 32 */
	uint32_t name_max;       /* KSYM_NAME_LEN: 128; from 6.1 512 */
	enum kg_btf_modifiers modifiers;
};

/*
 * Finds the rules of the kernel with these types: those that the types tell, such as
 * that struct module has a member for .BTF.base, are taken from them, the others from
 * the release ("6.12.95-1-lts"). Read in 6.1, 6.12, 7.2 and 7.3; what lies between was
 * told by the types of real kernels, what lies before is from memory. 0, or -1: ENOTSUP
 * where neither tells.
 */
int kg_btf_rules_of(const struct kg_btf *btf, const char *release, struct kg_btf_rules *rules,
		    struct kg_error *err);

/* ENOTSUPP of include/linux/errno.h, which is no errno of user space, yet what it gets. */
enum { kg_btf_enotsupp = 524 };

enum kg_btf_answer {
	KG_BTF_VALID,   /* accepted, or not looked at */
	KG_BTF_INVALID, /* refused with code */
	KG_BTF_UNKNOWN, /* what the kernel does with it is undefined, or not known */
};

struct kg_btf_verdict {
	enum kg_btf_answer answer;
	/*
	 * The errno of KG_BTF_INVALID: EINVAL, E2BIG, ELOOP, ENOENT or kg_btf_enotsupp.
	 * finit_module() fails with it unless CONFIG_MODULE_ALLOW_BTF_MISMATCH is set.
	 */
	int code;
	char reason[192]; /* why, unless it is KG_BTF_VALID */
};

/*
 * Answers as btf_parse_module() of kernel/bpf/btf.c, with btf_relocate() of
 * tools/lib/bpf/btf_relocate.c, would for a module with these sections; NULL stands for
 * a section that the module does not have, which is not the same as one of no bytes.
 *
 * The kernel takes the first section of the name whether it is SHF_ALLOC or not. One of
 * type SHT_NOBITS has no bytes to be judged by: the caller answers. So does it for a
 * kernel whose image has no .BTF, which has no CONFIG_DEBUG_INFO_BTF and looks at no
 * module's, and for one whose .BTF cannot be read, of which nothing is known.
 *
 * Types are not resolved, because the kernel does that to the BTF of programs only: a
 * member of a type that does not exist is accepted.
 *
 * 0 with *verdict, or -1: ENOMEM.
 */
int kg_btf_check_module(const struct kg_btf *kernel, const struct kg_btf_rules *rules,
			const struct kg_span *section, const struct kg_span *base_section,
			struct kg_btf_verdict *verdict, struct kg_error *err);

#endif
