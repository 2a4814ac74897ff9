# SPDX-License-Identifier: GPL-2.0-or-later
"""What the generator has to know of the kernel it makes modules for."""

import pathlib
import re
import subprocess

from . import btf
from .image import Image
from .module import Module, crc_of


def unpacked(path):
    """The bytes of a module file, however it is compressed."""
    program = {".zst": "zstd", ".xz": "xz", ".gz": "gzip"}.get(path.suffix)
    if program is None:
        return path.read_bytes()
    return subprocess.run([program, "-dc", str(path)], stdout=subprocess.PIPE, check=True).stdout


class Kernel:
    """The kernel of a tree as tests/material/kernel.sh lays it out."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.release = (self.directory / "release").read_text().strip()
        self.tree = self.directory / "root/usr/lib/modules" / self.release
        self.version = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", self.release).groups())
        self.patch_level = self._patch_level()
        self.config = (self.directory / "config").read_text().splitlines()
        self.modversions = self.has("MODVERSIONS")
        self.export_layout = "flags" if self.version >= (7, 1) else "split"
        # From 6.12 on an export without a namespace points to an empty one.
        self.namespaces_point_to_empty = self.version >= (6, 12)
        # A section index past the last section is refused from 7.0 on, and by these of the older ones; the others read
        # whatever lies behind the section table.
        checking = {(6, 1): 176, (6, 12): 95}
        self.checks_section_index = self.version >= (7, 0) or self.patch_level >= checking.get(self.version, 1 << 30)
        self._vermagic = self._image = self._btf_counts = self._dependencies = None
        self._crcs = None
        self._exports = None

    def _patch_level(self):
        """Debian's releases of older series do not tell it, its package version does."""
        for line in (self.directory / "packages").read_text().splitlines():
            found = re.match(r"linux-image-\S+ \d+\.\d+\.(\d+)", line)
            if found:
                return int(found.group(1))
        return 0

    @property
    def vermagic(self):
        """As a module of the kernel itself has it."""
        if self._vermagic is None:
            self._vermagic = Module(self.in_tree("nls_utf8"), self).tag("vermagic")
        return self._vermagic

    @property
    def image(self):
        if self._image is None:
            self._image = Image((self.tree / "vmlinuz").read_bytes())
        return self._image

    def btf_counts(self):
        """Types and bytes of strings in the BTF of vmlinux."""
        if self._btf_counts is None:
            self._btf_counts = btf.counts(self.image.btf())
        return self._btf_counts

    def has(self, option):
        return f"CONFIG_{option}=y" in self.config

    def in_tree(self, name):
        """The bytes of a module of the kernel itself, as it was shipped."""
        for path in sorted(self.tree.glob(f"kernel/**/{name}.ko*")):
            return unpacked(path)
        raise FileNotFoundError(f"{name}.ko of {self.release}")

    def with_dependencies(self, name):
        """[(name, bytes)] of a module of the kernel itself and of all that it needs, in the order to be loaded, or None."""
        if self._dependencies is None:
            lines = [line.split(":") for line in (self.tree / "modules.dep").read_text().splitlines()]
            self._dependencies = {path: needed.split() for path, needed in lines}
        for path, needed in self._dependencies.items():
            if pathlib.Path(path).name.split(".")[0].replace("-", "_") == name:
                return [(pathlib.Path(file).name.split(".")[0],
                         unpacked(self.tree / file)) for file in needed[::-1] + [path]]
        return None

    # Names in __versions and in Module.symvers, which is there only with the headers.

    def _read_symvers(self):
        self._crcs, self._exports = {}, {}
        path = self.tree / "build/Module.symvers"
        if not path.exists():
            return
        for line in path.read_text().splitlines():
            crc, name, owner, kind, namespace = (line.split("\t") + [""])[:5]
            self._crcs[name] = int(crc, 16)
            self._exports[name] = (owner, kind, namespace)

    def crc(self, name):
        """The CRC that modpost writes for a symbol; that of our own exports where the kernel has none."""
        if self._crcs is None:
            self._read_symvers()
        if name not in self._crcs:
            self._crcs[name] = self._crc_in_tree(name)
        return crc_of(name) if self._crcs[name] is None else self._crcs[name]

    def _crc_in_tree(self, name):
        """From the versions of a module of the tree that uses the symbol."""
        if self._exports or not self.modversions:
            return None
        needle = name.encode() + b"\0"
        for path in sorted(self.tree.glob("kernel/lib/**/*.ko*")) + sorted(self.tree.glob("kernel/fs/**/*.ko*")):
            image = unpacked(path)
            if needle not in image:
                continue
            for crc, other in Module(image, self).versions():
                if other == name:
                    return crc
        return None

    def built_in_without_parameters(self):
        """Names of built-in modules that have no directory for parameters or a version."""
        names = {pathlib.Path(line).stem.replace("-", "_") for line in (self.tree / "modules.builtin").read_text().split()}
        tagged = {tag.split(b"=")[0].decode() for tag in (self.tree / "modules.builtin.modinfo").read_bytes().split(b"\0")}
        known = {tag.split(".")[0] for tag in tagged if tag.split(".")[-1] in ("parm", "parmtype", "version")}
        return sorted(names - known - self.image.with_parameters())

    def exported(self, kind, namespaced=False, for_modules=False):
        """(name, namespace) of the first symbol of vmlinux by name that is exported this way, or None."""
        if self._exports is None:
            self._read_symvers()
        for name in sorted(self._exports):
            owner, how, space = self._exports[name]
            if (owner, how, bool(space), space.startswith("module:")) == ("vmlinux", kind, namespaced or for_modules,
                                                                          for_modules):
                return name, space
        return None
