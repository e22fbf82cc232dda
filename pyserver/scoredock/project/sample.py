"""The sample project: handwritten digits, ready to train, check, deploy and send to Azure."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from scoredock.errors import ScoredockError
from scoredock.l10n import t

# The versions that conda.yml pins have wheels for these.
OLDEST, NEWEST = (3, 10), (3, 13)
_FILES = Path(__file__).parent / "digits"


class SampleNotWritten(ScoredockError):
    """The folder for the sample project cannot be made."""


def python_for_sample(running: tuple[int, int] | None = None) -> str:
    """The Python minor version to pin: the one at hand, so that none has to be downloaded, if the packages exist for it."""
    minor = running or (sys.version_info[0], sys.version_info[1])
    major, small = min(max(minor, OLDEST), NEWEST)
    return f"{major}.{small}"


def write_sample(folder: Path, *, python: str | None = None) -> tuple[Path, ...]:
    """Write the sample project into ``folder``, which must not exist or be empty; returns the files in it.

    The folder appears whole or not at all, also when this is killed on the way. Raises `SampleNotWritten`.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SampleNotWritten(
            t("{0} exists already and is not an empty folder.", folder),
            t("Give a folder that does not exist yet: nothing is overwritten."),
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / folder.name
            shutil.copytree(_FILES, made, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
            conda = made / "conda.yml"
            pinned = re.sub(r"python=[\d.]+", f"python={python or python_for_sample()}", conda.read_text(encoding="utf-8"))
            conda.write_text(pinned, encoding="utf-8", newline="\n")
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
    except OSError as error:
        message = t("The sample project cannot be written to {0}: {1}.", folder, error.strerror or error)
        raise SampleNotWritten(message) from error
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
