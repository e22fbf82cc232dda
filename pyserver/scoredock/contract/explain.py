"""The page of each code: one Markdown file in `pages/`, read by `--explain`, by hover and by whoever follows the link. Other
languages have a folder there, with a page for every code."""

from __future__ import annotations

import re
from pathlib import Path

from scoredock.l10n import language

PAGES = Path(__file__).parent / "pages"


def codes() -> list[str]:
    """All codes that have a page."""
    return sorted(page.stem for page in PAGES.glob("SD*.md"))


def explain(code: str) -> str | None:
    """The page of a code (``sd203`` and ``missing-global`` do as well), or ``None`` when there is no such code."""
    wanted = code.strip()
    page = _page(wanted.upper()) or next((_page(known) for known in codes() if _name(known) == wanted.lower()), None)
    return page.read_text(encoding="utf-8") if page else None


def _page(code: str) -> Path | None:
    """The file of a code in the reader's language, else in English."""
    if re.fullmatch(r"SD\d{3}", code):
        for folder in (PAGES / language(), PAGES):
            if (folder / f"{code}.md").is_file():
                return folder / f"{code}.md"
    return None


def _name(code: str) -> str:
    """The readable twin of a code, which its title ends with."""
    return (PAGES / f"{code}.md").read_text(encoding="utf-8").splitlines()[0].rpartition(" ")[2]


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
    page = _page(code)
    return page.as_uri() if page else None
