// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/headers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/symvers.h"

enum { max_symvers = 64 << 20 };

static void count(struct kg_headers_difference *difference, const char *symbol, const char *how)
{
	if (difference->differences++ == 0)
		(void)snprintf(difference->first, sizeof(difference->first), "%s %s", symbol, how);
}

/* How one symbol of both differs, or NULL. */
static const char *how_differs(const struct kg_export *kernel, const struct kg_export *headers,
			       bool modversions)
{
	if (kernel->gpl_only != headers->gpl_only)
		return kernel->gpl_only ? "is for GPL modules only in the kernel"
					: "is for GPL modules only in the headers";
	if (strcmp(kernel->symbol_namespace, headers->symbol_namespace) != 0)
		return "is in another namespace";
	if (modversions && kernel->has_crc && kernel->crc != headers->crc)
		return "has another version (CRC)";
	return NULL;
}

/* Both tables are sorted by name. */
static void compare(const struct kg_export_table *kernel, const struct kg_export_table *headers,
		    bool modversions, struct kg_headers_difference *difference)
{
	size_t i = 0;
	size_t j = 0;

	while (i < kernel->count || j < headers->count) {
		const char *how;
		int order;

		if (i == kernel->count || j == headers->count)
			order = i == kernel->count ? 1 : -1;
		else
			order = strcmp(kernel->items[i].name, headers->items[j].name);
		if (order < 0) {
			count(difference, kernel->items[i++].name, "is not in the headers");
		} else if (order > 0) {
			count(difference, headers->items[j++].name, "is not in the kernel");
		} else {
			how = how_differs(&kernel->items[i], &headers->items[j], modversions);
			if (how)
				count(difference, kernel->items[i].name, how);
			i++;
			j++;
		}
	}
}

static int compare_text(struct kg_span text, const struct kg_vmlinux *vmlinux,
			struct kg_headers_difference *difference, struct kg_error *err)
{
	struct kg_export_table headers = {0};

	if (kg_symvers_vmlinux_exports(text, &headers, err) < 0)
		return -1;
	difference->compared = true;
	difference->symbols = vmlinux->exports.count;
	compare(&vmlinux->exports, &headers, vmlinux->modversions, difference);
	kg_export_table_free(&headers);
	return 0;
}

int kg_headers_compare(const struct kg_root *root, const struct kg_kernel *kernel,
		       struct kg_headers_difference *difference, struct kg_error *err)
{
	struct kg_buffer text = {0};
	char *path;
	int result;

	*difference = (struct kg_headers_difference){0};
	if (kernel->facts != KG_KERNEL_FACTS_IMAGE)
		return 0;
	path = kg_format(err, "/usr/lib/modules/%s/build/Module.symvers", kernel->release);
	if (!path)
		return -1;
	result = kg_root_read_file(root, path, max_symvers, &text, err);
	if (result == 0) {
		result = compare_text(kg_buffer_span(&text), &kernel->vmlinux, difference, err);
		if (result < 0)
			kg_prefix(err, "%s", path);
	} else if (err->code == ENOENT) {
		result = 0;
	}
	kg_buffer_free(&text);
	free(path);
	return result;
}
