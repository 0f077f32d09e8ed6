"""The whole way for a shard of subscribers: tastes and candidates in, picks with reasons out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app import errors
from app.recommend import attribution, profile, scoring, selection
from app.recommend.explain import Reason
from app.recommend.interests import Interest
from app.recommend.profile import Profile, Taste
from app.recommend.selection import Candidate
from app.recommend.vectors import Model

Muted = Mapping[Interest, frozenset[int]]  # what holds each negative interest: paper ids


@dataclass(frozen=True)
class Reader:
    """What ranking knows of one subscriber: their taste, and the papers they were not sent yet.

    same: which of the candidates are one work, as `selection.twins` finds them.
    """

    taste: Taste
    candidates: Sequence[Candidate]
    limit: int = selection.LIMIT
    min_score: float = selection.MIN_SCORE
    same: selection.Twins = field(default_factory=dict)


@dataclass(frozen=True)
class Pick:
    """A paper chosen for a letter. rank: from 1. score: rounded; 0 where trend alone decided."""

    paper_id: int
    rank: int
    score: float
    reason: Reason = field(default_factory=Reason)


def rank(model: Model, readers: Sequence[Reader]) -> list[list[Pick]]:
    """Choose each reader's picks, best first; an empty list where nothing is good enough.

    A reader gets the same picks alone as in any shard: when a shard fails, rank its readers one by
    one and only the culprit fails. Papers that a reader liked or disliked are known to them, and
    left out. For somebody who told us nothing the trend decides, and the reason says so; somebody
    whose words no paper speaks of gets nothing, since what they asked for is not there.
    Raises BadValue for a candidate that is not in the model.
    """
    paper_ids = sorted({c.paper_id for reader in readers for c in reader.candidates})
    if unknown := [str(i) for i in paper_ids if i not in model.row_of]:
        raise errors.BadValue("candidates", f"fit the model again, it lacks: {', '.join(unknown)}")
    profiles = [_profile(model, reader.taste) for reader in readers]
    scores = scoring.score(model, [p or Profile({}, {}) for p in profiles], paper_ids)
    negatives = {i for reader in readers for i in reader.taste.interests if i.negative}
    muted = selection.muted(model, negatives, paper_ids)
    return [
        _trending(reader, muted)
        if reader.taste.is_blank
        else _picks(model, reader, scores, n, muted)
        for n, reader in enumerate(readers)
    ]


def _profile(model: Model, taste: Taste) -> Profile | None:
    try:
        return profile.build(model, taste)
    except errors.ColdStart:
        return None


def _left_out(taste: Taste, muted: Muted) -> set[int]:
    return {*taste.liked, *taste.disliked}.union(*(muted[i] for i in taste.interests if i.negative))


def _picks(
    model: Model,
    reader: Reader,
    scores: scoring.Scores,
    number: int,
    muted: Muted,
) -> list[Pick]:
    place_of = {paper_id: place for place, paper_id in enumerate(scores.paper_ids)}
    sure = zip(scores.paper_ids, scores.sure[number].tolist(), strict=True)
    unsure = {paper_id for paper_id, part in sure if part < reader.min_score}
    left_out = _left_out(reader.taste, muted) | unsure
    own = scores.total[number, [place_of[c.paper_id] for c in reader.candidates]].tolist()
    best = selection.choose(
        own, reader.candidates, left_out, reader.limit, reader.min_score, reader.same
    )
    places = [place_of[reader.candidates[n].paper_id] for n in best]
    told = attribution.reasons(model, scores, number, places)
    return [
        Pick(scores.paper_ids[place], n, round(why.total, selection.DECIMALS), why)
        for n, (place, why) in enumerate(zip(places, told, strict=True), start=1)
    ]


def _trending(reader: Reader, muted: Muted) -> list[Pick]:
    left_out = _left_out(reader.taste, muted)
    level = [0.0] * len(reader.candidates)
    best = selection.choose(
        level, reader.candidates, left_out, reader.limit, min_score=0.0, same=reader.same
    )
    why = Reason(trending=True)
    return [Pick(reader.candidates[n].paper_id, k, 0.0, why) for k, n in enumerate(best, start=1)]
