"""Where a worker is: the Python stack of each of its threads. For a ``run`` that hangs."""

from __future__ import annotations

import sys
import traceback
from typing import Any


def answer(worker: Any, message: dict[str, Any]) -> dict[str, Any]:
    """``{"ok": true, "threads": [{"id", "frames": [{"path", "line", "function"}]}]}``, outermost frame first."""
    threads = []
    for identity, frame in sys._current_frames().items():
        frames = [{"path": f.filename, "line": f.lineno, "function": f.name} for f in traceback.extract_stack(frame)]
        threads.append({"id": identity, "frames": frames})
    return {"ok": True, "threads": threads}
