// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shape of a module at every boundary that load_module() draws, under the rules of each
 * kernel: elf_validity_check() and setup_load_info() of 6.1, elf_validity_cache_copy() of 6.12
 * and elf_validity_*() of 7.2 (kernel/module/main.c).
 */
#include "module_edit.h"
#include "module_shape.h"

/* What a field is set to: the value, added to what it says here. */
enum base {
	VALUE,
	ORIGINAL,
	FILE_SIZE,
	SECTION_COUNT,
	NAMES_SIZE,   /* of the table of section names */
	STRINGS_SIZE, /* of the table of symbol names */
};

enum place {
	IN_FILE,
	IN_HEADER,  /* of the section */
	IN_SECTION,
	AT_ITS_END, /* offset is counted back from there */
};

struct edit {
	enum place place;
	const char *section;
	int others; /* sections of the same name before it */
	size_t offset;
	size_t size; /* 0: nothing is changed */
	enum base base;
	uint64_t value;
};

#define FILE_FIELD(field, ...)                                                                     \
	{                                                                                          \
		IN_FILE, NULL, 0, offsetof(Elf64_Ehdr, field),                                     \
			sizeof(((Elf64_Ehdr *)0)->field), __VA_ARGS__                              \
	}
#define FILE_BYTE(at, value)                                                                       \
	{                                                                                          \
		IN_FILE, NULL, 0, at, 1, VALUE, value                                              \
	}
#define FIELD_AFTER(others, name, field, ...)                                                      \
	{                                                                                          \
		IN_HEADER, name, others, offsetof(Elf64_Shdr, field),                              \
			sizeof(((Elf64_Shdr *)0)->field), __VA_ARGS__                              \
	}
#define FIELD(name, field, ...) FIELD_AFTER(0, name, field, __VA_ARGS__)
#define BYTE(name, at, value)                                                                      \
	{                                                                                          \
		IN_SECTION, name, 0, at, 1, VALUE, value                                           \
	}
#define LAST_BYTE(name, value)                                                                     \
	{                                                                                          \
		AT_ITS_END, name, 0, 1, 1, VALUE, value                                            \
	}
/* st_name of the first and of the last symbol. */
#define FIRST_NAME(...)                                                                            \
	{                                                                                          \
		IN_SECTION, ".symtab", 0, 0, 4, __VA_ARGS__                                        \
	}
#define LAST_NAME(...)                                                                             \
	{                                                                                          \
		AT_ITS_END, ".symtab", 0, sizeof(Elf64_Sym), 4, __VA_ARGS__                        \
	}

/* The kernels that take it. */
enum {
	NONE = 0,
	UP_TO_6_3 = 1 << UNIT_UP_TO_6_3,
	UP_TO_6_12 = UP_TO_6_3 | 1 << UNIT_FROM_6_4,
	UP_TO_6_13 = UP_TO_6_12 | 1 << UNIT_FROM_6_13,
	UP_TO_6_19 = UP_TO_6_13 | 1 << UNIT_FROM_6_14,
	ALL = UP_TO_6_19 | 1 << UNIT_FROM_7_0,
	NOT_6_4 = ALL & ~(1 << UNIT_FROM_6_4),
};

struct shape {
	const char *what;
	const char *source; /* behind THIS_MODULE; NULL: the least there is */
	struct edit edits[3];
	int accepted;
	const char *message; /* of those that do not take it; NULL: any */
};

#define THIS_MODULE THIS_MODULE_NAMED("shape")
#define MODINFO ".asciz \"license=GPL\"\n"
/* Sections of every kind: .kg is SHF_ALLOC, .kg_note is not, .bss has no bytes. */
#define LEAST                                                                                      \
	SECTION(".modinfo")                                                                        \
	MODINFO SECTION(".kg") ".quad 1\n.section .kg_note\n.quad 1\n.bss\n.zero 8\n"              \
			       ".text\ncall printk\n"
/* A second section of a name. */
#define AGAIN(name, flags, type) ".section " name ",\"" flags "\",@" type ",unique,2\n"

static const struct shape shapes[] = {
	{"the least", NULL, {{0}}, ALL, NULL},

	/* elf_validity_ehdr() */
	{"no magic", NULL, {FILE_BYTE(EI_MAG0, 0)}, NONE, "is no ELF file"},
	{"32 bits", NULL, {FILE_BYTE(EI_CLASS, ELFCLASS32)}, ALL, NULL},
	{"big endian", NULL, {FILE_BYTE(EI_DATA, ELFDATA2MSB)}, ALL, NULL},
	{"another version", NULL, {FILE_FIELD(e_version, VALUE, 9)}, ALL, NULL},
	{"linked", NULL, {FILE_FIELD(e_type, VALUE, ET_EXEC)}, NONE,
	 "is an ELF file, but no kernel module"},
	{"a library", NULL, {FILE_FIELD(e_type, VALUE, ET_DYN)}, NONE, NULL},
	{"type 256 + 1", NULL, {FILE_FIELD(e_type, VALUE, 0x101)}, NONE, NULL},

	/* The table of sections */
	{"small headers", NULL, {FILE_FIELD(e_shentsize, VALUE, 63)}, NONE,
	 "is a damaged module: its section headers have another size"},
	{"large headers", NULL, {FILE_FIELD(e_shentsize, VALUE, 65)}, NONE, NULL},
	{"table at the end", NULL, {FILE_FIELD(e_shoff, FILE_SIZE, 0)}, NONE,
	 "is a damaged module: its section table lies outside of the file"},
	{"empty table at the end", NULL,
	 {FILE_FIELD(e_shoff, FILE_SIZE, 0), FILE_FIELD(e_shnum, VALUE, 0)}, NONE, NULL},
	{"table one byte too late", NULL, {FILE_FIELD(e_shoff, ORIGINAL, 1)}, NONE, NULL},
	{"table that overflows", NULL, {FILE_FIELD(e_shoff, VALUE, UINT64_MAX)}, NONE, NULL},
	{"one header too many", NULL, {FILE_FIELD(e_shnum, ORIGINAL, 1)}, NONE, NULL},
	{"one header too few", NULL, {FILE_FIELD(e_shnum, ORIGINAL, UINT64_MAX)}, NONE,
	 "is a damaged module: it has no table of section names"},
	{"no header", NULL, {FILE_FIELD(e_shnum, VALUE, 0)}, NONE, NULL},

	/* Section 0 */
	{"section 0 of a type", NULL, {FIELD("", sh_type, VALUE, SHT_NOBITS)}, NONE,
	 "is a damaged module: its section 0 is not empty"},
	{"section 0 of a size", NULL, {FIELD("", sh_size, VALUE, 1)}, NONE, NULL},
	{"section 0 at an address", NULL, {FIELD("", sh_addr, VALUE, 1)}, NONE, NULL},
	{"section 0 elsewhere", NULL, {FIELD("", sh_offset, VALUE, UINT64_MAX)}, ALL, NULL},
	{"section 0 with a name", NULL, {FIELD("", sh_name, VALUE, UINT32_MAX)}, ALL, NULL},
	{"section 0 with flags", NULL, {FIELD("", sh_flags, VALUE, SHF_ALLOC)}, ALL, NULL},
	{"section 0 with a link", NULL,
	 {FIELD("", sh_link, VALUE, 9), FIELD("", sh_info, VALUE, 9)}, ALL, NULL},

	/* validate_section_offset() */
	{"all of the file", NULL,
	 {FIELD(".kg", sh_offset, VALUE, 0), FIELD(".kg", sh_size, FILE_SIZE, 0)}, ALL, NULL},
	{"more than the file", NULL,
	 {FIELD(".kg", sh_offset, VALUE, 0), FIELD(".kg", sh_size, FILE_SIZE, 1)}, NONE,
	 "is a damaged module: a section reaches over the end of the file"},
	{"nothing at the end", NULL,
	 {FIELD(".kg", sh_offset, FILE_SIZE, 0), FIELD(".kg", sh_size, VALUE, 0)}, ALL, NULL},
	{"a byte at the end", NULL,
	 {FIELD(".kg", sh_offset, FILE_SIZE, 0), FIELD(".kg", sh_size, VALUE, 1)}, NONE, NULL},
	{"nothing behind the end", NULL,
	 {FIELD(".kg", sh_offset, FILE_SIZE, 1), FIELD(".kg", sh_size, VALUE, 0)}, NONE, NULL},
	{"an end that overflows", NULL,
	 {FIELD(".kg", sh_offset, VALUE, UINT64_MAX), FIELD(".kg", sh_size, VALUE, 2)}, NONE,
	 NULL},
	{"an end that overflows to 0", NULL,
	 {FIELD(".kg", sh_offset, VALUE, 1), FIELD(".kg", sh_size, VALUE, UINT64_MAX)}, NONE,
	 NULL},
	{"a note over the end", NULL, {FIELD(".kg_note", sh_size, FILE_SIZE, 0)}, NONE, NULL},
	{"no bytes over the end", NULL,
	 {FIELD(".bss", sh_offset, FILE_SIZE, 1), FIELD(".bss", sh_size, VALUE, UINT64_MAX)}, ALL,
	 NULL},
	{"no section over the end", NULL,
	 {FIELD(".kg", sh_type, VALUE, SHT_NULL), FIELD(".kg", sh_offset, VALUE, UINT64_MAX)}, ALL,
	 NULL},

	/* The table of section names */
	{"names in section 0", NULL, {FILE_FIELD(e_shstrndx, VALUE, 0)}, NONE, NULL},
	{"names in no section", NULL, {FILE_FIELD(e_shstrndx, SECTION_COUNT, 0)}, NONE, NULL},
	{"names in section 65535", NULL, {FILE_FIELD(e_shstrndx, VALUE, 0xffff)}, NONE, NULL},
	{"names are data", NULL, {FIELD(".shstrtab", sh_type, VALUE, SHT_PROGBITS)}, UP_TO_6_19,
	 "is a damaged module: its table of section names is none"},
	{"names without bytes", NULL, {FIELD(".shstrtab", sh_type, VALUE, SHT_NOBITS)}, UP_TO_6_19,
	 NULL},
	{"names of no type", NULL, {FIELD(".shstrtab", sh_type, VALUE, SHT_NULL)}, UP_TO_6_19,
	 NULL},
	{"names without bytes over the end", NULL,
	 {FIELD(".shstrtab", sh_type, VALUE, SHT_NOBITS),
	  FIELD(".shstrtab", sh_offset, FILE_SIZE, 0)}, NONE, NULL},
	{"names of no size", NULL, {FIELD(".shstrtab", sh_size, VALUE, 0)}, NONE,
	 "is a damaged module: its table of section names is cut off"},
	{"names without NUL at the end", NULL,
	 {FIELD(".shstrtab", sh_size, ORIGINAL, UINT64_MAX)}, NONE, NULL},
	{"names without NUL at the beginning", NULL, {BYTE(".shstrtab", 0, 'x')}, ALL, NULL},
	{"a name behind the names", NULL, {FIELD(".kg", sh_name, NAMES_SIZE, 0)}, NONE,
	 "is a damaged module: a section has no name"},
	{"a name far behind the names", NULL, {FIELD(".kg", sh_name, VALUE, UINT32_MAX)}, NONE,
	 NULL},
	{"the last NUL as a name", NULL, {FIELD(".kg", sh_name, NAMES_SIZE, UINT64_MAX)}, ALL,
	 NULL},
	{"a note without a name", NULL, {FIELD(".kg_note", sh_name, NAMES_SIZE, 0)}, UP_TO_6_12,
	 "is a damaged module: a section has no name"},
	{"no bytes without a name", NULL, {FIELD(".bss", sh_name, NAMES_SIZE, 0)}, UP_TO_6_12,
	 NULL},
	{"no section without a name", NULL,
	 {FIELD(".kg", sh_type, VALUE, SHT_NULL), FIELD(".kg", sh_name, VALUE, UINT32_MAX)}, ALL,
	 NULL},

	/* .modinfo */
	{"no modinfo", ".text\ncall printk\n", {{0}}, ALL, NULL},
	{"modinfo without SHF_ALLOC", ".section .modinfo\n" MODINFO, {{0}}, ALL, NULL},
	{"modinfo without bytes", LEAST, {FIELD(".modinfo", sh_type, VALUE, SHT_NOBITS)}, ALL,
	 NULL},
	{"two modinfo", LEAST AGAIN(".modinfo", "a", "progbits") MODINFO, {{0}}, UP_TO_6_3,
	 "is a damaged module: it has more than one .modinfo section"},
	{"a second modinfo without SHF_ALLOC", LEAST AGAIN(".modinfo", "", "progbits") MODINFO,
	 {{0}}, UP_TO_6_3, NULL},
	{"two modinfo without SHF_ALLOC",
	 ".section .modinfo\n" AGAIN(".modinfo", "", "progbits"), {{0}}, UP_TO_6_3, NULL},
	{"a second modinfo without bytes", LEAST AGAIN(".modinfo", "a", "nobits") ".zero 8\n",
	 {{0}}, UP_TO_6_12, "is a damaged module: it has more than one .modinfo section"},
	{"a second modinfo of no type", LEAST AGAIN(".modinfo", "a", "progbits"),
	 {FIELD_AFTER(1, ".modinfo", sh_type, VALUE, SHT_NULL)}, UP_TO_6_12, NULL},

	/* struct module */
	{"struct module without SHF_ALLOC", NULL,
	 {FIELD(".gnu.linkonce.this_module", sh_flags, VALUE, SHF_WRITE)}, NONE, NULL},
	{"struct module without bytes", NULL,
	 {FIELD(".gnu.linkonce.this_module", sh_type, VALUE, SHT_NOBITS)}, UP_TO_6_3, NULL},
	{"struct module of no type", NULL,
	 {FIELD(".gnu.linkonce.this_module", sh_type, VALUE, SHT_NULL)}, NOT_6_4, NULL},
	{"struct module of another name", NULL,
	 {FIELD(".gnu.linkonce.this_module", sh_name, ORIGINAL, 1)}, NONE,
	 "is no kernel module (it has no struct module)"},
	{"a second struct module",
	 THIS_MODULE_IN(AGAIN(".gnu.linkonce.this_module", "aw", "progbits"), "two"), {{0}},
	 UP_TO_6_3, NULL},
	{"a second struct module without SHF_ALLOC",
	 THIS_MODULE_IN(AGAIN(".gnu.linkonce.this_module", "", "progbits"), "two"), {{0}},
	 UP_TO_6_3, NULL},
	{"a second struct module without bytes",
	 AGAIN(".gnu.linkonce.this_module", "aw", "nobits") ".zero 1024\n", {{0}}, UP_TO_6_12,
	 NULL},
	{"a second struct module of no type",
	 AGAIN(".gnu.linkonce.this_module", "aw", "progbits"),
	 {FIELD_AFTER(1, ".gnu.linkonce.this_module", sh_type, VALUE, SHT_NULL)}, UP_TO_6_12,
	 NULL},

	/* The symbol table */
	{"no symbols", NULL, {FIELD(".symtab", sh_type, VALUE, SHT_PROGBITS)}, NONE,
	 "is no kernel module (it has no symbol table)"},
	{"an empty table of symbols", NULL, {FIELD(".symtab", sh_size, VALUE, 0)}, ALL, NULL},
	{"half a symbol", NULL, {FIELD(".symtab", sh_size, VALUE, 23)}, ALL, NULL},
	{"a second table of symbols", NULL,
	 {FIELD(".kg_note", sh_type, VALUE, SHT_SYMTAB), FIELD(".kg_note", sh_link, VALUE, 1)},
	 UP_TO_6_3, "is no kernel module (it has more than one symbol table)"},
	{"a second table without names", NULL,
	 {FIELD(".kg_note", sh_type, VALUE, SHT_SYMTAB), FIELD(".kg_note", sh_link, VALUE, 0)},
	 NONE, NULL},
	{"symbols without names", NULL, {FIELD(".symtab", sh_link, VALUE, 0)}, NONE,
	 "is a damaged module: its symbol table has no names"},
	{"symbols with names in no section", NULL,
	 {FIELD(".symtab", sh_link, SECTION_COUNT, 0)}, NONE, NULL},
	{"symbols with names in section 2^32-1", NULL,
	 {FIELD(".symtab", sh_link, VALUE, UINT32_MAX)}, NONE, NULL},

	/* The table of symbol names */
	{"symbol names are data", NULL, {FIELD(".strtab", sh_type, VALUE, SHT_PROGBITS)},
	 UP_TO_6_19, "is a damaged module: its table of symbol names is none"},
	{"symbol names without bytes", NULL, {FIELD(".strtab", sh_type, VALUE, SHT_NOBITS)},
	 UP_TO_6_19, NULL},
	{"symbol names of no size", NULL, {FIELD(".strtab", sh_size, VALUE, 0)}, UP_TO_6_12,
	 "is a damaged module: its table of symbol names does not begin and end with NUL"},
	{"symbol names without NUL at the beginning", NULL, {BYTE(".strtab", 0, 'x')}, UP_TO_6_12,
	 NULL},
	{"symbol names without NUL at the end", NULL, {LAST_BYTE(".strtab", 'x')}, UP_TO_6_12,
	 NULL},
	{"the last NUL as a symbol's name", NULL, {LAST_NAME(STRINGS_SIZE, UINT64_MAX)}, ALL,
	 NULL},
	{"a symbol's name behind the names", NULL, {LAST_NAME(STRINGS_SIZE, 0)}, UP_TO_6_12,
	 "is a damaged module: a symbol has no name"},
	{"a symbol's name far behind them", NULL, {LAST_NAME(VALUE, UINT32_MAX)}, UP_TO_6_12,
	 NULL},
	{"symbol 0's name behind the names", NULL, {FIRST_NAME(STRINGS_SIZE, 0)}, UP_TO_6_12,
	 NULL},
};

#define CRCS SECTION("__version_ext_crcs")
#define NAMES SECTION("__version_ext_names")

/* elf_validity_cache_index_versions() */
static const struct shape extended_versions[] = {
	{"CRCs only", CRCS ".long 1\n", {{0}}, UP_TO_6_13,
	 "is a damaged module: it has extended versions without names, or names without"},
	{"names only", NAMES ".asciz \"a\"\n", {{0}}, UP_TO_6_13, NULL},
	{"CRCs without SHF_ALLOC", ".section __version_ext_crcs\n.long 1\n" NAMES ".asciz \"a\"\n",
	 {{0}}, UP_TO_6_13, NULL},
	{"neither with SHF_ALLOC",
	 ".section __version_ext_crcs\n.long 1, 2\n.section __version_ext_names\n.byte 1\n",
	 {{0}}, ALL, NULL},
	{"none at all", CRCS NAMES, {{0}}, ALL, NULL},
	{"no CRC, a name", CRCS NAMES ".asciz \"a\"\n", {{0}}, ALL, NULL},
	{"a CRC, no name", CRCS ".long 1\n" NAMES, {{0}}, UP_TO_6_13,
	 "is a damaged module: it has fewer __version_ext_names than CRCs"},
	{"as many", CRCS ".long 1, 2\n" NAMES ".asciz \"a\", \"b\"\n", {{0}}, ALL, NULL},
	{"as many, of no length", CRCS ".long 1, 2\n" NAMES ".byte 0, 0\n", {{0}}, ALL, NULL},
	{"more names", CRCS ".long 1, 2\n" NAMES ".asciz \"a\", \"b\", \"c\"\n", {{0}}, ALL,
	 NULL},
	{"fewer names", CRCS ".long 1, 2\n" NAMES ".asciz \"ab\"\n", {{0}}, UP_TO_6_13, NULL},
	{"a last name without NUL", CRCS ".long 1, 2\n" NAMES ".asciz \"a\"\n.ascii \"b\"\n",
	 {{0}}, UP_TO_6_13, NULL},
	{"7 bytes of CRCs", CRCS ".long 1\n.zero 3\n" NAMES ".asciz \"a\"\n", {{0}}, ALL, NULL},
	{"8 bytes of CRCs", CRCS ".long 1\n.zero 4\n" NAMES ".asciz \"a\"\n", {{0}}, UP_TO_6_13,
	 NULL},
	{"read in place", CRCS ".long 1, 2\n" NAMES ".asciz \"a\", \"b\"\n",
	 {FIELD("__version_ext_crcs", sh_type, VALUE, SHT_NOBITS),
	  FIELD("__version_ext_names", sh_type, VALUE, SHT_NOBITS)}, ALL, NULL},
};

static uint64_t base_of(struct kg_span bytes, enum base base, uint64_t original)
{
	const Elf64_Shdr *sections = edit_sections(bytes);

	switch (base) {
	case VALUE:
		return 0;
	case ORIGINAL:
		return original;
	case FILE_SIZE:
		return bytes.size;
	case SECTION_COUNT:
		return edit_header(bytes)->e_shnum;
	case NAMES_SIZE:
		return sections[edit_header(bytes)->e_shstrndx].sh_size;
	case STRINGS_SIZE:
		return sections[edit_section(bytes, ".symtab")->sh_link].sh_size;
	}
	abort();
}

static unsigned char *place_of(struct kg_span bytes, const struct edit *edit)
{
	Elf64_Shdr *section =
		edit->section ? edit_section_after(bytes, edit->section, edit->others) : NULL;

	switch (edit->place) {
	case IN_FILE:
		return unit_writable(bytes) + edit->offset;
	case IN_HEADER:
		return (unsigned char *)section + edit->offset;
	case IN_SECTION:
		return edit_content(bytes, section) + edit->offset;
	case AT_ITS_END:
		return edit_content(bytes, section) + section->sh_size - edit->offset;
	}
	abort();
}

/* All places and values are found before the first one is changed. */
static void apply(struct kg_span bytes, const struct edit edits[3])
{
	unsigned char *places[3];
	uint64_t values[3];

	for (int i = 0; i < 3 && edits[i].size; i++) {
		uint64_t original = 0;

		places[i] = place_of(bytes, &edits[i]);
		memcpy(&original, places[i], edits[i].size);
		values[i] = base_of(bytes, edits[i].base, original) + edits[i].value;
	}
	for (int i = 0; i < 3 && edits[i].size; i++)
		memcpy(places[i], &values[i], edits[i].size);
}

static void open_as(struct kg_span bytes, const struct shape *shape, bool accepted,
		    const struct kg_loader_rules *rules)
{
	struct kg_module_elf elf = {.machine = 42};
	struct kg_error err = unit_no_error();
	int result = kg_module_elf_open(bytes, rules, &elf, &err);

	if ((result == 0) != accepted)
		unit_fail("%s: %s under rules %#x (%s)", shape->what,
			  result == 0 ? "taken" : "refused", rules->present,
			  result == 0 ? "" : err.message);
	if (!accepted) {
		assert_failure(result, err, EBADMSG, shape->message);
		assert_int_equal(elf.machine, 42);
		return;
	}
	assert_int_equal(elf.machine, EM_X86_64);
	kg_module_elf_free(&elf);
	assert_null(elf.sections);
}

/* Assembled anew only where the source is another one. */
static struct kg_span assembled(const char *source)
{
	static const char *last;
	static struct kg_span object;

	if (!last || strcmp(last, source) != 0)
		object = unit_assemble(unit_text("%s%s", THIS_MODULE, source));
	last = source;
	return object;
}

static void check(const struct shape *shape)
{
	struct kg_span bytes = unit_copy(assembled(shape->source ? shape->source : LEAST));

	apply(bytes, shape->edits);
	for (int era = 0; era < UNIT_ERA_COUNT; era++)
		open_as(bytes, shape, (shape->accepted & 1 << era) != 0, &unit_eras[era]);
	/* Of a kernel that is not known the least is demanded. */
	open_as(bytes, shape, (shape->accepted & UP_TO_6_3) != 0, &unit_no_rules);
	unit_free(bytes);
}

static void shapes_of_each_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check(&shapes[i]);
}

static void extended_versions_of_each_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(extended_versions) / sizeof(extended_versions[0]); i++)
		check(&extended_versions[i]);
}

static void the_end_of_the_file(void **state)
{
	struct kg_span whole = unit_assemble(THIS_MODULE LEAST);
	const struct shape shape = {.what = "cut off"};

	(void)state;
	/* The section table is last. */
	assert_int_equal(edit_header(whole)->e_shoff +
				 edit_header(whole)->e_shnum * sizeof(Elf64_Shdr),
			 whole.size);
	for (size_t size = 0; size < whole.size; size++) {
		struct kg_span cut = unit_copy(kg_span_of(whole.data, size));
		struct shape reason = shape;

		if (size < SELFMAG)
			reason.message = "is no ELF file";
		else if (size < sizeof(Elf64_Ehdr))
			reason.message = "is a damaged module: it is cut off";
		else
			reason.message = "is a damaged module: its section table lies outside of "
					 "the file";
		for (int era = 0; era < UNIT_ERA_COUNT; era++)
			open_as(cut, &reason, false, &unit_eras[era]);
		unit_free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_of_each_kernel),
		cmocka_unit_test(extended_versions_of_each_kernel),
		cmocka_unit_test(the_end_of_the_file),
	};

	return UNIT_RUN(tests);
}
