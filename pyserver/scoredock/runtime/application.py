"""gunicorn's settings for a service: those of the server's own launcher, and ours on top."""

from __future__ import annotations

import os
import sys
from typing import Any

from gunicorn.app.wsgiapp import WSGIApplication

from .arbiter import Arbiter, Start
from .configuration import SERVER
from .worker import Worker


class Application(WSGIApplication):
    """Loads the official server's app in the worker, and runs our arbiter instead of gunicorn's."""

    def __init__(self, begin: Start, worker_count: int, health_port: int | None) -> None:
        self._begin = begin
        options = begin.options
        binds = [options.bind]
        if health_port:
            # Azure's separate health port: beside the main one, on the same address.
            address = "127.0.0.1" if options.bind.startswith("fd://") else options.bind.rpartition(":")[0]
            binds.insert(0, "%s:%d" % (address, health_port))
        # As in the server's amlserver_linux.run; gunicorn reads its command line.
        sys.argv = ["azmlinfsrv"]
        for bind in binds:
            sys.argv += ["-b", bind]
        sys.argv += ["-w", str(worker_count), "--timeout", os.environ.get("WORKER_TIMEOUT", "300")]
        sys.argv += ["--access-logfile", "-", "--error-logfile", "/dev/null", SERVER + ".server.entry:app"]
        super().__init__("%(prog)s [OPTIONS] [APP_MODULE]")

    def load_config(self) -> None:
        super().load_config()
        before, after = self.cfg.pre_fork, self.cfg.post_fork

        def pre_fork(server: Any, worker: Any) -> None:
            server.prepare(worker)
            before(server, worker)

        def post_fork(server: Any, worker: Any) -> None:
            server.after_fork(worker)
            after(server, worker)

        self.cfg.set("worker_class", Worker.__module__ + ".Worker")  # gunicorn 20 wants a name
        self.cfg.set("pre_fork", pre_fork)
        self.cfg.set("post_fork", post_fork)
        # WORKER_PRELOAD would run init in the arbiter, where no update could replace it; it is left out on purpose.
        self.cfg.set("preload_app", False)
        self.cfg.set("reload", False)
        if "control_socket_disable" in self.cfg.settings:
            # gunicorn 25.1 and later: one path under HOME for all services.
            self.cfg.set("control_socket_disable", True)

    def run(self) -> None:
        try:
            arbiter = Arbiter(self, self._begin)
            arbiter.preload()
            arbiter.run()
        except RuntimeError as error:
            sys.exit("Error: %s" % error)
