"""Where in a title or an excerpt the words stand that made the score, by the model's own stems."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from app.recommend import words
from app.recommend.explain import Reason
from app.recommend.interests import Kind

Span = tuple[int, int]  # of a text: text[start:end]

# What made less than this part of the score would only clutter the text.
_WORTH_MARKING = 0.1
# Runs that may hold a word: whatever is neither white space nor punctuation that parts words. A
# backslash stays, so that the model sees TeX for what it is.
_PIECE = re.compile(
    r"""[^\s!"$%&()*,\-./:;<=>?@\[\]^_`{|}~\u00ab\u00bb\u2010-\u2018\u201a-\u206f\u3000-\u3003]+"""
)


def terms(reason: Reason) -> tuple[str, ...]:
    """The words and phrases of a paper that its score is due to, for `spans`."""
    least = max(_WORTH_MARKING * reason.total, 0.0)
    typed = [t for t in reason.terms if t.share > least and t.kind in {Kind.WORD, Kind.PHRASE}]
    found = [word for term in typed for word in (term.part or term.near or (term.text,))]
    found += [word for near in reason.liked if near.share > least for word in near.words]
    return tuple(dict.fromkeys(found))


def authors(reason: Reason) -> tuple[str, ...]:
    """The people a reader follows whose name added to the score."""
    return tuple(t.text for t in reason.terms if t.kind is Kind.AUTHOR and t.share > 0)


def spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Find the words of `terms`, in any form the model takes for the same; a phrase as neighbours.

    In order, never overlapping, none empty.
    """
    places = _places(text)
    found = sorted(span for term in terms for stem in _stems(term) for span in places.get(stem, ()))
    apart: list[Span] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


@lru_cache(maxsize=20_000)
def _stems(term: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words.phrase(term)))


# All readers of a paper see the same excerpt: a day's papers fit in easily.
@lru_cache(maxsize=4_000)
def _places(text: str) -> Mapping[str, tuple[Span, ...]]:
    """Where every stem of a text stands, and every pair of neighbouring ones."""
    found: dict[str, list[Span]] = {}
    before: tuple[str, int, int] | None = None
    for stem, start, end in _stemmed(text):
        found.setdefault(stem, []).append((start, end))
        if before and _are_neighbours(text[before[2] : start]):
            found.setdefault(f"{before[0]} {stem}", []).append((before[1], end))
        before = stem, start, end
    return {stem: tuple(each) for stem, each in found.items()}


def _stemmed(text: str) -> Iterator[tuple[str, int, int]]:
    for piece in _PIECE.finditer(text):
        for word, start, end in _words_in(piece[0]):
            yield words.stem(word.casefold()), piece.start() + start, piece.start() + end


def _words_in(piece: str) -> Iterator[tuple[str, int, int]]:
    """The words of a piece: mostly one, but several where a script puts no spaces."""
    end = 0
    for word in (word for sentence in words.sentences(piece) for word in sentence):
        start = piece.find(word, end)
        if start < 0:  # written in other signs than the model reads, such as "ﬁeld" or "H₂O"
            yield word, 0, len(piece)
            continue
        end = start + len(word)
        yield word, start, end


def _are_neighbours(gap: str) -> bool:
    """Whether no sentence ends in between, as the model parts them."""
    return gap in {" ", "-", ""} or len(list(words.sentences(f"x{gap}x"))) == 1
