"""Run the inference server as its own launcher does, under our arbiter. Started as a script by the user's interpreter.

Everything that is Azure's comes in environment variables (AML_APP_ROOT, AZUREML_ENTRY_SCRIPT, AZUREML_MODEL_DIR,
WORKER_COUNT, ...) and is handled by the server's own ``amlserver.run``, of which only the last step, handing over to
gunicorn, is replaced. What is ours comes in arguments.
"""

from __future__ import annotations

import argparse
import os
import sys
import types


def _package() -> str:
    """Make the files beside this one importable under a name no user module has, without their folder on sys.path."""
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    package = types.ModuleType("scoredock_runtime")
    package.__path__ = [here]
    sys.modules["scoredock_runtime"] = package
    return "scoredock_runtime"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs a scoring script under the Azure ML inference server.")
    parser.add_argument("--control", required=True, help="where the control socket is made")
    parser.add_argument("--bind", required=True, help="fd://N for an inherited socket, or HOST:PORT")
    parser.add_argument("--port", required=True, type=int, help="the port, as the server shows it")
    parser.add_argument("--record", help="folder with start.json, and for process.json and failure.json")
    parser.add_argument("--skip", action="append", default=[], help="a module that is not to be imported before the fork")
    parser.add_argument("--wait-for-debugger", action="store_true", help="stop before user code until a debugger came")
    parser.add_argument("--replace", help="control socket of the service whose place this one takes once it is ready")
    return parser.parse_args()


def main() -> None:
    import importlib

    package = _package()
    options = _arguments()
    importlib.import_module(package + ".service").run(options, __file__)


if __name__ == "__main__":
    main()
