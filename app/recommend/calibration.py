"""How good a fit is, on one scale for everybody.

A score alone says little: five unlike interests, one word that half of all papers hold, or a
hundred likes each give scores of their own size. So a score is read against the scores that the
same person gives to a fixed sample of the stored papers, and a fit says by how much that lifts the
odds that they like the paper, over any paper of the day:

    fit = lift / (lift + 4.5)   worth a look: lift ≥ 1.5   good: lift ≥ 4.5   strong: lift ≥ 13.5

That is the aim, and near what public collections of many fields show. Where most papers of the day
are of the person's own field, no lift can be that high, and a band says only that the paper stands
out as much.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.recommend.vectors import Model

Fits = NDArray[np.float64]


class Band(StrEnum):
    """What a fit is worth to its reader; a reader's threshold is the least band they want."""

    STRONG = "strong"
    GOOD = "good"
    LOOK = "worth a look"


# The least fit, from 0 to 1, of each band.
EDGES = {Band.STRONG: 0.75, Band.GOOD: 0.5, Band.LOOK: 0.25}


def band(fit: float) -> Band | None:
    """The best band that a fit reaches, None below all of them."""
    return next((each for each, edge in EDGES.items() if fit >= edge), None)


SAMPLE = 300
MIDDLE = 4.5  # the lift of a fit of one half
# The standing of a paper that is as likely to be liked as any.
LEVEL = math.sqrt(2)
# Fewer judged picks, or likes, or picks not liked, than these teach nothing.
ENOUGH, ENOUGH_OF_A_KIND = 200, 30
# How far feedback may move the steepness, and how sure we were of it: one standard deviation.
STEEPEST, FLATTEST, DOUBT = 3.0, 1.5, 0.5
LIKED = 0.5  # deviation of scores by likes alone, as a part of that by words alone
_LEAST = 0.1  # somebody whom we know nothing of is not measured by nothing
_LARGEST = 1e6  # no score comes near; what does is cut, so that squares stay finite
_LOWEST = -50.0


@dataclass(frozen=True)
class Scale:
    """The few numbers that turn scores into fits, the same for all people of a deployment.

    mean, deviation: of the scores, in raw units, that somebody who only typed words gives to stored
    papers. trust: as how many sampled papers such usual scores count beside a person's own sample.
    own: what part of the yardstick is the person's, from 0, the usual scores alone, to 1: people
    compare best by their own, but somebody whose words a fifth of the corpus holds would find
    nothing good in it. steepness: lift = (standing / LEVEL) ** steepness.
    """

    mean: float = 0.1
    deviation: float = 0.2
    trust: float = 100.0
    own: float = 0.5
    steepness: float = 2.0


PRIOR = Scale()


def usual(readers: float) -> Scale:
    """The scale before any feedback. readers: how far tastes are trusted, 0 to 1 (Tastes.trust).

    What readers like in sum tells papers further apart, a map trusted in full four times as far,
    but raises none on the whole: it tells how far a paper lies from the middle of what is liked.
    """
    return replace(PRIOR, deviation=PRIOR.deviation * (1 + 3 * readers))


def sample(model: Model, size: int = SAMPLE) -> list[int]:
    """Return up to `size` ids, ascending, of papers that the model learned from.

    They lie evenly among the ids, and few change when papers come or go: the golden ratio's
    multiples spread best (Knuth, The Art of Computer Programming 3, §6.4, Fibonacci hashing).
    """
    learned = [paper_id for paper_id, row in model.row_of.items() if row < model.n_learned]
    return sorted(sorted(learned, key=_spread)[:size])


def _spread(paper_id: int) -> tuple[int, int]:
    return paper_id * 2654435769 % 2**32, paper_id


def fits(
    total: ArrayLike,
    reference: ArrayLike,
    typed: ArrayLike,
    liked: ArrayLike,
    scale: Scale = PRIOR,
) -> Fits:
    """Turn scores into fits from 0 to 1, rising with the scores of each person.

    total: (n_people, n_papers). reference: (n_people, n_sample), the same people's scores of the
    sample; NaN where a paper is the person's own like or dislike, which says nothing of others.
    typed: (n_people,), what a single typed word counts for (see Profiles.typed), 0 where none is
    known. liked: (n_people,), whether a liked paper is known.
    A person's fits do not depend on who else is in the arrays. A score that is no number fits not
    at all.
    """
    return _fits(standings(total, reference, typed, liked, scale), scale)


def standings(
    total: ArrayLike,
    reference: ArrayLike,
    typed: ArrayLike,
    liked: ArrayLike,
    scale: Scale = PRIOR,
) -> Fits:
    """Say how far each score stands out among the person's scores of the sample, above 0.

    ln(1 + e^z), with z = (score - mean) / deviation: about z itself where a paper stands out. Mean
    and deviation lie between the sample's and what is usual for somebody who typed or liked as
    much; the smaller the sample, the nearer to the usual.
    """
    scores = np.clip(np.nan_to_num(np.asarray(total, np.float64), nan=-np.inf), -_LARGEST, _LARGEST)
    words, likes = (_column(each) for each in (typed, liked))
    mean = scale.mean * (words + likes)
    deviation = scale.deviation * np.maximum(np.hypot(words, LIKED * likes), _LEAST)
    own_mean, own_deviation = _moments(np.asarray(reference, np.float64), mean, deviation, scale)
    mean = mean + scale.own * (own_mean - mean)
    deviation = deviation * (own_deviation / deviation) ** scale.own
    standing: Fits = np.logaddexp(0, np.maximum((scores - mean) / deviation, _LOWEST))
    return standing


def standing_of(fit: ArrayLike, scale: Scale = PRIOR) -> Fits:
    """Return the standings that gave these fits under `scale`, to learn from fits once recorded."""
    odds = np.clip(np.asarray(fit, np.float64), 1e-12, 1 - 1e-12)
    standing: Fits = _middle(scale) * (odds / (1 - odds)) ** (1 / scale.steepness)
    return standing


def learn(standings: Sequence[float], liked: Sequence[bool], prior: Scale = PRIOR) -> Scale:
    """Learn from picks that were sent how steeply the odds of a like rise with the standing.

    standings: of the picks. liked: whether each was liked or saved. Leave out picks that the trend
    let in; keep those to learn from, which widen the range. Below ENOUGH picks, or ENOUGH_OF_A_KIND
    liked or not liked, `prior` is returned as it is.

    Logistic regression of the likes on ln standing, pulled to the prior's steepness (Platt,
    Probabilistic outputs for support vector machines, 1999, with his targets). Only papers above a
    threshold were seen: as they were chosen by the very number that is regressed on, this does not
    bias the slope. But they do not tell how often people like any paper at all, nor how readily
    they press a button: so the intercept is thrown away, and a lift of 1 stays at LEVEL.
    """
    n_liked = sum(map(bool, liked))
    if len(liked) < ENOUGH or min(n_liked, len(liked) - n_liked) < ENOUGH_OF_A_KIND:
        return prior
    x = np.log(np.clip(np.nan_to_num(standings), np.exp(_LOWEST), _LARGEST))
    wanted = np.where(liked, (n_liked + 1) / (n_liked + 2), 1 / (len(liked) - n_liked + 2))
    steepness = _slope(x, wanted, prior.steepness)
    return replace(prior, steepness=min(max(steepness, FLATTEST), STEEPEST))


def _fits(standing: Fits, scale: Scale) -> Fits:
    odds = np.clip((standing / _middle(scale)) ** scale.steepness, 0, 1 / np.finfo(float).eps)
    fit: Fits = odds / (odds + 1)
    return fit


def _middle(scale: Scale) -> float:
    """Return the standing of a fit of one half."""
    return LEVEL * math.pow(MIDDLE, 1 / scale.steepness)


def _column(facts: ArrayLike) -> Fits:
    return np.clip(np.nan_to_num(np.asarray(facts, np.float64)), 0, 1)[:, None]


def _moments(reference: Fits, mean: Fits, deviation: Fits, scale: Scale) -> tuple[Fits, Fits]:
    """Mean and deviation of each row, (n_people, 1), as if `trust` usual scores were in it."""
    measured = np.isfinite(reference)
    count = measured.sum(axis=1, keepdims=True) + scale.trust
    off = np.where(measured, np.clip(reference, -_LARGEST, _LARGEST) - mean, 0.0)
    # Row by row in one order of memory: a sum's last digits depend on that.
    off = np.ascontiguousarray(off)
    shift = off.sum(axis=1, keepdims=True) / count
    floor = scale.trust * np.square(deviation) / count
    variance = floor + np.square(off).sum(axis=1, keepdims=True) / count - np.square(shift)
    return mean + shift, np.sqrt(np.maximum(variance, floor))


def _slope(x: Fits, wanted: Fits, before: float, rounds: int = 50) -> float:
    """Fit logit p = a + b·x by Newton's method, b pulled to `before` and a, weakly, to 0."""
    design = np.stack([np.ones_like(x), x], axis=1)
    centre, pull = np.array([0.0, before]), np.array([0.01, DOUBT**-2])
    line = centre.copy()
    line[0] = np.log(wanted.mean() / (1 - wanted.mean())) - before * x.mean()
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-np.clip(design @ line, -30, 30)))
        slope = design.T @ (wanted - chance) - pull * (line - centre)
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        line += step / max(1.0, float(np.abs(step).max()))
    return float(line[1])
