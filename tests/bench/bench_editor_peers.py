"""From a key to the findings, against other Python language servers: a syntax error is struck in and out again.

The peers are for the bench only: those on PyPI get an environment of their own in the cache, pyright a folder of npm's (its
distribution on PyPI downloads Node at its first start). ruff is there already, it lints this project.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from scoredock.folders import cache_folder
from scoredock.lsp.analysis import PAUSE
from tests.bench.bench_editor import SHORT, Typist, floor, ours
from tests.bench.rounds import Contestants, Row
from tests.lsp.session import Session

PYRIGHT = "1.1.414"  # as in the latency anchors of the research


def bin_folder(environment: Path) -> Path:
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def from_pypi(distribution: str, command: str, *more: str) -> Session:
    """A server in an environment of its own, made the first time."""
    folder = cache_folder().resolve() / "bench" / distribution
    if not (folder / "complete").exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([*uv, "pip", "install", "-q", "-p", str(bin_folder(folder) / "python"), distribution, *more], check=True)
        (folder / "complete").touch()
    return Session(str(bin_folder(folder) / command))


def pyright() -> Session:
    folder = cache_folder().resolve() / "bench" / f"pyright-{PYRIGHT}"
    server = folder / "node_modules" / "pyright" / "langserver.index.js"
    if not server.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = [shutil.which("npm") or "npm", "install", "--prefix", str(folder), "--no-fund", "--no-audit"]
        subprocess.run([*npm, f"pyright@{PYRIGHT}"], check=True, stdout=subprocess.DEVNULL)
    return Session(shutil.which("node") or "node", str(server), "--stdio")


def ruff() -> Session:
    return Session(str(bin_folder(Path(sys.prefix)) / "ruff"), "server", "--isolated")


@contextmanager
def keys_against(start: Callable[[Path], Session], pause: float) -> Iterator[Contestants]:
    """Milliseconds from a key to its findings; ``pause`` is taken off ours where the peer answers every key at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = Typist(ours(folder), folder, SHORT)
        theirs = Typist(start(folder), folder, SHORT)
        try:
            yield Contestants(lambda: (mine.strike() - pause) * 1000, lambda: theirs.strike() * 1000)
        finally:
            mine.session.kill()
            theirs.session.kill()


def row(peer: str, start: Callable[[Path], Session], bar: float, pause: float = 0.0) -> Row:
    name = f"editor: key to findings{', beyond the pause' if pause else ''}, against {peer}"
    return Row(name, "ms", partial(keys_against, start, pause), bar=bar, rounds=15, peer=peer)


ROWS = [
    # Their answers wait for a pause of theirs (0.5 s, 1.0 s, 0.3 s); ours for 50 ms.
    row("python-lsp-server", lambda _: from_pypi("python-lsp-server", "pylsp", "pyflakes", "pycodestyle"), 0.25),
    row("jedi-language-server", lambda _: from_pypi("jedi-language-server", "jedi-language-server"), 0.25),
    row("pyright", lambda _: pyright(), 0.5),
    # These two answer each key at once, in 1 to 2 ms: what we do beyond the pause, at most 10 ms, is held against them.
    row("ruff server", lambda _: ruff(), 10, PAUSE),
    row("bare pygls + ast", floor, 5, PAUSE),
]
