"""LZ4 frames, inflated with no further library: joblib writes them when the package lz4 is there, and ours need not have it.

The format is that of lz4_Frame_format.md and lz4_Block_format.md (version 1.6.x); checksums are passed over, since the
question is what the bytes say, not whether the disk is sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from scoredock.l10n import t

HISTORY = 64 * 1024


class BrokenLz4(Exception):
    """These are not the bytes of an LZ4 frame."""


class _CutOff(Exception):
    """The file ends inside the frame."""


def lz4_chunks(file: BinaryIO) -> Iterator[bytes]:
    """What the frame holds; a frame that is cut off just ends early, as with the other compressors."""
    try:
        yield from _frame(file)
    except _CutOff:
        return


def _frame(file: BinaryIO) -> Iterator[bytes]:
    if _exactly(file, 4) != b"\x04\x22\x4d\x18":
        raise BrokenLz4(t("no LZ4 frame"))
    flags = _exactly(file, 1)[0]
    block_limit = 1 << (8 + 2 * ((_exactly(file, 1)[0] >> 4) & 7))
    if flags >> 6 != 1 or not 1 << 16 <= block_limit <= 1 << 22:
        raise BrokenLz4(t("a version of LZ4 frames that is not known"))
    linked, block_checksum = not flags & 0x20, bool(flags & 0x10)
    _exactly(file, (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0) + 1)
    history = b""
    while size := int.from_bytes(_exactly(file, 4), "little"):
        stored, size = bool(size & 0x80000000), size & 0x7FFFFFFF
        if size > block_limit:
            raise BrokenLz4(t("a block longer than its frame allows"))
        block = _exactly(file, size)
        chunk = block if stored else _block(block, history, block_limit)
        if block_checksum:
            _exactly(file, 4)
        if linked:
            history = (history + chunk)[-HISTORY:]
        if chunk:
            yield chunk


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise _CutOff
    return data


def _block(block: bytes, history: bytes, limit: int) -> bytes:
    out = bytearray(history)
    begin = len(history)
    at, end = 0, len(block)
    try:
        while at < end:
            token = block[at]
            at += 1
            literals = token >> 4
            if literals == 15:
                while (extra := block[at]) == 255:
                    literals += 255
                    at += 1
                literals += extra
                at += 1
            if literals > end - at:
                raise BrokenLz4(t("a block that is cut off"))
            out += block[at : at + literals]
            at += literals
            if at == end:
                break
            distance = block[at] | block[at + 1] << 8
            at += 2
            length = (token & 15) + 4
            if token & 15 == 15:
                while (extra := block[at]) == 255:
                    length += 255
                    at += 1
                length += extra
                at += 1
            start = len(out) - distance
            if distance == 0 or start < 0 or len(out) - begin + length > limit:
                raise BrokenLz4(t("a block that points outside itself"))
            if length <= distance:
                out += out[start : start + length]
            else:
                pattern = bytes(out[start:])
                out += (pattern * (length // distance + 1))[:length]
    except IndexError as short:
        raise BrokenLz4(t("a block that is cut off")) from short
    return bytes(out[begin:])
