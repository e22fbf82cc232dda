"""Which saves reach a running service, and what is said when one does not."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.session import Session

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SCRIPT = """import json
import os
from pathlib import Path


def init():
    global settings, weights
    settings = json.loads((Path(__file__).parent / "settings.json").read_text())
    weights = Path(os.environ["AZUREML_MODEL_DIR"], "weights.npy").read_text()


def run(data):
    return {"settings": settings, "weights": weights}
"""
DEPLOYMENT = """name: blue
endpoint_name: saves
model: {path: model/weights.npy}
code_configuration: {code: code, scoring_script: score.py}
environment: {image: mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference, conda_file: conda.yml}
instance_type: Standard_DS3_v2
"""
CONDA = "name: e\ndependencies:\n  - pip\n  - pip:\n    - azureml-inference-server-http\n"


class Project:
    """A service that runs, and the session that started it."""

    def __init__(self, folder: Path, session: Session) -> None:
        self.folder = folder
        self.session = session
        for name, text in {
            "code/score.py": SCRIPT,
            "code/settings.json": "1",
            "model/weights.npy": "light",
            "deployment.yml": DEPLOYMENT,
            "conda.yml": CONDA,
        }.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        params = {"uri": (folder / "deployment.yml").as_uri(), "target": "process"}
        self.service: dict[str, Any] = session.request("scoredock/deploy", params, timeout=120)

    def answer(self) -> dict[str, Any]:
        request = urllib.request.Request(self.service["scoringUri"], b"{}", {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            found: dict[str, Any] = json.load(response)
            return found

    def save(self, name: str, text: str, language: str) -> None:
        """As an editor saves: the file is open, changed, written, and then the server is told."""
        path = self.folder / name
        uri = self.session.open(path, path.read_text(encoding="utf-8"), language)
        self.session.change(uri, 2, {"text": text})
        path.write_text(text, encoding="utf-8")
        self.session.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def write(self, name: str, text: str) -> None:
        """As another program writes, which the editor's watcher sees."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        self.session.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": path.as_uri(), "type": 2}]})

    def updates(self) -> list[dict[str, Any]]:
        return self.session.heard("scoredock/serviceUpdated")

    def next_update(self, after: int) -> dict[str, Any]:
        self.session.until(lambda: len(self.updates()) > after, "a word about the update", 60)
        return self.updates()[after]


@pytest.fixture
def project(session: Session, tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path, session)
    yield made
    session.request("scoredock/stop", {"name": made.service["name"]})


def test_a_file_beside_the_script_and_a_model_are_brought_in(project: Project) -> None:
    assert project.answer() == {"settings": 1, "weights": "light"}
    project.save("code/settings.json", "2", "json")
    assert project.next_update(0)["problem"] == ""
    assert project.answer()["settings"] == 2
    before = len(project.updates())
    project.write("model/weights.npy", "heavy")
    assert project.next_update(before)["problem"] == ""
    assert project.answer() == {"settings": 2, "weights": "heavy"}


def test_what_is_no_part_of_the_service_is_left_alone(project: Project) -> None:
    (project.folder / "code" / "requests").mkdir()
    (project.folder / "code" / "requests" / "one.json").write_text("{}", encoding="utf-8")
    project.save("code/requests/one.json", '{"a": 1}', "json")
    project.write("code/settings.json", "3")  # not saved by the user: it may be the script that writes it
    project.write("elsewhere.npy", "x")
    # The next save is brought in, and it is the only one.
    project.save("code/score.py", SCRIPT.replace('"weights": weights', '"weights": "none"'), "python")
    project.next_update(0)
    assert project.answer()["weights"] == "none"
    assert len({update["name"] for update in project.updates()}) == 1
    generations = {
        service["generation"] for params in project.session.heard("scoredock/servicesChanged") for service in params["services"]
    }
    assert max(generations) <= 2


def test_lines_that_the_running_service_does_not_keep_say_so(project: Project) -> None:
    """On the line while it is typed: neither saved nor synced yet."""
    path, session = project.folder / "conda.yml", project.session
    uri = session.open(path, CONDA, "yaml")
    session.change(uri, 2, {"text": CONDA.replace("server-http", "server-http==1.3.0") + "    - filelock\n"})

    def said() -> dict[int, str]:
        found = session.diagnostics.get(uri, {"diagnostics": ()})["diagnostics"]
        return {item["range"]["start"]["line"]: item["message"] for item in found if item["code"] == "SD413"}

    session.until(lambda: len(said()) == 2, "a word on both lines", 60)
    name = project.service["name"]
    assert said()[4].startswith(f"The service '{name}' runs with azureml-inference-server-http 1.")
    assert f"The service '{name}' runs without filelock" in said()[5]
    session.change(uri, 3, {"text": CONDA})
    session.until(lambda: not said(), "the line as the service has it")


def test_an_environment_that_cannot_be_made_is_said_and_the_old_code_goes_on(project: Project) -> None:
    project.session.notify("scoredock/settings", {**project.session.settings, "offline": True})
    project.save("conda.yml", CONDA + "    - scoredock-has-no-such-package==9.9\n", "yaml")
    told = project.next_update(0)
    assert "scoredock-has-no-such-package" in told["problem"]
    assert told["shown"] is False
    assert project.answer()["weights"] == "light"
