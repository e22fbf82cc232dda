"""A service that starts while the script goes on, as containers do in SDK v1."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.api.deployments import Deployment, choose_target
from scoredock.api.exceptions import WebserviceException
from scoredock.api.own_base import on_own_base
from scoredock.api.sections import BASE_IMAGE
from scoredock.api.telling import say, say_once, steps
from scoredock.api.waiting import wait_for
from scoredock.hosting import engines, services
from scoredock.hosting.values import Plan, ScriptCrashed, Service, Target
from scoredock.progress import Step

if TYPE_CHECKING:
    from scoredock.hosting.services import OwnInterpreter


class Start(threading.Thread):
    """Starts one service. Not a daemon: a script that ends without waiting still leaves a service behind."""

    def __init__(self, plan: Plan, target: Target) -> None:
        super().__init__(name=f"start {plan.name}", daemon=False)
        self.plan = plan
        self.target = target
        self.service: Service | None = None
        self.failure: BaseException | None = None
        self.titles: list[str] = []
        self.under_way = threading.Event()

    def run(self) -> None:
        try:
            self.service = asyncio.run(engines.engine(self.target).deploy(self.plan, self._hear))
        except BaseException as failure:
            self.failure = failure
        finally:
            self.under_way.set()

    def _hear(self, step: Step) -> None:
        if not self.titles or self.titles[-1] != step.title:
            self.titles.append(step.title)
        self.under_way.set()

    def begin(self) -> None:
        """Start, and raise what can be told at once: a port that is taken, a script that is not there."""
        self.start()
        self.under_way.wait()
        if self.failure is not None and not isinstance(self.failure, ScriptCrashed):
            self.join()
            raise self.failure

    def wait(self, *, show_output: bool) -> Service:
        """The service when it is healthy; prints what happens on the way."""
        shown = 0
        while self.is_alive():
            self.join(0.1)
            if show_output:
                for title in self.titles[shown:]:
                    say(title)
                shown = len(self.titles)
        if self.failure is not None:
            raise self.failure
        if self.service is None:
            raise WebserviceException("The service ended before it had started.", "Deploy it again.")
        return self.service


def started(name: str, deployment: Deployment, *, show_output: bool) -> Start:
    """Make the environment ready, then let the service start."""
    target = choose_target(deployment.target)
    interpreter: OwnInterpreter | None = None
    # An image that was named for it is what the user manages there.
    in_image = target == "docker" and (deployment.base_dockerfile is not None or deployment.base_image not in (None, BASE_IMAGE))
    if deployment.interpreter is not None and not in_image:
        interpreter = _own(deployment.interpreter, target)
    if deployment.base_dockerfile is not None and target == "process":
        _without_dockerfile(deployment)
    listener = steps(shown=show_output)
    dockerfile = deployment.base_dockerfile if target == "docker" else None
    project = wait_for(lambda: on_own_base(deployment.project(name), dockerfile, listener))
    plan = wait_for(
        lambda: services.planned(
            project, target=target, port=deployment.port, name=name, interpreter=interpreter, progress=listener
        )
    )
    start = Start(plan, target)
    start.begin()
    return start


def _without_dockerfile(deployment: Deployment) -> None:
    if deployment.conda is None and deployment.interpreter is None:
        raise WebserviceException(
            "The environment is a Dockerfile, which a process cannot be made of.",
            "Deploy with deploy_configuration(target='docker').",
        )
    say_once("A process has the packages of the environment, but nothing of what its Dockerfile does.")


def _own(path: str, target: Target) -> OwnInterpreter:
    import shutil
    import sys

    from scoredock.hosting.services import OwnInterpreter

    if target == "docker":
        raise WebserviceException(
            "An environment with user_managed_dependencies is an interpreter of this machine and not of a container.",
            "Deploy with deploy_configuration(target='process'), name the image that has the packages in docker.base_image, or "
            "give the environment packages.",
        )
    found = sys.executable if path == "python" else shutil.which(path)
    if found is None:
        raise WebserviceException(f"There is no interpreter {path}.", "Correct python.interpreter_path.")
    return OwnInterpreter(Path(found), key=f"own:{found}")
