"""What stands under the pointer: a finding's page, a name of Azure's, a package, a key of the deployment file, a model."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from lsprotocol import types

from scoredock.l10n import t
from scoredock.lsp import azure_names
from scoredock.lsp.environment_files import is_environment_file, lines_of
from scoredock.lsp.imported import module_at, packages_of
from scoredock.lsp.yaml_keys import keys_above

if TYPE_CHECKING:
    from scoredock.lsp.documents import Document
    from scoredock.lsp.server import ScoredockServer

_DEPLOYMENT = re.compile(r"^(?:endpoint_name|code_configuration|instance_type)\s*:|OnlineDeployment", re.MULTILINE)
# What reads a model file: joblib.load(…), pickle.load(…), keras.models.load_model(…).
_LOADS = re.compile(
    r"\b(?:joblib|c?[pP]ickle|cloudpickle|dill|torch|skops\.io|sio|keras\.models|mlflow\.\w+)\.load(?:_model)?(?=\s*\()"
)
_MOST_MODELS = 3
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


async def answer(server: ScoredockServer, params: types.HoverParams) -> types.Hover | None:
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return None
    parts = [*_findings(server, document, params.position)]
    if document.language == "python":
        parts.extend(await _of_script(server, document, params.position))
    elif is_environment_file(document):
        parts.extend(_of_package(server, document, params.position))
    elif document.language == "yaml":
        parts.extend(_of_key(document, params.position))
        parts.extend(await asyncio.to_thread(_of_model_path, document, params.position))
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)))


def _findings(server: ScoredockServer, document: Document, at: types.Position) -> list[str]:
    """The rule's own page: what the server does, and why."""
    from scoredock.contract.explain import explain

    pages = []
    for finding in server.store.of(document.path):
        span = document.range(finding.place)
        inside = (span.start.line, span.start.character) <= (at.line, at.character) <= (span.end.line, span.end.character)
        if inside and (page := explain(finding.code)):
            title, _, rest = page.partition("\n")
            pages.append(f"**{title.lstrip('# ').strip()}**\n{rest.strip()}")
    return pages


async def _of_script(server: ScoredockServer, document: Document, at: types.Position) -> list[str]:
    word = word_at(document, at)
    if any(call.start() <= document.column(at) <= call.end() for call in _LOADS.finditer(document.line(at.line))):
        return await asyncio.to_thread(_loaded, server, document)
    if (module := module_at(document.line(at.line), document.column(at))) and not document.virtual:
        return await asyncio.to_thread(packages_of, module, document.path, server.documents.overlay())
    if word in azure_names.SCHEMA_TYPES:
        return [f"`{word}`\n\n{t(azure_names.SCHEMA_TYPES[word])}"]
    if word not in azure_names.VARIABLES:
        return []
    text = f"`{word}`\n\n{t(azure_names.VARIABLES[word])}"
    if word == "AZUREML_MODEL_DIR" and (layout := await asyncio.to_thread(_model_layout, server, document)):
        text += f"\n\n{layout}"
    return [text]


def _loaded(server: ScoredockServer, document: Document) -> list[str]:
    """What the model files say of themselves that the script names; all of the project's where it names none."""
    from scoredock.checking.model_files import model_files
    from scoredock.lsp.model_facts import facts_of
    from scoredock.lsp.projects import project_now
    from scoredock.project.entry_scripts import literals_of

    project = None if document.virtual else project_now(document.path, server.documents.overlay())
    if project is None:
        return []
    files = model_files(project)
    literals = literals_of(document.source)
    named = [(path, file) for path, file in files if any(text.endswith(path.name) for text in literals)]
    pages = []
    for path, file in (named or files)[:_MOST_MODELS]:
        rows = "\n".join(f"- {what}: {value}" for what, value in facts_of(file))
        pages.append(f"**{path}**\n\n{rows}")
    return pages


def _model_layout(server: ScoredockServer, document: Document) -> str:
    """What the script will find there, by the project's own files; of a model file also what it says of itself."""
    from scoredock.lsp.model_facts import facts_of
    from scoredock.lsp.projects import project_now

    if document.virtual:
        return ""
    project = project_now(document.path, server.documents.overlay())
    if project is None or not project.models:
        return ""
    lines = [t("In this project:"), "```text", "AZUREML_MODEL_DIR/"]
    lines.extend(f"  {model.mounted_as}" for model in project.models)
    lines.append("```")
    for model in project.models:
        if model.source is not None and model.source.exists():
            lines.append("; ".join(f"{what}: {value}" for what, value in facts_of(model.source)[:6]))
    return "\n".join(lines)


def _of_package(server: ScoredockServer, document: Document, at: types.Position) -> list[str]:
    for line in lines_of(server, document):
        if line.place is not None and line.place.line == at.line + 1:
            version = t("installed {0}", line.installed) if line.installed else t("not installed")
            return [f"**{line.name}**: {version}\n\n{line.message}"]
    return []


def _of_key(document: Document, at: types.Position) -> list[str]:
    from scoredock.project.schema import section_of

    match = re.match(r"\s*(?:- )?([\w$]+)\s*:", document.line(at.line))
    if match is None or not match.start(1) <= document.column(at) <= match.end(1):
        return []
    path = keys_above(document, at.line)
    section = section_of(path)
    key = section.get(match[1]) if section else None
    if key is None or not looks_like_deployment(document):
        return []
    extra = [
        t("One of: {0}.", ", ".join(key.values)) if key.values else "",
        t("Default: {0}.", key.default) if key.default else "",
    ]
    return [" ".join(part for part in (f"`{key.name}`: {key.doc}", *extra) if part)]


def _of_model_path(document: Document, at: types.Position) -> list[str]:
    """What the model file that a deployment names says of itself."""
    from scoredock.lsp.model_facts import facts_of

    match = re.match(r"\s*path\s*:\s*[\"']?(?P<path>[^\"'#\s]+)", document.line(at.line))
    if document.virtual or match is None or keys_above(document, at.line) != ("model",):
        return []
    file = document.path.parent / match["path"]
    if not match.start("path") <= document.column(at) <= match.end("path") or not file.exists():
        return []
    return [f"`{file.name}`\n\n" + "\n".join(f"- {what}: {value}" for what, value in facts_of(file))]


def looks_like_deployment(document: Document) -> bool:
    """Whether a YAML text has keys that only deployment files have."""
    return bool(
        re.search(
            r"^(?:endpoint_name|code_configuration|instance_type|scoring_script)\s*:|OnlineDeployment", document.source, re.M
        )
    )


def word_at(document: Document, at: types.Position) -> str:
    column = document.column(at)
    return next((m[0] for m in _WORD.finditer(document.line(at.line)) if m.start() <= column <= m.end()), "")
