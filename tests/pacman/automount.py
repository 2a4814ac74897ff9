#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What systemd does for x-systemd.automount: autofs at POINT, and when it is opened, SOURCE bound there. Without SOURCE the
mount fails, as where the device is not there. Prints "ready" when it waits (autofs(5): a direct mount, protocol 5).
usage: automount.py POINT [SOURCE]"""
import ctypes
import fcntl
import os
import struct
import subprocess
import sys

AUTOFS_IOC_READY, AUTOFS_IOC_FAIL = 0x9360, 0x9361
PACKET = 300  # struct autofs_v5_packet without its padding

point, source = sys.argv[1], sys.argv[2:]
libc = ctypes.CDLL(None, use_errno=True)
read_end, write_end = os.pipe()
os.set_inheritable(write_end, True)
options = f"fd={write_end},pgrp={os.getpgrp()},minproto=5,maxproto=5,direct"
if libc.mount(b"systemd-1", point.encode(), b"autofs", 0, options.encode()) < 0:
    sys.exit(f"autofs at {point}: {os.strerror(ctypes.get_errno())}")
# This process group is not kept waiting.
control = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
print("ready", flush=True)
while True:
    packet = os.read(read_end, 4096)
    if len(packet) < PACKET:
        break
    token, = struct.unpack_from("I", packet, 8)
    done = source and subprocess.call(["mount", "--bind", source[0], point]) == 0
    fcntl.ioctl(control, AUTOFS_IOC_READY if done else AUTOFS_IOC_FAIL, token)
