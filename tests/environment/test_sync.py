"""Real syncs of small environments from the package index."""

from __future__ import annotations

import asyncio
import http.server
import subprocess
import threading
from pathlib import Path

import pytest

from scoredock.environment import store
from scoredock.environment.installed import installed_distributions, site_packages
from scoredock.environment.integrity import damaged_distributions
from scoredock.environment.key import environment_key
from scoredock.environment.sync import find, sync
from scoredock.environment.values import Strategy
from scoredock.progress import Step

from .wheels import write_wheel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def imports(interpreter: Path, code: str) -> str:
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


async def test_a_file_becomes_an_interpreter_with_its_packages_and_the_server(conda) -> None:
    specification = conda("six==1.16.0")
    steps: list[Step] = []
    made = await sync(specification, progress=steps.append)
    assert made.strategy is Strategy.UV
    assert made.server is not None
    assert made.server.added
    assert imports(made.interpreter, "import six, azureml_inference_server_http; print(six.__version__)") == "1.16.0"
    assert imports(made.interpreter, "import sys; print(sys.prefix)") == str(made.prefix)
    found = find(specification)
    assert found is not None
    assert found.prefix == made.prefix
    assert not found.fresh
    again = await sync(specification)
    assert again.prefix == made.prefix
    assert made.lock is not None
    assert "six==1.16.0" in made.lock.read_text()


async def test_the_server_is_not_added_where_the_file_names_it(conda) -> None:
    made = await sync(conda("six==1.16.0", "azureml-inference-server-http"))
    assert made.server is not None
    assert not made.server.added


async def test_two_syncs_at_once_do_the_work_once(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    first, second = await asyncio.gather(sync(specification), sync(specification))
    assert first.prefix == second.prefix
    assert [first.fresh, second.fresh].count(True) == 1


async def test_a_damaged_environment_is_found_and_made_again(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    made = await sync(specification)
    (site_packages(made.prefix) / "six.py").unlink()
    assert find(specification) is None
    mended = await sync(specification)
    assert mended.fresh
    assert installed_distributions(site_packages(mended.prefix))["six"] == "1.16.0"
    assert not made.prefix.exists()


async def test_a_file_cut_short_inside_a_package_is_seen_by_sync(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    made = await sync(specification)
    victim = site_packages(made.prefix) / "flask" / "app.py"
    victim.unlink()  # the file is a hard link into uv's cache: cutting it short would damage that too
    victim.write_text("")
    assert (await sync(specification)).fresh


async def test_damage_that_went_through_into_the_download_cache_is_mended(requirements, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))  # nobody else's cache is to be damaged
    write_wheel(tmp_path / "links", "small-own", "1.0")
    specification = requirements(f"--find-links {tmp_path / 'links'}", "small-own")
    made = await sync(specification)
    victim = site_packages(made.prefix) / "small_own.py"
    if victim.stat().st_nlink == 1:
        pytest.fail("packages are no hard links here: what this test is about cannot happen")
    victim.write_text("garbage = True\n")
    mended = await sync(specification)
    assert mended.fresh
    assert imports(mended.interpreter, "import small_own; print(small_own.VERSION)") == "1.0"
    assert damaged_distributions(site_packages(mended.prefix)) == ()


@pytest.mark.parametrize("moment", ["Resolving packages", "Checking the environment"])
async def test_cancelling_leaves_nothing(conda, own_cache: Path, moment: str) -> None:
    specification = conda("six==1.16.0")

    def hear(step: Step) -> None:
        if step.title == moment:
            loop.call_soon_threadsafe(task.cancel)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(sync(specification, progress=hear))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert find(specification) is None
    key = environment_key(specification, Strategy.UV)
    assert not list(store.root().glob(f"{key}*"))
    assert (await sync(specification)).fresh


class Index(http.server.SimpleHTTPRequestHandler):
    """A package index as a folder of wheels; answers may be kept, as an index's are."""

    folder: Path

    def do_GET(self) -> None:
        if self.path.startswith("/simple/"):
            links = "".join(f'<a href="/files/{path.name}">{path.name}</a>' for path in self.folder.glob("*.whl"))
            self._answer("text/html", f"<html><body>{links}</body></html>".encode() if "moving-target" in self.path else b"")
        else:
            self._answer("application/octet-stream", (self.folder / Path(self.path).name).read_bytes())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


async def test_what_was_installed_ahead_gives_way_to_what_the_index_answers(requirements, tmp_path: Path) -> None:
    """The first sync fills uv's cache with an answer; by the second the index has another."""
    folder = tmp_path / "wheels"
    write_wheel(folder, "moving-target", "1.0", requires=("moving-helper",))
    write_wheel(folder, "moving-helper", "1.0")
    handler = type("Handler", (Index,), {"folder": folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        line = f"--extra-index-url http://127.0.0.1:{server.server_port}/simple"
        links = f"--find-links {folder / 'helper'}"
        (folder / "helper").mkdir()
        (folder / "moving_helper-1.0-py3-none-any.whl").rename(folder / "helper" / "moving_helper-1.0-py3-none-any.whl")
        first = await sync(requirements(line, links, "moving-target"))
        assert imports(first.interpreter, "import moving_target, moving_helper; print(moving_target.VERSION)") == "1.0"
        write_wheel(folder, "moving-target", "2.0")
        # Another file, so that no lock says which version; uv's cache still says 1.0 with its helper.
        second = await sync(requirements(line, links, "moving-target", "six==1.16.0"))
    finally:
        server.shutdown()
    installed = installed_distributions(site_packages(second.prefix))
    assert installed["moving-target"] == "2.0"
    assert "moving-helper" not in installed
