// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command and kills it, with all that it has started, before the change number STEP that one
 * of them makes to files; with 0 it only counts. A change is a system call that creates, writes,
 * renames, removes, mounts or syncs. LOG gets one line: "STEPS", or "STEP PROGRAM CALL" of the
 * change that did not happen. Exits like the command, or 137. Root only, x86-64 only.
 * usage: kill-at LOG STEP COMMAND...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { max_processes = 4096 };

static const struct {
	int number;
	const char *name;
} calls[] = {
#define CALL(name)                \
	{                         \
		SYS_##name, #name \
	}
	CALL(open),	 CALL(openat),	  CALL(creat),	   CALL(write),	    CALL(pwrite64),
	CALL(writev),	 CALL(rename),	  CALL(renameat),  CALL(renameat2), CALL(unlink),
	CALL(unlinkat),	 CALL(rmdir),	  CALL(mkdir),	   CALL(mkdirat),   CALL(link),
	CALL(linkat),	 CALL(symlink),	  CALL(symlinkat), CALL(chmod),	    CALL(fchmod),
	CALL(fchmodat),	 CALL(chown),	  CALL(fchown),	   CALL(lchown),    CALL(fchownat),
	CALL(utimensat), CALL(ftruncate), CALL(truncate),  CALL(fallocate), CALL(copy_file_range),
	CALL(fsync),	 CALL(fdatasync), CALL(syncfs),	   CALL(mount),	    CALL(umount2),
#undef CALL
};
enum { call_count = sizeof(calls) / sizeof(calls[0]) };

static pid_t processes[max_processes];
static size_t process_count;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Only those calls stop a process. */
static void filter_calls(void)
{
	struct sock_filter filter[2 * call_count + 2];
	struct sock_fprog program = {.filter = filter};
	size_t n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						   offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < call_count; i++) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned int)calls[i].number, 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		die("seccomp");
}

static void start(char **command)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		die("ptrace");
	raise(SIGSTOP);
	filter_calls();
	execvp(command[0], command);
	die(command[0]);
}

/* What goes to a terminal, a pipe or a socket changes nothing. */
static bool is_file(pid_t pid, unsigned long long fd)
{
	char link[64];
	char target[16] = "";

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, (int)fd);
	return readlink(link, target, sizeof(target) - 1) > 0 && target[0] == '/' &&
	       strncmp(target, "/dev/", 5) != 0 && strncmp(target, "/proc/", 6) != 0;
}

static bool is_change(pid_t pid, const struct user_regs_struct *registers)
{
	const unsigned long long making = O_CREAT | O_TRUNC;

	switch (registers->orig_rax) {
	case SYS_open:
		return registers->rsi & making;
	case SYS_openat:
		return registers->rdx & making;
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
		return is_file(pid, registers->rdi);
	default:
		return true;
	}
}

static const char *call_name(unsigned long long number)
{
	for (size_t i = 0; i < call_count; i++) {
		if ((unsigned long long)calls[i].number == number)
			return calls[i].name;
	}
	return "?";
}

/* Whether it is the first time that this one is seen. */
static bool add_process(pid_t pid)
{
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i] == pid)
			return false;
	}
	if (process_count == max_processes) {
		errno = E2BIG;
		die("processes");
	}
	processes[process_count++] = pid;
	return true;
}

static void remove_process(pid_t pid)
{
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i] == pid)
			processes[i] = processes[--process_count];
	}
}

static void kill_all(FILE *log, unsigned long step, pid_t pid, unsigned long long number)
{
	char path[64];
	char name[32] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%31[^\n]", name) != 1)
			name[0] = '\0';
		fclose(file);
	}
	fprintf(log, "%lu %s %s\n", step, name, call_name(number));
	for (size_t i = 0; i < process_count; i++)
		kill(processes[i], SIGKILL);
}

/* Follows all of them until the last one is gone. */
static void follow(unsigned long at, pid_t command, FILE *log, int *result)
{
	unsigned long step = 0;
	bool killed = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct user_regs_struct registers;
		bool first;
		int signal = 0;

		if (pid <= 0)
			continue;
		if (!WIFSTOPPED(status)) {
			if (pid == command)
				*result = WIFEXITED(status) ? WEXITSTATUS(status) : 137;
			remove_process(pid);
			continue;
		}
		first = add_process(pid);
		if (killed) {
			kill(pid, SIGKILL);
		} else if (status >> 16 == PTRACE_EVENT_SECCOMP) {
			if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) == 0 &&
			    is_change(pid, &registers) && ++step == at) {
				killed = true;
				kill_all(log, step, pid, registers.orig_rax);
			}
		} else if (status >> 16 == 0 && !(first && WSTOPSIG(status) == SIGSTOP)) {
			signal = WSTOPSIG(status);
		}
		(void)ptrace(PTRACE_CONT, pid, NULL, signal);
	}
	if (!killed)
		fprintf(log, "%lu\n", step);
}

int main(int count, char **arguments)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP;
	int result = 125;
	FILE *log;
	pid_t pid;
	int status;

	if (count < 4) {
		fprintf(stderr, "usage: kill-at LOG STEP COMMAND...\n");
		return 125;
	}
	log = fopen(arguments[1], "we");
	if (!log)
		die(arguments[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		start(arguments + 3);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		die("ptrace");
	add_process(pid);
	(void)ptrace(PTRACE_CONT, pid, NULL, 0);
	follow(strtoul(arguments[2], NULL, 10), pid, log, &result);
	fclose(log);
	return result;
}
