"""What a model file says of itself, as short rows for a hover or a tree."""

from __future__ import annotations

from pathlib import Path

from scoredock.l10n import t

# Labels of a classifier that are shown; a model with a thousand classes has a thousand.
_MOST = 8


def facts_of(path: Path) -> list[tuple[str, str]]:
    """Rows of (what, value). The file is read as data; nothing in it is run."""
    from scoredock.models import inspect

    model = inspect(path)
    classes = [str(label) for label in model.classes]
    shown = ", ".join(classes[:_MOST]) + (f", … ({len(classes)})" if len(classes) > _MOST else "")
    rows = [
        (t("format"), model.format.value),
        (t("class"), model.root or ""),
        (t("made with"), ", ".join(f"{made.distribution} {made.version}" for made in model.made_with)),
        ("Python", model.python or ""),
        (t("features"), str(model.n_features) if model.n_features else ""),
        (t("feature names"), ", ".join(model.feature_names[:_MOST])),
        (t("classes"), shown if classes else ""),
        (t("compression"), model.compression or ""),
        (t("imports"), ", ".join(model.packages)),
        (t("suspicious"), ", ".join(f"{found.name} ({found.why})" for found in model.suspicious)),
        (t("not read to the end"), model.problem),
    ]
    return [(what, value) for what, value in rows if value]
