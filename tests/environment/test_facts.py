"""What is declared, what is installed, which distribution provides a module, and how both drift apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoredock.environment.declared import declared_distributions, declared_python, environment_facts, packages_folder
from scoredock.environment.drift import State, compare, environment_drift
from scoredock.environment.drift_findings import EXPORTED, definition_findings, drift_findings
from scoredock.environment.export import export
from scoredock.environment.installed import installed_distributions
from scoredock.environment.lock_text import parse_lock
from scoredock.environment.modules import installed_modules, likely_distributions
from scoredock.environment.sync import sync
from scoredock.environment.values import ReadyEnvironment, Specification

SMALL = ("six==1.16.0", "pyyaml", "azure-core==1.30.0")


@pytest.fixture
async def synced(conda) -> tuple[Specification, ReadyEnvironment]:
    specification = conda(*SMALL)
    return specification, await sync(specification)


@pytest.mark.slow
async def test_facts_of_a_synced_environment(synced) -> None:
    specification, ready = synced
    facts = environment_facts(specification)
    assert facts.complete
    assert facts.python == ready.python_version
    modules = dict(facts.modules)
    assert modules["yaml"] == ("pyyaml",)
    assert modules["six"] == ("six",)
    assert modules["azure.core"] == ("azure-core",)
    assert "azure-core" in modules["azure"]
    assert modules["azureml_inference_server_http"] == ("azureml-inference-server-http",)
    declared = {item.name: item for item in facts.declared or ()}
    assert declared["six"].pin == "1.16.0"
    assert declared["six"].installed == "1.16.0"
    assert declared["pyyaml"].pin is None
    assert declared["pyyaml"].installed


def test_facts_before_a_sync(conda) -> None:
    facts = environment_facts(conda("scikit-learn==1.5.2", "tomli==2.0.0"))
    assert not facts.complete
    assert facts.installed is None
    assert facts.python == "3.11"
    assert dict(facts.modules)["sklearn"] == ("scikit-learn",)


@pytest.mark.parametrize(
    ("module", "distributions"),
    [
        ("sklearn.linear_model", ("scikit-learn", "sklearn")),
        ("azure.storage.blob.aio", ("azure-storage-blob",)),
        ("numpy", ("numpy",)),
        ("my_module", ("my-module",)),
    ],
)
def test_a_module_without_an_environment(module: str, distributions: tuple[str, ...]) -> None:
    assert likely_distributions(module) == distributions


def test_declared_lines_of_every_form(conda) -> None:
    specification = conda(
        "NumPy==1.26.4",
        "scikit_learn >=1.2, <2 ; python_version > '3.8'",
        "uvicorn[standard]~=0.30",
        "six @ https://example.org/six-1.16.0-py2.py3-none-any.whl",
        "git+https://example.org/x.git#egg=own-thing",
        "./local",
        packages=("pandas=2.1", "pytorch==2.1.0", "cudatoolkit=11"),
    )
    declared = {item.name: (item.pin, item.specifier) for item in declared_distributions(specification)}
    assert declared == {
        "pandas": (None, "==2.1.*"),
        "torch": ("2.1.0", "==2.1.0"),
        "numpy": ("1.26.4", "==1.26.4"),
        "scikit-learn": (None, ">=1.2,<2"),
        "uvicorn": (None, "~=0.30"),
        "six": (None, ""),
        "own-thing": (None, ""),
    }
    assert declared_python(specification) == "3.11"


def test_modules_are_read_from_records(tmp_path: Path) -> None:
    def distribution(name: str, *paths: str) -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "RECORD").write_text("".join(f"{path},,\n" for path in (*paths, f"{folder.name}/RECORD")))

    distribution("space_one", "space/one/__init__.py", "space/one/x.py")
    distribution("space_two", "space/two.py", "../../../bin/tool")
    distribution("regular", "regular/__init__.py", "regular/sub/__init__.py", "_native.cpython-311-x86_64-linux-gnu.so")
    editable = tmp_path / "mine-1.0.dist-info"
    distribution("mine", "__editable___mine_finder.py", "__editable__.mine-1.0.pth")
    (editable / "top_level.txt").write_text("mine_module\n")
    assert installed_modules(tmp_path) == {
        "_native": ("regular",),
        "mine_module": ("mine",),
        "regular": ("regular",),
        "space": ("space-one", "space-two"),
        "space.one": ("space-one",),
        "space.two": ("space-two",),
    }


@pytest.mark.slow
async def test_drift_line_by_line(synced) -> None:
    specification, ready = synced
    before = {line.name: line for line in environment_drift(specification).lines}
    assert before["six"].state is State.IN_SYNC
    assert before["pyyaml"].state is State.UNPINNED
    assert before["pyyaml"].resolved == before["pyyaml"].installed
    assert before["six"].place is not None
    assert before["six"].source.startswith(("https://", "file://"))
    packages = packages_folder(ready)
    moved = packages / "six-1.16.0.dist-info"
    moved.rename(packages / "six-1.15.0.dist-info")
    stranger = packages / "stranger-0.1.dist-info"
    stranger.mkdir()
    try:
        after = environment_drift(specification)
        assert after.state is State.DRIFTED
        line = next(line for line in after.lines if line.name == "six")
        assert line.state is State.DRIFTED
        assert "1.15.0 is installed" in line.message
        assert after.extra == (("stranger", "0.1"),)
    finally:
        stranger.rmdir()
        (packages / "six-1.15.0.dist-info").rename(moved)


def test_drift_against_any_installed_set(conda) -> None:
    specification = conda("six==1.16.0", "pyyaml>=6")
    lock = parse_lock("six==1.16.0\n    # from https://index.example.org/simple\npyyaml==6.0.1\n")
    assert compare(specification, None, ()).state is State.NOT_SYNCED
    drift = compare(specification, {"six": "1.15.0"}, lock)
    assert [line.state for line in drift.lines] == [State.DRIFTED, State.NOT_SYNCED]
    assert drift.missing == ("pyyaml",)
    assert compare(specification, {"six": "1.16.0", "pyyaml": "6.0.1"}, lock).state is State.UNPINNED


def test_findings_of_drift_with_a_fix_that_pins(conda) -> None:
    specification = conda("six==1.16.0", "pyyaml>=6", '"joblib"', "git+https://example.org/x.git", packages=("numpy",))
    lock = parse_lock("six==1.16.0\npyyaml==6.0.1\njoblib==1.4.0\nnumpy==1.26.4\n")
    drift = compare(specification, {"six": "1.15.0", "pyyaml": "6.0.1", "joblib": "1.4.0", "numpy": "1.26.4"}, lock)
    found = {finding.place.line: finding for finding in drift_findings(specification, drift)}
    text = specification.path.read_text().splitlines()
    assert {text[line - 1].strip(): finding.code for line, finding in found.items()} == {
        "- numpy": "SD414",
        "- six==1.16.0": "SD413",
        "- pyyaml>=6": "SD414",
        '- "joblib"': "SD414",
    }
    fixes = {finding.message.split()[0]: finding.fix.edits[0].text if finding.fix else None for finding in found.values()}
    assert fixes == {"numpy": "numpy=1.26.4", "1.15.0": None, "pyyaml": "pyyaml==6.0.1", "joblib": None}
    assert [finding.code for finding in drift_findings(specification, compare(specification, None, ()))] == ["SD415"]
    extra = compare(specification, {"six": "1.16.0", "pyyaml": "6.0.1", "joblib": "1.4.0", "numpy": "1.26.4", "odd": "1"}, lock)
    assert [finding.message for finding in drift_findings(specification, extra) if "odd 1 was added" in finding.message]


@pytest.mark.slow
async def test_an_environment_that_was_removed_by_hand_is_not_synced(conda, own_cache: Path) -> None:
    specification = conda("six==1.16.0")
    made = await sync(specification)
    shutil.rmtree(made.prefix)
    assert environment_drift(specification).state is State.NOT_SYNCED
    assert installed_distributions(packages_folder(made)) == {}


def test_lines_that_have_changed_since_they_were_exported(conda) -> None:
    specification = conda("six==1.16.0", "pyyaml==6.0.1", "joblib")
    assert definition_findings(specification) == ()
    export(specification, specification.path.parent / "environment", name="e")
    assert definition_findings(specification) == ()
    found = definition_findings(conda("six==1.15.0", "pyyaml==6.0.1", "joblib", "numpy==2.2.6"))
    assert [(finding.code, finding.severity.value, finding.place.line) for finding in found] == [
        ("SD413", "information", 7),
        ("SD413", "information", 10),
    ]
    assert "asks for six==1.16.0, this file for 'six==1.15.0'" in found[0].message
    assert "does not name numpy" in found[1].message
    (specification.path.parent / EXPORTED).write_text("{}", encoding="utf-8")
    assert definition_findings(specification) == ()
