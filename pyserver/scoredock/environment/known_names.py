"""Names of distributions that people mean when they mistype one."""

from __future__ import annotations

from difflib import get_close_matches

from scoredock.environment.requirement_lines import normalised


def nearest_names(name: str) -> tuple[str, ...]:
    """At most two names like a name that does not exist; empty when nothing is near."""
    from scoredock.environment.twins import known_distributions

    return tuple(get_close_matches(normalised(name), known_distributions(), n=2, cutoff=0.75))
