"""Files in the folder that the engine has given the service (``--record``; PROTOCOL.md)."""

from __future__ import annotations

import json
import os
from typing import Any


def write_record(folder: str | None, name: str, content: dict[str, Any]) -> None:
    """Write ``folder/name`` so that a reader sees all of it or nothing."""
    if folder is None:
        return
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as file:
        json.dump(content, file)
    os.replace(path + ".new", path)


def read_start(folder: str | None) -> dict[str, Any]:
    """What the engine has to say and a command line is too narrow for; {} if it has said nothing."""
    try:
        with open(os.path.join(folder or "", "start.json"), encoding="utf-8") as file:
            content: dict[str, Any] = json.load(file)
    except OSError:
        return {}
    return content
