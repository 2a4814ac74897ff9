# SPDX-License-Identifier: GPL-2.0-or-later
"""Licence texts, the names that are proprietary whatever they say, and inherited taint (include/linux/license.h,
kernel/module/main.c: set_license() or module_license_taint_check(), inherit_taint(), find_symbol()).

A module that uses a symbol for GPL modules only shows what the kernel takes it for."""

from . import elf
from .kit import GPL_SYMBOL, PLAIN_SYMBOL, Scenario, export

ACCEPTED = ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL")
NEAR = ("", " ", "gpl", "Gpl", "GPL ", " GPL", "GPLv2", "GPL v2 ", "GPL  v2", "GPL v2+", "GPL v3", "GPL-2.0",
        "GPL-2.0-only", "LGPL",
        "Dual GPL/BSD", "Dual BSD", "Dual BSD/GPL ", "Dual MIT", "Dual MPL", "Dual CC0/GPL", "BSD", "MIT", "MPL", "CDDL",
        "Apache-2.0",
        "Proprietary", "unspecified", "none", "GP", "GPL and additional", "Public Domain", "GPL\n", "GPL\t", "\x01GPL")


def slug(text):
    # Two texts that differ in blanks or case only must not share a name.
    special = {" ": "_", "\n": "newline", "\t": "tab", "\x01": "control", "/": "+"}
    return "".join(special.get(letter, letter) for letter in text) or "empty"


def texts(kit):
    for number, text in enumerate(ACCEPTED):
        yield Scenario(f"licence-accepted-{number}-{slug(text)}", kit.user(GPL_SYMBOL).licensed(text))
    for number, text in enumerate(NEAR):
        yield Scenario(f"licence-other-{number:02}-{slug(text)}", kit.user(GPL_SYMBOL).licensed(text))
    yield Scenario("licence-no-tag", kit.user(GPL_SYMBOL).licensed())
    yield Scenario("licence-no-tag-plain-symbol", kit.user(PLAIN_SYMBOL).licensed())
    yield Scenario("licence-proprietary-plain-symbol", kit.user(PLAIN_SYMBOL).licensed("Proprietary"))
    for name, values in (("gpl-first", ("GPL", "Proprietary")), ("proprietary-first", ("Proprietary", "GPL")),
                         ("empty-first", ("", "GPL")), ("cddl-gpl", ("CDDL", "GPL", "GPL v2")),
                         ("gpl-twice", ("GPL", "GPL"))):
        yield Scenario(f"licence-several-{name}", kit.user(GPL_SYMBOL).licensed(*values))


def named(kit):
    for name in ("driverloader", "lve", "ndiswrapper", "lve2", "lv", "Driverloader", "driver-loader"):
        yield Scenario(f"licence-named-{name}", kit.user(GPL_SYMBOL, name=name))
        yield Scenario(f"licence-named-{name}-plain-symbol", kit.user(PLAIN_SYMBOL, name=name))
        provider = kit.provider(export("kg_symbol"), name=name)
        yield Scenario(f"licence-named-{name}-provider", provider, kit.user("kg_symbol", GPL_SYMBOL))
    # struct module has the name that counts.
    yield Scenario("licence-named-lve-in-modinfo", kit.user(GPL_SYMBOL).replace_tag("name", "lve"))
    yield Scenario("licence-named-lve-in-struct", kit.user(GPL_SYMBOL).struct_name("lve"))


def inheritance(kit):
    owned = kit.proprietary(export("kg_owned"), export("kg_owned_gpl", gpl=True))
    free = kit.provider(export("kg_free"), export("kg_free_gpl", gpl=True), name="kg_gpl")

    def with_owned(name, *modules):
        return Scenario(f"taint-{name}", owned, *modules)

    yield with_owned("used", kit.user("kg_owned"))
    yield with_owned("then-plain", kit.user("kg_owned", PLAIN_SYMBOL))
    yield with_owned("then-gpl-only", kit.user("kg_owned", GPL_SYMBOL))
    yield with_owned("after-gpl-only", kit.user(GPL_SYMBOL, "kg_owned"))
    yield with_owned("after-plain", kit.user(PLAIN_SYMBOL, "kg_owned"))
    yield with_owned("between", kit.user(PLAIN_SYMBOL, "kg_owned", PLAIN_SYMBOL, GPL_SYMBOL))
    yield with_owned("gpl-only-export", kit.user("kg_owned_gpl"))
    yield with_owned("gpl-only-export-then-plain", kit.user("kg_owned_gpl", "kg_owned"))
    yield with_owned("plain-then-gpl-only-export", kit.user("kg_owned", "kg_owned_gpl"))
    yield with_owned("used-by-proprietary", kit.user("kg_owned").licensed("Proprietary"))
    yield with_owned("gpl-only-export-used-by-proprietary", kit.user("kg_owned_gpl").licensed("Proprietary"))
    yield with_owned("gpl-only-by-proprietary", kit.user("kg_owned", GPL_SYMBOL).licensed("Proprietary"))
    weak = elf.STB_WEAK
    yield with_owned("weak-after-gpl-only", kit.user(GPL_SYMBOL).using("kg_owned", bind=weak))
    yield with_owned("weak-before-gpl-only", kit.plain("kg_user").using("kg_owned", bind=weak).using(GPL_SYMBOL))
    yield with_owned("before-weak-gpl-only", kit.user("kg_owned").using(GPL_SYMBOL, bind=weak))
    yield with_owned("weak-weak", kit.plain("kg_user").using("kg_owned", GPL_SYMBOL, bind=weak))
    yield with_owned("weak-weak-other-order", kit.plain("kg_user").using(GPL_SYMBOL, "kg_owned", bind=weak))
    yield with_owned("weak-gpl-only-found-then-owned", kit.plain("kg_user").using(GPL_SYMBOL, bind=weak).using("kg_owned"))
    yield with_owned("local-undefined", kit.plain("kg_user").using("kg_owned", bind=elf.STB_LOCAL).using(GPL_SYMBOL))
    yield from transitive(kit, owned, free)


def transitive(kit, owned, free):
    middle = kit.provider(export("kg_middle"), name="kg_middle").using("kg_owned")
    yield Scenario("taint-transitive", owned, middle, kit.user("kg_middle", GPL_SYMBOL))
    yield Scenario("taint-transitive-gpl-only-first", owned, middle, kit.user(GPL_SYMBOL, "kg_middle"))
    yield Scenario("taint-transitive-alone", owned, middle, kit.user("kg_middle"))
    outer = kit.provider(export("kg_outer"), name="kg_outer").using("kg_middle")
    yield Scenario("taint-transitive-three", owned, middle, outer, kit.user("kg_outer", GPL_SYMBOL))
    clean = kit.provider(export("kg_middle"), name="kg_middle").using(GPL_SYMBOL).using("kg_owned", bind=elf.STB_WEAK)
    yield Scenario("taint-not-inherited-weak", owned, clean, kit.user("kg_middle", GPL_SYMBOL))
    refused = kit.provider(export("kg_middle"), name="kg_middle").using("kg_owned", "kg_nowhere")
    yield Scenario("taint-transitive-refused", owned, refused, kit.user("kg_middle"), kit.user(GPL_SYMBOL, name="kg_last"))
    yield Scenario("taint-free", free, kit.user("kg_free", "kg_free_gpl", GPL_SYMBOL))
    yield Scenario("taint-free-by-proprietary", free, kit.user("kg_free").licensed("Proprietary"))
    yield Scenario("taint-free-gpl-only-by-proprietary", free, kit.user("kg_free_gpl").licensed("Proprietary"))
    yield Scenario("taint-two-providers", owned, free, kit.user("kg_free", "kg_owned"))
    yield Scenario("taint-two-providers-gpl-only", owned, free, kit.user("kg_free_gpl", "kg_owned"))
    yield Scenario("taint-two-providers-gpl-only-last", owned, free, kit.user("kg_owned", "kg_free_gpl"))
    # Neither of the two is hurt by the other: taint goes with symbols, not with the kernel.
    yield Scenario("taint-unrelated", owned, kit.user(GPL_SYMBOL))
    named = kit.provider(export("kg_named"), name="lve")
    yield Scenario("taint-of-named", named, kit.user("kg_named", GPL_SYMBOL))
    no_licence = kit.provider(export("kg_symbol"), name="kg_unlicensed").licensed()
    yield Scenario("taint-of-unlicensed", no_licence, kit.user("kg_symbol", GPL_SYMBOL))
    # A symbol whose version is wrong has already done its part.
    if kit.kernel.modversions:
        user = kit.plain("kg_user").using("kg_owned", crc=1).using(GPL_SYMBOL)
        yield Scenario("taint-of-wrong-version", owned, user)
        user = kit.plain("kg_user").using(GPL_SYMBOL, crc=1).using("kg_owned")
        yield Scenario("taint-gpl-only-of-wrong-version", owned, user)


SHARING = (texts,)


def scenarios(kit):
    for part in (texts, named, inheritance):
        for scenario in part(kit):
            yield scenario.sharing() if part in SHARING and len(scenario.files) == 1 else scenario
