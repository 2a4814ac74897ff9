# SPDX-License-Identifier: GPL-2.0-or-later
"""The file's form: elf_validity_check() to 6.3, elf_validity_cache_copy() from 6.4, the functions it became in 6.13
(kernel/module/main.c).

Left out, because the kernel does not check and then reads or writes memory that is not the module's:
- sh_name far outside of the name table (compared with names all the same: before 6.13 those of all sections without
  SHF_ALLOC, since then those of type NULL);
- a string table that is empty, ends elsewhere, or is none, before 6.13;
- a this_module that is too small by more than padding, before 6.4 (the rest of struct module lies over other data);
- a this_module that is not writable (the kernel writes into it, and dies of a page fault);
- e_shoff that makes sections overlap the ELF header;
- sh_addralign above 2^20 (the offset no longer fits, and the copy goes astray)."""

import struct

from . import elf
from .kit import Scenario
from .module import THIS_MODULE


def patched(kit, offset, form, value):
    return kit.raw(lambda file: struct.pack_into(form, file, offset, value))


def header(kit):
    yield Scenario("elf-file-empty", ("kg_plain", b""))
    yield Scenario("elf-file-one-byte", ("kg_plain", b"\x7f"))
    yield Scenario("elf-file-text", ("kg_plain", b"no module at all, but longer than an ELF header is: " * 4))
    for size in (63, 64, 65):
        yield Scenario(f"elf-file-{size}-bytes", kit.raw(lambda file, size=size: file[:size]))
    yield Scenario("elf-file-half", kit.raw(lambda file: file[:len(file) // 2]))
    yield Scenario("elf-file-last-byte-missing", kit.raw(lambda file: file[:-1]))
    yield Scenario("elf-file-zeros-behind", kit.raw(lambda file: file + bytes(100)))
    for offset in range(4):
        yield Scenario(f"elf-magic-{offset}", patched(kit, offset, "B", 0x20))
    for name, value in (("none", 0), ("exec", 2), ("dyn", 3), ("core", 4)):
        yield Scenario(f"elf-type-{name}", patched(kit, 16, "<H", value))
    for name, value in (("none", 0), ("386", 3), ("arm64", 183), ("riscv", 243)):
        yield Scenario(f"elf-machine-{name}", patched(kit, 18, "<H", value))
    # What the kernel does not look at.
    for name, offset, form, value in (
            ("class-32", 4, "B", 1), ("class-none", 4, "B", 0), ("data-big-endian", 5, "B", 2), ("data-none", 5, "B", 0),
            ("ident-version", 6, "B", 9), ("osabi", 7, "B", 3), ("version", 20, "<I", 9), ("entry", 24, "<Q", 4096),
            ("phoff", 32, "<Q", 1 << 40), ("flags", 48, "<I", 0xFFFFFFFF), ("ehsize", 52, "<H", 1),
            ("phentsize", 54, "<H", 99), ("phnum", 56, "<H", 999)):
        yield Scenario(f"elf-ignored-{name}", patched(kit, offset, form, value))


def forced_header(kit, name, field, value):
    module = kit.plain()
    module.force[field] = value
    return Scenario(name, module)


def section_table(kit):
    count = len(kit.plain().sections)
    names = kit.plain().header["e_shstrndx"]
    size = len(kit.plain().image())
    for value in (0, 1, 63, 65, 128):
        yield forced_header(kit, f"elf-shentsize-{value}", "e_shentsize", value)
    for name, value in (("at-end", size), ("one-before-end", size - 1), ("past-end", size + 1),
                        ("one-byte-late", size - 64 * count + 1), ("huge", 1 << 63), ("last", (1 << 64) - 1)):
        yield forced_header(kit, f"elf-shoff-{name}", "e_shoff", value)
    yield Scenario("elf-shoff-unaligned", kit.raw(lambda file: unaligned_table(file, count)))
    for name, value in (("none", 0), ("one-more", count + 1), ("most", 0xFFFF)):
        yield forced_header(kit, f"elf-shnum-{name}", "e_shnum", value)
    # One section less, and the table's last entry is a section that nothing needs.
    module = kit.plain()
    module.add_section("kg.unused", b"unused")
    module.force["e_shnum"] = count
    yield Scenario("elf-shnum-one-less", module)
    module = kit.plain()
    for number in range(300):
        module.add_section(f"kg.unused{number}", b"unused")
    yield Scenario("elf-shnum-many", module)
    for name, value in (("none", 0), ("one", 1), ("symtab", kit.plain().symtab().index), ("past", count),
                        ("xindex", 0xFFFF)):
        yield forced_header(kit, f"elf-shstrndx-{name}", "e_shstrndx", value)
    module = kit.plain()
    copy = module.copy_section(module.names(), ".kg_names")
    copy.data = bytearray(module.names().data)
    module.force["e_shstrndx"] = copy.index
    yield Scenario("elf-shstrndx-copy", module)
    yield from name_table(kit, names)


def unaligned_table(file, count):
    offset = struct.unpack_from("<Q", file, 40)[0]
    table = file[offset:offset + 64 * count]
    struct.pack_into("<Q", file, 40, offset + 1)
    return file[:offset] + b"\0" + table


def name_table(kit, names):
    def changed(name, **force):
        module = kit.plain()
        module.sections[names].force.update({f"sh_{field}": value for field, value in force.items()})
        return Scenario(f"elf-shstrtab-{name}", module)

    size = len(kit.plain().sections[names].data)
    yield changed("empty", size=0)
    yield changed("not-terminated", size=size - 1)
    yield changed("past-end", size=1 << 20)
    yield changed("overflow", offset=(1 << 64) - 8)
    yield changed("progbits", type=elf.SHT_PROGBITS)
    yield changed("note", type=elf.SHT_NOTE)
    yield changed("nobits", type=elf.SHT_NOBITS)
    yield changed("alloc", flags=elf.SHF_ALLOC)


def first_section(kit):
    for field, value in (("sh_type", 1), ("sh_size", 1), ("sh_addr", 1), ("sh_size", 1 << 40), ("sh_flags", 5),
                         ("sh_flags", 1), ("sh_offset", 1 << 40), ("sh_link", 7), ("sh_info", 7), ("sh_entsize", 24),
                         ("sh_addralign", 16)):
        module = kit.plain()
        module.sections[0].force[field] = value
        yield Scenario(f"elf-section0-{field[3:]}-{value}", module)


def bounds(kit):
    def with_section(name, flags=0, sh_type=elf.SHT_PROGBITS, **force):
        module = kit.plain()
        section = module.add_section(".kg_bounds", bytes(16), sh_type, flags)
        for field, value in force.items():
            if callable(value):
                module.at_the_end(lambda file, field=field, value=value: module.set_section_field(
                    file, section, f"sh_{field}", value(len(file))))
            else:
                section.force[f"sh_{field}"] = value
        return Scenario(f"elf-section-{name}", module)

    big = 1 << 64
    for suffix, flags in (("", 0), ("-alloc", elf.SHF_ALLOC)):
        yield with_section(f"ends-at-end{suffix}", flags, offset=lambda size: size - 16)
        yield with_section(f"ends-one-past-end{suffix}", flags, offset=lambda size: size - 15)
        yield with_section(f"empty-at-end{suffix}", flags, offset=lambda size: size, size=0)
        yield with_section(f"empty-past-end{suffix}", flags, offset=lambda size: size + 1, size=0)
        yield with_section(f"offset-huge{suffix}", flags, offset=big - 8)
        yield with_section(f"size-huge{suffix}", flags, size=big - 1)
        yield with_section(f"null-out-of-bounds{suffix}", flags & 0, elf.SHT_NULL, offset=1 << 40, size=1 << 40)
        yield with_section(f"nobits-offset-out-of-bounds{suffix}", flags, elf.SHT_NOBITS, offset=1 << 40, size=16)
    yield with_section("nobits-not-alloc-huge", 0, elf.SHT_NOBITS, size=1 << 40)
    yield with_section("overflow-to-zero", 0, offset=big - 16, size=16)
    yield with_section("overflow-to-one", 0, offset=big - 16, size=17)
    yield with_section("note-past-end", 0, elf.SHT_NOTE, offset=lambda size: size - 15)
    yield with_section("rela-past-end", 0, elf.SHT_RELA, offset=lambda size: size - 15)
    yield with_section("strtab-past-end", 0, elf.SHT_STRTAB, offset=lambda size: size - 15)
    yield with_section("unknown-type-past-end", 0, 0x6FFFFFFF, offset=lambda size: size - 15)
    yield with_section("unknown-type", elf.SHF_ALLOC, 0x6FFFFFFF)
    yield with_section("align-zero", elf.SHF_ALLOC, addralign=0)
    yield with_section("align-page", elf.SHF_ALLOC, addralign=4096)
    yield with_section("align-64k", elf.SHF_ALLOC, addralign=1 << 16)
    yield with_section("link-out-of-range", elf.SHF_ALLOC, link=0xFFFF)
    yield with_section("info-out-of-range", elf.SHF_ALLOC, info=0xFFFFFF)
    yield with_section("entsize", elf.SHF_ALLOC, entsize=1 << 50)
    yield with_section("address", elf.SHF_ALLOC, addr=1 << 50)
    for suffix, flags in (("", 0), ("-alloc", elf.SHF_ALLOC)):
        for name, more in (("last-byte", -1), ("at-end", 0), ("past-end", 1)):
            module = kit.plain()
            section = module.add_section(".kg_name", bytes(16), elf.SHT_PROGBITS, flags)
            section.force["sh_name"] = len(module.names().data) + more
            yield Scenario(f"elf-section-name-{name}{suffix}", module)
    module = kit.plain()
    module.add_section(".kg_null", b"", elf.SHT_NULL).force["sh_name"] = len(module.names().data) + 1
    yield Scenario("elf-section-name-null-type-past-end", module)


def symbol_table(kit):
    module = kit.plain()
    module.symtab().force["sh_type"] = elf.SHT_PROGBITS
    yield Scenario("elf-symtab-none", module)
    module = kit.plain()
    module.copy_section(module.symtab(), ".symtab2")
    yield Scenario("elf-symtab-two", module)
    module = kit.plain()
    module.copy_section(module.symtab(), ".symtab2").sh_link = 0
    yield Scenario("elf-symtab-two-second-without-strings", module)
    module = kit.plain()
    module.add_section(".dynsym", bytes(24), 11, 0, module.symtab().sh_link)
    yield Scenario("elf-symtab-and-dynsym", module)
    count = len(kit.plain().sections)
    for name, value in (("none", 0), ("past", count), ("huge", 0xFFFFFFFF)):
        module = kit.plain()
        module.symtab().force["sh_link"] = value
        yield Scenario(f"elf-symtab-link-{name}", module)
    for field, value in (("sh_entsize", 1), ("sh_info", 9999), ("sh_info", 0), ("sh_name", 0)):
        module = kit.plain()
        module.symtab().force[field] = value
        yield Scenario(f"elf-symtab-{field[3:]}-{value}", module)
    module = kit.plain()
    module.symtab().data += bytes(23)
    yield Scenario("elf-symtab-size-odd", module)
    # Without relocations: what the kernel would then misread by its name gets another one.
    module = kit.plain()
    for section in module.sections:
        if section.sh_type == elf.SHT_RELA:
            section.sh_type = elf.SHT_PROGBITS
            if section.sh_info != module.this_module().index:
                module.rename(module.sections[section.sh_info], f".kg{section.index}")
    del module.symtab().data[24:]
    yield Scenario("elf-symtab-null-symbol-only", module)
    module = kit.plain()
    module.set_symbol(0, [0, 0x11, 0, 0xFFF2, 99, 99])
    yield Scenario("elf-symtab-null-symbol-filled", module)
    if kit.kernel.version >= (6, 13):
        yield from string_table(kit)


def string_table(kit):
    def changed(name, change=None, **force):
        module = kit.plain()
        if change:
            change(module)
        module.strtab().force.update({f"sh_{field}": value for field, value in force.items()})
        return Scenario(f"elf-strtab-{name}", module)

    def first_byte(module):
        module.strtab().data[0] = 0x41

    def not_terminated(module):
        module.strtab().data += b"kg"

    def name_at(offset, index):
        def change(module):
            symbol = module.symbol(index)
            symbol[0] = len(module.strtab().data) + offset
            module.set_symbol(index, symbol)
        return change

    yield changed("empty", size=0)
    yield changed("progbits", type=elf.SHT_PROGBITS)
    yield changed("nobits", type=elf.SHT_NOBITS)
    yield changed("first-byte", first_byte)
    yield changed("not-terminated", not_terminated)
    for index in (0, 1):
        yield changed(f"name-{index}-last-byte", name_at(-1, index))
        yield changed(f"name-{index}-at-end", name_at(0, index))
    last = kit.plain().symbol_count() - 1
    yield changed("name-last-at-end", name_at(0, last))


def this_module(kit):
    module = kit.plain()
    module.rename(module.this_module(), ".gnu.linkonce.that_module")
    yield Scenario("this-module-none", module)
    module = kit.plain()
    module.copy_section(module.this_module(), ".gnu.linkonce.this_modulf")
    yield Scenario("this-module-similar-name", module)
    for name, flags in (("alloc", elf.SHF_ALLOC | elf.SHF_WRITE), ("not-alloc", 0)):
        module = kit.plain()
        module.copy_section(module.this_module()).sh_flags = flags
        yield Scenario(f"this-module-two-{name}", module)
    module = kit.plain()
    module.add_section(THIS_MODULE, b"", elf.SHT_NOBITS, elf.SHF_ALLOC | elf.SHF_WRITE, size=64)
    yield Scenario("this-module-two-nobits", module)
    if kit.kernel.version >= (6, 4):
        module = kit.plain()
        module.this_module().sh_type = elf.SHT_NOBITS
        yield Scenario("this-module-nobits", module)
        module = kit.plain()
        module.this_module().sh_flags &= ~elf.SHF_ALLOC
        yield Scenario("this-module-not-alloc", module)
        for more in (-64, -8):
            module = kit.plain()
            del module.this_module().data[more:]
            yield Scenario(f"this-module-size{more:+}", module)
        module = kit.plain()
        module.this_module().force["sh_size"] = 0
        yield Scenario("this-module-size-0", module)
    module = kit.plain()
    del module.this_module().data[-1:]
    yield Scenario("this-module-size-1", module)
    for more in (1, 8, 64, 4096):
        module = kit.plain()
        module.this_module().data += bytes(more)
        yield Scenario(f"this-module-size+{more}", module)


def writable_code(kit):
    for name, sh_type, flags in (("alloc", elf.SHT_PROGBITS, 7), ("not-alloc", elf.SHT_PROGBITS, 5),
                                 ("nobits", elf.SHT_NOBITS, 7), ("null", elf.SHT_NULL, 5), ("note", elf.SHT_NOTE, 5),
                                 ("code-only", elf.SHT_PROGBITS, 6), ("data-only", elf.SHT_PROGBITS, 3)):
        module = kit.plain()
        module.add_section(".kg_wx", b"" if sh_type in (elf.SHT_NULL, elf.SHT_NOBITS) else bytes(16), sh_type, flags)
        yield Scenario(f"writable-code-{name}", module)
    module = kit.plain()
    module.add_section(".kg_wx", b"", flags=7)
    yield Scenario("writable-code-empty", module)
    module = kit.plain()
    module.section(".init.text").sh_flags |= elf.SHF_WRITE
    yield Scenario("writable-code-init-text", module)
    module = kit.plain()
    module.section(".modinfo").sh_flags |= elf.SHF_WRITE | elf.SHF_EXECINSTR
    yield Scenario("writable-code-modinfo", module)


def scenarios(kit):
    for part in (header, section_table, first_section, bounds, symbol_table, this_module, writable_code):
        for scenario in part(kit):
            yield scenario.sharing()
