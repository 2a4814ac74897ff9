/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_ERROR_H
#define KERNEL_GUARD_CORE_ERROR_H

#include <stdbool.h>

/*
 * Why something could not be done. The leaf fills it, callers prefix it with
 * what they were doing. It is never a statement about the health of the
 * system: that is a finding (kernel-guard/report/finding.h).
 *
 * The code is an errno value. Four of them have a fixed meaning here:
 *   ENOENT   the file or object is not there
 *   EBADMSG  it is there, and its content is damaged
 *   EFBIG    it is larger than the limit that protects this program
 *   ENOTSUP  it is sound as far as can be told, but cannot be read by this build
 * All other codes say that the file could not be looked at.
 */
struct kg_error {
	int code;
	char message[1024];
};

/*
 * Fills err with code and the formatted text (cut at the buffer's end).
 * Returns -1, so that a leaf's failure is one line: return kg_fail(...).
 */
int kg_fail(struct kg_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As kg_fail(err, ENOMEM, ...), for a failed allocation. Returns -1. */
int kg_fail_memory(struct kg_error *err);

/* Whether there was no room on a file system, or none left to the user. */
bool kg_is_out_of_room(const struct kg_error *err);

/*
 * Puts the formatted text and ": " before the message of err; the code stays.
 * Returns -1.
 */
int kg_prefix(struct kg_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
