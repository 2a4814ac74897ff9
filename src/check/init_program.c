// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"
#include "kernel-guard/system/library_path.h"

/* Programs and libraries that one start needs: systemd takes about 60. */
enum { max_files = 1024 };

struct start {
	const struct kg_check *check;
	struct kg_initrd_tree tree;
	struct kg_library_path libraries;
	struct kg_strings files;   /* resolved, in the order in which they are looked at */
	struct kg_strings parents; /* of each the one that needs it */
	struct kg_strings missed;  /* names without their directories that were reported */
	/*
	 * Names of libraries that were found, and of those that were not with who needs them: what
	 * is loaded already the dynamic linker looks for no more.
	 */
	struct kg_strings loaded;
	struct kg_strings absent;
	struct kg_strings absent_by;
	const char *remedy;
};

static int report(struct start *start, const char *what, const char *needed_by, const char *why,
		  struct kg_error *err)
{
	const char *image = kg_target_facts_main_image(start->check->facts);
	const struct kg_finding_about about = {
		.subject = image, .image = image, .remedy = start->remedy};
	const char *slash = strrchr(what, '/');
	const char *name = slash ? slash + 1 : what;

	/* What several need is missed once. */
	if (kg_strings_contain(&start->missed, name))
		return 0;
	if (kg_strings_add(&start->missed, name, err) < 0)
		return -1;
	if (!needed_by)
		return kg_findings_add(start->check->findings, KG_FINDING_INITRAMFS_INIT_BROKEN,
				       &about, err, "%s in %s cannot be started: %s", what, image,
				       why);
	return kg_findings_add(start->check->findings, KG_FINDING_INITRAMFS_INIT_BROKEN, &about,
			       err, "%s, which %s needs to be started in %s, %s", what, needed_by,
			       image, why);
}

/* Resolves a path and adds it to the files to be looked at, or reports that it is not there. */
static int need(struct start *start, const char *path, const char *needed_by, bool program,
		struct kg_error *err)
{
	const struct kg_initrd_member *member;
	struct kg_error why;
	char *resolved = NULL;
	int result = 0;

	member = kg_initrd_tree_resolve(&start->tree, path, &resolved, &why);
	if (!member && why.code == ENOMEM)
		return kg_fail_memory(err);
	if (!member)
		return report(start, path, needed_by,
			      why.code == ENOENT && needed_by ? "is not in it" : why.message, err);
	if (!S_ISREG(member->mode))
		result = report(start, path, needed_by, "is no regular file", err);
	else if (program && !(member->mode & 0111))
		result = report(start, path, needed_by, "is not executable", err);
	else if (!kg_strings_contain(&start->files, resolved) && start->files.count < max_files &&
		 (kg_strings_add(&start->files, resolved, err) < 0 ||
		  kg_strings_add(&start->parents, needed_by ? needed_by : "", err) < 0))
		result = -1;
	free(resolved);
	return result;
}

static int need_library(struct start *start, const char *name, const char *file,
			const struct kg_program *program, struct kg_error *err)
{
	char *found;
	int result;

	if (strchr(name, '/'))
		return need(start, name, file, false, err);
	if (kg_library_path_find(&start->libraries, &start->tree, name, file, program, &found,
				 err) < 0)
		return -1;
	if (!found)
		return kg_strings_add(&start->absent, name, err) < 0 ||
				       kg_strings_add(&start->absent_by, file, err) < 0
			       ? -1
			       : 0;
	result = kg_strings_add_unique(&start->loaded, name, err);
	if (result == 0)
		result = need(start, found, file, false, err);
	free(found);
	return result;
}

static int report_absent(struct start *start, struct kg_error *err)
{
	for (size_t i = 0; i < start->absent.count; i++) {
		const char *name = start->absent.items[i];

		if (!kg_strings_contain(&start->loaded, name) &&
		    !kg_library_path_may_have(&start->libraries, &start->tree, name) &&
		    report(start, name, start->absent_by.items[i], "is not in it", err) < 0)
			return -1;
	}
	return 0;
}

static int look_at(struct start *start, const char *file, const char *parent,
		   struct kg_error *err)
{
	const struct kg_initrd_member *member = kg_initrd_tree_find(&start->tree, file);
	const struct kg_program *program = kg_initrd_tree_program(&start->tree, member);

	if (!program)
		return member->size > 0 || member->nlink > 1
			       ? 0
			       : report(start, file, *parent ? parent : NULL, "is empty", err);
	if (program->kind == KG_PROGRAM_OTHER)
		return report(start, file, *parent ? parent : NULL,
			      "is neither a script nor a whole program", err);
	if (program->interpreter && need(start, program->interpreter, file, true, err) < 0)
		return -1;
	for (size_t i = 0; i < program->needed.count; i++) {
		if (need_library(start, program->needed.items[i], file, program, err) < 0)
			return -1;
	}
	return 0;
}

static int look_at_all(struct start *start, const char *init, struct kg_error *err)
{
	if (need(start, init, NULL, true, err) < 0)
		return -1;
	for (size_t i = 0; i < start->files.count; i++) {
		/* The list may move while it grows. */
		char *file = kg_copy_string(start->files.items[i], err);
		char *parent = kg_copy_string(start->parents.items[i], err);
		int result = file && parent ? look_at(start, file, parent, err) : -1;

		free(parent);
		free(file);
		if (result < 0)
			return -1;
	}
	return report_absent(start, err);
}

/* rdinit= of the kernel command line, or /init (init/main.c). The caller frees it. */
static char *init_path(const struct kg_target *target, struct kg_error *err)
{
	struct kg_strings words = {0};
	char *path = NULL;

	if (target->options && kg_strings_add_words(&words, target->options, err) < 0)
		return NULL;
	for (size_t i = words.count; i > 0 && !path; i--) {
		if (strncmp(words.items[i - 1], "rdinit=/", 8) == 0)
			path = kg_copy_string(words.items[i - 1] + 7, err);
	}
	kg_strings_free(&words);
	return path ? path : kg_copy_string("/init", err);
}

static int report_none(const struct kg_check *check, const char *init, const char *remedy,
		       struct kg_error *err)
{
	const char *image = kg_target_facts_main_image(check->facts);
	const struct kg_finding_about about = {
		.subject = image, .image = image, .remedy = remedy};

	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_WITHOUT_INIT, &about, err,
			       "%s holds no %s", image, init);
}

static int run(struct start *start, const char *init, struct kg_error *err)
{
	const struct kg_target_facts *facts = start->check->facts;

	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (kg_initrd_tree_add(&start->tree, &facts->initrds[i].initrd, err) < 0)
			return -1;
	}
	kg_initrd_tree_sort(&start->tree);
	if (!kg_initrd_tree_find(&start->tree, init + 1))
		return report_none(start->check, init, start->remedy, err);
	if (kg_library_path_read(&start->tree, &start->libraries, err) < 0)
		return -1;
	return look_at_all(start, init, err);
}

static void free_start(struct start *start)
{
	kg_initrd_tree_free(&start->tree);
	kg_library_path_free(&start->libraries);
	kg_strings_free(&start->files);
	kg_strings_free(&start->parents);
	kg_strings_free(&start->missed);
	kg_strings_free(&start->loaded);
	kg_strings_free(&start->absent);
	kg_strings_free(&start->absent_by);
}

/* Can the kernel start /init of what all images together unpack to? */
int kg_check_init_program(const struct kg_check *check, struct kg_error *err)
{
	struct start start = {.check = check};
	char *remedy;
	char *init;
	int result = -1;

	if (check->facts->initrd_count == 0 || !kg_target_facts_images_whole(check->facts))
		return 0;
	remedy = kg_remedy_rebuild_image(check, err);
	init = init_path(check->facts->target, err);
	start.remedy = remedy;
	if (remedy && init)
		result = run(&start, init, err);
	free_start(&start);
	free(init);
	free(remedy);
	return result;
}
