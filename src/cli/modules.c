// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel-guard/check/judge_modules.h"
#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/report/json.h"
#include "kernel-guard/system/system.h"

enum { max_file = 256 << 20 };

static const char *const result_names[] = {
	[KG_LOAD_ACCEPTED] = "loads",
	[KG_LOAD_REFUSED] = "refused",
	[KG_LOAD_UNKNOWN] = "unknown",
};

/* The release of the one installed kernel, or of the one tree. */
static int only_release(const struct kg_system *system, const char *root, char *release,
			size_t size, struct kg_error *err)
{
	const struct kg_strings *releases = &system->releases;
	const char *only = releases->count == 1 ? releases->items[0] : NULL;
	size_t installed = 0;

	for (size_t i = 0; i < releases->count; i++) {
		if (!kg_system_is_installed(system, releases->items[i]))
			continue;
		only = releases->items[i];
		installed++;
	}
	if (!only || installed > 1)
		return kg_fail(err, EINVAL, "%s: has %zu kernels; name one with --kernel RELEASE",
			       root, installed);
	(void)snprintf(release, size, "%s", only);
	return 0;
}

/* The release that --kernel names, or else the running one, or the only one there is. */
static int choose_release(const struct kg_system *system, const struct kg_options *options,
			  char *release, size_t size, struct kg_error *err)
{
	struct utsname running;

	if (options->kernel)
		(void)snprintf(release, size, "%s", options->kernel);
	else if (strcmp(options->root, "/") == 0 && uname(&running) == 0)
		(void)snprintf(release, size, "%s", running.release);
	else
		return only_release(system, options->root, release, size, err);
	return 0;
}

static int read_kernel(const struct kg_system *system, const char *release,
		       struct kg_kernel *kernel, struct kg_error *err)
{
	char *path = kg_system_find_kernel(system, release, err);
	int result;

	if (path)
		result = kg_kernel_read(&system->root, path, kernel, err);
	else if (err->code)
		return -1;
	else if (kg_kernel_read_headers(&system->root, release, kernel, err) == 0)
		return 0;
	else
		return kg_fail(err, ENOENT,
			       "%s: neither an image nor the headers of this kernel are there",
			       release);
	free(path);
	return result;
}

static int judge_file(struct kg_module_loader *loader, const char *path,
		      struct kg_judged_modules *judged, struct kg_error *err)
{
	struct kg_buffer bytes = {0};
	struct kg_error why;
	struct kg_file file;
	int result;

	if (!kg_is_module_path(path)) {
		result = kg_fail(&why, EINVAL,
				 "%s: is no module's name (.ko, .ko.gz, .ko.xz, .ko.zst)", path);
	} else if ((result = kg_file_open(path, &file, &why)) == 0) {
		result = kg_file_read(&file, max_file, &bytes, &why);
		if (result < 0)
			kg_prefix(&why, "%s", path);
		kg_file_close(&file);
	}
	/* One that cannot be read is said to be so; the others are judged all the same. */
	if (result < 0) {
		(void)kg_command_failed(&why);
		result = kg_judge_unread_module(path, &why, judged, err);
	} else {
		result = kg_judge_module(loader, path, kg_buffer_span(&bytes), judged, err);
	}
	kg_buffer_free(&bytes);
	return result;
}

static int judge_files(struct kg_module_loader *loader, const struct kg_strings *files,
		       struct kg_judged_modules *judged, struct kg_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		if (judge_file(loader, files->items[i], judged, err) < 0)
			return -1;
	}
	return 0;
}

static int judge_tree(struct kg_system *system, const char *release, bool all,
		      struct kg_module_loader *loader, struct kg_judged_modules *judged,
		      struct kg_error *err)
{
	const struct kg_tree_slot *slot = kg_system_tree(system, release, err);
	struct kg_strings paths = {0};
	int result;

	if (!slot)
		return -1;
	if (slot->error.code) {
		*err = slot->error;
		return -1;
	}
	result = all ? kg_module_tree_loading_order(slot->tree, &paths, err)
		     : kg_out_of_tree_modules(system, slot, &paths, err);
	if (result == 0)
		result = kg_judge_tree_modules(loader, slot->tree, &paths, judged, err);
	kg_strings_free(&paths);
	return result;
}

static void write_text(const struct kg_judged_modules *judged, const struct kg_options *options)
{
	for (size_t i = 0; i < judged->count; i++) {
		const struct kg_judged_module *module = &judged->items[i];
		const struct kg_module_verdict *verdict = &module->verdict;

		if (options->quiet && verdict->result == KG_LOAD_ACCEPTED)
			continue;
		kg_write_escaped(stdout, module->path);
		(void)printf(": %s", result_names[verdict->result]);
		if (verdict->error_number)
			(void)printf(" (%s)", kg_module_verdict_errno(verdict));
		if (verdict->message) {
			(void)fputs(": ", stdout);
			kg_write_escaped(stdout, verdict->message);
			(void)printf(" [%s]", kg_finding_class(verdict->reason)->id);
		}
		(void)putchar('\n');
	}
}

static int write_json(const struct kg_judged_modules *judged, const char *release,
		      struct kg_error *err)
{
	struct kg_json *json = kg_json_new();
	struct json_object *array;
	int result;

	if (!json)
		return kg_fail_memory(err);
	kg_json_add_number(json, kg_json_root(json), "schema", kg_report_schema);
	kg_json_add_string(json, kg_json_root(json), "release", release);
	array = kg_json_add_array(json, kg_json_root(json), "modules");
	for (size_t i = 0; i < judged->count; i++) {
		const struct kg_judged_module *module = &judged->items[i];
		const struct kg_module_verdict *verdict = &module->verdict;
		const struct kg_finding_class *reason =
			verdict->result == KG_LOAD_ACCEPTED ? NULL
							    : kg_finding_class(verdict->reason);
		struct json_object *item = kg_json_append_object(json, array);

		kg_json_add_string(json, item, "file", module->path);
		kg_json_add_string(json, item, "name", module->name);
		kg_json_add_string(json, item, "verdict", result_names[verdict->result]);
		kg_json_add_string(json, item, "errno", kg_module_verdict_errno(verdict));
		kg_json_add_string(json, item, "reason", reason ? reason->id : NULL);
		kg_json_add_string(json, item, "symbol", verdict->symbol);
		kg_json_add_string(json, item, "message", verdict->message);
		kg_json_add_string(json, item, "remedy", reason ? reason->repair : NULL);
	}
	result = kg_json_write(json, stdout, err);
	kg_json_free(json);
	return result;
}

/* A FILE that is damaged is a bad argument; a module that is refused is an answer. */
static enum kg_status status_of(const struct kg_judged_modules *judged, bool files)
{
	enum kg_status status = KG_STATUS_DONE;

	for (size_t i = 0; i < judged->count; i++) {
		const struct kg_module_verdict *verdict = &judged->items[i].verdict;

		if (verdict->result == KG_LOAD_ACCEPTED)
			continue;
		if (verdict->result == KG_LOAD_REFUSED &&
		    !(files && verdict->reason == KG_FINDING_MODULE_DAMAGED))
			return KG_STATUS_UNSAFE;
		status = KG_STATUS_UNKNOWN;
	}
	return status;
}

/* What the options say stands in the place of what the machine does. */
static int read_situation(const struct kg_system *system, const struct kg_options *options,
			  struct kg_load_situation *situation, struct kg_error *err)
{
	if (kg_load_situation_add_machine(situation, &system->machine, options->cmdline, err) < 0)
		return -1;
	if (options->lockdown)
		(void)kg_lockdown_of_name(options->lockdown, &situation->lockdown);
	if (options->sig_enforce)
		situation->signatures_enforced = true;
	return 0;
}

static enum kg_status judge(struct kg_system *system, const struct kg_options *options,
			    struct kg_judged_modules *judged)
{
	struct kg_load_situation situation = {0};
	const struct kg_strings *files = &options->operands;
	struct kg_module_loader *loader = NULL;
	struct kg_kernel kernel = {0};
	struct kg_error err;
	char release[256];
	int result = choose_release(system, options, release, sizeof(release), &err);

	if (result == 0)
		result = read_situation(system, options, &situation, &err);
	if (result == 0)
		result = read_kernel(system, release, &kernel, &err);
	if (result == 0) {
		loader = kg_module_loader_new(&kernel, &situation, &err);
		result = loader ? 0 : -1;
	}
	if (result == 0)
		result = files->count ? judge_files(loader, files, judged, &err)
				      : judge_tree(system, release, options->all, loader, judged,
						   &err);
	kg_module_loader_free(loader);
	kg_kernel_free(&kernel);
	kg_load_situation_free(&situation);
	if (result == 0 && options->json)
		result = write_json(judged, release, &err);
	else if (result == 0)
		write_text(judged, options);
	return result < 0 ? kg_command_failed(&err) : status_of(judged, files->count > 0);
}

enum kg_status kg_command_modules(const struct kg_options *options)
{
	struct kg_judged_modules judged = {0};
	struct kg_system system;
	struct kg_error err;
	enum kg_status status;

	enum kg_lockdown lockdown;

	if (options->all && options->operands.count > 0)
		return kg_usage_error("modules takes --all or FILEs, not both");
	if (options->lockdown && !kg_lockdown_of_name(options->lockdown, &lockdown))
		return kg_usage_error("%s: is no lockdown (none, integrity, confidentiality)",
				      options->lockdown);
	if (kg_system_open(options->root, kg_machine_place(options), &system, &err) < 0)
		return kg_command_failed(&err);
	status = judge(&system, options, &judged);
	kg_judged_modules_free(&judged);
	kg_system_free(&system);
	return status;
}
