"""What the SDK has and this machine does not: said in a sentence, never ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from scoredock.api.exceptions import NotOnThisMachine


class Unsupported:
    """A method of the SDK that has no meaning here: calling it says so."""

    def __init__(self, why: str, instead: str = "") -> None:
        self.why = why
        self.instead = instead
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"{owner.__name__}.{name}"

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., NoReturn]:
        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotOnThisMachine(f"{self.name} {self.why}.", self.instead)

        refuse.__name__ = self.name.rpartition(".")[2]
        refuse.__doc__ = f"Not here: it {self.why}."
        return refuse


class UnsupportedProperty(Unsupported):
    """A property of the SDK that has no meaning here: reading it says so."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        raise NotOnThisMachine(f"{self.name} {self.why}.", self.instead)


def refuse(function: str, instead: str = "", /, **given: Any) -> None:
    """Raise for each parameter that was given and that cannot be honoured; ``None`` and ``False`` count as not given."""
    for name, value in given.items():
        if value is not None and value is not False:
            raise NotOnThisMachine(f"{function} cannot honour '{name}' on this machine.", instead or f"Leave '{name}' out.")
