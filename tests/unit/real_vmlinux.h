/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_REAL_VMLINUX_H
#define KERNEL_GUARD_TESTS_UNIT_REAL_VMLINUX_H

#include "fixture.h"
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/elf_file.h"

/* The vmlinux of a series, unpacked once. */
static inline struct kg_span unit_vmlinux(size_t series)
{
	static struct kg_span unpacked[unit_series_count];
	struct kg_buffer vmlinux = {0};
	struct kg_error err = unit_no_error();
	struct kg_bzimage image;
	struct kg_span file;

	if (unpacked[series].data)
		return unpacked[series];
	file = unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(unit_series[series])));
	assert_ok(kg_bzimage_parse(file, &image, &err), err);
	assert_ok(kg_bzimage_unpack(&image, 512 << 20, &vmlinux, &err), err);
	kg_buffer_shrink(&vmlinux);
	unit_keep(vmlinux.data);
	unpacked[series] = kg_buffer_span(&vmlinux);
	return unpacked[series];
}

/* Its sections; kg_elf_file_free() releases them. */
static inline struct kg_elf_file unit_vmlinux_elf(size_t series)
{
	struct kg_elf_file elf;
	struct kg_error err = unit_no_error();

	assert_ok(kg_elf_file_open(unit_vmlinux(series), &elf, &err), err);
	return elf;
}

#endif
