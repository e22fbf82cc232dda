"""What a model file gives cause to say, beside the environment it will be loaded in (SD405, SD409 to SD412).

Severities: a finding is an error only when the caller knows that the script loads this file (``loaded``), since a file
that nobody loads harms nobody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from scoredock.contract.facts import Distribution, EnvironmentFacts
from scoredock.finding import Finding, Place, Severity
from scoredock.l10n import t
from scoredock.models.values import Format, ModelFile

# numpy 1.26.1 was the first of version 1 to bring a `numpy._core` that answers pickles of numpy 2 (seen by installing
# 1.26.0 and 1.26.1).
NUMPY_WITH_CORE = Version("1.26.1")
# Python 3.8 was the first to read protocol 5, Python 3.4 to read protocol 4.
PROTOCOLS = {5: (3, 8), 4: (3, 4)}
PICKLED = frozenset({Format.PICKLE, Format.JOBLIB, Format.CLOUDPICKLE, Format.NUMPY})


def model_findings(
    model: ModelFile,
    place: Place,
    environment: EnvironmentFacts | None = None,
    *,
    loaded: bool = False,
    shipped: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Everything to be said of ``model`` at ``place`` (the line that mounts or loads it). ``shipped`` are the modules that
    come with the script."""
    return (
        *_unreadable(model, place, loaded),
        *_suspicious(model, place),
        *_of_main(model, place),
        *(_versions(model, place, environment, loaded) if environment is not None else ()),
        *(_missing_packages(model, place, environment, loaded, shipped) if environment is not None else ()),
    )


def _unreadable(model: ModelFile, place: Place, loaded: bool) -> Iterator[Finding]:
    if model.complete or model.out_of_time:
        return
    severity = Severity.ERROR if loaded else Severity.WARNING
    yield Finding(place, "SD412", "model-unreadable", severity, model.problem)


def _suspicious(model: ModelFile, place: Place) -> Iterator[Finding]:
    if not model.suspicious:
        return
    first, others = model.suspicious[0], len(model.suspicious) - 1
    name = t("{0} in {1}", first.name, first.inside) if first.inside else first.name
    why = t("{0} (and {1} more)", first.why, others) if others else first.why
    loading = (
        t("Loading {0} calls {1}, which {2}.", model.path.name, name, why)
        if first.called
        else t("Loading {0} names {1}, which {2}.", model.path.name, name, why)
    )
    message = " ".join((loading, t("No model needs that: load it only if you know who made it.")))
    yield Finding(place, "SD409", "unsafe-pickle-global", Severity.WARNING, message)


def _of_main(model: ModelFile, place: Place) -> Iterator[Finding]:
    if not model.main_classes or model.format not in PICKLED:
        return
    names = ", ".join(model.main_classes[:3]) + (", …" if len(model.main_classes) > 3 else "")
    message = t(
        "{0} looks for {1} in __main__, where the training script had it; under the server __main__ is "
        "the server, and loading fails with \"Can't get attribute '{2}'\". Move it into a module that is "
        "shipped with the script, import it from there when training, and save the model again.",
        model.path.name,
        names,
        model.main_classes[0],
    )
    yield Finding(place, "SD411", "model-class-of-main", Severity.WARNING, message)


def _versions(model: ModelFile, place: Place, environment: EnvironmentFacts, loaded: bool) -> Iterator[Finding]:
    failing = Severity.ERROR if loaded else Severity.WARNING
    for made in model.made_with:
        if made.distribution != "scikit-learn":
            continue
        found = _distribution(environment, made.distribution)
        differs = _differs(found, made.version)
        if differs is not None:
            message = t(
                "{0} was saved with scikit-learn {1}, and the environment has {2}: scikit-learn "
                "warns when it loads the model, which may then fail or answer differently. Ask for "
                "scikit-learn=={1}, or train and save the model with the other version.",
                model.path.name,
                made.version,
                differs,
            )
            yield Finding(place, "SD405", "model-version-mismatch", Severity.WARNING, message)
    if model.numpy_major == 2:
        numpy = _distribution(environment, "numpy")
        version = _exact(numpy)
        if version is not None and version < NUMPY_WITH_CORE:
            message = t(
                "{0} was saved with numpy 2, and the environment has numpy {1}: loading fails with "
                "\"No module named 'numpy._core'\". Ask for numpy>=1.26.1, or save the model with numpy 1.",
                model.path.name,
                version,
            )
            yield Finding(place, "SD405", "model-version-mismatch", failing, message)
    needed = PROTOCOLS.get(model.protocol or 0)
    python = _python(environment.python)
    if needed is not None and python is not None and python < needed and model.format in PICKLED:
        message = t(
            "{0} is written in pickle protocol {1}, which Python {2}.{3} of the "
            'environment cannot read: loading fails with "unsupported pickle protocol: {1}". Ask for Python '
            "{4}.{5} or later, or save the model with a lower protocol.",
            model.path.name,
            model.protocol,
            python[0],
            python[1],
            needed[0],
            needed[1],
        )
        yield Finding(place, "SD405", "model-version-mismatch", failing, message)


def _missing_packages(
    model: ModelFile, place: Place, environment: EnvironmentFacts, loaded: bool, shipped: frozenset[str]
) -> Iterator[Finding]:
    """Packages that the pickle imports and no distribution of a wholly known environment brings."""
    if not environment.complete or environment.installed is None or model.format not in PICKLED:
        return
    provided = (
        shipped | {module for module, _ in environment.modules} | {one.name.replace("-", "_") for one in environment.installed}
    )
    missing = [name for name in model.packages if name not in provided and name not in sys.stdlib_module_names]
    for name in missing:
        message = t(
            "{0} needs the module {1}, which the environment does not have: loading fails with "
            "\"No module named '{1}'\". Add its package to the environment, or ship the module beside the script.",
            model.path.name,
            name,
        )
        severity = Severity.ERROR if loaded else Severity.WARNING
        yield Finding(place, "SD410", "model-needs-module", severity, message)


def _distribution(environment: EnvironmentFacts, name: str) -> Distribution | None:
    for known in (environment.installed or (), environment.declared or ()):
        for one in known:
            if one.name == name:
                return one
    return None


def _exact(one: Distribution | None) -> Version | None:
    text = (one.installed or one.pin) if one is not None else None
    try:
        return Version(text) if text else None
    except InvalidVersion:
        return None


def _differs(one: Distribution | None, version: str) -> str | None:
    """What the environment has instead of ``version``; ``None`` when it has it, or when nobody knows."""
    if one is None:
        return None
    try:
        wanted = Version(version)
        exact = _exact(one)
        if exact is not None:
            return None if exact == wanted else str(exact)
        if one.specifier and not SpecifierSet(one.specifier).contains(wanted, prereleases=True):
            return one.specifier
    except (InvalidVersion, InvalidSpecifier):
        return None
    return None


def _python(text: str | None) -> tuple[int, int] | None:
    parts = (text or "").split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None
