"""Lines that name a paper's categories, as archives print them below its title.

Subjects: Machine Learning (cs.LG); High Energy Physics - Theory (hep-th)
Categories: cs.LG cs.CL
"""

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.papers import reading
from app.papers.lines import Line
from app.papers.reading import Reading

# An archive alone is believed where it cannot be a word.
_CODE = (
    r"(?:(?:q|[a-z]{2,})(?:-[a-z]{2,4})?\.[A-Za-z]{2}(?:[a-z-]*[a-z])?"
    r"|(?:hep|nucl|math|quant|gr|astro|cond)-[a-z]{2,4})"
)
_NAMED = rf"[A-Z][\w ,/&'-]{{2,80}}\({_CODE}\)"
_SUBJECTS = re.compile(
    rf"(?:Subjects?|Categor(?:y|ies))\s*:\s*"
    rf"(?:{_CODE}(?:[\s,;]+{_CODE})*|{_NAMED}(?:[;,]\s*{_NAMED})*)\.?"
)
_FIRST = re.compile(r"(?:Subjects?|Categor(?:y|ies))\s*:")
_LONGEST = 4  # lines of one list of categories, where the text was wrapped


@dataclass(frozen=True)
class Subjects:
    """Lines that were lifted, and the categories they name, the main one first."""

    lines: tuple[Line, ...]
    categories: tuple[str, ...]


def lift(body: Sequence[Line]) -> tuple[list[Line], list[Subjects]]:
    """Take the lines that name categories, and nothing else, out of a page's body."""
    kept: list[Line] = []
    found: list[Subjects] = []
    place, gap = 0, False
    while place < len(body):
        line = body[place]
        subjects = _subjects(body[place : place + _LONGEST])
        if subjects:
            found.append(subjects)
            gap |= line.after_blank
            place += len(subjects.lines)
        else:
            kept.append(replace(line, after_blank=True) if gap else line)
            place, gap = place + 1, False
    return kept, found


def give(found: Reading, lifted: Sequence[Subjects]) -> Reading:
    """Give each entry the categories that stand below its title, before anything unread."""
    numbers = [title.number for title in found.titles]
    entries, unread = list(found.entries), list(found.unread)
    strange = sorted(line.number for line, reason in unread if reason != reading.MENU)
    for subjects in lifted:
        number = subjects.lines[0].number
        place = bisect.bisect(numbers, number) - 1
        strange_before = bisect.bisect(strange, number)
        if place < 0 or (strange_before and strange[strange_before - 1] > numbers[place]):
            unread += [(line, reading.NO_PAPER) for line in subjects.lines]
        else:
            paper = entries[place].paper
            all_of_it = tuple(dict.fromkeys((*paper.categories, *subjects.categories)))
            paper = paper._replace(categories=all_of_it)
            entries[place] = entries[place]._replace(paper=paper)
    return Reading(entries, unread, found.titles)


def _subjects(ahead: Sequence[Line]) -> Subjects | None:
    """Read the longest list of categories that the next lines make, if the first begins one."""
    if not ahead or not _FIRST.match(ahead[0].text):
        return None
    for n_lines in range(len(ahead), 0, -1):
        text = " ".join(line.text for line in ahead[:n_lines])
        if _SUBJECTS.fullmatch(text):
            codes = re.findall(rf"(?<![\w.-]){_CODE}(?![\w-])", text)
            return Subjects(tuple(ahead[:n_lines]), tuple(dict.fromkeys(codes)))
    return None
