"""The instructions of an environment's Dockerfile, for each of Docker's two builders."""

from __future__ import annotations

import shlex

from scoredock.environment.image_values import BaseImage, Layer

# Azure's own images put their environment under /azureml-envs or /opt/miniconda; ours must not shadow either.
PREFIX = "/opt/scoredock/env"
PYTHONS = "/opt/scoredock/python"
CONTEXT = "/opt/scoredock/context"
INDEX_SECRET, CERTIFICATE_SECRET = "scoredock-index", "scoredock-certificates"
# For the classic builder: the script that finds out what an installation changed, and where it puts that.
COMPARE, CHANGES = "image_changes.py", "/opt/scoredock/changes"
GONE = "/opt/scoredock/gone"


def with_buildkit(layer: Layer) -> str:
    base, below, host = layer.base, layer.below, layer.host
    mounts = [
        f"--mount=type=bind,target={CONTEXT}",
        "--mount=type=cache,id=scoredock-uv,target=/cache/uv",
    ]
    prepare = ["set -e", "export UV_CACHE_DIR=/cache/uv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1"]
    if layer.index:
        mounts.append(f"--mount=type=secret,id={INDEX_SECRET},target=/run/{INDEX_SECRET}")
        prepare.append(f". /run/{INDEX_SECRET}")
    if host.certificates:
        mounts.append(f"--mount=type=secret,id={CERTIFICATE_SECRET},target=/run/{CERTIFICATE_SECRET}")
        prepare.append(f"export SSL_CERT_FILE=/run/{CERTIFICATE_SECRET} REQUESTS_CA_BUNDLE=/run/{CERTIFICATE_SECRET}")
    uv = f"{CONTEXT}/uv" if host.uv else "uv"
    if not host.uv:
        prepare.append(
            "python3 -m venv /cache/uv/tool && /cache/uv/tool/bin/python -m pip install -q uv && PATH=/cache/uv/tool/bin:$PATH"
        )
    sync = f"{uv} pip sync -q --python {PREFIX}/bin/python {CONTEXT}/requirements.txt"
    as_root = ["USER root"] if base.user else []
    if below:
        return "\n".join([f"FROM {below.reference}", *as_root, _run(mounts, [*prepare, sync])])
    lines = [f"FROM {base.reference}", *as_root]
    if layer.conda:
        install = [
            f"CONDA_PKGS_DIRS=/cache/conda {base.conda} create -y -q -p {PREFIX} --file {CONTEXT}/conda-explicit.txt",
            f"{uv} pip install -q --no-deps --python {PREFIX}/bin/python -r {CONTEXT}/requirements.txt",
        ]
        cache = "--mount=type=cache,id=scoredock-conda,target=/cache/conda,sharing=locked"
        return "\n".join([*lines, _run([*mounts, cache], [*prepare, *install])])
    python = _python_in(layer, uv)
    if python:
        lines.append(_run(mounts, [*prepare, *python]))
    lines.append(_run(mounts, [*prepare, f"{uv} venv -q --python {_python_path(base, layer.minor)} {PREFIX}", sync]))
    return "\n".join(lines)


def classic(layer: Layer) -> str:
    """A first stage holds what must not stay (uv, certificates, downloads); the image takes the packages from it, or upon an
    earlier image only what has changed."""
    base, below, host = layer.base, layer.below, layer.host
    as_root = ["USER root"] if base.user else []
    lines = [f"FROM {below.reference if below else base.reference} AS packages", *as_root, f"COPY . {CONTEXT}"]
    settings = [f"{name}={shlex.quote(value)}" for name, value in layer.index]
    if host.certificates:
        settings += [f"SSL_CERT_FILE={CONTEXT}/certificates.pem", f"REQUESTS_CA_BUNDLE={CONTEXT}/certificates.pem"]
    prepare = ["set -e", f"export UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_CACHE_DIR=/tmp/uv {' '.join(settings)}".rstrip()]
    uv = f"{CONTEXT}/uv" if host.uv else "uv"
    if not host.uv:
        prepare.append("python3 -m venv /tmp/tool && /tmp/tool/bin/python -m pip install -q uv && PATH=/tmp/tool/bin:$PATH")
    if below:
        compare = f"{PREFIX}/bin/python {CONTEXT}/{COMPARE} {PREFIX} {CHANGES}"
        sync = f"{uv} pip sync -q --python {PREFIX}/bin/python {CONTEXT}/requirements.txt"
        lines += [
            _run([], [*prepare, compare, sync, compare]),
            "",
            f"FROM {below.reference}",
            *as_root,
            f"COPY --from=packages {CHANGES}/ /",
            _run([], ["set -e", f'while IFS= read -r gone; do rm -rf "$gone"; done < {GONE}', f"rm {GONE}"]),
        ]
        return "\n".join(lines)
    if layer.conda:
        first = [f"{base.conda} create -y -q -p {PREFIX} --file {CONTEXT}/conda-explicit.txt"]
    else:
        first = [*_python_in(layer, uv), f"{uv} venv -q --python {_python_path(base, layer.minor)} {PREFIX}"]
    install = f"{uv} pip install -q --no-deps --python {PREFIX}/bin/python -r {CONTEXT}/requirements.txt"
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


def _python_in(layer: Layer, uv: str) -> list[str]:
    """Commands that bring the Python where the base image has another one, or none."""
    base, minor = layer.base, layer.minor
    if _fits(base, minor):
        return []
    if base.conda:
        # As Azure's own build: from the channels of the file, which an image's conda may not have among its defaults.
        channels = "".join(f" -c {shlex.quote(name)}" for name in layer.channels)
        override = f" --override-channels{channels}" if channels else ""
        return [f"{base.conda} create -y -q -p {PYTHONS}/{minor}{override} python={minor}"]
    return [
        f"UV_PYTHON_INSTALL_DIR={PYTHONS} {uv} python install --no-bin {minor}",
        f"ln -s {PYTHONS}/cpython-{minor}.*-*/ {PYTHONS}/{minor}",
    ]


def _python_path(base: BaseImage, minor: str) -> str:
    return base.python_path if _fits(base, minor) else f"{PYTHONS}/{minor}/bin/python"
