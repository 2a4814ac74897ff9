// SPDX-License-Identifier: GPL-2.0-or-later
/* Exports of every kind. */
#include "kg.h"

int kg_exports_variable = 1;
EXPORT_SYMBOL(kg_exports_variable);

int kg_exports_plain(int value)
{
	return value + kg_exports_variable;
}
EXPORT_SYMBOL(kg_exports_plain);

int kg_exports_gpl(int value)
{
	return value + 2;
}
EXPORT_SYMBOL_GPL(kg_exports_gpl);

int kg_exports_space(int value)
{
	return value + 3;
}
KG_EXPORT_NS(kg_exports_space, KG_SPACE);

int kg_exports_space_gpl(int value)
{
	return value + 4;
}
KG_EXPORT_NS_GPL(kg_exports_space_gpl, KG_OTHER_SPACE);

#ifdef EXPORT_SYMBOL_FOR_MODULES
int kg_exports_for_user(int value)
{
	return value + 5;
}
EXPORT_SYMBOL_FOR_MODULES(kg_exports_for_user, "kg_exports_*,kg_last");
#endif

MODULE_DESCRIPTION("kernel-guard tests: exports");
MODULE_LICENSE("GPL");
