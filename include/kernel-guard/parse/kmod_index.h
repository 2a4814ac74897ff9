/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_KMOD_INDEX_H
#define KERNEL_GUARD_PARSE_KMOD_INDEX_H

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"

/*
 * Checks a binary index that depmod writes (modules.dep.bin and its like; the
 * format is described in kmod's libkmod/libkmod-index.h): magic, version, every
 * node and string inside the file, and a tree. libkmod maps these files and
 * follows their offsets unchecked, so that a damaged one would end the program.
 * 0, or -1 with EBADMSG.
 */
int kg_kmod_index_check(struct kg_span index, struct kg_error *err);

#endif
