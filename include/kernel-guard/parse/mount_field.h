/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MOUNT_FIELD_H
#define KERNEL_GUARD_PARSE_MOUNT_FIELD_H

/*
 * Turns three octal digits behind a backslash into the byte that they stand for, in place: so
 * fstab(5) and /proc/self/mountinfo (mangle() of fs/seq_file.c) write blanks, "\\" and "#".
 */
void kg_mount_unescape(char *text);

#endif
