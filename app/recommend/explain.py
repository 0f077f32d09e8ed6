"""Why a paper was picked: every share of its score, as it is stored and as it is listed.

A letter or page that only tells of it needs no numpy, so this module imports none.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import Any

from app.languages import QUOTED
from app.recommend import voice as voices
from app.recommend.interests import Kind
from app.recommend.voice import TO_READER, Voice

# A share is worth naming that is at least this part of the largest.
NAMED = 0.3
# A list of shares names so many, and none that is less than this part of the score.
N_PARTS = 3
_WORTH_A_PART = 0.05
_EPSILON = 5e-7


# Not frozen, though nothing changes them: a letter is read from some fifty of these, and a frozen
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
    _sums: tuple[float, float, float] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def total(self) -> float:
        """The score it explains."""
        return self.sums[2]

    @property
    def sums(self) -> tuple[float, float, float]:
        """What interests added, what liked papers did, and the score; worked out once."""
        if self._sums is None:
            asked = [term.share for term in self.terms]
            near = [each.share for each in (*self.liked, *self.disliked)]
            added = sum([share for share in asked if share > 0])
            liked = sum([share for share in near[: len(self.liked)] if share > 0])
            self._sums = added, liked, sum(asked) + sum(near) + self.rest
        return self._sums


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


def all_from_json(texts: Sequence[str]) -> list[Reason]:
    """The same for several at once, which takes less."""
    read = json.loads(f"[{','.join(texts)}]")
    if len(read) != len(texts):
        raise ValueError("a reason is not one line of JSON")
    return list(map(_read, read))


def _read(read: dict[str, Any]) -> Reason:
    told = read.get
    return Reason(
        tuple(map(_term, told("terms", ()))),
        _liked(told("liked", ())),
        _liked(told("disliked", ())),
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


def _liked(read: Sequence[dict[str, Any]]) -> tuple[LikedShare, ...]:
    if not read:
        return ()
    return tuple(
        [LikedShare(near["paper_id"], near["share"], tuple(near.get("words", ()))) for near in read]
    )


def shares(
    reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER
) -> list[tuple[str, float]]:
    """Name every share of a score, largest first, what was taken away last; they add up to it."""
    named = [(_label(term, voice), term.share) for term in reason.terms if term.share]
    for rated, said in ((reason.liked, _LIKED), (reason.disliked, _DISLIKED)):
        named += [(_title(near, titles, voice, said), near.share) for near in rated if near.share]
    if reason.rest:
        named.append((voice.say(voices.OTHERS_RATED), reason.rest))
    # Of equal ones the first by name.
    named.sort()
    named.sort(key=_share, reverse=True)
    return named


# By whether there is a title.
_LIKED, _DISLIKED = (voices.A_LIKED, QUOTED), (voices.A_DISLIKED, voices.DISLIKED)


def _title(near: LikedShare, titles: Mapping[int, str], voice: Voice, said: tuple[str, str]) -> str:
    title = titles.get(near.paper_id, "").strip()
    return voices.entitle(voice, said[bool(title)], title)


def parts(
    reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER
) -> list[tuple[str, int]]:
    """Name the largest shares in whole percent of the score; with the last, "other", they make 100.

    What was taken away is below 0. Empty where hardly anything is left of what was added: percents
    of so little would say more than we know.
    """
    asked, liked, total = reason.sums
    if total <= 0 or total < NAMED * (asked + liked + max(reason.rest, 0.0)):
        return []
    told = shares(reason, titles, voice)
    named = told if len(told) <= N_PARTS else sorted(told, key=_size, reverse=True)[:N_PARTS]
    least = _WORTH_A_PART * total
    named = [each for each in named if abs(each[1]) >= least]
    if named is not told:
        named.sort(key=_share, reverse=True)
    named.append((voice.say(voices.OTHER), total - sum([share for _, share in named])))
    percents = _whole([100 * share / total for _, share in named])
    return [(name, n) for (name, _), n in zip(named, percents, strict=True) if n]


_share = itemgetter(1)


def _size(named: tuple[str, float]) -> float:
    return abs(named[1])


def _whole(percents: Sequence[float]) -> list[int]:
    """Round so that the sum stays 100: the largest remainders are rounded up."""
    # What is but a rounding error below a whole number is that number.
    floors = [math.floor(each + _EPSILON) for each in percents]
    if (missing := 100 - sum(floors)) > 0:
        over = [floor - each for floor, each in zip(floors, percents, strict=True)]
        for n in sorted(range(len(over)), key=over.__getitem__)[:missing]:
            floors[n] += 1
    return floors


def _label(term: Share, voice: Voice) -> str:
    is_text = term.kind is Kind.WORD or term.kind is Kind.PHRASE
    name = voices.quote(voice, term.text) if is_text else term.text
    if term.part:
        return voice.say(voices.PART_OF, words=voices.join(voice, term.part), text=name)
    return voice.say(voices.NEAR_TO, text=name) if term.near else name
