"""A specification written as a conda file again: includes followed, paths absolute, so that it stands alone."""

from __future__ import annotations

from typing import Any

from scoredock.environment.key import absolute_line
from scoredock.environment.values import Specification


def conda_definition(specification: Specification, *, constraints_file: str | None = None) -> dict[str, Any]:
    """The content of a conda file that asks for the same, as plain values for a YAML or JSON writer.

    Constraints can only be asked for by file; ``constraints_file`` names the one that the caller writes beside it.
    """
    dependencies: list[Any] = []
    if specification.python is not None:
        rest = specification.python
        dependencies.append(f"python{rest}" if not rest or rest[0] in "=<>!~[" else f"python {rest}")
    dependencies += [item.text for item in specification.conda]
    lines = [*specification.pip_options, *(absolute_line(item) for item in specification.pip)]
    if constraints_file and specification.constraints:
        lines.append(f"-c {constraints_file}")
    if (specification.has_pip or lines) and not any(item.name == "pip" for item in specification.conda):
        dependencies.append("pip")
    if lines:
        dependencies.append({"pip": lines})
    definition: dict[str, Any] = {}
    if specification.name:
        definition["name"] = specification.name
    # conda needs a channel; conda-forge is what Azure's samples name and what conda itself takes by default nowadays.
    definition["channels"] = list(specification.channels) or ["conda-forge"]
    definition["dependencies"] = dependencies
    if specification.variables:
        definition["variables"] = dict(specification.variables)
    return definition
