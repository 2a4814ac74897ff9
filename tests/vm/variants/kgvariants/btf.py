# SPDX-License-Identifier: GPL-2.0-or-later
"""A writer of BTF (Documentation/bpf/btf.rst)."""

import struct

HEADER = struct.Struct("<HBBIIIII")
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, \
    DECL_TAG, TYPE_TAG, ENUM64 = range(1, 20)
# Bytes behind struct btf_type, for each member that vlen counts, and always.
MEMBER = {STRUCT: 12, UNION: 12, ENUM: 8, FUNC_PROTO: 8, DATASEC: 12, ENUM64: 12}
EXTRA = {INT: 4, ARRAY: 12, VAR: 4, DECL_TAG: 4}


def counts(data):
    """The number of types, with void, and the length of strings: where a split BTF goes on."""
    header = HEADER.unpack_from(data)
    start, length, strings = header[3] + header[4], header[5], header[7]
    position, types = start, 1
    while position < start + length:
        info = struct.unpack_from("<I", data, position + 4)[0]
        kind, vlen = info >> 24 & 0x1F, info & 0xFFFF
        position += 12 + MEMBER.get(kind, 0) * vlen + EXTRA.get(kind, 0)
        types += 1
    return types, strings


class Btf:
    def __init__(self, start_id=1, start_string=0):
        """A BTF of its own, or one that goes on where another ends."""
        self.start_id, self.start_string = start_id, start_string
        self.types, self.strings = [], bytearray(b"\0" if start_string == 0 else b"")
        self.values = {"magic": 0xEB9F, "version": 1, "flags": 0, "hdr_len": HEADER.size}
        self.extra_header, self.tail, self.gap = b"", b"", b""

    def string(self, text):
        offset = self.start_string + len(self.strings)
        self.strings += text if isinstance(text, bytes) else text.encode() + b"\0"
        return offset

    def add(self, kind, name=0, size=0, payload=b"", vlen=0, flag=0):
        """A type; its number. name is an offset or a text, size is the size or the type, payload what follows."""
        name = self.string(name) if isinstance(name, (str, bytes)) else name
        self.types.append(struct.pack("<III", name, (flag << 31) | (kind << 24) | vlen, size & 0xFFFFFFFF) + payload)
        return self.start_id + len(self.types) - 1

    def integer(self, name="kg_int", size=4, bits=32, offset=0, encoding=0, **options):
        return self.add(INT, name, size, struct.pack("<I", encoding << 24 | offset << 16 | bits), **options)

    def image(self, **values):
        types, strings = b"".join(self.types), bytes(self.strings)
        fields = dict(self.values, hdr_len=HEADER.size + len(self.extra_header), type_off=0, type_len=len(types),
                      str_off=len(types) + len(self.gap), str_len=len(strings))
        fields.update(values)
        header = HEADER.pack(*(fields[field] & 0xFFFFFFFF for field in (
            "magic", "version", "flags", "hdr_len", "type_off", "type_len", "str_off", "str_len")))
        return header + self.extra_header + types + self.gap + strings + self.tail
