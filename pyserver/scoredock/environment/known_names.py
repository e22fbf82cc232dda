"""Names of distributions that people mean when they mistype one."""

from __future__ import annotations

from difflib import get_close_matches

from scoredock.environment.requirement_lines import normalised
from scoredock.l10n import t


def nearest_names(name: str) -> tuple[str, ...]:
    """At most two names like a name that does not exist; empty when nothing is near."""
    from scoredock.environment.twins import known_distributions

    others = [known for known in known_distributions() if known != normalised(name)]
    return tuple(get_close_matches(normalised(name), others, n=2, cutoff=0.75))


def did_you_mean(name: str) -> str:
    """A question that offers the nearest names; empty when nothing is near."""
    near = [repr(other) for other in nearest_names(name)]
    if len(near) > 1:
        return t("Did you mean {0} or {1}?", *near)
    return t("Did you mean {0}?", *near) if near else ""
