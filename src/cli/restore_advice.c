// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/core/buffer.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/system/pacman_conf.h"
#include "restore.h"

/* One word of the shell's: bare where that is the same. */
static int add_word(struct kg_strings *words, const char *text, struct kg_error *err)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789%+,-./:=@_~";
	struct kg_buffer word = {0};
	int result = 0;

	if (*text && *text != '~' && text[strspn(text, harmless)] == '\0')
		return kg_strings_add(words, text, err);
	for (const char *at = text; result == 0 && *at; at++)
		result = *at == '\'' ? kg_buffer_append(&word, "'\\''", 4, err)
				     : kg_buffer_append(&word, at, 1, err);
	if (result == 0)
		result = kg_strings_take(words,
					 kg_format(err, "'%.*s'", (int)word.size,
						   (const char *)word.data),
					 err);
	kg_buffer_free(&word);
	return result;
}

/* The file in the cache, or the one that has to get there. */
static int add_package(const struct kg_root *root, const struct kg_pacman_conf *conf,
		       const char *name, const char *version, struct restore_advice *advice,
		       struct kg_strings *words, struct kg_error *err)
{
	char *path = kg_pacman_cached(root, conf, name, version, err);
	int result;

	if (!path && err->code)
		return -1;
	if (!path) {
		/* As Arch has named them since 2020. */
		char *file = kg_format(err, "%s-%s-x86_64.pkg.tar.zst", name, version);

		path = file ? kg_format(err, "%s/%s", conf->cache_dirs.items[0], file) : NULL;
		if (kg_strings_take(&advice->missing, file, err) < 0) {
			free(path);
			return -1;
		}
	}
	result = path ? add_word(words, path, err) : -1;
	free(path);
	return result;
}

/*
 * Headers of another version build nothing for it. Where they are not installed, those in the cache
 * are of use where DKMS has something to build.
 */
static int add_headers(const struct kg_system *system, const struct kg_set *set,
		       const struct kg_pacman_conf *conf, struct restore_advice *advice,
		       struct kg_strings *words, struct kg_error *err)
{
	char *name = kg_format(err, "%s-headers", set->package);
	const char *installed = name ? kg_packages_version(system->packages, name) : NULL;
	bool wanted = installed != NULL;
	int result = name ? 0 : -1;

	if (result == 0 && !installed && system->dkms.count > 0) {
		char *cached = kg_pacman_cached(&system->root, conf, name, set->version, err);

		wanted = cached != NULL;
		result = cached || !err->code ? 0 : -1;
		free(cached);
	}
	if (result == 0 && wanted)
		result = kg_strings_add(&advice->packages, name, err);
	if (result == 0 && wanted && !(installed && strcmp(installed, set->version) == 0))
		result = add_package(&system->root, conf, name, set->version, advice, words, err);
	free(name);
	return result;
}

/*
 * While the kept kernel runs its modules lie, by a mount, where pacman is to put the package's,
 * and to pacman they are nobody's files.
 */
static int add_overwrite(const struct kg_system *system, const struct kg_set *set,
			 struct kg_strings *words, struct kg_error *err)
{
	char *pattern;
	int result;

	if (!set->tree || kg_system_is_installed(system, set->release))
		return 0;
	pattern = kg_format(err, "usr/lib/modules/%s/*", set->release);
	result = pattern && kg_strings_add(words, "--overwrite", err) == 0
			 ? add_word(words, pattern, err)
			 : -1;
	free(pattern);
	return result;
}

static int find_command(const struct kg_system *system, const struct kg_set *set, const char *root,
			const struct kg_pacman_conf *conf, struct restore_advice *advice,
			struct kg_error *err)
{
	struct kg_strings words = {0};
	int result = 0;

	if (strcmp(root, "/") != 0)
		result = kg_strings_add(&words, "arch-chroot", err);
	if (result == 0 && strcmp(root, "/") != 0)
		result = add_word(&words, root, err);
	if (result == 0)
		result = kg_strings_add_words(&words, "pacman -U", err);
	if (result == 0)
		result = add_overwrite(system, set, &words, err);
	if (result == 0)
		result = add_package(&system->root, conf, set->package, set->version, advice,
				     &words, err);
	if (result == 0)
		result = kg_strings_add(&advice->packages, set->package, err);
	if (result == 0)
		result = add_headers(system, set, conf, advice, &words, err);
	if (result == 0)
		advice->command = kg_strings_join(&words, " ", err);
	kg_strings_free(&words);
	return result == 0 && advice->command ? 0 : -1;
}

int kg_restore_advise(const struct kg_system *system, const struct kg_set *set, const char *root,
		      struct restore_advice *advice, struct kg_error *err)
{
	struct restore_advice found = {0};
	struct kg_pacman_conf conf;
	const char *prefix = strcmp(root, "/") == 0 ? "" : root;
	const char *installed;
	int result = -1;

	*advice = (struct restore_advice){0};
	if (!system->packages || !set->package || !set->version)
		return 0;
	installed = kg_packages_version(system->packages, set->package);
	if (installed && strcmp(installed, set->version) == 0)
		return 0;
	if (kg_pacman_conf_read(&system->root, &conf, err) < 0)
		return -1;
	found.configuration = kg_format(err, "%s/etc/pacman.conf", prefix);
	found.directory = kg_format(err, "%s%s", prefix, conf.cache_dirs.items[0]);
	if (found.configuration && found.directory)
		result = find_command(system, set, root, &conf, &found, err);
	kg_pacman_conf_free(&conf);
	if (result < 0) {
		kg_restore_advice_free(&found);
		return -1;
	}
	*advice = found;
	return 0;
}

static void write_joined(const struct kg_strings *list, const char *separator, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		(void)fputs(i > 0 ? separator : "", out);
		kg_write_escaped(out, list->items[i]);
	}
}

void kg_restore_advice_write(const struct restore_advice *advice, FILE *out)
{
	if (!advice->command)
		return;
	(void)fputs("pacman does not know of it. To go back to it for good", out);
	if (advice->missing.count > 0) {
		(void)fputs(", put ", out);
		write_joined(&advice->missing, " and ", out);
		(void)fputs(" from the Arch Linux Archive into ", out);
		kg_write_escaped(out, advice->directory);
		(void)fprintf(out, ", which lacks %s, and then",
			      advice->missing.count > 1 ? "them" : "it");
	}
	(void)fputs(":\n  ", out);
	kg_write_escaped(out, advice->command);
	(void)fputs("\nand to stay there, in section [options] of ", out);
	kg_write_escaped(out, advice->configuration);
	(void)fputs(":\n  IgnorePkg = ", out);
	write_joined(&advice->packages, " ", out);
	(void)fputc('\n', out);
}

void kg_restore_advice_free(struct restore_advice *advice)
{
	free(advice->command);
	free(advice->directory);
	free(advice->configuration);
	kg_strings_free(&advice->missing);
	kg_strings_free(&advice->packages);
	*advice = (struct restore_advice){0};
}
