# SPDX-License-Identifier: GPL-2.0-or-later
"""Appended signatures (kernel/module/signing.c, kernel/module_signature.c, certs/system_keyring.c,
crypto/asymmetric_keys/pkcs7_{parser,verify,trust}.c), of a key nobody knows and, on the kernel's own modules, of the
kernel's.

Left out:
- digests whose code the kernel has only as a module, which it would have to load first;
- a damaged signature value of an unknown key whose certificate is in the message: what the kernel makes of the padding
  depends on the key."""

from .kit import GPL_SYMBOL, Scenario
from .module import SIGNATURE_MARKER
from .signing import Signer, appended, oid, taken_apart

ENFORCED = "module.sig_enforce=1"
LOCKED = "lockdown=integrity"


def replaced(data, old, new, count=1, last=False):
    """The first or last occurrence gives way to something of the same length."""
    assert len(old) == len(new) and old in data
    if last:
        start = data.rindex(old)
        return data[:start] + new + data[start + len(old):]
    return data.replace(old, new, count)


def flipped(data, position):
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


class Material:
    """Modules, signed and not, that all parts here use."""

    def __init__(self, kit):
        self.signer = Signer()
        self.content = kit.plain().image()
        self.tampered = self.content.replace(b"GCC: (", b"GCC: [", 1)
        assert self.tampered != self.content
        self.unknown = self.signer.sign(self.content)
        # One of the kernel's own, as it is.
        self.own = kit.kernel.in_tree("nls_utf8")
        self.own_content, self.own_signature = taken_apart(self.own)
        assert self.own_signature
        position = self.own_content.index(b"GCC: (") + 1
        self.own_tampered = flipped(self.own_content, position)


def fields(kit, material):
    content, good = material.content, material.unknown

    def with_fields(name, *arguments, **values):
        image = appended(*(arguments or (content, good)), **values)
        return Scenario(f"signature-{name}", ("kg_plain", image))

    yield Scenario("signature-none", kit.plain())
    yield with_fields("unknown-key")
    for field in ("algo", "digest", "signer_len", "key_id_len"):
        yield with_fields(f"field-{field}", **{field: 1})
    for position in range(3):
        pad = bytearray(3)
        pad[position] = 1
        yield with_fields(f"field-pad-{position}", pad=bytes(pad))
    for id_type in (0, 1, 3, 255):
        yield with_fields(f"field-type-{id_type}", id_type=id_type)
        yield with_fields(f"field-type-{id_type}-and-algo", id_type=id_type, algo=1)
    everything = len(content) + len(good)
    for name, length in (("0", 0), ("1", 1), ("one-less", len(good) - 1), ("one-more", len(good) + 1), ("all", everything),
                         ("all-but-one", everything - 1), ("more-than-all", everything + 1), ("huge", 0xFFFFFFFF)):
        yield with_fields(f"length-{name}", length=length)
    yield with_fields("length-huge-other-type", length=0xFFFFFFFF, id_type=1)
    for name, marker in (("cut", SIGNATURE_MARKER[:-1]), ("blank-behind", SIGNATURE_MARKER + b" "),
                         ("newline-behind", SIGNATURE_MARKER + b"\n"),
                         ("zero-behind", SIGNATURE_MARKER + b"\0"), ("case", SIGNATURE_MARKER.upper()),
                         ("twice", SIGNATURE_MARKER * 2)):
        yield with_fields(f"marker-{name}", marker=marker)
    yield Scenario("signature-marker-only", ("kg_plain", content + SIGNATURE_MARKER))
    yield Scenario("signature-marker-alone", ("kg_plain", SIGNATURE_MARKER))
    yield Scenario("signature-marker-after-one-byte", ("kg_plain", b"x" + SIGNATURE_MARKER))
    for length in (11, 12, 13):
        yield Scenario(f"signature-marker-after-{length}-bytes", ("kg_plain", bytes(length) + SIGNATURE_MARKER))
    yield Scenario("signature-fields-alone", ("kg_plain", appended(b"", good)))
    yield with_fields("twice", appended(content, good), good)
    yield with_fields("zeros-between", content + bytes(64), good)
    yield with_fields("over-damaged", b"\0" + content[1:], good)
    yield with_fields("over-cut", content[:-8], good)
    yield with_fields("malformed-over-damaged", b"\0" + content[1:], good, algo=1)
    yield with_fields("over-wrong-vermagic", kit.plain().replace_tag("vermagic", "wrong").image(), good)


def messages(kit, material):
    content, good, signer = material.content, material.unknown, material.signer

    def with_message(name, message, body=content):
        return Scenario(f"signature-message-{name}", ("kg_plain", appended(body, message)))

    yield with_message("empty", b"")
    yield with_message("zeros", bytes(300))
    yield with_message("text", b"this is no signature at all" * 10)
    for name, count in (("1", 1), ("2", 2), ("half", len(good) // 2), ("all-but-one", len(good) - 1)):
        yield with_message(f"cut-to-{name}", good[:count])
    yield with_message("longer", good + b"\0")
    yield with_message("longer-by-many", good + bytes(100))
    yield with_message("twice", good + good)
    yield with_message("set-for-sequence", b"\x31" + good[1:])
    yield with_message("length-too-large", good[:2] + bytes([good[2] + 1]) + good[3:])
    yield with_message("length-indefinite", b"\x30\x80" + good[4:] + b"\0\0")
    yield with_message("length-indefinite-unended", b"\x30\x80" + good[4:])
    yield with_message("tampered-content", good, material.tampered)
    yield with_message("signature-bit", flipped(good, len(good) - 5))
    yield with_message("embedded-certificate", signer.sign(content, certificates=True))
    yield with_message("embedded-certificate-tampered", signer.sign(content, certificates=True), material.tampered)
    yield with_message("attributes", signer.sign(content, attributes=True))
    yield with_message("attributes-tampered", signer.sign(content, attributes=True), material.tampered)
    yield with_message("attached", signer.sign(content, "-nodetach"))
    yield with_message("key-id", signer.sign(content, "-keyid"))
    yield with_message("key-id-embedded-certificate", signer.sign(content, "-keyid", certificates=True))
    yield with_message("two-signers", signer.sign(content, "-signer", "other.pem", "-inkey", "other.key"))
    yield with_message("two-signers-embedded-tampered",
                       signer.sign(content, "-signer", "other.pem", "-inkey", "other.key", certificates=True),
                       material.tampered)
    yield with_message("other-certificate", signer.sign(content, "-certfile", "other.pem", certificates=True))
    yield with_message("ec", signer.sign(content, key="ec"))
    yield with_message("ec-embedded-certificate", signer.sign(content, key="ec", certificates=True))
    yield with_message("ec-embedded-tampered", signer.sign(content, key="ec", certificates=True), material.tampered)
    yield with_message("pss", signer.sign(content, "-keyopt", "rsa_padding_mode:pss"))
    yield with_message("sha1", signer.sign(content, digest="sha1"))
    yield with_message("sha1-embedded-tampered", signer.sign(content, digest="sha1", certificates=True), material.tampered)
    if kit.kernel.has("CRYPTO_SHA512"):
        yield with_message("sha512", signer.sign(content, digest="sha512"))
        yield with_message("sha384-embedded-tampered", signer.sign(content, digest="sha384", certificates=True),
                           material.tampered)
    yield from edited(kit, material, with_message)
    yield with_message("enveloped", replaced(good, oid("signed-data"), oid("enveloped-data")))
    yield with_message("content-not-data", replaced(good, oid("data"), oid("digested-data")))


def edited(kit, material, with_message):
    """Single values of the message changed."""
    good = material.unknown
    # SignedData's version is the first INTEGER, SignerInfo's the last with this form.
    version = b"\x02\x01\x01"
    for value in (0, 2, 3, 4):
        new = bytes((2, 1, value))
        yield with_message(f"version-{value}", replaced(good, version, new))
        yield with_message(f"signer-version-{value}", replaced(good, version, new, last=True))
    yield with_message("both-versions-3", replaced(replaced(good, version, b"\x02\x01\x03"), version, b"\x02\x01\x03",
                                                   last=True))
    sha256 = oid("sha256")
    yield with_message("digest-unknown-in-set", replaced(good, sha256, oid("unknown")))
    yield with_message("digest-unknown", replaced(good, sha256, oid("unknown"), last=True))
    yield with_message("digest-sha224", replaced(good, sha256, oid("sha224"), last=True))
    yield with_message("cipher-unknown", replaced(good, oid("rsa"), oid("rsa-with-sha256"), last=True))
    yield with_message("cipher-unknown-and-tampered", replaced(good, oid("rsa"), oid("rsa-with-sha256"), last=True),
                       material.tampered)
    serial = material.signer.sign(material.content, "-keyid")
    yield with_message("signer-version-1-with-key-id", replaced(serial, b"\x02\x01\x03", version, last=True))


def own_modules(kit, material, label="", options=""):
    """The kernel's own modules, whose key it knows."""
    content, good = material.own_content, material.own_signature

    def own(name, image):
        return Scenario(f"signature-own-{name}{label}", ("nls_utf8", image), options=options)

    yield own("as-shipped", material.own)
    yield own("stripped", content)
    yield own("tampered", appended(material.own_tampered, good))
    yield own("tampered-stripped", material.own_tampered)
    yield own("zero-added", appended(content + b"\0", good))
    yield own("byte-removed", appended(content[:-1], good))
    yield own("signature-bit", appended(content, flipped(good, len(good) - 5)))
    yield own("malformed", appended(content, good, algo=1))
    yield own("unknown-signer", appended(content, material.signer.sign(content)))
    yield own("of-another-module", appended(material.content, good))
    if options:
        return
    yield own("byte-behind", material.own + b"x")
    yield own("message-cut", appended(content, good[:-1]))
    yield own("message-longer", appended(content, good + b"\0"))
    yield own("other-type", appended(content, good, id_type=1))
    yield own("other-type-tampered", appended(material.own_tampered, good, id_type=1))
    yield own("signed-again", appended(material.own, material.signer.sign(material.own)))
    yield own("signed-by-other-then-own", appended(appended(content, material.unknown), good))
    yield own("signature-moved", appended(content[:-1], content[-1:] + good, length=len(good)))
    yield own("damaged-and-tampered", appended(b"\0" + content[1:], good))
    sha256 = oid("sha256")
    if sha256 in good:
        yield own("digest-unknown", appended(content, replaced(good, sha256, oid("unknown"), last=True)))
        yield own("digest-unknown-tampered", appended(material.own_tampered,
                                                      replaced(good, sha256, oid("unknown"), last=True)))
        yield own("digest-set-unknown", appended(content, replaced(good, sha256, oid("unknown"))))
    if oid("rsa") in good:
        yield own("cipher-unknown", appended(content, replaced(good, oid("rsa"), oid("rsa-with-sha256"), last=True)))
    # The issuer's name and the serial number tell which key it is.
    name = b"Debian"
    if name in good:
        yield own("issuer-other", appended(content, replaced(good, name, b"debian")))
        yield own("issuer-other-tampered", appended(material.own_tampered, replaced(good, name, b"debian")))


def situations(kit, material):
    for label, options in (("-enforced", ENFORCED), ("-locked", LOCKED)):
        yield from own_modules(kit, material, label, options)
        content, good = material.content, material.unknown
        for name, image in (("none", content), ("unknown-key", appended(content, good)),
                            ("malformed", appended(content, good, algo=1)),
                            ("other-type", appended(content, good, id_type=1)), ("unknown-digest", appended(
                                content, replaced(good, oid("sha256"), oid("unknown"), last=True))),
                            ("none-and-damaged", b"\0" + content[1:]), ("none-and-empty", b""),
                            ("unknown-key-tampered", appended(material.tampered, good)),
                            ("wrong-vermagic", kit.plain().replace_tag("vermagic", "wrong").image()),
                            ("missing-symbol", kit.user("kg_nowhere").image()), ("gpl-only", kit.user(GPL_SYMBOL).image())):
            yield Scenario(f"signature-{name}{label}", ("kg_plain", image), options=options)


def more_situations(kit, material):
    """Each takes a boot of its own."""
    for name, options in (("enforce-no-value", "module.sig_enforce"), ("enforce-y", "module.sig_enforce=y"),
                          ("enforce-0", "module.sig_enforce=0"),
                          ("enforce-dash", "module.sig-enforce=1"), ("enforce-other-prefix", "sig_enforce=1"),
                          ("locked-confidentiality", "lockdown=confidentiality"), ("locked-none", "lockdown=none"),
                          ("locked-unknown", "lockdown=strict"), ("locked-twice", "lockdown=none lockdown=integrity"),
                          ("enforced-and-locked", "module.sig_enforce=1 lockdown=integrity"),
                          ("blacklisted-and-locked", "module_blacklist=kg_plain lockdown=integrity")):
        scenario = Scenario(f"situation-{name}", kit.plain(), options=options)
        scenario.add(("nls_utf8", material.own))
        yield scenario.booting()


def scenarios(kit):
    material = Material(kit)
    for part in (fields, messages, own_modules, situations, more_situations):
        yield from part(kit, material)
