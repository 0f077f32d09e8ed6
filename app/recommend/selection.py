"""Which of the scored papers go into a letter, and in which order.

For each shard `candidates.gather` once; then for each reader `admitted`, `choose` and, where the
letter has a paper to learn from, `exploration.choose`. A place is an index into the candidates.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import sparse

from app.recommend import calibration, facets, words
from app.recommend.calibration import Band
from app.recommend.candidates import DECIMALS, Candidates, Floats, Mask
from app.recommend.interests import Interest, Kind
from app.recommend.vectors import Model

LIMIT = 10
READ = 0.5  # the trend from which on everyone reads a paper

_EDGES = np.sort(list(calibration.EDGES.values()))


def appeal(fits: Floats, trends: Floats, dial: float) -> Floats:
    """Mix what suits a reader with what everyone reads, (n,). dial: from 0 to 1."""
    return fits if dial == 0 else (1 - dial) * fits + dial * trends


def admitted(fits: Floats, trends: Floats, dial: float, threshold: Band) -> Mask:
    """Mark the papers good enough for a letter, (n,).

    All that reach the threshold, and those whose appeal, with the dial turned up, makes up for
    it: so the trend only ever adds papers.
    """
    edge = calibration.EDGES[threshold]
    enough = fits >= edge
    if dial > 0:
        enough |= appeal(fits, trends, dial) >= (1 - dial) * edge + dial * READ
    return enough


def choose(
    candidates: Candidates,
    among: Mask,
    worth: Floats,
    fits: Floats,
    limit: int = LIMIT,
    spread: float = 0.0,
) -> list[int]:
    """Return the places of a letter's papers, first one first, never more than `limit`.

    among: (n,) which may be chosen: admitted, not muted, not sent before. worth: (n,), the
    `appeal`. Each next paper is the one with the most of worth - spread · (largest cosine to one
    already chosen); of equals the one worth more is first, then the one with the higher trend,
    then the lower paper id. Of twins only the better one is chosen.
    How many papers of each band the letter has is decided by worth alone: diversity chooses among
    papers of one band, so it costs no strong paper its place for the sake of a good one. For a
    reader with the dial at 0 this means that the best bands go first.
    Source: maximal marginal relevance, Carbonell & Goldstein, SIGIR 1998, §2, with
    spread = (1 - λ) / λ. Exact.
    """
    places, worths = _best_first(candidates, among, worth, limit, spread)
    if not spread or len(places) < 2:
        return places[:limit]
    bands = np.searchsorted(_EDGES, fits[places], side="right").tolist()
    return _spread_out(candidates, places, worths, bands, limit, spread)


def _best_first(
    candidates: Candidates, among: Mask, worth: Floats, limit: int, spread: float
) -> tuple[list[int], list[float]]:
    """Order the places that may be chosen, and their worths; of twins only the better one."""
    places = np.flatnonzero(among)
    worths = np.round(worth[places], DECIMALS)
    if len(places) > (enough := max(limit, 1) + len(candidates.twins)):
        best = np.argpartition(worths, len(places) - enough)[-enough:]
        # However unlike the others, a paper worth less cannot pass the best at their most alike.
        least = (worths[best] - spread * candidates.reach[places[best]]).min()
        near = worths >= least - 10**-DECIMALS
        places, worths = places[near], worths[near]
    order = np.lexsort((-candidates.trends[places], -worths))
    ordered, values = places[order].tolist(), worths[order].tolist()
    if not candidates.twins:
        return ordered, values
    kept: dict[int, float] = {}
    for place, value in zip(ordered, values, strict=True):
        if place not in candidates.twins or kept.keys().isdisjoint(candidates.twins[place]):
            kept[place] = value
    return list(kept), list(kept.values())


def _spread_out(
    candidates: Candidates,
    places: list[int],
    worths: list[float],
    bands: list[int],
    limit: int,
    spread: float,
) -> list[int]:
    room = [0] * (len(_EDGES) + 1)
    for band in bands[:limit]:
        room[band] += 1
    waiting = list(range(len(places)))
    closest = [0.0] * len(places)  # the largest cosine to those chosen so far, as of `compared`
    compared = [0] * len(places)
    chosen: list[Mapping[int, float]] = []
    letter: list[int] = []
    for _ in places[:limit]:
        best, most = -1, -np.inf
        for n in waiting:
            if worths[n] <= most:
                break  # likeness only ever takes off: none of the rest can be better
            if not room[bands[n]]:
                continue
            for neighbours in chosen[compared[n] :]:
                closest[n] = max(closest[n], neighbours.get(places[n], 0.0))
            compared[n] = len(chosen)
            left = worths[n] - spread * closest[n]
            if left > most:
                best, most = n, left
        waiting.remove(best)
        room[bands[best]] -= 1
        chosen.append(candidates.neighbours(places[best]))
        letter.append(places[best])
    return letter


def muted(
    model: Model, interests: Iterable[Interest], paper_ids: Sequence[int]
) -> dict[Interest, frozenset[int]]:
    """Return, for each interest, the papers that it speaks of.

    A word counts by its stem in title or abstract; a phrase, or a word with hyphens, where all its
    neighbouring pairs stand; an author or category where the paper has it. KeyError for a paper
    that is not in the model.
    """
    wanted = list(interests)
    if not wanted:
        return {}
    rows = np.array([model.row_of[paper_id] for paper_id in paper_ids], dtype=np.int64)
    texts, marks = model.rows[rows].tocsc(), model.facets[rows].tocsc()
    found: dict[Interest, frozenset[int]] = {}
    for interest in wanted:
        if interest.kind in {Kind.AUTHOR, Kind.CATEGORY}:
            known = facets.wanted(interest) & model.facet_of.keys()
            met = [_holders(marks, model.facet_of[key]) for key in known]
            places = set().union(*met)
        else:
            places = _speaking_of(model, texts, interest.text)
        found[interest] = frozenset(paper_ids[place] for place in places)
    return found


def _speaking_of(model: Model, texts: sparse.csc_array, typed: str) -> set[int]:
    terms = words.phrase(typed)
    columns = [model.vocabulary[term] for term in terms if term in model.vocabulary]
    if not columns or len(columns) < len(terms):
        return set()
    return set.intersection(*(_holders(texts, column) for column in columns))


def _holders(cells: sparse.csc_array, column: int) -> set[int]:
    return set(cells.indices[cells.indptr[column] : cells.indptr[column + 1]].tolist())
