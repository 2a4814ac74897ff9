/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_CLI_COMMAND_H
#define KERNEL_GUARD_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/strings.h"
#include "kernel-guard/report/report.h"

/* Exit statuses: 1 outranks 2 where both apply. */
enum kg_status {
	KG_STATUS_DONE = 0,     /* safe, done */
	KG_STATUS_UNSAFE = 1,   /* unsafe, refused */
	KG_STATUS_UNKNOWN = 2,  /* unknown, or could not be done */
	KG_STATUS_USAGE = 64,   /* EX_USAGE of sysexits.h */
};

/* What the command line says. Pointers are into argv. */
struct kg_options {
	const char *root;    /* "/" where not given */
	const char *machine; /* NULL: host where root is "/", else none */
	const char *kernel;  /* modules --kernel, or NULL */
	const char *cmdline;  /* modules --cmdline, or NULL */
	const char *lockdown; /* modules --lockdown, or NULL */
	bool sig_enforce;     /* modules --sig-enforce */
	bool json;
	bool quiet;
	bool verbose;
	bool all;
	bool porcelain; /* status --porcelain */
	bool dry_run;   /* of commands that write */
	struct kg_strings operands;
};

/*
 * The commands, each in src/cli/NAME.c with the function kg_command_NAME: name, how it is
 * called, options beyond the common ones as letters ("k" --kernel, "a" --all, "c" --cmdline,
 * "l" --lockdown, "s" --sig-enforce, "p" --porcelain, "d" --dry-run), operands, summary.
 */
#define KG_COMMANDS(X)                                                                             \
	X(check, "check", "", "[TARGET...]", "judge all boot targets, or those named")             \
	X(list, "list", "", "", "show the boot targets")                                           \
	X(modules, "modules", "kacls", "[FILE...]", "would this kernel load these modules")       \
	X(initramfs, "initramfs", "", "FILE...", "show what initramfs images hold")                \
	X(entries, "entries", "d", "", "write the fallback entries of the boot loaders")           \
	X(keep, "keep", "d", "", "keep what runs now as the previous kernel of the next update")   \
	X(prune, "prune", "d", "", "remove kept kernels beyond those that are wanted")             \
	X(restore, "restore", "d", "[RELEASE|ID]", "make a kept kernel boot by default")        \
	X(status, "status", "p", "", "show the last verdict")                                      \
	X(hook, "hook", "d", "pre|post", "for pacman: before and after a transaction")             \
	X(skip_once, "skip-once", "d", "", "let the next transaction pass unguarded")              \
	X(booted, "booted", "d", "", "for systemd: what runs has booted, and is kept")             \
	X(recover, "recover", "d", "", "for systemd: finish what was interrupted, at early boot")  \
	X(explain, "explain", "", "[FINDING]", "tell what a finding means and how to repair it")

#define X(name, text, letters, operands, summary)                                                  \
	enum kg_status kg_command_##name(const struct kg_options *options);
KG_COMMANDS(X)
#undef X

/* Prints "kernel-guard: MESSAGE" to standard error. Returns KG_STATUS_UNKNOWN. */
enum kg_status kg_command_failed(const struct kg_error *err);

/* Writes each of the notes on a line of its own, behind the prefix. */
void kg_write_notes(FILE *out, const char *prefix, const struct kg_strings *notes);

/* The status that goes with a verdict. */
enum kg_status kg_status_of_verdict(enum kg_verdict verdict);

/* Prints what is wrong with the command line. Returns KG_STATUS_USAGE. */
enum kg_status kg_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Reads the command line into *options and *command, the index into KG_COMMANDS. Sets
 * *done and returns a status where there is nothing left to run: --help, --version, or
 * an error, which has been printed. The caller frees options->operands.
 */
enum kg_status kg_options_read(int argc, char **argv, struct kg_options *options, size_t *command,
			       bool *done);

/*
 * Where facts about the machine come from, as kg_machine_read() takes it: what --machine
 * says, or else the host where the root is "/" and no chroot, and nothing otherwise.
 */
const char *kg_machine_place(const struct kg_options *options);

/* Whether standard output takes colour: a terminal, and no NO_COLOR (no-color.org). */
bool kg_wants_colour(void);

#endif
