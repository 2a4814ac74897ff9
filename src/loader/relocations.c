// SPDX-License-Identifier: GPL-2.0-or-later
/* apply_relocations() of kernel/module/main.c, arch/x86/kernel/module.c. */
#include "attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No kernel has room for a larger section of a module: MODULES_LEN is 1.5 GiB at the most. */
static const uint64_t max_target = UINT64_C(1) << 31;

/* Where the address of a symbol will lie. */
enum place {
	PLACE_NUMBER, /* a known number */
	PLACE_KERNEL, /* in the kernel's last 2 GiB: the kernel, or memory for modules */
	PLACE_PERCPU, /* of a per-CPU variable where they count from zero: small */
	PLACE_ELSEWHERE, /* in memory of the kernel outside of these */
};

struct address {
	enum place place;
	uint64_t number;
};

/* What becomes of a section. */
struct section_place {
	bool kept;        /* copied to the module's memory, and relocated there */
	enum place place; /* of the symbols in it */
	unsigned char *filled; /* a bit for each byte that has been relocated; or NULL */
};

struct relocations {
	struct attempt *attempt;
	struct section_place *sections;
	/* What is being relocated. */
	const struct kg_module_section *target;
	unsigned char *filled;
};

/*
 * Since per-CPU variables have addresses like others (x86_64, 6.15), their section is
 * relocated although it is not SHF_ALLOC at that time.
 */
static void place_percpu(struct relocations *state, const struct kg_module_section *percpu)
{
	struct section_place *place =
		&state->sections[percpu - state->attempt->module->elf.sections];
	bool from_zero = state->attempt->loader->kernel->vmlinux.percpu_from_zero;

	place->place = from_zero ? PLACE_PERCPU : PLACE_KERNEL;
	place->kept = !from_zero;
}

static void place_sections(struct relocations *state)
{
	const struct kg_module_elf *elf = &state->attempt->module->elf;
	const struct kg_module_section *left_behind[kg_left_behind_count];

	for (size_t i = 0; i < elf->section_count; i++) {
		bool kept = kg_is_allocated(state->attempt->module, &elf->sections[i]);

		state->sections[i] =
			(struct section_place){kept, kept ? PLACE_KERNEL : PLACE_ELSEWHERE, NULL};
	}
	kg_find_left_behind(state->attempt->module, left_behind);
	for (size_t i = 0; i < kg_left_behind_count; i++) {
		if (left_behind[i])
			state->sections[left_behind[i] - elf->sections] =
				(struct section_place){false, PLACE_ELSEWHERE, NULL};
	}
	if (left_behind[kg_left_behind_percpu])
		place_percpu(state, left_behind[kg_left_behind_percpu]);
}

static int compare_indices(const void *left, const void *right)
{
	const size_t *a = left;
	const size_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* Whether the symbol is one of those that were not found and need not be. */
static bool is_unresolved(const struct attempt *attempt, size_t index)
{
	return attempt->unresolved_count > 0 &&
	       bsearch(&index, attempt->unresolved, attempt->unresolved_count, sizeof(index),
		       compare_indices);
}

static struct address address_of(const struct relocations *state, size_t index,
				 const Elf64_Sym *symbol)
{
	const struct attempt *attempt = state->attempt;
	struct address address = {PLACE_NUMBER, symbol->st_value};

	if (symbol->st_shndx == SHN_UNDEF) {
		if (index != 0 && !is_unresolved(attempt, index))
			address.place = PLACE_KERNEL;
	} else if (symbol->st_shndx < attempt->module->elf.section_count) {
		address.place = state->sections[symbol->st_shndx].place;
	}
	return address;
}

/* Whether the value fits into the relocation's field; offsets are far below 2 GiB. */
static bool fits(const struct address *address, const Elf64_Rela *relocation)
{
	uint64_t value = address->number + (uint64_t)relocation->r_addend;

	switch (ELF64_R_TYPE(relocation->r_info)) {
	case R_X86_64_32:
		return address->place == PLACE_PERCPU ||
		       (address->place == PLACE_NUMBER && value == (uint32_t)value);
	case R_X86_64_32S:
		return address->place == PLACE_NUMBER
			       ? (int64_t)value == (int32_t)(uint32_t)value
			       : address->place != PLACE_ELSEWHERE;
	default:
		return true;
	}
}

/* Bytes that a relocation of this type fills in; 0: none; SIZE_MAX: not known to the kernel. */
static size_t field_size(uint64_t type)
{
	switch (type) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return SIZE_MAX;
	}
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static int refuse(const struct relocations *state, const char *what)
{
	return kg_refuse(state->attempt, ENOEXEC, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s has a damaged section %s (%s)", state->attempt->module->name,
			 state->target->name, what);
}

static int cannot_tell(const struct relocations *state, const char *what)
{
	return kg_undecided(state->attempt, NULL,
			    "%s has a damaged section %s (%s), which the kernel does not notice",
			    state->attempt->module->name, state->target->name, what);
}

static unsigned char *filled_byte(const struct relocations *state, uint64_t at,
				  unsigned char *bit)
{
	*bit = (unsigned char)(1U << at % 8);
	return &state->filled[at / 8];
}

/* Whether an earlier relocation has filled a byte of the field. */
static bool is_filled(const struct relocations *state, uint64_t offset, uint64_t size)
{
	unsigned char bit;

	for (uint64_t at = offset; at < offset + size; at++) {
		if (*filled_byte(state, at, &bit) & bit)
			return true;
	}
	return false;
}

/* Of what is written only the bytes count that are not zero. */
static void fill(const struct relocations *state, uint64_t offset, uint64_t size,
		 uint64_t written)
{
	unsigned char bit;

	for (uint64_t i = 0; i < size; i++) {
		unsigned char *byte = filled_byte(state, offset + i, &bit);

		if (written >> 8 * i & 0xff)
			*byte |= bit;
	}
}

/* The value that is filled in; where it is not known, as if no byte of it were zero. */
static uint64_t value_of(const struct address *address, const Elf64_Rela *relocation)
{
	switch (ELF64_R_TYPE(relocation->r_info)) {
	case R_X86_64_64:
	case R_X86_64_32:
	case R_X86_64_32S:
		if (address->place == PLACE_NUMBER)
			return address->number + (uint64_t)relocation->r_addend;
		break;
	default:
		break;
	}
	return UINT64_MAX;
}

static int check_field(const struct relocations *state, const Elf64_Rela *relocation, size_t size,
		       uint64_t written)
{
	uint64_t room = state->target->header.sh_size;
	struct kg_span field;

	if (relocation->r_offset >= room)
		return cannot_tell(state, "a relocation outside of it");
	/* Sections end on multiples of their alignment: what sticks out falls into the gap. */
	room -= relocation->r_offset;
	if (size > room)
		size = (size_t)room;
	if (kg_span_sub(state->target->bytes, relocation->r_offset, size, &field) &&
	    !is_zero(field.data, size))
		return refuse(state, "the field of a relocation is not empty");
	if (is_filled(state, relocation->r_offset, size))
		return refuse(state, "two relocations for one field");
	fill(state, relocation->r_offset, size, written);
	return 0;
}

static int check_relocation(const struct relocations *state, const Elf64_Rela *relocation)
{
	const struct kg_module_elf *elf = &state->attempt->module->elf;
	size_t index = ELF64_R_SYM(relocation->r_info);
	size_t size = field_size(ELF64_R_TYPE(relocation->r_info));
	Elf64_Sym symbol;
	struct address address;

	if (size == SIZE_MAX)
		return refuse(state, "a relocation of unknown type");
	if (size == 0)
		return 0;
	if (index >= kg_module_elf_symbol_count(elf))
		return cannot_tell(state, "a relocation for a symbol that there is not");
	symbol = kg_module_elf_symbol(elf, index);
	address = address_of(state, index, &symbol);
	if (!fits(&address, relocation))
		return refuse(state, "a relocation that overflows");
	return check_field(state, relocation, size, value_of(&address, relocation));
}

static int check_section(const struct relocations *state, const struct kg_module_section *section)
{
	Elf64_Rela relocation;
	struct kg_span raw;

	/* apply_relocate() of x86_64 knows no REL; of live patches the type is not looked at. */
	if (section->header.sh_type == SHT_REL &&
	    !(section->header.sh_flags & kg_shf_rela_livepatch))
		return refuse(state, "relocations without addends");
	for (uint64_t at = 0; kg_span_sub(section->bytes, at, sizeof(relocation), &raw) &&
			      state->attempt->verdict->result != KG_LOAD_REFUSED;
	     at += sizeof(relocation)) {
		memcpy(&relocation, raw.data, sizeof(relocation));
		if (check_relocation(state, &relocation) < 0)
			return -1;
	}
	return 0;
}

static int check_target(struct relocations *state, const struct kg_module_section *section)
{
	struct section_place *place = &state->sections[section->header.sh_info];
	bool applied;

	state->target = &state->attempt->module->elf.sections[section->header.sh_info];
	if (state->target->header.sh_size > max_target)
		return cannot_tell(state, "it is larger than any");
	if (!place->filled)
		place->filled = calloc(1, (size_t)state->target->header.sh_size / 8 + 1);
	if (!place->filled)
		return kg_fail_memory(state->attempt->err);
	state->filled = place->filled;
	if (kg_check_livepatch_relocations(state->attempt, section, &applied) < 0)
		return -1;
	if (!applied || state->attempt->verdict->result == KG_LOAD_REFUSED)
		return 0;
	return check_section(state, section);
}

static int check_sections(struct relocations *state)
{
	const struct kg_module_elf *elf = &state->attempt->module->elf;

	for (size_t i = 1; i < elf->section_count; i++) {
		const struct kg_module_section *section = &elf->sections[i];
		uint64_t flags = section->header.sh_flags;

		if (section->header.sh_info >= elf->section_count ||
		    !state->sections[section->header.sh_info].kept ||
		    (section->header.sh_type != SHT_REL && section->header.sh_type != SHT_RELA &&
		     !(flags & kg_shf_rela_livepatch)))
			continue;
		if (check_target(state, section) < 0)
			return -1;
		if (state->attempt->verdict->result == KG_LOAD_REFUSED)
			return 0;
	}
	return 0;
}

int kg_gate_relocations(struct attempt *attempt)
{
	const struct kg_module_elf *elf = &attempt->module->elf;
	struct relocations state = {.attempt = attempt};
	int result;

	/* The rules are those of x86_64. */
	if (elf->machine != EM_X86_64)
		return 0;
	state.sections = calloc(elf->section_count, sizeof(*state.sections));
	if (!state.sections)
		return kg_fail_memory(attempt->err);
	place_sections(&state);
	result = check_sections(&state);
	for (size_t i = 0; i < elf->section_count; i++)
		free(state.sections[i].filled);
	free(state.sections);
	return result;
}
