#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the scenarios of a kernel: OUTPUT/SCENARIO/{load,*.ko} and, where there is one, cmdline.

usage: generate.py [--modules DIR] [--share] [--command-lines] [--only PATTERN]... KERNEL OUTPUT
KERNEL is a directory as tests/material/kernel.sh makes it, --modules those of modules/ built for it."""

import argparse
import fnmatch
import pathlib
import sys

from kgvariants import (scenarios_btf, scenarios_elf, scenarios_exports, scenarios_licence, scenarios_modinfo,
                        scenarios_modules,
                        scenarios_order, scenarios_signature, scenarios_symbols, scenarios_sysfs, scenarios_versions)
from kgvariants.kernel import Kernel
from kgvariants.kit import Kit
from kgvariants.sharing import shared

PARTS = (scenarios_modules, scenarios_elf, scenarios_modinfo, scenarios_licence, scenarios_exports, scenarios_versions,
         scenarios_symbols,
         scenarios_btf, scenarios_sysfs, scenarios_order, scenarios_signature)


def write(scenario, output):
    directory = output / scenario.name
    directory.mkdir()
    for name, image in scenario.files:
        (directory / name).write_bytes(image)
    (directory / "load").write_text("".join(f"{name}\n" for name, _ in scenario.files))
    if scenario.options:
        (directory / "cmdline").write_text(scenario.options + "\n")


def wanted(scenario, options):
    if scenario.own_boot and not options.command_lines:
        return False
    return not options.only or any(fnmatch.fnmatchcase(scenario.name, pattern) for pattern in options.only)


def main():
    parser = argparse.ArgumentParser(description="Writes the scenarios of a kernel.")
    parser.add_argument("--modules", type=pathlib.Path, help="the modules of modules/, built for the kernel")
    parser.add_argument("--share", action="store_true", help="modules that do not mind each other share a scenario")
    parser.add_argument("--command-lines", action="store_true", help="also those that take a boot each")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="only scenarios with such names")
    parser.add_argument("kernel", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    kit = Kit(Kernel(options.kernel), options.modules)
    options.output.mkdir(parents=True)
    scenarios = (scenario for part in PARTS for scenario in part.scenarios(kit) if wanted(scenario, options))
    count = files = 0
    for scenario in shared(scenarios) if options.share else scenarios:
        write(scenario, options.output)
        count += 1
        files += len(scenario.files)
    print(f"{count} scenarios, {files} modules for {kit.kernel.release}")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
