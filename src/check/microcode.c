// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/check/check.h"
#include "kernel-guard/system/microcode.h"

/* Microcode files, as far as they lie where the kernel looks or where it does not. */
struct microcode {
	const struct kg_initrd_slot *slot; /* of the first that lies where nobody looks */
	const struct kg_initrd_member *late;
	bool early;
};

/* Whether the image's first parts are met before anything compressed in the images before it. */
static void look(const struct kg_initrd_slot *slot, bool *reached, struct microcode *found)
{
	const struct kg_initrd *initrd = &slot->initrd;
	size_t early = *reached ? kg_initrd_early_segments(initrd) : 0;

	for (size_t i = 0; i < initrd->member_count; i++) {
		const struct kg_initrd_member *member = &initrd->members[i];

		if (!kg_initrd_is_microcode(member))
			continue;
		if (member->segment < early) {
			found->early = true;
		} else if (!found->late) {
			found->late = member;
			found->slot = slot;
		}
	}
	*reached = *reached && early == initrd->segment_count;
}

/* Does microcode lie where the kernel looks for it: before everything that is compressed? */
int kg_check_microcode(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	struct microcode found = {0};
	struct kg_finding_about about;
	bool reached = true;

	if (!kg_target_facts_images_whole(facts))
		return 0;
	for (size_t i = 0; i < facts->initrd_count; i++)
		look(&facts->initrds[i], &reached, &found);
	if (!found.late || found.early)
		return 0;
	about = (struct kg_finding_about){.subject = found.slot->path, .image = found.slot->path};
	return kg_findings_add(check->findings, KG_FINDING_MICROCODE_IGNORED, &about, err,
			       "%s in %s lies behind what is compressed, where the kernel does not "
			       "look for it",
			       found.late->path, found.slot->path);
}
