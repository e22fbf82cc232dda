"""The messages of the server and of the extension are the same, name by name and field by field."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

from scoredock.l10n import BUNDLES
from scoredock.lsp import protocol
from scoredock.lsp.features.code_lens import STATES
from scoredock.lsp.structure import camel

EXTENSION = Path(__file__).resolve().parents[2] / "extension"
MIRROR = (EXTENSION / "src" / "protocol.ts").read_text(encoding="utf-8")
# Of the extension only: helpers of its types, and the shape of an error, which is no value of the server's protocol.py.
NOT_MIRRORED = {"Request", "Notification", "Problem"}


def interfaces() -> dict[str, list[str]]:
    found = re.findall(r"export interface (\w+)(?:<[^{]*>)? \{\n(.*?)\n\}", MIRROR, re.DOTALL)
    field = re.compile(r"^  (?:readonly )?(\w+)\??:", re.MULTILINE)
    return {name: field.findall(body) for name, body in found if name not in NOT_MIRRORED}


def test_every_value_has_the_same_fields_on_both_sides() -> None:
    values = {
        name: [camel(field.name) for field in fields(value)]
        for name, value in vars(protocol).items()
        if isinstance(value, type) and is_dataclass(value) and value is not protocol.Nothing
    }
    assert interfaces() == values


def test_every_request_takes_and_answers_the_same() -> None:
    found = re.findall(r"request<(\w+), (\w+)>\(\"([\w/]+)\"\)", MIRROR)
    assert {method: (takes, answers) for takes, answers, method in found} == {
        method: (takes.__name__, answers.__name__) for method, (takes, answers) in protocol.REQUESTS.items()
    }


def test_every_notification_carries_the_same() -> None:
    found = {method: takes for takes, method in re.findall(r"notification<(\w+)>\(\"([\w/]+)\"\)", MIRROR)}
    assert found == {method: takes.__name__ for method, takes in {**protocol.FROM_CLIENT, **protocol.FROM_SERVER}.items()}


def test_the_lens_and_the_services_view_call_a_state_the_same_in_every_language() -> None:
    view = (EXTENSION / "src" / "views" / "serviceText.ts").read_text(encoding="utf-8")
    words = dict(re.findall(r"^    (\w+): l10n\.t\(\"([^\"]+)\"\),$", view, re.MULTILINE))
    assert words == STATES
    for bundle in BUNDLES.glob("*.json"):
        server = json.loads(bundle.read_text(encoding="utf-8"))
        client = json.loads((EXTENSION / "l10n" / f"bundle.l10n.{bundle.stem}.json").read_text(encoding="utf-8"))
        assert [server[word] for word in words.values()] == [client[word] for word in words.values()]
