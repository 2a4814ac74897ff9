// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/parse/grub_block.h"
#include "kernel-guard/parse/grub_config.h"

static int parse(const char *statement, struct kg_grub_block *block, struct kg_error *err)
{
	struct kg_span bytes = unit_copy(kg_span_of_string(statement));
	int result = kg_grub_block_parse(bytes, block, err);

	unit_free(bytes);
	return result;
}

/* "word word|BODY", the title marked with *, files as <name>, savedefault as [text]. */
static const char *describe(const char *statement)
{
	struct kg_grub_block block = {0};
	struct kg_error err = unit_no_error();
	const char *text = "";
	const unsigned char *at;

	assert_ok(parse(statement, &block, &err), err);
	for (size_t i = 0; i < block.words.count; i++)
		text = unit_text("%s%s%s%s", text, i ? " " : "", i == block.title ? "*" : "",
				 block.words.items[i]);
	text = unit_text("%s|", text);
	at = block.body.data;
	for (size_t i = 0; i < block.spot_count; i++) {
		struct kg_span spot = block.spots[i].text;
		bool file = block.spots[i].kind == KG_GRUB_FILE_NAME;

		text = unit_text("%s%.*s%c%.*s%c", text, (int)(spot.data - at), (const char *)at,
				 file ? '<' : '[', (int)spot.size, (const char *)spot.data,
				 file ? '>' : ']');
		at = spot.data + spot.size;
	}
	text = unit_text("%s%.*s", text, (int)(block.body.data + block.body.size - at),
			 (const char *)at);
	kg_grub_block_free(&block);
	assert_null(block.text);
	kg_grub_block_free(&block);
	return text;
}

#define assert_block(statement, expected) assert_string_equal(describe(statement), expected)

static void headers(void **state)
{
	(void)state;
	assert_block("menuentry 'Arch Linux' --class arch $menuentry_id_option 'simple' { true; }",
		     "*'Arch Linux' --class arch $menuentry_id_option 'simple'| true; ");
	assert_block("menuentry --unrestricted --users '' \"a \\\"b\\\"\" --id=x {}",
		     "--unrestricted --users '' *\"a \\\"b\\\"\" --id=x|");
	assert_block("menuentry --hotkey a --source x --id y title more {\n}",
		     "--hotkey a --source x --id y *title more|\n");
	assert_block("menuentry a\\ b'c d'\"e f\"${x}g { }\n\n", "*a\\ b'c d'\"e f\"${x}g| ");
	assert_block("menuentry \\\n a \\\n  b {}", "*a b|");
	assert_block("menuentry --id x {}", "--id x|");
	assert_block("menuentry {}", "|");
}

static void files(void **state)
{
	(void)state;
	assert_block("menuentry a { linux /boot/vmlinuz-linux root=/dev/sda2; initrd /a /b/c }",
		     "*a| linux /boot/<vmlinuz-linux> root=/dev/sda2; initrd /<a> /b/<c> ");
	assert_block("menuentry a {\n\tlinux16\t($root)/x y\n\tinitrd16 \\\n\t z\n}",
		     "*a|\n\tlinux16\t($root)/<x> y\n\tinitrd16 \\\n\t <z>\n");
	assert_block("menuentry a { if linuxefi '/x y'; then initrdefi \"/b\" newc:a:/c; fi; }",
		     "*a| if linuxefi '/<x y>'; then initrdefi \"/<b>\" newc:a:/<c>; fi; ");
	assert_block("menuentry a { if ! x; then y; elif z; then linux a; else linux b; fi; }",
		     "*a| if ! x; then y; elif z; then linux <a>; else linux <b>; fi; ");
	/* A name in one piece, and the slash in the one before it. */
	assert_block("menuentry a { linux \"/boot/\"x''; initrd /a/'b' '/c'/d; }",
		     "*a| linux \"/boot/\"<x>''; initrd /a/'<b>' '/c'/<d>; ");
	/* Names that are not. */
	assert_block("menuentry a { linux $x; linux /b$x; linux /a'b'; linux $x'b'; linux ''; }",
		     "*a| linux $x; linux /b$x; linux /a'b'; linux $x'b'; linux ''; ");
	assert_block("menuentry a { linux; linux /; linux b/\n }", "*a| linux; linux /; linux b/\n ");
	/* Words that only look like it. */
	assert_block("menuentry a { echo linux /x; # linux /y\n'linux' /z; linux$x /w; linuxx /v }",
		     "*a| echo linux /x; # linux /y\n'linux' /z; linux$x /w; linuxx /v ");
}

static void saved_defaults(void **state)
{
	(void)state;
	assert_block("menuentry a {\n\tsavedefault\n\tlinux /x\n}",
		     "*a|\n[\tsavedefault\n]\tlinux /<x>\n");
	assert_block("menuentry a {\n  savedefault # why\n}", "*a|\n[  savedefault # why\n]");
	assert_block("menuentry a { savedefault; linux /x; }",
		     "*a| [savedefault;] linux /<x>; ");
	assert_block("menuentry a { linux /x; savedefault\n }", "*a| linux /<x>; [savedefault]\n ");
	assert_block("menuentry a { echo savedefault; savedefault x; 'savedefault' }",
		     "*a| echo savedefault; savedefault x; 'savedefault' ");
}

static void braces_and_line_ends(void **state)
{
	(void)state;
	assert_block("menuentry a {\r\n\tlinux /x\r\n}\r\n", "*a|\n\tlinux /<x>\n");
	assert_block("menuentry a { submenu b { c { linux /x; } } }",
		     "*a| submenu b { c { linux /<x>; } } ");
	assert_block("menuentry a { echo '}' \"}\" \\} # }\n}", "*a| echo '}' \"}\" \\} # }\n");
	assert_block("menuentry a{linux /x}", "*a|linux /<x>");
}

static void no_menuentries(void **state)
{
	static const struct {
		const char *statement;
		const char *message;
	} cases[] = {
		{"", "is no menuentry"},
		{"linux /x", "is no menuentry"},
		{"'menuentry' a {}", "is no menuentry"},
		{"menuentry a", "is a menuentry without a block"},
		{"menuentry a; {}", "is a menuentry without a block"},
		{"menuentry a {", "is a menuentry that is not closed"},
		{"menuentry a { { }", "is a menuentry that is not closed"},
		{"menuentry a {} b", "is more than a menuentry"},
		{"menuentry a {}\n}", "is more than a menuentry"},
		{"menuentry 'a {}", "line 1: a quote that does not end"},
		{"menuentry a {\n & }", "line 2: a & outside of quotes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_grub_block block = {.title = 77};
		struct kg_error err = unit_no_error();

		assert_failure(parse(cases[i].statement, &block, &err), err, EBADMSG,
			       cases[i].message);
		assert_int_equal(block.title, 77);
	}
}

static int find(void *context, const char *path, struct kg_span *text)
{
	if (strcmp(path, "(config)/more.cfg") != 0)
		return 0;
	*text = *(const struct kg_span *)context;
	return 1;
}

/* Each entry's statement is what stands in the text that it was read from. */
static void statements(void **state)
{
	static const char script[] = "menuentry a { true; }; menuentry b {\r\n\ttrue\r\n}\r\n"
				     "submenu s { if true; then menuentry c --id d { e; }; fi; }\n"
				     "source $prefix/more.cfg\n"
				     "function f { menuentry \"$1\" { linux /x; }; }; f g; f h\n";
	static const char more[] = "# comment\nmenuentry 'i' { true; }";
	static const char *const expected[] = {
		"menuentry a { true; }",         "menuentry b {\n\ttrue\n}",
		"menuentry c --id d { e; }",     "menuentry 'i' { true; }",
		"menuentry \"$1\" { linux /x; }", "menuentry \"$1\" { linux /x; }",
	};
	struct kg_span sourced = kg_span_of_string(more);
	const struct kg_grub_files files = {.find = find, .context = &sourced};
	struct kg_grub_config config = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	assert_ok(kg_grub_config_read(kg_span_of_string(script), &files, &config, &err), err);
	assert_int_equal(config.count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < config.count; i++) {
		struct kg_span statement = config.entries[i].statement;

		assert_string_equal(unit_text("%.*s", (int)statement.size,
					      (const char *)statement.data),
				    expected[i]);
	}
	kg_grub_config_free(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(files),
		cmocka_unit_test(saved_defaults),
		cmocka_unit_test(braces_and_line_ends),
		cmocka_unit_test(no_menuentries),
		cmocka_unit_test(statements),
	};

	return UNIT_RUN(tests);
}
