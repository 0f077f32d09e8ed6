"""The two plain layouts of a saved page: titles and abstracts in turn, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from app.papers import days, lines, paragraphs, reading, shape
from app.papers.lines import Line
from app.papers.paper import Entry, Paper, fold
from app.papers.paragraphs import Kind, Paragraph
from app.papers.reading import Reading
from app.papers.wrapping import SURE, Wrapping


def read(body: Sequence[Line], wrap: Wrapping, latest: date) -> Reading:
    """Read what follows the page's head; every line ends in an entry or among the unread."""
    kept, menu = _lift_menu(body, wrap, latest)
    pairs, unread = _pair(paragraphs.read(kept, wrap))
    entries = [
        Entry(Paper(fold(title.text), fold(abstract.text)), position)
        for position, (title, abstract) in enumerate(pairs, start=1)
    ]
    return Reading(entries, [*unread, *((line, reading.MENU) for line in menu)])


def _lift_menu(body: Sequence[Line], wrap: Wrapping, latest: date) -> tuple[list[Line], list[Line]]:
    """Take out what a page's menu left between the papers, also in the middle of one."""
    kept: list[Line] = []
    menu: list[Line] = []
    gap = False
    for line in body:
        is_menu = lines.is_menu(line.text) or days.read(line.text, latest) is not None
        if is_menu and not (kept and _ends_title(kept[-1], line, wrap)):
            menu.append(line)
            gap |= line.after_blank
        else:
            kept.append(replace(line, after_blank=line.after_blank or gap))
            gap = False
    return kept, menu


def _ends_title(before: Line, line: Line, wrap: Wrapping) -> bool:
    """Whether "Models" is a wrapped title's last word: the line before had no room for it."""
    if line.text not in lines.TITLE_WORDS or wrap.break_score(before, line) >= SURE:
        return False
    return shape.is_title_case(before.text)


def _pair(
    found: Sequence[Paragraph],
) -> tuple[list[tuple[Paragraph, Paragraph]], list[tuple[Line, str]]]:
    pairs: list[tuple[Paragraph, Paragraph]] = []
    unread: list[tuple[Line, str]] = []
    title: Paragraph | None = None
    for place, part in enumerate(found):
        if part.kind is Kind.ABSTRACT and title is not None:
            if _is_cut(part, found[place + 1 :]):
                unread += [*_unread(title, reading.CUT), *_unread(part, reading.CUT)]
            else:
                pairs.append((title, part))
            title = None
        elif part.kind is Kind.TITLE:
            unread += _unread(title, reading.NO_ABSTRACT)
            title = part
        else:
            lone = part.kind is Kind.ABSTRACT
            unread += _unread(part, reading.NO_TITLE if lone else reading.NEITHER)
    return pairs, [*unread, *_unread(title, reading.NO_ABSTRACT)]


def _is_cut(abstract: Paragraph, rest: Sequence[Paragraph]) -> bool:
    """Whether the text breaks off in this abstract, or its end could not be told."""
    if shape.ends_sentence(abstract.text):
        return False
    is_last = not any(part.kind is Kind.ABSTRACT for part in rest)
    return is_last or rest[0].kind is Kind.STRAY


def _unread(part: Paragraph | None, reason: str) -> Iterator[tuple[Line, str]]:
    for line in part.lines if part else ():
        yield line, reason
