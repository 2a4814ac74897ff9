# SPDX-License-Identifier: GPL-2.0-or-later
"""Modules as they come: those of modules/, as the kernel's build system makes them, and the kernel's own with all that they
depend on."""

from .kit import Scenario

OWN = ("ext4", "vfat", "isofs", "squashfs", "overlay", "fuse", "loop", "dummy", "bridge", "8021q", "tun", "dm_crypt",
       "nbd", "zram")


def built(kit):
    def loaded(name, *names, licence=None, change=None):
        modules = [kit.built(module) for module in names]
        if licence:
            modules[-1].licensed(licence)
        if change:
            change(modules[-1])
        return Scenario(f"built-{name}", *modules)

    yield Scenario("built-unstripped", ("kg_exports", kit.built_bytes("kg_exports")),
                   ("kg_exports_user", kit.built_bytes("kg_exports_user")))
    for name in ("kg_plain", "kg_exports", "kg_weak", "kg_features", "kg_parameters", "kg_proprietary"):
        yield loaded(f"alone-{name}", name)
    for name in ("kg_exports_user", "kg_middle", "kg_last", "kg_proprietary_user"):
        yield loaded(f"without-provider-{name}", name)
    yield loaded("user", "kg_exports", "kg_exports_user")
    yield loaded("user-first", "kg_exports_user", "kg_exports", "kg_exports_user")
    yield loaded("user-proprietary", "kg_exports", "kg_exports_user", licence="Proprietary")
    yield loaded("user-without-import", "kg_exports", "kg_exports_user",
                 change=lambda module: module.replace_tag("import_ns"))
    yield loaded("user-with-one-import", "kg_exports", "kg_exports_user",
                 change=lambda module: module.replace_tag("import_ns", "KG_SPACE"))
    yield loaded("user-renamed", "kg_exports", "kg_exports_user", change=lambda module: module.struct_name("kg_renamed"))
    yield loaded("chain", "kg_exports", "kg_middle", "kg_last")
    yield loaded("chain-proprietary-first", "kg_proprietary", "kg_exports", "kg_middle", "kg_last")
    yield loaded("chain-middle-proprietary", "kg_exports", "kg_middle", licence="Proprietary")
    middle = Scenario("built-chain-through-proprietary", kit.built("kg_exports"), kit.built("kg_middle").licensed("CDDL"),
                      kit.built("kg_last"))
    yield middle
    yield loaded("proprietary-user", "kg_proprietary", "kg_proprietary_user")
    yield loaded("proprietary-provider-as-gpl", "kg_proprietary", licence="GPL")
    gpl = Scenario("built-provider-as-gpl", kit.built("kg_proprietary").licensed("GPL"), kit.built("kg_proprietary_user"))
    yield gpl
    yield loaded("exports-proprietary", "kg_exports", licence="Proprietary")
    for name in ("kg_features", "kg_exports"):
        yield loaded(f"twice-{name}", name, name)
    if kit.kernel.modversions:
        yield loaded("user-without-versions", "kg_exports", "kg_exports_user",
                     change=lambda module: module.without_versions())
        for symbol in ("module_layout", "kg_exports_plain", "kg_exports_gpl", "kg_exports_space", "msleep"):
            yield loaded(f"user-wrong-{symbol}", "kg_exports", "kg_exports_user",
                         change=lambda module, symbol=symbol: module.set_version(symbol, 0x12345678))


def own(kit):
    for name in OWN:
        files = kit.kernel.with_dependencies(name)
        if files is None:
            continue
        yield Scenario(f"own-{name}", *files)
        if len(files) > 1:
            yield Scenario(f"own-alone-{name}", files[-1])
            yield Scenario(f"own-reversed-{name}", *files[::-1])


def scenarios(kit):
    if kit.has_built():
        yield from built(kit)
    yield from own(kit)
