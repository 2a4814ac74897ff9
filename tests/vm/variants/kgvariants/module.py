# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel module as an ELF file with what the loader looks at: modinfo, struct module, versions, exports."""

import struct
import zlib

from . import elf
from .elf import Elf

THIS_MODULE = ".gnu.linkonce.this_module"
NAME_OFFSET, NAME_SIZE = 24, 56
SIGNATURE_MARKER = b"~Module signature appended~\n"
VERSION = struct.Struct("<Q56s")


def crc_of(name):
    """The CRC that our own exports have, in every variant the same."""
    return zlib.crc32(name.encode()) or 1


def without_signature(image):
    """The module without an appended signature."""
    if not image.endswith(SIGNATURE_MARKER):
        return image
    image = image[:-len(SIGNATURE_MARKER)]
    length = struct.unpack(">I", image[-4:])[0]
    return image[:-12 - length]


class Export:
    """An entry of an export table; namespace None leaves the entry's namespace offset zero where the kernel may."""

    def __init__(self, name, gpl=False, namespace=None, crc=None):
        self.name, self.gpl, self.namespace = name, gpl, namespace
        self.crc = crc_of(name) if crc is None else crc


class Module(Elf):
    def __init__(self, image, kernel):
        super().__init__(without_signature(image))
        self.kernel = kernel

    def hollow(self, name):
        """Takes a section away; its index stays."""
        section = self.section(name)
        if section is not None:
            self.hollow_section(section)

    def hollow_section(self, section):
        section.sh_type, section.sh_flags, section.sh_size, section.data = elf.SHT_NULL, 0, 0, bytearray()
        self.rename(section, "")

    def hollow_debugging(self):
        for section in self.sections[1:]:
            if self.name_of(section).startswith((".debug_", ".rela.debug_")):
                self.hollow_section(section)

    # .modinfo

    def modinfo(self):
        data = bytes(self.section(".modinfo").data)
        return [tag.decode() for tag in data.split(b"\0") if tag]

    def set_modinfo(self, tags):
        self.section(".modinfo").data = bytearray(b"".join(tag.encode() + b"\0" for tag in tags))
        return self

    def tag(self, name):
        for tag in self.modinfo():
            if tag.startswith(name + "="):
                return tag[len(name) + 1:]
        return None

    def replace_tag(self, name, *values):
        """All tags of this name give way to one for each value, in the place of the first."""
        tags, found = [], False
        for tag in self.modinfo():
            if not tag.startswith(name + "="):
                tags.append(tag)
            elif not found:
                found = True
                tags += [f"{name}={value}" for value in values]
        if not found:
            tags += [f"{name}={value}" for value in values]
        return self.set_modinfo(tags)

    def licensed(self, *texts):
        return self.replace_tag("license", *texts)

    # struct module

    def this_module(self):
        return self.section(THIS_MODULE)

    def struct_name(self, name):
        """The name in struct module only."""
        data = self.this_module().data
        data[NAME_OFFSET:NAME_OFFSET + NAME_SIZE] = name.encode().ljust(NAME_SIZE, b"\0")
        return self

    def named(self, name):
        self.struct_name(name)
        return self.replace_tag("name", name)

    def name(self):
        return bytes(self.this_module().data[NAME_OFFSET:NAME_OFFSET + NAME_SIZE]).split(b"\0")[0].decode()

    # Versions

    def versions(self):
        section = self.section("__versions")
        if section is None:
            return []
        return [(crc, name.rstrip(b"\0").decode()) for crc, name in VERSION.iter_unpack(bytes(section.data))]

    def set_versions(self, versions):
        data = b"".join(VERSION.pack(crc, name.encode()) for crc, name in versions)
        self.section("__versions").data = bytearray(data)
        return self

    def set_version(self, name, crc):
        return self.set_versions([(crc if other == name else value, other) for value, other in self.versions()])

    def without_version(self, name):
        return self.set_versions([(crc, other) for crc, other in self.versions() if other != name])

    def without_versions(self):
        """As `modprobe --force-modversion` and kernels without MODVERSIONS leave it."""
        section = self.section("__versions")
        if section is not None:
            self.rename(section, "__kg_versions")
        return self

    # Symbols of others

    def using(self, *names, bind=elf.STB_GLOBAL, kind=elf.STT_NOTYPE, crc=None, version=True):
        """Undefined symbols at the symbol table's end, in this order, with the versions modpost would have written."""
        for name in names:
            self.add_symbol(name, bind=bind, kind=kind)
            if version and self.section("__versions") is not None:
                value = self.kernel.crc(name) if crc is None else crc
                self.set_versions(self.versions() + [(value, name)])
        return self

    # Exports

    def exporting(self, *exports, layout=None, crcs=True, flags=True, order=None):
        """Export tables as the build system writes them for this kernel, or with layout `split` or `flags` as older and
        later ones have them. Tables are sorted by name; order gives another one."""
        layout = layout or self.kernel.export_layout
        value = self.find_symbol("__this_module")
        tables = [("", exports)]
        if layout == "split":
            tables = [("", [e for e in exports if not e.gpl]), ("_gpl", [e for e in exports if e.gpl])]
        strings = self.add_section("__ksymtab_strings", b"", flags=elf.SHF_ALLOC)
        anchor = self.add_symbol("", strings.index, elf.STB_LOCAL, elf.STT_SECTION)
        for suffix, table in tables:
            if not table:
                continue
            table = sorted(table, key=lambda export: export.name) if order is None else order
            self._add_table(suffix, table, strings, anchor, value)
            if crcs and self.kernel.modversions:
                data = b"".join(struct.pack("<I", export.crc) for export in table)
                self.add_section("__kcrctab" + suffix, data, flags=elf.SHF_ALLOC, align=4)
            if flags and layout == "flags":
                self.add_section("__kflagstab", bytes(export.gpl for export in table), flags=elf.SHF_ALLOC)
        return self

    def _add_table(self, suffix, table, strings, anchor, value):
        section = self.add_section("__ksymtab" + suffix, bytes(12 * len(table)), flags=elf.SHF_ALLOC, align=4)
        relocations = []
        for index, export in enumerate(table):
            relocations.append((12 * index, value, elf.R_X86_64_PC32, 0))
            relocations.append((12 * index + 4, anchor, elf.R_X86_64_PC32, len(strings.data)))
            strings.data += export.name.encode() + b"\0"
            namespace = export.namespace
            if namespace is None and self.kernel.namespaces_point_to_empty:
                namespace = ""
            if namespace is not None:
                relocations.append((12 * index + 8, anchor, elf.R_X86_64_PC32, len(strings.data)))
                strings.data += namespace.encode() + b"\0"
        self.add_relocations(section, relocations)
