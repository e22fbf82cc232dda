"""Libraries that are not imported before the fork, each with the reason. They load in the worker, as on Azure."""

from __future__ import annotations

import os
from typing import Callable, Dict, Tuple, Union


def _has_nvidia() -> bool:
    return os.path.exists("/dev/nvidiactl") or os.path.exists("/dev/dxg")  # the second is WSL's


_THREADS = "starts threads of its own when imported; a forked child would wait for them for ever"
_RUNTIME = "its runtime does not survive a fork, as its documentation says"
_GPU = "a CUDA context does not survive a fork, and this machine has a GPU"

# Top-level module -> reason, or (reason, condition).
TABLE: Dict[str, Union[str, Tuple[str, Callable[[], bool]]]] = {
    "tensorflow": _THREADS,
    "keras": "brings TensorFlow or JAX",
    "tensorflow_hub": "brings TensorFlow",
    "tensorflow_text": "brings TensorFlow",
    "tensorflow_probability": "brings TensorFlow or JAX",
    "tf_keras": "brings TensorFlow",
    "tflite_runtime": _RUNTIME,
    "jax": _RUNTIME,
    "jaxlib": _RUNTIME,
    "flax": "brings JAX",
    "optax": "brings JAX",
    "equinox": "brings JAX",
    "mxnet": _THREADS,
    "paddle": _RUNTIME,
    "ray": _RUNTIME,
    "grpc": "its core keeps state about forks and may refuse to work in a child",
    "mpi4py": "MPI_Init runs at import and may not be followed by a fork",
    "horovod": "brings MPI",
    "pyspark": "talks to a Java process that a child must not share",
    "polars": "its thread pool may hold a lock while the process forks, as its documentation says",
    "gevent": "its hub is bound to the process that made it",
    "eventlet": "its hub is bound to the process that made it",
    "cupy": (_GPU, _has_nvidia),
    "cudf": _RUNTIME,
    "cuml": _RUNTIME,
    "tensorrt": _RUNTIME,
    "pycuda": _RUNTIME,
    "vllm": _RUNTIME,
    "torch": (_GPU, _has_nvidia),
    "torchvision": (_GPU, _has_nvidia),
    "torchaudio": (_GPU, _has_nvidia),
    "antigravity": "opens a browser",
    "this": "prints a poem",
}


def reason_against(name: str) -> str | None:
    """Why the module must not be imported before the fork, or None."""
    entry = TABLE.get(name.partition(".")[0])
    if isinstance(entry, tuple):
        reason, applies = entry
        return reason if applies() else None
    return entry
