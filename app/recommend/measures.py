"""How good a ranking was, told from what readers said, and how sure a difference is."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from math import log2

import numpy as np

N_DRAWS = 2000
# Fewer readers than these are drawn alike again and again, which looks like certainty.
ENOUGH = 8


def ndcg(ranked: Sequence[int], relevant: Set[int], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first k, from 0 to 1; a paper gains 1 or 0.

    The gain at rank r is divided by log2(r + 1), and the sum by that of the best order possible;
    where nothing is relevant there is nothing to measure: ValueError.
    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS
    20(4), 2002, with the logarithm's base so that rank 1 is not discounted.
    """
    _require(relevant)
    gained = sum(_gain(rank) for rank, n in enumerate(ranked[:k], start=1) if n in relevant)
    return gained / sum(_gain(rank) for rank in range(1, min(k, len(relevant)) + 1))


def precision(ranked: Sequence[int], relevant: Set[int], k: int = 10) -> float:
    """What part of the first k is relevant; 0 for an empty ranking, a short one is no fault."""
    first = ranked[:k]
    return len(relevant & set(first)) / len(first) if first else 0.0


def coverage(ranked: Sequence[int], relevant: Set[int]) -> float:
    """What part of the relevant papers was found at all (recall). ValueError where none is."""
    _require(relevant)
    return len(relevant & set(ranked)) / len(relevant)


def _gain(rank: int) -> float:
    return 1 / log2(rank + 1)


def _require(relevant: Set[int]) -> None:
    if not relevant:
        raise ValueError("no paper is relevant: there is nothing to measure")


@dataclass(frozen=True)
class Difference:
    """A mean of paired differences. low, high: its interval at 95 %. confidence: of its sign.

    confidence is the part of the draws, from 0.5 to 1, that lie on the mean's side of nothing.
    All three are None of too few differences.
    """

    mean: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None


def paired(differences: Sequence[Sequence[float]], seed: int = 0) -> Difference:
    """Tell how sure a mean difference is by the bootstrap; the same seed gives the same answer.

    differences: of each reader, those of their days. Readers are drawn with replacement and then
    the days of each, for one reader's days resemble each other. A reader without days is passed
    over; ValueError if there is no day at all.
    Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), §3.8, hierarchical
    data; percentile interval.
    """
    days = [np.asarray(each, dtype=float) for each in differences if each]
    if not days:
        raise ValueError("no difference was given")
    everything = np.concatenate(days)
    if len(days) < ENOUGH:
        return Difference(float(everything.mean()))
    lengths = np.array([len(each) for each in days])
    draws = _draws(everything, lengths, np.random.default_rng(seed))
    mean = float(everything.mean())
    low, high = np.quantile(draws, (0.025, 0.975)).tolist()
    above = float((draws > 0).mean() + (draws == 0).mean() / 2)
    return Difference(mean, low, high, max(above, 1 - above))


def _draws(everything: np.ndarray, lengths: np.ndarray, random: np.random.Generator) -> np.ndarray:
    starts = np.cumsum(lengths) - lengths
    means = np.empty(N_DRAWS)
    for n in range(N_DRAWS):
        readers = random.integers(len(lengths), size=len(lengths))
        of_day = np.repeat(readers, lengths[readers])
        places = starts[of_day] + (random.random(len(of_day)) * lengths[of_day]).astype(int)
        means[n] = everything[places].mean()
    return means
