"""Requests that are ready to send: saved ones in `requests/`, and one made from what the service says it takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from scoredock.l10n import t
from scoredock.scoring.sending import send
from scoredock.scoring.values import Request, Sample, ScoringProblem

FOLDER = "requests"
# Newest first: older servers know fewer, and the server drops version 2 where an example mixes types.
_VERSIONS = ("3.1", "3", "2")
_DEEPEST = 20


def saved_samples(project_folder: Path) -> tuple[Sample, ...]:
    """The files in ``requests/`` beside the project's file, by name: JSON bodies, and images or other raw bodies."""
    try:
        files = sorted(file for file in (project_folder / FOLDER).iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError:
        return ()
    return tuple(Sample(file.name, Request(body=file), "file") for file in files)


async def sample_from_schema(scoring_uri: str, *, timeout: float = 10.0) -> Sample | None:
    """A request made from the service's `swagger.json`, which the schema decorators of the script fill; None when the
    script declares nothing. Raises `ScoringProblem` when the service does not answer."""
    address = re.sub(r"/score/?$", "", scoring_uri) + "/swagger.json"
    for version in _VERSIONS:
        answer = await send(address, Request(method="GET", query=(("version", version),), timeout=timeout))
        if answer.status == 200:
            try:
                body = body_from_swagger(json.loads(answer.body))
            except ValueError as error:
                raise ScoringProblem(t("{0} does not hold JSON.", address), t("Give the request with --data.")) from error
            if body is None:
                return None
            return Sample(t("from the schema"), Request(body=json.dumps(body).encode()), "schema")
    return None


def body_from_swagger(swagger: Any) -> Any:
    """The example of the input that a Swagger 2 or OpenAPI 3 document describes, or one made of its types; None when
    the document says nothing of the input."""
    schema = _input_schema(swagger)
    if schema is None:
        return None
    made = _example(schema, swagger, 0)
    return made if made not in ({}, None, "") else None


def _input_schema(swagger: Any) -> Any:
    paths = swagger.get("paths") if isinstance(swagger, dict) else None
    if not isinstance(paths, dict):
        return None
    posts = [operations["post"] for operations in paths.values() if isinstance(operations, dict) and "post" in operations]
    for post in posts:
        content = _dig(post, "requestBody", "content", "application/json", "schema")
        if content is not None:
            return content
        for parameter in post.get("parameters") or ():
            if isinstance(parameter, dict) and parameter.get("in") == "body":
                return parameter.get("schema")
    return None


def _dig(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _example(schema: Any, document: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    if isinstance(reference := schema.get("$ref"), str) and reference.startswith("#/"):
        return _example(_dig(document, *reference[2:].split("/")), document, depth + 1)
    for key in ("example", "default"):
        if key in schema:
            return schema[key]
    if isinstance(examples := schema.get("examples"), list) and examples:
        return examples[0]
    if isinstance(properties := schema.get("properties"), dict):
        return {name: _example(one, document, depth + 1) for name, one in properties.items()}
    if "items" in schema:
        return [_example(schema["items"], document, depth + 1)]
    return {"integer": 0, "number": 0.0, "string": "", "boolean": False, "object": {}}.get(schema.get("type", ""))
