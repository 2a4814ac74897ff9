#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every state that a FAT disk may be left in by a power cut while boot entries are written on it.

usage: power-cut.py replay LOG ESP START SEED KEEP
       power-cut.py complaints ESP          what of fsck.vfat's words about it matters

LOG    the disk's writes and flushes: write_log.py
ESP    the file system as it was before the first of them; it is changed, and left as it is after the last
START  the file system's first sector on the disk
KEEP   a directory: some of the states are kept there as ESP images, NUMBER.img, and empty.img, the first whose entry is empty

A write that no flush has followed may be on the disk or not, each of its sectors alone: at every point of the log the states
are all that was flushed, with some of the sectors written since. Of few sectors all choices are tried, of many each
prefix, each one alone, all but each one, and others by chance. Each state is judged by fsck.vfat and mtools.
"""
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from write_log import SECTOR, read_log, sectors_of

ENTRY = "::/loader/entries/arch-kernel-guard.conf"
CUSTOM = "::/grub/custom.cfg"
# What nobody may touch while entries are written.
WHOLE = ["::/loader/entries/arch.conf", "::/grub/grub.cfg", "::/loader/loader.conf", "::/vmlinuz-linux",
         "::/initramfs-linux.img", "::/initramfs-linux.old.img"]
SAMPLES = 12

# What fsck.vfat may say. A disk that was not unmounted is marked so, in the first
# boot sector alone; the number of free clusters is a hint; the second
# copy of the table, which nobody reads, is written after the first; clusters without a file are room that is lost; parts
# of a long name without a file are empty places of a directory.
ACCEPTED = [re.compile(pattern) for pattern in (
    r"fsck\.fat [0-9.]+ \(.*\)$",
    r"Dirty bit is set\. Fs was not properly unmounted and some data may be corrupt\.$",
    r"There are differences between boot sector and its backup\.$",
    r"This is mostly harmless\. Differences: \(offset:original/backup\)$",
    r"  65:01/00$",
    r"  Not automatically fixing this\.$",
    r" *Automatically removing dirty bit\.$",
    r"FATs differ but appear to be intact\.$",
    r" *Using first FAT\.$",
    r"Free cluster summary (wrong|uninitialized) \(.*\)$",
    r" *Auto-(correcting|setting)\.$",
    r"Reclaimed \d+ unused clusters? \(\d+ bytes\)( in \d+ chains?)?\.$",
    r"Orphaned long file name part \".*\"$",
    r" +\(?Auto-deleting\.\)?$",
    r"Leaving filesystem unchanged\.$",
    r"\*\*\* Filesystem was changed \*\*\*$",
    r"The changes have not been written, you specified -n\.$",
    r"$",
    r".*: \d+ files, \d+/\d+ clusters$",
)]


class Disk:
    """The file system as it is for sure, and the states that it is put into for a moment."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "r+b", buffering=0)

    def get(self, sector):
        return os.pread(self.file.fileno(), SECTOR, sector * SECTOR)

    def put(self, sector, data):
        os.pwrite(self.file.fileno(), data, sector * SECTOR)

    def read(self, name):
        """What mtools finds there, or None; and the same for a name that nobody has."""
        done = subprocess.run(["mtype", "-i", self.path, name], capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def digests(self):
        """Of what nobody may touch; None where one of it cannot be read."""
        with tempfile.TemporaryDirectory(dir=os.path.dirname(self.path)) as place:
            done = subprocess.run(["mcopy", "-n", "-i", self.path] + WHOLE + [place], capture_output=True, check=False)
            if done.returncode != 0:
                return None
            found = {}
            for name in WHOLE:
                with open(os.path.join(place, os.path.basename(name)), "rb") as file:
                    found[name] = hashlib.sha256(file.read()).hexdigest()
            return found

    def complaints(self):
        done = subprocess.run(["fsck.vfat", "-n", self.path], capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).split("\n")
        return [line for line in lines if not any(pattern.match(line) for pattern in ACCEPTED)]


class Operation:
    """What `kernel-guard entries` does between two marks: the files before and after it."""

    def __init__(self, name, disk):
        self.name = name
        self.whole = disk.digests()
        assert self.whole, "the disk has not the files that it should"
        self.before = {name: disk.read(name) for name in (ENTRY, CUSTOM)}
        self.after = {}
        self.states = 0
        self.failed = 0
        self.empty = 0

    def judge(self, disk, done):
        """What is wrong with the state. The end of a step says that all is on the disk."""
        wrong = disk.complaints()
        if disk.digests() != self.whole:
            wrong.append("the original entry, kernel or image is not whole")
        for name in (ENTRY, CUSTOM):
            there = disk.read(name)
            if there == self.after[name]:
                continue
            if done:
                wrong.append(f"{name}: is not on the disk, although kernel-guard has said so")
            # Where nothing was, an empty file is as good: no loader makes anything of it.
            if there == b"" and self.before[name] is None:
                self.empty += 1
            elif there != self.before[name]:
                wrong.append(f"{name}: is neither the old nor the new one, but {describe(there)}")
        return wrong


def describe(content):
    return "not there" if content is None else f"{len(content)} bytes: {content[:60]!r}"


def choices(writes, chance):
    """Which of the writes since the last flush are on the disk."""
    count = len(writes)
    if count <= 4:
        return list(range(1 << count))
    every = (1 << count) - 1
    found = {0, every}
    for i in range(count):
        found |= {(1 << i) - 1, 1 << i, every & ~(1 << i)}
    for _ in range(SAMPLES):
        found.add(chance.getrandbits(count))
    return sorted(found)


def states_of(writes, chance):
    """The contents of sectors, each state once."""
    seen = set()
    for choice in choices(writes, chance):
        state = {}
        for i, (sector, data) in enumerate(writes):
            if choice >> i & 1:
                state[sector] = data
        key = hashlib.sha256(b"".join(sector.to_bytes(8, "big") + data for sector, data in sorted(state.items()))).digest()
        if key not in seen:
            seen.add(key)
            yield state


class Replay:
    def __init__(self, disk, seed, keep):
        self.disk = disk
        self.chance = random.Random(seed)
        self.keep = keep
        self.operations = []
        self.kept = []
        self.total = 0
        self.empty = False

    def ends_of(self, steps, first):
        """The files when all is written of the step that begins at first."""
        saved = {}
        for step in steps[first:]:
            if step[0] == "mark" and step[1].startswith("settled "):
                break
            if step[0] == "write":
                saved.setdefault(step[1], self.disk.get(step[1]))
                self.disk.put(step[1], step[2])
        after = {name: self.disk.read(name) for name in (ENTRY, CUSTOM)}
        for sector, data in saved.items():
            self.disk.put(sector, data)
        return after

    def try_states(self, operation, writes, done):
        for state in states_of(writes, self.chance):
            saved = {sector: self.disk.get(sector) for sector in state}
            for sector, data in state.items():
                self.disk.put(sector, data)
            operation.states += 1
            self.total += 1
            wrong = operation.judge(self.disk, done)
            if wrong:
                operation.failed += 1
                if operation.failed <= 3:
                    print(f"# {operation.name}: state {operation.states}: " + "; ".join(wrong[:4]))
            self.sample(operation)
            if operation.empty and not self.empty:
                self.empty = True
                shutil.copyfile(self.disk.path, os.path.join(self.keep, "empty.img"))
            for sector, data in saved.items():
                self.disk.put(sector, data)

    def sample(self, operation):
        """Each state has the same chance to be among those that are kept."""
        if len(self.kept) < SAMPLES:
            place = len(self.kept)
            self.kept.append(None)
        else:
            place = self.chance.randrange(self.total)
            if place >= SAMPLES:
                return
        self.kept[place] = f"{operation.name}, state {operation.states}"
        shutil.copyfile(self.disk.path, os.path.join(self.keep, f"{place}.img"))

    def run(self, steps):
        operation = None
        pending = []
        for number, step in enumerate(steps):
            if step[0] == "write":
                pending.append(step[1:])
                continue
            if step[0] == "mark" and step[1].startswith("begin "):
                # The files before it: the step begins after a sync.
                self.settle(pending)
                operation = Operation(step[1][6:], self.disk)
                operation.after = self.ends_of(steps, number + 1)
                self.operations.append(operation)
            elif operation:
                ended = step[0] == "mark" and step[1].startswith("end ")
                self.try_states(operation, pending, ended)
                if ended:
                    operation = None
            if step[0] == "flush":
                self.settle(pending)
        self.settle(pending)

    def settle(self, pending):
        for sector, data in pending:
            self.disk.put(sector, data)
        pending.clear()


def size_of(content):
    return "none" if content is None else str(len(content))


def report(replay):
    for operation in replay.operations:
        changes = " ".join(f"{name.rsplit('/', 1)[1]}:{size_of(operation.before[name])}>{size_of(operation.after[name])}"
                           for name in (ENTRY, CUSTOM))
        print(f"{operation.name}: states={operation.states} failed={operation.failed} {changes}")
    for place, name in enumerate(replay.kept):
        print(f"kept {place}.img: {name}")
    print(f"all: states={replay.total} failed={sum(operation.failed for operation in replay.operations)}"
          f" empty={sum(operation.empty for operation in replay.operations)}")


def main():
    if sys.argv[1] == "complaints":
        print("\n".join(Disk(sys.argv[2]).complaints()), end="")
        return
    log, esp, start, seed, keep = sys.argv[2:]
    replay = Replay(Disk(esp), int(seed), keep)
    replay.run(list(sectors_of(read_log(log), int(start), os.path.getsize(esp) // SECTOR)))
    report(replay)


if __name__ == "__main__":
    main()
