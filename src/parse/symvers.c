// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/symvers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

enum {
	max_columns = 5,
	max_line = 4096,
};

/* Splits line at tabs in place; the number of columns, or -1 for too many. */
static int split(char *line, char *columns[max_columns])
{
	int count = 0;

	for (char *next = line; next;) {
		if (count == max_columns)
			return -1;
		columns[count++] = strsep(&next, "\t");
	}
	return count;
}

static bool is_export_type(const char *column)
{
	return strncmp(column, "EXPORT_", 7) == 0;
}

static bool read_line(char *text, struct kg_symvers_line *line)
{
	char *columns[max_columns] = {0};
	int count = split(text, columns);
	char *end;
	unsigned long crc;
	int type;

	if (count < 4)
		return false;
	type = is_export_type(columns[3]) ? 3 : 4;
	if (type >= count || !is_export_type(columns[type]) || columns[1][0] == '\0')
		return false;
	crc = strtoul(columns[0], &end, 16);
	if (strncmp(columns[0], "0x", 2) != 0 || *end || crc > UINT32_MAX)
		return false;
	*line = (struct kg_symvers_line){
		.symbol = {
			.name = columns[1],
			.symbol_namespace = type == 4 ? columns[2] : count == 5 ? columns[4] : "",
			.crc = (uint32_t)crc,
			.has_crc = true,
			.gpl_only = strstr(columns[type], "_GPL") != NULL,
		},
		.provider = type == 4 ? columns[3] : columns[2],
	};
	return true;
}

int kg_symvers_parse(struct kg_span text,
		     int (*each)(void *context, const struct kg_symvers_line *line,
				 struct kg_error *err),
		     void *context, struct kg_error *err)
{
	struct kg_span bytes;
	struct kg_symvers_line line;
	char copy[max_line];
	size_t number = 0;

	if (text.size > 0 && text.data[text.size - 1] != '\n')
		return kg_fail(err, EBADMSG, "is cut off in its last line");
	while (kg_span_next_line(&text, &bytes)) {
		number++;
		if (bytes.size >= sizeof(copy) || memchr(bytes.data, '\0', bytes.size))
			return kg_fail(err, EBADMSG, "line %zu: is no line of Module.symvers",
				       number);
		memcpy(copy, bytes.data, bytes.size);
		copy[bytes.size] = '\0';
		if (!read_line(copy, &line))
			return kg_fail(err, EBADMSG, "line %zu: is no line of Module.symvers",
				       number);
		if (each(context, &line, err) < 0)
			return -1;
	}
	return number ? 0 : kg_fail(err, EBADMSG, "is empty");
}

/* Offsets into strings, until the block has stopped moving. */
struct collection {
	struct kg_export_table *table;
	struct kg_buffer strings;
	struct kg_buffer offsets; /* two size_t a symbol: name, namespace */
};

static int collect(void *context, const struct kg_symvers_line *line, struct kg_error *err)
{
	struct collection *collection = context;
	const struct kg_export *symbol = &line->symbol;
	size_t offsets[2];

	if (strcmp(line->provider, "vmlinux") != 0)
		return 0;
	offsets[0] = collection->strings.size;
	offsets[1] = offsets[0] + strlen(symbol->name) + 1;
	if (kg_buffer_append(&collection->strings, symbol->name, strlen(symbol->name) + 1, err) <
		    0 ||
	    kg_buffer_append(&collection->strings, symbol->symbol_namespace,
			     strlen(symbol->symbol_namespace) + 1, err) < 0 ||
	    kg_buffer_append(&collection->offsets, offsets, sizeof(offsets), err) < 0)
		return -1;
	return kg_export_table_add(collection->table, symbol, err);
}

int kg_symvers_vmlinux_exports(struct kg_span text, struct kg_export_table *table,
			       struct kg_error *err)
{
	struct kg_export_table found = {0};
	struct collection collection = {.table = &found};
	int result = kg_symvers_parse(text, collect, &collection, err);

	for (size_t i = 0; result == 0 && i < found.count; i++) {
		size_t offsets[2];

		memcpy(offsets, collection.offsets.data + i * sizeof(offsets), sizeof(offsets));
		found.items[i].name = (char *)collection.strings.data + offsets[0];
		found.items[i].symbol_namespace = (char *)collection.strings.data + offsets[1];
	}
	kg_buffer_free(&collection.offsets);
	if (result < 0) {
		kg_buffer_free(&collection.strings);
		kg_export_table_free(&found);
		return -1;
	}
	found.strings = (char *)collection.strings.data;
	kg_export_table_sort(&found);
	*table = found;
	return 0;
}
