// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing files of a system: what is planned, printed, done, refused, left by a killed one. */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "kernel-guard/act/plan.h"
#include "kernel-guard/act/replace.h"
#include "kernel-guard/act/state.h"

#define STATE "var/lib/kernel-guard"

struct bed {
	const char *path;
	struct kg_root root;
	struct kg_plan plan;
};

static const char *in(const struct bed *bed, const char *path)
{
	return unit_text("%s/%s", bed->path, path);
}

static void put(const struct bed *bed, const char *path, const char *content)
{
	unit_write_file(in(bed, path), kg_span_of_string(content));
}

static struct bed bed_new(void)
{
	static int number;
	struct bed bed = {.path = unit_text("%s/%d", unit_directory(), number++)};
	struct kg_error err = unit_no_error();

	(void)unit_output(
		unit_text("mkdir -p %s/var/lib %s/boot/loader/entries", bed.path, bed.path));
	assert_ok(kg_root_open(bed.path, &bed.root, &err), err);
	put(&bed, "boot/one.conf", "title one\nlinux /one\noptions a\n");
	return bed;
}

static void bed_plan(struct bed *bed)
{
	kg_plan_free(&bed->plan);
	bed->plan = kg_plan_new(&bed->root);
}

static void bed_free(struct bed *bed)
{
	kg_plan_free(&bed->plan);
	kg_root_close(&bed->root);
}

static void will_write(struct bed *bed, const char *path, const char *content)
{
	struct kg_error err = unit_no_error();

	assert_ok(kg_plan_write(&bed->plan, path, kg_span_of_string(content), 0644, &err), err);
}

static void will_remove(struct bed *bed, const char *path)
{
	struct kg_error err = unit_no_error();

	assert_ok(kg_plan_remove(&bed->plan, path, &err), err);
}

static void apply(const struct bed *bed)
{
	struct kg_error err = unit_no_error();

	assert_ok(kg_plan_apply(&bed->plan, &err), err);
}

static void assert_holds(const struct bed *bed, const char *path, const char *content)
{
	struct kg_span bytes = unit_read_file(in(bed, path));

	assert_string_equal(unit_text("%.*s", (int)bytes.size, (const char *)bytes.data), content);
}

/* All files but those of the state directory. */
static void assert_files(const struct bed *bed, const char *names)
{
	assert_string_equal(
		unit_output_text(unit_text("cd %s && find . -path ./var -prune -o -type "
					   "f -printf '%%P\\n' | sort | xargs",
					   bed->path)),
		names);
}

static void files_are_written_and_removed(void **state)
{
	struct bed bed = bed_new();

	(void)state;
	bed_plan(&bed);
	will_write(&bed, "/boot/loader/entries/new.conf", "title new\n");
	will_write(&bed, "boot/one.conf", "title other\n");
	will_write(&bed, "/boot/empty", "");
	assert_int_equal(bed.plan.count, 3);
	/* Nothing happens before it is applied. */
	assert_files(&bed, "boot/one.conf");
	apply(&bed);
	assert_files(&bed, "boot/empty boot/loader/entries/new.conf boot/one.conf");
	assert_holds(&bed, "boot/loader/entries/new.conf", "title new\n");
	assert_holds(&bed, "boot/one.conf", "title other\n");
	bed_plan(&bed);
	will_remove(&bed, "/boot/one.conf");
	will_remove(&bed, "/boot/never");
	assert_int_equal(bed.plan.count, 1);
	apply(&bed);
	assert_files(&bed, "boot/empty boot/loader/entries/new.conf");
	/* Of its own it leaves the lock alone. */
	assert_string_equal(unit_output_text(unit_text("ls -A %s", in(&bed, STATE))), "lock");
	bed_free(&bed);
}

static void what_is_so_already_is_no_step(void **state)
{
	struct bed bed = bed_new();

	(void)state;
	bed_plan(&bed);
	will_write(&bed, "/boot/one.conf", "title one\nlinux /one\noptions a\n");
	will_remove(&bed, "/boot/two.conf");
	assert_int_equal(bed.plan.count, 0);
	apply(&bed);
	/* Not even the state directory is made. */
	assert_int_equal(access(in(&bed, STATE), F_OK), -1);
	bed_free(&bed);
}

static unsigned int mode_of(const struct bed *bed, const char *path)
{
	struct stat status;

	assert_int_equal(stat(in(bed, path), &status), 0);
	return status.st_mode & 07777;
}

static void modes_are_kept(void **state)
{
	struct bed bed = bed_new();
	mode_t umask_before = umask(077);
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(chmod(in(&bed, "boot/one.conf"), 0600), 0);
	bed_plan(&bed);
	will_write(&bed, "/boot/one.conf", "title other\n");
	assert_ok(kg_plan_write(&bed.plan, "/boot/two.conf", kg_span_of_string("x"), 0640, &err),
		  err);
	apply(&bed);
	(void)umask(umask_before);
	assert_int_equal(mode_of(&bed, "boot/one.conf"), 0600);
	assert_int_equal(mode_of(&bed, "boot/two.conf"), 0640);
	bed_free(&bed);
}

static void places_that_are_refused(void **state)
{
	struct bed bed = bed_new();
	struct kg_span text = kg_span_of_string("x");
	struct kg_error err;

	(void)state;
	assert_int_equal(symlink("one.conf", in(&bed, "boot/link")), 0);
	assert_int_equal(mkfifo(in(&bed, "boot/fifo"), 0600), 0);
	bed_plan(&bed);
	assert_failure(kg_plan_write(&bed.plan, "/boot/link", text, 0644, &err), err, ELOOP,
		       "/boot/link: is a symbolic link, which is not replaced");
	assert_failure(kg_plan_remove(&bed.plan, "/boot/link", &err), err, ELOOP,
		       "/boot/link: is a symbolic link, which is not replaced");
	assert_failure(kg_plan_write(&bed.plan, "/boot/fifo", text, 0644, &err), err, EINVAL,
		       "/boot/fifo: is no regular file");
	assert_failure(kg_plan_write(&bed.plan, "/boot/loader", text, 0644, &err), err, EINVAL,
		       "/boot/loader: is no regular file");
	assert_failure(kg_plan_write(&bed.plan, "/nowhere/x", text, 0644, &err), err, ENOENT, NULL);
	assert_failure(kg_plan_write(&bed.plan, "/boot/..", text, 0644, &err), err, EINVAL,
		       "/boot/..: is no path of a file");
	assert_failure(kg_plan_write(&bed.plan, "/boot/", text, 0644, &err), err, EINVAL,
		       "/boot/: is no path of a file");
	assert_int_equal(bed.plan.count, 0);
	/* A link among the directories stays below the root. */
	assert_int_equal(symlink("/boot", in(&bed, "esp")), 0);
	will_write(&bed, "/esp/two.conf", "two");
	will_write(&bed, "/../../boot/three.conf", "three");
	apply(&bed);
	assert_holds(&bed, "boot/two.conf", "two");
	assert_holds(&bed, "boot/three.conf", "three");
	bed_free(&bed);
}

static void files_that_change_meanwhile(void **state)
{
	static const char *const contents[] = {"title two\nlinux /one\noptions a\n", "",
					       "longer than it was\n\n\n\n\n\n"};
	struct kg_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct bed bed = bed_new();

		bed_plan(&bed);
		will_write(&bed, "/boot/first", "first");
		will_write(&bed, "/boot/one.conf", "mine");
		will_write(&bed, "/boot/last", "last");
		put(&bed, "boot/one.conf", contents[i]);
		assert_failure(kg_plan_apply(&bed.plan, &err), err, ESTALE,
			       "/boot/one.conf: has changed meanwhile, and was left alone");
		assert_holds(&bed, "boot/one.conf", contents[i]);
		/* What comes before it is done, what comes behind it is not. */
		assert_files(&bed, "boot/first boot/one.conf");
		assert_string_equal(unit_output_text(unit_text("ls -A %s", in(&bed, STATE))),
				    "lock");
		bed_free(&bed);
	}
	struct bed bed = bed_new();

	bed_plan(&bed);
	will_write(&bed, "/boot/one.conf", "mine");
	will_write(&bed, "/boot/new", "mine");
	assert_int_equal(unlink(in(&bed, "boot/one.conf")), 0);
	assert_failure(kg_plan_apply(&bed.plan, &err), err, ESTALE, NULL);
	put(&bed, "boot/one.conf", "title one\nlinux /one\noptions a\n");
	put(&bed, "boot/new", "");
	assert_failure(kg_plan_apply(&bed.plan, &err), err, ESTALE, NULL);
	assert_holds(&bed, "boot/new", "");
	bed_free(&bed);
}

/* patch(1) reads what is printed, and comes to the same. */
static void printed_plans(void **state)
{
	static const char *const before[] = {
		"",	     "a\n", "a\nb\nc\nd\ne\nf\ng\nh\n", "no newline", "a\nno newline",
		"x\nx\nx\n", NULL};
	static const char *const after[] = {"",
					    "b\n",
					    "a\nb\nc\nd\nE\nf\ng\nh\n",
					    "a\nb\nc\nd\ne\nf\ng\nh\ni\n",
					    "no newline\n",
					    "x\nx\nx\nx\n",
					    "x\nx\n",
					    NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		for (size_t j = 0; j < sizeof(after) / sizeof(after[0]); j++) {
			struct bed bed = bed_new();
			struct kg_error err = unit_no_error();
			const char *diff = in(&bed, "../diff");
			FILE *out;

			if (before[i])
				put(&bed, "boot/file", before[i]);
			bed_plan(&bed);
			if (after[j])
				will_write(&bed, "/boot/file", after[j]);
			else
				will_remove(&bed, "/boot/file");
			out = fopen(diff, "w");
			assert_non_null(out);
			assert_ok(kg_plan_print(&bed.plan, out, &err), err);
			(void)fclose(out);
			(void)unit_output(
				unit_text("rm -rf %s.copy && cp -a %s %s.copy && cd %s.copy && "
					  "{ [ ! -s %s ] || patch -s -p1 -E <%s; }",
					  bed.path, bed.path, bed.path, bed.path, diff, diff));
			apply(&bed);
			/* patch removes what becomes empty. */
			(void)unit_output(unit_text("cd %s.copy && { [ -e boot/file ] || [ ! -e "
						    "%s/boot/file ] || : >boot/file; }",
						    bed.path, bed.path));
			(void)unit_output(
				unit_text("diff -r --exclude=var %s %s.copy", bed.path, bed.path));
			bed_free(&bed);
		}
	}
}

static void the_lock(void **state)
{
	struct bed bed = bed_new();
	struct kg_error err = unit_no_error();
	int lock = kg_state_lock(&bed.root, &err);
	pid_t child;
	int status;

	(void)state;
	assert_true(lock >= 0);
	child = fork();
	if (child == 0) {
		struct kg_plan plan = kg_plan_new(&bed.root);
		bool busy;

		kg_state_set_patience(1);
		busy = kg_plan_write(&plan, "/boot/x", kg_span_of_string("x"), 0644, &err) ==
				    0 &&
			    kg_plan_apply(&plan, &err) < 0 && err.code == EBUSY;

		_exit(busy ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(lock);
	bed_plan(&bed);
	will_write(&bed, "/boot/x", "x");
	apply(&bed);
	bed_free(&bed);
}

static void journal(const struct bed *bed, const char *text)
{
	(void)unit_output(unit_text("mkdir -p %s", in(bed, STATE)));
	put(bed, STATE "/journal.json", text);
}

static const struct kg_clearing clearing;

static void recovery(void **state)
{
	struct bed bed = bed_new();
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_plan_recover(&bed.root, &clearing, NULL, &err), err);
	journal(&bed, "{\"schema\": 1, \"paths\": [\"/boot/one.conf\", \"/boot/gone/x\", "
		      "\"/boot/loader/entries/two.conf\", \"../../x\"]}");
	put(&bed, "boot/.one.conf.kg-new", "half");
	put(&bed, "boot/.other.conf.kg-new", "not ours");
	put(&bed, "boot/loader/entries/.two.conf.kg-new", "half");
	assert_ok(kg_plan_recover(&bed.root, &clearing, NULL, &err), err);
	assert_files(&bed, "boot/.other.conf.kg-new boot/one.conf");
	assert_string_equal(unit_output_text(unit_text("ls -A %s", in(&bed, STATE))), "lock");
	/* Of what was to be created, only what is empty is a leftover. */
	journal(&bed, "{\"schema\": 1, \"paths\": [], \"created\": [\"/boot/empty.conf\", "
		      "\"/boot/one.conf\", \"/boot/loader\", \"/boot/gone/x\"]}");
	put(&bed, "boot/empty.conf", "");
	put(&bed, "boot/other-empty.conf", "");
	assert_ok(kg_plan_recover(&bed.root, &clearing, NULL, &err), err);
	assert_files(&bed, "boot/.other.conf.kg-new boot/one.conf boot/other-empty.conf");
	/* A plan that has seen it takes it over. */
	journal(&bed, "{\"schema\": 1, \"paths\": [], \"created\": [\"/boot/other-empty.conf\"]}");
	bed_plan(&bed);
	will_write(&bed, "/boot/other-empty.conf", "three");
	apply(&bed);
	assert_holds(&bed, "boot/other-empty.conf", "three");
	bed_plan(&bed);
	will_remove(&bed, "/boot/other-empty.conf");
	apply(&bed);
	/* A plan clears up first what another one has left. */
	journal(&bed, "{\"schema\": 1, \"paths\": [\"/boot/one.conf\"]}");
	put(&bed, "boot/.one.conf.kg-new", "half");
	bed_plan(&bed);
	will_write(&bed, "/boot/two.conf", "two");
	apply(&bed);
	assert_files(&bed, "boot/.other.conf.kg-new boot/one.conf boot/two.conf");
	bed_free(&bed);
}

static void damaged_journals(void **state)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "{\"schema\": \"1\", \"paths\": []}",
					    "{\"schema\": 1}",
					    "{\"schema\": 1, \"paths\": [1]}"};
	struct bed bed = bed_new();
	struct kg_strings notes = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char aside[64];

		(void)snprintf(aside, sizeof(aside), i == 0 ? "%s" : "%s.%zu",
			       STATE "/journal.json.damaged", i + 1);
		journal(&bed, texts[i]);
		assert_ok(kg_plan_recover(&bed.root, &clearing, &notes, &err), err);
		assert_int_equal(notes.count, i + 1);
		assert_non_null(strstr(notes.items[i], "/var/lib/kernel-guard/journal.json is "
						       "damaged, and is called journal.json.damaged"));
		assert_holds(&bed, aside, texts[i]);
	}
	assert_int_equal(kg_plan_recover(&bed.root, &clearing, &notes, &err), 0);
	assert_int_equal(notes.count, sizeof(texts) / sizeof(texts[0]));
	/* Of a newer version: it is not ours to judge. */
	journal(&bed, "{\"schema\": 2, \"paths\": []}");
	assert_failure(kg_plan_recover(&bed.root, &clearing, &notes, &err), err, ENOTSUP,
		       "/var/lib/kernel-guard/journal.json: is of another version of kernel-guard: "
		       "install that one, or move the file away");
	kg_strings_free(&notes);
	bed_free(&bed);
}

/* Killed at any moment, a file is what it was or what it was to be, and recovery tidies up. */
static void killed(void **state)
{
	static const char old[] = "title one\nlinux /one\noptions a\n";
	struct bed bed = bed_new();
	struct kg_error err = unit_no_error();
	uint64_t seed = 1;
	unsigned int interrupted = 0;

	(void)state;
	/* As often as it takes: on a busy machine many a child has not begun when it is killed. */
	for (unsigned int i = 0; i < 200 || (interrupted <= 10 && i < 20000); i++) {
		struct kg_span now;
		pid_t child;

		put(&bed, "boot/one.conf", old);
		child = fork();
		if (child == 0) {
			for (;;) {
				struct kg_plan plan = kg_plan_new(&bed.root);

				(void)kg_plan_write(&plan, "/boot/one.conf",
						    kg_span_of_string("title other\n"), 0644, &err);
				(void)kg_plan_write(&plan, "/boot/two.conf",
						    kg_span_of_string("two"), 0644, &err);
				(void)kg_plan_apply(&plan, &err);
				(void)kg_plan_remove(&plan, "/boot/two.conf", &err);
				(void)kg_plan_write(&plan, "/boot/one.conf", kg_span_of_string(old),
						    0644, &err);
				(void)kg_plan_apply(&plan, &err);
				kg_plan_free(&plan);
			}
		}
		(void)usleep((unsigned int)(unit_random(&seed) % 30000));
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		interrupted += access(in(&bed, STATE "/journal.json"), F_OK) == 0;
		now = unit_read_file(in(&bed, "boot/one.conf"));
		if (now.size != strlen(old))
			assert_holds(&bed, "boot/one.conf", "title other\n");
		else
			assert_holds(&bed, "boot/one.conf", old);
		if (access(in(&bed, "boot/two.conf"), F_OK) == 0)
			assert_holds(&bed, "boot/two.conf", "two");
		assert_ok(kg_plan_recover(&bed.root, &clearing, NULL, &err), err);
		assert_string_equal(
			unit_output_text(unit_text("find %s -name '.*' -type f", bed.path)), "");
	}
	print_message("# %u were killed with a journal\n", interrupted);
	assert_true(interrupted > 10);
	bed_free(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_written_and_removed),
		cmocka_unit_test(what_is_so_already_is_no_step),
		cmocka_unit_test(modes_are_kept),
		cmocka_unit_test(places_that_are_refused),
		cmocka_unit_test(files_that_change_meanwhile),
		cmocka_unit_test(printed_plans),
		cmocka_unit_test(the_lock),
		cmocka_unit_test(recovery),
		cmocka_unit_test(damaged_journals),
		cmocka_unit_test(killed),
	};

	return UNIT_RUN(tests);
}
