"""What a worker says of its debugger, with several threads that say it."""

import threading
from types import SimpleNamespace

from scoredock.runtime.debug import Debugger
from scoredock.runtime.gate import ATTACHED, HELD


def test_what_is_said_again_is_what_was_said_last() -> None:
    # The watcher's repetition once took the old flags before its turn came, so that a breakpoint hit meanwhile was unsaid.
    said: list[int] = []
    debugger = Debugger.__new__(Debugger)
    gate = SimpleNamespace(flag=lambda slot, flags: said.append(flags))
    debugger._worker = SimpleNamespace(gate=gate, slot=0, hold=False)
    debugger._attached, debugger._flags, debugger._flagging = True, ATTACHED, threading.Lock()
    with debugger._flagging:
        watcher = threading.Thread(target=debugger._flag)
        watcher.start()
        debugger._flags = ATTACHED | HELD
    watcher.join()
    assert said == [ATTACHED | HELD]
