// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

enum kg_status kg_command_keep(const struct kg_options *options)
{
	if (options->operands.count > 0)
		return kg_usage_error("keep takes no operand");
	return kg_keep_command(options, &(struct keep_wanted){.booted = true, .hints = true},
			       "what runs is kept already");
}
