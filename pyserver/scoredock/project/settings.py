"""Numbers of a deployment file: probes, time limits, resources. What is missing or wrong stays at Azure's default."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TypeVar

from scoredock.project.marked import Mapping, Marked, Scalar
from scoredock.project.said import unfilled
from scoredock.project.values import Probe, RequestSettings, Resources

T = TypeVar("T", Probe, RequestSettings)

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def probe(value: Marked | None) -> Probe:
    return _filled(Probe, value)


def request_settings(value: Marked | None) -> RequestSettings:
    return _filled(RequestSettings, value)


def _filled(kind: type[T], value: Marked | None) -> T:
    if not isinstance(value, Mapping):
        return kind()
    numbers = {field.name: _whole(value.get(field.name)) for field in fields(kind)}
    return kind(**{name: number for name, number in numbers.items() if number is not None})


def _whole(value: Marked | None) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _number(value: Marked | None) -> float | None:
    if not isinstance(value, Scalar) or isinstance(value.value, bool) or unfilled(value):
        return None
    try:
        number = float(value.text)
    except ValueError:
        return None
    return number if abs(number) < 1e18 else None


def resources(value: Marked | None) -> Resources:
    """Limits of the container, or what it asks for where no limit is given (Kubernetes deployments)."""
    amounts = [
        part for name in ("limits", "requests") if isinstance(value, Mapping) and isinstance(part := value.get(name), Mapping)
    ]
    if not amounts:
        return Resources()

    def first(*names: str) -> str | None:
        written = (part.get(name) for part in amounts for name in names)
        return next((node.text for node in written if isinstance(node, Scalar) and node.value is not None), None)

    gpu = first("gpu", "nvidia.com/gpu")
    return Resources(cores(first("cpu")), bytes_of(first("memory")), int(gpu) if gpu and gpu.isdigit() else None)


def cores(text: str | None) -> float | None:
    """``500m`` -> 0.5"""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", (text or "").strip())
    return None if not match else float(match[1]) / (1000 if match[2] else 1)


def bytes_of(text: str | None) -> int | None:
    """``1Gi`` -> 1073741824"""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]{0,2})", (text or "").strip())
    if not match or match[2].lower() not in _UNITS:
        return None
    return int(float(match[1]) * _UNITS[match[2].lower()])


def variables(value: Marked | None) -> tuple[tuple[str, str], ...]:
    """Environment variables as the container gets them; a placeholder stays as it is written."""
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (entry.key.text, entry.value.text)
        for entry in value.entries
        if isinstance(entry.value, Scalar) and entry.value.value is not None
    )
