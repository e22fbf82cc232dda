"""Makes a real conda channel on disk: `.conda` archives as conda-build writes them, and repodata by py-rattler.

The Python in it is the one that runs the tests, packed anew: programs find their library folder beside themselves, so
it works wherever it is unpacked.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import zstandard

from .wheels import digest

PLATFORM = {"linux": "linux-64", "darwin": "osx-64", "win32": "win-64"}[sys.platform]
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON_VERSION = ".".join(map(str, sys.version_info[:3]))

Files = dict[str, bytes | Path]


def write_package(
    channel: Path,
    name: str,
    version: str,
    files: Files,
    *,
    depends: tuple[str, ...] = (),
    noarch: bool = False,
    links: dict[str, str] | None = None,
    level: int = 1,
) -> Path:
    """Write one package; ``files`` maps paths in the prefix to content or to a file to pack, ``links`` to link targets."""
    subdir = "noarch" if noarch else PLATFORM
    build = "py_0" if noarch else "h0_0"
    stem = f"{name}-{version}-{build}"
    index = {"name": name, "version": version, "build": build, "build_number": 0, "depends": list(depends), "subdir": subdir}
    if noarch:
        index |= {"noarch": "python", "arch": None, "platform": None}
    if name == "python":
        index["python_site_packages_path"] = f"lib/python{MINOR}/site-packages"
    entries = []
    for path, content in files.items():
        data = content.read_bytes() if isinstance(content, Path) else content
        entries.append(
            {"_path": path, "path_type": "hardlink", "sha256": hashlib.sha256(data).hexdigest(), "size_in_bytes": len(data)}
        )
    entries += [
        {"_path": path, "path_type": "softlink", "sha256": hashlib.sha256(b"").hexdigest(), "size_in_bytes": 0}
        for path in links or {}
    ]
    info: Files = {
        "info/index.json": json.dumps(index).encode(),
        "info/paths.json": json.dumps({"paths": entries, "paths_version": 1}).encode(),
        "info/files": "\n".join([*files, *(links or {})]).encode() + b"\n",
    }
    if noarch:
        info["info/link.json"] = json.dumps({"noarch": {"type": "python"}, "package_metadata_version": 1}).encode()
    target = channel / subdir / f"{stem}.conda"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
        archive.writestr(f"info-{stem}.tar.zst", packed(info, {}, level))
        archive.writestr(f"pkg-{stem}.tar.zst", packed(files, links or {}, level))
    return target


def packed(files: Files, links: dict[str, str], level: int) -> bytes:
    return zstandard.ZstdCompressor(level=level, threads=2).compress(in_tar(files, links))


def in_tar(files: Files, links: dict[str, str], inside: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(inside + path)
            data = content.read_bytes() if isinstance(content, Path) else content
            executable = path.startswith("bin/") or (isinstance(content, Path) and content.stat().st_mode & 0o100)
            member.size, member.mode = len(data), 0o755 if executable else 0o644
            tar.addfile(member, io.BytesIO(data))
        for path, aim in links.items():
            member = tarfile.TarInfo(inside + path)
            member.type, member.linkname = tarfile.SYMTYPE, aim
            tar.addfile(member)
    return buffer.getvalue()


def own_python() -> tuple[Files, dict[str, str]]:
    """The running CPython: its executable and standard library, without tests, tools for building, and packages; and links."""
    base = Path(sys.base_prefix)
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": str(base), "base": str(base)}))
    left_out = {"test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "site-packages", "dist-packages", "__pycache__"}
    files: Files = {f"bin/python{MINOR}": relocatable(executable)}
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library)
        if left_out.intersection(inside.parts) or inside.parts[0].startswith("config-") or not path.is_file():
            continue
        files[f"lib/python{MINOR}/{inside.as_posix()}"] = path
    files[f"lib/python{MINOR}/site-packages/README.txt"] = b"packages go here\n"
    shared = sysconfig.get_config_var("INSTSONAME")
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and shared:
        for folder in (sysconfig.get_config_var("LIBDIR"), str(base / "lib")):
            if folder and (Path(folder) / shared).exists():
                files[f"lib/{shared}"] = (Path(folder) / shared).resolve()
                break
    return files, {"bin/python": f"python{MINOR}", "bin/python3": f"python{MINOR}"}


def relocatable(executable: Path) -> bytes:
    """A program that looks for its libraries beside itself, as conda-build leaves it, and not where it was first installed."""
    first = os.fsencode(sysconfig.get_config_var("LIBDIR") or "") + b"\0"
    aside = b"$ORIGIN/../lib"
    content = executable.read_bytes()
    return content.replace(first, aside.ljust(len(first), b"\0")) if len(first) > len(aside) else content


def write_python(channel: Path) -> None:
    files, links = own_python()
    write_package(channel, "python", PYTHON_VERSION, files, links=links)


def write_module(channel: Path, name: str, version: str, *, depends: tuple[str, ...] = ()) -> None:
    """A pure-Python conda package: one module, and the metadata that pip and `importlib.metadata` read."""
    module = name.replace("-", "_")
    folder = f"site-packages/{module}-{version}.dist-info"
    files: Files = {
        f"site-packages/{module}.py": f"VERSION = {version!r}\n".encode(),
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{folder}/INSTALLER": b"conda\n",
        f"{folder}/top_level.txt": f"{module}\n".encode(),
    }
    record = "".join(f"{path.removeprefix('site-packages/')},{digest(data)},{len(data)}\n" for path, data in _texts(files))
    files[f"{folder}/RECORD"] = f"{record}{folder.removeprefix('site-packages/')}/RECORD,,\n".encode()
    write_package(channel, name, version, files, depends=("python", *depends), noarch=True)


def _texts(files: Files) -> list[tuple[str, bytes]]:
    return [(path, data) for path, data in files.items() if isinstance(data, bytes)]


def write_channel(folder: Path) -> str:
    """A whole channel: Python, a library that is no Python package, modules in two versions, and two that disagree.

    Returns its URL.
    """

    write_python(folder)
    write_package(folder, "libsmall", "1.4.0", {"share/libsmall/data.txt": b"forty-two\n"})
    write_package(folder, "with-script", "1.0", {"bin/.with-script-post-link.sh": b"touch $PREFIX/was-run\n"})
    write_module(folder, "small-module", "1.0")
    write_module(folder, "small-module", "2.0", depends=("libsmall >=1.4",))
    write_module(folder, "likes-old", "3.1", depends=("small-module <2",))
    asyncio.run(_index(folder))
    return folder.as_uri()


async def _index(folder: Path) -> None:
    import rattler.index

    await rattler.index.index_fs(folder)
