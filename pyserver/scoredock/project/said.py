"""How findings about project files are made, so that all of them look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from scoredock.finding import Edit, Finding, Fix, Place, Severity
from scoredock.l10n import t
from scoredock.project.marked import Document, Marked, Scalar, Sequence

NAMES = {
    "SD401": "scoring-script-missing",
    "SD402": "model-path-missing",
    "SD403": "server-package-missing",
    "SD404": "pinned-web-framework-clash",
    "SD406": "python-not-supported",
    "SD407": "pip-section-without-pip",
    "SD408": "project-file-wrong",
    "SD416": "fewer-workers-than-requests",
}


def found(code: str, severity: Severity, place: Place, message: str, fix: Fix | None = None) -> Finding:
    return Finding(place, code, NAMES[code], severity, message, fix)


def replacing(title: str, place: Place, text: str) -> Fix:
    return Fix(title, (Edit(place, text),))


def renaming(name: str, meant: str, place: Place, *, text: str | None = None) -> Fix:
    """A fix that writes the key that was meant; ``text`` is how it is written where quotes belong around it."""
    return replacing(t("Rename '{0}' to '{1}'", name, meant), place, text or meant)


def writing(instead: str, place: Place, *, text: str | None = None) -> Fix:
    """A fix that writes the value that was meant; ``text`` as above."""
    return replacing(t("Write '{0}'", instead), place, text or instead)


def with_question(message: str, meant: str | None) -> str:
    """A message, and whether something else was meant."""
    return " ".join((message, t("Did you mean '{0}'?", meant))) if meant else message


def beginning(place: Place) -> Place:
    """The empty range where a range begins: for what is said of something that is missing in it."""
    return Place(place.path, place.line, place.column, place.line, place.column)


def of_document(document: Document) -> Iterator[Finding]:
    """What is wrong with a file before anyone asks what it means."""
    for problem in document.problems:
        severity = Severity.ERROR if problem.kind == "unreadable" else Severity.WARNING
        yield found("SD408", severity, problem.place, problem.message)


# Values that something fills in before Azure reads the file: {{ }} of templates, ${ }, $NAME and $( ) of shells and
# pipelines, #{ }#, %NAME% and __NAME__ of token replacement, < > and <% %> of documentation and generators.
_UNFILLED = re.compile(
    r"\{\{.*?\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|#\{[^}]*\}#|%[A-Za-z_]\w*%|__[A-Za-z]\w*__|<%.*?%>|<[A-Za-z][\w .-]*>"
)


def unfilled(value: Marked | None) -> bool:
    """Whether a value is still to be filled in, so that nothing can be said of it."""
    return isinstance(value, Scalar) and (value.placeholder or bool(_UNFILLED.search(value.text)))


def placeholders(document: Document) -> Iterator[Finding]:
    """A note for each template in a file: Azure itself does not fill them in."""
    for scalar in _scalars(document.root):
        if scalar.placeholder:
            message = t("{0} is a placeholder; what depends on it is not checked until it is filled in.", scalar.text)
            yield found("SD408", Severity.INFORMATION, scalar.place, message)


def _scalars(node: Marked | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node:
            yield from _scalars(item)
    elif node is not None:
        for entry in node.entries:
            if not entry.merged:
                yield from _scalars(entry.value)


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that was most likely meant."""
    folded = {name.lower().replace("-", "_"): name for name in known}
    close = get_close_matches(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower().replace("-", "_"), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None
