// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/system/kept_name.h"
#include "kernel-guard/system/target.h"

static const char boot[] = "/boot";
static const char kept[] = "/boot/" KG_KEPT_DIRECTORY;
static const char kernel_prefix[] = "vmlinuz-";

/* How generators name the image that goes with vmlinuz-NAME. */
static const char *const image_formats[][2] = {
	{"initramfs-", ".img"}, /* mkinitcpio, dracut on Arch */
	{"booster-", ".img"},
	{"initrd.img-", ""},
	{"initrd-", ".img"},
};

static int add_image(const struct kg_root *root, const char *directory, const char *name,
		     struct kg_target *target, struct kg_error *err)
{
	for (size_t i = 0; i < sizeof(image_formats) / sizeof(image_formats[0]); i++) {
		char *path = kg_format(err, "%s/%s%s%s", directory, image_formats[i][0], name,
				       image_formats[i][1]);
		int result = 0;
		bool found;

		if (!path)
			return -1;
		found = kg_root_has_file(root, path);
		if (found)
			result = kg_strings_add(&target->initrds, path, err);
		free(path);
		if (found)
			return result;
	}
	return 0;
}

static int add_target(const struct kg_root *root, const char *directory, const char *file,
		      struct kg_targets *targets, struct kg_error *err)
{
	const char *name = file + strlen(kernel_prefix);
	bool apart = directory == kept;
	struct kg_target target = {
		.loader = KG_LOADER_BOOT_FILES,
		.entry = kg_format(err, "%s%s", apart ? KG_KEPT_DIRECTORY "/" : "", file),
		.source = kg_copy_string(directory, err),
		.pkgbase = kg_original_name(name, "", err),
		.kernel = kg_format(err, "%s/%s", directory, file),
		/* A kept kernel is what is chosen by hand. */
		.is_default = !apart && !kg_is_kept_name(name),
	};
	bool whole = target.entry && target.source && target.pkgbase && target.kernel &&
		     add_image(root, directory, name, &target, err) == 0;

	if (kg_targets_add(targets, &target, err) < 0)
		return -1;
	return whole ? 0 : -1;
}

static int read_directory(const struct kg_root *root, const char *directory,
			  struct kg_targets *targets, struct kg_troubles *troubles,
			  struct kg_error *err)
{
	struct kg_strings names = {0};
	struct kg_error reason;
	int result = 0;

	if (kg_root_list(root, directory, &names, &reason) < 0)
		return reason.code == ENOENT ? 0
					     : kg_troubles_add(troubles, KG_TROUBLE_UNREADABLE,
							       directory, &reason, err);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		if (strncmp(names.items[i], kernel_prefix, strlen(kernel_prefix)) == 0)
			result = add_target(root, directory, names.items[i], targets, err);
	}
	kg_strings_free(&names);
	return result;
}

int kg_targets_read_boot_files(const struct kg_root *root, struct kg_targets *targets,
			       struct kg_troubles *troubles, struct kg_error *err)
{
	return read_directory(root, boot, targets, troubles, err);
}

int kg_targets_read_kept_files(const struct kg_root *root, struct kg_targets *targets,
			       struct kg_troubles *troubles, struct kg_error *err)
{
	return read_directory(root, kept, targets, troubles, err);
}
