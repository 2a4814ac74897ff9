// SPDX-License-Identifier: GPL-2.0-or-later
/* A module that is wrong in every way at once: the first gate of load_module() decides. */
#include "loader_bed.h"

enum fault {
	DISABLED,
	MACHINE,
	BLACKLIST,
	LAYOUT,
	VERMAGIC,
	LIVEPATCH,
	NAME,
	WRITABLE_CODE,
	CONSTRUCTORS,
	EXPORT_SECTIONS,
	IMPORTED_NAMESPACE,
	SYMBOL,
	RELOCATION,
	DOUBLED_EXPORT,
	SYSFS,
	DOUBLED_SECTION,
	FAULT_COUNT,
};

/* What each comes to. */
static const struct {
	int error_number;
	enum kg_finding_id reason;
	const char *symbol;
} outcomes[] = {
	[DISABLED] = {EPERM, KG_FINDING_MODULE_BLACKLISTED, NULL},
	[MACHINE] = {ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL},
	[BLACKLIST] = {EPERM, KG_FINDING_MODULE_BLACKLISTED, NULL},
	[LAYOUT] = {ENOEXEC, KG_FINDING_MODULE_SYMBOL_VERSION, "module_layout"},
	[VERMAGIC] = {ENOEXEC, KG_FINDING_MODULE_VERMAGIC, NULL},
	[LIVEPATCH] = {ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL},
	[NAME] = {EEXIST, KG_FINDING_MODULE_DUPLICATE, NULL},
	[WRITABLE_CODE] = {ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL},
	[CONSTRUCTORS] = {EINVAL, KG_FINDING_MODULE_DAMAGED, NULL},
	[EXPORT_SECTIONS] = {ENOEXEC, KG_FINDING_MODULE_SYMBOL_VERSION, NULL},
	[IMPORTED_NAMESPACE] = {EPERM, KG_FINDING_MODULE_SYMBOL_NAMESPACE, NULL},
	[SYMBOL] = {ENOENT, KG_FINDING_MODULE_SYMBOL_MISSING, "nowhere"},
	[RELOCATION] = {ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL},
	[DOUBLED_EXPORT] = {ENOEXEC, KG_FINDING_MODULE_DUPLICATE, "taken"},
	[SYSFS] = {EINVAL, KG_FINDING_MODULE_DUPLICATE, NULL},
	[DOUBLED_SECTION] = {EEXIST, KG_FINDING_MODULE_DAMAGED, NULL},
};

/* What of the module's sections stands for a fault, and for its absence. */
static const char *const faulty[FAULT_COUNT] = {
	[LAYOUT] = SECTION("__versions") VERSION("8", "module_layout"),
	[VERMAGIC] = TAG("vermagic=6.1.0-kg other "),
	[LIVEPATCH] = TAG("livepatch=Y"),
	[WRITABLE_CODE] = ".section .kg_wx,\"awx\"\nnop\n",
	[CONSTRUCTORS] = SECTION(".ctors") ".quad 0\n" SECTION(".init_array") ".quad 0\n",
	[IMPORTED_NAMESPACE] = TAG("import_ns=module:x"),
	[SYMBOL] = USE("nowhere"),
	[RELOCATION] = ".data\n.reloc ., R_X86_64_GOTPCREL, __this_module\n.long 0\n",
	[DOUBLED_EXPORT] = EXPORTING("taken"),
	[DOUBLED_SECTION] = SECTION(".kg") ".quad 1\n.section .kg,\"aw\",@progbits,unique,2\n"
					   ".quad 1\n",
};
static const char *const sound[FAULT_COUNT] = {
	[LAYOUT] = SECTION("__versions") VERSION("7", "module_layout"),
	[VERMAGIC] = TAG("vermagic=" BED_VERMAGIC),
	[EXPORT_SECTIONS] = SECTION("__kcrctab") ".long 1\n",
	[DOUBLED_EXPORT] = EXPORTING("own"),
};

/* The tags come first: they are within .modinfo. */
static const char *module_with(unsigned int faults)
{
	static const enum fault parts[] = {
		VERMAGIC,	 LIVEPATCH, IMPORTED_NAMESPACE, LAYOUT,		WRITABLE_CODE,
		CONSTRUCTORS,    SYMBOL,    EXPORT_SECTIONS,    RELOCATION,     DOUBLED_EXPORT,
		DOUBLED_SECTION,
	};
	const char *source = MODULE_TAGS("gates", TAG("license=GPL"));

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = faults & 1U << parts[i] ? faulty[parts[i]] : sound[parts[i]];

		source = unit_text("%s%s", source, part ? part : "");
	}
	return source;
}

static struct bed *kernel_with(const char *release, uint32_t rules, unsigned int faults)
{
	struct bed *bed = bed_new(release, rules | UNIT_RULE(STRICT_RWX) |
						   UNIT_RULE(CONSTRUCTORS) |
						   UNIT_RULE(NO_LIVEPATCH));
	struct kg_error err;

	bed_export(bed, (struct kg_export){.name = "module_layout", .crc = 7, .has_crc = true});
	bed_export(bed, (struct kg_export){.name = "taken"});
	if (faults & 1U << NAME)
		loads(bed, MODULE("gates"));
	bed->kernel.vmlinux.modversions = true;
	bed->situation.modules_disabled = (faults & 1U << DISABLED) != 0;
	if (faults & 1U << MACHINE)
		bed->kernel.vmlinux.machine = EM_AARCH64;
	if (faults & 1U << BLACKLIST)
		assert_ok(kg_strings_add(&bed->situation.blacklist, "gates", &err), err);
	if (faults & 1U << SYSFS)
		assert_ok(kg_strings_add(&bed->kernel.vmlinux.builtin_modules, "gates", &err),
			  err);
	return bed;
}

/* Leaves out one fault after the other, in the order in which the kernel notices them. */
static void check_order(const char *release, uint32_t rules, const enum fault *order,
			size_t count)
{
	unsigned int faults = 0;

	for (size_t i = 0; i < count; i++)
		faults |= 1U << order[i];
	for (size_t i = 0; i < count; i++) {
		struct bed *bed = kernel_with(release, rules, faults);

		bed_load(bed, module_with(faults));
		bed_check(bed, KG_LOAD_REFUSED, outcomes[order[i]].error_number,
			  outcomes[order[i]].reason, outcomes[order[i]].symbol, release,
			  (int)order[i]);
		bed_free(bed);
		faults &= ~(1U << order[i]);
	}
	assert_int_equal(faults, 0);
}

static void order_of_6_1(void **state)
{
	static const enum fault order[] = {
		DISABLED,      MACHINE,      BLACKLIST,       LAYOUT,
		VERMAGIC,      LIVEPATCH,    WRITABLE_CODE,   NAME,
		CONSTRUCTORS,  EXPORT_SECTIONS, SYMBOL,       RELOCATION,
		DOUBLED_EXPORT, SYSFS,
	};

	(void)state;
	check_order("6.1.0-kg", 0, order, sizeof(order) / sizeof(order[0]));
}

static void order_of_6_4(void **state)
{
	static const enum fault order[] = {
		DISABLED,     MACHINE,         BLACKLIST, LAYOUT,     VERMAGIC,
		LIVEPATCH,    NAME,            WRITABLE_CODE,
		CONSTRUCTORS, EXPORT_SECTIONS, SYMBOL,    RELOCATION, DOUBLED_EXPORT,
		SYSFS,
	};

	(void)state;
	check_order("6.4.0-kg", UNIT_RULES_6_4, order, sizeof(order) / sizeof(order[0]));
}

static void order_of_6_16(void **state)
{
	static const enum fault order[] = {
		DISABLED,     MACHINE,         BLACKLIST,          LAYOUT,
		VERMAGIC,     LIVEPATCH,       NAME,               WRITABLE_CODE,
		CONSTRUCTORS, EXPORT_SECTIONS, IMPORTED_NAMESPACE, SYMBOL,
		RELOCATION,   DOUBLED_EXPORT,  SYSFS,              DOUBLED_SECTION,
	};

	(void)state;
	assert_int_equal(sizeof(order) / sizeof(order[0]), FAULT_COUNT);
	check_order("6.16.0-kg", UNIT_RULES_6_14 | UNIT_RULE(MODULE_NAMESPACES), order,
		    sizeof(order) / sizeof(order[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_6_1),
		cmocka_unit_test(order_of_6_4),
		cmocka_unit_test(order_of_6_16),
	};

	return UNIT_RUN(tests);
}
