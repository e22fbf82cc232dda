"""Files that are broken, wrong, enormous or hostile: one sentence, bounded time and memory, and nothing runs."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import random
import subprocess
import sys
import textwrap
import zipfile
import zlib
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoredock.errors import ScoredockError
from scoredock.models.reading import inspect
from scoredock.models.values import Format, Limits, ModelFile

CALL = "(S'true'\ntR."


class Reduce:
    """An object that pickles as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


# fmt: off
HOSTILE = {
    "os.system by name": b"cos\nsystem\n" + CALL.encode(),
    "posix.system, as Linux pickles it": pickle.dumps(Reduce(os.system, ("true",))),
    "subprocess": pickle.dumps(Reduce(subprocess.Popen, (["true"],))),
    "eval": b"c__builtin__\neval\n(S'1'\ntR.",
    "exec by INST": b"(S'pass'\ni__builtin__\nexec\n.",
    "eval by OBJ": b"(c__builtin__\neval\nS'1'\no.",
    "import_module": b"cimportlib\nimport_module\n(S'os'\ntR.",
    "a dotted path through a harmless module":
        b"\x80\x04\x8c\x07logging\x94\x8c\x09os.system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
    "a dotted path through a foreign module": b"\x80\x04\x8c\x06joblib\x94\x8c\x0fparallel.os.pid\x94\x93\x94.",
    "getattr of a builtin": b"c__builtin__\ngetattr\n(c__builtin__\ndict\nS'__subclasses__'\ntR.",
    "a name that only comes about while loading": b"\x80\x04\x8c\x02os)\x8c\x01sR\x93.",
    "a call of what a call returned": b"coperator\nitemgetter\n(S'a'\ntR(S'b'\ntR.",
    "attrgetter": b"coperator\nattrgetter\n(S'system'\ntR.",
    "the extension registry": b"\x80\x02\x82\x07.",
    "runpy": b"crunpy\nrun_path\n(S'x.py'\ntR.",
    "numpy's runstring": b"cnumpy.testing._private.utils\nrunstring\n(S'pass'\n}tR.",
    "another pickle": b"cjoblib\nload\n(S'x'\ntR.",
    "code objects": b"ctypes\nCodeType\n.",
    "the machine's own code": b"cctypes\nCDLL\n(S'libc.so.6'\ntR.",
    "the network": b"curllib.request\nurlopen\n(S'http://localhost'\ntR.",
    "before it breaks": b"cos\nsystem\n(S'true'\ntR\xff\xff\xff",
    "before it is cut off": b"cos\nsystem\n(S'true'\ntR(S'and",
    "popped, so that the root looks harmless": b"\x80\x02cos\nsystem\n(S'true'\ntR0}.",
    "numbered in two ways": b"\x80\x04\x8c\x02os\x94\x8c\x06systemq\x00\x94h\x00.",
}
# fmt: on


def written(folder: Path, data: bytes, name: str = "model.pkl") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pickle_is_seen_through(tmp_path: Path, data: bytes) -> None:
    assert inspect(written(tmp_path, data)).suspicious


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("lz4", 3)], ids=str)
def test_a_hostile_joblib_file_is_seen_through(tmp_path: Path, compress: Any, data: tuple[Any, Any]) -> None:
    joblib.dump([data[0], Reduce(os.system, ("true",))], tmp_path / "model.joblib", compress=compress)
    assert [one.name for one in inspect(tmp_path / "model.joblib").suspicious] == ["posix.system"]


def test_a_hostile_pickle_inside_an_array_of_objects(tmp_path: Path) -> None:
    import numpy as np

    joblib.dump(np.array([Reduce(os.system, ("true",)), 1], dtype=object), tmp_path / "model.joblib")
    assert [one.name for one in inspect(tmp_path / "model.joblib").suspicious] == ["posix.system"]


WATCH = """
    import codecs, pathlib, sys
    from scoredock.models.reading import inspect
    files = [pathlib.Path(name) for name in sys.argv[1:]]
    inspect(files[0])  # what the reader itself imports when it is first used,
    codecs.lookup("raw-unicode-escape")  # and the codec of the text protocol
    loaded = set(sys.modules)
    FORBIDDEN = ("import", "exec", "compile", "os.", "subprocess.", "socket.", "pickle.", "ctypes.", "marshal.", "shutil.")
    seen = []
    def watch(event, arguments):
        if event.startswith(FORBIDDEN) or (event == "open" and arguments[0] not in map(str, files)):
            seen.append((event, str(arguments)[:80]))
    sys.addaudithook(watch)
    for file in files:
        inspect(file)
    assert not seen, seen
    assert set(sys.modules) == loaded, set(sys.modules) - loaded
    print(len(files))
"""


def test_no_hostile_pickle_makes_the_interpreter_do_anything(tmp_path: Path) -> None:
    """The interpreter's own audit events: no import, no compile, no process, no file but the models."""
    files = [written(tmp_path, HOSTILE["os.system by name"], "first.pkl")]
    files += [written(tmp_path, data, f"{number}.pkl") for number, data in enumerate(HOSTILE.values())]
    for protocol in range(6):
        files.append(written(tmp_path, pickle.dumps(Reduce(os.system, ("true",)), protocol), f"p{protocol}.pkl"))
    argv = [sys.executable, "-c", textwrap.dedent(WATCH), *map(str, files)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout.strip(), ran.stderr) == (str(len(files)), "")


@pytest.mark.parametrize(
    ("data", "form", "sentence"),
    [
        (b"", Format.EMPTY, "The file model.pkl is empty."),
        (b"\x80\x06.", Format.PICKLE, "The model model.pkl is written in pickle protocol 6, which no Python reads yet."),
        (b"\x80\x04\x95", Format.PICKLE, "The model model.pkl is cut off: it ends before the model does."),
        (
            b"<!DOCTYPE html><html>Sign in",
            Format.UNKNOWN,
            "model.pkl is a web page, not a model: the download that made it was probably refused.",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            Format.UNKNOWN,
            "model.pkl is a Git LFS pointer, not the model: the file itself was never fetched.",
        ),
        (b"import joblib\nprint(1)\n", Format.UNKNOWN, "model.pkl is no model in a format that Scoredock knows."),
        (bytes(4096), Format.UNKNOWN, "model.pkl holds nothing but zeros: it was probably never written to its end."),
        (
            zlib.compress(b"just text, and no model"),
            Format.UNKNOWN,
            "model.pkl is compressed (zlib), and there is no model inside.",
        ),
    ],
    ids=["empty", "future protocol", "cut off", "web page", "LFS pointer", "script", "zeros", "compressed text"],
)
def test_one_sentence_for_what_is_no_model(tmp_path: Path, data: bytes, form: Format, sentence: str) -> None:
    found = inspect(written(tmp_path, data))
    assert (found.format, found.problem, found.complete) == (form, sentence, False)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScoredockError, match="cannot be read: No such file"):
        inspect(tmp_path / "missing.pkl")


def test_an_archive_of_models_is_not_a_model(tmp_path: Path, forest_file: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pkl", "w") as archive:
        archive.write(forest_file, "deep/model.pkl")
    sentence = "model.pkl is a zip archive (deep/model.pkl), not a model: unpack it and use what is inside."
    assert inspect(tmp_path / "model.pkl").problem == sentence


def test_a_damaged_archive(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(list(range(1000))))
    sentence = "The archive model.pt is cut off or damaged: it cannot be unpacked."
    assert inspect(written(tmp_path, buffer.getvalue()[:-30], "model.pt")).problem == sentence
    assert inspect(written(tmp_path, b"PK\x03\x04" + bytes(300), "model.pt")).problem == sentence


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lz4", 3)], ids=str)
def test_a_model_that_is_cut_off(tmp_path: Path, estimators: dict[str, Any], compress: Any) -> None:
    joblib.dump(estimators["forest"], tmp_path / "whole.joblib", compress=compress)
    whole = (tmp_path / "whole.joblib").read_bytes()
    found = inspect(written(tmp_path, whole[: len(whole) * 2 // 3], "model.joblib"))
    assert not found.complete
    nothing = f"model.joblib is compressed ({found.compression}) and cut off: nothing of it can be read."
    assert found.problem in {"The model model.joblib is cut off: it ends before the model does.", nothing}
    # bz2 and LZ4 keep so small a model in one block, of which a part is nothing.
    assert "sklearn" in found.packages or compress[0] in {"bz2", "lz4"}


def test_compressed_bytes_that_are_broken(tmp_path: Path, forest_file: Path) -> None:
    whole = bytearray(zlib.compress(forest_file.read_bytes()))
    whole[len(whole) // 2] ^= 0xFF
    found = inspect(written(tmp_path, bytes(whole)))
    assert not found.complete
    assert found.problem


def test_pickles_inside_pickles_without_end(tmp_path: Path) -> None:
    """joblib's wrapper says that a pickle follows, which says that a pickle follows, and so on."""
    import numpy as np

    joblib.dump(np.array([None], dtype=object), tmp_path / "one.joblib")
    data = (tmp_path / "one.joblib").read_bytes()
    wrapper = data[: data.index(pickle.PROTO, 1)]
    found = inspect(written(tmp_path, wrapper * 1000))
    assert found.problem == "The model model.pkl holds pickles inside pickles without end."


def run_bounded(file: Path, megabytes: int, seconds: float = 60) -> str:
    """Inspect in a process of its own; fails when it takes more memory than ``megabytes`` beyond the interpreter's."""
    code = (
        "import pathlib, re, sys\n"
        "from scoredock.models.reading import inspect\n"
        "from scoredock.models.values import Limits\n"
        "import scoredock.models.reading.others, scoredock.models.reading.archives\n"
        "def peak():  # of this program alone: what getrusage says includes the process it was forked from\n"
        "    status = pathlib.Path('/proc/self/status').read_text()\n"
        "    return int(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1])\n"
        "before = peak()\n"
        "found = inspect(pathlib.Path(sys.argv[1]), Limits(seconds=float(sys.argv[3])))\n"
        "grown = (peak() - before) / 1024\n"
        "assert grown <= float(sys.argv[2]), f'{grown:.0f} MB'\n"
        "print(found.complete, found.root, found.problem)\n"
    )
    argv = [sys.executable, "-c", code, str(file), str(megabytes), str(seconds)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_two_gigabytes_in_bounded_memory(tmp_path: Path) -> None:
    """A sparse file: an array of 2 GB, then more of the model."""
    import numpy as np

    joblib.dump({"weights": np.zeros(4), "after": "the end"}, tmp_path / "small.joblib")
    data = (tmp_path / "small.joblib").read_bytes()
    at = data.index(b"K\x04\x85")  # the shape, (4,)
    start = data.rindex(bytes(32))  # the array
    count = 2**28
    head = data[:at] + b"J" + count.to_bytes(4, "little") + b"\x85" + data[at + 3 : start]
    with (tmp_path / "big.joblib").open("wb") as file:
        file.write(head)
        file.seek(len(head) + 8 * count)
        file.write(data[start + 32 :])
    assert (tmp_path / "big.joblib").stat().st_size > 2 * 1024**3
    assert run_bounded(tmp_path / "big.joblib", 32) == "True builtins.dict"


def bomb(folder: Path, head: bytes, piece: bytes, times: int) -> Path:
    machine = zlib.compressobj(1)
    with (folder / "model.pkl").open("wb") as file:
        file.write(machine.compress(head))
        block = piece * max(1, 2**20 // len(piece))
        for _ in range(times):
            file.write(machine.compress(block))
        file.write(machine.flush())
    return folder / "model.pkl"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"\x80\x04", b"N"),
        (b"\x80\x04", b"("),
        (b"\x80\x04", b"]\x94"),
        (b"\x80\x04", b"}\x94("),
        (b"\x80\x04", b"\x8c\x40" + b"x" * 64 + b"\x94"),
        (b"\x80\x04]\x94(", b"\x8c\x08abcdefgh\x94"),
        (b"\x80\x04N", b"\x85\x94"),
        (b"\x80\x04]", b"h\x00]\x94a"),
        (b"\x80\x02", b"C\x40" + b"y" * 64),
        (b"\x80\x04", b"\x8b\xf0\x03\x00\x00" + b"\x7f" * 1008),
        (b"\x80\x04", b"S'" + b"z" * 900 + b"'\n"),
        (b"\x80\x04", b"cos\nsystem\n"),
    ],
    ids=["items", "marks", "lists", "dicts", "strings", "texts", "tuples", "nested", "bytes", "long", "lines", "names"],
)
def test_a_bomb_does_not_go_off(tmp_path: Path, head: bytes, piece: bytes) -> None:
    """20 MB that unfold from a small file, each of a kind of object that a reader might keep."""
    assert run_bounded(bomb(tmp_path, head, piece, 20), 64, seconds=3).startswith("False")


def test_different_names_without_end(tmp_path: Path) -> None:
    data = b"\x80\x02" + b"".join(b"cmodule%d\nname\n0" % number for number in range(100_000)) + b"N."
    found = inspect(written(tmp_path, data))
    assert found.problem == "The model model.pkl names more classes than any model should."


def test_reading_ends_when_its_time_is_over(tmp_path: Path) -> None:
    found = inspect(bomb(tmp_path, b"\x80\x04", b"N0", 60), Limits(seconds=0.05))
    assert found.problem == "The model model.pkl takes longer to read than the time it was given."


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=10), inner, max_size=6)
        | st.sets(st.integers(), max_size=5)
    ),
    max_leaves=40,
)


@settings(deadline=None, max_examples=150)
@given(value=plain, protocol=st.integers(0, 5), memo=st.booleans())
def test_whatever_the_standard_pickler_writes_is_read_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, value: Any, protocol: int, memo: bool
) -> None:
    data = pickle.dumps(value, protocol)
    data = data if memo else pickletools.optimize(data)
    found = inspect(written(tmp_path_factory.mktemp("any"), data))
    assert found.complete, found.problem
    if value is not None and not isinstance(value, (set, bytes)):
        assert found.root == f"builtins.{type(value).__name__}"


def mutated(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(changed))
        what = dice.random()
        if what < 0.5:
            changed[at] = dice.randrange(256)
        elif what < 0.75:
            del changed[at : at + dice.randint(1, 20)]
        else:
            changed[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 10)))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_damage_never_breaks_the_reader(tmp_path: Path, estimators: dict[str, Any], seed: int) -> None:
    """Files that were hit anywhere: always a `ModelFile`, never an exception."""
    dice = random.Random(seed)  # noqa: S311 (damage, not secrets)
    sources = [pickle.dumps(estimators["pipeline"], protocol) for protocol in (0, 2, 4, 5)]
    for compress in (0, ("zlib", 3), ("xz", 3), ("lz4", 3)):
        joblib.dump(estimators["pipeline"], tmp_path / "model.joblib", compress=compress)
        sources.append((tmp_path / "model.joblib").read_bytes())
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", sources[0])
    sources.append((tmp_path / "model.pt").read_bytes())
    for _ in range(60):
        for source in sources:
            assert isinstance(inspect(written(tmp_path, mutated(source, dice)), Limits(seconds=5)), ModelFile)
