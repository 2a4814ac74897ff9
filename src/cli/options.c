// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel-guard/cli/command.h"
#include "kernel-guard/report/escape.h"
#include "kernel-guard/system/chroot.h"

enum {
	option_root = 'r',
	option_machine = 'm',
	option_json = 'j',
	option_quiet = 'q',
	option_verbose = 'v',
	option_help = 'h',
	option_version = 'V',
	option_kernel = 'k',
	option_all = 'a',
	option_porcelain = 'p',
	option_cmdline = 'c',
	option_lockdown = 'l',
	option_sig_enforce = 's',
	option_dry_run = 'd',
};

static const struct option long_options[] = {
	{"root", required_argument, NULL, option_root},
	{"machine", required_argument, NULL, option_machine},
	{"json", no_argument, NULL, option_json},
	{"quiet", no_argument, NULL, option_quiet},
	{"verbose", no_argument, NULL, option_verbose},
	{"help", no_argument, NULL, option_help},
	{"version", no_argument, NULL, option_version},
	{"kernel", required_argument, NULL, option_kernel},
	{"all", no_argument, NULL, option_all},
	{"cmdline", required_argument, NULL, option_cmdline},
	{"lockdown", required_argument, NULL, option_lockdown},
	{"sig-enforce", no_argument, NULL, option_sig_enforce},
	{"porcelain", no_argument, NULL, option_porcelain},
	{"dry-run", no_argument, NULL, option_dry_run},
	{0},
};

static const struct {
	const char *name;
	const char *letters;
	const char *operands;
	const char *summary;
} commands[] = {
#define X(name, text, letters, operands, summary) {text, letters, operands, summary},
	KG_COMMANDS(X)
#undef X
};

/* The options that only some commands take. */
static const char command_letters[] = {
	option_kernel, option_all, option_porcelain, option_cmdline, option_lockdown,
	option_sig_enforce, option_dry_run, '\0'};

static const char *option_name(char letter)
{
	for (size_t i = 0; long_options[i].name; i++) {
		if (long_options[i].val == letter)
			return long_options[i].name;
	}
	return "";
}

enum { command_count = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
	(void)printf("usage: kernel-guard COMMAND [OPTION...]\n\n"
		     "Tells whether this machine will boot, before it is rebooted.\n\n"
		     "commands:\n");
	for (size_t i = 0; i < command_count; i++)
		(void)printf("  %-10s %-13s %s\n", commands[i].name, commands[i].operands,
			     commands[i].summary);
	(void)printf(
		"\noptions:\n"
		"  --root DIR         where the system's files lie (default /)\n"
		"  --machine DIR|host|none\n"
		"                     where facts about the running machine come from\n"
		"  --json             print one JSON object\n"
		"  --quiet            print nothing where all is well\n"
		"  --verbose          print infos and reasons as well\n"
		"  --kernel RELEASE   modules: judge for this kernel\n"
		"  --all              modules: every module of the kernel's tree\n"
		"  --cmdline TEXT     modules: the kernel command line, instead of the machine's\n"
		"  --lockdown none|integrity|confidentiality, --sig-enforce\n"
		"                     modules: as if the kernel were locked down, or took only\n"
		"                     modules with a good signature\n"
		"  --dry-run          of what writes: show what would be changed, as a patch\n"
		"  --porcelain        status: lines for scripts\n"
		"  --help, --version\n"
		"\nexit status: 0 safe, done; 1 unsafe, refused; 2 unknown, or could not be done;\n"
		"64 usage\n");
}

enum kg_status kg_usage_error(const char *format, ...)
{
	va_list args;

	(void)fputs("kernel-guard: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputs("\nkernel-guard --help shows what it takes\n", stderr);
	return KG_STATUS_USAGE;
}

enum kg_status kg_command_failed(const struct kg_error *err)
{
	(void)fputs("kernel-guard: ", stderr);
	kg_write_escaped(stderr, err->message);
	(void)fputc('\n', stderr);
	return KG_STATUS_UNKNOWN;
}

void kg_write_notes(FILE *out, const char *prefix, const struct kg_strings *notes)
{
	for (size_t i = 0; i < notes->count; i++) {
		(void)fputs(prefix, out);
		kg_write_escaped(out, notes->items[i]);
		(void)fputc('\n', out);
	}
}

enum kg_status kg_status_of_verdict(enum kg_verdict verdict)
{
	switch (verdict) {
	case KG_VERDICT_SAFE:
		return KG_STATUS_DONE;
	case KG_VERDICT_UNSAFE:
		return KG_STATUS_UNSAFE;
	case KG_VERDICT_UNKNOWN:
		break;
	}
	return KG_STATUS_UNKNOWN;
}

bool kg_wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");

	return (!no_color || !*no_color) && isatty(STDOUT_FILENO);
}

/* Stores one option and its letter in given. False where --help or --version was it. */
static bool store(struct kg_options *options, int letter, char *given)
{
	switch (letter) {
	case option_root:
		options->root = optarg;
		break;
	case option_machine:
		options->machine = optarg;
		break;
	case option_kernel:
		options->kernel = optarg;
		break;
	case option_json:
		options->json = true;
		break;
	case option_quiet:
		options->quiet = true;
		break;
	case option_verbose:
		options->verbose = true;
		break;
	case option_all:
		options->all = true;
		break;
	case option_cmdline:
		options->cmdline = optarg;
		break;
	case option_lockdown:
		options->lockdown = optarg;
		break;
	case option_sig_enforce:
		options->sig_enforce = true;
		break;
	case option_dry_run:
		options->dry_run = true;
		break;
	case option_porcelain:
		options->porcelain = true;
		break;
	case option_version:
		(void)printf("kernel-guard %s\n", KG_VERSION);
		return false;
	case option_help:
		print_help();
		return false;
	default:
		break;
	}
	if (strchr(command_letters, letter) && !strchr(given, letter))
		given[strlen(given)] = (char)letter;
	return true;
}

static enum kg_status find_command(const char *name, const char *given, size_t *command)
{
	for (*command = 0; *command < command_count; ++*command) {
		if (strcmp(commands[*command].name, name) != 0)
			continue;
		for (; *given; given++) {
			if (!strchr(commands[*command].letters, *given))
				return kg_usage_error("%s: takes no option --%s", name,
						      option_name(*given));
		}
		return KG_STATUS_DONE;
	}
	return kg_usage_error("%s: is no command", name);
}

const char *kg_machine_place(const struct kg_options *options)
{
	const char *machine = options->machine;

	if (!machine)
		machine = strcmp(options->root, "/") == 0 && !kg_in_chroot() ? "host" : "none";
	if (strcmp(machine, "host") == 0)
		return "/";
	return strcmp(machine, "none") == 0 ? NULL : machine;
}

/* A directory that is named has to be there; what it holds is asked for elsewhere. */
static enum kg_status check_machine(const struct kg_options *options)
{
	struct kg_error err;
	struct stat status;

	if (!options->machine || strcmp(options->machine, "host") == 0 ||
	    strcmp(options->machine, "none") == 0)
		return KG_STATUS_DONE;
	if (stat(options->machine, &status) == 0 && S_ISDIR(status.st_mode))
		return KG_STATUS_DONE;
	kg_fail(&err, ENOENT, "%s: is no directory with a machine's proc and sys",
		options->machine);
	return kg_command_failed(&err);
}

/* Whether it is this option in the form --NAME=ARGUMENT, and takes none. */
static bool has_surplus_argument(const char *argument, int letter)
{
	for (size_t i = 0; long_options[i].name; i++) {
		size_t length = strlen(long_options[i].name);

		if (long_options[i].val == letter)
			return long_options[i].has_arg == no_argument &&
			       strncmp(argument, "--", 2) == 0 &&
			       strncmp(argument + 2, long_options[i].name, length) == 0 &&
			       argument[2 + length] == '=';
	}
	return false;
}

/*
 * What getopt_long() does not take. Of a letter, which may stand among others, only optopt tells:
 * the argument may then be the one before it.
 */
static enum kg_status refuse_option(const char *argument)
{
	if (optopt && has_surplus_argument(argument, optopt))
		return kg_usage_error("--%s takes no argument", option_name((char)optopt));
	if (optopt)
		return kg_usage_error("-%c: is no option", optopt);
	return kg_usage_error("%s: is no option, or not a whole one", argument);
}

enum kg_status kg_options_read(int argc, char **argv, struct kg_options *options, size_t *command,
			       bool *done)
{
	char given[sizeof(command_letters)] = {0};
	enum kg_status status;
	struct kg_error err;
	int letter;

	*options = (struct kg_options){.root = "/"};
	*done = true;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":hqvV", long_options, NULL)) != -1) {
		if (letter == ':')
			return kg_usage_error("%s: needs an argument", argv[optind - 1]);
		if (letter == '?')
			return refuse_option(argv[optind - 1]);
		if (!store(options, letter, given))
			return KG_STATUS_DONE;
	}
	if (*options->root == '\0')
		return kg_usage_error("--root takes a directory, which '' is not");
	if (optind == argc)
		return kg_usage_error("no command is given");
	status = find_command(argv[optind], given, command);
	if (status != KG_STATUS_DONE)
		return status;
	status = check_machine(options);
	if (status != KG_STATUS_DONE)
		return status;
	for (int i = optind + 1; i < argc; i++) {
		if (kg_strings_add(&options->operands, argv[i], &err) < 0)
			return kg_command_failed(&err);
	}
	*done = false;
	return KG_STATUS_DONE;
}
