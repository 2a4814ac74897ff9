/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_PARSE_MODULE_SIGNATURE_H
#define KERNEL_GUARD_PARSE_MODULE_SIGNATURE_H

#include <stdbool.h>

#include "kernel-guard/core/error.h"
#include "kernel-guard/core/span.h"
#include "kernel-guard/parse/certificate.h"

/*
 * A module file as the first gate of load_module() takes it apart: module_sig_check() and
 * mod_verify_sig() (kernel/module/signing.c, up to 5.18 kernel/module.c and
 * kernel/module_signing.c) and mod_check_sig() (kernel/module_signature.c), Linux 5.10 to 7.3.
 * The spans point into the file.
 */
struct kg_module_signature {
	/*
	 * 0 where there is a signature to be verified, else what these functions give: ENODATA
	 * (no signature), ENOPKG (of another type than PKCS#7, which counts as none), EBADMSG.
	 */
	int error_number;
	/* What load_module() goes on with; the whole file where the kernel ignores signatures. */
	struct kg_span content;
	struct kg_span pkcs7; /* empty unless error_number is 0 */
};

/* Finds the appended signature of an uncompressed module. Cannot fail. */
struct kg_module_signature kg_module_signature_find(struct kg_span file);

enum kg_signature_state {
	KG_SIGNATURE_NONE,        /* ENODATA; ENOPKG for another type than PKCS#7 */
	KG_SIGNATURE_GOOD,        /* by a key of the certificates, and of this content */
	KG_SIGNATURE_MISMATCH,    /* its key is at hand, and did not sign this content */
	KG_SIGNATURE_UNKNOWN_KEY, /* ENOKEY: by none of the certificates */
	KG_SIGNATURE_UNSUPPORTED, /* ENOPKG: an algorithm that this kernel does not know */
	KG_SIGNATURE_INVALID,     /* of a form that the kernel refuses */
	KG_SIGNATURE_UNDECIDED,   /* an algorithm that libcrypto does not have */
};

struct kg_signature_result {
	enum kg_signature_state state;
	/* What mod_verify_sig() returns, or ENODATA; 0 for GOOD and UNDECIDED. */
	int error_number;
};

/*
 * Verifies the signature with the keys of the certificates, as verify_pkcs7_signature()
 * (certs/system_keyring.c) and crypto/asymmetric_keys/ of that kernel do. A signer is looked
 * for by issuer and serial number, or by key identifier; certificates that the signature
 * carries are followed up to a known one; a signature with attributes, with data in it or
 * without signers is refused; bytes behind the message are ignored, and so is when a
 * certificate is valid. Not known: blacklisted keys and modules (.blacklist, dbx), and
 * digests that the kernel has not been built with. 0, or -1 with ENOMEM.
 */
int kg_module_signature_verify(const struct kg_module_signature *signature,
			       const struct kg_certificates *certificates,
			       const struct kg_signature_rules *rules,
			       struct kg_signature_result *result, struct kg_error *err);

/* A fact about a kernel or a machine that may be out of reach. */
enum kg_answer {
	KG_ANSWER_NO,
	KG_ANSWER_YES,
	KG_ANSWER_UNKNOWN,
};

/* What a kernel makes of the result. A zeroed one is a kernel that ignores signatures. */
struct kg_signature_policy {
	enum kg_answer checked; /* CONFIG_MODULE_SIG */
	/* CONFIG_MODULE_SIG_FORCE, module.sig_enforce; with CONFIG_IMA_ARCH_POLICY Secure Boot. */
	enum kg_answer enforced;
	enum kg_answer locked_down; /* integrity or confidentiality */
	/* Whether it trusts keys that were not among the certificates: secondary, machine (MOK),
	 * and with some distributions' patches platform (db). */
	enum kg_answer more_keys;
};

enum kg_signature_verdict {
	KG_SIGNATURE_LOADS,
	KG_SIGNATURE_REFUSED,
	KG_SIGNATURE_MAY_LOAD, /* a fact that decides is not known */
};

struct kg_signature_decision {
	enum kg_signature_verdict verdict;
	/* EKEYREJECTED, EPERM, EBADMSG, …: where refused, and where it may be. Else 0. */
	int error_number;
	bool taints; /* it loads, and sets TAINT_UNSIGNED_MODULE; false where that is not known */
};

/*
 * The end of module_sig_check(): without a usable signature (ENODATA, ENOPKG, ENOKEY) a module
 * is refused with EKEYREJECTED where signatures are enforced, else with EPERM under lockdown
 * (LOCKDOWN_MODULE_SIGNATURE), else it loads and taints; every other error is final. A key that
 * is not among the certificates counts as unknown to the kernel, except that where the machine
 * may have it nothing is refused for certain.
 */
struct kg_signature_decision kg_module_signature_decide(const struct kg_signature_result *result,
							const struct kg_signature_policy *policy);

#endif
