"""What is said of reasons, and to whom: to the reader in their language, or to others of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple, TypeAlias

from app.languages import ENGLISH, QUOTED, Language, english


class Place(NamedTuple):
    """Where texts stand in a sentence, to be listed.

    is_wanted: a reader asked for them, and is to see them at once. is_quoted: in quotes, where of
    several words.
    """

    name: str
    is_wanted: bool = False
    is_quoted: bool = False


class Mould:
    """A sentence in English, its places open: in the order in which they stand in it.

    code: its name in stored letters, which is never given to another.
    """

    def __init__(self, code: str, text: str, *places: Place) -> None:
        self.code, self.text, self.places = code, text, places
        MOULDS[code] = self


MOULDS: dict[str, Mould] = {}
# Some texts, each on a line: read from where they are stored, and looked up, as one.
Lines: TypeAlias = str
# A sentence of a reason: the code of a mould, and of each of its places the texts that stand there.
Point: TypeAlias = Sequence[Lines]

_TITLE, _WORDS = Place("title"), Place("words")
UNSURE = Mould(
    "unsure", english("We are less sure of this one: tell us whether you want more of it.")
)
TRENDING = Mould("trending", english("Trending now."))
TRENDING_ALONE = Mould(
    "trending alone", english("Trending now; not yet chosen by your own interests.")
)
NO_WORD = Mould("no word", english("No word of it is among yours."))
PART = Mould(
    "part",
    english("Speaks of {words}, from your {text}."),
    Place("words", is_wanted=True),
    Place("text", is_wanted=True, is_quoted=True),
)
NEAR = Mould(
    "near",
    english("Related to your “{text}”: it speaks of {words}."),
    Place("text", is_wanted=True),
    _WORDS,
)
# By the kind of what was asked for.
WANTED = {
    "whole": Mould(
        "asked", english("You asked for {names}."), Place("names", is_wanted=True, is_quoted=True)
    ),
    "author": Mould("author", english("You follow {names}."), Place("names", is_wanted=True)),
    "category": Mould(
        "category", english("In {names}, which you asked for."), Place("names", is_wanted=True)
    ),
}
# By whether there are a title, words that both papers speak of, and others it is close to.
LIKED = {
    (True, True, False): Mould(
        "liked, words",
        english("Close to “{title}”, which you liked (both speak of {words})."),
        _TITLE,
        _WORDS,
    ),
    (True, True, True): Mould(
        "liked, words, others",
        english("Close to “{title}”, which you liked (both speak of {words}), and to others."),
        _TITLE,
        _WORDS,
    ),
    (True, False, False): Mould("liked", english("Close to “{title}”, which you liked."), _TITLE),
    (True, False, True): Mould(
        "liked, others", english("Close to “{title}”, which you liked, and to others."), _TITLE
    ),
    (False, True, False): Mould(
        "untitled, words", english("Close to a paper you liked (both speak of {words})."), _WORDS
    ),
    (False, True, True): Mould(
        "untitled, words, others",
        english("Close to a paper you liked (both speak of {words}), and to others."),
        _WORDS,
    ),
    (False, False, False): Mould("untitled", english("Close to a paper you liked.")),
    (False, False, True): Mould(
        "untitled, others", english("Close to a paper you liked, and to others.")
    ),
}
READERS_LIKING = Mould(
    "readers liking", english("Readers who like what you like tend to like such papers.")
)
READERS_ASKING = Mould(
    "readers asking", english("Readers who share your interests tend to like such papers.")
)
# In a list of shares.
A_LIKED = english("a paper you liked")
DISLIKED = english("“{text}”, which you disliked")
A_DISLIKED = english("a paper, which you disliked")
OTHERS_RATED = english("other papers you rated")
OTHER = english("other")
PART_OF = english("{words}, of {text}")
NEAR_TO = english("near {text}")

_MOST_OF_TITLE = 40  # characters of a title in such a list
_UNSURE_OF_THEM = "Less sure than the others: they are asked whether they want more of it."
_THEY = {"you": "they", "your": "their", "yours": "theirs"}
_YOU = re.compile(r"\b(you|yours?)\b", re.IGNORECASE)


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
    if text == UNSURE.text:
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
    if len(title) > _MOST_OF_TITLE:
        end = title.rfind(" ", 0, _MOST_OF_TITLE)
        title = f"{title[: end if end > 0 else _MOST_OF_TITLE - 1].rstrip(' ,;:.–—-')}…"
    return voice.say(said, text=title)


@lru_cache(maxsize=20_000)
def join(voice: Voice, texts: tuple[str, ...]) -> str:
    """Write "one, two and three"."""
    return voice.language.listed(texts)


def point(mould: Mould, *facts: Iterable[str]) -> Point:
    """A sentence with these texts in its places."""
    return mould.code, *map(lines, facts)


def lines(texts: Iterable[str]) -> Lines:
    """Put texts on lines, one each."""
    return "\n".join([text.replace("\n", " ") for text in texts])


def texts_of(lines: Lines) -> list[str]:
    """The texts on some lines; none where there are none."""
    return lines.split("\n") if lines else []


def written(voice: Voice, place: Place, texts: Sequence[str]) -> str:
    """What stands in a place, as plain text."""
    return join(voice, tuple([quote(voice, text) for text in texts] if place.is_quoted else texts))


def tell(voice: Voice, points: Sequence[Point]) -> str:
    """Say some points one after the other, in plain text."""
    return " ".join([_told(voice, *point) for point in points])


def _told(voice: Voice, code: str, *facts: Lines) -> str:
    mould = MOULDS[code]
    told = {
        place.name: written(voice, place, texts_of(texts))
        for place, texts in zip(mould.places, facts, strict=True)
    }
    return voice.say(mould.text, **told)
