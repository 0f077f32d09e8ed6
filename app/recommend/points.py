"""What the largest shares of a score say, sentence by sentence."""

from collections.abc import Mapping, Sequence

from app.recommend import voice as voices
from app.recommend.explain import NAMED, Reason, Share
from app.recommend.interests import Kind
from app.recommend.voice import TO_READER, Fact, Point, Voice


def sentence(reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER) -> str:
    """Say the largest shares in plain words; plain text, to be escaped by whoever prints it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    return voices.tell(voice, of(reason, titles))


def of(reason: Reason, titles: Mapping[int, str]) -> list[Point]:
    """The same sentences, yet to be said; titles: as above."""
    asked, liked, total = reason.sums
    said: list[Point] = []
    if asked > 0 and asked >= NAMED * liked:
        said += _of_terms(reason.terms)
    if liked > 0 and liked >= NAMED * asked:
        said.append(_of_liked(reason, titles))
    if reason.readers >= NAMED * total > 0:
        said.append(Point(voices.READERS_LIKING if liked > 0 else voices.READERS_ASKING))
    if reason.exploring:
        said.insert(0, Point(voices.UNSURE))
    elif reason.trending:
        said.insert(0, Point(voices.TRENDING if said else voices.TRENDING_ALONE))
    return said or [Point(voices.NO_WORD)]


def _of_terms(terms: Sequence[Share]) -> list[Point]:
    """What weighs most, each kind in a sentence of its own; two are enough for a letter."""
    least = NAMED * terms[0].share
    spoken: dict[str, list[Share]] = {}
    for term in terms[:3]:
        if term.share > 0 and term.share >= least:
            spoken.setdefault(_way_of(term), []).append(term)
    return [_of_way(way, each) for way, each in list(spoken.items())[:2]]


def _way_of(term: Share) -> str:
    # Compared one by one: a set of them asks each for its hash, which Python works out anew.
    if term.kind is Kind.AUTHOR or term.kind is Kind.CATEGORY:
        return term.kind.value
    if term.part:
        return "part"
    return "near" if term.near else "whole"


def _of_way(way: str, terms: Sequence[Share]) -> Point:
    first = terms[0]
    if way == "part":
        text = Fact("text", (first.text,), is_wanted=True, is_quoted=True)
        return Point(voices.PART, (Fact("words", first.part, is_wanted=True), text))
    if way == "near":
        text = Fact("text", (first.text,), is_wanted=True)
        return Point(voices.NEAR, (text, Fact("words", first.near)))
    names = tuple([term.text for term in terms])
    return Point(voices.WANTED[way], (Fact("names", names, True, way == "whole"),))


def _of_liked(reason: Reason, titles: Mapping[int, str]) -> Point:
    nearest = reason.liked[0]
    title = titles.get(nearest.paper_id, "").strip()
    liked = sum([near.share for near in reason.liked]) + reason.rest
    said = voices.LIKED[bool(title), bool(nearest.words), nearest.share < NAMED * liked]
    facts = Fact("title", (title,)), Fact("words", nearest.words)
    return Point(said, facts[not title : 1 + bool(nearest.words)])
