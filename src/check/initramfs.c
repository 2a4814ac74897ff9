// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

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

	if (damage->code == ENOTSUP)
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

	if (slot->error.code)
		return report_unread(check, slot, &about, err);
	return slot->initrd.damage.code ? report_damage(check, slot, &about, err) : 0;
}

/* The kernel starts /init of what all images together unpack to. */
static int check_init(const struct kg_check *check, const char *remedy, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const struct kg_finding_about about = {
		.subject = kg_target_facts_main_image(facts),
		.image = kg_target_facts_main_image(facts),
		.remedy = remedy,
	};

	for (size_t i = 0; i < facts->initrd_count; i++) {
		if (kg_initrd_find(&facts->initrds[i].initrd, "init"))
			return 0;
	}
	return kg_findings_add(check->findings, KG_FINDING_INITRAMFS_WITHOUT_INIT, &about, err,
			       "%s holds no /init", about.image);
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

/* Are the target's images there and whole? */
int kg_check_initramfs(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	char *remedy = kg_remedy_rebuild_image(check, err);
	int result = remedy ? 0 : -1;

	for (size_t i = 0; result == 0 && i < facts->initrd_count; i++)
		result = check_image(check, &facts->initrds[i], remedy, err);
	if (result == 0 && facts->initrd_count > 0 && kg_target_facts_images_whole(facts))
		result = check_init(check, remedy, err);
	if (result == 0 && facts->initrd_count == 0 && !facts->target->unified &&
	    facts->target->loader == KG_LOADER_BOOT_FILES)
		result = report_none(check, remedy, err);
	free(remedy);
	return result;
}
