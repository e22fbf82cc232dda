"""A project where no file describes one: the entry script, and the environment and model that lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scoredock.finding import Finding
from scoredock.project.conda_check import check_conda
from scoredock.project.deployment import service_name, text
from scoredock.project.entry_scripts import literals_of, looks_like_entry_script
from scoredock.project.marked import Mapping
from scoredock.project.paths import resolved
from scoredock.project.said import of_document, placeholders
from scoredock.project.texts import Texts
from scoredock.project.values import CondaFile, EnvironmentSource, ModelMount, Project, Reading, RequirementsFile, Source

CONDA_NAMES = tuple(
    f"{stem}.{suffix}"
    for stem in ("conda", "conda_dependencies", "environment", "env", "conda_env", "conda-env")
    for suffix in ("yml", "yaml")
)
REQUIREMENTS = "requirements.txt"
SCRIPT_NAMES = ("score.py", "main.py", "scoring.py")
MODEL_FOLDERS = ("model", "models", "outputs")
MODEL_SUFFIXES = frozenset(
    (
        ".pkl",
        ".pickle",
        ".joblib",
        ".sav",
        ".onnx",
        ".pt",
        ".pth",
        ".h5",
        ".keras",
        ".safetensors",
        ".bst",
        ".ubj",
        ".cbm",
        ".skops",
        ".bin",
    )
)


def infer_project(folder: Path, texts: Texts, script: Path | None = None) -> Reading:
    """The project of a folder without a file that describes one, or of a script in it; no project without a script."""
    script = script or _script(folder, texts)
    if script is None:
        return Reading(None)
    findings: list[Finding] = []
    environment, image = _environment(script.parent, texts)
    if environment is None and folder != script.parent:
        environment, image = _environment(folder, texts)
    if isinstance(environment, CondaFile):
        document = texts.document(environment.path)
        findings += [*of_document(document), *placeholders(document)]
        if document.readable:
            findings += check_conda(document.root, document, texts, serves=True)
    project = Project(
        file=script,
        source=Source.INFERRED,
        name=service_name(script.parent.name) or "service",
        code=script.parent,
        entry_script=script,
        import_roots=(script.parent,),
        models=tuple(models_near(script, texts)),
        environment=environment,
        base_image=image,
    )
    return Reading(project, tuple(findings))


def _script(folder: Path, texts: Texts) -> Path | None:
    """The entry script of a folder: by its usual name, else the only file that looks like one."""
    for name in SCRIPT_NAMES:
        if texts.is_file(folder / name) and (name == "score.py" or looks_like_entry_script(texts.text(folder / name) or "")):
            return folder / name
    try:
        others = sorted(file for file in folder.glob("*.py") if looks_like_entry_script(texts.text(file) or ""))
    except (OSError, ValueError):
        return None
    return others[0] if len(others) == 1 else None


def _environment(folder: Path, texts: Texts) -> tuple[EnvironmentSource, str | None]:
    """The environment that lies in a folder, and its base image where the file names one."""
    for name in CONDA_NAMES:
        path = folder / name
        if not texts.is_file(path):
            continue
        root = texts.document(path).root
        # Azure's own environment assets go by the same names; they lead to the conda file.
        if isinstance(root, Mapping) and root.entry("dependencies") is None and (root.entry("conda_file") or root.entry("image")):
            conda = text(root.get("conda_file"))
            if conda and texts.is_file(resolved(folder, conda)):
                return CondaFile(resolved(folder, conda)), text(root.get("image"))
            continue
        return CondaFile(path), None
    if texts.is_file(folder / REQUIREMENTS):
        return RequirementsFile(folder / REQUIREMENTS), None
    return None, None


def models_near(script: Path, texts: Texts) -> Iterator[ModelMount]:
    """Model files near a script, laid out as the script asks for them.

    A script that joins ``model/x.pkl`` to AZUREML_MODEL_DIR wants the folder mounted, one that joins ``x.pkl`` the
    file; where the script says neither, a folder is mounted as Azure mounts folders, and a file as a file.
    """
    folder = script.parent
    wanted = {text.replace("\\", "/").strip("/").removeprefix("./") for text in literals_of(texts.text(script) or "")}
    for name in MODEL_FOLDERS:
        place = folder / name
        files = _files(place)
        if not files:
            continue
        if name in wanted or any(text.startswith(f"{name}/") for text in wanted):
            yield ModelMount(place, PurePosixPath(name))
            return
        named = [
            file for file in files if file.relative_to(place).as_posix() in wanted or file.relative_to(place).parts[0] in wanted
        ]
        tops = sorted({place / file.relative_to(place).parts[0] for file in named})
        if tops:
            yield from (ModelMount(top, PurePosixPath(top.name)) for top in tops)
            return
        if any(file.suffix.lower() in MODEL_SUFFIXES or file.name == "MLmodel" for file in files):
            yield ModelMount(place, PurePosixPath(name))
            return
    beside = [file for file in _files(folder, deep=False) if file.suffix.lower() in MODEL_SUFFIXES]
    chosen = [file for file in beside if file.name in wanted] or (beside if len(beside) == 1 else [])
    yield from (ModelMount(file, PurePosixPath(file.name)) for file in chosen)


def _files(folder: Path, *, deep: bool = True, most: int = 2000) -> list[Path]:
    try:
        found = []
        for path in folder.rglob("*") if deep else folder.iterdir():
            if path.is_file():
                found.append(path)
            if len(found) >= most:
                break
        return sorted(found)
    except (OSError, ValueError):
        return []
