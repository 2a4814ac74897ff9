# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel image tells: its parameters, versions and BTF (Documentation/arch/x86/boot.rst)."""

import lzma
import struct
import subprocess
import zlib

from .elf import Elf

# struct kernel_param (include/linux/moduleparam.h) and struct module_version_attribute (include/linux/module.h), 64 bits.
PARAMETER = struct.Struct("<QQQHbBxxxxQ")
MODULE_VERSION = struct.Struct("<QQQQQQQQQ")


def unpacked(image):
    """vmlinux from bzImage."""
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start:start + length]
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(payload)
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    # The rest end with the unpacked size, which is not theirs.
    program = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4"}[payload[:4]]
    return subprocess.run([program, "-dcq"], input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout


class Image:
    def __init__(self, image):
        vmlinux = unpacked(image)
        self.elf = Elf(vmlinux)

    def at(self, address):
        """The text at an address."""
        for section in self.elf.sections:
            if section.sh_addr and section.sh_addr <= address < section.sh_addr + len(section.data):
                start = address - section.sh_addr
                return bytes(section.data[start:section.data.index(0, start)]).decode()
        return ""

    def parameters(self):
        """(name as on the command line, permissions) of every parameter that is built in."""
        data = bytes(self.elf.section("__param").data)
        return [(self.at(fields[0]), fields[3]) for fields in PARAMETER.iter_unpack(data[:len(data) // 40 * 40])]

    def with_parameters(self):
        """The names below /sys/module that come from parameters (kernel/params.c: param_sysfs_builtin())."""
        return {name.split(".")[0] if "." in name else "kernel" for name, permissions in self.parameters() if permissions}

    def btf(self):
        return bytes(self.elf.section(".BTF").data)
