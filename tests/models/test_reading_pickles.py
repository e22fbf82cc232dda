"""What real model files say of themselves, however they were written."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.utils import all_estimators

from scoredock.models.reading import inspect
from scoredock.models.values import Format, MadeWith

ROOTS = {
    "logistic": "sklearn.linear_model._logistic.LogisticRegression",
    "pipeline": "sklearn.pipeline.Pipeline",
    "forest": "sklearn.ensemble._forest.RandomForestClassifier",
    "search": "sklearn.model_selection._search.GridSearchCV",
    "dict": "builtins.dict",
}
ESTIMATORS = {"logistic": 1, "pipeline": 3, "forest": 14, "search": 3, "dict": 3}


def the_facts_are_right(file: Path, kind: str) -> None:
    found = inspect(file)
    assert (found.problem, found.complete) == ("", True)
    assert found.root == ROOTS[kind]
    assert [(made.distribution, made.version, made.count) for made in found.made_with] == [
        ("scikit-learn", sklearn.__version__, ESTIMATORS[kind])
    ]
    assert found.n_features == 5
    assert found.classes == ("no", "yes")
    assert {"numpy", "sklearn"} <= set(found.packages)
    assert found.suspicious == ()
    assert found.main_classes == ()
    assert found.size == file.stat().st_size


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_of_each_protocol(estimators: dict[str, Any], tmp_path: Path, kind: str, protocol: int) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(estimators[kind], protocol=protocol))
    the_facts_are_right(file, kind)
    found = inspect(file)
    assert found.format is Format.PICKLE
    assert found.protocol == (protocol if protocol > 1 else 0)
    assert found.numpy_major == int(np.__version__.split(".")[0])


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_joblib_file_whose_array_bytes_stand_inside_the_pickle(
    estimators: dict[str, Any], tmp_path: Path, kind: str, protocol: int
) -> None:
    file = tmp_path / "model.pkl"
    joblib.dump(estimators[kind], file, protocol=protocol)
    the_facts_are_right(file, kind)
    assert inspect(file).format is Format.JOBLIB


@pytest.mark.parametrize("compressor", ["zlib", "gzip", "bz2", "lzma", "xz", "lz4"])
def test_each_of_joblibs_compressors(estimators: dict[str, Any], tmp_path: Path, compressor: str) -> None:
    for kind in ("forest", "pipeline"):
        file = tmp_path / f"{kind}.joblib"
        joblib.dump(estimators[kind], file, compress=(compressor, 3))
        the_facts_are_right(file, kind)
        assert inspect(file).compression == compressor


def test_arrays_that_were_memory_mapped_when_they_were_saved(tmp_path: Path) -> None:
    joblib.dump(np.arange(5000.0), tmp_path / "array.joblib")
    mapped = joblib.load(tmp_path / "array.joblib", mmap_mode="r")
    joblib.dump({"weights": mapped, "after": "still read"}, tmp_path / "model.joblib")
    found = inspect(tmp_path / "model.joblib")
    assert (found.complete, found.root, found.format) == (True, "builtins.dict", Format.JOBLIB)


def test_column_names_of_a_data_frame(tmp_path: Path, data: tuple[Any, Any]) -> None:
    model = LogisticRegression().fit(*data)
    model.feature_names_in_ = np.array(["age", "income", "city", "rooms", "pets"], dtype=object)  # as a data frame leaves them
    joblib.dump(model, tmp_path / "model.joblib")
    assert inspect(tmp_path / "model.joblib").feature_names == ("age", "income", "city", "rooms", "pets")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    assert inspect(tmp_path / "model.pkl").feature_names == ("age", "income", "city", "rooms", "pets")


def test_the_version_that_wrote_it_and_not_the_one_at_hand(
    tmp_path: Path, estimators: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "1.3.2")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimators["logistic"]))
    assert inspect(tmp_path / "model.pkl").made_with == (MadeWith("scikit-learn", "1.3.2", ROOTS["logistic"]),)


def test_classes_of_the_training_script(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import pickle, joblib\n"
        "class Prepare:\n"
        "    def __init__(self): self.columns = ['a']\n"
        "def clean(text): return text\n"
        "pickle.dump({'prepare': Prepare(), 'clean': clean}, open('model.pkl', 'wb'))\n"
        "joblib.dump([Prepare()], 'model.joblib')\n",
        encoding="utf-8",
    )
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=60)
    assert inspect(tmp_path / "model.pkl").main_classes == ("Prepare", "clean")
    assert inspect(tmp_path / "model.joblib").main_classes == ("Prepare",)


def test_cloudpickle_brings_classes_along(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import cloudpickle, math\n"
        "class Model:\n"
        "    def predict(self, x): return math.floor(x)\n"
        "cloudpickle.dump(Model(), open('model.pkl', 'wb'))\n",
        encoding="utf-8",
    )
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, check=True, timeout=60)
    found = inspect(tmp_path / "model.pkl")
    assert (found.format, found.complete, found.main_classes) == (Format.CLOUDPICKLE, True, ())
    assert "cloudpickle" in found.packages
    assert found.suspicious == ()
    assert "Python code of its own" in found.notes[0]


def test_a_function_in_cloudpickle_names_the_modules_it_needs(tmp_path: Path) -> None:
    import colorsys

    def convert(value: float) -> object:
        return colorsys.rgb_to_hls(value, value, value)

    convert.__module__ = "__main__"
    (tmp_path / "model.pkl").write_bytes(cloudpickle.dumps(convert))
    assert "colorsys" in inspect(tmp_path / "model.pkl").modules


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_estimator_of_scikit_learn_is_read_without_suspicion(tmp_path: Path) -> None:
    """A warning about a model that anybody may have trained would teach people to ignore it."""
    seen = 0
    for name, kind in all_estimators():
        try:
            estimator = kind()
        except TypeError:  # it wants another estimator
            continue
        for protocol in (2, 5):
            (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator, protocol))
            found = inspect(tmp_path / "model.pkl")
            assert (found.problem, found.suspicious) == ("", ()), name
            assert found.root == f"{kind.__module__}.{name}"
            seen += 1
    assert seen > 300


def test_a_vocabulary_of_more_words_than_are_kept(tmp_path: Path, estimators: dict[str, Any]) -> None:
    """What comes after it is still understood: names by number, versions, labels."""
    words = {f"word{number}": number for number in range(150_000)}
    before = estimators["logistic"]
    (tmp_path / "model.pkl").write_bytes(pickle.dumps([before, words, estimators["pipeline"], estimators["search"]]))
    found = inspect(tmp_path / "model.pkl")
    assert (found.problem, found.suspicious) == ("", ())
    assert found.made_with[0].count == 7
    assert found.classes == ("no", "yes")


def test_reading_imports_neither_the_library_nor_the_model(forest_file: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from scoredock.models.reading import inspect\n"
        "assert inspect(pathlib.Path(sys.argv[1])).n_features == 5\n"
        "print(sorted({'numpy', 'joblib', 'sklearn', 'pickle', 'yaml', 'zipfile'} & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(forest_file)], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"
