// SPDX-License-Identifier: GPL-2.0-or-later
/* Relocations of live patches: klp_apply_section_relocs() of kernel/livepatch/core.c. */
#include "loader_bed.h"

enum {
	shn_livepatch = 0xff20,       /* SHN_LIVEPATCH, include/uapi/linux/elf.h */
	shf_rela_livepatch = 1 << 20, /* SHF_RELA_LIVEPATCH */
};

/* A live patch with one relocation of such a section, for one symbol. */
struct patch {
	struct kg_span bytes;
	Elf64_Shdr *section;
	Elf64_Sym *symbol;
	Elf64_Rela *relocation;
	char *tag; /* that says it is one */
};

static struct patch patch_new(const char *section, const char *symbol)
{
	struct patch patch = {
		.bytes = unit_copy(unit_assemble(unit_text(
			"%s.data\n.quad 0\n.globl \"%s\"\n\"%s\": .quad 0\n"
			".section \"%s\"\n.balign 8\n.quad 0, 0, 0\n",
			MODULE("one") TAG("livepatch=Y"), symbol, symbol, section))),
	};
	const Elf64_Shdr *table = edit_section(patch.bytes, ".symtab");
	uint64_t number;

	patch.section = edit_section(patch.bytes, section);
	patch.tag = memmem(patch.bytes.data, patch.bytes.size, "livepatch=", 10);
	patch.symbol = edit_symbol(patch.bytes, symbol);
	patch.relocation = (Elf64_Rela *)(void *)edit_content(patch.bytes, patch.section);
	number = (uint64_t)(patch.symbol - (Elf64_Sym *)(void *)edit_content(patch.bytes, table));
	patch.symbol->st_shndx = shn_livepatch;
	patch.section->sh_type = SHT_RELA;
	patch.section->sh_flags |= shf_rela_livepatch;
	patch.section->sh_info = edit_index(patch.bytes, ".data");
	patch.relocation->r_info = ELF64_R_INFO(number, R_X86_64_64);
	return patch;
}

static void load(struct bed *bed, const struct patch *patch)
{
	bed_restart(bed);
	bed_load_bytes(bed, patch->bytes);
}

#define VMLINUX_SECTION ".klp.rela.vmlinux..data"

static void names_of_symbols(void **state)
{
	static const struct {
		const char *symbol;
		const char *undecided; /* NULL: refused */
	} cases[] = {
		{".klp.sym.vmlinux.printk,0", "printk"},
		{".klp.sym.vmlinux.a.b.c,12", "a.b.c"},
		{".klp.sym.vmlinux.printk,0x", "printk"},
		{".klp.sym.vmlinux.printk", NULL},
		{".klp.sym.vmlinux.printk,", NULL},
		{".klp.sym.vmlinux.printk,x", NULL},
		{".klp.sym.vmlinux.,0", NULL},
		{".klp.sym..printk,0", NULL},
		{".klp.sym.vmlinux", NULL},
		{".klp.symvmlinux.printk,0", NULL},
		{"klp.sym.vmlinux.printk,0", NULL},
		{"printk", NULL},
		/* Of a module that is not loaded. */
		{".klp.sym.ext4.symbol,0", NULL},
	};
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct patch patch = patch_new(VMLINUX_SECTION, cases[i].symbol);

		load(bed, &patch);
		bed_check(bed, cases[i].undecided ? KG_LOAD_UNKNOWN : KG_LOAD_REFUSED, EINVAL,
			  cases[i].undecided ? KG_FINDING_MODULE_UNDECIDED
					     : KG_FINDING_MODULE_DAMAGED,
			  cases[i].undecided, cases[i].symbol, (int)i);
		unit_free(patch.bytes);
	}
	bed_free(bed);
}

static void symbols_of_modules(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct patch patch = patch_new(VMLINUX_SECTION, ".klp.sym.ext4.symbol,0");

	(void)state;
	bed_load_bytes(bed, patch.bytes);
	assert_refused(bed, EINVAL, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "one has a live patch for a symbol of a module that is not loaded "
			    "(symbol)");
	loads(bed, MODULE("ext4"));
	bed_load_bytes(bed, patch.bytes);
	assert_undecided(bed, "symbol");
	assert_string_equal(bed->verdict.message, "one is a live patch for symbol of ext4, which "
						  "only the kernel can find");
	bed_restart(bed);
	refuses(bed, MODULE("ext4") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	bed_load_bytes(bed, patch.bytes);
	assert_refused(bed, EINVAL, DAMAGED, NULL);
	bed_free(bed);
	unit_free(patch.bytes);
}

static void symbols_that_are_not_marked(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct patch patch = patch_new(VMLINUX_SECTION, ".klp.sym.vmlinux.printk,0");

	(void)state;
	patch.symbol->st_shndx = SHN_ABS;
	load(bed, &patch);
	assert_refused(bed, EINVAL, DAMAGED, NULL);
	patch.symbol->st_shndx = 1;
	load(bed, &patch);
	assert_refused(bed, EINVAL, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "one has a live patch for a symbol that is not marked as such "
			    "(.klp.sym.vmlinux.printk,0)");
	patch.relocation->r_info = ELF64_R_INFO(UINT64_C(1) << 20, R_X86_64_64);
	load(bed, &patch);
	assert_undecided(bed, NULL);
	bed_free(bed);
	unit_free(patch.bytes);
}

static void names_of_sections(void **state)
{
	static const struct {
		const char *section;
		enum kg_load_result result;
	} cases[] = {
		{".klp.rela.vmlinux..data", KG_LOAD_UNKNOWN},
		{".klp.rela.vmlinux", KG_LOAD_UNKNOWN},
		/* For a module: not at this time, whatever is in it. */
		{".klp.rela.ext4..data", KG_LOAD_ACCEPTED},
		{".klp.rela.vmlinux2", KG_LOAD_ACCEPTED},
		{".klp.rela.", KG_LOAD_REFUSED},
		{".klp.rela..data", KG_LOAD_REFUSED},
		{".klp.relavmlinux", KG_LOAD_REFUSED},
		{".rela.klp", KG_LOAD_REFUSED},
	};
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct bed *without = bed_new("6.1.0-kg", UNIT_RULE(NO_LIVEPATCH));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct patch patch = patch_new(cases[i].section, ".klp.sym.vmlinux.printk,0");

		load(bed, &patch);
		bed_check(bed, cases[i].result, EINVAL,
			  cases[i].result == KG_LOAD_UNKNOWN ? KG_FINDING_MODULE_UNDECIDED
							     : KG_FINDING_MODULE_DAMAGED,
			  cases[i].result == KG_LOAD_UNKNOWN ? "printk" : NULL, cases[i].section,
			  (int)i);
		/* Without the mark it is a section like others, and the symbol a number. */
		patch.section->sh_flags = 0;
		load(bed, &patch);
		assert_loaded(bed);
		/* A kernel without live patches passes over it. */
		patch.section->sh_flags = shf_rela_livepatch;
		patch.tag[0] = 'x';
		load(without, &patch);
		assert_loaded(without);
		unit_free(patch.bytes);
	}
	bed_free(bed);
	bed_free(without);
}

/* What such a section does to others is as bad as elsewhere. */
static void relocations_that_are_refused(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);
	struct patch patch = patch_new(VMLINUX_SECTION, ".klp.sym.vmlinux.printk,0");
	uint64_t number = ELF64_R_SYM(patch.relocation->r_info);

	(void)state;
	patch.relocation->r_info = ELF64_R_INFO(number, R_X86_64_GOTPCREL);
	load(bed, &patch);
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	patch.relocation->r_info = ELF64_R_INFO(number, R_X86_64_64);
	edit_content(patch.bytes, edit_section(patch.bytes, ".data"))[7] = 1;
	load(bed, &patch);
	assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	/* Its type does not matter, what it is for does. */
	edit_content(patch.bytes, edit_section(patch.bytes, ".data"))[7] = 0;
	patch.section->sh_type = SHT_REL;
	load(bed, &patch);
	assert_undecided(bed, "printk");
	patch.section->sh_type = SHT_PROGBITS;
	load(bed, &patch);
	assert_undecided(bed, "printk");
	patch.section->sh_info = edit_index(patch.bytes, ".modinfo");
	load(bed, &patch);
	assert_loaded(bed);
	bed_free(bed);
	unit_free(patch.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_symbols),
		cmocka_unit_test(symbols_of_modules),
		cmocka_unit_test(symbols_that_are_not_marked),
		cmocka_unit_test(names_of_sections),
		cmocka_unit_test(relocations_that_are_refused),
	};

	return UNIT_RUN(tests);
}
