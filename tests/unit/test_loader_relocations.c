// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Relocations: apply_relocations() of kernel/module/main.c and __write_relocate_add() of
 * arch/x86/kernel/module.c. The least module has a field of 64 zeros and a relocation of it,
 * and every case is made by changing these.
 */
#include "loader_bed.h"

#define FIELDS                                                                                     \
	".data\n.globl own\nown: .quad 0, 0, 0, 0, 0, 0, 0, 0\n"                                                       \
	".reloc 0, R_X86_64_64, own\n.reloc 8, R_X86_64_NONE, own\n"                               \
	".globl absolute\n.set absolute, 5\n.weak missing\n"                                       \
	".section .data..percpu,\"aw\"\n.globl percpu\npercpu: .quad 0\n"                          \
	".section .kg_note\n.globl note\nnote: .quad 0\n.zero 128\n"                               \
	".text\ncall plain\ncall missing\ncall _GLOBAL_OFFSET_TABLE_\n"

/* A copy of it, and a kernel for it. */
struct field {
	struct kg_span bytes;
	struct bed *bed;
	Elf64_Rela *relocations; /* two of .data, the second of type NONE */
	unsigned char *content;  /* of .data */
};

static struct field field_new(void)
{
	static struct kg_span object;
	struct field field;

	if (!object.data)
		object = unit_assemble(MODULE("one") FIELDS);
	field.bytes = unit_copy(object);
	field.bed = bed_new("6.1.0-kg", 0);
	field.bed->kernel.vmlinux.percpu_from_zero = true;
	bed_export(field.bed, (struct kg_export){.name = "plain"});
	field.relocations = edit_relocations(field.bytes, ".data");
	field.content = edit_content(field.bytes, edit_section(field.bytes, ".data"));
	return field;
}

static void field_free(struct field *field)
{
	bed_free(field->bed);
	unit_free(field->bytes);
}

static uint64_t number_of(const struct field *field, const char *name)
{
	const Elf64_Shdr *table = edit_section(field->bytes, ".symtab");
	const void *first = edit_content(field->bytes, table);

	return (uint64_t)(edit_symbol(field->bytes, name) - (const Elf64_Sym *)first);
}

static void relocate(struct field *field, int which, uint64_t offset, uint64_t type,
		     const char *symbol, int64_t addend)
{
	uint64_t number = symbol ? number_of(field, symbol) : 0;

	field->relocations[which] =
		(Elf64_Rela){offset, ELF64_R_INFO(number, type), addend};
}

enum outcome { TAKEN, REFUSED, UNDECIDED };

static void check_at(struct field *field, enum outcome outcome, const char *what, int line)
{
	static const enum kg_load_result results[] = {KG_LOAD_ACCEPTED, KG_LOAD_REFUSED,
						      KG_LOAD_UNKNOWN};

	bed_restart(field->bed);
	bed_load_bytes(field->bed, field->bytes);
	bed_check(field->bed, results[outcome], ENOEXEC,
		  outcome == UNDECIDED ? KG_FINDING_MODULE_UNDECIDED : KG_FINDING_MODULE_DAMAGED,
		  NULL, what, line);
}

#define check(field, outcome) check_at(field, outcome, __FILE__, __LINE__)

static void types(void **state)
{
	struct field field = field_new();

	(void)state;
	for (uint64_t type = 0; type < 300; type++) {
		bool known = type == R_X86_64_NONE || type == R_X86_64_64 ||
			     type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
			     type == R_X86_64_32 || type == R_X86_64_32S || type == R_X86_64_PC64;

		relocate(&field, 0, 0, type, "absolute", 0);
		check_at(&field, known ? TAKEN : REFUSED, "type", (int)type);
	}
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (a relocation of unknown type)");
	relocate(&field, 0, 0, UINT32_MAX, "absolute", 0);
	check(&field, REFUSED);
	field_free(&field);
}

/* Where a symbol's address lies, and in which fields there is room for it. */
static void places(void **state)
{
	static const struct {
		const char *symbol;
		enum outcome as_32;
		enum outcome as_32s;
	} cases[] = {
		{"own", REFUSED, TAKEN},	/* memory for modules: the last 2 GiB */
		{"plain", REFUSED, TAKEN},	/* the kernel */
		{"percpu", TAKEN, TAKEN},	/* a small number */
		{"note", REFUSED, REFUSED},	/* not loaded: somewhere in vmalloc */
		{"absolute", TAKEN, TAKEN},
		{"missing", TAKEN, TAKEN},
		{"_GLOBAL_OFFSET_TABLE_", TAKEN, TAKEN},
		{"", TAKEN, TAKEN},
	};
	static const uint64_t anything[] = {R_X86_64_64, R_X86_64_PC32, R_X86_64_PLT32,
					    R_X86_64_PC64};
	struct field field = field_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *symbol = cases[i].symbol[0] ? cases[i].symbol : NULL;

		relocate(&field, 0, 0, R_X86_64_32, symbol, 1);
		check_at(&field, cases[i].as_32, cases[i].symbol, 32);
		relocate(&field, 0, 0, R_X86_64_32S, symbol, 1);
		check_at(&field, cases[i].as_32s, cases[i].symbol, -32);
		for (size_t j = 0; j < sizeof(anything) / sizeof(anything[0]); j++) {
			relocate(&field, 0, 0, anything[j], symbol, 1);
			check_at(&field, TAKEN, cases[i].symbol, (int)anything[j]);
		}
	}
	/* From 6.15 on per-CPU variables are in the kernel's range. */
	field.bed->kernel.vmlinux.percpu_from_zero = false;
	relocate(&field, 0, 0, R_X86_64_32, "percpu", 0);
	check(&field, REFUSED);
	relocate(&field, 0, 0, R_X86_64_32S, "percpu", 0);
	check(&field, TAKEN);
	field_free(&field);
}

/* Sections that are read in the file and not loaded. */
static void places_that_are_left_behind(void **state)
{
	static const char *const names[] = {".modinfo", "__versions"};
	struct kg_span bytes = unit_copy(unit_assemble(
		MODULE("one") "tag: .byte 0\n" SECTION("__versions") "version:\n" VERSION("1", "x")
			".data\n.quad 0\n.reloc 0, R_X86_64_32S, own\n.globl own\nown: .quad 0\n"));
	struct bed *bed = bed_new("6.1.0-kg", 0);
	Elf64_Sym *own = edit_symbol(bytes, "own");

	(void)state;
	bed_load_bytes(bed, bytes);
	assert_loaded(bed);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		own->st_shndx = (uint16_t)edit_index(bytes, names[i]);
		bed_restart(bed);
		bed_load_bytes(bed, bytes);
		assert_refused(bed, ENOEXEC, DAMAGED, NULL);
	}
	/* The symbol table is loaded, although it is not SHF_ALLOC. */
	own->st_shndx = (uint16_t)edit_index(bytes, ".symtab");
	bed_restart(bed);
	bed_load_bytes(bed, bytes);
	assert_loaded(bed);
	bed_free(bed);
	unit_free(bytes);
}

static void numbers(void **state)
{
	static const struct {
		uint64_t value;
		int64_t addend;
		enum outcome as_32;
		enum outcome as_32s;
	} cases[] = {
		{0, 0, TAKEN, TAKEN},
		{INT32_MAX, 0, TAKEN, TAKEN},
		{INT32_MAX, 1, TAKEN, REFUSED},
		{UINT32_MAX, 0, TAKEN, REFUSED},
		{UINT32_MAX, 1, REFUSED, REFUSED},
		{UINT64_C(1) << 32, -1, TAKEN, REFUSED},
		{UINT64_C(1) << 32, 0, REFUSED, REFUSED},
		{UINT64_MAX, 0, REFUSED, TAKEN},
		{UINT64_MAX, 1, TAKEN, TAKEN},
		{0, -1, REFUSED, TAKEN},
		{0, INT32_MIN, REFUSED, TAKEN},
		{0, INT64_C(-0x80000001), REFUSED, REFUSED},
		{UINT64_C(1) << 63, INT64_MIN, TAKEN, TAKEN},
	};
	struct field field = field_new();
	Elf64_Sym *absolute = edit_symbol(field.bytes, "absolute");
	Elf64_Sym *missing = edit_symbol(field.bytes, "missing");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		absolute->st_value = cases[i].value;
		/* A weak one that is not found keeps what the file says. */
		missing->st_value = cases[i].value;
		relocate(&field, 0, 0, R_X86_64_32, "absolute", cases[i].addend);
		check_at(&field, cases[i].as_32, "32", (int)i);
		relocate(&field, 0, 0, R_X86_64_32, "missing", cases[i].addend);
		check_at(&field, cases[i].as_32, "32, weak", (int)i);
		relocate(&field, 0, 0, R_X86_64_32S, "absolute", cases[i].addend);
		check_at(&field, cases[i].as_32s, "32S", (int)i);
	}
	assert_int_equal(field.bed->verdict.result, KG_LOAD_ACCEPTED);
	absolute->st_value = UINT64_MAX;
	relocate(&field, 0, 0, R_X86_64_32, "absolute", 0);
	check(&field, REFUSED);
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (a relocation that overflows)");
	field_free(&field);
}

static void fields_that_are_not_empty(void **state)
{
	static const struct {
		uint64_t type;
		size_t size;
	} cases[] = {{R_X86_64_NONE, 0}, {R_X86_64_64, 8},    {R_X86_64_PC64, 8},
		     {R_X86_64_32, 4},   {R_X86_64_32S, 4},   {R_X86_64_PC32, 4},
		     {R_X86_64_PLT32, 4}};
	struct field field = field_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		relocate(&field, 0, 3, cases[i].type, "absolute", 0);
		for (size_t at = 0; at < 16; at++) {
			field.content[at] = 1;
			check_at(&field, at >= 3 && at < 3 + cases[i].size ? REFUSED : TAKEN,
				 "byte", (int)at);
			field.content[at] = 0;
		}
	}
	relocate(&field, 0, 0, R_X86_64_64, "own", 0);
	field.content[0] = 1;
	check(&field, REFUSED);
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (the field of a relocation is not "
			    "empty)");
	/* A section without bytes is filled with zeros. */
	edit_section(field.bytes, ".data")->sh_type = SHT_NOBITS;
	check(&field, TAKEN);
	field_free(&field);
}

static void fields_at_the_end(void **state)
{
	struct field field = field_new();

	(void)state;
	relocate(&field, 0, 56, R_X86_64_64, "own", 0);
	check(&field, TAKEN);
	/* What sticks out falls into the gap before the next section. */
	relocate(&field, 0, 63, R_X86_64_64, "own", 0);
	check(&field, TAKEN);
	field.content[63] = 1;
	check(&field, REFUSED);
	field.content[63] = 0;
	relocate(&field, 0, 64, R_X86_64_64, "own", 0);
	check(&field, UNDECIDED);
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (a relocation outside of it), which "
			    "the kernel does not notice");
	relocate(&field, 0, UINT64_MAX, R_X86_64_64, "own", 0);
	check(&field, UNDECIDED);
	relocate(&field, 0, UINT64_MAX, R_X86_64_NONE, "own", 0);
	check(&field, TAKEN);
	/* Another one that is refused decides. */
	relocate(&field, 0, UINT64_MAX, R_X86_64_64, "own", 0);
	relocate(&field, 1, 0, R_X86_64_GOTPCREL, "own", 0);
	check(&field, REFUSED);
	field_free(&field);
}

static void symbols_that_there_are_not(void **state)
{
	struct field field = field_new();
	uint64_t count = edit_section(field.bytes, ".symtab")->sh_size / sizeof(Elf64_Sym);

	(void)state;
	field.relocations[0].r_info = ELF64_R_INFO(count - 1, R_X86_64_64);
	check(&field, TAKEN);
	field.relocations[0].r_info = ELF64_R_INFO(count, R_X86_64_64);
	check(&field, UNDECIDED);
	field.relocations[0].r_info = ELF64_R_INFO(UINT64_C(0xffffffff), R_X86_64_64);
	check(&field, UNDECIDED);
	field.relocations[0].r_info = ELF64_R_INFO(UINT64_C(0xffffffff), R_X86_64_NONE);
	check(&field, TAKEN);
	field_free(&field);
}

static void fields_that_are_filled_twice(void **state)
{
	static const struct {
		uint64_t type;
		const char *symbol;
		int64_t addend;
		uint64_t second; /* offset of the other one, which has 4 bytes */
		enum outcome outcome;
	} cases[] = {
		{R_X86_64_64, "own", 0, 0, REFUSED},
		{R_X86_64_64, "own", 0, 7, REFUSED},
		{R_X86_64_64, "own", 0, 8, TAKEN},
		{R_X86_64_32S, "own", 0, 3, REFUSED},
		{R_X86_64_32S, "own", 0, 4, TAKEN},
		{R_X86_64_PC32, "own", 0, 3, REFUSED},
		{R_X86_64_PC64, "own", 0, 7, REFUSED},
		{R_X86_64_NONE, "own", 0, 0, TAKEN},
		/* Zeros that are written leave the field as it was. */
		{R_X86_64_64, "absolute", -5, 0, TAKEN},
		{R_X86_64_64, "missing", 0, 0, TAKEN},
		{R_X86_64_64, "absolute", -4, 0, REFUSED},
		{R_X86_64_64, "absolute", 0, 1, TAKEN},
		{R_X86_64_64, "absolute", 0x100, 1, REFUSED},
		{R_X86_64_64, "absolute", 0x100, 2, TAKEN},
		{R_X86_64_32, "absolute", 0, 1, TAKEN},
		{R_X86_64_32S, "missing", 0, 0, TAKEN},
		{R_X86_64_32S, "missing", -1, 3, REFUSED},
		{R_X86_64_64, NULL, 0, 0, TAKEN},
		/* A distance is none, also from 0. */
		{R_X86_64_PC32, "missing", 0, 0, REFUSED},
		{R_X86_64_PLT32, "absolute", -5, 0, REFUSED},
		{R_X86_64_PC64, "missing", 0, 4, REFUSED},
	};
	struct field field = field_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		relocate(&field, 0, 0, cases[i].type, cases[i].symbol, cases[i].addend);
		relocate(&field, 1, cases[i].second, R_X86_64_PC32, "own", 0);
		check_at(&field, cases[i].outcome, "case", (int)i);
	}
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (two relocations for one field)");
	field_free(&field);
}

/* A second section of relocations for .data, in the note. */
static Elf64_Shdr *second_section(struct field *field, const Elf64_Rela *relocation)
{
	Elf64_Shdr *note = edit_section(field->bytes, ".kg_note");

	note->sh_type = SHT_RELA;
	note->sh_info = edit_index(field->bytes, ".data");
	note->sh_size = sizeof(*relocation);
	memcpy(edit_content(field->bytes, note), relocation, sizeof(*relocation));
	return note;
}

static void sections_of_relocations(void **state)
{
	struct field field = field_new();
	const Elf64_Rela same = field.relocations[0];
	const Elf64_Rela unknown = {0, ELF64_R_INFO(0, R_X86_64_GOTPCREL), 0};
	Elf64_Shdr *second = second_section(&field, &same);
	unsigned int count = edit_header(field.bytes)->e_shnum;

	(void)state;
	/* Both are applied to the same bytes. */
	check(&field, REFUSED);
	second = second_section(&field, &unknown);
	check(&field, REFUSED);
	/* Half of one is none. */
	second->sh_size--;
	check(&field, TAKEN);
	second->sh_size++;
	/* Of another type, and for what is not loaded, it is nothing. */
	second->sh_type = SHT_PROGBITS;
	check(&field, TAKEN);
	second->sh_type = SHT_RELA;
	second->sh_info = 0;
	check(&field, TAKEN);
	second->sh_info = count;
	check(&field, TAKEN);
	second->sh_info = UINT32_MAX;
	check(&field, TAKEN);
	second->sh_info = edit_index(field.bytes, ".modinfo");
	check(&field, TAKEN);
	second->sh_info = edit_index(field.bytes, ".shstrtab");
	check(&field, TAKEN);
	second->sh_info = edit_index(field.bytes, ".symtab");
	check(&field, REFUSED);
	second->sh_info = edit_index(field.bytes, ".strtab");
	check(&field, REFUSED);
	/* The per-CPU section is relocated where it counts from elsewhere than zero. */
	second->sh_info = edit_index(field.bytes, ".data..percpu");
	check(&field, TAKEN);
	field.bed->kernel.vmlinux.percpu_from_zero = false;
	check(&field, REFUSED);
	field_free(&field);
}

/* x86_64 knows relocations with addends only. */
static void relocations_without_addends(void **state)
{
	struct field field = field_new();
	const Elf64_Rela none = {0};
	Elf64_Shdr *second = second_section(&field, &none);

	(void)state;
	check(&field, TAKEN);
	second->sh_type = SHT_REL;
	check(&field, REFUSED);
	assert_string_equal(field.bed->verdict.message,
			    "one has a damaged section .data (relocations without addends)");
	second->sh_size = 0;
	check(&field, REFUSED);
	second->sh_info = edit_index(field.bytes, ".modinfo");
	check(&field, TAKEN);
	field_free(&field);
}

static void other_machines(void **state)
{
	struct field field = field_new();

	(void)state;
	relocate(&field, 0, 0, R_X86_64_GOTPCREL, "own", 0);
	check(&field, REFUSED);
	edit_header(field.bytes)->e_machine = EM_AARCH64;
	field.bed->kernel.vmlinux.machine = EM_AARCH64;
	/* Without x86_64 its table of offsets is a symbol like others. */
	edit_symbol(field.bytes, "_GLOBAL_OFFSET_TABLE_")->st_info =
		ELF64_ST_INFO(STB_WEAK, STT_NOTYPE);
	check(&field, TAKEN);
	edit_symbol(field.bytes, "_GLOBAL_OFFSET_TABLE_")->st_info =
		ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
	bed_restart(field.bed);
	bed_load_bytes(field.bed, field.bytes);
	assert_refused(field.bed, ENOENT, SYMBOL_MISSING, "_GLOBAL_OFFSET_TABLE_");
	field_free(&field);
}

static void sections_that_are_too_large(void **state)
{
	struct field field = field_new();
	Elf64_Shdr *data = edit_section(field.bytes, ".data");

	(void)state;
	data->sh_type = SHT_NOBITS;
	data->sh_size = UINT64_MAX;
	check(&field, UNDECIDED);
	field_free(&field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(places),
		cmocka_unit_test(places_that_are_left_behind),
		cmocka_unit_test(numbers),
		cmocka_unit_test(fields_that_are_not_empty),
		cmocka_unit_test(fields_at_the_end),
		cmocka_unit_test(symbols_that_there_are_not),
		cmocka_unit_test(fields_that_are_filled_twice),
		cmocka_unit_test(sections_of_relocations),
		cmocka_unit_test(relocations_without_addends),
		cmocka_unit_test(other_machines),
		cmocka_unit_test(sections_that_are_too_large),
	};

	return UNIT_RUN(tests);
}
