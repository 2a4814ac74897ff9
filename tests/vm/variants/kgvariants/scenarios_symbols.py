# SPDX-License-Identifier: GPL-2.0-or-later
"""Symbols and relocations (kernel/module/main.c: simplify_symbols(), apply_relocations();
arch/x86/kernel/module.c; kernel/livepatch/core.c: klp_apply_section_relocs()).

Left out, because the kernel does not check and reads or writes elsewhere: symbol numbers past the table in relocations,
and offsets past the section. Also live patches of symbols of vmlinux, for which kallsyms decides: kernel-guard says that
it does not know."""

from . import elf
from .kit import GPL_SYMBOL, PLAIN_SYMBOL, Scenario, export


def placed(kit):
    """Symbols by their section index."""
    count = len(kit.plain().sections)
    cases = [("common", "kg_common", elf.SHN_COMMON), ("common-lto", "__gnu_lto_slim", elf.SHN_COMMON),
             ("common-lto-shortest", "__gnu_lto", elf.SHN_COMMON), ("common-lto-shorter", "__gnu_lt", elf.SHN_COMMON),
             ("common-lto-case", "__GNU_LTO", elf.SHN_COMMON), ("common-unnamed", "", elf.SHN_COMMON),
             ("abs", "kg_abs", elf.SHN_ABS), ("livepatch", "kg_livepatch", elf.SHN_LIVEPATCH),
             ("first-section", "kg_in", 1),
             ("last-section", "kg_in", count - 1), ("not-alloc-section", "kg_in", kit.plain().symtab().index)]
    if kit.kernel.checks_section_index:
        cases += [("past-last-section", "kg_in", count), ("one-past-that", "kg_in", count + 1),
                  ("reserved-lowest", "kg_in", 0xFF00),
                  ("below-livepatch", "kg_in", 0xFF1F), ("above-livepatch", "kg_in", 0xFF21),
                  ("below-abs", "kg_in", 0xFFF0),
                  ("above-common", "kg_in", 0xFFF3), ("xindex", "kg_in", elf.SHN_XINDEX)]
    for name, symbol, index in cases:
        module = kit.plain()
        module.add_symbol(symbol, index, size=8, value=8)
        yield Scenario(f"symbol-{name}", module)
    for bind, name in ((elf.STB_LOCAL, "local"), (elf.STB_WEAK, "weak")):
        module = kit.plain()
        module.add_symbol("kg_common", elf.SHN_COMMON, bind, elf.STT_OBJECT)
        yield Scenario(f"symbol-common-{name}", module)


def undefined(kit):
    binds = (("local", elf.STB_LOCAL), ("global", elf.STB_GLOBAL), ("weak", elf.STB_WEAK), ("unique", elf.STB_GNU_UNIQUE),
             ("odd", 13))
    for name, bind in binds:
        yield Scenario(f"undefined-{name}-found", kit.plain().using(PLAIN_SYMBOL, bind=bind))
        yield Scenario(f"undefined-{name}-missing", kit.plain().using("kg_nowhere", bind=bind))
        yield Scenario(f"undefined-{name}-empty-name", kit.plain().using("", bind=bind))
        yield Scenario(f"undefined-{name}-gpl-only-by-proprietary",
                       kit.plain().using(GPL_SYMBOL, bind=bind).licensed("none"))
    for name, kind in (("object", 1), ("func", 2), ("section", 3), ("file", 4), ("tls", 6)):
        yield Scenario(f"undefined-kind-{name}-found", kit.plain().using(PLAIN_SYMBOL, kind=kind))
        yield Scenario(f"undefined-kind-{name}-missing", kit.plain().using("kg_nowhere", kind=kind))
    for name in ("_GLOBAL_OFFSET_TABLE_", "_GLOBAL_OFFSET_TABLE", "_global_offset_table_", "__this_module", "module_layout",
                 PLAIN_SYMBOL.upper(), PLAIN_SYMBOL + "x", PLAIN_SYMBOL[:-1], " " + PLAIN_SYMBOL, "kg_" + "long" * 100):
        label = name.replace(" ", "blank-")[:40]
        yield Scenario(f"undefined-name-{label}", kit.plain().using(name, version=name == "module_layout"))
    yield Scenario("undefined-got-local", kit.plain().using("_GLOBAL_OFFSET_TABLE_", bind=elf.STB_LOCAL, version=False))
    for name, symbols in (("missing-then-found", ("kg_nowhere", PLAIN_SYMBOL)),
                          ("found-then-missing", (PLAIN_SYMBOL, "kg_nowhere")),
                          ("two-missing", ("kg_nowhere", "kg_nowhere2")), ("twice-found", (PLAIN_SYMBOL, PLAIN_SYMBOL))):
        yield Scenario(f"undefined-{name}", kit.plain().using(*symbols))
    module = kit.plain().using("kg_nowhere")
    module.add_symbol("kg_common", elf.SHN_COMMON)
    yield Scenario("undefined-missing-then-common", module)
    module = kit.plain()
    module.add_symbol("kg_common", elf.SHN_COMMON)
    yield Scenario("undefined-common-then-missing", module.using("kg_nowhere"))
    module = kit.plain().using("kg_nowhere", bind=elf.STB_WEAK)
    module.add_symbol("kg_common", elf.SHN_COMMON)
    yield Scenario("undefined-weak-then-common", module)
    module = kit.plain().using(PLAIN_SYMBOL)
    last = module.symbol_count() - 1
    symbol = module.symbol(last)
    symbol[2] = 2
    module.set_symbol(last, symbol)
    yield Scenario("undefined-hidden", module)


def providers(kit):
    provider = kit.provider(export("kg_symbol"))
    yield Scenario("provider-first", provider, kit.user("kg_symbol"))
    yield Scenario("provider-later", kit.user("kg_symbol"), provider)
    yield Scenario("provider-later-weak", kit.plain("kg_user").using("kg_symbol", bind=elf.STB_WEAK), provider)
    yield Scenario("provider-later-again", kit.user("kg_symbol"), provider, kit.user("kg_symbol", name="kg_user2"))
    yield Scenario("provider-none", kit.user("kg_symbol"))
    refused = kit.provider(export("kg_symbol")).replace_tag("vermagic", "wrong")
    yield Scenario("provider-refused", refused, kit.user("kg_symbol"))
    yield Scenario("provider-refused-weak", refused, kit.plain("kg_user").using("kg_symbol", bind=elf.STB_WEAK))
    yield Scenario("provider-refused-then-good", refused, provider, kit.user("kg_symbol"))
    chain = [kit.provider(export("kg_0"), name="kg_chain0")]
    for number in range(1, 6):
        chain.append(kit.provider(export(f"kg_{number}"), name=f"kg_chain{number}").using(f"kg_{number - 1}"))
    yield Scenario("provider-chain", *chain, kit.user("kg_5"))
    yield Scenario("provider-chain-reversed", *chain[::-1], kit.user("kg_5"))
    yield Scenario("provider-two", provider, kit.provider(export("kg_other"), name="kg_provider2"),
                   kit.user("kg_symbol", "kg_other"))
    yield Scenario("provider-two-users", provider, kit.user("kg_symbol"), kit.user("kg_symbol", name="kg_user2"))


def relocated(kit, name, kind, addend=0, symbol="this", data=None, offset=0, value=0, **options):
    """A module with one relocation in a section of its own."""
    module, section = kit.with_data(data=data)
    if symbol == "this":
        number = module.find_symbol("__this_module")
    elif symbol == "null":
        number = 0
    else:
        number = module.add_symbol("kg_absolute", elf.SHN_ABS, value=value)
    module.add_relocations(section, [(offset, number, kind, addend)], **options)
    return Scenario(f"relocation-{name}", module)


def kinds(kit):
    allowed = {"none": 0, "64": 1, "pc32": 2, "plt32": 4, "32": 10, "32s": 11, "pc64": 24}
    for kind in list(range(0, 48)) + [250, 251, 255, 256, 257, 0x80000001]:
        yield relocated(kit, f"type-{kind}", kind, symbol="absolute", value=16)
    for name, kind in allowed.items():
        width = {"none": 0, "64": 8, "pc64": 8}.get(name, 4)
        for position in sorted({0, width - 1, width} - {-1}):
            data = bytearray(64)
            data[position] = 1
            yield relocated(kit, f"{name}-nonzero-byte-{position}", kind, symbol="absolute", value=16, data=data)
        yield relocated(kit, f"{name}-unaligned", kind, symbol="absolute", value=16, offset=3)
        yield relocated(kit, f"{name}-null-symbol", kind, symbol="null", addend=5)
        yield relocated(kit, f"{name}-own-symbol", kind)
        for label, value in (("31-bits", (1 << 31) - 1), ("bit-31", 1 << 31), ("32-bits", (1 << 32) - 1),
                             ("bit-32", 1 << 32),
                             ("negative-31", (1 << 64) - (1 << 31)), ("below-negative-31", (1 << 64) - (1 << 31) - 1),
                             ("minus-one", (1 << 64) - 1)):
            yield relocated(kit, f"{name}-value-{label}", kind, symbol="absolute", value=value)
        yield relocated(kit, f"{name}-addend-overflow", kind, symbol="absolute", value=(1 << 32) - 1, addend=1)
        yield relocated(kit, f"{name}-addend-back", kind, symbol="absolute", value=1 << 32, addend=-1)


def sections(kit):
    bad = 99
    for name, sh_type in (("rela", elf.SHT_RELA), ("rel", elf.SHT_REL), ("progbits", elf.SHT_PROGBITS),
                          ("nobits", elf.SHT_NOBITS),
                          ("null", elf.SHT_NULL)):
        module, section = kit.with_data()
        relocations = module.add_relocations(section, [(0, 0, bad, 0)], sh_type=sh_type)
        if sh_type in (elf.SHT_NULL, elf.SHT_NOBITS):
            relocations.data = bytearray()
        yield Scenario(f"relocation-section-{name}-unknown-type", module)
    for name, sh_type in (("rela", elf.SHT_RELA), ("rel", elf.SHT_REL)):
        module, section = kit.with_data()
        module.add_relocations(section, [], sh_type=sh_type)
        yield Scenario(f"relocation-section-{name}-empty", module)
        module = kit.plain()
        target = module.add_section(".kg_note", bytes(64))
        module.add_relocations(target, [(0, 0, bad, 0)], sh_type=sh_type)
        yield Scenario(f"relocation-section-{name}-target-not-alloc", module)
        for label, info in (("zero", 0), ("past", 0xFFFF), ("huge", 0xFFFFFFFF)):
            module, section = kit.with_data()
            module.add_relocations(section, [(0, 0, bad, 0)], sh_type=sh_type, info=info)
            yield Scenario(f"relocation-section-{name}-info-{label}", module)
    for target in (".modinfo", "__versions", ".symtab", ".strtab"):
        module = kit.plain()
        if module.section(target):
            module.add_relocations(module.section(target), [(0, 0, bad, 0)], name=".rela.kg")
            yield Scenario(f"relocation-section-target-{target.strip('._')}", module)
    module, section = kit.with_data()
    relocations = module.add_relocations(section, [(0, 0, elf.R_X86_64_NONE, 0), (0, 0, bad, 0)])
    del relocations.data[-1:]
    yield Scenario("relocation-section-last-cut", module)
    module, section = kit.with_data()
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 5), (0, 0, elf.R_X86_64_64, 5)])
    yield Scenario("relocation-section-same-place-twice", module)
    module, section = kit.with_data()
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 0), (0, 0, elf.R_X86_64_64, 0)])
    yield Scenario("relocation-section-same-place-twice-zero", module)
    module, section = kit.with_data()
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 5)])
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 5)], name=".rela.kg2")
    yield Scenario("relocation-section-two-for-one", module)
    module, section = kit.with_data()
    relocations = module.add_relocations(section, [(0, 0, bad, 0)])
    relocations.sh_link = 0
    yield Scenario("relocation-section-link-ignored", module)
    module, section = kit.with_data()
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 5)]).sh_flags |= elf.SHF_ALLOC
    yield Scenario("relocation-section-alloc", module)
    module, section = kit.with_data()
    section.sh_type, section.data, section.sh_size = elf.SHT_NOBITS, bytearray(), 64
    module.add_relocations(section, [(0, 0, elf.R_X86_64_64, 5)])
    yield Scenario("relocation-section-target-nobits", module)
    module = kit.user("kg_nowhere")
    section = module.add_section(".data.kg", bytes(64), flags=3)
    module.add_relocations(section, [(0, 0, bad, 0)])
    yield Scenario("relocation-and-missing", module)
    module = kit.provider(export(PLAIN_SYMBOL))
    section = module.add_section(".data.kg", bytes(64), flags=3)
    module.add_relocations(section, [(0, 0, bad, 0)])
    yield Scenario("relocation-and-doubled-export", module)
    yield from per_cpu(kit)
    yield from livepatch(kit)


def per_cpu(kit):
    for name, kind in (("good", elf.R_X86_64_64), ("unknown-type", 99)):
        module = kit.plain()
        section = module.add_section(".data..percpu", bytes(64), flags=3, align=8)
        module.add_relocations(section, [(0, 0, kind, 5)])
        yield Scenario(f"relocation-per-cpu-{name}", module)


def livepatch(kit):
    def flagged(name, section_name, symbol=None, tag=False):
        module, section = kit.with_data()
        number = module.add_symbol(symbol, elf.SHN_LIVEPATCH) if symbol else 0
        module.add_relocations(section, [(0, number, elf.R_X86_64_64, 0)],
                               name=section_name).sh_flags |= elf.SHF_RELA_LIVEPATCH
        if tag:
            module.replace_tag("livepatch", "Y")
        return Scenario(f"relocation-livepatch-{name}{'-tagged' if tag else ''}", module)

    if not kit.kernel.has("LIVEPATCH"):
        return
    for tag in (False, True):
        yield flagged("plain-name", ".rela.data.kg", tag=tag)
        yield flagged("no-object", ".klp.rela.", tag=tag)
        yield flagged("other-object", ".klp.rela.kg_other..data", tag=tag)
        yield flagged("vmlinux-plain-symbol", ".klp.rela.vmlinux..data", tag=tag)
        yield flagged("vmlinux-bad-name", ".klp.rela.vmlinux..data", "kg_symbol", tag)
        yield flagged("vmlinux-other-object", ".klp.rela.vmlinux..data", ".klp.sym.kg_other.kg_symbol,0", tag)


SHARING = (placed, undefined, kinds, sections)


def scenarios(kit):
    for part in (placed, undefined, providers, kinds, sections):
        for scenario in part(kit):
            yield scenario.sharing() if part in SHARING and len(scenario.files) == 1 else scenario
