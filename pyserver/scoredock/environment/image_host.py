"""What this machine lends to the build of an image, and versions resolved for Linux where this machine is something else."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scoredock.environment.host_settings import uv_environment
from scoredock.environment.image_values import BaseImage, HostBuild
from scoredock.environment.lock_text import Resolved, read_lock
from scoredock.environment.pythons import find_python, python_specifier
from scoredock.environment.sync import find, sync
from scoredock.environment.uv import Uv, find_uv
from scoredock.environment.uv_strategy import resolve, wanted
from scoredock.environment.values import EnvironmentProblem, Specification
from scoredock.l10n import t
from scoredock.progress import Progress, silent

_INDEX = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_INSECURE_HOST",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
# What a conda-less image gets when nothing names a Python: the version that Azure's own default environment has.
_USUAL_PYTHON = "3.10"


def host_build(host: Mapping[str, str] | None = None) -> HostBuild:
    """Read the host's settings. The same choices as for a sync on this machine: pip's, unless uv has its own."""
    variables = uv_environment(host)
    index = [(name, variables[name]) for name in _INDEX if variables.get(name)]
    index.append(("UV_INDEX_STRATEGY", variables["UV_INDEX_STRATEGY"]))
    certificates = ""
    if variables.get("SSL_CERT_FILE"):
        try:
            certificates = Path(variables["SSL_CERT_FILE"]).read_text(encoding="ascii", errors="ignore")
        except OSError:
            certificates = ""
    # A Linux binary is of use in the image; Docker's machine has the host's architecture unless told otherwise.
    uv = Path(find_uv()) if sys.platform == "linux" else None
    proxies = tuple((name, variables[name]) for name in _PROXIES if variables.get(name))
    return HostBuild(uv, tuple(index), certificates, proxies)


def image_python(specification: Specification, base: BaseImage) -> str:
    """The Python minor version for an image ("3.11"): the base image's where it fits, so that nothing is downloaded."""
    wanted_python = python_specifier(specification)
    if base.python and (wanted_python is None or wanted_python.contains(base.python)):
        return ".".join(base.python.split(".")[:2])
    if wanted_python is None:
        return _USUAL_PYTHON
    minors = [minor for minor in range(7, 20) if any(wanted_python.contains(f"3.{minor}.{patch}") for patch in range(40))]
    # Of a range, the newest that the server is made for.
    usual = [minor for minor in minors if 9 <= minor <= 13]
    return f"3.{(usual or minors)[-1]}"


async def image_lock(
    specification: Specification,
    minor: str,
    *,
    architecture: str = "",
    progress: Progress = silent,
    offline: bool = False,
) -> tuple[Resolved, ...]:
    """Versions for the image: those of the environment on this machine where it is Linux, the same Python and the same
    ``architecture`` ("amd64", "arm64"; "": this machine's), so that both run the same; else resolved for Linux."""
    mine = "aarch64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
    machine = {"amd64": "x86_64", "arm64": "aarch64", "": mine}.get(architecture, architecture)
    here = find(specification)
    alike = sys.platform == "linux" and machine == mine
    if specification.conda and alike and not here:
        # Only conda's own solver can choose conda packages: the environment is made here first, as for a process.
        here = await sync(specification, progress=progress, offline=offline)
    if here and alike and here.python_version.startswith(f"{minor}."):
        return read_lock(here.lock)
    if specification.conda:
        raise EnvironmentProblem(
            t("An image with conda packages takes its versions from an environment like it on this machine; there is none."),
            t("Build it on Linux with Python {0} and the image's processor, or sync with PyPI twins.", minor),
        )
    with tempfile.TemporaryDirectory(prefix="scoredock-") as folder:
        uv = Uv(folder=Path(folder), offline=offline)
        python = await find_python(Specification(specification.path, kind="none"), uv, progress, offline=offline)
        return await resolve(
            wanted(specification, specification.pip, minor),
            specification,
            uv,
            progress,
            python=python.path,
            scratch=Path(folder),
            extra=("--python-platform", f"{machine}-manylinux_2_28", "--python-version", minor),
        )
