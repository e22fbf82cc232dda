"""Conda packages: solved and installed by py-rattler from a real channel on disk, with a real Python inside."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scoredock.environment.lock_text import read_lock
from scoredock.environment.reading import read_environment_file
from scoredock.environment.sync import find, sync
from scoredock.environment.twins import twin_of, with_twins
from scoredock.environment.values import EnvironmentProblem, Specification, Strategy

from .conda_channel import MINOR, write_channel

pytestmark = [pytest.mark.timeout(240)]


@pytest.fixture(scope="session")
def channel(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_channel(tmp_path_factory.mktemp("channel"))


@pytest.fixture
def wants(tmp_path: Path, channel: str):
    def write(*packages: str, pip: tuple[str, ...] = (), source: str = "") -> Specification:
        lines = [f"channels: ['{source or channel}']", "dependencies:", f"  - python={MINOR}"]
        lines += [f"  - {item}" for item in packages]
        lines += ["  - pip:", *(f"      - {item}" for item in pip)] if pip else []
        path = tmp_path / "conda.yml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return read_environment_file(path)

    return write


def answer(interpreter: Path, code: str) -> str:
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.mark.slow
async def test_conda_packages_and_the_pip_section_share_one_prefix(wants) -> None:
    specification = wants("small-module", pip=("six==1.16.0",))
    made = await sync(specification)
    assert made.strategy is Strategy.CONDA
    assert not made.notes
    said = answer(made.interpreter, "import small_module, six, sys; print(small_module.VERSION, six.__version__, sys.prefix)")
    assert said == f"2.0 1.16.0 {made.prefix}"
    assert (made.prefix / "share" / "libsmall" / "data.txt").read_text() == "forty-two\n"
    assert made.server is not None
    assert made.server.added
    lock = {item.name: item for item in read_lock(made.lock)}
    assert lock["libsmall"].conda
    assert lock["libsmall"].source.startswith("file://")
    assert lock["six"].version == "1.16.0"
    assert not lock["six"].conda
    found = find(specification)
    assert found is not None
    assert found.prefix == made.prefix


@pytest.mark.slow
async def test_what_conda_has_installed_is_not_replaced_by_pip(wants) -> None:
    made = await sync(wants("small-module=1.0"))
    assert answer(made.interpreter, "import small_module; print(small_module.VERSION)") == "1.0"


@pytest.mark.slow
async def test_a_script_that_a_package_wants_run_is_not_run_and_that_is_said(wants) -> None:
    made = await sync(wants("with-script"))
    assert made.notes == ("The post-link scripts of with-script were not run; Azure's conda runs them.",)
    assert not (made.prefix / "was-run").exists()


async def test_disagreeing_conda_packages_are_named(wants) -> None:
    with pytest.raises(EnvironmentProblem) as raised:
        await sync(wants("small-module=2", "likes-old"))
    assert "likes-old" in raised.value.what
    assert "small-module" in raised.value.what
    assert raised.value.place is not None


async def test_a_package_that_no_channel_has_is_named_with_its_line(wants) -> None:
    with pytest.raises(EnvironmentProblem, match="has 'smal-module'") as raised:
        await sync(wants("smal-module"))
    assert raised.value.place is not None
    assert raised.value.place.line == 4


@pytest.mark.slow
async def test_twins_from_pypi_where_the_channel_cannot_be_reached(wants, tmp_path: Path) -> None:
    specification = wants("msgpack-python=1.0", "cudatoolkit=11.1", source=(tmp_path / "nowhere").as_uri())
    made = await sync(specification)
    assert made.strategy is Strategy.MAPPED
    assert answer(made.interpreter, "import msgpack; print(msgpack.version[:2])") == "(1, 0)"
    assert any("cannot be reached" in note for note in made.notes)
    assert any("cudatoolkit" in note for note in made.notes)
    found = find(specification)
    assert found is not None
    assert found.strategy is Strategy.MAPPED
    with pytest.raises(EnvironmentProblem, match="cannot be reached"):
        await sync(specification, strategy=Strategy.CONDA, upgrade=True)


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("pytorch", "torch"),
        ("scikit-learn", "scikit-learn"),
        ("pytables", "tables"),
        ("python-graphviz", "graphviz"),
        ("cudatoolkit", None),
        ("r-base", None),
        ("r-ggplot2", None),
        ("libgcc-ng", None),
        ("librosa", "librosa"),
        ("openmpi", None),
        ("matplotlib-base", "matplotlib"),
        ("typing_extensions", "typing-extensions"),
    ],
)
def test_names_on_pypi(name: str, twin: str | None) -> None:
    assert twin_of(name) == twin


def test_versions_keep_their_meaning_on_pypi(wants) -> None:
    mapped = with_twins(
        wants("numpy=1.26", "pandas==2.2.0", "scipy>=1.9,<2", "h5py 3.1|3.2", "lxml=5.1=py311_0", pip=("numpy==1.25.0",))
    )
    assert [item.text for item in mapped.pip] == ["pandas==2.2.0", "scipy>=1.9,<2", "h5py", "lxml==5.1.*"]
    assert any("h5py 3.1|3.2" in str(note) for note in mapped.notes)


@pytest.mark.slow
async def test_a_name_is_never_offered_in_place_of_itself(wants) -> None:
    with pytest.raises(EnvironmentProblem, match="has 'scipy'") as raised:
        await sync(wants("scipy"))
    assert "Did you mean 'scipy'" not in raised.value.todo
