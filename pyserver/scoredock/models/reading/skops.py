"""skops files: ``schema.json`` is a tree of nodes that name a class, its module and a loader."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scoredock.l10n import t
from scoredock.models.reading.danger import suspicious_names
from scoredock.models.reading.npy import read_npy
from scoredock.models.reading.stream import Ended
from scoredock.models.reading.stubs import Broken, Name
from scoredock.models.values import Format, MadeWith, ModelFile

if TYPE_CHECKING:
    from scoredock.models.reading.archives import Archive

MAX_NODES = 200_000


def read_skops(blank: ModelFile, archive: Archive) -> ModelFile:
    schema = archive.json("schema.json")
    found = replace(blank, format=Format.SKOPS)
    if not isinstance(schema, dict):
        sentence = t("The model {0} has a description (schema.json) that cannot be read.", blank.path.name)
        return replace(found, complete=False, problem=sentence)
    names: dict[Name, bool] = {}
    versions: Counter[tuple[str, str]] = Counter()
    met: dict[str, None] = {}
    first: dict[str, Any] = {}
    waiting: list[tuple[Any, str]] = [(schema, "")]
    nodes = 0
    while waiting and nodes < MAX_NODES:
        node, owner = waiting.pop()
        nodes += 1
        if isinstance(node, list):
            waiting.extend((item, owner) for item in reversed(node))
        elif isinstance(node, dict):
            name, module = node.get("__class__"), node.get("__module__")
            if isinstance(name, str) and isinstance(module, str):
                names.setdefault(Name(module, name), False)
                owner = f"{module}.{name}" if module != "builtins" else owner
            version = _plain(node.get("_sklearn_version"))
            if isinstance(version, str):
                versions[owner, version] += 1
                met.setdefault(owner)
            for key in ("n_features_in_", "classes_", "feature_names_in_"):
                if key in node:
                    first.setdefault(key, node[key])
            waiting.extend((value, owner) for key, value in reversed(node.items()) if isinstance(value, (dict, list)))
    made_with: list[MadeWith] = []
    for version in dict.fromkeys(version for _, version in versions):
        who = [(by, count) for (by, said), count in versions.items() if said == version]
        made_with.append(MadeWith("scikit-learn", version, who[0][0], sum(count for _, count in who)))
    if isinstance(schema.get("_skops_version"), str):
        made_with.append(MadeWith("skops", schema["_skops_version"], "schema.json"))
    width = _plain(first.get("n_features_in_"))
    return replace(
        found,
        root=f"{schema.get('__module__')}.{schema.get('__class__')}" if schema.get("__class__") else None,
        modules=tuple(sorted({"skops.io", *(name.module for name in names)})),
        classes_used=tuple(met),
        made_with=tuple(made_with),
        main_classes=tuple(sorted(name.name for name in names if name.module == "__main__")),
        n_features=width if isinstance(width, int) else None,
        feature_names=tuple(v for v in _array(first.get("feature_names_in_"), archive) if isinstance(v, str)),
        classes=_array(first.get("classes_"), archive),
        suspicious=tuple(suspicious_names(names, [], "schema.json")),
        complete=nodes < MAX_NODES,
        problem="" if nodes < MAX_NODES else t("The model {0} describes more parts than any model.", blank.path.name),
    )


def _plain(node: Any) -> Any:
    """The value of a JsonNode."""
    if not isinstance(node, dict) or not isinstance(node.get("content"), str):
        return None
    try:
        return json.loads(node["content"])
    except ValueError:
        return None


def _array(node: Any, archive: Archive) -> tuple[Any, ...]:
    if not isinstance(node, dict):
        return ()
    file = node.get("file")
    if isinstance(file, str) and file in archive.names:
        try:
            return read_npy(archive.stream(file)).values or ()
        except (Broken, Ended):
            return ()
    content = node.get("content")  # arrays of objects are written as a list of nodes
    items = content.get("content") if isinstance(content, dict) else content
    return tuple(v for v in map(_plain, items[:1000]) if isinstance(v, (str, int, float))) if isinstance(items, list) else ()
