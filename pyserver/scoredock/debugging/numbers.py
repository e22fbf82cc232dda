"""One debuggee of several workers: each counts its threads, frames and variables from 1, the session tells them apart.

A worker has a slot; its number N becomes ``N * 64 + slot``. 0 means "none" in the protocol and stays.
"""

from __future__ import annotations

from typing import Any

from scoredock.debugging.framing import Message

SLOTS = 64
_KEYS = frozenset({"threadId", "frameId", "variablesReference", "sourceReference", "targetId"})
_LISTS = frozenset({"threads", "stackFrames", "targets", "modules"})  # of objects whose ``id`` is such a number


def outward(message: Message, slot: int) -> Message:
    """An answer or event of a worker with the session's numbers. (Breakpoints have numbers of the session's own.)"""
    body = message.get("body")
    if isinstance(body, dict):
        message["body"] = _outward(body, slot)
        module = body.get("module")
        if isinstance(module, dict) and isinstance(module.get("id"), int):
            message["body"]["module"]["id"] = module["id"] * SLOTS + slot
    return message


def _outward(value: Any, slot: int) -> Any:
    if isinstance(value, list):
        return [_outward(item, slot) for item in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for key, item in value.items():
        if key in _KEYS and isinstance(item, int) and item:
            made[key] = item * SLOTS + slot
        elif key in _LISTS and isinstance(item, list):
            made[key] = [_numbered(_outward(one, slot), slot) for one in item]
        else:
            made[key] = _outward(item, slot) if isinstance(item, (dict, list)) else item
    return made


def _numbered(item: Any, slot: int) -> Any:
    if isinstance(item, dict) and isinstance(item.get("id"), int):
        return {**item, "id": item["id"] * SLOTS + slot}
    return item


def inward(arguments: Message) -> tuple[int | None, Message]:
    """A request's arguments with the worker's own numbers, and its slot (``None``: the request names nothing of a worker's)."""
    slot: int | None = None
    made: Message = {}
    for key, item in arguments.items():
        if key in _KEYS and isinstance(item, int) and item:
            slot = item % SLOTS
            made[key] = item // SLOTS
        elif key == "source" and isinstance(item, dict):
            inner, made[key] = inward(item)
            slot = inner if slot is None else slot
        else:
            made[key] = item
    return slot, made
