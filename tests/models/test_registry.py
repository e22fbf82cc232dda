"""The registry on disk: what it keeps, what it refuses, and that it survives whatever happens to it."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scoredock.errors import ScoredockError
from scoredock.models.names import parse_reference
from scoredock.models.registering import About
from scoredock.models.registry import Registry
from scoredock.models.values import ModelDamaged, ModelNotFound, ModelProblem, VersionTaken
from scoredock.progress import Step


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "azureml-models")


@pytest.fixture
def model_file(tmp_path: Path, forest_file: Path) -> Path:
    return Path(shutil.copy(forest_file, tmp_path / "forest.pkl"))


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(os.urandom(70_000))
    (folder / "deep" / "er" / "names.txt").write_text("a\nb\n", encoding="utf-8")
    return folder


def leftovers(registry: Registry) -> list[str]:
    """Every file that no registered version accounts for."""
    if not registry.root.exists():
        return []
    kept = {file for model in registry.models() for file in model.path.parent.rglob("*")}
    inner = {"locks", "records"}
    return [
        path.relative_to(registry.root).as_posix()
        for path in registry.root.rglob("*")
        if path.is_file() and path not in kept and path.relative_to(registry.root).parts[1] not in inner
    ]


def test_a_file_is_registered_with_all_that_is_said_of_it(registry: Registry, model_file: Path, tmp_path: Path) -> None:
    sample = tmp_path / "request.json"
    sample.write_text('{"data": [[1]]}', encoding="utf-8")
    about = About(
        description="a forest",
        tags={"area": "diabetes"},
        properties={"run": "7"},
        framework="ScikitLearn",
        framework_version="1.9.1",
        cpu=1,
        memory_in_gb=0.5,
        sample_input=sample,
    )
    model = registry.register(model_file, "my-model", about=about)
    assert (model.name, model.version, model.reference, model.id) == ("my-model", "1", "azureml:my-model:1", "my-model:1")
    assert model.path == registry.root / "my-model" / "1" / "forest.pkl"
    assert list((registry.root / "my-model" / "1").iterdir()) == [model.path]
    assert model.path.read_bytes() == model_file.read_bytes()
    assert model.size == model_file.stat().st_size
    assert model.kind == "sklearn.ensemble._forest.RandomForestClassifier"
    assert registry.get("my-model") == model
    assert registry.sample_input(model) is not None
    assert leftovers(registry) == []


def test_a_folder_keeps_its_shape(registry: Registry, model_folder: Path) -> None:
    model = registry.register(model_folder, "bundle")
    assert model.is_folder
    assert (model.path / "deep" / "er" / "names.txt").read_text(encoding="utf-8") == "a\nb\n"
    lines = [f"{hashlib.sha256((model_folder / name).read_bytes()).hexdigest()}  bundle/{name}\n"
             for name in ("deep/er/names.txt", "weights.bin")]  # fmt: skip
    assert model.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_versions_count_up_and_a_given_one_is_kept(registry: Registry, model_file: Path) -> None:
    assert [registry.register(model_file, "m").version for _ in range(3)] == ["1", "2", "3"]
    assert registry.register(model_file, "m", version="9").version == "9"
    assert registry.register(model_file, "m").version == "10"
    assert registry.get("m").version == "10"


def test_a_version_never_changes(registry: Registry, model_file: Path) -> None:
    model = registry.register(model_file, "m")
    before = model.path.read_bytes()
    model_file.write_bytes(b"retrained")
    assert model.path.read_bytes() == before
    assert model.path.stat().st_nlink == 1
    assert not model.path.stat().st_mode & 0o222
    with pytest.raises(VersionTaken, match="m 1 is registered already"):
        registry.register(model_file, "m", version="1")


def test_tags_change_and_properties_only_grow(registry: Registry, model_file: Path) -> None:
    model = registry.register(model_file, "m", about=About(tags={"a": "1"}, properties={"p": "1"}))
    changed = registry.annotate(model, tags={"b": "2"}, properties={"p": "1", "q": "2"}, description="new")
    assert (changed.tags, changed.properties, changed.description) == ({"b": "2"}, {"p": "1", "q": "2"}, "new")
    assert registry.get("m") == changed
    with pytest.raises(ModelProblem, match="Properties of a model cannot be changed or removed"):
        registry.annotate(model, properties={"p": "2"})


def test_filters(registry: Registry, model_file: Path) -> None:
    registry.register(model_file, "a", about=About(tags={"area": "x"}, framework="Onnx"))
    registry.register(model_file, "a", about=About(tags={"area": "y", "new": ""}, properties={"p": "1"}))
    registry.register(model_file, "b")
    ids = lambda **wanted: [model.id for model in registry.models(**wanted)]  # noqa: E731
    assert ids() == ["a:1", "a:2", "b:1"]
    assert ids(name="a") == ["a:1", "a:2"]
    assert ids(tags={"area": "x"}) == ["a:1"]
    assert ids(tags={"new": None}) == ["a:2"]
    assert ids(properties={"p": "1"}) == ["a:2"]
    assert ids(framework="Onnx") == ["a:1"]
    assert ids(latest=True) == ["a:2", "b:1"]


def test_download_has_the_semantics_of_exist_ok(registry: Registry, model_folder: Path, tmp_path: Path) -> None:
    model = registry.register(model_folder, "bundle")
    steps: list[Step] = []
    target = registry.download(model, tmp_path / "out", progress=steps.append)
    assert target == tmp_path / "out" / "bundle"
    assert steps[-1].done == steps[-1].total == model.size
    assert target.joinpath("weights.bin").stat().st_mode & 0o200
    with pytest.raises(ModelProblem, match="exists already"):
        registry.download(model, tmp_path / "out")
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    registry.download(model, tmp_path / "out", exist_ok=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bundle"]
    assert sorted(path.name for path in target.iterdir()) == ["deep", "weights.bin"]


def test_delete_restore_and_purge(registry: Registry, model_file: Path) -> None:
    model = registry.register(model_file, "m")
    registry.delete(model)
    assert registry.models() == ()
    with pytest.raises(ModelNotFound, match=r"m 1 was deleted\. 'scoredock model restore m:1'"):
        registry.get("m", "1")
    assert [gone.id for gone in registry.models(deleted=True)] == ["m:1"]
    assert registry.register(model_file, "m").version == "2"
    with pytest.raises(VersionTaken, match="was deleted"):
        registry.register(model_file, "m", version="1")
    assert registry.restore("m", "1") == model
    registry.verify(model, deep=True)
    registry.delete(model)
    registry.purge("m", "1")
    assert registry.models(deleted=True) == ()
    assert registry.register(model_file, "m").version == "3"
    with pytest.raises(ModelNotFound, match="no deleted model"):
        registry.restore("m", "1")


@pytest.mark.parametrize(
    "name", ["", "..", ".", "a/b", "a\\b", "../../etc", "/etc", "a:b", "-a", "con", "nul.txt", "a" * 256, "a.", "é", "a b", "a\n"]
)
def test_names_that_are_paths_or_worse(registry: Registry, model_file: Path, name: str) -> None:  # fmt: skip
    with pytest.raises(ModelProblem, match="cannot be the name of a model"):
        registry.register(model_file, name)
    with pytest.raises(ModelProblem):
        registry.get(name)
    assert not registry.root.exists()


@pytest.mark.parametrize("version", ["", "..", "1/2", "../1", "latest", "1\0", "a" * 31, " 1", "com1"])
def test_versions_that_are_paths_or_worse(registry: Registry, model_file: Path, version: str) -> None:
    with pytest.raises(ModelProblem, match="cannot be a version"):
        registry.register(model_file, "m", version=version)
    with pytest.raises(ModelProblem):
        registry.get("m", version)


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [("m", "m", None), ("m:1", "m", "1"), ("azureml:m:1", "m", "1"), ("azureml:m@latest", "m", None), ("m@latest", "m", None)],
)
def test_references(text: str, name: str, version: str | None) -> None:
    assert parse_reference(text) == (name, version)


@pytest.mark.parametrize("text", ["", "azureml:", "a:b:c:d", "azureml://registries/x/models/m/versions/1", "../m:1"])
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(ModelProblem):
        parse_reference(text)


def test_what_cannot_be_registered(registry: Registry, tmp_path: Path) -> None:
    def refused(source: Path) -> str:
        with pytest.raises(ModelProblem) as caught:
            registry.register(source, "m")
        return caught.value.what

    (tmp_path / "empty.pkl").touch()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "circle").mkdir()
    (tmp_path / "circle" / "again").symlink_to(tmp_path / "circle", target_is_directory=True)
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "pipe")
    assert "no file or folder" in refused(tmp_path / "missing.pkl")
    assert "is empty" in refused(tmp_path / "empty.pkl")
    assert "is empty" in refused(tmp_path / "nothing")
    assert "in a circle" in refused(tmp_path / "circle")
    assert "a link to nothing" in refused(tmp_path / "dangling")
    assert "is no file" in refused(tmp_path / "piped")
    assert "contains the registry itself" in refused(tmp_path)
    assert registry.models() == ()
    assert leftovers(registry) == []


def test_links_inside_a_model_are_followed(registry: Registry, tmp_path: Path) -> None:
    """As the caches of model hubs lay them out: every file is a link to a blob elsewhere."""
    (tmp_path / "blob").write_bytes(b"weights")
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot" / "model.bin").symlink_to(tmp_path / "blob")
    model = registry.register(tmp_path / "snapshot", "hub")
    assert not (model.path / "model.bin").is_symlink()
    assert (model.path / "model.bin").read_bytes() == b"weights"


REGISTER = """
    import sys
    from pathlib import Path
    from scoredock.models.registry import Registry
    registry = Registry(Path(sys.argv[1]))
    for _ in range(int(sys.argv[3])):
        print(registry.register(Path(sys.argv[2]), "m").version)
"""


def test_several_processes_register_at_once(registry: Registry, model_folder: Path) -> None:
    argv = [sys.executable, "-c", textwrap.dedent(REGISTER), str(registry.root), str(model_folder), "6"]
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True), range(4)))
    given = sorted(int(line) for one in ran for line in one.stdout.split())
    assert given == list(range(1, 25))
    for model in registry.models():
        registry.verify(model, deep=True)
    assert leftovers(registry) == []


def test_two_processes_want_the_same_version(registry: Registry, model_file: Path) -> None:
    code = textwrap.dedent(REGISTER).replace('"m")', '"m", version="5")')
    argv = [sys.executable, "-c", code, str(registry.root), str(model_file), "1"]
    with ThreadPoolExecutor(3) as pool:
        ran = list(pool.map(lambda _: subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False), range(3)))
    assert sorted(one.returncode for one in ran) == [0, 1, 1]
    assert all("m 5 is registered already" in one.stderr for one in ran if one.returncode)
    registry.verify(registry.get("m", "5"), deep=True)


def test_a_process_that_is_killed_while_it_copies_leaves_nothing(registry: Registry, tmp_path: Path, model_file: Path) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from scoredock.models.registry import Registry
        Registry(Path(sys.argv[1])).register(Path(sys.argv[2]), "m", progress=lambda step: step.done and os._exit(9))
    """
    argv = [sys.executable, "-c", textwrap.dedent(code), str(registry.root), str(model_file)]
    assert subprocess.run(argv, timeout=60, check=False).returncode == 9
    assert registry.models() == ()
    assert leftovers(registry) != []
    assert registry.register(model_file, "m").version == "1"
    assert leftovers(registry) == []


def test_the_disk_is_full_in_the_middle_of_a_copy(
    registry: Registry, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = os.write, 40_000

    def write(descriptor: int, data: Any) -> int:
        nonlocal left
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = real(descriptor, data[: min(len(data), left)])
        left -= count
        return count

    monkeypatch.setattr("scoredock.models.copying.os.write", write)
    with pytest.raises(ModelProblem, match="bundle cannot be registered: the disk is full"):
        registry.register(model_folder, "bundle")
    monkeypatch.undo()
    assert registry.models() == ()
    assert leftovers(registry) == []
    assert not (registry.root / "bundle").exists()


def test_a_file_that_outgrows_its_limit(registry: Registry, tmp_path: Path) -> None:
    """A real refusal by the system in mid-copy."""
    (tmp_path / "big.bin").write_bytes(bytes(4_000_000))
    code = """
        import resource, signal, sys
        from pathlib import Path
        from scoredock.models.registry import Registry
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        Registry(Path(sys.argv[1])).register(Path(sys.argv[2]), "m")
    """
    argv = [sys.executable, "-c", textwrap.dedent(code), str(registry.root), str(tmp_path / "big.bin")]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert "m cannot be registered: the file system takes no file of that size" in ran.stderr
    assert registry.models() == ()
    assert leftovers(registry) == []


def test_a_registry_that_cannot_be_written(tmp_path: Path, model_file: Path) -> None:
    (tmp_path / "occupied").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ModelProblem, match="m cannot be registered: Not a directory"):
        Registry(tmp_path / "occupied").register(model_file, "m")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for here, _, _ in os.walk(folder):
        Path(here).chmod(0o755)
    shutil.rmtree(folder)


def test_a_registry_that_may_only_be_read(open_folder: Path, model_file: Path) -> None:
    source = Path(shutil.copy(model_file, open_folder / "forest.pkl"))
    registry = Registry(open_folder / "azureml-models")
    registry.register(source, "m")
    script = """
        import os, sys
        from pathlib import Path
        import filelock, scoredock.models.reading.others
        from scoredock.errors import ScoredockError
        from scoredock.models.registry import Registry
        for folder, _, _ in os.walk(sys.argv[1]):
            os.chmod(folder, 0o555)
        if os.geteuid() == 0:  # whom no permission stops
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        registry = Registry(Path(sys.argv[1]))
        try:
            registry.register(Path(sys.argv[2]), "m")
        except ScoredockError as said:
            print(said.what)
        print(registry.get("m").version)
    """
    argv = [sys.executable, "-c", textwrap.dedent(script), str(registry.root), str(source)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stderr == ""
    said, version = ran.stdout.splitlines()
    assert said.startswith("The model m cannot be registered: it is not allowed")
    assert version == "1"


def sharing_refused() -> str | None:
    """Why no file system that shares blocks between files can be mounted here, or None."""
    if not shutil.which("mkfs.xfs"):
        return "needs mkfs.xfs: on Debian and Ubuntu, apt install xfsprogs"
    return None if os.geteuid() == 0 else "needs root, to mount a file system that shares blocks between files"


SHARE = """
    import os, sys
    from pathlib import Path
    from scoredock.models.copying import can_clone
    from scoredock.models.registry import Registry
    place = Path(sys.argv[1])
    (place / "model.bin").write_bytes(os.urandom(64_000_000))
    os.sync()
    used = lambda: (lambda s: (s.f_blocks - s.f_bfree) * s.f_frsize)(os.statvfs(place))
    before = used()
    registry = Registry(place / "azureml-models")
    model = registry.register(place / "model.bin", "m")
    os.sync()
    registry.verify(model, deep=True)
    with (place / "model.bin").open("r+b") as file:
        file.write(b"the next training run")
    os.sync()
    registry.verify(model, deep=True)
    print(can_clone(place), (used() - before) // 1_000_000)
"""


@pytest.mark.slow
def test_a_copy_takes_no_space_where_the_file_system_can_share_it(tmp_path: Path) -> None:
    """A real XFS in a file, mounted where only the child sees it. What is shared is shared until somebody writes."""
    if refused := sharing_refused():
        pytest.skip(refused)
    image, place = tmp_path / "image", tmp_path / "place"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(400_000_000)
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", str(image)], check=True, timeout=60)
    script = f'mount -o loop {image} {place} || exit 32; exec "$0" -c "$1" {place}'
    argv = ["unshare", "-m", "sh", "-c", script, sys.executable, textwrap.dedent(SHARE)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    if ran.returncode == 32:
        pytest.skip(f"needs to mount a small XFS: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    cloned, megabytes = ran.stdout.split()
    assert (cloned, int(megabytes) < 8) == ("True", True), ran.stdout


def test_a_file_that_grows_while_it_is_copied(registry: Registry, model_file: Path) -> None:
    def grow(step: Step) -> None:
        if step.done:
            with model_file.open("ab") as file:
                file.write(b"more")

    with pytest.raises(ModelProblem, match="changed while it was copied"):
        registry.register(model_file, "m", progress=grow)
    assert registry.models() == ()
    assert leftovers(registry) == []


def rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_damage_is_seen_before_the_model_is_used(registry: Registry, model_folder: Path, tmp_path: Path) -> None:
    model = registry.register(model_folder, "bundle")
    registry.verify(model)
    weights = model.path / "weights.bin"
    whole = weights.read_bytes()
    rewrite(weights, whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ModelDamaged, match=r"not what was registered: bundle/weights\.bin was changed"):
        registry.verify(model)
    with pytest.raises(ModelDamaged, match="was changed"):
        registry.download(model, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    rewrite(weights, whole)
    registry.verify(model)
    (model.path / "extra.py").write_text("", encoding="utf-8")
    with pytest.raises(ModelDamaged, match=r"bundle/extra\.py was added"):
        registry.verify(model)
    (model.path / "extra.py").unlink()
    weights.unlink()
    with pytest.raises(ModelDamaged, match="is gone"):
        registry.verify(model)


def test_a_flipped_bit_that_kept_the_time_is_found_when_every_byte_is_read(registry: Registry, model_folder: Path) -> None:
    model = registry.register(model_folder, "bundle")
    weights = model.path / "weights.bin"
    status = weights.stat()
    whole = weights.read_bytes()
    rewrite(weights, bytes([whole[0] ^ 1]) + whole[1:])
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    registry.verify(model)
    with pytest.raises(ModelDamaged, match="was changed"):
        registry.verify(model, deep=True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"form":1}', '{"form":1,"entry":"../../etc/passwd"}', '{"form":99,"entry":"x"}']
)
def test_a_damaged_record(registry: Registry, model_file: Path, text: str) -> None:  # fmt: skip
    registry.register(model_file, "m")
    registry.register(model_file, "other")
    (registry.layout.live.records / "m" / "1.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelDamaged):
        registry.get("m", "1")
    assert [model.id for model in registry.models()] == ["other:1"]


def test_a_damaged_list_of_files(registry: Registry, model_file: Path) -> None:
    model = registry.register(model_file, "m")
    (registry.layout.live.records / "m" / "1.files.json").write_text("[[1]]", encoding="utf-8")
    with pytest.raises(ModelDamaged, match="list of files"):
        registry.verify(model)


def test_the_list_is_right_though_it_is_kept(registry: Registry, model_file: Path) -> None:
    """More versions than it takes for the list to be cached, then every kind of change."""
    model = registry.register(model_file, "m")
    record = (registry.layout.live.records / "m" / "1.json").read_text(encoding="utf-8")
    for number in range(100):
        (registry.layout.live.records / f"n{number}").mkdir()
        (registry.layout.live.records / f"n{number}" / "1.json").write_text(record, encoding="utf-8")
    assert len(registry.models()) == 101
    changed = registry.annotate(model, tags={"now": "new"})
    assert registry.models("m") == (changed,)
    registry.delete(changed)
    assert registry.models("m") == ()
    assert len(registry.models()) == 100
    registry.restore("m", "1")
    assert registry.models("m") == (changed,)


def test_a_missing_model_is_named_with_what_there_is(registry: Registry, model_file: Path) -> None:
    with pytest.raises(ModelNotFound, match="No model 'm' is registered"):
        registry.get("m")
    registry.register(model_file, "m")
    with pytest.raises(ModelNotFound, match=r"The model m has no version 7\. Registered are 1\."):
        registry.get("m", "7")
    assert isinstance(ModelNotFound("x"), ScoredockError)
