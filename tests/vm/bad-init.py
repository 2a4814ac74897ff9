#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the pointer to a module's init() point where nothing is: the kernel accepts the module, and its call is an oops.
# usage: bad-init.py MODULE OUTPUT      MODULE is unsigned and not compressed
import struct
import sys

data = bytearray(open(sys.argv[1], 'rb').read())
table, = struct.unpack_from('<Q', data, 0x28)
count, names = struct.unpack_from('<HH', data, 0x3c)
# sh_name, type, flags, addr, 4: offset, 5: size, 6: link, info, addralign, entsize
sections = [struct.unpack_from('<IIQQQQIIQQ', data, table + 64 * i) for i in range(count)]


def string(section, offset):
    start = sections[section][4] + offset
    return data[start:data.index(0, start)].decode()


changed = 0
for section in sections:
    if string(names, section[0]) != '.rela.gnu.linkonce.this_module':
        continue
    symbols = sections[section[6]]
    for rela in range(section[4], section[4] + section[5], 24):
        symbol, = struct.unpack_from('<I', data, rela + 12)
        name, = struct.unpack_from('<I', data, symbols[4] + 24 * symbol)
        if string(symbols[6], name) == 'init_module':
            struct.pack_into('<q', data, rela + 16, 0x20000000)
            changed += 1
if changed != 1:
    sys.exit(f'{sys.argv[1]}: {changed} relocations of init_module')
open(sys.argv[2], 'wb').write(data)
