# SPDX-License-Identifier: GPL-2.0-or-later
"""A small editor of 64-bit little-endian relocatable ELF files.

Sections keep their index: new ones go to the end. On writing everything is laid out anew; what a variant wants to be
wrong in the file is given as forced values, which are written as they are after the layout."""

import struct

SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 0, 1, 2, 3, 4, 7, 8, 9
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
SHF_RELA_LIVEPATCH = 0x00100000
SHN_UNDEF, SHN_LIVEPATCH, SHN_ABS, SHN_COMMON, SHN_XINDEX = 0, 0xFF20, 0xFFF1, 0xFFF2, 0xFFFF
STB_LOCAL, STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE = 0, 1, 2, 10
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4
R_X86_64_NONE, R_X86_64_64, R_X86_64_PC32, R_X86_64_PLT32 = 0, 1, 2, 4
R_X86_64_32, R_X86_64_32S, R_X86_64_PC64 = 10, 11, 24

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
HEADER_FIELDS = ("e_ident", "e_type", "e_machine", "e_version", "e_entry", "e_phoff", "e_shoff", "e_flags",
                 "e_ehsize", "e_phentsize", "e_phnum", "e_shentsize", "e_shnum", "e_shstrndx")
SECTION = struct.Struct("<IIQQQQIIQQ")
SECTION_FIELDS = ("sh_name", "sh_type", "sh_flags", "sh_addr", "sh_offset", "sh_size", "sh_link", "sh_info",
                  "sh_addralign", "sh_entsize")
SYMBOL = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")


class Section:
    """A section header and what it holds; force holds fields as they are to be written, whatever the layout says."""

    def __init__(self, fields, data):
        for field, value in zip(SECTION_FIELDS, fields):
            setattr(self, field, value)
        self.data = bytearray(data)
        self.force = {}
        self.index = None

    def header(self):
        values = {field: getattr(self, field) for field in SECTION_FIELDS}
        values.update(self.force)
        return SECTION.pack(*(values[field] & (0xFFFFFFFF if field in ("sh_name", "sh_type", "sh_link", "sh_info")
                                               else 0xFFFFFFFFFFFFFFFF) for field in SECTION_FIELDS))


class Elf:
    def __init__(self, image):
        image = bytes(image)
        self.header = dict(zip(HEADER_FIELDS, HEADER.unpack_from(image)))
        self.force = {}
        self.trailer = b""
        self.sections = []
        # Called with the laid out file, to change what depends on where things lie.
        self.finish = []
        offset = self.header["e_shoff"]
        for index in range(self.header["e_shnum"]):
            fields = SECTION.unpack_from(image, offset + index * SECTION.size)
            start, size = fields[4], fields[5]
            data = b"" if fields[1] in (SHT_NULL, SHT_NOBITS) else image[start:start + size]
            section = Section(fields, data)
            section.index = index
            self.sections.append(section)

    # Sections

    def names(self):
        return self.sections[self.header["e_shstrndx"]]

    def name_of(self, section):
        data = self.names().data
        return bytes(data[section.sh_name:data.index(0, section.sh_name)]).decode()

    def section(self, name):
        """The first section of this name, or None."""
        for section in self.sections[1:]:
            if self.name_of(section) == name:
                return section
        return None

    def name_offset(self, name):
        """Where the name stands in the section name table; it is added at the table's end."""
        offset = len(self.names().data)
        self.names().data += name.encode() + b"\0"
        return offset

    def rename(self, section, name):
        section.sh_name = self.name_offset(name)

    def add_section(self, name, data=b"", sh_type=SHT_PROGBITS, flags=0, link=0, info=0, align=1, entsize=0, size=None):
        """A section at the end. size is that of one without contents."""
        fields = (self.name_offset(name), sh_type, flags, 0, 0, len(data) if size is None else size, link, info, align,
                  entsize)
        section = Section(fields, data)
        section.index = len(self.sections)
        self.sections.append(section)
        return section

    def copy_section(self, section, name=None):
        """A second section like this one."""
        other = self.add_section(name or self.name_of(section), section.data, section.sh_type, section.sh_flags,
                                 section.sh_link, section.sh_info, section.sh_addralign, section.sh_entsize)
        other.sh_size = section.sh_size
        return other

    def relocations_of(self, section):
        """The RELA section that changes this one, or None."""
        for other in self.sections:
            if other.sh_type == SHT_RELA and other.sh_info == section.index:
                return other
        return None

    # Symbols

    def symtab(self):
        return next(section for section in self.sections if section.sh_type == SHT_SYMTAB)

    def strtab(self):
        return self.sections[self.symtab().sh_link]

    def symbol_count(self):
        return len(self.symtab().data) // SYMBOL.size

    def symbol(self, index):
        """[st_name, st_info, st_other, st_shndx, st_value, st_size]"""
        return list(SYMBOL.unpack_from(self.symtab().data, index * SYMBOL.size))

    def set_symbol(self, index, symbol):
        SYMBOL.pack_into(self.symtab().data, index * SYMBOL.size, *symbol)

    def symbol_name(self, index):
        data = self.strtab().data
        start = self.symbol(index)[0]
        return bytes(data[start:data.index(0, start)]).decode()

    def find_symbol(self, name):
        for index in range(1, self.symbol_count()):
            if self.symbol_name(index) == name:
                return index
        raise KeyError(name)

    def add_symbol(self, name, shndx=SHN_UNDEF, bind=STB_GLOBAL, kind=STT_NOTYPE, value=0, size=0):
        """A symbol at the table's end; its index."""
        strtab, symtab = self.strtab(), self.symtab()
        offset = 0
        if name:
            offset = len(strtab.data)
            strtab.data += name.encode() + b"\0"
        symtab.data += SYMBOL.pack(offset, bind << 4 | kind, 0, shndx, value, size)
        return self.symbol_count() - 1

    def add_relocations(self, section, entries, sh_type=SHT_RELA, name=None, info=None):
        """entries: (offset, symbol index, type, addend)"""
        data = b"".join(RELA.pack(offset, symbol << 32 | kind, addend) for offset, symbol, kind, addend in entries)
        return self.add_section(name or ".rela" + self.name_of(section), data, sh_type, 0x40, self.symtab().index,
                                section.index if info is None else info, 8, RELA.size)

    # Writing

    def image(self):
        out = bytearray(HEADER.size)
        for section in self.sections:
            if section.sh_type in (SHT_NULL, SHT_NOBITS):
                if section.index:
                    section.sh_offset = len(out)
                continue
            align = max(section.sh_addralign, 1)
            out += bytes(-len(out) % align)
            section.sh_offset = len(out)
            section.sh_size = len(section.data)
            out += section.data
        out += bytes(-len(out) % 8)
        header = dict(self.header, e_shoff=len(out), e_shnum=len(self.sections))
        for section in self.sections:
            out += section.header()
        header.update(self.force)
        HEADER.pack_into(out, 0, *(header[field] for field in HEADER_FIELDS))
        for change in self.finish:
            change(out)
        return bytes(out) + self.trailer

    def at_the_end(self, change):
        """Calls change(file) when all is laid out."""
        self.finish.append(change)
        return self

    def set_section_field(self, file, section, field, value):
        """For at_the_end(): a field of the section's header in the file."""
        offset = struct.unpack_from("<Q", file, 40)[0] + section.index * SECTION.size
        position = SECTION_FIELDS.index(field)
        fields = list(SECTION.unpack_from(file, offset))
        fields[position] = value
        SECTION.pack_into(file, offset, *fields)
