"""Whatever a client does, the server goes on and is right in the end."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scoredock.contract.check import check
from scoredock.lsp.documents import Text
from tests.lsp.session import Session

SCRIPT = '''"""Entry script: 模型😋."""
import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    if not data:
        return {"error": "no data"}
    return json.dumps({"answer": model.predict(json.loads(data))})
'''
PIECES = (
    "\n",
    "    ",
    "def run():",
    "init",
    "(",
    ")",
    "é",
    "😋",
    '"',
    "x = 1\n",
    ":",
    "\r\n",
    "return y\n",
    "#",
    "\x0c",
    "global g\n",
)
REQUESTS = ("hover", "completion", "codeAction", "codeLens", "inlayHint", "documentLink")


def params_of(kind: str, uri: str, rng: random.Random) -> dict[str, object]:
    at = {"line": rng.randrange(25), "character": rng.randrange(40)}
    document = {"textDocument": {"uri": uri}}
    if kind in ("hover", "completion"):
        return {**document, "position": at}
    if kind in ("codeAction", "inlayHint"):
        extra = {"context": {"diagnostics": []}} if kind == "codeAction" else {}
        return {**document, "range": {"start": {"line": 0, "character": 0}, "end": at}, **extra}
    return document


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ten_thousand_random_edits_requests_and_cancels_leave_it_right(session: Session, tmp_path: Path) -> None:
    rng = random.Random(20260922)  # noqa: S311 - the same every time
    path = tmp_path / "score.py"
    uri, mirror, version = session.open(path, SCRIPT), SCRIPT, 1
    outstanding: set[int] = set()
    held: list[int] = []  # bytes of memory, in the second half
    for step in range(10_000):
        if rng.random() < 0.7:
            version += 1
            text = Text(mirror)
            start, end = sorted(rng.randrange(len(mirror) + 1) for _ in range(2))
            end = min(end, start + rng.randrange(12))
            piece = rng.choice(PIECES) if rng.random() < 0.8 else ""
            if len(mirror) > 3000:
                start, end, piece = 0, len(mirror), SCRIPT
            start, end = on_a_border(mirror, start), on_a_border(mirror, end)
            span = {"start": place(text, mirror, start), "end": place(text, mirror, end)}
            session.change(uri, version, {"range": span, "text": piece})
            mirror = mirror[:start] + piece + mirror[end:]
        else:
            kind = rng.choice(REQUESTS)
            number = session.ask(f"textDocument/{kind}", params_of(kind, uri, rng))
            outstanding.add(number)
            if rng.random() < 0.3:
                session.notify("$/cancelRequest", {"id": rng.choice(sorted(outstanding))})
        if step % 500 == 499:
            for number in sorted(outstanding):
                answer = session.answer(number)
                assert "result" in answer or answer["error"]["code"] == -32800, answer
            outstanding.clear()
            if step > 5_000:
                held.append(resident(session.process.pid))
    session.change(uri, version + 1, {"text": mirror})
    session.codes(uri, version + 1)
    session.quiet(1.5)
    expected = check(mirror, path)
    seen = session.diagnostics[uri]["diagnostics"]
    text = Text(mirror)
    assert [(d["code"], d["message"]) for d in seen] == [(f.code, f.message) for f in sorted_as_shown(expected)]
    for diagnostic, finding in zip(seen, sorted_as_shown(expected), strict=True):
        position = text.position(finding.place.line, finding.place.column)
        assert diagnostic["range"]["start"] == {"line": position.line, "character": position.character}
    assert held[-1] - held[0] < 8_000_000, f"memory has grown: {held}"
    assert "Traceback" not in session.stderr.decode()
    errors = [m for m in session.heard("window/logMessage") if m["type"] == 1]
    assert errors == []


def sorted_as_shown(findings):  # type: ignore[no-untyped-def]
    return sorted(findings, key=lambda f: (f.place.line, f.place.column, f.code))


def on_a_border(text: str, offset: int) -> int:
    """No client edits between the two characters of one line end."""
    return offset - 1 if 0 < offset < len(text) and text[offset - 1 : offset + 1] == "\r\n" else offset


def place(text: Text, source: str, offset: int) -> dict[str, int]:
    line = max(number for number, start in enumerate(text.starts) if start <= offset)
    position = text.position(line + 1, offset - text.starts[line] + 1)
    return {"line": position.line, "character": position.character}


def test_fifty_open_scripts_and_a_long_paste_keep_memory_flat(session: Session, tmp_path: Path) -> None:
    long = SCRIPT + "".join(f"\n\ndef helper_{n}(value):\n    return value + {n}\n" for n in range(500))
    assert long.count("\n") >= 2000
    uris = [session.open(tmp_path / f"s{n}" / "score.py", SCRIPT) for n in range(50)]
    for uri in uris:
        session.codes(uri, 1)
    version = 1

    def round_of_pastes() -> int:
        nonlocal version
        for _ in range(6):
            version += 1
            session.change(uris[0], version, {"text": long})
            session.codes(uris[0], version)
            version += 1
            session.change(uris[0], version, {"text": SCRIPT})
            session.codes(uris[0], version)
        return resident(session.process.pid)

    round_of_pastes()
    settled = round_of_pastes()
    for _ in range(3):
        last = round_of_pastes()
    assert last - settled < 8_000_000, f"{(last - settled) / 1e6:.1f} MB grown"


def resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    import psutil

    return int(psutil.Process(pid).memory_info().rss)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/hover", {"textDocument": 5}),
        ("textDocument/codeAction", None),
        ("textDocument/hover", []),
        ("scoredock/deploy", {"uri": 7}),
        ("scoredock/deploy", "nonsense"),
        ("scoredock/score", {}),
        ("no/such/method", {"a": 1}),
        ("no/such/method", None),
        ("workspace/executeCommand", {"command": "no.such.command"}),
    ],
)
def test_a_broken_request_is_answered_with_an_error_and_harms_nothing(
    session: Session, tmp_path: Path, method: str, params: object
) -> None:
    answer = session.answer(session.ask(method, params))
    assert answer["error"]["code"] in (-32601, -32602, -32603, -32803)
    assert session.codes(session.open(tmp_path / "score.py", SCRIPT), 1) is not None


def test_a_wrong_parameter_is_named(session: Session) -> None:
    answer = session.answer(session.ask("scoredock/deploy", {"uri": "file:///x", "port": "many"}))
    assert answer["error"]["message"] == "params.port cannot be str."


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"5", b'{"jsonrpc": "1.0"}', b'{"jsonrpc": "2.0"}', b"\xff\xfe", b'{"jsonrpc": "2.0", "method": 5}']
)
def test_a_broken_message_is_not_the_end(session: Session, tmp_path: Path, body: bytes) -> None:
    session.send_bytes(body)
    assert session.codes(session.open(tmp_path / "score.py", SCRIPT), 1) is not None


def test_a_change_of_a_document_that_is_not_open_is_no_toast(session: Session, tmp_path: Path) -> None:
    session.change((tmp_path / "never.py").as_uri(), 3, {"text": "x"})
    session.codes(session.open(tmp_path / "score.py", SCRIPT), 1)
    assert session.heard("window/showMessage") == []


def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path: Path, start) -> None:  # type: ignore[no-untyped-def]
    import sys

    code = (
        "import atexit, sys\n"
        "heavy = {'docker', 'numpy', 'requests', 'joblib', 'azure', 'rich', 'debugpy', 'watchfiles', 'psutil'}\n"
        "def say():\n"
        "    sys.stderr.write('HEAVY ' + ' '.join(sorted(heavy & set(sys.modules))) + '.\\n')\n"
        "    sys.stderr.flush()\n"
        "atexit.register(say)\n"
        "from scoredock.lsp.start import serve\n"
        "serve()\n"
    )
    session = start(sys.executable, "-c", code)
    session.codes(session.open(tmp_path / "score.py", SCRIPT), 1)
    session.stop()
    assert session.all_errors().decode().partition("HEAVY ")[2].strip() == "."
