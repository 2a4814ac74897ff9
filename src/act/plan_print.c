// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The unified form of diff(1) with git's headers, which tell of empty files too, and one hunk a
 * file: what is the same at both ends is left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel-guard/act/plan.h"

enum { context_lines = 3 };

/* The next line of the rest of a text, its newline included. */
static struct kg_span take_line(struct kg_span *rest)
{
	const unsigned char *newline = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
	struct kg_span line = *rest;

	if (newline)
		line.size = (size_t)(newline - rest->data) + 1;
	rest->data += line.size;
	rest->size -= line.size;
	return line;
}

static size_t count_lines(struct kg_span text)
{
	size_t count = 0;

	while (text.size > 0) {
		(void)take_line(&text);
		count++;
	}
	return count;
}

static bool same_line(struct kg_span left, struct kg_span right)
{
	return left.size == right.size &&
	       (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

static size_t common_start(struct kg_span left, struct kg_span right)
{
	size_t count = 0;

	while (left.size > 0 && right.size > 0 && same_line(take_line(&left), take_line(&right)))
		count++;
	return count;
}

/* The last line of a text, which is not empty. */
static struct kg_span drop_line(struct kg_span *text)
{
	size_t start = text->size - 1;
	struct kg_span line;

	while (start > 0 && text->data[start - 1] != '\n')
		start--;
	line = (struct kg_span){text->data + start, text->size - start};
	text->size = start;
	return line;
}

static size_t common_end(struct kg_span left, struct kg_span right)
{
	size_t count = 0;

	while (left.size > 0 && right.size > 0 && same_line(drop_line(&left), drop_line(&right)))
		count++;
	return count;
}

static void print_lines(struct kg_span text, size_t first, size_t count, char mark, FILE *out)
{
	for (size_t i = 0; i < first + count; i++) {
		struct kg_span line = take_line(&text);

		if (i < first)
			continue;
		(void)fputc(mark, out);
		(void)fwrite(line.data, 1, line.size, out);
		if (line.data[line.size - 1] != '\n')
			(void)fputs("\n\\ No newline at end of file\n", out);
	}
}

/* An empty range is named by the line before it. */
static void print_range(char mark, size_t first, size_t count, FILE *out)
{
	(void)fprintf(out, "%c%zu,%zu", mark, count ? first + 1 : first, count);
}

static void print_hunk(struct kg_span before, struct kg_span after, FILE *out)
{
	size_t old_lines = count_lines(before);
	size_t new_lines = count_lines(after);
	size_t shorter = old_lines < new_lines ? old_lines : new_lines;
	size_t start = common_start(before, after);
	size_t end = common_end(before, after);
	size_t head;
	size_t tail;

	if (end > shorter - start)
		end = shorter - start;
	head = start < context_lines ? start : context_lines;
	tail = end < context_lines ? end : context_lines;
	(void)fputs("@@ ", out);
	print_range('-', start - head, old_lines - start - end + head + tail, out);
	(void)fputc(' ', out);
	print_range('+', start - head, new_lines - start - end + head + tail, out);
	(void)fputs(" @@\n", out);
	print_lines(before, start - head, head, ' ', out);
	print_lines(before, start, old_lines - start - end, '-', out);
	print_lines(after, start, new_lines - start - end, '+', out);
	print_lines(before, old_lines - end, tail, ' ', out);
}

static const char *without_slash(const char *path)
{
	return path + strspn(path, "/");
}

static void print_step(const struct kg_plan_step *step, FILE *out)
{
	const char *path = without_slash(step->path);

	if (step->large) {
		(void)fprintf(out, step->remove ? "# removed: %s\n" : "# written: %s\n",
			      step->path);
		if (!step->remove)
			(void)fprintf(out, "#   %" PRIu64 " bytes of %s%s\n", step->size,
				      step->source,
				      step->existed && S_ISLNK(step->status.st_mode)
					      ? ", in the place of a symbolic link"
					      : "");
		return;
	}
	(void)fprintf(out, "diff --git a/%s b/%s\n", path, path);
	if (step->remove)
		(void)fprintf(out, "deleted file mode 100%03o\n", (unsigned int)step->mode);
	else if (!step->existed)
		(void)fprintf(out, "new file mode 100%03o\n", (unsigned int)step->mode);
	if (step->before.size == 0 && step->content.size == 0) {
		/* git's name for what is empty; else patch(1) takes it to be done already. */
		(void)fputs(step->remove ? "index e69de29..0000000\n" : "index 0000000..e69de29\n",
			    out);
		return;
	}
	if (step->existed)
		(void)fprintf(out, "--- a/%s\n", path);
	else
		(void)fputs("--- /dev/null\n", out);
	if (step->remove)
		(void)fputs("+++ /dev/null\n", out);
	else
		(void)fprintf(out, "+++ b/%s\n", path);
	print_hunk(kg_buffer_span(&step->before), kg_buffer_span(&step->content), out);
}

int kg_plan_print(const struct kg_plan *plan, FILE *out, struct kg_error *err)
{
	for (size_t i = 0; i < plan->count; i++)
		print_step(&plan->steps[i], out);
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return kg_fail(err, EIO, "cannot write: %s", strerror(errno));
}
