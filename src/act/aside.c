// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/act/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = ".damaged";

enum { most = 100 };

static int find_name(int directory, const char *name, char aside[kg_aside_name_size])
{
	for (int number = 1; number <= most; number++) {
		struct stat ignored;
		int length = snprintf(aside, kg_aside_name_size, "%s%s", name, mark);

		if (number > 1)
			length = snprintf(aside, kg_aside_name_size, "%s%s.%d", name, mark, number);

		if (length < 0 || length >= kg_aside_name_size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (fstatat(directory, aside, &ignored, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -1;
	}
	errno = EEXIST;
	return -1;
}

int kg_put_aside(int directory, const char *name, char aside[kg_aside_name_size])
{
	if (find_name(directory, name, aside) < 0 ||
	    renameat(directory, name, directory, aside) < 0)
		return -1;
	return fsync(directory);
}

bool kg_is_put_aside(const char *name)
{
	const char *found = strstr(name, mark);
	size_t digits;

	if (!found)
		return false;
	found += strlen(mark);
	digits = *found == '.' ? strspn(found + 1, "0123456789") : 0;
	return *found == '\0' || (digits > 0 && found[1 + digits] == '\0');
}
