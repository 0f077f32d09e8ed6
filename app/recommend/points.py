"""What the largest shares of a score say, sentence by sentence."""

from collections.abc import Mapping, Sequence

from app.recommend import naming
from app.recommend import voice as voices
from app.recommend.explain import NAMED, LikedShare, Reason, Share
from app.recommend.interests import Kind
from app.recommend.naming import Weighed
from app.recommend.voice import TO_READER, Point, Voice

_WAYS = {Kind.AUTHOR: "author", Kind.CATEGORY: "category"}


def sentence(reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER) -> str:
    """Say the largest shares in plain words; plain text, to be escaped by whoever prints it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    return voices.tell(voice, of(reason, naming.weigh(reason, titles, voice), titles))


def of(reason: Reason, weighed: Weighed, titles: Mapping[int, str]) -> list[Point]:
    """The same sentences, yet to be said. titles: as above."""
    asked, liked, total, _ = weighed
    said: list[Point] = []
    if asked > 0 and asked >= NAMED * liked:
        said += _of_terms(reason.terms)
    if liked > 0 and liked >= NAMED * asked:
        said.append(_of_liked(reason.liked, reason.rest, titles))
    if reason.readers >= NAMED * total > 0:
        said.append(voices.point(voices.READERS_LIKING if liked > 0 else voices.READERS_ASKING))
    if reason.exploring:
        said.insert(0, voices.point(voices.UNSURE))
    elif reason.trending:
        said.insert(0, voices.point(voices.TRENDING if said else voices.TRENDING_ALONE))
    return said or [voices.point(voices.NO_WORD)]


def _of_terms(terms: Sequence[Share]) -> list[Point]:
    """What weighs most, each kind in a sentence of its own; two are enough for a letter."""
    least = NAMED * terms[0].share
    spoken: dict[str, list[Share]] = {}
    for term in terms[:3]:
        if term.share > 0 and term.share >= least:
            way = _way_of(term)
            if way in spoken:
                spoken[way].append(term)
            else:
                spoken[way] = [term]
    said: list[Point] = []
    for way, its_terms in spoken.items():
        said.append(_of_way(way, its_terms))
    return said[:2]


def _way_of(term: Share) -> str:
    if way := _WAYS.get(term.kind):
        return way
    return "part" if term.part else "near" if term.near else "whole"


def _of_way(way: str, terms: Sequence[Share]) -> Point:
    first = terms[0]
    if way == "part":
        return voices.point(voices.PART, first.part, (first.text,))
    if way == "near":
        return voices.point(voices.NEAR, (first.text,), first.near)
    return voices.point(voices.WANTED[way], [term.text for term in terms])


def _of_liked(liked: Sequence[LikedShare], rest: float, titles: Mapping[int, str]) -> Point:
    nearest, added = liked[0], 0.0
    for near in liked:
        added += near.share
    title, words = titles.get(nearest.paper_id, "").strip(), nearest.words
    facts = ((title,), words) if words else ((title,),)
    said = voices.LIKED[title != "", words != (), nearest.share < NAMED * (added + rest)]
    return voices.point(said, *(facts if title else facts[1:]))
