"""The door into a service that hosting runs: its sockets, and debugpy where its workers can read it."""

from __future__ import annotations

from scoredock.debugging.library import library_for
from scoredock.debugging.workers import CannotAttach, Streams
from scoredock.errors import ScoredockError
from scoredock.hosting import services
from scoredock.hosting.values import Inside
from scoredock.l10n import t
from scoredock.progress import Progress, silent


class ServiceDoor:
    """See ``workers.Door``."""

    def __init__(self, service: str, inside: Inside, progress: Progress = silent) -> None:
        self.service = service
        self.control = inside.control
        self._inside = inside
        self._progress = progress

    async def connect(self, path: str) -> Streams:
        try:
            return await self._inside.connect(path)
        except (OSError, ScoredockError) as error:
            raise CannotAttach(
                t("The service '{0}' has ended.", self.service), t("Deploy it again."), details=str(error)
            ) from error

    async def again(self) -> bool:
        try:
            inside = await services.inside(self.service)
        except ScoredockError:
            return False
        if inside.control == self.control:
            return False
        self._inside, self.control = inside, inside.control
        return True

    async def library(self, python: str) -> str:
        folder = await library_for(python, self._inside.machine or None, self._progress)
        return await self._inside.bring(folder)
