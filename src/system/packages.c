// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/system/packages.h"

#include <alpm.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char database[] = "/var/lib/pacman";

static const char *const sonames[] = {
	"libalpm.so.16",
	"libalpm.so.15",
	"libalpm.so.14",
	"libalpm.so.13",
};

/* The functions used, which have the same form in all of these versions. */
#define ALPM_FUNCTIONS(X)                                                                          \
	X(initialize)                                                                              \
	X(release)                                                                                 \
	X(strerror)                                                                                \
	X(get_localdb)                                                                             \
	X(db_get_pkg)                                                                              \
	X(db_get_pkgcache)                                                                         \
	X(pkg_get_name)                                                                            \
	X(pkg_get_version)                                                                         \
	X(pkg_get_files)                                                                           \
	X(filelist_contains)                                                                       \
	X(register_syncdb)                                                                         \
	X(get_syncdbs)                                                                             \
	X(pkg_get_isize)                                                                           \
	X(pkg_vercmp)

struct alpm {
#define X(name) __typeof__(alpm_##name) *name;
	ALPM_FUNCTIONS(X)
#undef X
};

struct kg_packages {
	void *library;
	const char *soname;
	struct alpm alpm;
	alpm_handle_t *handle;
	alpm_db_t *local;
};

static bool load_functions(void *library, struct alpm *alpm)
{
#define X(name)                                                                                    \
	{                                                                                          \
		void *symbol = dlsym(library, "alpm_" #name);                                      \
		if (!symbol)                                                                       \
			return false;                                                              \
		memcpy(&alpm->name, &symbol, sizeof(symbol));                                      \
	}
	ALPM_FUNCTIONS(X)
#undef X
	return true;
}

static int load_library(struct kg_packages *packages, struct kg_error *err)
{
	const char *why;

	for (size_t i = 0; i < sizeof(sonames) / sizeof(sonames[0]); i++) {
		void *library = dlopen(sonames[i], RTLD_NOW | RTLD_LOCAL);

		if (!library)
			continue;
		if (load_functions(library, &packages->alpm)) {
			packages->library = library;
			packages->soname = sonames[i];
			return 0;
		}
		dlclose(library);
	}
	why = dlerror();
	return kg_fail(err, ENOTSUP,
		       "no libalpm.so.13 to libalpm.so.16 can be loaded, pacman's database is not "
		       "read (%s)",
		       why ? why : "it lacks a function");
}

/*
 * libalpm makes what is missing of a database, and goes after links: only one that
 * is whole, and whose directories are real, is handed to it. One that holds nothing
 * is none; one that holds packages and no version is refused by libalpm as well.
 */
static int check_database(const struct kg_root *root, int directory, struct kg_error *err)
{
	struct kg_strings names = {0};
	struct stat status;
	bool empty;

	if (fstatat(directory, "local", &status, AT_SYMLINK_NOFOLLOW) < 0)
		return kg_fail(err, ENOENT, "%s/local: %s", database, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return kg_fail(err, EBADMSG, "%s/local: is no directory", database);
	if (fstatat(directory, "local/ALPM_DB_VERSION", &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (kg_root_list(root, "/var/lib/pacman/local", &names, err) < 0)
		return -1;
	empty = names.count == 0;
	kg_strings_free(&names);
	return empty ? kg_fail(err, ENOENT, "%s/local: holds no packages", database)
		     : kg_fail(err, EBADMSG, "%s/local: has no ALPM_DB_VERSION", database);
}

static int open_database(const struct kg_root *root, int directory, struct kg_packages *packages,
			 struct kg_error *err)
{
	char *root_path = kg_fd_path(root->fd, err);
	char *path = kg_fd_path(directory, err);
	alpm_errno_t reason = (alpm_errno_t)0;
	int result = -1;

	if (root_path && path) {
		packages->handle = packages->alpm.initialize(root_path, path, &reason);
		if (packages->handle)
			packages->local = packages->alpm.get_localdb(packages->handle);
		result = packages->local ? 0
					 : kg_fail(err, EBADMSG, "%s: %s", database,
						   packages->alpm.strerror(reason));
	}
	free(root_path);
	free(path);
	return result;
}

int kg_packages_open(const struct kg_root *root, struct kg_packages **packages,
		     struct kg_error *err)
{
	int directory = kg_root_open_directory(root, database, err);
	struct kg_packages *opened;
	int result;

	if (directory < 0)
		return -1;
	opened = calloc(1, sizeof(*opened));
	result = opened ? check_database(root, directory, err) : kg_fail_memory(err);
	if (result == 0)
		result = load_library(opened, err);
	if (result == 0)
		result = open_database(root, directory, opened, err);
	close(directory);
	if (result < 0) {
		kg_packages_free(opened);
		return -1;
	}
	*packages = opened;
	return 0;
}

void kg_packages_free(struct kg_packages *packages)
{
	if (!packages)
		return;
	if (packages->handle)
		packages->alpm.release(packages->handle);
	/* The library stays: libcurl and gpgme below it do not like to be unloaded. */
	free(packages);
}

const char *kg_packages_library(const struct kg_packages *packages)
{
	return packages->soname;
}

static bool package_owns(const struct kg_packages *packages, alpm_pkg_t *package, const char *path)
{
	alpm_filelist_t *files = packages->alpm.pkg_get_files(package);

	while (*path == '/')
		path++;
	return files && packages->alpm.filelist_contains(files, path);
}

static alpm_pkg_t *find_owner(const struct kg_packages *packages, const char *path,
			      const char *hint)
{
	alpm_pkg_t *hinted = hint ? packages->alpm.db_get_pkg(packages->local, hint) : NULL;

	if (hinted && package_owns(packages, hinted, path))
		return hinted;
	for (alpm_list_t *item = packages->alpm.db_get_pkgcache(packages->local); item;
	     item = item->next) {
		if (package_owns(packages, item->data, path))
			return item->data;
	}
	return NULL;
}

bool kg_packages_owner(const struct kg_packages *packages, const char *path, const char *hint,
		       struct kg_package *package)
{
	alpm_pkg_t *owner = find_owner(packages, path, hint);

	if (!owner)
		return false;
	*package = (struct kg_package){
		.name = packages->alpm.pkg_get_name(owner),
		.version = packages->alpm.pkg_get_version(owner),
	};
	return true;
}

bool kg_packages_kernel(const struct kg_packages *packages, const char *release, const char *hint,
			struct kg_package *package)
{
	struct kg_error ignored;
	char *path = kg_format(&ignored, "usr/lib/modules/%s/vmlinuz", release);
	bool found = path && kg_packages_owner(packages, path, hint, package);

	free(path);
	return found;
}

bool kg_packages_has(const struct kg_packages *packages, const char *name)
{
	return packages->alpm.db_get_pkg(packages->local, name) != NULL;
}

const char *kg_packages_version(const struct kg_packages *packages, const char *name)
{
	alpm_pkg_t *package = packages->alpm.db_get_pkg(packages->local, name);

	return package ? packages->alpm.pkg_get_version(package) : NULL;
}

bool kg_packages_owns(const struct kg_packages *packages, const char *name, const char *path)
{
	alpm_pkg_t *package = packages->alpm.db_get_pkg(packages->local, name);

	return package && package_owns(packages, package, path);
}

static bool is_kernel(const struct kg_packages *packages, alpm_pkg_t *package)
{
	const alpm_filelist_t *files = packages->alpm.pkg_get_files(package);

	for (size_t i = 0; files && i < files->count; i++) {
		const char *name = files->files[i].name;

		if (strncmp(name, "usr/lib/modules/", strlen("usr/lib/modules/")) == 0 &&
		    kg_ends_with(name, "/vmlinuz"))
			return true;
	}
	return false;
}

/* libalpm takes a repository's name for a file's: only what can be one is handed to it. */
static void register_repositories(const struct kg_packages *packages, const struct kg_root *root)
{
	struct kg_strings names = {0};
	struct kg_error ignored;

	if (packages->alpm.get_syncdbs(packages->handle) ||
	    kg_root_list(root, "/var/lib/pacman/sync", &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char *name = names.items[i];
		size_t length = strlen(name);

		if (!kg_ends_with(name, ".db") || length == strlen(".db") || *name == '.' ||
		    strcmp(name, "local.db") == 0)
			continue;
		name[length - strlen(".db")] = '\0';
		(void)packages->alpm.register_syncdb(packages->handle, name, 0);
	}
	kg_strings_free(&names);
}

/* The newest that a repository has of it, if that is newer, or NULL. */
static alpm_pkg_t *find_upgrade(const struct kg_packages *packages, alpm_pkg_t *installed)
{
	const char *name = packages->alpm.pkg_get_name(installed);
	alpm_pkg_t *newest = installed;

	for (alpm_list_t *item = packages->alpm.get_syncdbs(packages->handle); item;
	     item = item->next) {
		alpm_pkg_t *found = packages->alpm.db_get_pkg(item->data, name);

		if (found && packages->alpm.pkg_vercmp(packages->alpm.pkg_get_version(found),
						       packages->alpm.pkg_get_version(newest)) > 0)
			newest = found;
	}
	return newest == installed ? NULL : newest;
}

uint64_t kg_packages_growth(const struct kg_packages *packages, const struct kg_root *root)
{
	uint64_t growth = 0;

	register_repositories(packages, root);
	for (alpm_list_t *item = packages->alpm.db_get_pkgcache(packages->local); item;
	     item = item->next) {
		alpm_pkg_t *upgrade = find_upgrade(packages, item->data);
		off_t from = packages->alpm.pkg_get_isize(item->data);
		off_t to = upgrade ? packages->alpm.pkg_get_isize(upgrade) : 0;

		if (upgrade && to > from && !is_kernel(packages, item->data))
			growth += (uint64_t)(to - from);
	}
	return growth;
}
