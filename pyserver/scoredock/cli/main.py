"""The `scoredock` command."""

from __future__ import annotations


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code: 0 fine, 1 findings or failure, 2 usage."""
    raise SystemExit(f"scoredock: unknown command {arguments[:1]}")
