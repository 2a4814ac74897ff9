/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_REPLACE_H
#define KERNEL_GUARD_ACT_REPLACE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Replaces the file name in an open directory by size bytes at data: written beside it under
 * the name of kg_replace_temporary(), fsynced, renamed, and the directory fsynced, so that
 * after a power cut either the old or the new one is there. On FAT, which knows no such rename,
 * the order of what is written gives the same, but that an empty file may be there where there
 * was none, and that clusters may be lost until fsck. The file gets mode whatever the umask; what
 * the file system cannot keep of it is no error. 0, or -1 with errno: nothing is then left beside
 * the file, which is as it was unless it was the last fsync that failed.
 */
int kg_replace_file(int directory, const char *name, const void *data, size_t size, mode_t mode);

/* As kg_replace_file(), with what the open file source holds, and its times. */
int kg_replace_by_copy(int directory, const char *name, int source, mode_t mode);

/*
 * The first half of kg_replace_by_copy(), and the second: until that nothing that anybody looks
 * for has changed, and all that takes room or reads has been done. In between the copy lies under
 * the name of kg_replace_temporary(), fsynced. 0, or -1 with errno as kg_replace_file(); of the
 * second half ENOENT too, where the first was not done.
 */
int kg_replace_stage(int directory, const char *name, int source, mode_t mode);
int kg_replace_by_staged(int directory, const char *name);

/* Room for the name of a temporary file, with its NUL. */
enum { kg_replace_name_size = 256 };

/*
 * The name under which kg_replace_file() writes: ".NAME.kg-new", which no boot loader takes
 * for an entry. 0, or -1 with ENAMETOOLONG.
 */
int kg_replace_temporary(const char *name, char temporary[kg_replace_name_size]);

/*
 * Removes the file name and fsyncs the directory; one that is not there is fine. After a power
 * cut the file is there, whole, or not. 0, or -1 with errno.
 */
int kg_remove_file(int directory, const char *name);

#endif
