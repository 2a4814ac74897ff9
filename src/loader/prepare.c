// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel-guard/parse/boot_entry.h"
#include "kernel-guard/parse/kernel_config.h"
#include "kernel-guard/parse/module_signature.h"

static struct kg_signature_policy policy_of(const struct kg_kernel *kernel,
					    const struct kg_load_situation *situation)
{
	const struct kg_vmlinux *vmlinux = &kernel->vmlinux;
	bool enforced = vmlinux->signatures_enforced || situation->signatures_enforced;
	bool more_keys = situation->may_trust_more || vmlinux->more_certificates;
	bool locked_down = situation->lockdown != KG_LOCKDOWN_NONE &&
			   kg_loader_rules_have(&vmlinux->rules, KG_LOADER_RULE_LOCKDOWN);

	return (struct kg_signature_policy){
		.checked = KG_ANSWER_YES,
		.enforced = enforced ? KG_ANSWER_YES : KG_ANSWER_NO,
		.locked_down = locked_down ? KG_ANSWER_YES : KG_ANSWER_NO,
		.more_keys = more_keys ? KG_ANSWER_UNKNOWN : KG_ANSWER_NO,
	};
}

static const char *describe(enum kg_signature_state state)
{
	switch (state) {
	case KG_SIGNATURE_NONE:
		return "is not signed";
	case KG_SIGNATURE_MISMATCH:
		return "was changed after it was signed";
	case KG_SIGNATURE_UNKNOWN_KEY:
		return "is signed with a key that the kernel does not know";
	case KG_SIGNATURE_UNSUPPORTED:
		return "is signed in a way that the kernel does not know";
	case KG_SIGNATURE_UNDECIDED:
		return "is signed in a way that cannot be verified here";
	case KG_SIGNATURE_INVALID:
	case KG_SIGNATURE_GOOD:
		break;
	}
	return "has a damaged signature";
}

static int decide_signature(struct kg_prepared_module *prepared,
			    const struct kg_signature_result *result,
			    const struct kg_signature_policy *policy, struct kg_error *err)
{
	struct kg_signature_decision decision = kg_module_signature_decide(result, policy);

	switch (decision.verdict) {
	case KG_SIGNATURE_LOADS:
		return 0;
	case KG_SIGNATURE_REFUSED:
		return kg_decide(&prepared->signature, err, KG_LOAD_REFUSED, decision.error_number,
				 KG_FINDING_MODULE_SIGNATURE, NULL, "%s %s", prepared->path,
				 describe(result->state));
	case KG_SIGNATURE_MAY_LOAD:
		break;
	}
	return kg_decide(&prepared->signature, err, KG_LOAD_UNKNOWN, 0,
			 KG_FINDING_MODULE_UNDECIDED, NULL,
			 "%s %s, and this kernel demands a signature", prepared->path,
			 describe(result->state));
}

/* module_sig_check(). *content is what the kernel goes on with. */
static int check_signature(const struct kg_kernel *kernel,
			   const struct kg_load_situation *situation, struct kg_span file,
			   struct kg_span *content, struct kg_prepared_module *prepared,
			   struct kg_error *err)
{
	const struct kg_signature_policy policy = policy_of(kernel, situation);
	struct kg_module_signature signature;
	struct kg_signature_result result;

	*content = file;
	if (!kg_loader_rules_have(&kernel->vmlinux.rules, KG_LOADER_RULE_SIGNATURES))
		return 0;
	signature = kg_module_signature_find(file);
	*content = signature.content;
	if (kg_module_signature_verify(&signature, &kernel->vmlinux.certificates,
				       &kernel->vmlinux.signature_rules, &result, err) < 0)
		return -1;
	return decide_signature(prepared, &result, &policy, err);
}

static int read_content(const struct kg_kernel *kernel, struct kg_span content,
			struct kg_prepared_module *prepared)
{
	return kg_module_parse(content, &kernel->vmlinux.rules, &prepared->module,
			       &prepared->unread);
}

/* Whether the kernel looks at the types of modules, and its answer matters. */
static bool btf_matters(const struct kg_kernel *kernel)
{
	const struct kg_loader_rules *rules = &kernel->vmlinux.rules;

	return kernel->vmlinux.has_btf &&
	       kg_loader_rules_have(rules, KG_LOADER_RULE_BTF_CHECKED) &&
	       !kg_loader_rules_have(rules, KG_LOADER_RULE_BTF_OPTIONAL);
}

/*
 * Whether the kernel takes a module whose types it has found to be invalid. Up to 6.2 it
 * says so with the same message whether it does or not, and the configuration has to be
 * asked; CONFIG_MODULE_ALLOW_BTF_MISMATCH exists from 5.18 on.
 */
static enum kg_config_value btf_mismatch_allowed(const struct kg_kernel *kernel)
{
	if (kg_version_compare(kernel->release, "5.18") < 0 ||
	    kg_version_compare(kernel->release, "6.3") >= 0)
		return KG_CONFIG_UNSET;
	return kg_config_lookup(kg_buffer_span(&kernel->config),
				"CONFIG_MODULE_ALLOW_BTF_MISMATCH");
}

static int decide_invalid_btf(const struct kg_kernel *kernel, struct kg_prepared_module *prepared,
			      const struct kg_btf_verdict *verdict, struct kg_error *err)
{
	const char *name = prepared->module.name;

	switch (btf_mismatch_allowed(kernel)) {
	case KG_CONFIG_SET:
		return 0;
	case KG_CONFIG_UNSET:
		return kg_decide(&prepared->btf, err, KG_LOAD_REFUSED, verdict->code,
				 KG_FINDING_MODULE_DAMAGED, NULL,
				 "%s has types (.BTF) that the kernel refuses: %s", name,
				 verdict->reason);
	case KG_CONFIG_UNKNOWN:
		break;
	}
	return kg_decide(&prepared->btf, err, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL,
			 "%s has types (.BTF) that are not valid (%s); whether that matters "
			 "depends on CONFIG_MODULE_ALLOW_BTF_MISMATCH, and there is no "
			 "configuration",
			 name, verdict->reason);
}

static int decide_unknown_btf(struct kg_prepared_module *prepared, const char *why,
			      struct kg_error *err)
{
	return kg_decide(&prepared->btf, err, KG_LOAD_UNKNOWN, 0, KG_FINDING_MODULE_UNDECIDED, NULL,
			 "%s has types (.BTF) that the kernel may refuse: %s",
			 prepared->module.name, why);
}

/* The bytes of a section, or NULL where there is none. */
static const struct kg_span *bytes_of(const struct kg_module_section *section)
{
	return section ? &section->bytes : NULL;
}

static int check_btf(const struct kg_kernel *kernel, struct kg_prepared_module *prepared,
		     struct kg_error *err)
{
	const struct kg_module_elf *elf = &prepared->module.elf;
	const struct kg_module_section *section = kg_module_elf_any_section(elf, ".BTF");
	const struct kg_module_section *base = kg_module_elf_any_section(elf, ".BTF.base");
	struct kg_btf_verdict verdict;

	if (!section || !btf_matters(kernel))
		return 0;
	if (kernel->vmlinux.btf_error.code != 0)
		return decide_unknown_btf(prepared, kernel->vmlinux.btf_error.message, err);
	if (section->header.sh_type == SHT_NOBITS)
		return decide_unknown_btf(prepared, "the section has no bytes", err);
	if (kg_btf_check_module(kernel->vmlinux.btf, &kernel->vmlinux.btf_rules,
				bytes_of(section), bytes_of(base), &verdict, err) < 0)
		return -1;
	switch (verdict.answer) {
	case KG_BTF_VALID:
		return 0;
	case KG_BTF_INVALID:
		return decide_invalid_btf(kernel, prepared, &verdict, err);
	case KG_BTF_UNKNOWN:
		break;
	}
	return decide_unknown_btf(prepared, verdict.reason, err);
}

/* What cannot be read is judged later; memory that is out is passed on. */
static int unless_memory(const struct kg_prepared_module *prepared, struct kg_error *err)
{
	if (prepared->unread.code != ENOMEM)
		return 0;
	*err = prepared->unread;
	return -1;
}

static int prepare(const struct kg_kernel *kernel, const struct kg_load_situation *situation,
		   struct kg_span file, struct kg_prepared_module *prepared, struct kg_error *err)
{
	struct kg_span image;
	struct kg_span content;

	prepared->size = file.size;
	if (kg_module_unpack(file, &prepared->storage, &image, &prepared->unread) < 0)
		return unless_memory(prepared, err);
	prepared->size = image.size;
	if (check_signature(kernel, situation, image, &content, prepared, err) < 0)
		return -1;
	if (read_content(kernel, content, prepared) < 0)
		return unless_memory(prepared, err);
	return check_btf(kernel, prepared, err);
}

struct kg_prepared_module *kg_module_prepare(const struct kg_kernel *kernel,
					     const struct kg_load_situation *situation,
					     const char *path, struct kg_span file,
					     struct kg_error *err)
{
	struct kg_prepared_module *prepared = calloc(1, sizeof(*prepared));

	if (!prepared) {
		kg_fail_memory(err);
		return NULL;
	}
	prepared->path = path;
	if (prepare(kernel, situation, file, prepared, err) < 0) {
		kg_prepared_module_free(prepared);
		return NULL;
	}
	return prepared;
}

void kg_prepared_module_free(struct kg_prepared_module *prepared)
{
	if (!prepared)
		return;
	kg_module_free(&prepared->module);
	kg_buffer_free(&prepared->storage);
	kg_module_verdict_free(&prepared->signature);
	kg_module_verdict_free(&prepared->btf);
	free(prepared);
}
