"""`scoredock model`: register models on this machine, and see what a model file says of itself."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoredock.cli.model_report import as_json, facts_json, print_facts, size_of, tags_of
from scoredock.cli.terminal import showing_progress

if TYPE_CHECKING:
    from scoredock.models.records import RegisteredModel
    from scoredock.models.registry import Registry


def configure(parser: argparse.ArgumentParser) -> None:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--registry", metavar="DIR", type=Path, help="another registry than that of this folder's workspace")
    shared.add_argument("--json", action="store_true", help="print one JSON document")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, summary: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", parents=[shared])

    register = verb("register", "keep a file or folder as a new version of a model")
    register.add_argument("path", metavar="PATH", type=Path)
    register.add_argument("--name", help="default: the name of the file or folder")
    register.add_argument("--version", help="default: the next number")
    register.add_argument("--description", default="")
    register.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="may be given several times")
    register.add_argument("--property", action="append", default=[], metavar="KEY=VALUE", help="may be given several times")
    register.add_argument("--framework", help="as Azure names it: ScikitLearn, Onnx, TensorFlow, PyTorch, Custom, …")
    register.add_argument("--framework-version", metavar="VERSION")
    register.add_argument("--sample-input", metavar="FILE", type=Path, help="a request that the model answers, as JSON")
    listing = verb("list", "list what is registered")
    listing.add_argument("name", nargs="?", help="only the versions of this model")
    listing.add_argument("--latest", action="store_true", help="only the latest version of each model")
    listing.add_argument("--tag", action="append", default=[], metavar="KEY[=VALUE]", help="only those with this tag")
    listing.add_argument("--framework")
    listing.add_argument("--deleted", action="store_true", help="those that were deleted and can be restored")
    show = verb("show", "show what is known of a model, registered or just a file")
    show.add_argument("model", metavar="NAME[:VERSION]|PATH")
    show.add_argument("--verify", action="store_true", help="read every byte and compare it with what was registered")
    download = verb("download", "copy a registered model into a folder")
    download.add_argument("model", metavar="NAME[:VERSION]")
    download.add_argument("folder", metavar="DIR", nargs="?", type=Path, default=Path())
    download.add_argument("--exist-ok", action="store_true", help="replace what is there")
    delete = verb("delete", "take a version out of sight; 'restore' brings it back")
    delete.add_argument("model", metavar="NAME:VERSION")
    delete.add_argument("--forever", action="store_true", help="free its space; there is no way back")
    restore = verb("restore", "bring a deleted version back")
    restore.add_argument("model", metavar="NAME:VERSION")
    exporting = verb("export", "write a version with all that is known of it into a new folder")
    exporting.add_argument("model", metavar="NAME[:VERSION]")
    exporting.add_argument("folder", metavar="DIR", type=Path)
    importing = verb("import", "register what 'export' wrote")
    importing.add_argument("folder", metavar="DIR", type=Path)
    importing.add_argument("--name", help="another name than it had")
    importing.add_argument("--version", help="default: the next number")
    importing.add_argument("--keep-version", action="store_true", help="under the version it had")


def run(arguments: argparse.Namespace) -> int:
    from scoredock.models.registry import Registry
    from scoredock.models.workspace import find_workspace

    registry = Registry(arguments.registry) if arguments.registry else find_workspace(Path()).registry
    verbs = {
        "register": _register,
        "list": _list,
        "show": _show,
        "download": _download,
        "delete": _delete,
        "restore": _restore,
        "export": _export,
        "import": _import,
    }
    return verbs[arguments.verb](registry, arguments)


def _register(registry: Registry, arguments: argparse.Namespace) -> int:
    from scoredock.models.reading import inspect
    from scoredock.models.registering import About

    about = About(
        description=arguments.description,
        tags=_pairs(arguments.tag, "--tag"),
        properties=_pairs(arguments.property, "--property"),
        framework=arguments.framework,
        framework_version=arguments.framework_version,
        sample_input=arguments.sample_input,
    )
    name = arguments.name or _name_from(arguments.path)
    with showing_progress(quiet=arguments.json) as progress:
        model = registry.register(arguments.path, name, version=arguments.version, about=about, progress=progress)
    told = inspect(model.path)
    if told.problem and told.format.value != "unknown":
        print(f"warning: {told.problem}", file=sys.stderr)
    return _say(arguments, model, f"Registered {model.name}, version {model.version}: {model.reference}")


def _list(registry: Registry, arguments: argparse.Namespace) -> int:
    found = registry.models(
        arguments.name,
        tags=_pairs(arguments.tag, "--tag", bare=True),
        framework=arguments.framework,
        latest=arguments.latest,
        deleted=arguments.deleted,
    )
    if arguments.json:
        print(json.dumps([as_json(model) for model in found]))
        return 0
    if not found:
        print(f"No {'deleted ' if arguments.deleted else ''}models in {registry.root}.")
        return 0
    rows = [
        (model.name, model.version, size_of(model.size), model.created[:16].replace("T", " "), model.kind, tags_of(model))
        for model in found
    ]
    heads = ("NAME", "VERSION", "SIZE", "REGISTERED", "KIND", "TAGS")
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _show(registry: Registry, arguments: argparse.Namespace) -> int:
    from scoredock.models.reading import inspect

    path = Path(arguments.model)
    if path.exists() or "/" in arguments.model or "\\" in arguments.model:
        told = inspect(path)
        if arguments.json:
            print(json.dumps(facts_json(told)))
        else:
            print_facts(told)
        return 1 if told.problem else 0
    model = _found(registry, arguments.model)
    registry.verify(model, deep=arguments.verify)
    told = inspect(model.path)
    if arguments.json:
        print(json.dumps({**as_json(model), "facts": facts_json(told)}))
        return 0
    print(f"{model.reference}\n  registered   {model.created}\n  path         {model.path}\n  sha256       {model.sha256}")
    for title, value in (
        ("description", model.description),
        ("tags", tags_of(model)),
        ("properties", ", ".join(f"{key}={value}" for key, value in model.properties.items())),
        ("framework", " ".join(filter(None, (model.framework, model.framework_version)))),
    ):
        if value:
            print(f"  {title:<12} {value}")
    print_facts(told)
    return 0


def _download(registry: Registry, arguments: argparse.Namespace) -> int:
    model = _found(registry, arguments.model)
    with showing_progress(quiet=arguments.json) as progress:
        path = registry.download(model, arguments.folder, exist_ok=arguments.exist_ok, progress=progress)
    return _say(arguments, model, f"Downloaded {model.id} to {path}", path=path)


def _delete(registry: Registry, arguments: argparse.Namespace) -> int:
    name, version = _exact(arguments.model)
    if arguments.forever and version in [model.version for model in registry.models(name, deleted=True)]:
        registry.purge(name, version)
        print(f"Removed {name}:{version} for good.", file=sys.stderr)
        return 0
    model = registry.get(name, version)
    registry.delete(model)
    if arguments.forever:
        registry.purge(name, version)
        return _say(arguments, model, f"Removed {model.id} for good.")
    return _say(arguments, model, f"Deleted {model.id}. 'scoredock model restore {model.id}' brings it back.")


def _restore(registry: Registry, arguments: argparse.Namespace) -> int:
    model = registry.restore(*_exact(arguments.model))
    return _say(arguments, model, f"Restored {model.id}.")


def _export(registry: Registry, arguments: argparse.Namespace) -> int:
    from scoredock.models.exchange import export_model

    model = _found(registry, arguments.model)
    with showing_progress(quiet=arguments.json) as progress:
        folder = export_model(registry, model, arguments.folder, progress=progress)
    return _say(arguments, model, f"Exported {model.id} to {folder}", path=folder)


def _import(registry: Registry, arguments: argparse.Namespace) -> int:
    from scoredock.models.exchange import import_model

    with showing_progress(quiet=arguments.json) as progress:
        model = import_model(
            registry,
            arguments.folder,
            name=arguments.name,
            version=arguments.version,
            keep_version=arguments.keep_version,
            progress=progress,
        )
    return _say(arguments, model, f"Imported {model.name}, version {model.version}: {model.reference}")


def _say(arguments: argparse.Namespace, model: RegisteredModel, sentence: str, *, path: Path | None = None) -> int:
    print(json.dumps(as_json(model, path)) if arguments.json else sentence)
    return 0


def _found(registry: Registry, text: str) -> RegisteredModel:
    from scoredock.models.names import parse_reference

    return registry.get(*parse_reference(text))


def _exact(text: str) -> tuple[str, str]:
    """Name and version, both written out: what is taken away is never guessed."""
    from scoredock.models.names import parse_reference
    from scoredock.models.values import ModelProblem

    name, version = parse_reference(text)
    if version is None:
        raise ModelProblem(f"'{text}' names no version.", "Write NAME:VERSION.")
    return name, version


def _name_from(path: Path) -> str:
    import re

    stem = path.absolute().stem if path.is_file() else path.absolute().name
    return re.sub(r"[^a-zA-Z0-9\-._]+", "-", stem).strip("-._") or "model"


def _pairs(given: list[str], option: str, *, bare: bool = False) -> dict[str, Any]:
    from scoredock.models.values import ModelProblem

    pairs: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key or not (equals or bare):
            raise ModelProblem(f"'{option} {text}' is no pair.", f"Write {option} KEY=VALUE.")
        pairs[key] = value if equals else None
    return pairs
