"""joblib's compressors, recognised by their first bytes and inflated piece by piece."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from scoredock.models.reading.lz4 import lz4_chunks

PIECE_IN = 64 * 1024
PIECE_OUT = 512 * 1024
# The dictionary that the highest preset of xz needs is 64 MiB; a header may ask for 4 GiB.
LZMA_MEMORY = 96 * 1024 * 1024


class NotInflatable(Exception):
    """The compressed bytes are broken; the text is the decompressor's own."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


def compression_of(head: bytes) -> str | None:
    """The compressor joblib would take for a file that begins like this, by its own table of prefixes."""
    if head.startswith(b"ZF0x"):
        return "zfile"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"BZh"):
        return "bz2"
    if head.startswith(b"\xfd7zXZ"):
        return "xz"
    if head.startswith(b"\x5d\x00"):
        return "lzma"
    if head.startswith(b"\x04\x22\x4d\x18"):
        return "lz4"
    # RFC 1950: the first two bytes of a zlib stream are a multiple of 31. joblib itself looks at the first only.
    if len(head) > 1 and head[0] == 0x78 and (head[0] * 256 + head[1]) % 31 == 0:
        return "zlib"
    return None


def inflated(file: BinaryIO, compression: str) -> Iterator[bytes]:
    """The inflated bytes of a file that stands at its beginning, in pieces of bounded size."""
    if compression == "lz4":
        return lz4_chunks(file)
    if compression == "zfile":
        # joblib < 0.9.3: "ZF", the length in hexadecimal in a field of fixed width, then zlib.
        file.seek(2 + len(hex(2**64)))
        if file.read(1) != b" ":
            file.seek(-1, 1)
        return _zlib_chunks(file)
    if compression in ("gzip", "zlib"):
        return _zlib_chunks(file)
    return _chunks(file, compression)


def _zlib_chunks(file: BinaryIO) -> Iterator[bytes]:
    try:
        machine = zlib.decompressobj(wbits=47)  # finds out by itself whether gzip or zlib
        pending = file.read(PIECE_IN)
        while pending:
            chunk = machine.decompress(pending, PIECE_OUT)
            if chunk:
                yield chunk
            if machine.eof:
                pending = machine.unused_data
                if not pending:
                    return
                if not pending.startswith(b"\x1f\x8b"):
                    return  # what follows the stream is not looked at by joblib either
                machine = zlib.decompressobj(wbits=47)
                continue
            pending = machine.unconsumed_tail or file.read(PIECE_IN)
        while rest := machine.flush(PIECE_OUT):
            yield rest
    except zlib.error as broken:
        raise NotInflatable(str(broken)) from broken


def _decompressor(compression: str) -> _Decompressor:
    if compression == "bz2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(format=lzma.FORMAT_AUTO, memlimit=LZMA_MEMORY)


def _chunks(file: BinaryIO, compression: str) -> Iterator[bytes]:
    try:
        machine = _decompressor(compression)
        pending = file.read(PIECE_IN)
        while pending or not machine.needs_input:
            chunk = machine.decompress(pending, PIECE_OUT)
            pending = b""
            if chunk:
                yield chunk
            if machine.eof:
                pending = machine.unused_data or file.read(PIECE_IN)
                if not pending or compression_of(pending) != compression:
                    return
                machine = _decompressor(compression)
            elif machine.needs_input:
                pending = file.read(PIECE_IN)
                if not pending:
                    return
    except (OSError, ValueError, EOFError, lzma.LZMAError) as broken:
        raise NotInflatable(str(broken)) from broken
