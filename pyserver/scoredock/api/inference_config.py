"""`InferenceConfig`: the entry script and the environment it runs in."""

from __future__ import annotations

import ast
import keyword
from pathlib import Path
from typing import Any

from scoredock.api.environment import Environment
from scoredock.api.exceptions import UserErrorException, WebserviceException
from scoredock.api.telling import say_once
from scoredock.api.unsupported import Unsupported, refuse

ENVIRONMENTS = "Use an Environment: InferenceConfig(entry_script=…, environment=…)."


class InferenceConfig:
    """How a model is served. The script's path is relative to ``source_directory`` where there is one, else to the current
    folder."""

    def __init__(
        self,
        entry_script: str,
        runtime: str | None = None,
        conda_file: str | None = None,
        extra_docker_file_steps: str | None = None,
        source_directory: str | None = None,
        enable_gpu: bool | None = None,
        description: str | None = None,
        base_image: str | None = None,
        base_image_registry: Any = None,
        cuda_version: str | None = None,
        environment: Environment | None = None,
    ) -> None:
        refuse(
            "InferenceConfig",
            ENVIRONMENTS,
            extra_docker_file_steps=extra_docker_file_steps,
            enable_gpu=enable_gpu,
            base_image_registry=base_image_registry,
            cuda_version=cuda_version,
            runtime=None if runtime is None or runtime.lower() == "python" else runtime,
        )
        if environment is not None and (runtime or conda_file or base_image):
            raise WebserviceException(
                "Error, unable to provide runtime, conda_file, extra_docker_file_steps, enable_gpu, cuda_version, or "
                "base_image along with an environment object."
            )
        self.entry_script = entry_script
        self.source_directory = source_directory
        self.description = description
        self.runtime = runtime
        self.conda_file = conda_file
        self.base_image = base_image
        if environment is None:
            environment = _from_parts(conda_file, base_image, source_directory)
        self.environment = environment
        self.validate_configuration()

    def validate_configuration(self) -> None:
        """Raise when the script is not there or is no Python."""
        if not self.entry_script:
            raise WebserviceException("Error, need to specify entry_script.")
        if self.source_directory is not None:
            self.source_directory = str(Path(self.source_directory).resolve())
            if not Path(self.source_directory).is_dir():
                raise WebserviceException(f"Error, source directory {self.source_directory} doesn't exist.")
        script = self._script()
        if not script.is_file():
            raise WebserviceException(
                f"Error, entry_script {self.entry_script} doesn't exist.",
                "entry_script should be path relative to current working directory",
            )
        if script.suffix != ".py":
            raise WebserviceException("Invalid driver type. Currently only Python drivers are supported.")
        if not script.stem.isidentifier() or keyword.iskeyword(script.stem):
            raise WebserviceException(f"The name of the entry script, {script.name}, is no name of a Python module.")
        self.validation_script_content()
        _warn_without_server(self.environment)

    def validation_script_content(self) -> None:
        """Raise when the script is no Python this interpreter can read."""
        script = self._script()
        try:
            ast.parse(script.read_bytes(), str(script))
        except (SyntaxError, ValueError) as wrong:
            raise UserErrorException(f"{wrong}. Please check it and try local deployment to verify.") from wrong

    def _script(self) -> Path:
        return Path(self.source_directory or ".", self.entry_script)

    def __repr__(self) -> str:
        return (
            f"InferenceConfig(entry_script={self.entry_script}, runtime={self.runtime}, conda_file={self.conda_file}, "
            f"source_directory={self.source_directory}, description={self.description}, base_image={self.base_image}, "
            f"environment={self.environment})"
        )

    build_create_payload = Unsupported("makes a request to Azure")
    build_profile_payload = Unsupported("makes a request to Azure")


def _from_parts(conda_file: str | None, base_image: str | None, source_directory: str | None) -> Environment:
    made = Environment("inference")
    if conda_file is not None:
        path = Path(source_directory or ".", conda_file)
        if not path.is_file():
            raise WebserviceException(f"Error, Conda file {conda_file} doesn't exist.")
        made = Environment.from_conda_specification("inference", path)
    if base_image is not None:
        made.docker.base_image = base_image
    return made


def _warn_without_server(environment: Environment) -> None:
    text = environment._conda_text()
    if text is not None and "azureml-defaults" not in text and "azureml-inference-server-http" not in text:
        say_once(
            f"Warning, azureml-defaults not detected in the pip dependencies of '{environment.name}'. It contains requirements "
            "for the inference stack to run: Scoredock adds the inference server, Azure does not."
        )
