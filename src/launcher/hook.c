// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program that pacman's hooks start. It needs nothing but libc, so that it starts
 * when the guard itself does not: a library of another soname in the middle of an
 * upgrade, a file that is gone, a crash. Such a guard never blocks an update: only exit
 * status 1 of `hook pre`, which kernel-guard gives on purpose, is handed on.
 *
 * usage: hook pre|post
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KG_PROGRAM
#define KG_PROGRAM "/usr/bin/kernel-guard"
#endif

enum {
	status_done = 0,
	status_unsafe = 1,
	status_unknown = 2,
	status_not_started = 127,
	time_limit = 30 * 60, /* seconds: a guard that hangs is ended */
};

static volatile sig_atomic_t child;
static volatile sig_atomic_t timed_out;
static long parent;

static void end_child(int number)
{
	(void)number;
	timed_out = 1;
	if (child > 0)
		(void)kill((pid_t)child, SIGKILL);
}

static int warn(const char *what, const char *detail)
{
	(void)fprintf(stderr,
		      "warning: kernel-guard %s%s: nothing was checked. Run 'kernel-guard check' "
		      "before you reboot, and reinstall kernel-guard if that fails.\n",
		      what, detail);
	return status_done;
}

/*
 * The number that the parent has in /proc, or 0. Not getppid(2): arch-chroot and pacstrap
 * start pacman in a PID namespace of its own and mount the /proc of the outer one, where
 * that number is somebody else's. proc(5): "PID (COMM) STATE PPID", COMM being any text.
 */
static long parent_in_proc(void)
{
	char text[512];
	size_t size = 0;
	const char *end;
	long number;
	FILE *file = fopen("/proc/self/stat", "re");

	if (file) {
		size = fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
	}
	text[size] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %ld", &number) == 1 ? number : 0;
}

static void run(const char *phase)
{
	char pacman[32];
	char *arguments[] = {(char *)"kernel-guard", (char *)"hook", (char *)phase, NULL};

	/* The launcher's parent: the one whose terminal the words are for. */
	(void)snprintf(pacman, sizeof(pacman), "%ld", parent);
	(void)setenv("KG_PACMAN_PID", pacman, 1);
	(void)execv(KG_PROGRAM, arguments);
	_exit(status_not_started);
}

/* What pacman hands over is read once, to be there for each run. */
static void hold_targets(void)
{
	char part[4096];
	ssize_t count;
	int fd;

	if (isatty(STDIN_FILENO))
		return;
	fd = memfd_create("targets", MFD_CLOEXEC);
	if (fd < 0)
		return;
	while ((count = read(STDIN_FILENO, part, sizeof(part))) > 0) {
		/* More than there is memory for: none are better than some. */
		if (write(fd, part, (size_t)count) != count) {
			(void)ftruncate(fd, 0);
			break;
		}
	}
	(void)dup2(fd, STDIN_FILENO);
	close(fd);
}

/* Whether it was killed by another than us: for want of memory, or by a crash. */
static bool was_killed(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFSIGNALED(*status) && !timed_out;
}

/* After the transaction nothing can be refused: a failure would only put pacman's words last. */
static int judge(int status, int refusal)
{
	char text[64];

	if (WIFSIGNALED(status)) {
		(void)snprintf(text, sizeof(text), "%d", WTERMSIG(status));
		return warn("was ended by signal ", text);
	}
	switch (WEXITSTATUS(status)) {
	case status_done:
	case status_unknown:
		return status_done;
	case status_unsafe:
		return refusal;
	case status_not_started:
		return warn("could not be started", "");
	default:
		(void)snprintf(text, sizeof(text), "%d", WEXITSTATUS(status));
		return warn("failed with status ", text);
	}
}

int main(int argc, char **argv)
{
	const struct sigaction limit = {.sa_handler = end_child};
	bool again = true;
	int status = status_not_started << 8;

	if (argc != 2 || (strcmp(argv[1], "pre") != 0 && strcmp(argv[1], "post") != 0))
		return warn("was called in a wrong way", "");
	parent = parent_in_proc();
	/* Without SA_RESTART: it ends reading and waiting. */
	(void)sigaction(SIGALRM, &limit, NULL);
	(void)alarm(time_limit);
	if (strcmp(argv[1], "pre") == 0)
		hold_targets();
	/* Once more: killed in between it may have left nothing that boots but what goes now. */
	for (int i = 0; again && !timed_out && i < 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return warn("could not be started: ", strerror(errno));
		if (pid == 0) {
			(void)lseek(STDIN_FILENO, 0, SEEK_SET);
			run(argv[1]);
		}
		child = pid;
		again = was_killed(pid, &status);
		child = 0;
	}
	return judge(status, strcmp(argv[1], "pre") == 0 ? status_unsafe : status_done);
}
