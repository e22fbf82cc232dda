"""Where Scoredock keeps things. Nothing outside these folders is written without being asked."""

from __future__ import annotations

import os
from pathlib import Path


def _folder(kind: str) -> Path:
    # One variable moves everything at once: tests, portable installs and shared machines need that.
    home = os.environ.get("SCOREDOCK_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    paths = {
        "cache": platformdirs.user_cache_path,
        "state": platformdirs.user_state_path,
        "data": platformdirs.user_data_path,
    }
    return paths[kind]("scoredock", appauthor=False)


def cache_folder() -> Path:
    """What can be made again: environments, tools."""
    return _folder("cache")


def debuggers_folder() -> Path:
    """debugpy for the Pythons of services. Containers see it (read-only) from their start, so that it can come later."""
    return cache_folder() / "debuggers"


def state_folder() -> Path:
    """What describes running things: logs and control channels of services."""
    return _folder("state")


def data_folder() -> Path:
    """What is the user's and cannot be made again: registered models and environments."""
    return _folder("data")
