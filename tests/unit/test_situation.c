// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel command line, and what a machine says, as far as modules are concerned. */
#include "fixture.h"
#include "kernel-guard/loader/situation.h"

static struct kg_load_situation situation_of(const char *command_line)
{
	struct kg_load_situation situation = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_load_situation_add_command_line(&situation, command_line, &err), err);
	return situation;
}

/* The blacklist with "|" behind every name. */
static void assert_blacklist(const char *command_line, const char *expected)
{
	struct kg_load_situation situation = situation_of(command_line);
	const char *names = "";

	for (size_t i = 0; i < situation.blacklist.count; i++)
		names = unit_text("%s%s|", names, situation.blacklist.items[i]);
	if (strcmp(names, expected) != 0)
		unit_fail("<%s>: %s, and not %s", command_line, names, expected);
	kg_load_situation_free(&situation);
	assert_null(situation.blacklist.items);
}

static void nothing_is_said(void **state)
{
	static const char *const lines[] = {"", " ", "quiet", "\n", "\"", "=", "\"\"", "a=\"",
					    "-- nomodule", "xmodule_blacklist=a",
					    "module_blacklistx=a", "module_blacklis=a",
					    "kernel.nomodule", "module.sig_enforce.x",
					    "lockdown", "lockdown=", "lockdown=none",
					    "lockdown=Integrity", "lockdown=integrity,x"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct kg_load_situation situation = situation_of(lines[i]);

		assert_int_equal(situation.blacklist.count, 0);
		assert_false(situation.modules_disabled);
		assert_false(situation.signatures_enforced);
		assert_int_equal(situation.lockdown, KG_LOCKDOWN_NONE);
		assert_false(situation.may_trust_more);
		kg_load_situation_free(&situation);
	}
}

/* blacklisted() of kernel/module/main.c: between commas, an empty name too. */
static void names_of_the_blacklist(void **state)
{
	(void)state;
	assert_blacklist("module_blacklist=a", "a|");
	assert_blacklist("quiet module_blacklist=a,b_c,d-e rw", "a|b_c|d-e|");
	assert_blacklist("module_blacklist=", "");
	assert_blacklist("module_blacklist=,", "|");
	assert_blacklist("module_blacklist=a,", "a|");
	assert_blacklist("module_blacklist=,a", "|a|");
	assert_blacklist("module_blacklist=a,,b", "a||b|");
	assert_blacklist("module_blacklist=a=b,c", "a=b|c|");
	/* The last one counts; without a value, or over 1024 bytes, it is none. */
	assert_blacklist("module_blacklist=a module_blacklist=b,c", "b|c|");
	assert_blacklist("module_blacklist=a module_blacklist=", "");
	assert_blacklist("module_blacklist=a module_blacklist", "a|");
	assert_blacklist(unit_text("module_blacklist=a module_blacklist=%01024d", 0),
			 unit_text("%01024d|", 0));
	assert_blacklist(unit_text("module_blacklist=a module_blacklist=%01025d", 0), "a|");
	/* "-" and "_" are one in names of parameters. */
	assert_blacklist("module-blacklist=a", "a|");
	assert_blacklist("module_blacklist=a -- module_blacklist=b", "a|");
	assert_blacklist("module_blacklist=a --x module_blacklist=b", "b|");
	assert_blacklist("module_blacklist=a --=x module_blacklist=b", "b|");
	assert_blacklist("module_blacklist=a \"--\" module_blacklist=b", "a|");
}

/* next_arg() of lib/cmdline.c */
static void blanks_and_quotes(void **state)
{
	(void)state;
	assert_blacklist("\t\v\f\r\nmodule_blacklist=a\xa0x\n", "a|");
	assert_blacklist("x\xa0module_blacklist=a", "a|");
	assert_blacklist("module_blacklist=\xc2\xb5", "\xc2\xb5|");
	assert_blacklist("module_blacklist=\"a b\",c", "a b\"|c|");
	assert_blacklist("module_blacklist=\"a,b c\" x", "a|b c|");
	assert_blacklist("\"module_blacklist=a b,c\" x", "a b|c|");
	assert_blacklist("\"module_blacklist=a", "a|");
	assert_blacklist("module_blacklist=\"a module_blacklist=b", "a module_blacklist=b|");
	assert_blacklist("module_blacklist=\"", "");
	assert_blacklist("module_blacklist=\"\"", "");
	/* Quotes inside hold together, and stay. */
	assert_blacklist("module_blacklist=a\"b c\"d", "a\"b c\"d|");
	assert_blacklist("module_blacklist=a,\"b\"", "a|\"b\"|");
	assert_blacklist("module_blacklist=\"a\"b", "a\"b|");
	assert_blacklist("module_blacklist=a\"", "a\"|");
	assert_blacklist("\"module_blacklist=\"a\"\"", "a\"|");
	assert_blacklist("module_\"blacklist=a\"", "");
	assert_blacklist("x=\" module_blacklist=a \" module_blacklist=b", "b|");
	assert_blacklist("x=\" module_blacklist=a", "");
	assert_blacklist("=module_blacklist=a", "");
}

struct flag {
	const char *command_line;
	bool set;
};

static void modules_are_disabled(void **state)
{
	static const struct flag cases[] = {
		{"nomodule", true},
		{"nomodule=1", true},
		{"nomodule=y", true},
		{"nomodule=yes", true},
		{"nomodule=Yes", true},
		{"nomodule=t", true},
		{"nomodule=T", true},
		{"nomodule=on", true},
		{"nomodule=oN", true},
		{"nomodule=ON2", true},
		{"nomodule=1x", true},
		{"nomodule=0", false},
		{"nomodule=", false},
		{"nomodule=2", false},
		{"nomodule=o", false},
		{"nomodule=x", false},
		{"nomodule nomodule=0", false},
		{"nomodule nomodule=n", false},
		{"nomodule nomodule=No", false},
		{"nomodule nomodule=f", false},
		{"nomodule nomodule=F", false},
		{"nomodule nomodule=off", false},
		{"nomodule nomodule=OF", false},
		/* What is no answer changes nothing. */
		{"nomodule nomodule=", true},
		{"nomodule nomodule=x", true},
		{"nomodule nomodule=o", true},
		{"nomodules", false},
		{"no_module", false},
		{"sysctl.kernel.modules_disabled=1", true},
		{"sysctl/kernel/modules_disabled=1", true},
		{"sysctl.kernel/modules_disabled=1", true},
		{"sysctl.kernel.modules-disabled=1", false},
		{"sysctl.kernel.modules_disabled", false},
		{"sysctl.kernel.modules_disabled=", false},
		{"sysctl.kernel.modules_disabled=0", false},
		{"sysctl.kernel.modules_disabled=2", false},
		{"sysctl.kernel.modules_disabled=1 sysctl.kernel.modules_disabled=0", true},
		{"sysctl.kernel.modules_disabled_x=1", false},
		{"sysctl.kernel.modules_disable=1", false},
		{"xsysctl.kernel.modules_disabled=1", false},
		{"kernel.modules_disabled=1", false},
		/* It is set when all parameters have been. */
		{"sysctl.kernel.modules_disabled=1 nomodule=0", true},
		{"-- sysctl.kernel.modules_disabled=1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_load_situation situation = situation_of(cases[i].command_line);

		if (situation.modules_disabled != cases[i].set)
			unit_fail("%s", cases[i].command_line);
		kg_load_situation_free(&situation);
	}
}

static void signatures_are_enforced(void **state)
{
	static const struct flag cases[] = {
		{"module.sig_enforce", true},
		{"module.sig-enforce", true},
		{"module.sig_enforce=1", true},
		{"module.sig_enforce=Y", true},
		{"module.sig_enforce=on", true},
		{"module.sig_enforce=0", false},
		{"module.sig_enforce=", false},
		{"module.sig_enforce=enforce", false},
		{"module_sig_enforce", false},
		{"sig_enforce", false},
		/* param_set_bool_enable_only(): not to be taken back. */
		{"module.sig_enforce module.sig_enforce=0", true},
		{"module.sig_enforce=0 module.sig_enforce=1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_load_situation situation = situation_of(cases[i].command_line);

		if (situation.signatures_enforced != cases[i].set)
			unit_fail("%s", cases[i].command_line);
		assert_false(situation.modules_disabled);
		kg_load_situation_free(&situation);
	}
}

static void lockdown_only_rises(void **state)
{
	static const struct {
		const char *command_line;
		enum kg_lockdown lockdown;
	} cases[] = {
		{"lockdown=integrity", KG_LOCKDOWN_INTEGRITY},
		{"lockdown=\"integrity\"", KG_LOCKDOWN_INTEGRITY},
		{"lockdown=confidentiality", KG_LOCKDOWN_CONFIDENTIALITY},
		{"lockdown=integrity lockdown=confidentiality", KG_LOCKDOWN_CONFIDENTIALITY},
		{"lockdown=confidentiality lockdown=integrity", KG_LOCKDOWN_CONFIDENTIALITY},
		{"lockdown=integrity lockdown=none", KG_LOCKDOWN_INTEGRITY},
		{"lockdown=integrity lockdown", KG_LOCKDOWN_INTEGRITY},
		{"-- lockdown=integrity", KG_LOCKDOWN_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_load_situation situation = situation_of(cases[i].command_line);

		if (situation.lockdown != cases[i].lockdown)
			unit_fail("%s: %d", cases[i].command_line, (int)situation.lockdown);
		kg_load_situation_free(&situation);
	}
}

static void several_command_lines(void **state)
{
	struct kg_load_situation situation = situation_of("module_blacklist=a lockdown=integrity");
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_load_situation_add_command_line(&situation, "module.sig_enforce", &err), err);
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_INTEGRITY);
	assert_true(situation.signatures_enforced);
	assert_string_equal(situation.blacklist.items[0], "a");
	kg_load_situation_free(&situation);
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_NONE);
	assert_false(situation.signatures_enforced);
}

static void states_of_lockdown(void **state)
{
	static const struct {
		const char *text;
		int lockdown; /* -1: none is named */
	} cases[] = {
		{"[none] integrity confidentiality", KG_LOCKDOWN_NONE},
		{"none [integrity] confidentiality", KG_LOCKDOWN_INTEGRITY},
		{"none integrity [confidentiality]", KG_LOCKDOWN_CONFIDENTIALITY},
		{"none integrity [confidentiality]\n", KG_LOCKDOWN_CONFIDENTIALITY},
		{"[integrity] confidentiality", KG_LOCKDOWN_INTEGRITY},
		{"none integrity confidentiality", -1},
		{"", -1},
		{"[", -1},
		{"[]", -1},
		{"[integrit]", -1},
		{"[integrityx]", -1},
		{"[Integrity]", -1},
		{"none] [integrity]", KG_LOCKDOWN_INTEGRITY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum kg_lockdown lockdown = (enum kg_lockdown)42;

		assert_int_equal(kg_lockdown_of_state(cases[i].text, &lockdown),
				 cases[i].lockdown >= 0);
		assert_int_equal(lockdown, cases[i].lockdown >= 0 ? cases[i].lockdown : 42);
	}
}

static void names_of_lockdown(void **state)
{
	static const char *const names[] = {"none", "integrity", "confidentiality"};
	static const char *const others[] = {"", "non", "none ", "nonee", "None", "[none]"};
	enum kg_lockdown lockdown;

	(void)state;
	for (int i = 0; i < 3; i++) {
		lockdown = (enum kg_lockdown)42;
		assert_true(kg_lockdown_of_name(names[i], &lockdown));
		assert_int_equal(lockdown, i);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		lockdown = (enum kg_lockdown)42;
		assert_false(kg_lockdown_of_name(others[i], &lockdown));
		assert_int_equal(lockdown, 42);
	}
}

static struct kg_load_situation situation_on(const struct kg_machine *machine,
					     const char *command_line)
{
	struct kg_load_situation situation = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_load_situation_add_machine(&situation, machine, command_line, &err), err);
	return situation;
}

static void what_the_machine_says(void **state)
{
	char integrity[] = "none [integrity] confidentiality";
	char line[] = "module_blacklist=a lockdown=confidentiality";
	char yes[] = "Y";
	char no[] = "N";
	struct kg_machine machine = {.lockdown = integrity, .sig_enforce = no};
	struct kg_load_situation situation = situation_on(&machine, NULL);

	(void)state;
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_INTEGRITY);
	assert_false(situation.signatures_enforced);
	assert_false(situation.may_trust_more);
	assert_int_equal(situation.blacklist.count, 0);
	kg_load_situation_free(&situation);
	machine = (struct kg_machine){.command_line = line, .lockdown = integrity, .sig_enforce = yes};
	situation = situation_on(&machine, NULL);
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_CONFIDENTIALITY);
	assert_true(situation.signatures_enforced);
	assert_true(situation.may_trust_more);
	assert_string_equal(situation.blacklist.items[0], "a");
	kg_load_situation_free(&situation);
	/* Another command line takes the place of the machine's. */
	situation = situation_on(&machine, "module_blacklist=b");
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_INTEGRITY);
	assert_int_equal(situation.blacklist.count, 1);
	assert_string_equal(situation.blacklist.items[0], "b");
	assert_true(situation.may_trust_more);
	kg_load_situation_free(&situation);
}

static void a_machine_that_says_nothing(void **state)
{
	const struct kg_machine machine = {0};
	struct kg_load_situation situation = situation_on(&machine, NULL);

	(void)state;
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_NONE);
	assert_false(situation.signatures_enforced);
	assert_false(situation.may_trust_more);
	kg_load_situation_free(&situation);
	situation = situation_on(&machine, "lockdown=integrity module.sig_enforce");
	assert_int_equal(situation.lockdown, KG_LOCKDOWN_INTEGRITY);
	assert_true(situation.signatures_enforced);
	kg_load_situation_free(&situation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said),
		cmocka_unit_test(names_of_the_blacklist),
		cmocka_unit_test(blanks_and_quotes),
		cmocka_unit_test(modules_are_disabled),
		cmocka_unit_test(signatures_are_enforced),
		cmocka_unit_test(lockdown_only_rises),
		cmocka_unit_test(several_command_lines),
		cmocka_unit_test(states_of_lockdown),
		cmocka_unit_test(names_of_lockdown),
		cmocka_unit_test(what_the_machine_says),
		cmocka_unit_test(a_machine_that_says_nothing),
	};

	return UNIT_RUN(tests);
}
