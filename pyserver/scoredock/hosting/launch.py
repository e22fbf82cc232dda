"""Start the launcher of a service in the user's interpreter, as a process that belongs to nobody."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scoredock import runtime
from scoredock.hosting.runs import Run
from scoredock.hosting.values import Plan, ServiceProblem
from scoredock.l10n import t
from scoredock.project.values import Project, Source

LAUNCHER = Path(runtime.__file__).parent / "launcher.py"

# What a service inherits. On Azure there is nothing of the user's shell, so a script that works here because of it would
# fail there: only what a process needs on this machine goes through.
INHERITED = (
    *("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "XDG_RUNTIME_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the code lies: Azure's variables for it. The entry script is relative to the root, as it is there."""

    app_root: Path
    entry_script: str
    source_directory: str | None = None


def demand_linux() -> None:
    """Raises ServiceProblem where processes cannot be services: macOS lets forked children of many libraries crash, Windows has
    no fork, and neither was tried."""
    if sys.platform != "linux":
        system = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        raise ServiceProblem(
            t("Services run as processes on Linux and WSL only, not on {0}.", system), t("Deploy with --target docker.")
        )


def layout(project: Project) -> Layout:
    """CLI v2 makes the script's folder the app root (azure-ai-ml, `_local_endpoints`); SDK v1 the folder above the source
    directory, and names that (azureml-core, `InferenceConfig._handle_assets`)."""
    script = project.entry_script
    if script is None:
        raise ServiceProblem(
            t("This deployment names no scoring script."),
            t("Add code_configuration.scoring_script to it; Scoredock runs scripts."),
        )
    if project.source is Source.INFERENCE_CONFIG and script.is_relative_to(project.code):
        relative = Path(project.code.name) / script.relative_to(project.code)
        return Layout(project.code.parent, relative.as_posix(), project.code.name)
    return Layout(script.parent, script.name)


def environment(plan: Plan, placed: Layout, model_dir: Path | None) -> dict[str, str]:
    """The whole environment of a service. The deployment's own variables win, as with Azure's tools."""
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables["PATH"] = os.pathsep.join([str(plan.interpreter.parent), os.environ.get("PATH", os.defpath)])
    variables["AML_APP_ROOT"] = str(placed.app_root)
    variables["AZUREML_ENTRY_SCRIPT"] = placed.entry_script
    if placed.source_directory:
        variables["AZUREML_SOURCE_DIRECTORY"] = placed.source_directory
    if model_dir is not None:
        variables["AZUREML_MODEL_DIR"] = str(model_dir)
    variables["WORKER_TIMEOUT"] = "300"  # as Azure's prebuilt images set it
    variables.update(plan.environment_variables)
    return variables


def probes(project: Project) -> dict[str, Any]:
    """The deployment's probes, for the arbiter."""
    return {"liveness": asdict(project.liveness_probe), "readiness": asdict(project.readiness_probe)}


def told(project: Project, preload: tuple[str, ...]) -> dict[str, Any]:
    """start.json (runtime/PROTOCOL.md): what would make a command line of hundreds of words."""
    return {"preload": preload, "probes": probes(project)}


@dataclass(frozen=True, slots=True)
class Launch:
    """What is known only when it starts."""

    run: Run
    listener: socket.socket
    preload: tuple[str, ...] = ()
    replace: Path | None = None  # control socket of the run whose place it takes


def launch(plan: Plan, start: Launch, model_dir: Path | None) -> subprocess.Popen[bytes]:
    """Start it: own session, no standard input, output to its log. Raises ServiceProblem."""
    placed = layout(plan.project)
    run, descriptor = start.run, start.listener.fileno()
    argv = [
        *(str(plan.interpreter), "-u", str(LAUNCHER), "--control", str(run.control), "--record", str(run.folder)),
        *("--bind", f"fd://{descriptor}", "--port", str(run.facts.port)),
    ]
    if plan.debug == "wait":
        argv.append("--wait-for-debugger")
    if start.replace is not None:
        argv += ["--replace", str(start.replace)]
    start.listener.set_inheritable(True)
    try:
        (run.folder / "start.json").write_text(json.dumps(told(plan.project, start.preload)), encoding="utf-8")
        with run.log.open("ab") as log:
            process = subprocess.Popen(
                argv,
                cwd=placed.app_root,
                env=environment(plan, placed, model_dir),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(descriptor,),
                start_new_session=True,
            )
    except OSError as error:
        raise ServiceProblem(
            t("{0} cannot be started: {1}.", plan.interpreter, error.strerror or error), t("Sync the environment again.")
        ) from None
    # It is our child until we end: somebody has to bury it, or it stays in the process table.
    threading.Thread(target=process.wait, name=f"bury {process.pid}", daemon=True).start()
    return process
