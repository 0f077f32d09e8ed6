"""Interests as people type them, a small language of words, phrases, authors and categories.

    diffusion, "protein folding" x2 -video author:"Ada Lovelace" category:cs.LG x0.5

Spaces, commas, semicolons and new lines all part interests alike: words between commas stay
separate words unless they are quoted. A hyphen inside a word belongs to it. A - before anything
leaves out what it names. A weight, x0.1 to x10, stands straight behind what it weighs; after a
comma or a new line "x2" is a word like any other. One name alone after author: is a family name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from app.languages import counted, english
from app.recommend import language, names, words

MAX_INTERESTS = 100


class Kind(StrEnum):
    """How an interest was typed; a phrase is worth most where its words are neighbours."""

    WORD = "word"
    PHRASE = "phrase"
    AUTHOR = "author"
    CATEGORY = "category"


@dataclass(frozen=True, order=True)
class Interest:
    """text: as the person typed it, without quotes and minus. negative: never show this.

    weight: what it counts for beside the others, 1 unless the person said another.
    """

    text: str
    kind: Kind = Kind.WORD
    negative: bool = False
    weight: float = 1.0


def parse(text: str, *, has_likes: bool = False, skips_empty: bool = False) -> tuple[Interest, ...]:
    """Read interests in the order typed.

    One said twice (by its stems, or a name spelt in another order) is kept once, as first typed,
    with the last weight that was given to it.
    has_likes: a person with liked papers may type nothing, or only what to leave out.
    skips_empty: words that say nothing alone are passed over, as in a title somebody searches for.
    Raises BadValue, field "interests", with a sentence that points at the character (from 1).
    """
    found: dict[tuple[object, ...], Interest] = {}
    said_nothing: list[language.Typed] = []
    for typed in language.read(text):
        interest = _interest(typed)
        same = key(interest)
        if not same:
            if not skips_empty:
                said_nothing.append(typed)
            continue
        known = found.setdefault(same, interest)
        if known.negative is not interest.negative:
            raise language.bad(
                english(
                    "“{text}” is both asked for and left out: choose one; the second stands at "
                    "character {at}",
                    text=typed.text,
                    at=typed.at,
                )
            )
        if typed.weight is not None:
            found[same] = replace(known, weight=typed.weight)
    _check(tuple(found.values()), said_nothing, has_likes)
    return tuple(found.values())


def format(interests: Iterable[Interest]) -> str:  # noqa: A001 - the inverse of `parse`
    """Write interests so that `parse` reads the same ones again."""
    return ", ".join(map(_written, interests))


def spoken(interest: Interest) -> str:
    """Write an interest without quotes, for a sentence that puts its own around it."""
    return _written(interest, quote="")


def _written(interest: Interest, quote: str = '"') -> str:
    is_named = interest.kind in {Kind.AUTHOR, Kind.CATEGORY}
    quotes = (is_named and not language.stands_bare(interest.text)) or interest.kind is Kind.PHRASE
    minus, name = "-" * interest.negative, f"{interest.kind}:" * is_named
    weight = "" if interest.weight == 1 else f" x{language.number(interest.weight)}"
    return minus + name + (f"{quote}{interest.text}{quote}" if quotes else interest.text) + weight


def _interest(typed: language.Typed) -> Interest:
    bare = Kind.PHRASE if typed.quoted else Kind.WORD
    kind = Kind(typed.name) if typed.name else bare
    if kind is Kind.AUTHOR and names.read(typed.text) is None:
        raise language.bad(f"“{typed.text}” after character {typed.at} is not a person's name")
    return Interest(typed.text, kind, typed.negative, typed.weight or 1.0)


def key(interest: Interest) -> tuple[object, ...]:
    """What two interests share that say the same; empty where one says nothing."""
    if interest.kind is Kind.AUTHOR:
        return (interest.kind, names.read(interest.text))
    if interest.kind is Kind.CATEGORY:
        return (interest.kind, interest.text.casefold())
    return tuple(words.phrase(interest.text))


def _check(
    found: tuple[Interest, ...], said_nothing: list[language.Typed], has_likes: bool
) -> None:
    if said_nothing:
        at = {typed.text: typed.at for typed in reversed(said_nothing)}
        told = [
            english("“{text}” (character {at})", text=text, at=at[text]) for text in reversed(at)
        ]
        raise language.bad(
            counted(
                "{texts} says nothing alone: remove, or put the whole phrase in quotes",
                "{texts} say nothing alone: remove, or put the whole phrase in quotes",
                len(told),
                texts=tuple(told),
            )
        )
    if len(found) > MAX_INTERESTS:
        raise language.bad(
            english(
                "{n} interests are too many: {most} are the most", n=len(found), most=MAX_INTERESTS
            )
        )
    if has_likes or any(not interest.negative for interest in found):
        return
    if found:
        raise language.bad(
            english("these are only things to leave out: name at least one that you want")
        )
    raise language.bad(
        english('name at least one word or phrase, such as: diffusion, "protein folding"')
    )
