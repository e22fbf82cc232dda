"""The page of each code: one Markdown file in `pages/`, read by `--explain`, by hover and by whoever follows the link."""

from __future__ import annotations

import re
from pathlib import Path

PAGES = Path(__file__).parent / "pages"


def codes() -> list[str]:
    """All codes that have a page."""
    return sorted(page.stem for page in PAGES.glob("SD*.md"))


def explain(code: str) -> str | None:
    """The page of a code (``sd203`` and ``missing-global`` do as well), or ``None`` when there is no such code."""
    wanted = code.strip()
    if re.fullmatch(r"SD\d{3}", wanted.upper()):
        page = PAGES / f"{wanted.upper()}.md"
        return page.read_text(encoding="utf-8") if page.is_file() else None
    for candidate in codes():
        text = (PAGES / f"{candidate}.md").read_text(encoding="utf-8")
        if text.splitlines()[0].endswith(f" {wanted.lower()}"):
            return text
    return None


def summary(code: str) -> str | None:
    """The first sentence of a page below its title."""
    page = explain(code)
    if page is None:
        return None
    for paragraph in page.split("\n\n")[1:]:
        if paragraph.strip():
            return " ".join(paragraph.split())
    return None


def link(code: str) -> str | None:
    """The address of a code's page: the file that came with Scoredock, so that it opens offline and fits the version."""
    page = PAGES / f"{code}.md"
    return page.as_uri() if re.fullmatch(r"SD\d{3}", code) and page.is_file() else None
