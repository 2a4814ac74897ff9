// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "kernel-guard/parse/module_signature.h"

/* What the kernel would have got to decide by: an errno of mod_verify_sig(), ENODATA or 0. */
static struct kg_signature_decision decide_known(int error, bool enforced, bool locked_down)
{
	struct kg_signature_decision refused = {.verdict = KG_SIGNATURE_REFUSED};

	if (error == 0)
		return (struct kg_signature_decision){.verdict = KG_SIGNATURE_LOADS};
	if (error != ENODATA && error != ENOPKG && error != ENOKEY)
		refused.error_number = error;
	else if (enforced)
		refused.error_number = EKEYREJECTED;
	else if (locked_down)
		refused.error_number = EPERM;
	else
		return (struct kg_signature_decision){.verdict = KG_SIGNATURE_LOADS,
						      .taints = true};
	return refused;
}

/* What holds of both; of two errors the first counts. */
static struct kg_signature_decision either(struct kg_signature_decision left,
					   struct kg_signature_decision right)
{
	if (left.verdict != right.verdict)
		left.verdict = KG_SIGNATURE_MAY_LOAD;
	if (left.error_number == 0)
		left.error_number = right.error_number;
	left.taints = left.taints && right.taints;
	return left;
}

static struct kg_signature_decision decide_locked_down(int error, bool enforced,
						       enum kg_answer locked_down)
{
	if (locked_down == KG_ANSWER_UNKNOWN)
		return either(decide_known(error, enforced, true),
			      decide_known(error, enforced, false));
	return decide_known(error, enforced, locked_down == KG_ANSWER_YES);
}

static struct kg_signature_decision decide_enforced(int error,
						    const struct kg_signature_policy *policy)
{
	enum kg_answer locked_down = policy->locked_down;

	if (policy->enforced == KG_ANSWER_UNKNOWN)
		return either(decide_locked_down(error, true, locked_down),
			      decide_locked_down(error, false, locked_down));
	return decide_locked_down(error, policy->enforced == KG_ANSWER_YES, locked_down);
}

static struct kg_signature_decision decide_checked(const struct kg_signature_result *result,
						   const struct kg_signature_policy *policy)
{
	struct kg_signature_decision good = {.verdict = KG_SIGNATURE_LOADS};
	struct kg_signature_decision decision = decide_enforced(result->error_number, policy);

	if (result->state == KG_SIGNATURE_UNDECIDED)
		return either(decide_enforced(EKEYREJECTED, policy), good);
	if (result->state == KG_SIGNATURE_UNKNOWN_KEY && policy->more_keys != KG_ANSWER_NO)
		return either(decision, good);
	return decision;
}

struct kg_signature_decision kg_module_signature_decide(const struct kg_signature_result *result,
							const struct kg_signature_policy *policy)
{
	struct kg_signature_decision ignored = {.verdict = KG_SIGNATURE_LOADS};

	if (policy->checked == KG_ANSWER_NO)
		return ignored;
	if (policy->checked == KG_ANSWER_UNKNOWN)
		return either(decide_checked(result, policy), ignored);
	return decide_checked(result, policy);
}
