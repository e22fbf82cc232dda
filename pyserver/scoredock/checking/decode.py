"""Bytes -> text, as Python reads a source file; bytes that Python rejects are a finding, not an error."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from scoredock.contract.facts import SyntaxVerdict

# PEP 263: a comment in one of the first two lines; the second counts only when the first is blank or a comment.
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


class Decoded(NamedTuple):
    """The text, and why Python would not have read it (None: it would)."""

    text: str
    problem: SyntaxVerdict | None = None


def decode(data: bytes) -> Decoded:
    """The text of a source file. Never raises; undecodable bytes become U+FFFD."""
    marked = data.startswith(codecs.BOM_UTF8)
    body = data[3:] if marked else data
    named = _coding(body)
    encoding = "utf-8" if named is None else named
    try:
        if marked and codecs.lookup(encoding).name != "utf-8":
            return Decoded(body.decode("utf-8", "replace"), SyntaxVerdict(f"encoding problem: {encoding} with BOM"))
        return Decoded(body.decode(encoding))
    except UnicodeDecodeError as error:
        text = body.decode("utf-8", "replace")
        line = body.count(b"\n", 0, error.start) + 1
        begin = body.rfind(b"\n", 0, error.start) + 1
        column = len(body[begin : error.start].decode("utf-8", "replace")) + 1
        message = f"(unicode error) '{error.encoding}' codec can't decode byte 0x{body[error.start]:02x}"
        return Decoded(text, SyntaxVerdict(message, line, column, line, column + 1))
    except (LookupError, UnicodeError, ValueError):
        return Decoded(body.decode("utf-8", "replace"), SyntaxVerdict(f"unknown encoding: {encoding}"))


def _coding(body: bytes) -> str | None:
    for line in body[:1000].split(b"\n")[:2]:
        found = CODING.match(line.rstrip(b"\r"))
        if found:
            return found.group(1).decode("ascii", "replace")
        if not BLANK.match(line.rstrip(b"\r")):
            return None
    return None
