/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MACHINE_H
#define KERNEL_GUARD_SYSTEM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"

/* What proc and sys of the machine say; NULL where they do not. The strings are owned. */
struct kg_machine {
	char *command_line; /* /proc/cmdline */
	char *lockdown;     /* /sys/kernel/security/lockdown: "none [integrity] …" */
	char *sig_enforce;  /* /sys/module/module/parameters/sig_enforce: Y or N */
	/* Of the firmware's variables in /sys/firmware/efi/efivars. */
	bool secure_boot;       /* it starts only what is signed */
	bool shim_lenient;      /* shim takes what is not signed (mokutil --disable-validation) */
	char *esp;              /* LoaderDevicePartUUID: the partition that the loader is from */
	char *loader;           /* LoaderImageIdentifier: its file there, "/EFI/systemd/…" */
	char *preferred_entry;  /* LoaderEntryDefault: bootctl set-default */
	char *last_entry;       /* LoaderEntryLastBooted: for the default "@saved" */
	char *selected_entry;   /* LoaderEntrySelected: what was booted */
	/* Of the running kernel. */
	char *release;          /* /proc/sys/kernel/osrelease */
	char *banner;           /* /proc/version */
	uint64_t boot_time;     /* in seconds since 1970; 0 where unknown */
	uint64_t initrd_size;   /* of all images it was given, in bytes; 0 where unknown */
	char *boot_id;          /* /proc/sys/kernel/random/boot_id (random(4)) */
};

/*
 * Reads proc and sys below place: "/" for the machine that this runs on, or a directory
 * with captured ones. NULL: nothing is known of the machine. What cannot be read is
 * left out. 0, or -1: where place cannot be opened, or ENOMEM. kg_machine_free()
 * releases it.
 */
int kg_machine_read(const char *place, struct kg_machine *machine, struct kg_error *err);

/*
 * Adds to machine what the firmware's variables below root say; those that are not there are
 * left out. 0, or -1 with ENOMEM.
 *
 * Sources: Documentation/filesystems/efivarfs.rst (four bytes of attributes in front); UEFI 2.10,
 * 3.3 and 32.3 (SecureBoot, SetupMode); shim's mok.c (MokSBStateRT); the Boot Loader Interface of
 * systemd.io, texts of UTF-16.
 */
int kg_machine_read_efi(const struct kg_root *root, struct kg_machine *machine,
			struct kg_error *err);

/*
 * Adds to machine what proc and sys below root say of the running kernel, of its boot and of
 * the size of the images that it got. 0, or -1 with ENOMEM.
 *
 * Sources: proc(5); Documentation/arch/x86/boot.rst and zero-page.rst (ramdisk_size), which
 * /sys/kernel/boot_params/data is a copy of. Loaders write it there, and so does the EFI stub for
 * what it has loaded by initrd= or LINUX_EFI_INITRD_MEDIA_GUID (x86-stub.c); a release that does
 * not leaves 0.
 */
int kg_machine_read_boot(const struct kg_root *root, struct kg_machine *machine,
			 struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_machine_free(struct kg_machine *machine);

#endif
