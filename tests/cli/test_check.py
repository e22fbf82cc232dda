"""`scoredock check` as people and machines use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

BAD = "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data, more):\n    return 1\n"
GOOD = BAD.replace(", more", "")
WARNED = (
    GOOD.replace("return 1", "return __import__('json').dumps(1)")
    .replace("import joblib", "import json\nimport joblib")
    .replace("__import__('json')", "json")
)


SCHEMA = Path(__file__).parents[2] / "node_modules/@microsoft/sarif-multitool-ts/assets/sarif-2.1.0.schema.json"


def scoredock(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scoredock", "check", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"bad/score.py": BAD, "good/score.py": GOOD, "warned/score.py": WARNED}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".venv" / "lib").mkdir(parents=True)
    (tmp_path / ".venv" / "lib" / "score.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_text_is_one_line_for_each_finding(folder: Path) -> None:
    done = scoredock("bad", cwd=folder)
    assert done.returncode == 1
    assert done.stderr == ""
    first, last = done.stdout.splitlines()
    assert first.startswith(
        f"bad{'/' if sys.platform != 'win32' else chr(92)}score.py:8:15: error SD201 run-needs-more-arguments: "
    )
    assert last == "1 file checked: 1 error."


def test_exit_codes(folder: Path) -> None:
    assert scoredock("good", cwd=folder).returncode == 0
    assert scoredock("warned", cwd=folder).returncode == 0
    assert scoredock(cwd=folder).returncode == 1
    assert scoredock("nowhere", cwd=folder).returncode == 2
    assert scoredock("--format", "xml", cwd=folder).returncode == 2


def test_folders_leave_environments_out(folder: Path) -> None:
    assert scoredock(cwd=folder).stdout.splitlines()[-1] == "3 files checked: 1 error, 1 warning."


def test_json(folder: Path) -> None:
    done = scoredock("--format", "json", ".", cwd=folder)
    found = json.loads(done.stdout)
    assert [(one["code"], one["severity"], one["line"], one["column"]) for one in found] == [
        ("SD201", "error", 8, 15),
        ("SD301", "warning", 10, 12),
    ]
    assert set(found[0]) == {"path", "line", "column", "end_line", "end_column", "code", "name", "severity", "message", "fix"}
    assert found[1]["fix"]["title"] == "Return the object itself"
    assert json.loads(scoredock("--format", "json", "good", cwd=folder).stdout) == []


@pytest.fixture
def schema() -> jsonschema.Draft202012Validator:
    """The whole schema of OASIS, as the package of Microsoft's SARIF tools brings it."""
    if not SCHEMA.exists():
        pytest.skip("no SARIF schema: npm ci brings it")
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_sarif_is_valid(folder: Path, schema: jsonschema.Draft202012Validator) -> None:
    report = json.loads(scoredock("--format", "sarif", ".", cwd=folder).stdout)
    schema.validate(report)
    run = report["runs"][0]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [("SD201", "error"), ("SD301", "warning")]
    assert run["tool"]["driver"]["rules"][0]["help"]["markdown"].startswith("# SD201")
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bad/score.py"
    schema.validate(json.loads(scoredock("--format", "sarif", "good", cwd=folder).stdout))
    with pytest.raises(jsonschema.ValidationError):  # it is no schema that takes anything
        schema.validate({**report, "runs": [{**run, "results": [{"ruleId": "SD201"}]}]})


def test_sarif_of_every_kind_of_finding_is_valid(tmp_path: Path, schema: jsonschema.Draft202012Validator) -> None:
    """Related places, a fix in another file, findings of project files, names with blanks and umlauts."""
    code = tmp_path / "größer als eins"
    code.mkdir()
    (code / "score.py").write_text(
        "import sklearn\n\n\ndef init():\n    model = 1\n\n\ndef run(data):\n    return {model}\n", encoding="utf-8"
    )
    (tmp_path / "conda.yml").write_text("dependencies:\n  - python=3.11\n  - pip:\n    - numpy\n", encoding="utf-8")
    (tmp_path / "deployment.yml").write_text(
        "name: blue\nendpoint_name: x\ninstance_type: y\nmodell: 1\nmodel: {path: nowhere}\n"
        "code_configuration: {code: größer als eins, scoring_script: score.py}\n"
        "environment: {image: z, conda_file: conda.yml}\n",
        encoding="utf-8",
    )
    report = json.loads(scoredock("--format", "sarif", ".", cwd=tmp_path).stdout)
    schema.validate(report)
    results = {one["ruleId"]: one for one in report["runs"][0]["results"]}
    assert {"SD113", "SD203", "SD402", "SD403", "SD407", "SD408"} <= set(results)
    assert results["SD203"]["relatedLocations"]
    (change,) = results["SD113"]["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"].endswith("conda.yml")
    assert " " not in results["SD113"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_explain(folder: Path) -> None:
    page = scoredock("--explain", "SD203", cwd=folder)
    assert page.returncode == 0
    assert page.stdout.startswith("# SD203 missing-global\n")
    assert scoredock("--explain", "missing-global", cwd=folder).stdout == page.stdout
    unknown = scoredock("--explain", "SD999", cwd=folder)
    assert unknown.returncode == 2
    assert "SD101" in unknown.stderr


def test_a_comment_silences(folder: Path) -> None:
    script = folder / "bad" / "score.py"
    script.write_text(BAD.replace("more):", "more):  # scoredock: ignore[SD201]"), encoding="utf-8")
    assert scoredock("bad", cwd=folder).returncode == 0


def test_what_cannot_be_read_is_a_failure(folder: Path) -> None:
    (folder / "bad" / "score.py").unlink()
    (folder / "bad" / "score.py").symlink_to("nothing")
    done = scoredock("bad", cwd=folder)
    assert done.returncode == 1
    assert "cannot be read" in done.stderr


def test_others_can_run_it_before_they_commit() -> None:
    hooks = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (hook,) = hooks
    assert hook["entry"] == "scoredock check"
    assert hook["language"] == "python"
    assert "python" in hook["types_or"]


def test_heavy_things_stay_out_of_a_plain_check(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "scoredock", "check", "good/score.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert not imported & {
        "yaml",
        "packaging.version",
        "docker",
        "numpy",
        "requests",
        "rich",
        "pygls",
        "lsprotocol",
        "tokenize.generate",
    }
