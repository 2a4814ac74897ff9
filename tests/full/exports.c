// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The export tables of a kernel and its modules as kernel-guard reads them, in the form of
 * Module.symvers (Documentation/kbuild/modules.rst): CRC, symbol, provider, kind, namespace.
 * Standard input has a line a module: what Module.symvers calls it, a blank, the file's path.
 * usage: exports ROOT RELEASE < MODULES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/kernel.h"

enum { max_file = 256 << 20 };

static void must(int result, const struct kg_error *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "exports: %s\n", err->message);
	exit(1);
}

static void print(const struct kg_export_table *table, const char *provider)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct kg_export *symbol = &table->items[i];

		(void)printf("0x%08x\t%s\t%s\t%s\t%s\n", symbol->has_crc ? symbol->crc : 0,
			     symbol->name, provider,
			     symbol->gpl_only ? "EXPORT_SYMBOL_GPL" : "EXPORT_SYMBOL",
			     symbol->symbol_namespace);
	}
}

static void print_module(const struct kg_kernel *kernel, const char *provider, const char *path)
{
	struct kg_buffer bytes = {0};
	struct kg_buffer storage = {0};
	struct kg_module module;
	struct kg_error err;
	struct kg_file file;
	struct kg_span image;

	must(kg_file_open(path, &file, &err), &err);
	must(kg_file_read(&file, max_file, &bytes, &err), &err);
	must(kg_module_unpack(kg_buffer_span(&bytes), &storage, &image, &err), &err);
	must(kg_module_parse(image, &kernel->vmlinux.rules, &module, &err), &err);
	print(&module.exports, provider);
	kg_module_free(&module);
	kg_buffer_free(&storage);
	kg_file_close(&file);
	kg_buffer_free(&bytes);
}

int main(int argc, char **argv)
{
	struct kg_kernel kernel;
	struct kg_root root;
	struct kg_error err;
	char line[8192];
	char *path;

	if (argc != 3)
		return 64;
	path = kg_format(&err, "/usr/lib/modules/%s/vmlinuz", argv[2]);
	must(kg_root_open(argv[1], &root, &err), &err);
	must(kg_kernel_read(&root, path, &kernel, &err), &err);
	print(&kernel.vmlinux.exports, "vmlinux");
	while (fgets(line, sizeof(line), stdin)) {
		char *file = strchr(line, ' ');

		if (!file)
			return 64;
		*file++ = '\0';
		file[strcspn(file, "\n")] = '\0';
		print_module(&kernel, line, file);
	}
	kg_kernel_free(&kernel);
	kg_root_close(&root);
	free(path);
	return 0;
}
