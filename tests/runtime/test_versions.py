"""The server lines and gunicorns that users' environments hold, under every Python of this machine that they run on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runtime.conftest import SCRIPT
from tests.runtime.launched import launched, under_load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# Python -> (server, further pins): the oldest and the newest server for it, with the oldest and newest gunicorn that it
# takes. gunicorn 20 needs pkg_resources, which a conda environment has (its setuptools) and a bare one lacks.
OLD = ("gunicorn==20.1.0", "setuptools<81")
MATRIX = {
    (3, 7): [("0.8.4", OLD)],
    (3, 8): [("1.3.4", ())],
    (3, 9): [("1.0.0", OLD), ("1.4.1", ())],
    (3, 10): [("0.8.4", OLD), ("1.5.1", ())],
    (3, 11): [("1.0.0", OLD), ("1.3.4", ("gunicorn==23.0.0",)), ("1.5.1", ())],
    (3, 12): [("1.4.1", ()), ("1.5.1", ("gunicorn==23.0.0",))],
    (3, 13): [("1.5.1", ())],
}


def interpreters() -> dict[tuple[int, int], str]:
    """The CPythons of this machine, by version: the one that runs, those on the path, and pyenv's."""
    found = {sys.version_info[:2]: sys.executable}
    for version in MATRIX:
        name = f"python{version[0]}.{version[1]}"
        pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version[0]}.{version[1]}.*/bin/python"))
        candidates = [str(path) for path in pyenv] + [path for path in [shutil.which(name)] if path]
        for candidate in candidates:
            check = subprocess.run(
                [candidate, "-c", "import sys, ssl, ctypes; print(sys.version_info[:2])"],
                capture_output=True,
                text=True,
                check=False,
            )
            if check.stdout.strip() == str(version):
                found.setdefault(version, candidate)
                break
    return found


CASES = [
    pytest.param(version, python, server, pins, id=f"{version[0]}.{version[1]}-{server}{'-' + pins[0] if pins else ''}")
    for version, python in sorted(interpreters().items())
    for server, pins in MATRIX.get(version, [("1.5.1", ())])
]


@pytest.mark.parametrize(("version", "base", "server", "pins"), CASES)
def test_a_service_lives_and_is_updated(
    version: tuple[int, int], base: str, server: str, pins: tuple[str, ...], code: Path, folder: Path, tmp_path: Path
) -> None:
    uv = [sys.executable, "-m", "uv"]
    environment = tmp_path / "environment"
    if version == (3, 7):  # uv makes none for it any more
        subprocess.run([base, "-m", "venv", str(environment)], check=True, timeout=120)
    else:
        subprocess.run([*uv, "venv", "-q", "-p", base, str(environment)], check=True, timeout=120)
    python = environment / "bin" / "python"
    packages = [f"azureml-inference-server-http=={server}", *pins]
    subprocess.run([*uv, "pip", "install", "-q", "-p", str(python), *packages], check=True, timeout=240)
    (code / "helper.py").write_text("WORD = 'aa'\n", encoding="utf-8")
    script = SCRIPT.replace('{"version": VERSION}', '{"version": VERSION, "word": helper.WORD}')
    (code / "score.py").write_text("import helper, json\n" + script, encoding="utf-8")
    with launched(python, code, folder) as service:
        assert service.ask("status")["versions"]["server"] == server
        assert service.score() == {"version": 1, "word": "aa"}
        with under_load(service, clients=2) as seen:
            for word in ("bb", "cc", "dd"):
                (code / "helper.py").write_text(f"WORD = '{word}'\n", encoding="utf-8")
                assert service.update()["ok"]
                assert service.score()["word"] == word
            (code / "score.py").write_text("import helper, json\n" + script.replace("pass", "1 / 0"), encoding="utf-8")
            answer = service.update()
            assert not answer["ok"] and answer["failure"]["chain"][0]["type"] == "ZeroDivisionError"
        assert seen.errors == [] and service.score()["word"] == "dd"
        assert service.ask("stack")["ok"]
        assert service.ask("stop")["ok"]
        assert service.process.wait(20) == 0
