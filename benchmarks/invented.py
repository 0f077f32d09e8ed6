"""Papers and people made up for the benchmarks: as many as wanted, the same at every run."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.papers.paper import Paper
from app.recommend.interests import Interest, Kind
from app.recommend.profile import Taste

N_WORDS, N_FIELDS = 60_000, 200
TITLE, ABSTRACT = 9, 140  # words
SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi xo zu bra cle dri flo gru stra pre chi tho qua"
ENDINGS = ("", "", "s", "ing", "ed", "tion", "al", "ity", "er", "ly")
FUNCTION_WORDS = ("the", "of", "and", "in", "to", "a", "we", "for", "is", "that", "with", "on")

Numbers = NDArray[np.int64]


def papers(n: int, seed: int = 7) -> dict[int, Paper]:
    """Papers with words as unlike in number as real ones (Zipf), each field having its own.

    A third are function words, and half of all words are followed by one of their usual
    followers, so that pairs come again as they do in real abstracts.
    """
    chance = np.random.default_rng(seed)
    words = np.array(_words(chance))
    followers = chance.integers(0, N_WORDS, (N_WORDS, 3))
    length = TITLE + ABSTRACT
    found: dict[int, Paper] = {}
    for number in range(n):
        field = int(chance.integers(N_FIELDS))
        drawn = _zipf(chance, length)
        is_own = chance.random(length) < 0.5
        drawn[is_own] = (drawn[is_own] * N_FIELDS + field) % N_WORDS
        follows = np.flatnonzero(chance.random(length) < 0.5)
        drawn[follows] = followers[drawn[follows - 1], chance.integers(0, 3, len(follows))]
        text = words[drawn]
        is_small = chance.random(length) < 0.35
        text[is_small] = np.array(FUNCTION_WORDS)[chance.integers(0, 12, int(is_small.sum()))]
        found[number] = Paper(
            " ".join(text[:TITLE]).capitalize(), _sentences(text[TITLE:].tolist())
        )
    return found


def tastes(
    n: int, typed: Sequence[str], liked: Sequence[int], seed: int, n_interests: int = 5
) -> list[Taste]:
    """People with so many of the words typed, few of them in common use, and 20 papers liked."""
    chance = np.random.default_rng(seed)
    interests = [Interest(text, Kind.PHRASE if " " in text else Kind.WORD) for text in typed]
    wanted = chance.zipf(1.3, (n, n_interests)) % len(interests)
    likes = chance.integers(0, len(liked), (n, 20))
    return [
        Taste(
            tuple(interests[k] for k in dict.fromkeys(of_each)),
            tuple(liked[h] for h in dict.fromkeys(shown)),
        )
        for of_each, shown in zip(wanted.tolist(), likes.tolist(), strict=True)
    ]


def phrases(of: Sequence[Paper]) -> list[str]:
    """What people may type: two words of each title, and one of the others."""
    split = [paper.title.lower().split() for paper in of]
    said = [" ".join(words[2:4]) for words in split] + [words[5] for words in split]
    return sorted(set(said) - set(FUNCTION_WORDS))


def libraries(n: int, liked: Sequence[int], seed: int = 11) -> list[list[int]]:
    """What each of some readers likes, 20 papers out of one stretch of them."""
    chance = np.random.default_rng(seed)
    width = min(len(liked), 200)
    starts = chance.integers(0, len(liked) - width + 1, n)
    picks = chance.integers(0, width, (n, 20)) + starts[:, None]
    return [[liked[place] for place in row] for row in picks.tolist()]


def _words(chance: np.random.Generator) -> list[str]:
    syllables = SYLLABLES.split()
    stems: dict[str, None] = {}
    while len(stems) < N_WORDS:
        n = int(chance.integers(2, 5))
        stem = "".join(syllables[k] for k in chance.integers(0, len(syllables), n).tolist())
        stems.setdefault(stem + ENDINGS[int(chance.integers(len(ENDINGS)))])
    return list(stems)


def _zipf(chance: np.random.Generator, n: int) -> Numbers:
    """Ranks drawn with probability about 1 / rank."""
    ranks: Numbers = np.exp(chance.random(n) * np.log(N_WORDS)).astype(np.int64) - 1
    return ranks


def _sentences(words: Sequence[str]) -> str:
    parts = [" ".join(words[start : start + 20]) for start in range(0, len(words), 20)]
    return ". ".join(part.capitalize() for part in parts) + "."
