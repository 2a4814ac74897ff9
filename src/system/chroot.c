// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/chroot.h"

#include <errno.h>
#include <sys/stat.h>

bool kg_in_chroot(void)
{
	struct stat first;
	struct stat own;

	if (stat("/proc/1/root", &first) < 0)
		return errno == ENOENT;
	return stat("/", &own) == 0 && (first.st_dev != own.st_dev || first.st_ino != own.st_ino);
}
