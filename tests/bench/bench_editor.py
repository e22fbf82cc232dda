"""The language server: from its start to the first findings, and from a key to the findings, against a bare pygls server.

The bare server is the floor that no server on pygls can go below: it parses the text, walks the tree once, and publishes.
Other language servers are compared in `bench_editor_peers.py`.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil

from scoredock.contract.check import check
from scoredock.lsp.analysis import PAUSE
from tests.bench.bench_check import SCRIPT
from tests.bench.rounds import Contestants, Row
from tests.lsp.session import Session
from tests.lsp.test_life import alive, slow_project, wait_for

FLOOR = """\
import ast
import sys

from lsprotocol import types
from pygls.lsp.server import LanguageServer

out = sys.stdout.buffer
server = LanguageServer("floor", "1")


def publish(uri, version):
    text = server.workspace.get_text_document(uri).source
    found = []
    try:
        for node in ast.walk(ast.parse(text)):
            pass
    except SyntaxError as error:
        at = types.Position((error.lineno or 1) - 1, 0)
        found.append(types.Diagnostic(types.Range(at, at), error.msg))
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=found))


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def opened(params: types.DidOpenTextDocumentParams):
    publish(params.text_document.uri, params.text_document.version)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def changed(params: types.DidChangeTextDocumentParams):
    publish(params.text_document.uri, params.text_document.version)


server.start_io(stdout=out)
"""
# 60 lines, as an ordinary entry script has.
SHORT = SCRIPT + "".join(f"\n\ndef helper_{n}(value):\n    return value + {n}\n" for n in range(8))
LONG = SCRIPT + "".join(f"\n\ndef helper_{n}(value):\n    return value + {n}\n" for n in range(500))


def ours(_: Path) -> Session:
    return Session(sys.executable, "-c", "from scoredock.lsp.start import serve; serve()")


def floor(folder: Path) -> Session:
    script = folder / "floor.py"
    if not script.exists():
        script.write_text(FLOOR, encoding="utf-8")
    return Session(sys.executable, str(script))


def first_findings(make: Callable[[Path], Session], folder: Path) -> float:
    """Seconds from the start of the process to the findings of the document that is opened as soon as it is ready."""
    began = time.perf_counter()
    session = make(folder)
    try:
        session.start()
        session.codes(session.open(folder / "score.py", SHORT), 1)
        return time.perf_counter() - began
    finally:
        session.kill()


@contextmanager
def starts() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Both with their bytecode at hand, also where the machine forbids writing it: compiling is no part of starting.
        kept = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        try:
            yield Contestants(lambda: first_findings(ours, folder), lambda: first_findings(floor, folder))
        finally:
            if kept is not None:
                os.environ["PYTHONDONTWRITEBYTECODE"] = kept


@contextmanager
def memory() -> Iterator[Contestants]:
    """Resident megabytes with one script open and everything known about it; the peer carries the 15 MB of the budget."""

    def resident(make: Callable[[Path], Session], folder: Path, allowed: float) -> float:
        session = make(folder)
        try:
            session.start()
            session.codes(session.open(folder / "score.py", SHORT), 1)
            session.quiet(0.5)
            return psutil.Process(session.process.pid).memory_info().rss / 1e6 + allowed
        finally:
            session.kill()

    with tempfile.TemporaryDirectory() as name:
        yield Contestants(lambda: resident(ours, Path(name), 0), lambda: resident(floor, Path(name), 15))


class Typist:
    """One session in which a key is struck and struck out again."""

    def __init__(self, session: Session, folder: Path, text: str) -> None:
        self.session = session
        self.version = 1
        session.start()
        self.uri = session.open(folder / "score.py", text)
        session.codes(self.uri, 1)
        session.quiet(1.0)

    def strike(self) -> float:
        """Seconds from a key to its findings."""
        self.version += 1
        at = {"line": 0, "character": 0}
        change = (
            {"range": {"start": at, "end": at}, "text": "("}
            if self.version % 2 == 0
            else {"range": {"start": at, "end": {"line": 0, "character": 1}}, "text": ""}
        )
        began = time.perf_counter()
        self.session.change(self.uri, self.version, change)
        self.session.codes(self.uri, self.version)
        return time.perf_counter() - began

    def burst(self) -> float:
        """Seconds from the first of 60 keys to the findings of the last."""
        at = {"line": 0, "character": 0}
        began = time.perf_counter()
        for _ in range(30):
            self.session.change(self.uri, self.version + 1, {"range": {"start": at, "end": at}, "text": "("})
            end = {"line": 0, "character": 1}
            self.session.change(self.uri, self.version + 2, {"range": {"start": at, "end": end}, "text": ""})
            self.version += 2
        self.session.codes(self.uri, self.version)
        return time.perf_counter() - began


@contextmanager
def keys() -> Iterator[Contestants]:
    """Milliseconds beyond the pause that collects quick keys."""
    with tempfile.TemporaryDirectory() as name:
        mine = Typist(ours(Path(name)), Path(name), SHORT)
        try:
            yield Contestants(lambda: (mine.strike() - PAUSE) * 1000)
        finally:
            mine.session.kill()


@contextmanager
def bursts() -> Iterator[Contestants]:
    with tempfile.TemporaryDirectory() as name:
        mine = Typist(ours(Path(name)), Path(name), LONG)
        try:
            yield Contestants(lambda: mine.burst() * 1000)
        finally:
            mine.session.kill()


@contextmanager
def analysis() -> Iterator[Contestants]:
    def timed(call: Callable[[], object]) -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    def parse_and_walk() -> None:
        for _ in ast.walk(ast.parse(LONG)):
            pass

    path = Path("/nowhere/score.py")
    check(LONG, path)
    yield Contestants(lambda: timed(lambda: check(LONG, path)), lambda: timed(parse_and_walk))


@contextmanager
def endings() -> Iterator[Contestants]:
    """Seconds in which a session ends while a package is being built for a service; the child that builds it must go too."""
    with tempfile.TemporaryDirectory() as name:
        rounds = count()

        def end() -> float:
            folder = Path(name) / str(next(rounds))
            script = slow_project(folder)
            session = Session()
            try:
                session.start()
                session.ask("scoredock/deploy", {"uri": script.as_uri(), "target": "process"})
                wait_for((folder / "building").exists, "the build to run")
                children = psutil.Process(session.process.pid).children(recursive=True)
                took = session.stop()
                wait_for(lambda: not any(map(alive, children)), "every child to be gone")
                return took
            finally:
                session.kill()

        yield Contestants(end)


ROWS = [
    Row("editor: start to first findings", "s", starts, bar=1.25, rounds=21, warm_up=2, peer="bare pygls + ast"),
    Row("editor: key to findings, beyond the pause", "ms", keys, bar=10, rounds=60),
    Row("editor: analysis of 2,000 lines", "s", analysis, bar=2.5, rounds=21, peer="ast.parse + one ast.walk"),
    Row("editor: 60 quick keys in 2,000 lines", "ms", bursts, bar=250, rounds=15),
    Row("editor: end of a session in mid-deploy", "s", endings, bar=1.5, rounds=7),
    Row("editor: memory", "MB", memory, bar=1.0, rounds=5, peer="bare pygls + 15 MB"),
]
