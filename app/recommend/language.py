"""The signs of what people type as interests: quotes, minus, "author:", "category:", "x2".

Says what stands where; what it means, and whether it makes sense together, is for `interests`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app import errors
from app.languages import english
from app.recommend import spelling

NAMES = ("author", "category")
MAX_WORD = 80  # characters; a phrase may hold several such words
MAX_PHRASE = 200
LEAST, MOST = 0.1, 10.0  # of a weight

_CLOSING = {
    '"': '"',
    "“": '”"',
    "”": '”"',
    "„": '“”"',
    "«": "»",
    "»": "«»",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
}
_QUOTES = "".join(dict.fromkeys("".join(_CLOSING) + "".join(_CLOSING.values())))
_MINUS = "-−–\uff0d"
# Commas and semicolons, those of Chinese, Japanese and Arabic keyboards too.
_PARTING = r"\s,;\uff0c\u3001\uff1b\u060c\u061b"
_COLON = ":\uff1a"
_SEPARATOR = re.compile(rf"[{_PARTING}]+")
_BARE = rf"[^{_PARTING}{_QUOTES}]*"
_START = re.compile(rf"(?P<minus>[{_MINUS}]?)(?P<start>[{_QUOTES}]|{_BARE})")
_NAME = re.compile(rf"[\W_]*(?P<name>[^\W\d_]+)[{_COLON}]")
_VALUE = re.compile(rf"[^\S\n]*(?P<start>[{_QUOTES}]|{_BARE})")
# A decimal comma is a weight's own where a digit follows and nothing after that.
_NUMBER = r"(?P<number>[0-9]{0,9}[.,]?[0-9]{1,9})"
_WEIGHT = re.compile(rf"[^\S\n]*(?P<weight>[x×]{_NUMBER})(?=[{_PARTING}]|$)")
_NO_WEIGHTS = frozenset({"x32", "x64", "x86", "x264", "x265"})  # what things are called
# How people of other habits write the names before a colon; "Au:" is gold, "au:" arXiv's author.
_OTHER_NAMES = {"au": "author", "auteur": "author", "autore": "author", "cat": "category"}
_OTHER_NAMES |= {"categories": "category", "categoria": "category", "catégorie": "category"}
# Control signs, and those that turn the reading direction: they make one text look like another.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Typed:
    """One interest as it stands in the text.

    text: without minus, name and quotes. at: of its first character, from 1. name: "author",
    "category" or "". quoted: it could not stand without its quotes. weight: None where none is.
    """

    text: str
    at: int
    name: str = ""
    quoted: bool = False
    negative: bool = False
    weight: float | None = None


def read(text: str) -> Iterator[Typed]:
    """Read what was typed, in its order. Raises BadValue that points at the character, from 1."""
    if sign := _FORBIDDEN.search(text):
        raise bad(
            english(
                "character {at} is a control sign ({code}): remove it",
                at=sign.start() + 1,
                code=f"U+{ord(sign[0]):04X}",
            )
        )
    at = _skip(text, 0)
    while at < len(text):
        name, negative, start, end = _find(text, at)
        said, quoted = _said(text[start:end], at)
        weight, end = _weight(text, end, negative=negative)
        yield Typed(said, at + 1, name, quoted, negative, weight)
        at = _skip(text, end)


def stands_bare(said: str) -> bool:
    """Whether a text is read as one and the same without quotes."""
    token = _START.fullmatch(said)
    is_one = token is not None and not token["minus"] and _trim(said) == said
    return is_one and not _meant(said)


def number(weight: float) -> str:
    """Write a weight so that `read` reads the same one."""
    return f"{weight:g}"


def bad(sentence: str) -> errors.BadValue:
    """The error of everything that cannot be read as interests."""
    return errors.BadValue("interests", sentence)


def _skip(text: str, at: int) -> int:
    gap = _SEPARATOR.match(text, at)
    return gap.end() if gap else at


def _find(text: str, at: int) -> tuple[str, bool, int, int]:
    """Find what starts at a place: its name, is it negative, where its text starts and ends."""
    token = _START.match(text, at)
    assert token is not None  # noqa: S101 - every part of the pattern may be empty
    if not token["start"]:
        raise bad(
            english(
                "the “{minus}” at character {at} stands alone: put it straight before what to "
                "leave out",
                minus=token["minus"],
                at=at + 1,
            )
        )
    start, end = token.span("start")
    name, value = _named(text, start, end)
    if name:
        start, end = _value(text, name, start, value)
    if text[start] in _QUOTES:
        end = _closing(text, start)
    return name, bool(token["minus"]), start, end


def _named(text: str, start: int, end: int) -> tuple[str, int]:
    """Tell whether a word starts with a name and a colon: which, and where its value starts."""
    found = _NAME.match(text, start, end)
    if found is None:
        return "", start
    name = _fold(found["name"])
    if name in NAMES:
        return name, found.end()
    before_quote = found.end() == end and text[end : end + 1] in set(_QUOTES)
    meant = _meant(text[start:end], is_sure=before_quote)
    if meant and (before_quote or found.end() < end):
        raise bad(
            english(
                "“{name}:” at character {at} is unknown: did you mean {meant}:",
                name=found["name"],
                at=found.start("name") + 1,
                meant=meant,
            )
        )
    if before_quote:
        raise bad(
            english(
                "“{name}:” at character {at} is unknown: only author: and category: may stand "
                "before a quote",
                name=found["name"],
                at=found.start("name") + 1,
            )
        )
    return "", start


def _meant(word: str, *, is_sure: bool = False) -> str:
    """Return the name that a word starts with, be it misspelt, or "".

    is_sure: it is a name for certain, so that "actor" may be "author" too.
    """
    found = _NAME.match(word)
    if found is None:
        return ""
    name = _fold(found["name"])
    if found["name"] in _OTHER_NAMES or (is_sure and name in _OTHER_NAMES):
        return _OTHER_NAMES[name]
    return next((each for each in NAMES if spelling.distance(name, each) <= 1 + is_sure), "")


def _value(text: str, name: str, start: int, at: int) -> tuple[int, int]:
    value = _VALUE.match(text, at)
    assert value is not None  # noqa: S101 - every part of the pattern may be empty
    said = value["start"]
    named = _NAME.match(said)
    if not said or said[0] in _MINUS or (named and _fold(named["name"]) in NAMES):
        like = {"author": 'author:"Ada Lovelace"', "category": "category:cs.LG"}[name]
        raise bad(
            english(
                "the “{name}:” at character {at} has nothing after it: type {like}",
                name=name,
                at=start + 1,
                like=like,
            )
        )
    return value.span("start")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _closing(text: str, opened: int) -> int:
    signs = _CLOSING.get(text[opened], text[opened])
    for at in range(opened + 1, len(text)):
        if text[at] in signs:
            return at + 1
    raise bad(english("the quote opened at character {at} is never closed", at=opened + 1))


def _said(raw: str, at: int) -> tuple[str, bool]:
    """Take the quotes off, and the punctuation around a word; is it still in need of quotes?"""
    said = " ".join(re.sub(f"[{_QUOTES}]", " ", raw).split())
    bare = _trim(said)
    if not bare:
        raise bad(
            english("“{text}” at character {at} holds no letter or digit", text=said, at=at + 1)
        )
    if max(map(len, said.split())) > MAX_WORD or len(said) > MAX_PHRASE:
        raise bad(
            english(
                "what starts at character {at} is too long: {word} characters are the most for a "
                "word, {phrase} for a phrase",
                at=at + 1,
                word=MAX_WORD,
                phrase=MAX_PHRASE,
            )
        )
    needs_quotes = raw[0] in _QUOTES and not stands_bare(said)
    return (said, True) if needs_quotes else (bare, False)


def _trim(word: str) -> str:
    """Take punctuation off both ends, but not the signs of "C++" and "C#"."""
    kept = [n for n, sign in enumerate(word) if unicodedata.category(sign)[0] in "LMN"]
    if not kept:
        return ""
    tail = re.match(r"[+#]*", word[kept[-1] + 1 :])
    return word[kept[0] : kept[-1] + 1] + (tail[0] if tail else "")


def _weight(text: str, end: int, *, negative: bool) -> tuple[float | None, int]:
    found = _WEIGHT.match(text, end)
    if found is None or found["weight"] in _NO_WEIGHTS:
        return None, end
    said, at = found["weight"], found.start("weight") + 1
    if negative:
        raise bad(
            english(
                "the “{weight}” at character {at} weighs something that is left out altogether: "
                "remove it, or put a comma before it if it is a word",
                weight=said,
                at=at,
            )
        )
    weight = float(found["number"].replace(",", "."))
    if not LEAST <= weight <= MOST:
        raise bad(
            english(
                "the weight “{weight}” at character {at} must be from x{least} to x{most}; if it "
                "is a word, put a comma before it",
                weight=said,
                at=at,
                least=f"{LEAST:g}",
                most=f"{MOST:g}",
            )
        )
    return round(weight, 2), found.end()
