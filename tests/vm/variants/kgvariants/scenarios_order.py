# SPDX-License-Identifier: GPL-2.0-or-later
"""Which of two reasons the kernel gives: the order of load_module()'s gates (kernel/module/main.c)."""

import itertools

from . import elf
from .kit import PLAIN_SYMBOL, Scenario, export
from .module import SIGNATURE_MARKER
from .signing import appended


def damage_file(kit, module):
    module.force["e_type"] = 2


def damage_modinfo(kit, module):
    module.copy_section(module.section(".modinfo"))


def grow_this_module(kit, module):
    module.this_module().data += bytes(64)


def wrong_layout(kit, module):
    if module.versions():
        module.set_version("module_layout", 1)


def wrong_vermagic(kit, module):
    module.replace_tag("vermagic", "wrong")


def writable_code(kit, module):
    module.add_section(".kg_wx", bytes(8), flags=7)


def taken_name(kit, module):
    module.struct_name("kg_first")


def huge(kit, module):
    module.add_section(".bss.kg", b"", elf.SHT_NOBITS, 3, size=1 << 31)


def per_cpu(kit, module):
    module.add_section(".data..percpu", bytes(1 << 20), flags=3)


def imports_module_namespace(kit, module):
    module.replace_tag("import_ns", "module:kg")


def missing_symbol(kit, module):
    module.using("kg_nowhere")


def wrong_version(kit, module):
    module.using(PLAIN_SYMBOL, crc=1)


def common_symbol(kit, module):
    module.add_symbol("kg_common", elf.SHN_COMMON)


def bad_relocation(kit, module):
    section = module.add_section(".data.kg", bytes(8), flags=3)
    module.add_relocations(section, [(0, 0, 99, 0)])


def doubled_export(kit, module):
    module.exporting(export("kg_first_symbol"))


def unflagged_export(kit, module):
    module.exporting(export("kg_unflagged"), flags=False)


def bad_btf(kit, module):
    if module.section(".BTF") is not None:
        module.rename(module.section(".BTF"), ".kg.BTF")
    module.add_section(".BTF", b"no BTF at all")


def doubled_section(kit, module):
    for _ in range(2):
        module.add_section(".kg_twice", bytes(8), flags=2)


GATES = (damage_file, damage_modinfo, grow_this_module, wrong_layout, wrong_vermagic, taken_name, writable_code, huge,
         per_cpu,
         unflagged_export, imports_module_namespace, missing_symbol, wrong_version, common_symbol, bad_relocation,
         doubled_export, bad_btf,
         doubled_section)
# Two ways to make the same table, or one that hides the other.
APART = ({unflagged_export, doubled_export},)


def scenarios(kit):
    first = kit.provider(export("kg_first_symbol"), name="kg_first")
    for one, other in itertools.combinations(GATES, 2):
        if {one, other} in APART:
            continue
        module = kit.plain("kg_second")
        one(kit, module)
        other(kit, module)
        scenario = Scenario(f"order-{one.__name__}-{other.__name__}".replace("_", "-"), first, module)
        yield scenario if unflagged_export in (one, other) else scenario.sharing()
    # A signature comes before everything.
    for gate in GATES:
        module = kit.plain("kg_second")
        gate(kit, module)
        image = appended(module.image(), b"no signature")
        yield Scenario(f"order-signature-{gate.__name__}".replace("_", "-"), first, ("kg_second", image)).sharing()
    yield Scenario("order-signature-empty", ("kg_plain", SIGNATURE_MARKER))
