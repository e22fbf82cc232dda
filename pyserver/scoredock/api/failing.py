"""What goes wrong below, as the exceptions that scripts catch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scoredock.api.exceptions import AzureMLException, ModelNotFoundException, WebserviceException
from scoredock.errors import ScoredockError
from scoredock.models.values import ModelNotFound


@contextmanager
def sdk_errors() -> Iterator[None]:
    try:
        yield
    except AzureMLException:
        raise
    except ModelNotFound as missing:
        raise ModelNotFoundException(f"ModelNotFound: {missing.what}", missing.todo) from missing
    except ScoredockError as wrong:
        raise WebserviceException(wrong.what, wrong.todo, place=wrong.place, details=wrong.details) from wrong
