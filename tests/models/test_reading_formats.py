"""Formats other than pickle: each is recognised by its bytes, whatever the file is called."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from safetensors.numpy import save_file

from scoredock.models.reading import inspect
from scoredock.models.values import Format, MadeWith, ModelFile, Suspicious


def test_skops(tmp_path: Path, estimators: dict[str, Any]) -> None:
    skops.io.dump(estimators["pipeline"], tmp_path / "model.pkl")
    found = inspect(tmp_path / "model.pkl")
    assert (found.format, found.root, found.n_features, found.classes) == (
        Format.SKOPS,
        "sklearn.pipeline.Pipeline",
        5,
        ("no", "yes"),
    )
    assert {made.distribution for made in found.made_with} == {"scikit-learn", "skops"}
    assert found.suspicious == ()


def test_safetensors(tmp_path: Path) -> None:
    save_file({"weight": np.zeros((4, 3)), "bias": np.zeros(4)}, tmp_path / "model.bin", metadata={"format": "pt"})
    found = inspect(tmp_path / "model.bin")
    assert (found.format, found.complete, found.packages) == (Format.SAFETENSORS, True, ("safetensors", "torch"))


def test_safetensors_cut_off(tmp_path: Path) -> None:
    save_file({"weight": np.zeros((400, 3))}, tmp_path / "model.safetensors")
    data = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(data[:-100])
    assert inspect(tmp_path / "model.safetensors").problem == (
        "The model model.safetensors is cut off: it ends before its tensors do."
    )


def field(number: int, content: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    length = len(content)
    return bytes([number << 3 | 2]) + (bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])) + content


def onnx_model(*, beside: bool = False) -> bytes:
    """A model with one input of width 5 and one initializer, field by field as in onnx.proto."""
    shape = field(1, field(2, b"N")) + field(1, field(1, 5))
    given = field(1, b"X") + field(2, field(1, field(1, 1) + field(2, shape)))
    where = field(13, field(1, b"location") + field(2, b"weights.bin")) + field(14, 1) if beside else field(9, b"\0" * 20)
    weights = field(1, 5) + field(2, 1) + field(8, b"W") + where
    graph = (
        field(1, field(1, b"X") + field(2, b"Y") + field(4, b"MatMul")) + field(2, b"g") + field(5, weights) + field(11, given)
    )
    return field(1, 9) + field(2, b"skl2onnx") + field(3, b"1.20.0") + field(7, graph) + field(8, field(2, 17))


def test_onnx(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(onnx_model())
    found = inspect(tmp_path / "model.pkl")
    assert (found.format, found.complete, found.n_features) == (Format.ONNX, True, 5)
    assert found.made_with == (MadeWith("skl2onnx", "1.20.0", "producer"),)
    assert found.notes == ("It needs the operators ai.onnx 17.",)


def test_onnx_with_weights_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(onnx_model(beside=True))
    assert inspect(tmp_path / "model.onnx").companions == ("weights.bin",)


def test_onnx_cut_off_at_every_byte_says_so(tmp_path: Path) -> None:
    whole = onnx_model()
    for length in range(12, len(whole) - 1):
        (tmp_path / "model.onnx").write_bytes(whole[:length])
        found = inspect(tmp_path / "model.onnx")
        assert not found.complete or found.format is Format.ONNX
        assert found.complete or found.problem


class _Tensor:
    """Pickles as torch writes tensors: by a reference to a storage that lies elsewhere in the archive."""


class _TorchPickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        return ("storage", "float", "0", "cpu", 4) if isinstance(value, _Tensor) else None


def torch_archive(file: Path, value: Any, *more: str) -> None:
    buffer = io.BytesIO()
    _TorchPickler(buffer, protocol=2).dump(value)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", buffer.getvalue())
        archive.writestr("model/version", "3\n")
        for name in more:
            archive.writestr(name, "")


def test_torch(tmp_path: Path) -> None:
    torch_archive(tmp_path / "model.pt", {"weight": _Tensor(), "epochs": 3})
    found = inspect(tmp_path / "model.pt")
    assert (found.format, found.complete, found.root, found.packages) == (Format.TORCH, True, "builtins.dict", ("torch",))


def test_torchscript(tmp_path: Path) -> None:
    torch_archive(tmp_path / "model.pt", {"weight": _Tensor()}, "model/code/__torch__.py", "model/constants.pkl")
    assert inspect(tmp_path / "model.pt").format is Format.TORCHSCRIPT


def test_torch_before_1_6(tmp_path: Path) -> None:
    parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {"weight": [1.0]}]
    (tmp_path / "model.pth").write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    found = inspect(tmp_path / "model.pth")
    assert (found.format, found.root) == (Format.TORCH, "builtins.dict")


def test_a_hostile_torch_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    found = inspect(tmp_path / "model.pt")
    assert found.suspicious == (Suspicious("os.system", "starts programs and changes files", True, "model/data.pkl"),)


def keras_archive(file: Path, *layers: dict[str, Any]) -> None:
    first = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 5]}}
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("model.weights.h5", b"")


def test_keras(tmp_path: Path) -> None:
    keras_archive(tmp_path / "model.keras")
    found = inspect(tmp_path / "model.keras")
    assert (found.format, found.root, found.n_features, found.suspicious) == (Format.KERAS, "keras.Sequential", 5, ())
    assert found.made_with == (MadeWith("keras", "3.15.1", "metadata.json"),)


def test_keras_that_brings_code(tmp_path: Path) -> None:
    keras_archive(
        tmp_path / "model.keras",
        {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}},
        {"module": "subprocess", "class_name": "Popen", "config": {}},
    )
    assert {one.name for one in inspect(tmp_path / "model.keras").suspicious} == {"keras.layers.Lambda", "subprocess.Popen"}


def test_numpy_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.zeros((3, 4)))
    assert inspect(tmp_path / "plain.npy") == ModelFile(
        tmp_path / "plain.npy", Format.NUMPY, (tmp_path / "plain.npy").stat().st_size, root="numpy.ndarray", modules=("numpy",)
    )
    np.savez(tmp_path / "objects.npz", a=np.zeros(3), b=np.array([_Tensor()], dtype=object))
    found = inspect(tmp_path / "objects.npz")
    assert found.format is Format.NUMPY
    assert any(name.endswith("test_reading_formats") for name in found.modules)


def mlflow_model(folder: Path, estimators: dict[str, Any], *, pickled: str = "model.pkl") -> None:
    folder.mkdir()
    (folder / "MLmodel").write_text(
        "flavors:\n"
        "  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.7}\n"
        f"  sklearn: {{pickled_model: {pickled}, sklearn_version: 1.5.2}}\n"
        "mlflow_version: 3.17.2\n"
        'signature:\n  inputs: \'[{"name": "age", "type": "double"}, {"name": "city", "type": "string"}]\'\n',
        encoding="utf-8",
    )
    (folder / "model.pkl").write_bytes(pickle.dumps(estimators["logistic"]))


def test_an_mlflow_folder(tmp_path: Path, estimators: dict[str, Any]) -> None:
    mlflow_model(tmp_path / "model", estimators)
    found = inspect(tmp_path / "model")
    assert (found.format, found.python, found.feature_names) == (Format.MLFLOW, "3.11.7", ("age", "city"))
    assert found.root == "sklearn.linear_model._logistic.LogisticRegression"
    assert MadeWith("scikit-learn", "1.5.2", "MLmodel") in found.made_with


def test_an_mlflow_folder_that_points_outside_itself(tmp_path: Path, estimators: dict[str, Any]) -> None:
    (tmp_path / "secret.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    mlflow_model(tmp_path / "model", estimators, pickled="../secret.pkl")
    assert inspect(tmp_path / "model").suspicious == ()


@pytest.mark.parametrize(
    ("head", "form", "width"),
    [
        (b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=4\nfeature_names=a b c d e\n\nend of trees\n", Format.LIGHTGBM, 5),
        (b'{"learner":{"learner_model_param":{"num_feature":"5"}},"version":[2,1,1]}', Format.XGBOOST, 5),
        (b"CBM1\0\0\0\0", Format.CATBOOST, None),
    ],
)
def test_boosters(tmp_path: Path, head: bytes, form: Format, width: int | None) -> None:
    (tmp_path / "model.bin").write_bytes(head)
    found = inspect(tmp_path / "model.bin")
    assert (found.format, found.n_features, found.complete) == (form, width, True)


def test_a_folder_with_one_model_speaks_for_it(tmp_path: Path, estimators: dict[str, Any]) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "README.md").write_text("about", encoding="utf-8")
    (tmp_path / "model" / "weights.pkl").write_bytes(pickle.dumps(estimators["logistic"]))
    found = inspect(tmp_path / "model")
    assert (found.format, found.n_features, found.classes) == (Format.FOLDER, 5, ("no", "yes"))
