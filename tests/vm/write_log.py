# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk's writes and flushes, as QEMU's blklogwrites records them (the format of Linux' dm-log-writes)."""
import struct

SECTOR = 512
FLUSH = 1
MARK = b"KG-MARK "


def read_log(path):
    """Its steps: ("flush",), ("write", sector, bytes), and before a write that is a mark ("mark", text)."""
    with open(path, "rb") as file:
        data = memoryview(file.read())
    magic, version, count, unit = struct.unpack_from("<QQQI", data)
    assert (magic, version, unit) == (0x6A736677736872, 1, SECTOR), "no log of writes"
    at = unit
    steps = []
    for _ in range(count):
        sector, sectors, flags, _ = struct.unpack_from("<QQQQ", data, at)
        at += unit
        assert not flags & ~FLUSH, "a request that is neither write nor flush"
        if flags & FLUSH:
            steps.append(("flush",))
        payload = data[at : at + sectors * unit]
        at += sectors * unit
        if payload[: len(MARK)] == MARK:
            steps.append(("mark", bytes(payload[len(MARK) :]).decode().strip()))
        if sectors:
            steps.append(("write", sector, payload))
    return steps


def sectors_of(steps, start, size):
    """The same for a part of the disk: a step for each of its sectors, which are counted from its first."""
    for step in steps:
        if step[0] != "write":
            yield step
            continue
        _, sector, payload = step
        for i in range(len(payload) // SECTOR):
            if start <= sector + i < start + size:
                yield ("write", sector + i - start, bytes(payload[i * SECTOR : (i + 1) * SECTOR]))
