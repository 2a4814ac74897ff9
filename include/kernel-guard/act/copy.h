/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_ACT_COPY_H
#define KERNEL_GUARD_ACT_COPY_H

#include <stddef.h>

/* Writes all of the size bytes at data, in as many calls as it takes. 0, or -1 with errno. */
int kg_write_bytes(int fd, const void *data, size_t size);

/*
 * Copies all bytes of the open file from to the empty open file to: shares them where the file
 * system can (FICLONE), else lets the kernel copy them, else reads and writes them. Nothing is
 * fsynced. 0, or -1 with errno.
 */
int kg_copy_bytes(int from, int to);

/*
 * Makes the file new_name in the directory to, as a copy of the open file from, with its mode and
 * times. Writing it to the disk is begun, and not waited for. A hard link would not do for what
 * is overwritten in place. 0, or -1 with errno: EEXIST where it is there. What cannot be finished
 * is removed again.
 */
int kg_copy_open_file_at(int from, int to, const char *new_name);

/*
 * As kg_copy_open_file_at(), of the file name in the directory from. 0, or -1 with errno: ELOOP
 * where it is a symbolic link, EINVAL where it is no regular file.
 */
int kg_copy_file_at(int from, const char *name, int to, const char *new_name);

/* Waits until the file name in the directory is on the disk (fsync). 0, or -1 with errno. */
int kg_sync_file_at(int directory, const char *name);

#endif
