// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell_fixture.h"

/* One statement after the other, from an empty beginning. */
static void assert_read(const char *text, const char *name, const char *expected)
{
	kg_shell_free(&shell);
	read_text(text);
	assert_values(name, expected);
	assert_unread("");
}

static void the_default_preset(void **state)
{
	const struct kg_shell_variable *presets;

	(void)state;
	read_text("# mkinitcpio preset file for the 'linux' package\n\n"
		  "#ALL_config=\"/etc/mkinitcpio.conf\"\n"
		  "ALL_kver=\"/boot/vmlinuz-linux\"\n\n"
		  "PRESETS=('default' 'fallback')\n\n"
		  "default_image=\"/boot/initramfs-linux.img\"\n"
		  "#default_uki=\"/efi/EFI/Linux/arch-linux.efi\"\n"
		  "#default_options=\"--splash /usr/share/x.bmp\"\n\n"
		  "fallback_image=\"/boot/initramfs-linux-fallback.img\"\n"
		  "fallback_options=\"-S autodetect\"\n");
	assert_unread("");
	assert_values("ALL_kver", "</boot/vmlinuz-linux>");
	assert_values("PRESETS", "<default><fallback>");
	assert_values("default_image", "</boot/initramfs-linux.img>");
	assert_values("fallback_options", "<-S autodetect>");
	assert_null(kg_shell_get(&shell, "ALL_config"));
	assert_null(kg_shell_get(&shell, "default_uki"));
	assert_string_equal(kg_shell_value(&shell, "ALL_kver"), "/boot/vmlinuz-linux");
	assert_null(kg_shell_value(&shell, "default_uki"));
	presets = kg_shell_get(&shell, "PRESETS");
	assert_string_equal(kg_shell_value(&shell, "PRESETS"), "default");
	assert_int_equal(presets->values.count, 2);
	assert_int_equal(shell.variable_count, 5);
}

static void the_default_configuration(void **state)
{
	(void)state;
	read_text("# vim:set ft=sh:\n"
		  "#     MODULES=(usbhid xhci_hcd)\n"
		  "MODULES=()\n"
		  "BINARIES=()\nFILES=()\n"
		  "##   NOTE: you have 'usr' as a separate partition, you MUST include the\n"
		  "HOOKS=(base udev autodetect microcode modconf kms keyboard keymap consolefont "
		  "block filesystems fsck)\n"
		  "#COMPRESSION=\"zstd\"\n");
	assert_unread("");
	assert_values("MODULES", "");
	assert_values("HOOKS", "<base><udev><autodetect><microcode><modconf><kms><keyboard>"
			       "<keymap><consolefont><block><filesystems><fsck>");
	assert_null(kg_shell_get(&shell, "COMPRESSION"));
	assert_null(kg_shell_value(&shell, "MODULES"));
}

static void the_files_of_the_test_tree(void **state)
{
	const char *etc = unit_cache("tree/6.12/etc");
	struct kg_span config = unit_read_file(unit_text("%s/mkinitcpio.conf", etc));
	struct kg_span preset = unit_read_file(unit_text("%s/mkinitcpio.d/linux.preset", etc));

	(void)state;
	read_bytes((const char *)config.data, config.size);
	read_bytes((const char *)preset.data, preset.size);
	assert_unread("");
	assert_values("MODULES", "<kg_zfs><ext4><virtio_blk><virtio_pci>");
	assert_values("PRESETS", "<default>");
	assert_values("default_image", "</boot/initramfs-linux.img>");
}

static void scalars(void **state)
{
	(void)state;
	assert_read("A=value", "A", "<value>");
	assert_read("A=", "A", "<>");
	assert_read("A=''", "A", "<>");
	assert_read("A=\"a b\"", "A", "<a b>");
	assert_read("A='a  b'\"c\"d\\ e", "A", "<a  bcd e>");
	assert_read("  \tA=1 ; B=2;C=3", "C", "<3>");
	assert_read("A=1\nA=2", "A", "<2>");
	assert_read("A=a\nA+=b", "A", "<ab>");
	assert_read("A+=b", "A", "<b>");
	assert_read("A=a#b # comment", "A", "<a#b>");
	assert_read("A={a,b}", "A", "<{a,b}>");
	assert_read("export A=x", "A", "<x>");
	assert_read("_a9=x", "_a9", "<x>");
	assert_read("A==", "A", "<=>");
	assert_read("A=x\r\nB=y\r\n", "A", "<x>");
}

static void arrays(void **state)
{
	(void)state;
	assert_read("A=()", "A", "");
	assert_read("A=(a 'b c' \"d\" e\\ f '')", "A", "<a><b c><d><e f><>");
	assert_read("A=(a)\nA+=(b c)", "A", "<a><b><c>");
	assert_read("A+=(b)", "A", "<b>");
	assert_read("A=(a b)\nA=(c)", "A", "<c>");
	assert_read("A=( a\n\tb   c\n)\n", "A", "<a><b><c>");
	assert_read("A=(a # the ) first\n# b\n  c #d)\n)", "A", "<a><c>");
	assert_read("A=(a#b '#c')", "A", "<a#b><#c>");
	assert_read("A=x\nA+=(y)", "A", "<x><y>");
	assert_read("A=(x y)\nA+=z", "A", "<xz><y>");
	assert_read("A=(x y)\nA=z", "A", "<z><y>");
	assert_read("A=(a \\\n  b)", "A", "<a><b>");
	assert_read("export A=(a b)", "A", "<a><b>");
	assert_read("A=(=x a=b)", "A", "<=x><a=b>");
}

static void elements(void **state)
{
	(void)state;
	assert_read("A=(a b)\nA[1]=c", "A", "<a><c>");
	assert_read("A=(a b)\nA[2]=c", "A", "<a><b><c>");
	assert_read("A=(a b)\nA[0]+=x", "A", "<ax><b>");
	assert_read("A[0]=a\nA[1]='b c'", "A", "<a><b c>");
	/* A gap is no empty element. */
	assert_beyond("A[2]=x");
	assert_values("A", "?");
	assert_beyond("A[1025]=x");
	assert_beyond("A[99999999999999999999]=x");
	assert_beyond("A[00]=x");
	assert_beyond("A[x]=y");
	assert_beyond("A[-1]=y");
	assert_beyond("A[0]=(y)");
	assert_beyond("export A[0]=y");
	assert_beyond("A[1 + 1]=y");
	assert_values("A", "?");
	assert_beyond("A=([1]=x)");
	assert_values("A", "?");
}

static void expansions(void **state)
{
	static const char before[] = "E=''\nS='one  two '\nN=()\nL=(a 'b c')\nP=/boot\n";

	(void)state;
	assert_read(unit_text("%sA=$P/x", before), "A", "</boot/x>");
	assert_read(unit_text("%sA=${P}x$P", before), "A", "</bootx/boot>");
	assert_read(unit_text("%sA=\"$S\"$S", before), "A", "<one  two one  two >");
	assert_read(unit_text("%sA=$L", before), "A", "<a>");
	assert_read(unit_text("%sA=($S)", before), "A", "<one><two>");
	assert_read(unit_text("%sA=(x$S)", before), "A", "<xone><two>");
	assert_read(unit_text("%sA=(x${S}y)", before), "A", "<xone><two><y>");
	assert_read(unit_text("%sA=(\"$S\")", before), "A", "<one  two >");
	assert_read(unit_text("%sA=($E \"$E\" ''$E)", before), "A", "<><>");
	assert_read(unit_text("%sA=(\"${L[@]}\")", before), "A", "<a><b c>");
	assert_read(unit_text("%sA=(${L[@]})", before), "A", "<a><b><c>");
	assert_read(unit_text("%sA=(${L[*]})", before), "A", "<a><b><c>");
	assert_read(unit_text("%sA=(x\"${L[@]}\"y)", before), "A", "<xa><b cy>");
	assert_read(unit_text("%sA=(\"${N[@]}\" ${N[@]} \"$N\")", before), "A", "<>");
	assert_read("M=(a)\nM=(\"${M[@]}\" b)", "M", "<a><b>");
	assert_read("A=x\nA=\"$A y\"", "A", "<x y>");
	assert_read("A='$B'", "A", "<$B>");
	assert_read("A=\"\\$B\"", "A", "<$B>");
	assert_read("A=\\$B", "A", "<$B>");
}

static void expansions_beyond(void **state)
{
	static const char *const statements[] = {
		"A=$UNKNOWN",
		"A=\"${UNKNOWN}\"",
		"A=(${UNKNOWN[@]})",
		"A=${BEFORE:-x}",
		"A=${#BEFORE}",
		"A=${BEFORE%x}",
		"A=${BEFORE[0]}",
		"A=(\"${BEFORE[*]}\")",
		"A=${BEFORE[@]}",
		"A=$1",
		"A=$?",
		"A=$$",
		"A=$@",
		"A=$",
		"A=${}",
		"A=${BEFORE",
		"A=$'x'",
		"A=$\"x\"",
		"A=$((1 + 1))",
		"A=$(echo x)",
		"A=`echo x`",
		"A=\"`echo x`\"",
		"A=\"$(echo x)\"",
		"A=(${!BEFORE})",
		"A=($BEFORE{a,b})",
		"A=~/x",
		"A=(~ x)",
		"A=x:~",
		"A=({1..3})",
		"A=({a,{b,c}})",
		"A=({\"a\",b})",
		"A=({a,$BEFORE})",
		"A=({a,~})",
		"export A={a,b}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		/* A quote or brace that stays open takes the rest along. */
		if (strcmp(statements[i], "A=${BEFORE") == 0)
			continue;
		assert_beyond(statements[i]);
		assert_values("A", "?");
	}
	assert_read("S='a b'\nIFS=x\n", "IFS", "<x>");
	read_text("A=($S)\nB=\"$S\"\n");
	assert_unread("1: A=($S)\n");
	assert_values("B", "<a b>");
}

static void brace_lists(void **state)
{
	(void)state;
	assert_read("A=(nvidia{,_modeset,_uvm,_drm})", "A",
		    "<nvidia><nvidia_modeset><nvidia_uvm><nvidia_drm>");
	assert_read("A=({a,b}{1,2}x)", "A", "<a1x><a2x><b1x><b2x>");
	assert_read("A=({,x} ''{,y})", "A", "<x><><y>");
	assert_read("A=({a} {} a{b}c)", "A", "<{a}><{}><a{b}c>");
	assert_read("A=('{a,b}' \"{a,b}\" \\{a,b\\})", "A", "<{a,b}><{a,b}><{a,b}>");
	assert_read("P=x\nA=(\"$P\"{a,b} ${P}{a,b})", "A", "<xa><xb><xa><xb>");
	/* More than anybody means. */
	assert_beyond("A=({a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b})");
	kg_shell_free(&shell);
	read_text("A=({a,b}{a,b}{a,b}{a,b}{a,b}{a,b})");
	assert_unread("");
	assert_int_equal(kg_shell_get(&shell, "A")->values.count, 64);
	assert_string_equal(kg_shell_get(&shell, "A")->values.items[62], "bbbbba");
}

static void quotes_and_escapes(void **state)
{
	(void)state;
	assert_read("A='a\"b'", "A", "<a\"b>");
	assert_read("A=\"a'b\"", "A", "<a'b>");
	assert_read("A='a\\b'", "A", "<a\\b>");
	assert_read("A=\"a\\b\\\"c\\\\d\\`e\"", "A", "<a\\b\"c\\d`e>");
	assert_read("A=\\\"\\'\\\\\\ \\#", "A", "<\"'\\ #>");
	assert_read("A='two\nlines'\nB=x", "A", "<two\nlines>");
	assert_read("A=\"two\nlines\"\nB=x", "B", "<x>");
	assert_read("A=one\\\ntwo\nB=x", "A", "<onetwo>");
	assert_read("A=\"one\\\ntwo\"", "A", "<onetwo>");
	assert_read("A=\\\nx", "A", "<x>");
	assert_read("A=(\"#\" ')' \\) \"(\")", "A", "<#><)><)><(>");
}

static void drop_in_files_go_on(void **state)
{
	(void)state;
	read_text("MODULES=(a)\nHOOKS=(base)\n");
	read_text("MODULES+=(b)\n");
	read_text("HOOKS=(systemd \"${MODULES[@]}\")\n");
	assert_unread("");
	assert_values("MODULES", "<a><b>");
	assert_values("HOOKS", "<systemd><a><b>");
}

static void nothing_to_read(void **state)
{
	(void)state;
	read_text("");
	read_text("\n\n  \t\r\n# only\n;;\n\\\n");
	assert_unread("");
	assert_int_equal(shell.variable_count, 0);
	assert_null(kg_shell_get(&shell, ""));
	assert_null(kg_shell_value(&shell, "A"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_shell, empty_shell)
	const struct CMUnitTest tests[] = {
		TEST(the_default_preset),
		TEST(the_default_configuration),
		TEST(the_files_of_the_test_tree),
		TEST(scalars),
		TEST(arrays),
		TEST(elements),
		TEST(expansions),
		TEST(expansions_beyond),
		TEST(brace_lists),
		TEST(quotes_and_escapes),
		TEST(drop_in_files_go_on),
		TEST(nothing_to_read),
	};

	return UNIT_RUN(tests);
}
