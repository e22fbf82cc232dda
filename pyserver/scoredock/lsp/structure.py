"""Between JSON and the values of ``protocol.py``; what is wrong with a message is said by the field's name."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Malformed(ValueError):
    """A message does not have the shape that was agreed on."""


def camel(name: str) -> str:
    """``work_done_token`` -> ``workDoneToken``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def to_json(value: object) -> Any:
    """A value of ``protocol.py`` as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel(f.name): to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return value


def from_json(cls: type[T], data: object, where: str = "params") -> T:
    """JSON as a value of ``protocol.py``; unknown keys are ignored, so that an older server understands a newer client."""
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise Malformed(f"{where} must be an object, not {_named(data)}.")
    given: dict[str, Any] = {}
    hints = _hints(cls)  # type: ignore[arg-type]
    for field in fields(cls):  # type: ignore[arg-type]
        key = camel(field.name)
        if key in data:
            given[field.name] = _value(hints[field.name], data[key], f"{where}.{key}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise Malformed(f"{where}.{key} is missing.")
    return cls(**given)


def _value(kind: Any, data: object, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        choices = get_args(kind)
        if data is None and type(None) in choices:
            return None
        for choice in choices:
            try:
                return _value(choice, data, where)
            except Malformed:
                continue
        raise Malformed(f"{where} cannot be {_named(data)}.")
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise Malformed(f"{where} must be a list, not {_named(data)}.")
        item, *rest = get_args(kind)
        if rest == [Ellipsis]:
            return tuple(_value(item, entry, f"{where}[{index}]") for index, entry in enumerate(data))
        if len(data) != 1 + len(rest):
            raise Malformed(f"{where} must have {1 + len(rest)} items.")
        return tuple(_value(k, entry, f"{where}[{i}]") for i, (k, entry) in enumerate(zip((item, *rest), data, strict=True)))
    if is_dataclass(kind):
        return from_json(kind, data, where)  # type: ignore[arg-type]
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise Malformed(f"{where} must be {kind.__name__}, not {_named(data)}.")
    return data


def _named(data: object) -> str:
    return "null" if data is None else type(data).__name__
