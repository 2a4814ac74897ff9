// SPDX-License-Identifier: GPL-2.0-or-later
/* Certificates in kernel images, and which of them a kernel takes. */
#include "der_fixture.h"
#include "kernel-guard/parse/bzimage.h"

enum { unpack_limit = 512 << 20 };

#define OID_RSA_SHA256 UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")
#define OID_RSA_SHA512 UNIT_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d")

static const struct kg_signature_rules rules = {.version = 0x060c00};

static struct kg_span noise(size_t size)
{
	unsigned char *bytes = unit_keep(malloc(size));
	uint64_t seed = 1;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)unit_random(&seed);
	return kg_span_of(bytes, size);
}

static struct kg_span zeros(size_t size)
{
	return kg_span_of(unit_keep(calloc(1, size + 1)), size);
}

static struct kg_span le64(uint64_t number)
{
	unsigned char *bytes = unit_keep(malloc(8));

	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	return kg_span_of(bytes, 8);
}

/* Certificates as certs/system_certificates.S lays them out, the numbers aligned. */
static struct kg_span list_of(struct kg_span certificates, struct kg_span numbers)
{
	return UNIT_JOIN(certificates, zeros((8 - certificates.size % 8) % 8), numbers);
}

/* The names of those found, in order, with a blank behind each. */
static const char *found_in(struct kg_span image)
{
	struct kg_span exact = unit_copy(image);
	struct kg_certificates certificates = {0};
	struct kg_error err = unit_no_error();
	char *names = unit_text("%s", "");

	assert_ok(kg_certificates_find(exact, &rules, &certificates, &err), err);
	for (size_t i = 0; i < certificates.count; i++) {
		struct kg_span name = kg_certificates_subject(&certificates, i);

		names = unit_text("%s%.*s ", names, (int)name.size, (const char *)name.data);
	}
	kg_certificates_free(&certificates);
	unit_free(exact);
	return names;
}

static void real_kernels_have_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_span file =
			unit_read_file(unit_text("%s/vmlinuz", unit_module_tree(unit_series[i])));
		struct kg_certificates certificates = {0};
		struct kg_buffer vmlinux = {0};
		struct kg_bzimage image;
		struct kg_error err = unit_no_error();
		struct kg_span by_openssl;
		struct kg_span subject;

		assert_ok(kg_bzimage_parse(file, &image, &err), err);
		assert_ok(kg_bzimage_unpack(&image, unpack_limit, &vmlinux, &err), err);
		assert_ok(kg_certificates_find(kg_buffer_span(&vmlinux), &rules, &certificates,
					       &err),
			  err);
		kg_buffer_free(&vmlinux);
		assert_int_equal(certificates.count, 1);
		/* A copy, and whole: openssl reads the same name from it. */
		subject = kg_certificates_subject(&certificates, 0);
		by_openssl = unit_filter("openssl x509 -inform DER -noout -subject",
					 kg_certificates_der(&certificates, 0));
		assert_string_equal(unit_text("subject=CN = %.*s\n", (int)subject.size,
					      (const char *)subject.data),
				    unit_text("%.*s", (int)by_openssl.size,
					      (const char *)by_openssl.data));
		kg_certificates_free(&certificates);
	}
}

static void the_list_is_known_by_its_size(void **state)
{
	struct kg_span rsa = unit_certificate("rsa");
	struct kg_span ec = unit_certificate("ec");
	struct kg_span other = unit_certificate("leaf");
	struct kg_span both = UNIT_JOIN(rsa, ec);
	struct kg_span list = list_of(both, UNIT_JOIN(le64(both.size), le64(rsa.size)));
	struct kg_span old_list = list_of(both, le64(both.size));

	(void)state;
	assert_string_equal(found_in(list), "rsa ec ");
	assert_string_equal(found_in(old_list), "rsa ec ");
	/* Anything before it and behind it, and not aligned. */
	assert_string_equal(found_in(UNIT_JOIN(noise(10001), list, noise(10001))), "rsa ec ");
	assert_string_equal(found_in(UNIT_JOIN(noise(10001), old_list, noise(10001))), "rsa ec ");
	/* Other certificates are not trusted: those of regdb, of tests. */
	assert_string_equal(found_in(UNIT_JOIN(other, noise(64), list, noise(64), other)),
			    "rsa ec ");
	/* Nor is what lies right before the list, but belongs to something else. */
	assert_string_equal(found_in(UNIT_JOIN(zeros(8 - other.size % 8), other, list)), "rsa ec ");
	/* Without its size every one counts. */
	assert_string_equal(found_in(UNIT_JOIN(other, noise(64), both, noise(64))),
			    "leaf rsa ec ");
	assert_string_equal(found_in(noise(100000)), "");
	assert_string_equal(found_in(zeros(100000)), "");
	assert_string_equal(found_in(kg_span_of("", 0)), "");
}

/* From 5.18 on the list of revoked certificates lacks the second number. */
static void revoked_certificates_are_not_trusted(void **state)
{
	struct kg_span rsa = unit_certificate("rsa");
	struct kg_span ec = unit_certificate("ec");
	struct kg_span trusted = list_of(rsa, UNIT_JOIN(le64(rsa.size), le64(rsa.size)));
	struct kg_span revoked = list_of(ec, UNIT_JOIN(le64(ec.size), le64(7), zeros(64)));
	struct kg_span old = list_of(rsa, UNIT_JOIN(le64(rsa.size), zeros(64)));

	(void)state;
	assert_string_equal(found_in(UNIT_JOIN(trusted, revoked)), "rsa ");
	assert_string_equal(found_in(UNIT_JOIN(revoked, zeros(16), trusted)), "rsa ");
	assert_string_equal(found_in(UNIT_JOIN(old, revoked)), "rsa ");
}

static void cut_images(void **state)
{
	struct kg_span rsa = unit_certificate("rsa");
	struct kg_span list = list_of(rsa, UNIT_JOIN(le64(rsa.size), le64(rsa.size)));

	(void)state;
	for (size_t size = 0; size <= list.size; size += size < 40 || size > rsa.size ? 1 : 19)
		assert_string_equal(found_in(kg_span_of(list.data, size)),
				    size < rsa.size ? "" : "rsa ");
	assert_string_equal(found_in(kg_span_of(list.data, rsa.size - 1)), "");
}

static size_t added(struct kg_span der, uint32_t version)
{
	const struct kg_signature_rules of = {.version = version};
	struct kg_span exact = unit_copy(der);
	struct kg_certificates certificates = {0};
	struct kg_error err = unit_no_error();
	size_t count;

	assert_ok(kg_certificates_add(&certificates, exact, &of, &err), err);
	count = certificates.count;
	kg_certificates_free(&certificates);
	unit_free(exact);
	return count;
}

/* With the last byte of the first such bytes changed. */
static struct kg_span changed(struct kg_span der, struct kg_span part)
{
	struct kg_span copy = unit_copy(der);
	unsigned char *found = memmem(unit_writable(copy), copy.size, part.data, part.size);

	assert_non_null(found);
	found[part.size - 1] ^= 1;
	(void)unit_keep(unit_writable(copy));
	return copy;
}

/* A certificate for NAME's key with these options and this extension. */
static struct kg_span made(const char *key, const char *options, const char *extension)
{
	return unit_output(unit_text(
		"cd %s && { cat cnf; printf '[made]\\nsubjectKeyIdentifier=hash\\n%s\\n'; } >made && "
		"openssl req -x509 -new -key %s.key -config made -extensions made -subj /CN=made "
		"-days 100 -sha256 %s -outform DER 2>log",
		unit_keys(), extension, key, options));
}

static void what_the_kernel_cannot_read_is_left_out(void **state)
{
	struct kg_span rsa = unit_certificate("rsa");

	(void)state;
	assert_int_equal(added(rsa, 0x060c00), 1);
	for (size_t size = 0; size < rsa.size; size += 7)
		assert_int_equal(added(kg_span_of(rsa.data, size), 0x060c00), 0);
	/* A certificate that is its own issuer is checked; with another name it is not. */
	assert_int_equal(added(changed(rsa, UNIT_BYTES("\x02\x02\x12\x34")), 0x060c00), 0);
	assert_int_equal(added(changed(rsa, UNIT_BYTES("\x55\x04\x03\x0c\x03rsa")), 0x060c00), 1);
	/* Of what another has signed the signature is not looked at. */
	assert_int_equal(added(unit_certificate("leaf"), 0x060c00), 1);
	assert_int_equal(added(UNIT_JOIN(rsa, UNIT_BYTES("junk")), 0x060c00), 1);
}

static void algorithms_by_version(void **state)
{
	struct kg_span sha512 = made("rsa", "-sha512", "");
	struct kg_span md5 = made("rsa", "-md5", "");
	struct kg_span sha3 = made("rsa", "-sha3-256", "");

	(void)state;
	(void)unit_output(unit_text("cd %s && openssl ecparam -genkey -noout -name secp521r1 -out "
				    "p521.key && openssl ecparam -genkey -noout -name secp256k1 "
				    "-out k1.key",
				    unit_keys()));
	assert_int_equal(added(sha512, 0x050a00), 1);
	assert_int_equal(added(sha3, 0x060100), 0);
	assert_int_equal(added(sha3, 0x060c00), 1);
	/* To the kernel this identifier was MD4, of which no signature can be checked. */
	assert_int_equal(added(md5, 0x060100), 0);
	assert_int_equal(added(md5, 0x060c00), 0);
	assert_int_equal(added(unit_certificate("ec"), 0x050a00), 0);
	assert_int_equal(added(unit_certificate("ec"), 0x060100), 1);
	assert_int_equal(added(made("p521", "", ""), 0x060100), 0);
	assert_int_equal(added(made("p521", "", ""), 0x060c00), 1);
	assert_int_equal(added(made("k1", "", ""), 0x060c00), 0);
}

static void key_sizes(void **state)
{
	static const struct {
		unsigned int bits;
		bool taken;
	} sizes[] = {{512, true},  {1024, true}, {1280, false}, {1536, true},
		     {2000, false}, {2048, true}, {2560, false}, {3072, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		(void)unit_output(unit_text("cd %s && openssl genpkey -quiet -algorithm RSA -pkeyopt "
					    "rsa_keygen_bits:%u -out sized.key 2>log",
					    unit_keys(), sizes[i].bits));
		assert_int_equal(added(made("sized", sizes[i].bits < 1024 ? "-sha1" : "", ""),
				       0x060c00),
				 sizes[i].taken);
	}
}

static void extensions_are_checked_from_6_4_on(void **state)
{
	struct kg_span empty_usage = made("rsa", "", "keyUsage=DER:03:01:00");
	struct kg_span odd_usage = made("rsa", "", "keyUsage=DER:03:02:08:80");
	struct kg_span no_ca = made("rsa", "", "basicConstraints=DER:30:03:01:01:00");
	struct kg_span path_only = made("rsa", "", "basicConstraints=DER:30:03:02:01:01");

	(void)state;
	assert_int_equal(added(made("rsa", "", "basicConstraints=CA:FALSE"), 0x060c00), 1);
	assert_int_equal(added(made("rsa", "", "basicConstraints=CA:TRUE,pathlen:1"), 0x060c00), 1);
	assert_int_equal(added(empty_usage, 0x060100), 1);
	assert_int_equal(added(empty_usage, 0x060c00), 0);
	assert_int_equal(added(odd_usage, 0x060c00), 0);
	assert_int_equal(added(no_ca, 0x060100), 1);
	assert_int_equal(added(no_ca, 0x060c00), 0);
	assert_int_equal(added(path_only, 0x060c00), 0);
}

/* A certificate of rsa's; the dates with tag and length, and what the outer algorithm is. */
static struct kg_span built(struct kg_span from, struct kg_span until, struct kg_span outer)
{
	static struct kg_span key;
	struct kg_span body;
	struct kg_span signature;

	if (!key.data)
		key = unit_output(unit_text("cd %s && openssl pkey -in rsa.key -pubout -outform DER",
					    unit_keys()));
	body = DER(0x30, DER(0xa0, UNIT_BYTES("\x02\x01\x02")), UNIT_BYTES("\x02\x01\x07"),
		   der_algorithm(OID_RSA_SHA256), der_name("built"), DER(0x30, from, until),
		   der_name("built"), key);
	signature = unit_filter(
		unit_text("openssl dgst -sha256 -sign %s/rsa.key", unit_keys()), body);
	return DER(0x30, body, der_algorithm(outer), DER(0x03, UNIT_BYTES("\0"), signature));
}

static struct kg_span dated(struct kg_span from, struct kg_span until)
{
	return built(from, until, OID_RSA_SHA256);
}

#define UTC(text) DER(0x17, UNIT_BYTES(text))
#define GENERALIZED(text) DER(0x18, UNIT_BYTES(text))

/* Dates are read, and do not count: one that RFC 5280 would not have is refused. */
static void dates(void **state)
{
	struct kg_span good = UTC("200101000000Z");
	static const char *const bad_utc[] = {
		"691231235959Z", "200001000000Z", "201301000000Z", "200100000000Z",
		"200132000000Z", "210229000000Z", "200431000000Z", "200101250000Z",
		"200101006000Z", "200101000061Z", "200101000000z", "2001010000Z",
		"200101000000+", "20010100000Z0", "2001a1000000Z", "500101000000Z", "",
	};
	static const char *const good_utc[] = {
		"700101000000Z", "491231235959Z", "200229235959Z", "200101240000Z",
		"200101000060Z",
	};
	static const char *const bad_generalized[] = {
		"20491231235959Z", "20200101000000Z", "19500101000000Z", "19491231235959Z",
		"21000229000000Z", "20500101000000", "20500101000000.5Z", "",
	};
	static const char *const good_generalized[] = {
		"20500101000000Z", "21261028160548Z", "24000229000000Z", "99991231235959Z",
	};

	(void)state;
	/* Long over, and not begun. */
	assert_int_equal(added(dated(UTC("200101000000Z"), UTC("200102000000Z")), 0x060c00), 1);
	assert_int_equal(added(dated(GENERALIZED("21000101000000Z"), GENERALIZED("21010101000000Z")),
			       0x060c00),
			 1);
	for (size_t i = 0; i < sizeof(good_utc) / sizeof(good_utc[0]); i++)
		assert_int_equal(added(dated(DER(0x17, kg_span_of_string(good_utc[i])), good),
				       0x060c00),
				 1);
	for (size_t i = 0; i < sizeof(bad_utc) / sizeof(bad_utc[0]); i++)
		assert_int_equal(added(dated(DER(0x17, kg_span_of_string(bad_utc[i])), good),
				       0x060c00),
				 0);
	for (size_t i = 0; i < sizeof(good_generalized) / sizeof(good_generalized[0]); i++)
		assert_int_equal(added(dated(good, DER(0x18, kg_span_of_string(good_generalized[i]))),
				       0x060c00),
				 1);
	for (size_t i = 0; i < sizeof(bad_generalized) / sizeof(bad_generalized[0]); i++)
		assert_int_equal(added(dated(good, DER(0x18, kg_span_of_string(bad_generalized[i]))),
				       0x060c00),
				 0);
	assert_int_equal(added(dated(good, DER(0x16, UNIT_BYTES("200101000000Z"))), 0x060c00), 0);
}

/* It stands in a certificate twice. */
static void both_algorithms_are_the_same(void **state)
{
	struct kg_span date = UTC("200101000000Z");

	(void)state;
	assert_int_equal(added(built(date, date, OID_RSA_SHA256), 0x060c00), 1);
	assert_int_equal(added(built(date, date, OID_RSA_SHA512), 0x060c00), 0);
}

/* The pattern of a certificate's beginning all over, without one behind it. */
static void images_full_of_beginnings(void **state)
{
	static const unsigned char beginning[] = {0x30, 0x82, 1, 0, 0x30, 0x82, 0, 200,
						  0xa0, 3,    2, 1, 2};
	struct kg_certificates certificates = {0};
	struct kg_error err = unit_no_error();
	size_t count = (8 << 20) / sizeof(beginning);
	struct kg_span image = zeros(count * sizeof(beginning));

	(void)state;
	for (size_t i = 0; i < count; i++)
		memcpy(unit_writable(image) + i * sizeof(beginning), beginning, sizeof(beginning));
	assert_failure(kg_certificates_find(image, &rules, &certificates, &err), err, EFBIG,
		       "holds more certificates than a kernel has");
	assert_int_equal(certificates.count, 0);
}

static void images_full_of_certificates(void **state)
{
	struct kg_span one = unit_certificate("leaf");
	struct kg_span spans[300];
	struct kg_certificates certificates = {0};
	struct kg_error err = unit_no_error();

	(void)state;
	for (size_t i = 0; i < 300; i++)
		spans[i] = one;
	assert_ok(kg_certificates_find(unit_joined(spans, 256), &rules, &certificates, &err), err);
	assert_int_equal(certificates.count, 256);
	kg_certificates_free(&certificates);
	assert_failure(kg_certificates_find(unit_joined(spans, 257), &rules, &certificates, &err),
		       err, EFBIG, "holds more certificates than a kernel has");
	kg_certificates_free(&certificates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_kernels_have_one),
		cmocka_unit_test(the_list_is_known_by_its_size),
		cmocka_unit_test(revoked_certificates_are_not_trusted),
		cmocka_unit_test(cut_images),
		cmocka_unit_test(what_the_kernel_cannot_read_is_left_out),
		cmocka_unit_test(algorithms_by_version),
		cmocka_unit_test(key_sizes),
		cmocka_unit_test(extensions_are_checked_from_6_4_on),
		cmocka_unit_test(dates),
		cmocka_unit_test(both_algorithms_are_the_same),
		cmocka_unit_test(images_full_of_beginnings),
		cmocka_unit_test(images_full_of_certificates),
	};

	return UNIT_RUN(tests);
}
