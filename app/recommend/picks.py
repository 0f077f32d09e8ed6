"""The whole way for a shard of subscribers: tastes and a day's board in, picks with reasons out."""

import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from app.recommend import attribution, calibration, exploration, profile, scoring, selection
from app.recommend.board import Board
from app.recommend.calibration import Band
from app.recommend.candidates import Floats, Mask
from app.recommend.explain import Reason
from app.recommend.interests import Interest
from app.recommend.profile import Profiles, Taste
from app.recommend.weights import USUAL, Weights

DECIMALS = 6
# Scores held at once, people times candidates: 160 MB, whatever the number of either.
CELLS = 20_000_000

Muted = Mapping[Interest, frozenset[int]]  # what holds each negative interest: paper ids


@dataclass(frozen=True)
class Reader:
    """What ranking knows of one subscriber: their taste, and the ids of papers known to them.

    threshold: the least band they want. dial: from 0, "for me", to 1, "what everyone reads".
    explores: whether this letter has a paper to learn from.
    """

    taste: Taste
    known: Set[int] = frozenset()
    limit: int = selection.LIMIT
    threshold: Band = Band.GOOD
    dial: float = 0.0
    explores: bool = False


@dataclass(frozen=True)
class Pick:
    """A paper chosen for a letter. rank: from 1. score: what its reason adds up to, rounded."""

    paper_id: int
    rank: int
    score: float
    reason: Reason = field(default_factory=Reason)


@dataclass(frozen=True, eq=False)
class Weighing:
    """Everything that decides one reader's letter, (n_candidates,) each, in the board's places.

    fits, worths: see recommend.calibration and selection.appeal. is_free: not known to them, and
    not muted. is_admitted: good enough for them. chosen: the places of the letter's papers, in
    order; explored: the one of them that is there to learn from, if any.
    """

    fits: Floats
    worths: Floats
    is_free: Mask
    is_admitted: Mask
    chosen: Sequence[int]
    explored: int | None = None


@dataclass(frozen=True)
class Weighed:
    """What one candidate is worth to one reader, whether or not they get it.

    rank: from 1, the place it has in the letter, or would have if letters had no limit; None
    where it is not good enough, known or muted. trend, appeal: see recommend.selection.
    muted_by: the interest that keeps it out. beaten_by: the paper in the letter that is the same
    work.
    """

    paper_id: int
    score: float
    fit: float
    band: Band | None
    trend: float
    appeal: float
    rank: int | None
    reason: Reason
    muted_by: Interest | None = None
    beaten_by: int | None = None


def rank(board: Board, readers: Sequence[Reader], weights: Weights = USUAL) -> list[list[Pick]]:
    """Choose each reader's picks, best first; an empty list where nothing is good enough.

    A reader gets the same picks alone as in any shard: when a shard fails, rank its readers one by
    one and only the culprit fails. Papers that a reader liked or disliked are known to them, and
    left out. For somebody who told us nothing the trend decides, and the reason says so; somebody
    whose words no paper speaks of gets nothing, since what they asked for is not there.
    """
    with _unswept():
        return [
            letter
            for profiles, weighings in _weigh(board, readers, weights)
            for letter in _letters(board, profiles, weighings)
        ]


@contextlib.contextmanager
def _unswept() -> Iterator[None]:
    """Put garbage collection off: of many small objects, no two of which refer to each other.

    Looking through all of them, and all else in memory, again and again takes as long as scoring.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def weigh(
    board: Board,
    reader: Reader,
    paper_ids: Sequence[int],
    weights: Weights = USUAL,
) -> list[Weighed]:
    """Show what some candidates are worth to one reader; KeyError for a paper that is none."""
    ((profiles, (found,)),) = _weigh(board, [reader], weights)
    places = [board.day.place_of[paper_id] for paper_id in paper_ids]
    told = attribution.reasons(board, profiles, 0, board.rows[places])
    order = list(found.chosen) + [
        place for place in _unlimited(board, found, weights) if place not in found.chosen
    ]
    return [
        _weighed(board, reader, found, order, place, _finished(why, found, place))
        for place, why in zip(places, told, strict=True)
    ]


def _unlimited(board: Board, found: Weighing, weights: Weights) -> list[int]:
    among = found.is_free & found.is_admitted
    n = len(board.rows)
    return selection.choose(board.day, among, found.worths, found.fits, n, weights.spread)


def _weighed(
    board: Board, reader: Reader, found: Weighing, order: list[int], place: int, why: Reason
) -> Weighed:
    paper_id = int(board.day.paper_ids[place])
    twins = board.day.twins.get(place, frozenset())
    better = next((other for other in found.chosen if other in twins), None)
    return Weighed(
        paper_id=paper_id,
        score=round(why.total, DECIMALS),
        fit=why.fit,
        band=calibration.band(why.fit),
        trend=float(board.day.trends[place]),
        appeal=round(float(found.worths[place]), DECIMALS),
        rank=order.index(place) + 1 if place in order else None,
        reason=why,
        muted_by=_muted_by(board, reader, paper_id),
        beaten_by=None if better is None else int(board.day.paper_ids[better]),
    )


def _muted_by(board: Board, reader: Reader, paper_id: int) -> Interest | None:
    negatives = [each for each in reader.taste.interests if each.negative]
    muted = selection.muted(board.model, negatives, [paper_id])
    return next((each for each in negatives if paper_id in muted[each]), None)


def count_new(board: Board, reader: Reader) -> int:
    """How many candidates are not known to a reader."""
    return int(board.day.without(_known(reader)).sum())


def _weigh(
    board: Board, readers: Sequence[Reader], weights: Weights
) -> Iterator[tuple[Profiles, list[Weighing]]]:
    negatives = {each for r in readers for each in r.taste.interests if each.negative}
    muted = selection.muted(board.model, negatives, board.day.paper_ids.tolist())
    n_at_once = max(CELLS // max(len(board.rows), 1), 1)
    for start in range(0, len(readers), n_at_once):
        some = readers[start : start + n_at_once]
        profiles = profile.build(board.model, [reader.taste for reader in some], weights)
        fits = _fits(board, profiles)
        yield (
            profiles,
            [_choose(board, *each, muted, weights) for each in zip(some, fits, strict=True)],
        )


def _fits(board: Board, profiles: Profiles) -> Floats:
    rows, places = np.unique(np.concatenate([board.rows, board.sample]), return_inverse=True)
    scores = scoring.score(board.model, profiles, rows)[:, places]
    total, usual = scores[:, : len(board.rows)], scores[:, len(board.rows) :]
    # What they said of a paper tells how they like it, not how they like papers.
    shown = profiles.liked[:, board.sample].tocoo()
    usual[shown.row, shown.col] = np.nan
    return calibration.fits(total, usual, profiles.typed, profiles.has_likes, board.scale)


def _choose(board: Board, reader: Reader, fits: Floats, muted: Muted, weights: Weights) -> Weighing:
    day, taste = board.day, reader.taste
    mutes = set().union(*(muted[each] for each in taste.interests if each.negative))
    is_free = day.without(_known(reader) | mutes)
    if taste.is_blank:
        everything = np.ones(len(fits), dtype=np.bool_)
        chosen = selection.choose(day, is_free, day.trends, fits, reader.limit, weights.spread)
        return Weighing(fits, day.trends, is_free, everything, chosen)
    worths = selection.appeal(fits, day.trends, reader.dial)
    is_admitted = selection.admitted(fits, day.trends, reader.dial, reader.threshold)
    chosen = selection.choose(
        day, is_free & is_admitted, worths, fits, reader.limit, weights.spread
    )
    found = Weighing(fits, worths, is_free, is_admitted, chosen)
    return _explore(board, reader, found) if reader.explores else found


def _explore(board: Board, reader: Reader, found: Weighing) -> Weighing:
    among = found.is_free & ~found.is_admitted
    judged = _likeness(board, [*reader.taste.liked, *reader.taste.disliked])
    place = exploration.choose(board.day, among, found.fits, list(found.chosen), judged)
    if place is None:
        return found
    chosen = exploration.add(list(found.chosen), place, found.fits, reader.limit)
    return replace(found, chosen=chosen, explored=place if place in chosen else None)


def _likeness(board: Board, paper_ids: Sequence[int]) -> Floats:
    """The largest cosine of each candidate to any of these papers, 0 without any."""
    model = board.model
    rows = [model.row_of[paper_id] for paper_id in paper_ids if paper_id in model.row_of]
    if not rows:
        return np.zeros(len(board.rows))
    cosines = (model.rows[rows] @ board.turned).toarray()
    return np.asarray(cosines.max(axis=0), dtype=np.float64)


def _known(reader: Reader) -> set[int]:
    return {*reader.known, *reader.taste.liked, *reader.taste.disliked}


def _letters(board: Board, profiles: Profiles, weighings: Sequence[Weighing]) -> list[list[Pick]]:
    rows = [board.rows[list(found.chosen)] for found in weighings]
    told = attribution.of_shard(board, profiles, rows)
    return [_picks(board, *each) for each in zip(weighings, told, strict=True)]


def _picks(board: Board, found: Weighing, told: Sequence[Reason]) -> list[Pick]:
    reasons = [_finished(why, found, at) for at, why in zip(found.chosen, told, strict=True)]
    ids = board.day.paper_ids[list(found.chosen)].tolist()
    return [
        Pick(paper_id, n, round(why.total, DECIMALS), why)
        for n, (paper_id, why) in enumerate(zip(ids, reasons, strict=True), start=1)
    ]


def _finished(why: Reason, found: Weighing, place: int) -> Reason:
    fit = float(found.fits[place])
    band, is_explored = calibration.band(fit), place == found.explored
    return replace(
        why,
        fit=round(fit, DECIMALS),
        band=band or "",
        exploring=is_explored,
        trending=not is_explored and band is None,
    )
