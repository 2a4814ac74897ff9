// SPDX-License-Identifier: GPL-2.0-or-later
/* The appended signature, those of real modules, and what a kernel makes of a result. */
#include "kernel-guard/parse/bzimage.h"
#include "kernel-guard/parse/module.h"
#include "signature_fixture.h"

enum { unpack_limit = 512 << 20 };

static struct kg_module_signature find(struct kg_span file)
{
	return kg_module_signature_find(file);
}

static void assert_found(struct kg_span file, int error, size_t content, size_t pkcs7)
{
	struct kg_span exact = unit_copy(file);
	struct kg_module_signature found = find(exact);

	assert_int_equal(found.error_number, error);
	assert_ptr_equal(found.content.data, exact.data);
	assert_int_equal(found.content.size, content);
	assert_int_equal(found.pkcs7.size, pkcs7);
	if (pkcs7 > 0)
		assert_ptr_equal(found.pkcs7.data, exact.data + content);
	unit_free(exact);
}

static const unsigned char pkcs7_fields[8] = {0, 0, 2};

/* A file of 20 bytes of content and 30 of signature that says this of itself. */
static struct kg_span file_with(const unsigned char fields[8], uint32_t size)
{
	static const char body[50];

	return UNIT_JOIN(UNIT_BYTES("ELF"), kg_span_of(body, 47), unit_info(fields, size),
			 UNIT_BYTES(unit_marker));
}

static void the_marker_has_to_be_last(void **state)
{
	struct kg_span file = file_with(pkcs7_fields, 30);
	struct kg_span longer = UNIT_JOIN(file, UNIT_BYTES("\n"));

	(void)state;
	assert_found(file, 0, 20, 30);
	assert_found(longer, ENODATA, longer.size, 0);
	assert_found(kg_span_of(file.data, file.size - 1), ENODATA, file.size - 1, 0);
	assert_found(UNIT_BYTES("no module"), ENODATA, 9, 0);
	assert_found(kg_span_of("", 0), ENODATA, 0, 0);
	/* Nothing but the marker is not looked at; with a byte before it, it is. */
	assert_found(UNIT_BYTES(unit_marker), ENODATA, sizeof(unit_marker) - 1, 0);
	assert_found(UNIT_JOIN(UNIT_BYTES("x"), UNIT_BYTES(unit_marker)), EBADMSG, 1, 0);
}

static void sizes_are_checked(void **state)
{
	static const struct {
		uint32_t size;
		int error;
		size_t content;
	} sizes[] = {
		{0, 0, 50},           {1, 0, 49},
		{49, 0, 1},           {50, EBADMSG, 62},
		{51, EBADMSG, 62},    {62, EBADMSG, 62},
		{63, EBADMSG, 62},    {0x7fffffff, EBADMSG, 62},
		{0x80000000U, EBADMSG, 62}, {UINT32_MAX, EBADMSG, 62},
	};
	static const char zeros[13];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_found(file_with(pkcs7_fields, sizes[i].size), sizes[i].error,
			     sizes[i].content, sizes[i].error ? 0 : sizes[i].size);
	/* There has to be a byte more than struct module_signature. */
	assert_found(UNIT_JOIN(kg_span_of(zeros, 12), UNIT_BYTES(unit_marker)), EBADMSG, 12, 0);
	assert_found(UNIT_JOIN(kg_span_of(zeros, 13), UNIT_BYTES(unit_marker)), ENOPKG, 13, 0);
}

/* mod_check_sig(): first the size, then the type, then the fields that are not used. */
static void fields_are_checked_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		unsigned char fields[8] = {0, 0, 2};

		fields[i] = 1;
		assert_found(file_with(fields, 30), i == 2 ? ENOPKG : EBADMSG, 62, 0);
		assert_found(file_with(fields, 50), EBADMSG, 62, 0);
		fields[2] = 0;
		assert_found(file_with(fields, 30), ENOPKG, 62, 0);
	}
}

struct kernel {
	const char *release;
	struct kg_signature_rules rules;
	struct kg_certificates certificates;
};

static struct kernel kernels[unit_series_count];

static void read_kernel(const char *series, struct kernel *kernel)
{
	struct kg_buffer vmlinux = {0};
	struct kg_bzimage image;
	struct kg_error err = unit_no_error();
	struct kg_span file = unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(series)));

	kernel->release = unit_release(series);
	kernel->rules = kg_signature_rules_of(kernel->release);
	kg_signature_rules_add_config(&kernel->rules,
				      unit_read_file(unit_cache("kernel/%s/config", series)));
	assert_ok(kg_bzimage_parse(file, &image, &err), err);
	assert_ok(kg_bzimage_unpack(&image, unpack_limit, &vmlinux, &err), err);
	assert_ok(kg_certificates_find(kg_buffer_span(&vmlinux), &kernel->rules,
				       &kernel->certificates, &err),
		  err);
	kg_buffer_free(&vmlinux);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++)
		read_kernel(unit_series[i], &kernels[i]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++)
		kg_certificates_free(&kernels[i].certificates);
	return 0;
}

static struct kg_span unpacked(const char *path, struct kg_buffer *storage)
{
	struct kg_error err = unit_no_error();
	struct kg_span image;

	assert_ok(kg_module_unpack(unit_read_file(path), storage, &image, &err), err);
	return image;
}

static void judge_real_module(const char *path, size_t series)
{
	const struct kernel *kernel = &kernels[series];
	const struct kernel *other = &kernels[(series + 1) % unit_series_count];
	struct kg_buffer storage = {0};
	struct kg_span copy = unit_copy(unpacked(path, &storage));
	struct kg_module_signature found = find(copy);
	unsigned char *bytes = unit_writable(copy);
	size_t info = copy.size - (sizeof(unit_marker) - 1) - 12;

	assert_result(unit_verify(copy, &kernel->certificates, &kernel->rules), KG_SIGNATURE_GOOD,
		      0, path);
	assert_result(unit_verify(copy, &other->certificates, &kernel->rules),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, path);
	bytes[found.content.size / 2] ^= 1;
	assert_result(unit_verify(copy, &kernel->certificates, &kernel->rules),
		      KG_SIGNATURE_MISMATCH, EKEYREJECTED, path);
	/* Whose key is not there may be changed. */
	assert_result(unit_verify(copy, &other->certificates, &kernel->rules),
		      KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, path);
	bytes[found.content.size / 2] ^= 1;
	/* The last bytes of the message are the signature itself. */
	bytes[info - 1] ^= 1;
	assert_result(unit_verify(copy, &kernel->certificates, &kernel->rules),
		      KG_SIGNATURE_MISMATCH, EKEYREJECTED, path);
	bytes[info - 1] ^= 1;
	/* With a byte of the content before it the message begins in the wrong place. */
	bytes[info + 11]++;
	assert_result(unit_verify(copy, &kernel->certificates, &kernel->rules),
		      KG_SIGNATURE_INVALID, EBADMSG, path);
	unit_free(copy);
	kg_buffer_free(&storage);
}

static void real_modules_are_signed_by_their_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *list = unit_output_text(unit_text(
			"find %s/kernel -name '*.ko*' -size -200k | sort | awk 'NR %% 80 == 1'",
			unit_module_tree(unit_series[i])));
		char *rest = unit_text("%s", list);
		size_t count = 0;

		for (char *path; (path = strsep(&rest, "\n")); count++)
			judge_real_module(path, i);
		assert_true(count > 20);
	}
}

static void real_modules_that_are_not_signed(void **state)
{
	const char *path = unit_cache("modules/%s/healthy/kg_gpl.ko", unit_series[0]);
	struct kg_span file = unit_read_file(path);

	(void)state;
	assert_found(file, ENODATA, file.size, 0);
	assert_result(unit_verify(file, &kernels[0].certificates, &kernels[0].rules),
		      KG_SIGNATURE_NONE, ENODATA, path);
}

static struct kg_signature_decision decide(int error, enum kg_answer checked,
					   enum kg_answer enforced, enum kg_answer locked_down,
					   enum kg_answer more_keys)
{
	struct kg_signature_result result = {.state = KG_SIGNATURE_INVALID, .error_number = error};
	struct kg_signature_policy policy = {.checked = checked,
					     .enforced = enforced,
					     .locked_down = locked_down,
					     .more_keys = more_keys};

	if (error == 0)
		result.state = KG_SIGNATURE_GOOD;
	else if (error == ENODATA)
		result.state = KG_SIGNATURE_NONE;
	else if (error == ENOKEY)
		result.state = KG_SIGNATURE_UNKNOWN_KEY;
	else if (error == ENOPKG)
		result.state = KG_SIGNATURE_UNSUPPORTED;
	else if (error == ENOTSUP)
		result = (struct kg_signature_result){.state = KG_SIGNATURE_UNDECIDED};
	return kg_module_signature_decide(&result, &policy);
}

#define N KG_ANSWER_NO
#define Y KG_ANSWER_YES
#define U KG_ANSWER_UNKNOWN

static void the_table_of_decisions(void **state)
{
	static const struct {
		int error;
		enum kg_answer checked, enforced, locked_down, more_keys;
		enum kg_signature_verdict verdict;
		int result;
		bool taints;
	} table[] = {
		/* All is known. */
		{0, Y, N, N, N, KG_SIGNATURE_LOADS, 0, false},
		{0, Y, Y, Y, N, KG_SIGNATURE_LOADS, 0, false},
		{ENODATA, Y, N, N, N, KG_SIGNATURE_LOADS, 0, true},
		{ENODATA, Y, Y, N, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{ENODATA, Y, N, Y, N, KG_SIGNATURE_REFUSED, EPERM, false},
		{ENODATA, Y, Y, Y, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{ENOKEY, Y, N, N, N, KG_SIGNATURE_LOADS, 0, true},
		{ENOKEY, Y, Y, N, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{ENOKEY, Y, N, Y, N, KG_SIGNATURE_REFUSED, EPERM, false},
		{ENOPKG, Y, N, N, N, KG_SIGNATURE_LOADS, 0, true},
		{ENOPKG, Y, Y, N, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{ENOPKG, Y, N, Y, N, KG_SIGNATURE_REFUSED, EPERM, false},
		{EKEYREJECTED, Y, N, N, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{EKEYREJECTED, Y, N, Y, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{EBADMSG, Y, N, N, N, KG_SIGNATURE_REFUSED, EBADMSG, false},
		{EBADMSG, Y, Y, Y, N, KG_SIGNATURE_REFUSED, EBADMSG, false},
		{EINVAL, Y, N, N, N, KG_SIGNATURE_REFUSED, EINVAL, false},
		{EMSGSIZE, Y, N, N, N, KG_SIGNATURE_REFUSED, EMSGSIZE, false},
		/* A kernel that does not look at signatures. */
		{ENODATA, N, Y, Y, N, KG_SIGNATURE_LOADS, 0, false},
		{EBADMSG, N, N, N, N, KG_SIGNATURE_LOADS, 0, false},
		{EKEYREJECTED, N, Y, Y, U, KG_SIGNATURE_LOADS, 0, false},
		{ENOTSUP, N, U, U, U, KG_SIGNATURE_LOADS, 0, false},
		/* The machine may have the key. */
		{ENOKEY, Y, N, N, U, KG_SIGNATURE_LOADS, 0, false},
		{ENOKEY, Y, Y, N, U, KG_SIGNATURE_MAY_LOAD, EKEYREJECTED, false},
		{ENOKEY, Y, N, Y, Y, KG_SIGNATURE_MAY_LOAD, EPERM, false},
		{ENODATA, Y, N, Y, U, KG_SIGNATURE_REFUSED, EPERM, false},
		{EKEYREJECTED, Y, N, N, U, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		/* It is not known how the kernel is started. */
		{0, Y, U, U, U, KG_SIGNATURE_LOADS, 0, false},
		{ENODATA, Y, U, N, N, KG_SIGNATURE_MAY_LOAD, EKEYREJECTED, false},
		{ENODATA, Y, N, U, N, KG_SIGNATURE_MAY_LOAD, EPERM, false},
		{ENODATA, Y, Y, U, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{ENODATA, Y, U, Y, N, KG_SIGNATURE_REFUSED, EKEYREJECTED, false},
		{EBADMSG, Y, U, U, U, KG_SIGNATURE_REFUSED, EBADMSG, false},
		/* Nor whether it looks at signatures. */
		{0, U, N, N, N, KG_SIGNATURE_LOADS, 0, false},
		{ENODATA, U, N, N, N, KG_SIGNATURE_LOADS, 0, false},
		{ENODATA, U, Y, N, N, KG_SIGNATURE_MAY_LOAD, EKEYREJECTED, false},
		{EBADMSG, U, N, N, N, KG_SIGNATURE_MAY_LOAD, EBADMSG, false},
		/* It could not be verified here. */
		{ENOTSUP, Y, N, N, N, KG_SIGNATURE_MAY_LOAD, EKEYREJECTED, false},
		{ENOTSUP, Y, Y, Y, U, KG_SIGNATURE_MAY_LOAD, EKEYREJECTED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kg_signature_decision decision =
			decide(table[i].error, table[i].checked, table[i].enforced,
			       table[i].locked_down, table[i].more_keys);

		if (decision.verdict != table[i].verdict ||
		    decision.error_number != table[i].result || decision.taints != table[i].taints)
			unit_fail("row %zu: verdict %d, error %d, taints %d", i,
				  (int)decision.verdict, decision.error_number, decision.taints);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_marker_has_to_be_last),
		cmocka_unit_test(sizes_are_checked),
		cmocka_unit_test(fields_are_checked_in_order),
		cmocka_unit_test(real_modules_are_signed_by_their_kernel),
		cmocka_unit_test(real_modules_that_are_not_signed),
		cmocka_unit_test(the_table_of_decisions),
	};

	return UNIT_RUN_IN(tests, set_up, tear_down);
}
