// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Room for a module: move_module() and percpu_modalloc() of kernel/module/main.c,
 * include/linux/percpu.h; and its parameters: module_param_sysfs_setup() of kernel/params.c.
 */
#include "loader_bed.h"

#define BSS(name, size) ".section " name ",\"aw\",@nobits\n.zero " size "\n"
#define PERCPU(size) SECTION(".data..percpu") ".zero " size "\n"
#define PERCPU_ALIGNED(size, align) SECTION(".data..percpu") ".balign " align "\n.zero " size "\n"

static void memory_for_modules(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") BSS(".bss.kg", "1 << 20"));
	loads(bed, MODULE("two") BSS(".bss.kg", "1519 << 20"));
	refuses(bed, MODULE("three") BSS(".bss.kg", "1520 << 20"), ENOMEM, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "three is too large: it takes 1520 MiB of memory");
	/* All that is allocated counts, and only that. */
	refuses(bed, MODULE("three") BSS(".bss.kg", "1000 << 20") BSS(".init.bss", "1000 << 20"),
		ENOMEM, DAMAGED, NULL);
	loads(bed, MODULE("three") ".section .kg,\"\",@nobits\n.zero 2000 << 20\n");
	/* The kernel's sum has 32 bits. */
	cannot_tell(bed, MODULE("four") BSS(".bss.kg", "4096 << 20"), NULL);
	cannot_tell(bed, MODULE("five") BSS(".bss.kg", "3000 << 20") BSS(".bss.kg2", "3000 << 20"),
		    NULL);
	/* Names are looked at later, up to 6.3, and symbols anyway. */
	refuses(bed, MODULE("one") BSS(".bss.kg", "2000 << 20"), ENOMEM, DAMAGED, NULL);
	refuses(bed, MODULE("six") BSS(".bss.kg", "2000 << 20") USE("nowhere"), ENOMEM, DAMAGED,
		NULL);
	bed_free(bed);
}

static void percpu_variables(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") PERCPU("8192"));
	refuses(bed, MODULE("two") PERCPU("1"), ENOMEM, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "two has 1 bytes of per-CPU variables, and 6.1.0-kg has only 8192 bytes "
			    "for those of all modules, of which others have taken their part");
	loads(bed, MODULE("three") ".section .data..percpu,\"aw\"\n");
	bed_restart(bed);
	refuses(bed, MODULE("one") PERCPU("8193"), ENOMEM, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message,
			    "one has 8193 bytes of per-CPU variables, and 6.1.0-kg has only 8192 "
			    "bytes for those of all modules");
	refuses(bed, MODULE("one") PERCPU("33000") USE("nowhere"), ENOMEM, DAMAGED, NULL);
	/* A module that is refused takes nothing. */
	refuses(bed, MODULE("one") PERCPU("8000") USE("nowhere"), ENOENT, SYMBOL_MISSING, "nowhere");
	loads(bed, MODULE("one") PERCPU("4000"));
	loads(bed, MODULE("two") PERCPU("4000"));
	bed_restart(bed);
	/* What alignment costs depends on where the kernel's own variables end. */
	loads(bed, MODULE("one") PERCPU_ALIGNED("4096", "4096"));
	cannot_tell(bed, MODULE("two") PERCPU_ALIGNED("4096", "4096"), NULL);
	bed_restart(bed);
	loads(bed, MODULE("one") PERCPU_ALIGNED("64", "8192"));
	bed_free(bed);
}

static void set_config(struct bed *bed, const char *line)
{
	struct kg_error err;

	kg_buffer_free(&bed->kernel.config);
	assert_ok(kg_buffer_append(&bed->kernel.config, line, strlen(line), &err), err);
}

/* CONFIG_MEM_ALLOC_PROFILING counts in per-CPU variables of each module. */
static void percpu_variables_with_profiling(void **state)
{
	static const char set[] = "CONFIG_MEM_ALLOC_PROFILING=y\n";
	static const char unset[] = "# CONFIG_MEM_ALLOC_PROFILING is not set\n";
	struct bed *bed = bed_new("6.12.0-kg", 0);

	(void)state;
	cannot_tell(bed, MODULE("one") PERCPU("8193"), NULL);
	refuses(bed, MODULE("two") PERCPU("65537"), ENOMEM, DAMAGED, NULL);
	bed_restart(bed);
	set_config(bed, unset);
	refuses(bed, MODULE("one") PERCPU("8193"), ENOMEM, DAMAGED, NULL);
	set_config(bed, set);
	loads(bed, MODULE("one") PERCPU("32768"));
	/* PCPU_MIN_UNIT_SIZE is the most that there is in one piece. */
	refuses(bed, MODULE("two") PERCPU("32769"), ENOMEM, DAMAGED, NULL);
	bed_free(bed);
	for (int i = 0; i < 2; i++) {
		bed = bed_new(i == 0 ? "6.9.0-kg" : "6.16.0-kg", 0);
		set_config(bed, set);
		refuses(bed, MODULE("one") PERCPU("8193"), ENOMEM, DAMAGED, NULL);
		bed_free(bed);
	}
}

/* struct kernel_param; its name is found through a relocation. */
#define NAMES ".section .rodata.kg,\"a\"\n.byte 0\nname_a: .asciz \"a\"\nname_b: .asciz \"b\"\n"
#define PARAM(name, permissions)                                                                   \
	".section __param,\"a\"\n.quad " name ", 0, 0\n.word " permissions "\n.zero 14\n"

static void parameters(void **state)
{
	struct bed *bed = bed_new("6.1.0-kg", 0);

	(void)state;
	loads(bed, MODULE("one") NAMES PARAM("name_a", "0644") PARAM("name_b", "0644"));
	refuses(bed, MODULE("two") NAMES PARAM("name_a", "0644") PARAM("name_b", "0644") PARAM(
			     "name_a", "0444"), EEXIST, DAMAGED, NULL);
	assert_string_equal(bed->verdict.message, "two has two parameters named a");
	/* Those without permissions are not shown. */
	loads(bed, MODULE("two") NAMES PARAM("name_a", "0644") PARAM("name_a", "0"));
	loads(bed, MODULE("three") NAMES PARAM("name_a", "0") PARAM("name_a", "0"));
	/* Half an entry is none; names that lead nowhere are not compared. */
	loads(bed, MODULE("four") NAMES PARAM("name_a", "0644")
			   ".quad name_a, 0, 0\n.word 0644\n.zero 13\n");
	loads(bed, MODULE("five") NAMES PARAM("name_a + 100", "0644") PARAM("name_a + 100", "0644"));
	bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_for_modules),
		cmocka_unit_test(percpu_variables),
		cmocka_unit_test(percpu_variables_with_profiling),
		cmocka_unit_test(parameters),
	};

	return UNIT_RUN(tests);
}
