// SPDX-License-Identifier: GPL-2.0-or-later
/* What entries a configuration has and what they start. */
#include "grub_fixture.h"

static void plain_entries(void **state)
{
	(void)state;
	assert_grub("", "");
	assert_grub("# nothing\n\n  \t\n#menuentry x { linux /x; }\n", "");
	assert_grub("menuentry 'Arch Linux' --class arch {\n"
		    "\tset root='hd0,gpt2'\n"
		    "\tlinux\t/vmlinuz-linux root=/dev/sda2 rw  quiet\n"
		    "\tinitrd\t/amd-ucode.img /initramfs-linux.img\n"
		    "}\n",
		    "*Arch Linux: (hd0,gpt2)/vmlinuz-linux {root=/dev/sda2 rw quiet} "
		    "(hd0,gpt2)/amd-ucode.img (hd0,gpt2)/initramfs-linux.img\n");
	assert_grub("menuentry a { linux /k; }; menuentry b { linux16 /l; initrd16 /m\n}\n"
		    "menuentry c { linuxefi ($root)/n; initrdefi (hd1)/o }",
		    "*a: (own)/k {}\nb: (own)/l {} (own)/m\nc: (own)/n {} (hd1)/o\n");
	/* The last loader counts; images belong to the kernel before them. */
	assert_grub("menuentry a { linux /k; initrd /i; linux /l; }\n"
		    "menuentry b { linux /k; initrd /i; initrd /j /k; }\n"
		    "menuentry c { linux /k; chainloader --force /EFI/x.efi; }\n"
		    "menuentry d { initrd /i; }\nmenuentry e { multiboot2 /xen.gz; }\n"
		    "menuentry f { linux /k; initrd newc:etc/x:/y /z; }",
		    "*a: (own)/l {}\nb: (own)/k {} (own)/j (own)/k\nc: > (own)/EFI/x.efi\nd:\ne:\n"
		    "f: (own)/k {} (own)/z\n");
}

static void ids_and_titles(void **state)
{
	(void)state;
	assert_grub("menuentry 'a b' --id x { linux /1; }\nmenuentry --id=y c --users u { linux /2; }\n"
		    "menuentry --hotkey k d --unrestricted --id 'e>f' { linux /3; }\n",
		    "*x: (own)/1 {}\ny: (own)/2 {}\ne>>f: (own)/3 {}\n");
	assert_grub("if [ x\"${feature_menuentry_id}\" = xy ]; then menuentry_id_option=\"--id\"\n"
		    "else menuentry_id_option=\"\"; fi\nexport menuentry_id_option\n"
		    "submenu S $menuentry_id_option s {\n menuentry T $menuentry_id_option t "
		    "{ linux /1; }\n}\n",
		    "*s>t: (own)/1 {}\n");
	/* Where it is not exported a submenu does not see it: the word is a parameter then. */
	assert_grub("o=--id; submenu S $o s { menuentry T $o t { linux /$2; }; }",
		    "*s>T: (own)/t {}\n");
	assert_grub("menuentry { linux /1; }\nmenuentry x\nmenuentry -- --id { linux /$1; }",
		    "*--id: (own)/--id {}\n1: an entry has no title\n"
		    "2: an entry without a block is not read\n");
}

static void submenus(void **state)
{
	(void)state;
	assert_grub("set a=1; set b=2; export b\n"
		    "submenu one {\n"
		    "  set c=3\n"
		    "  menuentry two { linux /k $a $b $c; }\n"
		    "  submenu three { menuentry four { linux /l $c; }; }\n"
		    "}\nmenuentry five { linux /m $a $c; }\n",
		    "*one>two: (own)/k {2 3}\none>three>four: (own)/l {}\nfive: (own)/m {1}\n");
	/* Entries see what is set behind them, and nothing that another entry sets. */
	assert_grub("menuentry a { linux /k $x; set x=2; }\nmenuentry b { linux /k $x; }\nset x=1\n",
		    "*a: (own)/k {1}\nb: (own)/k {1}\n");
}

static void search_commands(void **state)
{
	static const struct {
		const char *command;
		const char *device;
	} cases[] = {
		{"search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt2 --hint='hd0,gpt2' U",
		 "UUID=U"},
		{"search --fs-uuid --set U", "UUID=U"},
		{"search --fs-uuid --set=U", "UUID=U"},
		{"search -u -s U --hint hd0", "UUID=U"},
		{"search --fs-uuid --hint hd0,msdos1 --set=root U", "UUID=U"},
		{"search --label --set=root 'my disk'", "LABEL=my disk"},
		{"search -l -sroot L", "LABEL=L"},
		{"search --file --set=root /vmlinuz", "FILE=/vmlinuz"},
		{"search.fs_uuid U root hd0,gpt2", "UUID=U"},
		{"search.fs_label L root", "LABEL=L"},
		{"search.file /f root", "FILE=/f"},
		{"search --fs-uuid U", "own"},
		{"search --set=root U", "own"},
		{"search --fs-uuid --set=other U", "own"},
		{"search.fs_uuid U other", "own"},
		{"search --fs-uuid --set=other U; set root=$other", "UUID=U"},
		{"search --fs-uuid --set=root", "UUID=root"},
		{"search", "own"},
		{"search --fs-uuid --set=root \"$cmdpath\"", "?"},
		{"probe --set=root --fs-uuid (hd0)", "?"},
		{"regexp --set=1:root a b", "?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *script = unit_text("menuentry a { %s; linux /k; }", cases[i].command);
		const char *device = cases[i].device;

		assert_grub(script, unit_text("*a: %s(%s)/k {}\n", device[0] == '?' ? "?" : "",
					      device));
	}
}

static void options_as_the_kernel_gets_them(void **state)
{
	(void)state;
	assert_grub("menuentry a { linux /k 'a b' \"c\" d\\ e f'g h'i; }",
		    "*a: (own)/k {\"a b\" c \"d e\" \"fg hi\"}\n");
	assert_grub("menuentry a { linux /k x='\"' \"y='\" z=\\\\ '\\x41' '\\n'; }",
		    "*a: (own)/k {x=\\\" y=\\' z=\\\\ \\x41 \\\\n}\n");
	assert_grub("menuentry a { linux /k dyndbg=\\\"file x +p\\; y\\\" \"\" z; }",
		    "*a: (own)/k {dyndbg=\\\"file x +p; y\\\"  z}\n");
	assert_grub("menuentry a { linux vmlinuz; }", "*a: (own)/vmlinuz {}\n");
}

static void what_is_known_only_at_boot(void **state)
{
	(void)state;
	assert_grub("menuentry a { linux /k $grub_cpu \"x=$grub_platform\"; }",
		    "*a: (own)/k {$grub_cpu x=$grub_platform}\n");
	assert_grub("menuentry a { linux /$grub_cpu/k; initrd /i; }",
		    "*a: ?(own)/$grub_cpu/k {} (own)/i\n");
	assert_grub("menuentry a { linux /k; initrd /$cmdpath; }", "*a: ?(own)/k {} (own)/$cmdpath\n");
	assert_grub("menuentry a { linux /vmlinuz-*; }", "*a: ?(own)/vmlinuz-* {}\n");
	/* Both branches, and what they have in common once. */
	assert_grub("menuentry a { if [ $grub_platform = efi ]; then linuxefi /k x; initrdefi /i\n"
		    "else linux /k x; initrd /i; fi; }",
		    "*a: (own)/k {x} (own)/i\n");
	assert_grub("menuentry a { if loadfont x; then linux /k; else linux /l; fi; initrd /i; }",
		    "*a: (own)/l {} (own)/i | (own)/k {} (own)/i\n");
	assert_grub("if cmostest 1:2; then set r=hd0; else set r=hd1; fi\n"
		    "menuentry a { set root=$r; linux /k; initrd /i; }",
		    "*a: (hd1)/k {} (hd1)/i | (hd0)/k {} (hd0)/i\n");
	assert_grub("if [ \"$grub_platform\" = efi ]; then menuentry fw { fwsetup; }; fi\n"
		    "menuentry a { linux /k; }\n",
		    "*?fw:\n*a: (own)/k {}\n");
}

static void mkconfig_functions(void **state)
{
	static const char script[] =
		"function savedefault {\n"
		"  if [ -z \"${boot_once}\" ]; then\n"
		"    saved_entry=\"${chosen}\"\n"
		"    save_env saved_entry\n"
		"  fi\n"
		"}\n"
		"function load_video {\n"
		"  if [ x$feature_all_video_module = xy ]; then\n"
		"    insmod all_video\n"
		"  else\n"
		"    insmod efi_gop\n"
		"  fi\n"
		"}\n"
		"function gfxmode {\n"
		"\tset gfxpayload=\"${1}\"\n"
		"\tif [ \"${1}\" = \"keep\" ]; then\n"
		"\t\tset vt_handoff=vt.handoff=7\n"
		"\telse\n"
		"\t\tset vt_handoff=\n"
		"\tfi\n"
		"}\n"
		"set linux_gfx_mode=keep\n"
		"menuentry a {\n"
		"\tsavedefault\n"
		"\tload_video\n"
		"\tgfxmode $linux_gfx_mode\n"
		"\tinsmod gzio\n"
		"\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"
		"\tlinux /k quiet splash $vt_handoff\n"
		"\tinitrd /i\n"
		"}\n";

	(void)state;
	assert_grub(script, "*a: (own)/k {quiet splash vt.handoff=7} (own)/i\n");
}

static void other_files(void **state)
{
	static const struct grub_file files[] = {
		{"custom.cfg", "menuentry b { linux /2 $x; }\nset y=2\n"},
		{"broken.cfg", "menuentry c {\n"},
		{"unknown.cfg", NULL},
		{"again.cfg", "source (config)/again.cfg"},
		{0},
	};

	(void)state;
	assert_grub_with("set x=1\n"
			 "if [ -f  ${config_directory}/custom.cfg ]; then\n"
			 "  source ${config_directory}/custom.cfg\n"
			 "elif [ -z \"${config_directory}\" -a -f  $prefix/custom.cfg ]; then\n"
			 "  source $prefix/custom.cfg\n"
			 "fi\nmenuentry a { linux /1 $y; }\n",
			 files, "*b: (own)/2 {1}\na: (own)/1 {2}\n");
	assert_grub("if [ -f $prefix/custom.cfg ]; then source $prefix/custom.cfg; fi\n"
		    ". $prefix/custom.cfg\nmenuentry a { linux /1; }",
		    "*a: (own)/1 {}\n");
	assert_grub_with("\n. $prefix/broken.cfg\n. $prefix/unknown.cfg\nsource /x/y\n"
			 "source $cmdpath/z\nmenuentry a { linux /1; }\n",
			 files,
			 "*a: (own)/1 {}\n2: (config)/broken.cfg: line 1: a command is expected\n"
			 "3: (config)/unknown.cfg is not read\n4: /x/y is not read\n"
			 "5: $cmdpath/z is not read\n");
	assert_grub("search.fs_uuid 4B47-5541 root hd0,gpt1\nset prefix=($root)'/grub'\n"
		    "configfile $prefix/grub.cfg\n",
		    "-> (UUID=4B47-5541)/grub/grub.cfg\n");
	assert_grub("submenu s { configfile ${prefix}/grub-btrfs.cfg; }", "");
	assert_grub("menuentry a { configfile /x; }\nblscfg\n",
		    "*a:\n2: what blscfg does is not followed\n");
	{
		const struct kg_grub_files finder = {grub_find, (void *)(uintptr_t)files};
		struct kg_grub_config config;
		struct kg_error err = unit_no_error();

		assert_failure(kg_grub_config_read(kg_span_of_string(". $prefix/again.cfg"),
						   &finder, &config, &err),
			       err, EFBIG, "line 1: sources more than 100 files");
	}
}

static void loops(void **state)
{
	(void)state;
	assert_grub("for k in linux 'linux lts' $none; do menuentry \"$k\" { linux /x; }; done",
		    "*linux: (own)/x {}\nlinux lts: (own)/x {}\n");
	assert_grub("for i in 1 2 3; do if [ $i = 2 ]; then break; fi; set x=$x$i; done\n"
		    "menuentry $x { true; }",
		    "*1:\n");
	assert_grub("for f in /boot/*; do menuentry \"$f\" { linux $f; }; done",
		    "*?$f: ?(own)/$f {}\n1: a loop over /boot/* is followed once\n");
	assert_grub("while true; do set x=1; done\nuntil [ 1 = 1 ]; do set x=2; done\n"
		    "while false; do set x=3; done\nmenuentry a { linux /k$x; }",
		    "*a: (own)/k {} | (own)/k1 {}\n1: a loop is followed once\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_entries),
		cmocka_unit_test(ids_and_titles),
		cmocka_unit_test(submenus),
		cmocka_unit_test(search_commands),
		cmocka_unit_test(options_as_the_kernel_gets_them),
		cmocka_unit_test(what_is_known_only_at_boot),
		cmocka_unit_test(mkconfig_functions),
		cmocka_unit_test(other_files),
		cmocka_unit_test(loops),
	};

	return UNIT_RUN(tests);
}
