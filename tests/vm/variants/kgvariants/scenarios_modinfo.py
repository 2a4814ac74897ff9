# SPDX-License-Identifier: GPL-2.0-or-later
""".modinfo itself, vermagic, names and module_blacklist=, livepatch and tags without consequences
(kernel/module/main.c: get_next_modinfo(), check_modinfo(), blacklisted(), add_unformed_module())."""

from . import elf
from .kit import GPL_SYMBOL, PLAIN_SYMBOL, Scenario, export


def section(kit):
    module = kit.plain()
    module.rename(module.section(".modinfo"), ".modinfp")
    yield Scenario("modinfo-none", module)
    module = kit.plain()
    module.section(".modinfo").sh_flags = 0
    yield Scenario("modinfo-not-alloc", module)
    module = kit.user(GPL_SYMBOL)
    module.section(".modinfo").sh_flags = 0
    yield Scenario("modinfo-not-alloc-gpl-only", module)
    for name, flags in (("alloc", elf.SHF_ALLOC), ("not-alloc", 0)):
        module = kit.plain()
        module.copy_section(module.section(".modinfo")).sh_flags = flags
        yield Scenario(f"modinfo-two-{name}", module)
    # The first is the one that counts, where two are accepted at all.
    module = kit.user(GPL_SYMBOL)
    module.copy_section(module.section(".modinfo"))
    module.licensed("Proprietary")
    yield Scenario("modinfo-two-first-proprietary", module)
    module = kit.user(GPL_SYMBOL)
    module.copy_section(module.section(".modinfo")).data = bytearray(b"license=Proprietary\0")
    yield Scenario("modinfo-two-second-proprietary", module)
    # What lies where a section without contents says it would.
    module = kit.user(GPL_SYMBOL)
    nobits_modinfo(module)
    yield Scenario("modinfo-nobits-over-data", module)
    module = kit.plain()
    module.section(".modinfo").data = bytearray()
    yield Scenario("modinfo-empty", module)


def nobits_modinfo(module):
    """The section keeps its place and size, and its tags lie in another one."""
    info = module.section(".modinfo")
    copy = module.copy_section(info, ".kg_tags")
    copy.sh_flags = 0
    info.sh_type = elf.SHT_NOBITS
    info.sh_size = len(info.data)

    def change(file):
        module.set_section_field(file, info, "sh_offset", copy.sh_offset)
    module.at_the_end(change)


def parsing(kit):
    def tags(name, data, size=None, symbol=GPL_SYMBOL):
        module = kit.user(symbol)
        info = module.section(".modinfo")
        vermagic = b"vermagic=" + kit.kernel.vermagic.encode() + b"\0"
        info.data = bytearray(data.replace(b"VERMAGIC\0", vermagic))
        if size is not None:
            module.at_the_end(lambda file: module.set_section_field(file, info, "sh_size", size(len(info.data))))
        return Scenario(f"modinfo-{name}", module)

    good = b"license=GPL\0VERMAGIC\0name=kg_user\0"
    yield tags("plain", good)
    yield tags("zeros-before", b"\0\0\0" + good)
    yield tags("zeros-between", good.replace(b"\0", b"\0\0\0"))
    yield tags("zeros-behind", good + bytes(64))
    yield tags("zeros-only", bytes(64))
    yield tags("last-not-terminated", b"VERMAGIC\0name=kg_user\0license=GPL\0", lambda size: size - 1)
    yield tags("last-cut", b"VERMAGIC\0name=kg_user\0license=GPL\0", lambda size: size - 3)
    yield tags("last-cut-to-one-byte", b"VERMAGIC\0name=kg_user\0license=GPL\0", lambda size: size - 11)
    yield tags("last-cut-off", b"VERMAGIC\0name=kg_user\0license=GPL\0", lambda size: size - 12)
    yield tags("size-0", good, lambda size: 0)
    yield tags("size-1", good, lambda size: 1)
    yield tags("size-0-vermagic-first", b"vermagic=wrong\0license=GPL\0", lambda size: 0)
    yield tags("size-11", good, lambda size: 11)
    yield tags("size-12", good, lambda size: 12)
    yield tags("size-13", good, lambda size: 13)
    yield tags("tag-without-value", b"license\0VERMAGIC\0name=kg_user\0")
    yield tags("tag-prefix", b"xlicense=Proprietary\0" + good)
    yield tags("tag-longer", b"licenses=Proprietary\0" + good)
    yield tags("tag-with-blank", b"license =Proprietary\0" + good)
    yield tags("tag-upper-case", b"LICENSE=Proprietary\0" + good)
    yield tags("tag-in-value", b"description=license=Proprietary\0" + good)
    yield tags("value-with-equals", b"license=GPL=GPL\0VERMAGIC\0")
    yield tags("long-value", b"description=" + b"x" * 100000 + b"\0" + good)


def vermagic(kit):
    magic = kit.kernel.vermagic
    release, flags = magic.split(" ", 1)
    for versions in (True, False):
        suffix = "" if versions else "-no-versions"

        def with_magic(name, *values, versions=versions, suffix=suffix):
            module = kit.plain().replace_tag("vermagic", *values)
            if not versions:
                module.without_versions()
            return Scenario(f"vermagic-{name}{suffix}", module)

        yield with_magic("as-is", magic)
        yield with_magic("none")
        yield with_magic("empty", "")
        yield with_magic("other-release", f"{release}x {flags}")
        yield with_magic("old-release", f"5.4.0-1-generic {flags}")
        yield with_magic("no-release", f" {flags}")
        yield with_magic("flag-missing", magic.replace("mod_unload ", ""))
        yield with_magic("flag-more", magic + "aarch64 ")
        yield with_magic("flag-other", magic.replace("SMP", "UP"))
        yield with_magic("preempt-rt", magic.replace("SMP ", "SMP preempt_rt "))
        yield with_magic("no-trailing-blank", magic.rstrip())
        yield with_magic("two-trailing-blanks", magic + " ")
        yield with_magic("leading-blank", " " + magic)
        yield with_magic("release-only", release)
        yield with_magic("upper-case", magic.upper())
        yield with_magic("modversions", magic.rstrip() + " modversions ")
        yield with_magic("first-good", magic, "wrong")
        yield with_magic("first-wrong", "wrong", magic)
        yield with_magic("first-empty", "", magic)


def names(kit):
    def loaded_twice(name, first, second, *others, options=""):
        return Scenario(f"name-{name}", first, second, *others, options=options)

    yield loaded_twice("twice", kit.plain(), kit.plain())
    yield loaded_twice("twice-other-contents", kit.plain(), kit.user(PLAIN_SYMBOL, name="kg_plain"))
    yield loaded_twice("modinfo-same-struct-other", kit.plain(), kit.plain().struct_name("kg_other"))
    yield loaded_twice("struct-same-modinfo-other", kit.plain(), kit.plain().replace_tag("name", "kg_other"))
    yield loaded_twice("no-name-in-modinfo", kit.plain(), kit.plain().replace_tag("name"))
    yield loaded_twice("dash", kit.plain(), kit.plain("kg-plain"))
    yield loaded_twice("dash-twice", kit.plain("kg-plain"), kit.plain("kg-plain"))
    yield loaded_twice("case", kit.plain(), kit.plain("KG_plain"))
    yield loaded_twice("prefix", kit.plain(), kit.plain("kg_plain2"), kit.plain("kg_plai"))
    yield loaded_twice("first-refused", kit.user("kg_nowhere", name="kg_plain"), kit.plain())
    yield loaded_twice("refused-then-twice", kit.plain(), kit.user("kg_nowhere", name="kg_plain"), kit.plain())
    yield Scenario("name-longest", kit.plain("k" * 55), kit.plain("k" * 55), kit.plain("k" * 54))
    yield Scenario("name-empty", kit.plain().named(""))
    yield Scenario("name-empty-in-struct", kit.plain().struct_name(""))
    yield Scenario("name-empty-in-modinfo", kit.plain().replace_tag("name", ""))
    yield Scenario("name-one-letter", kit.plain("k"))
    yield Scenario("name-odd", kit.plain().named("kg.odd,name=1"))
    module = kit.plain()
    module.this_module().data[24 + 8:24 + 12] = b"\0abc"
    yield Scenario("name-garbage-behind", module, kit.plain())


def blacklist(kit):
    options = "module_blacklist=kg_one,kg-two,,kg_three,kg_"
    cases = {
        "first": kit.plain("kg_one"), "dash": kit.plain("kg_two"), "dash-in-name": kit.plain("kg-two"),
        "last-but-one": kit.plain("kg_three"), "last": kit.plain("kg_"), "longer": kit.plain("kg_ones"),
        "shorter": kit.plain("kg_on"), "other-case": kit.plain("KG_one"),
        "struct-name-only": kit.plain("kg_four").struct_name("kg_one"),
        "modinfo-name-only": kit.plain("kg_one").struct_name("kg_four"),
        "no-name-in-modinfo": kit.plain("kg_one").replace_tag("name"),
        "first-of-two-names": kit.plain("kg_one").replace_tag("name", "kg_one", "kg_four"),
        "second-of-two-names": kit.plain("kg_one").replace_tag("name", "kg_four", "kg_one"),
        "empty-name": kit.plain("kg_one").replace_tag("name", ""),
        "and-vermagic": kit.plain("kg_one").replace_tag("vermagic", "wrong"),
        "and-damaged": patched_type(kit, "kg_one"),
        "and-missing": kit.user("kg_nowhere", name="kg_one"),
    }
    for name, module in cases.items():
        yield Scenario(f"blacklist-{name}", module, options=options)
    provider = kit.provider(export("kg_symbol"), name="kg_one")
    yield Scenario("blacklist-provider", provider, kit.user("kg_symbol"), options=options)


def more_command_lines(kit):
    """Each takes a boot of its own."""
    for name, options in (
            ("dash-in-option", "module-blacklist=kg_plain"),
            ("given-twice-last", "module_blacklist=kg_x module_blacklist=kg_plain"),
            ("given-twice-first", "module_blacklist=kg_plain module_blacklist=kg_x"),
            ("quoted", "module_blacklist=\"kg_x,kg_plain\""), ("modprobe", "modprobe.blacklist=kg_plain"),
            ("empty", "module_blacklist="), ("blank-in-list", "module_blacklist=\"kg_x, kg_plain\""),
            ("nomodule", "nomodule"), ("nomodule-1", "nomodule=1"), ("nomodule-0", "nomodule=0"),
            ("modules-disabled", "sysctl.kernel.modules_disabled=1")):
        yield Scenario(f"command-line-{name}", kit.plain(), options=options).booting()


def patched_type(kit, name):
    module = kit.plain(name)
    module.force["e_type"] = 2
    return module


def tags_without_consequences(kit):
    for tag, values in (("livepatch", ("Y",)), ("livepatch", ("N",)), ("retpoline", ()), ("retpoline", ("N",)),
                        ("staging", ("Y",)), ("intree", ("Y",)), ("intree", ("N",)), ("test", ("Y",)),
                        ("depends", ("kg_nowhere",)), ("srcversion", ("x" * 23,)), ("version", ("1.0",)),
                        ("alias", ("kg_alias",)), ("softdep", ("pre: kg_nowhere",)), ("parm", ("kg:none",))):
        name = f"tag-{tag}-{'-'.join(values) or 'none'}".lower().replace(": ", "-").replace(":", "-")
        yield Scenario(name, kit.plain().replace_tag(tag, *values))
    yield Scenario("tag-livepatch-twice", kit.plain().replace_tag("livepatch", "Y"), kit.plain())
    module = kit.user(GPL_SYMBOL).replace_tag("livepatch", "Y")
    yield Scenario("tag-livepatch-gpl-only", module)
    yield Scenario("tag-livepatch-proprietary", kit.user(GPL_SYMBOL).replace_tag("livepatch", "Y").licensed("none"))


SHARING = (section, parsing, vermagic, tags_without_consequences)


def scenarios(kit):
    for part in (section, parsing, vermagic, names, blacklist, more_command_lines, tags_without_consequences):
        for scenario in part(kit):
            yield scenario.sharing() if part in SHARING and len(scenario.files) == 1 else scenario
