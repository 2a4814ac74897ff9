# SPDX-License-Identifier: GPL-2.0-or-later
"""Export tables in both layouts, doubled exports and namespaces (kernel/module/main.c: find_module_sections(),
find_exported_symbol_in_section(), check_export_symbol_versions() or check_export_symbol_sections(),
verify_exported_symbols(), verify_namespace_is_imported()).

Left out, because the kernel then reads memory behind the table: CRCs and flags of entries for which the section is too
short, when the symbol is used."""

from . import elf
from .kit import GPL_SYMBOL, PLAIN_SYMBOL, Scenario, export

TABLES = ("__ksymtab", "__ksymtab_gpl", "__kcrctab", "__kcrctab_gpl", "__kflagstab")


def pair():
    return export("kg_symbol"), export("kg_symbol_gpl", gpl=True)


def tables(kit):
    yield Scenario("export-both", kit.provider(*pair()), kit.user("kg_symbol", "kg_symbol_gpl"))
    yield Scenario("export-plain", kit.provider(export("kg_symbol")), kit.user("kg_symbol"))
    yield Scenario("export-gpl", kit.provider(export("kg_symbol_gpl", gpl=True)), kit.user("kg_symbol_gpl"))
    proprietary = kit.user("kg_symbol").licensed("Proprietary")
    yield Scenario("export-both-proprietary-plain", kit.provider(*pair()), proprietary)
    proprietary = kit.user("kg_symbol_gpl").licensed("Proprietary")
    yield Scenario("export-both-proprietary-gpl", kit.provider(*pair()), proprietary)
    yield Scenario("export-other-name", kit.provider(*pair()), kit.user("kg_symbo"),
                   kit.user("kg_symbol_", name="kg_user2"))
    many = [export(f"kg_symbol_{number:03}", gpl=number % 3 == 0) for number in range(100)]
    names = [entry.name for entry in many]
    yield Scenario("export-many", kit.provider(*many), kit.user(*names))
    yield Scenario("export-many-missing", kit.provider(*many), kit.user(*names, "kg_symbol_100"))
    for layout in ("split", "flags"):
        for name, symbols in (("plain", ("kg_symbol",)), ("gpl", ("kg_symbol_gpl",))):
            yield Scenario(f"export-layout-{layout}-{name}", kit.provider(*pair(), layout=layout), kit.user(*symbols))
            yield Scenario(f"export-layout-{layout}-{name}-proprietary", kit.provider(*pair(), layout=layout),
                           kit.user(*symbols).licensed("Proprietary"))
    for name, options in (("no-crcs", {"crcs": False}), ("no-flags", {"flags": False})):
        for symbol in ("kg_symbol", "kg_symbol_gpl"):
            yield Scenario(f"export-{name}-{symbol}", kit.provider(*pair(), **options), kit.user(symbol))
            user = kit.plain("kg_user").using(symbol, version=False)
            yield Scenario(f"export-{name}-{symbol}-no-version", kit.provider(*pair(), **options), user)
            user = kit.plain("kg_user").using(symbol, crc=1)
            yield Scenario(f"export-{name}-{symbol}-wrong-version", kit.provider(*pair(), **options), user)


def sections(kit):
    """One section of the tables is hidden, empty, longer or odd."""
    def changed(name, table, change):
        provider = kit.provider(*pair())
        section = provider.section(table)
        if section is None:
            return
        change(provider, section)
        yield Scenario(f"export-section-{name}-{table.strip('_')}", provider, kit.user("kg_symbol"),
                       kit.user("kg_symbol_gpl", name="kg_user2"))

    def hide(provider, section):
        section.sh_flags &= ~elf.SHF_ALLOC

    def rename(provider, section):
        provider.rename(section, "__kg_table")

    def longer(provider, section):
        section.data += bytes(64)

    def writable(provider, section):
        section.sh_flags |= elf.SHF_WRITE

    def odd(provider, section):
        section.data += b"\0"

    for table in TABLES:
        for name, change in (("not-alloc", hide), ("renamed", rename), ("writable", writable), ("odd-size", odd)):
            yield from changed(name, table, change)
        if table.startswith(("__kcrctab", "__kflagstab")):
            yield from changed("longer", table, longer)
        # The first of two counts. Behind a table of versions that is empty the kernel reads on.
        for name, first in (("first-of-two", True), ("second-of-two", False)):
            if table.startswith("__kcrctab") and not first:
                continue
            yield from changed(name, table, lambda provider, section, first=first: double(provider, section, first))
    for table in ("__ksymtab", "__ksymtab_gpl"):
        yield from changed("one-byte-short", table, lambda provider, section: section.data.pop())
    yield from entries(kit)


def double(provider, section, first):
    """A second section of the name: empty, or all that the first one has while that one is empty."""
    copy = provider.copy_section(section)
    if first:
        copy.data = bytearray()
        return
    relocations = provider.relocations_of(section)
    if relocations is not None:
        relocations.sh_info = copy.index
    section.data = bytearray()


def entries(kit):
    module = kit.provider(export("kg_symbol"), export("kg_symbol2"))
    module.relocations_of(module.section("__ksymtab")).sh_type = elf.SHT_PROGBITS
    yield Scenario("export-entries-without-relocations", module, kit.user("kg_symbol"))
    yield Scenario("export-name-empty", kit.provider(export("kg_symbol"), export("")), kit.user("kg_symbol"))
    yield Scenario("export-name-long", kit.provider(export("kg_" + "x" * 500)),
                   kit.plain("kg_user").using("kg_" + "x" * 500, version=False))
    # The kernel searches by halves, so an entry at a wrong place is found only where the search comes by.
    unsorted = [export("kg_c"), export("kg_b"), export("kg_a")]
    module = kit.provider(*unsorted, order=unsorted)
    users = [kit.user(f"kg_{letter}", name=f"kg_user_{letter}") for letter in "abc"]
    yield Scenario("export-unsorted-three", module, *users)
    unsorted = [export(f"kg_{letter}") for letter in "gabcdef"]
    module = kit.provider(*unsorted, order=unsorted)
    users = [kit.user(f"kg_{letter}", name=f"kg_user_{letter}") for letter in "abcdefg"]
    yield Scenario("export-unsorted-seven", module, *users)
    if kit.kernel.export_layout == "flags":
        for value in (0, 1, 2, 3, 0x80, 0xFF):
            module = kit.provider(export("kg_symbol"))
            module.section("__kflagstab").data[0] = value
            yield Scenario(f"export-flags-{value}", module, kit.user("kg_symbol"),
                           kit.user("kg_symbol", name="kg_user2").licensed("Proprietary"))


def doubled(kit):
    for name, symbol in (("plain", PLAIN_SYMBOL), ("gpl", GPL_SYMBOL)):
        for gpl in (False, True):
            suffix = f"{name}-as-{'gpl' if gpl else 'plain'}"
            yield Scenario(f"double-vmlinux-{suffix}", kit.provider(export(symbol, gpl=gpl)))
            yield Scenario(f"double-vmlinux-{suffix}-proprietary", kit.proprietary(export(symbol, gpl=gpl)))
    first = kit.provider(*pair(), name="kg_first")
    for symbol in ("kg_symbol", "kg_symbol_gpl"):
        for gpl in (False, True):
            second = kit.provider(export("kg_other"), export(symbol, gpl=gpl), name="kg_second")
            yield Scenario(f"double-module-{symbol}-as-{'gpl' if gpl else 'plain'}", first, second, kit.user("kg_other"))
    yield Scenario("double-module-proprietary", first, kit.proprietary(export("kg_symbol_gpl")))
    yield Scenario("double-of-proprietary", kit.proprietary(export("kg_symbol", gpl=True)),
                   kit.provider(export("kg_symbol")))
    refused = kit.provider(export("kg_symbol"), name="kg_refused").using("kg_nowhere")
    yield Scenario("double-of-refused", refused, kit.provider(export("kg_symbol")), kit.user("kg_symbol"))
    yield Scenario("double-in-itself", kit.provider(export("kg_symbol"), export("kg_symbol")), kit.user("kg_symbol"))
    both = kit.provider(export("kg_symbol"), export("kg_symbol", gpl=True))
    yield Scenario("double-in-itself-plain-and-gpl", both, kit.user("kg_symbol"),
                   kit.user("kg_symbol", name="kg_user2").licensed("Proprietary"))
    yield Scenario("double-and-missing", kit.provider(export(PLAIN_SYMBOL)).using("kg_nowhere"))
    yield Scenario("double-name-and-export", kit.provider(*pair()), kit.provider(*pair()))
    yield Scenario("double-own-use", kit.provider(export("kg_symbol")).using("kg_symbol"))
    yield Scenario("double-own-use-weak", kit.provider(export("kg_symbol")).using("kg_symbol", bind=elf.STB_WEAK))
    yield Scenario("double-third", first, kit.provider(export("kg_symbol"), name="kg_second"),
                   kit.provider(export("kg_symbol"), name="kg_third"), kit.user("kg_symbol"))


def namespaces(kit):
    def used(name, namespace, *imports, gpl=False, license_text="GPL", bind=elf.STB_GLOBAL, user="kg_user"):
        provider = kit.provider(export("kg_symbol", gpl=gpl, namespace=namespace))
        module = kit.plain(user).using("kg_symbol", bind=bind).licensed(license_text)
        if imports:
            module.replace_tag("import_ns", *imports)
        return Scenario(f"namespace-{name}", provider, module)

    yield used("not-imported", "KG_SPACE")
    yield used("imported", "KG_SPACE", "KG_SPACE")
    yield used("other-imported", "KG_SPACE", "KG_OTHER")
    yield used("second-imported", "KG_SPACE", "KG_OTHER", "KG_SPACE")
    yield used("prefix-imported", "KG_SPACE", "KG_SPAC")
    yield used("longer-imported", "KG_SPACE", "KG_SPACES")
    yield used("case", "KG_SPACE", "kg_space")
    yield used("list-imported", "KG_SPACE", "KG_SPACE,KG_OTHER")
    yield used("blank-imported", "KG_SPACE", "KG_SPACE ")
    yield used("empty-imported", "KG_SPACE", "")
    yield used("empty", "", "KG_SPACE")
    yield used("empty-not-imported", "")
    yield used("none", None)
    yield used("weak-not-imported", "KG_SPACE", bind=elf.STB_WEAK)
    yield used("weak-imported", "KG_SPACE", "KG_SPACE", bind=elf.STB_WEAK)
    yield used("gpl-not-imported", "KG_SPACE", gpl=True)
    yield used("gpl-imported", "KG_SPACE", "KG_SPACE", gpl=True)
    yield used("gpl-imported-proprietary", "KG_SPACE", "KG_SPACE", gpl=True, license_text="Proprietary")
    yield used("not-imported-proprietary", "KG_SPACE", license_text="Proprietary")
    yield used("imported-proprietary", "KG_SPACE", "KG_SPACE", license_text="Proprietary")
    yield used("quoted", "\"KG_SPACE\"", "KG_SPACE")
    yield used("unused-import", None, "KG_NOBODY")
    for kind, name in (("EXPORT_SYMBOL", "plain"), ("EXPORT_SYMBOL_GPL", "gpl")):
        found = kit.kernel.exported(kind, namespaced=True)
        if found:
            yield Scenario(f"namespace-vmlinux-{name}-not-imported", kit.user(found[0]))
            yield Scenario(f"namespace-vmlinux-{name}-imported", kit.user(found[0]).replace_tag("import_ns", found[1]))
        found = kit.kernel.exported(kind, for_modules=True)
        if found:
            allowed = found[1][len("module:"):].split(",")[0].replace("*", "_kg").replace("-", "_")
            yield Scenario(f"namespace-vmlinux-{name}-for-others", kit.user(found[0]))
            yield Scenario(f"namespace-vmlinux-{name}-for-it", kit.user(found[0], name=allowed))
            yield Scenario(f"namespace-vmlinux-{name}-for-it-proprietary",
                           kit.user(found[0], name=allowed).licensed("none"))
            yield Scenario(f"namespace-vmlinux-{name}-imported-for-others",
                           kit.user(found[0]).replace_tag("import_ns", found[1]))
    provider = kit.provider(export("kg_a", namespace="A"), export("kg_b", namespace="B"), export("kg_c"))
    user = kit.user("kg_a", "kg_b", "kg_c")
    yield Scenario("namespace-two-both", provider, user.replace_tag("import_ns", "A", "B"))
    user = kit.user("kg_a", "kg_b", "kg_c")
    yield Scenario("namespace-two-one", provider, user.replace_tag("import_ns", "B"))
    yield from for_modules(kit, used)


def for_modules(kit, used):
    """Namespaces that name modules, from 6.16 on; ordinary strings before."""
    cases = (("exact", "module:kg_user"), ("other", "module:kg_other"), ("first", "module:kg_user,kg_other"),
             ("last", "module:kg_other,kg_user"), ("middle", "module:a,kg_user,b"), ("glob", "module:kg_*"),
             ("glob-all", "module:*"), ("glob-exact", "module:kg_user*"), ("glob-longer", "module:kg_users*"),
             ("glob-inside", "module:kg_*er"), ("prefix", "module:kg_use"), ("longer", "module:kg_users"),
             ("empty", "module:"),
             ("comma-only", "module:,"), ("trailing-comma", "module:kg_user,"), ("leading-comma", "module:,kg_user"),
             ("dash", "module:kg-user"), ("dash-glob", "module:kg-u*"), ("blank", "module:kg_other, kg_user"),
             ("case", "module:KG_USER"), ("prefix-case", "MODULE:kg_user"), ("no-colon", "modulekg_user"),
             ("star-comma", "module:kg_other*,kg_user"), ("only-star-last", "module:kg_other,*"))
    for name, namespace in cases:
        yield used(f"module-{name}", namespace)
        yield used(f"module-{name}-imported", namespace, namespace)
    for name in ("exact", "glob"):
        namespace = dict(cases)[name]
        yield used(f"module-{name}-proprietary", namespace, license_text="Proprietary")
        yield used(f"module-{name}-gpl-proprietary", namespace, gpl=True, license_text="Proprietary")
        yield used(f"module-{name}-weak", namespace, bind=elf.STB_WEAK)
    yield used("module-dash-in-user", "module:kg_user", user="kg-user")
    yield used("module-dash-in-both", "module:kg-user", user="kg-user")
    yield used("module-struct-name", "module:kg_user", user="kg_other")
    provider = kit.provider(export("kg_symbol", namespace="module:kg_user"))
    user = kit.plain("kg_other").using("kg_symbol")
    yield Scenario("namespace-module-name-in-struct", provider, user.struct_name("kg_user"))
    user = kit.plain("kg_other").using("kg_symbol")
    yield Scenario("namespace-module-name-in-modinfo", provider, user.replace_tag("name", "kg_user"))
    yield Scenario("namespace-module-import-unused", kit.plain().replace_tag("import_ns", "module:kg_plain"))
    yield Scenario("namespace-module-import-second", kit.plain().replace_tag("import_ns", "KG_SPACE", "module:kg_x"))
    yield Scenario("namespace-module-import-and-missing", kit.user("kg_nowhere").replace_tag("import_ns", "module:"))


def scenarios(kit):
    for part in (tables, sections, doubled, namespaces):
        yield from part(kit)
