// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first process of the tests' virtual machines: carries out /plan and writes what came of
 * it, line by line, to the second serial port, so that nothing the kernel prints on the first
 * one gets in between. README.md describes the plan and the lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
	max_loaded = 256,
	max_text = 1024,
	max_attempts = 50, /* to unload a module that is in use for a moment */
	attempt_us = 10000,
	tainted_died = 1 << 7, /* TAINT_DIE, include/linux/panic.h */
};

/* What the kernel's log tells about a module's init(). */
struct initcall {
	bool called;
	bool returned;
	int result;
};

/* What a child leaves behind. */
struct outcome {
	bool returned;
	int error_number;
};

static char loaded[max_loaded][max_text];
static size_t loaded_count;
static char group[max_text]; /* "" outside of groups */
static long flags;	     /* of finit_module */
static bool show_messages;
static int report = -1;
static int messages = -1;
static struct outcome *outcome;

/* One line, `@NUMBER TEXT`. Bytes that are no text, such as a damaged module's name, are "?". */
static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	static unsigned int number;
	char line[2 * max_text];
	size_t length;
	va_list arguments;

	length = (size_t)snprintf(line, sizeof(line), "@%u ", ++number);
	va_start(arguments, format);
	(void)vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
	va_end(arguments);
	length = strlen(line);
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] >= 0x7f)
			line[i] = '?';
	}
	line[length++] = '\n';
	for (size_t done = 0; done < length;) {
		ssize_t count = write(report, line + done, length - done);

		if (count <= 0)
			break;
		done += (size_t)count;
	}
}

static const char *error_name(int number)
{
	static char unnamed[16];
	/* include/linux/errno.h: not for programs, and yet let out by the loader. */
	const char *name = number == 524 ? "ENOTSUPP" : strerrorname_np(number);

	if (name)
		return name;
	(void)snprintf(unnamed, sizeof(unnamed), "%d", number);
	return unnamed;
}

/* Ends the machine: by power off, or without ACPI by the reboot that -no-reboot makes an end. */
static _Noreturn void end(void)
{
	say("bye");
	(void)tcdrain(report);
	(void)reboot(RB_POWER_OFF);
	(void)reboot(RB_AUTOBOOT);
	for (;;)
		(void)pause();
}

/* The text of a small file, without the newlines at its end; "" when there is none. */
static const char *text_of(const char *path)
{
	static char text[4 * max_text];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		(void)close(fd);
	text[count < 0 ? 0 : count] = '\0';
	while (count > 0 && text[count - 1] == '\n')
		text[--count] = '\0';
	return text;
}

static unsigned long tainted(void)
{
	return strtoul(text_of("/proc/sys/kernel/tainted"), NULL, 10);
}

/*
 * Reads what the kernel has logged since the last call. `initcall_debug` makes it log the call of
 * a module's init(): "calling  FUNCTION" and "initcall FUNCTION returned NUMBER after"
 * (init/main.c, trace_initcall_start_cb).
 */
static struct initcall read_messages(bool show)
{
	struct initcall initcall = {0};
	char record[8 * max_text];
	ssize_t count;

	while ((count = read(messages, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		const char *text, *result;

		/* Messages that were overwritten before they were read. */
		if (count <= 0)
			continue;
		record[count] = '\0';
		text = strchr(record, ';');
		text = text ? text + 1 : record;
		record[strcspn(record, "\n")] = '\0';
		result = strstr(text, " returned ");
		if (strncmp(text, "calling  ", 9) == 0) {
			initcall.called = true;
		} else if (strncmp(text, "initcall ", 9) == 0 && result) {
			initcall.returned = true;
			initcall.result = (int)strtol(result + strlen(" returned "), NULL, 10);
		} else if (show) {
			say("kmsg %s", text);
		}
	}
	return initcall;
}

/* Makes a system call in a child: of an oops in a module's code that dies, not this process. */
static struct outcome call(long number, long first, long second, long third)
{
	pid_t child;
	int status;

	*outcome = (struct outcome){0};
	child = fork();
	if (child == 0) {
		int error_number = syscall(number, first, second, third) < 0 ? errno : 0;

		*outcome = (struct outcome){.returned = true, .error_number = error_number};
		_exit(0);
	}
	if (child < 0)
		say("lost fork %s", error_name(errno));
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return *outcome;
}

static const char *outcome_name(struct outcome result)
{
	if (!result.returned)
		return "died";
	return result.error_number ? error_name(result.error_number) : "OK";
}

/* Notes the module that was loaded last, the first of /proc/modules, and what is said of it. */
static void note_loaded(char *description, size_t size)
{
	char line[max_text];
	char *taints;

	(void)snprintf(line, sizeof(line), "%s", text_of("/proc/modules"));
	line[strcspn(line, "\n")] = '\0';
	taints = strrchr(line, '(');
	if (taints)
		taints[strcspn(taints, ")")] = '\0';
	line[strcspn(line, " ")] = '\0';
	(void)snprintf(description, size, " name=%s taints=%s", line, taints ? taints + 1 : "");
	if (loaded_count < max_loaded)
		(void)strcpy(loaded[loaded_count++], line);
}

static void load(const char *file, const char *parameters)
{
	char description[2 * max_text] = "", returned[32] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct initcall initcall;
	struct outcome result;

	if (fd < 0) {
		say("lost %s %s", file, error_name(errno));
		return;
	}
	(void)read_messages(false);
	say("begin %s", file);
	result = call(SYS_finit_module, fd, (long)parameters, flags);
	(void)close(fd);
	initcall = read_messages(show_messages);
	if (initcall.returned)
		(void)snprintf(returned, sizeof(returned), " init=%d", initcall.result);
	else if (initcall.called)
		(void)strcpy(returned, " init=none");
	if (result.returned && result.error_number == 0)
		note_loaded(description, sizeof(description));
	say("end %s %s%s%s tainted=%lu", file, outcome_name(result), returned, description,
	    tainted());
}

static void unload(const char *name)
{
	struct outcome result;
	int attempt = 0;

	(void)read_messages(false);
	say("begin unload:%s", name);
	/* It may be in use for a moment after its init(). */
	while (result = call(SYS_delete_module, (long)name, O_NONBLOCK, 0),
	       result.returned && result.error_number == EAGAIN && attempt++ < max_attempts)
		(void)usleep(attempt_us);
	(void)read_messages(show_messages);
	say("end unload:%s %s tainted=%lu", name, outcome_name(result), tainted());
}

/* Removes what the group has loaded. The next group needs a kernel that has nothing of it. */
static void end_group(void)
{
	unsigned long taint;
	const char *rest;

	if (!*group)
		return;
	while (loaded_count > 0)
		unload(loaded[--loaded_count]);
	flags = 0;
	taint = tainted();
	rest = text_of("/proc/modules");
	if (!(taint & tainted_died) && !*rest) {
		say("clean %s", group);
		*group = '\0';
		return;
	}
	say("dirty %s tainted=%lu %s", group, taint, rest);
	end();
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	say("write %s %s", path, written ? "OK" : error_name(errno));
	if (fd >= 0)
		(void)close(fd);
}

/* What a line of the plan says. */
static void obey(char *line)
{
	const char *command = strsep(&line, " ");
	const char *argument = line ? strsep(&line, " ") : "";
	const char *rest = line ? line : "";

	if (strcmp(command, "group") == 0) {
		end_group();
		(void)snprintf(group, sizeof(group), "%s", argument);
		say("group %s", group);
	} else if (strcmp(command, "load") == 0) {
		load(argument, rest);
	} else if (strcmp(command, "flags") == 0) {
		flags = strtol(argument, NULL, 0);
	} else if (strcmp(command, "unload") == 0 && loaded_count > 0) {
		unload(loaded[--loaded_count]);
	} else if (strcmp(command, "kmsg") == 0) {
		show_messages = strcmp(argument, "on") == 0;
	} else if (strcmp(command, "cat") == 0) {
		say("cat %s %s", argument, text_of(argument));
	} else if (strcmp(command, "write") == 0) {
		write_text(argument, rest);
	} else if (strcmp(command, "pause") == 0) {
		say("begin pause");
		(void)pause();
	} else {
		say("unknown %s", command);
	}
}

static void open_ports(void)
{
	struct termios raw;

	(void)mount("none", "/dev", "devtmpfs", 0, NULL);
	(void)mount("none", "/proc", "proc", 0, NULL);
	(void)mount("none", "/sys", "sysfs", 0, NULL);
	(void)mount("none", "/sys/kernel/security", "securityfs", 0, NULL);
	report = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tcgetattr(report, &raw) == 0) {
		cfmakeraw(&raw);
		(void)tcsetattr(report, TCSANOW, &raw);
	}
	messages = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
	FILE *plan = fopen("/plan", "re");
	struct utsname system;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	open_ports();
	(void)uname(&system);
	say("hello %s", system.release);
	if (messages < 0 || outcome == MAP_FAILED) {
		say("lost /dev/kmsg or memory: %s", error_name(errno));
		end();
	}
	while (plan && (length = getline(&line, &size, plan)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			obey(line);
	}
	end_group();
	end();
}
