// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The BTF of modules. The input's first byte chooses the kernel's rules, and where the second is
 * odd the module has a .BTF.base. The rest is, with a marker in between, the module's .BTF, its
 * .BTF.base, and the kernel's .BTF, in place of which there is a small one where it is damaged.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* int, struct list_head of it, and the strings of both. */
static const unsigned char small_kernel[] = {
	0x9f, 0xeb, 1,   0,   24,   0,   0,   0,   0,   0,   0,   0,   40,  0,   0,    0,
	40,   0,    0,   0,   15,   0,   0,   0,   1,   0,   0,   0,   0,   0,   0,    1,
	4,    0,    0,   0,   32,   0,   0,   1,   5,   0,   0,   0,   1,   0,   0,    4,
	16,   0,    0,   0,   5,    0,   0,   0,   1,   0,   0,   0,   0,   0,   0,    0,
	0,    'i',  'n', 't', '\0', 'l', 'i', 's', 't', '_', 'h', 'e', 'a', 'd', '\0',
};

static const unsigned char marker[] = {'K', 'G', 'B', 'T'};

static struct kg_btf_rules rules_of(uint8_t choice)
{
	return (struct kg_btf_rules){
		.reads_modules = true,
		.reads_base = choice & 1,
		.wide_info = choice & 2,
		.printable_sections = choice & 4,
		.tag_flag = choice & 8,
		.enum_flag = choice & 16,
		.kind_max = choice & 16 ? 20 : 15,
		.header_size = choice & 32 ? 32 : 24,
		.name_max = choice & 4 ? 512 : 128,
		.modifiers = (enum kg_btf_modifiers)(choice >> 6 & 1) + 1,
	};
}

/* Takes what lies before the marker off the front; all of it where there is none. */
static struct kg_span take(struct kg_span *rest)
{
	struct kg_span part = *rest;
	const unsigned char *hit =
		rest->size ? memmem(rest->data, rest->size, marker, sizeof(marker)) : NULL;

	if (hit)
		part.size = (size_t)(hit - rest->data);
	(void)kg_span_sub(*rest, part.size, rest->size - part.size, rest);
	if (hit)
		(void)kg_span_sub(*rest, sizeof(marker), rest->size - sizeof(marker), rest);
	return part;
}

static void ask(const struct kg_btf *kernel)
{
	struct kg_error err;
	struct kg_btf_rules rules;
	uint32_t value;

	(void)kg_btf_struct_size(kernel, "list_head", &value);
	(void)kg_btf_member_offset(kernel, "list_head", "list_head", &value);
	(void)kg_btf_has_function(kernel, "int");
	(void)kg_btf_enumerator(kernel, "int", &value);
	(void)kg_btf_rules_of(kernel, "6.12.1", &rules, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kg_span rest = {.data = data, .size = size};
	struct kg_btf_verdict verdict;
	struct kg_btf_rules rules;
	struct kg_btf *kernel;
	struct kg_error err;
	struct kg_span parts[2];
	uint8_t choice;
	uint8_t with_base;

	if (!kg_span_u8(rest, 0, &choice) || !kg_span_u8(rest, 1, &with_base))
		return 0;
	(void)kg_span_sub(rest, 2, size - 2, &rest);
	parts[0] = take(&rest);
	parts[1] = take(&rest);
	if (kg_btf_parse(rest, &kernel, &err) < 0 &&
	    kg_btf_parse(kg_span_of(small_kernel, sizeof(small_kernel)), &kernel, &err) < 0)
		abort();
	ask(kernel);
	rules = rules_of(choice);
	if (kg_btf_check_module(kernel, &rules, &parts[0], with_base % 2 ? &parts[1] : NULL,
				&verdict, &err) == 0 &&
	    (verdict.answer == KG_BTF_VALID) != (verdict.reason[0] == '\0'))
		abort();
	kg_btf_free(kernel);
	return 0;
}
