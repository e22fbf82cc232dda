"""The language server: holds the parts together and says when each is called. What a feature does is in ``features/``."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from scoredock import __version__, l10n
from scoredock.errors import ScoredockError
from scoredock.l10n import t
from scoredock.lsp import protocol
from scoredock.lsp.analysis import Analysis
from scoredock.lsp.documents import Documents, path_of
from scoredock.lsp.store import Store
from scoredock.lsp.structure import Malformed, from_json, to_json
from scoredock.lsp.update_on_save import UpdateOnSave
from scoredock.lsp.watching import Watching
from scoredock.lsp.wire import OnlyOurFaults, Protocol, UserProblem

log = logging.getLogger("scoredock.lsp")
T = TypeVar("T")

# What the protocol offers -> (module under features/ whose `answer(server, params)` does it, options).
# The modules are imported when they are first asked, which keeps them off the way to the first diagnostics.
FEATURES: dict[str, tuple[str, Any]] = {
    types.TEXT_DOCUMENT_CODE_ACTION: (
        "code_action",
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]),
    ),
    types.TEXT_DOCUMENT_HOVER: ("hover", None),
    types.TEXT_DOCUMENT_COMPLETION: ("completion", types.CompletionOptions(trigger_characters=['"', "'", ":", " ", "="])),
    types.TEXT_DOCUMENT_INLAY_HINT: ("inlay_hint", None),
    types.TEXT_DOCUMENT_DOCUMENT_LINK: ("document_link", types.DocumentLinkOptions()),
    types.TEXT_DOCUMENT_CODE_LENS: ("code_lens", types.CodeLensOptions()),
}

# Files that are watched for what they say of a project, and hold no model.
NEVER_MODELS = (".py", ".yml", ".yaml", ".json", ".txt")

# Our own requests -> the module under features/ whose function of the message's name does it.
OURS: dict[str, str] = {
    protocol.DEPLOY: "services",
    protocol.UPDATE: "services",
    protocol.STOP: "services",
    protocol.SERVICES: "services",
    protocol.FOLLOW_LOG: "services",
    protocol.ATTACH: "attach",
    protocol.SAMPLES: "score",
    protocol.SCORE: "score",
    protocol.ENVIRONMENTS: "environments",
    protocol.SYNC_ENVIRONMENT: "environments",
    protocol.MODELS: "models",
    protocol.INSPECT_MODEL: "models",
    protocol.REGISTER_MODEL: "models",
    protocol.DEPLOYMENT_FILES: "use_model",
    protocol.USE_MODEL: "use_model",
    protocol.NEW_SAMPLE: "sample_project",
    protocol.REPORT: "report",
}


class ScoredockServer(LanguageServer):
    """One session with one editor window."""

    def __init__(self) -> None:
        # One worker waits for standard input all the time; the others do short file work. Long work is never in a thread:
        # a thread can neither be cancelled nor left behind at shutdown.
        super().__init__("scoredock", __version__, protocol_cls=Protocol, max_workers=3)
        self.documents = Documents()
        self.store = Store(self.documents, self.text_document_publish_diagnostics)
        self.analysis = Analysis(self.documents, self.store, self.in_background)
        self.settings = protocol.Settings()
        self.watching = Watching(self)
        self.updates = UpdateOnSave(self)
        self.initialized = False
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._docker_host = os.environ.get("DOCKER_HOST")
        self._busy: list[str] = []
        for name in ("pygls.protocol.json_rpc", "pygls.server"):
            logging.getLogger(name).addFilter(OnlyOurFaults())
        self._register()

    # Documents: called by the protocol as the client reports.

    def opened(self, item: types.TextDocumentItem) -> None:
        self.analysis.check_now(self.documents.open(item))

    def changed(self, uri: str, version: int | None, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        document = self.documents.get(uri)
        if document is None:
            log.warning("change of a document that is not open: %s", uri)
            return
        self.analysis.shift_observed(document, changes)
        document.apply(changes)
        document.version = version
        self.analysis.check_soon(document)

    def closed(self, uri: str) -> None:
        document = self.documents.close(uri)
        if document is not None:
            self.analysis.forget(document)

    # Settings and life.

    def configure(self, settings: protocol.Settings) -> None:
        """Take over new settings; they also say when the user has come to trust the workspace."""
        before, self.settings = self.settings, settings
        self.store.ignored = frozenset(settings.ignored_rules)
        if before.ignored_rules != settings.ignored_rules:
            self.store.publish_all()
        if before.trusted != settings.trusted:
            self.analysis.trust(settings.trusted)
        # Where the engine is looked for is the environment's to say, for the Docker command as for us.
        if settings.docker_host:
            os.environ["DOCKER_HOST"] = settings.docker_host
        elif self._docker_host is None:
            os.environ.pop("DOCKER_HOST", None)
        else:
            os.environ["DOCKER_HOST"] = self._docker_host
        if self.initialized:
            self.refresh_views()

    def require_trust(self) -> None:
        """Raise where the workspace is not trusted: nothing of the user's is run there."""
        if not self.settings.trusted:
            raise UserProblem(t("This workspace is in Restricted Mode, where Scoredock runs nothing. Trust it to go on."))

    def in_background(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run work that nobody waits for; it is cancelled and awaited when the session ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def from_any_thread(self, call: Callable[[T], None], value: T) -> None:
        """Call on the event loop's thread: messages written by two threads at once would tear."""
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is not None and running is self._event_loop:
            call(value)
        elif self._event_loop is not None and not self._event_loop.is_closed():
            self._event_loop.call_soon_threadsafe(call, value)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    def tell(self, method: str, value: object) -> None:
        """Send one of our notifications."""
        self.protocol.notify(method, to_json(value))

    def refresh_views(self) -> None:
        """Let the client ask for lenses and inlay hints again, where it can be told so."""
        workspace = self.client_capabilities.workspace
        if workspace is None:
            return
        if workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)
        if workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def busy(self, with_what: str) -> None:
        """Show in the status item what is being done."""
        self._busy.append(with_what)
        self.tell(protocol.STATUS, protocol.Status("busy", "Scoredock", with_what))

    def idle(self, after_what: str) -> None:
        """One piece of work has ended; what else is going on shows again."""
        if after_what in self._busy:
            self._busy.remove(after_what)
        state = ("busy", self._busy[-1]) if self._busy else ("ok", __version__)
        self.tell(protocol.STATUS, protocol.Status(state[0], "Scoredock", state[1]))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """pygls shows a message box here, for a failing check one at every key; a log line is enough."""
        if not isinstance(error, UserProblem):
            log.error("%s: %s", getattr(source, "__name__", source), error)

    async def end(self) -> None:
        """Cancel what runs in the background and wait for its ``finally``; the whole shutdown must stay under 1.5 s."""
        self.analysis.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)

    # Registration.

    def _register(self) -> None:
        for method, (module, options) in FEATURES.items():
            self.feature(method, options)(self._feature(module))
        for method, module in OURS.items():
            self.feature(method)(self._request(method, module))

        @self.feature(types.INITIALIZE)
        def initialize(params: types.InitializeParams) -> None:
            l10n.choose(params.locale)
            self._settings_from(params.initialization_options)

        @self.feature(types.INITIALIZED)
        def initialized(_: types.InitializedParams) -> None:
            self._event_loop = asyncio.get_running_loop()
            self.initialized = True
            self.analysis.warm_up()

        @self.feature(types.SHUTDOWN)
        async def shutdown(_: None) -> None:
            await self.end()

        @self.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))
        def saved(params: types.DidSaveTextDocumentParams) -> None:
            document = self.documents.get(params.text_document.uri)
            if document is not None:
                self.analysis.check_now(document, saved=True)
                self.updates.saved(document)

        @self.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
        def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
            paths = [path for change in params.changes if (path := path_of(change.uri)) is not None]
            self.analysis.files_changed(paths)
            self.updates.written(path for path in paths if path.suffix not in NEVER_MODELS)

        @self.feature(protocol.SETTINGS)
        def settings(params: Any) -> None:  # not `object`: pygls takes a parameter that a server would fit for the server
            self._settings_from(params)

        @self.feature(protocol.WATCH_SERVICES)
        def watch(params: Any) -> None:
            import_module("scoredock.lsp.features.services").watch(self, from_json(protocol.WatchParams, params))

    def _settings_from(self, data: object) -> None:
        try:
            self.configure(from_json(protocol.Settings, data, "settings"))
        except Malformed as error:
            log.warning("settings not taken over: %s", error)

    def _feature(self, module: str) -> Callable[[Any], Awaitable[Any]]:
        async def answer(params: Any) -> Any:
            return await import_module(f"scoredock.lsp.features.{module}").answer(self, params)

        return answer

    def _request(self, method: str, module: str) -> Callable[[Any], Awaitable[Any]]:
        takes, _ = protocol.REQUESTS[method]
        function = "".join(f"_{char.lower()}" if char.isupper() else char for char in method.split("/")[1])

        async def answer(params: Any) -> Any:
            try:
                value: Any = from_json(takes, params)
                handler = getattr(import_module(f"scoredock.lsp.features.{module}"), function)
                return to_json(await handler(self, value))
            except Malformed as error:
                raise UserProblem(str(error), code=-32602) from error
            except ScoredockError as error:
                raise self.problem(error) from error

        return answer

    def problem(self, error: ScoredockError) -> UserProblem:
        """What a room could not do, for the client: one sentence, what to do, and the place to go to."""
        place = error.place
        return UserProblem(
            f"{error.what} {error.todo}".strip(),
            data={
                "what": error.what,
                "todo": error.todo,
                "details": error.details,
                "uri": self.documents.uri(place.path) if place else None,
                "line": place.line if place else None,
            },
        )
