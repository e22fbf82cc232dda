"""The rooms of the house import downwards only."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2] / "pyserver" / "scoredock"

# Top to bottom: a room may import itself and what stands below it.
ROOMS = (
    "cli",
    "lsp",
    "debugging",
    "scoring",
    "hosting",
    "checking",
    "environment",
    "models",
    "engine",
    "contract",
    "project",
    "runtime",
)
# Values that every room may use; they import nothing of a room.
GROUND = ("finding", "errors", "progress", "folders", "l10n", "patience", "command_lines")
OUTSIDE_THE_ORDER = ("__init__", "__main__", "api")
MAY_PRINT = ("cli", "api")  # scripts of SDK v1 print as they go
PURE = {"contract": {"scoredock.finding", "scoredock.l10n", "scoredock.contract", "scoredock.project.values"}}


def room_of(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported_modules(file: Path) -> set[str]:
    package = ("scoredock", *file.relative_to(HOUSE).parts[:-1])
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


SAMPLE = HOUSE / "project" / "digits"  # files that are copied to users, no part of the house
FILES = sorted(file for file in HOUSE.rglob("*.py") if SAMPLE not in file.parents)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(HOUSE).as_posix())
def test_a_room_imports_only_what_stands_below_it(file: Path) -> None:
    room = room_of(file)
    if room in OUTSIDE_THE_ORDER:
        return
    assert room in ROOMS + GROUND, f"{room} is not a room of the house: add it to the order on purpose"
    allowed = set(GROUND) if room in GROUND else {*ROOMS[ROOMS.index(room) :], *GROUND}
    if room == "runtime":
        allowed = {"runtime"}
    for name in imported_modules(file):
        parts = name.split(".")
        if parts[0] == "scoredock" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in allowed, f"{file.name} imports {name}, which stands above {room}"


@pytest.mark.parametrize("file", [f for f in FILES if room_of(f) in PURE], ids=lambda file: file.name)
def test_the_contract_is_pure(file: Path) -> None:
    import sys

    for name in imported_modules(file):
        root = name.split(".")[0]
        if root == "scoredock":
            assert any(name == pure or name.startswith(pure + ".") or pure.startswith(name) for pure in PURE["contract"]), name
        else:
            assert root in sys.stdlib_module_names or root == "__future__", name


def test_only_the_language_server_imports_lsprotocol() -> None:
    guilty = [
        f for f in FILES if room_of(f) != "lsp" and any(n.split(".")[0] in {"lsprotocol", "pygls"} for n in imported_modules(f))
    ]
    assert not guilty


def test_only_the_command_line_prints() -> None:
    def prints(file: Path) -> bool:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print" for n in ast.walk(tree))

    guilty = [f for f in FILES if room_of(f) not in (*MAY_PRINT, "runtime") and prints(f)]
    assert not guilty
