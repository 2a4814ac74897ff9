# SPDX-License-Identifier: GPL-2.0-or-later
""".BTF and .BTF.base (kernel/bpf/btf.c: btf_module_notify(), btf_parse_module(), btf_check_all_metas();
tools/lib/bpf/btf_relocate.c). Where the kernel has MODULE_ALLOW_BTF_MISMATCH all of them load.

Left out, because the kernel reads behind an array (btf_relocate_rewrite_type_id()): beside .BTF.base, types that refer to
types that are not there."""

import struct

from . import btf, elf
from .btf import Btf
from .kit import Scenario


def with_btf(kit, name, data, base=None, flags=0, second=None):
    module = kit.plain()
    for section in (".BTF", ".BTF.base"):
        if module.section(section) is not None:
            module.rename(module.section(section), f".kg{section}")
    if data is not None:
        module.add_section(".BTF", data, flags=flags)
    if second is not None:
        module.add_section(".BTF", second)
    if base is not None:
        module.add_section(".BTF.base", base)
    return Scenario(f"btf-{name}", module)


def split(kit):
    """An empty BTF that goes on where that of vmlinux ends."""
    return Btf(*kit.kernel.btf_counts())


def one_type(kit):
    data = split(kit)
    data.integer()
    return data


def sections(kit):
    good = one_type(kit).image()
    yield Scenario("btf-as-built", kit.as_built())
    yield with_btf(kit, "absent", None)
    yield with_btf(kit, "good", good)
    yield with_btf(kit, "good-alloc", good, flags=elf.SHF_ALLOC)
    yield with_btf(kit, "bad-alloc", b"no BTF at all", flags=elf.SHF_ALLOC)
    yield with_btf(kit, "first-good", good, second=b"no BTF at all")
    yield with_btf(kit, "first-bad", b"no BTF at all", second=good)
    yield with_btf(kit, "section-empty", b"")
    module = kit.plain()
    module.add_section(".BTFx", b"no BTF at all")
    yield Scenario("btf-similar-name", module)
    for length in (1, 7, 8, 12, 20, 23, 24, 32, len(good) - 1):
        yield with_btf(kit, f"cut-{length}", good[:length])
    yield with_btf(kit, "longer", good + b"\0")
    yield with_btf(kit, "text", b"this is no BTF, but long enough to have a header")
    yield with_btf(kit, "standalone", standalone().image())
    twice = with_btf(kit, "loaded-twice", good)
    twice.add(kit.plain("kg_second"))
    yield twice


def standalone():
    data = Btf()
    data.integer()
    return data


def header(kit):
    def changed(name, prepare=None, **values):
        data = one_type(kit)
        if prepare:
            prepare(data)
        return with_btf(kit, f"header-{name}", data.image(**values))

    def setting(**attributes):
        return lambda data: [setattr(data, key, value) for key, value in attributes.items()]

    length = len(one_type(kit).strings)
    yield changed("magic-other", magic=0xEB9E)
    yield changed("magic-swapped", magic=0x9FEB)
    for version in (0, 2, 255):
        yield changed(f"version-{version}", version=version)
    yield changed("flags", flags=1)
    for value in (0, 8, 16, 23, 25, 28, 32, 1000, 0xFFFFFFFF):
        yield changed(f"length-{value}", hdr_len=value)
    yield changed("longer-zero", setting(extra_header=bytes(8)))
    yield changed("longer-filled", setting(extra_header=b"\1" + bytes(7)))
    yield changed("much-longer-zero", setting(extra_header=bytes(64)))
    yield changed("much-longer-filled", setting(extra_header=bytes(63) + b"\1"))
    yield changed("gap-before-types", type_off=4)
    yield changed("types-unaligned", type_off=1)
    yield changed("types-longer", type_len=20)
    yield changed("types-shorter", type_len=12)
    yield changed("types-huge", type_len=0xFFFFFFF0)
    yield changed("gap-between", setting(gap=bytes(4)))
    yield changed("strings-overlap", str_off=0)
    yield changed("strings-late", str_off=20)
    yield changed("strings-far", str_off=0x7FFFFFFF)
    yield changed("strings-longer", str_len=length + 1)
    yield changed("strings-shorter", str_len=length - 1)
    yield changed("strings-none", str_len=0)
    yield changed("data-behind", setting(tail=b"\0"))
    yield changed("not-terminated", lambda data: data.strings.extend(b"x"))
    yield with_btf(kit, "no-types", split(kit).image())
    data = split(kit)
    data.string("kg")
    yield with_btf(kit, "strings-only", data.image())
    # Strings first, types behind them.
    data = one_type(kit)
    types, strings = b"".join(data.types), bytes(data.strings) + bytes(-len(data.strings) % 4)
    fields = btf.HEADER.pack(0xEB9F, 1, 0, 24, len(strings), len(types), 0, len(strings))
    yield with_btf(kit, "strings-first", fields + strings + types)


def type_cases(kit):
    """(name, function that adds to a Btf), most of them wrong in one way."""
    base, strings = kit.kernel.btf_counts()
    word = struct.Struct("<I").pack
    member = struct.Struct("<III").pack
    array = struct.Struct("<III").pack

    def add(*arguments, **options):
        return lambda data: data.add(*arguments, **options)

    yield "unknown-kind-0", add(0)
    for kind in (20, 31):
        yield f"unknown-kind-{kind}", add(kind)
    yield "info-bit-16", add(btf.STRUCT, 0, 4, vlen=1 << 16)
    yield "info-bit-29", add(btf.STRUCT, 0, 4, vlen=1 << 29)
    yield "name-last", add(btf.STRUCT, strings + len("kg_int"), 4)
    yield "name-past-end", add(btf.STRUCT, strings + 10000, 4)
    yield "name-beyond-limit", add(btf.STRUCT, 0x1000000, 4)
    yield "name-of-vmlinux", add(btf.STRUCT, 0, 4)
    yield "cut-header", lambda data: data.types.append(bytes(8))
    yield "cut-to-one-byte", lambda data: data.types.append(b"\0")
    yield "int", lambda data: data.integer()
    yield "int-unnamed", lambda data: data.integer(0)
    yield "int-odd-name", lambda data: data.integer("kg int!")
    yield "int-vlen", lambda data: data.integer(vlen=1)
    yield "int-flag", lambda data: data.integer(flag=1)
    yield "int-reserved", lambda data: data.integer(encoding=0x10)
    for bits, size, offset in ((0, 4, 0), (32, 4, 0), (33, 4, 0), (64, 4, 0), (128, 16, 0), (129, 17, 0), (129, 32, 0),
                               (64, 16, 64), (64, 16, 65), (8, 1, 0),
                               (1, 0, 0), (24, 3, 0)):
        yield f"int-{bits}-bits-{size}-bytes-at-{offset}", lambda data, bits=bits, size=size, offset=offset: data.integer(
            bits=bits, size=size, offset=offset)
    for encoding in (1, 2, 3, 4, 5, 7, 8):
        yield f"int-encoding-{encoding}", lambda data, encoding=encoding: data.integer(encoding=encoding)
    yield "int-cut", lambda data: data.types.append(struct.pack("<III", 0, btf.INT << 24, 4))
    references = {"ptr": btf.PTR, "typedef": btf.TYPEDEF, "volatile": btf.VOLATILE, "const": btf.CONST,
                  "restrict": btf.RESTRICT,
                  "type-tag": btf.TYPE_TAG}
    for name, kind in references.items():
        named = "kg_name" if kind in (btf.TYPEDEF, btf.TYPE_TAG) else 0
        yield name, add(kind, named, 1)
        yield f"{name}-void", add(kind, named, 0)
        yield f"{name}-itself", lambda data, kind=kind, named=named: data.add(kind, named, data.start_id)
        yield f"{name}-later", add(kind, named, base + 5)
        yield f"{name}-never", add(kind, named, 0xFFFFF)
        yield f"{name}-beyond-limit", add(kind, named, 0x100000)
        yield f"{name}-vlen", add(kind, named, 1, vlen=1)
        yield f"{name}-flag", add(kind, named, 1, flag=1)
        yield f"{name}-other-naming", add(kind, 0 if named else "kg_name", 1)
        yield f"{name}-odd-name", add(kind, "kg name!", 1)
        yield f"{name}-empty-name", add(kind, "", 1)
    for length in (31, 32, 33):
        yield f"const-chain-{length}", lambda data, length=length: [
            data.add(btf.CONST, 0, 1 if number == 0 else data.start_id + number - 1) for number in range(length)]
        yield f"const-chain-backwards-{length}", lambda data, length=length: [
            data.add(btf.CONST, 0, 1 if number == length - 1 else data.start_id + number + 1) for number in range(length)]
    yield "const-cycle", lambda data: (data.add(btf.CONST, 0, data.start_id + 1), data.add(btf.VOLATILE, 0, data.start_id))
    yield "fwd", add(btf.FWD, "kg_name")
    yield "fwd-union", add(btf.FWD, "kg_name", flag=1)
    yield "fwd-unnamed", add(btf.FWD)
    yield "fwd-type", add(btf.FWD, "kg_name", 1)
    yield "fwd-vlen", add(btf.FWD, "kg_name", vlen=1)
    yield "fwd-digit-first", add(btf.FWD, "1kg")
    yield "fwd-dot", add(btf.FWD, "kg.name")
    yield "fwd-dot-first", add(btf.FWD, ".kg")
    yield "fwd-long-name", add(btf.FWD, "k" * 511)
    yield "fwd-longer-name", add(btf.FWD, "k" * 512)
    yield "fwd-longest-name", add(btf.FWD, "k" * 513)
    yield "array", add(btf.ARRAY, 0, 0, array(1, 1, 4))
    for name, values in (("void-element", (0, 1, 4)), ("void-index", (1, 0, 4)), ("element-beyond-limit", (0x100000, 1, 4)),
                         ("index-beyond-limit", (1, 0x100000, 4)), ("element-never", (0xFFFFF, 1, 4)),
                         ("empty", (1, 1, 0))):
        yield f"array-{name}", add(btf.ARRAY, 0, 0, array(*values))
    yield "array-named", add(btf.ARRAY, "kg_name", 0, array(1, 1, 4))
    yield "array-size", add(btf.ARRAY, 0, 4, array(1, 1, 4))
    yield "array-vlen", add(btf.ARRAY, 0, 0, array(1, 1, 4), vlen=1)
    yield "array-flag", add(btf.ARRAY, 0, 0, array(1, 1, 4), flag=1)
    yield "array-cut", add(btf.ARRAY, 0, 0, bytes(8))
    for name, kind in (("struct", btf.STRUCT), ("union", btf.UNION)):
        yield name, add(kind, "kg_name", 8, member(0, 1, 0), 1)
        yield f"{name}-unnamed", add(kind, 0, 8, member(0, 1, 0), 1)
        yield f"{name}-odd-name", add(kind, "kg-name", 8)
        yield f"{name}-empty", add(kind, "kg_name", 0)
        yield f"{name}-flag", add(kind, 0, 8, member(0, 1, 3 << 24), 1, 1)
        yield f"{name}-cut", add(kind, 0, 8, member(0, 1, 0), 2)
        yield f"{name}-void-member", add(kind, 0, 8, member(0, 0, 0), 1)
        yield f"{name}-member-beyond-limit", add(kind, 0, 8, member(0, 0x100000, 0), 1)
        yield f"{name}-member-name-past-end", add(kind, 0, 8, member(strings + 10000, 1, 0), 1)
        yield f"{name}-member-odd-name", lambda data, kind=kind: data.add(kind, 0, 8, member(data.string("1kg"), 1, 0), 1)
        yield f"{name}-member-at-4", add(kind, 0, 8, member(0, 1, 32), 1)
        yield f"{name}-member-at-end", add(kind, 0, 8, member(0, 1, 64), 1)
        yield f"{name}-member-past-end", add(kind, 0, 8, member(0, 1, 65), 1)
        yield f"{name}-members-in-order", add(kind, 0, 8, member(0, 1, 0) + member(0, 1, 0), 2)
        yield f"{name}-members-out-of-order", add(kind, 0, 8, member(0, 1, 8) + member(0, 1, 0), 2)
        yield f"{name}-flag-offset", add(kind, 0, 8, member(0, 1, 0xFF000000), 1, 1)
    for name, kind, size in (("enum", btf.ENUM, 8), ("enum64", btf.ENUM64, 12)):
        yield f"{name}-empty", add(kind, "kg_name", 4)
        yield name, lambda data, kind=kind, size=size: data.add(kind, 0, 4, word(data.string("KG")) + bytes(size - 4), 1)
        yield f"{name}-flag", lambda data, kind=kind, size=size: data.add(
            kind, 0, 4, word(data.string("KG")) + bytes(size - 4), 1, 1)
        for value in (0, 1, 2, 3, 8, 16):
            yield f"{name}-size-{value}", add(kind, 0, value)
        yield f"{name}-odd-name", add(kind, "kg name", 4)
        yield f"{name}-value-unnamed", add(kind, 0, 4, bytes(size), 1)
        yield f"{name}-value-odd-name", lambda data, kind=kind, size=size: data.add(
            kind, 0, 4, word(data.string("1")) + bytes(size - 4), 1)
        yield f"{name}-value-name-past-end", add(kind, 0, 4, word(strings + 10000) + bytes(size - 4), 1)
        yield f"{name}-cut", add(kind, 0, 4, bytes(size - 1), 1)
    yield "func-proto", add(btf.FUNC_PROTO)
    yield "func-proto-argument", add(btf.FUNC_PROTO, 0, 0, bytes(4) + word(1), 1)
    yield "func-proto-named", add(btf.FUNC_PROTO, "kg_name")
    yield "func-proto-flag", add(btf.FUNC_PROTO, flag=1)
    yield "func-proto-cut", add(btf.FUNC_PROTO, 0, 0, bytes(4), 1)
    yield "func-proto-argument-beyond-limit", add(btf.FUNC_PROTO, 0, 0, bytes(4) + word(0xFFFFFFFF), 1)
    for linkage in (0, 1, 2, 3):
        yield f"func-linkage-{linkage}", lambda data, linkage=linkage: data.add(
            btf.FUNC, "kg_name", data.add(btf.FUNC_PROTO), vlen=linkage)
    yield "func-unnamed", lambda data: data.add(btf.FUNC, 0, data.add(btf.FUNC_PROTO))
    yield "func-flag", lambda data: data.add(btf.FUNC, "kg_name", data.add(btf.FUNC_PROTO), flag=1)
    yield "func-not-of-proto", add(btf.FUNC, "kg_name", 1)
    for linkage in (0, 1, 2, 3):
        yield f"var-linkage-{linkage}", add(btf.VAR, "kg_name", 1, word(linkage))
    yield "var-unnamed", add(btf.VAR, 0, 1, word(0))
    yield "var-void", add(btf.VAR, "kg_name", 0, word(0))
    yield "var-beyond-limit", add(btf.VAR, "kg_name", 0x100000, word(0))
    yield "var-vlen", add(btf.VAR, "kg_name", 1, word(0), 1)
    yield "var-flag", add(btf.VAR, "kg_name", 1, word(0), 0, 1)
    yield "var-cut", add(btf.VAR, "kg_name", 1)
    yield from data_sections(add, member)
    for size in (0, 1, 2, 4, 8, 10, 12, 16, 32):
        yield f"float-{size}", add(btf.FLOAT, "kg_float", size)
    yield "float-unnamed", add(btf.FLOAT, 0, 8)
    yield "float-vlen", add(btf.FLOAT, "kg_float", 8, vlen=1)
    yield "float-flag", add(btf.FLOAT, "kg_float", 8, flag=1)
    for index in (0, 1, -1, -2):
        yield f"decl-tag-index-{index}", add(btf.DECL_TAG, "kg_tag", 1, struct.pack("<i", index))
    yield "decl-tag-unnamed", add(btf.DECL_TAG, 0, 1, bytes(4))
    yield "decl-tag-empty-name", add(btf.DECL_TAG, "", 1, bytes(4))
    yield "decl-tag-vlen", add(btf.DECL_TAG, "kg_tag", 1, bytes(4), 1)
    yield "decl-tag-flag", add(btf.DECL_TAG, "kg_tag", 1, bytes(4), 0, 1)
    yield "decl-tag-cut", add(btf.DECL_TAG, "kg_tag", 1)


def data_sections(add, entry):
    yield "datasec", add(btf.DATASEC, ".data", 8, entry(1, 0, 4) + entry(1, 4, 4), 2)
    yield "datasec-empty", add(btf.DATASEC, ".data", 8)
    yield "datasec-size-0", add(btf.DATASEC, ".data", 0)
    yield "datasec-flag", add(btf.DATASEC, ".data", 8, flag=1)
    yield "datasec-unnamed", add(btf.DATASEC, 0, 8)
    yield "datasec-empty-name", add(btf.DATASEC, "", 8)
    yield "datasec-odd-name", add(btf.DATASEC, "?kg data!", 8)
    yield "datasec-control-name", add(btf.DATASEC, "kg\x01", 8)
    yield "datasec-cut", add(btf.DATASEC, ".data", 8, bytes(8), 1)
    for name, entries in (("void", ((0, 0, 4),)), ("beyond-limit", ((0x100000, 0, 4),)),
                          ("overlap", ((1, 0, 4), (1, 3, 4))),
                          ("offset-at-end", ((1, 8, 1),)), ("entry-size-0", ((1, 0, 0),)), ("size-too-large", ((1, 0, 9),)),
                          ("past-end", ((1, 4, 5),)), ("gap", ((1, 0, 1), (1, 7, 1)))):
        data = b"".join(entry(*values) for values in entries)
        yield f"datasec-{name}", add(btf.DATASEC, ".data", 8, data, len(entries))


def types(kit):
    for name, change in type_cases(kit):
        data = split(kit)
        data.string("kg_int")
        change(data)
        yield with_btf(kit, f"type-{name}", data.image())


def bases(kit):
    """.BTF.base, what of vmlinux the module's types refer to, from 6.11 on; a section without meaning before."""
    def with_base(name, prepare, image=None, own=None):
        base = Btf()
        prepare(base)
        data = Btf(base.start_id + len(base.types), len(base.strings))
        data.add(btf.PTR, 0, 1)
        if own:
            own(data)
        return with_btf(kit, f"base-{name}", data.image(), base=base.image() if image is None else image)

    def integer(name="int", size=4, bits=32, encoding=1):
        return lambda base: base.integer(name, size, bits, 0, encoding)

    def add(*arguments, **options):
        return lambda base: base.add(*arguments, **options)

    yield with_base("int", integer())
    yield with_base("int-missing", integer("kg_nowhere"))
    yield with_base("int-other-size", integer("int", 8, 64))
    yield with_base("int-other-encoding", integer("int", 4, 32, 0))
    yield with_base("int-unnamed", integer(0))
    yield with_base("struct", add(btf.STRUCT, "list_head", 16))
    yield with_base("struct-other-size", add(btf.STRUCT, "list_head", 24))
    yield with_base("struct-size-0", add(btf.STRUCT, "list_head", 0))
    yield with_base("struct-missing", add(btf.STRUCT, "kg_nowhere", 16))
    yield with_base("struct-as-union", add(btf.UNION, "list_head", 16))
    yield with_base("struct-unnamed", add(btf.STRUCT, 0, 16))
    yield with_base("fwd", add(btf.FWD, "list_head"))
    yield with_base("fwd-missing", add(btf.FWD, "kg_nowhere"))
    yield with_base("enum", add(btf.ENUM, "pid_type", 4))
    yield with_base("enum-missing", add(btf.ENUM, "kg_nowhere", 4))
    yield with_base("enum-other-size", add(btf.ENUM, "pid_type", 8))
    yield with_base("float", add(btf.FLOAT, "double", 8))
    yield with_base("typedef", lambda base: base.add(btf.TYPEDEF, "kg_type", base.integer("int", 4, 32, 0, 1)))
    yield with_base("ptr", add(btf.PTR, 0, 0))
    yield with_base("two", lambda base: (integer()(base), base.add(btf.STRUCT, "list_head", 16)))
    yield with_base("second-missing", lambda base: (integer()(base), base.add(btf.STRUCT, "kg_nowhere", 16)))
    yield with_base("unused-missing", lambda base: (integer()(base), base.integer("kg_nowhere", 4, 32)))
    yield with_base("section-empty", integer(), b"")
    yield with_base("text", integer(), b"this is no BTF, but long enough to have a header")
    yield with_base("bad-type", integer(), own=None, image=bad_base())
    yield with_base("own-bad", integer(), own=lambda data: data.add(0))
    yield with_base("own-name-of-base", integer(), own=lambda data: data.add(btf.FWD, 1))
    yield with_btf(kit, "base-alone", None, base=standalone().image())
    yield with_btf(kit, "base-bad-alone", None, base=b"no BTF at all")


def bad_base():
    base = Btf()
    base.add(0)
    return base.image()


def scenarios(kit):
    for scenario in cases(kit):
        yield scenario.sharing() if len(scenario.files) == 1 else scenario


def cases(kit):
    yield from sections(kit)
    if kit.kernel.has("DEBUG_INFO_BTF_MODULES") and not kit.kernel.has("MODULE_ALLOW_BTF_MISMATCH"):
        yield from header(kit)
        yield from types(kit)
        yield from bases(kit)
