"""The facts of one stream of pickles: plain pickle, joblib's variant, cloudpickle, and the run of pickles of old torch files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scoredock.l10n import t
from scoredock.models.reading.arrays import pickled_array, read_bytes, wrapped_array
from scoredock.models.reading.danger import suspicious_names
from scoredock.models.reading.estimators import Estimators, feature_names_of, labels_of, root_name, width_of
from scoredock.models.reading.inflating import NotInflatable
from scoredock.models.reading.lz4 import BrokenLz4
from scoredock.models.reading.machine import Machine
from scoredock.models.reading.stream import Ended, Stream, TooMuch
from scoredock.models.reading.stubs import Broken, Made
from scoredock.models.values import Format, Limits, MadeWith, Suspicious

# torch.save before 1.6: a magic number, a protocol version and the writer's system, each a pickle, then the object.
TORCH_MAGIC = 0x1950A86A20F9469CFC6C


@dataclass
class PickleFacts:
    """What has been found so far; whatever stops the reading, this stands."""

    format: Format = Format.PICKLE
    root: str | None = None
    protocol: int | None = None
    modules: set[str] = field(default_factory=set)
    met: tuple[str, ...] = ()
    made_with: tuple[MadeWith, ...] = ()
    main: set[str] = field(default_factory=set)
    n_features: int | None = None
    feature_names: tuple[str, ...] = ()
    labels: tuple[str | int | float | bool, ...] = ()
    suspicious: list[Suspicious] = field(default_factory=list)
    companions: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    problem: str = ""  # the end of a sentence
    stopped: Exception | None = None  # what kept it from being read to its end

    @property
    def numpy_major(self) -> int | None:
        """numpy 2 names its core ``numpy._core``; numpy 1 named it ``numpy.core``."""
        if any(module == "numpy._core" or module.startswith("numpy._core.") for module in self.modules):
            return 2
        if any(module == "numpy.core" or module.startswith("numpy.core.") for module in self.modules):
            return 1
        return None


class Reading:
    """Runs the machine over a stream, and over the pickles inside."""

    def __init__(self, stream: Stream, limits: Limits, inside: str = "") -> None:
        self.stream = stream
        self.limits = limits
        self.inside = inside
        self.estimators = Estimators()
        self.facts = PickleFacts()
        self.machines: list[Machine] = []
        self.depth = 0
        self.joblib = False

    def read(self) -> PickleFacts:
        facts = self.facts
        root: Any = None
        try:
            root = self._one()
            if root == TORCH_MAGIC:
                facts.format = Format.TORCH
                self._one()
                self._one()
                root = self._one()
        except Ended as ended:
            facts.stopped, facts.problem = ended, t("is cut off: it ends before the model does")
        except (TooMuch, Broken) as stopped:
            facts.stopped, facts.problem = stopped, str(stopped)
        except (NotInflatable, BrokenLz4) as broken:
            facts.stopped, facts.problem = broken, t("is compressed, and the compressed bytes are broken ({0})", broken)
        self._conclude(root)
        return facts

    def _one(self) -> Any:
        if self.depth >= self.limits.depth:
            raise TooMuch(t("holds pickles inside pickles without end"))
        share = self.limits.kept if not self.machines else self.limits.kept // 8
        machine = Machine(self.stream, share, self._observe)
        self.machines.append(machine)
        if len(self.machines) > 2000:
            self._retire()
        self.depth += 1
        try:
            return machine.run()
        finally:
            self.depth -= 1

    def _observe(self, machine: Machine, made: Made) -> Any | None:
        wrapped = wrapped_array(made)
        if wrapped is not None:
            self.joblib = True
            dtype, shape, aligned = wrapped
            if dtype.holds_objects:
                return self._one()
            return read_bytes(self.stream, dtype, shape, aligned)
        array = pickled_array(made)
        if array is not None:
            return array
        machine.left += self.estimators.see(made)
        return None

    def _retire(self) -> None:
        """Take what finished machines know, so that many small pickles inside one do not add up."""
        finished = self.machines[1 : len(self.machines) - self.depth]
        for machine in finished:
            self._take(machine)
            self.machines.remove(machine)

    def _take(self, machine: Machine) -> None:
        facts = self.facts
        facts.protocol = max(facts.protocol or 0, machine.protocol)
        for name in machine.names:
            facts.modules.add(name.module)
            if name.module == "__main__":
                facts.main.add(name.name)
        for name, arguments in machine.calls:
            if name.name == "subimport" and arguments and isinstance(arguments[0], str):
                facts.modules.add(arguments[0])
        found = suspicious_names(machine.names, machine.calls, self.inside)
        found += [Suspicious(t(text), t("hides what it does"), True, self.inside) for text in sorted(machine.computed)]
        if machine.extensions:
            numbers = ", ".join(map(str, sorted(machine.extensions)[:5]))
            why = t("stands for a name that the file does not show")
            found.append(Suspicious(t("extension {0}", numbers), why, True, self.inside))
        facts.suspicious += [one for one in found if one not in facts.suspicious]

    def _conclude(self, root: Any) -> None:
        facts, estimators = self.facts, self.estimators
        for machine in self.machines:
            self._take(machine)
        facts.root = root_name(root)
        facts.n_features, facts.feature_names, facts.labels = width_of(root), feature_names_of(root), labels_of(root)
        if facts.n_features is None and facts.feature_names:
            facts.n_features = len(facts.feature_names)
        facts.met = tuple(estimators.met)
        facts.companions = tuple(estimators.companions)
        grouped: dict[str, list[tuple[str, int]]] = {}
        for (name, version), count in estimators.versions.items():
            grouped.setdefault(version, []).append((name, count))
        facts.made_with = tuple(
            MadeWith("scikit-learn", version, by=who[0][0], count=sum(count for _, count in who))
            for version, who in grouped.items()
        )
        if facts.format is not Format.TORCH:
            by_value = any(module.startswith("cloudpickle.") for module in facts.modules)
            facts.format = Format.CLOUDPICKLE if by_value else Format.JOBLIB if self.joblib or facts.companions else Format.PICKLE
        if any(module.startswith(("cloudpickle.", "dill.")) for module in facts.modules):
            facts.notes.append(
                t("It brings Python code of its own, which only the Python minor version that wrote it runs for certain.")
            )


def _speaker(root: str | None, who: list[tuple[str, int]]) -> str:
    """The class to name for a version: the model itself where it says so, else the first that was met."""
    names = [name for name, _ in who]
    return root if root in names else names[0]


def read_pickles(stream: Stream, limits: Limits, inside: str = "") -> PickleFacts:
    """The facts of the pickle that ``stream`` stands at."""
    return Reading(stream, limits, inside).read()
