// SPDX-License-Identifier: GPL-2.0-or-later
/* GRUB's language: its words, its statements, and what bounds their reading. */
#include "grub_fixture.h"

static void words(void **state)
{
	static const struct {
		const char *words;
		const char *expected; /* as options of the kernel */
	} cases[] = {
		{"a  b\tc", "a b c"},
		{"a'b'\"c\"\\d", "abcd"},
		{"'a\nb'", "a\nb"},
		{"a\\\nb c\\\n d", "ab c d"},
		{"\"a\\\nb\"", "ab"},
		{"a#b #c\n", "a#b"},
		{"'' \"\" x", "  x"},
		{"$none x${none}y", "xy"},
		{"\"$none\" x", " x"},
		{"$two \"$two\"", "1 2 \"1 2\""},
		{"<$lead>", NULL},
		{"x${lead}y", "x1 2y"},
		{"${two}$two", "1 21 2"},
		{"\"\\$two \\\\ \\\" \\n\"", "\"$two \\\\ \\\" \\\\n\""},
		{"'$two'", "$two"},
		{"\\$two \\;\\{\\}", "$two ;{}"},
		{"$\"$two a $ \\\"\"", "\"1 2 a $ \\\"\""},
		{"if then fi [ ] ! =", "if then fi [ ] ! ="},
		{"$? $# $1 $2", "$? 1 a"},
		{"\r a\r\n", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *script = unit_text("set two='1 2'; set lead=' 1 2 '\n"
					       "menuentry a { linux /k %s\n}",
					       cases[i].words);

		if (cases[i].expected)
			assert_grub(script, unit_text("*a: (own)/k {%s}\n", cases[i].expected));
		else
			assert_grub_failure(script, EBADMSG, "line 2: a < outside of quotes");
	}
}

static void functions(void **state)
{
	(void)state;
	assert_grub("function f { set x=\"$x<$1|$2|$#|$*>\"; }\nf; f 'a b' c; f \"$*\"\n"
		    "menuentry m { linux /k \"$x\"; }",
		    "*m: (own)/k {\"<||0|><a b|c|2|a b c><||1|>\"}\n");
	assert_grub("function f { for i in $@; do set x=$x,$i; done; for i in \"$@\"; do "
		    "set y=$y,$i; done; }\nf 'a b' c\nmenuentry m { linux /k $x \"$y\"; }",
		    "*m: (own)/k {,a,b,c ,a,c}\n");
	assert_grub("function f { set x=1; return; set x=2; }\nf\nfunction f { set y=3; }\nf\n"
		    "menuentry m { linux /k $x$y; }",
		    "*m: (own)/k {13}\n");
	assert_grub("function f { if loadfont x; then return; fi; set x=1; }\nf\n"
		    "menuentry m { linux /k $x; }",
		    "*m: (own)/k {1}\n");
	assert_grub("function set { x=2; }\nset x=1\nmenuentry m { linux /k $x; }",
		    "*m: (own)/k {1}\n");
	assert_grub("function e { menuentry \"$1\" { linux /$1; }; }\ne one; e two",
		    "*one: (own)/one {}\ntwo: (own)/two {}\n");
}

static void assert_condition(const char *condition, const char *expected)
{
	assert_grub(unit_text("a=1; e=\nif %s; then x=yes; else x=no; fi\n"
			      "menuentry m { linux /k \"$x\"; }",
			      condition),
		    unit_text("*m: %s\n", expected));
}

static void conditions(void **state)
{
	static const char *const yes[] = {
		"true", "! false", "[ x ]", "[ 1 = 1 ]", "[ 1 == 1 ]", "[ 1 != 2 ]", "test 1 = 1",
		"[ a '<' b ]", "[ b '>' a ]", "[ a '<=' a ]", "[ b '>=' a ]", "[ 0x10 -eq 16 ]",
		"[ -2 -lt -1 ]", "[ 3 -gt 2 ]", "[ 2 -ge 2 ]", "[ 2 -le 2 ]", "[ 1 -ne 2 ]",
		"[ -n a ]", "[ -z '' ]", "[ -z $none ]", "[ ! '' ]", "[ ! x = y ]",
		"[ 1 = 1 -a 2 = 2 ]", "[ 1 = 2 -o 2 = 2 ]", "[ ( 1 = 2 -o 2 = 2 ) -a x ]",
		"[ x$feature_menuentry_id = xy ]", "[ $? = 0 ]", "true; [ 1 ]", "[ ]",
		"[ 1 = 1 -o $grub_cpu ]", "f", "[ \"$a\" ]",
	};
	static const char *const no[] = {
		"false", "! true", "[ '' ]", "[ 1 = 2 ]", "[ 2 '<' 1 ]", "[ 010 -eq 10 ]",
		"[ x -a '' ]", "[ ! x -o '' ]", "[ \"$none\" ]", "[ -n \"$e\" ]", "true; false",
		"[ x$feature_other = xy ]", "[ 1 = 2 -a $grub_cpu ]", "[ -f (config)/x ]",
		"[ -s $prefix/grubenv ]",
	};
	static const char *const maybe[] = {
		"insmod x", "[ $grub_platform = efi ]", "[ -d /x ]", "[ -f /x ]", "! loadfont x",
		"[ a -plt b ]", "[ a -nt b ]", "[ -n \"$cmdpath\" ]", "[ $grub_cpu ]", "unheard of",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_condition(strcmp(yes[i], "f") == 0 ? "[ 1 ]" : yes[i], "(own)/k {yes}");
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_condition(no[i], "(own)/k {no}");
	for (size_t i = 0; i < sizeof(maybe) / sizeof(maybe[0]); i++)
		assert_condition(maybe[i], "(own)/k {no} | (own)/k {yes}");
	assert_condition("false; then x=a; elif [ $a = 1 ]", "(own)/k {yes}");
	assert_condition("false; then x=a; elif false; then x=b; elif insmod x",
			 "(own)/k {no} | (own)/k {yes}");
}

static void syntax_errors(void **state)
{
	static const struct {
		const char *script;
		const char *message;
	} cases[] = {
		{"a\nb 'c\n", "line 2: a quote that does not end"},
		{"\"a\n\n", "line 1: a quote that does not end"},
		{"a $\n", "line 1: a $ without the name of a variable"},
		{"a ${b\n", "line 1: ${ without the name of a variable"},
		{"a ${}\n", "line 1: a $ without the name of a variable"},
		{"a | b", "line 1: a | outside of quotes"},
		{"a & b", "line 1: a & outside of quotes"},
		{"}", "line 1: a command is expected"},
		{"a }", "line 1: ; or a new line is expected"},
		{";", "line 1: a command is expected"},
		{"a;;b", "line 1: a command is expected"},
		{"menuentry a {\nlinux /x\n", "line 2: } is expected"},
		{"menuentry a { }", "line 1: a command is expected"},
		{"\nif a; then b", "line 2: fi is expected"},
		{"if a; then b\n\nx fi\n", "line 3: fi is expected"},
		{"if a\nb\nfi", "line 3: then is expected"},
		{"else", "line 1: a command is expected"},
		{"function 1 { a; }", "line 1: a name is expected"},
		{"function if { a; }", "line 1: a name is expected"},
		{"function f { a }", "line 1: ; or a new line is expected"},
		{"if a; then function f { b; }; fi", "line 1: a command is expected"},
		{"for 'x' in a; do b; done", "line 1: a name is expected"},
		{"for x a; do b; done", "line 1: in is expected"},
		{"for x in a do b; done", "line 1: do is expected"},
		{"while a; b; done", "line 1: do is expected"},
		{"case a in", "line 1: a command is expected"},
		{"[[ a ]]", "line 1: a command is expected"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_grub_failure(cases[i].script, EBADMSG, cases[i].message);
	assert_grub_failure_of(kg_span_of("a\nb\0c\n", 6), EBADMSG, "line 2: holds a NUL byte");
}

static const char *repeated(const char *text, size_t count, const char *end)
{
	size_t length = strlen(text);
	char *all = unit_keep(malloc(length * count + strlen(end) + 1));

	for (size_t i = 0; i < count; i++)
		memcpy(all + i * length, text, length);
	strcpy(all + length * count, end);
	return all;
}

static void limits(void **state)
{
	(void)state;
	assert_grub_failure(unit_text("a\n%s", repeated("xxxxxxxxxx", 1000000, "\n")), EFBIG,
			    "line 2: has more than 1048576 bytes");
	assert_grub_failure(repeated("#23456789\n", 500000, ""), EFBIG,
			    "has more than 4194304 bytes");
	assert_grub_failure(repeated("a b c d e ", 100000, repeated("\na b c d e", 100002, "")),
			    EFBIG, NULL);
	assert_grub_failure(repeated("submenu x {\n", 100, ""), EFBIG,
			    "line 65: is nested deeper than 64 levels");
	assert_grub_failure(repeated("if a; then b\n", 1, repeated("elif a; then b\n", 70, "fi")),
			    EFBIG, "line 65: is nested deeper than 64 levels");
	assert_grub_failure("function f { f; }\nf\n", EFBIG,
			    "line 1: functions and files are nested deeper than 100");
	assert_grub_failure("function f { submenu x { f; }; }\nf\n", EFBIG,
			    "line 1: submenus are nested deeper than 16");
	assert_grub_failure(repeated("menuentry x { y; }\n", 10001, ""), EFBIG,
			    "line 10001: has more than 10000 entries");
	assert_grub_failure(repeated("blscfg\n", 1001, ""), EFBIG,
			    "line 1001: has more than 1000 statements that are not read");
	assert_grub_failure(repeated("function f { a; }\n", 1001, ""), EFBIG,
			    "line 1001: defines more than 1000 functions");
}

static void exploding_scripts(void **state)
{
	const char *many = "";

	(void)state;
	for (int i = 0; i < 1025; i++)
		many = unit_text("%sv%d=1\n", many, i);
	assert_grub_failure(many, EFBIG, "sets more than 1024 variables");
	/* Each call is two of the next function. */
	many = "function f0 { x=$x; }\n";
	for (int i = 1; i < 40; i++)
		many = unit_text("%sfunction f%d { f%d; f%d; }\n", many, i, i - 1, i - 1);
	assert_grub_failure(unit_text("%sf39\n", many), EFBIG,
			    "line 5: takes more than 4000000 steps");
	/* Branches that double, values that double. */
	assert_grub(unit_text("a=x\n%smenuentry m { linux /k; }",
			      repeated("if insmod a; then a=$a$a; else a=y$a; fi\n", 300, "")),
		    "*m: (own)/k {}\n");
	assert_grub(unit_text("menuentry m { %slinux /k; }",
			      repeated("if insmod a; then linux /a$a; a=b$a; fi\n", 300, "")),
		    "*m: (own)/k {}\n");
}

/* The real reader of the language agrees what is a script, also on damaged ones. */
static void grub_script_check(void **state)
{
	static const char *const pieces[] = {
		" ", "\n", ";", "{", "}", "'", "\"", "\\", "$", "${", "$a", "${a}", "#", "if ",
		"then ", "fi", "else ", "elif ", "for ", "in ", "do ", "done", "while ", "function ",
		"[[", "]]", "|", "&", "<", ">", "\\\n", "a", "$?", "$1", "!", "case ", "$\"x\"", "\t",
	};
	static const char *const scripts[] = {
		"menuentry 'a' --id \"$b\" {\n linux /x ${c}\n initrd /y; }\nsubmenu b { menuentry c { d\n} }\n",
		"if [ \"$a\" = b -o x ]; then\n c; elif d; then e\nelse f; g\nfi\n",
		"function f {\n set x=\"$1 $2 \\$3\"; return 1\n}\nf 'a b' c\\ d\n",
		"for i in $a \"$b\" x*; do set z=$z$i; done\nwhile a; do b; done; until c\ndo d\ndone\n",
		"a#b #c'd\n# don't {\n$\"e $f\" \\\n g\nh 'i\nj' k\n",
	};
	const char *file = unit_text("%s/script", unit_directory());
	uint64_t random = 0x6b67;
	int refused = 0;

	(void)state;
	for (int i = 0; i < 400; i++) {
		const char *script = scripts[unit_random(&random) % 5];
		struct kg_grub_config config;
		struct kg_error err = unit_no_error();
		bool accepted;

		for (uint64_t edits = unit_random(&random) % 3; edits > 0; edits--) {
			size_t at = unit_random(&random) % (strlen(script) + 1);
			const char *rest = script + at;
			const char *piece = "";

			if (unit_random(&random) % 2)
				piece = pieces[unit_random(&random) % (sizeof(pieces) / sizeof(pieces[0]))];
			else
				rest += *rest ? 1 : 0;
			script = unit_text("%.*s%s%s", (int)at, script, piece, rest);
		}
		/* The real one refuses scripts without any command. */
		script = unit_text("%s\ntrue\n", script);
		unit_write_file(file, kg_span_of_string(script));
		accepted = system(unit_text("grub-script-check %s >/dev/null 2>&1", file)) == 0;
		refused += !accepted;
		if (kg_grub_config_read(kg_span_of_string(script), NULL, &config, &err) == 0)
			kg_grub_config_free(&config);
		else
			assert_true(err.code == EBADMSG || err.code == EFBIG);
		if (accepted != (err.code != EBADMSG))
			unit_fail("grub-script-check %s:\n%s\n%s", accepted ? "accepts" : "refuses",
				  script, err.message);
	}
	assert_in_range(refused, 50, 350);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(functions),
		cmocka_unit_test(conditions),
		cmocka_unit_test(syntax_errors),
		cmocka_unit_test(limits),
		cmocka_unit_test(exploding_scripts),
		cmocka_unit_test(grub_script_check),
	};

	return UNIT_RUN(tests);
}
