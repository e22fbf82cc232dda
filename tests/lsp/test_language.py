"""What the editor shows of the server is in the language that the editor speaks, and in English where there are no texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scoredock import l10n
from scoredock.contract.check import check
from scoredock.finding import Finding
from scoredock.l10n import t
from scoredock.lsp.azure_names import VARIABLES
from tests.lsp.session import Session

SCRIPT = """import json
import os


def init():
    print(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    return json.dumps({"answer": 1})
"""
ON_THE_VARIABLE = {"line": 5, "character": 24}


@pytest.fixture(params=["cs-CZ", "fr"])
def session(start: Callable[..., Session], request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session of an editor in another language; this process speaks what the server is to speak."""
    l10n.choose(request.param)
    assert l10n.language() == {"cs-CZ": "cs", "fr": "en"}[request.param]
    yield start(locale=request.param)
    l10n.choose(None)


@pytest.fixture
def uri(session: Session, tmp_path: Path) -> str:
    uri = session.open(tmp_path / "score.py", SCRIPT)
    assert "SD301" in session.codes(uri)
    return uri


def expected(path: Path) -> Finding:
    """The finding in the language of the session, which is to have texts for it."""
    language = l10n.language()
    (said,) = (finding for finding in check(SCRIPT, path) if finding.code == "SD301")
    l10n.choose(None)
    (english,) = (finding for finding in check(SCRIPT, path) if finding.code == "SD301")
    l10n.choose(language)
    assert (said.message == english.message) is (language == "en")
    return said


def test_findings_and_their_fixes(session: Session, uri: str, tmp_path: Path) -> None:
    finding = expected(tmp_path / "score.py")
    (shown,) = (one for one in session.diagnostics[uri]["diagnostics"] if one["code"] == "SD301")
    assert shown["message"] == finding.message
    context = {"diagnostics": [shown]}
    actions = session.request(
        "textDocument/codeAction", {"textDocument": {"uri": uri}, "range": shown["range"], "context": context}
    )
    assert finding.fix is not None
    assert finding.fix.title in [action["title"] for action in actions]


def test_what_stands_under_the_pointer_and_above_the_functions(session: Session, uri: str) -> None:
    document = {"textDocument": {"uri": uri}}
    hover = session.request("textDocument/hover", {**document, "position": ON_THE_VARIABLE})
    assert t(VARIABLES["AZUREML_MODEL_DIR"]) in hover["contents"]["value"]
    titles = [lens["command"]["title"] for lens in session.request("textDocument/codeLens", document)]
    shown = ("Run locally", "Run in Docker", "Score a sample", "Debug")
    assert [title.partition(" ")[2] for title in titles] == [t(title) for title in shown]
    assert ("Run locally" in titles[0]) is (l10n.language() == "en")


def test_problems_and_what_is_being_done(session: Session) -> None:
    answer: dict[str, Any] = session.answer(session.ask("scoredock/deploy", {"uri": "untitled:Untitled-1"}))
    what, todo = t("This document is not a file."), t("Save it in a folder first.")
    assert answer["error"]["message"] == f"{what} {todo}"
    assert (answer["error"]["data"]["what"], answer["error"]["data"]["todo"]) == (what, todo)
    session.quiet(0.2)
    assert [status["state"] for status in session.heard("scoredock/status")] == ["busy", "ok"]
    assert session.heard("scoredock/status")[0]["detail"] == t("Starting a service")
    session.notify("scoredock/settings", {**session.settings, "trusted": False})
    refused = session.answer(session.ask("scoredock/deploy", {"uri": "untitled:Untitled-1"}))["error"]["message"]
    assert refused == t("This workspace is in Restricted Mode, where Scoredock runs nothing. Trust it to go on.")
