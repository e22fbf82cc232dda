"""Findings on conda files, and the resolver's and the interpreter's own word for each of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scoredock.finding import Finding, Fix, Severity
from scoredock.project import read_project

Put = Callable[[dict[str, str]], Path]
Apply = Callable[[str, Fix], str]
DEPLOYMENT = (
    "name: blue\nendpoint_name: digits\ninstance_type: x\nmodel: azureml:m:1\nenvironment: {image: x, conda_file: conda.yml}\n"
)
SERVER = "azureml-inference-server-http"


def findings_of(conda: str, folder: Path, deployment: str = DEPLOYMENT) -> list[Finding]:
    file = folder / "deployment.yml"
    reading = read_project(file, overlay={file: deployment, folder / "conda.yml": conda})
    return [finding for finding in reading.findings if finding.place.path.name == "conda.yml"]


def said(findings: list[Finding]) -> list[str]:
    return [f"{f.code} {f.severity.value} {f.place.line}:{f.place.column}" for f in findings]


def conda(*pip: str, python: str = "=3.10", packages: str = "pip") -> str:
    lines = "".join(f"      - {line}\n" for line in pip)
    listed = "".join(f"  - {package}\n" for package in packages.split())
    return f"name: e\nchannels: [conda-forge]\ndependencies:\n  - python{python}\n{listed}  - pip:\n{lines}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (conda(f"{SERVER}==1.5.1", "numpy"), []),
        (conda("azureml-defaults", "numpy"), []),
        (conda("numpy"), ["SD403 warning 4:3"]),
        (conda("numpy", "-r more.txt"), ["SD408 warning 8:9"]),
        (conda("numpy", "git+https://example.org/x"), []),
        (conda(SERVER, packages=""), ["SD407 warning 5:5"]),
        (conda(SERVER, packages="pip=24.0"), []),
        (conda(SERVER, packages="conda-forge::pip"), []),
        (conda(f"{SERVER}==1.5.1", python="=3.8"), ["SD406 error 4:5"]),
        (conda(f"{SERVER}==1.5.1", python="==3.8.10"), ["SD406 error 4:5"]),
        (conda(f"{SERVER}~=1.4.0", python="=3.8"), ["SD406 error 4:5"]),
        (conda(f"{SERVER}==1.3.4", python="=3.8"), []),
        (conda(SERVER, python="=3.8"), []),
        (conda("azureml-defaults==1.62.0", python="=3.8"), []),
        (conda(f"{SERVER}==1.5.1", python=">=3.8"), []),
        (conda(f"{SERVER}==1.5.1", "flask==2.3.2"), ["SD404 error 8:9"]),
        (conda(f"{SERVER}==1.5.1", "Flask==3.1.0"), []),
        (conda(f"{SERVER}==0.8.4.2", "pydantic==2.7.1"), ["SD404 error 8:9"]),
        (conda(f"{SERVER}==1.4.1", "pydantic==2.11.3", "gunicorn==23.0.0"), []),
        (conda(f"{SERVER}==99.0", "flask==2.3.2"), []),
        (conda(f"{SERVER}>=1.4", "flask==2.3.2"), []),
        (conda(SERVER, "flask==1.0.3"), ["SD404 error 8:9"]),
        (conda(SERVER, "flask==1.0.3", "jinja2<3.1", "itsdangerous<2.1", "werkzeug<2.1"), []),
        (conda(SERVER, "flask==1.0.3", "jinja2==3.1.2"), ["SD404 error 8:9"]),
        (conda(SERVER, "flask==2.0.3"), ["SD404 error 8:9"]),
        (conda(SERVER, "flask==2.0.3", "werkzeug==2.0.3"), []),
        (conda(f"{SERVER}==1.1.0", "flask==2.0.3"), []),
        (conda(SERVER, "flask==2.2.5"), []),
        (conda(SERVER, "{{PACKAGE}}"), ["SD408 information 8:9"]),
        ("name: e\n", []),
        ("", []),
        ("- a\n- b\n", ["SD408 error 1:1"]),
        ("dependencies: numpy\n", ["SD408 error 1:15"]),
        ("dependencies:\n", ["SD408 warning 1:1"]),
        ("dependencies: [pip, {pip: numpy}]\n", ["SD408 error 1:27", "SD403 warning 1:15"]),
        (f"chanels: [a]\ndependencies: [pip, {{pip: [{SERVER}]}}]\n", ["SD408 warning 1:1"]),
        (f"dependencies: [pip, 3, {{pip: [{SERVER}]}}]\n", ["SD408 error 1:21"]),
        (f"dependencies:\n- python: 3.10\n- pip\n- pip: [{SERVER}]\n", ["SD408 error 2:3"]),
        (f"dependencies:\n- pip\n- pip: [{SERVER}, 3]\n", ["SD408 error 3:40"]),
        ("dependencies:\n- pip\n- {SERVER}\n\t- x\n", ["SD408 error 4:1"]),
        (f"variables: {{A: b}}\nprefix: /x\ndependencies: [pip, {{pip: [{SERVER}]}}]\n", []),
    ],
)
def test_each_finding_stands_at_its_place(text: str, expected: list[str], tmp_path: Path) -> None:
    assert said(findings_of(text, tmp_path)) == expected


@pytest.mark.parametrize(
    "text",
    [
        conda("numpy"),
        conda("numpy  # why").replace("\n", "\r\n"),
        conda("numpy", packages=""),
        "dependencies:\n- python=3.8\n",
        "dependencies:\n- python=3.8\n- pip\n",
        "dependencies: [python=3.10, pip, {pip: [numpy]}]\n",
        "dependencies: [python=3.10]\n",
        "dependencies: [python=3.10, pip]\n",
        conda(SERVER, packages=""),
        f"dependencies:\n    # first\n    - pip:  # second\n        - {SERVER}\n    - python=3.10\n",
        f"chanels: [a]\ndependencies: [pip, {{pip: [{SERVER}]}}]\n",
        f"dependencies:\n- python: 3.10\n- pip\n- pip: [{SERVER}]\n",
    ],
)
def test_fixes_leave_nothing_to_say_and_the_rest_as_it_was(text: str, tmp_path: Path, apply: Apply) -> None:
    mended = text
    for _ in range(3):
        findings = findings_of(mended, tmp_path)
        if not findings:
            break
        assert findings[0].fix is not None, findings
        mended = apply(mended, findings[0].fix)
    assert findings_of(mended, tmp_path) == [], mended
    assert mended != text and len(mended.splitlines()) - len(text.splitlines()) in (0, 1, 2, 3)
    assert ("\r\n" in text) == ("\r\n" in mended) and mended.replace("\r\n", "").count("\r") == 0


def test_the_version_that_a_fix_adds_is_one_for_the_pinned_python(tmp_path: Path, apply: Apply) -> None:
    for python, version in (("=3.7", "0.8.4.2"), ("=3.8", "1.3.4"), ("=3.12", "1.5.1")):
        (finding,) = findings_of(conda("numpy", python=python), tmp_path)
        assert finding.fix is not None
        assert f"      - {SERVER}=={version}\n" in apply(conda("numpy", python=python), finding.fix)


def test_an_image_that_serves_by_itself_needs_no_server(tmp_path: Path) -> None:
    route = "{port: 1, path: /}"
    own = (
        DEPLOYMENT[: DEPLOYMENT.index("{")] + "\n  image: x\n  conda_file: conda.yml\n"
        f"  inference_config: {{liveness_route: {route}, readiness_route: {route}, scoring_route: {route}}}\n"
    )
    assert findings_of(conda("numpy"), tmp_path, own) == []


def test_a_conda_file_alone_is_not_asked_for_a_server(put: Put) -> None:
    folder = put({"train.yml": conda("numpy", packages="")})
    assert [f.code for f in read_project(folder / "train.yml").findings] == ["SD407"]


def test_an_inline_definition_is_checked_where_it_stands(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("conda_file: conda.yml", "conda_file: {dependencies: [python=3.8, pip, {pip: [numpy]}]}")
    file = tmp_path / "deployment.yml"
    (finding,) = read_project(file, overlay={file: text}).findings
    assert (finding.code, finding.place.path, finding.place.line, finding.place.column) == ("SD403", file, 5, 52)


# What the rules predict, asked of uv's resolver and of the interpreter.


def resolves(*requirements: str, python: str = "3.10") -> bool:
    # Naming an interpreter keeps uv from asking every one on the machine, which takes longer than resolving.
    argv = [sys.executable, "-m", "uv", "pip", "compile", "-q", "--python", sys.executable, "--python-version", python, "-"]
    return (
        subprocess.run(argv, input="\n".join(requirements), text=True, capture_output=True, timeout=120, check=False).returncode
        == 0
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("requirements", "python", "fine"),
    [
        ([f"{SERVER}==1.5.1", "flask==2.3.2"], "3.10", False),
        ([f"{SERVER}==0.8.4.2", "pydantic==2.7.1"], "3.10", False),
        ([f"{SERVER}==1.5.1"], "3.8", False),
        ([f"{SERVER}~=1.4.0"], "3.8", False),
        ([f"{SERVER}==1.3.4"], "3.8", True),
        ([f"{SERVER}==1.5.1", "flask==3.1.0"], "3.10", True),
        ([f"{SERVER}==1.4.1", "pydantic==2.11.3", "gunicorn==23.0.0"], "3.10", True),
    ],
)
def test_the_resolver_agrees(requirements: list[str], python: str, fine: bool) -> None:
    assert resolves(*requirements, python=python) is fine


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("broken", "mended", "error"),
    [
        (["flask==1.0.3"], ["jinja2<3.1", "itsdangerous<2.1", "werkzeug<2.1"], "cannot import name 'Markup' from 'jinja2'"),
        (["flask==1.1.4"], ["markupsafe<2.1"], "cannot import name 'soft_unicode' from 'markupsafe'"),
        (["flask==2.0.3"], ["werkzeug<3.0"], "cannot import name 'url_quote' from 'werkzeug.urls'"),
    ],
)
def test_the_interpreter_agrees(broken: list[str], mended: list[str], error: str, tmp_path: Path) -> None:
    uv = [sys.executable, "-m", "uv"]

    def imported(name: str, *requirements: str) -> subprocess.CompletedProcess[str]:
        subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(tmp_path / name)], check=True, timeout=60)
        python = str(tmp_path / name / "bin" / "python")
        subprocess.run([*uv, "pip", "install", "-q", "-p", python, *requirements], check=True, timeout=120)
        return subprocess.run([python, "-B", "-c", "import flask"], capture_output=True, text=True, timeout=60, check=False)

    failed = imported("broken", *broken)
    assert failed.returncode == 1 and error in failed.stderr
    worked = imported("mended", *broken, *mended)
    assert worked.returncode == 0, worked.stderr


def test_severities_tell_the_truth(tmp_path: Path) -> None:
    # An environment without the server works on some of Microsoft's images: never an error.
    assert all(f.severity is Severity.WARNING for f in findings_of(conda("numpy", packages=""), tmp_path))
