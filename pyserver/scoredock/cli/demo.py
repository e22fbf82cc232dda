"""`scoredock demo`: the main job from start to end on the sample project, as `npm start` runs it.

Makes the sample, syncs its environment, trains its model on real digits in it, checks the files, starts it under the real
inference server, scores a digit, edits the script, brings the edit into the running service, scores again and stops it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.cli.findings import print_findings
from scoredock.cli.projects import chosen
from scoredock.cli.terminal import showing_progress
from scoredock.errors import ScoredockError
from scoredock.finding import Severity
from scoredock.progress import Progress, Step

if TYPE_CHECKING:
    from scoredock.environment.values import ReadyEnvironment
    from scoredock.hosting.values import Service
    from scoredock.project.values import Project
    from scoredock.scoring.values import Answer

SERVICE = "scoredock-demo"
# The line of the sample's score.py that the demo edits, and what it becomes: the answer's probabilities get coarser.
LINE = "DECIMALS = 3  # of the probabilities in the answer"
EDITED = "DECIMALS = 1  # of the probabilities in the answer"


class DemoFailed(ScoredockError):
    """A step of the demo did not do what it shows."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", choices=("process", "docker"), default="process", help="where the service runs")
    parser.add_argument("--folder", default="scoredock-demo", help="where the sample project is made (default: %(default)s)")
    parser.add_argument("--port", type=int, help="the port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--keep", action="store_true", help="leave the service running at the end")


@dataclass
class Doing:
    """A step under way: who listens to its progress, and what is to be said of it when it is done."""

    progress: Progress
    said: str = ""


@dataclass
class Show:
    """The running account: a progress bar while a step goes on, then one line with the time it took."""

    number: int = 0

    @contextmanager
    def step(self, title: str) -> Iterator[Doing]:
        self.number += 1
        started = time.perf_counter()
        with showing_progress() as progress:
            doing = Doing(progress)
            yield doing
        print(f"{self.number:>2}  {title:<13}{doing.said:<72}{shown_time(time.perf_counter() - started):>8}", flush=True)


def shown_time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def run(arguments: argparse.Namespace) -> int:
    # Ctrl-C, a closed terminal and a polite kill all end in the `finally` below: nothing is left running.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    return asyncio.run(demo(arguments))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


async def demo(arguments: argparse.Namespace) -> int:
    from scoredock import __version__
    from scoredock.hosting import services

    show = Show()
    started = time.perf_counter()
    folder = Path(arguments.folder).resolve()
    print(f"Scoredock {__version__}: an Azure ML entry script, from an empty folder to a scored digit\n")

    script = folder / "score.py"
    await stop_if_there()  # an earlier run that was killed
    project = make_project(show, folder)
    environment = await sync(show, project)
    await train(show, folder, environment)
    check(show, project)
    try:
        service = await deploy(show, project, arguments)
        request = folder / "requests" / "digit-two.json"
        before = await score(show, service, request, draw=True)
        with show.step("edit") as step:
            line = edit(script, LINE, EDITED)
            step.said = f"{script.name} line {line}: probabilities with one decimal instead of three"
        with show.step("update") as step:
            updated = await services.update(SERVICE, progress=step.progress)
            step.said = f"the running service took the edit in {updated.seconds * 1000:.0f} ms"
        after = await score(show, service, request, draw=False)
        if after.body == before.body:
            raise DemoFailed("The service answered with the old code after the update.", "Please report this.")
    except BaseException:
        await stop_if_there()
        restore(script)
        raise
    if arguments.keep:
        print(f"\nLeft running: scoredock score {SERVICE} --data {request}; scoredock stop {SERVICE}")
    else:
        with show.step("stop") as step:
            await stop_if_there()
            restore(script)
            step.said = "the service is gone, and score.py is as it was"
    print(f"\nAll in {shown_time(time.perf_counter() - started)}. The project is yours to change: {folder}")
    return 0


async def stop_if_there() -> None:
    from scoredock.hosting import services

    if await services.find(SERVICE):
        await services.stop(SERVICE)


def make_project(show: Show, folder: Path) -> Project:
    """The sample project, made or found; a demo that was killed between its edit and its end is undone."""
    from scoredock.project import read_project
    from scoredock.project.sample import write_sample

    with show.step("project") as step:
        if (folder / "score.py").exists():
            restore(folder / "score.py")
            step.said = f"{folder.name}/ is there"
        else:
            write_sample(folder)
            step.said = f"made {folder.name}/: score.py, train.py, conda.yml, deployment.yml"
        reading = read_project(folder)
    if reading.project is None:
        print_findings(reading.findings, file=sys.stderr)
        raise DemoFailed(f"{folder} no longer holds the sample project.", "Name another folder with --folder.")
    return reading.project


def check(show: Show, project: Project) -> None:
    with show.step("check") as step:
        _, findings = chosen(project.folder)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        step.said = "score.py keeps the contract: nothing to mend" if not findings else f"{len(findings)} findings"
    print_findings(findings)
    if errors:
        raise DemoFailed("The check found what would fail.", "Mend the lines above.", place=errors[0].place)


async def sync(show: Show, project: Project) -> ReadyEnvironment:
    from scoredock.environment.sample import register_sample
    from scoredock.environment.sync import read_specification
    from scoredock.environment.sync import sync as sync_environment

    with show.step("environment") as step:
        register_sample(project.folder)
        ready = await sync_environment(read_specification(project.environment), progress=step.progress)
        server = f", inference server {ready.server.version}" if ready.server else ""
        step.said = f"conda.yml: Python {ready.python_version}{server} ({'made' if ready.fresh else 'there already'})"
    return ready


async def train(show: Show, folder: Path, environment: ReadyEnvironment) -> None:
    """Run the sample's train.py in its own environment, unless the model is newer than what it is made from."""
    model = folder / "model" / "digits.joblib"
    sources = (folder / "train.py", folder / "conda.yml")
    with show.step("model") as step:
        if model.exists() and all(model.stat().st_mtime >= source.stat().st_mtime for source in sources):
            step.said = f"{model.relative_to(folder)} is there"
            return
        step.progress(Step("Training the model"))
        process = await asyncio.create_subprocess_exec(
            *(str(environment.interpreter), "train.py"),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise DemoFailed("train.py failed.", "The lines above say why.", details=errors.decode(errors="replace")[-2000:])
        accuracy = [line for line in output.decode(errors="replace").splitlines() if "%" in line]
        step.said = f"trained: {accuracy[-1]}" if accuracy else "trained"


async def deploy(show: Show, project: Project, arguments: argparse.Namespace) -> Service:
    from scoredock.hosting import services

    with show.step("service") as step:
        service = await services.deploy(
            project, target=arguments.target, port=arguments.port, name=SERVICE, progress=step.progress
        )
        step.said = f"{service.state.value} under the inference server: {service.scoring_uri}"
    return service


async def score(show: Show, service: Service, request: Path, *, draw: bool) -> Answer:
    from scoredock.scoring.drawing import draw_digit
    from scoredock.scoring.sending import Request, send

    body = request.read_bytes()
    if draw:
        drawn = draw_digit(json.loads(body)["data"][0], colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
        print(f"\n{drawn.rstrip()}\n")
    with show.step("score") as step:
        answer = await send(service.scoring_uri, Request(body=body))
        if answer.status != 200:
            raise DemoFailed(f"The service answered {answer.status}.", f"See 'scoredock logs {service.name}'.")
        result = json.loads(answer.body)
        digit = result["predictions"][0]
        step.said = f"POST {service.scoring_uri} took {shown_time(answer.seconds)}"
    probabilities = " ".join(str(number) for number in result["probabilities"][0])
    print(f"\n    answer: {digit}     probabilities of 0 to 9: {probabilities}\n")
    return answer


def edit(script: Path, old: str, new: str) -> int:
    """Replace one line of a script; returns its number."""
    lines = script.read_text(encoding="utf-8").splitlines(keepends=True)
    for index, line in enumerate(lines):
        if line.rstrip("\n") == old:
            lines[index] = line.replace(old, new)
            script.write_text("".join(lines), encoding="utf-8")
            return index + 1
    raise DemoFailed(f"{script} no longer holds the line that the demo edits.", "Name another folder with --folder.")


def restore(script: Path) -> None:
    """Undo the demo's own edit; anything else in the script is the user's and stays."""
    text = script.read_text(encoding="utf-8")
    if EDITED in text:
        script.write_text(text.replace(EDITED, LINE), encoding="utf-8")
