"""What the model file itself gives cause to say (SD405, SD409 to SD412), on the line that loads it."""

from __future__ import annotations

from collections.abc import Iterator

from scoredock.contract.rule import Rule
from scoredock.contract.rules.sd402_model_path_missing import model_loads
from scoredock.contract.script import Script
from scoredock.finding import Finding, Severity

RULE = Rule("SD405", "model-version-mismatch", Severity.WARNING)


def check(script: Script) -> Iterator[Finding]:
    models = script.facts.models
    if not script.entry.online or models is None or not models.remarks:
        return
    for call, path in model_loads(script):
        for remark in models.remarks:
            if remark.path.parts == path.parts:
                place = script.text.place(path.node or call.node)
                yield Finding(place, remark.code, remark.name, remark.severity, remark.message)
