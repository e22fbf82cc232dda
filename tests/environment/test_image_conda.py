"""Images with conda packages: the conda inside of the base image installs the very packages that this machine resolved.

Where SCOREDOCK_TEST_CONDA_IMAGE names an image with conda, that is the base. Otherwise one is made whose conda is a stand-in with
the same command line (py-rattler behind ``conda create``): conda itself comes from hosts that not every machine reaches.
"""

from __future__ import annotations

import asyncio
import functools
import http.server
import importlib.metadata
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scoredock.engine.builds import Builder
from scoredock.engine.connection import Connection
from scoredock.engine.images import find_image
from scoredock.environment.image import image_recipe
from scoredock.environment.image_host import host_build, image_lock, image_python
from scoredock.environment.image_values import BaseImage
from scoredock.environment.sync import read_specification
from scoredock.hosting.docker_base import about_base
from scoredock.project.values import CondaFile

from .conda_channel import MINOR, PYTHON_VERSION, write_channel
from .images import LEFT, PREFIX, build, run

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

STAND_IN = """\
FROM {base}
RUN python3 -m venv /opt/miniconda && /opt/miniconda/bin/python -m pip install -q --no-cache-dir py-rattler=={rattler}
COPY conda /opt/miniconda/bin/conda
RUN chmod +x /opt/miniconda/bin/conda
"""
CONDA = """\
#!/opt/miniconda/bin/python
import argparse, asyncio, os, pathlib, rattler
words = argparse.ArgumentParser()
words.add_argument("command", choices=["create"])
words.add_argument("-y", action="store_true", required=True)
words.add_argument("-q", action="store_true")
words.add_argument("-p", dest="prefix", required=True)
words.add_argument("--file", type=pathlib.Path)
words.add_argument("--override-channels", action="store_true")
words.add_argument("-c", dest="channels", action="append")
words.add_argument("specs", nargs="*")
given = words.parse_intermixed_args()

async def listed():
    first, *lines = given.file.read_text().split()
    assert first == "@EXPLICIT", first
    urls = [line.partition("#")[0] for line in lines]
    channels = sorted({url.rsplit("/", 2)[0] for url in urls})
    names = [url.rpartition("/")[2].rsplit("-", 2)[0] for url in urls]
    found = await rattler.Gateway().query(channels, ["linux-64", "noarch"], names, recursive=False)
    return [record for part in found for record in part if record.url in urls]

async def create():
    records = await (listed() if given.file else rattler.solve(given.channels, given.specs))
    await rattler.install(records, given.prefix, show_progress=False)

asyncio.run(create())
os._exit(0)  # as in rattler_child.py: threads of rattler abort an interpreter that ends by itself, now and then
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def channel(connection: Connection, tmp_path: Path) -> Iterator[str]:
    """A channel of this machine at an address that containers reach as well."""
    write_channel(tmp_path / "channel")
    gateway = connection.client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    handler = functools.partial(Quiet, directory=tmp_path / "channel")
    with http.server.ThreadingHTTPServer((gateway, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{server.server_port}"
        server.shutdown()


@pytest.fixture
def base(connection: Connection) -> BaseImage:
    reference = os.environ.get("SCOREDOCK_TEST_CONDA_IMAGE") or stand_in(connection)
    image = find_image(connection, reference)
    assert image is not None
    return asyncio.run(about_base(connection, reference, image, None))


def stand_in(connection: Connection) -> str:
    rattler = importlib.metadata.version("py-rattler")
    files = {"Dockerfile": STAND_IN.format(base=os.environ["SCOREDOCK_TEST_BASE_IMAGE"], rattler=rattler), "conda": CONDA}
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    context.seek(0)
    connection.client.images.build(fileobj=context, custom_context=True, tag=f"{PREFIX}:conda", rm=True)
    return f"{PREFIX}:conda"


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_conda_inside_installs_what_was_resolved_here(
    tmp_path: Path, channel: str, connection: Connection, base: BaseImage, builder: Builder
) -> None:
    assert base.conda == "/opt/miniconda/bin/conda"
    path = tmp_path / "conda.yml"
    path.write_text(
        f"channels: [{channel}]\ndependencies: [python={MINOR}, small-module=2.0, pip: [six==1.16.0]]\n",
    )
    specification = read_specification(CondaFile(path))
    lock = asyncio.run(image_lock(specification, image_python(specification, base)))
    recipe = image_recipe(
        specification, lock, base, python_version=PYTHON_VERSION, host=host_build(), buildkit=builder == "buildkit"
    )
    made = build(connection, recipe, builder)
    data = "pathlib.Path(sys.prefix, 'share/libsmall/data.txt').read_text().strip()"
    modules = "import small_module, six, azureml_inference_server_http, pathlib, sys"
    code = f"{modules}; print(small_module.VERSION, six.__version__, {data})"
    assert run(connection, made, code) == "2.0 1.16.0 forty-two"
    installed = "import pathlib, sys; print(*sorted(p.stem for p in pathlib.Path(sys.prefix, 'conda-meta').glob('*.json')))"
    stems = [item.source.rpartition("/")[2].partition(".conda")[0] for item in lock if item.conda]
    assert run(connection, made, installed).split() == sorted(stems)
    left = f"import os; print([path for path in {LEFT!r} if os.path.isfile(path) or os.path.isdir(path) and os.listdir(path)])"
    assert run(connection, made, left) == "[]"


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_conda_inside_brings_the_python_that_the_base_lacks(
    tmp_path: Path, channel: str, connection: Connection, base: BaseImage, builder: Builder
) -> None:
    path = tmp_path / "conda.yml"
    path.write_text(f"channels: [{channel}]\ndependencies: [python={MINOR}, pip: [six==1.16.0]]\n")
    specification = read_specification(CondaFile(path))
    lock = asyncio.run(image_lock(specification, MINOR))
    lacks = replace(base, python="3.6.9")
    recipe = image_recipe(
        specification, lock, lacks, python_version=PYTHON_VERSION, host=host_build(), buildkit=builder == "buildkit"
    )
    made = build(connection, recipe, builder)
    code = "import six, azureml_inference_server_http, sys; print(six.__version__, sys.base_prefix)"
    assert run(connection, made, code) == f"1.16.0 /opt/scoredock/python/{MINOR}"
