"""What a service was made from, so that an update can tell an edit of the script from an edit of the deployment.

A re-fork brings in code and models. A changed conda file, variable, model list or script name needs a new process beside the
old one. Which it is shows in two looks: at the time stamps of the files that define the service (microseconds, and all that
an update of the script costs), and only if one has changed at the plan that they make now.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from scoredock.folders import state_folder
from scoredock.hosting.values import Plan
from scoredock.project.values import CondaFile, Project, RequirementsFile

Stamps = dict[str, tuple[int, int] | None]


def plan_key(plan: Plan) -> str:
    """Changes with anything that a re-fork cannot bring in: environment, variables, where code and models are."""
    project = plan.project
    text = [
        *(plan.environment_key, str(plan.interpreter), plan.image, str(project.code), str(project.entry_script)),
        *sorted(f"{name}={value}" for name, value in plan.environment_variables),
        *(f"{model.source}:{model.mounted_as}:{model.name}:{model.version}" for model in project.models),
        str(project.model_mount_path),
        *(str(project.liveness_probe), str(project.readiness_probe), str(project.resources), str(plan.platform), str(plan.gpus)),
    ]
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()[:16]


def files_of(project: Project, read: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The files that define a service: the project's, its environment's, and those that these include (``read``)."""
    source = project.environment
    own = (source.path,) if isinstance(source, CondaFile | RequirementsFile) else ()
    # An inferred project is a script: to edit that is no news about how it is made.
    return tuple(dict.fromkeys(path for path in (project.file, *own, *read) if path.suffix != ".py"))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever deployed a container asked for and its files do not say: a platform (``linux/amd64``), GPUs (-1: all)."""

    platform: str | None = None
    gpus: int | None = None


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Definition:
    """What was decided when the service was deployed. ``own_interpreter``: its caller brought one, nothing is synced."""

    plan_key: str
    stamps: Stamps
    own_interpreter: bool = False
    wishes: Wishes = NO_WISHES

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(Path(path) for path in self.stamps)

    def untouched(self) -> bool:
        """Whether none of its files has been saved since."""
        return all(_stamp(Path(path)) == then for path, then in self.stamps.items())


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def stamps(files: Iterable[Path]) -> Stamps:
    """Taken before the files are read, so that an edit in between is not missed."""
    return {str(path): _stamp(path) for path in files}


def _path(name: str) -> Path:
    return state_folder() / "services" / ".definitions" / f"{name}.json"


def keep(name: str, definition: Definition) -> None:
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = asdict(definition)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")  # two commands may do so at once
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(path)


def kept(name: str) -> Definition | None:
    """None for a service that was not deployed from files, or before this was noted."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(_path(name).read_bytes())
        then = {path: None if value is None else (value[0], value[1]) for path, value in content["stamps"].items()}
        wishes = Wishes(**content.get("wishes", {}))
        return Definition(str(content["plan_key"]), then, bool(content["own_interpreter"]), wishes)
    return None


def forget(name: str) -> None:
    with contextlib.suppress(OSError):
        _path(name).unlink()
