"""The environment as one Docker image layer: Dockerfile text and build context, as a pure function.

The image holds the environment and nothing of the project: code and model are mounted or come in later layers, so an
edit never builds it. Its tag is made of its content, so an image that exists is never built again.

Order of layers by rate of change: base image, Python (and conda packages), pip packages. With BuildKit, uv comes in by
a mount and leaves no trace, and downloads stay in a cache mount. Where an image with nearly the same packages exists on
the same base, the new one is a small layer on top of it, in which only what differs is installed and compiled: after a
change of one pin nothing else is copied again. Bytecode is made in the image, because what a container writes is lost
with it and every start would pay for it (peers.md: 3.4 s against 1.2 s). How the host reaches its package index goes in
as a build secret, which no layer or history holds.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from scoredock.environment.key import local_path
from scoredock.environment.lock_text import Resolved
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.values import EnvironmentProblem, Specification

# Azure's own images put their environment under /azureml-envs or /opt/miniconda; ours must not shadow either.
PREFIX = "/opt/scoredock/env"
PYTHONS = "/opt/scoredock/python"
_CONTEXT = "/opt/scoredock/context"
# Raised when the same content would be built into a different environment than before.
_RECIPE = 2
INDEX_SECRET, CERTIFICATE_SECRET = "scoredock-index", "scoredock-certificates"
# Written into every image of ours: by these they are found again, listed and pruned.
KEY_LABEL, PACKAGES_LABEL = "scoredock.environment", "scoredock.packages"
BASE_LABEL, STEPS_LABEL = "scoredock.base", "scoredock.steps"
# An image of too many small layers is slow to mount, and after a while more is covered than shows.
_MOST_STEPS = 8


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What an image brings: ``digest`` its identity, ``python`` the version of the ``python_path`` inside it, ``server``
    the version of the inference server in that Python, and ``conda`` the path of a conda executable; each ``None`` when
    it has none; ``user`` is who its commands run as where that is not root. The caller asks the image."""

    reference: str
    digest: str = ""
    python: str | None = None
    python_path: str = "python3"
    conda: str | None = None
    server: str | None = None
    user: str = ""


@dataclass(frozen=True, slots=True)
class EarlierImage:
    """An image of ours that is on the engine: what it can be named by, and its labels."""

    reference: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HostBuild:
    """What the host lends to a build: a Linux uv binary, its index settings (variables of uv), certificates, proxies.

    ``index`` may hold passwords: it is never shown and only ever becomes a build secret.
    """

    uv: Path | None = None
    index: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    certificates: str = field(default="", repr=False)
    proxies: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A file or folder of the build context: written from ``text``, or copied from ``source`` on this machine."""

    name: str
    text: str | None = None
    source: Path | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A build secret: `docker build --secret id=ID,src=…`; its text must not be logged or kept."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a build needs. ``interpreter`` is the path inside the image; ``arguments`` are Docker's predefined proxy
    arguments, which its history leaves out; ``notes`` say what differs from Azure's, a sentence each."""

    dockerfile: str
    files: tuple[ContextFile, ...]
    secrets: tuple[Secret, ...]
    arguments: tuple[tuple[str, str], ...]
    key: str
    tag: str
    interpreter: str
    notes: tuple[str, ...] = ()


def image_recipe(
    specification: Specification,
    lock: tuple[Resolved, ...],
    base: BaseImage,
    *,
    python_version: str,
    host: HostBuild,
    buildkit: bool,
    earlier: tuple[EarlierImage, ...] = (),
) -> Recipe:
    """The recipe of an environment's image. ``lock`` was resolved for Linux and ``python_version`` ("3.11.7").

    ``earlier`` are the images that carry ``KEY_LABEL``: the nearest of them may be built upon. The key and the tag
    follow the content alone (base, Python, packages), whichever way it is built.

    ``buildkit`` says whether the engine's builder has cache, bind and secret mounts; the classic builder gets two
    stages instead, and refuses index settings with a password, which would stay in its history.
    """
    conda = [item for item in lock if item.conda]
    pip, files = _pip_lines(tuple(item for item in lock if not item.conda))
    requirements = "".join(f"{line}\n" for line in pip)
    if conda and not base.conda:
        raise EnvironmentProblem(
            f"The base image {base.reference} has no conda for the conda packages of {specification.path.name}.",
            "Take a base image with conda, or sync with their PyPI twins.",
        )
    notes: list[str] = []
    index = _reachable(host.index, notes)
    if not buildkit and any(re.search(r"://[^/\s@]+@", value) for _, value in index):
        raise EnvironmentProblem(
            "The package index needs a password, which Docker's classic builder would keep in the image's history.",
            "Install docker-buildx (the buildx plugin), which has build secrets.",
        )
    minor = ".".join(python_version.split(".")[:2])
    files += [ContextFile("requirements.txt", requirements)]
    if conda:
        files.append(ContextFile("conda-explicit.txt", "@EXPLICIT\n" + "".join(f"{item.source}\n" for item in conda)))
    if host.uv:
        files.append(ContextFile("uv", source=host.uv))
    if not buildkit and host.certificates:
        files.append(ContextFile("certificates.pem", host.certificates))  # public by nature; stays in the first stage
    packages = " ".join(f"{item.name}=={item.version}" for item in lock if item.name and item.version)
    identity = f"{base.digest or base.reference} {minor}"
    digest = hashlib.sha256()
    for part in (str(_RECIPE), identity, requirements, packages):
        digest.update(part.encode() + b"\0")
    for file in files:
        if file.name not in ("uv", "certificates.pem"):  # means, not content
            digest.update(f"{file.name}\0{file.text if file.text is not None else _fingerprint_of(file)}\0".encode())
    key = digest.hexdigest()[:16]
    below = None if conda or not buildkit else _nearest(earlier, identity, packages)
    if buildkit:
        body = _with_buildkit(base, below, minor=minor, conda=bool(conda), host=host, index=index)
    else:
        body = _classic(base, minor=minor, conda=bool(conda), host=host, index=index)
    steps = int(dict(below.labels).get(STEPS_LABEL, "0")) + 1 if below else 0
    labels = {KEY_LABEL: key, BASE_LABEL: identity, STEPS_LABEL: str(steps), PACKAGES_LABEL: packages}
    lines = [
        f"# The environment of {specification.path.name or 'an entry script'}: Python {minor} and packages, not the project.",
        body,
        f"ENV PATH={PREFIX}/bin:$PATH PYTHONUNBUFFERED=1" if not below else "",
        "LABEL " + " ".join(f'{name}="{value}"' for name, value in labels.items()),
        f"USER {base.user}" if base.user else "",
    ]
    dockerfile = "\n".join(line for line in lines if line) + "\n"
    secrets = []
    if buildkit and index:
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in index)
        secrets.append(Secret(INDEX_SECRET, exports))
    if buildkit and host.certificates:
        secrets.append(Secret(CERTIFICATE_SECRET, host.certificates))
    return Recipe(
        dockerfile,
        tuple(files),
        tuple(secrets),
        host.proxies,
        key,
        f"scoredock/environment:{key}",
        f"{PREFIX}/bin/python",
        tuple(notes),
    )


def _nearest(earlier: tuple[EarlierImage, ...], identity: str, packages: str) -> EarlierImage | None:
    """The image that differs in the fewest packages, if that is few enough to be worth a layer on top of it."""
    wanted = set(packages.split())
    best: tuple[int, str, EarlierImage] | None = None
    for image in earlier:
        labels = dict(image.labels)
        steps = labels.get(STEPS_LABEL, "")
        if labels.get(BASE_LABEL) != identity or not steps.isdigit() or int(steps) >= _MOST_STEPS:
            continue
        distance = len(wanted ^ set(labels.get(PACKAGES_LABEL, "").split()))
        if distance <= max(4, len(wanted) // 4) and (best is None or (distance, image.reference) < best[:2]):
            best = (distance, image.reference, image)
    return best[2] if best else None


def _with_buildkit(
    base: BaseImage,
    below: EarlierImage | None,
    *,
    minor: str,
    conda: bool,
    host: HostBuild,
    index: tuple[tuple[str, str], ...],
) -> str:
    mounts = [
        f"--mount=type=bind,target={_CONTEXT}",
        "--mount=type=cache,id=scoredock-uv,target=/cache/uv",
    ]
    prepare = ["set -e", "export UV_CACHE_DIR=/cache/uv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1"]
    if index:
        mounts.append(f"--mount=type=secret,id={INDEX_SECRET},target=/run/{INDEX_SECRET}")
        prepare.append(f". /run/{INDEX_SECRET}")
    if host.certificates:
        mounts.append(f"--mount=type=secret,id={CERTIFICATE_SECRET},target=/run/{CERTIFICATE_SECRET}")
        prepare.append(f"export SSL_CERT_FILE=/run/{CERTIFICATE_SECRET} REQUESTS_CA_BUNDLE=/run/{CERTIFICATE_SECRET}")
    uv = f"{_CONTEXT}/uv" if host.uv else "uv"
    if not host.uv:
        prepare.append(
            "python3 -m venv /cache/uv/tool && /cache/uv/tool/bin/python -m pip install -q uv && PATH=/cache/uv/tool/bin:$PATH"
        )
    sync = f"{uv} pip sync -q --python {PREFIX}/bin/python {_CONTEXT}/requirements.txt"
    as_root = ["USER root"] if base.user else []
    if below:
        return "\n".join([f"FROM {below.reference}", *as_root, _run(mounts, [*prepare, sync])])
    lines = [f"FROM {base.reference}", *as_root]
    if conda:
        install = [
            f"CONDA_PKGS_DIRS=/cache/conda {base.conda} create -y -q -p {PREFIX} --file {_CONTEXT}/conda-explicit.txt",
            f"{uv} pip install -q --no-deps --python {PREFIX}/bin/python -r {_CONTEXT}/requirements.txt",
        ]
        cache = "--mount=type=cache,id=scoredock-conda,target=/cache/conda,sharing=locked"
        return "\n".join([*lines, _run([*mounts, cache], [*prepare, *install])])
    python = _python_in(base, minor, uv)
    if python:
        lines.append(_run(mounts, [*prepare, *python]))
    lines.append(_run(mounts, [*prepare, f"{uv} venv -q --python {_python_path(base, minor)} {PREFIX}", sync]))
    return "\n".join(lines)


def _classic(base: BaseImage, *, minor: str, conda: bool, host: HostBuild, index: tuple[tuple[str, str], ...]) -> str:
    lines = [f"FROM {base.reference} AS packages", *(["USER root"] if base.user else []), f"COPY . {_CONTEXT}"]
    settings = [f"{name}={shlex.quote(value)}" for name, value in index]
    if host.certificates:
        settings += [f"SSL_CERT_FILE={_CONTEXT}/certificates.pem", f"REQUESTS_CA_BUNDLE={_CONTEXT}/certificates.pem"]
    prepare = ["set -e", f"export UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_CACHE_DIR=/tmp/uv {' '.join(settings)}".rstrip()]
    uv = f"{_CONTEXT}/uv" if host.uv else "uv"
    if not host.uv:
        prepare.append("python3 -m venv /tmp/tool && /tmp/tool/bin/python -m pip install -q uv && PATH=/tmp/tool/bin:$PATH")
    if conda:
        first = [f"{base.conda} create -y -q -p {PREFIX} --file {_CONTEXT}/conda-explicit.txt"]
    else:
        first = [*_python_in(base, minor, uv), f"{uv} venv -q --python {_python_path(base, minor)} {PREFIX}"]
    install = f"{uv} pip install -q --no-deps --python {PREFIX}/bin/python -r {_CONTEXT}/requirements.txt"
    # What uv downloaded would be committed with the stage otherwise: a second copy of everything.
    lines.append(_run([], [*prepare, f"mkdir -p {PYTHONS}", *first, install, "rm -rf /tmp/uv /tmp/tool"]))
    lines += [
        "",
        f"FROM {base.reference}",
        f"COPY --from=packages {PYTHONS} {PYTHONS}",
        f"COPY --from=packages {PREFIX} {PREFIX}",
    ]
    return "\n".join(lines)


def _run(mounts: list[str], commands: list[str]) -> str:
    mounted = "".join(f"{mount} \\\n    " for mount in mounts)
    return f"RUN {mounted}" + " \\\n && ".join(commands)


def _fits(base: BaseImage, minor: str) -> bool:
    return base.python is not None and ".".join(base.python.split(".")[:2]) == minor


def _python_in(base: BaseImage, minor: str, uv: str) -> list[str]:
    """Commands that bring the Python where the base image has another one, or none."""
    if _fits(base, minor):
        return []
    if base.conda:
        return [f"{base.conda} create -y -q -p {PYTHONS}/{minor} python={minor}"]
    return [
        f"UV_PYTHON_INSTALL_DIR={PYTHONS} {uv} python install {minor}",
        f"ln -s {PYTHONS}/cpython-{minor}.*-*/ {PYTHONS}/{minor}",
    ]


def _python_path(base: BaseImage, minor: str) -> str:
    return base.python_path if _fits(base, minor) else f"{PYTHONS}/{minor}/bin/python"


def _pip_lines(lock: tuple[Resolved, ...]) -> tuple[list[str], list[ContextFile]]:
    """Lines for the image: packages that lie on this machine go along in the context and are named by their place there."""
    lines, files = [], []
    for item in lock:
        line = item.line.removeprefix("-e ").strip() if item.version is None else item.line
        named, at, target = line.partition(" @ ")
        local = local_path(target if at else line, Path("/")) if item.version is None else None
        if local is not None:
            name = f"local/{hashlib.sha256(str(local[0]).encode()).hexdigest()[:8]}/{local[0].name}"
            files.append(ContextFile(name, source=local[0]))
            line = f"{named} @ file://{_CONTEXT}/{name}" if at else f"{_CONTEXT}/{name}{local[1]}"
        lines.append(without_credentials(line))
    return lines, files


def _reachable(index: tuple[tuple[str, str], ...], notes: list[str]) -> tuple[tuple[str, str], ...]:
    """The index settings that mean something inside a build: folders of this machine do not."""
    kept = []
    for name, value in index:
        parts = re.split(r"[\s,]+", value)
        outside = [
            part for part in parts if (part.startswith(("file:", "/", "~", ".")) and "INDEX" in name) or part.startswith("/")
        ]
        if outside:
            notes.append(f"The package folders {', '.join(outside)} of this machine are out of reach while the image is built.")
        inside = [part for part in parts if part not in outside]
        if inside:
            kept.append((name, (" " if name == "UV_INDEX" else ",").join(inside)))
    return tuple(kept)


def _fingerprint_of(file: ContextFile) -> str:
    from scoredock.environment.key import fingerprint

    # uv itself is a tool, not content: another version of it makes the same environment.
    return "" if file.name == "uv" or file.source is None else fingerprint(file.source)
