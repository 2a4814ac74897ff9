/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_TESTS_UNIT_SIGNATURE_FIXTURE_H
#define KERNEL_GUARD_TESTS_UNIT_SIGNATURE_FIXTURE_H

#include "fixture.h"
#include "kernel-guard/parse/module_signature.h"

/* What the tests sign. No ELF file: that is the next gate's business. */
static const char unit_content[] = "content of a module\n";

static inline struct kg_span unit_signed_content(void)
{
	return kg_span_of(unit_content, sizeof(unit_content) - 1);
}

/*
 * Keys and certificates, by openssl. Each NAME has NAME.key, NAME.pem and NAME.der: rsa and other
 * (RSA, signed by themselves, the latter without identifiers), ec (P-256), root, middle and leaf,
 * a chain in which each names the one above by its key, and child, which names rsa by issuer
 * and serial number.
 */
static const char unit_key_script[] =
	"printf '[req]\\ndistinguished_name=dn\\nprompt=no\\n[dn]\\nCN=x\\n"
	"[plain]\\nsubjectKeyIdentifier=none\\nauthorityKeyIdentifier=none\\n"
	"[own]\\nkeyUsage=digitalSignature\\nbasicConstraints=critical,CA:FALSE\\n"
	"subjectKeyIdentifier=hash\\nauthorityKeyIdentifier=keyid\\n"
	"[above]\\nbasicConstraints=critical,CA:TRUE\\nsubjectKeyIdentifier=hash\\n"
	"authorityKeyIdentifier=keyid:always\\n"
	"[by-serial]\\nsubjectKeyIdentifier=hash\\nauthorityKeyIdentifier=issuer:always\\n' >cnf\n"
	"key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:${2:-1024} "
	"-out $1.key; }\n"
	"self() { openssl req -x509 -new -key $1.key -config cnf -extensions $2 -subj /CN=$1 "
	"-set_serial $3 -days 36500 -sha256 -out $1.pem; }\n"
	"by() { openssl req -new -key $1.key -config cnf -subj /O=$1 | openssl x509 -req -CA $2.pem "
	"-CAkey $2.key -set_serial $4 -extfile cnf -extensions $3 -days 36500 -out $1.pem; }\n"
	"key rsa 2048; key other; key root; key middle; key leaf; key child\n"
	"openssl ecparam -genkey -noout -name prime256v1 -out ec.key\n"
	"self rsa own 0x1234; self other plain 0x77; self ec own 0x99; self root above 1\n"
	"by middle root above 2; by leaf middle above 3; by child rsa by-serial 4\n"
	"for i in rsa other ec root middle leaf child; do "
	"openssl x509 -in $i.pem -outform DER -out $i.der; done\n"
	"cat middle.pem root.pem >chain.pem\n";

/* The directory that holds them, made once. */
static inline const char *unit_keys(void)
{
	static const char *directory;

	if (!directory) {
		directory = unit_text("%s/keys", unit_directory());
		unit_write_file(unit_text("%s/script", unit_directory()),
				kg_span_of_string(unit_key_script));
		(void)unit_output(unit_text("mkdir %s && cd %s && sh -e ../script 2>log || "
					    "{ cat log >&2; exit 1; }",
					    directory, directory));
		unit_write_file(unit_text("%s/content", directory), unit_signed_content());
	}
	return directory;
}

static inline struct kg_span unit_certificate(const char *name)
{
	return unit_read_file(unit_text("%s/%s.der", unit_keys(), name));
}

/* What `openssl cms -sign` makes of the content; certificate and key are those of NAME. */
static inline struct kg_span unit_sign(const char *name, const char *options)
{
	return unit_output(unit_text("cd %s && openssl cms -sign -binary -in content -outform DER "
				     "-signer %s.pem -inkey %s.key %s 2>log",
				     unit_keys(), name, name, options));
}

/* The bytes of all parts, one after the other, kept. */
static inline struct kg_span unit_joined(const struct kg_span *parts, size_t count)
{
	size_t size = 0;
	size_t at = 0;
	unsigned char *all;

	for (size_t i = 0; i < count; i++)
		size += parts[i].size;
	all = unit_keep(malloc(size ? size : 1));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].size)
			memcpy(all + at, parts[i].data, parts[i].size);
		at += parts[i].size;
	}
	return kg_span_of(all, size);
}

#define UNIT_SPANS(...) (struct kg_span[]){__VA_ARGS__}
#define UNIT_JOIN(...)                                                                             \
	unit_joined(UNIT_SPANS(__VA_ARGS__),                                                       \
		    sizeof(UNIT_SPANS(__VA_ARGS__)) / sizeof(struct kg_span))

/* Bytes written as a string literal. */
#define UNIT_BYTES(literal) kg_span_of(literal, sizeof(literal) - 1)

static const char unit_marker[] = "~Module signature appended~\n";

/* struct module_signature: seven fields of a byte, padding included, and the signature's size. */
static inline struct kg_span unit_info(const unsigned char fields[8], uint32_t size)
{
	unsigned char *info = unit_keep(malloc(12));

	memcpy(info, fields, 8);
	for (unsigned int i = 0; i < 4; i++)
		info[8 + i] = (unsigned char)(size >> (24 - 8 * i));
	return kg_span_of(info, 12);
}

/* A module file with this signature behind it. */
static inline struct kg_span unit_append(struct kg_span content, struct kg_span pkcs7)
{
	static const unsigned char fields[8] = {0, 0, 2};

	return UNIT_JOIN(content, pkcs7, unit_info(fields, (uint32_t)pkcs7.size),
			 UNIT_BYTES(unit_marker));
}

/* The certificates of these names, up to NULL, as far as a kernel with these rules takes them. */
static inline struct kg_certificates unit_trust(const struct kg_signature_rules *rules,
						const char *const *names)
{
	struct kg_certificates trusted = {0};
	struct kg_error err = unit_no_error();

	for (; *names; names++)
		assert_ok(kg_certificates_add(&trusted, unit_certificate(*names), rules, &err),
			  err);
	return trusted;
}

static inline struct kg_signature_result unit_verify(struct kg_span file,
						     const struct kg_certificates *trusted,
						     const struct kg_signature_rules *rules)
{
	struct kg_span exact = unit_copy(file);
	struct kg_module_signature signature = kg_module_signature_find(exact);
	struct kg_signature_result result = {.error_number = -1};
	struct kg_error err = unit_no_error();

	assert_ok(kg_module_signature_verify(&signature, trusted, rules, &result, &err), err);
	unit_free(exact);
	return result;
}

static inline const char *unit_state_name(enum kg_signature_state state)
{
	static const char *const names[] = {
		[KG_SIGNATURE_NONE] = "none",
		[KG_SIGNATURE_GOOD] = "good",
		[KG_SIGNATURE_MISMATCH] = "mismatch",
		[KG_SIGNATURE_UNKNOWN_KEY] = "unknown key",
		[KG_SIGNATURE_UNSUPPORTED] = "unsupported",
		[KG_SIGNATURE_INVALID] = "invalid",
		[KG_SIGNATURE_UNDECIDED] = "undecided",
	};

	return names[state];
}

/* Fails with what was tried unless the result is this one. */
static inline void unit_check_result(struct kg_signature_result result,
				     enum kg_signature_state state, int error, const char *what,
				     const char *file, int line)
{
	if (result.state == state && result.error_number == error)
		return;
	print_error("%s: %s, %s; expected: %s, %s\n", what, unit_state_name(result.state),
		    strerrorname_np(result.error_number), unit_state_name(state),
		    strerrorname_np(error));
	_fail(file, line);
}

#define assert_result(result, state, error, what)                                                  \
	unit_check_result((result), (state), (error), (what), __FILE__, __LINE__)

#endif
