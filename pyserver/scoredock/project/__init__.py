"""deployment.yml, inferenceconfig.json, a conda file or nothing at all -> one Project value, with findings for these files.

What other rooms call: `read_project(path)` for one file or folder, `find_projects(folder)` for every project below it.
Both are imported when first asked for: the values of this room cost nothing to those who need only them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoredock.project.reading import find_projects, read_project

__all__ = ["find_projects", "read_project"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from scoredock.project import reading

        return getattr(reading, name)
    raise AttributeError(name)
