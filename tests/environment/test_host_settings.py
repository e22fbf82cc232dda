"""pip's configuration, as a company hands it out, reaches uv."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoredock.environment.host_settings import pip_settings, uv_environment


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\n"
        "index-url = https://me:pw@pypi.example.com/simple\n"
        "extra-index-url =\n    https://one.example.com/simple\n    https://two.example.com/simple\n"
        "find_links = /srv/wheels\n"
        "cert = /etc/company.pem\n"
        "trusted-host = pypi.example.com\n"
        "timeout = 60\n"
        "[install]\nno-index = false\n"
    )
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "XDG_CONFIG_DIRS": str(tmp_path / "none")}


def test_pip_settings_become_uv_settings(host) -> None:
    found = uv_environment(host)
    assert found["UV_DEFAULT_INDEX"] == "https://me:pw@pypi.example.com/simple"
    assert found["UV_INDEX"] == "https://one.example.com/simple https://two.example.com/simple"
    assert found["UV_FIND_LINKS"] == "/srv/wheels"
    assert found["SSL_CERT_FILE"] == "/etc/company.pem"
    assert found["UV_INSECURE_HOST"] == "pypi.example.com"
    assert found["UV_HTTP_TIMEOUT"] == "60"
    assert found["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert "UV_NO_INDEX" not in found


def test_variables_win_over_files_and_uv_over_pip(host) -> None:
    host |= {"PIP_INDEX_URL": "https://env.example.com/simple", "PIP_NO_INDEX": "1", "SSL_CERT_FILE": "/etc/mine.pem"}
    found = uv_environment(host)
    assert found["UV_DEFAULT_INDEX"] == "https://env.example.com/simple"
    assert found["UV_NO_INDEX"] == "true"
    assert found["SSL_CERT_FILE"] == "/etc/mine.pem"
    told = uv_environment(host | {"UV_INDEX_URL": "https://uv.example.com/simple"})
    assert "UV_DEFAULT_INDEX" not in told
    assert "UV_INDEX" not in told
    assert told["UV_INDEX_URL"] == "https://uv.example.com/simple"


def test_uv_own_configuration_file_wins_over_pip(host, tmp_path: Path) -> None:
    (tmp_path / ".config" / "uv").mkdir()
    (tmp_path / ".config" / "uv" / "uv.toml").write_text('index-url = "https://uv.example.com/simple"\n')
    assert "UV_DEFAULT_INDEX" not in uv_environment(host)


def test_ours_is_taken_where_nobody_has_said_anything(host, tmp_path: Path) -> None:
    bare = {"HOME": str(tmp_path / "nobody"), "XDG_CONFIG_DIRS": str(tmp_path / "none"), "PIP_CONFIG_FILE": os.devnull}
    ours = Path(uv_environment(bare)["UV_CONFIG_FILE"])
    assert "immutable" in ours.read_text(encoding="utf-8")
    assert "UV_CONFIG_FILE" not in uv_environment(host), "pip names an index"
    assert "UV_CONFIG_FILE" not in uv_environment(bare | {"UV_DEFAULT_INDEX": "https://uv.example.com/simple"})
    assert uv_environment(bare | {"UV_CONFIG_FILE": "/mine.toml"})["UV_CONFIG_FILE"] == "/mine.toml"
    (tmp_path / ".config" / "uv").mkdir()
    (tmp_path / ".config" / "uv" / "uv.toml").write_text("offline = false\n")
    assert "UV_CONFIG_FILE" not in uv_environment(bare | {"HOME": str(tmp_path)}), "it would take the place of the user's"


def test_a_named_configuration_file_and_none_at_all(host, tmp_path: Path) -> None:
    named = tmp_path / "named.conf"
    named.write_text("[global]\nindex-url = https://named.example.com/simple\n")
    assert pip_settings(host | {"PIP_CONFIG_FILE": str(named)})["index-url"] == "https://named.example.com/simple"
    assert "index-url" not in pip_settings(host | {"PIP_CONFIG_FILE": os.devnull})
    named.write_text("this is no configuration")
    assert pip_settings(host | {"PIP_CONFIG_FILE": str(named)})["index-url"].endswith("pypi.example.com/simple")


def test_nothing_of_another_environment_comes_along(host) -> None:
    host |= {"VIRTUAL_ENV": "/somewhere", "PYTHONPATH": "/x", "UV_PYTHON": "3.8", "CONDA_PREFIX": "/c", "UV_SYSTEM_PYTHON": "1"}
    assert not set(uv_environment(host)) & {"VIRTUAL_ENV", "PYTHONPATH", "UV_PYTHON", "CONDA_PREFIX", "UV_SYSTEM_PYTHON"}
