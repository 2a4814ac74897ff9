// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/grub_config.h"
#include "kernel-guard/system/grub_files.h"
#include "kernel-guard/system/grub_places.h"
#include "kernel-guard/system/target.h"

enum {
	/* Beyond the reader's own limit, so that it is the one to say so. */
	max_file = 16 << 20,
	max_configurations = 16,
};

/* Where GRUB's prefix directory is (grub-install(8), --boot-directory). */
static const char *const configurations[] = {
	"/boot/grub/grub.cfg",
	"/boot/grub2/grub.cfg",
};

/* A configuration that has been read, by its file. */
struct seen {
	uint64_t device;
	uint64_t inode;
};

struct reader {
	const struct kg_root *root;
	struct kg_grub_places places;
	struct kg_targets *targets;
	struct kg_troubles *troubles;
	struct seen seen[max_configurations];
	size_t seen_count;
};

static int add_trouble(const struct reader *reader, enum kg_trouble_kind kind, const char *subject,
		       const struct kg_error *reason, struct kg_error *err)
{
	return kg_troubles_add(reader->troubles, kind, subject, reason, err);
}

static int add_line_trouble(const struct reader *reader, enum kg_trouble_kind kind,
			    const char *path, uint32_t line, const char *message,
			    struct kg_error *err)
{
	char *subject = kg_format(err, "%s:%u", path, line);
	struct kg_error reason;
	int result = -1;

	kg_fail(&reason, ENOTSUP, "%s", message);
	if (subject)
		result = add_trouble(reader, kind, subject, &reason, err);
	free(subject);
	return result;
}

/* What os-prober has found, and what is no Linux for all that it starts like one. */
static bool is_other_system(const struct kg_grub_entry *entry, const struct kg_grub_boot *boot)
{
	const char *name = strrchr(boot->kernel, '/');

	return strncmp(entry->id, "osprober-", 9) == 0 || strstr(entry->id, ">osprober-") ||
	       (name && strncmp(name + 1, "memtest", 7) == 0);
}

/* Whether a kernel command line mounts another subvolume as root than fstab does. */
static bool has_other_subvolume(const struct reader *reader, const char *options)
{
	const char *own = kg_grub_places_root_subvolume(&reader->places);
	const char *flags = options ? strstr(options, "rootflags=") : NULL;
	const char *subvolume = flags ? strstr(flags, "subvol=") : NULL;
	size_t length;

	if (!own || !subvolume || strcspn(flags, " ") < (size_t)(subvolume - flags))
		return false;
	subvolume += strlen("subvol=");
	subvolume += strspn(subvolume, "/");
	own += strspn(own, "/");
	length = strcspn(subvolume, " ,\"");
	return strlen(own) != length || strncmp(own, subvolume, length) != 0;
}

static bool is_same_way(const struct kg_target *target, const struct kg_strings *paths)
{
	if (strcmp(target->kernel, paths->items[0]) != 0 ||
	    target->initrds.count != paths->count - 1)
		return false;
	for (size_t i = 0; i < target->initrds.count; i++) {
		if (strcmp(target->initrds.items[i], paths->items[i + 1]) != 0)
			return false;
	}
	return true;
}

/* Adds a target, unless it is one of those of the entry, from first on. */
static int add_target(const struct reader *reader, const char *source,
		      const struct kg_grub_entry *entry, const char *options,
		      const struct kg_strings *paths, size_t first, struct kg_error *err)
{
	struct kg_target target = {
		.loader = KG_LOADER_GRUB,
		.is_default = entry->is_default,
		.unified = !options,
	};
	bool whole;

	for (size_t i = first; i < reader->targets->count; i++) {
		if (is_same_way(&reader->targets->items[i], paths))
			return 0;
	}
	whole = kg_copy_optional(&target.entry, entry->id, err) &&
		kg_copy_optional(&target.title, entry->title, err) &&
		kg_copy_optional(&target.source, source, err) &&
		kg_copy_optional(&target.kernel, paths->items[0], err) &&
		kg_copy_optional(&target.options, options, err);
	for (size_t i = 1; whole && i < paths->count; i++)
		whole = kg_strings_add(&target.initrds, paths->items[i], err) == 0;
	if (kg_targets_add(reader->targets, &target, err) < 0)
		return -1;
	return whole ? 0 : -1;
}

static int report_untold(const struct reader *reader, const char *source,
			 const struct kg_grub_entry *entry, enum kg_grub_mapping mapping,
			 const char *file, struct kg_error *err)
{
	const char *why = mapping == KG_GRUB_HIDDEN
				  ? "is hidden by what /etc/fstab mounts there"
				  : "lies on a device that cannot be told from the files";
	char *message = kg_format(err, "%s of %s %s", file, entry->id, why);
	int result = -1;

	if (message)
		result = add_line_trouble(reader, KG_TROUBLE_UNREADABLE, source, entry->line,
					  message, err);
	free(message);
	return result;
}

/* One way to start a kernel, where it is this system's. */
static int add_boot(const struct reader *reader, const char *source,
		    const struct kg_grub_entry *entry, const struct kg_grub_boot *boot,
		    size_t first, struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_strings paths = {0};
	enum kg_grub_mapping mapping = KG_GRUB_UNTOLD;
	int result;

	if (is_other_system(entry, boot) || has_other_subvolume(reader, boot->options))
		return 0;
	result = kg_strings_add(&files, boot->kernel, err);
	if (result == 0)
		result = kg_strings_add_all(&files, &boot->initrds, err);
	if (result == 0)
		result = kg_grub_places_map(reader->root, &reader->places, &files, &mapping, &paths,
					    err);
	if (result == 0 && mapping == KG_GRUB_MAPPED) {
		/* Of several ways only those that lead to a kernel are more than possible. */
		if (entry->boot_count == 1 || kg_root_has_file(reader->root, paths.items[0]))
			result = add_target(reader, source, entry, boot->options, &paths, first,
					    err);
	} else if (result == 0 && mapping != KG_GRUB_FOREIGN) {
		result = report_untold(reader, source, entry, mapping, boot->kernel, err);
	}
	kg_strings_free(&paths);
	kg_strings_free(&files);
	return result;
}

/* A unified kernel image of this system, which GRUB starts as any EFI program. */
static int add_unified(const struct reader *reader, const char *source,
		       const struct kg_grub_entry *entry, struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_strings paths = {0};
	enum kg_grub_mapping mapping = KG_GRUB_UNTOLD;
	int result = 0;

	if (!entry->chainloads || !strstr(entry->chainloads, "/EFI/Linux/") ||
	    !kg_ends_with(entry->chainloads, ".efi"))
		return 0;
	if (kg_strings_add(&files, entry->chainloads, err) < 0 ||
	    kg_grub_places_map(reader->root, &reader->places, &files, &mapping, &paths, err) < 0)
		result = -1;
	if (result == 0 && mapping == KG_GRUB_MAPPED)
		result = add_target(reader, source, entry, NULL, &paths, reader->targets->count,
				    err);
	kg_strings_free(&paths);
	kg_strings_free(&files);
	return result;
}

static int add_entry(const struct reader *reader, const char *source,
		     const struct kg_grub_entry *entry, struct kg_error *err)
{
	size_t first = reader->targets->count;

	for (size_t i = 0; i < entry->boot_count; i++) {
		const struct kg_grub_boot *boot = &entry->boots[i];

		if (boot->uncertain && !is_other_system(entry, boot) &&
		    add_line_trouble(reader, KG_TROUBLE_STATEMENT, source, entry->line,
				     "what this entry starts is known only at boot", err) < 0)
			return -1;
		if (!boot->uncertain && add_boot(reader, source, entry, boot, first, err) < 0)
			return -1;
	}
	return add_unified(reader, source, entry, err);
}

/* The notes about a configuration, and a default that means no entry. */
static int add_notes(const struct reader *reader, const char *source,
		     const struct kg_grub_config *config, struct kg_error *err)
{
	for (size_t i = 0; i < config->note_count; i++) {
		if (add_line_trouble(reader, KG_TROUBLE_STATEMENT, source, config->notes[i].line,
				     config->notes[i].text, err) < 0)
			return -1;
	}
	if (config->default_unknown &&
	    add_line_trouble(reader, KG_TROUBLE_STATEMENT, source, 1,
			     "which entry is the default is known only at boot", err) < 0)
		return -1;
	/* What is not followed may add entries. */
	if (!config->default_unmatched || config->note_count > 0)
		return 0;
	return kg_targets_add_unmatched(reader->targets, KG_LOADER_GRUB, source,
					config->default_unmatched, err);
}

static int add_entries(const struct reader *reader, const char *source,
		       const struct kg_grub_config *config, struct kg_error *err)
{
	size_t first = reader->targets->count;
	size_t troubles = reader->troubles->count;
	bool kernels = false;

	if (add_notes(reader, source, config, err) < 0)
		return -1;
	for (size_t i = 0; i < config->count; i++) {
		kernels |= config->entries[i].boot_count > 0;
		if (add_entry(reader, source, &config->entries[i], err) < 0)
			return -1;
	}
	if (kernels && reader->targets->count == first && reader->troubles->count == troubles)
		return add_line_trouble(reader, KG_TROUBLE_STATEMENT, source, 1,
					"no entry starts a kernel from a file system of this one's "
					"/etc/fstab",
					err);
	return 0;
}

/* Whether a configuration has been read already, under another path. */
static bool is_seen(struct reader *reader, const struct kg_file *file)
{
	for (size_t i = 0; i < reader->seen_count; i++) {
		if (reader->seen[i].device == file->device && reader->seen[i].inode == file->inode)
			return true;
	}
	if (reader->seen_count >= max_configurations)
		return true;
	reader->seen[reader->seen_count++] = (struct seen){file->device, file->inode};
	return false;
}

/* What is wrong with the files that a configuration has asked for. */
static int report_files(const struct reader *reader, const struct kg_grub_files_read *files,
			struct kg_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct kg_grub_file *file = &files->items[i];

		if (file->why.code != 0 && file->why.code != ENOENT && file->why.code != EFBIG &&
		    add_trouble(reader, KG_TROUBLE_UNREADABLE, file->path, &file->why, err) < 0)
			return -1;
	}
	return 0;
}

static int parse(const struct reader *reader, const char *path, struct kg_span text,
		 struct kg_grub_config *config, struct kg_error *err)
{
	struct kg_grub_files_read read = {.root = reader->root, .config = path};
	const struct kg_grub_files files = {.find = kg_grub_files_find, .context = &read};
	struct kg_error reason;
	int result = kg_grub_config_read(text, &files, config, &reason);

	if (read.failed || (result < 0 && reason.code == ENOMEM)) {
		result = kg_fail_memory(err);
	} else if (result < 0) {
		kg_prefix(&reason, "%s", path);
		result = add_trouble(reader, KG_TROUBLE_UNREADABLE, path, &reason, err);
	}
	if (result == 0)
		result = report_files(reader, &read, err);
	kg_grub_files_free(&read);
	return result;
}

static int read_configuration(struct reader *reader, const char *path, bool follow,
			      struct kg_error *err);

/* What a configuration on the EFI partition hands over to. */
static int read_next(struct reader *reader, const char *file, struct kg_error *err)
{
	struct kg_strings files = {0};
	struct kg_strings paths = {0};
	enum kg_grub_mapping mapping = KG_GRUB_UNTOLD;
	int result = kg_strings_add(&files, file, err);

	if (result == 0)
		result = kg_grub_places_map(reader->root, &reader->places, &files, &mapping, &paths,
					    err);
	if (result == 0 && mapping == KG_GRUB_MAPPED)
		result = read_configuration(reader, paths.items[0], false, err);
	kg_strings_free(&paths);
	kg_strings_free(&files);
	return result;
}

static int read_text(struct reader *reader, const char *path, struct kg_span text, bool follow,
		     struct kg_error *err)
{
	struct kg_grub_config config = {0};
	int result = parse(reader, path, text, &config, err);

	if (result == 0)
		result = add_entries(reader, path, &config, err);
	for (size_t i = 0; result == 0 && follow && i < config.configfiles.count; i++)
		result = read_next(reader, config.configfiles.items[i], err);
	kg_grub_config_free(&config);
	return result;
}

/* One that is not there is none. With follow set it may hand over to another. */
static int read_configuration(struct reader *reader, const char *path, bool follow,
			      struct kg_error *err)
{
	struct kg_buffer text = {0};
	struct kg_error reason;
	struct kg_file file;
	int result;

	if (kg_root_open_file(reader->root, path, &file, &reason) < 0)
		return reason.code == ENOENT ? 0
					     : add_trouble(reader, KG_TROUBLE_UNREADABLE, path,
							   &reason, err);
	if (is_seen(reader, &file)) {
		kg_file_close(&file);
		return 0;
	}
	result = kg_file_read(&file, max_file, &text, &reason);
	kg_file_close(&file);
	if (result < 0) {
		kg_prefix(&reason, "%s", path);
		result = add_trouble(reader, KG_TROUBLE_UNREADABLE, path, &reason, err);
	} else {
		result = read_text(reader, path, kg_buffer_span(&text), follow, err);
	}
	kg_buffer_free(&text);
	return result;
}

/* EFI/NAME/grub.cfg, where distributors put one that hands over to that in /boot. */
static int read_partition(struct reader *reader, const char *partition, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error ignored;
	char *directory = kg_format(err, "%s/EFI", partition);
	int result = directory ? 0 : -1;

	if (result == 0)
		(void)kg_root_list(reader->root, directory, &names, &ignored);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		char *path = kg_format(err, "%s/%s/grub.cfg", directory, names.items[i]);

		result = path ? read_configuration(reader, path, true, err) : -1;
		free(path);
	}
	kg_strings_free(&names);
	free(directory);
	return result;
}

/* grub-install(8) with the partition as --boot-directory. */
static int read_boot_directory(struct reader *reader, const char *partition, struct kg_error *err)
{
	char *path = kg_format(err, "%s/grub/grub.cfg", partition);
	int result = path ? read_configuration(reader, path, false, err) : -1;

	free(path);
	return result;
}

int kg_targets_read_grub(const struct kg_target_sources *sources, struct kg_targets *targets,
			 struct kg_troubles *troubles, struct kg_error *err)
{
	const struct kg_boot_places *partitions = sources->places;
	struct reader reader = {.root = sources->root, .targets = targets, .troubles = troubles};
	int result = kg_grub_places_read(sources->fstab, &reader.places, err);

	for (size_t i = 0; result == 0 && i < sizeof(configurations) / sizeof(configurations[0]);
	     i++)
		result = read_configuration(&reader, configurations[i], false, err);
	for (size_t i = 0; result == 0 && i < partitions->count; i++)
		result = read_boot_directory(&reader, partitions->items[i].point, err);
	for (size_t i = 0; result == 0 && i < partitions->count; i++)
		result = read_partition(&reader, partitions->items[i].point, err);
	kg_grub_places_free(&reader.places);
	return result;
}
