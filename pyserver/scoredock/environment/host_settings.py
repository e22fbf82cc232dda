"""The host's own way to its package index: pip's and uv's configuration, certificates and proxies, for uv to use.

Behind a company proxy pip works because somebody set pip up; uv does not read pip's configuration, so what it says is
handed over in uv's variables. What the user told uv itself always wins. Everything goes through the environment of the
child, never its arguments: URLs may carry passwords, and arguments are for all to read.
"""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

# uv's configuration where the user has none.
_OURS = Path(__file__).parent / "kept" / "uv.toml"
# Variables that would make uv work on another environment, or in another way, than the one asked for.
_NOT_OURS = (
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_COMPILE_BYTECODE",
    "UV_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_REQUIRE_HASHES",
    "UV_SYSTEM_PYTHON",
    "UV_WORKING_DIR",
    "VIRTUAL_ENV",
)


def uv_environment(host: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child that runs uv: the host's, with pip's settings translated where uv has none of its own."""
    host = os.environ if host is None else host
    result = {name: value for name, value in host.items() if name not in _NOT_OURS}
    settings = pip_settings(host)
    if not _uv_knows_its_index(host):
        _translate_index(settings, result)
        if "UV_DEFAULT_INDEX" not in result and not _uv_files(host):
            result.setdefault("UV_CONFIG_FILE", str(_OURS))
    if "trusted-host" in settings:
        result.setdefault("UV_INSECURE_HOST", settings["trusted-host"])
    if "timeout" in settings:
        result.setdefault("UV_HTTP_TIMEOUT", settings["timeout"].split(".")[0])
    if "keyring-provider" in settings and settings["keyring-provider"] == "subprocess":
        result.setdefault("UV_KEYRING_PROVIDER", "subprocess")
    if "proxy" in settings:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            if name not in host and name.lower() not in host:
                result[name] = settings["proxy"]
    certificate = settings.get("cert") or host.get("REQUESTS_CA_BUNDLE") or host.get("CURL_CA_BUNDLE")
    if certificate:
        result.setdefault("SSL_CERT_FILE", certificate)
    if "client-cert" in settings:
        result.setdefault("SSL_CLIENT_CERT", settings["client-cert"])
    # pip trusts what the operating system trusts; a company's own authority is installed there.
    result.setdefault("UV_SYSTEM_CERTS", "true")
    # pip takes the best version of all its indexes; so does Azure's build, which runs pip.
    result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def pip_settings(host: Mapping[str, str]) -> dict[str, str]:
    """pip's own settings as `pip install` would see them: files from general to particular, then ``PIP_*``."""
    settings: dict[str, str] = {}
    for path in _pip_files(host):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue  # pip itself will complain of it; it says nothing to us
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({key.replace("_", "-"): value.strip() for key, value in parser.items(section)})
    for name, value in host.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return {key: value for key, value in settings.items() if value}


def _pip_files(host: Mapping[str, str]) -> list[Path]:
    """Where pip looks, in its order (pip's user guide, "Configuration files")."""
    chosen = host.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return []
    home = Path(host.get("HOME") or host.get("USERPROFILE") or Path.home())
    if sys.platform == "win32":
        files = [Path(host.get("PROGRAMDATA", "C:\\ProgramData"), "pip", "pip.ini"), home / "pip" / "pip.ini"]
        files.append(Path(host.get("APPDATA", str(home / "AppData" / "Roaming")), "pip", "pip.ini"))
        name = "pip.ini"
    else:
        shared = host.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep)
        files = [Path(folder, "pip", "pip.conf") for folder in reversed(shared) if folder]
        files.append(Path("/etc/pip.conf"))
        if sys.platform == "darwin":
            files.insert(0, Path("/Library/Application Support/pip/pip.conf"))
        files.append(home / ".pip" / "pip.conf")
        files.append(Path(host.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
        if sys.platform == "darwin":
            files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
        name = "pip.conf"
    if host.get("VIRTUAL_ENV"):
        files.append(Path(host["VIRTUAL_ENV"]) / name)
    if chosen:
        files.append(Path(chosen))
    return files


def _uv_knows_its_index(host: Mapping[str, str]) -> bool:
    if any(
        host.get(name)
        for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONFIG_FILE")
    ):
        return True
    for path in _uv_files(host):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if any(word in text for word in ("index", "find-links")):
            return True
    return False


def _uv_files(host: Mapping[str, str]) -> list[Path]:
    """uv's own configuration files that are there."""
    home = Path(host.get("HOME") or host.get("USERPROFILE") or Path.home())
    places = [Path(host.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml", Path("/etc/uv/uv.toml")]
    if sys.platform == "win32":
        places = [Path(host.get("APPDATA", ""), "uv", "uv.toml"), Path(host.get("PROGRAMDATA", ""), "uv", "uv.toml")]
    return [path for path in places if path.exists()]


def _translate_index(settings: Mapping[str, str], result: dict[str, str]) -> None:
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        result["UV_NO_INDEX"] = "true"
    if "index-url" in settings:
        result["UV_DEFAULT_INDEX"] = settings["index-url"]
    if "extra-index-url" in settings:
        result["UV_INDEX"] = " ".join(_words(settings["extra-index-url"]))
    if "find-links" in settings:
        result["UV_FIND_LINKS"] = ",".join(_words(settings["find-links"]))


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value, posix=sys.platform != "win32")
    except ValueError:
        return value.split()
