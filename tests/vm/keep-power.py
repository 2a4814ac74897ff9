#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The disk as a power cut leaves it, at moments of a record of its writes.

usage: keep-power.py points LOG SEED COUNT    prints "POINT PART STATE PENDING" for COUNT moments, as many of each part
       keep-power.py cut LOG SEED POINT STATE DISK SUPERBLOCK    DISK, which was as before the record, is made what the cut leaves

A part of the record begins with a mark, which names it, and ends with the next one; the last mark begins none. POINT counts steps
of the record, or is "end". A write that no flush has followed may be on the disk or not. STATE says which are: `all`, `none`, or
`some`, each of their sectors by chance. ext4's superblock, the two sectors from SUPERBLOCK on, is taken as one: its checksum is
looked at before the journal is (Linux 6.12, fs/ext4/super.c, ext4_init_metadata_csum()), and with a torn one nothing is mounted.
"""
import os
import random
import sys

from write_log import SECTOR, read_log

STATES = ["all", "some", "none"]


def points(steps, seed, count):
    """Moments spread over each part, by chance, with the states in turn."""
    chance = random.Random(seed)
    marks = [(number, step[1]) for number, step in enumerate(steps) if step[0] == "mark"]
    parts = len(marks) - 1
    total = 0
    for i in range(parts):
        (first, part), (end, _) = marks[i : i + 2]
        # Behind the mark's own write.
        writes = [number for number in range(first + 2, end) if steps[number][0] == "write"]
        wanted = count * (i + 1) // parts - count * i // parts
        for j in range(wanted):
            among = writes[len(writes) * j // wanted : len(writes) * (j + 1) // wanted]
            if among:
                point = chance.choice(among) + 1
                print(point, part, STATES[total % len(STATES)], len(pending_at(steps, point)))
                total += 1


def pending_at(steps, point):
    """The writes before it that no flush has followed."""
    pending = []
    for step in steps[:point]:
        if step[0] == "flush":
            pending.clear()
        elif step[0] == "write":
            pending.append(step)
    return pending


def pieces(sector, data, superblock):
    """What of a write is on the disk or not: (sector, bytes)."""
    at = 0
    while at < len(data):
        size = 2 * SECTOR if sector + at // SECTOR == superblock else SECTOR
        yield sector + at // SECTOR, data[at : at + size]
        at += size


def cut(steps, seed, point, state, path, superblock):
    pending = pending_at(steps, point)
    writes = [step for step in steps[:point] if step[0] == "write"]
    flushed = writes[: len(writes) - len(pending)]
    chance = random.Random(f"{seed} {point}")
    with open(path, "r+b", buffering=0) as disk:

        def put(sector, data):
            assert os.pwrite(disk.fileno(), data, sector * SECTOR) == len(data)

        for _, sector, data in flushed:
            put(sector, data)
        for _, sector, data in pending if state != "none" else ():
            if state == "all":
                put(sector, data)
                continue
            for piece in pieces(sector, data, superblock):
                if chance.getrandbits(1):
                    put(*piece)


def main():
    command, log, seed = sys.argv[1:4]
    steps = read_log(log)
    if command == "points":
        points(steps, seed, int(sys.argv[4]))
    else:
        point, state, path, superblock = sys.argv[4:]
        cut(steps, seed, len(steps) if point == "end" else int(point), state, path, int(superblock))


if __name__ == "__main__":
    main()
