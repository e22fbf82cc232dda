"""Solves and installs conda packages with py-rattler, as a short-lived process of its own.

On a big channel a solve needs more than a gigabyte of memory and cannot be cancelled, so it must not happen inside the
language server. This file is run by path, with whichever Python has py-rattler, and therefore imports nothing of
scoredock: it reads one JSON job from standard input and writes JSON lines to standard output: {"step": …} while it
works, then one {"records": …} or {"error": …, "text": …}.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def reporter() -> Any:
    """What rattler's installer tells while it downloads and links; bytes and counts go to whoever listens."""
    from rattler import InstallerReporter

    class Reporter(InstallerReporter):
        def __init__(self) -> None:
            self.operations = self.linked = 0
            self.downloads: dict[int, tuple[int, int]] = {}

        def on_transaction_start(self, total_operations: int) -> None:
            self.operations = total_operations

        def on_download_start(self, cache_entry: int) -> int:
            return cache_entry

        def on_download_progress(self, download_idx: int, progress: int, total: int | None) -> None:
            self.downloads[download_idx] = progress, total or progress
            done = sum(part for part, _ in self.downloads.values())
            say(step="download", done=done, total=sum(whole for _, whole in self.downloads.values()))

        def on_link_complete(self, index: int) -> None:
            self.linked += 1
            say(step="install", done=self.linked, total=self.operations)

    return Reporter()  # type: ignore[abstract]  # the protocol's own bodies do nothing, which is what is wanted


async def work(job: dict[str, Any]) -> None:
    import rattler
    from rattler import exceptions

    action = "force-cache-only" if job["offline"] else "cache-or-fetch"
    gateway = rattler.Gateway(
        cache_dir=Path(job["cache"]) / "repodata",
        default_config=rattler.SourceConfig(cache_action=action),  # type: ignore[arg-type]
        client=rattler.Client.default_client(timeout=60),
    )
    configuration = rattler.ChannelConfig(channel_alias=job["alias"])
    channels = [rattler.Channel(name, configuration) for name in job["channels"]]
    say(step="solve", count=len(job["specs"]), solved=False)
    try:
        records = await solved(job["specs"], channels, gateway)
    except exceptions.SolverError as error:
        say(error="unsolvable", text=str(error))
        return
    except exceptions.InvalidMatchSpecError as error:
        say(error="unreadable", text=str(error))
        return
    except (exceptions.GatewayError, exceptions.FetchRepoDataError) as error:
        say(error="unreachable", text=chain(error))
        return
    say(step="solve", count=len(records), solved=True)
    if not job["prefix"]:
        found(records)
        return
    try:
        await rattler.install(
            records,
            target_prefix=job["prefix"],
            cache_dir=Path(job["cache"]),
            show_progress=False,
            reporter=reporter(),
            execute_link_scripts=False,
        )
    except Exception as error:
        say(error="install", text=chain(error))
        return
    found(records)


async def solved(specs: list[str], channels: list[Any], gateway: Any) -> list[Any]:
    """Solve as conda does by default ("flexible"): packages of an earlier channel go first, and only where that leaves no
    solution may a later channel replace them."""
    import rattler
    from rattler import exceptions

    async def solve(priority: Any) -> list[Any]:
        return await rattler.solve(
            sources=channels,
            specs=specs,
            gateway=gateway,
            virtual_packages=rattler.VirtualPackage.detect(),
            channel_priority=priority,
        )

    try:
        return await solve(rattler.ChannelPriority.Strict)
    except exceptions.SolverError:
        if len(channels) < 2:
            raise
        return await solve(rattler.ChannelPriority.Disabled)


def found(records: list[Any]) -> None:
    say(
        records=[
            {
                "name": record.name.normalized,
                "version": str(record.version),
                "build": str(record.build),
                "url": record.url,
                "md5": record.md5.hex() if record.md5 else "",
                "channel": str(record.channel or ""),
            }
            for record in records
        ]
    )


def chain(error: BaseException) -> str:
    parts = []
    current: BaseException | None = error
    while current is not None:
        parts.append(str(current))
        current = current.__cause__
    return ": ".join(parts)


def end(code: int) -> NoReturn:
    """Leave without the interpreter's own end: one in fifty was aborted there (4 of 200 solves, one by a segmentation fault),
    because threads of rattler, whose tokio runtime cannot be stopped from Python, still asked for the interpreter's lock."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    try:
        asyncio.run(work(json.load(sys.stdin)))
    except BaseException:
        traceback.print_exc()
        end(1)
    end(0)
