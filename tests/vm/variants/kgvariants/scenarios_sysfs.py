# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens once symbols are resolved: per-CPU and other memory, /sys/module (kernel/module/sysfs.c, kernel/params.c),
constructors (kernel/module/main.c: find_module_sections()).

Left out: names of built-in drivers without parameters from 6.12 on. Their directories below /sys/module come from the
drivers' registration (drivers/base/module.c: module_add_driver()), and no file tells which they are."""

from . import elf
from .kit import PLAIN_SYMBOL, Scenario

ALLOC = elf.SHF_ALLOC
DATA = elf.SHF_ALLOC | elf.SHF_WRITE


def per_cpu(kit):
    def with_per_cpu(name, size, align=8, flags=DATA, sh_type=elf.SHT_PROGBITS):
        module = kit.plain()
        module.add_section(".data..percpu", bytes(size) if sh_type == elf.SHT_PROGBITS else b"", sh_type, flags,
                           align=align, size=size)
        return Scenario(f"per-cpu-{name}", module)

    # Modules share 8 KiB, with CONFIG_MEM_ALLOC_PROFILING up to 6.15 64 KiB; no piece is larger than 32 KiB.
    for size in (0, 1, 8, 1024, 4096, 8184, 8200, 12288, 32760, 32768, 32776):
        yield with_per_cpu(f"{size}-bytes", size)
    for sizes in ((4000, 4000), (4000, 4400), (2000, 2000, 2000, 2000, 2000), (32768, 32768), (30000, 30000, 30000)):
        modules = []
        for number, size in enumerate(sizes):
            module = kit.plain(f"kg_per_cpu_{number}")
            module.add_section(".data..percpu", bytes(size), flags=DATA, align=8)
            modules.append(module)
        yield Scenario("per-cpu-together-" + "-".join(map(str, sizes)), *modules)
    yield with_per_cpu("1-MiB", 1 << 20)
    yield with_per_cpu("1-MiB-not-alloc", 1 << 20, flags=0)
    yield with_per_cpu("nobits", 64, sh_type=elf.SHT_NOBITS)
    yield with_per_cpu("page-aligned", 64, 4096)
    yield with_per_cpu("two-pages-aligned", 64, 8192)
    module = kit.plain()
    section = module.add_section(".data..percpu", bytes(64), flags=DATA, align=8)
    module.add_symbol("kg_per_cpu", section.index, kind=elf.STT_OBJECT, size=8)
    yield Scenario("per-cpu-symbol", module)


def memory(kit):
    def with_section(name, section, size, flags=DATA, **options):
        module = kit.plain()
        module.add_section(section, b"", elf.SHT_NOBITS, flags, size=size, **options)
        return Scenario(f"memory-{name}", module)

    yield with_section("1-MiB", ".bss.kg", 1 << 20)
    yield with_section("2-GiB", ".bss.kg", 1 << 31)
    yield with_section("3-GiB", ".bss.kg", 3 << 30)
    yield with_section("2-GiB-init", ".init.data.kg", 1 << 31)
    yield with_section("2-GiB-read-only", ".rodata.kg", 1 << 31, ALLOC)
    yield with_section("2-GiB-not-alloc", ".kg", 1 << 31, 0)


def section_names(kit):
    def with_sections(name, *sections):
        module = kit.plain()
        for section, size, flags in sections:
            module.add_section(section, bytes(size), flags=flags)
        return Scenario(f"sysfs-sections-{name}", module)

    yield with_sections("two", (".kg", 8, ALLOC), (".kg", 8, ALLOC))
    yield with_sections("two-kinds", (".kg", 8, ALLOC), (".kg", 8, DATA))
    yield with_sections("two-one-empty", (".kg", 8, ALLOC), (".kg", 0, ALLOC))
    yield with_sections("two-both-empty", (".kg", 0, ALLOC), (".kg", 0, ALLOC))
    yield with_sections("two-one-not-alloc", (".kg", 8, ALLOC), (".kg", 8, 0))
    yield with_sections("two-neither-alloc", (".kg", 8, 0), (".kg", 8, 0))
    yield with_sections("three", (".kg", 8, ALLOC), (".kg2", 8, ALLOC), (".kg", 8, ALLOC))
    yield with_sections("like-existing", (".init.text", 8, ALLOC))
    yield with_sections("like-modinfo", (".kg", 8, 0), (".symtab", 8, ALLOC))
    yield with_sections("two-strtab", (".strtab", 8, ALLOC))
    yield with_sections("two-versions", ("__versions", 64, ALLOC), ("__versions", 64, ALLOC))
    yield with_sections("unnamed", ("", 8, ALLOC))
    yield with_sections("two-unnamed", ("", 8, ALLOC), ("", 8, ALLOC))
    yield with_sections("slash", ("kg/kg", 8, ALLOC))
    yield with_sections("long", ("k" * 300, 8, ALLOC))
    yield with_sections("two-per-cpu", (".data..percpu", 8, DATA), (".data..percpu", 8, DATA))
    for name, flags in (("alloc", ALLOC), ("not-alloc", 0)):
        module = kit.plain()
        for _ in range(2):
            module.add_section(".note.kg", bytes(16), elf.SHT_NOTE, flags)
        yield Scenario(f"sysfs-notes-two-{name}", module)
    module = kit.plain()
    module.add_section(".kg", b"", elf.SHT_NOBITS, DATA, size=8)
    module.add_section(".kg", b"", elf.SHT_NOBITS, DATA, size=8)
    yield Scenario("sysfs-sections-two-nobits", module)
    module = kit.user("kg_nowhere")
    module.add_section(".kg", bytes(8), flags=ALLOC)
    module.add_section(".kg", bytes(8), flags=ALLOC)
    yield Scenario("sysfs-sections-two-and-missing", module)


def parameters(kit):
    def with_parameters(name, *values, cut=0, ops="param_ops_int"):
        """values: (name, permissions)"""
        module = kit.plain().using(ops)
        number = module.symbol_count() - 1
        this = module.find_symbol("__this_module")
        strings = module.add_section(".rodata.kg", b"", flags=ALLOC)
        data = module.add_section(".data.kg", bytes(64), flags=DATA, align=8)
        texts = module.add_symbol("", strings.index, elf.STB_LOCAL, elf.STT_SECTION)
        place = module.add_symbol("", data.index, elf.STB_LOCAL, elf.STT_SECTION)
        table, relocations = bytearray(), []
        for index, (text, permissions) in enumerate(values):
            start = 40 * index
            table += bytes(24) + permissions.to_bytes(2, "little") + bytes([0xFF, 0]) + bytes(12)
            relocations += [(start, texts, elf.R_X86_64_64, len(strings.data)), (start + 8, this, elf.R_X86_64_64, 0),
                            (start + 16, number, elf.R_X86_64_64, 0), (start + 32, place, elf.R_X86_64_64, 8 * index)]
            strings.data += text.encode() + b"\0"
        section = module.add_section("__param", bytes(table) + bytes(cut), flags=ALLOC, align=8)
        module.add_relocations(section, relocations)
        return Scenario(f"sysfs-parameters-{name}", module)

    yield with_parameters("one", ("kg", 0o644))
    yield with_parameters("two", ("kg", 0o644), ("kg2", 0o444))
    yield with_parameters("same", ("kg", 0o644), ("kg", 0o644))
    yield with_parameters("same-hidden", ("kg", 0), ("kg", 0))
    yield with_parameters("same-one-hidden", ("kg", 0o644), ("kg", 0))
    yield with_parameters("dash-and-underscore", ("k-g", 0o644), ("k_g", 0o644))
    yield with_parameters("size-odd", ("kg", 0o644), cut=39)
    yield with_parameters("unknown-ops", ("kg", 0o644), ops="kg_nowhere")


def built_in(kit):
    """A built-in's directory below /sys/module is in the way."""
    taken = kit.kernel.image.with_parameters()
    names = [name for name in ("kernel", "module", "printk", "rcupdate", "block", "page_alloc", "xen", "tcp_cubic",
                               "i8042", "8250",
                               "workqueue", "kvm", "random", "sysrq") if name in taken]
    for name in names:
        yield Scenario(f"built-in-{name}", kit.plain(name))
    # Their code has parameters, which are below another name.
    for name in ("signing", "main", "tree", "update", "balloon"):
        if name not in taken:
            yield Scenario(f"built-in-without-directory-{name}", kit.plain(name))
    if kit.kernel.version < (6, 12):
        for name in kit.kernel.built_in_without_parameters()[:6]:
            yield Scenario(f"built-in-without-parameters-{name}", kit.plain(name))
    yield Scenario("built-in-other-case", kit.plain("Kernel"))
    yield Scenario("built-in-longer", kit.plain("printk2"))
    yield Scenario("built-in-dash", kit.plain("tcp-cubic"))
    yield Scenario("built-in-modinfo-name-only", kit.plain("printk").struct_name("kg_plain"))
    yield Scenario("built-in-struct-name-only", kit.plain("kg_plain").struct_name("printk"))
    yield Scenario("built-in-and-missing", kit.user("kg_nowhere", name="printk"))
    yield Scenario("built-in-then-again", kit.plain("printk"), kit.plain("printk"), kit.user(PLAIN_SYMBOL))


def constructors(kit):
    for name, sections in (("ctors", (".ctors",)), ("init-array", (".init_array",)), ("both", (".ctors", ".init_array"))):
        if kit.kernel.has("CONSTRUCTORS") and len(sections) < 2:
            continue
        module = kit.plain()
        for section in sections:
            module.add_section(section, bytes(8), flags=DATA, align=8)
        yield Scenario(f"constructors-{name}", module)


SHARING = (memory, section_names, parameters, constructors)


def scenarios(kit):
    for part in (per_cpu, memory, section_names, parameters, built_in, constructors):
        for scenario in part(kit):
            yield scenario.sharing() if part in SHARING and len(scenario.files) == 1 else scenario
