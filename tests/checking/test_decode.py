"""Bytes of source files, as Python reads them."""

import subprocess
import sys
from pathlib import Path

import pytest

from scoredock.checking.decode import decode

CASES = [
    b"x = 1\n",
    b"\xef\xbb\xbfx = 1\n",
    "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
    "\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
    "x = 'é'\n".encode("latin-1"),
    b"# coding: nowhere\nx = 1\n",
    b"x = 1\n# coding: latin-1\ny = '\xe9'\n",
    b"x = 1\n\n# coding: latin-1\ny = '\xe9'\n",
    b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    b"\xef\xbb\xbf# coding: utf-8\nx = 1\n",
    b"# coding: utf-16\nx = 1\n",
    "x = 1\n".encode("utf-16"),
    b"# coding: utf8\r\nx = '\xc3\xa9'\r\n",
    b"",
]


@pytest.mark.parametrize("data", CASES, ids=lambda data: repr(data[:24]))
def test_we_accept_what_python_accepts(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "score.py"
    file.write_bytes(data)
    accepted = subprocess.run([sys.executable, "-S", str(file)], capture_output=True, check=False).returncode == 0
    decoded = decode(data)
    assert (decoded.problem is None and "\0" not in decoded.text) == accepted


def test_the_place_of_a_byte_that_is_no_utf8() -> None:
    decoded = decode("x = 1\nž = 'é'\n".encode().replace("é".encode(), b"\xe9"))
    assert decoded.problem is not None
    assert (decoded.problem.line, decoded.problem.column) == (2, 6)
    assert decode("# coding: latin-1\nx = 'é'".encode("latin-1")).text.endswith("'é'")
