/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_SYSTEM_H
#define KERNEL_GUARD_SYSTEM_SYSTEM_H

#include "kernel-guard/core/root.h"
#include "kernel-guard/system/block_devices.h"
#include "kernel-guard/system/boot_places.h"
#include "kernel-guard/system/dkms.h"
#include "kernel-guard/system/kernel.h"
#include "kernel-guard/system/machine.h"
#include "kernel-guard/system/mkinitcpio.h"
#include "kernel-guard/system/modprobe.h"
#include "kernel-guard/system/module_tree.h"
#include "kernel-guard/system/mount_table.h"
#include "kernel-guard/system/packages.h"
#include "kernel-guard/system/storage.h"
#include "kernel-guard/system/target.h"
#include "kernel-guard/system/trouble.h"

/* A kernel image that has been tried to read, once for all targets that start it. */
struct kg_kernel_slot {
	char *path;
	struct kg_error error; /* code 0: kernel is filled */
	struct kg_kernel kernel;
};

/* A module tree that has been tried to open. */
struct kg_tree_slot {
	char *release;
	struct kg_error error;       /* code 0: tree is there */
	struct kg_module_tree *tree; /* NULL after an error */
	struct kg_package package;   /* owner of the kernel; name NULL where unknown */
	char *pkgbase;               /* NULL where the tree has none */
	struct kg_strings strays;    /* of a tree whose package is not known: foreign modules */
};

/* What lies below a root, gathered once. */
struct kg_system {
	struct kg_root root;
	struct kg_machine machine;
	struct kg_storage storage; /* what the machine's root lies on */
	struct kg_block_devices devices;
	struct kg_mount_table mounts; /* of the machine, which runs this system */
	struct kg_mount_table fstab;
	struct kg_boot_places places;
	bool live; /* root is "/" of this process, and machine the one that it runs on */
	struct kg_targets targets;
	struct kg_mkinitcpio mkinitcpio;
	struct kg_modprobe modprobe;
	struct kg_dkms dkms;
	struct kg_packages *packages; /* NULL where there is no database, or no libalpm */
	struct kg_strings releases;   /* names of the module trees in /usr/lib/modules */
	struct kg_troubles troubles;
	struct kg_kernel_slot **kernels;
	size_t kernel_count;
	size_t kernel_capacity;
	struct kg_tree_slot **trees;
	size_t tree_count;
	size_t tree_capacity;
};

/*
 * Gathers what lies below path, and what machine says as kg_machine_read() takes it. What
 * cannot be read is in troubles. 0, or -1 where path cannot be opened as a root, machine
 * not as a directory, or with ENOMEM. kg_system_free() releases it.
 */
int kg_system_open(const char *path, const char *machine, struct kg_system *system,
		   struct kg_error *err);

/* What is known of where boot partitions lie, borrowed from system. */
struct kg_boot_sources kg_system_boot_sources(const struct kg_system *system);

/* Releases it; a zeroed one is left alone. */
void kg_system_free(struct kg_system *system);

/*
 * The kernel image at path below the root, read at the first call. NULL, and err,
 * only with ENOMEM: an image that cannot be read says so in the slot.
 */
const struct kg_kernel_slot *kg_system_kernel(struct kg_system *system, const char *path,
					      struct kg_error *err);

/* The module tree of release, opened at the first call. As kg_system_kernel(). */
const struct kg_tree_slot *kg_system_tree(struct kg_system *system, const char *release,
					  struct kg_error *err);

/*
 * Opens the trees of all installed kernels, so that they are in system->trees. 0, or -1
 * with ENOMEM.
 */
int kg_system_open_trees(struct kg_system *system, struct kg_error *err);

/*
 * The path of an image of release: the module tree's vmlinuz, or one in /boot that is
 * of that release. The caller frees it. NULL: err->code is 0 where there is none.
 */
char *kg_system_find_kernel(const struct kg_system *system, const char *release,
			    struct kg_error *err);

/*
 * Whether the module at a path relative to the tree is out-of-tree: by its place, or
 * because the kernel's package does not own it; where that is not known, because the kernel's
 * build has not installed it and it has no intree= tag.
 */
bool kg_system_is_out_of_tree(const struct kg_system *system, const struct kg_tree_slot *slot,
			      const char *path);

/*
 * Whether a release's tree is that of an installed kernel, which has a vmlinuz or a
 * pkgbase, and no leftover.
 */
bool kg_system_is_installed(const struct kg_system *system, const char *release);

/* Whether the release is not installed any more, and its module tree is kept. */
bool kg_system_is_kept(const struct kg_system *system, const char *release);

/*
 * Whether a boot target starts a kernel of this release, among those whose kernels have
 * been read by kg_system_kernel(); also where one of a kind that is not read may.
 */
bool kg_system_is_booted_by_target(const struct kg_system *system, const char *release);

#endif
