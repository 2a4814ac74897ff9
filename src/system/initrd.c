// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/initrd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/core/strings.h"
#include "kernel-guard/parse/module.h"
#include "kernel-guard/system/boot_file.h"

enum {
	max_link = 4096,
	max_kept = 512 << 20, /* bytes of all contents of an image */
	max_linked = 4096,    /* members that are hard links to modules */
	max_program = 64 << 20,
	max_text = 64 << 10,
};

struct listing {
	struct kg_initrd initrd;
	bool (*wants)(const void *context, const char *path);
	const void *context;
	uint64_t kept; /* bytes of content */
	bool failed;   /* in here, not by the image's fault */
};

static int add_segment(void *context, const struct kg_initramfs_segment *segment,
		       struct kg_error *err)
{
	struct listing *listing = context;
	struct kg_initrd *initrd = &listing->initrd;

	if (kg_array_reserve(&initrd->segments, &initrd->segment_capacity, initrd->segment_count,
			     sizeof(*initrd->segments), err) < 0) {
		listing->failed = true;
		return -1;
	}
	initrd->segments[initrd->segment_count++] = *segment;
	return 0;
}

/* What the dynamic linker is told (ldconfig(8)). */
static bool is_linker_configuration(const struct kg_initrd_member *member)
{
	return member->size <= max_text && (strcmp(member->path, "etc/ld.so.conf") == 0 ||
					    strncmp(member->path, "etc/ld.so.conf.d/", 17) == 0);
}

/* Whether it may be started, or be linked with what is. */
static bool may_be_program(const struct kg_initrd_member *member)
{
	const char *name = strrchr(member->path, '/');

	if (member->size == 0 || member->size > max_program ||
	    strstr(member->path, "lib/firmware/") || kg_initrd_module_path(member->path))
		return false;
	return member->mode & 0111 || strstr(name ? name : member->path, ".so");
}

/* A module's content, up to a sum that no real image comes near. */
static bool wants_content(struct listing *listing, const struct kg_initrd_member *member)
{
	bool module = kg_initrd_module_path(member->path) != NULL;

	if (!(module && member->nlink > 1) && !listing->wants(listing->context, member->path))
		return false;
	if (member->size > max_kept - listing->kept)
		return false;
	listing->kept += member->size;
	return true;
}

static bool asks_for(struct listing *listing, const struct kg_initrd_member *member)
{
	if (S_ISLNK(member->mode))
		return member->size <= max_link;
	return S_ISREG(member->mode) && listing->wants &&
	       (is_linker_configuration(member) || may_be_program(member) ||
		wants_content(listing, member));
}

static int add_member(void *context, const struct kg_cpio_member *member, bool *want_content,
		      struct kg_error *err)
{
	struct listing *listing = context;
	struct kg_initrd *initrd = &listing->initrd;
	char *path = kg_copy_string(member->path, err);

	if (!path || kg_array_reserve(&initrd->members, &initrd->member_capacity,
				      initrd->member_count, sizeof(*initrd->members), err) < 0) {
		free(path);
		listing->failed = true;
		return -1;
	}
	initrd->members[initrd->member_count++] = (struct kg_initrd_member){
		.path = path,
		.mode = member->mode,
		.size = member->size,
		.segment = member->segment,
		.nlink = member->nlink,
		.ino = member->ino,
		.dev_major = member->dev_major,
		.dev_minor = member->dev_minor,
	};
	*want_content = asks_for(listing, &initrd->members[initrd->member_count - 1]);
	return 0;
}

static int add_program(struct kg_initrd_member *member, struct kg_span content,
		       struct kg_error *err)
{
	member->program = calloc(1, sizeof(*member->program));
	if (!member->program)
		return kg_fail_memory(err);
	/* Nothing can be started that is damaged. */
	if (kg_program_parse(content, member->program, err) < 0 && err->code != EBADMSG)
		return -1;
	return 0;
}

static int add_content(void *context, const struct kg_cpio_member *member, struct kg_span content,
		       struct kg_error *err)
{
	struct listing *listing = context;
	struct kg_initrd_member *last =
		&listing->initrd.members[listing->initrd.member_count - 1];

	if (S_ISLNK(member->mode)) {
		last->link = kg_span_copy_string(content, err);
		listing->failed = !last->link;
	} else if (is_linker_configuration(last)) {
		last->text = kg_span_copy_string(content, err);
		listing->failed = !last->text;
	} else if (may_be_program(last)) {
		listing->failed = add_program(last, content, err) < 0;
	} else {
		listing->failed =
			kg_buffer_append(&last->content, content.data, content.size, err) < 0;
	}
	return listing->failed ? -1 : 0;
}

static bool is_same_inode(const struct kg_initrd_member *left,
			  const struct kg_initrd_member *right)
{
	return left->ino == right->ino && left->dev_major == right->dev_major &&
	       left->dev_minor == right->dev_minor;
}

/*
 * Gives hard links without content that of their twin, whichever comes first (the key of
 * find_link() in init/initramfs.c). Twins that were not asked for lose theirs.
 */
static int share_links(struct listing *listing, struct kg_error *err)
{
	struct kg_initrd *initrd = &listing->initrd;
	struct kg_initrd_member *linked[max_linked];
	size_t count = 0;

	for (size_t i = 0; i < initrd->member_count && count < max_linked; i++) {
		struct kg_initrd_member *member = &initrd->members[i];

		if (S_ISREG(member->mode) && member->nlink > 1 &&
		    kg_initrd_module_path(member->path))
			linked[count++] = member;
	}
	for (size_t i = 0; i < count; i++) {
		if (linked[i]->content.size > 0 ||
		    !listing->wants(listing->context, linked[i]->path))
			continue;
		for (size_t j = 0; j < count; j++) {
			const struct kg_buffer *content = &linked[j]->content;

			if (content->size == 0 || !is_same_inode(linked[i], linked[j]))
				continue;
			linked[i]->size = linked[j]->size;
			if (content->size > max_kept - listing->kept)
				return 0;
			listing->kept += content->size;
			if (kg_buffer_append(&linked[i]->content, content->data, content->size,
					     err) < 0)
				return -1;
			break;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (!listing->wants(listing->context, linked[i]->path))
			kg_buffer_free(&linked[i]->content);
	}
	return 0;
}

int kg_initrd_list(const struct kg_source *source,
		   bool (*wants)(const void *context, const char *path), const void *context,
		   struct kg_initrd *initrd, struct kg_error *err)
{
	struct listing listing = {.wants = wants, .context = context};
	const struct kg_initramfs_visitor visitor = {
		.context = &listing,
		.segment = add_segment,
		.member = add_member,
		.content = add_content,
	};

	if (kg_initramfs_walk(source, &visitor, &listing.initrd.damage) < 0) {
		int code = listing.initrd.damage.code;

		/* Everything else says that we could not look. */
		if (listing.failed || (code != EBADMSG && code != EFBIG && code != ENOTSUP)) {
			*err = listing.initrd.damage;
			kg_initrd_free(&listing.initrd);
			return -1;
		}
	} else {
		listing.initrd.damage.code = 0;
	}
	if (wants && share_links(&listing, err) < 0) {
		kg_initrd_free(&listing.initrd);
		return -1;
	}
	*initrd = listing.initrd;
	return 0;
}

int kg_initrd_read(const struct kg_root *root, const char *path,
		   bool (*wants)(const void *context, const char *path), const void *context,
		   struct kg_initrd *initrd, struct kg_error *err)
{
	struct kg_boot_file boot;
	int result;

	if (kg_boot_file_open(root, path, &boot, err) < 0)
		return -1;
	result = kg_initrd_list(&boot.source, wants, context, initrd, err);
	kg_boot_file_close(&boot);
	return result < 0 ? kg_prefix(err, "%s", path) : 0;
}

void kg_initrd_free(struct kg_initrd *initrd)
{
	for (size_t i = 0; i < initrd->member_count; i++) {
		free(initrd->members[i].path);
		free(initrd->members[i].link);
		kg_buffer_free(&initrd->members[i].content);
		if (initrd->members[i].program)
			kg_program_free(initrd->members[i].program);
		free(initrd->members[i].program);
		free(initrd->members[i].text);
	}
	free(initrd->members);
	free(initrd->segments);
	*initrd = (struct kg_initrd){0};
}

const struct kg_initrd_member *kg_initrd_find(const struct kg_initrd *initrd, const char *path)
{
	for (size_t i = initrd->member_count; i > 0; i--) {
		if (strcmp(initrd->members[i - 1].path, path) == 0)
			return &initrd->members[i - 1];
	}
	return NULL;
}

const struct kg_initrd_member *kg_initrd_hidden_root(const struct kg_initrd *initrd)
{
	static const char *const names[] = {"squash-root.img", "squashfs-root.img",
					    "erofs-root.img"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct kg_initrd_member *member = kg_initrd_find(initrd, names[i]);

		if (member)
			return member;
	}
	return NULL;
}

const char *kg_initrd_module_path(const char *path)
{
	static const char directory[] = "lib/modules/";
	const char *release = strstr(path, directory);
	const char *slash;

	if (!release || !kg_is_module_path(path))
		return NULL;
	release += strlen(directory);
	slash = strchr(release, '/');
	/* booster puts modules straight into the directory, without a release. */
	return slash ? slash + 1 : release;
}

const struct kg_initrd_member *kg_initrd_find_module(const struct kg_initrd *initrd,
						     const char *name)
{
	for (size_t i = initrd->member_count; i > 0; i--) {
		const struct kg_initrd_member *member = &initrd->members[i - 1];
		struct kg_error ignored;
		char *found;
		bool equal;

		if (!S_ISREG(member->mode) || !kg_initrd_module_path(member->path))
			continue;
		found = kg_module_name_of_path(member->path, &ignored);
		equal = found && kg_module_name_equal(found, name);
		free(found);
		if (equal)
			return member;
	}
	return NULL;
}

enum kg_initrd_generator kg_initrd_generator_of(const struct kg_initrd *initrd)
{
	static const struct {
		const char *path;
		enum kg_initrd_generator generator;
	} marks[] = {
		{"buildconfig", KG_INITRD_MKINITCPIO},
		{"usr/lib/dracut", KG_INITRD_DRACUT},
		{"lib/dracut", KG_INITRD_DRACUT},
		{"etc/booster.init.yaml", KG_INITRD_BOOSTER},
		{"conf/initramfs.conf", KG_INITRD_INITRAMFS_TOOLS},
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (kg_initrd_find(initrd, marks[i].path))
			return marks[i].generator;
	}
	return KG_INITRD_UNKNOWN;
}

const char *kg_initrd_generator_name(enum kg_initrd_generator generator)
{
	static const char *const names[] = {
		[KG_INITRD_UNKNOWN] = NULL,
		[KG_INITRD_MKINITCPIO] = "mkinitcpio",
		[KG_INITRD_DRACUT] = "dracut",
		[KG_INITRD_BOOSTER] = "booster",
		[KG_INITRD_INITRAMFS_TOOLS] = "initramfs-tools",
	};

	return names[generator];
}
