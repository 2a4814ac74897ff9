/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_ASIDE_H
#define KERNEL_GUARD_ACT_ASIDE_H

#include <stdbool.h>

/* Room for the name of what is set aside, with its NUL. */
enum { kg_aside_name_size = 256 };

/*
 * Gives what is damaged, in an open directory, a name under which nothing looks for it and that
 * nothing removes: NAME.damaged, or with a number where that is taken. The new name is put into
 * aside. 0, or -1 with errno: ENAMETOOLONG; EEXIST where a hundred are there; what renameat(2)
 * says.
 */
int kg_put_aside(int directory, const char *name, char aside[kg_aside_name_size]);

/* Whether kg_put_aside() has given this name. */
bool kg_is_put_aside(const char *name);

#endif
