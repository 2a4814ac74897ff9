// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "kernel-guard/cli/command.h"

static enum kg_status (*const run[])(const struct kg_options *options) = {
#define X(name, text, letters, operands, summary) kg_command_##name,
	KG_COMMANDS(X)
#undef X
};

int main(int argc, char **argv)
{
	struct kg_options options;
	size_t command;
	bool done;
	enum kg_status status;

	/* Unbuffered it would be a write(2) a character, with other programs' output between. */
	(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	status = kg_options_read(argc, argv, &options, &command, &done);
	if (!done)
		status = run[command](&options);
	kg_strings_free(&options.operands);
	/* Nobody has seen what could not be written. */
	if ((fflush(stdout) == EOF || ferror(stdout)) && status == KG_STATUS_DONE) {
		(void)fputs("kernel-guard: standard output cannot be written\n", stderr);
		status = KG_STATUS_UNKNOWN;
	}
	return (int)status;
}
