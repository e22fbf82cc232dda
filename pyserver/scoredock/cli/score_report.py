"""How `scoredock score --repeat` shows what it measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scoredock.scoring.values import Measurement

PERCENTS = (50, 95, 99)


def report(measured: Measurement, *, as_json: bool, unicode: bool) -> str:
    if as_json:
        return json.dumps(_document(measured), indent=2)
    lines = [
        f"{measured.requests} requests over {measured.concurrency} connections in {measured.seconds:.2f} s:"
        f" {measured.per_second:.0f} answers/s, {measured.failed} failed"
    ]
    lines += [f"  {count} x {kind}" for kind, count in measured.errors]
    if measured.times:
        from scoredock.scoring.histogram import histogram

        lines.append("  " + "  ".join(f"p{percent} {(measured.percentile(percent) or 0) * 1000:.1f} ms" for percent in PERCENTS))
        if measured.server_times:
            middle = measured.server_times[len(measured.server_times) // 2]
            lines.append(f"  of it in run(): p50 {middle * 1000:.1f} ms")
        lines += histogram(measured.times, unicode=unicode)
    return "\n".join(lines)


def _document(measured: Measurement) -> dict[str, object]:
    return {
        "requests": measured.requests,
        "concurrency": measured.concurrency,
        "seconds": round(measured.seconds, 6),
        "answers_per_second": round(measured.per_second, 2),
        "failed": measured.failed,
        "errors": dict(measured.errors),
        **{f"p{percent}_seconds": measured.percentile(percent) for percent in PERCENTS},
    }
