"""Projects of SDK and CLI v1: `inferenceconfig.json` with `deploymentconfig.json` beside it.

Both came with `az ml model deploy --ic inferenceconfig.json --dc deploymentconfig.json`; the keys are those of its
documentation. The model was named on that command line, so it is inferred from the folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from scoredock.finding import Finding, Severity
from scoredock.l10n import t
from scoredock.project.conda_check import check_conda
from scoredock.project.deployment import plain, service_name, text
from scoredock.project.inferred import models_near
from scoredock.project.marked import Document, Mapping, Marked, Scalar
from scoredock.project.paths import meant_instead, resolved, written_from
from scoredock.project.said import found, nearest, of_document, placeholders, renaming, unfilled, with_question, writing
from scoredock.project.settings import variables
from scoredock.project.texts import Texts
from scoredock.project.values import (
    CondaFile,
    EnvironmentReference,
    EnvironmentSource,
    ModelMount,
    Project,
    Reading,
    RequestSettings,
    Resources,
    Source,
)

INFERENCE_KEYS = (
    "entryScript",
    "sourceDirectory",
    "environment",
    "runtime",
    "condaFile",
    "extraDockerfileSteps",
    "enableGpu",
    "baseImage",
    "baseImageRegistry",
    "cudaVersion",
    "description",
)
DEPLOYMENT_KEYS = (
    "computeType",
    "port",
    "containerResourceRequirements",
    "location",
    "authEnabled",
    "sslEnabled",
    "sslCertificate",
    "sslKey",
    "cname",
    "dnsNameLabel",
    "appInsightsEnabled",
    "autoScaler",
    "dataCollection",
    "numReplicas",
    "maxConcurrentRequestsPerContainer",
    "maxQueueWaitMs",
    "scoringTimeoutMs",
    "livenessProbeRequirements",
    "namespace",
    "gpuCores",
    "primaryKey",
    "secondaryKey",
    "tags",
    "properties",
    "description",
)


def is_inference_config(document: Document) -> bool:
    root = document.root
    return isinstance(root, Mapping) and any(entry.key.text.lower() == "entryscript" for entry in root.entries)


def read_inference_config(document: Document, texts: Texts) -> Reading:
    findings = [*of_document(document), *placeholders(document)]
    root = document.root
    if not isinstance(root, Mapping):
        return Reading(None, tuple(findings))
    base = document.path.parent
    findings += _unknown(root, INFERENCE_KEYS, "inferenceconfig.json")
    code, code_findings = _code(root, base, texts)
    findings += code_findings
    script, script_findings = _script(root, code, texts)
    findings += script_findings
    environment, environment_findings = _environment(root, document, texts)
    findings += environment_findings
    deployment = texts.document(base / "deploymentconfig.json") if texts.is_file(base / "deploymentconfig.json") else None
    if deployment is not None:
        findings += [*of_document(deployment), *placeholders(deployment)]
        if isinstance(deployment.root, Mapping):
            findings += _unknown(deployment.root, DEPLOYMENT_KEYS, "deploymentconfig.json")
    written = deployment.root if deployment and isinstance(deployment.root, Mapping) else None
    project = Project(
        file=document.path,
        source=Source.INFERENCE_CONFIG,
        name=service_name(base.name) or "service",
        code=code,
        entry_script=script,
        # AML_APP_ROOT holds the source directory under its own name; AZUREML_SOURCE_DIRECTORY adds that folder itself.
        import_roots=(code.parent, code) if root.get("sourceDirectory") else (code,),
        models=_as_v1_mounts(tuple(models_near(script, texts))) if script else (),
        environment=environment,
        base_image=_image(root),
        environment_variables=variables(_inside(root, "environment", "environmentVariables")),
        request_settings=_requests(written),
        resources=_resources(written),
        port=_whole(written, "port"),
    )
    return Reading(project, tuple(findings))


def _as_v1_mounts(models: tuple[ModelMount, ...]) -> tuple[ModelMount, ...]:
    """Several models lie apart under AZUREML_MODEL_DIR, each below its name and version. A model that is no more than a path
    is named after the file and has version 0 (azureml-core, `LocalWebservice._identify_models`)."""
    if len(models) < 2:
        return models
    return tuple(_v1_mount(model, model.mounted_as.name[:30]) for model in models)


def _v1_mount(model: ModelMount, name: str) -> ModelMount:
    return replace(model, mounted_as=PurePosixPath(name, "0", model.mounted_as.name), name=name, version="0")


def _entry(root: Mapping | None, key: str) -> Marked | None:
    return next((entry.value for entry in root.entries if entry.key.text.lower() == key.lower()), None) if root else None


def _inside(root: Mapping, *keys: str) -> Marked | None:
    node: Marked | None = root
    for key in keys:
        node = _entry(node, key) if isinstance(node, Mapping) else None
    return node


def _unknown(root: Mapping, known: tuple[str, ...], file: str) -> Iterator[Finding]:
    folded = {name.lower() for name in known}
    for entry in root.entries:
        name = entry.key.text
        if name.lower() in folded or unfilled(entry.key):
            continue
        # Keys that resemble none are let be: the files had others in other releases, and unknown ones do no harm.
        if meant := nearest(name, known):
            fix = renaming(name, meant, entry.key.place, text=f'"{meant}"')
            message = with_question(t("{0} has no key '{1}'; it is ignored.", file, name), meant)
            yield found("SD408", Severity.WARNING, entry.key.place, message, fix)


def _code(root: Mapping, base: Path, texts: Texts) -> tuple[Path, list[Finding]]:
    written = _entry(root, "sourceDirectory")
    folder = text(written)
    if folder is None or written is None:
        return base, []
    path = resolved(base, folder)
    if texts.exists(path):
        return path, []
    message = t("The source directory '{0}' does not exist.", folder)
    return path, [found("SD401", Severity.ERROR, written.place, message)]


def _script(root: Mapping, code: Path, texts: Texts) -> tuple[Path | None, list[Finding]]:
    written = _entry(root, "entryScript")
    name = text(written)
    if name is None or written is None:
        wrong = written is not None and not unfilled(written)
        place = written.place if written else root.place
        message = t("'entryScript' names no script.")
        return None, [found("SD401", Severity.ERROR, place, message)] if wrong else []
    script = resolved(code, name)
    if texts.is_file(script) or not texts.exists(code):
        return script, []
    meant = meant_instead(script, suffixes=(".py",))
    instead = written_from(code, meant) if meant and meant.suffix == ".py" else None
    fix = writing(instead, written.place, text=f'"{instead}"') if instead else None
    message = with_question(t("The entry script '{0}' does not exist in '{1}'.", name, code.name), instead)
    return script, [found("SD401", Severity.ERROR, written.place, message, fix)]


def _environment(root: Mapping, document: Document, texts: Texts) -> tuple[EnvironmentSource, list[Finding]]:
    conda = _entry(root, "condaFile")
    if conda is not None and (name := text(conda)):
        path = resolved(document.path.parent, name)
        if not texts.is_file(path):
            message = t("The conda file '{0}' does not exist.", name)
            return CondaFile(path), [found("SD408", Severity.ERROR, conda.place, message)]
        inside = texts.document(path)
        checked = check_conda(inside.root, inside, texts, serves=True) if inside.readable else ()
        return CondaFile(path), [*of_document(inside), *placeholders(inside), *checked]
    section = _entry(root, "environment")
    definition = _inside(root, "environment", "python", "condaDependencies")
    if isinstance(definition, Mapping):
        inline = yaml.safe_dump(plain(definition), sort_keys=False, allow_unicode=True)
        return CondaFile(document.path, inline), [*check_conda(definition, document, texts, serves=True)]
    managed = _inside(root, "environment", "python", "userManagedDependencies")
    if isinstance(managed, Scalar) and managed.value is True and _image(root):
        return None, []  # the packages are those of the image
    if isinstance(section, Mapping) and (name := text(_entry(section, "name"))):
        version = text(_entry(section, "version"))
        return EnvironmentReference(f"{name}:{version}" if version else name, section.place), []
    return None, []


def _image(root: Mapping) -> str | None:
    return text(_entry(root, "baseImage")) or text(_inside(root, "environment", "docker", "baseImage"))


def _whole(root: Mapping | None, key: str) -> int | None:
    value = _entry(root, key)
    return (
        value.value if isinstance(value, Scalar) and isinstance(value.value, int) and not isinstance(value.value, bool) else None
    )


def _requests(root: Mapping | None) -> RequestSettings:
    given: dict[str, Any] = {
        "request_timeout_ms": _whole(root, "scoringTimeoutMs"),
        "max_concurrent_requests_per_instance": _whole(root, "maxConcurrentRequestsPerContainer"),
        "max_queue_wait_ms": _whole(root, "maxQueueWaitMs"),
    }
    return RequestSettings(**{name: value for name, value in given.items() if value is not None})


def _resources(root: Mapping | None) -> Resources:
    amounts = _entry(root, "containerResourceRequirements")
    if not isinstance(amounts, Mapping):
        return Resources()

    def number(key: str) -> float | None:
        value = _entry(amounts, key) if isinstance(amounts, Mapping) else None
        real = isinstance(value, Scalar) and isinstance(value.value, int | float) and not isinstance(value.value, bool)
        return float(value.value) if real and isinstance(value, Scalar) and isinstance(value.value, int | float) else None

    memory, gpu = number("memoryInGB"), number("gpu")
    return Resources(number("cpu"), int(memory * 2**30) if memory else None, int(gpu) if gpu else None)
