# SPDX-License-Identifier: GPL-2.0-or-later
"""Signatures as scripts/sign-file appends them, made by openssl with a key that no kernel knows."""

import pathlib
import struct
import subprocess
import tempfile

from .module import SIGNATURE_MARKER, without_signature

# What stands behind the signature: struct module_signature.
PKCS7 = 2
OIDS = {"sha1": "2b0e03021a", "sha256": "608648016503040201", "sha384": "608648016503040202",
        "sha512": "608648016503040203",
        "sha224": "608648016503040204", "sha3-512": "60864801650304020a", "unknown": "60864801650304020f",
        "rsa": "2a864886f70d010101", "rsa-with-sha256": "2a864886f70d01010b", "data": "2a864886f70d010701",
        "signed-data": "2a864886f70d010702", "enveloped-data": "2a864886f70d010703", "digested-data": "2a864886f70d010705"}


def oid(name):
    body = bytes.fromhex(OIDS[name])
    return bytes([6, len(body)]) + body


def appended(content, signature, length=None, algo=0, digest=0, id_type=PKCS7, signer_len=0, key_id_len=0, pad=b"\0\0\0",
             marker=SIGNATURE_MARKER):
    """A module with a signature behind it."""
    length = len(signature) if length is None else length
    fields = bytes((algo, digest, id_type, signer_len, key_id_len)) + pad + struct.pack(">I", length & 0xFFFFFFFF)
    return content + signature + fields + marker


def taken_apart(image):
    """(content, signature) of a signed module."""
    content = without_signature(image)
    return content, image[len(content):-12 - len(SIGNATURE_MARKER)]


class Signer:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="kg-signing.")
        self.path = pathlib.Path(self.directory.name)
        self.key("rsa", "rsa:2048")
        self.key("other", "rsa:2048")
        self.key("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.path, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    def key(self, name, *kind):
        self.openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days",
                     "36500",
                     "-subj", f"/CN=kernel-guard tests {name}", "-addext", "subjectKeyIdentifier=hash")

    def sign(self, content, *options, key="rsa", digest="sha256", attributes=False, certificates=False):
        """The message in DER."""
        (self.path / "content").write_bytes(content)
        arguments = ["cms", "-sign", "-binary", "-nosmimecap", "-outform", "DER", "-in", "content", "-out", "signature",
                     "-md", digest,
                     "-signer", f"{key}.pem", "-inkey", f"{key}.key", *options]
        if not attributes:
            arguments.append("-noattr")
        if not certificates:
            arguments.append("-nocerts")
        self.openssl(*arguments)
        return (self.path / "signature").read_bytes()
