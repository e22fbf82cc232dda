"""The `scoredock` command: a table of commands, each a module of this room that is imported only when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.finding import Finding

# name -> (module in this room, what the overview says). A command's module has `configure(parser)` and `run(arguments)`.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("check", "find what would fail in Azure, before anything runs"),
    "new": ("new", "make the sample project"),
    "env": ("env", "show, sync, compare and export environments"),
    "deploy": ("deploy", "start a local service of a project"),
    "list": ("list", "list local services"),
    "logs": ("logs", "show the log of a service"),
    "score": ("score", "send a request to a service and show the answer"),
    "update": ("update", "bring saved changes into a running service"),
    "stop": ("stop", "stop a service"),
    "attach": ("attach", "open the debugger in a running service"),
    "model": ("model", "register, list, show and download models"),
    "package": ("package", "make a self-contained image of a project"),
    "demo": ("demo", "the main job from start to end, on the sample project"),
    "lsp": ("lsp", "run the language server on standard input and output"),
}

FINE, FAILURE, USAGE, INTERRUPTED = 0, 1, 2, 130


class Command(Protocol):
    """What a command's module has."""

    def configure(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace) -> int: ...


def run(argv: list[str]) -> int:
    """Run one command line; returns the exit code: 0 fine, 1 findings or failure, 2 usage."""
    try:
        code = dispatch(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `scoredock logs | head`: whoever read has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    return code


def dispatch(argv: list[str]) -> int:
    """Find the command that is meant and run it."""
    if not argv or argv[0] in ("-h", "--help"):
        print(overview())
        return FINE if argv else USAGE
    if argv[0] in ("-V", "--version"):
        from scoredock import __version__

        print(f"scoredock {__version__}")
        return FINE
    name, rest = argv[0], argv[1:]
    if name not in COMMANDS:
        print(f"scoredock: there is no command '{name}'.{nearest(name)} See 'scoredock --help'.", file=sys.stderr)
        return USAGE
    module, summary = COMMANDS[name]
    command = cast(Command, import_module(f"scoredock.cli.{module}"))
    parser = argparse.ArgumentParser(prog=f"scoredock {name}", description=f"{summary[0].upper()}{summary[1:]}.")
    command.configure(parser)
    try:
        arguments = parser.parse_args(rest)
    except SystemExit as stop:  # argparse has printed help or what is wrong
        return stop.code if isinstance(stop.code, int) else USAGE
    try:
        return command.run(arguments)
    except ScoredockError as error:
        say_error(error, as_json=bool(getattr(arguments, "json", False)))
        return FAILURE


def say_error(error: ScoredockError, *, as_json: bool = False) -> None:
    """One sentence that says what happened and one that says what to do; with --json also the one document on stdout."""
    if as_json:
        import json

        place = error.place
        print(
            json.dumps(
                {
                    "error": error.what,
                    "todo": error.todo,
                    "path": str(place.path) if place else None,
                    "line": place.line if place else None,
                    "details": error.details,
                }
            )
        )
    if error.details:
        print(error.details.rstrip(), file=sys.stderr)
    findings: tuple[Finding, ...] = getattr(error, "findings", ())  # a crash of the user's script, on its line
    if findings:
        from scoredock.cli.findings import print_findings

        print_findings(findings, file=sys.stderr)
    print(f"error: {error}", file=sys.stderr)


def overview() -> str:
    """The help of the whole command: every command with one line."""
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(
        (
            "usage: scoredock COMMAND [ARGUMENTS]",
            "",
            "Check, run, update and debug Azure Machine Learning entry scripts on your own machine.",
            "",
            *lines,
            "",
            "'scoredock COMMAND --help' says more. Exit codes: 0 fine, 1 findings or failure, 2 usage.",
        )
    )


def nearest(name: str) -> str:
    """A "did you mean" for a mistyped command, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
