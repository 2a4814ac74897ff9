#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is to hold of GRUB's menu once fallback entries were written: a reader of its scripts that is not ours.

Written after GRUB's manual (Shell-like scripting, menuentry, default) and what grub-mkconfig makes.
usage: oracle-grub.py BEFORE AFTER CONFIG     BEFORE and AFTER are roots, CONFIG the path of grub.cfg below them
Prints what does not hold, a line each, and ends with status 1 then.
"""
import os
import re
import sys

before_root, after_root, config = sys.argv[1:4]
wrong = []


def check(holds, text):
    if not holds:
        wrong.append(text)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def split(text):
    """Tokens: ';', newline and braces as they are; a word is a list of (text or name, is variable, is quoted)."""
    found, word, at = [], None, 0

    def end():
        nonlocal word
        if word is not None:
            found.append(word)
        word = None

    def add(piece, variable=False, quoted=False):
        nonlocal word
        word = (word or []) + [(piece, variable, quoted)]

    def variable(quoted):
        nonlocal at
        match = re.compile(r"\$(?:\{(\w+|[?#*@])\}|(\w+|[?#*@]))").match(text, at)
        add(match[1] or match[2], True, quoted)
        at = match.end()

    while at < len(text):
        char = text[at]
        if char in " \t\r":
            end()
            at += 1
        elif char in "\n;{}":
            end()
            found.append(char)
            at += 1
        elif char == "#" and word is None:
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif char == "'":
            close = text.index("'", at + 1)
            add(text[at + 1:close], quoted=True)
            at = close + 1
        elif char == '"':
            at += 1
            add("", quoted=True)
            while text[at] != '"':
                if text[at] == "$":
                    variable(True)
                elif text[at] == "\\" and text[at + 1] in '"$\\':
                    add(text[at + 1], quoted=True)
                    at += 2
                else:
                    add(text[at], quoted=True)
                    at += 1
            at += 1
        elif char == "$":
            variable(False)
        elif char == "\\":
            if text[at + 1] != "\n":
                add(text[at + 1], quoted=True)
            at += 2
        else:
            add(char)
            at += 1
    end()
    return found + ["\n"]


def plain(token):
    """The text of a word that has no quotes and no variables."""
    if isinstance(token, str) or any(variable or quoted for _, variable, quoted in token):
        return None
    return "".join(piece for piece, _, _ in token)


class Parser:
    def __init__(self, text):
        self.tokens, self.at = split(text), 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self):
        while self.peek() in ("\n", ";"):
            self.at += 1

    def statements(self, *ends):
        found = []
        self.skip()
        while self.peek() is not None and self.peek() not in ends and plain(self.peek()) not in ends:
            found.append(self.statement())
            self.skip()
        if self.peek() is None and ends:
            raise SyntaxError("no " + " ".join(ends))
        return found

    def expect(self, text):
        self.skip()
        token = self.take()
        if token != text and plain(token) != text:
            raise SyntaxError(f"{text} is expected, not {token}")

    def branches(self):
        condition = self.statements("then")
        self.expect("then")
        body = self.statements("elif", "else", "fi")
        word, other = plain(self.take()), []
        if word == "elif":
            return ("if", condition, body, [self.branches()])
        if word == "else":
            other = self.statements("fi")
            self.expect("fi")
        return ("if", condition, body, other)

    def statement(self):
        if plain(self.peek()) == "if":
            self.take()
            return self.branches()
        if plain(self.peek()) == "function":
            self.take()
            name = plain(self.take())
            self.skip()
            self.expect("{")
            body = self.statements("}")
            self.expect("}")
            return ("function", name, body)
        words, block = [], None
        while isinstance(self.peek(), list):
            words.append(self.take())
        if self.peek() == "{":
            self.take()
            block = self.statements("}")
            self.expect("}")
        return ("command", words, block)


class Grub:
    """Runs a configuration as far as its menu; what loads kernels is only noted."""

    def __init__(self, root):
        self.directory = os.path.dirname(root + config)
        self.functions, self.menu = {}, []
        self.env = {"root": "own", "prefix": "(cfg)", "config_directory": "(cfg)", "grub_platform": "efi",
                    "feature_menuentry_id": "y", "feature_platform_search_hint": "y", "feature_timeout_style": "y"}
        self.run(Parser(read_bytes(root + config).decode()).statements())
        self.default = self.env.get("default", "")
        for item in self.menu:
            self.follow(item)

    def local(self, path):
        return self.directory + path[5:] if path.startswith("(cfg)") else None

    def expand(self, words):
        found = []
        for word in words:
            parts, present = [""], False
            for piece, variable, quoted in word:
                text = self.env.get(piece, "") if variable else piece
                present = present or quoted or text != ""
                if variable and not quoted and len(text.split()) > 1:
                    first, *rest = text.split()
                    parts[-1] += first
                    parts += rest
                else:
                    parts[-1] += text
            if present:
                found += parts
        return found

    def test(self, words):
        for operator in ("-o", "-a"):
            if operator in words:
                at = words.index(operator)
                left, right = self.test(words[:at]), self.test(words[at + 1:])
                return left or right if operator == "-o" else left and right
        if words[:1] == ["!"]:
            return not self.test(words[1:])
        if len(words) == 3:
            return (words[0] == words[2]) == (words[1] in ("=", "=="))
        if len(words) == 2 and words[0] in ("-f", "-e", "-s"):
            path = self.local(words[1])
            return bool(path) and os.path.isfile(path) and (words[0] != "-s" or os.path.getsize(path) > 0)
        if len(words) == 2:
            return (words[1] != "") == (words[0] == "-n")
        return bool(words and words[-1])

    def run(self, statements):
        result = True
        for statement in statements:
            if statement[0] == "if":
                result = self.run(statement[2] if self.run(statement[1]) else statement[3])
            elif statement[0] == "function":
                self.functions[statement[1]] = statement[2]
            else:
                result = self.command(statement[1], statement[2])
        return result

    def command(self, raw, block):
        words = self.expand(raw)
        name, arguments = words[0], words[1:]
        if name == "set":
            for word in arguments:
                self.env[word.split("=", 1)[0]] = word.split("=", 1)[1]
        elif name == "[":
            return self.test(arguments[:-1])
        elif name == "search":
            target = [word[6:] for word in arguments if word.startswith("--set=")]
            self.env[target[0] if target else "root"] = "search " + arguments[-1]
        elif name in ("source", "."):
            path = self.local(arguments[0])
            if not path or not os.path.isfile(path):
                return False
            self.run(Parser(read_bytes(path).decode()).statements())
        elif name == "load_env":
            path = self.local(self.env["prefix"] + "/grubenv")
            for line in read_bytes(path).decode().split("\n") if os.path.isfile(path) else []:
                if "=" in line and not line.startswith("#"):
                    self.env[line.split("=", 1)[0]] = line.split("=", 1)[1]
        elif name in ("menuentry", "submenu"):
            self.add(arguments, block, name == "submenu")
        elif name in ("linux", "linuxefi"):
            self.loaded = {"root": self.env["root"], "linux": arguments[0], "options": arguments[1:], "initrd": []}
        elif name in ("initrd", "initrdefi"):
            self.loaded["initrd"] = arguments
        elif name == "savedefault":
            self.saves = True
        elif name in self.functions:
            self.run(self.functions[name])
        elif re.fullmatch(r"\w+=.*", name):
            self.env[name.split("=", 1)[0]] = name.split("=", 1)[1]
        return True

    def add(self, arguments, block, submenu):
        item = {"id": None, "title": None, "options": [], "block": block, "submenu": [] if submenu else None}
        rest = list(arguments)
        while rest:
            word = rest.pop(0)
            if word == "--id":
                item["id"] = rest.pop(0)
            elif word.startswith("--id="):
                item["id"] = word[5:]
            elif word in ("--class", "--users", "--hotkey", "--source"):
                item["options"].append((word, rest.pop(0)))
            elif word.startswith("--"):
                item["options"].append((word,))
            elif item["title"] is None:
                item["title"] = word
            else:
                item["options"].append((word,))
        item["id"] = item["id"] or item["title"]
        self.menu.append(item)

    def follow(self, item):
        outer = (self.env, self.menu)
        self.env, self.menu = dict(self.env), []
        self.loaded, self.saves = None, False
        self.run(item["block"])
        item["loaded"], item["saves"] = self.loaded, self.saves
        if item["submenu"] is not None:
            item["submenu"] = self.menu
            for inner in item["submenu"]:
                self.follow(inner)
        self.env, self.menu = outer

    def chosen(self):
        """The ids that lead to what starts when nobody chooses."""
        menu, path, wanted = self.menu, [], re.split("(?<!>)>(?!>)", self.default)
        while True:
            want = wanted.pop(0) if wanted else "0"
            named = [item for item in menu if want in (item["id"], item["title"])]
            if re.match("[0-9]", want):
                named = menu[int(want):int(want) + 1]
            item = (named or menu)[0]
            path.append(item["id"])
            if item["submenu"] is None:
                return path
            menu = item["submenu"]


def flat(menu, path=()):
    for item in menu:
        if item["submenu"] is not None:
            yield from flat(item["submenu"], path + (item["id"],))
        else:
            yield path + (item["id"],), item


def release_of(path):
    data = read_bytes(path)[:65536]
    at = int.from_bytes(data[0x20E:0x210], "little") + 0x200
    return data[at:data.index(b"\0", at)].decode().split()[0]


def twin_of(path):
    match = re.fullmatch(r"(.*)\.old(?:\.[2-9])?(\.img)?", path)
    return match[1] + (match[2] or "") if match else None


def files(root):
    """All but what kernel-guard keeps for itself."""
    return {os.path.relpath(os.path.join(directory, name), root)
            for directory, _, names in os.walk(root) for name in names
            if not os.path.relpath(directory, root).startswith("var")}


def find_file(root, path):
    """The file whose name ends a path of GRUB's: golden trees have each name once."""
    found = [name for name in files(root) if os.path.basename(name) == path.rsplit("/", 1)[-1]]
    return root + "/" + found[0] if found else None


custom = os.path.dirname(config) + "/custom.cfg"
for name in files(before_root) | files(after_root):
    if "/" + name != custom:
        check(os.path.exists(before_root + "/" + name) and os.path.exists(after_root + "/" + name)
              and (os.path.samefile(before_root + "/" + name, after_root + "/" + name)
                   or read_bytes(before_root + "/" + name) == read_bytes(after_root + "/" + name)), name + " has changed")
theirs = read_bytes(before_root + custom) if os.path.exists(before_root + custom) else b""
check(read_bytes(after_root + custom).startswith(theirs), "custom.cfg: what is the user's has changed")
before, after = Grub(before_root), Grub(after_root)
old, new = list(flat(before.menu)), list(flat(after.menu))
check(new[:len(old)] == old, "other entries have changed, or ours do not stand behind them")
added = new[len(old):]
check(added, "no entry was written")
check(before.chosen() == after.chosen(), "the default is another")
for path, item in added:
    where = item["id"] + ": "
    loaded = item["loaded"]
    check(len(path) == 1 and item["id"].startswith("kernel-guard-"), where + "has another id")
    check(list(path) != after.chosen(), where + "is the default")
    check(not item["saves"], where + "makes itself the default")
    models = [other for _, other in old if other["loaded"] and loaded and twin_of(loaded["linux"]) == other["loaded"]["linux"]
              and loaded["root"] == other["loaded"]["root"] and loaded["options"] == other["loaded"]["options"]
              and [twin_of(name) or name for name in loaded["initrd"]] == other["loaded"]["initrd"]]
    check(models, where + "is like no entry of its kernel: device, options or images differ")
    if not models:
        continue
    check(item["options"] in [model["options"] for model in models], where + "classes or rights differ")
    for ours in loaded["initrd"]:
        original = twin_of(ours) or ours
        kept = any(twin_of(os.path.basename(name)) == original.rsplit("/", 1)[-1] for name in files(after_root))
        check((ours != original) == kept, where + original + ": the kept image is not taken, or there is none")
    release = release_of(find_file(after_root, loaded["linux"]))
    check(release in item["title"] and "previous kernel" in item["title"], where + "the title does not say what it is")
    check(any(item["title"].startswith(model["title"]) for model in models), where + "the title is another system's")
print("\n".join(wrong) if wrong else "all holds")
sys.exit(bool(wrong))
