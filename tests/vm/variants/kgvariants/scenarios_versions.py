# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions of symbols (kernel/module/version.c). All of it is made for kernels without MODVERSIONS too, which have to take
no notice, but for the extended sections, whose form they check from 6.13 on."""

import struct

from . import elf
from .kit import GPL_SYMBOL, PLAIN_SYMBOL, Scenario, export
from .module import VERSION

BIG = 1 << 32


def versioned(kit, *symbols, name="kg_user"):
    """A user with a __versions section, whether the kernel's build makes one or not."""
    module = kit.plain(name)
    if module.section("__versions") is None:
        entries = [(0x12345678, "module_layout")]
        data = b"".join(VERSION.pack(crc, symbol.encode()) for crc, symbol in entries)
        module.add_section("__versions", data, flags=elf.SHF_ALLOC, align=32)
    return module.using(*symbols)


def table(kit):
    good = kit.kernel.crc
    yield Scenario("versions-good", versioned(kit, PLAIN_SYMBOL))
    for symbol in ("module_layout", PLAIN_SYMBOL):
        def changed(name, change, symbol=symbol):
            module = versioned(kit, PLAIN_SYMBOL)
            change(module)
            return Scenario(f"versions-{symbol}-{name}", module)

        for name, value in (("wrong", good(symbol) ^ 1), ("zero", 0), ("upper-bits", good(symbol) | BIG),
                            ("top-bit", good(symbol) | 1 << 63),
                            ("swapped", int.from_bytes(struct.pack("<I", good(symbol)), "big"))):
            yield changed(name, lambda module, symbol=symbol, value=value: module.set_version(symbol, value))
        yield changed("missing", lambda module, symbol=symbol: module.without_version(symbol))
        yield changed("wrong-then-right", lambda module, symbol=symbol: module.set_versions(
            [(1, symbol)] + module.versions()))
        yield changed("right-then-wrong", lambda module, symbol=symbol: module.set_versions(
            module.versions() + [(1, symbol)]))
        yield changed("other-case", lambda module, symbol=symbol: module.set_versions(
            [(crc, name.upper() if name == symbol else name) for crc, name in module.versions()]))
    module = versioned(kit, PLAIN_SYMBOL)
    yield Scenario("versions-reversed", module.set_versions(module.versions()[::-1]))
    yield Scenario("versions-all-wrong", versioned(kit, PLAIN_SYMBOL).set_versions(
        [(crc ^ 1, name) for crc, name in versioned(kit, PLAIN_SYMBOL).versions()]))
    module = versioned(kit, PLAIN_SYMBOL)
    yield Scenario("versions-unused-entry", module.set_versions(module.versions() + [(1, "kg_nowhere")]))
    yield Scenario("versions-entry-only", kit.plain("kg_user").using(PLAIN_SYMBOL, version=False))
    # Weak symbols have versions as well, and several errors leave the last one's errno.
    for name, bind in (("weak", elf.STB_WEAK), ("local", elf.STB_LOCAL)):
        yield Scenario(f"versions-{name}-wrong", kit.plain("kg_user").using(PLAIN_SYMBOL, bind=bind, crc=1))
        yield Scenario(f"versions-{name}-missing", kit.plain("kg_user").using(PLAIN_SYMBOL, bind=bind, version=False))
    yield Scenario("versions-weak-nowhere-missing",
                   kit.plain("kg_user").using("kg_nowhere", bind=elf.STB_WEAK, version=False))
    yield Scenario("versions-wrong-then-nowhere", kit.plain("kg_user").using(PLAIN_SYMBOL, crc=1).using("kg_nowhere"))
    yield Scenario("versions-nowhere-then-wrong", kit.plain("kg_user").using("kg_nowhere").using(PLAIN_SYMBOL, crc=1))
    yield Scenario("versions-wrong-gpl-only-proprietary", kit.plain("kg_user").using(GPL_SYMBOL, crc=1).licensed("none"))


def section(kit):
    def changed(name, change, *symbols):
        module = versioned(kit, *(symbols or (PLAIN_SYMBOL,)))
        change(module, module.section("__versions"))
        return Scenario(f"versions-section-{name}", module)

    def without(module, versions):
        module.rename(versions, "__kg_versions")

    def hide(module, versions):
        versions.sh_flags &= ~elf.SHF_ALLOC

    def empty(module, versions):
        versions.data = bytearray()

    def cut(count):
        def change(module, versions):
            del versions.data[count:]
        return change

    def second(wrong_first):
        def change(module, versions):
            copy = module.copy_section(versions)
            module_bytes = bytearray(len(copy.data))
            if wrong_first:
                versions.data = module_bytes
            else:
                copy.data = module_bytes
        return change

    def nobits(module, versions):
        """The table lies in another section, where the header of this one says that there is nothing."""
        copy = module.copy_section(versions, ".kg_versions")
        copy.sh_flags = 0
        versions.sh_type, versions.sh_size = elf.SHT_NOBITS, len(versions.data)
        module.at_the_end(lambda file: module.set_section_field(file, versions, "sh_offset", copy.sh_offset))

    yield changed("none", without)
    yield changed("none-gpl-only", without, GPL_SYMBOL)
    yield changed("not-alloc", hide)
    yield changed("empty", empty)
    yield changed("one-record", cut(64))
    yield changed("record-cut", cut(-1))
    yield changed("record-cut-to-half", cut(-32))
    yield changed("odd-size", lambda module, versions: versions.data.extend(b"\0" * 13))
    yield changed("writable", lambda module, versions: setattr(versions, "sh_flags", 3))
    yield changed("nobits-over-data", nobits)
    yield changed("two-first-empty", second(True))
    yield changed("two-second-empty", second(False))
    provider = kit.provider(export("kg_symbol"), export("kg_symbol_gpl", gpl=True))
    for name, symbol in (("plain", "kg_symbol"), ("gpl", "kg_symbol_gpl")):
        yield Scenario(f"versions-of-module-{name}-wrong", provider, kit.plain("kg_user").using(symbol, crc=1))
        yield Scenario(f"versions-of-module-{name}-none", provider, kit.user(symbol).without_versions())
        yield Scenario(f"versions-of-module-{name}-missing", provider, kit.plain("kg_user").using(symbol, version=False))
    zero = kit.provider(export("kg_symbol", crc=0))
    yield Scenario("versions-of-module-crc-zero", zero, kit.plain("kg_user").using("kg_symbol", crc=0))
    yield Scenario("versions-of-module-crc-zero-wrong", zero, kit.plain("kg_user").using("kg_symbol", crc=1))


def extended(kit):
    """__version_ext_crcs and __version_ext_names, from 6.14 on; sections without meaning before."""
    def with_extended(name, crcs, names, keep=True, change=None):
        module = versioned(kit, PLAIN_SYMBOL)
        entries = module.versions()
        if not keep:
            module.without_versions()
        if crcs is not None:
            module.add_section("__version_ext_crcs", crcs(entries), flags=elf.SHF_ALLOC, align=4)
        if names is not None:
            module.add_section("__version_ext_names", names(entries), flags=elf.SHF_ALLOC)
        if change:
            change(module)
        return Scenario(f"versions-extended-{name}", module)

    def crcs(entries):
        return b"".join(struct.pack("<I", crc & 0xFFFFFFFF) for crc, _ in entries)

    def names(entries):
        return b"".join(name.encode() + b"\0" for _, name in entries)

    def wrong(entries):
        return b"".join(struct.pack("<I", crc & 0xFFFFFFFF ^ 1) for crc, _ in entries)

    def hide(name):
        return lambda module: setattr(module.section(name), "sh_flags", 0)

    for keep, suffix in ((True, ""), (False, "-alone")):
        yield with_extended(f"good{suffix}", crcs, names, keep)
        yield with_extended(f"wrong{suffix}", wrong, names, keep)
        yield with_extended(f"empty{suffix}", lambda _: b"", lambda _: b"", keep)
        yield with_extended(f"crcs-only{suffix}", crcs, None, keep)
        yield with_extended(f"names-only{suffix}", None, names, keep)
        yield with_extended(f"missing{suffix}", lambda entries: crcs(entries[:1]), lambda entries: names(entries[:1]), keep)
        yield with_extended(f"layout-missing{suffix}", lambda entries: crcs(entries[1:]),
                            lambda entries: names(entries[1:]), keep)
    yield with_extended("more-names", crcs, lambda entries: names(entries) + b"kg_nowhere\0")
    yield with_extended("more-names-unterminated", crcs, lambda entries: names(entries) + b"kg_nowhere")
    yield with_extended("more-crcs", lambda entries: crcs(entries) + bytes(4), names)
    yield with_extended("crcs-odd", lambda entries: crcs(entries) + bytes(3), names)
    yield with_extended("last-name-unterminated", crcs, lambda entries: names(entries)[:-1])
    yield with_extended("no-names", crcs, lambda _: b"")
    yield with_extended("names-not-alloc", crcs, names, True, hide("__version_ext_names"))
    yield with_extended("crcs-not-alloc", crcs, names, True, hide("__version_ext_crcs"))
    yield with_extended("both-not-alloc", wrong, names, True, lambda module: (
        hide("__version_ext_names")(module), hide("__version_ext_crcs")(module)))
    module = versioned(kit, PLAIN_SYMBOL).replace_tag("vermagic", f"0.0 {kit.kernel.vermagic.split(' ', 1)[1]}")
    entries = module.versions()
    module.without_versions()
    module.add_section("__version_ext_crcs", crcs(entries), flags=elf.SHF_ALLOC, align=4)
    module.add_section("__version_ext_names", names(entries), flags=elf.SHF_ALLOC)
    yield Scenario("versions-extended-alone-other-release", module)


SHARING = (table, section, extended)


def scenarios(kit):
    for part in (table, section, extended):
        for scenario in part(kit):
            yield scenario.sharing() if part in SHARING and len(scenario.files) == 1 else scenario
