// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/system/machine.h"

/* A place with captured proc and sys, beside a file that its links may not reach. */
struct place {
	const char *parent;
	const char *path;
};

static const char *in(const struct place *place, const char *path)
{
	return unit_text("%s/%s", place->path, path);
}

static void put(const struct place *place, const char *path, const char *content)
{
	unit_write_file(in(place, path), kg_span_of_string(content));
}

static int set_up(void **state)
{
	static const char *const directories[] = {
		"",
		"proc",
		"sys",
		"sys/kernel",
		"sys/kernel/security",
		"sys/module",
		"sys/module/module",
		"sys/module/module/parameters",
	};
	static int number;
	struct place *place = unit_keep(calloc(1, sizeof(*place)));

	place->parent = unit_text("%s/%d", unit_directory(), number++);
	place->path = unit_text("%s/place", place->parent);
	assert_int_equal(mkdir(place->parent, 0755), 0);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		assert_int_equal(mkdir(in(place, directories[i]), 0755), 0);
	unit_write_file(unit_text("%s/outside", place->parent), kg_span_of_string("outside\n"));
	put(place, "proc/cmdline", "root=/dev/sda2 module_blacklist=a\n");
	put(place, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put(place, "sys/module/module/parameters/sig_enforce", "Y\n");
	*state = place;
	return 0;
}

static struct kg_machine read_at(const char *path)
{
	struct kg_machine machine;
	struct kg_error err = unit_no_error();

	assert_ok(kg_machine_read(path, &machine, &err), err);
	return machine;
}

static void assert_text(const char *text, const char *expected)
{
	if (!expected)
		assert_null(text);
	else
		assert_string_equal(text ? text : "(nothing)", expected);
}

static void assert_machine(const struct place *place, const char *command_line,
			   const char *lockdown, const char *sig_enforce)
{
	struct kg_machine machine = read_at(place->path);

	assert_text(machine.command_line, command_line);
	assert_text(machine.lockdown, lockdown);
	assert_text(machine.sig_enforce, sig_enforce);
	kg_machine_free(&machine);
	assert_null(machine.command_line);
	assert_null(machine.lockdown);
	assert_null(machine.sig_enforce);
	kg_machine_free(&machine);
}

static void a_captured_machine(void **state)
{
	const struct place *place = *state;

	assert_machine(place, "root=/dev/sda2 module_blacklist=a",
		       "none [integrity] confidentiality", "Y");
	/* Only the first line, whether it has an end or not. */
	put(place, "proc/cmdline", "a\nb\n");
	put(place, "sys/kernel/security/lockdown", "\n");
	put(place, "sys/module/module/parameters/sig_enforce", "N");
	assert_machine(place, "a", "", "N");
	put(place, "proc/cmdline", "");
	assert_machine(place, "", "", "N");
}

static void this_machine(void **state)
{
	struct kg_machine machine = read_at("/");
	const char *own = unit_output_text("cat /proc/cmdline");

	(void)state;
	assert_string_equal(machine.command_line, own);
	kg_machine_free(&machine);
}

static void nothing_is_asked(void **state)
{
	struct kg_machine machine = read_at(NULL);

	(void)state;
	assert_null(machine.command_line);
	assert_null(machine.lockdown);
	assert_null(machine.sig_enforce);
	kg_machine_free(&machine);
}

static void files_that_are_missing(void **state)
{
	const struct place *place = *state;

	assert_int_equal(unlink(in(place, "sys/kernel/security/lockdown")), 0);
	assert_machine(place, "root=/dev/sda2 module_blacklist=a", NULL, "Y");
	assert_int_equal(unlink(in(place, "proc/cmdline")), 0);
	assert_int_equal(rmdir(in(place, "proc")), 0);
	assert_machine(place, NULL, NULL, "Y");
	assert_int_equal(unlink(in(place, "sys/module/module/parameters/sig_enforce")), 0);
	assert_machine(place, NULL, NULL, NULL);
}

static void what_is_no_file(void **state)
{
	const struct place *place = *state;

	assert_int_equal(unlink(in(place, "proc/cmdline")), 0);
	assert_int_equal(mkdir(in(place, "proc/cmdline"), 0755), 0);
	assert_int_equal(unlink(in(place, "sys/kernel/security/lockdown")), 0);
	/* Nobody would ever write to it. */
	assert_int_equal(mkfifo(in(place, "sys/kernel/security/lockdown"), 0644), 0);
	assert_machine(place, NULL, NULL, "Y");
	assert_int_equal(unlink(in(place, "sys/module/module/parameters/sig_enforce")), 0);
	assert_int_equal(rmdir(in(place, "sys/module/module/parameters")), 0);
	put(place, "sys/module/module/parameters", "Y\n");
	assert_machine(place, NULL, NULL, NULL);
}

static void link_to(const struct place *place, const char *path, const char *target)
{
	(void)unlink(in(place, path));
	assert_int_equal(symlink(target, in(place, path)), 0);
}

static void links_stay_inside(void **state)
{
	const struct place *place = *state;
	static const char file[] = "proc/cmdline";

	put(place, "inside", "inside\n");
	link_to(place, file, "../../outside");
	assert_machine(place, NULL, "none [integrity] confidentiality", "Y");
	link_to(place, file, unit_text("%s/outside", place->parent));
	assert_machine(place, NULL, "none [integrity] confidentiality", "Y");
	link_to(place, file, "/proc/cmdline");
	assert_machine(place, NULL, "none [integrity] confidentiality", "Y");
	/* The root of absolute ones is the place, and above it is nothing else. */
	link_to(place, file, "/inside");
	assert_machine(place, "inside", "none [integrity] confidentiality", "Y");
	link_to(place, file, "../../../inside");
	assert_machine(place, "inside", "none [integrity] confidentiality", "Y");
	/* A directory on the way is looked at in the same manner. */
	assert_int_equal(unlink(in(place, file)), 0);
	assert_int_equal(rmdir(in(place, "proc")), 0);
	link_to(place, "proc", "/sys/kernel/security");
	put(place, "sys/kernel/security/cmdline", "in sys\n");
	assert_machine(place, "in sys", "none [integrity] confidentiality", "Y");
}

static void places_that_cannot_be_opened(void **state)
{
	const struct place *place = *state;
	const struct {
		const char *path;
		int code;
	} cases[] = {
		{in(place, "missing"), ENOENT},
		{in(place, "proc/cmdline"), ENOTDIR},
		{"", ENOENT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_machine machine;
		struct kg_error err = unit_no_error();

		assert_failure(kg_machine_read(cases[i].path, &machine, &err), err, cases[i].code,
			       NULL);
		assert_null(machine.command_line);
	}
}

/* More than a kernel takes is cut off, and what follows a NUL is not looked at. */
static void texts_of_any_length(void **state)
{
	const struct place *place = *state;
	struct kg_machine machine;

	for (size_t length = 65534; length <= 65538; length++) {
		put(place, "proc/cmdline", unit_text("%0*d", (int)length, 0));
		machine = read_at(place->path);
		assert_int_equal(strlen(machine.command_line), length < 65536 ? length : 65536);
		kg_machine_free(&machine);
	}
	unit_write_file(in(place, "proc/cmdline"), kg_span_of("a\0b", 3));
	machine = read_at(place->path);
	assert_string_equal(machine.command_line, "a");
	kg_machine_free(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_captured_machine, set_up),
		cmocka_unit_test(this_machine),
		cmocka_unit_test(nothing_is_asked),
		cmocka_unit_test_setup(files_that_are_missing, set_up),
		cmocka_unit_test_setup(what_is_no_file, set_up),
		cmocka_unit_test_setup(links_stay_inside, set_up),
		cmocka_unit_test_setup(places_that_cannot_be_opened, set_up),
		cmocka_unit_test_setup(texts_of_any_length, set_up),
	};

	return UNIT_RUN(tests);
}
