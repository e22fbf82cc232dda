"""What the extension costs the editor when it wakes up: milliseconds of the extension host, in the real workbench."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.rounds import Contestants, Row

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def activations() -> Iterator[Contestants]:
    node = shutil.which("node") or "node"
    subprocess.run([node, "extension/scripts/package.mjs"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (vsix,) = (ROOT / "dist").glob("*.vsix")
    command = [node, "node_modules/vite-node/vite-node.mjs", "tests/workbench/activations.ts", str(vsix)]
    editor = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert editor.stdin and editor.stdout

    def activation() -> float:
        editor.stdin.write("activate\n")
        editor.stdin.flush()
        return float(editor.stdout.readline())

    try:
        yield Contestants(activation)
    finally:
        # Vite exits as soon as its standard input ends; closed at once, the editor would be left running.
        editor.stdin.write("stop\n")
        editor.stdin.flush()
        editor.stdout.readline()
        editor.stdin.close()
        editor.wait(60)


ROWS = [Row("editor: activation of the extension", "ms", activations, bar=50, rounds=7)]
