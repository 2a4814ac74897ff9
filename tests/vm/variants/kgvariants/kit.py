# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios are made of."""

from . import elf
from .module import Export, Module

# Exported by every kernel that the tests know, to all and to GPL modules only.
PLAIN_SYMBOL = "msleep"
GPL_SYMBOL = "ktime_get"


def export(name, **options):
    return Export(name, **options)


class Scenario:
    """Modules that are loaded one after the other into a kernel without any. Each is a Module, whose own name is then
    that of the file, or a pair of file name and bytes. options is added to the kernel command line."""

    def __init__(self, name, *modules, options=""):
        self.name, self.options, self.files = name, options, []
        # Whether it may share a kernel, and whether it takes a boot that no other needs.
        self.shares = self.own_boot = False
        for module in modules:
            self.add(module)

    def sharing(self):
        """The last module neither provides anything nor minds what is loaded before it, but for the other files."""
        self.shares = True
        return self

    def booting(self):
        """Nobody else has these options."""
        self.own_boot = True
        return self

    def add(self, module):
        name, image = module if isinstance(module, tuple) else (module.file, module.image())
        stem, number = name, 1
        while any(other == f"{name}.ko" for other, _ in self.files):
            number += 1
            name = f"{stem}.{number}"
        self.files.append((f"{name}.ko", image))


class Kit:
    def __init__(self, kernel, modules=None):
        """modules is the directory of the modules built for the kernel; without one of the kernel's own serves."""
        self.kernel, self.modules = kernel, modules
        base = Module(self.base_bytes(), kernel)
        # Every module would carry it along.
        for name in (".BTF", ".BTF.base"):
            base.hollow(name)
        base.hollow_debugging()
        self.base = base.image()

    def base_bytes(self):
        return self.built_bytes("kg_plain") if self.has_built() else self.kernel.in_tree("nls_utf8")

    def has_built(self):
        return self.modules is not None

    def built_bytes(self, name):
        return (self.modules / f"{name}.ko").read_bytes()

    def built(self, name):
        """A module as it was built, but for its debugging information."""
        module = Module(self.built_bytes(name), self.kernel)
        module.hollow_debugging()
        module.file = name
        return module

    def as_built(self, name="kg_plain"):
        """A module that loads, with the BTF it was built with."""
        module = Module(self.base_bytes(), self.kernel).named(name)
        module.hollow_debugging()
        module.file = name
        return module

    def plain(self, name="kg_plain"):
        """A module that loads. It uses nothing but what every module uses, and exports nothing."""
        module = Module(self.base, self.kernel).named(name)
        module.file = name
        return module

    def provider(self, *exports, name="kg_provider", **options):
        """A module that exports."""
        return self.plain(name).exporting(*exports, **options)

    def user(self, *symbols, name="kg_user", **options):
        """A module that uses symbols of others."""
        return self.plain(name).using(*symbols, **options)

    def proprietary(self, *exports, name="kg_proprietary"):
        """A proprietary module that exports."""
        return self.provider(*exports, name=name).licensed("Proprietary")

    def raw(self, change, name="kg_plain"):
        """A module that loads, but for what change(bytearray) does to the file."""
        image = bytearray(self.plain(name).image())
        image = change(image) or image
        return name, bytes(image)

    def with_data(self, name="kg_plain", size=64, data=None):
        """A module with a writable section of its own, and that section."""
        module = self.plain(name)
        section = module.add_section(".data.kg", data or bytes(size), flags=elf.SHF_ALLOC | elf.SHF_WRITE, align=8)
        return module, section
