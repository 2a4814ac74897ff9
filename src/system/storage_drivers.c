// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "storage_walk.h"

enum { max_ancestors = 64 };

/* What sysfs says of a device that a driver may be bound to. */
struct device {
	char *modalias;
	char *driver;
	char *module; /* of the driver; NULL also for some drivers that are in a module */
};

static void free_device(struct device *device)
{
	free(device->modalias);
	free(device->driver);
	free(device->module);
}

static void read_device(struct kg_sysfs *sysfs, const char *path, struct device *device)
{
	char *driver = kg_sysfs_format(sysfs, "%s/driver", path);

	*device = (struct device){
		.modalias = kg_sysfs_text(sysfs, path, "modalias"),
		.driver = kg_sysfs_link_name(sysfs, path, "driver"),
	};
	if (device->driver && driver)
		device->module = kg_sysfs_link_name(sysfs, driver, "module");
	if (device->modalias && !*device->modalias) {
		free(device->modalias);
		device->modalias = NULL;
	}
	free(driver);
}

/*
 * PCI class 06: bridges pass everything on by themselves; what binds to them is the port
 * services, always built in, or hotplug (shpchp), and neither reaches a disk.
 */
static bool is_bridge(const struct device *device)
{
	return device->modalias && strncmp(device->modalias, "pci:", 4) == 0 &&
	       strstr(device->modalias, "bc06");
}

static const char *kind_of(const struct device *device)
{
	static const struct {
		const char *prefix;
		const char *kind;
	} kinds[] = {
		{"pci:", "PCI device"},	      {"usb:", "USB interface"},
		{"scsi:", "SCSI device"},     {"virtio:", "virtio device"},
		{"mmc:", "MMC card"},	      {"acpi:", "ACPI device"},
		{"platform:", "platform device"}, {"of:", "platform device"},
		{"serio:", "serio port"},     {"hid:", "HID device"},
		{"vmbus:", "VMBus device"},   {"xen:", "Xen device"},
	};

	for (size_t i = 0; device->modalias && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(device->modalias, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return kinds[i].kind;
	}
	return "device";
}

/* The ancestors of a path below /sys/devices, itself first. */
static void ancestors(struct kg_storage_walk *walk, const char *path, struct kg_strings *paths)
{
	static const char top[] = "/sys/devices/";
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	char *at = kg_sysfs_copy(sysfs, path);

	while (at && strncmp(at, top, strlen(top)) == 0) {
		char *parent;

		if (paths->count == max_ancestors) {
			kg_storage_unknown(walk, "%s is on %s, below more than %d devices",
					   walk->mount, kg_base_name(path), max_ancestors);
			break;
		}
		kg_sysfs_add(sysfs, paths, at);
		parent = kg_sysfs_parent(sysfs, at);
		free(at);
		at = parent;
	}
	free(at);
}

static void add_device(struct kg_storage_walk *walk, const struct device *device, const char *path,
		       const char *what, const char *chain)
{
	const char *name = kg_base_name(path);
	char *reason = kg_sysfs_format(&walk->reader->sysfs, "%s is on %s, %s %s (%s > %s)",
				       walk->mount, what, kind_of(device), name, chain, name);

	if (reason)
		kg_storage_need_add(walk, device->module, device->modalias, device->driver, reason,
				    false);
	free(reason);
}

/* A session of iSCSI, or an NVMe controller behind a fabric, leads into the network. */
static bool is_network(const char *path)
{
	return strncmp(kg_base_name(path), "session", strlen("session")) == 0 ||
	       strstr(path, "/nvme-fabrics/");
}

bool kg_storage_add_drivers(struct kg_storage_walk *walk, const char *path, const char *what,
			    const char *chain)
{
	struct kg_sysfs *sysfs = &walk->reader->sysfs;
	struct device devices[max_ancestors];
	struct kg_strings paths = {0};
	bool any_driver = false;
	bool said = false;

	ancestors(walk, path, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		read_device(sysfs, paths.items[i], &devices[i]);
		any_driver = any_driver || devices[i].driver;
		if (is_network(paths.items[i]))
			kg_storage_unknown(walk, "%s is on %s, and so on the network, which is not "
					   "looked at", walk->mount, what);
	}
	for (size_t i = 0; i < paths.count; i++) {
		const struct device *device = &devices[i];

		/*
		 * Where sysfs shows drivers at all, a device without one works without; where
		 * it does not, any module that takes the device will do.
		 */
		if ((device->driver || (device->modalias && !any_driver)) &&
		    (device->module || !is_bridge(device))) {
			add_device(walk, device, paths.items[i], what, chain);
			said = true;
		}
		free_device(&devices[i]);
	}
	kg_strings_free(&paths);
	return said;
}
