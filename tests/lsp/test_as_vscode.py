"""The protocol as VS Code speaks it, by a client that checks what comes against the specification and the editor's capabilities.

What this client library would mend or hide on the way (broken messages, cancels out of order, the bytes on the pipe) is tested
with a session of our own, message by message.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

pytestmark = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")

SCRIPT = """import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.environ["AZUREML_MODEL_DIR"])


def run(data):
    return json.dumps({"模型😋": model.predict(json.loads(data))})
"""
DEPLOYMENT = """name: blue
endpoint_name: digits
model:
  path: model.joblib
code_configuration:
  code: .
  scoring_script: score.py
environment:
  conda_file: conda.yml
  image: x
instance_type: Standard_DS3_v2
"""


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "scoredock", "lsp"]))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    (tmp_path / "score.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "deployment.yml").write_text(DEPLOYMENT, encoding="utf-8")
    (tmp_path / "conda.yml").write_text(
        "name: e\ndependencies:\n  - pip:\n    - scoredock-has-no-such-package\n", encoding="utf-8"
    )
    (tmp_path / "model.joblib").write_bytes(b"\x80\x04N.")
    folders = [types.WorkspaceFolder(tmp_path.as_uri(), "project")]
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("visual-studio-code"),
            workspace_folders=folders,
            initialization_options={"trusted": True},
        )
    )
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, path: Path, language: str = "python") -> str:
    """Open a file and wait for its findings."""
    item = types.TextDocumentItem(path.as_uri(), language, 1, path.read_text(encoding="utf-8"))
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await until_findings(client, path.as_uri())
    return path.as_uri()


async def until_findings(client: LanguageClient, uri: str, codes: set[str] | None = None) -> None:
    """Wait until a document's findings have come; with ``codes``, until they are these."""

    async def come() -> None:
        while uri not in client.diagnostics or (codes is not None and {d.code for d in client.diagnostics[uri]} != codes):
            await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)

    await asyncio.wait_for(come(), 20)


def at(text: str, word: str, extra: int = 0) -> types.Position:
    number, line = next((n, line) for n, line in enumerate(text.splitlines()) if word in line)
    return types.Position(number, len(line[: line.index(word)].encode("utf-16-le")) // 2 + extra)


async def test_a_finding_is_placed_mended_and_gone(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path / "score.py")
    (finding,) = [d for d in client.diagnostics[uri] if d.code == "SD301"]
    assert finding.source == "scoredock"
    assert finding.range.start == at(SCRIPT, "json.dumps(")
    end = at(SCRIPT, "json.loads(data))})")
    assert finding.range.end == types.Position(end.line, end.character + len("json.loads(data))})"))
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(uri),
            finding.range,
            types.CodeActionContext([finding], only=[types.CodeActionKind.QuickFix]),
        )
    )
    fixes = [action for action in actions or () if isinstance(action, types.CodeAction) and "object itself" in action.title]
    assert fixes and fixes[0].is_preferred and fixes[0].edit and fixes[0].edit.changes
    edits = sorted(fixes[0].edit.changes[uri], key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True)
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version=2, uri=uri),
            [types.TextDocumentContentChangePartial(edit.range, edit.new_text) for edit in edits],
        )
    )
    await until_findings(client, uri, {d.code for d in client.diagnostics[uri]} - {"SD301"})


async def test_hover_and_completion_know_what_azure_sets(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path / "score.py")
    document = types.TextDocumentIdentifier(uri)
    hover = await client.text_document_hover_async(types.HoverParams(document, at(SCRIPT, "AZUREML_MODEL_DIR", 2)))
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    assert "model.joblib" in hover.contents.value
    found = await client.text_document_completion_async(types.CompletionParams(document, at(SCRIPT, "AZUREML_MODEL_DIR", 3)))
    assert isinstance(found, types.CompletionList)
    assert "AZUREML_MODEL_DIR" in {item.label for item in found.items}


async def test_a_deployment_file_has_keys_and_links(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path / "deployment.yml", "yaml")
    document = types.TextDocumentIdentifier(uri)
    links = await client.text_document_document_link_async(types.DocumentLinkParams(document))
    assert {(link.target or "").rpartition("/")[2] for link in links or ()} == {"model.joblib", "score.py", "conda.yml"}
    hover = await client.text_document_hover_async(types.HoverParams(document, at(DEPLOYMENT, "scoring_script", 2)))
    assert hover is not None
    found = await client.text_document_completion_async(types.CompletionParams(document, at(DEPLOYMENT, "scoring_script", 3)))
    assert isinstance(found, types.CompletionList)
    assert "scoring_script" in {item.label for item in found.items}


async def test_lenses_stand_above_init_and_run(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path / "score.py")
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    shown = {(lens.range.start.line, lens.command.command) for lens in lenses or () if lens.command}
    assert {(at(SCRIPT, "def init").line, "scoredock.run"), (at(SCRIPT, "def run").line, "scoredock.score")} <= shown


async def test_inlay_hints_and_our_own_requests_are_answered(client: LanguageClient, tmp_path: Path) -> None:
    uri = await opened(client, tmp_path / "conda.yml", "yaml")
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(types.TextDocumentIdentifier(uri), whole))
    assert not hints  # the environment has never been made
    report = await client.protocol.send_request_async("scoredock/report", {})
    assert "Scoredock server" in report.text
