// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read of a configuration is what bash makes of it: texts made at random from
 * the pieces below are given to both. What the reader is certain of must be so in bash,
 * and where it has missed something it must have said so.
 */
#include "fixture.h"
#include "kernel-guard/core/buffer.h"
#include "kernel-guard/parse/shell.h"

enum { texts = 1500, max_text = 1 << 16 };

static const char *const variables[] = {"A", "B", "C", "D", "E"};

enum { variable_count = sizeof(variables) / sizeof(variables[0]) };

static uint64_t seed = 42;

static size_t pick(size_t count)
{
	return (size_t)(unit_random(&seed) >> 16) % count;
}

static void put(struct kg_buffer *text, const char *piece)
{
	struct kg_error err;

	assert_ok(kg_buffer_append(text, piece, strlen(piece), &err), err);
}

#define PICK(array) array[pick(sizeof(array) / sizeof(array[0]))]

static void put_word(struct kg_buffer *text)
{
	static const char *const pieces[] = {
		"x",         "ext4",        "a-b",       "'q u'",       "\"d q\"",     "\\ ",
		"\\'",       "''",          "\"\"",      "$A",          "${B}",        "\"$C\"",
		"\"${D}x\"", "\"${A[@]}\"", "${B[@]}",   "\"${C[@]}\"", "{a,b}",       "v{1,2}w",
		"{x}",       "{,_modeset}", "#",         "y#z",         "\"#\"",       "=",
		"+",         "%",           "@",         "1",           "\"a'b\"",     "'a\"b'",
		"\"\\$A\"",  "\"\\\\\"",    "\"\\x\"",   "\\\n",        "$(echo s)",   "`echo s`",
		"${A:-z}",   "${#A}",       "$A{1,2}",   "{a,b}$B",     "\"$B\"{a,b}", "~",
		"~/x",       "a~b",         ":",         ":~",          "done",        "if",
		"fi",        "}",           "{a,{b,c}}", "{1..3}",      "$'n'",        "\"x\ny\"",
		"'x\ny'",    "{a,b}{c,d}",  ",",         "[",           "]",           "/boot/x",
		"é",         "!",           "^",
	};
	size_t count = 1 + pick(3);

	for (size_t i = 0; i < count; i++)
		put(text, PICK(pieces));
}

static void put_array(struct kg_buffer *text)
{
	static const char *const gaps[] = {" ",     " ",   "\n", "\t", "  ", "\n# ) comment '\n",
					   " \\\n", " #\n"};
	size_t count = pick(5);

	put(text, "(");
	for (size_t i = 0; i < count; i++) {
		if (i > 0 || pick(3) == 0)
			put(text, PICK(gaps));
		put_word(text);
	}
	put(text, pick(4) == 0 ? " )" : ")");
}

static void put_assignment(struct kg_buffer *text)
{
	static const char *const operators[] = {"=", "=", "=", "+="};
	static const char *const indexes[] = {"[0]", "[1]", "[0]"};

	if (pick(10) == 0)
		put(text, "export ");
	put(text, PICK(variables));
	switch (pick(5)) {
	case 0:
	case 1:
		put(text, PICK(operators));
		put_array(text);
		break;
	case 2:
		put(text, PICK(indexes));
		put(text, PICK(operators));
		put_word(text);
		break;
	default:
		put(text, PICK(operators));
		if (pick(8))
			put_word(text);
		break;
	}
}

static void put_end(struct kg_buffer *text)
{
	static const char *const ends[] = {"\n",           "\n", "\n",    "\n\n",           ";\n",
					   " # comment\n", "; ", " \t\n", "\n# comment (\n"};

	put(text, PICK(ends));
}

static void put_statements(struct kg_buffer *text, int depth);

/* Two halves, between which statements stand that may be executed or not. */
static void put_compound(struct kg_buffer *text, int depth)
{
	static const struct {
		const char *before;
		const char *after;
	} compounds[] = {
		{"if true; then\n", "fi"},
		{"if false; then\n", "fi"},
		{"if false\nthen\n", "fi"},
		{"if false; then :; else\n", "fi"},
		{"if true; then echo all done here >/dev/null\n", "fi"},
		{"if false; then echo \"if then fi\" >/dev/null\n", "fi"},
		{"if false; then : 'it is done; fi'\n", "fi"},
		{"for A in 1 2; do\n", "done"},
		{"for B in; do\n", "done"},
		{"for x in if do done; do\n", "done"},
		{"for ((i = 0; i < 1; i++)); do\n", "done"},
		{"while false; do\n", "done"},
		{"until true; do\n", "done"},
		{"case x in\ndone) ;;\ny|if) ;;\nx)\n", ";;\nesac"},
		{"case x in (y)\n", ";;\nesac"},
		{"case x in y)\n", ";;\nx) : ;;\nesac"},
		{"case $(echo y) in 'x')\n", ";;\nesac"},
		{"f() {\n", "}"},
		{"f(){\n", "}"},
		{"f ()\n{\n", "}"},
		{"function f {\n", "}"},
		{"function f() {\n", "}"},
		{"f() (\n", ")"},
		{"(\n", ")"},
		{"( : ;", ")"},
		{"{\n", "}"},
		{"{ :;", "}"},
		{"X=$(\n", ")"},
		{"X=\"$(\n", ")\""},
		{"echo \"$(\n", ")\" >/dev/null"},
		{"true &&\n{\n", "}"},
		{"false && {\n", "}"},
		{"true || (\n", ")"},
		{"! {\n", "}"},
	};
	size_t which = pick(sizeof(compounds) / sizeof(compounds[0]));

	put(text, compounds[which].before);
	put_statements(text, depth + 1);
	put(text, "\n");
	put(text, compounds[which].after);
}

static void put_other(struct kg_buffer *text)
{
	static const char *const others[] = {
		": if",
		"false && A=1",
		"true && B=(2)",
		"false &&\nC=3",
		"false && # comment\n\nC=(3)",
		"true ||\nD=4",
		": |\nE=5",
		"unset A",
		"unset -v B",
		"read -r C <<<'read this'",
		"declare D=6",
		"declare -a E=(7 8)",
		"printf -v A %s printed",
		"A=9 :",
		": >/dev/null 2>&1",
		": 'A=1\nB=2'",
		": \"A=1\n$(: 'x)')B=2\"",
		": \\\nC=3",
		": a\\\nD=4",
		": <<E\nA=5\nE\n:",
		": <<-'E F'\nB=(\n\tE F\n:",
		": <<E <<\"F\"\nA='\nE\nB=\"\nF\n:",
		": $((1 << 2)) $(( (1) + 2 ))",
		"((A = 3))",
		"((1 < 2))",
		"[[ a == b || ( c < d && e ) ]]",
		"[[ x =~ ^(a|b)$ ]]",
		"[ -n \"$X\" ] && A=(1)",
		": ${X:-'}'} ${Y:=\"a}b\"}",
		": \"${X:-a'}'b}\"",
		": \"${X#a'}\"'}\"",
		": `: '(' \\` A=1`",
		": $'it\\'s' (",
		". /dev/null",
		"eval 'A=(10)'",
		"let A=5",
		"A=(1 2) B=(3)",
		"export A B=1",
		"local x",
		"B+=(1) # )",
		"A=1 & wait",
		": & B=2",
	};

	put(text, PICK(others));
}

static void put_statements(struct kg_buffer *text, int depth)
{
	size_t count = 1 + pick(depth ? 3 : 7);

	for (size_t i = 0; i < count; i++) {
		size_t kind = pick(12);

		if (kind == 0 && depth < 3)
			put_compound(text, depth);
		else if (kind == 1)
			put_other(text);
		else
			put_assignment(text);
		put_end(text);
	}
}

/*
 * Sources every file in a shell of its own and tells what it leaves behind. Where the
 * file is no shell code nothing is told: its last lines are not executed.
 */
static const char script[] =
	"cd -- \"$1\"; errors=$2\n"
	"for file in ../texts/*; do\n"
	"    printf '%s\\0' \"${file##*/}\"\n"
	"    (\n"
	"        unset A B C D E IFS\n"
	"        source \"$file\" >/dev/null 2>\"$errors\" </dev/null\n"
	"        [ \"$at_the_end\" = yes ] || exit\n"
	"        unset IFS; printf '%s\\0' sound\n"
	"        for name in A B C D E; do\n"
	"            declare -p \"$name\" >/dev/null 2>&1 || { printf '%s\\0' none; continue; }\n"
	"            declare -n value=$name\n"
	"            printf '%s\\0' \"${#value[@]}\"\n"
	"            [ \"${#value[@]}\" -eq 0 ] || printf '%s\\0' \"${value[@]}\"\n"
	"            unset -n value\n"
	"        done\n"
	"    )\n"
	"    printf '%s\\0' end\n"
	"done\n";

static const char *next(struct kg_span *output)
{
	const char *text = kg_span_string(*output, 0);

	assert_non_null(text);
	assert_true(
		kg_span_sub(*output, strlen(text) + 1, output->size - strlen(text) - 1, output));
	return text;
}

/* Whether the values that bash tells are those; they are taken off the output. */
static bool same_values(struct kg_span *output, const char *count_text,
			const struct kg_shell_variable *variable)
{
	size_t count = strcmp(count_text, "none") == 0 ? 0 : (size_t)atoi(count_text);
	bool same = variable && variable->values.count == count && strcmp(count_text, "none") != 0;

	for (size_t i = 0; i < count; i++) {
		const char *value = next(output);

		same = same && strcmp(variable->values.items[i], value) == 0;
	}
	return same;
}

/* How much was read with certainty; -1 where it is not as bash has it. */
static int compare(struct kg_span *output, const struct kg_shell *shell)
{
	int certain = 0;

	for (size_t i = 0; i < variable_count; i++) {
		const struct kg_shell_variable *variable = kg_shell_get(shell, variables[i]);
		const char *count = next(output);
		bool same = same_values(output, count, variable);

		if (certain < 0)
			continue;
		if (variable && !variable->uncertain)
			certain = same ? certain + 1 : -1;
		else if (!variable && strcmp(count, "none") != 0 && shell->unread_count == 0)
			certain = -1;
		if (certain < 0)
			print_error("%s differs: %s values in bash\n", variables[i], count);
	}
	return certain;
}

static void random_texts(void **state)
{
	const char *directory = unit_directory();
	struct kg_span output;
	size_t sound = 0;
	size_t fully = 0;
	size_t certain = 0;

	(void)state;
	(void)unit_output(unit_text("mkdir %s/texts %s/empty", directory, directory));
	for (size_t i = 0; i < texts; i++) {
		struct kg_buffer text = {0};

		put_statements(&text, 0);
		put(&text, "at_the_end=yes\n");
		unit_write_file(unit_text("%s/texts/%05zu", directory, i), kg_buffer_span(&text));
		kg_buffer_free(&text);
	}
	unit_write_file(unit_text("%s/script", directory), kg_span_of_string(script));
	output = unit_output(unit_text("env -i PATH=\"$PATH\" HOME=/home/of/nobody LC_ALL=C bash "
				       "--norc --noprofile %s/script %s/empty %s/errors",
				       directory, directory, directory));
	for (size_t i = 0; i < texts; i++) {
		const char *name = next(&output);
		struct kg_span text = unit_read_file(unit_text("%s/texts/%s", directory, name));
		struct kg_shell shell = {0};
		struct kg_error err = unit_no_error();
		int result;

		assert_ok(kg_shell_read(&shell, name, text, &err), err);
		if (strcmp(next(&output), "sound") == 0) {
			sound++;
			result = compare(&output, &shell);
			if (result < 0)
				unit_fail("bash reads this in another way:\n%.*s", (int)text.size,
					  (const char *)text.data);
			certain += (size_t)result;
			fully += shell.unread_count == 0;
			assert_string_equal(next(&output), "end");
		}
		kg_shell_free(&shell);
	}
	printf("# %d texts, %zu that bash takes, %zu wholly read; %zu variables known\n",
	       (int)texts, sound, fully, certain);
	assert_true(sound > texts / 2);
	assert_true(fully > texts / 20);
	assert_true(certain > texts / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_texts),
	};

	return UNIT_RUN(tests);
}
