// SPDX-License-Identifier: GPL-2.0-or-later
#include "storage_walk.h"

#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/module.h"

enum {
	max_devices = 1024, /* of one walk: real stacks have some tens */
	max_depth = 2,      /* walks inside of walks: candidates for a pool, and their paths */
	max_visits = 16384, /* devices, in all walks */
	max_shown = 8,      /* devices of a chain that a reason names */
};

/* A device on the way down. */
struct node {
	char *path;
	size_t parent; /* index, or none */
};

static const size_t none = SIZE_MAX;

struct queue {
	struct node items[max_devices];
	size_t count;
	bool full;
};

static void push(struct kg_storage_walk *walk, struct queue *queue, const char *path,
		 size_t parent)
{
	struct node *node = &queue->items[queue->count];

	/* A device that is reached twice needs nothing more; a circle ends here as well. */
	for (size_t i = 0; i < queue->count; i++) {
		if (strcmp(queue->items[i].path, path) == 0)
			return;
	}
	if (queue->count == max_devices) {
		queue->full = true;
		return;
	}
	*node = (struct node){.path = kg_sysfs_copy(&walk->reader->sysfs, path), .parent = parent};
	if (node->path)
		queue->count++;
}

/* "/ > dm-0 > nvme0n1p2": what is reached first comes first, and of a long one both ends. */
static char *chain_of(struct kg_storage_walk *walk, const struct queue *queue, size_t index,
		      const char *above)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *chain = NULL;
	size_t shown = 0;

	for (size_t i = index; i != none; i = queue->items[i].parent, shown++) {
		const char *name = kg_base_name(queue->items[i].path);
		char *longer;

		if (shown == max_shown)
			name = "…";
		else if (shown > max_shown)
			continue;
		longer = chain ? kg_sysfs_format(sysfs, "%s > %s", name, chain)
			       : kg_sysfs_copy(sysfs, name);
		free(chain);
		chain = longer;
	}
	if (chain) {
		char *whole = kg_sysfs_format(sysfs, "%s > %s", above, chain);

		free(chain);
		chain = whole;
	}
	return chain;
}

static bool is_virtual(const char *path)
{
	return strncmp(path, "/sys/devices/virtual/", strlen("/sys/devices/virtual/")) == 0;
}

/* Block devices that are made of something else, or lie elsewhere, and what they need. */
static const struct {
	const char *prefix;
	const char *module;
	const char *what; /* of what is not followed; NULL where nothing is below */
} virtual_devices[] = {
	{"loop", "loop", "a file"},
	{"zram", "zram", NULL},
	{"ram", "brd", NULL},
	{"zd", "zfs", "a ZFS pool"},
	{"nbd", "nbd", "the network"},
	{"drbd", "drbd", "the network"},
	{"rbd", "rbd", "the network"},
	{"nvme", "nvme_core", "the network"},
};

static void add_virtual(struct kg_storage_walk *walk, const char *path, const char *chain)
{
	const char *name = kg_base_name(path);

	for (size_t i = 0; i < sizeof(virtual_devices) / sizeof(virtual_devices[0]); i++) {
		const char *prefix = virtual_devices[i].prefix;
		char *reason;

		if (strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		reason = kg_sysfs_format(&walk->reader->sysfs, "%s is on %s (%s)", walk->mount,
					 name, chain);
		if (reason)
			kg_storage_need_add(walk, virtual_devices[i].module, NULL, NULL, reason,
					    false);
		free(reason);
		if (virtual_devices[i].what)
			kg_storage_unknown(walk,
					   "%s is on %s, and so on %s, which is not looked at",
					   walk->mount, name, virtual_devices[i].what);
		return;
	}
	kg_storage_unknown(walk, "%s is on %s, of which nobody says what it lies on", walk->mount,
			   name);
}

/* Where nothing says what drives a disk its name does. */
static const struct {
	const char *prefix;
	const char *module;
} disk_names[] = {
	{"nvme", "nvme"},	{"vd", "virtio_blk"}, {"sd", "sd_mod"},
	{"mmcblk", "mmc_block"}, {"sr", "sr_mod"},    {"xvd", "xen_blkfront"},
};

static void add_disk(struct kg_storage_walk *walk, const char *path, const char *chain)
{
	const char *name = kg_base_name(path);
	char *reason;

	if (kg_storage_add_drivers(walk, path, name, chain))
		return;
	kg_storage_unknown(walk, "%s is on %s, of which nobody says what drives it", walk->mount,
			   name);
	reason = kg_sysfs_format(&walk->reader->sysfs, "%s is on %s (%s)", walk->mount, name,
				 chain);
	for (size_t i = 0; reason && i < sizeof(disk_names) / sizeof(disk_names[0]); i++) {
		if (strncmp(name, disk_names[i].prefix, strlen(disk_names[i].prefix)) == 0)
			kg_storage_need_add(walk, disk_names[i].module, NULL, NULL, reason, false);
	}
	free(reason);
}

/*
 * NVMe multipath: the disk is one of the subsystem's, in whose directory are links to the
 * controllers that lead to it (drivers/nvme/host/multipath.c).
 */
static bool add_controllers(struct kg_storage_walk *walk, const char *path,
			    struct kg_strings *below)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *subsystem = kg_sysfs_parent(sysfs, path);
	struct kg_strings names = {0};

	if (subsystem && strstr(subsystem, "/nvme-subsystem/"))
		kg_sysfs_list(sysfs, subsystem, &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *number = names.items[i] + strlen("nvme");
		char *real;

		if (strncmp(names.items[i], "nvme", strlen("nvme")) != 0 || !*number ||
		    strspn(number, "0123456789") != strlen(number))
			continue;
		real = kg_sysfs_resolve(
			sysfs, kg_sysfs_format(sysfs, "%s/%s", subsystem, names.items[i]));
		kg_sysfs_add(sysfs, below, real);
		free(real);
	}
	kg_strings_free(&names);
	free(subsystem);
	return below->count > 0;
}

/* What one device needs; the devices below it are added to below. */
static void visit(struct kg_storage_walk *walk, const char *path, const char *chain,
		  struct kg_strings *below, bool *any)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;

	if (kg_sysfs_has_file(sysfs, path, "partition")) {
		char *disk = kg_sysfs_parent(sysfs, path);

		kg_sysfs_add(sysfs, below, disk);
		free(disk);
	} else if (kg_storage_add_layer(walk, path, chain, below, any)) {
		if (below->count == 0)
			kg_storage_unknown(walk,
					   "%s is on %s, of which nobody says what it lies on",
					   walk->mount, kg_base_name(path));
	} else if (!is_virtual(path)) {
		add_disk(walk, path, chain);
	} else if (add_controllers(walk, path, below)) {
		*any = true;
	} else {
		add_virtual(walk, path, chain);
	}
}

/* A bound for walks inside of walks, which each have one of their own. */
static bool may_visit(struct kg_storage_walk *walk, struct queue *queue)
{
	if (walk->reader->visits == max_visits)
		queue->full = true;
	else
		walk->reader->visits++;
	return !queue->full && !walk->reader->sysfs.failed;
}

static void visit_all(struct kg_storage_walk *walk, struct queue *queue, const char *above)
{
	for (size_t i = 0; i < queue->count && may_visit(walk, queue); i++) {
		struct kg_strings below = {0};
		char *chain = chain_of(walk, queue, i, above);
		bool any = false;

		if (chain)
			visit(walk, queue->items[i].path, chain, &below, &any);
		if (any && chain)
			kg_storage_follow_any(walk, &below, chain, false);
		for (size_t j = 0; !any && j < below.count; j++)
			push(walk, queue, below.items[j], i);
		kg_strings_free(&below);
		free(chain);
	}
}

void kg_storage_follow(struct kg_storage_walk *walk, const struct kg_strings *starts,
		       const char *above)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue) {
		walk->reader->sysfs.failed = true;
		return;
	}
	for (size_t i = 0; i < starts->count; i++)
		push(walk, queue, starts->items[i], none);
	visit_all(walk, queue, above);
	if (queue->full)
		kg_storage_unknown(walk,
				   "%s is on more than %d devices, which are not all looked at",
				   walk->mount, max_devices);
	for (size_t i = 0; i < queue->count; i++)
		free(queue->items[i].path);
	free(queue);
}

static bool is_same_need(const struct kg_storage_need *left, const struct kg_storage_need *right)
{
	if (left->module && right->module)
		return kg_module_name_equal(left->module, right->module);
	if (left->driver && right->driver)
		return kg_module_name_equal(left->driver, right->driver);
	/* Devices of one kind may differ in their modalias: nothing says that they do not. */
	return !left->module && !left->driver && !right->module && !right->driver;
}

static bool has_need(const struct kg_storage_needs *needs, const struct kg_storage_need *need)
{
	for (size_t i = 0; i < needs->count; i++) {
		if (is_same_need(&needs->items[i], need) && !needs->items[i].advisory)
			return true;
	}
	return false;
}

static bool is_common(const struct kg_storage_needs *ways, size_t count,
		      const struct kg_storage_need *need)
{
	bool common = !need->advisory;

	for (size_t i = 0; common && i < count; i++)
		common = has_need(&ways[i], need);
	return common;
}

/* The first module that a way needs and others do not; NULL where there is none. */
static const struct kg_storage_need *first_own(const struct kg_storage_needs *ways, size_t count,
					       size_t index)
{
	for (size_t i = 0; i < ways[index].count; i++) {
		const struct kg_storage_need *need = &ways[index].items[i];

		if (!need->advisory && need->module && need->others.count == 0 &&
		    !is_common(ways, count, need))
			return need;
	}
	return NULL;
}

/* Where each way needs a module of its own, one of these is needed for sure. */
static void merge_own(struct kg_storage_walk *walk, const struct kg_storage_needs *ways,
		      size_t count)
{
	const struct kg_storage_need *first = first_own(ways, count, 0);
	const struct kg_storage_need *own = first;
	struct kg_strings others = {0};

	for (size_t i = 1; own && i < count; i++) {
		own = first_own(ways, count, i);
		if (own)
			kg_sysfs_add(&walk->reader->sysfs, &others, own->module);
	}
	if (own && others.count > 0)
		kg_storage_need_add_any(walk, first, &others);
	kg_strings_free(&others);
}

/* What each way needs is needed for sure. */
static void merge(struct kg_storage_walk *walk, const struct kg_storage_needs *ways, size_t count,
		  bool strict)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < ways[i].count; j++) {
			const struct kg_storage_need *need = &ways[i].items[j];
			bool common = is_common(ways, count, need);

			if (common || !strict)
				kg_storage_need_add(walk, need->module, need->alias, need->driver,
						    need->reason, !common);
		}
	}
}

void kg_storage_follow_any(struct kg_storage_walk *walk, const struct kg_strings *starts,
			   const char *above, bool strict)
{
	struct kg_storage_needs *ways;
	size_t count = starts->count < max_devices ? starts->count : max_devices;
	bool encrypted = true;

	if (count == 0)
		return;
	if (walk->depth == max_depth) {
		kg_storage_unknown(walk, "%s is on too many layers of several paths", walk->mount);
		return;
	}
	ways = calloc(count, sizeof(*ways));
	if (!ways) {
		walk->reader->sysfs.failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct kg_storage_walk way = {
			.reader = walk->reader,
			.mount = walk->mount,
			.needs = &ways[i],
			.depth = walk->depth + 1,
		};
		struct kg_strings start = {.items = &starts->items[i], .count = 1};

		kg_storage_follow(&way, &start, above);
		encrypted = encrypted && way.encrypted;
	}
	walk->encrypted = walk->encrypted || encrypted;
	merge_own(walk, ways, count);
	merge(walk, ways, count, strict);
	for (size_t i = 0; i < count; i++)
		kg_storage_needs_free(&ways[i]);
	free(ways);
}
