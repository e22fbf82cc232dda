"""Files -> projects. Sources in order: a deployment file, `inferenceconfig.json`, what lies beside a score.py."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from scoredock.project.conda_check import check_conda
from scoredock.project.deployment import is_deployment, read_deployment
from scoredock.project.entry_scripts import looks_like_entry_script
from scoredock.project.inference_config import is_inference_config, read_inference_config
from scoredock.project.inferred import CONDA_NAMES, infer_project
from scoredock.project.marked import Document
from scoredock.project.marked import Mapping as Keys
from scoredock.project.said import of_document, placeholders
from scoredock.project.texts import Texts
from scoredock.project.values import Project, Reading

YAML = (".yml", ".yaml")
# The file that is meant when a folder has several deployments.
PREFERRED = ("deployment.yml", "deployment.yaml", "blue-deployment.yml", "blue.yml")
# Folders of tools and environments, in which nobody keeps projects.
_NOT_OURS = frozenset(("node_modules", "__pycache__", "site-packages", "venv", "env", "dist", "build", "mlruns"))
_DEEPEST, _MOST_FILES = 8, 20_000


def read_project(path: Path, *, overlay: Mapping[Path, str] | None = None) -> Reading:
    """The project at a path: a deployment file, an `inferenceconfig.json`, a conda file, an entry script, or a folder.

    Of a folder with several deployments it is `deployment.yml`, else the first by name; `find_projects` gives them all.
    A script belongs to the nearest deployment that names it. A file that is no project file has no project and no
    findings. ``overlay`` holds texts that are not saved yet, by path. Never raises for what files hold.
    """
    path = path.absolute()
    texts = Texts(overlay)
    if path.is_dir():
        return _of_folder(path, texts)
    suffix = path.suffix.lower()
    if suffix == ".py":
        return _of_script(path, texts)
    if suffix in YAML or suffix == ".json":
        return _of_file(path, texts)
    return Reading(None)


def find_projects(folder: Path, *, overlay: Mapping[Path, str] | None = None) -> tuple[Reading, ...]:
    """Every project at and below a folder, and every project file that cannot be read, in the order of their paths."""
    return _below(folder, Texts(overlay))


def _below(folder: Path, texts: Texts) -> tuple[Reading, ...]:
    readings: list[Reading] = []
    claimed: set[Path] = set()
    scripts: list[Path] = []
    for directory, files in _walk(folder.absolute()):
        for file in files:
            reading = _described(file, texts)
            if reading is not None:
                readings.append(reading)
                if reading.project and reading.project.entry_script:
                    claimed.add(reading.project.entry_script)
        scripts += [directory / "score.py"] if directory / "score.py" in files else []
        scripts += [file for file in files if file.suffix == ".py" and file.name != "score.py"]
    for script in scripts:
        if script not in claimed and looks_like_entry_script(texts.text(script) or ""):
            readings.append(infer_project(script.parent, texts, script))
    return tuple(sorted(readings, key=_order))


def _order(reading: Reading) -> tuple[str, ...]:
    if reading.project:
        return reading.project.file.parts
    return reading.findings[0].place.path.parts if reading.findings else ()


def _walk(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    seen = 0
    for directory, folders, names in os.walk(folder):
        depth = len(Path(directory).relative_to(folder).parts)
        folders[:] = sorted(
            name
            for name in folders
            if depth < _DEEPEST
            and not name.startswith(".")
            and name not in _NOT_OURS
            and not (Path(directory) / name / "pyvenv.cfg").exists()
        )
        seen += len(names)
        yield Path(directory), [Path(directory) / name for name in sorted(names) if name.endswith((*YAML, ".json", ".py"))]
        if seen > _MOST_FILES:
            return


def _described(file: Path, texts: Texts) -> Reading | None:
    """The reading of a file that describes a project, or None for every other file."""
    if file.suffix == ".py":
        return None
    text = texts.glimpse(file)
    # A look at the text first: most YAML and JSON files of a workspace are none of ours and need no parsing.
    if file.suffix.lower() == ".json":
        if "entryscript" not in text.lower():
            return None
        document = texts.document(file)
        return read_inference_config(document, texts) if is_inference_config(document) else None
    if "endpoint_name" not in text and "code_configuration" not in text and "OnlineDeployment" not in text:
        return None
    document = texts.document(file)
    if is_deployment(document) or _half_typed(document, text):
        return read_deployment(document, texts)
    return None


def _half_typed(document: Document, text: str) -> bool:
    """A deployment file that cannot be read at the moment still gets its finding."""
    words = ("endpoint_name:", "code_configuration:", "scoring_script:", "instance_type:")
    return not document.readable and sum(word in text for word in words) >= 2


def _of_folder(folder: Path, texts: Texts) -> Reading:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (*YAML, ".json") and file.is_file())
    except (OSError, ValueError):
        return Reading(None)
    files.sort(key=lambda file: PREFERRED.index(file.name) if file.name in PREFERRED else len(PREFERRED))
    readings = [(file, reading) for file in files if (reading := _described(file, texts))]
    for kinds in (YAML, (".json",)):
        of_kind = [reading for file, reading in readings if file.suffix.lower() in kinds]
        whole = next((reading for reading in of_kind if reading.project), None)
        if whole or of_kind:
            return whole or of_kind[0]
    inferred = infer_project(folder, texts)
    if inferred.project:
        return inferred
    below = [reading for reading in _below(folder, texts) if reading.project]
    return below[0] if len(below) == 1 else inferred


def _of_script(script: Path, texts: Texts) -> Reading:
    for folder in (script.parent, *list(script.parents)[1:4]):
        try:
            files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (*YAML, ".json"))
        except (OSError, ValueError):
            continue
        for file in files:
            reading = _described(file, texts)
            if reading and reading.project and _same(reading.project, script):
                return reading
        if (folder / ".git").exists():
            break
    return infer_project(script.parent, texts, script) if texts.is_file(script) else Reading(None)


def _same(project: Project, script: Path) -> bool:
    return project.entry_script == script


def _of_file(path: Path, texts: Texts) -> Reading:
    described = _described(path, texts)
    if described is not None:
        return described
    document = texts.document(path)
    if not document.readable and path.name in (*PREFERRED, *CONDA_NAMES, "inferenceconfig.json", "deploymentconfig.json"):
        return Reading(None, tuple(of_document(document)))
    if isinstance(document.root, Keys) and document.root.entry("dependencies") and path.suffix.lower() in YAML:
        # A conda file asked for by itself: whether it is to serve is known only where a deployment names it.
        findings = (*of_document(document), *placeholders(document), *check_conda(document.root, document, texts, serves=False))
        return Reading(None, findings)
    return Reading(None)
