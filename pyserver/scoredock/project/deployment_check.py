"""What a deployment file names and the folder does not hold; what azure-ai-ml reads silently and Azure refuses later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scoredock.finding import Finding, Fix, Severity
from scoredock.l10n import t
from scoredock.project.marked import Document, Mapping, Marked, Scalar
from scoredock.project.paths import is_remote, meant_instead, resolved, stands, written_from
from scoredock.project.said import beginning, found, unfilled, with_question, writing
from scoredock.project.texts import Texts
from scoredock.project.values import Project

# What azure-ai-ml's validate_endpoint_or_deployment_name asks of names before anything is sent.
_NAME = re.compile(r"(?=.{3,32}$)[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
LONGEST_REQUEST_MS = 180_000


def check_deployment(document: Document, root: Mapping, project: Project, texts: Texts) -> Iterator[Finding]:
    yield from _names(root)
    yield from _code(document, root, project, texts)
    yield from _model(document, root, texts)
    yield from _environment(document, root, texts)
    yield from _limits(root)
    yield from _workers(root)


def _known(value: Marked | None) -> Scalar | None:
    """A text that is really there: no null, no placeholder, of the right type."""
    if isinstance(value, Scalar) and isinstance(value.value, str) and not unfilled(value) and value.text.strip():
        return value
    return None


def _names(root: Mapping) -> Iterator[Finding]:
    for key in ("name", "endpoint_name"):
        name = _known(root.get(key))
        if name and not _NAME.fullmatch(name.text):
            message = t(
                "Azure refuses the name '{0}': it takes 3 to 32 letters, digits and hyphens, beginning with a letter.", name.text
            )
            yield found("SD408", Severity.ERROR, name.place, message)


def _code(document: Document, root: Mapping, project: Project, texts: Texts) -> Iterator[Finding]:
    base = document.path.parent
    entry = root.entry("code_configuration")
    if entry is None:
        yield from _without_code(root, project)
        return
    configuration = entry.value
    if not isinstance(configuration, Mapping):
        return
    code, script = configuration.get("code"), configuration.get("scoring_script")
    if code is None and script is not None:
        message = t("'code' is missing beside 'scoring_script': name the folder that holds the script.")
        yield found("SD401", Severity.ERROR, entry.key.place, message)
        return
    folder = _known(code)
    if folder is None or is_remote(folder.text):
        return
    path = resolved(base, folder.text)
    if not texts.exists(path):
        yield _missing_folder(folder, path, base)
        return
    if script is None or (isinstance(script, Scalar) and not script.text.strip() and script.value is not None):
        message = t("'scoring_script' is missing: Azure refuses code without an entry script.")
        yield found("SD401", Severity.ERROR, script.place if script else entry.key.place, message)
        return
    named = _known(script)
    target = project.entry_script
    if named and target and not (texts.is_file(target) and (stands(target) or not target.exists())):
        yield _missing_script(named, target, path)


def _missing_folder(folder: Scalar, path: Path, base: Path) -> Finding:
    meant = meant_instead(path)
    instead = written_from(base, meant) if meant and meant.is_dir() else None
    message = with_question(t("The code folder '{0}' does not exist.", folder.text), instead)
    return found("SD401", Severity.ERROR, folder.place, message, _instead(folder, instead))


def _missing_script(named: Scalar, script: Path, code: Path) -> Finding:
    meant = meant_instead(script, suffixes=(".py",))
    instead = written_from(code, meant) if meant and meant.suffix == ".py" else None
    message = t("The scoring script '{0}' does not exist in the code folder '{1}'.", named.text, code.name)
    return found("SD401", Severity.ERROR, named.place, with_question(message, instead), _instead(named, instead))


def _without_code(root: Mapping, project: Project) -> Iterator[Finding]:
    """No code at all: right for MLflow and Triton models and for images that serve by themselves, else nothing can run."""
    environment = root.get("environment")
    if not isinstance(environment, Mapping) or environment.get("inference_config") is not None:
        return
    if environment.get("conda_file") is None or environment.get("build") is not None:
        return
    model = root.get("model")
    kind = model.get("type") if isinstance(model, Mapping) else None
    if isinstance(kind, Scalar) and kind.text.lower() != "custom_model":
        return
    if not project.models or project.models[0].source is None or (project.models[0].source / "MLmodel").exists():
        return
    message = t(
        "There is no 'code_configuration', and the model is no MLflow or Triton model: the server will find no script to run."
    )
    yield found("SD401", Severity.WARNING, beginning(root.place), message)


def _model(document: Document, root: Mapping, texts: Texts) -> Iterator[Finding]:
    model = root.get("model")
    if not isinstance(model, Mapping):
        return
    named = model.get("name") is not None
    if model.get("version") is not None and not named:
        entry = model.entry("version")
        if entry:
            message = t("A model 'version' needs a 'name' beside it; Azure refuses it alone.")
            yield found("SD408", Severity.ERROR, entry.key.place, message)
    path = _known(model.get("path"))
    if path is None:
        return
    if is_remote(path.text):
        if not named:
            message = t("Azure refuses the remote model '{0}' without a name: give it 'name' and 'version'.", path.text)
            yield found("SD402", Severity.ERROR, path.place, message)
        return
    source = resolved(document.path.parent, path.text)
    if texts.exists(source) and stands(source):
        return
    meant = meant_instead(source)
    instead = written_from(document.path.parent, meant) if meant else None
    message = (
        with_question(t("The model '{0}' does not exist.", path.text), instead)
        if instead
        else t("The model '{0}' does not exist. Train or download it first, or correct the path.", path.text)
    )
    yield found("SD402", Severity.ERROR, path.place, message, _instead(path, instead))


def _environment(document: Document, root: Mapping, texts: Texts) -> Iterator[Finding]:
    entry = root.entry("environment")
    if entry is None or not isinstance(entry.value, Mapping):
        return
    environment, base = entry.value, document.path.parent
    image, build = environment.entry("image"), environment.entry("build")
    if image is None and build is None:
        message = t("The environment has neither 'image' nor 'build'; Azure refuses it.")
        yield found("SD408", Severity.ERROR, entry.key.place, message)
    elif image is not None and build is not None:
        message = t("'image' and 'build' exclude each other; Azure refuses both together.")
        yield found("SD408", Severity.ERROR, build.key.place, message)
    conda = environment.get("conda_file")
    if isinstance(conda, Scalar) and not unfilled(conda) and conda.value is not None:
        path = resolved(base, conda.text)
        if not texts.is_file(path):
            # Microsoft's older documents write file:./conda.yml; azure-ai-ml takes that for a name and finds nothing.
            bare = resolved(base, conda.text.removeprefix("file:"))
            meant = bare if texts.is_file(bare) else meant_instead(path, suffixes=(".yml", ".yaml"))
            instead = written_from(base, meant) if meant and meant.is_file() else None
            message = with_question(t("The conda file '{0}' does not exist.", conda.text), instead)
            yield found("SD408", Severity.ERROR, conda.place, message, _instead(conda, instead))
    elif conda is not None and not isinstance(conda, Mapping) and not unfilled(conda):
        message = t("'conda_file' takes the path of a conda file, or its content.")
        yield found("SD408", Severity.ERROR, conda.place, message)
    yield from _build(build.value if build else None, base, texts)


def _build(build: Marked | None, base: Path, texts: Texts) -> Iterator[Finding]:
    folder = _known(build.get("path")) if isinstance(build, Mapping) else None
    if folder is None or not isinstance(build, Mapping) or is_remote(folder.text):
        return
    context = resolved(base, folder.text)
    if not texts.exists(context):
        yield found("SD408", Severity.ERROR, folder.place, t("The build folder '{0}' does not exist.", folder.text))
        return
    dockerfile = _known(build.get("dockerfile_path"))
    file = resolved(context, dockerfile.text if dockerfile else "Dockerfile")
    if not texts.is_file(file):
        place = dockerfile.place if dockerfile else folder.place
        message = t("There is no '{0}' in the build folder '{1}'.", file.name, folder.text)
        yield found("SD408", Severity.ERROR, place, message)


def _limits(root: Mapping) -> Iterator[Finding]:
    collector = root.get("data_collector")
    rate = collector.get("sampling_rate") if isinstance(collector, Mapping) else None
    if isinstance(rate, Scalar) and isinstance(rate.value, int | float) and not 0 <= rate.value <= 1:
        message = t("'sampling_rate' is from 0.0 to 1.0; Azure refuses the file.")
        yield found("SD408", Severity.ERROR, rate.place, message)
    settings, kind = root.get("request_settings"), root.get("type")
    if isinstance(kind, Scalar) and kind.text == "kubernetes":
        return
    scale = root.get("scale_settings")
    scaling = scale.get("type") if isinstance(scale, Mapping) else None
    if isinstance(scaling, Scalar) and scaling.text.lower().replace("_", "") == "targetutilization":
        message = t("Managed deployments take 'type: default' only here; scale them with rules of Azure Monitor instead.")
        yield found("SD408", Severity.ERROR, scaling.place, message)
    if not isinstance(settings, Mapping):
        return
    timeout = settings.get("request_timeout_ms")
    if isinstance(timeout, Scalar) and isinstance(timeout.value, int) and timeout.value > LONGEST_REQUEST_MS:
        message = t("Managed endpoints take at most {0} ms (3 minutes) for a request; Azure refuses more.", LONGEST_REQUEST_MS)
        yield found("SD408", Severity.ERROR, timeout.place, message)


def _workers(root: Mapping) -> Iterator[Finding]:
    """The server works on as many requests at once as it has workers (WORKER_COUNT, 1 by default); Azure may send more."""
    settings, variables, environment = (root.get(key) for key in ("request_settings", "environment_variables", "environment"))
    at_once = settings.get("max_concurrent_requests_per_instance") if isinstance(settings, Mapping) else None
    if (
        not isinstance(at_once, Scalar)
        or not isinstance(at_once.value, int)
        or isinstance(at_once.value, bool)
        or at_once.value < 2
    ):
        return
    if isinstance(environment, Mapping) and environment.get("inference_config") is not None:
        return  # a server of its own
    if root.get("code_configuration") is None or (variables is not None and not isinstance(variables, Mapping)):
        return
    workers = variables.get("WORKER_COUNT") if variables else None
    count = int(workers.text) if isinstance(workers, Scalar) and workers.text.strip().isdecimal() else None
    if workers is not None and (count is None or count > 1):
        return
    message = t(
        "Azure will send {0} requests at once to a server with one worker, where they wait for each other:"
        " set WORKER_COUNT under 'environment_variables' as well.",
        at_once.value,
    )
    yield found("SD416", Severity.INFORMATION, at_once.place, message)


def _instead(scalar: Scalar, instead: str | None) -> Fix | None:
    if not instead or "\n" in scalar.text:
        return None
    return writing(instead, scalar.place, text=instead if scalar.plain else f'"{instead}"')
