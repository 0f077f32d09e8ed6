"""The text of one card: which of its lines are the title, which the abstract, which neither?"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from app.papers import paragraphs, reading, shape, wrapping
from app.papers.lines import Line
from app.papers.marks import Token
from app.papers.paper import Paper, fold
from app.papers.paragraphs import Kind
from app.papers.wrapping import Wrapping

# How unlikely it is that a card has lost its title or its abstract.
_ALONE = 10.0


def read(texts: Sequence[Token], wrap: Wrapping, *, may_name_org: bool) -> tuple[list[Paper], str]:
    """The card's papers, or none and the reason: one, unless the marks between two are lost.

    may_name_org: the last line may be the organisation, which takes the place of "3 authors".
    """
    body = [replace(token.line, text=token.text) for token in texts]
    n_titled = sum(token.is_titled for token in texts)
    if not body:
        return [], reading.NO_CARD
    if n_titled and all(token.is_titled for token in texts[:n_titled]):
        names_org = may_name_org and len(body) > n_titled + 1 and _org_score(body[-1].text) > 0
        return [_paper(body, n_titled, len(body) - names_org, wrap)], ""
    return _read_untitled(body, wrap, may_name_org=may_name_org)


def _read_untitled(
    body: list[Line], wrap: Wrapping, *, may_name_org: bool
) -> tuple[list[Paper], str]:
    several = _several(body, wrap)
    if several:
        return several, ""
    n_title, end, score = _best_split(body, wrap, may_name_org=may_name_org)
    text = shape.measure(wrapping.join(body, wrap))
    alone = max(shape.abstract(text), shape.title(text)) - _ALONE
    if n_title and score >= alone:
        return [_paper(body, n_title, end, wrap)], ""
    looks_abstract = shape.abstract(text) > shape.title(text)
    return [], reading.NO_TITLE if looks_abstract else reading.NO_ABSTRACT


def _several(body: list[Line], wrap: Wrapping) -> list[Paper]:
    """Papers whose marks are lost stand as in a plain list."""
    parts = paragraphs.read(body, wrap) if len(body) >= 4 else []
    kinds = [part.kind for part in parts]
    in_turn = kinds == [Kind.TITLE, Kind.ABSTRACT] * (len(kinds) // 2)
    if len(kinds) < 4 or not in_turn or any(len(part.text) < 120 for part in parts[1::2]):
        return []
    return [
        Paper(fold(title.text), fold(abstract.text))
        for title, abstract in zip(parts[::2], parts[1::2], strict=True)
    ]


def _best_split(body: list[Line], wrap: Wrapping, *, may_name_org: bool) -> tuple[int, int, float]:
    """How many lines are the title, where the abstract ends, and how well that fits."""
    best = (0, len(body), -1e9)
    for end in (len(body), len(body) - 1) if may_name_org else (len(body),):
        org = 0.0 if end == len(body) else _org_score(body[end].text)
        for n_title in range(1, min(7, end)):
            score = org + _split_score(body[:n_title], body[n_title:end], wrap)
            if score > best[2]:
                best = (n_title, end, score)
    return best


def _split_score(title: list[Line], abstract: list[Line], wrap: Wrapping) -> float:
    """A break that wrapping cannot explain speaks for this split, and against any in the title."""
    here = wrap.break_score(title[-1], abstract[0])
    inside = [wrap.break_score(a, b) for a, b in pairwise(title)]
    if len(abstract) > 1:  # an abstract's first line is full
        inside.append(wrap.break_score(*abstract[:2]))
    score = max(-8.0, min(3.0, here)) - sum(max(-1.0, min(1.0, score)) for score in inside)
    score += shape.title(shape.measure(wrapping.join(title, wrap)))
    return score + shape.abstract(shape.measure(wrapping.join(abstract, wrap)))


def _org_score(text: str) -> float:
    return 3.0 if len(text) <= 60 and not shape.ends_sentence(text) else -1000.0


def _paper(body: list[Line], n_title: int, end: int, wrap: Wrapping) -> Paper:
    """What stands below the abstract is the organisation."""
    title, abstract = (wrapping.join(part, wrap) for part in (body[:n_title], body[n_title:end]))
    behind = wrapping.join(body[end:], wrap)
    return Paper(fold(title), fold(abstract), organisation=fold(behind))
