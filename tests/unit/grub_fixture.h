/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_GRUB_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_GRUB_FIXTURE_H

#include "fixture.h"
#include "kernel-guard/parse/grub_config.h"

/* A file that the configuration finds beside it, as "(config)/NAME". */
struct grub_file {
	const char *name;
	const char *text; /* NULL: it is not known whether it is there */
};

static inline int grub_find(void *context, const char *path, struct kg_span *text)
{
	const struct grub_file *file = context;

	if (strncmp(path, "(config)/", 9) != 0)
		return -1;
	for (; file->name; file++) {
		if (strcmp(path + 9, file->name) != 0)
			continue;
		if (!file->text)
			return -1;
		*text = kg_span_of_string(file->text);
		return 1;
	}
	return 0;
}

static const struct grub_file grub_no_files[] = {{0}};

static inline const char *grub_describe_boot(const struct kg_grub_boot *boot)
{
	const char *text = unit_text("%s%s {%s}", boot->uncertain ? "?" : "", boot->kernel,
				     boot->options);

	for (size_t i = 0; i < boot->initrds.count; i++)
		text = unit_text("%s %s", text, boot->initrds.items[i]);
	return text;
}

/* One line an entry: "*?ID: KERNEL {OPTIONS} INITRD | KERNEL …", then notes and files. */
static inline const char *grub_describe(const struct kg_grub_config *config)
{
	const char *text = "";

	for (size_t i = 0; i < config->count; i++) {
		const struct kg_grub_entry *entry = &config->entries[i];

		text = unit_text("%s%s%s%s:", text, entry->is_default ? "*" : "",
				 entry->conditional ? "?" : "", entry->id);
		for (size_t j = 0; j < entry->boot_count; j++)
			text = unit_text("%s%s %s", text, j ? " |" : "",
					 grub_describe_boot(&entry->boots[j]));
		text = unit_text("%s%s%s\n", text, entry->chainloads ? " > " : "",
				 entry->chainloads ? entry->chainloads : "");
	}
	for (size_t i = 0; i < config->note_count; i++)
		text = unit_text("%s%u: %s\n", text, config->notes[i].line, config->notes[i].text);
	for (size_t i = 0; i < config->configfiles.count; i++)
		text = unit_text("%s-> %s\n", text, config->configfiles.items[i]);
	return config->default_unknown ? unit_text("%sdefault unknown\n", text) : text;
}

static inline const char *grub_read_with(const char *script, const struct grub_file *files)
{
	const struct kg_grub_files finder = {
		.find = grub_find,
		.context = (void *)(uintptr_t)files,
	};
	struct kg_span bytes = unit_copy(kg_span_of_string(script));
	struct kg_grub_config config = {0};
	struct kg_error err = unit_no_error();
	const char *text;

	assert_ok(kg_grub_config_read(bytes, files ? &finder : NULL, &config, &err), err);
	unit_free(bytes);
	text = grub_describe(&config);
	kg_grub_config_free(&config);
	assert_int_equal(config.count, 0);
	kg_grub_config_free(&config);
	return text;
}

#define assert_grub(script, expected)                                                              \
	assert_string_equal(grub_read_with(script, grub_no_files), expected)
#define assert_grub_with(script, files, expected)                                                  \
	assert_string_equal(grub_read_with(script, files), expected)

static inline void assert_grub_failure_of(struct kg_span script, int code, const char *message)
{
	struct kg_span bytes = unit_copy(script);
	struct kg_grub_config config = {.count = 77};
	struct kg_error err = unit_no_error();

	assert_failure(kg_grub_config_read(bytes, NULL, &config, &err), err, code, message);
	assert_int_equal(config.count, 77);
	unit_free(bytes);
}

static inline void assert_grub_failure(const char *script, int code, const char *message)
{
	assert_grub_failure_of(kg_span_of_string(script), code, message);
}

#endif
