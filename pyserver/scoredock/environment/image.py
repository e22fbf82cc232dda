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
from pathlib import Path

from scoredock.environment.image_dockerfile import (
    CERTIFICATE_SECRET,
    COMPARE,
    CONTEXT,
    INDEX_SECRET,
    PREFIX,
    classic,
    with_buildkit,
)
from scoredock.environment.image_values import BaseImage, ContextFile, EarlierImage, HostBuild, Layer, Recipe, Secret
from scoredock.environment.key import local_path
from scoredock.environment.lock_text import Resolved
from scoredock.environment.requirement_lines import without_credentials
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t

# Raised when the same content would be built into a different environment than before.
_RECIPE = 2
# Written into every image of ours: by these they are found again, listed and pruned.
KEY_LABEL, PACKAGES_LABEL = "scoredock.environment", "scoredock.packages"
BASE_LABEL, STEPS_LABEL = "scoredock.base", "scoredock.steps"
# An image of too many small layers is slow to mount, and after a while more is covered than shows.
_MOST_STEPS = 8


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
            t("The base image {0} has no conda for the conda packages of {1}.", base.reference, specification.path.name),
            t("Take a base image with conda, or sync with their PyPI twins."),
        )
    notes: list[str] = []
    index = _reachable(host.index, notes)
    if not buildkit and any(re.search(r"://[^/\s@]+@", value) for _, value in index):
        raise EnvironmentProblem(
            t("The package index needs a password, which Docker's classic builder would keep in the image's history."),
            t("Install docker-buildx (the buildx plugin), which has build secrets."),
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
    below = None if conda else _nearest(earlier, identity, packages)
    if below and not buildkit:
        files.append(ContextFile(COMPARE, source=Path(__file__).with_name(COMPARE)))
    write = with_buildkit if buildkit else classic
    # A channel's password would stay in the image's history; the conda inside has to know such a channel itself.
    channels = tuple(name for name in specification.channels if name != "nodefaults" and "@" not in name)
    body = write(Layer(base, below, minor, bool(conda), channels, host, index))
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
            line = f"{named} @ file://{CONTEXT}/{name}" if at else f"{CONTEXT}/{name}{local[1]}"
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
            # In English: it is kept with the image, and told on the command line alone.
            notes.append(f"The package folders {', '.join(outside)} of this machine are out of reach while the image is built.")
        inside = [part for part in parts if part not in outside]
        if inside:
            kept.append((name, (" " if name == "UV_INDEX" else ",").join(inside)))
    return tuple(kept)


def _fingerprint_of(file: ContextFile) -> str:
    from scoredock.environment.key import fingerprint

    # uv itself is a tool, not content: another version of it makes the same environment.
    return "" if file.name == "uv" or file.source is None else fingerprint(file.source)
