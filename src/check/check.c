// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef int check_function(const struct kg_check *check, struct kg_error *err);

#define X(name) kg_check_##name,
static check_function *const target_checks[] = {KG_TARGET_CHECKS(X)};
static check_function *const machine_checks[] = {KG_MACHINE_CHECKS(X)};
#undef X

/* What the report says about a target, besides findings. */
static int describe(const struct kg_target *target, const char *release,
		    const struct kg_tree_slot *tree, struct kg_report_target *described,
		    struct kg_error *err)
{
	described->is_default = target->is_default;
	if (!kg_copy_optional(&described->entry, target->entry, err) ||
	    !kg_copy_optional(&described->title, target->title, err) ||
	    !kg_copy_optional(&described->loader, kg_target_loader_name(target->loader), err) ||
	    !kg_copy_optional(&described->source, target->source, err) ||
	    !kg_copy_optional(&described->kernel, target->kernel, err) ||
	    !kg_copy_optional(&described->release, release, err))
		return -1;
	if (tree && tree->package.name) {
		described->package =
			kg_format(err, "%s %s", tree->package.name, tree->package.version);
		if (!described->package)
			return -1;
	}
	return kg_strings_add_all(&described->initrds, &target->initrds, err);
}

static int run(check_function *const *checks, size_t count, const struct kg_check *check,
	       struct kg_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (checks[i](check, err) < 0)
			return -1;
	}
	return 0;
}

static const char *known_release(const struct kg_kernel_slot *kernel)
{
	return kernel && !kernel->error.code ? kernel->kernel.release : NULL;
}

static int check_target(struct kg_system *system, const struct kg_target *target,
			const struct kg_record *record, struct kg_report *report,
			struct kg_error *err)
{
	struct kg_report_target *described = kg_report_add_target(report, err);
	struct kg_target_facts facts;
	struct kg_check check = {.system = system, .facts = &facts, .record = record};
	int result;

	if (!described || kg_target_facts_gather(system, target, &facts, err) < 0)
		return -1;
	check.findings = &described->findings;
	result = describe(target, known_release(facts.kernel), facts.tree, described, err);
	if (result == 0)
		result = run(target_checks, sizeof(target_checks) / sizeof(target_checks[0]),
			     &check, err);
	kg_target_facts_free(&facts);
	return result;
}

static bool matches(const struct kg_target *target, const struct kg_tree_slot *tree,
		    const char *release, const char *name)
{
	if (strcmp(target->entry, name) == 0 || (release && strcmp(release, name) == 0))
		return true;
	if (target->pkgbase && strcmp(target->pkgbase, name) == 0)
		return true;
	return tree && tree->pkgbase && strcmp(tree->pkgbase, name) == 0;
}

/* Marks in used[] the names that select the target; *selected where one does. */
static int select_target(struct kg_system *system, const struct kg_target *target,
			 const struct kg_strings *names, bool *used, bool *selected,
			 struct kg_error *err)
{
	const struct kg_tree_slot *tree = NULL;
	const struct kg_kernel_slot *kernel;
	const char *release;

	*selected = names->count == 0;
	if (*selected)
		return 0;
	kernel = kg_system_kernel(system, target->kernel, err);
	if (!kernel)
		return -1;
	release = known_release(kernel);
	if (release && !(tree = kg_system_tree(system, release, err)))
		return -1;
	for (size_t i = 0; i < names->count; i++) {
		if (matches(target, tree, release, names->items[i])) {
			used[i] = true;
			*selected = true;
		}
	}
	return 0;
}

enum { max_names = 256 };

static int check_targets(struct kg_system *system, const struct kg_strings *names,
			 const struct kg_record *record, struct kg_report *report,
			 struct kg_error *err)
{
	bool used[max_names] = {false};

	if (names->count > max_names)
		return kg_fail(err, EINVAL, "more than %d targets are named", max_names);
	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		bool selected;

		if (select_target(system, target, names, used, &selected, err) < 0 ||
		    (selected && check_target(system, target, record, report, err) < 0))
			return -1;
	}
	for (size_t i = 0; i < names->count; i++) {
		if (!used[i])
			return kg_fail(err, ENOENT,
				       "%s: no boot target has this entry id, kernel release or "
				       "package base ('kernel-guard list' shows them)",
				       names->items[i]);
	}
	return 0;
}

int kg_check_system(struct kg_system *system, const struct kg_strings *names,
		    const struct kg_record *record, struct kg_report *report, struct kg_error *err)
{
	static const struct kg_strings all;
	struct kg_report checked = {0};
	struct kg_check check = {
		.system = system,
		.findings = &checked.findings,
		.record = record,
		.partial = names && names->count > 0,
	};

	if (!names)
		names = &all;
	checked.named = names->count > 0;
	/* The machine's checks come last: gathering a target may meet further troubles. */
	if (kg_system_open_trees(system, err) < 0 ||
	    check_targets(system, names, record, &checked, err) < 0 ||
	    run(machine_checks, sizeof(machine_checks) / sizeof(machine_checks[0]), &check, err) <
		    0) {
		kg_report_free(&checked);
		return -1;
	}
	kg_report_conclude(&checked);
	*report = checked;
	return 0;
}

int kg_check_before_transaction(const struct kg_system *system, struct kg_findings *findings,
				struct kg_error *err)
{
	const struct kg_check check = {.system = system, .findings = findings};

	return kg_check_boot_not_mounted(&check, err);
}

/* Many entries may start one kernel: an image is read once. NULL where its release is unknown. */
static const char *read_release(const struct kg_system *system, const struct kg_report *listed,
				const char *kernel, char buffer[static 256])
{
	struct kg_error ignored;

	for (size_t i = 0; i < listed->target_count; i++) {
		const struct kg_report_target *other = &listed->targets[i];

		if (other->kernel && strcmp(other->kernel, kernel) == 0) {
			(void)snprintf(buffer, 256, "%s", other->release ? other->release : "");
			return other->release ? buffer : NULL;
		}
	}
	return kg_kernel_read_release(&system->root, kernel, buffer, 256, &ignored) == 0 ? buffer
											 : NULL;
}

int kg_check_list(struct kg_system *system, struct kg_report *report, struct kg_error *err)
{
	struct kg_report listed = {0};

	for (size_t i = 0; i < system->targets.count; i++) {
		const struct kg_target *target = &system->targets.items[i];
		struct kg_report_target *described = kg_report_add_target(&listed, err);
		const struct kg_tree_slot *tree = NULL;
		char buffer[256];
		const char *release = read_release(system, &listed, target->kernel, buffer);

		if (release)
			tree = kg_system_tree(system, release, err);
		if (!described || (release && !tree) ||
		    describe(target, release, tree, described, err) < 0) {
			kg_report_free(&listed);
			return -1;
		}
	}
	*report = listed;
	return 0;
}
