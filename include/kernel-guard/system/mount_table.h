/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SYSTEM_MOUNT_TABLE_H
#define KERNEL_GUARD_SYSTEM_MOUNT_TABLE_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/root.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/system/trouble.h"

/* A line of /proc/PID/mountinfo or of /etc/fstab. The strings are owned and unescaped. */
struct kg_mount {
	unsigned int id;     /* mountinfo alone has these six; 0 and NULL in fstab */
	unsigned int parent; /* id of the mount that it lies on */
	unsigned int major;  /* 0: an anonymous device */
	unsigned int minor;
	char *directory; /* of the file system that is mounted: "/", "/@" */
	bool read_only;	 /* the mount, or its file system */
	char *point;	 /* "/boot"; in fstab without a slash at its end */
	char *type;	 /* "vfat", "autofs"; a list in fstab, or "auto" */
	char *source;	 /* "/dev/sda1"; in fstab also "UUID=4B47-5541", without quotes */
	char *options;	 /* "rw,noatime": of mount and file system; "" where fstab has none */
};

/* A zeroed one is empty, and says that nothing could be read. */
struct kg_mount_table {
	struct kg_mount *items;
	size_t count;
	size_t capacity;
	bool known; /* a file was read, or fstab is not there, which mounts nothing */
};

/*
 * Reads mountinfo (proc(5); show_mountinfo() of fs/proc_namespace.c, Linux 6.12) or fstab
 * (fstab(5)), as libmount does; lines of another form are left out. Nothing is opened, and
 * tags such as UUID= are not looked up. 0, or -1 with ENOMEM. kg_mount_table_free() releases it.
 */
int kg_mountinfo_parse(struct kg_span text, struct kg_mount_table *table, struct kg_error *err);
int kg_fstab_parse(struct kg_span text, struct kg_mount_table *table, struct kg_error *err);

/*
 * Reads /etc/fstab below root. One that cannot be read is added to troubles. 0, or -1 with
 * ENOMEM. kg_mount_table_free() releases it.
 */
int kg_fstab_read(const struct kg_root *root, struct kg_mount_table *table,
		  struct kg_troubles *troubles, struct kg_error *err);

/*
 * Reads proc/self/mountinfo, or else proc/1/mountinfo, below place, which is as
 * kg_machine_read() takes it. What cannot be read leaves the table unknown. 0, or -1: where
 * place cannot be opened, or ENOMEM. kg_mount_table_free() releases it.
 */
int kg_mountinfo_read(const char *place, struct kg_mount_table *table, struct kg_error *err);

/* Releases it and leaves a zeroed one. */
void kg_mount_table_free(struct kg_mount_table *table);

/* Takes the item out of the table. */
void kg_mount_table_remove(struct kg_mount_table *table, size_t index);

/* The last mount at point, which hides those before it, or NULL. */
const struct kg_mount *kg_mount_at(const struct kg_mount_table *table, const char *point);

/* The mount of this id, or NULL. */
const struct kg_mount *kg_mount_by_id(const struct kg_mount_table *table, unsigned int id);

/* Whether the mount's options hold this one: "ro" not of "rootcontext=…", nor inside quotes. */
bool kg_mount_has_option(const struct kg_mount *mount, const char *name);

/*
 * The value of the last "name=value" of the options; the caller frees it. NULL where there is
 * none: err->code is then 0; or on ENOMEM.
 */
char *kg_mount_option(const struct kg_mount *mount, const char *name, struct kg_error *err);

/* Whether path is point or lies below it. */
bool kg_path_is_below(const char *path, const char *point);

#endif
