#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a zpool.cache: a packed nvlist as module/nvpair/nvpair.c of OpenZFS 2.3 writes it.

usage: zpool-cache.py POOL=PATH[,PATH]...      several paths: a mirror of them
"""
import struct
import sys

UINT64, STRING, NVLIST, NVLIST_ARRAY = 8, 9, 19, 20
HEADER = struct.pack("<iIQIi", 0, 1, 0, 0, 0)


def aligned(data):
    return data + bytes(-len(data) % 8)


def pair(name, kind, count, value, behind=b""):
    text = name.encode() + b"\0"
    body = aligned(bytes(16) + text) + aligned(value)
    head = struct.pack("<ihhiI", len(body), len(text), 0, count, kind)
    return head + body[16:] + behind


def string(name, text):
    return pair(name, STRING, 1, text.encode() + b"\0")


def number(name, value):
    return pair(name, UINT64, 1, struct.pack("<Q", value))


def nvlist(*pairs):
    return b"".join(pairs) + bytes(4)


def embedded(name, content):
    return pair(name, NVLIST, 1, HEADER, content)


def array(name, lists):
    return pair(name, NVLIST_ARRAY, len(lists), bytes(8 * len(lists)) + HEADER * len(lists), b"".join(lists))


def disk(index, path):
    return nvlist(string("type", "disk"), number("id", index), string("path", path), string("phys_path", "pci-0000:01:00.0"))


def pool(name, paths):
    disks = [disk(index, path) for index, path in enumerate(paths)]
    top = nvlist(string("type", "mirror"), array("children", disks)) if len(disks) > 1 else disks[0]
    tree = nvlist(string("type", "root"), array("children", [top]), array("l2cache", [disk(0, "/dev/cache")]))
    return embedded(name, nvlist(number("version", 5000), string("name", name), embedded("vdev_tree", tree)))


pools = [argument.split("=", 1) for argument in sys.argv[1:]]
content = nvlist(*[pool(name, paths.split(",")) for name, paths in pools])
sys.stdout.buffer.write(bytes([0, 1, 0, 0]) + struct.pack("<iI", 0, 1) + content)
