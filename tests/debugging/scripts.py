"""The scripts that the services of these tests run."""

SCORE = """\
import json
import sys
import threading
import time

model = None


def init():
    global model
    model = {"weight": 2}


def run(data):
    wish = json.loads(data)
    if "spin" in wish:
        until = time.time() + wish["spin"]
        while time.time() < until:
            wish["turns"] = wish.get("turns", 0) + 1
        return "spun"
    if "fail" in wish:
        raise ValueError(wish["fail"])
    if "look" in wish:
        watched = 0
        if hasattr(sys, "monitoring"):
            sys.monitoring.use_tool_id(sys.monitoring.DEBUGGER_ID, "look")
            watched = sys.monitoring.get_local_events(sys.monitoring.DEBUGGER_ID, run.__code__)
            sys.monitoring.free_tool_id(sys.monitoring.DEBUGGER_ID)
        return {
            "watched": watched,
            "debugpy": "debugpy" in sys.modules or "pydevd" in sys.modules,
            "traced": sys.gettrace() is not None,
            "threads": sorted(thread.name for thread in threading.enumerate()),
        }
    number = wish["number"]
    answer = number * model["weight"]
    return {"answer": answer}
"""
