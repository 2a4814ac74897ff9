// SPDX-License-Identifier: GPL-2.0-or-later
/* What is beyond the reader, and texts that mean no good. */
#include <time.h>

#include "shell_fixture.h"

static void other_statements(void **state)
{
	static const char *const statements[] = {
		"echo hello",
		"rm -rf /",
		"[ -e /etc/x ] && :",
		"A=1 B=2",
		"A=1 command",
		"A=x|y",
		"A=x&",
		"A=x<y",
		"A=(a b) c",
		"A=(a;b)",
		"A=(a|b)",
		"A=a)",
		"1A=x",
		"A-B=x",
		"A =x",
		"=x",
		"export A",
		"readonly A=1",
		"declare -a A=(x)",
		"local A=x",
		"unset A",
		"source /etc/x",
		". /etc/x",
		"eval 'A=x'",
		"A=(a) # c\nB=(b\nc) d",
	};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(statements) / sizeof(statements[0]); i++) {
		kg_shell_free(&shell);
		read_text(statements[i]);
		assert_unread(unit_text("1: %s\n", statements[i]));
		for (size_t j = 0; j < shell.variable_count; j++) {
			assert_true(shell.variables[j].uncertain);
			assert_int_equal(shell.variables[j].values.count, 0);
		}
	}
	kg_shell_free(&shell);
	read_text(statements[sizeof(statements) / sizeof(statements[0]) - 1]);
	assert_unread("2: B=(b\n");
	assert_values("A", "<a>");
	assert_values("B", "?");
}

static void compound_commands(void **state)
{
	static const char *const compounds[] = {
		"if [ -e /x ]; then\n  M=(inside)\nfi",
		"if x; then M=(inside); fi",
		"if x\nthen\n  if y; then :; fi\n  M=(inside)\nelse\n  M=(other)\nfi",
		"if x; then\n  echo \"all done here; fi\"\n  M=(inside)\nfi",
		"if x; then\n  echo done esac }\n  M=(inside)\nfi",
		"if x; then\n  # fi\n  M=(inside)\nfi",
		"if x; then\n  : ${Y:-fi}; echo 'it''s' fi\n  M=(inside)\nfi",
		"for i in a b; do\n  M+=($i)\ndone",
		"for M in a b; do\n  :\ndone",
		"for ((i = 0; i < 3; i++)); do\n  M+=(x)\ndone",
		"while read -r x; do\n  M+=(x)\ndone </etc/x",
		"until x; do\n  M+=(x)\ndone",
		"select M in a b; do\n  :\ndone",
		"case $x in\n  a) M=(inside) ;;\n  if|done) M=(x) ;;\n  *) M=() ;;\nesac",
		"case x in (a)\n  M=(inside)\n  ;;\nesac",
		"f() {\n  M=(inside)\n}",
		"f(){\n  M=(inside)\n}",
		"f ()\n{\n  M=(inside)\n}",
		"function f {\n  M=(inside)\n}",
		"function f() {\n  M=(inside)\n}",
		"f() (\n  M=(inside)\n)",
		"{\n  M=(inside)\n}",
		"(\n  M=(inside)\n)",
		"X=$(\n  M=(inside)\n)",
		"X=\"$(\n  M=(inside)\n)\"",
		"x &&\n  M=(inside)",
		"x ||\n\n  # why\n  M=(inside)",
		"x |\n  M=(inside)",
		"x && M=(inside)",
		"x; M=(inside)",
		"x \\\n  M=(inside)",
		"x\\\nM=(inside)",
		"cat <<END\nM=(inside)\nEND",
		"cat <<-'A B' >/x\n\tM=(inside)\n\tA B",
		"cat <<A <<B\nM='\nA\nM=(inside)\nB",
		"x 'two\nM=(inside)\nlines'",
		"x \"two\nM=(inside)\nlines\"",
		"x `\nM=(inside)\n`",
		"((M = 3))",
		"read -r M",
		"mapfile -t M",
		"printf -v M x",
		": ${M:=inside}",
		": \"${M=inside}\"",
		"x \"${Y:-it's}\nM=(inside)\n'}\"",
		"unset M",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(compounds) / sizeof(compounds[0]); i++) {
		const struct kg_shell_variable *variable;

		kg_shell_free(&shell);
		read_text(unit_text("M=(before)\n%s\nAFTER=2\n", compounds[i]));
		variable = kg_shell_get(&shell, "M");
		assert_non_null(variable);
		if (shell.unread_count != 1 || shell.unread[0].line != 2)
			unit_fail("%zu unread statements of: %s", shell.unread_count, compounds[i]);
		if (variable->values.count != 1 || strcmp(variable->values.items[0], "before") != 0)
			unit_fail("something was taken of: %s", compounds[i]);
		/* What is in a string, another process or a document changes nothing. */
		if (!variable->uncertain && !strchr("x`c", compounds[i][0]))
			unit_fail("M is taken to be as before by: %s", compounds[i]);
		assert_values("AFTER", "<2>");
	}
}

static void uncertainty_ends(void **state)
{
	(void)state;
	read_text("M=(a)\nif x; then M=(b); fi\nN=(\"${M[@]}\")\nM=(c)\nO=(\"${M[@]}\")\n");
	assert_unread("2: if x; then M=(b); fi\n3: N=(\"${M[@]}\")\n");
	assert_values("M", "<c>");
	assert_values("N", "?");
	assert_values("O", "<c>");
	/* An element, or an addition, leaves the rest as uncertain as it was. */
	read_text("x && M=(d)\nM+=(e)\n");
	assert_values("M", "?<c><e>");
	read_text("M=f\n");
	assert_values("M", "?<f><e>");
}

static void other_code_may_do_anything(void **state)
{
	static const char *const codes[] = {". /etc/x", "source /etc/x", "eval \"$x\"",
					    "x || . /etc/x"};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		kg_shell_free(&shell);
		read_text(unit_text("A=(a)\n%s\nB+=(b)\nC=(c)\n", codes[i]));
		assert_values("A", "?<a>");
		assert_values("B", "?<b>");
		assert_values("C", "<c>");
	}
}

static void unread_statements_are_named(void **state)
{
	char line[300];
	struct kg_error err = unit_no_error();

	(void)state;
	read_text("A=1\n\n# comment\necho one\nB='x\ny'\n  echo two  # why\nif x; then\n:\nfi\n"
		  "echo three; echo four\n");
	assert_unread("4: echo one\n7: echo two  # why\n8: if x; then\n"
		      "11: echo three; echo four\n");
	kg_shell_free(&shell);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_ok(kg_shell_read(&shell, "/etc/one", kg_span_of_string(line), &err), err);
	assert_ok(kg_shell_read(&shell, "/etc/two", kg_span_of_string("y"), &err), err);
	assert_int_equal(shell.unread_count, 2);
	assert_int_equal(strlen(shell.unread[0].text), 200);
	assert_string_equal(shell.unread[0].file, "/etc/one");
	assert_int_equal(shell.unread[0].line, 1);
	assert_string_equal(shell.unread[1].file, "/etc/two");
	assert_string_equal(shell.unread[1].text, "y");
}

static void what_stays_open(void **state)
{
	static const char *const texts[] = {"A=(a b\nB=x\n", "A='a\nB=x\n", "A=\"a\nB=x\n",
					    "A=$(a\nB=x\n",  "A=`a\nB=x\n", "A=${a\nB=x\n",
					    "if x\nB=x\n",   "x <<E\nB=x\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		kg_shell_free(&shell);
		read_text(texts[i]);
		assert_int_equal(shell.unread_count, 1);
		assert_int_equal(shell.unread[0].line, 1);
		assert_true(!kg_shell_get(&shell, "B") ||
			    kg_shell_get(&shell, "B")->values.count == 0);
	}
}

#define READ_LITERAL(text) read_bytes(text, sizeof(text) - 1)

static void nul_bytes(void **state)
{
	(void)state;
	READ_LITERAL("A=x\0y\nB=z\n");
	assert_unread("1: A=x\n");
	assert_values("A", "?");
	assert_values("B", "<z>");
	kg_shell_free(&shell);
	READ_LITERAL("A=(a\0b)\nB=z\n");
	assert_values("A", "?");
	assert_values("B", "<z>");
	kg_shell_free(&shell);
	READ_LITERAL("# \0 \nA='a\0b'\nB=\"a\0b\"\n\0\nC=1\n");
	assert_values("A", "?");
	assert_values("B", "?");
	assert_values("C", "<1>");
}

/* A command in a configuration is never run: this one would leave a file behind. */
static void nothing_is_executed(void **state)
{
	const char *file = unit_text("%s/executed", unit_directory());
	static const char *const forms[] = {
		"touch %s",        "A=$(touch %s)",   "A=`touch %s`",        "A=\"$(touch %s)\"",
		"A=(<(touch %s))", "eval 'touch %s'", "A=${B:-$(touch %s)}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *place = strstr(forms[i], "%s");

		kg_shell_free(&shell);
		read_text(unit_text("%.*s%s%s\n", (int)(place - forms[i]), forms[i], file,
				    place + 2));
		assert_int_equal(shell.unread_count, 1);
		assert_int_equal(access(file, F_OK), -1);
	}
}

enum { max_text = 256 << 10 };

/* A text of full size, made of a piece over and over. */
static char *repeated(const char *start, const char *piece, const char *end)
{
	size_t length = strlen(piece);
	size_t used = strlen(start);
	char *text = malloc(max_text + 1);

	assert_non_null(text);
	memcpy(text, start, used);
	for (; used + length + strlen(end) <= max_text; used += length)
		memcpy(text + used, piece, length);
	memcpy(text + used, end, strlen(end) + 1);
	return text;
}

static void sizes_are_limited(void **state)
{
	char *text = repeated("", "A=x\n", "");
	char *large = calloc(1 << 20, 1);
	struct kg_error err = unit_no_error();

	(void)state;
	assert_int_equal(strlen(text), max_text);
	read_text(text);
	assert_unread("");
	free(text);
	memset(large, '{', 1 << 20);
	assert_failure(kg_shell_read(&shell, "name", kg_span_of(large, 1 << 20), &err), err, EFBIG,
		       "name: has more than 262144 bytes");
	assert_failure(kg_shell_read(&shell, "name", kg_span_of(large, max_text + 1), &err), err,
		       EFBIG, NULL);
	free(large);
	text = repeated("", "x\n", "");
	assert_failure(kg_shell_read(&shell, "name", kg_span_of_string(text), &err), err, EFBIG,
		       "has more than 10000 statements that cannot be read");
	free(text);
	kg_shell_free(&shell);
	text = unit_keep(malloc(max_text + 1));
	for (size_t i = 0, used = 0; used + 8 <= max_text; i++, used += 8)
		(void)snprintf(text + used, 9, "V%05zu=\n", i);
	assert_failure(kg_shell_read(&shell, "name", kg_span_of_string(text), &err), err, EFBIG,
		       "assigns more than 10000 variables");
}

static void hostile_texts_end_soon(void **state)
{
	static const char doubling[] =
		"B=xxxxxxxxxxxxxxxx\nB=$B$B\nB=$B$B\nB=$B$B\nB=$B$B\nB=$B$B\nB=$B$B\nB=$B$B\n"
		"A=(\"$B\" \"$B\")\nA+=(\"${A[@]}\")\nA+=(\"${A[@]}\")\nA+=(\"${A[@]}\")\n"
		"A+=(\"${A[@]}\")\nA+=(\"${A[@]}\")\nA+=(\"${A[@]}\")\nA+=(\"${A[@]}\")\n";
	static const struct {
		const char *start;
		const char *piece;
		const char *end;
	} texts[] = {
		{"", "{", ""},
		{"A=(", "{", ")"},
		{"A=(", "{a,b}", ")"},
		{"A=(", "{a,b} ", ")"},
		{"A=(", "{,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,} ", ")"},
		{"A=(", "\"", ")"},
		{"A=(", "'\"", ""},
		{"A=", "\"\"", ""},
		{"A=\"", "x", "\""},
		{"A=(\"", "x", "\")"},
		{"", "\"", ""},
		{"", "A=(\n", ""},
		{"", "A=\"\n", ""},
		{"", "A='", ""},
		{"", "A=x\\\n", ""},
		{"x ", "$(", ""},
		{"x ", "\"$(", ""},
		{"x ", "\"${", ""},
		{"x ", "$((", ""},
		{"x ", "(", ""},
		{"x ", "`", ""},
		{"", "if x; then\n", ""},
		{"", "case x in a) ", ""},
		{"", "{ ", ""},
		{"x", " <<E", "\n"},
		{"x <<E\n", "y\n", ""},
		{"", "x <<E\n", ""},
		{"", "[", ""},
		{"A=(", "[", ""},
		{"A=(x\n", "#\n", ""},
		{"", "\\\n", ""},
		{"", ";", ""},
		{"", ")", ""},
		{doubling, "A=(\"${A[@]}\")\n", ""},
		{doubling, "A+=(\"${A[@]}\")\n", ""},
		{doubling, "C=($B{,}{,}{,}{,}{,}{,})\n", ""},
		{doubling, "C=$B$B\n", ""},
		{"A=\n", "B=$A$A$A$A$A$A\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = repeated(texts[i].start, texts[i].piece, texts[i].end);
		struct kg_span bytes = unit_copy(kg_span_of_string(text));
		struct kg_error err = unit_no_error();
		clock_t start = clock();
		clock_t used;

		if (kg_shell_read(&shell, "file", bytes, &err) < 0)
			assert_int_equal(err.code, EFBIG);
		used = (clock() - start) / (CLOCKS_PER_SEC / 1000);
		if (used > 5000)
			unit_fail("%ld ms for %s%s…", (long)used, texts[i].start, texts[i].piece);
		kg_shell_free(&shell);
		unit_free(bytes);
		free(text);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_shell, empty_shell)
	const struct CMUnitTest tests[] = {
		TEST(other_statements),
		TEST(compound_commands),
		TEST(uncertainty_ends),
		TEST(other_code_may_do_anything),
		TEST(unread_statements_are_named),
		TEST(what_stays_open),
		TEST(nul_bytes),
		TEST(nothing_is_executed),
		TEST(sizes_are_limited),
		TEST(hostile_texts_end_soon),
	};

	return UNIT_RUN(tests);
}
