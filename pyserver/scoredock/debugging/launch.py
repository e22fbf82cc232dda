"""Ready launch configurations of an attachment, for any client of the Debug Adapter Protocol."""

from __future__ import annotations

import json
from typing import Any

from scoredock.debugging.attach import Attachment

Configuration = dict[str, Any]


def arguments(attachment: Attachment) -> Configuration:
    """What the client's attach request has to carry."""
    return {"accessToken": attachment.token, "justMyCode": True}


def vscode(attachment: Attachment) -> Configuration:
    """For launch.json, with Scoredock's own debug type; with the ms-python debugger write ``debugpy`` as the type."""
    return {
        "name": f"Attach to {attachment.service}",
        "type": "scoredock",
        "request": "attach",
        "connect": {"host": attachment.host, "port": attachment.port},
        **arguments(attachment),
    }


def neovim(attachment: Attachment) -> str:
    """Lua for nvim-dap."""
    adapter = f'{{ type = "server", host = "{attachment.host}", port = {attachment.port} }}'
    given = f'accessToken = "{attachment.token}", justMyCode = true'
    run = f'{{ type = "scoredock", request = "attach", name = "Attach to {attachment.service}", {given} }}'
    return f'local dap = require("dap")\ndap.adapters.scoredock = {adapter}\ndap.run({run})'


def emacs(attachment: Attachment) -> str:
    """Lisp for dape."""
    place = f'host "{attachment.host}" port {attachment.port}'
    return f"""(dape '({place} :type "python" :request "attach" :accessToken "{attachment.token}" :justMyCode t))"""


def pycharm(attachment: Attachment) -> Configuration:
    """For a run configuration "Debug Adapter Protocol" (plugin LSP4IJ): server address and attach parameters."""
    return {
        "host": attachment.host,
        "port": attachment.port,
        "request": "attach",
        "parameters": {"type": "python", "request": "attach", **arguments(attachment)},
    }


def as_json(attachment: Attachment) -> Configuration:
    """All of it as one document."""
    return {
        "service": attachment.service,
        "host": attachment.host,
        "port": attachment.port,
        "accessToken": attachment.token,
        "pathMappings": [{"localRoot": here, "remoteRoot": there} for here, there in attachment.mappings],
        "configurations": {
            "vscode": vscode(attachment),
            "neovim": neovim(attachment),
            "emacs": emacs(attachment),
            "pycharm": pycharm(attachment),
        },
    }


def as_text(attachment: Attachment) -> str:
    """For people: where it listens, then a configuration for each client."""
    return "\n".join(
        (
            f"The debugger of '{attachment.service}' listens on {attachment.host}:{attachment.port}, for one client.",
            "It closes when that client leaves, or with Ctrl-C here.",
            "",
            "VS Code with Scoredock: press F5 in the script. Otherwise launch.json:",
            json.dumps(vscode(attachment), indent=2),
            "",
            "Neovim (nvim-dap):",
            neovim(attachment),
            "",
            "Emacs (dape):",
            emacs(attachment),
            "",
            "PyCharm (plugin LSP4IJ, run configuration 'Debug Adapter Protocol'):",
            json.dumps(pycharm(attachment), indent=2),
        )
    )
