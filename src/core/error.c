// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/core/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int kg_fail(struct kg_error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	err->code = code;
	return -1;
}

int kg_fail_memory(struct kg_error *err)
{
	return kg_fail(err, ENOMEM, "out of memory");
}

bool kg_is_out_of_room(const struct kg_error *err)
{
	return err->code == ENOSPC || err->code == EDQUOT;
}

int kg_prefix(struct kg_error *err, const char *format, ...)
{
	char text[sizeof(err->message)];
	va_list args;
	size_t used;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	used = strlen(text);
	if (snprintf(text + used, sizeof(text) - used, ": %s", err->message) < 0)
		text[used] = '\0';
	memcpy(err->message, text, sizeof(text));
	return -1;
}
