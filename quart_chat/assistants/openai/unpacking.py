"""Unpacks what an endpoint or a proxy has compressed, although no compression was asked for.

The first bytes say how: some send no header for it, or a wrong one. Brotli and Zstandard can't be
unpacked here (RFC 9110, 8.4.1; RFC 1950; RFC 1952; RFC 8878).
"""

from __future__ import annotations

import zlib

import aiohttp

MOST = 256 * 1024
"""Bytes that are unpacked at a time: a little may be packed that becomes very much."""

_GZIP, _ZSTANDARD, _ZLIB = b"\x1f\x8b", b"\x28\xb5", b"\x78"
_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15
_FIRST = 2
"""Bytes that tell how a body is compressed."""
_PACKED = ("gzip", "deflate", "br", "zstd", "compress")
_MAX_LAYERS = 3
_LOOKED_AT = 64
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b\x1e")


class CannotUnpack(aiohttp.ClientPayloadError):
    """A body is not what its compression says, or only a part of it."""


class Unpacker:
    """Takes a body in pieces, cut anywhere.

    Args:
        coding: How it is compressed, as the response says (``Content-Encoding``).
    """

    def __init__(self, coding: str, layers: int = _MAX_LAYERS) -> None:
        coding = coding.lower()
        self._coding = next((each for each in _PACKED if each in coding), "")
        self._plain = layers == 0
        self._layers = layers
        self._kept = b""
        self._packed: zlib._Decompress | None = None
        self._inner: Unpacker | None = None

    def take(self, piece: bytes = b"") -> bytes:
        """Take a piece; a part of what was packed in it, or of what is left of those before.

        Raises:
            CannotUnpack: It is broken, or packed in a way that is not known.
        """
        if self._plain:
            return piece
        self._kept += piece
        if self._packed is None or self._packed.eof:
            if len(self._kept) < _FIRST:
                return b""
            self._begin()
        if self._packed is None or self._inner is None:
            piece, self._kept, self._plain = self._kept, b"", True
            return piece
        try:
            unpacked = self._packed.decompress(self._kept, MOST)
        except zlib.error as error:
            raise CannotUnpack(str(error)) from error
        self._kept = self._packed.unused_data or self._packed.unconsumed_tail
        return self._inner.take(unpacked)

    def finish(self) -> bytes:
        """No more pieces will come; what was held back.

        Raises:
            CannotUnpack: A part is missing.
        """
        if self._inner is None or self._packed is None:
            kept, self._kept = self._kept, b""
            return kept
        if not self._packed.eof:
            raise CannotUnpack("it has come in part")
        return self._inner.finish()

    def _begin(self) -> None:
        """Choose how to unpack what begins here, if it is packed."""
        if self._packed is not None and not self._kept.startswith(_GZIP):
            self._kept = b""  # what follows the last member is none
        elif self._kept.startswith(_GZIP):
            self._packed = zlib.decompressobj(_GZIP_BITS)
        elif self._coding == "deflate" and self._kept.startswith(_ZLIB):
            self._packed = zlib.decompressobj(_ZLIB_BITS)
        elif self._kept.startswith(_ZSTANDARD) or (self._coding and not _is_text(self._kept)):
            # Some call it deflate, and leave out what stands around it.
            if self._coding != "deflate":
                raise CannotUnpack(self._coding)
            self._packed = zlib.decompressobj(_RAW_BITS)
        if self._packed is not None and self._inner is None:
            self._inner = Unpacker("", self._layers - 1)


def _is_text(data: bytes) -> bool:
    return not _CONTROLS.intersection(data[:_LOOKED_AT]) and data[0] < 0x80
