"""What of a person's interests no paper speaks of, and what is near it in spelling."""

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from app.languages import Sentence, english, quoted
from app.recommend import facets, names, spelling, words
from app.recommend.interests import Interest, Kind
from app.recommend.vectors import Model

N_NEAR = 3


class Lack(Enum):
    """What no paper does; that of no paper may be told who wrote it, or of what category it is."""

    WORD = "word"
    PHRASE = "phrase"
    AUTHOR = "author"
    AUTHORS = "authors"
    CATEGORY = "category"
    CATEGORIES = "categories"


# By what is lacking: without anything near, and with.
SAID = {
    Lack.WORD: (
        english("no paper of the last year contains “{text}”"),
        english("no paper of the last year contains “{text}”; near: {near}"),
    ),
    Lack.PHRASE: (
        english("no paper of the last year contains “{text}” as neighbours"),
        english("no paper of the last year contains “{text}” as neighbours; near: {near}"),
    ),
    Lack.AUTHOR: (
        english("no paper of the last year is by “{text}”"),
        english("no paper of the last year is by “{text}”; near: {near}"),
    ),
    Lack.AUTHORS: (
        english("no paper of the last year says who wrote it, so that “{text}” finds none"),
        english("no paper of the last year says who wrote it, so that “{text}” finds none"),
    ),
    Lack.CATEGORY: (
        english("no paper of the last year is in “{text}”"),
        english("no paper of the last year is in “{text}”; near: {near}"),
    ),
    Lack.CATEGORIES: (
        english("no paper of the last year says its category, so that “{text}” finds none"),
        english("no paper of the last year says its category, so that “{text}” finds none"),
    ),
}


@dataclass(frozen=True)
class Unknown:
    """An interest that no paper meets.

    text: as typed. near: as papers write it, likeliest first.
    """

    text: str
    near: tuple[str, ...] = ()
    lack: Lack = Lack.WORD

    def sentence(self) -> Sentence:
        """Say it to the person; plain text, to be escaped by whoever prints it."""
        near = [quoted(text) for text in self.near]
        alone, with_near = SAID[self.lack]
        return english(with_near if near else alone, text=self.text, near=near)


def unknown(model: Model, typed: Sequence[Interest]) -> list[Unknown]:
    """Find the interests that no paper of the model meets, in the order typed.

    A phrase counts as met where each two of its neighbours stand together in some paper. Else
    `near` names phrases that papers do hold and that share a word with it.
    """
    found = (_unknown(model, interest) for interest in typed)
    return [each for each in found if each is not None]


def _unknown(model: Model, interest: Interest) -> Unknown | None:
    if interest.kind is Kind.AUTHOR:
        return _author(model.facet_of, interest)
    if interest.kind is Kind.CATEGORY:
        return _category(model.facet_of, interest)
    terms = words.phrase(interest.text)
    if all(term in model.vocabulary for term in terms):
        return None
    stems = words.stems(interest.text)
    if all(stem in model.vocabulary for stem in stems):
        return Unknown(interest.text, _pairs(model, terms, stems), Lack.PHRASE)
    return Unknown(interest.text, _corrected(model, interest.text))


def _corrected(model: Model, typed: str) -> tuple[str, ...]:
    """Correct the words no paper holds; whole phrases where papers hold one so corrected."""
    stems = words.stems(typed)
    written = [word for sentence in words.sentences(typed) for word in sentence]
    strange = {s: w for s, w in zip(stems, written, strict=True) if s not in model.vocabulary}
    closest = {stem: _closest(model, stem, word) for stem, word in strange.items()}
    if len(stems) > 1 and len(closest) == 1:
        (looks,) = closest.values()
        tried = [[better if stem in closest else stem for stem in stems] for better in looks]
        phrases = [" ".join(each) for each in tried if _is_held(model, each)]
        if phrases:
            return tuple(map(model.readable, phrases[:N_NEAR]))
    best = [
        known
        for looks in closest.values()
        for known, apart in looks.items()
        if apart <= min(looks.values()) + 1
    ]
    return tuple(model.readable(known) for known in dict.fromkeys(best))[:N_NEAR]


def _is_held(model: Model, stems: list[str]) -> bool:
    return all(f"{a} {b}" in model.vocabulary for a, b in itertools.pairwise(stems))


def _closest(model: Model, stem: str, word: str) -> dict[str, int]:
    """Find stems that papers hold and that are near in spelling: how far, the nearest first.

    Of stems equally near those are nearer that papers write more like the word.
    """
    looks = {
        known: apart + spelling.distance(word.casefold(), model.readable(known).casefold())
        for known, apart in spelling.near(stem, model.surfaces).items()
        if known in model.vocabulary
    }
    rarity = _rarity(model)
    return {known: looks[known] for known in sorted(looks, key=lambda k: (looks[k], rarity(k)))}


def _pairs(model: Model, terms: list[str], stems: list[str]) -> tuple[str, ...]:
    """Name the phrase's own pairs that papers hold, then the commonest with one of its words."""
    own = [term for term in terms if term in model.vocabulary]
    found = {
        pair
        for known in model.surfaces
        for stem in stems
        if known != stem  # "gradient. Gradient" is no phrase
        for pair in (f"{stem} {known}", f"{known} {stem}")
        if pair in model.vocabulary
    }
    rarity = _rarity(model)
    common = heapq.nsmallest(
        N_NEAR, found, lambda pair: (not set(pair.split(" ")) <= set(stems), rarity(pair))
    )
    return tuple(model.readable(term) for term in dict.fromkeys([*own, *common]))[:N_NEAR]


def _rarity(model: Model) -> Callable[[str], tuple[float, str]]:
    return lambda term: (float(model.idf[model.vocabulary[term]]), term)


def _least(apart: Mapping[str, int]) -> set[str]:
    least = min(apart.values(), default=0)
    return {text for text, distance in apart.items() if distance == least}


def _author(facet_of: Mapping[str, int], interest: Interest) -> Unknown | None:
    name = names.read(interest.text)
    if name is None or not facets.wanted(interest).isdisjoint(facet_of):
        return None
    family = name.family[0]
    known = facets.authors(facet_of)
    if family in known:
        near = facets.namesakes(facet_of, family)
    else:
        near = {each.title() for each in _least(spelling.near(family, known))}
    lack = Lack.AUTHOR if known else Lack.AUTHORS
    return Unknown(interest.text, tuple(sorted(near)[:N_NEAR]), lack)


def _category(facet_of: Mapping[str, int], interest: Interest) -> Unknown | None:
    if not facets.wanted(interest).isdisjoint(facet_of):
        return None
    known = facets.categories(facet_of)
    near = _least(spelling.near(interest.text.casefold(), known))
    lack = Lack.CATEGORY if known else Lack.CATEGORIES
    return Unknown(interest.text, tuple(sorted(map(facets.category, near))[:N_NEAR]), lack)
