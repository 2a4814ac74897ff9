// SPDX-License-Identifier: GPL-2.0-or-later
#include "keep.h"

enum kg_status kg_command_booted(const struct kg_options *options)
{
	if (options->operands.count > 0)
		return kg_usage_error("booted takes no operand");
	return kg_keep_command(options, &(struct keep_wanted){.booted = true, .prune = true},
			       "what runs is kept already");
}
