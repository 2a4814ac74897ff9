// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of `openssl cms`: which keys a signature is good for, as pkcs7_verify.c and
 * pkcs7_trust.c say. The expectations are those of booted kernels.
 */
#include "signature_fixture.h"

static struct kg_signature_rules rules;

static int set_up(void **state)
{
	(void)state;
	rules = kg_signature_rules_of("6.12.95+deb12-amd64");
	return 0;
}

static struct kg_signature_result judge_with(const struct kg_signature_rules *of,
					     const char *const *trusted, struct kg_span content,
					     struct kg_span pkcs7)
{
	struct kg_certificates certificates = unit_trust(of, trusted);
	struct kg_signature_result result =
		unit_verify(unit_append(content, pkcs7), &certificates, of);

	kg_certificates_free(&certificates);
	return result;
}

#define TRUSTED(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Signed by NAME with these options of openssl: what of the content, and what of another. */
static const struct {
	const char *name;
	const char *options;
	const char *trusted[3];
	enum kg_signature_state state;
	int error;
	enum kg_signature_state other_state;
	int other_error;
} cases[] = {
#define GOOD KG_SIGNATURE_GOOD, 0, KG_SIGNATURE_MISMATCH, EKEYREJECTED
#define UNKNOWN KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, KG_SIGNATURE_UNKNOWN_KEY, ENOKEY
#define UNKNOWN_OR_BAD KG_SIGNATURE_UNKNOWN_KEY, ENOKEY, KG_SIGNATURE_MISMATCH, EKEYREJECTED
#define INVALID(error) KG_SIGNATURE_INVALID, error, KG_SIGNATURE_INVALID, error
	/* As sign-file does. */
	{"rsa", "-noattr -nocerts", {"rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -md sha1", {"rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -md sha224", {"rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -md sha384", {"rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -md sha512", {"other", "rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -md sha3-256", {"rsa"}, GOOD},
	{"ec", "-noattr -nocerts", {"ec"}, GOOD},
	{"ec", "-noattr -nocerts -md sha1", {"ec"}, GOOD},
	{"ec", "-noattr -nocerts -md sha512", {"ec"}, GOOD},
	{"rsa", "-noattr -nocerts", {NULL}, UNKNOWN},
	{"rsa", "-noattr -nocerts", {"other", "ec"}, UNKNOWN},
	/* sign-file -k: by key identifier. */
	{"rsa", "-noattr -nocerts -keyid", {"rsa"}, GOOD},
	{"ec", "-noattr -nocerts -keyid", {"rsa", "ec"}, GOOD},
	{"rsa", "-noattr -nocerts -keyid", {"other"}, UNKNOWN},
	/* With the certificate the content is checked even where the key is not trusted. */
	{"rsa", "-noattr", {"rsa"}, GOOD},
	{"rsa", "-noattr", {"other"}, UNKNOWN_OR_BAD},
	{"ec", "-noattr", {NULL}, UNKNOWN_OR_BAD},
	/* By key identifier the certificate of the message is not found (pkcs7_find_key()). */
	{"rsa", "-noattr -keyid", {"other"}, UNKNOWN},
	{"rsa", "-noattr -keyid", {"rsa"}, GOOD},
	/* A certificate of the message leads to the one that has signed it. */
	{"leaf", "-noattr", {"middle"}, GOOD},
	{"leaf", "-noattr", {"root"}, UNKNOWN_OR_BAD},
	{"leaf", "-noattr -certfile middle.pem", {"root"}, GOOD},
	{"leaf", "-noattr -certfile chain.pem", {"root"}, GOOD},
	{"leaf", "-noattr -certfile chain.pem", {"rsa"}, UNKNOWN_OR_BAD},
	{"leaf", "-noattr -nocerts", {"middle", "root"}, UNKNOWN},
	{"child", "-noattr", {"rsa"}, GOOD},
	{"child", "-noattr -certfile rsa.pem", {"rsa"}, GOOD},
	{"child", "-noattr", {"other"}, UNKNOWN_OR_BAD},
	/* Of several signers one that is trusted is enough. */
	{"rsa", "-noattr -nocerts -signer other.pem -inkey other.key", {"other"}, GOOD},
	{"rsa", "-noattr -nocerts -signer other.pem -inkey other.key", {"rsa"}, GOOD},
	{"rsa", "-noattr -nocerts -signer other.pem -inkey other.key", {"ec"}, UNKNOWN},
	/* What a module's signature must not have. */
	{"rsa", "-nocerts", {"rsa"}, INVALID(EKEYREJECTED)},
	{"rsa", "", {"other"}, INVALID(EKEYREJECTED)},
	{"rsa", "-noattr -nocerts -nodetach", {"rsa"}, INVALID(EBADMSG)},
	{"rsa", "-noattr -nocerts -stream -indef -nodetach", {"rsa"}, INVALID(EBADMSG)},
	/* Digests that a kernel does not know count as no signature. */
	{"rsa",
	 "-noattr -nocerts -md md5",
	 {"rsa"},
	 KG_SIGNATURE_UNSUPPORTED,
	 ENOPKG,
	 KG_SIGNATURE_UNSUPPORTED,
	 ENOPKG},
};

static void signers(void **state)
{
	struct kg_span other = UNIT_BYTES("Content of a module\n");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_span pkcs7 = unit_sign(cases[i].name, cases[i].options);
		const char *what = unit_text("%s %s, trusted: %s", cases[i].name, cases[i].options,
					     cases[i].trusted[0] ? cases[i].trusted[0] : "none");

		assert_result(judge_with(&rules, cases[i].trusted, unit_signed_content(), pkcs7),
			      cases[i].state, cases[i].error, what);
		assert_result(judge_with(&rules, cases[i].trusted, other, pkcs7),
			      cases[i].other_state, cases[i].other_error,
			      unit_text("other content, %s", what));
	}
}

/* A certificate of the message whose serial number is changed is not what was signed. */
static void a_certificate_in_the_message_is_checked(void **state)
{
	struct kg_span copy = unit_copy(unit_sign("rsa", "-noattr"));
	unsigned char *serial = memmem(unit_writable(copy), copy.size, "\x02\x02\x12\x34", 4);

	(void)state;
	assert_non_null(serial);
	serial[3] ^= 1;
	assert_result(judge_with(&rules, TRUSTED("rsa"), unit_signed_content(), copy),
		      KG_SIGNATURE_INVALID, EKEYREJECTED, "changed certificate");
	unit_free(copy);
}

static struct kg_signature_result by_release(const char *release, const char *config,
					     const char *trusted, struct kg_span pkcs7)
{
	struct kg_signature_rules of = kg_signature_rules_of(release);

	kg_signature_rules_add_config(&of, kg_span_of_string(config));
	return judge_with(&of, TRUSTED(trusted), unit_signed_content(), pkcs7);
}

static void what_a_kernel_knows_depends_on_its_version(void **state)
{
	struct kg_span ec = unit_sign("ec", "-noattr -nocerts");
	struct kg_span md5 = unit_sign("rsa", "-noattr -nocerts -md md5");
	struct kg_span sha3 = unit_sign("rsa", "-noattr -nocerts -md sha3-512");

	(void)state;
	assert_result(by_release("5.10.0-46-amd64", "", "ec", ec), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "ECDSA in 5.10");
	assert_result(by_release("6.1.0-56-amd64", "", "ec", ec), KG_SIGNATURE_GOOD, 0,
		      "ECDSA in 6.1");
	assert_result(by_release("6.1.0", "", "rsa", md5), KG_SIGNATURE_GOOD, 0, "MD5 in 6.1");
	assert_result(by_release("6.12.1", "", "rsa", md5), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "MD5 in 6.12");
	assert_result(by_release("6.1.0", "", "rsa", sha3), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "SHA3 in 6.1");
	assert_result(by_release("7.3.4+deb13-amd64", "", "rsa", sha3), KG_SIGNATURE_GOOD, 0,
		      "SHA3 in 7.3");
}

static void and_on_its_configuration(void **state)
{
	static const char both[] = "CONFIG_CRYPTO_RSA=y\nCONFIG_CRYPTO_SHA256=y\n"
				   "CONFIG_CRYPTO_ECDSA=y\nCONFIG_CRYPTO_SHA512=m\n";
	static const char neither[] = "CONFIG_CRYPTO_RSA=y\nCONFIG_CRYPTO_SHA256=y\n"
				      "# CONFIG_CRYPTO_ECDSA is not set\n";
	struct kg_span ec = unit_sign("ec", "-noattr -nocerts");
	struct kg_span with_certificate = unit_sign("ec", "-noattr");
	struct kg_span sha512 = unit_sign("rsa", "-noattr -nocerts -md sha512");

	(void)state;
	assert_result(by_release("6.1.0", both, "ec", ec), KG_SIGNATURE_GOOD, 0, "ECDSA");
	assert_result(by_release("6.1.0", both, "rsa", sha512), KG_SIGNATURE_GOOD, 0, "SHA512");
	/* A certificate that cannot be checked is not taken, and damages a message. */
	assert_result(by_release("6.1.0", neither, "ec", ec), KG_SIGNATURE_UNKNOWN_KEY, ENOKEY,
		      "no ECDSA");
	assert_result(by_release("6.1.0", neither, "ec", with_certificate), KG_SIGNATURE_INVALID,
		      ENOENT, "no ECDSA, certificate in the message");
	assert_result(by_release("6.1.0", neither, "rsa", sha512), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "no SHA512");
}

/* Whether this openssl can make such keys; libcrypto is of the same version. */
static bool has_ml_dsa(void)
{
	return strcmp(unit_output_text(unit_text(
			      "cd %s && openssl req -x509 -newkey ML-DSA-65 -noenc -keyout ml.key "
			      "-config cnf -extensions own -subj /CN=ml -set_serial 5 -out ml.pem "
			      ">log 2>&1 && openssl x509 -in ml.pem -outform DER -out ml.der && "
			      "echo yes || echo no",
			      unit_keys())),
		      "yes") == 0;
}

static void ml_dsa(void **state)
{
	static const char waived[] = "CONFIG_CRYPTO_MLDSA=y\nCONFIG_CRYPTO_SHA512=y\n"
				     "CONFIG_PKCS7_WAIVE_AUTHATTRS_REJECTION_FOR_MLDSA=y\n";
	struct kg_span pkcs7;

	(void)state;
	if (!has_ml_dsa()) {
		/* A message that says ML-DSA-65 where it said RSA. */
		struct kg_span copy = unit_copy(unit_sign("rsa", "-noattr -nocerts"));
		unsigned char *oid = memmem(unit_writable(copy), copy.size,
					    "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9);

		assert_non_null(oid);
		memcpy(oid, "\x60\x86\x48\x01\x65\x03\x04\x03\x12", 9);
		assert_result(by_release("7.3.4", "", "rsa", copy), KG_SIGNATURE_MISMATCH,
			      EKEYREJECTED, "ML-DSA with an RSA key");
		assert_result(by_release("7.3.4", "", "other", copy), KG_SIGNATURE_UNKNOWN_KEY,
			      ENOKEY, "ML-DSA without a key");
		assert_result(by_release("6.12.9", "", "rsa", copy), KG_SIGNATURE_UNSUPPORTED,
			      ENOPKG, "ML-DSA in 6.12");
		unit_free(copy);
		return;
	}
	/* Attributes have to be waived; openssl before 4.0 cannot do without. */
	pkcs7 = unit_sign("ml", "-nocerts -md sha512");
	assert_result(by_release("7.3.4", "", "ml", pkcs7), KG_SIGNATURE_INVALID, EKEYREJECTED,
		      "ML-DSA with attributes");
	assert_result(by_release("7.3.4", waived, "ml", pkcs7), KG_SIGNATURE_GOOD, 0,
		      "ML-DSA with attributes that are waived");
	assert_result(by_release("6.12.9", waived, "ml", pkcs7), KG_SIGNATURE_UNSUPPORTED, ENOPKG,
		      "ML-DSA in 6.12");
}

static void releases(void **state)
{
	(void)state;
	assert_int_equal(kg_signature_rules_of("6.12.9-arch1-1").version, 0x060c00);
	assert_int_equal(kg_signature_rules_of("7.3").version, 0x070300);
	assert_int_equal(kg_signature_rules_of("5.10.0-46-amd64").version, 0x050a00);
	assert_int_equal(kg_signature_rules_of("").version, 0);
	assert_int_equal(kg_signature_rules_of("6").version, 0);
	assert_int_equal(kg_signature_rules_of("6.").version, 0);
	assert_int_equal(kg_signature_rules_of(".6").version, 0);
	assert_int_equal(kg_signature_rules_of("linux").version, 0);
	assert_int_equal(kg_signature_rules_of("6.999999999999").version, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signers),
		cmocka_unit_test(a_certificate_in_the_message_is_checked),
		cmocka_unit_test(what_a_kernel_knows_depends_on_its_version),
		cmocka_unit_test(and_on_its_configuration),
		cmocka_unit_test(ml_dsa),
		cmocka_unit_test(releases),
	};

	return UNIT_RUN_IN(tests, set_up, NULL);
}
