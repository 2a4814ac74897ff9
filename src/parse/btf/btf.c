// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf_check.h"

struct kg_btf {
	struct kg_btf_table table;
	unsigned char *bytes; /* the section, which the table points into */
};

const struct kg_btf_table *kg_btf_table_of(const struct kg_btf *btf)
{
	return &btf->table;
}

/* Finds where each type begins; what the kernel accepts of itself is not judged. */
static int index_types(struct kg_btf_table *table, struct kg_error *err)
{
	uint64_t offset = 0;

	while (offset < table->types.size) {
		struct kg_btf_type type;
		struct kg_span bytes;
		uint64_t extra;

		if (!kg_span_sub(table->types, offset, kg_btf_type_size, &bytes))
			return kg_fail(err, EBADMSG, "has damaged type information (.BTF)");
		type = kg_btf_decode(bytes.data);
		if (!kg_btf_extra_size(table, type.kind, type.count, &extra))
			return kg_fail(err, ENOTSUP, "has types of unknown kind %u (.BTF)",
				       type.kind);
		if (!kg_span_sub(table->types, offset + kg_btf_type_size, extra, &bytes) ||
		    table->count > kg_btf_max_type)
			return kg_fail(err, EBADMSG, "has damaged type information (.BTF)");
		if (kg_btf_table_add(table, (uint32_t)offset, err) < 0)
			return -1;
		offset += kg_btf_type_size + extra;
	}
	return 0;
}

static int read_table(struct kg_span bytes, struct kg_btf_table *table, struct kg_error *err)
{
	/* The largest header there is; a shorter one is read as well. */
	static const struct kg_btf_rules rules = {.header_size = 32};
	struct kg_btf_verdict verdict = {0};
	struct kg_btf_check check = {
		.rules = &rules, .verdict = &verdict, .err = err, .section = ".BTF"};

	if (bytes.size > UINT32_MAX)
		return kg_fail(err, EBADMSG, "has damaged type information (.BTF)");
	if (kg_btf_check_sections(&check, bytes, table) < 0)
		return kg_fail(err, EBADMSG, "has damaged type information (%s)", verdict.reason);
	return index_types(table, err);
}

int kg_btf_parse(struct kg_span section, struct kg_btf **btf, struct kg_error *err)
{
	struct kg_btf *parsed = calloc(1, sizeof(*parsed));

	if (parsed)
		parsed->bytes = malloc(section.size + 1);
	if (!parsed || !parsed->bytes) {
		kg_btf_free(parsed);
		return kg_fail_memory(err);
	}
	if (section.size > 0)
		memcpy(parsed->bytes, section.data, section.size);
	if (read_table(kg_span_of(parsed->bytes, section.size), &parsed->table, err) < 0) {
		kg_btf_free(parsed);
		return -1;
	}
	*btf = parsed;
	return 0;
}

void kg_btf_free(struct kg_btf *btf)
{
	if (!btf)
		return;
	kg_btf_table_free(&btf->table);
	free(btf->bytes);
	free(btf);
}

/*
 * A name that is looked for. Where the strings hold it once, which is the rule, comparing
 * offsets saves reading the strings of a hundred thousand types.
 */
struct wanted {
	const char *name;
	uint32_t offset;
	bool several;
};

/* False where no string ends with the name. */
static bool want(const struct kg_btf_table *table, const char *name, struct wanted *wanted)
{
	struct kg_span rest = table->strings;
	size_t size = strlen(name) + 1;
	const unsigned char *hit = memmem(rest.data, rest.size, name, size);
	size_t offset;

	if (!hit)
		return false;
	offset = (size_t)(hit - table->strings.data);
	(void)kg_span_sub(table->strings, offset + 1, table->strings.size - offset - 1, &rest);
	*wanted = (struct wanted){
		.name = name,
		.offset = (uint32_t)offset,
		.several = memmem(rest.data, rest.size, name, size) != NULL,
	};
	return true;
}

static bool is_wanted(const struct kg_btf_table *table, uint32_t offset,
		      const struct wanted *wanted)
{
	const char *text;

	if (!wanted->several)
		return offset == wanted->offset;
	text = kg_btf_table_string(table, offset);
	return text && strcmp(text, wanted->name) == 0;
}

/* The next type after *id of this kind; *id is where the search goes on. */
static bool next_of_kind(const struct kg_btf_table *table, uint32_t kind, uint32_t *id,
			 struct kg_btf_type *type)
{
	while (++*id < table->count) {
		/* The fourth byte of info, without its highest bit. */
		if ((table->types.data[table->offsets[*id] + 7] & 0x7f) == kind)
			return kg_btf_table_type(table, *id, type);
	}
	return false;
}

/* The same, of this kind and name. */
static bool find(const struct kg_btf_table *table, uint32_t kind, const struct wanted *wanted,
		 uint32_t *id, struct kg_btf_type *type)
{
	while (next_of_kind(table, kind, id, type)) {
		if (is_wanted(table, type->name, wanted))
			return true;
	}
	return false;
}

bool kg_btf_struct_size(const struct kg_btf *btf, const char *name, uint32_t *size)
{
	const struct kg_btf_table *table = &btf->table;
	struct wanted wanted;
	struct kg_btf_type type;
	uint32_t found;
	uint32_t id = 0;

	if (!want(table, name, &wanted) || !find(table, KG_BTF_STRUCT, &wanted, &id, &type))
		return false;
	found = type.size;
	while (find(table, KG_BTF_STRUCT, &wanted, &id, &type)) {
		if (type.size != found)
			return false;
	}
	*size = found;
	return true;
}

/* Bytes in front of the member. False where there is none, or it is a bit field. */
static bool offset_in(const struct kg_btf_table *table, const struct kg_btf_type *type,
		      const struct wanted *member, uint32_t *offset)
{
	for (uint32_t i = 0; i < type->count; i++) {
		uint32_t bits = kg_btf_item(type, kg_btf_member_size, i, 2);

		if (!is_wanted(table, kg_btf_item(type, kg_btf_member_size, i, 0), member))
			continue;
		/* With the flag the upper byte is the size of a bit field, or 0. */
		if ((type->flag && bits >> 24) || bits % 8)
			return false;
		*offset = bits / 8;
		return true;
	}
	return false;
}

bool kg_btf_member_offset(const struct kg_btf *btf, const char *name, const char *member,
			  uint32_t *offset)
{
	const struct kg_btf_table *table = &btf->table;
	struct wanted wanted;
	struct wanted wanted_member;
	struct kg_btf_type type;
	uint32_t found;
	uint32_t other;
	uint32_t id = 0;

	if (!want(table, name, &wanted) || !want(table, member, &wanted_member) ||
	    !find(table, KG_BTF_STRUCT, &wanted, &id, &type) ||
	    !offset_in(table, &type, &wanted_member, &found))
		return false;
	while (find(table, KG_BTF_STRUCT, &wanted, &id, &type)) {
		if (!offset_in(table, &type, &wanted_member, &other) || other != found)
			return false;
	}
	*offset = found;
	return true;
}

bool kg_btf_has_function(const struct kg_btf *btf, const char *name)
{
	struct wanted wanted;
	struct kg_btf_type type;
	uint32_t id = 0;

	return want(&btf->table, name, &wanted) &&
	       find(&btf->table, KG_BTF_FUNC, &wanted, &id, &type);
}

bool kg_btf_enumerator(const struct kg_btf *btf, const char *name, uint32_t *value)
{
	const struct kg_btf_table *table = &btf->table;
	struct wanted wanted;
	struct kg_btf_type type;
	uint32_t id = 0;

	if (!want(table, name, &wanted))
		return false;
	while (next_of_kind(table, KG_BTF_ENUM, &id, &type)) {
		for (uint32_t i = 0; i < type.count; i++) {
			if (!is_wanted(table, kg_btf_item(&type, kg_btf_pair_size, i, 0), &wanted))
				continue;
			*value = kg_btf_item(&type, kg_btf_pair_size, i, 1);
			return true;
		}
	}
	return false;
}
