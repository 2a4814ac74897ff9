// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kernel-guard/loader/module_loader.h"

bool kg_license_is_gpl_compatible(const char *license)
{
	static const char *const compatible[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; license && i < sizeof(compatible) / sizeof(compatible[0]); i++) {
		if (strcmp(license, compatible[i]) == 0)
			return true;
	}
	return false;
}
