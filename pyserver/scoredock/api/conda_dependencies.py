"""`CondaDependencies`: a conda file as an object."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from scoredock.api.exceptions import UserErrorException
from scoredock.api.unsupported import Unsupported

DEFAULT_PYTHON = "3.10.18"  # of azureml-core 1.61
CHANNELS = ["anaconda", "conda-forge"]
TOP_KEYS = {"name", "channels", "dependencies", "prefix", "variables"}
HEAD = "# Conda environment specification, as Azure Machine Learning reads it.\n"
OLD = "is deprecated in the SDK itself"


class CondaDependencies:
    """Python and the packages of an environment. An empty one asks for Python and the inference server (azureml-defaults)."""

    DEFAULT_NUMBER_OF_CONDA_PACKAGES = 0
    DEFAULT_NUMBER_OF_PIP_PACKAGES = 0

    def __init__(self, conda_dependencies_file_path: Any = None, _underlying_structure: dict[str, Any] | None = None) -> None:
        if conda_dependencies_file_path is not None and _underlying_structure is not None:
            raise UserErrorException("Only one of conda_dependencies_file_path or _underlying_structure can be given.")
        if conda_dependencies_file_path is not None:
            content = _read(Path(conda_dependencies_file_path))
        elif _underlying_structure is not None:
            content = _underlying_structure
        else:
            dependencies = [f"python={DEFAULT_PYTHON}", {"pip": ["azureml-defaults"]}]
            content = {"name": "project_environment", "dependencies": dependencies, "channels": list(CHANNELS)}
        unknown = sorted(set(content) - TOP_KEYS)
        if unknown:
            raise UserErrorException(f"A conda file has no key '{unknown[0]}'.", f"It may have {', '.join(sorted(TOP_KEYS))}.")
        self._content = content

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: list[str] | None = None,
        conda_packages: list[str] | None = None,
        python_version: str = DEFAULT_PYTHON,
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """A new one. Without ``pip_packages`` it asks for azureml-defaults.

        ``pin_sdk_version`` pins packages of the SDK to the SDK that is installed; without one there is nothing to pin to.
        """
        made = CondaDependencies()
        made.set_python_version(python_version)
        if pip_indexurl:
            made.set_pip_option(f"--extra-index-url {pip_indexurl}")
        packages = ["azureml-defaults"] if pip_packages is None else list(pip_packages)
        if pip_packages is not None:
            made.remove_pip_package("azureml-defaults")
        version = _sdk_version() if pin_sdk_version else None
        for package in packages:
            bare = re.fullmatch(r"(azureml-[a-z-]+)(\[.*\])?", package)
            made.add_pip_package(f"{package}~={version}" if version and bare else package)
        for package in conda_packages or []:
            made.add_conda_package(package)
        return made

    @property
    def conda_channels(self) -> list[str]:
        return list(self._content.get("channels") or [])

    @property
    def conda_packages(self) -> list[str]:
        """Conda packages other than Python itself."""
        return [item for item in self._lines() if isinstance(item, str) and _name(item) != "python"]

    @property
    def pip_packages(self) -> list[str]:
        return [line for line in self._pip() if not line.startswith("-")]

    @property
    def pip_options(self) -> list[str]:
        return [line for line in self._pip() if line.startswith("-")]

    def get_default_number_of_packages(self) -> tuple[int, int]:
        return self.DEFAULT_NUMBER_OF_CONDA_PACKAGES, self.DEFAULT_NUMBER_OF_PIP_PACKAGES

    def get_python_version(self) -> str | None:
        """What stands behind ``python=``; ``None`` when the file does not ask for a Python."""
        for item in self._lines():
            if isinstance(item, str) and _name(item) == "python":
                return item[len("python") :].lstrip("= ") or None
        return None

    def set_python_version(self, version: str) -> None:
        self._drop("python")
        self._lines().insert(0, f"python={version}")

    def add_channel(self, channel: str) -> None:
        channels = self._content.setdefault("channels", [])
        if channel not in channels:
            channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        if channel in self.conda_channels:
            self._content["channels"].remove(channel)

    def add_conda_package(self, conda_package: str) -> None:
        """Add a package, in the place of one of the same name."""
        if _name(conda_package) == "python":
            raise UserErrorException("Python is no package of its own here.", "Use set_python_version.")
        self._drop(_name(conda_package))
        self._lines().append(conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        self._drop(_name(conda_package))

    def add_pip_package(self, pip_package: str) -> None:
        """Add a package, in the place of one of the same name."""
        if pip_package.startswith("-"):
            raise UserErrorException(f"'{pip_package}' is an option of pip and no package.", "Use set_pip_option.")
        self.remove_pip_package(pip_package)
        self._pip(make=True).append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        lines = self._pip()
        lines[:] = [line for line in lines if line.startswith("-") or _name(line) != _name(pip_package)]

    def set_pip_option(self, pip_option: str) -> None:
        """Set an option such as ``--find-links URL``, in the place of the same option."""
        self.remove_pip_option(pip_option)
        self._pip(make=True).insert(0, pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        option = pip_option.split(maxsplit=1)[0]
        lines = self._pip()
        lines[:] = [line for line in lines if not (line.startswith("-") and line.split()[0] == option)]

    def set_pip_index_url(self, index_url: str) -> None:
        self.set_pip_option(index_url if index_url.startswith("-") else f"--index-url {index_url}")

    def set_pip_requirements(self, pip_requirements: list[str]) -> None:
        """Replace all pip packages; options stay."""
        lines = self._pip(make=True)
        lines[:] = [*self.pip_options, *pip_requirements]

    @staticmethod
    def merge_requirements(requirements: list[str]) -> list[str]:
        """One line for each package, with all that is asked of it."""
        merged: dict[str, list[str]] = {}
        for line in requirements:
            name = re.match(r"[\w.\-\[\]]+", line)
            key = name[0] if name else line
            merged.setdefault(key, []).append(line[len(key) :].strip())
        return [f"{name}{','.join(part for part in parts if part)}" for name, parts in merged.items()]

    def as_dict(self) -> dict[str, Any]:
        return self._content

    def serialize_to_string(self) -> str:
        import yaml

        text: str = yaml.safe_dump(self._content, sort_keys=False, allow_unicode=True, width=200)
        return HEAD + text

    def save(self, path: Any = None) -> str:
        """Write the conda file to ``path``, by default ``conda_dependencies.yml`` in the current folder; returns the path."""
        target = Path(path or "conda_dependencies.yml")
        target = target / "conda_dependencies.yml" if target.is_dir() else target
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.serialize_to_string(), encoding="utf-8")
        return str(target)

    def save_to_file(self, base_directory: Any, conda_file_path: str | None = None) -> str:
        """Write the conda file below ``base_directory``; returns its path relative to that."""
        relative = conda_file_path or "conda_dependencies.yml"
        self.save(Path(base_directory) / relative)
        return relative

    def __repr__(self) -> str:
        return self.serialize_to_string()

    add_cntk_package = Unsupported(OLD)
    sdk_origin_url = Unsupported("says where the SDK itself is installed from")
    add_tensorflow_conda_package = Unsupported(OLD, "Use add_conda_package('tensorflow').")
    add_tensorflow_pip_package = Unsupported(OLD, "Use add_pip_package('tensorflow').")

    def _lines(self) -> list[Any]:
        lines: list[Any] = self._content.setdefault("dependencies", [])
        return lines

    def _pip(self, *, make: bool = False) -> list[str]:
        for item in self._lines():
            if isinstance(item, dict) and isinstance(item.get("pip"), list):
                pip: list[str] = item["pip"]
                return pip
        lines: list[str] = []
        if make:
            self._lines().append({"pip": lines})
        return lines

    def _drop(self, name: str) -> None:
        lines = self._lines()
        lines[:] = [item for item in lines if not (isinstance(item, str) and _name(item) == name)]


def _name(requirement: str) -> str:
    match = re.match(r"(?:[\w\-./]+::)?([\w.\-]+)", requirement.strip())
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else requirement


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise UserErrorException(f"The conda file {path} cannot be read: {wrong.strerror}.", "Check its path.") from wrong
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise UserErrorException(f"The conda file {path} is no YAML.", "Correct it.") from wrong
    if not isinstance(content, dict):
        raise UserErrorException(f"{path} is no conda file.", "Give it 'dependencies'.")
    return content


def _sdk_version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("azureml-core")
    except PackageNotFoundError:
        return None
    return ".".join(found.split(".")[:3])
