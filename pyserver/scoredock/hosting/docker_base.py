"""What an image brings: its Python, its conda, its inference server. The image itself is asked, once."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from scoredock.engine import containers, logs
from scoredock.engine.background import beside
from scoredock.engine.connection import Connection
from scoredock.engine.values import ContainerOrder, EngineProblem, Image
from scoredock.environment.image_values import BaseImage
from scoredock.folders import cache_folder
from scoredock.hosting.docker_record import OWNER, owner

# Prints "conda PATH", and for every Python a line "python PATH VERSION SERVER". Azure's inference images keep the
# environment that they serve from in AZUREML_CONDA_ENVIRONMENT_PATH, its training images in /azureml-envs.
ASK = r"""
for c in "$CONDA_EXE" /opt/miniconda/bin/conda /opt/conda/bin/conda "$(command -v conda)"; do
    if [ -x "$c" ]; then echo "conda $c"; break; fi
done
for p in "$AZUREML_CONDA_ENVIRONMENT_PATH/bin/python" "$(command -v python3)" "$(command -v python)" /opt/miniconda/bin/python; do
    if [ -x "$p" ]; then
        "$p" -c '
import sys
try:
    from importlib.metadata import version
    server = version("azureml-inference-server-http")
except Exception:
    server = "-"
print("python", sys.argv[1], "%d.%d.%d" % sys.version_info[:3], server)' "$p"
    fi
done
"""
FORMAT = 1  # of what is kept; raised when the question changes


async def about_base(connection: Connection, reference: str, image: Image, platform: str | None) -> BaseImage:
    """Ask the image what it has. The answer is kept under the image's content id, which says all there is to know."""
    kept = cache_folder() / "images" / f"base-{FORMAT}-{image.id.removeprefix('sha256:')[:32]}.json"
    try:
        return BaseImage(reference=reference, **json.loads(kept.read_bytes()))
    except (OSError, ValueError, TypeError):
        found = read_answer(reference, image.id, await _answer(connection, image, platform))
    kept.parent.mkdir(parents=True, exist_ok=True)
    content = {name: getattr(found, name) for name in ("digest", "python", "python_path", "conda", "server")}
    new = kept.with_suffix(f".{uuid.uuid4().hex}")
    new.write_text(json.dumps(content), encoding="utf-8")
    new.replace(kept)
    return found


def read_answer(reference: str, digest: str, lines: list[str]) -> BaseImage:
    """The Python that has the server, else the first one named."""
    base = BaseImage(reference=reference, digest=digest)
    for line in lines:
        kind, *words = line.split() or [""]
        if kind == "conda" and words:
            base = replace(base, conda=words[0])
        elif kind == "python" and len(words) == 3:
            path, version, server = words
            if base.python is None or (base.server is None and server != "-"):
                base = replace(base, python=version, python_path=path, server=None if server == "-" else server)
    return base


async def _answer(connection: Connection, image: Image, platform: str | None) -> list[str]:
    order = ContainerOrder(
        image=image.id,
        name=f"scoredock-ask-{uuid.uuid4().hex[:12]}",
        command=("sh", "-c", ASK),
        labels=((OWNER, owner()),),
        platform=platform,
    )
    made = await beside(lambda _: containers.create(connection, order))
    try:
        try:
            await beside(lambda _: containers.start(connection, made.id))
        except EngineProblem:
            return []  # an image without a shell has nothing that could be used
        await beside(lambda job: containers.wait(connection, made.id, job))
        return [text async for batch in logs.lines(connection, made.id) for _, text in batch]
    finally:
        await beside(lambda _: containers.remove(connection, made.id))
