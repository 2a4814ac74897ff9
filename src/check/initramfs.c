// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/check/remedy.h"

static int report_unread(const struct kg_check *check, const struct kg_initrd_slot *slot,
			 const struct kg_finding_about *about, struct kg_error *err)
{
	if (slot->error.code == ENOENT)
		return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_MISSING, about, err,
				       "%s, which %s starts the kernel with, does not exist",
				       slot->path, check->facts->target->entry);
	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_UNREADABLE, about, err, "%s",
			       slot->error.message);
}

static int report_damage(const struct kg_check *check, const struct kg_initrd_slot *slot,
			 const struct kg_finding_about *about, struct kg_error *err)
{
	const struct kg_error *damage = &slot->initrd.damage;

	/* Not the image's fault: a format, or a limit, of this program. */
	if (damage->code == ENOTSUP || damage->code == EFBIG)
		return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_UNREADABLE, about,
				       err, "%s: %s", slot->path, damage->message);
	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_DAMAGED, about, err,
			       "%s is cut off or damaged: %s", slot->path, damage->message);
}

static int check_image(const struct kg_check *check, const struct kg_initrd_slot *slot,
		       const char *remedy, struct kg_error *err)
{
	const struct kg_finding_about about = {
		.subject = slot->path,
		.image = slot->path,
		.remedy = remedy,
	};

	const struct kg_initrd_member *hidden;

	if (slot->error.code)
		return report_unread(check, slot, &about, err);
	hidden = kg_initrd_hidden_root(&slot->initrd);
	if (hidden)
		return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_UNREADABLE, &about,
				       err, "%s hides what it holds in %s", slot->path,
				       hidden->path);
	return slot->initrd.damage.code ? report_damage(check, slot, &about, err) : 0;
}

/*
 * Looks for a module of the release in the image; else *other is the path of a module of
 * another release.
 */
static bool has_release(const struct kg_initrd *initrd, const char *release, const char **other)
{
	size_t length = strlen(release);

	for (size_t i = 0; i < initrd->member_count; i++) {
		const char *path = initrd->members[i].path;
		const char *module = kg_initrd_module_path(path);
		const char *start = module ? strstr(path, "lib/modules/") : NULL;

		/* booster's modules lie in the directory itself: they name no release. */
		if (!start || module == start + strlen("lib/modules/"))
			continue;
		start += strlen("lib/modules/");
		if (strncmp(start, release, length) == 0 && start[length] == '/')
			return true;
		*other = path;
	}
	return false;
}

/* Was the image written for this kernel? */
static int check_release(const struct kg_check *check, const char *remedy, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const struct kg_finding_about about = {
		.subject = kg_target_facts_main_image(facts),
		.image = kg_target_facts_main_image(facts),
		.remedy = remedy,
	};
	const char *other = NULL;

	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (has_release(&facts->initrds[i].initrd, facts->tree->release, &other))
			return 0;
	}
	if (!other)
		return 0;
	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_RELEASE, &about, err,
			       "%s holds no module of %s, the kernel's release, but %s",
			       about.image, facts->tree->release, other);
}

/* A kernel found by its name alone: the image should lie beside it. */
static int report_none(const struct kg_check *check, const char *remedy, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	const struct kg_finding_about about = {.subject = target->kernel, .remedy = remedy};

	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_MISSING, &about, err,
			       "no initramfs image lies beside %s (initramfs-%s.img or its like)",
			       target->kernel, target->pkgbase);
}

/* A unified image that a preset writes, without what it puts into it. */
static int report_not_inside(const struct kg_check *check, const char *remedy,
			     struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	const struct kg_finding_about about = {
		.subject = target->kernel, .image = target->kernel, .remedy = remedy};

	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_MISSING, &about, err,
			       "%s has no section .initrd", target->kernel);
}

/* An entry that starts the kernel without the image that a preset writes for it. */
static int report_unused(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target *target = check->facts->target;
	char *remedy = kg_format(err, "add the line 'initrd' with %s to %s",
				 check->facts->preset->image, target->source);
	const struct kg_finding_about about = {
		.subject = target->source,
		.image = check->facts->preset->image,
		.remedy = remedy,
	};
	int result = -1;

	if (remedy)
		result = kg_findings_add(check->findings, KG_FINDING_INITRAMFS_MISSING, &about, err,
					 "%s starts the kernel without an initramfs; %s is the one "
					 "that mkinitcpio writes for it",
					 target->entry, check->facts->preset->image);
	free(remedy);
	return result;
}

/* A target without any image. */
static int check_absence(const struct kg_check *check, const char *remedy, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;

	if (facts->target->unified)
		return facts->preset && !facts->kernel->error.code
			       ? report_not_inside(check, remedy, err)
			       : 0;
	if (facts->target->loader == KG_LOADER_BOOT_FILES)
		return report_none(check, remedy, err);
	return facts->preset ? report_unused(check, err) : 0;
}

/* Are the target's images there and whole? */
int kg_check_initramfs(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	char *remedy = kg_remedy_rebuild_image(check, err);
	int result = remedy ? 0 : -1;

	for (size_t i = 0; result == 0 && i < facts->initrd_count; i++)
		result = check_image(check, &facts->initrds[i], remedy, err);
	/* A kernel without a tree is a finding already, of which this is a consequence. */
	if (result == 0 && facts->tree && facts->tree->tree &&
	    kg_target_facts_images_whole(facts))
		result = check_release(check, remedy, err);
	if (result == 0 && facts->initrd_count == 0)
		result = check_absence(check, remedy, err);
	free(remedy);
	return result;
}
