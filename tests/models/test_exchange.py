"""Models as plain folders, and the workspace a folder belongs to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoredock.models.exchange import CARD, export_model, import_model
from scoredock.models.registering import About
from scoredock.models.registry import Registry
from scoredock.models.sources import LocalSource, resolve
from scoredock.models.values import ModelDamaged, ModelNotFound, ModelProblem, VersionTaken
from scoredock.models.workspace import WorkspaceFile, find_workspace, read_workspace_file


@pytest.fixture
def registry(tmp_path: Path, forest_file: Path) -> Registry:
    registry = Registry(tmp_path / "one")
    (tmp_path / "sample.json").write_text('{"data": []}', encoding="utf-8")
    about = About(description="a forest", tags={"a": "1"}, properties={"p": "2"}, sample_input=tmp_path / "sample.json")
    registry.register(forest_file, "forest", version="7", about=about)
    return registry


def test_there_and_back(registry: Registry, tmp_path: Path) -> None:
    model = registry.get("forest")
    export_model(registry, model, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["forest.joblib", CARD]
    other = Registry(tmp_path / "two")
    again = import_model(other, tmp_path / "out", keep_version=True)
    same = ("name", "version", "sha256", "size", "description", "tags", "properties", "kind")
    assert [getattr(again, name) for name in same] == [getattr(model, name) for name in same]
    sample = other.sample_input(again)
    assert sample is not None
    assert sample.read_text(encoding="utf-8") == '{"data": []}'
    with pytest.raises(VersionTaken):
        import_model(other, tmp_path / "out", keep_version=True)
    assert import_model(other, tmp_path / "out").version == "8"
    with pytest.raises(ModelProblem, match="is not empty"):
        export_model(registry, model, tmp_path / "out")


def test_what_was_changed_on_the_way_is_not_imported(registry: Registry, tmp_path: Path) -> None:
    export_model(registry, registry.get("forest"), tmp_path / "out")
    with (tmp_path / "out" / "forest.joblib").open("ab") as file:
        file.write(b"more")
    other = Registry(tmp_path / "two")
    with pytest.raises(ModelDamaged, match="is not what was exported"):
        import_model(other, tmp_path / "out")
    assert other.models() == ()


@pytest.mark.parametrize("change", [{"entry": "../../etc/passwd"}, {"name": "../x"}, {"form": 9}, {"entry": None}])
def test_a_card_that_lies(registry: Registry, tmp_path: Path, change: dict[str, object]) -> None:
    export_model(registry, registry.get("forest"), tmp_path / "out")
    card = json.loads((tmp_path / "out" / CARD).read_text(encoding="utf-8"))
    (tmp_path / "out" / CARD).write_text(json.dumps({**card, **change}), encoding="utf-8")
    with pytest.raises(ModelProblem):
        import_model(Registry(tmp_path / "two"), tmp_path / "out")


CONFIG = {"subscription_id": "s", "resource_group": "rg", "workspace_name": "ws"}


@pytest.mark.parametrize("place", ["config.json", ".azureml/config.json", "../config.json", "../.azureml/config.json"])
def test_where_the_workspace_file_is_looked_for(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "project" / "src"
    folder.mkdir(parents=True)
    file = (folder / place).resolve()
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(CONFIG), encoding="utf-8")
    assert find_workspace(folder) == WorkspaceFile("ws", file, "s", "rg")


def test_another_config_json_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "config.json").write_text('{"AZUREML_LOG_LEVEL": "DEBUG"}', encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    assert find_workspace(tmp_path / "src").path == tmp_path / "config.json"


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"workspace_name": "../x"}', '{"workspace_name": ""}'])
def test_a_workspace_file_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelProblem):
        read_workspace_file(tmp_path / "config.json")


def test_two_workspaces_of_one_name_are_two() -> None:
    assert WorkspaceFile("ws", Path("c"), "s", "a").folder != WorkspaceFile("ws", Path("c"), "s", "b").folder


async def test_the_local_source_and_references(forest_file: Path) -> None:
    workspace = WorkspaceFile("ws", Path("config.json"), "s", "rg")
    source = LocalSource(workspace.registry)
    model = workspace.registry.register(forest_file, "forest")
    assert await source.models() == (model,)
    assert await source.find("forest") == model
    assert await source.find("forest", "9") is None
    assert await source.fetch(model) == model.path
    assert resolve("azureml:forest:1", workspace) == model
    WorkspaceFile("local").registry.register(forest_file, "shared")
    assert resolve("azureml:shared@latest", workspace).name == "shared"
    with pytest.raises(ModelNotFound, match=r"not on this machine.*scoredock model register PATH --name other --version 2"):
        resolve("azureml:other:2", workspace)
