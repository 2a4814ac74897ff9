// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/symvers.h"
#include "kernel-guard/system/boot_file.h"

enum {
	max_image = 256 << 20,
	max_vmlinux = 512 << 20,
	max_symvers = 64 << 20,
	max_config = 4 << 20,
};

static int open_image(const struct kg_root *root, const char *path, struct kg_buffer *bytes,
		      struct kg_bzimage *image, struct kg_error *err)
{
	struct kg_boot_file boot;
	int result;

	if (kg_boot_file_open_kernel(root, path, &boot, err) < 0)
		return -1;
	result = kg_boot_file_read(&boot, max_image, bytes, err);
	kg_boot_file_close(&boot);
	if (result == 0)
		result = kg_bzimage_parse(kg_buffer_span(bytes), image, err);
	if (result < 0) {
		kg_buffer_free(bytes);
		return kg_prefix(err, "%s", path);
	}
	return 0;
}

/* Of an image that only has to tell its version. */
static int open_head(const struct kg_root *root, const char *path, struct kg_buffer *bytes,
		     struct kg_bzimage *image, struct kg_error *err)
{
	struct kg_boot_file boot;
	uint64_t size;
	int result;

	if (kg_boot_file_open_kernel(root, path, &boot, err) < 0)
		return -1;
	size = boot.source.size;
	if (size > max_image)
		result = kg_fail(err, EFBIG, "has %llu bytes, more than the limit of %d",
				 (unsigned long long)size, max_image);
	else
		result = kg_boot_file_read_head(&boot, kg_bzimage_head_size, bytes, err);
	kg_boot_file_close(&boot);
	if (result == 0)
		result = kg_bzimage_parse_head(kg_buffer_span(bytes), size, image, err);
	if (result < 0) {
		kg_buffer_free(bytes);
		return kg_prefix(err, "%s", path);
	}
	return 0;
}

int kg_kernel_read_release(const struct kg_root *root, const char *path, char *release,
			   size_t size, struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_bzimage image;

	if (open_head(root, path, &bytes, &image, err) < 0)
		return -1;
	(void)snprintf(release, size, "%s", image.release);
	kg_buffer_free(&bytes);
	return 0;
}

char *kg_kernel_read_version(const struct kg_root *root, const char *path, struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_bzimage image;
	char *version;

	if (open_head(root, path, &bytes, &image, err) < 0)
		return NULL;
	version = kg_copy_string(image.version, err);
	kg_buffer_free(&bytes);
	return version;
}

static int read_symvers(const struct kg_root *root, const char *release,
			struct kg_vmlinux *vmlinux, struct kg_error *err)
{
	struct kg_buffer text = {0};
	char *path = kg_format(err, "/usr/lib/modules/%s/build/Module.symvers", release);
	int result;

	if (!path)
		return -1;
	result = kg_root_read_file(root, path, max_symvers, &text, err);
	if (result == 0) {
		result = kg_symvers_vmlinux_exports(kg_buffer_span(&text), &vmlinux->exports, err);
		if (result < 0)
			kg_prefix(err, "%s", path);
	}
	kg_buffer_free(&text);
	free(path);
	return result;
}

static int read_facts(const struct kg_bzimage *image, struct kg_vmlinux *vmlinux,
		      struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	int result = kg_bzimage_unpack(image, max_vmlinux, &bytes, err);

	if (result == 0)
		result = kg_vmlinux_parse(kg_buffer_span(&bytes), image->release, vmlinux, err);
	kg_buffer_free(&bytes);
	return result;
}

static int gather_facts(const struct kg_root *root, const struct kg_bzimage *image,
			struct kg_kernel *kernel, struct kg_error *err)
{
	struct kg_error symvers_error;

	if (read_facts(image, &kernel->vmlinux, err) == 0) {
		kernel->facts = KG_KERNEL_FACTS_IMAGE;
		return 0;
	}
	if (err->code == EBADMSG)
		return -1;
	kernel->facts_error = *err;
	if (read_symvers(root, kernel->release, &kernel->vmlinux, &symvers_error) == 0)
		kernel->facts = KG_KERNEL_FACTS_SYMVERS;
	return 0;
}

/* Where distributions keep it; what the image itself holds comes last, and is the same. */
static int read_config(const struct kg_root *root, struct kg_kernel *kernel, struct kg_error *err)
{
	static const char *const places[] = {"/usr/lib/modules/%s/config", "/boot/config-%s",
					     "/usr/lib/modules/%s/build/.config"};
	struct kg_span embedded = kg_buffer_span(&kernel->vmlinux.config);
	struct kg_error why;
	char path[512];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *hole = strstr(places[i], "%s");

		(void)snprintf(path, sizeof(path), "%.*s%s%s", (int)(hole - places[i]), places[i],
			       kernel->release, hole + 2);
		if (kg_root_read_file(root, path, max_config, &kernel->config, &why) == 0)
			return 0;
		kg_buffer_free(&kernel->config);
	}
	return kg_buffer_append(&kernel->config, embedded.data, embedded.size, err);
}

int kg_kernel_read(const struct kg_root *root, const char *path, struct kg_kernel *kernel,
		   struct kg_error *err)
{
	struct kg_kernel read = {0};
	struct kg_buffer bytes = {0};
	struct kg_bzimage image;
	int result;

	if (open_image(root, path, &bytes, &image, err) < 0)
		return -1;
	memcpy(read.release, image.release, sizeof(read.release));
	read.path = kg_copy_string(path, err);
	result = read.path ? gather_facts(root, &image, &read, err) : -1;
	if (result == 0)
		result = read_config(root, &read, err);
	kg_signature_rules_add_config(&read.vmlinux.signature_rules,
				      kg_buffer_span(&read.config));
	kg_buffer_free(&bytes);
	if (result < 0) {
		kg_kernel_free(&read);
		return kg_prefix(err, "%s", path);
	}
	*kernel = read;
	return 0;
}

int kg_kernel_read_headers(const struct kg_root *root, const char *release,
			   struct kg_kernel *kernel, struct kg_error *err)
{
	struct kg_kernel read = {.facts = KG_KERNEL_FACTS_SYMVERS};

	if (read_symvers(root, release, &read.vmlinux, err) < 0)
		return -1;
	kg_fail(&read.facts_error, ENOENT, "there is no image of %s, only its headers", release);
	(void)snprintf(read.release, sizeof(read.release), "%s", release);
	*kernel = read;
	return 0;
}

void kg_kernel_free(struct kg_kernel *kernel)
{
	free(kernel->path);
	kg_vmlinux_free(&kernel->vmlinux);
	kg_buffer_free(&kernel->config);
	*kernel = (struct kg_kernel){0};
}
