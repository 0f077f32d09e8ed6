"""Interests as people type them: words and "quoted phrases", a leading - to leave something out.

    diffusion, "protein folding" -video -"face recognition"

Spaces, commas, semicolons and new lines all part interests alike: words between commas stay
separate words unless they are quoted. A hyphen inside a word belongs to it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app import errors
from app.recommend import words

MAX_INTERESTS = 100
MAX_WORD = 80  # characters; a phrase may hold several such words
MAX_PHRASE = 200

_QUOTES = '"“”„«»'
_CLOSING = {'"': '"', "“": '”"', "”": '”"', "„": '“”"', "«": "»", "»": "«»"}
_SEPARATOR = re.compile(r"[\s,;]+")
_START = re.compile(rf"(?P<minus>[-−–]?)(?P<start>[{_QUOTES}]|[^\s,;{_QUOTES}]*)")
# Control signs, and those that turn the reading direction: they make one text look like another.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)


class Kind(StrEnum):
    """How an interest was typed; a phrase is worth most where its words are neighbours."""

    WORD = "word"
    PHRASE = "phrase"


@dataclass(frozen=True, order=True)
class Interest:
    """text: as the person typed it, without quotes and minus. negative: never show this."""

    text: str
    kind: Kind = Kind.WORD
    negative: bool = False


def parse(text: str, *, has_likes: bool = False) -> tuple[Interest, ...]:
    """Read interests in the order typed; one said twice (by its stems) is kept once.

    has_likes: a person with liked papers may type nothing, or only what to leave out.
    Raises BadValue, field "interests", with a sentence that points at the character (from 1).
    """
    if sign := _FORBIDDEN.search(text):
        raise _bad(
            f"character {sign.start() + 1} is a control sign (U+{ord(sign[0]):04X}): remove it"
        )
    found: dict[tuple[str, ...], Interest] = {}
    said_nothing: list[str] = []
    for interest in _scan(text):
        stems = tuple(words.phrase(interest.text))
        if not stems:
            said_nothing.append(interest.text)
        elif found.setdefault(stems, interest).negative is not interest.negative:
            raise _bad(f"“{interest.text}” is both asked for and left out: choose one")
    _check(tuple(found.values()), said_nothing, has_likes)
    return tuple(found.values())


def format(interests: Iterable[Interest]) -> str:  # noqa: A001 - the inverse of `parse`
    """Write interests so that `parse` reads the same ones again."""
    return ", ".join(
        ("-" if i.negative else "") + (f'"{i.text}"' if i.kind is Kind.PHRASE else i.text)
        for i in interests
    )


def _scan(text: str) -> Iterator[Interest]:
    at = _skip(text, 0)
    while at < len(text):
        token = _START.match(text, at)
        assert token is not None  # noqa: S101 - every part of the pattern may be empty
        if not token["start"]:
            raise _bad(
                f"the “{token['minus']}” at character {at + 1} stands alone:"
                " put it straight before what to leave out"
            )
        end = token.end()
        if token["start"] in _QUOTES:
            end = _closing(text, token.start("start"))
        yield _interest(text[token.start("start") : end], bool(token["minus"]), at)
        at = _skip(text, end)


def _skip(text: str, at: int) -> int:
    gap = _SEPARATOR.match(text, at)
    return gap.end() if gap else at


def _closing(text: str, opened: int) -> int:
    signs = _CLOSING[text[opened]]
    for at in range(opened + 1, len(text)):
        if text[at] in signs:
            return at + 1
    raise _bad(f"the quote opened at character {opened + 1} is never closed")


def _interest(typed: str, negative: bool, at: int) -> Interest:
    said = " ".join(re.sub(f"[{_QUOTES}]", " ", typed).split())
    quoted, bare = typed[0] in _QUOTES, _trim(said)
    if not bare:
        raise _bad(f"“{said}” at character {at + 1} holds no letter or digit")
    longest = max(map(len, said.split()))
    if longest > MAX_WORD or len(said) > MAX_PHRASE:
        raise _bad(
            f"what starts at character {at + 1} is too long: {MAX_WORD} characters are the most"
            f" for a word, {MAX_PHRASE} for a phrase"
        )
    if quoted and (said != bare or not _START.fullmatch(said)):
        return Interest(said, Kind.PHRASE, negative)
    return Interest(bare, Kind.WORD, negative)


def _trim(word: str) -> str:
    """Take punctuation off both ends, but not the signs of "C++" and "C#"."""
    kept = [n for n, sign in enumerate(word) if unicodedata.category(sign)[0] in "LMN"]
    if not kept:
        return ""
    tail = re.match(r"[+#]*", word[kept[-1] + 1 :])
    return word[kept[0] : kept[-1] + 1] + (tail[0] if tail else "")


def _check(found: tuple[Interest, ...], said_nothing: list[str], has_likes: bool) -> None:
    if said_nothing:
        names = [f"“{text}”" for text in dict.fromkeys(said_nothing)]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        verb = "say" if names[1:] else "says"
        raise _bad(f"{listed} {verb} nothing alone: remove, or put the whole phrase in quotes")
    if len(found) > MAX_INTERESTS:
        raise _bad(f"{len(found)} interests are too many: {MAX_INTERESTS} are the most")
    if has_likes or any(not interest.negative for interest in found):
        return
    if found:
        raise _bad("these are only things to leave out: name at least one that you want")
    raise _bad('name at least one word or phrase, such as: diffusion, "protein folding"')


def _bad(sentence: str) -> errors.BadValue:
    return errors.BadValue("interests", sentence)
