"""How much a paper is being read just now; anybody may see it."""

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

HALF_LIFE = 1.5  # days after which the same votes and places count half
# Heat 1, a trend of one half, is this many votes a day, or the tenth place of a digest of today.
MANY = 20
TENTH = math.log2(1 + 10)
USUAL_LENGTH = 100  # entries; a longer digest chooses less, so a place in it says less
# Digests are read daily, and votes stored only when they changed: what a reading added came in the
# day before it. What the first reading found was collected since the paper came out, at most this
# many days; how many of those votes came when is unknown, so they are spread evenly.
COLLECTED = 7.0


class Count(NamedTuple):
    """The votes of a paper as read on a day."""

    day: date
    votes: int


class Place(NamedTuple):
    """A paper's place in a digest of a day. position: from 1. n_entries: the digest's length."""

    day: date
    position: int
    n_entries: int


class Gain(NamedTuple):
    """What a paper's votes rose by. days: since how many days before, 1 being yesterday.

    rising: by more a day than it gained on the average day before that.
    """

    votes: int
    days: int
    rising: bool


def momentum(counts: Sequence[Count], places: Sequence[Place], born: date, today: date) -> float:
    """Say from 0 to 1 how much attention a paper gets now; fair to a paper that came today.

    heat = log2(1 + votes_a_day / MANY) + Σ prominence(place); the momentum is heat / (1 + heat).
    counts: in the order read, empty where no source counts votes. born: when it came out, or else
    when we first saw it. Days after `today` count as today; whole days, so that the same store
    gives the same momentum at any hour.
    """
    heat = math.log2(1 + votes_a_day(counts, born, today) / MANY)
    heat += sum(prominence(place, today) for place in places)
    return heat / (1 + heat)


def votes_a_day(counts: Sequence[Count], born: date, today: date) -> float:
    """Average the votes gained a day over a paper's life, the weight of a day halving in HALF_LIFE.

    Dividing by the weight of the days it was there makes one day of five votes equal to a week of
    five a day. A count that falls gains nothing until it has passed its highest: two sources that
    count differently in turn add up to no stream of votes.
    Source: exponentially decayed average, Cormode, Shkapenyuk, Srivastava, Xu, Forward Decay,
    ICDE 2009. The gravity of Hacker News's (votes - 1) / (hours + 2)^1.8 does the same for a paper
    with one count.
    """
    ages = [_age(count.day, today) for count in counts]
    life = max([_age(born, today), *ages]) + 1
    gained, highest, before = 0.0, 0, life
    for n, (age, count) in enumerate(sorted(zip(ages, counts, strict=True), key=_oldest_first)):
        width = min(before - age, 1 if n else COLLECTED)
        gained += max(count.votes - highest, 0) * _mean_weight(age, width)
        highest, before = max(count.votes, highest), age
    return gained / (_mean_weight(0, life) * life)


def gained(counts: Sequence[Count], born: date, today: date) -> Gain | None:
    """Say what a paper gained since the last count of an earlier day; None where today adds none.

    Votes are stored when they changed, so an earlier count held until the next one was read.
    counts: in the order read. born: as for `momentum`.
    """
    before = [count for count in counts if count.day < today]
    if not before or counts[-1].votes <= before[-1].votes:
        return None
    last = before[-1]
    days, votes = (today - last.day).days, counts[-1].votes - last.votes
    usual = last.votes / max((last.day - born).days, 1)
    return Gain(votes, days, votes / days > usual)


def prominence(place: Place, today: date) -> float:
    """Say how much a digest of that day shows a paper off: each further digest shows it anew.

    The discount of a position is that of DCG, Järvelin & Kekäläinen, ACM TOIS 20 (2002), as
    1 / log2(1 + position); the same for the digest's length, in units of USUAL_LENGTH.
    """
    shown = TENTH / math.log2(1 + max(place.position, 1))
    chosen = math.log2(1 + max(place.n_entries / USUAL_LENGTH, 1))
    return shown / chosen * _weight(_age(place.day, today))


def _age(day: date, today: date) -> float:
    return float(max((today - day).days, 0))


def _oldest_first(dated: tuple[float, Count]) -> float:
    return -dated[0]


def _weight(age: float) -> float:
    return math.exp2(-age / HALF_LIFE)


def _mean_weight(age: float, width: float) -> float:
    """The mean weight of the days from `age` to `age + width` before today."""
    if width <= 0:
        return _weight(age)
    return (_weight(age) - _weight(age + width)) * HALF_LIFE / math.log(2) / width
