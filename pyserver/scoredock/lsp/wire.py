"""pygls' protocol with three things mended: documents are ours, broken requests are answered, our messages keep their JSON."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from scoredock.lsp.server import ScoredockServer

log = logging.getLogger("scoredock.lsp")


@attrs.define
class PlainRequest:
    """A request that is not the protocol's own: its parameters stay the JSON they came as."""

    id: Any
    method: str
    jsonrpc: str
    params: Any = None


@attrs.define
class PlainNotification:
    """A notification that is not the protocol's own."""

    method: str
    jsonrpc: str
    params: Any = None


class UserProblem(JsonRpcException):
    """A request that failed for a reason that the user can act on: shown as it is, and no bug of ours."""

    CODE = -32803  # RequestFailed: the request was understood, and could not be done


class Protocol(LanguageServerProtocol):
    """The protocol as the server speaks it."""

    @property
    def ours(self) -> ScoredockServer:
        return cast("ScoredockServer", self._server)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """JSON to message. pygls leaves a request whose parameters are broken unanswered, and the client waits forever."""
        if "jsonrpc" not in data:
            return data
        method = data.get("method")
        if isinstance(method, str) and self.get_message_type(method) is None:
            if "id" in data:
                return PlainRequest(data["id"], method, str(data["jsonrpc"]), data.get("params"))
            return PlainNotification(method, str(data["jsonrpc"]), data.get("params"))
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and method is not None:
                self._send_response(data["id"], None, error.to_response_error())
            raise

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.ours.opened(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.ours.changed(params.text_document.uri, params.text_document.version, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.ours.closed(params.text_document.uri)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        result = yield from super().lsp_initialize(params)
        encoding = result.capabilities.position_encoding
        if encoding is not None:
            self.ours.documents.encoding = str(getattr(encoding, "value", encoding))
        return result


class OnlyOurFaults(logging.Filter):
    """Keeps pygls from logging tracebacks for what is no bug: a problem that the user is told, a message that is malformed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], JsonRpcException):
            return False
        return not str(record.msg).startswith("Unable to deserialize message")
