"""Where in a title or an excerpt the words stand that made the score, by the model's own stems."""

import re
from collections.abc import Iterator, Sequence
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


def of(reason: Reason, total: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a score, `total`, is due to: words and phrases of the paper, for `spans`, and people.

    The people are those a reader follows.
    """
    words: dict[str, None] = {}
    people: list[str] = []
    least = max(_WORTH_MARKING * total, 0.0)
    for term in reason.terms:
        if term.kind is Kind.AUTHOR:
            if term.share > 0:
                people.append(term.text)
        elif term.kind is not Kind.CATEGORY and term.share > least:
            words |= dict.fromkeys(term.part or term.near or (term.text,))
    for near in reason.liked:
        if near.share > least:
            words |= dict.fromkeys(near.words)
    return tuple(words), tuple(people)


def spans(text: str, terms: Sequence[str]) -> list[Span]:
    """Find the words of `terms`, in any form the model takes for the same; a phrase as neighbours.

    In order, never overlapping, none empty.
    """
    words_of_it = _words_of(text)
    found = sorted({span for term in terms for stem in _stems(term) for span in words_of_it(stem)})
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


class _Words:
    """Of a text. Only those are stemmed that begin as what is looked for: its stem does, too."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = list(_each_of(text))
        self._starting: dict[str, list[int]] = {}
        for place, (word, *_) in enumerate(self._found):
            self._starting.setdefault(word[0], []).append(place)

    def __call__(self, stem: str) -> Iterator[Span]:
        """Where a stem stands, or one after the other two of them, a blank between."""
        first, _, second = stem.partition(" ")
        for place in self._starting.get(first[0], ()):
            if self._is(place, first):
                _, start, end = self._found[place]
                if not second:
                    yield start, end
                elif self._is(place + 1, second):
                    _, follows, last = self._found[place + 1]
                    if _are_neighbours(self._text[end:follows]):
                        yield start, last

    def _is(self, place: int, stem: str) -> bool:
        return place < len(self._found) and words.stem(self._found[place][0]) == stem


# All readers of a paper see the same excerpt: a day's papers fit in easily.
_words_of = lru_cache(maxsize=4_000)(_Words)


def _each_of(text: str) -> Iterator[tuple[str, int, int]]:
    for piece in _PIECE.finditer(text):
        for word, start, end in _words_in(piece[0]):
            yield word.casefold(), piece.start() + start, piece.start() + end


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
