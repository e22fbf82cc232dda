"""What is known around a script: its project, its environment, its models, its modules. Read once, kept while one run lasts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from scoredock.checking.siblings import siblings
from scoredock.contract.facts import EnvironmentFacts, Facts, ModelFacts, Role, SyntaxVerdict
from scoredock.contract.parse import own_python
from scoredock.contract.versions import release

if TYPE_CHECKING:
    from scoredock.project.values import CondaFile, Project, RequirementsFile

# A model folder with more files than this is not listed: its paths are then not judged.
MOST_MODEL_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Environment:
    """The facts of an environment, and its interpreter when it is synced."""

    facts: EnvironmentFacts
    interpreter: Path | None = None


class Surroundings:
    """Gathers facts. ``may_run`` allows asking the environment's Python (a workspace that is not trusted does not);
    ``overlay`` holds texts of files that are not saved yet."""

    def __init__(self, *, may_run: bool = True, overlay: Mapping[Path, str] | None = None) -> None:
        self.may_run = may_run
        self.overlay: Mapping[Path, str] = overlay or {}
        self._projects: dict[Path, Project | None] = {}
        self._environments: dict[object, Environment | None] = {}

    def know(self, project: Project) -> None:
        """A project that was read already; its script need not be looked up."""
        if project.entry_script is not None:
            known = self._projects.get(project.entry_script)
            if known is None or is_inferred(known):
                self._projects[project.entry_script] = project

    def project(self, script: Path) -> Project | None:
        """The project that a script belongs to, or None."""
        script = script.absolute()
        if script not in self._projects:
            self._projects[script] = self._read(script)
        return self._projects[script]

    def _read(self, script: Path) -> Project | None:
        if not _has_project_files(script, self.overlay):  # then there is nothing to know, and YAML need not be loaded
            return None
        from scoredock.project import read_project

        return read_project(script, overlay=self.overlay).project

    def facts(self, text: str, path: Path) -> Facts:
        """All that the contract may know of one script. Never raises for what files hold."""
        script = path.absolute()
        project = self.project(script)
        environment = self.environment(project) if project is not None else None
        named = project is not None and not is_inferred(project) and project.entry_script == script
        target = environment.facts.python if environment is not None else None
        return Facts(
            role=Role.ENTRY_SCRIPT if named else Role.UNKNOWN,
            target_python=target,
            syntax=self._syntax(text, environment),
            siblings=siblings(text, script, project, self.overlay),
            environment=environment.facts if environment is not None else None,
            models=self._models(project, environment) if project is not None else None,
        )

    def environment(self, project: Project) -> Environment | None:
        """The facts of a project's environment; ``None`` when nothing describes one that could be read."""
        from scoredock.project.values import CondaFile, RequirementsFile

        source = project.environment
        if not isinstance(source, (CondaFile, RequirementsFile)):
            return None
        if source not in self._environments:
            self._environments[source] = _read_environment(source, self.overlay)
        return self._environments[source]

    def _models(self, project: Project, environment: Environment | None) -> ModelFacts:
        from scoredock.checking.model_files import made_with, remarks

        facts = environment.facts if environment is not None else None
        return ModelFacts(model_tree(project), remarks(project, facts), made_with(project))

    def _syntax(self, text: str, environment: Environment | None) -> SyntaxVerdict | None:
        """The verdict of the environment's Python, asked only when it is another than ours (and may be asked)."""
        if environment is None or environment.interpreter is None or not self.may_run:
            return None
        version = environment.facts.python or ""
        if release(version)[:2] == release(own_python())[:2]:
            return None
        return _asked(environment.interpreter, text)


def is_inferred(project: Project) -> bool:
    """Whether no file describes the project: what is then known of it is a guess."""
    from scoredock.project.values import Source

    return project.source is Source.INFERRED


# What a file that names an entry script says; looking for it is a thousand times cheaper than loading YAML to find out.
_NAMES_A_SCRIPT = (b"code_configuration", b"scoring_script", b"entryscript")
_LARGEST_PROJECT_FILE = 500_000


def _has_project_files(script: Path, overlay: Mapping[Path, str]) -> bool:
    """Whether any file from which a project could be read lies where `read_project` would look."""
    for depth, folder in enumerate((script.parent, *list(script.parents)[1:4])):
        try:
            names = os.listdir(folder)  # noqa: PTH208 (names are wanted, not paths)
        except OSError:
            continue
        found = [folder / name for name in names if name.endswith((".yml", ".yaml", ".json"))]
        if depth == 0 and (found or "requirements.txt" in names):
            return True
        if any(_names_a_script(path) for path in found) or any(path.parent == folder for path in overlay):
            return True
        if ".git" in names:
            break
    return False


def _names_a_script(path: Path) -> bool:
    try:
        if path.stat().st_size > _LARGEST_PROJECT_FILE:
            return False
        data = path.read_bytes().lower()
    except OSError:
        return False
    return any(word in data for word in _NAMES_A_SCRIPT)


@lru_cache(maxsize=64)
def _asked(interpreter: Path, text: str) -> SyntaxVerdict | None:
    from scoredock.checking.interpreter import ask

    return ask(interpreter, text.encode("utf-8", "replace"))


def _read_environment(source: CondaFile | RequirementsFile, overlay: Mapping[Path, str]) -> Environment | None:
    from scoredock.environment.declared import environment_facts
    from scoredock.environment.reading import read_specification
    from scoredock.environment.sync import find
    from scoredock.environment.values import EnvironmentProblem
    from scoredock.project.adding import package_line

    try:
        specification = read_specification(source, overlay)
        ready = find(specification)
        facts = replace(environment_facts(specification, ready), package_line=package_line(source, overlay))
        return Environment(facts, ready.interpreter if ready else None)
    except EnvironmentProblem as problem:  # `project/` says what is wrong with the file
        import logging

        log = logging.getLogger(__name__)
        log.debug("environment %s: %s", source, problem)
        return None


def _names_are_guessed(project: Project) -> bool:
    """Several models of SDK v1 lie under the names that they were registered with, which no file says."""
    from scoredock.project.values import Source

    return project.source is Source.INFERENCE_CONFIG and len(project.models) > 1


def model_tree(project: Project) -> frozenset[PurePosixPath] | None:
    """Every path below AZUREML_MODEL_DIR; ``None`` when some of it is not on this machine, or was only guessed."""
    if is_inferred(project) or not project.models or _names_are_guessed(project):
        return None
    tree: set[PurePosixPath] = set()
    for mount in project.models:
        if mount.source is None or not mount.source.exists():
            return None
        tree.update(parent for parent in (mount.mounted_as, *mount.mounted_as.parents) if parent.parts)
        if not mount.source.is_dir():
            continue
        for folder, names, files in os.walk(mount.source, followlinks=True):
            base = mount.mounted_as / Path(folder).relative_to(mount.source).as_posix()
            tree.update(base / name for name in (*names, *files))
            if len(tree) > MOST_MODEL_FILES:
                return None
    return frozenset(tree)
