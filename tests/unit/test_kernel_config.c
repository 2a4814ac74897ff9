// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/parse/kernel_config.h"

static enum kg_config_value lookup(const char *text, const char *option)
{
	struct kg_span exact = unit_copy(kg_span_of_string(text));
	enum kg_config_value value = kg_config_lookup(exact, option);

	unit_free(exact);
	return value;
}

static void options(void **state)
{
	static const struct {
		const char *text;
		enum kg_config_value value;
	} cases[] = {
		{"", KG_CONFIG_UNKNOWN},
		{"\n", KG_CONFIG_UNKNOWN},
		{"CONFIG_KG=y\n", KG_CONFIG_SET},
		{"CONFIG_KG=y", KG_CONFIG_SET},
		{"CONFIG_KG=m\n", KG_CONFIG_SET},
		{"CONFIG_KG=\n", KG_CONFIG_SET},
		{"CONFIG_KG=", KG_CONFIG_SET},
		{"CONFIG_KG=\"CONFIG_OTHER=y\"\n", KG_CONFIG_SET},
		{"# CONFIG_KG is not set\n", KG_CONFIG_UNSET},
		{"# CONFIG_KG is not set", KG_CONFIG_UNSET},
		/* The last line that names it counts. */
		{"CONFIG_KG=y\n# CONFIG_KG is not set\n", KG_CONFIG_UNSET},
		{"# CONFIG_KG is not set\nCONFIG_KG=y\n", KG_CONFIG_SET},
		{"CONFIG_A=y\nCONFIG_KG=y\n# CONFIG_B is not set\n", KG_CONFIG_SET},
		{"\n\nCONFIG_KG=y\n\n", KG_CONFIG_SET},
		/* Others whose names begin or end like it. */
		{"CONFIG_KG_MORE=y\n# CONFIG_KG_MORE is not set\n", KG_CONFIG_UNKNOWN},
		{"CONFIG_K=y\nXCONFIG_KG=y\n", KG_CONFIG_UNKNOWN},
		{"CONFIG_KG\nCONFIG_KG y\n", KG_CONFIG_UNKNOWN},
		{"CONFIG_A=\"CONFIG_KG=y\"\n", KG_CONFIG_UNKNOWN},
		{" CONFIG_KG=y\n", KG_CONFIG_UNKNOWN},
		{"#CONFIG_KG is not set\n", KG_CONFIG_UNKNOWN},
		{"#  CONFIG_KG is not set\n", KG_CONFIG_UNKNOWN},
		{"# CONFIG_KG is not se", KG_CONFIG_UNKNOWN},
		{"# CONFIG_KG is\n not set\n", KG_CONFIG_UNKNOWN},
		{"# CONFIG_KG=y\n", KG_CONFIG_UNKNOWN},
		{"config_kg=y\n", KG_CONFIG_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (lookup(cases[i].text, "CONFIG_KG") != cases[i].value)
			unit_fail("%s", cases[i].text);
	}
	assert_int_equal(kg_config_lookup((struct kg_span){0}, "CONFIG_KG"), KG_CONFIG_UNKNOWN);
}

/* Every line of a real configuration, found again by name. */
static void a_real_configuration(void **state)
{
	struct kg_span text = unit_read_file(unit_cache("kernel/6.12/config"));
	const char *command = unit_text("sed -nE 's/^(CONFIG_[A-Z0-9a-z_]+)=.*/S \\1/p; "
					"s/^# (CONFIG_[A-Z0-9a-z_]+) is not set$/U \\1/p' %s | "
					"awk 'NR %% 97 == 1'",
					unit_cache("kernel/6.12/config"));
	char *lines = unit_text("%s\n", unit_output_text(command));
	size_t found[2] = {0};
	char *line;

	(void)state;
	while ((line = strsep(&lines, "\n")) && *line) {
		bool set = line[0] == 'S';

		assert_int_equal(kg_config_lookup(text, line + 2),
				 set ? KG_CONFIG_SET : KG_CONFIG_UNSET);
		found[set]++;
	}
	assert_true(found[0] > 10);
	assert_true(found[1] > 50);
}

static const char config_text[] = "CONFIG_A=y\n# CONFIG_B is not set\n";

/* As kernel/configs.c has it, with something on both sides. */
static struct kg_span section_with(const char *before, struct kg_span packed, const char *behind)
{
	struct kg_buffer section = {0};
	struct kg_span exact;
	struct kg_error err;

	assert_ok(kg_buffer_append(&section, before, strlen(before), &err), err);
	assert_ok(kg_buffer_append(&section, packed.data, packed.size, &err), err);
	assert_ok(kg_buffer_append(&section, behind, strlen(behind), &err), err);
	exact = unit_copy(kg_buffer_span(&section));
	kg_buffer_free(&section);
	return exact;
}

static struct kg_span gzipped(const char *text)
{
	return unit_filter("gzip -nc", kg_span_of_string(text));
}

static void a_configuration_within(void **state)
{
	static const char *const surroundings[][2] = {
		{"IKCFG_ST", "IKCFG_ED"},
		{"text IKCFG_STIKCFG_ST", "IKCFG_EDIKCFG_ED"},
		{"IKCFG_IKCFG_ED IKCFG_ST", "IKCFG_ED text IKCFG_ST"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(surroundings) / sizeof(surroundings[0]); i++) {
		struct kg_span section = section_with(surroundings[i][0], gzipped(config_text),
						      surroundings[i][1]);
		struct kg_buffer out = {0};
		struct kg_error err = unit_no_error();

		/* Where the beginning is there twice, the first one counts. */
		if (i == 1) {
			assert_failure(kg_config_extract(section, &out, &err), err, EBADMSG, NULL);
		} else {
			assert_ok(kg_buffer_append(&out, "# before\n", 9, &err), err);
			assert_ok(kg_config_extract(section, &out, &err), err);
			assert_int_equal(out.size, 9 + strlen(config_text));
			assert_memory_equal(out.data + 9, config_text, strlen(config_text));
			assert_int_equal(kg_config_lookup(kg_buffer_span(&out), "CONFIG_B"),
					 KG_CONFIG_UNSET);
		}
		kg_buffer_free(&out);
		unit_free(section);
	}
}

static void assert_no_config(struct kg_span section, int code, const char *message)
{
	struct kg_span exact = unit_copy(section);
	struct kg_buffer out = {0};
	struct kg_error err = unit_no_error();

	assert_failure(kg_config_extract(exact, &out, &err), err, code, message);
	kg_buffer_free(&out);
	unit_free(exact);
}

static void no_configuration(void **state)
{
	static const char none[] = "has no configuration in it";

	(void)state;
	assert_no_config((struct kg_span){0}, ENOENT, none);
	assert_no_config(kg_span_of_string("IKCFG_S"), ENOENT, none);
	assert_no_config(kg_span_of_string("IKCFG_sT IKCFG_ED"), ENOENT, none);
	assert_no_config(kg_span_of_string("IKCFG_ED"), ENOENT, none);
}

static void a_configuration_that_is_cut_off(void **state)
{
	static const char cut_off[] = "has a configuration that is cut off";
	struct kg_span whole = section_with("IKCFG_ST", gzipped(config_text), "IKCFG_ED");

	(void)state;
	for (size_t size = 8; size < whole.size; size++)
		assert_no_config(kg_span_of(whole.data, size), EBADMSG, cut_off);
	for (size_t size = 0; size < 8; size++)
		assert_no_config(kg_span_of(whole.data, size), ENOENT, NULL);
	unit_free(whole);
}

static void a_damaged_configuration(void **state)
{
	struct kg_span packed = gzipped(config_text);
	struct kg_span section;

	(void)state;
	/* The magic number and the method, and behind the header a block of unknown type. */
	for (size_t at = 0; at <= 10; at += at == 2 ? 8 : 1) {
		struct kg_span damaged = unit_copy(packed);

		unit_writable(damaged)[at] = 7;
		section = section_with("IKCFG_ST", damaged, "IKCFG_ED");
		assert_no_config(section, EBADMSG, NULL);
		unit_free(section);
		unit_free(damaged);
	}
	for (size_t size = 0; size < packed.size; size++) {
		section = section_with("IKCFG_ST", kg_span_of(packed.data, size), "IKCFG_ED");
		assert_no_config(section, EBADMSG, NULL);
		unit_free(section);
	}
	section = section_with("IKCFG_ST", kg_span_of_string(config_text), "IKCFG_ED");
	assert_no_config(section, EBADMSG, NULL);
	unit_free(section);
}

static void configurations_are_limited(void **state)
{
	const size_t sizes[] = {4 << 20, (4 << 20) + 1};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct kg_span packed = unit_output(
			unit_text("head -c %zu /dev/zero | gzip -nc", sizes[i]));
		struct kg_span section = section_with("IKCFG_ST", packed, "IKCFG_ED");
		struct kg_buffer out = {0};
		struct kg_error err = unit_no_error();

		if (i == 0) {
			assert_ok(kg_config_extract(section, &out, &err), err);
			assert_int_equal(out.size, sizes[i]);
		} else {
			assert_failure(kg_config_extract(section, &out, &err), err, EFBIG,
				       "its configuration: unpacks to more than 4194304 bytes");
		}
		kg_buffer_free(&out);
		unit_free(section);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(a_real_configuration),
		cmocka_unit_test(a_configuration_within),
		cmocka_unit_test(no_configuration),
		cmocka_unit_test(a_configuration_that_is_cut_off),
		cmocka_unit_test(a_damaged_configuration),
		cmocka_unit_test(configurations_are_limited),
	};

	return UNIT_RUN(tests);
}
