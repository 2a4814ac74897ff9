/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_ASSEMBLED_H
#define KERNEL_GUARD_TESTS_UNIT_ASSEMBLED_H

#include "fixture.h"

/* An ELF object file of x86-64 assembly. */
static inline struct kg_span unit_assemble(const char *source)
{
	const char *object = unit_text("%s/object.o", unit_directory());

	(void)unit_filter(unit_text("as --64 -o %s -", object), kg_span_of_string(source));
	return unit_read_file(object);
}

/* The same, linked. */
static inline struct kg_span unit_link_with(const char *options, const char *source)
{
	const char *directory = unit_directory();

	(void)unit_assemble(source);
	(void)unit_output(
		unit_text("ld -e 0 %s -o %s/linked %s/object.o", options, directory, directory));
	return unit_read_file(unit_text("%s/linked", directory));
}

static inline struct kg_span unit_link(const char *source)
{
	return unit_link_with("", source);
}

#endif
