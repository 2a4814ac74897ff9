// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of every kind. */
#include <linux/moduleparam.h>

#include "kg.h"

static int number = 1;
module_param(number, int, 0644);
MODULE_PARM_DESC(number, "a number");

static bool flag;
module_param(flag, bool, 0444);

static char *text = "text";
module_param(text, charp, 0);

static int list[4];
static int list_length;
module_param_array(list, int, &list_length, 0644);

static char buffer[16];
module_param_string(renamed, buffer, sizeof(buffer), 0644);

static int __init kg_parameters_init(void)
{
	return number < 0 || flag || !text ? -EINVAL : 0;
}
module_init(kg_parameters_init);

static void __exit kg_parameters_exit(void)
{
}
module_exit(kg_parameters_exit);

MODULE_VERSION("1.0");
MODULE_DESCRIPTION("kernel-guard tests: parameters");
MODULE_LICENSE("GPL");
