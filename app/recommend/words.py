"""Words of a text as the model counts them: folded, stemmed, singly and in neighbouring pairs."""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator

from snowballstemmer.english_stemmer import EnglishStemmer

# Raise it whenever `analyse` may give other terms for the same text: it is part of a model's id.
VERSION = 2

# Function words only: a word that can be somebody's subject ("fire", "system") is never dropped.
_FUNCTION_WORDS = """
    a about above after again against all also although always am among an and another any are
    aren't as at be because been before being below between both but by can can't cannot could
    couldn't did didn't do does doesn't doing don't down due during each either else enough etc
    even ever every for from further furthermore had hadn't has hasn't have haven't having he
    he'd he'll he's hence her here hers herself him himself his how however i i'd i'll i'm i've if
    in indeed into is isn't it it's its itself just let's may me might more moreover most much
    must mustn't my myself neither nevertheless no nor not now of often on once only onto or
    other others otherwise ought our ours ourselves out own per perhaps rather same several
    shall shan't she she'd she'll she's should shouldn't since so some such than that that's the
    their theirs them themselves then there there's thereby therefore these they they'd they'll
    they're they've this those though through thus to together too toward towards until up
    upon us very via was wasn't we we'd we'll we're we've were weren't what what's when where
    whereas whether which while who whom whose why will with within without won't would wouldn't
    yet you you'd you'll you're you've your yours yourself yourselves
"""
# TeX commands as feeds leave them behind, the backslash lost.
_TEX_WORDS = """
    frac geq leq mathbb mathbf mathcal mathfrak mathrm mathsf operatorname sqrt textbf textit
    texttt widehat widetilde
"""
STOP_WORDS = frozenset((_FUNCTION_WORDS + _TEX_WORDS).split())

# Scripts written without spaces: every sign is a word, and the pairs find the longer ones.
_SIGN = "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
# Vowel signs and points that belong to the letter before them, though `\w` leaves them out.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f"
    "\u0962\u0963\u0980-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0f71-\u0f84\u102b-\u103e"
)
_LETTER = rf"(?:(?!{_SIGN})[^\W_]|[{_MARKS}])"
_WORD = re.compile(rf"{_SIGN}|{_LETTER}+(?:'{_LETTER}+)*(?:\+\+|#)?")
# The same for plain text, in a third of the time.
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*(?:\+\+|#)?")
# A pair of words is a phrase only inside one sentence.
_BREAK = re.compile(r"[\n;:!?]|\.\s")
_TEX_COMMAND = re.compile(r"\\[A-Za-z]+")
_TEX_ACCENT = re.compile(r"""\\(["'`^~=.])(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))""")
_ACCENTS = dict(zip("\"'`^~=.", "\u0308\u0301\u0300\u0302\u0303\u0304\u0307", strict=True))


@functools.lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Reduce a lower-case word to its Snowball stem; a sign such as "c++" stays as it is."""
    # A stemmer of its own each time: it keeps state, and web threads stem beside the ranking.
    return str(EnglishStemmer().stemWord(word)) if word.isalpha() or "'" in word else word


def _fold(text: str) -> str:
    if "\\" in text:
        text = _TEX_ACCENT.sub(lambda found: (found[2] or found[3]) + _ACCENTS[found[1]], text)
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def sentences(text: str) -> Iterator[list[str]]:
    """Split into sentences of words in their own case, stop words left out.

    Hyphens part words, so that "few-shot" and "few shot" are the same pair.
    """
    for line in lines(text):
        yield [word for word in line if word.casefold() not in STOP_WORDS]


def lines(text: str) -> Iterator[list[str]]:
    """Split into sentences of words in their own case, stop words among them."""
    for sentence in _BREAK.split(_TEX_COMMAND.sub(" ", _fold(text))):
        yield (_ASCII_WORD if sentence.isascii() else _WORD).findall(sentence)


def terms(sentence: list[str]) -> list[str]:
    """Stem the words of one sentence, and add every two neighbours as "a b"."""
    stems = [stem(word.casefold()) for word in sentence]
    return stems + [f"{a} {b}" for a, b in itertools.pairwise(stems)]


def analyse(text: str) -> list[str]:
    """Return the terms of a text; empty when it holds nothing but stop words and punctuation."""
    return [term for sentence in sentences(text) for term in terms(sentence)]


def phrase(text: str) -> list[str]:
    """Return the terms that a text must hold for this word or phrase to be in it, all of them.

    One word: its stem. More: its pairs, so that "protein folding" is not met by its words apart.
    """
    found = stems(text)
    return [f"{a} {b}" for a, b in itertools.pairwise(found)] or found


def stems(text: str) -> list[str]:
    """Return the stem of every word but the stop words, in their order."""
    return [stem(word.casefold()) for sentence in sentences(text) for word in sentence]
