"""Requests that are ready to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from scoredock.scoring.samples import body_from_swagger, sample_from_schema, saved_samples

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def openapi(schema: Any, **schemas: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {
        "paths": {"/": {"get": {}}, "/score": {"post": {"requestBody": {"content": content}}}},
        "components": {"schemas": schemas},
    }


def swagger2(schema: Any, **definitions: Any) -> dict[str, Any]:
    body = [{"in": "header", "name": "x"}, {"in": "body", "schema": schema}]
    return {"swagger": "2.0", "paths": {"/score": {"post": {"parameters": body}}}, "definitions": definitions}


@pytest.mark.parametrize(
    ("swagger", "body"),
    [
        (openapi({"$ref": "#/components/schemas/In"}, In={"type": "object", "example": {"data": [1]}}), {"data": [1]}),
        (swagger2({"$ref": "#/definitions/In"}, In={"example": {"data": [1]}}), {"data": [1]}),
        (openapi({"$ref": "#/components/schemas/In"}, In={"type": "object", "example": {}}), None),
        (
            openapi({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}, "b": {"default": 3}}}),
            {"a": [0.0], "b": 3},
        ),
        (openapi({"type": "object", "properties": {"a": {"examples": ["x", "y"]}}}), {"a": "x"}),
        (openapi({"$ref": "#/components/schemas/Loop"}, Loop={"items": {"$ref": "#/components/schemas/Loop"}}), "deep"),
        (openapi({"$ref": "#/components/schemas/Missing"}), None),
        ({}, None),
        ([], None),
        ({"paths": {"/score": {"post": {}}}}, None),
        ({"paths": {"/score": {"post": {"parameters": ["x"]}}}}, None),
    ],
)
def test_a_body_is_made_from_what_the_document_says(swagger: Any, body: Any) -> None:
    made = body_from_swagger(swagger)
    assert made == body if body != "deep" else isinstance(made, list)


async def test_older_servers_are_asked_for_older_documents(serve: Serve) -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        found = handler.path.endswith("version=2")
        body = json.dumps(swagger2({"example": {"data": 1}})).encode() if found else b"{}"
        handler.send_response(200 if found else 404)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    sample = await sample_from_schema(serve(answer))
    assert sample is not None and sample.origin == "schema" and sample.request.body == b'{"data": 1}'
    assert asked == [f"/swagger.json?version={version}" for version in ("3.1", "3", "2")]


def test_saved_requests_come_by_name(tmp_path: Path) -> None:
    assert saved_samples(tmp_path) == ()
    (tmp_path / "requests").mkdir()
    for name in ("b.json", "a.png", ".hidden"):
        (tmp_path / "requests" / name).write_text("{}", encoding="utf-8")
    assert [(sample.name, sample.request.body) for sample in saved_samples(tmp_path)] == [
        ("a.png", tmp_path / "requests" / "a.png"),
        ("b.json", tmp_path / "requests" / "b.json"),
    ]
