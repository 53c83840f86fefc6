"""What a key sends is read by several libraries; whatever one raises, the answer is not valid."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from quart_chat.accounts.passkeys.answers import MAX_ID, MAX_KEY, InvalidAnswer, check_registration
from tests.accounts.authenticator import Authenticator, decode, encode
from tests.accounts.passkeys.parts import SITE

CHALLENGE = encode(b"c" * 32)
OPTIONS = {"rp": {"id": SITE.id}, "user": {"id": encode(b"local")}, "challenge": CHALLENGE}


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Key")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    made = made.not_valid_after(datetime(2099, 1, 1, tzinfo=UTC)).public_key(key.public_key())
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def of_unknown_curve() -> bytes:
    known = bytes.fromhex("06082a8648ce3d030107")
    assert known in certificate()
    return certificate().replace(known, known[:-1] + b"\x05")


def of_unknown_version() -> bytes:
    known = bytes.fromhex("a003020102")
    assert known in certificate()
    return certificate().replace(known, known[:-1] + b"\x09", 1)


def packed(certificate: bytes) -> tuple[str, dict[str, Any]]:
    return "packed", {"alg": -7, "sig": b"signature", "x5c": [certificate]}


def nested(depth: int) -> tuple[str, dict[str, Any]]:
    text = encode(b"[" * depth + b"]" * depth).encode()
    return "android-safetynet", {"ver": "1", "response": text + b".e30.e30"}


def answer(
    key: Authenticator, fmt: str = "none", statement: object = None, public_key: bytes = b""
) -> dict[str, Any]:
    """An answer of a new key with a statement about it, or with another public key."""
    made = key.create(OPTIONS)
    attested = cbor2.loads(decode(made["response"]["attestationObject"]))
    if public_key:
        length = struct.pack(">H", len(key.id))
        head = attested["authData"].partition(length + key.id)[0]
        attested["authData"] = head + length + key.id + public_key
    attested |= {"fmt": fmt, "attStmt": statement or {}}
    made["response"]["attestationObject"] = encode(cbor2.dumps(attested))
    return made


STATEMENTS = {
    "a certificate of an unknown curve": packed(of_unknown_curve()),
    "a certificate of an unknown version": packed(of_unknown_version()),
    "a certificate without extensions": packed(certificate()),
    "no certificate": packed(b"hello"),
    "arrays in arrays": nested(100_000),
    "an apple without extensions": ("apple", {"x5c": [certificate()]}),
    "an android without extensions": ("android-key", packed(certificate())[1]),
    "another kind": ("fido-u2f", {"sig": 7, "x5c": [certificate()]}),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
async def test_a_statement_that_a_library_can_not_read_is_no_valid_answer(
    statement: tuple[str, dict[str, Any]],
) -> None:
    with pytest.raises(InvalidAnswer):
        await check_registration(answer(Authenticator(SITE.origin), *statement), CHALLENGE, SITE)


async def test_an_id_is_as_long_as_the_standard_allows() -> None:
    key = Authenticator(SITE.origin)
    key.id = b"i" * MAX_ID
    found = await check_registration(answer(key), CHALLENGE, SITE)
    assert (found.id, MAX_ID) == (encode(key.id), 1023)
    for length in (MAX_ID + 1, 60_000):
        key.id = b"i" * length
        with pytest.raises(InvalidAnswer):
            await check_registration(answer(key), CHALLENGE, SITE)


def of_rsa(size: int) -> bytes:
    return cbor2.dumps({1: 3, 3: -257, -1: b"n" * size, -2: b"\1\0\1"})


def of_a_curve(size: int) -> bytes:
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"x" * size, -3: b"y" * 32})


@pytest.mark.parametrize(("make", "size"), [(of_rsa, 512), (of_rsa, 2048), (of_a_curve, 32)])
async def test_a_public_key_is_no_longer_than_keys_are(
    make: Callable[[int], bytes], size: int
) -> None:
    key = Authenticator(SITE.origin)
    made = answer(key, public_key=make(size))
    assert (await check_registration(made, CHALLENGE, SITE)).id == encode(key.id)
    for longer in (MAX_KEY, 100_000):
        made = answer(key, public_key=make(longer))
        with pytest.raises(InvalidAnswer):
            await check_registration(made, CHALLENGE, SITE)
