#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel image of 8 KiB: what of a bzImage tells its release (Documentation/arch/x86/boot.rst), and some content.

For tests in which kernels are copied, placed and named, and nothing starts them.
usage: small-kernel.py RELEASE FILE
"""
import struct
import sys

release, path = sys.argv[1:3]
image = bytearray(8192)
image[0x1F1] = 1
struct.pack_into("<I", image, 0x1F4, 256)
image[0x202:0x206] = b"HdrS"
struct.pack_into("<HHH", image, 0x206, 0x020F, 0, 0)
struct.pack_into("<H", image, 0x20E, 0x300 - 0x200)
struct.pack_into("<II", image, 0x248, 0x100, 64)
text = f"{release} (us@here) #1 SMP Sat Nov 21 2026".encode() + b"\0"
image[0x300:0x300 + len(text)] = text
image[0x600:0x640] = bytes(range(64))
with open(path, "wb") as file:
    file.write(image)
