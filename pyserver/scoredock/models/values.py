"""What a model file says about itself, and what the registry keeps: the values of this room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from scoredock.errors import ScoredockError


class ModelProblem(ScoredockError):
    """A model cannot be read, registered, found or fetched."""


class ModelNotFound(ModelProblem):
    """No model of that name and version is registered."""


class VersionTaken(ModelProblem):
    """That version of the model exists already, and versions never change once written."""


class ModelDamaged(ModelProblem):
    """What is on the disk is not what was registered."""


class Format(str, Enum):
    """How a model is written down."""

    PICKLE = "pickle"
    JOBLIB = "joblib"
    CLOUDPICKLE = "cloudpickle"
    SKOPS = "skops"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"
    MLFLOW = "mlflow"  # a folder with an MLmodel file
    KERAS = "keras"  # .keras archive
    HDF5 = "hdf5"  # .h5 of Keras, or any other HDF5
    SAVED_MODEL = "saved-model"  # a folder with saved_model.pb
    TORCH = "torch"  # zip of torch.save (>= 1.6), or the older run of pickles
    TORCHSCRIPT = "torchscript"
    NUMPY = "numpy"  # .npy, .npz
    XGBOOST = "xgboost"  # JSON or UBJSON of Booster.save_model
    LIGHTGBM = "lightgbm"  # text of Booster.save_model
    CATBOOST = "catboost"
    FOLDER = "folder"
    EMPTY = "empty"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MadeWith:
    """The version of a distribution that a model was written with, by what the file says.

    ``by`` names who says it (the class of the estimator, or the part of the file); ``count`` how many of them do.
    """

    distribution: str  # as PyPI normalises it: scikit-learn
    version: str
    by: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Suspicious:
    """A name that loading the file would import or call although no model needs it, and why that matters."""

    name: str  # os.system
    why: str  # "starts programs"
    called: bool  # with arguments the file brings, not merely named
    inside: str = ""  # the member of an archive it stands in


@dataclass(frozen=True, slots=True)
class ModelFile:
    """All that a file or folder says of itself without being loaded.

    ``complete`` is false when the end was not reached; ``problem`` then says why in one sentence, and what was found
    until there still stands. Absence of a fact proves nothing.
    """

    path: Path
    format: Format
    size: int = 0  # bytes; a folder's is the sum of its files
    compression: str | None = None  # zlib, gzip, bz2, lzma, xz, lz4
    root: str | None = None  # class of what loading returns: sklearn.pipeline.Pipeline
    protocol: int | None = None  # pickle protocol: the highest that any part needs
    modules: tuple[str, ...] = ()  # modules that loading imports, sorted: sklearn.pipeline
    classes_used: tuple[str, ...] = ()  # estimators in the order they were met
    made_with: tuple[MadeWith, ...] = ()
    numpy_major: int | None = None  # 2: names numpy._core, which numpy < 1.26.1 does not have
    python: str | None = None  # "3.11" where the file says it
    main_classes: tuple[str, ...] = ()  # names looked up in __main__
    n_features: int | None = None
    feature_names: tuple[str, ...] = ()
    classes: tuple[str | int | float | bool, ...] = ()  # the labels a classifier answers with
    suspicious: tuple[Suspicious, ...] = ()
    companions: tuple[str, ...] = ()  # file names that loading wants beside this one
    notes: tuple[str, ...] = ()
    complete: bool = True
    problem: str = ""
    out_of_time: bool = False  # whether the problem is only that the time for reading was up

    @property
    def packages(self) -> tuple[str, ...]:
        """Top-level modules that loading imports, without the standard library and ``__main__``."""
        import sys

        tops = {name.split(".")[0] for name in self.modules}
        return tuple(sorted(tops - set(sys.stdlib_module_names) - {"__main__", "__builtin__", "copy_reg"}))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a reading may go: seconds, bytes of what is kept in memory, pickles inside pickles, inflated bytes."""

    seconds: float = 30.0
    kept: int = 24 * 1024 * 1024
    depth: int = 20
    inflated: int = 64 * 1024**3
