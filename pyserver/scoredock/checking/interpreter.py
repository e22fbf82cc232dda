"""Asking the environment's own Python whether a text compiles. The text goes to its standard input and is never run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from scoredock.contract.facts import SyntaxVerdict

# Python 2 and 3 both understand it; `-I` keeps the user's own modules and settings out, `-S` the packages.
ASK = """\
import json, sys, warnings
warnings.simplefilter("ignore")
data = sys.stdin.buffer.read()
try:
    compile(data, "score.py", "exec", dont_inherit=True)
except SyntaxError as error:
    end = getattr(error, "end_lineno", None), getattr(error, "end_offset", None)
    print(json.dumps([error.msg or "invalid syntax", error.lineno or 1, error.offset or 1, end[0], end[1]]))
except (ValueError, RecursionError, MemoryError) as error:
    print(json.dumps([str(error) or type(error).__name__, 1, 1, None, None]))
else:
    print("null")
"""
PATIENCE = 10  # seconds; a bare interpreter takes a few hundredths


def ask(interpreter: Path, data: bytes) -> SyntaxVerdict | None:
    """What that Python says of a source file's bytes; ``None`` when it cannot be asked."""
    try:
        answer = subprocess.run(
            [str(interpreter), "-I", "-S", "-c", ASK], input=data, capture_output=True, timeout=PATIENCE, check=True
        ).stdout
        said = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if said is None:
        return SyntaxVerdict(None)
    message, line, column, end_line, end_column = said
    column = max(column, 1)
    if not end_line or not end_column or (end_line, end_column) <= (line, column):
        end_line, end_column = line, column + 1
    return SyntaxVerdict(str(message).strip().rstrip("."), line, column, end_line, end_column)
