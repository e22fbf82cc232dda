"""From a key to the findings, against other Python language servers: a syntax error is struck in and out again.

The peers are installed for the bench only, each in an environment of its own in the cache.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from scoredock.folders import cache_folder
from tests.bench.bench_editor import SHORT, Typist, ours
from tests.bench.rounds import Contestants, Row
from tests.lsp.session import Session

# distribution -> the command that serves
PEERS = {
    "python-lsp-server": ("pylsp",),
    "jedi-language-server": ("jedi-language-server",),
}


def installed(distribution: str) -> Path:
    """The folder with the peer's commands."""
    folder = cache_folder().resolve() / "bench" / distribution
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (folder / "complete").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
        wanted = [distribution, *(["pyflakes", "pycodestyle"] if distribution == "python-lsp-server" else [])]
        subprocess.run([*uv, "pip", "install", "-q", "-p", str(bin_folder / "python"), *wanted], check=True)
        (folder / "complete").touch()
    return bin_folder


@contextmanager
def keys_against(distribution: str) -> Iterator[Contestants]:
    command, *arguments = PEERS[distribution]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = Typist(ours(folder), folder, SHORT)
        theirs = Typist(Session(str(installed(distribution) / command), *arguments), folder, SHORT)
        try:
            yield Contestants(lambda: mine.strike() * 1000, lambda: theirs.strike() * 1000)
        finally:
            mine.session.kill()
            theirs.session.kill()


def row(distribution: str, bar: float) -> Row:
    name = f"editor: key to findings, against {distribution}"
    return Row(name, "ms", partial(keys_against, distribution), bar=bar, rounds=15, peer=distribution)


# Their answers wait for a pause of theirs (0.5 s and 1.0 s); ours for 50 ms.
ROWS = [row("python-lsp-server", 0.25), row("jedi-language-server", 0.25)]
