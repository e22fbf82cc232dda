"""`scoredock score NAME`: send one request to a service and show the answer, or many and show how long they take."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scoredock.cli.check_json import record
from scoredock.cli.findings import print_findings
from scoredock.cli.main import FAILURE, FINE
from scoredock.cli.services import chosen
from scoredock.cli.terminal import showing_progress
from scoredock.errors import ScoredockError

if TYPE_CHECKING:
    from scoredock.finding import Finding
    from scoredock.hosting.values import Service
    from scoredock.scoring.values import Answer, Request, Sample


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="the service, or an address; may be left out with only one service"
    )
    parser.add_argument("--data", metavar="FILE", help="the body: a JSON file, an image or any other file; - for standard input")
    parser.add_argument("--sample", metavar="NAME", help="a saved request in the project's requests folder")
    parser.add_argument("--method", choices=("POST", "GET", "OPTIONS"), default="POST")
    parser.add_argument("--query", metavar="KEY=VALUE", action="append", default=[], type=_pair, help="put into the address")
    parser.add_argument("--header", metavar="NAME:VALUE", action="append", default=[], type=_header, help="an extra header")
    parser.add_argument("--content-type", metavar="TYPE", help="what the body is (default: by the file's name, else JSON)")
    parser.add_argument("--timeout", metavar="SECONDS", type=_positive, help="give up after so long (default: wait)")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write the answer's body to a file")
    parser.add_argument("--repeat", metavar="N", type=_count, default=1, help="send it N times and show p50, p95 and p99")
    parser.add_argument("--concurrency", metavar="C", type=_count, default=1, help="over so many connections at once")
    parser.add_argument("--json", action="store_true", help="print one JSON document: answer, times, whose fault an error is")


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(score(arguments))


async def score(arguments: argparse.Namespace) -> int:
    uri, service = await _address(arguments.name)
    project_folder = service.project_file.parent if service else None
    request = await _request(arguments, uri, project_folder)
    if arguments.repeat > 1:
        from scoredock.cli.score_report import report
        from scoredock.scoring.measuring import measure

        with showing_progress(quiet=arguments.json) as progress:
            measured = await measure(uri, request, repeat=arguments.repeat, concurrency=arguments.concurrency, progress=progress)
        print(report(measured, as_json=arguments.json, unicode=_shows_unicode()))
        return FAILURE if measured.failed else FINE
    from scoredock.scoring.sending import send

    sent = time.time()
    answer = await send(uri, request)
    finding = await _failure(service, sent) if service and answer.status >= 500 else None
    if arguments.json:
        print(json.dumps(as_json(answer, uri, finding), indent=2, ensure_ascii=False))
    else:
        _show(answer, uri, finding)
    if arguments.output:
        arguments.output.write_bytes(answer.body)
    return FINE if answer.ok else FAILURE


async def _address(name: str | None) -> tuple[str, Service | None]:
    """The scoring URI and the service it belongs to, where that is one of this machine."""
    if name and name.startswith(("http://", "https://")):
        return name, None
    service = await chosen(name)
    return service.scoring_uri, service


async def _failure(service: Service, sent: float) -> Finding | None:
    """The line of the script that made the request fail."""
    from scoredock.hosting import services

    return await services.failure(service.name, since=sent)


async def _request(arguments: argparse.Namespace, uri: str, project_folder: Path | None) -> Request:
    from dataclasses import replace

    from scoredock.scoring.values import Request

    given = Request(
        method=arguments.method,
        content_type=arguments.content_type,
        headers=tuple(arguments.header),
        query=tuple(arguments.query),
        timeout=arguments.timeout,
    )
    if arguments.data == "-":
        # A redirected file could be streamed, a pipe not; one copy in memory serves both.
        return replace(given, body=sys.stdin.buffer.read())
    if arguments.data:
        file = Path(arguments.data)
        if not file.is_file():
            raise ScoredockError(f"There is no file {file}.", "Name the file that holds the body of the request.")
        return replace(given, body=file)
    if arguments.method != "POST":
        return given
    sample = await _sample(arguments.sample, uri, project_folder)
    print(f"request: {sample.name}", file=sys.stderr)
    return replace(given, body=sample.request.body)


async def _sample(name: str | None, uri: str, project_folder: Path | None) -> Sample:
    """The saved request that is meant, the first one there is, or one made from what the service says it takes."""
    from scoredock.scoring.samples import FOLDER, sample_from_schema, saved_samples

    saved = saved_samples(project_folder) if project_folder else ()
    if name:
        for sample in saved:
            if name in (sample.name, Path(sample.name).stem):
                return sample
        known = ", ".join(sample.name for sample in saved) or "none"
        raise ScoredockError(f"There is no saved request '{name}'.", f"Saved requests: {known}.")
    made = saved[0] if saved else await sample_from_schema(uri)
    if made is None:
        raise ScoredockError(
            "There is no request to send: the script declares no schema, and no request is saved.",
            f"Give one with --data FILE, or save one in the folder '{FOLDER}' of the project.",
        )
    return made


def _show(answer: Answer, uri: str, finding: Finding | None) -> None:
    """The body on standard output and nothing else there, so that it can be piped; what is to be said of it beside it."""
    server = "" if answer.server_seconds is None else f", {answer.server_seconds * 1000:.1f} ms of it in run()"
    print(f"{answer.status} from {uri} in {answer.seconds * 1000:.1f} ms{server}", file=sys.stderr)
    if finding:
        print_findings([finding], file=sys.stderr)
    elif not answer.ok:
        print(f"  {_blame(answer)}", file=sys.stderr)
    kind = (answer.header("Content-Type") or "").split(";")[0]
    if kind.startswith(("text/", "application/json")) or not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(answer.body)
        if sys.stdout.isatty() or kind.startswith(("text/", "application/json")):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
    else:
        print(f"{len(answer.body)} bytes of {kind or 'unknown type'}; --output FILE writes them.", file=sys.stderr)


def _blame(answer: Answer) -> str:
    if answer.run_failed:
        return "run() failed; the service's log has the traceback ('scoredock logs')."
    if answer.status >= 500:
        return "What run() returned could not be sent: it has to be plain Python that JSON can hold."
    return "The request is not what the service takes."


def as_json(answer: Answer, uri: str, finding: Finding | None) -> dict[str, object]:
    """An answer as the one document of `--json`; a body that is JSON is put in as what it says."""
    try:
        body: object = json.loads(answer.body)
    except ValueError:
        body = answer.text
    return {
        "scoring_uri": uri,
        "status": answer.status,
        "body": body,
        "seconds": round(answer.seconds, 6),
        "server_seconds": answer.server_seconds,
        "run_failed": answer.run_failed,
        "finding": record(finding) if finding else None,
        "headers": dict(answer.headers),
    }


def _shows_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not name.strip() or not colon:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME:VALUE")
    return name.strip(), value.strip()


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds above 0")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)
