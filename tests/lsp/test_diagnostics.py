"""What a user sees while typing: the right findings, at the right place, for the right version, and not too often."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from scoredock.lsp.analysis import PAUSE
from tests.lsp.session import Session

GOOD = """import json


def init():
    global model
    model = 1


def run(data):
    return {"answer": model, "got": json.loads(data)}
"""
BAD = GOOD.replace("def run(data):", "def run():").replace("json.loads(data)", "1")


def test_findings_come_with_code_source_version_and_page(session: Session, tmp_path: Path) -> None:
    uri = session.open(tmp_path / "score.py", BAD, version=7)
    assert "SD105" in session.codes(uri, 7)
    finding = next(d for d in session.diagnostics[uri]["diagnostics"] if d["code"] == "SD105")
    assert finding["source"] == "scoredock"
    assert finding["severity"] == 1
    assert finding["range"]["start"]["line"] == 8
    assert finding["codeDescription"]["href"].endswith("SD105.md")


def test_they_go_when_the_mistake_goes_and_when_the_document_is_closed(session: Session, tmp_path: Path) -> None:
    uri = session.open(tmp_path / "score.py", BAD)
    assert session.codes(uri, 1)
    session.change(uri, 2, {"text": GOOD})
    assert session.codes(uri, 2) == []
    session.change(uri, 3, {"text": BAD})
    assert session.codes(uri, 3)
    session.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    session.until(lambda: session.diagnostics[uri]["diagnostics"] == [], "closed documents to have no findings")


def test_a_script_that_is_no_entry_script_is_left_alone(session: Session, tmp_path: Path) -> None:
    uri = session.open(tmp_path / "helper.py", "def helper():\n    return 1\n")
    assert session.codes(uri, 1) == []


def test_a_burst_of_keys_costs_one_check(session: Session, tmp_path: Path) -> None:
    uri = session.open(tmp_path / "score.py", GOOD)
    session.codes(uri, 1)
    session.quiet(1.0)
    before = len(session.heard("textDocument/publishDiagnostics"))
    end = {"line": 0, "character": 11}
    began = time.monotonic()
    for key in range(60):
        session.change(uri, 2 + key, {"range": {"start": end, "end": end}, "text": "x"})
    session.codes(uri, 61)
    took = time.monotonic() - began
    session.quiet(1.0)
    # Each check needs a pause of quiet before it, and a busy machine may pause between keys.
    assert len(session.heard("textDocument/publishDiagnostics")) - before <= 2 + took / PAUSE


def test_positions_are_utf16_and_lines_end_where_the_protocol_says(session: Session, tmp_path: Path) -> None:
    # A form feed, U+2028 and friends end a line for str.splitlines, and for nobody else.
    head = "x = '模型😋'; a = 'b\u2028c\x0bd\x85e'\n\x0c\n"
    text = head + GOOD.replace("def run(data):", "def run(data, 模型😋_n, 必須):".replace("😋", ""))
    uri = session.open(tmp_path / "score.py", text)
    session.codes(uri, 1)
    for finding in session.diagnostics[uri]["diagnostics"]:
        assert finding["range"]["start"]["line"] < len(text.split("\n"))
    assert "SD201" in session.codes(uri, 1)
    # An edit behind the emoji: UTF-16 counts it twice.
    end = len("x = '模型😋'; a =".encode("utf-16-le")) // 2
    equals = {"start": {"line": 0, "character": end - 1}, "end": {"line": 0, "character": end}}
    session.change(uri, 2, {"range": equals, "text": "= ="})
    assert "SD101" in session.codes(uri, 2)
    broken = next(d for d in session.diagnostics[uri]["diagnostics"] if d["code"] == "SD101")
    assert broken["range"]["start"] == {"line": 0, "character": end + 1}
    session.change(uri, 3, {"range": {**equals, "end": {"line": 0, "character": end + 2}}, "text": "="})
    assert "SD101" not in session.codes(uri, 3)


def test_ignored_rules_go_at_once_and_come_back(session: Session, tmp_path: Path) -> None:
    uri = session.open(tmp_path / "score.py", BAD)
    assert "SD105" in session.codes(uri, 1)
    session.notify("scoredock/settings", {**session.settings, "ignoredRules": ["SD105"]})
    session.until(lambda: all(d["code"] != "SD105" for d in session.diagnostics[uri]["diagnostics"]), "SD105 to go")
    session.notify("scoredock/settings", {**session.settings, "ignoredRules": []})
    session.until(lambda: any(d["code"] == "SD105" for d in session.diagnostics[uri]["diagnostics"]), "SD105 to come back")


def test_a_deployment_file_is_checked_as_it_stands_in_the_editor(session: Session, tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(GOOD)
    text = "name: blue\nendpoint_name: e\ncode_configuration:\n  code: .\n  scoring_script: scores.py\ninstance_type: x\n"
    uri = session.open(tmp_path / "deployment.yml", text, "yaml")
    assert "SD401" in session.codes(uri, 1)
    session.change(uri, 2, {"text": text.replace("scores.py", "score.py")})
    assert "SD401" not in session.codes(uri, 2)


def test_an_unsaved_deployment_file_tells_its_script_that_it_is_one(session: Session, tmp_path: Path) -> None:
    script = "def init():\n    pass\n"
    (tmp_path / "main.py").write_text(script)
    text = "name: blue\nendpoint_name: e\ncode_configuration:\n  code: .\n  scoring_script: other.py\ninstance_type: x\n"
    (tmp_path / "deployment.yml").write_text(text)
    uri = session.open(tmp_path / "main.py", script)
    assert "SD103" not in session.codes(uri, 1)
    deployment = session.open(tmp_path / "deployment.yml", text, "yaml")
    session.change(deployment, 2, {"text": text.replace("other.py", "main.py")})
    session.until(lambda: any(d["code"] == "SD103" for d in session.diagnostics[uri]["diagnostics"]), "SD103 on the script")


def test_an_unsaved_and_a_virtual_document_are_checked_too(session: Session) -> None:
    for uri in ("untitled:Untitled-1", "vscode-vfs://github/somebody/repo/score.py"):
        item = {"uri": uri, "languageId": "python", "version": 1, "text": f"import joblib\n{BAD}"}
        session.notify("textDocument/didOpen", {"textDocument": item})
        assert "SD105" in session.codes(uri, 1)


def test_a_quick_fix_mends_what_it_says(session: Session, tmp_path: Path) -> None:
    text = GOOD.replace("return {", "return json.dumps({").replace("(data)}", "(data)})")
    uri = session.open(tmp_path / "score.py", text)
    assert "SD301" in session.codes(uri, 1)
    finding = next(d for d in session.diagnostics[uri]["diagnostics"] if d["code"] == "SD301")
    params = {
        "textDocument": {"uri": uri},
        "range": finding["range"],
        "context": {"diagnostics": [finding], "only": ["quickfix"]},
    }
    actions = [a for a in session.request("textDocument/codeAction", params) if a.get("diagnostics")]
    assert actions and actions[0]["isPreferred"]
    edits = actions[0]["edit"]["changes"][uri]
    session.change(uri, 2, *({"range": e["range"], "text": e["newText"]} for e in sorted(edits, key=start_of, reverse=True)))
    assert "SD301" not in session.codes(uri, 2)


def test_a_quick_fix_may_mend_another_file(session: Session, tmp_path: Path) -> None:
    """The package that an import misses goes into the conda file, and the finding goes before that is saved."""
    conda = "dependencies:\n  - python=3.11\n  - pip\n  - pip:\n    - azureml-inference-server-http  # serves\n"
    (tmp_path / "conda.yml").write_text(conda)
    (tmp_path / "deployment.yml").write_text(
        "name: blue\nendpoint_name: x\ninstance_type: y\nmodel: azureml:m:1\n"
        "code_configuration: {code: src, scoring_script: score.py}\nenvironment: {image: z, conda_file: conda.yml}\n"
    )
    (tmp_path / "src").mkdir()
    uri = session.open(tmp_path / "src" / "score.py", f"import sklearn\n{GOOD}")

    def told() -> list[dict[str, Any]]:
        return [d for d in session.diagnostics.get(uri, {"diagnostics": []})["diagnostics"] if d["code"] == "SD113"]

    session.until(lambda: bool(told()), "the import to be found missing")
    context = {"diagnostics": told(), "only": ["quickfix"]}
    params = {"textDocument": {"uri": uri}, "range": told()[0]["range"], "context": context}
    (action,) = [a for a in session.request("textDocument/codeAction", params) if a["title"].endswith("to conda.yml")]
    ((other, edits),) = action["edit"]["changes"].items()
    assert other.endswith("conda.yml")
    session.open(tmp_path / "conda.yml", conda, "yaml")
    session.change(other, 2, *({"range": edit["range"], "text": edit["newText"]} for edit in edits))
    session.until(lambda: not told(), "the import to be found")
    assert (tmp_path / "conda.yml").read_text() == conda


def start_of(edit: dict[str, dict[str, dict[str, int]]]) -> tuple[int, int]:
    start = edit["range"]["start"]
    return start["line"], start["character"]
