"""`scoredock env`: what an environment is, making it, how far it has drifted, giving it to others, the cache."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.cli.main import FAILURE, FINE
from scoredock.cli.terminal import showing_progress
from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.environment.drift import Drift
    from scoredock.environment.values import ReadyEnvironment, Specification

# Names under which environment files lie in a project, in the order in which they are taken.
FILE_NAMES = ("conda.yml", "conda.yaml", "conda_dependencies.yml", "environment.yml", "environment.yaml", "requirements.txt")
MARKS = {"in-sync": "=", "unpinned": "~", "drifted": "!", "not-synced": "-"}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, summary: str, *, project: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if project:
            made.add_argument(
                "project", nargs="?", default=".", help="a folder, deployment file or environment file; default: here"
            )
        made.add_argument("--json", action="store_true", help="one JSON document on stdout")
        return made

    action("show", "say what the environment is and what it resolved to")
    sync = action("sync", "make the environment ready on this machine")
    sync.add_argument(
        "--upgrade", action="store_true", help="take the newest versions that the file allows, not those of last time"
    )
    sync.add_argument("--offline", action="store_true", help="use only what is cached, and say what is missing")
    sync.add_argument(
        "--packages-from", choices=("conda", "pypi"), help="where conda packages come from; default: conda, else PyPI"
    )
    diff = action("diff", "compare the file with what is installed, line by line; exit code 1 where they differ")
    diff.add_argument("--against", metavar="FILE", help="compare with another definition instead, such as one exported to Azure")
    diff.add_argument("--service", metavar="NAME", help="compare with what a running service has, in a container or not")
    export = action("export", "write conda_dependencies.yml, azureml_environment.json, a pinned conda file and a v2 environment")
    export.add_argument("--to", metavar="DIR", default="environment", help="the folder to write into; default: environment")
    export.add_argument("--name", help="the environment's name in Azure; default: the conda file's")
    export.add_argument("--version", help="its version in Azure")
    export.add_argument("--image", help="its base image")
    export.add_argument("--overwrite", action="store_true", help="replace files that are there")
    register = action("register", "keep the definition under a name and version, in the workspace of its folder")
    register.add_argument("--name", help="default: the conda file's name")
    register.add_argument("--version", help="default: the next number")
    action("list", "list cached environments with their sizes, and those registered in this folder's workspace", project=False)
    remove = action("remove", "remove a cached environment", project=False)
    remove.add_argument("key", help="its key, or the beginning of it")
    remove.add_argument("--forget-versions", action="store_true", help="the next sync may resolve other versions")
    prune = action("prune", "remove environments that were not used for a while", project=False)
    prune.add_argument("--days", type=float, default=30, help="how long is a while; default: 30")


def run(arguments: argparse.Namespace) -> int:
    done: int = ACTIONS[arguments.action](arguments)
    return done


def show(arguments: argparse.Namespace) -> int:
    from scoredock.environment.drift import environment_drift
    from scoredock.environment.sync import find

    specification = specification_of(Path(arguments.project))
    ready, drift = find(specification), environment_drift(specification)
    if arguments.json:
        write_json({"environment": described(specification, ready), "state": drift.state.value, "lines": lines_of(drift)})
        return FINE
    print(f"file      {specification.path}")
    print(f"python    {specification.python or 'not named'}{f', here {ready.python_version}' if ready else ''}")
    print(f"state     {drift.state.value}")
    if ready:
        print(f"key       {ready.key} ({ready.strategy.value})\nfolder    {ready.prefix}")
        if ready.server:
            print(f"server    {ready.server.version}{' (added: the file lacks it)' if ready.server.added else ''}")
        for note in ready.notes:
            print(f"note      {note}")
    for line in drift.lines:
        version = line.installed or line.resolved or ""
        print(f"  {line.wanted:<40} {version:<14} {line.source}".rstrip())
    return FINE


def sync(arguments: argparse.Namespace) -> int:
    from scoredock.environment.sync import sync as make_ready
    from scoredock.environment.values import Strategy

    specification = specification_of(Path(arguments.project))
    strategy = {"conda": Strategy.CONDA, "pypi": Strategy.MAPPED, None: None}[arguments.packages_from]
    if not specification.conda:
        strategy = None
    with showing_progress() as progress:
        ready = asyncio.run(
            make_ready(specification, progress=progress, offline=arguments.offline, upgrade=arguments.upgrade, strategy=strategy)
        )
    if arguments.json:
        write_json({"environment": described(specification, ready), "fresh": ready.fresh})
        return FINE
    print(f"{'Made' if ready.fresh else 'Ready:'} {ready.prefix} (Python {ready.python_version}, {SAID[ready.strategy.value]})")
    for note in ready.notes:
        print(f"note: {note}")
    return FINE


SAID = {
    "uv": "pip packages by uv",
    "conda": "conda packages by rattler, pip packages by uv",
    "mapped": "conda packages as their PyPI twins, by uv",
    "own": "your own interpreter",
}


def diff(arguments: argparse.Namespace) -> int:
    from scoredock.environment.drift import State, against_definition, environment_drift
    from scoredock.environment.reading import read_environment_file

    specification = specification_of(Path(arguments.project))
    if arguments.against:
        drift = against_definition(specification, read_environment_file(Path(arguments.against)))
    elif arguments.service:
        drift = asyncio.run(against_service(specification, arguments.service))
    else:
        drift = environment_drift(specification)
    if arguments.json:
        write_json({"state": drift.state.value, "lines": lines_of(drift), "extra": dict(drift.extra), "missing": drift.missing})
    else:
        for line in drift.lines:
            print(f"{MARKS[line.state.value]} {line.wanted:<40} {line.message}")
        for name, version in drift.extra:
            print(f"+ {name}=={version}: nothing asked for it")
        for name in drift.missing:
            print(f"- {name}: {'only in ' + arguments.against if arguments.against else 'was resolved and is gone'}")
        print(drift.state.value)
    return FINE if drift.state in (State.IN_SYNC, State.UNPINNED) else FAILURE


async def against_service(specification: Specification, name: str) -> Drift:
    from scoredock.environment.drift import compare
    from scoredock.hosting.installed import installed_in
    from scoredock.hosting.services import find

    service = await find(name)
    if service is None:
        raise ScoredockError(f"There is no service '{name}'.", "'scoredock list' shows the services of this machine.")
    return compare(specification, await installed_in(service), ())


def export(arguments: argparse.Namespace) -> int:
    from scoredock.environment.export import export as write_files
    from scoredock.environment.sync import find

    specification = specification_of(Path(arguments.project))
    files = write_files(
        specification,
        Path(arguments.to),
        name=arguments.name or specification.name or "environment",
        version=arguments.version,
        image=arguments.image,
        ready=find(specification),
        overwrite=arguments.overwrite,
    )
    written = [str(path) for path in asdict(files).values() if path is not None]
    if arguments.json:
        write_json({"files": written})
    else:
        print("\n".join(f"wrote {path}" for path in written))
        if files.pinned is None:
            print("note: not synced, so there is no file with exact versions; 'scoredock env sync' first")
    return FINE


def register(arguments: argparse.Namespace) -> int:
    from scoredock.environment.sources import named_in
    from scoredock.models.workspace import find_workspace

    specification = specification_of(Path(arguments.project))
    name = arguments.name or specification.name
    if not name:
        raise ScoredockError("The file gives the environment no name.", "Give one with --name.")
    kept = named_in(find_workspace(specification.path.parent)).register(specification, name, arguments.version)
    if arguments.json:
        write_json({"name": kept.name, "version": kept.version, "file": str(kept.file)})
    else:
        print(f"{kept.name} {kept.version}: use it as azureml:{kept.name}:{kept.version}")
    return FINE


def list_all(arguments: argparse.Namespace) -> int:
    from scoredock.environment.cached import cached_environments
    from scoredock.environment.sources import named_in
    from scoredock.models.workspace import find_workspace

    cached, named = cached_environments(), named_in(find_workspace(Path())).all()
    if arguments.json:
        write_json(
            {
                "cached": [asdict(item) for item in cached],
                "registered": [{"name": item.name, "version": item.version, "file": str(item.file)} for item in named],
            }
        )
        return FINE
    for item in cached:
        used = datetime.fromtimestamp(item.used_at).astimezone().strftime("%Y-%m-%d")
        state = "in use" if item.in_use else "damaged" if not item.complete else ""
        print(f"{item.key}  {item.python_version:<8} {item.size >> 20:>6} MB  used {used}  {item.described_by}  {state}".rstrip())
    for found in named:
        print(f"azureml:{found.name}:{found.version}  {found.file}")
    if not cached and not named:
        print("no environments yet: 'scoredock env sync' makes one")
    return FINE


def remove(arguments: argparse.Namespace) -> int:
    from scoredock.environment.cached import remove as take_away

    gone = take_away(arguments.key, forget_versions=arguments.forget_versions)
    if arguments.json:
        write_json({"removed": [gone.key], "freed": gone.frees})
    else:
        print(f"removed {gone.key}, {gone.frees >> 20} MB freed")
    return FINE


def prune(arguments: argparse.Namespace) -> int:
    from scoredock.environment.cached import prune as take_away

    gone = take_away(unused_for_days=arguments.days)
    freed = sum(item.frees for item in gone)
    if arguments.json:
        write_json({"removed": [item.key for item in gone], "freed": freed})
    else:
        print(f"removed {len(gone)} environments, {freed >> 20} MB freed")
    return FINE


ACTIONS: dict[str, Any] = {
    "show": show,
    "sync": sync,
    "diff": diff,
    "export": export,
    "register": register,
    "list": list_all,
    "remove": remove,
    "prune": prune,
}


def specification_of(path: Path) -> Specification:
    """The environment of a project, or of an environment file that is named itself."""
    from scoredock.environment.reading import is_environment_file, read_environment_file, read_specification

    if path.is_file() and is_environment_file(path):
        return read_environment_file(path.absolute())
    if not path.exists():
        raise ScoredockError(f"There is no {path}.", "Name a project folder, a deployment file or an environment file.")
    from scoredock.project import read_project

    reading = read_project(path)
    if reading.project is not None and reading.project.environment is not None:
        return read_specification(reading.project.environment)
    for name in FILE_NAMES if path.is_dir() else ():
        if (path / name).is_file():
            return read_environment_file((path / name).absolute())
    raise ScoredockError(f"{path} names no environment.", "Add a conda file, or name one: scoredock env show conda.yml.")


def described(specification: Specification, ready: ReadyEnvironment | None) -> dict[str, Any]:
    result: dict[str, Any] = {"file": str(specification.path), "name": specification.name, "python": specification.python}
    if ready:
        result |= asdict(ready)
    return result


def lines_of(drift: Drift) -> list[dict[str, Any]]:
    return [
        {
            "name": line.name,
            "wanted": line.wanted,
            "state": line.state.value,
            "line": line.place.line if line.place else None,
            "path": str(line.place.path) if line.place else None,
            "resolved": line.resolved,
            "installed": line.installed,
            "source": line.source,
            "message": line.message,
        }
        for line in drift.lines
    ]


def write_json(content: object) -> None:
    print(json.dumps(content, indent=2, default=lambda value: getattr(value, "value", None) or str(value)))
