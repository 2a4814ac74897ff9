// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/boot/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loaders.h"

static const struct kg_boot_loader *const loaders[] = {
	&kg_boot_loader_systemd_boot,
	&kg_boot_loader_grub,
};

const struct kg_boot_loader *kg_boot_loader(size_t index)
{
	return index < sizeof(loaders) / sizeof(loaders[0]) ? loaders[index] : NULL;
}

/* NULL where what a target was read from is no boot loader's configuration. */
static const struct kg_boot_loader *find_loader(enum kg_target_loader which)
{
	const struct kg_boot_loader *loader;

	for (size_t i = 0; (loader = kg_boot_loader(i)); i++) {
		if (loader->loader == which)
			return loader;
	}
	return NULL;
}

static bool is_unread(const struct kg_boot_loader *loader, const struct kg_trouble *trouble)
{
	return trouble->kind == KG_TROUBLE_UNREADABLE &&
	       strstr(trouble->subject, loader->configuration) &&
	       kg_ends_with(trouble->subject, loader->suffix);
}

int kg_note_unreadable(const struct kg_system *system, const struct kg_boot_loader *loader,
		       struct kg_strings *notes, struct kg_error *err)
{
	for (size_t i = 0; i < system->troubles.count; i++) {
		const struct kg_trouble *trouble = &system->troubles.items[i];

		if (is_unread(loader, trouble) &&
		    kg_strings_add_unique(notes, trouble->error.message, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_read(const struct kg_system *system, const struct kg_boot_loader *loader)
{
	for (size_t i = 0; i < system->troubles.count; i++) {
		if (is_unread(loader, &system->troubles.items[i]))
			return false;
	}
	return true;
}

bool kg_loader_is_read(const struct kg_system *system, enum kg_target_loader which)
{
	const struct kg_boot_loader *loader = find_loader(which);

	return !loader || is_read(system, loader);
}

bool kg_loaders_are_read(const struct kg_system *system)
{
	const struct kg_boot_loader *loader;

	for (size_t i = 0; (loader = kg_boot_loader(i)); i++) {
		if (!is_read(system, loader))
			return false;
	}
	return true;
}

bool kg_lists_by_default(const struct kg_system *system, const struct kg_target *target,
			 const char *path)
{
	const struct kg_boot_loader *loader = find_loader(target->loader);

	return loader && loader->lists_by_default && loader->lists_by_default(system, target, path);
}

int kg_make_default(const struct kg_system *system, const struct kg_target *target,
		    struct kg_entry_files *files, struct kg_strings *notes, struct kg_error *err)
{
	const struct kg_boot_loader *loader = find_loader(target->loader);

	if (loader && loader->make_default)
		return loader->make_default(system, target, files, notes, err);
	return kg_fail(err, ENOTSUP, "%s: what boots by default has to be chosen by hand there",
		       target->entry);
}

bool kg_is_own_entry(const struct kg_target *target)
{
	const struct kg_boot_loader *loader = find_loader(target->loader);

	return loader && loader->owns(target);
}

bool kg_is_entry(const struct kg_target *target)
{
	return find_loader(target->loader);
}

bool kg_gets_entry(const struct kg_target *target)
{
	const struct kg_boot_loader *loader = find_loader(target->loader);

	return loader && (!target->unified || loader->clones_unified);
}

bool kg_is_started(const struct kg_system *system, const char *kernel)
{
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];

		if (kg_is_entry(target) && strcmp(target->kernel, kernel) == 0)
			return true;
	}
	return false;
}

/* Whether an entry starts the kernel, or one of its kept files beside it. */
static bool has_entry(const struct kg_system *system, const char *kernel)
{
	for (size_t number = 0; number <= kg_fallback_max; number++) {
		struct kg_error ignored;
		char *path = number == 0 ? kg_copy_string(kernel, &ignored)
					 : kg_kept_name(kernel, number, &ignored);
		bool found = path && kg_is_started(system, path);

		free(path);
		if (found)
			return true;
	}
	return false;
}

static bool has_file(const struct kg_root *root, const char *directory, size_t length,
		     const char *name)
{
	struct kg_error ignored;
	char *path = kg_format(&ignored, "%.*s/%s", (int)length, directory, name);
	bool found = path && (kg_root_has_file(root, path) || kg_root_has_directory(root, path));

	free(path);
	return found;
}

/*
 * refind-install(8) and rEFInd's packages put it there; refind_linux.conf lies beside the kernels
 * that it is for. ZFSBootMenu's own are the names of its documentation.
 */
static bool has_scanning_loader(const struct kg_system *system, const char *kernel)
{
	static const char *const names[] = {"EFI/refind/refind.conf", "EFI/BOOT/refind.conf",
					    "EFI/Microsoft/Boot/refind.conf", "EFI/zbm",
					    "EFI/ZBM", "EFI/zfsbootmenu"};

	if (has_file(&system->root, kernel, (size_t)(kg_base_name(kernel) - kernel),
		     "refind_linux.conf") ||
	    has_file(&system->root, "", 0, "etc/zfsbootmenu"))
		return true;
	for (size_t i = 0; i < system->places.count; i++) {
		const char *point = system->places.items[i].point;

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			if (has_file(&system->root, point, strlen(point), names[j]))
				return true;
		}
	}
	return false;
}

/* Whether kept files of the kernel lie there, and none beside it. */
static bool lies_apart(const struct kg_root *root, const char *kernel)
{
	bool apart = false;

	for (size_t number = 1; number <= kg_kept_last; number++) {
		struct kg_error ignored;
		char *path = kg_kept_name(kernel, number, &ignored);
		bool found = path && kg_root_has_file(root, path);

		free(path);
		if (found && number <= kg_fallback_max)
			return false;
		apart |= found;
	}
	return apart;
}

bool kg_keeps_apart(const struct kg_system *system, const char *kernel)
{
	/* What has its images inside of it, or a directory of its own, makes no wrong pair. */
	if (kg_ends_with(kernel, ".efi") || kg_has_release_directory(kernel))
		return false;
	if (has_scanning_loader(system, kernel))
		return true;
	/* Whether an entry starts it may be what cannot be read: then they stay where they are. */
	return !has_entry(system, kernel) &&
	       (kg_loaders_are_read(system) || lies_apart(&system->root, kernel));
}

int kg_entry_files_add(struct kg_entry_files *files, const char *path, struct kg_buffer *content,
		       struct kg_error *err)
{
	struct kg_entry_file file = {
		.path = kg_copy_string(path, err),
		.remove = !content,
	};

	if (content)
		file.content = *content;
	if (file.path && kg_array_reserve(&files->items, &files->capacity, files->count,
					  sizeof(*files->items), err) == 0) {
		files->items[files->count++] = file;
		return 0;
	}
	free(file.path);
	kg_buffer_free(&file.content);
	return -1;
}

void kg_entry_files_free(struct kg_entry_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].path);
		kg_buffer_free(&files->items[i].content);
	}
	free(files->items);
	*files = (struct kg_entry_files){0};
}
