// SPDX-License-Identifier: GPL-2.0-or-later
#include "pkcs7_verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyring.h"

/* Public key operations; real messages need one or two. */
enum { max_checks = 256 };

struct judging {
	struct kg_pkcs7 *message;
	struct kg_message content;
	const struct kg_certificates *certificates;
	const struct kg_signature_rules *rules;
	size_t checks;
	bool mismatch;
};

static int check(struct judging *judging, const struct kg_public_key *key,
		 const struct kg_signature *signature, struct kg_message *message)
{
	if (++judging->checks > max_checks)
		return ENOTSUP;
	return kg_public_key_check(judging->rules, key, signature, message);
}

static bool is_unknown(int error)
{
	return error == ENOTSUP || error == ENOMEM;
}

/*
 * pkcs7_digest() with attributes: the digest of the content is one of them, and they are
 * what is signed, as a SET.
 */
static int check_attributes(struct judging *judging, const struct kg_pkcs7_signer *signer,
			    const struct kg_public_key *key)
{
	enum kg_digest digest = signer->signature.digest;
	struct kg_span attributes = signer->attributes;
	struct kg_message message;
	unsigned char *copy;
	int error = kg_message_digest(&judging->content, digest);

	if (error != 0)
		return error;
	if (signer->message_digest.size != judging->content.digests[digest].size)
		return EBADMSG;
	if (memcmp(signer->message_digest.data, judging->content.digests[digest].bytes,
		   signer->message_digest.size) != 0)
		return EKEYREJECTED;
	copy = malloc(attributes.size);
	if (!copy)
		return ENOMEM;
	memcpy(copy, attributes.data, attributes.size);
	copy[0] = kg_asn1_set;
	message = kg_message_of(kg_span_of(copy, attributes.size));
	error = key ? check(judging, key, &signer->signature, &message) : 0;
	free(copy);
	return error;
}

/* Whether the key has made the signature; without key only whether that is to be asked. */
static int check_signer(struct judging *judging, const struct kg_pkcs7_signer *signer,
			const struct kg_public_key *key)
{
	int error = 0;

	if (signer->has_attributes)
		error = check_attributes(judging, signer, key);
	else if (key)
		error = check(judging, key, &signer->signature, &judging->content);
	if (error != 0 && !is_unknown(error))
		judging->mismatch = true;
	return error;
}

static int check_certificate(struct judging *judging, const struct kg_x509 *certificate,
			     const struct kg_public_key *key)
{
	struct kg_message message = kg_message_of(certificate->signed_part);

	if (!kg_has_digest(judging->rules, certificate->signature.digest))
		return ENOENT;
	return check(judging, key, &certificate->signature, &message);
}

static void forget_seen(struct kg_pkcs7 *message)
{
	for (size_t i = 0; i < message->certificate_count; i++)
		message->certificates[i].seen = false;
}

/* pkcs7_find_key(); up to 5.17 the algorithms had to be the same here. */
static struct kg_x509 *find_signer(const struct judging *judging,
				   const struct kg_pkcs7_signer *signer)
{
	for (size_t i = 0; i < judging->message->certificate_count; i++) {
		struct kg_x509 *certificate = &judging->message->certificates[i];

		if (kg_key_id_equal(&certificate->id, &signer->id) &&
		    (judging->rules->version >= KG_LINUX(5, 18) ||
		     certificate->key.algorithm == signer->signature.algorithm))
			return certificate;
	}
	return NULL;
}

/* The certificate of the message that signed this one, or NULL. */
static struct kg_x509 *find_authority(struct kg_pkcs7 *message, const struct kg_x509 *certificate)
{
	for (size_t i = 0; i < message->certificate_count; i++) {
		struct kg_x509 *found = &message->certificates[i];

		if (certificate->authority.present
			    ? kg_key_id_equal(&found->id, &certificate->authority)
			    : kg_key_id_equal(&found->key_id, &certificate->authority_key_id))
			return found;
	}
	return NULL;
}

/* pkcs7_verify_sig_chain(): goes up as far as the message has certificates. */
static int verify_chain(struct judging *judging, struct kg_x509 *certificate)
{
	forget_seen(judging->message);
	for (;;) {
		struct kg_x509 *above;
		int error;

		certificate->seen = true;
		if (certificate->self_signed) {
			certificate->signer = certificate;
			return 0;
		}
		above = find_authority(judging->message, certificate);
		if (!above)
			return 0;
		if (certificate->authority.present && certificate->authority_key_id.present &&
		    !kg_key_id_equal(&above->key_id, &certificate->authority_key_id))
			return EKEYREJECTED;
		if (above->seen)
			return 0;
		error = check_certificate(judging, certificate, &above->key);
		if (error != 0)
			return error;
		certificate->signer = above;
		certificate = above;
	}
}

/* pkcs7_verify_one(): what the message says of itself has to be right. */
static int verify_signer(struct judging *judging, struct kg_pkcs7_signer *signer)
{
	struct kg_x509 *certificate = find_signer(judging, signer);
	int error;

	if (!kg_has_digest(judging->rules, signer->signature.digest))
		return ENOPKG;
	error = check_signer(judging, signer, NULL);
	signer->certificate = certificate;
	if (error != 0 || !certificate)
		return error;
	if (signer->has_signing_time && (signer->signing_time < certificate->valid_from ||
					 signer->signing_time > certificate->valid_until))
		return EKEYREJECTED;
	error = check_signer(judging, signer, &certificate->key);
	return error == 0 ? verify_chain(judging, certificate) : error;
}

/* pkcs7_verify() for VERIFYING_MODULE_SIGNATURE. One signer that is supported is enough. */
static int verify_message(struct judging *judging)
{
	struct kg_pkcs7 *message = judging->message;
	int result = ENOPKG;

	if (!message->is_plain_data)
		return EKEYREJECTED;
	if (message->has_attributes &&
	    !(judging->rules->takes_ml_dsa_attributes && message->only_ml_dsa))
		return EKEYREJECTED;
	for (size_t i = 0; i < message->signer_count; i++) {
		int error = verify_signer(judging, &message->signers[i]);

		message->signers[i].unsupported = error == ENOPKG;
		if (error == 0)
			result = 0;
		else if (error != ENOPKG)
			return error;
	}
	return result;
}

static void mark_verified(struct kg_x509 *from, const struct kg_x509 *to)
{
	for (struct kg_x509 *i = from; i; i = i->signer) {
		i->verified = true;
		if (i == to)
			break;
	}
}

/* What a trusted key has to have signed: a certificate, or the content itself where NULL. */
static int check_trusted(struct judging *judging, const struct kg_pkcs7_signer *signer,
			 const struct kg_x509 *certificate, const struct kg_public_key *key)
{
	int error = certificate ? check_certificate(judging, certificate, key)
				: check_signer(judging, signer, key);

	return error == 0 || is_unknown(error) ? error : EKEYREJECTED;
}

/* pkcs7_validate_trust_one() */
static int trust_signer(struct judging *judging, const struct kg_pkcs7_signer *signer)
{
	static const struct kg_key_id none;
	const struct kg_certificates *trusted = judging->certificates;
	const struct kg_public_key *key;
	struct kg_x509 *last = NULL;
	int error;

	for (struct kg_x509 *i = signer->certificate; i; i = i->signer) {
		if (i->seen) {
			if (!i->verified)
				return ENOKEY;
			mark_verified(signer->certificate, i);
			return 0;
		}
		i->seen = true;
		if (kg_certificates_find_key(trusted, &i->id, &i->key_id, &key) == 0) {
			error = check_trusted(judging, signer, last, key);
			if (error == 0)
				mark_verified(signer->certificate, i);
			return error;
		}
		if (i->signer == i)
			return ENOKEY;
		last = i;
	}
	if (last && (last->authority.present || last->authority_key_id.present)) {
		error = kg_certificates_find_key(trusted, &last->authority,
						 &last->authority_key_id, &key);
		if (error == 0) {
			error = check_trusted(judging, signer, last, key);
			if (error == 0)
				mark_verified(signer->certificate, last);
			return error;
		}
		if (error != ENOKEY)
			return error;
	}
	error = kg_certificates_find_key(trusted, &signer->id, &none, &key);
	return error == 0 ? check_trusted(judging, signer, NULL, key) : error;
}

/* pkcs7_validate_trust(): one signer that is trusted is enough, one that is bad too much. */
static int trust_message(struct judging *judging)
{
	int result = ENOKEY;

	forget_seen(judging->message);
	for (size_t i = 0; i < judging->message->signer_count; i++) {
		const struct kg_pkcs7_signer *signer = &judging->message->signers[i];
		int error = signer->unsupported ? ENOPKG : trust_signer(judging, signer);

		if (error == 0 || (error == ENOPKG && result == ENOKEY))
			result = error;
		else if (error != ENOKEY && error != ENOPKG)
			return error;
	}
	return result;
}

int kg_pkcs7_judge(struct kg_pkcs7 *message, struct kg_span content,
		   const struct kg_certificates *certificates,
		   const struct kg_signature_rules *rules, bool *mismatch)
{
	struct judging judging = {
		.message = message,
		.content = kg_message_of(content),
		.certificates = certificates,
		.rules = rules,
	};
	int error;

	*mismatch = false;
	if (message->has_data)
		return EBADMSG;
	error = verify_message(&judging);
	if (error == 0)
		error = trust_message(&judging);
	*mismatch = judging.mismatch;
	return error;
}
