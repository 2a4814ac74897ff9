/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CORE_ROOT_H
#define KERNEL_GUARD_CORE_ROOT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/core/error.h"
#include "kernel-guard/core/source.h"
#include "kernel-guard/core/strings.h"

/*
 * The directory that is "/" for everything that is read. Every path is resolved
 * below a held descriptor by openat2(2) with RESOLVE_IN_ROOT (Linux 5.6), so
 * that absolute symbolic links and ".." of a foreign tree stay inside it.
 * Paths are given as the system in the tree would name them ("/boot/vmlinuz");
 * a leading slash is optional. Only regular files and directories are opened,
 * never devices, FIFOs or sockets.
 */
struct kg_root {
	int fd;     /* the directory, O_PATH */
	char *path; /* as the caller named it, for messages */
};

/* One regular file held open for reading. */
struct kg_file {
	int fd;
	uint64_t size; /* bytes, when it was opened */
	uint64_t device;
	uint64_t inode;
	struct timespec changed; /* ctime: every change of content or name moves it */
};

/*
 * Opens path as a root. 0, or -1: ENOENT, ENOTDIR, EACCES, ENOSYS (a kernel or
 * sandbox without openat2). kg_root_close() releases it.
 */
int kg_root_open(const char *path, struct kg_root *root, struct kg_error *err);

/* Releases root; a zeroed root is left alone. */
void kg_root_close(struct kg_root *root);

/*
 * Opens a regular file for reading. 0, or -1: ENOENT, also where it is a symbolic link that leads
 * to nothing, as the message then says; ELOOP, EACCES, or EINVAL where it is no regular file.
 * kg_file_close() releases it.
 */
int kg_root_open_file(const struct kg_root *root, const char *path, struct kg_file *file,
		      struct kg_error *err);

/*
 * Opens a directory. The descriptor, which the caller closes, or -1: ENOENT,
 * ENOTDIR, EACCES.
 */
int kg_root_open_directory(const struct kg_root *root, const char *path, struct kg_error *err);

/*
 * Reads a whole regular file to the end of out. 0, or -1: as
 * kg_root_open_file(), or EFBIG where it is larger than limit bytes.
 */
int kg_root_read_file(const struct kg_root *root, const char *path, uint64_t limit,
		      struct kg_buffer *out, struct kg_error *err);

/*
 * Sets *changed to when what path leads to was changed last: the newest ctime of the file and of
 * the symbolic links that its name is one after the other; links among its directories do not
 * count. 0, or -1: as kg_root_open_file(), or ENOMEM.
 */
int kg_root_last_change(const struct kg_root *root, const char *path, struct timespec *changed,
			struct kg_error *err);

/* Whether path resolves to a regular file. */
bool kg_root_has_file(const struct kg_root *root, const char *path);

/* Whether path resolves to a directory. */
bool kg_root_has_directory(const struct kg_root *root, const char *path);

/* Whether two paths resolve to one and the same directory. */
bool kg_root_same_directory(const struct kg_root *root, const char *left, const char *right);

/*
 * Whether a file system is mounted at path, which may be "/" for the root itself (statx(2),
 * STATX_ATTR_MOUNT_ROOT). False where the kernel, before 5.8, does not tell.
 */
bool kg_root_is_mount(const struct kg_root *root, const char *path);

/*
 * Adds the names in a directory, without "." and "..", sorted, to names. 0, or
 * -1 as kg_root_open_directory(); EFBIG over a million names.
 */
int kg_root_list(const struct kg_root *root, const char *path, struct kg_strings *names,
		 struct kg_error *err);

/*
 * As kg_root_list(), of a directory that is open and stays so; path is for messages.
 */
int kg_directory_list(int fd, const char *path, struct kg_strings *names, struct kg_error *err);

/*
 * Adds the path of every regular file below a directory, relative to it, to
 * paths: sorted within each directory. Symbolic links are neither followed nor
 * listed. 0, or -1: as kg_root_list(), EFBIG where more than a million files or
 * 64 levels are found.
 */
int kg_root_walk(const struct kg_root *root, const char *path, struct kg_strings *paths,
		 struct kg_error *err);

/*
 * A name under /proc/self/fd for fd, for libraries that take only paths. The
 * caller frees it. NULL, and err: ENOTSUP where /proc is not mounted.
 */
char *kg_fd_path(int fd, struct kg_error *err);

/*
 * Makes *file of an open descriptor, or of a failed open's -1 and errno. The
 * descriptor is closed on failure. 0, or -1: EINVAL where it is no regular file.
 */
int kg_file_adopt(int fd, const char *path, struct kg_file *file, struct kg_error *err);

/* Opens a file of the caller's own, by the caller's path (not below a root). */
int kg_file_open(const char *path, struct kg_file *file, struct kg_error *err);

/* Closes the file; a zeroed file must not be passed. */
void kg_file_close(struct kg_file *file);

/* A source that reads the file, which must outlive it. A file that has shrunk is an EIO. */
struct kg_source kg_file_source(const struct kg_file *file);

/*
 * Sets *same to whether two files hold the same bytes. Of different sizes they do not, and nothing
 * is read. 0, or -1 with what read(2) says, or ENOMEM.
 */
int kg_file_same(const struct kg_file *left, const struct kg_file *right, bool *same,
		 struct kg_error *err);

/*
 * As kg_file_same(), of the files at two paths below the root. 0, or -1 also as
 * kg_root_open_file().
 */
int kg_root_same_file(const struct kg_root *root, const char *left, const char *right, bool *same,
		      struct kg_error *err);

/*
 * Reads the whole file to the end of out. 0, or -1: EFBIG where it is larger
 * than limit bytes, or what read(2) says.
 */
int kg_file_read(const struct kg_file *file, uint64_t limit, struct kg_buffer *out,
		 struct kg_error *err);

#endif
