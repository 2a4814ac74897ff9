// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/target_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/boot_copy.h"
#include "kernel-guard/system/dracut.h"
#include "kernel-guard/system/kept_name.h"

/* The preset that writes one of the target's images. */
static const struct kg_preset *find_preset(const struct kg_system *system,
					   const struct kg_target *target)
{
	for (size_t i = 0; i < system->mkinitcpio.preset_count; i++) {
		const struct kg_preset *preset = &system->mkinitcpio.presets[i];

		if (preset->uki && target->unified &&
		    kg_boot_same_file(&system->root, preset->uki, target->kernel))
			return preset;
		/* An entry without any image: the preset of its kernel says what is missing. */
		if (preset->image && target->initrds.count == 0 && !target->unified &&
		    preset->kernel &&
		    kg_boot_same_file(&system->root, preset->kernel, target->kernel))
			return preset;
		for (size_t j = 0; preset->image && j < target->initrds.count; j++) {
			if (kg_boot_same_file(&system->root, preset->image,
					      target->initrds.items[j]))
				return preset;
		}
	}
	return NULL;
}

/* Module names whose files are wanted from the images. */
struct wanted {
	struct kg_strings names;
};

static bool is_wanted(const void *context, const char *path)
{
	const struct wanted *wanted = context;
	const char *module_path = kg_initrd_module_path(path);
	struct kg_error ignored;
	bool result;
	char *name;

	if (!module_path)
		return false;
	if (kg_module_path_is_out_of_tree(module_path))
		return true;
	name = kg_module_name_of_path(module_path, &ignored);
	result = name && kg_strings_contain(&wanted->names, name);
	free(name);
	return result;
}

static int want_closure(const struct kg_module_tree *tree, const char *module,
			struct wanted *wanted, struct kg_error *err)
{
	struct kg_strings found = {0};
	struct kg_strings closure = {0};
	enum kg_module_presence presence;
	int result = kg_module_tree_find(tree, module, &presence, &found, err);

	for (size_t i = 0; result == 0 && i < found.count; i++)
		result = kg_module_tree_closure(tree, found.items[i], &closure, err);
	for (size_t i = 0; result == 0 && i < closure.count; i++) {
		char *name = kg_module_name_of_path(closure.items[i], err);

		result = name ? kg_strings_add_unique(&wanted->names, name, err) : -1;
		free(name);
	}
	kg_strings_free(&closure);
	kg_strings_free(&found);
	return result;
}

/*
 * booster's layout has no directories to tell out-of-tree modules by: theirs are
 * wanted by name.
 */
static int want_modules(const struct kg_target_facts *facts,
			const struct kg_requirements *requirements, struct wanted *wanted,
			struct kg_error *err)
{
	const struct kg_module_tree *tree = facts->tree ? facts->tree->tree : NULL;
	const struct kg_strings *files = tree ? kg_module_tree_files(tree) : NULL;

	for (size_t i = 0; tree && i < requirements->count; i++) {
		const struct kg_strings *others = &requirements->items[i].others;

		if (want_closure(tree, requirements->items[i].module, wanted, err) < 0)
			return -1;
		for (size_t j = 0; j < others->count; j++) {
			if (want_closure(tree, others->items[j], wanted, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; files && i < files->count; i++) {
		char *name;
		int result;

		if (!kg_module_path_is_out_of_tree(files->items[i]))
			continue;
		name = kg_module_name_of_path(files->items[i], err);
		result = name ? want_closure(tree, name, wanted, err) : -1;
		free(name);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int read_images(struct kg_system *system, struct kg_target_facts *facts,
		       const struct wanted *wanted, struct kg_error *err)
{
	const struct kg_strings *paths = &facts->target->initrds;

	if (paths->count == 0)
		return 0;
	facts->initrds = calloc(paths->count, sizeof(*facts->initrds));
	if (!facts->initrds)
		return kg_fail_memory(err);
	facts->initrd_count = paths->count;
	for (size_t i = 0; i < paths->count; i++) {
		struct kg_initrd_slot *slot = &facts->initrds[i];

		slot->path = paths->items[i];
		if (kg_initrd_read(&system->root, slot->path, is_wanted, wanted, &slot->initrd,
				   &slot->error) == 0)
			slot->error.code = 0;
		else if (slot->error.code == ENOMEM)
			return kg_fail_memory(err);
		else
			continue;
		if (facts->generator == KG_INITRD_UNKNOWN)
			facts->generator = kg_initrd_generator_of(&slot->initrd);
	}
	return 0;
}

static int gather_kernel(struct kg_system *system, struct kg_target_facts *facts,
			 struct kg_error *err)
{
	const char *release;

	facts->kernel = kg_system_kernel(system, facts->target->kernel, err);
	if (!facts->kernel)
		return -1;
	if (facts->kernel->error.code)
		return 0;
	/* Another system's modules lie in its own root. */
	if (facts->target->foreign)
		return 0;
	release = facts->kernel->kernel.release;
	facts->tree = kg_system_tree(system, release, err);
	return facts->tree ? 0 : -1;
}

/* Both generators' demands, before the image says whose they are. */
struct demands {
	struct kg_requirements mkinitcpio;
	struct kg_troubles mkinitcpio_troubles;
	struct kg_requirements dracut;
	struct kg_troubles dracut_troubles;
};

static void free_demands(struct demands *demands)
{
	kg_requirements_free(&demands->mkinitcpio);
	kg_troubles_free(&demands->mkinitcpio_troubles);
	kg_requirements_free(&demands->dracut);
	kg_troubles_free(&demands->dracut_troubles);
}

static int read_demands(const struct kg_system *system, const struct kg_preset *preset,
			struct demands *demands, struct kg_error *err)
{
	if (kg_mkinitcpio_requirements(&system->root, preset ? preset->config : NULL,
				       preset ? preset->options : NULL, &demands->mkinitcpio,
				       &demands->mkinitcpio_troubles, err) < 0)
		return -1;
	return kg_dracut_requirements(&system->root, &demands->dracut, &demands->dracut_troubles,
				      err);
}

/* A file that several targets share is troublesome once. */
static int add_troubles(struct kg_system *system, const struct kg_troubles *troubles,
			struct kg_error *err)
{
	for (size_t i = 0; i < troubles->count; i++) {
		const struct kg_trouble *trouble = &troubles->items[i];
		bool known = false;

		for (size_t j = 0; j < system->troubles.count && !known; j++)
			known = strcmp(system->troubles.items[j].subject, trouble->subject) == 0;
		if (!known && kg_troubles_add(&system->troubles, trouble->kind, trouble->subject,
					      &trouble->error, err) < 0)
			return -1;
	}
	return 0;
}

/* What the machine's storage and the kernel command line demand of any image. */
static int add_storage(const struct kg_system *system, struct kg_target_facts *facts,
		       struct kg_error *err)
{
	const struct kg_module_tree *tree = facts->tree ? facts->tree->tree : NULL;
	const char *options = facts->target->options;
	const char *source = facts->target->source;

	if (!tree || kg_module_tree_index_error(tree))
		return 0;
	if (!options) {
		options = system->machine.command_line;
		source = "/proc/cmdline";
	}
	if (kg_storage_resolve(&system->storage.needs, tree, &facts->requirements, err) < 0)
		return -1;
	return options ? kg_command_line_requirements(options, source, tree, &facts->requirements,
						      err)
		       : 0;
}

static int choose_demands(struct kg_system *system, struct kg_target_facts *facts,
			  struct demands *demands, struct kg_error *err)
{
	const struct kg_requirements *chosen = NULL;
	const struct kg_troubles *troubles = NULL;

	/* What was kept was written for what the generator was told then. */
	if (kg_is_kept_name(facts->target->kernel))
		return 0;
	/* What the image says of itself counts before a preset that names its path. */
	if (facts->generator == KG_INITRD_DRACUT) {
		chosen = &demands->dracut;
		troubles = &demands->dracut_troubles;
	} else if (facts->generator == KG_INITRD_MKINITCPIO ||
		   (facts->preset && facts->generator == KG_INITRD_UNKNOWN)) {
		chosen = &demands->mkinitcpio;
		troubles = &demands->mkinitcpio_troubles;
	}
	if (!chosen)
		return 0;
	if (kg_requirements_add_all(&facts->requirements, chosen, err) < 0)
		return -1;
	return add_troubles(system, troubles, err);
}

static int gather(struct kg_system *system, struct kg_target_facts *facts, struct demands *demands,
		  struct wanted *wanted, struct kg_error *err)
{
	facts->preset = find_preset(system, facts->target);
	if (gather_kernel(system, facts, err) < 0 ||
	    add_storage(system, facts, err) < 0 ||
	    read_demands(system, facts->preset, demands, err) < 0 ||
	    want_modules(facts, &facts->requirements, wanted, err) < 0 ||
	    want_modules(facts, &demands->mkinitcpio, wanted, err) < 0 ||
	    want_modules(facts, &demands->dracut, wanted, err) < 0 ||
	    read_images(system, facts, wanted, err) < 0)
		return -1;
	return choose_demands(system, facts, demands, err);
}

int kg_target_facts_gather(struct kg_system *system, const struct kg_target *target,
			   struct kg_target_facts *facts, struct kg_error *err)
{
	struct demands demands = {0};
	struct wanted wanted = {0};
	int result;

	*facts = (struct kg_target_facts){.target = target};
	result = gather(system, facts, &demands, &wanted, err);
	free_demands(&demands);
	kg_strings_free(&wanted.names);
	if (result < 0)
		kg_target_facts_free(facts);
	return result;
}

void kg_target_facts_free(struct kg_target_facts *facts)
{
	for (size_t i = 0; i < facts->initrd_count; i++)
		kg_initrd_free(&facts->initrds[i].initrd);
	free(facts->initrds);
	kg_requirements_free(&facts->requirements);
	*facts = (struct kg_target_facts){0};
}

bool kg_target_facts_images_whole(const struct kg_target_facts *facts)
{
	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (facts->initrds[i].error.code || facts->initrds[i].initrd.damage.code ||
		    kg_initrd_hidden_root(&facts->initrds[i].initrd))
			return false;
	}
	return true;
}

const struct kg_initrd_slot *kg_target_facts_find_module(const struct kg_target_facts *facts,
							 const char *name,
							 const struct kg_initrd_member **member)
{
	for (size_t i = facts->initrd_count; i > 0; i--) {
		const struct kg_initrd_slot *slot = &facts->initrds[i - 1];

		*member = slot->error.code ? NULL : kg_initrd_find_module(&slot->initrd, name);
		if (*member)
			return slot;
	}
	return NULL;
}

const char *kg_target_facts_main_image(const struct kg_target_facts *facts)
{
	/* Microcode may come before or behind what the generator writes. */
	for (size_t i = facts->initrd_count; i > 0; i--) {
		const struct kg_initrd_slot *slot = &facts->initrds[i - 1];

		if (slot->error.code || slot->initrd.damage.code ||
		    kg_initrd_find(&slot->initrd, "init"))
			return slot->path;
	}
	return facts->initrd_count ? facts->initrds[facts->initrd_count - 1].path : NULL;
}
