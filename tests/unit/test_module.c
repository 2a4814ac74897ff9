// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>

#include "fixture.h"
#include "kernel-guard/parse/module.h"
#include "module_shape.h"
#include "symvers_oracle.h"

static const char *const variants[] = {"healthy", "gplonly", "missing"};
static const char *const names[] = {"kg_gpl", "kg_spl", "kg_zfs"};

enum { variant_count = 3, name_count = 3 };

static const char *module_path(const char *series, const char *variant, const char *name)
{
	return unit_cache("modules/%s/%s/%s.ko", series, variant, name);
}

static struct kg_module parse(const char *path)
{
	struct kg_module module = {0};
	struct kg_error err = unit_no_error();

	assert_ok(kg_module_parse(unit_read_file(path), &unit_no_rules, &module, &err), err);
	return module;
}

static const char *modinfo(const char *field, const char *path)
{
	return unit_output_text(unit_text("modinfo -F %s %s", field, path));
}

/* Calls check for each of our modules, with its path. */
static void for_each_module(void (*check)(const char *path, const char *name))
{
	for (size_t i = 0; i < unit_series_count; i++) {
		for (size_t j = 0; j < variant_count; j++) {
			for (size_t k = 0; k < name_count; k++)
				check(module_path(unit_series[i], variants[j], names[k]), names[k]);
		}
	}
}

static void check_tags(const char *path, const char *name)
{
	struct kg_module module = parse(path);

	assert_string_equal(module.name, name);
	assert_string_equal(module.license, strcmp(name, "kg_gpl") == 0 ? "GPL" : "CDDL");
	assert_string_equal(module.vermagic, modinfo("vermagic", path));
	assert_false(module.in_tree);
	assert_int_equal(module.elf.machine, EM_X86_64);
	assert_int_equal(module.import_namespace_count, 0);
	kg_module_free(&module);
	assert_null(module.symbols);
	kg_module_free(&module);
}

static void tags(void **state)
{
	(void)state;
	for_each_module(check_tags);
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_module module = parse(module_path(unit_series[i], "healthy", "kg_zfs"));

		assert_string_equal(module.vermagic,
				    unit_text("%s SMP preempt mod_unload modversions ",
					      unit_release(unit_series[i])));
		kg_module_free(&module);
	}
}

/* readelf lists the symbol table in its order; entry 0 has no name. */
static void check_imports(const char *path, const char *name)
{
	struct kg_module module = parse(path);
	struct kg_buffer found = {0};
	struct kg_error err;

	(void)name;
	for (size_t i = 0; i < module.symbol_count; i++) {
		const char *line = unit_text("%s %s\n", module.symbols[i].weak ? "WEAK" : "GLOBAL",
					     module.symbols[i].name);

		assert_ok(kg_buffer_append(&found, line, strlen(line), &err), err);
	}
	assert_ok(kg_buffer_append(&found, "", 1, &err), err);
	assert_string_equal((char *)found.data,
			    unit_text("%s\n", unit_output_text(unit_text(
						      "readelf -sW %s | awk '$7 == \"UND\" && "
						      "$1 != \"0:\" { print $5, $8 }'",
						      path))));
	kg_buffer_free(&found);
	kg_module_free(&module);
}

static bool imports(const struct kg_module *module, const char *name)
{
	for (size_t i = 0; i < module->symbol_count; i++) {
		if (strcmp(module->symbols[i].name, name) == 0)
			return true;
	}
	return false;
}

static void imports_in_their_order(void **state)
{
	(void)state;
	for_each_module(check_imports);
	for (size_t i = 0; i < unit_series_count; i++) {
		for (size_t j = 0; j < variant_count; j++) {
			struct kg_module module =
				parse(module_path(unit_series[i], variants[j], "kg_zfs"));

			assert_true(imports(&module, "kg_spl_alloc"));
			assert_true(imports(&module, "kg_spl_free"));
			assert_true(imports(&module, "crc32c"));
			assert_int_equal(imports(&module, "bio_start_io_acct"), j == 1);
			assert_int_equal(imports(&module, "kg_vanished_symbol"), j == 2);
			kg_module_free(&module);
		}
	}
}

/* modprobe reads the same section in its own way. */
static void check_versions(const char *path, const char *name)
{
	struct kg_module module = parse(path);
	struct kg_buffer found = {0};
	struct kg_error err;

	(void)name;
	assert_true(module.has_versions);
	assert_false(module.extended_versions);
	for (size_t i = 0; i < module.version_count; i++) {
		const char *line =
			unit_text("0x%08llx\t%s\n", (unsigned long long)module.versions[i].crc,
				  module.versions[i].name);

		assert_ok(kg_buffer_append(&found, line, strlen(line), &err), err);
	}
	assert_ok(kg_buffer_append(&found, "", 1, &err), err);
	assert_string_equal((char *)found.data,
			    unit_text("%s\n", unit_output_text(unit_text(
						      "modprobe --dump-modversions %s", path))));
	kg_buffer_free(&found);
	kg_module_free(&module);
}

static const struct kg_module_version *version_of(const struct kg_module *module, const char *name)
{
	for (size_t i = 0; i < module->version_count; i++) {
		if (strcmp(module->versions[i].name, name) == 0)
			return &module->versions[i];
	}
	return NULL;
}

static void versions_of_imports(void **state)
{
	(void)state;
	for_each_module(check_versions);
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_module module = parse(module_path(unit_series[i], "missing", "kg_zfs"));

		assert_int_equal(version_of(&module, "kg_vanished_symbol")->crc, 0x4b475641);
		assert_non_null(version_of(&module, "module_layout"));
		kg_module_free(&module);
	}
}

static void exports_of_kg_spl(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct kg_module spl = parse(module_path(unit_series[i], "healthy", "kg_spl"));
		struct kg_module zfs = parse(module_path(unit_series[i], "healthy", "kg_zfs"));

		assert_int_equal(spl.exports.count, 2);
		assert_string_equal(spl.exports.items[0].name, "kg_spl_alloc");
		assert_string_equal(spl.exports.items[1].name, "kg_spl_free");
		for (size_t j = 0; j < 2; j++) {
			const struct kg_export *symbol = &spl.exports.items[j];

			assert_string_equal(symbol->symbol_namespace, "");
			assert_false(symbol->gpl_only);
			assert_true(symbol->has_crc);
			assert_int_equal(symbol->crc, version_of(&zfs, symbol->name)->crc);
			assert_int_not_equal(symbol->crc, 0);
		}
		assert_int_equal(zfs.exports.count, 0);
		kg_module_free(&spl);
		kg_module_free(&zfs);
	}
}

/* Of the modules that export something: each of these, in any series that has it. */
static const char *const exporters[] = {
	"lib/libcrc32c",
	"fs/jbd2/jbd2",
	"fs/fscache/fscache",
	"fs/nfs_common/grace",
	"drivers/md/dm-mod",
	"drivers/md/dm-bufio",
	"drivers/usb/storage/usb-storage",
	"drivers/usb/core/usbcore",
	"drivers/scsi/scsi_mod",
	"drivers/nvme/host/nvme-core",
	"drivers/virtio/virtio_ring",
	"drivers/net/phy/libphy",
	"drivers/gpu/drm/drm",
	"drivers/gpu/drm/ttm/ttm",
	"drivers/iio/industrialio",
	"drivers/hwmon/pmbus/pmbus_core",
	"sound/hda/snd-intel-dspcfg",
	"sound/soc/sof/intel/snd-sof-intel-hda-common",
	"drivers/iommu/iommufd/iommufd",
	"arch/x86/kvm/kvm",
	"crypto/xor",
	"net/mac80211/mac80211",
};

static const char *in_tree_path(const char *series, const char *provider)
{
	static const char *const suffixes[] = {".ko.xz", ".ko.zst", ".ko.gz", ".ko"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const char *path = unit_text("%s/kernel/%s%s", unit_module_tree(series), provider,
					     suffixes[i]);

		if (access(path, R_OK) == 0)
			return path;
	}
	return NULL;
}

static size_t compare_in_tree(const struct oracle *oracle, const char *series, const char *path,
			      const char *provider)
{
	struct kg_span file = unit_copy(unit_read_file(path));
	struct kg_buffer storage = {0};
	struct kg_module module;
	struct kg_span image;
	struct kg_error err = unit_no_error();
	size_t count;

	assert_ok(kg_module_unpack(file, &storage, &image, &err), err);
	assert_ok(kg_module_parse(image, &unit_no_rules, &module, &err), err);
	assert_int_equal(oracle_differences(oracle, provider, &module.exports, true, &count), 0);
	assert_true(count > 0);
	assert_true(module.in_tree);
	assert_string_equal(module.license,
			    unit_text("%.*s", (int)strcspn(modinfo("license", path), "\n"),
				      modinfo("license", path)));
	assert_string_equal(module.name, modinfo("name", path));
	assert_memory_equal(module.vermagic, unit_release(series), strlen(unit_release(series)));
	kg_module_free(&module);
	kg_buffer_free(&storage);
	unit_free(file);
	return count;
}

static void in_tree_exports_equal_module_symvers(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		struct oracle oracle = oracle_read(unit_series[i]);
		size_t modules = 0;
		size_t symbols = 0;
		size_t namespaces = 0;

		for (size_t j = 0; j < sizeof(exporters) / sizeof(exporters[0]); j++) {
			const char *path = in_tree_path(unit_series[i], exporters[j]);

			if (!path)
				continue;
			modules++;
			symbols += compare_in_tree(&oracle, unit_series[i], path, exporters[j]);
			for (size_t k = 0; k < oracle.count; k++)
				namespaces += strcmp(oracle.lines[k].provider, exporters[j]) == 0 &&
					      oracle.lines[k].symbol_namespace[0];
		}
		printf("# Linux %s: %zu modules, %zu exported symbols, %zu of them in a "
		       "namespace, 0 differences\n",
		       unit_series[i], modules, symbols, namespaces);
		assert_true(modules >= 12);
		assert_true(symbols > 1000);
		assert_true(namespaces > 20);
	}
}

static void import_namespaces_of_real_modules(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *path = in_tree_path(unit_series[i], "drivers/usb/storage/uas");
		struct kg_span file = unit_read_file(path);
		struct kg_buffer storage = {0};
		struct kg_module module;
		struct kg_span image;
		struct kg_error err = unit_no_error();

		assert_ok(kg_module_unpack(file, &storage, &image, &err), err);
		assert_ok(kg_module_parse(image, &unit_no_rules, &module, &err), err);
		assert_string_equal(modinfo("import_ns", path), "USB_STORAGE");
		assert_int_equal(module.import_namespace_count, 1);
		assert_string_equal(module.import_namespaces[0], "USB_STORAGE");
		kg_module_free(&module);
		kg_buffer_free(&storage);
	}
}

/* In the order in which modinfo prints them. */
static void firmware_of_real_modules(void **state)
{
	(void)state;
	for (size_t i = 0; i < unit_series_count; i++) {
		const char *path = in_tree_path(unit_series[i], "drivers/net/ethernet/realtek/r8169");
		struct kg_span file = unit_read_file(path);
		struct kg_buffer storage = {0};
		struct kg_buffer found = {0};
		struct kg_module module;
		struct kg_span image;
		struct kg_error err = unit_no_error();

		assert_ok(kg_module_unpack(file, &storage, &image, &err), err);
		assert_ok(kg_module_parse(image, &unit_no_rules, &module, &err), err);
		assert_true(module.firmware_count > 5);
		for (size_t j = 0; j < module.firmware_count; j++) {
			const char *line =
				unit_text("%s%s", module.firmware[j],
					  j + 1 < module.firmware_count ? "\n" : "");

			assert_ok(kg_buffer_append(&found, line, strlen(line), &err), err);
		}
		assert_ok(kg_buffer_append(&found, "", 1, &err), err);
		assert_string_equal((char *)found.data, modinfo("firmware", path));
		kg_buffer_free(&found);
		kg_module_free(&module);
		kg_buffer_free(&storage);
	}
}

static void compressed_modules_are_unpacked(void **state)
{
	static const char *const commands[] = {"gzip -nc", "xz --check=crc32 -c", "zstd -qc"};
	struct kg_span plain = unit_read_file(module_path("6.12", "healthy", "kg_zfs"));

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct kg_span packed = unit_copy(unit_filter(commands[i], plain));
		struct kg_buffer storage = {0};
		struct kg_span image = {0};
		struct kg_error err = unit_no_error();

		assert_ok(kg_module_unpack(packed, &storage, &image, &err), err);
		assert_int_equal(image.size, plain.size);
		assert_ptr_equal(image.data, storage.data);
		assert_memory_equal(image.data, plain.data, plain.size);
		kg_buffer_free(&storage);
		image = kg_span_of("untouched", 9);
		packed.size /= 2;
		assert_failure(kg_module_unpack(packed, &storage, &image, &err), err, EBADMSG,
			       NULL);
		assert_int_equal(image.size, 9);
		kg_buffer_free(&storage);
		unit_free(packed);
	}
}

static void other_files_stay_as_they_are(void **state)
{
	static const char *const commands[] = {"cat", "bzip2 -c", "xz --format=lzma -c",
					       "lz4 -lqc"};
	struct kg_span plain = unit_read_file(module_path("6.12", "healthy", "kg_zfs"));

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct kg_span file = unit_filter(commands[i], plain);
		struct kg_buffer storage = {0};
		struct kg_span image = {0};
		struct kg_error err = unit_no_error();

		assert_ok(kg_module_unpack(file, &storage, &image, &err), err);
		assert_ptr_equal(image.data, file.data);
		assert_int_equal(image.size, file.size);
		assert_null(storage.data);
	}
}

static void module_bombs_are_limited(void **state)
{
	struct kg_span packed = unit_output("head -c 300000000 /dev/zero | zstd -qc");
	struct kg_buffer storage = {0};
	struct kg_span image;
	struct kg_error err = unit_no_error();

	(void)state;
	assert_failure(kg_module_unpack(packed, &storage, &image, &err), err, EFBIG,
		       "unpacks to more than 268435456 bytes");
	kg_buffer_free(&storage);
}

static void names_of_paths(void **state)
{
	static const struct {
		const char *path;
		const char *name; /* NULL: it is none */
	} cases[] = {
		{"zfs.ko", "zfs"},
		{"/usr/lib/modules/6.12/updates/dkms/nvidia-drm.ko.zst", "nvidia_drm"},
		{"kernel/fs/ext4/ext4.ko.xz", "ext4"},
		{"kernel/snd-hda-codec-hdmi.ko.gz", "snd_hda_codec_hdmi"},
		{"dir-with-dash/a_b-c.ko", "a_b_c"},
		{"a.ko.b.ko", "a.ko.b"},
		{"x.ko.ko", "x.ko"},
		{"zfs", NULL},
		{"zfs.o", NULL},
		{"zfs.ko.bz2", NULL},
		{"zfs.ko.zstd", NULL},
		{"zfs.KO", NULL},
		{"zfsko", NULL},
		{".ko", NULL},
		{"dir/.ko.xz", NULL},
		{"dir.ko/", NULL},
		{"dir.ko/file", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_error err = unit_no_error();
		char *name = kg_module_name_of_path(cases[i].path, &err);

		if (cases[i].name) {
			assert_string_equal(name, cases[i].name);
			assert_true(kg_is_module_path(cases[i].path));
		} else {
			assert_no_pointer(name, err, EINVAL,
					  unit_text("%s: does not end as a module does (.ko, "
						    ".ko.gz, .ko.xz, .ko.zst)",
						    cases[i].path));
		}
		free(name);
	}
	assert_false(kg_is_module_path("zfs.ko.bz2"));
	assert_false(kg_is_module_path(".ko"));
	assert_false(kg_is_module_path(""));
	assert_false(kg_is_module_path("dir/.ko"));
}

static void equal_names(void **state)
{
	(void)state;
	assert_true(kg_module_name_equal("snd-hda_intel", "snd_hda-intel"));
	assert_true(kg_module_name_equal("zfs", "zfs"));
	assert_true(kg_module_name_equal("", ""));
	assert_true(kg_module_name_equal("-", "_"));
	assert_false(kg_module_name_equal("zfs", "zf"));
	assert_false(kg_module_name_equal("zf", "zfs"));
	assert_false(kg_module_name_equal("zfs", "ZFS"));
	assert_false(kg_module_name_equal("a-b", "ab"));
	assert_false(kg_module_name_equal("a", ""));
	assert_false(kg_module_name_equal("", "_"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags),
		cmocka_unit_test(imports_in_their_order),
		cmocka_unit_test(versions_of_imports),
		cmocka_unit_test(exports_of_kg_spl),
		cmocka_unit_test(in_tree_exports_equal_module_symvers),
		cmocka_unit_test(import_namespaces_of_real_modules),
		cmocka_unit_test(firmware_of_real_modules),
		cmocka_unit_test(compressed_modules_are_unpacked),
		cmocka_unit_test(other_files_stay_as_they_are),
		cmocka_unit_test(module_bombs_are_limited),
		cmocka_unit_test(names_of_paths),
		cmocka_unit_test(equal_names),
	};

	return UNIT_RUN(tests);
}
