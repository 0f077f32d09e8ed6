"""Was this text wrapped, at which width, and which line breaks end a paragraph?

A wrapping program fills each line: where the next line's first word would still have fitted, the
break was in the text before. And no sentence ends before a small letter: there a break is only a
wrapped line's. Everything between is left to the shape of what would stand on either side.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.papers import shape
from app.papers.lines import Line

SURE = 1000.0
# A line that a hyphen ends may have been cut there, but not "pre-" before "and post-training".
_CUT_AT_HYPHEN = re.compile(r"[^\W_]-$")
_CUT_AT_DASH = re.compile(r"[^\s-]-{2,}$")
_CUT_BEFORE_DASH = re.compile(r"(-{2,})\w")
_HANGING = re.compile(r"(?:and|or|to|nor|versus|vs\.?|but|as)(?![\w-])")
# What `textwrap` takes for the end of a line inside a word: two letters, hyphen, two letters.
_BREAKABLE = re.compile(r"\S*?[^\W\d_]{2}-(?=[^\W\d_]-?[^\W\d_])")


@dataclass(frozen=True)
class Wrapping:
    """How the text was wrapped; width 0: not at all, each line is a paragraph.

    greedy: every line is as full as it can be (`textwrap`, `fold`), so a short one ends a
    paragraph. blanks_hold: a wrapped line keeps the blank it was broken at (`fold -s`).
    at_hyphens: it also breaks lines after a hyphen (`textwrap`, unless told not to).
    gaps_split: blank lines stand between paragraphs, not after every line; gaps_all: between all
    of them, as far as one can tell.
    """

    width: int = 0
    greedy: bool = True
    blanks_hold: bool = False
    at_hyphens: bool = True
    gaps_split: bool = True
    gaps_all: bool = False

    def break_score(self, before: Line, after: Line) -> float:
        """How surely (log-odds; SURE is certain) a paragraph ends between two lines."""
        if not self.width or (after.after_blank and self.gaps_split):
            return SURE
        if self.blanks_hold and before.width <= self.width:
            return -SURE if before.ends_in_blank else SURE
        room = self.width - before.width - 1 - self._first_part(after)
        if self.greedy and room > 0:
            return SURE
        if _runs_on(before, after) or _CUT_AT_HYPHEN.search(before.text):
            return -SURE
        full = 6.0 if self.greedy and room == 0 else 3.0 * (room >= 0) - 2.0
        full -= 8.0 * self.gaps_all
        if shape.starts_lower(after.text):
            return full - 4.0
        return full if shape.may_end(before.text) else full - 1.0

    def _first_part(self, line: Line) -> int:
        part = _BREAKABLE.match(line.text) if self.at_hyphens else None
        return len(part[0].encode("utf-8", "replace")) if part else _first_word(line)


def measure(lines: Sequence[Line]) -> Wrapping:
    """Find out how the text was wrapped, from the breaks in mid-sentence."""
    broken = [(before, after) for before, after in pairwise(lines) if _runs_on(before, after)]
    if not broken or len(broken) < 0.12 * len(lines):
        return Wrapping()
    width = max(before.width for before, _ in broken)
    if len(broken) >= 20:
        width = sorted(before.width for before, _ in broken)[int(0.97 * len(broken))]
    n_loose = sum(before.width + 1 + _first_word(after) < width for before, after in broken)
    n_blank = sum(before.ends_in_blank for before, _ in broken)
    n_hyphens = sum(bool(_CUT_AT_HYPHEN.search(before.text)) for before, _ in broken)
    gaps = [_runs_on(*pair) for pair in pairwise(lines) if pair[1].after_blank]
    wrap = Wrapping(
        width=width,
        greedy=n_loose <= 0.02 * len(broken),
        blanks_hold=n_blank >= 0.9 * len(broken),
        at_hyphens=n_hyphens >= 0.006 * len(broken) and n_hyphens > 0,
        gaps_split=sum(gaps) <= 0.2 * len(gaps),
    )
    n_tight = sum(
        not after.after_blank and wrap.break_score(before, after) >= SURE
        for before, after in pairwise(lines)
    )
    return replace(wrap, gaps_all=wrap.gaps_split and len(gaps) > 1 and not n_tight)


def join(lines: Sequence[Line], wrap: Wrapping) -> str:
    """Put the lines of a paragraph together again, as they were before they were wrapped."""
    return "".join(_pieces(lines, wrap)) + lines[-1].text if lines else ""


def _pieces(lines: Sequence[Line], wrap: Wrapping) -> Iterator[str]:
    for before, after in pairwise(lines):
        yield before.text
        yield "" if _is_cut(before, after, wrap) else " "


def _is_cut(before: Line, after: Line, wrap: Wrapping) -> bool:
    """Whether the line broke inside a word: at its hyphen or dash, or because it was too long."""
    longest = len(before.text.split()[-1]) + _first_word(after)
    if wrap.width and before.width >= wrap.width and longest > wrap.width:
        return True
    if before.ends_in_blank or not wrap.at_hyphens:
        return False
    if _CUT_AT_DASH.search(before.text):
        return after.text[:1].isalnum()
    dash = _CUT_BEFORE_DASH.match(after.text)
    if dash:  # there was no room for the dash itself
        return before.text[-1:].isalnum() and before.width + len(dash[1]) > wrap.width
    at_hyphen = _CUT_AT_HYPHEN.search(before.text) and after.text[:1].isalnum()
    return bool(at_hyphen) and not _HANGING.match(after.text)


def _runs_on(before: Line, after: Line) -> bool:
    goes_on = shape.starts_lower(after.text) or after.text.startswith("(")
    return goes_on and not shape.ends_sentence(before.text)


def _first_word(line: Line) -> int:
    return len(line.text.split(maxsplit=1)[0].encode("utf-8", "replace"))
