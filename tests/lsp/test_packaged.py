"""The files that are shipped, as they were built: the VSIX's server on every Python at hand, and the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lsp.session import Session

ROOT = Path(__file__).resolve().parents[2]
BAD = "import joblib\n\n\ndef init():\n    pass\n\n\ndef run():\n    return 1\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`dist/` after `npm run package`."""
    node = shutil.which("node")
    assert node, "npm test runs on Node"
    subprocess.run([node, "extension/scripts/package.mjs"], cwd=ROOT, check=True, timeout=240, stdout=subprocess.DEVNULL)
    kept = tmp_path_factory.mktemp("dist")
    for file in (*(ROOT / "dist").glob("*.vsix"), *(ROOT / "dist").glob("*.whl")):
        shutil.copy(file, kept)
    return kept


@pytest.fixture(scope="session")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The VSIX as an editor unpacks it."""
    folder = tmp_path_factory.mktemp("vsix")
    (vsix,) = built.glob("*.vsix")
    with zipfile.ZipFile(vsix) as archive:
        archive.extractall(folder)
    return folder / "extension"


def test_the_vsix_is_small_universal_and_complete(built: Path, unpacked: Path) -> None:
    (vsix,) = built.glob("*.vsix")
    assert vsix.stat().st_size <= 5_000_000
    files = [path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()]
    assert [name for name in files if name.endswith((".so", ".pyd", ".dylib", ".pyc", ".ts", ".map"))] == []
    for wanted in ("dist/extension.js", "dist/server/start.py", "readme.md", "changelog.md", "LICENSE.txt", "package.nls.json"):
        assert wanted in files, wanted
    assert "node_modules" not in " ".join(files)


def texts(folder: Path) -> list[str]:
    """The texts of every language that the server's sources have, as paths beside them."""
    found = [*folder.glob("l10n/*.json"), *folder.glob("contract/pages/**/*.md")]
    return [path.relative_to(folder.parent).as_posix() for path in found]


def test_both_artifacts_speak_every_language_of_the_sources(built: Path, unpacked: Path) -> None:
    client = [*ROOT.glob("package.nls*.json"), *ROOT.glob("extension/l10n/*.json")]
    assert len(client) >= 4
    for file in client:
        assert (unpacked / file.relative_to(ROOT)).read_bytes() == file.read_bytes()
    server = texts(ROOT / "pyserver" / "scoredock")
    assert server
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in server:
            said = (ROOT / "pyserver" / name).read_bytes()
            assert archive.read(name) == said
            assert (unpacked / "dist" / "server" / "libs" / name).read_bytes() == said


def pythons() -> list[Path]:
    """Every CPython from 3.10 on that pyenv has, one of each minor version; this one where there is none."""
    found: dict[str, Path] = {}
    for path in sorted((Path.home() / ".pyenv" / "versions").glob("3.1[0-9].*/bin/python")):
        found[path.parents[1].name.rpartition(".")[0]] = path
    return list(found.values()) or [Path(sys.executable)]


@pytest.mark.parametrize("python", pythons(), ids=lambda path: path.parents[1].name)
def test_the_bundled_server_checks_on_any_python(
    python: Path, unpacked: Path, tmp_path: Path, start: Callable[..., Session]
) -> None:
    bytecode = tmp_path / "bytecode"
    session = start(
        str(python), "-I", "-S", "-X", "utf8", "-X", f"pycache_prefix={bytecode}", str(unpacked / "dist" / "server" / "start.py")
    )
    (tmp_path / "deployment.yml").write_text(
        "name: b\nendpoint_name: e\ncode_configuration:\n  code: .\n  scoring_script: score.py\ninstance_type: x\n"
    )
    uri = session.open(tmp_path / "score.py", BAD)
    assert "SD105" in session.codes(uri, 1)
    report = session.request("scoredock/report", {})["text"]
    assert f"Libraries: {unpacked / 'dist' / 'server' / 'libs' / 'pygls'}" in report
    session.stop()
    assert not list(unpacked.rglob("*.pyc")), "the extension's folder may be read-only"


@pytest.mark.timeout(180)
def test_the_bundled_server_fetches_its_tools_once(
    unpacked: Path, tmp_path: Path, start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(tmp_path / "home"))
    command = (sys.executable, "-I", "-S", str(unpacked / "dist" / "server" / "start.py"))
    session = start(*command)
    assert session.request("scoredock/services", {}) == {"services": []}  # nothing is fetched for a look
    assert not (tmp_path / "home").exists() or not list((tmp_path / "home").rglob("editor-*"))
    (tmp_path / "score.py").write_text(BAD)
    token = "t"  # noqa: S105 - of a progress bar
    number = session.ask(
        "scoredock/deploy", {"uri": (tmp_path / "score.py").as_uri(), "target": "process", "workDoneToken": token}
    )
    session.answer(number, timeout=120)  # what becomes of the deploy is another test's affair
    folders = list((tmp_path / "home").rglob("editor-*"))
    assert len(folders) == 1
    assert (folders[0] / "psutil").is_dir()
    said = [p["value"].get("message", "") for p in session.heard("$/progress") if p["token"] == token]
    assert any("tools" in message for message in said), said
    again = start(*command)
    assert "Tools: at hand" in again.request("scoredock/report", {})["text"]


def test_without_a_network_the_bundled_server_says_what_is_missing(
    unpacked: Path, tmp_path: Path, start: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOREDOCK_HOME", str(tmp_path / "home"))
    session = start(sys.executable, "-I", "-S", str(unpacked / "dist" / "server" / "start.py"), settings={"offline": True})
    (tmp_path / "score.py").write_text(BAD)
    answer = session.answer(session.ask("scoredock/deploy", {"uri": (tmp_path / "score.py").as_uri(), "target": "process"}))
    assert "tools are not on this machine yet" in answer["error"]["message"]
    assert "SD105" in session.codes(session.open(tmp_path / "score.py", BAD), 1)


@pytest.mark.timeout(240)
def test_the_wheel_installs_and_works(built: Path, tmp_path: Path, start: Callable[..., Session]) -> None:
    (wheel,) = built.glob("*.whl")
    uv = [sys.executable, "-m", "uv"]
    python = tmp_path / "v" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(tmp_path / "v")], check=True, timeout=60)
    lock = str(ROOT / "pyserver" / "locks" / "run.txt")
    install = [*uv, "pip", "install", "-q", "-p", str(python)]
    subprocess.run([*install, "--require-hashes", "-r", lock], check=True, timeout=180)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True, timeout=60)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    script = tmp_path / "score.py"
    script.write_text(BAD)
    checked = subprocess.run(
        [str(python.parent / "scoredock"), "check", str(script)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert checked.returncode == 1 and "SD105" in checked.stdout
    session = start(str(python.parent / "scoredock"), "lsp", cwd=tmp_path)
    assert "SD105" in session.codes(session.open(script, BAD), 1)
