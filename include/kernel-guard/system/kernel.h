/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_KERNEL_H
#define KERNEL_GUARD_SYSTEM_KERNEL_H

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/parse/vmlinux.h"

/* Where the facts about a kernel's symbols come from. */
enum kg_kernel_facts {
	KG_KERNEL_FACTS_NONE,
	KG_KERNEL_FACTS_IMAGE,   /* the image itself: exact */
	KG_KERNEL_FACTS_SYMVERS, /* build/Module.symvers: of the headers, no vermagic */
};

/* A kernel image and what it accepts as modules. */
struct kg_kernel {
	char *path; /* below the root */
	char release[256];
	enum kg_kernel_facts facts;
	struct kg_vmlinux vmlinux;    /* unless facts is KG_KERNEL_FACTS_NONE */
	struct kg_buffer config;      /* its .config, empty where there is none */
	struct kg_error facts_error;  /* why, where facts is KG_KERNEL_FACTS_NONE */
};

/*
 * Reads only the release of the image at path, which may be a unified kernel image, into
 * release[size]. 0, or -1: ENOENT, EBADMSG for a damaged image, ENOTSUP, EFBIG over 256 MiB,
 * or an I/O error.
 */
int kg_kernel_read_release(const struct kg_root *root, const char *path, char *release,
			   size_t size, struct kg_error *err);

/*
 * The version string of the image at path, "RELEASE (BUILDER@HOST) #1 SMP …". The caller frees
 * it; NULL, and err, as kg_kernel_read_release(), and with ENOMEM.
 */
char *kg_kernel_read_version(const struct kg_root *root, const char *path, struct kg_error *err);

/*
 * Reads the image at path, its release and its facts; where the image's format
 * keeps the facts from being read they are taken from the module tree's
 * build/Module.symvers. 0, or -1 as kg_kernel_read_release(), and EBADMSG where
 * the payload is damaged. kg_kernel_free() releases it.
 */
int kg_kernel_read(const struct kg_root *root, const char *path, struct kg_kernel *kernel,
		   struct kg_error *err);

/*
 * Knows a kernel of which there is no image by its headers alone: the exports of
 * build/Module.symvers in the tree of release. 0, or -1: ENOENT, EBADMSG.
 */
int kg_kernel_read_headers(const struct kg_root *root, const char *release,
			   struct kg_kernel *kernel, struct kg_error *err);

/* Releases it; a zeroed one is left alone. */
void kg_kernel_free(struct kg_kernel *kernel);

#endif
