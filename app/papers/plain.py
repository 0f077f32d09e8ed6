"""The two plain layouts of a saved page: titles and abstracts in turn, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from app.papers import days, lines, paragraphs, reading, shape, wrapping
from app.papers.lines import Line
from app.papers.paper import Entry, Paper, fold
from app.papers.paragraphs import Kind, Paragraph
from app.papers.reading import Reading
from app.papers.wrapping import SURE, Wrapping


def read(body: Sequence[Line], wrap: Wrapping, latest: date) -> Reading:
    """Read what follows the page's head; every line ends in an entry or among the unread."""
    kept, menu = _lift_menu(body, wrap, latest)
    found = _rejoined(paragraphs.read(kept, wrap), wrap)
    pairs, unread = _pair(list(_salvaged(found, wrap)))
    entries = [
        Entry(Paper(fold(title.text), fold(abstract.text)), position)
        for position, (title, abstract) in enumerate(pairs, start=1)
    ]
    titles = [title.lines[0] for title, _ in pairs]
    return Reading(entries, [*unread, *((line, reading.MENU) for line in menu)], titles)


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


def _rejoined(found: Sequence[Paragraph], wrap: Wrapping) -> list[Paragraph]:
    """Take a stray line out of the middle of a wrapped abstract that it had cut in two."""
    kept = list(found)
    place = 1
    while place < len(kept) - 1:
        before, stray, after = kept[place - 1 : place + 2]
        if _parts_one_abstract(before, stray, after, wrap):
            lines_ = (*before.lines, *after.lines)
            whole = Paragraph(Kind.ABSTRACT, lines_, wrapping.join(lines_, wrap))
            kept[place - 1 : place + 2] = [whole, replace(stray, kind=Kind.STRAY)]
        else:
            place += 1
    return kept


def _parts_one_abstract(
    before: Paragraph, stray: Paragraph, after: Paragraph, wrap: Wrapping
) -> bool:
    if (before.kind, stray.kind, after.kind) != (Kind.ABSTRACT, Kind.TITLE, Kind.ABSTRACT):
        return False
    if len(stray.lines) > 1 or shape.ends_sentence(before.text):
        return False
    # Had the next word still fitted, the line before would have ended its paragraph.
    runs_on = wrap.break_score(before.lines[-1], after.lines[0]) < SURE
    return runs_on and (shape.starts_lower(after.text) or len(stray.text) < 20)


def _salvaged(found: Sequence[Paragraph], wrap: Wrapping) -> Iterator[Paragraph]:
    """Part the last whole abstract from the title and first words of the one that was cut off."""
    last = max((n for n, part in enumerate(found) if part.kind is Kind.ABSTRACT), default=-1)
    for place, part in enumerate(found):
        n_whole = 0
        if place == last and not shape.ends_sentence(part.text):
            n_whole = _n_whole_lines(part, wrap)
        if n_whole:
            whole = part.lines[:n_whole]
            yield Paragraph(Kind.ABSTRACT, whole, wrapping.join(whole, wrap))
            rest = part.lines[n_whole:]
            yield Paragraph(Kind.TITLE, rest, wrapping.join(rest, wrap))
        else:
            yield part


def _n_whole_lines(part: Paragraph, wrap: Wrapping) -> int:
    """How many lines stand before a title-like line that follows a sentence's end; 0 if none."""
    for n in range(len(part.lines) - 1, max(0, len(part.lines) - 6), -1):
        whole = wrapping.join(part.lines[:n], wrap)
        if len(whole) >= 150 and shape.ends_sentence(whole):
            return n if shape.is_title_case(part.lines[n].text) else 0
    return 0


def _is_aside(text: str) -> bool:
    """Whether a line behind a title is too slight to be a title itself, such as "Sort by"."""
    return len(text) < 16 and any(word[0].islower() for word in text.split())


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
        elif part.kind is Kind.TITLE and title is not None and _is_aside(part.text):
            unread += _unread(part, reading.NEITHER)
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
