"""What the largest shares of a score say, sentence by sentence."""

from collections.abc import Mapping, Sequence

from app.recommend import explain, naming
from app.recommend import voice as voices
from app.recommend.explain import NAMED, Reason, Stored, StoredLiked, StoredTerm
from app.recommend.interests import Kind
from app.recommend.naming import Weighed
from app.recommend.voice import TO_READER, Point, Voice

_WAYS = {Kind.AUTHOR.value: "author", Kind.CATEGORY.value: "category"}
_READERS_LIKING, _READERS_ASKING = Point(voices.READERS_LIKING), Point(voices.READERS_ASKING)
_UNSURE, _NO_WORD = Point(voices.UNSURE), Point(voices.NO_WORD)
_TRENDING, _TRENDING_ALONE = Point(voices.TRENDING), Point(voices.TRENDING_ALONE)


def sentence(reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER) -> str:
    """Say the largest shares in plain words; plain text, to be escaped by whoever prints it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    stored = explain.stored(reason)
    return voices.tell(voice, of(stored, naming.weigh(stored, titles, voice), titles))


def of(reason: Stored, weighed: Weighed, titles: Mapping[int, str]) -> list[Point]:
    """The same sentences, yet to be said. titles: as above."""
    asked, liked, total, _ = weighed
    said: list[Point] = []
    if asked > 0 and asked >= NAMED * liked:
        said += _of_terms(reason["terms"])
    if liked > 0 and liked >= NAMED * asked:
        said.append(_of_liked(reason["liked"], reason.get("rest", 0.0), titles))
    if reason.get("readers", 0.0) >= NAMED * total > 0:
        said.append(_READERS_LIKING if liked > 0 else _READERS_ASKING)
    if reason.get("exploring"):
        said.insert(0, _UNSURE)
    elif reason.get("trending"):
        said.insert(0, _TRENDING if said else _TRENDING_ALONE)
    return said or [_NO_WORD]


def _of_terms(terms: Sequence[StoredTerm]) -> list[Point]:
    """What weighs most, each kind in a sentence of its own; two are enough for a letter."""
    least = NAMED * terms[0]["share"]
    spoken: dict[str, list[StoredTerm]] = {}
    for term in terms[:3]:
        if term["share"] > 0 and term["share"] >= least:
            way = "whole" if len(term) == 2 else _way_of(term)
            if way in spoken:
                spoken[way].append(term)
            else:
                spoken[way] = [term]
    said: list[Point] = []
    for way, its_terms in spoken.items():
        said.append(_of_way(way, its_terms))
    return said[:2]


def _way_of(term: StoredTerm) -> str:
    if way := _WAYS.get(term.get("kind", "")):
        return way
    return "part" if term.get("part") else "near" if term.get("near") else "whole"


def _of_way(way: str, terms: Sequence[StoredTerm]) -> Point:
    if way == "part":
        return Point(voices.PART, (tuple(terms[0]["part"]), (terms[0]["text"],)))
    if way == "near":
        return Point(voices.NEAR, ((terms[0]["text"],), tuple(terms[0]["near"])))
    return Point(voices.WANTED[way], (tuple([term["text"] for term in terms]),))


def _of_liked(liked: Sequence[StoredLiked], rest: float, titles: Mapping[int, str]) -> Point:
    nearest, added = liked[0], 0.0
    for near in liked:
        added += near["share"]
    title, words = titles.get(nearest["paper_id"], "").strip(), tuple(nearest.get("words", ()))
    facts = ((title,), words) if words else ((title,),)
    said = voices.LIKED[title != "", words != (), nearest["share"] < NAMED * (added + rest)]
    return Point(said, facts if title else facts[1:])
