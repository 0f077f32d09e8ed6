"""Why a paper was picked: every share of its score, as it is worked out and as it is stored.

A page that only tells of it needs no numpy, so this module imports none.
"""

import json
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any

from app.recommend.interests import Kind

# A share is worth naming that is at least this part of the largest.
NAMED = 0.3


# Not frozen, though nothing changes them: a letter's picks take some fifty of these, and a frozen
# one takes four times as long to make.
@dataclass(slots=True)
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


@dataclass(slots=True)
class LikedShare:
    """What likeness to a liked paper added, or to a disliked one took away (share < 0).

    words: up to three that weigh most among those both papers use, as the corpus writes them.
    """

    paper_id: int
    share: float
    words: tuple[str, ...] = ()


@dataclass(slots=True)
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

    @property
    def total(self) -> float:
        """The score it explains."""
        near = [each.share for each in (*self.liked, *self.disliked)]
        return sum([term.share for term in self.terms]) + sum(near) + self.rest


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
    return _read(json.loads(text))


def _read(read: dict[str, Any]) -> Reason:
    told = read.get
    return Reason(
        tuple([_term(each) for each in told("terms", ())]),
        tuple([_liked(each) for each in told("liked", ())]),
        tuple([_liked(each) for each in told("disliked", ())]),
        told("rest", 0.0),
        told("trending", False),
        told("fit", 0.0),
        told("band", ""),
        told("exploring", False),
        told("readers", 0.0),
    )


_KINDS = {kind.value: kind for kind in Kind}


def _term(read: dict[str, Any]) -> Share:
    told = read.get
    kind = _KINDS[told("kind", "word")]
    return Share(
        read["text"], read["share"], tuple(told("part", ())), kind, tuple(told("near", ()))
    )


def _liked(read: dict[str, Any]) -> LikedShare:
    return LikedShare(read["paper_id"], read["share"], tuple(read.get("words", ())))
