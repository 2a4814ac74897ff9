/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_VMLINUX_H
#define KERNEL_GUARD_PARSE_VMLINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/btf.h"
#include "kernel-guard/parse/certificate.h"
#include "kernel-guard/parse/export.h"
#include "kernel-guard/parse/loader_rules.h"

/* What the kernel proper (vmlinux, ELF) says about the modules it takes. */
struct kg_vmlinux {
	struct kg_export_table exports; /* sorted, strings owned */
	char *vermagic;                 /* include/linux/vermagic.h; NULL where not found */
	uint16_t machine;               /* EM_… */
	bool modversions;               /* CONFIG_MODVERSIONS: there is a __kcrctab */
	struct kg_loader_rules rules;   /* what its load_module() insists on */
	struct kg_strings builtin_modules; /* names that are taken in /sys/module, sorted */
	struct kg_signature_rules signature_rules;
	struct kg_certificates certificates; /* that are built in */
	bool more_certificates;         /* there seem to be others, which cannot be read */
	bool signatures_enforced;       /* CONFIG_MODULE_SIG_FORCE */
	struct kg_btf *btf;             /* its types; NULL where they cannot be read */
	bool has_btf;                   /* CONFIG_DEBUG_INFO_BTF */
	struct kg_btf_rules btf_rules;  /* how it looks at the types of modules */
	struct kg_error btf_error;      /* code 0 where btf and btf_rules can be used */
	uint32_t struct_module_size;    /* bytes; 0 where the types do not tell */
	struct kg_buffer config;        /* CONFIG_IKCONFIG: its configuration; else empty */
	bool percpu_from_zero;          /* addresses of per-CPU variables are small numbers */
};

/*
 * Reads the export tables (include/asm-generic/export.h, include/linux/export.h:
 * 12-byte entries of place-relative offsets, CONFIG_HAVE_ARCH_PREL32_RELOCATIONS;
 * up to Linux 7.0 __ksymtab and __ksymtab_gpl with __kcrctab*, from 7.1 one
 * __ksymtab with __kflagstab) and the vermagic of release. The bytes may be
 * freed afterwards. 0, or -1: EBADMSG where the file is damaged, ENOTSUP where
 * it has no export table in this form. kg_vmlinux_free() releases it.
 */
int kg_vmlinux_parse(struct kg_span bytes, const char *release, struct kg_vmlinux *vmlinux,
		     struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_vmlinux_free(struct kg_vmlinux *vmlinux);

/*
 * Bytes of one __ksymtab entry and of its three fields, value, name and namespace,
 * each an offset relative to its own place (include/linux/export-internal.h).
 */
enum {
	kg_ksymtab_entry_size = 12,
	kg_ksymtab_name = 4,
	kg_ksymtab_namespace = 8,
};

/* Bit of a __kflagstab entry: the symbol is for GPL modules (Linux 7.1). */
enum { kg_kflagstab_gpl_only = 1 };

#endif
