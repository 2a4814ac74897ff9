/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_TARGET_H
#define KERNEL_GUARD_SYSTEM_TARGET_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/system/boot_places.h"
#include "kernel-guard/system/machine.h"
#include "kernel-guard/system/mkinitcpio.h"
#include "kernel-guard/system/mount_table.h"
#include "kernel-guard/system/trouble.h"

/* Whose configuration a boot target was read from. */
enum kg_target_loader {
	KG_LOADER_SYSTEMD_BOOT, /* its entries of both types */
	KG_LOADER_GRUB,         /* grub.cfg, and what that sources */
	KG_LOADER_MKINITCPIO,   /* presets, where no loader's entries are found */
	KG_LOADER_BOOT_FILES,   /* names in /boot, where there are no presets either */
};

/* One way to boot the machine: what is started, with which initramfs images. */
struct kg_target {
	enum kg_target_loader loader;
	char *entry;   /* id: "arch.conf", "linux/default", "vmlinuz-linux" */
	char *title;   /* NULL where it has none */
	char *source;  /* the file it was read from, below the root */
	char *pkgbase; /* package base of the kernel where known, else NULL */
	char *kernel;  /* path below the root of the kernel or unified kernel image */
	/*
	 * What is started is no kernel that images come with, but a unified kernel image or another
	 * EFI program. A kernel is none, also where its EFI stub is started as a program.
	 */
	bool unified;
	char *options; /* kernel command line, NULL where unknown */
	char *uname;   /* of a unified image: the release that it says it holds, else NULL */
	bool foreign;  /* of another system on the same partition: its modules are not here */
	struct kg_strings initrds; /* paths for kg_boot_file_open(), in order */
	/*
	 * Boots when nobody chooses; where no loader's configuration is there to say
	 * so, the first preset of each file and every kernel in /boot.
	 */
	bool is_default;
};

/* A default that is set and means no entry, so that the first of the menu starts. */
struct kg_unmatched_default {
	enum kg_target_loader loader;
	char *source; /* who sets it: a file, or a variable of the firmware */
	char *wanted; /* an id, a title, a number, or a pattern */
};

/* A zeroed list is a valid empty one. */
struct kg_targets {
	struct kg_target *items;
	size_t count;
	size_t capacity;
	struct kg_unmatched_default *unmatched;
	size_t unmatched_count;
	size_t unmatched_capacity;
};

/* Where targets are looked for. */
struct kg_target_sources {
	const struct kg_root *root;
	const struct kg_boot_places *places;
	const struct kg_mount_table *fstab;
	const struct kg_machine *machine; /* a zeroed one where nothing is known of it */
	const struct kg_mkinitcpio *mkinitcpio;
};

/*
 * Finds the boot targets below root: systemd-boot's entries of both types (UAPI.1) on ESP and
 * XBOOTLDR, the default chosen as systemd-boot does, but for LoaderEntryOneShot, which counts
 * for one boot, and GRUB's, of which each has its default: which of the two the
 * firmware starts, files do not say; where there are none, the presets; where there are none, the
 * kernels in /boot by name; with both of these the kernels that are kept apart. What cannot be read
 * is added to troubles. 0, or -1 with ENOMEM. kg_targets_free() releases them.
 */
int kg_targets_read(const struct kg_target_sources *sources, struct kg_targets *targets,
		    struct kg_troubles *troubles, struct kg_error *err);

/* Releases them; a zeroed list is left alone. */
void kg_targets_free(struct kg_targets *targets);

/* Adds *target, whose contents the list takes over also on failure. 0, or -1 with ENOMEM. */
int kg_targets_add(struct kg_targets *targets, struct kg_target *target, struct kg_error *err);

/* Adds a default that means no entry; texts are copied. 0, or -1 with ENOMEM. */
int kg_targets_add_unmatched(struct kg_targets *targets, enum kg_target_loader loader,
			     const char *source, const char *wanted, struct kg_error *err);

/* "systemd-boot", "grub", "mkinitcpio", "boot-files". */
const char *kg_target_loader_name(enum kg_target_loader loader);

/* The readers, in the order in which they are asked. As kg_targets_read(). */
int kg_targets_read_systemd_boot(const struct kg_target_sources *sources,
				 struct kg_targets *targets, struct kg_troubles *troubles,
				 struct kg_error *err);
/*
 * GRUB's: grub.cfg in /boot/grub, /boot/grub2, or what one in a directory of EFI/ on the EFI
 * partition hands over to. Entries of other systems are left out. What cannot be told of an entry
 * is added to troubles.
 */
int kg_targets_read_grub(const struct kg_target_sources *sources, struct kg_targets *targets,
			 struct kg_troubles *troubles, struct kg_error *err);
int kg_targets_read_presets(const struct kg_mkinitcpio *mkinitcpio, struct kg_targets *targets,
			    struct kg_error *err);
int kg_targets_read_boot_files(const struct kg_root *root, struct kg_targets *targets,
			       struct kg_troubles *troubles, struct kg_error *err);
/* The kernels in /boot/kernel-guard, which are kept: nobody's default. */
int kg_targets_read_kept_files(const struct kg_root *root, struct kg_targets *targets,
			       struct kg_troubles *troubles, struct kg_error *err);

/*
 * Adds to a unified target what its image and the addons beside it hold (systemd-stub(7)):
 * paths of kg_boot_file_open() to initrds, microcode first, and .cmdline to options, unless the
 * entry has some. What is wrong with an addon is added to troubles; an image that is damaged
 * or no unified kernel image adds nothing. 0, or -1 with ENOMEM.
 */
int kg_target_read_uki(const struct kg_root *root, struct kg_target *target,
		       struct kg_troubles *troubles, struct kg_error *err);

#endif
