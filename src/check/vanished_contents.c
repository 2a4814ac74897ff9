// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/system/initrd_contents.h"

enum { max_named = 12 };

/* What an image held before, and where that is known from. */
struct earlier {
	const struct kg_strings *names; /* of the record, or owned */
	struct kg_strings owned;
	char *source; /* for messages */
};

static const struct kg_record_file *find_recorded(const struct kg_record *record, const char *path)
{
	for (size_t i = 0; record && i < record->target_count; i++) {
		const struct kg_record_target *target = &record->targets[i];

		for (size_t j = 0; j < target->file_count; j++) {
			if (strcmp(target->files[j].path, path) == 0 &&
			    target->files[j].contents.count > 0)
				return &target->files[j];
		}
	}
	return NULL;
}

/* Reads an image of this name, if there is one that can be read. */
static int read_old(const struct kg_check *check, char *path, struct earlier *earlier,
		    struct kg_error *err)
{
	struct kg_initrd initrd;
	struct kg_error ignored;
	int result = 0;

	if (!path)
		return -1;
	if (!earlier->names &&
	    kg_initrd_read(&check->system->root, path, NULL, NULL, &initrd, &ignored) == 0) {
		if (initrd.damage.code == 0 && !kg_initrd_hidden_root(&initrd)) {
			result = kg_initrd_contents(&initrd, &earlier->owned, err);
			earlier->names = &earlier->owned;
			earlier->source = path;
			path = NULL;
		}
		kg_initrd_free(&initrd);
	}
	free(path);
	return result;
}

/* The image that was kept beside this one: initramfs-linux.old.img, or with .old behind. */
static int find_old(const struct kg_check *check, const char *path, struct earlier *earlier,
		    struct kg_error *err)
{
	static const char suffix[] = ".img";

	if (kg_ends_with(path, suffix) &&
	    read_old(check,
		     kg_format(err, "%.*s.old%s", (int)(strlen(path) - strlen(suffix)), path,
			       suffix),
		     earlier, err) < 0)
		return -1;
	return read_old(check, kg_format(err, "%s.old", path), earlier, err);
}

static int find_earlier(const struct kg_check *check, const char *path, struct earlier *earlier,
			struct kg_error *err)
{
	const struct kg_record_file *recorded = find_recorded(check->record, path);

	if (!recorded)
		return find_old(check, path, earlier, err);
	earlier->names = &recorded->contents;
	earlier->source = kg_copy_string("before this transaction", err);
	return earlier->source ? 0 : -1;
}

static int current_names(const struct kg_target_facts *facts, struct kg_strings *names,
			 struct kg_error *err)
{
	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (kg_initrd_contents(&facts->initrds[i].initrd, names, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether a module that is gone from the image could be in it, and nothing else says so. */
static int is_missed(const struct kg_check *check, const char *name, bool *missed,
		     struct kg_error *err)
{
	static const char suffix[] = ".ko";
	enum kg_module_presence presence;
	struct kg_strings paths = {0};
	char *module;
	int result;

	*missed = true;
	if (!kg_ends_with(name, suffix))
		return 0;
	module = kg_format(err, "%.*s", (int)(strlen(name) - strlen(suffix)), name);
	if (!module)
		return -1;
	result = kg_module_tree_find(check->facts->tree->tree, module, &presence, &paths, err);
	*missed = presence == KG_MODULE_FILE &&
		  !kg_requirements_find(&check->facts->requirements, module);
	kg_strings_free(&paths);
	free(module);
	return result;
}

static int find_vanished(const struct kg_check *check, const struct kg_strings *earlier,
			 const struct kg_strings *current, struct kg_strings *vanished,
			 struct kg_error *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < earlier->count; i++) {
		bool missed = false;

		if (kg_strings_contain_sorted(current, earlier->items[i]))
			continue;
		result = is_missed(check, earlier->items[i], &missed, err);
		if (result == 0 && missed)
			result = kg_strings_add(vanished, earlier->items[i], err);
	}
	return result;
}

/* "a, b and c", or "a, b, … and 40 more". */
static char *enumerate(const struct kg_strings *names, struct kg_error *err)
{
	struct kg_buffer text = {0};
	size_t named = names->count > max_named ? max_named : names->count;

	for (size_t i = 0; i < named; i++) {
		const char *name = names->items[i];
		bool last = i + 1 == names->count;
		const char *link = i == 0 ? "" : last ? " and " : ", ";

		if (kg_buffer_append(&text, link, strlen(link), err) < 0 ||
		    kg_buffer_append(&text, name, strlen(name), err) < 0) {
			kg_buffer_free(&text);
			return NULL;
		}
	}
	if (kg_buffer_append(&text, "", 1, err) < 0) {
		kg_buffer_free(&text);
		return NULL;
	}
	if (named == names->count)
		return (char *)text.data;
	/* All that is left of a long list is its length. */
	char *whole = kg_format(err, "%s and %zu more", (char *)text.data, names->count - named);

	kg_buffer_free(&text);
	return whole;
}

static int report(const struct kg_check *check, const char *image, const struct earlier *earlier,
		  const struct kg_strings *vanished, struct kg_error *err)
{
	const struct kg_finding_about about = {.subject = image, .image = image};
	char *names = enumerate(vanished, err);
	int result = -1;

	if (names && earlier->names == &earlier->owned)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_CONTENT_VANISHED,
					 &about, err, "%s %s in %s, and not in %s any more", names,
					 vanished->count == 1 ? "was" : "were", earlier->source,
					 image);
	else if (names)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_CONTENT_VANISHED,
					 &about, err, "%s %s in %s %s, and %s not any more", names,
					 vanished->count == 1 ? "was" : "were", image,
					 earlier->source, vanished->count == 1 ? "is" : "are");
	free(names);
	return result;
}

static int check_image(const struct kg_check *check, const char *path,
		       const struct kg_strings *current, struct kg_error *err)
{
	struct earlier earlier = {0};
	struct kg_strings vanished = {0};
	int result = find_earlier(check, path, &earlier, err);

	if (result == 0 && earlier.names)
		result = find_vanished(check, earlier.names, current, &vanished, err);
	if (result == 0 && vanished.count > 0)
		result = report(check, path, &earlier, &vanished, err);
	kg_strings_free(&vanished);
	kg_strings_free(&earlier.owned);
	free(earlier.source);
	return result;
}

/* Does an image lack what the one before it had? */
int kg_check_vanished_contents(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct kg_strings current = {0};
	int result;

	/* Without a tree, or a whole image, that is a consequence of another finding. */
	if (!facts->tree || !facts->tree->tree || kg_module_tree_index_error(facts->tree->tree) ||
	    !kg_target_facts_images_whole(facts))
		return 0;
	result = current_names(facts, &current, err);
	for (size_t i = 0; result == 0 && i < facts->initrd_count; i++)
		result = check_image(check, facts->initrds[i].path, &current, err);
	kg_strings_free(&current);
	return result;
}
