// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"
#include "kernel-guard/system/kept_name.h"

static const char *kept(const char *name, size_t number)
{
	struct kg_error err = unit_no_error();

	return unit_keep(kg_kept_name(name, number, &err));
}

static const char *original(const char *name)
{
	struct kg_error err = unit_no_error();

	return unit_keep(kg_original_name(name, "6.12.9-arch1-1", &err));
}

/* Where each file is kept first, and fourth apart; whether its name leads back to it. */
static void names(void **state)
{
	static const struct {
		const char *name, *first, *fourth;
		bool back;
	} cases[] = {
		{"/boot/vmlinuz-linux", "/boot/vmlinuz-linux.old",
		 "/boot/kernel-guard/vmlinuz-linux.old.4", true},
		{"vmlinuz-linux", "vmlinuz-linux.old", "kernel-guard/vmlinuz-linux.old.4", false},
		{"/boot/initramfs-linux.img", "/boot/initramfs-linux.old.img",
		 "/boot/kernel-guard/initramfs-linux.old.4.img", true},
		{"/efi/EFI/Linux/arch-linux.efi", "/efi/EFI/Linux/arch-linux-old.efi",
		 "/efi/EFI/Linux/kernel-guard/arch-linux-old.4.efi", true},
		{"/efi/EFI/Linux/arch+3-1.efi", "/efi/EFI/Linux/arch-old.efi",
		 "/efi/EFI/Linux/kernel-guard/arch-old.4.efi", false},
		{"/efi/EFI/Linux/linux-6.12.9-arch1-1+3.efi", "/efi/EFI/Linux/linux-arch-old.efi",
		 "/efi/EFI/Linux/kernel-guard/linux-arch-old.4.efi", false},
		{"/efi/a-1/0123abcd-6.6.1-1-lts.efi", "/efi/a-1/0123abcd-lts-old.efi",
		 "/efi/a-1/kernel-guard/0123abcd-lts-old.4.efi", false},
		{"/efi/EFI/Linux/arch-2.efi", "/efi/EFI/Linux/arch-2-old.efi",
		 "/efi/EFI/Linux/kernel-guard/arch-2-old.4.efi", true},
		{"/boot/token/6.12.9-arch1-1/linux", "/boot/kernel-guard/token/arch/linux.old",
		 "/boot/kernel-guard/token/arch/kernel-guard/linux.old.4", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *first = kept(cases[i].name, kg_kept_number(1, false));
		const char *fourth = kept(cases[i].name, kg_kept_number(4, true));

		assert_string_equal(first, cases[i].first);
		assert_string_equal(fourth, cases[i].fourth);
		assert_true(kg_is_kept_name(first) && kg_is_kept_name(fourth));
		assert_false(kg_is_kept_name(cases[i].name));
		if (cases[i].back) {
			assert_string_equal(original(first), cases[i].name);
			assert_string_equal(original(fourth), cases[i].name);
		}
	}
}

static void names_of_others(void **state)
{
	(void)state;
	assert_true(kg_is_kept_name("/boot/vmlinuz-linux.bak"));
	assert_true(kg_is_kept_name("/boot/vmlinuz-linux-old"));
	assert_string_equal(original("/boot/vmlinuz-linux.bak"), "/boot/vmlinuz-linux.bak");
	assert_string_equal(original("/boot/kernel-guard/vmlinuz-linux"),
			    "/boot/kernel-guard/vmlinuz-linux");
	assert_string_equal(original("/boot/.old"), "/boot/.old");
	assert_string_equal(original("/boot/kernel-guard/.old"), "/boot/kernel-guard/.old");
}

static void numbers(void **state)
{
	(void)state;
	for (size_t count = 1; count <= kg_fallback_max; count++) {
		assert_int_equal(kg_kept_count(kg_kept_number(count, true)), count);
		assert_int_equal(kg_kept_count(kg_kept_number(count, false)), count);
	}
	assert_int_equal(kg_kept_number(kg_fallback_max, true), kg_kept_last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(names_of_others),
		cmocka_unit_test(numbers),
	};

	return UNIT_RUN(tests);
}
