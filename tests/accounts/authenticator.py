"""A key of WebAuthn in software, with real keys: it signs what a browser would have it sign."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """Has one key for one user.

    Attributes:
        counts: Whether it counts its signatures.
        flags: Whether the user was there, and has shown who it is.
    """

    def __init__(self, origin: str, *, counts: bool = True, verifies: bool = True) -> None:
        self.id = os.urandom(32)
        self.count = 0
        self.counts = counts
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.user = b""
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        self.user = decode(options["user"]["id"])
        point = self._key.public_key().public_numbers()
        key = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        data = self._data(options["rp"]["id"], self.flags | HAS_KEY) + attested
        client = self._client("webauthn.create", options["challenge"])
        return self._credential(
            {
                "clientDataJSON": encode(client),
                "attestationObject": encode(
                    cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
                ),
                "transports": ["usb", "nfc", "pigeon"],
            }
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        self.count += self.counts
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signature = self._key.sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._credential(
            {
                "clientDataJSON": encode(client),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(self.user),
            }
        )

    def _data(self, party: str, flags: int) -> bytes:
        digest = hashlib.sha256(party.encode()).digest()
        return digest + struct.pack(">BI", flags, self.count)

    def _client(self, type_: str, challenge: str) -> bytes:
        client = {"type": type_, "challenge": challenge, "origin": self._origin}
        return json.dumps({**client, "crossOrigin": False}).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": encode(self.id),
            "rawId": encode(self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": response,
        }
