// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "btf_table.h"

/* The last kind of each version that has more than the one before. */
static const struct {
	uint32_t major, minor;
	uint32_t kind_max;
} kinds_since[] = {
	{6, 0, KG_BTF_ENUM64}, {5, 17, KG_BTF_TYPE_TAG}, {5, 16, KG_BTF_DECL_TAG},
	{5, 13, KG_BTF_FLOAT}, {0, 0, KG_BTF_DATASEC},
};

enum { header_size_max = 32 }; /* of Linux 7.3 */

struct version {
	uint32_t major;
	uint32_t minor;
};

static bool is_since(const struct version *version, uint32_t major, uint32_t minor)
{
	if (version->major != major)
		return version->major > major;
	return version->minor >= minor;
}

/* "6.12.95-1-lts" */
static bool parse_release(const char *release, struct version *version)
{
	enum { number_max = 9999 };
	char *end;
	unsigned long major;
	unsigned long minor;

	if (*release < '1' || *release > '9')
		return false;
	major = strtoul(release, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return false;
	minor = strtoul(end + 1, NULL, 10);
	if (major > number_max || minor > number_max)
		return false;
	*version = (struct version){(uint32_t)major, (uint32_t)minor};
	return true;
}

static uint32_t kind_max_of(const struct kg_btf *btf, const struct version *version)
{
	uint32_t value;
	size_t i = 0;

	/* An enumerator since 5.16; before it was a macro. */
	if (kg_btf_enumerator(btf, "BTF_KIND_MAX", &value))
		return value;
	while (!is_since(version, kinds_since[i].major, kinds_since[i].minor))
		i++;
	return kinds_since[i].kind_max;
}

/* The function of kernel/bpf/btf.c that does it is static, but called from three places. */
static enum kg_btf_modifiers modifiers_of(const struct kg_btf *btf, const struct version *version)
{
	if (kg_btf_has_function(btf, "btf_check_modifier_chain_length"))
		return KG_BTF_MODIFIERS_BOUNDED;
	if (kg_btf_has_function(btf, "btf_check_type_tags"))
		return KG_BTF_MODIFIERS_TAGGED;
	if (is_since(version, 7, 2))
		return KG_BTF_MODIFIERS_BOUNDED;
	return is_since(version, 5, 18) ? KG_BTF_MODIFIERS_TAGGED : KG_BTF_MODIFIERS_ANY;
}

int kg_btf_rules_of(const struct kg_btf *btf, const char *release, struct kg_btf_rules *rules,
		    struct kg_error *err)
{
	struct kg_btf_rules found = {0};
	struct version version;
	uint32_t value;

	if (!parse_release(release, &version))
		return kg_fail(err, ENOTSUP, "has no release of a known form (%s)", release);
	if (!kg_btf_struct_size(btf, "module", &value))
		return kg_fail(err, ENOTSUP, "does not describe struct module (.BTF)");
	found.reads_modules = kg_btf_member_offset(btf, "module", "btf_data", &value);
	if (!kg_btf_struct_size(btf, "btf_header", &found.header_size) ||
	    found.header_size > header_size_max)
		return kg_fail(err, ENOTSUP, "reads type information of an unknown form (.BTF)");
	found.reads_base = kg_btf_member_offset(btf, "module", "btf_base_data", &value);
	/* An enumerator since it is more than 16 bits; before it was a macro. */
	found.wide_info =
		kg_btf_enumerator(btf, "BTF_MAX_VLEN", &value) || is_since(&version, 7, 2);
	found.printable_sections = is_since(&version, 6, 9);
	found.tag_flag = is_since(&version, 6, 15);
	found.kind_max = kind_max_of(btf, &version);
	found.enum_flag = found.kind_max >= KG_BTF_ENUM64;
	found.name_max = is_since(&version, 6, 1) ? 512 : 128;
	found.modifiers = modifiers_of(btf, &version);
	*rules = found;
	return 0;
}
