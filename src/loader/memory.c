// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the kernel has room for a module. */
#include "attempt.h"

#include <errno.h>

#include "kernel-guard/parse/boot_entry.h"
#include "kernel-guard/parse/kernel_config.h"

/* MODULES_LEN (arch/x86/include/asm/pgtable_64_types.h) at its largest, without KASLR. */
static const uint64_t max_module = (UINT64_C(1536) - 16) << 20;

/* mod_mem[].size (core_layout.size up to 6.3) is an unsigned int. */
static const uint64_t max_counted = UINT32_MAX;

/* PCPU_MIN_UNIT_SIZE (include/linux/percpu.h). */
static const uint64_t max_percpu = 32 << 10;

static bool is_one_of(const struct kg_module_section *section,
		      const struct kg_module_section *const left_behind[kg_left_behind_count])
{
	for (size_t i = 0; i < kg_left_behind_count; i++) {
		if (left_behind[i] == section)
			return true;
	}
	return false;
}

/* move_module(): all sections that are allocated have to lie in the area for modules. */
int kg_gate_memory(struct attempt *attempt)
{
	const struct kg_module_elf *elf = &attempt->module->elf;
	const struct kg_module_section *left_behind[kg_left_behind_count];
	uint64_t total = 0;

	kg_find_left_behind(attempt->module, left_behind);
	for (size_t i = 1; i < elf->section_count; i++) {
		const struct kg_module_section *section = &elf->sections[i];

		if (!(section->header.sh_flags & SHF_ALLOC) ||
		    is_one_of(section, left_behind))
			continue;
		if (section->header.sh_size > max_counted - total)
			return kg_undecided(attempt, NULL, "%s is larger than the kernel can count",
					    attempt->module->name);
		total += section->header.sh_size;
	}
	if (total <= max_module)
		return 0;
	return kg_refuse(attempt, ENOMEM, KG_FINDING_MODULE_DAMAGED, NULL,
			 "%s is too large: it takes %llu MiB of memory", attempt->module->name,
			 (unsigned long long)(total >> 20));
}

/*
 * PERCPU_MODULE_RESERVE (include/linux/percpu.h), which all modules share: more with
 * CONFIG_MEM_ALLOC_PROFILING from 6.10 to 6.15. *most is what it may be.
 */
static uint64_t percpu_reserve(const struct kg_kernel *kernel, uint64_t *most)
{
	const uint64_t usual = 8 << 10;
	const uint64_t profiling = 64 << 10;

	*most = usual;
	if (kg_version_compare(kernel->release, "6.10") < 0 ||
	    kg_version_compare(kernel->release, "6.16") >= 0)
		return usual;
	switch (kg_config_lookup(kg_buffer_span(&kernel->config), "CONFIG_MEM_ALLOC_PROFILING")) {
	case KG_CONFIG_SET:
		*most = profiling;
		return profiling;
	case KG_CONFIG_UNSET:
		return usual;
	case KG_CONFIG_UNKNOWN:
		break;
	}
	*most = profiling;
	return usual;
}

static uint64_t percpu_size(const struct kg_module *module, uint64_t *gap)
{
	const struct kg_module_section *left_behind[kg_left_behind_count];
	const struct kg_module_section *percpu;

	kg_find_left_behind(module, left_behind);
	percpu = left_behind[kg_left_behind_percpu];
	*gap = 0;
	if (!percpu || percpu->header.sh_size == 0)
		return 0;
	/* Up to a page, percpu_modalloc(). */
	if (percpu->header.sh_addralign > 1)
		*gap = percpu->header.sh_addralign < 4096 ? percpu->header.sh_addralign - 1 : 4095;
	return percpu->header.sh_size;
}

/* percpu_modalloc(): where in the reserve a piece lies depends on what the kernel has there. */
int kg_gate_percpu(struct attempt *attempt)
{
	const struct kg_module_loader *loader = attempt->loader;
	uint64_t gap;
	uint64_t size = percpu_size(attempt->module, &gap);
	uint64_t used = loader->percpu_used;
	uint64_t most;
	uint64_t least = percpu_reserve(loader->kernel, &most);

	if (size == 0)
		return 0;
	if (size > max_percpu || used + size > most)
		return kg_refuse(attempt, ENOMEM, KG_FINDING_MODULE_DAMAGED, NULL,
				 "%s has %llu bytes of per-CPU variables, and %s has only %llu "
				 "bytes for those of all modules%s",
				 attempt->module->name, (unsigned long long)size,
				 kg_release_of(attempt), (unsigned long long)most,
				 used ? ", of which others have taken their part" : "");
	if (used + size + loader->percpu_gaps + gap > least)
		return kg_undecided(attempt, NULL,
				    "%s has %llu bytes of per-CPU variables, for which the room "
				    "may not suffice",
				    attempt->module->name, (unsigned long long)size);
	return 0;
}

void kg_take_percpu(struct kg_module_loader *loader, const struct kg_module *module)
{
	uint64_t gap;

	loader->percpu_used += percpu_size(module, &gap);
	loader->percpu_gaps += gap;
}
