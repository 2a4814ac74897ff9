// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/target.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"

static void free_target(struct kg_target *target)
{
	free(target->entry);
	free(target->title);
	free(target->source);
	free(target->pkgbase);
	free(target->kernel);
	free(target->options);
	free(target->uname);
	kg_strings_free(&target->initrds);
}

int kg_targets_add(struct kg_targets *targets, struct kg_target *target, struct kg_error *err)
{
	if (kg_array_reserve(&targets->items, &targets->capacity, targets->count,
			     sizeof(*targets->items), err) < 0) {
		free_target(target);
		return -1;
	}
	targets->items[targets->count++] = *target;
	return 0;
}

int kg_targets_add_unmatched(struct kg_targets *targets, enum kg_target_loader loader,
			     const char *source, const char *wanted, struct kg_error *err)
{
	struct kg_unmatched_default unmatched = {.loader = loader};

	if (kg_array_reserve(&targets->unmatched, &targets->unmatched_capacity,
			     targets->unmatched_count, sizeof(*targets->unmatched), err) < 0)
		return -1;
	unmatched.source = kg_copy_string(source, err);
	unmatched.wanted = kg_copy_string(wanted, err);
	targets->unmatched[targets->unmatched_count++] = unmatched;
	return unmatched.source && unmatched.wanted ? 0 : -1;
}

void kg_targets_free(struct kg_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free_target(&targets->items[i]);
	free(targets->items);
	for (size_t i = 0; i < targets->unmatched_count; i++) {
		free(targets->unmatched[i].source);
		free(targets->unmatched[i].wanted);
	}
	free(targets->unmatched);
	*targets = (struct kg_targets){0};
}

const char *kg_target_loader_name(enum kg_target_loader loader)
{
	static const char *const names[] = {
		[KG_LOADER_SYSTEMD_BOOT] = "systemd-boot",
		[KG_LOADER_GRUB] = "grub",
		[KG_LOADER_MKINITCPIO] = "mkinitcpio",
		[KG_LOADER_BOOT_FILES] = "boot-files",
	};

	return names[loader];
}

int kg_targets_read(const struct kg_target_sources *sources, struct kg_targets *targets,
		    struct kg_troubles *troubles, struct kg_error *err)
{
	const struct kg_root *root = sources->root;
	struct kg_targets found = {0};
	size_t entries;
	int result = kg_targets_read_systemd_boot(sources, &found, troubles, err);

	if (result == 0)
		result = kg_targets_read_grub(sources, &found, troubles, err);
	entries = found.count;
	if (result == 0 && found.count == 0)
		result = kg_targets_read_presets(sources->mkinitcpio, &found, err);
	if (result == 0 && found.count == 0)
		result = kg_targets_read_boot_files(root, &found, troubles, err);
	if (result == 0 && entries == 0)
		result = kg_targets_read_kept_files(root, &found, troubles, err);
	for (size_t i = 0; result == 0 && i < found.count; i++) {
		if (found.items[i].unified)
			result = kg_target_read_uki(root, &found.items[i], troubles, err);
	}
	if (result < 0) {
		kg_targets_free(&found);
		return -1;
	}
	*targets = found;
	return 0;
}
