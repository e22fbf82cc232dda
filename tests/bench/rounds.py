"""Alternating rounds and what is made of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Contestants:
    """One round of us and one of the peer, each a call that returns a figure (seconds, MB, requests/s …).

    ``peer`` is None when the bar is absolute.
    """

    ours: Callable[[], float]
    peer: Callable[[], float] | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``bar`` bounds the median of the paired ratios ours/peer (or of ours, without a peer); ``at_most`` says on which side.
    ``contest`` sets the scene (services, files) and takes it down again.
    """

    name: str
    unit: str
    contest: Callable[[], AbstractContextManager[Contestants]]
    bar: float
    at_most: bool = True
    rounds: int = 15
    warm_up: int = 1
    peer: str = ""


@dataclass(frozen=True)
class Outcome:
    """All rounds of a row, kept, and their summary."""

    row: Row
    ours: tuple[float, ...]
    peers: tuple[float, ...]

    @property
    def figures(self) -> tuple[float, ...]:
        """What the bar is held against, one for each round."""
        if not self.peers:
            return self.ours
        return tuple(ours / peer for ours, peer in zip(self.ours, self.peers, strict=True))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % bootstrap interval of the median."""
        dice = random.Random(0)  # noqa: S311 (resampling, not secrets)
        medians = sorted(median(dice.choices(self.figures, k=len(self.figures))) for _ in range(2000))
        return medians[50], medians[1949]

    @property
    def met(self) -> bool:
        """The bar is met when the interval does not lie beyond it."""
        low, high = self.interval
        return low <= self.row.bar if self.row.at_most else high >= self.row.bar


def play(row: Row) -> Outcome:
    """Run all rounds of a row, ours and the peer's in turn; which of them goes first alternates too."""
    with row.contest() as contest:
        ours: list[float] = []
        peers: list[float] = []
        for number in range(-row.warm_up, row.rounds):
            for call, figures in _order(contest, ours, peers, swap=number % 2 == 1):
                figure = call()
                if number >= 0:
                    figures.append(figure)
        return Outcome(row, tuple(ours), tuple(peers))


def _order(
    contest: Contestants, ours: list[float], peers: list[float], *, swap: bool
) -> Iterator[tuple[Callable[[], float], list[float]]]:
    pairs = [(contest.ours, ours)]
    if contest.peer:
        pairs.append((contest.peer, peers))
    yield from reversed(pairs) if swap else pairs
