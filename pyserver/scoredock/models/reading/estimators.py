"""What the objects of a pickle tell of the model: versions, inputs, labels. Asked object by object while the pickle is read."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scoredock.models.reading.arrays import array_of, scalar_of
from scoredock.models.reading.stubs import PAIR, Array, Made, Name

# scikit-learn puts its version into the state of each estimator it pickles (BaseEstimator.__getstate__).
VERSION = "_sklearn_version"
# What is still needed of an object's state after its versions were counted.
TELLING = frozenset({
    "n_features_in_", "feature_names_in_", "classes_", "n_features_", "_n_features_in", "_n_features",
    "n_outputs_", "steps", "best_estimator_",
    "estimator_", "estimators_", "estimators", "regressor_", "classifier_", "final_estimator_", "base_estimator_",
    "calibrated_classifiers_", "transformers_", "transformer_list", "estimator", "model", "pipeline", "_model",
    "booster_", "_Booster",
})  # fmt: skip
# In this order a composite is asked when it does not say a thing itself.
FIRST_PARTS = (
    "steps", "best_estimator_", "estimator_", "regressor_", "classifier_", "estimators_", "calibrated_classifiers_",
    "transformers_", "transformer_list", "estimator", "model", "_model", "pipeline",
)  # fmt: skip
MAX_VISITS = 2000


class Estimators:
    """Collects over one or more pickles of a file."""

    def __init__(self) -> None:
        self.versions: Counter[tuple[str, str]] = Counter()
        self.met: dict[str, None] = {}  # names of estimator classes, in order
        self.companions: list[str] = []

    def see(self, made: Made) -> int:
        """Count what ``made`` says, and let go of the rest of its state; returns the bytes that are free again."""
        state = made.state
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
            state = state[0]
        if not isinstance(state, dict):
            return 0
        name = made.class_name or "?"
        version = state.get(VERSION)
        if isinstance(version, str):
            self.versions[name, version] += 1
            self.met.setdefault(name)
        elif "n_features_in_" in state or "_n_features_in" in state:
            self.met.setdefault(name)
        file = state.get("filename")
        if name.endswith(".NDArrayWrapper") and isinstance(file, str):
            self.companions.append(file)  # joblib < 0.10 kept each array in a file of its own
        kept = {key: value for key, value in state.items() if key in TELLING}
        freed = PAIR * (len(state) - len(kept))
        if isinstance(made.state, dict):
            made.state = kept
        return freed


def root_name(root: Any) -> str | None:
    """The class of the root, as a dotted name."""
    if isinstance(root, Made):
        return root.class_name
    if isinstance(root, Name):
        return str(root)
    if isinstance(root, Array):
        return "numpy.ndarray"
    return None if root is None else {"Unknown": None}.get(type(root).__name__, f"builtins.{type(root).__name__}")


def width_of(root: Any) -> int | None:
    """How many features the model takes: of the first part that says so."""
    for made in _parts(root, first=True):
        for name in ("n_features_in_", "n_features_", "_n_features_in", "_n_features", "_n_features_in", "_n_features"):
            width = scalar_of(made.attribute(name))
            if isinstance(width, int) and not isinstance(width, bool):
                return width
    return None


def feature_names_of(root: Any) -> tuple[str, ...]:
    for made in _parts(root, first=True):
        names = _values(made.attribute("feature_names_in_"))
        if names and all(isinstance(name, str) for name in names):
            return names
    return ()


def labels_of(root: Any) -> tuple[str | int | float | bool, ...]:
    """The labels a classifier answers with: of the last part that has some."""
    for made in _parts(root, first=False):
        labels = _values(made.attribute("classes_"))
        if labels and all(isinstance(label, (str, int, float)) for label in labels):
            return labels
    return ()


def _values(value: Any) -> tuple[Any, ...]:
    if isinstance(value, list):
        return tuple(scalar_of(item) for item in value)
    array = array_of(value)
    return array.values if array is not None and array.values is not None and len(array.shape) == 1 else ()


def _parts(root: Any, *, first: bool) -> list[Made]:
    """The root, then its parts: forwards for what goes in, with the last step before the others for what comes out."""
    waiting: list[Any] = [root]
    seen: set[int] = set()
    found: list[Made] = []
    while waiting and len(seen) < MAX_VISITS:
        value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Made):
            found.append(value)
            for name in FIRST_PARTS:
                part = value.attribute(name)
                array = array_of(part)
                if isinstance(part, (Made, list, tuple)) or array is not None:
                    waiting.append(list(array.values or ()) if array is not None else part)
        elif isinstance(value, dict):
            waiting.extend(v for v in value.values() if isinstance(v, (Made, list, tuple)))
        elif isinstance(value, (list, tuple)):
            parts = [part for part in value if isinstance(part, (Made, list, tuple))]
            waiting.extend(parts if first else reversed(parts))
    return found
