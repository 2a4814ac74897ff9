/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_SRC_PARSE_SIGNATURE_PKCS7_VERIFY_H
#define KERNEL_GUARD_SRC_PARSE_SIGNATURE_PKCS7_VERIFY_H

#include "kernel-guard/parse/certificate.h"
#include "pkcs7.h"

/*
 * Judges a detached message over content as a module's signature, as
 * verify_pkcs7_message_sig() (certs/system_keyring.c) does with pkcs7_verify() and
 * pkcs7_validate_trust() of crypto/asymmetric_keys/. 0, or the kernel's errno: ENOKEY,
 * EKEYREJECTED, EBADMSG, EINVAL and what a public key operation gives; ENOTSUP or ENOMEM
 * where nothing is known. *mismatch becomes whether a signature did not fit its key.
 */
int kg_pkcs7_judge(struct kg_pkcs7 *message, struct kg_span content,
		   const struct kg_certificates *certificates,
		   const struct kg_signature_rules *rules, bool *mismatch);

#endif
