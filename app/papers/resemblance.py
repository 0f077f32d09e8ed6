"""Is this a digest at all? Prose, code and tables also have long and short lines."""

import re
from collections.abc import Sequence

from app.errors import UnreadableDigest
from app.papers import shape
from app.papers.lines import Line
from app.papers.paper import Paper
from app.papers.reading import Reading

# Signs that code, tables and markup are full of, and abstracts are not, for all their formulas.
_SIGNS = re.compile(r"[*_{}<>=|#;/\\`~@]|--|::|\.\.\.")
_BULLET = re.compile(r"[-*+•>|#] ?|\d+[.)] |\.\. |[A-Z][\w-]+: ?[a-z@<\d]|Copyright\b|@|%|//|/\*")


def check(found: Reading, body: Sequence[Line], *, is_known: bool, is_plain: bool) -> None:
    """Raise UnreadableDigest unless the reading makes sense; a known head is half the proof."""
    n_entries = len(found.entries)
    if not n_entries:
        raise UnreadableDigest(_nothing(found, is_known=is_known))
    if is_known:
        return
    doubt = _doubt(found, body, is_plain=is_plain)
    if doubt:
        raise UnreadableDigest(f"This does not look like a digest of papers: {doubt}.")


def _nothing(found: Reading, *, is_known: bool) -> str:
    if is_known:
        n_lines = len(found.unread)
        return (
            "The page's head is there, but no title with its abstract could be made out in the "
            f"{n_lines} line{'s' * (n_lines != 1)} after it."
        )
    return "This does not look like a digest of papers: no title with its abstract is in it."


def _doubt(found: Reading, body: Sequence[Line], *, is_plain: bool) -> str:
    papers = [entry.paper for entry in found.entries]
    convincing = [paper for paper in papers if _convinces(paper)]
    n_read = sum(len(paper.title) + len(paper.abstract) for paper in convincing)
    if len(convincing) < (2 if is_plain else 1):
        return "hardly any of its lines make a title with its abstract"
    if len(convincing) < 0.6 * len(papers):
        return "what could be titles and abstracts are too short, or read like something else"
    if n_read < 0.5 * sum(len(line.text) for line in body):
        return "most of its lines are neither title nor abstract"
    return ""


def _convinces(paper: Paper) -> bool:
    """Whether the pair could stand in any list of papers, whatever surrounds it."""
    title, abstract = paper.title, paper.abstract
    if not 20 <= len(title) <= 250 or len(title.split()) < 3 or len(abstract) < 150:
        return False
    if title.endswith((".", ",", ":", ";")) or not shape.ends_sentence(abstract):
        return False
    if _BULLET.match(title) or _BULLET.match(abstract) or shape.starts_lower(abstract):
        return False
    return len(_SIGNS.findall(title)) <= 2 and len(_SIGNS.findall(abstract)) <= 0.03 * len(abstract)
