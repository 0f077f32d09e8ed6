"""What is said of reasons, and to whom: to the reader in their language, or to others of them."""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from app.languages import ENGLISH, QUOTED, Language, english

UNSURE = english("We are less sure of this one: tell us whether you want more of it.")
TRENDING = english("Trending now.")
TRENDING_ALONE = english("Trending now; not yet chosen by your own interests.")
NO_WORD = english("No word of it is among yours.")
PART = english("Speaks of {words}, from your {text}.")
NEAR = english("Related to your “{text}”: it speaks of {words}.")
# By the kind of what was asked for.
WANTED = {
    "whole": english("You asked for {names}."),
    "author": english("You follow {names}."),
    "category": english("In {names}, which you asked for."),
}
# By whether there are a title, words that both papers speak of, and others it is close to.
LIKED = {
    (True, True, False): english("Close to “{title}”, which you liked (both speak of {words})."),
    (True, True, True): english(
        "Close to “{title}”, which you liked (both speak of {words}), and to others."
    ),
    (True, False, False): english("Close to “{title}”, which you liked."),
    (True, False, True): english("Close to “{title}”, which you liked, and to others."),
    (False, True, False): english("Close to a paper you liked (both speak of {words})."),
    (False, True, True): english(
        "Close to a paper you liked (both speak of {words}), and to others."
    ),
    (False, False, False): english("Close to a paper you liked."),
    (False, False, True): english("Close to a paper you liked, and to others."),
}
READERS_LIKING = english("Readers who like what you like tend to like such papers.")
READERS_ASKING = english("Readers who share your interests tend to like such papers.")
# In a list of shares.
A_LIKED = english("a paper you liked")
DISLIKED = english("“{text}”, which you disliked")
A_DISLIKED = english("a paper, which you disliked")
OTHERS_RATED = english("other papers you rated")
OTHER = english("other")
PART_OF = english("{words}, of {text}")
NEAR_TO = english("near {text}")

_TITLE = 40  # characters of a title in such a list
_UNSURE_OF_THEM = "Less sure than the others: they are asked whether they want more of it."
_THEY = {"you": "they", "your": "their", "yours": "theirs"}
_YOU = re.compile(r"\b(you|yours?)\b", re.IGNORECASE)


class Fact(NamedTuple):
    """What stands in one place of a sentence: texts, to be listed.

    is_wanted: a reader asked for them, and is to see them at once. is_quoted: in quotes, where of
    several words.
    """

    place: str
    texts: tuple[str, ...]
    is_wanted: bool = False
    is_quoted: bool = False


class Point(NamedTuple):
    """A sentence of a reason: one of the texts above, and what stands in its places."""

    text: str
    facts: tuple[Fact, ...] = ()


class Voice:
    """Fills in these texts. is_of: tells somebody else of the reader, in English."""

    def __init__(self, language: Language = ENGLISH, *, is_of: bool = False) -> None:
        self.language, self._is_of = language, is_of
        self._fillers: dict[str, Callable[..., str]] = {}

    def say(self, text: str, /, **facts: str) -> str:
        """One of the texts above, with its facts in their places."""
        filler = self._fillers.get(text)
        if filler is None:
            filler = self._fillers[text] = self.template(text).format
        return filler(**facts)

    def template(self, text: str) -> str:
        """One of the texts above, its places open."""
        return str(_of_them(text) if self._is_of else self.language.gettext(text))


TO_READER, OF_READER = Voice(), Voice(is_of=True)


@cache
def to_reader(language: Language) -> Voice:
    """The voice that speaks to readers of a language."""
    return TO_READER if language is ENGLISH else Voice(language)


def _of_them(text: str) -> str:
    if text == UNSURE:
        return _UNSURE_OF_THEM
    return _YOU.sub(lambda you: _like(you[0], _THEY[you[0].lower()]), text)


def _like(was: str, instead: str) -> str:
    return instead.capitalize() if was[0].isupper() else instead


# Words and titles come again and again in the letters of others.
@lru_cache(maxsize=20_000)
def quote(voice: Voice, text: str) -> str:
    """A text of more than one word in quotes."""
    return voice.say(QUOTED, text=text) if " " in text else text


@lru_cache(maxsize=20_000)
def entitle(voice: Voice, said: str, title: str) -> str:
    """What is said of a paper with the beginning of its title, whole words where they fit."""
    if len(title) > _TITLE:
        end = title.rfind(" ", 0, _TITLE)
        title = f"{title[: end if end > 0 else _TITLE - 1].rstrip(' ,;:.–—-')}…"
    return voice.say(said, text=title)


@lru_cache(maxsize=20_000)
def join(voice: Voice, texts: tuple[str, ...]) -> str:
    """Write "one, two and three"."""
    return voice.language.listed(texts)


@lru_cache(maxsize=20_000)
def written(voice: Voice, fact: Fact) -> str:
    """What stands in a place, as plain text."""
    texts = tuple([quote(voice, text) for text in fact.texts]) if fact.is_quoted else fact.texts
    return join(voice, texts)


def tell(voice: Voice, points: Sequence[Point]) -> str:
    """Say some points one after the other, in plain text."""
    return " ".join(
        [
            voice.say(point.text, **{each.place: written(voice, each) for each in point.facts})
            for point in points
        ]
    )
