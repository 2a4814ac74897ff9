#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to hold of systemd-boot's entries once fallback entries were written, read by another reader than ours.

Written after UAPI.1 (Boot Loader Specification), UAPI.10 (Version Format Specification) and loader.conf(5).
usage: oracle-systemd-boot.py BEFORE AFTER ESP [XBOOTLDR]     BEFORE and AFTER are roots, ESP and XBOOTLDR paths below them
Prints what does not hold, a line each, and ends with status 1 then.
"""
import fnmatch
import functools
import os
import re
import sys

before_root, after_root, esp = sys.argv[1:4]
partitions = [esp] + sys.argv[4:]
wrong = []


def check(holds, text):
    if not holds:
        wrong.append(text)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def release_of(path):
    """Of a bzImage: the setup header's kernel_version (Documentation/arch/x86/boot.rst)."""
    data = read_bytes(path)[:65536]
    at = int.from_bytes(data[0x20E:0x210], "little") + 0x200
    return data[at:data.index(b"\0", at)].decode().split()[0]


def read_entry(path):
    pairs = []
    for line in read_bytes(path).decode().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            parts = line.split(None, 1)
            if len(parts) == 2:
                pairs.append((parts[0], parts[1]))
    return pairs


def values(entry, key):
    return [value for name, value in entry["pairs"] if name == key]


def value(entry, key):
    found = values(entry, key)
    return found[-1] if found else None


def entries_of(root):
    found = []
    for partition in partitions:
        directory = root + partition + "/loader/entries"
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            if name.endswith(".conf"):
                found.append({"id": name, "partition": partition, "path": directory + "/" + name,
                              "pairs": read_entry(directory + "/" + name)})
    return found


def tokens(text):
    """A version in pieces that compare as UAPI.10 has it."""
    text = re.sub(r"[^A-Za-z0-9.~^-]", " ", text)
    return re.findall(r"[0-9]+|[A-Za-z]+|[.~^-]", text)


def compare_versions(left, right):
    a, b = tokens(left), tokens(right)
    while True:
        for mark in "~":
            x, y = a[:1] == [mark], b[:1] == [mark]
            if x != y:
                return -1 if x else 1
            if x:
                a, b = a[1:], b[1:]
        if not a or not b:
            return bool(a) - bool(b)
        again = False
        for mark in "-^.":
            x, y = a[:1] == [mark], b[:1] == [mark]
            if x != y:
                return -1 if x else 1
            if x:
                a, b, again = a[1:], b[1:], True
        if again and (not a or not b or a[0] in "~-^." or b[0] in "~-^."):
            continue
        x, y = a[0], b[0]
        if x.isdigit() != y.isdigit():
            return 1 if x.isdigit() else -1
        if x.isdigit():
            x, y = int(x), int(y)
        if x != y:
            return 1 if x > y else -1
        a, b = a[1:], b[1:]


COUNTER = re.compile(r"\+([0-9]+)(?:-[0-9]+)?\.conf$")


def exhausted(entry):
    match = COUNTER.search(entry["id"])
    return bool(match) and int(match[1]) == 0


def compare(a, b):
    if exhausted(a) != exhausted(b):
        return 1 if exhausted(a) else -1
    key_a, key_b = value(a, "sort-key"), value(b, "sort-key")
    if (key_a is None) != (key_b is None):
        return 1 if key_a is None else -1
    if key_a is not None:
        for x, y in ((key_a, key_b), (value(a, "machine-id") or "", value(b, "machine-id") or "")):
            if x != y:
                return 1 if x > y else -1
        order = compare_versions(value(b, "version") or "", value(a, "version") or "")
        if order:
            return order
    return compare_versions(b["id"], a["id"])


def menu(root):
    shown = [entry for entry in entries_of(root)
             if os.path.isfile(root + entry["partition"] + "/" + (value(entry, "linux") or "?").lstrip("/"))]
    return sorted(shown, key=functools.cmp_to_key(compare))


def default(root):
    pattern = None
    conf = root + esp + "/loader/loader.conf"
    if os.path.exists(conf):
        for key, text in read_entry(conf):
            pattern = text if key == "default" else pattern
    shown = menu(root)
    for entry in shown if pattern else []:
        if fnmatch.fnmatchcase(entry["id"].lower(), pattern.lower()):
            return entry["id"]
    return shown[0]["id"]


def twin_of(path):
    """vmlinuz-linux of vmlinuz-linux.old, and so on; None of what was not kept."""
    match = re.fullmatch(r"(.*)\.old(?:\.[2-9])?(\.img)?", path)
    return match[1] + (match[2] or "") if match else None


def home(path):
    """Where a file's kept twin is looked for, without its mark: beside it, or of PLACE/TOKEN/RELEASE/NAME elsewhere."""
    match = re.fullmatch(r"(.*)/([^/]+)/(\d[^/]*\.[^/]*)/([^/]+)", path)
    if not match:
        return path
    words = list(re.finditer(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*", match[3]))
    flavour = words[-1][0] if words else "linux"
    if words and words[-1].end() != len(match[3]):
        flavour = flavour.rstrip("0123456789")
    return f"{match[1]}/kernel-guard/{match[2]}/{flavour}/{match[4]}"


def files(root):
    """All but what kernel-guard keeps for itself."""
    return {os.path.relpath(os.path.join(directory, name), root)
            for directory, _, names in os.walk(root) for name in names
            if not os.path.relpath(directory, root).startswith("var")}


before, after = entries_of(before_root), entries_of(after_root)
names = {entry["path"][len(before_root):] for entry in before}
added = [entry for entry in after if entry["path"][len(after_root):] not in names]
own_files = {os.path.relpath(entry["path"], after_root) for entry in added}
check(added, "no entry was written")
check(files(after_root) - own_files == files(before_root), "other files came or went")
for name in files(before_root):
    if not os.path.samefile(before_root + "/" + name, after_root + "/" + name):
        check(read_bytes(before_root + "/" + name) == read_bytes(after_root + "/" + name), name + " has changed")
for entry in added:
    where = entry["id"] + ": "
    kernel = value(entry, "linux")
    original = [other for other in before if other["partition"] == entry["partition"]
                and kernel and home(value(other, "linux") or "") == twin_of(kernel)]
    check(re.fullmatch(r"[A-Za-z0-9+_.-]+", entry["id"]), where + "has a name that is none")
    check(not COUNTER.search(entry["id"]), where + "is counted")
    if not original:
        wrong.append(where + "starts no kept kernel")
        continue
    same = [other for other in original if values(other, "options") == values(entry, "options")
            and [twin_of(path) or home(path) for path in values(entry, "initrd")] == [home(path) for path in values(other, "initrd")]]
    check(same, where + "is like no entry of its kernel: options or images differ")
    if not same:
        continue
    # The one whose menu entry it is below.
    model = min(same, key=lambda other: (menu(before_root).index(other) if other in menu(before_root) else 99))
    for ours, theirs in zip(values(entry, "initrd"), values(model, "initrd")):
        place = os.path.dirname(after_root + entry["partition"] + "/" + home(theirs).lstrip("/"))
        kept = os.path.isdir(place) and any(twin_of(name) == theirs.rsplit("/", 1)[-1] for name in os.listdir(place))
        check((ours != theirs) == kept, where + theirs + ": the kept image is not taken, or there is none")
    own_keys = {"title", "version", "sort-key", "linux", "initrd"}
    check([pair for pair in entry["pairs"] if pair[0] not in own_keys]
          == [pair for pair in model["pairs"] if pair[0] not in own_keys], where + "other keys differ")
    check((value(entry, "sort-key") is None) == (value(model, "sort-key") is None), where + "sort-key")
    release = release_of(after_root + entry["partition"] + "/" + kernel.lstrip("/"))
    check(release and release in (value(entry, "title") or "") and "previous kernel" in value(entry, "title"),
          where + "the title does not say what it is")
    check((value(model, "title") or "") in (value(entry, "title") or ""), where + "the title is another system's")
    check(value(entry, "version") == release, where + "the version is not the kernel's")
    shown = [other["id"] for other in menu(after_root)]
    check(entry["id"] in shown[1:], where + "is the first, or not in the menu")
    if not exhausted(model):
        check(shown.index(entry["id"]) > shown.index(model["id"]), where + "stands before its original")
    check(default(after_root) != entry["id"], where + "is the default")
check(default(before_root) == default(after_root), "the default is another")
print("\n".join(wrong) if wrong else "all holds")
sys.exit(bool(wrong))
