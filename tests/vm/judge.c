// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What kernel-guard says of many scenarios, with the kernel read once: for each directory
 * that is named on standard input, a freshly booted kernel is given the modules of its
 * file "load" with the command line of its file "cmdline". Writes a line a module to the
 * directory's file "guard": verdict, errno, reason, message, tabs between them.
 * usage: judge ROOT RELEASE < DIRECTORIES
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel-guard/check/judge_modules.h"
#include "kernel-guard/loader/module_loader.h"
#include "kernel-guard/system/kernel.h"

enum { max_file = 256 << 20 };

static void stop(const struct kg_error *err)
{
	(void)fprintf(stderr, "judge: %s\n", err->message);
	exit(1);
}

static void must(int result, const struct kg_error *err)
{
	if (result < 0)
		stop(err);
}

static void read_file(const char *path, struct kg_buffer *out)
{
	struct kg_error err;
	struct kg_file file;

	must(kg_file_open(path, &file, &err), &err);
	must(kg_file_read(&file, max_file, out, &err), &err);
	kg_file_close(&file);
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void write_verdict(const struct kg_module_verdict *verdict, FILE *out)
{
	static const char *const names[] = {"loads", "refused", "unknown"};
	const char *reason = verdict->result == KG_LOAD_ACCEPTED
				     ? NULL
				     : kg_finding_class(verdict->reason)->id;
	char *message = strdup(or_dash(verdict->message));

	for (char *at = message; *at; at++)
		*at = *at == '\t' || *at == '\n' ? ' ' : *at;
	(void)fprintf(out, "%s\t%s\t%s\t%s\n", names[verdict->result],
		      or_dash(kg_module_verdict_errno(verdict)), or_dash(reason), message);
	free(message);
}

static void load(struct kg_module_loader *loader, const char *directory, const char *name,
		 FILE *out)
{
	struct kg_module_verdict verdict;
	struct kg_buffer file = {0};
	struct kg_error err;
	char *path = *name == '/' ? kg_copy_string(name, &err)
				  : kg_format(&err, "%s/%s", directory, name);

	read_file(path, &file);
	must(kg_module_loader_load(loader, path, kg_buffer_span(&file), &verdict, &err), &err);
	write_verdict(&verdict, out);
	kg_module_verdict_free(&verdict);
	kg_buffer_free(&file);
	free(path);
}

static void read_situation(const char *directory, struct kg_load_situation *situation)
{
	struct kg_buffer text = {0};
	struct kg_error err;
	struct kg_file file;
	char *path = kg_format(&err, "%s/cmdline", directory);
	char *line;

	if (kg_file_open(path, &file, &err) == 0) {
		kg_file_close(&file);
		read_file(path, &text);
		line = kg_span_copy_string(kg_buffer_span(&text), &err);
		must(kg_load_situation_add_command_line(situation, line, &err), &err);
		free(line);
	}
	kg_buffer_free(&text);
	free(path);
}

static FILE *open_in(const char *directory, const char *name, const char *mode)
{
	struct kg_error err;
	char *path = kg_format(&err, "%s/%s", directory, name);
	FILE *file = fopen(path, mode);

	if (!file)
		(void)fprintf(stderr, "judge: %s: %s\n", path, strerror(errno));
	free(path);
	if (!file)
		exit(1);
	return file;
}

static void judge(const struct kg_kernel *kernel, const char *directory)
{
	struct kg_load_situation situation = {0};
	struct kg_module_loader *loader;
	struct kg_error err;
	FILE *list = open_in(directory, "load", "r");
	FILE *out = open_in(directory, "guard", "w");
	char line[4096];

	read_situation(directory, &situation);
	loader = kg_module_loader_new(kernel, &situation, &err);
	must(loader ? 0 : -1, &err);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, " \n")] = '\0';
		if (line[0])
			load(loader, directory, line, out);
	}
	kg_module_loader_free(loader);
	kg_load_situation_free(&situation);
	(void)fclose(list);
	(void)fclose(out);
}

int main(int argc, char **argv)
{
	struct kg_kernel kernel;
	struct kg_root root;
	struct kg_error err;
	char line[4096];
	char *path;

	if (argc != 3)
		return 64;
	path = kg_format(&err, "/usr/lib/modules/%s/vmlinuz", argv[2]);
	must(kg_root_open(argv[1], &root, &err), &err);
	must(kg_kernel_read(&root, path, &kernel, &err), &err);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		judge(&kernel, line);
	}
	kg_kernel_free(&kernel);
	kg_root_close(&root);
	free(path);
	return 0;
}
