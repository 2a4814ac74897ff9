// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/parse/loader_rules.h"
#include "real_vmlinux.h"

static const struct {
	const char *name;
	const char *message;
} rules[] = {
#define X(name, message, meaning) {#name, message},
	KG_LOADER_RULES(X)
#undef X
};

enum { rule_count = sizeof(rules) / sizeof(rules[0]) };

/* The rules in exactly these bytes. */
static struct kg_loader_rules read_bytes(const char *bytes, size_t size)
{
	struct kg_span exact = unit_copy(kg_span_of(bytes, size));
	struct kg_loader_rules found = kg_loader_rules_read(exact);

	unit_free(exact);
	return found;
}

static struct kg_loader_rules read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void each_message_is_one_rule(void **state)
{
	(void)state;
	assert_int_equal(rule_count, KG_LOADER_RULE_COUNT);
	assert_true(rule_count <= 32);
	for (size_t i = 0; i < rule_count; i++) {
		const char *message = unit_text("\1%s", rules[i].message);
		struct kg_loader_rules found = read_text(message);

		if (found.present != 1U << i)
			unit_fail("%s: %#x", rules[i].name, found.present);
		/* Only the message that every kernel has tells that they were read. */
		assert_int_equal(found.known, i == KG_LOADER_RULE_VERMAGIC);
		for (size_t j = 0; j < rule_count; j++)
			assert_int_equal(kg_loader_rules_have(&found, (enum kg_loader_rule)j),
					 i == j);
		found = read_text(unit_text("text before%s and behind", message));
		assert_int_equal(found.present, 1U << i);
		found = read_text(unit_text("\1\1%s", message));
		assert_int_equal(found.present, 1U << i);
	}
}

static void messages_that_are_not_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < rule_count; i++) {
		char *message = unit_text("\1%s", rules[i].message);
		size_t length = strlen(message);

		assert_true(rules[i].message[0] >= '0' && rules[i].message[0] <= '7');
		/* Without KERN_SOH, and without its level. */
		assert_int_equal(read_text(message + 1).present, 0);
		assert_int_equal(read_text(unit_text("\1%s", message + 2)).present, 0);
		for (size_t size = 0; size < length; size++)
			assert_int_equal(read_bytes(message, size).present, 0);
		for (size_t at = 0; at < length; at++) {
			char good = message[at];

			message[at] = (char)(good ^ 2);
			assert_int_equal(read_text(message).present, 0);
			message[at] = '\0';
			assert_int_equal(read_bytes(message, length).present, 0);
			message[at] = good;
		}
	}
}

static void all_messages_one_after_the_other(void **state)
{
	struct kg_loader_rules found;
	char *text = unit_text("%s", "");

	(void)state;
	for (size_t i = 0; i < rule_count; i++)
		text = unit_text("%s\1%s", text, rules[i].message);
	found = read_text(text);
	assert_int_equal(found.present, (uint32_t)((UINT64_C(1) << rule_count) - 1));
	assert_true(found.known);
	/* One that begins within another is found as well. */
	found = read_text(unit_text("\1%.*s\1%s", 7, rules[0].message, rules[1].message));
	assert_int_equal(found.present, 1U << 1);
}

static void nothing_is_known(void **state)
{
	const struct kg_loader_rules none = {0};

	(void)state;
	assert_int_equal(kg_loader_rules_read((struct kg_span){0}).present, 0);
	assert_false(kg_loader_rules_read((struct kg_span){0}).known);
	assert_false(read_bytes("\1", 1).known);
	assert_false(read_text("").known);
	for (int i = 0; i < rule_count; i++)
		assert_false(kg_loader_rules_have(&none, (enum kg_loader_rule)i));
}

/* Rules that the configuration decides, and which of the two ways round. */
static const struct {
	enum kg_loader_rule rule;
	const char *option;
	bool set;
} by_configuration[] = {
	{KG_LOADER_RULE_STRICT_RWX, "STRICT_MODULE_RWX", true},
	{KG_LOADER_RULE_CONSTRUCTORS, "CONSTRUCTORS", true},
	{KG_LOADER_RULE_FORCE_LOAD, "MODULE_FORCE_LOAD", true},
	{KG_LOADER_RULE_NAMESPACE_OPTIONAL, "MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS", true},
	{KG_LOADER_RULE_SIGNATURES, "MODULE_SIG", true},
	{KG_LOADER_RULE_LOCKDOWN, "SECURITY_LOCKDOWN_LSM", true},
	{KG_LOADER_RULE_NO_LIVEPATCH, "LIVEPATCH", false},
	{KG_LOADER_RULE_VERMAGIC, "MODULES", true},
};

static bool is_set(const char *series, const char *option)
{
	const char *config = unit_cache("kernel/%s/config", series);
	const char *count = unit_output_text(
		unit_text("grep -c '^CONFIG_%s=y$' %s || test $? = 1", option, config));

	return strcmp(count, "1") == 0;
}

/* What the images say equals their configurations and versions. */
static void rules_of_real_kernels(void **state)
{
	/* 6.1.176 has taken over the check of 6.17; both kernels allow for a mismatch of BTF. */
	static const uint32_t by_version[unit_series_count] = {
		1U << KG_LOADER_RULE_SYMBOL_SECTIONS | 1U << KG_LOADER_RULE_BTF_CHECKED,
		1U << KG_LOADER_RULE_SYMBOL_SECTIONS | 1U << KG_LOADER_RULE_BTF_OPTIONAL |
			1U << KG_LOADER_RULE_UNIQUE_SECTIONS,
	};
	static const enum kg_loader_rule versioned[] = {
		KG_LOADER_RULE_UNIQUE_SECTIONS,    KG_LOADER_RULE_STRICT_STRINGS,
		KG_LOADER_RULE_STRING_TABLE_TYPES, KG_LOADER_RULE_EXTENDED_VERSIONS,
		KG_LOADER_RULE_SYMBOL_SECTIONS,    KG_LOADER_RULE_MODULE_NAMESPACES,
		KG_LOADER_RULE_EXPORT_FLAGS,       KG_LOADER_RULE_BTF_CHECKED,
		KG_LOADER_RULE_BTF_OPTIONAL,
	};

	(void)state;
	assert_int_equal(rule_count, sizeof(versioned) / sizeof(versioned[0]) +
					     sizeof(by_configuration) /
						     sizeof(by_configuration[0]));
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_elf_file elf = unit_vmlinux_elf(i);
		const struct kg_elf_section *strings = kg_elf_file_section(&elf, ".rodata");
		struct kg_loader_rules found = kg_loader_rules_read(strings->bytes);

		assert_true(found.known);
		for (size_t j = 0; j < sizeof(by_configuration) / sizeof(by_configuration[0]); j++) {
			bool set = is_set(unit_series[i], by_configuration[j].option);

			if (kg_loader_rules_have(&found, by_configuration[j].rule) !=
			    (set == by_configuration[j].set))
				unit_fail("Linux %s: %s is%s set", unit_series[i],
					  by_configuration[j].option, set ? "" : " not");
		}
		for (size_t j = 0; j < sizeof(versioned) / sizeof(versioned[0]); j++) {
			if (kg_loader_rules_have(&found, versioned[j]) !=
			    ((by_version[i] & 1U << versioned[j]) != 0))
				unit_fail("Linux %s: %s", unit_series[i], rules[versioned[j]].name);
		}
		kg_elf_file_free(&elf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_is_one_rule),
		cmocka_unit_test(messages_that_are_not_whole),
		cmocka_unit_test(all_messages_one_after_the_other),
		cmocka_unit_test(nothing_is_known),
		cmocka_unit_test(rules_of_real_kernels),
	};

	return UNIT_RUN(tests);
}
