// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/clearing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel-guard/act/replace.h"

int kg_clearing_tell(const struct kg_clearing *clearing, const char *done, const char *directory,
		     const char *name, struct kg_error *err)
{
	return clearing->changes
		       ? kg_strings_take(clearing->changes,
					 kg_format(err, "%s %s/%s", done, directory, name), err)
		       : 0;
}

int kg_clearing_remove(const struct kg_clearing *clearing, int fd, const char *directory,
		       const char *name, struct kg_error *err)
{
	struct stat ignored;

	if (fstatat(fd, name, &ignored, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (!clearing->dry_run && kg_remove_file(fd, name) < 0) {
		int code = errno;

		return kg_fail(err, code, "%s/%s: %s", directory, name, strerror(code));
	}
	return kg_clearing_tell(clearing, "removed", directory, name, err);
}
