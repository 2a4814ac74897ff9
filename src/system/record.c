// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/record.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/digest.h"
#include "kernel-guard/system/initrd_contents.h"
#include "kernel-guard/system/kept_name.h"

struct kg_record_target *kg_record_add_target(struct kg_record *record, const char *entry,
					      const char *release, struct kg_error *err)
{
	struct kg_record_target *target;

	if (kg_array_reserve(&record->targets, &record->target_capacity, record->target_count,
			     sizeof(*record->targets), err) < 0)
		return NULL;
	target = &record->targets[record->target_count++];
	*target = (struct kg_record_target){0};
	if (!kg_copy_optional(&target->entry, entry, err) ||
	    !kg_copy_optional(&target->release, release, err))
		return NULL;
	return target;
}

struct kg_record_file *kg_record_add_file(struct kg_record_target *target, const char *path,
					  const char *digest, struct kg_error *err)
{
	struct kg_record_file *file;

	if (kg_array_reserve(&target->files, &target->file_capacity, target->file_count,
			     sizeof(*target->files), err) < 0)
		return NULL;
	file = &target->files[target->file_count++];
	*file = (struct kg_record_file){0};
	if (!kg_copy_optional(&file->path, path, err) ||
	    !kg_copy_optional(&file->digest, digest, err))
		return NULL;
	return file;
}

struct kg_record_tree *kg_record_add_tree(struct kg_record *record, const char *release,
					  const char *pkgbase, struct kg_error *err)
{
	struct kg_record_tree *tree;

	if (kg_array_reserve(&record->trees, &record->tree_capacity, record->tree_count,
			     sizeof(*record->trees), err) < 0)
		return NULL;
	tree = &record->trees[record->tree_count++];
	*tree = (struct kg_record_tree){0};
	if (!kg_copy_optional(&tree->release, release, err) ||
	    !kg_copy_optional(&tree->pkgbase, pkgbase, err))
		return NULL;
	return tree;
}

int kg_record_add_module(struct kg_record_tree *tree, const char *name, const char *package,
			 bool dkms, struct kg_error *err)
{
	struct kg_record_module *module;

	if (kg_array_reserve(&tree->modules, &tree->module_capacity, tree->module_count,
			     sizeof(*tree->modules), err) < 0)
		return -1;
	module = &tree->modules[tree->module_count++];
	*module = (struct kg_record_module){.dkms = dkms};
	if (!kg_copy_optional(&module->name, name, err) ||
	    !kg_copy_optional(&module->package, package, err))
		return -1;
	return 0;
}

/* What an image holds, as far as it can be read. */
static int take_contents(const struct kg_system *system, struct kg_record_file *file,
			 struct kg_error *err)
{
	struct kg_initrd initrd;
	struct kg_error ignored;
	int result = 0;

	if (kg_initrd_read(&system->root, file->path, NULL, NULL, &initrd, &ignored) < 0)
		return 0;
	if (initrd.damage.code == 0)
		result = kg_initrd_contents(&initrd, &file->contents, err);
	kg_initrd_free(&initrd);
	return result;
}

static int take_file(const struct kg_system *system, struct kg_record_target *target,
		     const char *path, bool image, struct kg_error *err)
{
	struct kg_record_file *file;
	struct kg_error reason;
	char digest[kg_digest_size];
	bool known = kg_digest_file(&system->root, path, digest, &reason) == 0;

	/* What was not there is not recorded: it cannot vanish. */
	if (!known && reason.code == ENOENT)
		return 0;
	file = kg_record_add_file(target, path, known ? digest : NULL, err);
	if (!file)
		return -1;
	return image ? take_contents(system, file, err) : 0;
}

static int take_target(const struct kg_system *system, const struct kg_target *target,
		       struct kg_record *record, struct kg_error *err)
{
	struct kg_record_target *taken;
	struct kg_error ignored;
	char release[256];
	bool known = kg_kernel_read_release(&system->root, target->kernel, release,
					    sizeof(release), &ignored) == 0;

	taken = kg_record_add_target(record, target->entry, known ? release : NULL, err);
	if (!taken || take_file(system, taken, target->kernel, false, err) < 0)
		return -1;
	for (size_t i = 0; i < target->initrds.count; i++) {
		if (take_file(system, taken, target->initrds.items[i], true, err) < 0)
			return -1;
	}
	return 0;
}

static int take_module(const struct kg_system *system, const struct kg_tree_slot *slot,
		       const char *path, struct kg_record_tree *taken, struct kg_error *err)
{
	struct kg_package owner = {0};
	char *name = kg_module_name_of_path(path, err);
	char *full = kg_format(err, "%s/%s", kg_module_tree_path(slot->tree), path);
	bool dkms = name && kg_dkms_find(&system->dkms, name);
	int result = -1;

	if (name && full) {
		if (!dkms && system->packages)
			(void)kg_packages_owner(system->packages, full, NULL, &owner);
		result = kg_record_add_module(taken, name, owner.name, dkms, err);
	}
	free(full);
	free(name);
	return result;
}

static int take_tree(const struct kg_system *system, const struct kg_tree_slot *slot,
		     struct kg_record *record, struct kg_error *err)
{
	const struct kg_strings *files = kg_module_tree_files(slot->tree);
	struct kg_record_tree *taken =
		kg_record_add_tree(record, slot->release, slot->pkgbase, err);

	for (size_t i = 0; taken && i < files->count; i++) {
		if (kg_system_is_out_of_tree(system, slot, files->items[i]) &&
		    take_module(system, slot, files->items[i], taken, err) < 0)
			return -1;
	}
	return taken ? 0 : -1;
}

int kg_record_take(struct kg_system *system, struct kg_record *record, struct kg_error *err)
{
	struct kg_record taken = {0};
	int result = kg_system_open_trees(system, err);

	if (result == 0 && !kg_copy_optional(&taken.boot_id, system->machine.boot_id, err))
		result = -1;
	for (size_t i = 0; result == 0 && i < system->targets.count; i++) {
		/* What is kept comes and goes with what it is kept for. */
		if (!kg_is_kept_name(system->targets.items[i].kernel))
			result = take_target(system, &system->targets.items[i], &taken, err);
	}
	for (size_t i = 0; result == 0 && i < system->tree_count; i++) {
		if (system->trees[i]->tree)
			result = take_tree(system, system->trees[i], &taken, err);
	}
	if (result < 0) {
		kg_record_free(&taken);
		return -1;
	}
	*record = taken;
	return 0;
}

static void free_target(struct kg_record_target *target)
{
	for (size_t i = 0; i < target->file_count; i++) {
		free(target->files[i].path);
		free(target->files[i].digest);
		kg_strings_free(&target->files[i].contents);
	}
	free(target->files);
	free(target->entry);
	free(target->release);
}

static void free_tree(struct kg_record_tree *tree)
{
	for (size_t i = 0; i < tree->module_count; i++) {
		free(tree->modules[i].name);
		free(tree->modules[i].package);
	}
	free(tree->modules);
	free(tree->release);
	free(tree->pkgbase);
}

void kg_record_free(struct kg_record *record)
{
	for (size_t i = 0; i < record->target_count; i++)
		free_target(&record->targets[i]);
	for (size_t i = 0; i < record->tree_count; i++)
		free_tree(&record->trees[i]);
	free(record->targets);
	free(record->trees);
	free(record->boot_id);
	*record = (struct kg_record){0};
}
