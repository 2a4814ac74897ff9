/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_BTF_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_BTF_FIXTURE_H

/* Type information that is put together word by word, and the rules of real kernels. */
#include "fixture.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/btf.h"

enum btf_kind {
	BTF_UNKN,
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
};

/* What the kernels of these versions look at: literally, and not as they are found. */
struct btf_version {
	const char *series;
	struct kg_btf_rules rules;
};

static const struct btf_version btf_versions[] = {
	{"6.1",
	 {.reads_modules = true,
	  .enum_flag = true,
	  .kind_max = BTF_ENUM64,
	  .header_size = 24,
	  .name_max = 512,
	  .modifiers = KG_BTF_MODIFIERS_TAGGED}},
	{"6.12",
	 {.reads_modules = true,
	  .reads_base = true,
	  .printable_sections = true,
	  .enum_flag = true,
	  .kind_max = BTF_ENUM64,
	  .header_size = 24,
	  .name_max = 512,
	  .modifiers = KG_BTF_MODIFIERS_TAGGED}},
	{"7.2",
	 {.reads_modules = true,
	  .reads_base = true,
	  .wide_info = true,
	  .printable_sections = true,
	  .tag_flag = true,
	  .enum_flag = true,
	  .kind_max = BTF_ENUM64,
	  .header_size = 32,
	  .name_max = 512,
	  .modifiers = KG_BTF_MODIFIERS_BOUNDED}},
};

enum { btf_version_count = sizeof(btf_versions) / sizeof(btf_versions[0]) };

/* A BTF under construction. */
struct btf_made {
	uint32_t start_id;
	uint32_t start_string;
	uint32_t count;
	struct kg_buffer types;
	struct kg_buffer strings;
};

static inline void btf_put(struct kg_buffer *buffer, const void *data, size_t size)
{
	struct kg_error err = unit_no_error();

	assert_ok(kg_buffer_append(buffer, data, size, &err), err);
}

static inline void btf_put_word(struct kg_buffer *buffer, uint32_t word)
{
	const unsigned char bytes[] = {(unsigned char)word, (unsigned char)(word >> 8),
				       (unsigned char)(word >> 16), (unsigned char)(word >> 24)};

	btf_put(buffer, bytes, sizeof(bytes));
}

/* The offset of a new string. */
static inline uint32_t btf_text(struct btf_made *made, const char *text)
{
	uint32_t offset = made->start_string + (uint32_t)made->strings.size;

	btf_put(&made->strings, text, strlen(text) + 1);
	return offset;
}

/* One that is not split: void is number 0, and the first string is empty. */
static inline struct btf_made btf_begin(void)
{
	struct btf_made made = {.start_id = 1};

	(void)btf_text(&made, "");
	return made;
}

static inline struct btf_made btf_begin_split(uint32_t start_id, uint32_t start_string)
{
	return (struct btf_made){.start_id = start_id, .start_string = start_string};
}

static inline void btf_free(struct btf_made *made)
{
	kg_buffer_free(&made->types);
	kg_buffer_free(&made->strings);
}

/* bits 0-23 vlen, 24-30 kind, 31 kind_flag */
static inline uint32_t btf_info(uint32_t kind, uint32_t count, bool flag)
{
	return (flag ? 1U << 31 : 0) | kind << 24 | count;
}

/* Adds a type, whose number it returns, without what follows it. */
static inline uint32_t btf_type(struct btf_made *made, uint32_t name, uint32_t info, uint32_t size)
{
	btf_put_word(&made->types, name);
	btf_put_word(&made->types, info);
	btf_put_word(&made->types, size);
	return made->start_id + made->count++;
}

static inline uint32_t btf_int(struct btf_made *made, const char *name, uint32_t size,
			       uint32_t data)
{
	uint32_t id = btf_type(made, btf_text(made, name), btf_info(BTF_INT, 0, false), size);

	btf_put_word(&made->types, data);
	return id;
}

enum { btf_signed = 1 << 24 }; /* of an int's data, whose low byte is the bits */

/* What has a name, and nothing that follows. */
static inline uint32_t btf_named(struct btf_made *made, const char *name, uint32_t kind, bool flag,
				 uint32_t size)
{
	return btf_type(made, btf_text(made, name), btf_info(kind, 0, flag), size);
}

static inline uint32_t btf_refer(struct btf_made *made, uint32_t kind, uint32_t id)
{
	return btf_type(made, 0, btf_info(kind, 0, false), id);
}

static inline uint32_t btf_array(struct btf_made *made, uint32_t id, uint32_t index)
{
	uint32_t array = btf_type(made, 0, btf_info(BTF_ARRAY, 0, false), 0);

	btf_put_word(&made->types, id);
	btf_put_word(&made->types, index);
	btf_put_word(&made->types, 2);
	return array;
}

/* A struct, or union, of one member. */
static inline uint32_t btf_struct(struct btf_made *made, uint32_t name, uint32_t kind,
				  uint32_t size, uint32_t member)
{
	uint32_t id = btf_type(made, name, btf_info(kind, 1, false), size);

	btf_put_word(&made->types, 0);
	btf_put_word(&made->types, member);
	btf_put_word(&made->types, 0);
	return id;
}

/*
 * The bytes: a header of length bytes, whose fields are those of struct btf_header, the
 * types, the strings. Freed with unit_free().
 */
static inline struct kg_span btf_bytes_with(const struct btf_made *made, uint32_t length)
{
	const uint32_t fields[] = {0x0001eb9f,
				   length,
				   0,
				   (uint32_t)made->types.size,
				   (uint32_t)made->types.size,
				   (uint32_t)made->strings.size};
	struct kg_buffer header = {0};
	struct kg_span copy;
	size_t body = made->types.size + made->strings.size;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		btf_put_word(&header, fields[i]);
	while (header.size < length)
		btf_put(&header, "", 1);
	copy = (struct kg_span){.data = malloc(length + body + 1), .size = length + body};
	assert_non_null(copy.data);
	memcpy(unit_writable(copy), header.data, length);
	if (made->types.size)
		memcpy(unit_writable(copy) + length, made->types.data, made->types.size);
	if (made->strings.size)
		memcpy(unit_writable(copy) + length + made->types.size, made->strings.data,
		       made->strings.size);
	kg_buffer_free(&header);
	return copy;
}

static inline struct kg_span btf_bytes(const struct btf_made *made)
{
	return btf_bytes_with(made, 24);
}

static inline void btf_set_word(struct kg_span bytes, size_t offset, uint32_t word)
{
	assert_true(offset + 4 <= bytes.size);
	for (size_t i = 0; i < 4; i++)
		unit_writable(bytes)[offset + i] = (unsigned char)(word >> 8 * i);
}

/* Where a module's types and strings go on, after btf_kernel(). */
static uint32_t btf_module_types;
static uint32_t btf_module_strings;

/* A small kernel. Types of these names and sizes are in every real one, but for the last four. */
static inline struct kg_btf *btf_kernel(void)
{
	struct btf_made made = btf_begin();
	struct kg_error err = unit_no_error();
	struct kg_btf *kernel = NULL;
	uint32_t number = btf_int(&made, "int", 4, btf_signed | 32);
	struct kg_span bytes;
	uint32_t name;

	(void)btf_int(&made, "long unsigned int", 8, 64);
	(void)btf_refer(&made, BTF_PTR, btf_refer(&made, BTF_CONST, number));
	(void)btf_struct(&made, btf_text(&made, "list_head"), BTF_STRUCT, 16, number);
	(void)btf_struct(&made, btf_text(&made, "sigval"), BTF_UNION, 8, number);
	(void)btf_named(&made, "pid_type", BTF_ENUM, false, 4);
	(void)btf_type(&made, 0, btf_info(BTF_STRUCT, 0, false), 4);
	(void)btf_named(&made, "kg_float", BTF_FLOAT, false, 8);
	(void)btf_named(&made, "kg_wide", BTF_ENUM64, false, 8);
	(void)btf_named(&made, "kg_opaque", BTF_FWD, false, 0);
	/* Two of one name: once of different sizes, once of the same. */
	name = btf_text(&made, "kg_either");
	(void)btf_struct(&made, name, BTF_STRUCT, 8, number);
	(void)btf_struct(&made, name, BTF_STRUCT, 16, number);
	name = btf_text(&made, "kg_twice");
	(void)btf_struct(&made, name, BTF_STRUCT, 8, number);
	(void)btf_struct(&made, name, BTF_STRUCT, 8, number);
	btf_module_types = made.start_id + made.count;
	btf_module_strings = (uint32_t)made.strings.size;
	bytes = btf_bytes(&made);
	assert_ok(kg_btf_parse(bytes, &kernel, &err), err);
	unit_free(bytes);
	btf_free(&made);
	return kernel;
}

/* A module's, on that kernel's. */
static inline struct btf_made btf_module(void)
{
	return btf_begin_split(btf_module_types, btf_module_strings);
}

/* The verdict, which must be one: a reason where it is not valid, and none where it is. */
static inline struct kg_btf_verdict btf_judge(const struct kg_btf *kernel,
					      const struct kg_btf_rules *rules,
					      const struct kg_span *section,
					      const struct kg_span *base_section)
{
	struct kg_btf_verdict verdict = {.code = -1};
	struct kg_error err = unit_no_error();

	assert_ok(kg_btf_check_module(kernel, rules, section, base_section, &verdict, &err), err);
	assert_int_equal(verdict.reason[0] == '\0', verdict.answer == KG_BTF_VALID);
	assert_int_equal(verdict.code != 0, verdict.answer == KG_BTF_INVALID);
	return verdict;
}

/* Checks the verdict on what is called what: code 0 stands for valid, -1 for unknown. */
static inline void btf_expect(const struct kg_btf *kernel, const struct btf_version *version,
			      const char *what, const struct kg_span *section,
			      const struct kg_span *base_section, int code)
{
	struct kg_btf_verdict verdict = btf_judge(kernel, &version->rules, section, base_section);
	int found = verdict.answer == KG_BTF_UNKNOWN ? -1 : verdict.code;

	if (found != code)
		unit_fail("Linux %s, %s: %d (%s), not %d", version->series, what, found,
			  verdict.reason, code);
}

#endif
