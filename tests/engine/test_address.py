"""The engine is looked for where the docker command line looks, then where engines usually listen."""

import hashlib
import json
import socket
from pathlib import Path

import pytest

from scoredock.engine.address import find_address, usual_places
from scoredock.engine.values import EngineAbsent


def context(home: Path, name: str, host: str, **more: object) -> Path:
    identifier = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker" / "contexts" / "meta" / identifier
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host, **more}}}))
    return home / ".docker" / "contexts" / "tls" / identifier / "docker"


def test_docker_host_comes_first(tmp_path: Path) -> None:
    context(tmp_path, "desk", "unix:///desk.sock")
    address = find_address({"DOCKER_HOST": "tcp://10.0.0.7:2376", "DOCKER_CONTEXT": "desk"}, tmp_path)
    assert (address.url, address.said_by, address.certificates) == ("tcp://10.0.0.7:2376", "DOCKER_HOST", None)
    assert not address.on_this_machine


def test_docker_host_with_certificates(tmp_path: Path) -> None:
    variables = {"DOCKER_HOST": "tcp://10.0.0.7:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certificates"}
    certificates = find_address(variables, tmp_path).certificates
    assert certificates and certificates.folder == Path("/certificates") and certificates.verify


def test_the_context_of_the_environment_beats_the_current_one(tmp_path: Path) -> None:
    context(tmp_path, "desk", "unix:///desk.sock")
    context(tmp_path, "far", "ssh://me@far")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "far"}')
    assert find_address({}, tmp_path).url == "ssh://me@far"
    chosen = find_address({"DOCKER_CONTEXT": "desk"}, tmp_path)
    assert chosen.url == "unix:///desk.sock"
    assert "desk" in chosen.said_by


def test_the_certificates_of_a_context_lie_beside_it(tmp_path: Path) -> None:
    folder = context(tmp_path, "far", "tcp://far:2376", SkipTLSVerify=True)
    folder.mkdir(parents=True)
    certificates = find_address({"DOCKER_CONTEXT": "far"}, tmp_path).certificates
    assert certificates and certificates.folder == folder and not certificates.verify


def test_docker_config_moves_the_contexts(tmp_path: Path) -> None:
    context(tmp_path / "elsewhere", "desk", "unix:///desk.sock")
    variables = {"DOCKER_CONFIG": str(tmp_path / "elsewhere" / ".docker"), "DOCKER_CONTEXT": "desk"}
    assert find_address(variables, tmp_path).url == "unix:///desk.sock"


def test_a_context_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineAbsent, match=r'"gone" \(named by DOCKER_CONTEXT\) does not exist'):
        find_address({"DOCKER_CONTEXT": "gone"}, tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": 3}', '{"currentContext": "default"}'])
def test_a_strange_configuration_means_the_usual_places(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text(text)
    monkeypatch.setattr("scoredock.engine.address._may_listen", lambda _: True)
    assert find_address({}, tmp_path).url == "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    ("place", "said_by"),
    [
        ("running/docker.sock", "rootless Docker's socket"),
        (".docker/run/docker.sock", "Docker Desktop's socket"),
        (".docker/desktop/docker.sock", "Docker Desktop's socket"),
        (".colima/default/docker.sock", "Colima's socket"),
        (".rd/docker.sock", "Rancher Desktop's socket"),
        ("running/podman/podman.sock", "Podman's socket"),
    ],
)
def test_sockets_of_other_engines_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, said_by: str) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    variables = {"XDG_RUNTIME_DIR": str(tmp_path / "running")}
    (tmp_path / place).parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        places = [a for a in usual_places(variables, tmp_path) if str(tmp_path) in a.url]  # this machine's own left out
        monkeypatch.setattr("scoredock.engine.address.usual_places", lambda *_: places)
        address = find_address(variables, tmp_path)
    assert (address.url, address.said_by) == (f"unix://{tmp_path / place}", said_by)
    assert address.on_this_machine


def test_a_file_that_is_no_socket_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".rd").mkdir()
    (tmp_path / ".rd" / "docker.sock").touch()
    places = [a for a in usual_places({}, tmp_path) if str(tmp_path) in a.url]
    monkeypatch.setattr("scoredock.engine.address.usual_places", lambda *_: places)
    with pytest.raises(EngineAbsent):
        find_address({}, tmp_path)


def test_an_engine_behind_ssh_is_another_machine(tmp_path: Path) -> None:
    address = find_address({"DOCKER_HOST": "ssh://me@far"}, tmp_path)
    assert address.url == "ssh://me@far" and not address.on_this_machine


def test_without_any_engine_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoredock.engine.address._may_listen", lambda _: False)
    with pytest.raises(EngineAbsent) as said:
        find_address({}, tmp_path)
    assert "/var/run/docker.sock" in said.value.what
    assert "--target process" in said.value.todo
