/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_TARGET_FACTS_H
#define KERNEL_GUARD_SYSTEM_TARGET_FACTS_H

#include "kernel-guard/system/initrd.h"
#include "kernel-guard/system/requirement.h"
#include "kernel-guard/system/system.h"
#include "kernel-guard/system/target.h"

/* One initramfs image of a target, and what came of reading it. */
struct kg_initrd_slot {
	const char *path; /* for kg_boot_file_open() */
	struct kg_error error; /* code 0: initrd is filled */
	struct kg_initrd initrd;
};

/* Everything that is known about one boot target. */
struct kg_target_facts {
	const struct kg_target *target;
	const struct kg_kernel_slot *kernel; /* also the one inside a unified kernel image */
	const struct kg_tree_slot *tree;     /* NULL where the release is unknown */
	struct kg_initrd_slot *initrds;
	size_t initrd_count;
	enum kg_initrd_generator generator;
	const struct kg_preset *preset; /* that writes the target's image, or NULL */
	/*
	 * What the machine's storage, the kernel command line and the generator's
	 * configuration demand to be in the images; the first reason stays.
	 */
	struct kg_requirements requirements;
};

/*
 * Gathers the facts about target: its kernel, module tree, images, and the
 * requirements of the machine and of the generator that writes them. In the images the files of
 * out-of-tree modules and of the closures of required modules are kept. What
 * cannot be read says so in its slot, or in the system's troubles. 0, or -1 with
 * ENOMEM. system must outlive the facts; kg_target_facts_free() releases them.
 */
int kg_target_facts_gather(struct kg_system *system, const struct kg_target *target,
			   struct kg_target_facts *facts, struct kg_error *err);

/* Releases them; zeroed ones are left alone. */
void kg_target_facts_free(struct kg_target_facts *facts);

/* Whether every image of the target is there, whole, and hides nothing from sight. */
bool kg_target_facts_images_whole(const struct kg_target_facts *facts);

/*
 * The image that holds the module of this name, and the member; NULL where none
 * does. A later image of the target hides an earlier one.
 */
const struct kg_initrd_slot *kg_target_facts_find_module(const struct kg_target_facts *facts,
							 const char *name,
							 const struct kg_initrd_member **member);

/* The path of the image that the generator writes: the last with an /init; NULL for none. */
const char *kg_target_facts_main_image(const struct kg_target_facts *facts);

#endif
