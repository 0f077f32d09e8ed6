"""The shares of a score by their names: all of them, or the largest in percent."""

from collections.abc import Mapping, Sequence
from math import floor
from typing import NamedTuple

from app.languages import QUOTED
from app.recommend import voice as voices
from app.recommend.explain import NAMED, LikedShare, Reason, Share
from app.recommend.interests import Kind
from app.recommend.voice import TO_READER, Voice

# A list of shares names so many, and none that is less than this part of the score.
N_PARTS = 3
_WORTH_A_PART = 0.05
_EPSILON = 5e-7
# What rounding errors leave of a score in which all is named.
_NOTHING = 1e-9
# What is not said as it was typed.
_NAMED = {Kind.AUTHOR, Kind.CATEGORY}
# By whether there is a title.
_LIKED, _DISLIKED = (voices.A_LIKED, QUOTED), (voices.A_DISLIKED, voices.DISLIKED)


def shares(
    reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER
) -> list[tuple[str, float]]:
    """Name every share of a score, largest first, what was taken away last; they add up to it.

    titles: of the liked papers, TeX already turned into signs; one without a title goes unnamed.
    """
    return [(name, -lost) for lost, name in weigh(reason, titles, voice).named]


class Weighed(NamedTuple):
    """The shares of a score: what interests added, what liked papers did, and the score itself.

    named: each by its name, below 0 what was added, so that they sort: equal ones by name.
    """

    asked: float
    liked: float
    total: float
    named: list[tuple[float, str]]


def weigh(reason: Reason, titles: Mapping[int, str], voice: Voice = TO_READER) -> Weighed:
    """Sum the shares up and name them in one pass, as ten reasons are told in each letter."""
    named: list[tuple[float, str]] = []
    asked = added = rated = liked = 0.0
    for term in reason.terms:
        if share := term.share:
            named.append((-share, _label(term, voice)))
            asked += share
            if share > 0:
                added += share
    for near in reason.liked:
        if share := near.share:
            named.append((-share, _title(near, titles, voice, _LIKED)))
            rated += share
            if share > 0:
                liked += share
    for near in reason.disliked:
        if share := near.share:
            named.append((-share, _title(near, titles, voice, _DISLIKED)))
            rated += share
    if rest := reason.rest:
        named.append((-rest, voice.say(voices.OTHERS_RATED)))
    named.sort()
    return Weighed(added, liked, asked + rated + rest, named)


def parts(weighed: Weighed, rest: float, voice: Voice = TO_READER) -> list[tuple[str, int]]:
    """Name the largest shares in whole percent of the score; with the last, "other", they make 100.

    What was taken away is below 0. Empty where hardly anything is left of what was added: percents
    of so little would say more than we know. rest: of the reason.
    """
    asked, liked, total, named = weighed
    if total <= 0 or total < NAMED * (asked + liked + max(rest, 0.0)):
        return []
    if len(named) > N_PARTS:
        named = sorted(sorted(named, key=_size, reverse=True)[:N_PARTS])
    told: list[str] = []
    exact: list[float] = []
    left, least = total, _WORTH_A_PART * total
    for lost, name in named:
        if lost <= -least or lost >= least:
            told.append(name)
            exact.append(-100 * lost / total)
            left += lost
    if abs(left) > _NOTHING * total:
        told.append(voice.say(voices.OTHER))
        exact.append(100 * left / total)
    percents = _whole(exact)
    if not percents[-1]:
        del told[-1], percents[-1]
    return list(zip(told, percents, strict=True))


def _size(named: tuple[float, str]) -> float:
    return abs(named[0])


def _whole(percents: Sequence[float]) -> list[int]:
    """Round so that the sum stays 100: the largest remainders are rounded up."""
    floors: list[int] = []
    over: list[float] = []
    for each in percents:
        # What is but a rounding error below a whole number is that number.
        n = floor(each + _EPSILON)
        floors.append(n)
        over.append(n - each)
    for _ in range(100 - sum(floors)):
        place = over.index(min(over))
        floors[place] += 1
        over[place] = 1.0
    return floors


def _label(term: Share, voice: Voice) -> str:
    name = term.text if term.kind in _NAMED else voices.quote(voice, term.text)
    if term.part:
        return voice.say(voices.PART_OF, words=voices.join(voice, term.part), text=name)
    return voice.say(voices.NEAR_TO, text=name) if term.near else name


def _title(near: LikedShare, titles: Mapping[int, str], voice: Voice, said: tuple[str, str]) -> str:
    title = titles.get(near.paper_id, "").strip()
    return voices.entitle(voice, said[title != ""], title)
