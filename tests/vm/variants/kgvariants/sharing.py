# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts modules that do not mind each other into one scenario: each gets a name of its own, and that of its scenario for a
file name."""

from .kit import Scenario

# More in a row would take more memory than a small machine has.
LONGEST = 120
# Names the scenarios' last modules have, each to be replaced by another of the same length.
NAMES = (b"kg_plain", b"kg_user", b"kg_second")


def renamed(image, number):
    for name in NAMES:
        image = image.replace(name, b"k%0*d" % (len(name) - 1, number))
    return image


def shared(scenarios):
    """The scenarios, those that can be shared as parts of others."""
    rows = {}
    for scenario in scenarios:
        if not scenario.shares or scenario.options:
            yield scenario
            continue
        before = tuple(scenario.files[:-1])
        row = rows.setdefault(before, [])
        row.append((f"{scenario.name}.ko", renamed(scenario.files[-1][1], len(row) + 1)))
        if len(row) == LONGEST:
            yield row_of(rows, before)
    for before in list(rows):
        yield row_of(rows, before)


def row_of(rows, before):
    row = rows.pop(before)
    scenario = Scenario(f"row-{row[0][0][:-3]}")
    scenario.files = list(before) + row
    return scenario
