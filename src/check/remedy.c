// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel-guard/check/remedy.h"

#include <stdlib.h>

const char *kg_remedy_release(const struct kg_check *check)
{
	return check->facts->tree ? check->facts->tree->release : "RELEASE";
}

/* The package that the kernel comes from, as pacman or the tree name it; NULL if unknown. */
static const char *kernel_package(const struct kg_check *check)
{
	const struct kg_tree_slot *tree = check->facts->tree;

	if (tree && tree->package.name)
		return tree->package.name;
	if (tree && tree->pkgbase)
		return tree->pkgbase;
	return check->facts->target->pkgbase;
}

char *kg_remedy_rebuild_image(const struct kg_check *check, struct kg_error *err)
{
	const struct kg_target_facts *facts = check->facts;
	const char *image = kg_target_facts_main_image(facts);

	if (facts->generator == KG_INITRD_DRACUT && facts->target->unified)
		return kg_format(err, "dracut --force --uefi %s %s", facts->target->kernel,
				 kg_remedy_release(check));
	if (facts->generator == KG_INITRD_BOOSTER && image)
		return kg_format(err, "booster build --force --kernel-version %s %s",
				 kg_remedy_release(check), image);
	if (facts->generator == KG_INITRD_INITRAMFS_TOOLS)
		return kg_format(err, "update-initramfs -u -k %s", kg_remedy_release(check));
	if (facts->generator == KG_INITRD_DRACUT && image)
		return kg_format(err, "dracut --force %s %s", image, kg_remedy_release(check));
	if (facts->preset)
		return kg_format(err, "mkinitcpio -p %s", facts->preset->pkgbase);
	return kg_format(err, "mkinitcpio -P (or what writes your initramfs)");
}

char *kg_remedy_rebuild_module(const struct kg_check *check, const char *module,
			       struct kg_error *err)
{
	const struct kg_dkms_package *package = kg_dkms_find(&check->system->dkms, module);
	const char *kernel = kernel_package(check);
	const char *release = kg_remedy_release(check);
	char *image = kg_remedy_rebuild_image(check, err);
	char *remedy = NULL;

	if (image && package)
		remedy = kg_format(err,
				   "pacman -S --needed %s-headers && dkms install --force %s/%s -k "
				   "%s && %s",
				   kernel ? kernel : "linux", package->name, package->version,
				   release, image);
	else if (image)
		remedy = kg_format(err,
				   "install the package that brings %s for %s, or rebuild it "
				   "against this kernel's headers; then: %s",
				   module, release, image);
	free(image);
	return remedy;
}

char *kg_remedy_newer_module(const struct kg_check *check, const char *module,
			     struct kg_error *err)
{
	const struct kg_dkms_package *package = kg_dkms_find(&check->system->dkms, module);
	const char *kernel = kernel_package(check);

	return kg_format(err,
			 "install a release of %s that supports %s; until there is one, go back "
			 "to the previous kernel (pacman -U "
			 "/var/cache/pacman/pkg/%s-VERSION.pkg.tar.zst) and hold it with "
			 "IgnorePkg = %s in /etc/pacman.conf",
			 package ? package->name : module, kg_remedy_release(check),
			 kernel ? kernel : "linux", kernel ? kernel : "linux");
}

char *kg_remedy_reinstall_kernel(const struct kg_check *check, struct kg_error *err)
{
	const char *kernel = kernel_package(check);

	if (kernel)
		return kg_format(err,
				 "see that the boot partition is mounted and has room, then: "
				 "pacman -S %s",
				 kernel);
	return kg_format(err, "see that the boot partition is mounted and has room, then reinstall "
			      "the kernel's package");
}
