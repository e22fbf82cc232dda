"""What is on the disk about process services: a folder for each, and in it one for each time it was started.

    services/.locks/NAME.lock        held while somebody deploys or cleans up
    services/NAME/current            the run that is meant when the name is said
    services/NAME/run-N/run.json     what was decided before it started (never a secret: no environment variables)
    services/NAME/run-N/start.json   what the launcher is told beside its arguments (runtime/PROTOCOL.md)
    services/NAME/run-N/process.json written by the launcher as the first thing it does
    services/NAME/run-N/failure.json written by the arbiter if user code brought it down
    services/NAME/run-N/log          standard output and error
    services/NAME/run-N/models/      the model folder as Azure mounts it

Files say what was meant; whether it runs is asked of the process table.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from scoredock.folders import state_folder
from scoredock.hosting.process_table import Identity, alive, noted, started_with
from scoredock.hosting.values import ServiceProblem
from scoredock.l10n import t
from scoredock.progress import Progress, Step, silent

T = TypeVar("T")
LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux and 104 on macOS


@dataclass(frozen=True, slots=True)
class Facts:
    """run.json: what was decided before the run started."""

    name: str
    port: int
    project_file: str
    entry_script: str
    code: str
    environment_key: str
    interpreter: str
    started_at: float
    patience: float  # seconds that Azure's liveness probe would wait for init
    models: list[dict[str, str | None]] = field(default_factory=list)
    debug: str = "off"


@dataclass(frozen=True, slots=True)
class Run:
    """One time a service was started."""

    folder: Path
    number: int
    facts: Facts

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def control(self) -> Path:
        """Where its control socket is: in its folder, or under the temporary folder where that path is too long for a socket."""
        path = self.folder / "control"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        return _short_folder() / hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:20]

    def process(self) -> Identity | None:
        """Its arbiter, if that is alive."""
        pid = self.pid()
        if pid is not None:
            try:
                return alive(pid, noted(self.folder / "process.json"))
            except FileNotFoundError:
                return None  # it was removed a moment ago
        # It has not said who it is: it was never started, or a moment ago.
        return started_with(str(self.folder))

    def pid(self) -> int | None:
        """The pid it had, dead or alive."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            return int(json.loads((self.folder / "process.json").read_bytes())["pid"])
        return None

    def failure(self) -> dict[str, Any] | None:
        """What brought it down, if user code did."""
        with contextlib.suppress(OSError, ValueError):
            content = json.loads((self.folder / "failure.json").read_bytes())
            return content if isinstance(content, dict) else None
        return None

    def stopped(self) -> bool:
        """Whether somebody stopped it, so that its end is no crash."""
        return (self.folder / "stopped").exists()

    def note_stopped(self) -> None:
        with contextlib.suppress(OSError):
            (self.folder / "stopped").touch()

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self.control.unlink()
        shutil.rmtree(self.folder, ignore_errors=True)


def _short_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"scoredock-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise ServiceProblem(t("{0} belongs to somebody else.", folder), t("Remove it, or set TMPDIR to a folder of your own."))
    return folder


def root() -> Path:
    return state_folder() / "services"


def names() -> list[str]:
    """All services that there is a folder of."""
    try:
        return sorted(folder.name for folder in root().iterdir() if (folder.is_dir() and any(folder.glob("run-*"))))
    except OSError:
        return []


def runs(name: str) -> list[Run]:
    """All runs of a service, the oldest first. One whose facts cannot be read is left out (it was never started)."""
    found = []
    for folder in (root() / name).glob("run-*"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Run(folder, int(folder.name[4:]), _facts(folder / "run.json")))
    return sorted(found, key=lambda run: run.number)


def _facts(path: Path) -> Facts:
    # A service may have been started by a newer or an older Scoredock: what is not known is passed over.
    known = {field.name for field in fields(Facts)}
    return Facts(**{key: value for key, value in json.loads(path.read_bytes()).items() if key in known})


def current(name: str) -> Run | None:
    """The run that is meant by the name.

    The one noted as current if it lives and has not been told to go; else the newest such one (its caller was killed before
    noting it); else the one noted, else the newest.
    """
    found = runs(name)
    try:
        number = int((root() / name / "current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        number = -1
    chosen = [run for run in found if run.number == number]
    living = [run for run in (*chosen, *reversed(found)) if not run.stopped() and run.process()]
    return next(iter([*living, *chosen, *reversed(found)]), None)


def make_current(run: Run) -> None:
    _write(run.folder.parent / "current", str(run.number))


def new_run(facts: Facts) -> Run:
    """A folder for a run that is about to start."""
    folder = root() / facts.name
    folder.mkdir(parents=True, exist_ok=True)
    number = max((int(old.name[4:]) for old in folder.glob("run-*") if old.name[4:].isdigit()), default=0) + 1
    run = Run(folder / f"run-{number}", number, facts)
    run.folder.mkdir(mode=0o700)
    _write(run.folder / "run.json", json.dumps(asdict(facts), indent=1))
    return run


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


@asynccontextmanager
async def held(name: str, progress: Progress = silent) -> AsyncIterator[None]:
    """Keep everybody else from deploying or cleaning up the service meanwhile; who dies lets go."""
    try:
        (root() / ".locks").mkdir(parents=True, exist_ok=True)
        lock = FileLock(root() / ".locks" / f"{name}.lock")
        said = False
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except Timeout:
                if not said:
                    progress(Step(t("Waiting for another command that works on '{0}'", name)))
                said = True
                await asyncio.sleep(0.05)
    except OSError as error:
        raise ServiceProblem(
            t("The state folder {0} cannot be written: {1}.", root(), error.strerror or error),
            t("Make it writable, or set SCOREDOCK_HOME to a folder that is."),
        ) from None
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def held_while(name: str, ending: Awaitable[T]) -> AsyncIterator[T]:
    """End a service, and keep everybody else from it from the first moment on: a deploy that comes meanwhile waits. One that
    is under way has it already; that ends with the service, and lets go.
    """
    async with AsyncExitStack() as stack:
        holding = asyncio.ensure_future(stack.enter_async_context(held(name)))
        stack.callback(holding.cancel)  # where the ending fails
        _, ended = await asyncio.gather(holding, ending)
        yield ended


def forget(name: str) -> None:
    """Remove the folder of a service that has no runs any more."""
    shutil.rmtree(root() / name, ignore_errors=True)
