// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/boot_copy.h"

#include <errno.h>
#include <string.h>

#include "kernel-guard/parse/pe.h"
#include "kernel-guard/system/digest.h"
#include "kernel-guard/system/kernel.h"

bool kg_boot_same_file(const struct kg_root *root, const char *left, const char *right)
{
	struct kg_error ignored;
	struct kg_file a;
	struct kg_file b;
	bool same;

	if (strcmp(left, right) == 0)
		return true;
	if (kg_root_open_file(root, left, &a, &ignored) < 0)
		return false;
	same = kg_root_open_file(root, right, &b, &ignored) == 0;
	if (same) {
		same = a.device == b.device && a.inode == b.inode;
		kg_file_close(&b);
	}
	kg_file_close(&a);
	return same;
}

enum kg_boot_signed kg_boot_signature_of(const struct kg_root *root, const char *path)
{
	enum kg_boot_signed answer = KG_BOOT_NOT_EFI;
	struct kg_error ignored;
	struct kg_source source;
	struct kg_file file;
	struct kg_pe pe;

	if (kg_root_open_file(root, path, &file, &ignored) < 0)
		return answer;
	source = kg_file_source(&file);
	if (kg_pe_parse(&source, &pe, &ignored) == 0) {
		answer = pe.certificates_size > 0 ? KG_BOOT_SIGNED : KG_BOOT_UNSIGNED;
		kg_pe_free(&pe);
	}
	kg_file_close(&file);
	return answer;
}

/* Of files that cannot be read nothing is told. */
static int compare_releases(const struct kg_root *root, const char *left, const char *right,
			    enum kg_boot_relation *relation, struct kg_error *err)
{
	struct kg_error reason;
	char a[256];
	char b[256];

	if (kg_kernel_read_release(root, left, a, sizeof(a), &reason) == 0 &&
	    kg_kernel_read_release(root, right, b, sizeof(b), &reason) == 0)
		*relation = strcmp(a, b) == 0 ? KG_BOOT_COPY : KG_BOOT_STALE;
	else if (reason.code == ENOMEM)
		return kg_fail_memory(err);
	return 0;
}

static int compare_bytes(const struct kg_root *root, const char *left, const char *right,
			 enum kg_boot_relation *relation, struct kg_error *err)
{
	struct kg_error reason;
	char a[kg_digest_size];
	char b[kg_digest_size];

	if (kg_digest_file(root, left, a, &reason) == 0 &&
	    kg_digest_file(root, right, b, &reason) == 0)
		*relation = strcmp(a, b) == 0 ? KG_BOOT_COPY : KG_BOOT_STALE;
	else if (reason.code == ENOMEM)
		return kg_fail_memory(err);
	return 0;
}

int kg_boot_compare(const struct kg_root *root, const char *left, const char *right,
		    enum kg_boot_relation *relation, struct kg_error *err)
{
	*relation = KG_BOOT_COPY;
	if (kg_boot_same_file(root, left, right))
		return 0;
	if (kg_boot_signature_of(root, left) == KG_BOOT_SIGNED ||
	    kg_boot_signature_of(root, right) == KG_BOOT_SIGNED)
		return compare_releases(root, left, right, relation, err);
	return compare_bytes(root, left, right, relation, err);
}
