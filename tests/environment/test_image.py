"""The recipe of an environment's image, as text. That it builds is tested where a Docker engine is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scoredock.environment.image import image_recipe
from scoredock.environment.image_values import BaseImage, EarlierImage, HostBuild, Recipe
from scoredock.environment.lock_text import Resolved, parse_lock
from scoredock.environment.values import EnvironmentProblem, Specification

LOCK = parse_lock("numpy==1.26.4\n    # via -r -\nsix==1.16.0\n")
PLAIN = BaseImage("python:3.11-slim", digest="sha256:aa", python="3.11.9")
BARE = BaseImage("debian:12-slim", digest="sha256:bb")
WITH_CONDA = BaseImage("mcr.example/openmpi:1", digest="sha256:cc", python="3.9.1", conda="/opt/miniconda/bin/conda")
SECRET = "s3cret"  # noqa: S105
HOST = HostBuild(
    uv=Path("/usr/bin/uv"), index=(("UV_DEFAULT_INDEX", f"https://me:{SECRET}@pypi.example/simple"),), certificates="-----BEGIN"
)


def recipe(
    base: BaseImage = PLAIN,
    *,
    lock: tuple[Resolved, ...] = LOCK,
    host: HostBuild = HOST,
    buildkit: bool = True,
    earlier: tuple[EarlierImage, ...] = (),
) -> Recipe:
    specification = Specification(Path("/project/conda.yml"), python="=3.11")
    return image_recipe(specification, lock, base, python_version="3.11.7", host=host, buildkit=buildkit, earlier=earlier)


def test_layers_stand_in_order_of_change_and_nothing_of_the_project_is_in_it() -> None:
    made = recipe(BARE)
    lines = made.dockerfile.splitlines()
    froms = [line for line in lines if line.startswith("FROM")]
    assert froms == ["FROM debian:12-slim"]
    runs = "\n".join(lines).split("RUN ")[1:]
    assert len(runs) == 2
    assert "python install" in runs[0]
    assert "requirements.txt" not in runs[0]
    assert "requirements.txt" in runs[1]
    assert "COPY" not in made.dockerfile


def test_a_fitting_base_image_gives_its_python() -> None:
    assert "python install" not in recipe(PLAIN).dockerfile
    assert "create -y -q -p /opt/scoredock/python/3.11 python=3.11" in recipe(WITH_CONDA).dockerfile


def test_conda_takes_the_python_from_the_channels_of_the_file_and_no_password_into_a_layer() -> None:
    channels = ("conda-forge", "nodefaults", "https://user:hunter2@conda.example/own")
    specification = Specification(Path("/project/conda.yml"), python="=3.11", channels=channels)
    made = image_recipe(specification, LOCK, WITH_CONDA, python_version="3.11.7", host=HOST, buildkit=True)
    assert "create -y -q -p /opt/scoredock/python/3.11 --override-channels -c conda-forge python=3.11" in made.dockerfile
    assert "hunter2" not in made.dockerfile


@pytest.mark.parametrize("base", [PLAIN, BARE, WITH_CONDA], ids=lambda base: base.reference)
def test_passwords_and_certificates_stay_out_of_every_layer(base: BaseImage) -> None:
    made = recipe(base)
    assert SECRET not in made.dockerfile + repr(made) + "".join(file.text or "" for file in made.files)
    assert {secret.id for secret in made.secrets} == {"scoredock-index", "scoredock-certificates"}
    assert all("COPY" not in line for line in made.dockerfile.splitlines())
    assert SECRET in made.secrets[0].text


def test_the_classic_builder_gets_two_stages_and_no_passwords() -> None:
    open_index = replace(HOST, index=(("UV_DEFAULT_INDEX", "https://pypi.example/simple"),))
    made = recipe(host=open_index, buildkit=False)
    assert "--mount" not in made.dockerfile
    last = made.dockerfile.split("FROM ")[-1]
    assert "pypi.example" not in last
    assert "COPY --from=packages" in last
    assert not made.secrets
    with pytest.raises(EnvironmentProblem, match="password"):
        recipe(buildkit=False)


def test_the_tag_follows_the_content() -> None:
    same = recipe()
    assert same.tag == recipe().tag
    assert same.tag == recipe(host=replace(HOST, certificates="other")).tag
    others = {
        recipe(lock=parse_lock("numpy==1.26.3\nsix==1.16.0\n")).tag,
        recipe(replace(PLAIN, digest="sha256:dd")).tag,
        recipe(BARE).tag,
        same.tag,
    }
    assert len(others) == 4


def test_packages_of_this_machine_go_along(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pyproject.toml").write_text("[project]\nname = 'own'\nversion = '1'\n")
    made = recipe(lock=parse_lock(f"-e {tmp_path}/own\nother @ file://{tmp_path}/own\n"))
    text = next(file.text for file in made.files if file.name == "requirements.txt") or ""
    assert str(tmp_path) not in text
    copies = [file for file in made.files if file.source == tmp_path / "own"]
    assert len(copies) == 2
    assert all(file.name in text for file in copies)


def labels_of(made: Recipe) -> tuple[tuple[str, str], ...]:
    return tuple(re.findall(r'([\w.]+)="([^"]*)"', made.dockerfile.split("LABEL ")[1]))


def test_a_changed_pin_is_a_small_layer_on_the_nearest_image() -> None:
    first = recipe()
    changed = parse_lock("numpy==1.26.4\nsix==1.15.0\n")
    alone = recipe(lock=changed)
    upon = recipe(lock=changed, earlier=(EarlierImage(first.tag, labels_of(first)),))
    assert upon.tag == alone.tag != first.tag
    assert upon.dockerfile.split("FROM ")[1].startswith(first.tag)
    assert "venv" not in upon.dockerfile
    assert dict(labels_of(upon))["scoredock.steps"] == "1"


def test_the_classic_builder_takes_only_what_has_changed() -> None:
    open_index = replace(HOST, index=(("UV_DEFAULT_INDEX", "https://pypi.example/simple"),))
    first = recipe(host=open_index, buildkit=False)
    changed = parse_lock("numpy==1.26.4\nsix==1.15.0\n")
    upon = recipe(lock=changed, host=open_index, buildkit=False, earlier=(EarlierImage(first.tag, labels_of(first)),))
    assert upon.tag == recipe(lock=changed, host=open_index, buildkit=False).tag != first.tag
    stages = upon.dockerfile.split("FROM ")[1:]
    assert [stage.split()[0] for stage in stages] == [first.tag, first.tag]
    assert "COPY . " in stages[0] and "COPY . " not in stages[1], "certificates and uv stay in the first stage"
    assert "pypi.example" not in stages[1]
    assert any(file.name == "image_changes.py" for file in upon.files)


@pytest.mark.parametrize(
    "change",
    [
        {"scoredock.base": "sha256:other 3.11"},
        {"scoredock.steps": "8"},
        {"scoredock.steps": ""},
        {"scoredock.packages": " ".join(f"p{n}==1" for n in range(30))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_image_that_is_too_different_is_not_built_upon(change: dict[str, str]) -> None:
    labels = dict(labels_of(recipe())) | change
    made = recipe(lock=parse_lock("numpy==1.26.4\nsix==1.15.0\n"), earlier=(EarlierImage("x", tuple(labels.items())),))
    assert "FROM python:3.11-slim" in made.dockerfile


def test_an_image_that_runs_as_somebody_is_built_as_root_and_given_back() -> None:
    made = recipe(replace(PLAIN, user="dockeruser"))
    assert made.dockerfile.index("USER root") < made.dockerfile.index("RUN") < made.dockerfile.index("USER dockeruser")


def test_conda_packages_need_a_base_with_conda() -> None:
    lock = parse_lock("# conda libgomp 13.2.0 https://conda.example/linux-64/libgomp-13.2.0-0.conda\nsix==1.16.0\n")
    assert lock[0].conda
    made = recipe(WITH_CONDA, lock=lock)
    assert "--file /opt/scoredock/context/conda-explicit.txt" in made.dockerfile
    assert next(f.text for f in made.files if f.name == "conda-explicit.txt") == (
        "@EXPLICIT\nhttps://conda.example/linux-64/libgomp-13.2.0-0.conda\n"
    )
    with pytest.raises(EnvironmentProblem, match="no conda"):
        recipe(PLAIN, lock=lock)


def test_folders_of_this_machine_are_said_to_be_out_of_reach() -> None:
    host = replace(HOST, index=(("UV_INDEX", "file:///srv/simple https://pypi.example/simple"), ("UV_FIND_LINKS", "/srv/wheels")))
    made = recipe(host=host)
    assert len(made.notes) == 2
    assert "file:///srv" not in made.secrets[0].text
    assert "https://pypi.example/simple" in made.secrets[0].text
