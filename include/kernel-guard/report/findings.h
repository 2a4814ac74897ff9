/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KERNEL_GUARD_REPORT_FINDINGS_H
#define KERNEL_GUARD_REPORT_FINDINGS_H

/*
 * Every finding, declared once: name, id, severity, whether it says that a needed
 * fact could not be had, title, why it matters, how it is repaired. The enum, the
 * ids in JSON and the texts of `kernel-guard explain` come from this list.
 */
#define KG_FINDINGS(X)                                                                             \
	X(MODULE_SYMBOL_GPL_ONLY, "module-symbol-gpl-only", KG_SEVERITY_ERROR, false,              \
	  "a module that is not under the GPL uses a symbol for GPL modules only",                 \
	  "The kernel refuses to load the module (ENOENT; its log says \"Unknown symbol\", as "    \
	  "for a symbol that does not exist). If the root filesystem needs the module, the "       \
	  "machine stops in the initramfs.",                                                       \
	  "Install a release of the module that supports this kernel, or keep the previous "       \
	  "kernel: add the kernel's package to IgnorePkg in /etc/pacman.conf, and boot and "       \
	  "hold the old one until there is such a release.")                                       \
	X(MODULE_SYMBOL_MISSING, "module-symbol-missing", KG_SEVERITY_ERROR, false,                \
	  "a module uses a symbol that neither the kernel nor a loaded module exports",            \
	  "The kernel refuses to load the module (ENOENT, \"Unknown symbol\"). The module was "    \
	  "built for another kernel, or a module it depends on is missing or refused.",            \
	  "Rebuild the module against this kernel's headers (dkms install --force), or install "   \
	  "a release of it that supports this kernel.")                                            \
	X(MODULE_SYMBOL_VERSION, "module-symbol-version", KG_SEVERITY_ERROR, false,                \
	  "a symbol's version (CRC) differs between module and kernel",                            \
	  "With CONFIG_MODVERSIONS the kernel refuses a module that was built against another "    \
	  "interface of a symbol (EINVAL, \"disagrees about version of symbol\").",                \
	  "Rebuild the module against the headers of exactly this kernel package.")                \
	X(MODULE_SYMBOL_NAMESPACE, "module-symbol-namespace", KG_SEVERITY_ERROR, false,            \
	  "a module uses a symbol from a namespace that it does not import",                       \
	  "The kernel refuses to load the module (EINVAL, \"uses symbol from namespace\").",       \
	  "Install a release of the module that supports this kernel.")                            \
	X(MODULE_VERMAGIC, "module-vermagic", KG_SEVERITY_ERROR, false,                            \
	  "a module was built for another kernel",                                                 \
	  "The kernel compares its vermagic with the module's and refuses to load it where they "  \
	  "differ (ENOEXEC, \"version magic ... should be ...\"). From 6.4 on the size of "        \
	  "struct module has to agree as well, and from 7.1 on the form of exports.",              \
	  "Rebuild the module against the headers of this kernel, and the initramfs after it.")    \
	X(MODULE_DAMAGED, "module-damaged", KG_SEVERITY_ERROR, false,                              \
	  "a module's file is damaged",                                                            \
	  "The kernel cannot load it (ENOEXEC).",                                                  \
	  "Reinstall the package it belongs to, or rebuild it with dkms install --force.")         \
	X(MODULE_DUPLICATE, "module-duplicate", KG_SEVERITY_WARNING, false,                        \
	  "a module of the same name is loaded before this one",                                   \
	  "The kernel refuses the second module of a name (EEXIST).",                              \
	  "Remove the one that is not wanted.")                                                    \
	X(MODULE_SIGNATURE, "module-signature", KG_SEVERITY_ERROR, false,                          \
	  "a module's signature is not what the kernel demands",                                   \
	  "Where signatures are enforced (Secure Boot with lockdown, module.sig_enforce) the "     \
	  "kernel loads only modules that one of its keys has signed; a signature that does not "  \
	  "fit the module is refused always.",                                                     \
	  "Sign the module with a key that the kernel trusts (dkms does so with the key of "       \
	  "/etc/dkms/framework.conf, which has to be enrolled: mokutil --import), or reinstall "   \
	  "the package of a module that was changed.")                                             \
	X(MODULE_BLACKLISTED, "module-blacklisted", KG_SEVERITY_ERROR, false,                      \
	  "the kernel command line forbids a module",                                              \
	  "The kernel refuses to load a module that module_blacklist= names (EPERM).",             \
	  "Take the module's name out of module_blacklist= in the boot entry's options.")          \
	X(MODPROBE_INSTALL, "modprobe-install", KG_SEVERITY_WARNING, false,                        \
	  "modprobe runs a command instead of loading a required module",                          \
	  "An \"install\" line of modprobe's configuration replaces the loading of a module. The " \
	  "generator copies these files into the initramfs, where they hold as well.",             \
	  "Remove the line, or let its command load the module (modprobe --ignore-install), and "  \
	  "write the initramfs again: mkinitcpio -P (or your generator).")                         \
	X(MODPROBE_BLACKLIST, "modprobe-blacklist", KG_SEVERITY_WARNING, false,                    \
	  "modprobe is told not to load a required module",                                        \
	  "A \"blacklist\" line keeps udev, and modprobe -b, with which mkinitcpio's images load " \
	  "their modules, from loading it.",                                                       \
	  "Remove the line and write the initramfs again: mkinitcpio -P (or your generator).")     \
	X(MODULE_UNDECIDED, "module-undecided", KG_SEVERITY_WARNING, true,                         \
	  "it cannot be told whether the kernel would load a module",                              \
	  "A fact that decides is not to be had: the kernel's image could not be read in full, "   \
	  "or the rule depends on a configuration that is not known here.",                        \
	  "Boot the kernel in a virtual machine and load the module there, or keep the previous "  \
	  "kernel at hand for the first boot.")                                                    \
	X(MODULE_ABSENT, "module-absent", KG_SEVERITY_WARNING, false,                              \
	  "an out-of-tree module is not there for this kernel",                                    \
	  "DKMS knows the module, or another kernel has it, but for this kernel it was not "       \
	  "built or not installed. Pacman does not fail when a DKMS build fails.",                 \
	  "Install this kernel's headers, then: dkms autoinstall -k RELEASE, and rebuild the "     \
	  "initramfs.")                                                                            \
	X(HEADERS_ABSENT, "headers-absent", KG_SEVERITY_WARNING, false,                            \
	  "the headers of a kernel for which DKMS has modules are not installed",                  \
	  "DKMS skips a kernel without headers; pacman does not fail, and the module is missing "  \
	  "after the next boot.",                                                                  \
	  "Install the headers package of this kernel in the same version as the kernel.")         \
	X(HEADERS_DIFFER, "headers-differ", KG_SEVERITY_WARNING, false,                            \
	  "the headers of a kernel are of another build than the kernel itself",                   \
	  "Modules are built against the headers (Module.symvers). What they find there, and the " \
	  "running kernel does not have, is refused when it is loaded.",                           \
	  "Install kernel and headers in the same version (pacman -S linux linux-headers), then "  \
	  "build the modules anew: dkms autoinstall --force -k RELEASE, and rebuild the "          \
	  "initramfs.")                                                                            \
	X(INITRAMFS_MISSING, "initramfs-missing", KG_SEVERITY_ERROR, false,                        \
	  "an initramfs image that a boot target names does not exist",                            \
	  "The boot loader stops with an error, or the kernel starts without drivers and cannot "  \
	  "find its root.",                                                                        \
	  "Write the image again: mkinitcpio -P (or your generator), or correct the entry.")       \
	X(INITRAMFS_DAMAGED, "initramfs-damaged", KG_SEVERITY_ERROR, false,                        \
	  "an initramfs image is cut off or damaged",                                              \
	  "The kernel unpacks it only up to the damage and then cannot find its root.",            \
	  "Make room on the boot partition if it is full, then write the image again: "            \
	  "mkinitcpio -P (or your generator).")                                                    \
	X(INITRAMFS_UNREADABLE, "initramfs-unreadable", KG_SEVERITY_WARNING, true,                 \
	  "an initramfs image could not be read",                                                  \
	  "Whether it holds what the machine needs is not known.",                                 \
	  "Run the check as root, on a system whose boot partition is mounted.")                   \
	X(INITRAMFS_WITHOUT_INIT, "initramfs-without-init", KG_SEVERITY_ERROR, false,              \
	  "the initramfs has no /init",                                                            \
	  "The kernel finds no program to start in it and tries to mount the root by itself, "     \
	  "which fails on nearly every machine that uses an initramfs.",                           \
	  "Write the image again: mkinitcpio -P (or your generator).")                             \
	X(INITRAMFS_INIT_BROKEN, "initramfs-init-broken", KG_SEVERITY_ERROR, false,                \
	  "the initramfs lacks what its /init needs to be started",                                \
	  "The kernel, or the dynamic linker, cannot start the first program: the machine stops "  \
	  "with a panic before its root is looked for.",                                           \
	  "Write the image again: mkinitcpio -P (or your generator).")                             \
	X(INITRAMFS_COMPRESSION, "initramfs-compression", KG_SEVERITY_ERROR, false,                \
	  "the initramfs is compressed in a way that the kernel cannot undo",                      \
	  "The kernel was built without this decompressor (CONFIG_RD_*), leaves the image "        \
	  "packed and cannot find its root.",                                                      \
	  "Choose another COMPRESSION in /etc/mkinitcpio.conf (or your generator's), and write "   \
	  "the image again: mkinitcpio -P.")                                                       \
	X(MICROCODE_IGNORED, "microcode-ignored", KG_SEVERITY_WARNING, false,                      \
	  "microcode lies where the kernel does not look for it",                                  \
	  "The kernel takes microcode only from uncompressed archives in front of everything "     \
	  "else. The machine boots with the microcode of its firmware.",                           \
	  "Put the microcode's initrd line before that of the initramfs, or add the hook "         \
	  "microcode to HOOKS in /etc/mkinitcpio.conf and write the image again.")                 \
	X(UNIFIED_IMAGE_RELEASE, "unified-image-release", KG_SEVERITY_WARNING, false,              \
	  "a unified kernel image names another kernel than the one it holds",                     \
	  "Menus sort and show it by a release that it does not start, and addons meant for one "  \
	  "of the two are taken for the other.",                                                   \
	  "Write the image again: mkinitcpio -P (or ukify, or your generator).")                   \
	X(INITRAMFS_RELEASE, "initramfs-release", KG_SEVERITY_ERROR, false,                        \
	  "the initramfs holds the modules of another kernel",                                     \
	  "The image was not written again after the kernel changed: not one module in it can be " \
	  "loaded.",                                                                               \
	  "Write the image again: mkinitcpio -P (or your generator).")                             \
	X(INITRAMFS_MODULE_MISSING, "initramfs-module-missing", KG_SEVERITY_ERROR, false,          \
	  "a required module is not in the initramfs",                                             \
	  "Without it the initramfs cannot do what its configuration demands; if the root "        \
	  "filesystem is on it, the machine does not boot. Generators write such an image with "   \
	  "only a warning.",                                                                       \
	  "See that the module exists for this kernel (dkms status), then write the image "        \
	  "again: mkinitcpio -P (or your generator).")                                             \
	X(INITRAMFS_DEPENDENCY_MISSING, "initramfs-dependency-missing", KG_SEVERITY_ERROR, false,  \
	  "a module that a required module depends on is not in the initramfs",                    \
	  "The required module cannot be loaded without it.",                                      \
	  "Run depmod for this kernel, then write the image again: mkinitcpio -P (or your "        \
	  "generator).")                                                                           \
	X(KERNEL_MISSING, "kernel-missing", KG_SEVERITY_ERROR, false,                              \
	  "the kernel image that a boot target names does not exist",                              \
	  "The boot loader cannot start this target.",                                             \
	  "Reinstall the kernel's package, or correct the entry.")                                 \
	X(KERNEL_DAMAGED, "kernel-damaged", KG_SEVERITY_ERROR, false,                              \
	  "a kernel image is cut off or damaged",                                                  \
	  "The boot loader or the kernel's own decompressor stops with an error.",                 \
	  "Make room on the boot partition if it is full, then reinstall the kernel's package.")   \
	X(KERNEL_UNREADABLE, "kernel-unreadable", KG_SEVERITY_WARNING, true,                       \
	  "a kernel image could not be read",                                                      \
	  "Its release is not known, and so neither is its module tree.",                          \
	  "Run the check as root; an image of a kind that this version does not read yet has to "  \
	  "be checked by hand.")                                                                   \
	X(KERNEL_WITHOUT_MODULES, "kernel-without-modules", KG_SEVERITY_ERROR, false,              \
	  "a kernel's release has no module tree",                                                 \
	  "The image in the boot partition is not the one whose modules are installed: nothing "   \
	  "that is not in the initramfs can be loaded, often not even the driver of the boot "     \
	  "partition or the network.",                                                             \
	  "Mount the boot partition if it is not mounted, and reinstall the kernel's package so "  \
	  "that image and modules are of one release.")                                            \
	X(MODULE_INDEX, "module-index", KG_SEVERITY_ERROR, false,                                  \
	  "the module tree has no usable index",                                                   \
	  "modprobe finds modules only through the files that depmod writes.",                     \
	  "Run: depmod RELEASE, and write the initramfs again.")                                   \
	X(MODULE_NOT_INDEXED, "module-not-indexed", KG_SEVERITY_WARNING, false,                    \
	  "a module's file is there, and modules.dep does not name it",                            \
	  "modprobe does not find the module: depmod has not run since it was installed.",         \
	  "Run: depmod RELEASE, and write the initramfs again.")                                   \
	X(MODULE_TREE_INCOMPLETE, "module-tree-incomplete", KG_SEVERITY_WARNING, false,            \
	  "modules that modules.dep names are not there",                                          \
	  "The kernel's package was not unpacked to its end, or files were removed since: what "   \
	  "is missing cannot be loaded after the root is mounted, nor put into an initramfs.",     \
	  "Make room on the disk if it is full, then reinstall the kernel's package.")             \
	X(MODULE_TREE_UNREADABLE, "module-tree-unreadable", KG_SEVERITY_WARNING, true,             \
	  "a module tree could not be read",                                                       \
	  "Whether its modules would load is not known.",                                          \
	  "Run the check as root, and where /proc is mounted (arch-chroot mounts it).")            \
	X(CONFIGURATION_STATEMENT, "configuration-statement", KG_SEVERITY_WARNING, false,          \
	  "a statement of a configuration file is beyond what is read",                            \
	  "Configuration that is shell code is read for its assignments and never executed. "      \
	  "What this statement changes is not taken into account.",                                \
	  "Write it as plain assignments, or check what it does by hand.")                         \
	X(CONFIGURATION_UNREADABLE, "configuration-unreadable", KG_SEVERITY_WARNING, true,         \
	  "a configuration file could not be read",                                                \
	  "What it demands is not known.",                                                         \
	  "Run the check as root; see that the file is a regular file and no link to nowhere.")    \
	X(PACKAGES_UNREADABLE, "packages-unreadable", KG_SEVERITY_WARNING, false,                  \
	  "pacman's database could not be read",                                                   \
	  "Which package owns a kernel or a module is not known; everything else is checked.",     \
	  "Mount /proc where it is not mounted; after an upgrade of pacman install kernel-guard "  \
	  "anew; for a database of another version run pacman-db-upgrade.")                        \
	X(BOOT_TARGET_MISSING, "boot-target-missing", KG_SEVERITY_ERROR, false,                    \
	  "kernels are installed, and nothing boots them",                                         \
	  "Neither a boot entry, nor a preset, nor a kernel in /boot was found: the next boot "    \
	  "finds no kernel. Where nothing shows that the system boots by itself (an image that "   \
	  "is being built), this is no fault.",                                                    \
	  "Mount the boot partition if it is not mounted, and reinstall the kernel's package.")    \
	X(INITRAMFS_FIRMWARE_MISSING, "initramfs-firmware-missing", KG_SEVERITY_WARNING, false,    \
	  "a required module's firmware is not in the initramfs",                                  \
	  "The module names firmware that is installed, and the image holds none of it. A device " \
	  "that asks for it early does without, or waits until the root filesystem is there.",     \
	  "Write the image again; if its generator leaves the firmware out, name it in FILES of "  \
	  "/etc/mkinitcpio.conf.")                                                                 \
	X(INITRAMFS_CONTENT_VANISHED, "initramfs-content-vanished", KG_SEVERITY_WARNING, false,    \
	  "the initramfs lacks what the one before it had",                                        \
	  "A module, program or hook that was in the image is there no more. That is right where " \
	  "hardware or configuration have changed, and a trap where a generator has lost it.",     \
	  "If the machine needs it to boot, name it in MODULES, BINARIES or HOOKS of "             \
	  "/etc/mkinitcpio.conf and write the image again (mkinitcpio -P).")                       \
	X(BOOT_TARGET_VANISHED, "boot-target-vanished", KG_SEVERITY_WARNING, false,                \
	  "a boot target that was there before the transaction is gone",                           \
	  "Its kernel is still installed, and nothing boots it any more.",                         \
	  "See what has removed the boot entry or preset (sdboot-manage, kernel-install), and "    \
	  "write it again.")                                                                       \
	X(KERNEL_NONE, "kernel-none", KG_SEVERITY_INFO, false,                                     \
	  "no kernel is installed",                                                                \
	  "Containers and chroots boot with another system's kernel: there is nothing to judge.",  \
	  "Nothing has to be done.")                                                               \
	X(INITRAMFS_KEYBOARD, "initramfs-keyboard", KG_SEVERITY_WARNING, false,                    \
	  "no keyboard of this machine works in the initramfs",                                    \
	  "The root is encrypted: where a passphrase unlocks it, nobody can type it.",             \
	  "Put the hook keyboard before encrypt or sd-encrypt in HOOKS of /etc/mkinitcpio.conf, "  \
	  "and write the image again: mkinitcpio -P (or your generator).")                         \
	X(BOOT_NOT_MOUNTED, "boot-not-mounted", KG_SEVERITY_ERROR, false,                          \
	  "a boot partition that /etc/fstab mounts is not mounted",                                \
	  "What pacman and the initramfs generator write lands beneath the mount "                 \
	  "point, on another file system: the machine goes on booting what the "                   \
	  "partition holds, whose modules an update removes.",                                     \
	  "Mount it, then write again what was put beneath it: mount /boot && pacman "             \
	  "-S linux (your kernel's package).")                                                     \
	X(BOOT_READ_ONLY, "boot-read-only", KG_SEVERITY_WARNING, false,                            \
	  "a boot partition is mounted read-only",                                                 \
	  "The next kernel or initramfs cannot be written to it. Linux mounts a FAT so "           \
	  "when it is damaged.",                                                                   \
	  "mount -o remount,rw /boot; where it falls back, unmount it and run fsck.fat "           \
	  "-a on its device.")                                                                     \
	X(BOOT_HIDES_FILES, "boot-hides-files", KG_SEVERITY_WARNING, false,                        \
	  "boot files lie hidden beneath a mount point",                                           \
	  "They were written while the boot partition was not mounted. Nothing boots "             \
	  "them; the partition may hold older ones.",                                              \
	  "See what lies there: mount --bind / /mnt && ls -l /mnt/boot; remove it "                \
	  "there, and umount /mnt.")                                                               \
	X(ENTRY_DEFAULT_UNMATCHED, "entry-default-unmatched", KG_SEVERITY_WARNING, false,          \
	  "the default of a boot loader is none of its entries",                                   \
	  "The loader starts the first entry of its menu instead of the one that was "             \
	  "chosen.",                                                                               \
	  "systemd-boot: name an entry's id in loader.conf, with .conf at its end "                \
	  "(bootctl list); GRUB: set GRUB_DEFAULT in /etc/default/grub and run "                   \
	  "grub-mkconfig -o /boot/grub/grub.cfg.")                                                 \
	X(ENTRY_OTHER_FILE, "entry-other-file", KG_SEVERITY_WARNING, false,                        \
	  "a boot entry starts another file than the one that updates write",                      \
	  "The file that it names is a copy that was not refreshed: the machine boots "            \
	  "what it held before the update.",                                                       \
	  "Copy the file anew, or let the preset in /etc/mkinitcpio.d write where the "            \
	  "entry reads.")                                                                          \
	X(SECURE_BOOT_UNSIGNED, "secure-boot-unsigned", KG_SEVERITY_ERROR, false,                  \
	  "Secure Boot is active and what is to boot is not signed",                               \
	  "The firmware, and systemd-boot with it, refuses an EFI program without a "              \
	  "signature.",                                                                            \
	  "Sign it with a key that the firmware or shim has enrolled: sbctl sign -s "              \
	  "FILE.")                                                                                 \
	X(ROOT_ABSENT, "root-absent", KG_SEVERITY_ERROR, false,                                    \
	  "root= names no device of this machine",                                                 \
	  "The kernel finds no root filesystem: the boot ends in the initramfs's "                 \
	  "emergency shell.",                                                                      \
	  "Correct root= in the boot entry's options; blkid and lsblk -f show the "                \
	  "devices.")                                                                              \
	X(BOOT_SPACE, "boot-space", KG_SEVERITY_WARNING, false,                                    \
	  "there is no room for the next kernel",                                                  \
	  "A kernel or initramfs that is cut off where the file system is full does "              \
	  "not boot.",                                                                             \
	  "Make room on the boot partition: remove kernels that are not used, or leave "           \
	  "the fallback image out (PRESETS=('default') in /etc/mkinitcpio.d, then "                \
	  "remove its file).")                                                                     \
	X(STORAGE_UNKNOWN, "storage-unknown", KG_SEVERITY_INFO, false,                             \
	  "what the root filesystem lies on is not known",                                         \
	  "Of what is not known nothing was looked for in the initramfs; everything else was.",    \
	  "Name the modules that your root needs in MODULES of /etc/mkinitcpio.conf.")

#endif
