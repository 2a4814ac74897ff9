// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

/* Adds the devices in PATH/slaves (bd_link_disk_holder() of block/holder.c). */
static void add_slaves(struct kg_sysfs *sysfs, const char *path, struct kg_strings *below)
{
	char *directory = kg_sysfs_format(sysfs, "%s/slaves", path);

	if (directory)
		kg_sysfs_add_links(sysfs, directory, below);
	free(directory);
}

static void need(struct kg_storage_walk *walk, const char *module, const char *what,
		 const char *name, const char *chain)
{
	char *reason = kg_sysfs_format(&walk->reader->sysfs, "%s is on %s %s (%s)", walk->mount,
				       what, name, chain);

	if (reason)
		kg_storage_need_add(walk, module, NULL, NULL, reason, false);
	free(reason);
}

/*
 * dm/uuid begins with who has made the device: cryptsetup's lib/libdevmapper.c, LVM's
 * UUID_PREFIX, multipath-tools' UUID_PREFIX. A longer prefix comes before a shorter one.
 */
static const struct {
	const char *prefix;
	const char *module;
	const char *what;
	bool encrypted;
	bool any; /* one of the devices below is enough */
} dm_kinds[] = {
	{"CRYPT-LUKS1-", "dm_crypt", "LUKS1 device", true, false},
	{"CRYPT-LUKS2-", "dm_crypt", "LUKS2 device", true, false},
	{"CRYPT-PLAIN-", "dm_crypt", "plain dm-crypt device", true, false},
	{"CRYPT-BITLK-", "dm_crypt", "BitLocker device", true, false},
	{"CRYPT-FVAULT2-", "dm_crypt", "FileVault device", true, false},
	{"CRYPT-VERITY-", "dm_verity", "verity device", false, false},
	{"CRYPT-INTEGRITY-", "dm_integrity", "integrity device", false, false},
	{"CRYPT-SUBDEV-", "dm_mod", "device-mapper device", false, false},
	{"CRYPT-", "dm_crypt", "encrypted device", true, false},
	{"LVM-", "dm_mod", "LVM volume", false, false},
	{"mpath-", "dm_multipath", "multipath device", false, true},
	{"VDO-", "dm_vdo", "VDO volume", false, false},
};

/*
 * LVM tells the parts of a volume by suffixes of their names (lib/misc/lvm-string.c and
 * lib/activate/dev_manager.c): the volume on top has a target of this module.
 */
static const struct {
	const char *mark;
	const char *module;
} lvm_parts[] = {
	{"_rimage_", "dm_raid"},      {"_rmeta_", "dm_raid"},	     {"_mimage_", "dm_mirror"},
	{"_mlog", "dm_mirror"},	      {"-tpool", "dm_thin_pool"},    {"_tdata", "dm_thin_pool"},
	{"_tmeta", "dm_thin_pool"},   {"_cdata", "dm_cache"},	     {"_cmeta", "dm_cache"},
	{"_cpool", "dm_cache"},	      {"_corig", "dm_cache"},	     {"_cvol", "dm_cache"},
	{"_wcorig", "dm_writecache"}, {"-real", "dm_snapshot"},	     {"-cow", "dm_snapshot"},
	{"_iorig", "dm_integrity"},   {"_imeta", "dm_integrity"},    {"_vdata", "dm_vdo"},
};

/* Whether name ends with mark, or with mark and a number behind it. */
static bool has_mark(const char *name, const char *mark)
{
	const char *last = NULL;

	for (const char *at = strstr(name, mark); at; at = strstr(at + 1, mark))
		last = at + strlen(mark);
	return last && strspn(last, "0123456789") == strlen(last);
}

/* A cache volume of writecache has the same suffix as that of a cache. */
static bool has_writecache(struct kg_sysfs *sysfs, const struct kg_strings *below)
{
	bool found = false;

	for (size_t i = 0; i < below->count; i++) {
		char *part = kg_sysfs_text(sysfs, below->items[i], "dm/name");

		found = found || (part && has_mark(part, "_wcorig"));
		free(part);
	}
	return found;
}

static void add_lvm_targets(struct kg_storage_walk *walk, const char *name, const char *chain,
			    const struct kg_strings *below)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	bool writecache = has_writecache(sysfs, below);

	for (size_t i = 0; i < below->count; i++) {
		char *part = kg_sysfs_text(sysfs, below->items[i], "dm/name");

		for (size_t j = 0; part && j < sizeof(lvm_parts) / sizeof(lvm_parts[0]); j++) {
			bool cache = strcmp(lvm_parts[j].module, "dm_cache") == 0;

			if (has_mark(part, lvm_parts[j].mark) && !(cache && writecache))
				need(walk, lvm_parts[j].module, "LVM volume", name, chain);
		}
		free(part);
	}
}

/*
 * The cipher is in the table, which sysfs does not show: of LUKS's own default, xts(aes), one
 * of the implementations is expected.
 */
static void add_cipher(struct kg_storage_walk *walk, const char *name, const char *chain)
{
	char *reason = kg_sysfs_format(&walk->reader->sysfs,
				       "%s is on the encrypted device %s, as a rule with the "
				       "cipher aes-xts (%s)",
				       walk->mount, name, chain);

	if (reason)
		kg_storage_need_add(walk, NULL, "crypto-xts", NULL, reason, true);
	free(reason);
}

static void add_dm(struct kg_storage_walk *walk, const char *path, const char *chain,
		   struct kg_strings *below, bool *any)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *uuid = kg_sysfs_text(sysfs, path, "dm/uuid");
	char *own = kg_sysfs_text(sysfs, path, "dm/name");
	const char *name = own && *own ? own : kg_base_name(path);
	size_t kind = 0;
	size_t count = sizeof(dm_kinds) / sizeof(dm_kinds[0]);

	add_slaves(sysfs, path, below);
	while (kind < count && !(uuid && strncmp(uuid, dm_kinds[kind].prefix,
						 strlen(dm_kinds[kind].prefix)) == 0))
		kind++;
	if (kind == count) {
		/* A partition of a multipath or RAID device, or whatever else maps linearly. */
		need(walk, "dm_mod", "device-mapper device", name, chain);
	} else {
		need(walk, dm_kinds[kind].module, dm_kinds[kind].what, name, chain);
		walk->encrypted = walk->encrypted || dm_kinds[kind].encrypted;
		*any = dm_kinds[kind].any;
		if (dm_kinds[kind].encrypted)
			add_cipher(walk, name, chain);
		if (strcmp(dm_kinds[kind].prefix, "LVM-") == 0)
			add_lvm_targets(walk, name, chain, below);
	}
	free(own);
	free(uuid);
}

/* md/level (level_show() of drivers/md/md.c) and the personality's module. */
static const struct {
	const char *level;
	const char *module;
} md_levels[] = {
	{"linear", "md_linear"}, {"raid0", "raid0"},   {"raid1", "raid1"},
	{"raid10", "raid10"},	 {"raid4", "raid456"}, {"raid5", "raid456"},
	{"raid6", "raid456"},	 {"multipath", "md_multipath"},
};

static void add_md(struct kg_storage_walk *walk, const char *path, const char *chain,
		   struct kg_strings *below)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *level = kg_sysfs_text(sysfs, path, "md/level");
	const char *name = kg_base_name(path);
	const char *module = "md_mod";
	char *what = kg_sysfs_format(sysfs, "the %s array", level && *level ? level : "md");

	for (size_t i = 0; level && i < sizeof(md_levels) / sizeof(md_levels[0]); i++) {
		if (strcmp(level, md_levels[i].level) == 0)
			module = md_levels[i].module;
	}
	if (what)
		need(walk, module, what, name, chain);
	add_slaves(sysfs, path, below);
	free(what);
	free(level);
}

static void add_bcache(struct kg_storage_walk *walk, const char *path, const char *chain,
		       struct kg_strings *below)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;

	need(walk, "bcache", "the bcache device", kg_base_name(path), chain);
	add_slaves(sysfs, path, below);
	if (below->count == 0) {
		/* "bcache" is a link into the directory of the backing device. */
		char *real = kg_sysfs_resolve(sysfs, kg_sysfs_format(sysfs, "%s/bcache", path));
		char *backing = real ? kg_sysfs_parent(sysfs, real) : NULL;

		if (backing && strcmp(backing, path) != 0)
			kg_sysfs_add(sysfs, below, backing);
		free(backing);
		free(real);
	}
}

bool kg_storage_add_layer(struct kg_storage_walk *walk, const char *path, const char *chain,
			  struct kg_strings *below, bool *any)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	const char *name = kg_base_name(path);

	if (kg_sysfs_has_directory(sysfs, path, "dm"))
		add_dm(walk, path, chain, below, any);
	else if (kg_sysfs_has_directory(sysfs, path, "md"))
		add_md(walk, path, chain, below);
	else if (strncmp(name, "bcache", strlen("bcache")) == 0)
		add_bcache(walk, path, chain, below);
	else
		return false;
	return true;
}
