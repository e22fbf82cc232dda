"""How code and models lie for a service: Azure's variables for it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from tests.hosting.kit import Kit, post

from scoredock.hosting import launch, model_layout, naming
from scoredock.hosting.process import ProcessEngine
from scoredock.hosting.values import Plan, ServiceProblem
from scoredock.project.values import ModelMount, Project, Source


def project(code: Path, script: Path | None, source: Source) -> Project:
    return Project(file=code / "x.yml", source=source, name="x", code=code, entry_script=script)


def test_cli_v2_makes_the_scripts_folder_the_root(tmp_path: Path) -> None:
    placed = launch.layout(project(tmp_path, tmp_path / "onlinescoring" / "score.py", Source.DEPLOYMENT))
    assert (placed.app_root, placed.entry_script, placed.source_directory) == (tmp_path / "onlinescoring", "score.py", None)


def test_sdk_v1_names_the_source_directory_below_the_root(tmp_path: Path) -> None:
    code = tmp_path / "src"
    placed = launch.layout(project(code, code / "inner" / "score.py", Source.INFERENCE_CONFIG))
    assert (placed.app_root, placed.entry_script, placed.source_directory) == (tmp_path, "src/inner/score.py", "src")
    made = launch.environment(Plan(project(code, code / "score.py", Source.INFERENCE_CONFIG), "x", Path("/p"), "k"), placed, None)
    assert made["AZUREML_SOURCE_DIRECTORY"] == "src" and "AZUREML_MODEL_DIR" not in made


def test_a_deployment_without_a_script_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="names no scoring script"):
        launch.layout(project(tmp_path, None, Source.DEPLOYMENT))


@pytest.mark.parametrize(("platform", "system"), [("darwin", "macOS"), ("win32", "Windows")])
async def test_where_processes_cannot_be_services_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, system: str
) -> None:
    monkeypatch.setattr(launch.sys, "platform", platform)
    plan = Plan(project(tmp_path, tmp_path / "score.py", Source.INFERRED), "echo", Path("/p"), "k")
    with pytest.raises(ServiceProblem, match=f"on Linux and WSL only, not on {system}") as said:
        await ProcessEngine().deploy(plan)
    assert "--target docker" in said.value.todo


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_v1_project_imports_from_its_source_directory(process_kit: Kit, tmp_path: Path) -> None:
    kit = process_kit
    (kit.code / "inner").mkdir()
    kit.write("WORD = 'beside the source directory'\n", "helper.py")
    kit.write("import helper\ndef init(): pass\ndef run(d): return [helper.WORD, __file__]\n", "inner/score.py")
    made = kit.project(source=Source.INFERENCE_CONFIG, entry_script=kit.code / "inner" / "score.py")
    service = await kit.engine.deploy(kit.plan(made))
    assert post(service) == ["beside the source directory", str(kit.code / "inner" / "score.py")]


def test_the_model_folder_follows_the_models(tmp_path: Path) -> None:
    source = tmp_path / "model"
    (source / "a").mkdir(parents=True)
    (source / "a" / "one").write_text("1")
    (source / "two").write_text("2")
    folder = tmp_path / "run"
    models = (ModelMount(source, PurePosixPath("model"), name="m", version="7"),)
    assert model_layout.lay_out((), folder) is None
    top = model_layout.lay_out(models, folder)
    assert top == folder / "m" / "7"
    before = (top / "model" / "two").lstat().st_ino
    (source / "a" / "one").unlink()
    (source / "a").rmdir()
    (source / "three").write_text("3")
    assert model_layout.lay_out(model_layout.from_json(model_layout.as_json(models)), folder) == top
    assert sorted(path.name for path in (top / "model").iterdir()) == ["three", "two"]
    assert (top / "model" / "two").lstat().st_ino == before, "what has not changed is not touched"
    assert (top / "model" / "three").read_text() == "3"
    (source / "two").write_text("new")
    assert (top / "model" / "two").read_text() == "new"
    gone = (ModelMount(None, PurePosixPath("x"), reference="azureml:x:1"),)
    assert model_layout.lay_out(gone, folder) == folder / "x" / "1"
    assert not (folder / "m").exists() and source.exists()


@pytest.mark.parametrize("name", ["abc", "a1-b", "a" * 32])
def test_names_that_azure_takes(name: str) -> None:
    assert naming.checked(name) == name


@pytest.mark.parametrize("name", ["ab", "Abc", "1abc", "abc-", "a_b", "a" * 33, "", "../etc", "a b"])
def test_names_that_azure_refuses(name: str) -> None:
    with pytest.raises(ServiceProblem, match="3 to 32"):
        naming.checked(name)
    assert naming.checked(naming.made_from(name))
