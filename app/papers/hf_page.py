"""The Daily Papers page as HTML: the state that it is drawn from, in an attribute of one element.

<div class="SVELTE_HYDRATER contents" data-target="DailyPapers" data-props="{&quot;dateString…">,
the two attributes in either order, among other such elements. The page of a weekend is that of the
last list before it, so the day is what the state says, whatever address the page was saved from.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice

from app.errors import UnreadableDigest
from app.papers import fields, hf_json, json_text
from app.papers.paper import Digest

LAYOUT = "Hugging Face page"
# The menu, the list, the footer and some more; a page with hundreds of them is none of theirs.
_MOST = 64
_START = re.compile(r"<[a-z]+(?=[^<>]{1,300}?\bdata-(?:props|target)\b)", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"""(?:[^"'>]++|"[^"]*"|'[^']*')*+>""")
_VALUE = re.compile(r"""\bdata-(target|props)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def read(text: str, read_on: date) -> Digest:  # noqa: ARG001  (its days have their years)
    """Raises UnreadableDigest if no element's state is a list of papers, or one paper."""
    for state in _states(text):
        rows = _rows(state)
        if rows is not None:
            found = hf_json.of_answer(rows, LAYOUT)
            day = fields.day(state.get("dateString"))
            return replace(found, date=day) if day else found
    raise UnreadableDigest(
        "This HTML page holds no list of papers. Save a Daily Papers page, or its text."
    )


def _rows(state: Mapping[str, object]) -> list[object] | None:
    """The rows of a day's, week's or month's list, of a search, or of a paper's own page."""
    for name in ("dailyPapers", "searchResults"):
        rows = state.get(name)
        if isinstance(rows, list):
            return rows
    paper, comments = state.get("paper"), state.get("comments")
    if not isinstance(paper, Mapping):
        return None
    return [{"paper": paper, "numComments": len(comments) if isinstance(comments, list) else None}]


def _states(text: str) -> Iterator[Mapping[str, object]]:
    """The states in the page, those first whose element says that it is the list."""
    elements = [_element(text, start.end()) for start in islice(_START.finditer(text), _MOST)]
    elements.sort(key=lambda each: each[0] not in {"DailyPapers", "PaperContent"})
    for _, values in elements:
        for value in values:
            try:
                state = json_text.parse(_unescape(value))
            except UnreadableDigest:
                continue  # a decoy, or the state of some other kind of element
            if isinstance(state, Mapping):
                yield state


def _unescape(value: str) -> str:
    # Nearly every escape is a quote, and html.unescape calls a function for each.
    return html.unescape(value.replace("&quot;", '"'))


def _element(text: str, start: int) -> tuple[str, list[str]]:
    """The data-target of an element whose name ends at `start`, and each data-props it has."""
    attributes = _ATTRIBUTES.match(text, start)
    found = _VALUE.findall(attributes[0]) if attributes else []
    target = next((one or two for name, one, two in found if name.lower() == "target"), "")
    return target, [one or two for name, one, two in found if name.lower() == "props"]
