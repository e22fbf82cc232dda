"""All texts of the house that are said in the reader's language: what `t` and `deferred` are called with, and what the keys
of deployment files are for.

`python -m tests.l10n.catalogue LANGUAGE [ROOM ...]` prints, as JSON, what a language's bundle still lacks.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from scoredock import l10n
from scoredock.project.schema import sections

HOUSE = Path(l10n.__file__).parents[1]


def called(node: ast.AST) -> str:
    """The last name of what a call calls: ``finding`` for ``RULE.finding(...)``."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def literal(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(HOUSE.rglob("*.py")):
        inside = file.relative_to(HOUSE)
        if inside.parts[:2] != ("project", "digits") and (not rooms or inside.parts[0] in rooms):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def texts(*rooms: str) -> list[str]:
    """The English texts of some rooms, or of all, each once, in the order of the source."""
    found: dict[str, None] = {}
    for _, tree in modules(*rooms):
        calls = [
            node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in {"t", "deferred"} and node.args
        ]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            said = call.args[0]
            for node in said.values if isinstance(said, ast.Dict) else (said,):
                if (text := literal(node)) is not None:
                    found[text] = None
    if not rooms or "project" in rooms:
        found |= {key.english: None for section in sections().values() for key in section.values()}
    return list(found)


if __name__ == "__main__":
    language, *rooms = sys.argv[1:]
    bundle = l10n.BUNDLES / f"{language}.json"
    known = json.loads(bundle.read_text(encoding="utf-8")) if bundle.is_file() else {}
    sys.stdout.write(json.dumps({text: "" for text in texts(*rooms) if text not in known}, indent=1, ensure_ascii=False))
