"""Why a paper was picked: every share of its score, and a sentence that says the largest.

A letter or page that only says its sentences needs no numpy, so this module imports none.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any

from app.languages import QUOTED
from app.recommend import voice as voices
from app.recommend.interests import Kind
from app.recommend.voice import TO_READER, Voice

# The sentence names a share that is at least this part of the largest, and no lesser one.
_NAMED = 0.3
# A list of shares names so many, and none that is less than this part of the score.
N_PARTS = 3
_WORTH_A_PART = 0.05
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Share:
    """What an interest added. text: as typed.

    part: the words of it found, where not the whole is. near: what the paper shares with those
    that speak of it most, as the corpus writes it, where not a word of it is found.
    """

    text: str
    share: float
    part: tuple[str, ...] = ()
    kind: Kind = Kind.WORD
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LikedShare:
    """What likeness to a liked paper added, or to a disliked one took away (share < 0).

    words: up to three that weigh most among those both papers use, as the corpus writes them.
    """

    paper_id: int
    share: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """The shares of one score; all of them and `rest` add up to it.

    terms, liked: largest share first. disliked: most negative first. rest: what the liked and
    disliked papers not named add together. trending: picked by trend alone, without a score.
    fit: 0 to 1, see recommend.calibration, and the band it reaches, or "". exploring: picked to
    learn from, below the reader's threshold. readers: the part of the score, counted in the shares
    above, that comes from what readers in sum like together.
    """

    terms: tuple[Share, ...] = ()
    liked: tuple[LikedShare, ...] = ()
    disliked: tuple[LikedShare, ...] = ()
    rest: float = 0.0
    trending: bool = False
    fit: float = 0.0
    band: str = ""
    exploring: bool = False
    readers: float = 0.0

    @cached_property
    def total(self) -> float:
        """The score it explains."""
        asked = sum([term.share for term in self.terms])
        return asked + sum([near.share for near in (*self.liked, *self.disliked)]) + self.rest


def to_json(reason: Reason) -> str:
    """Write a reason on one line, without what goes without saying; equal ones give equal text."""
    # By hand, as ten of them are written for each letter, and json.dumps takes twice as long.
    told = _shares_text(reason)
    if reason.rest:
        told += f',"rest":{reason.rest!r}'
    if reason.trending:
        told += ',"trending":true'
    if reason.fit:
        told += f',"fit":{reason.fit!r}'
    if reason.band:
        told += f',"band":{quoted(reason.band)}'
    if reason.exploring:
        told += ',"exploring":true'
    if reason.readers:
        told += f',"readers":{reason.readers!r}'
    return f"{{{told[1:]}}}"


def _shares_text(reason: Reason) -> str:
    told = ""
    if reason.terms:
        told += f',"terms":[{",".join(map(_term_text, reason.terms))}]'
    if reason.liked:
        told += f',"liked":[{",".join(map(_liked_text, reason.liked))}]'
    if reason.disliked:
        told += f',"disliked":[{",".join(map(_liked_text, reason.disliked))}]'
    return told


def _term_text(each: Share) -> str:
    told = f'{{"text":{quoted(each.text)},"share":{each.share!r}'
    if each.part:
        told += f',"part":[{",".join(map(quoted, each.part))}]'
    if each.kind is not Kind.WORD:
        told += f',"kind":{quoted(each.kind)}'
    if each.near:
        told += f',"near":[{",".join(map(quoted, each.near))}]'
    return told + "}"


def _liked_text(each: LikedShare) -> str:
    told = f'{{"paper_id":{each.paper_id},"share":{each.share!r}'
    if each.words:
        told += f',"words":[{",".join(map(quoted, each.words))}]'
    return told + "}"


def from_json(text: str) -> Reason:
    """Read what `to_json` wrote."""
    read: dict[str, Any] = json.loads(text)
    told = read.get
    return Reason(
        terms=tuple([_term(share) for share in told("terms", ())]),
        liked=_liked(told("liked", ())),
        disliked=_liked(told("disliked", ())),
        rest=told("rest", 0.0),
        trending=told("trending", False),
        fit=told("fit", 0.0),
        band=told("band", ""),
        exploring=told("exploring", False),
        readers=told("readers", 0.0),
    )


_KINDS = {kind.value: kind for kind in Kind}


def _term(read: dict[str, Any]) -> Share:
    kind, told = _KINDS[read.get("kind", Kind.WORD)], read.get
    return Share(
        read["text"], read["share"], tuple(told("part", ())), kind, tuple(told("near", ()))
    )


def _liked(read: Sequence[dict[str, Any]]) -> tuple[LikedShare, ...]:
    return tuple(
        [LikedShare(near["paper_id"], near["share"], tuple(near.get("words", ()))) for near in read]
    )


def sentence(reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER) -> str:
    """Say the largest shares in plain words; plain text, to be escaped by whoever prints it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    said = _say_shares(reason, titles, voice)
    if reason.exploring:
        said.insert(0, voice.say(voices.UNSURE))
    elif reason.trending:
        said.insert(0, voice.say(voices.TRENDING if said else voices.TRENDING_ALONE))
    return " ".join(said) or voice.say(voices.NO_WORD)


def _say_shares(reason: Reason, titles: Mapping[int, str], voice: Voice) -> list[str]:
    asked = sum([term.share for term in reason.terms if term.share > 0])
    liked = sum([near.share for near in reason.liked if near.share > 0])
    said: list[str] = []
    if asked > 0 and asked >= _NAMED * liked:
        said += _say_terms(reason.terms, voice)
    if liked > 0 and liked >= _NAMED * asked:
        said.append(_say_liked(reason, titles, voice))
    if reason.readers >= _NAMED * reason.total > 0:
        said.append(_say_readers(reason, voice))
    return said


def _say_terms(terms: Sequence[Share], voice: Voice) -> list[str]:
    """Say what weighs most, each kind in a sentence of its own; two are enough for a letter."""
    named = [t for t in terms if t.share > 0 and t.share >= _NAMED * terms[0].share][:3]
    spoken: dict[str, list[Share]] = {}
    for term in named:
        spoken.setdefault(_way_of(term), []).append(term)
    return [_say(way, each, voice) for way, each in list(spoken.items())[:2]]


def _way_of(term: Share) -> str:
    if term.kind in {Kind.AUTHOR, Kind.CATEGORY}:
        return term.kind.value
    if term.part:
        return "part"
    return "near" if term.near else "whole"


def _say(way: str, terms: Sequence[Share], voice: Voice) -> str:
    first = terms[0]
    if way == "part":
        text = voices.quote(voice, first.text)
        return voice.say(voices.PART, words=voices.join(voice, first.part), text=text)
    if way == "near":
        return voice.say(voices.NEAR, words=voices.join(voice, first.near), text=first.text)
    names = tuple([_name(term, voice) for term in terms])
    return voice.say(voices.WANTED[way], names=voices.join(voice, names))


def _name(term: Share, voice: Voice) -> str:
    return voices.quote(voice, term.text) if term.kind in {Kind.WORD, Kind.PHRASE} else term.text


def _say_liked(reason: Reason, titles: Mapping[int, str], voice: Voice) -> str:
    nearest = reason.liked[0]
    title = titles.get(nearest.paper_id, "").strip()
    liked = sum([near.share for near in reason.liked]) + reason.rest
    others = nearest.share < _NAMED * liked
    said = voices.LIKED[bool(title), bool(nearest.words), others]
    return voice.say(said, title=title, words=voices.join(voice, nearest.words))


def _say_readers(reason: Reason, voice: Voice) -> str:
    is_liking = any(near.share > 0 for near in reason.liked)
    return voice.say(voices.READERS_LIKING if is_liking else voices.READERS_ASKING)


def shares(
    reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER
) -> list[tuple[str, float]]:
    """Name every share of a score, largest first, what was taken away last; they add up to it."""
    named = [(_label(term, voice), term.share) for term in reason.terms]
    for near, with_title, without in (
        *((near, QUOTED, voices.A_LIKED) for near in reason.liked),
        *((near, voices.DISLIKED, voices.A_DISLIKED) for near in reason.disliked),
    ):
        title = titles.get(near.paper_id, "").strip()
        said = with_title if title else without
        named.append((voices.entitle(voice, said, title), near.share))
    if reason.rest:
        named.append((voice.say(voices.OTHERS_RATED), reason.rest))
    named = [each for each in named if each[1]]
    named.sort()
    named.sort(key=_share, reverse=True)
    return named


def parts(
    reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER
) -> list[tuple[str, int]]:
    """Name the largest shares in whole percent of the score; with the last, "other", they make 100.

    What was taken away is below 0. Empty where hardly anything is left of what was added: percents
    of so little would say more than we know.
    """
    told, total = shares(reason, titles, voice), reason.total
    if total < _NAMED * sum([share for _, share in told if share > 0]) or total <= 0:
        return []
    named = told if len(told) <= N_PARTS else sorted(told, key=_size, reverse=True)[:N_PARTS]
    least = _WORTH_A_PART * total
    named = [each for each in named if abs(each[1]) >= least]
    named.sort(key=_share, reverse=True)
    named.append((voice.say(voices.OTHER), total - sum([share for _, share in named])))
    percents = _whole([100 * share / total for _, share in named])
    return [(name, n) for (name, _), n in zip(named, percents, strict=True) if n]


_share = itemgetter(1)


def _size(named: tuple[str, float]) -> float:
    return abs(named[1])


def _whole(percents: Sequence[float]) -> list[int]:
    """Round so that the sum stays 100: the largest remainders are rounded up."""
    floors = [math.floor(round(each, _DECIMALS)) for each in percents]
    if (missing := 100 - sum(floors)) > 0:
        by_remainder = sorted(range(len(percents)), key=lambda n: (floors[n] - percents[n], n))
        for n in by_remainder[:missing]:
            floors[n] += 1
    return floors


def _label(term: Share, voice: Voice) -> str:
    name = _name(term, voice)
    if term.part:
        return voice.say(voices.PART_OF, words=voices.join(voice, term.part), text=name)
    return voice.say(voices.NEAR_TO, text=name) if term.near else name
